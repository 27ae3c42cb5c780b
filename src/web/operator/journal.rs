//! Who did what: the newest lines of the journal.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::overview::JournalLine;
use crate::locale;
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
    fn deed<'a>(&self, line: &'a JournalLine) -> &'a str {
        locale::journal::deed(self.p.language, &line.deed)
    }

    fn who(&self, line: &JournalLine) -> String {
        let role = self.p.w.operator.roles.get(&line.role).unwrap_or(&line.role);
        line.actor.as_ref().map_or_else(|| role.clone(), |name| format!("{name} ({role})"))
    }

    /// Whatever a person can make something of.
    fn facts(&self, line: &JournalLine) -> Vec<String> {
        let facts = line.facts.as_object().into_iter().flatten();
        facts.filter_map(|(name, value)| locale::journal::fact(self.p.language, name, value)).collect()
    }
}

pub async fn show(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let typed = query.text("number").to_owned();
    let number = parse_case_number(&typed);
    let wrong = number.is_none() && !typed.is_empty();
    let lines = if wrong { Vec::new() } else { domain::overview::journal(&app, number.as_deref()).await? };
    page::show(&JournalPage { p: Page::new(&app, &signed.visit), typed, wrong, lines })
}
