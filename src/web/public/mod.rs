//! What a visitor sees without signing in.
use super::{Routes, Who, statics};

pub mod kindergartens;

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/static/{hash}/{*name}", Who::Everybody, statics::serve)
        .get("/{lang}/kindergartens", Who::Everybody, kindergartens::catalogue)
        .get("/{lang}/kindergartens/{id}", Who::Everybody, kindergartens::one)
}
