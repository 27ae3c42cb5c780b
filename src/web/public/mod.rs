//! What a visitor sees without signing in.
mod short_link;

use super::{Routes, Who, statics};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/static/{hash}/{*name}", Who::Everybody, statics::serve).get(
        "/v/{number}",
        Who::Everybody,
        short_link::follow,
    )
}
