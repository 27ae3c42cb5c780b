//! Who did what: the newest lines of the journal.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::overview::JournalLine;
use crate::secrets::parse_case_number;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/journal.html")]
struct JournalPage {
    p: Page,
    typed: String,
    /// What was typed is no number of an application.
    wrong: bool,
    lines: Vec<JournalLine>,
}

impl JournalPage {
    /// A deed in words, or its code when it has none.
    fn deed(&self, line: &JournalLine) -> String {
        self.p.w.operator.deeds.get(&line.deed).unwrap_or(&line.deed).clone()
    }

    fn who(&self, line: &JournalLine) -> String {
        let role = self.p.w.operator.roles.get(&line.role).unwrap_or(&line.role);
        line.actor.as_ref().map_or_else(|| role.clone(), |name| format!("{name} ({role})"))
    }

    /// `capacity: 20, language: kk`
    fn facts(&self, line: &JournalLine) -> String {
        let facts = line.facts.as_object().into_iter().flatten();
        let plain =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
    }
}

pub async fn show(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let typed = query.text("number").to_owned();
    let number = parse_case_number(&typed);
    let wrong = number.is_none() && !typed.is_empty();
    let lines = if wrong { Vec::new() } else { domain::overview::journal(&app, number.as_deref()).await? };
    page::show(&JournalPage { p: Page::new(&app, &signed.visit), typed, wrong, lines })
}
