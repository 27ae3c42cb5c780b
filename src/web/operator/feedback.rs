//! Letters of the public: read, taken, answered.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::app::SharedApp;
use crate::domain;
use crate::domain::feedback::{Letter, ListedLetter};
use crate::rules::feedback::{LONGEST_LETTER, LetterState, SHORTEST_ANSWER, Topic};
use crate::rules::person::Language;
use crate::rules::phone::Phone;
use crate::web::address::{self, Pager, Query};
use crate::web::again;
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::public::feedback::{state_name, state_tag, topic_name, topics};
use crate::web::visit::Signed;

/// What nobody has taken yet waits for the operator.
fn tag(state: LetterState) -> &'static str {
    if state == LetterState::Received { "tag tag--act" } else { state_tag(state) }
}

/// The name of a letter's language, in the words of the page.
fn language_name(p: &Page, language: Language) -> &'static str {
    match language {
        Language::Kk => &p.w.catalogue.kazakh,
        Language::Ru => &p.w.catalogue.russian,
    }
}

/// «3 күн»; on the first day, «бүгін».
fn age(p: &Page, received: DateTime<Utc>, now: Option<DateTime<Utc>>) -> String {
    let days = now.map_or(0, |now| (now - received).num_days());
    if days < 1 { p.w.letters.today.clone() } else { p.w.counts.days.of(p.language, days) }
}

fn now(signed: &Signed) -> Option<DateTime<Utc>> {
    signed.visit.signed_in.as_ref().map(|signed_in| signed_in.now)
}

#[derive(Template)]
#[template(path = "operator/letters.html")]
struct ListPage {
    p: Page,
    topics: Vec<(&'static str, &'static str)>,
    states: Vec<(&'static str, &'static str)>,
    topic: &'static str,
    state: &'static str,
    letters: Vec<ListedLetter>,
    pager: Pager,
    now: Option<DateTime<Utc>>,
}

impl ListPage {
    fn topic_of(&self, letter: &ListedLetter) -> &'static str {
        topic_name(self.p.w, letter.topic)
    }

    fn state_of(&self, letter: &ListedLetter) -> &'static str {
        state_name(self.p.w, letter.state)
    }

    fn tag(&self, letter: &ListedLetter) -> &'static str {
        tag(letter.state)
    }

    fn language(&self, letter: &ListedLetter) -> &'static str {
        language_name(&self.p, letter.language)
    }

    /// How long it has waited; of an answered one, when it was answered.
    fn age(&self, letter: &ListedLetter) -> String {
        match letter.answered_at {
            Some(at) => self.p.moment(&at),
            None => age(&self.p, letter.received_at, self.now),
        }
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let (topic, state) = (Topic::parse(query.text("topic")), LetterState::parse(query.text("state")));
    let sheet = domain::feedback::list(&app, topic, state, query.page()).await?;
    let (topic, state) = (topic.map_or("", Topic::as_str), state.map_or("", LetterState::as_str));
    let kept = vec![("topic", topic.to_owned()), ("state", state.to_owned())];
    page::show(&ListPage {
        pager: Pager::new(p.url("operator/feedback"), kept, sheet.page, sheet.pages()),
        topics: topics(p.w),
        states: LetterState::ALL.iter().map(|state| (state.as_str(), state_name(p.w, *state))).collect(),
        letters: sheet.rows,
        now: now(&signed),
        topic,
        state,
        p,
    })
}

#[derive(Template)]
#[template(path = "operator/letter.html")]
struct LetterPage {
    p: Page,
    a: Answers,
    letter: Letter,
    now: Option<DateTime<Utc>>,
}

impl LetterPage {
    fn topic(&self) -> &'static str {
        topic_name(self.p.w, self.letter.topic)
    }

    fn state(&self) -> &'static str {
        state_name(self.p.w, self.letter.state())
    }

    fn tag(&self) -> &'static str {
        tag(self.letter.state())
    }

    fn language(&self) -> &'static str {
        language_name(&self.p, self.letter.language)
    }

    fn age(&self) -> String {
        age(&self.p, self.letter.received_at, self.now)
    }

    /// «SMS, +7 707 *** **67»
    fn reply(&self) -> String {
        let code = self.letter.reply.as_str();
        let name = self.p.w.feedback.replies.get(code).map_or("", String::as_str);
        let phone = self.letter.phone.as_deref().and_then(|phone| Phone::parse(phone).ok());
        phone.map_or_else(|| name.to_owned(), |phone| format!("{name}, {}", phone.masked()))
    }

    fn answer_label(&self) -> &'static str {
        match self.letter.language {
            Language::Kk => &self.p.w.letters.answer_kk,
            Language::Ru => &self.p.w.letters.answer_ru,
        }
    }
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let letter = read(&app, &signed, &id).await?;
    let p = Page::new(&app, &signed.visit);
    page::show(&LetterPage { p, a: Answers::default(), letter, now: now(&signed) })
}

/// Nothing of the letter is shown before the journal's row is committed.
async fn read(app: &SharedApp, signed: &Signed, id: &str) -> Result<Letter, WebError> {
    let mut look = again::look(app, signed).await?;
    let letter = domain::feedback::read(&mut look.tx, &look.deed, address::id(id)?).await?;
    look.commit().await?;
    Ok(letter)
}

pub async fn take(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::feedback::take(&mut work.tx, &work.deed, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    work.finish(p.url(&format!("operator/feedback/{id}?done=letter_taken"))).await
}

pub async fn answer(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut a = form.answers();
    let text = fields::text(&form, &mut a, p.w, "answer", (SHORTEST_ANSWER, LONGEST_LETTER));
    if !a.is_good() {
        let letter = read(&app, &signed, &id).await?;
        return page::show_again(&LetterPage { p, a, letter, now: now(&signed) });
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::feedback::answer(&mut work.tx, &work.deed, address::id(&id)?, &text).await?;
    work.finish(p.url(&format!("operator/feedback/{id}?done=letter_answered"))).await
}
