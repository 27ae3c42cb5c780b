//! What a visitor sees without signing in.
pub mod bulletin;
pub mod check;
mod city_choice;
pub mod code;
pub mod feedback;
pub mod home;
pub mod kindergarten;
pub mod kindergartens;
pub mod ledger;
pub mod login;
pub mod policy;
pub mod queue;
pub mod recover;
pub mod register;
pub mod rounds;
pub mod rules;
mod short_link;
pub mod statistics;

use super::{Routes, Who, statics};

pub fn routes(routes: Routes) -> Routes {
    let routes = routes.get("/static/{hash}/{*name}", Who::Everybody, statics::serve).get(
        "/v/{number}",
        Who::Everybody,
        short_link::follow,
    );
    let routes = home::routes(routes);
    let routes = queue::routes(routes);
    let routes = ledger::routes(routes);
    let routes = statistics::routes(routes);
    let routes = bulletin::routes(routes);
    let routes = city_choice::routes(routes);
    let routes = feedback::routes(routes);
    let routes = rules::routes(routes);
    let routes = register::routes(routes);
    let routes = recover::routes(routes);
    let routes = login::routes(routes);
    let routes = policy::routes(routes);
    let routes = check::routes(routes);
    routes
        .get_public("/{lang}/kindergartens", kindergartens::catalogue)
        .get_public("/{lang}/kindergartens/{id}", kindergarten::one)
        .get("/photos/{id}", Who::Everybody, kindergarten::photo)
}
