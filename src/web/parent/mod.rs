//! What a parent sees; the profile is everybody's who is signed in.
pub mod children;
pub mod profile;

use super::Routes;

pub fn routes(routes: Routes) -> Routes {
    let routes = children::routes(routes);
    profile::routes(routes)
}
