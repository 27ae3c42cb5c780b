//! Pages.
mod notices;

use super::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/{lang}/notices", Who::SignedIn, notices::list).post(
        "/{lang}/notices",
        Who::SignedIn,
        notices::mark_read,
    )
}
