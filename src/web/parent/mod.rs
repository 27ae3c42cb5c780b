//! Pages.
use super::Routes;

pub fn routes(routes: Routes) -> Routes {
    routes
}
