//! What a visitor sees without signing in.
use super::{Routes, Who, statics};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/static/{hash}/{*name}", Who::Everybody, statics::serve)
}
