//! How to reach people.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;
use crate::web::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/{lang}/feedback", Who::Everybody, feedback)
}

#[derive(Template)]
#[template(path = "public/feedback.html")]
struct Feedback {
    p: Page,
}

async fn feedback(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    show(&Feedback { p: Page::new(&app, &visit) })
}
