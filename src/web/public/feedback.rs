//! Feedback: questions answered before, the contact centre, a letter without an account, and how its answer is found.
//! No puzzle keeps machines out: a sealed one-time token, a field that people do not see, a form that was shown for a
//! moment, and limits do.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::{Deed, SharedApp};
use crate::domain;
use crate::domain::feedback::{Letter, NewLetter, Question, Sender};
use crate::locale::words::Words;
use crate::rules::actor::Actor;
use crate::rules::feedback::{LONGEST_LETTER, LetterState, Reply, SHORTEST_LETTER, Topic};
use crate::secrets::parse_case_number;
use crate::web::address::{self, Query};
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{self, Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::{Signed, Visit};
use crate::web::{Routes, Who};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/feedback", Who::Everybody, show)
        .post("/{lang}/feedback", Who::Everybody, send)
        .get("/{lang}/feedback/sent/{id}", Who::Everybody, sent)
        .get("/{lang}/feedback/follow", Who::Everybody, follow_form)
        .post("/{lang}/feedback/follow", Who::Everybody, follow)
        .get("/{lang}/feedback/mine", Who::SignedIn, mine)
}

pub fn topic_name(w: &'static Words, topic: Topic) -> &'static str {
    w.feedback.topics.get(topic.as_str()).map_or("", String::as_str)
}

pub fn topics(w: &'static Words) -> Vec<(&'static str, &'static str)> {
    Topic::ALL.iter().map(|topic| (topic.as_str(), topic_name(w, *topic))).collect()
}

pub fn state_name(w: &'static Words, state: LetterState) -> &'static str {
    w.feedback.states.get(state.as_str()).map_or("", String::as_str)
}

/// The class of the tag that says how far the answer is.
pub fn state_tag(state: LetterState) -> &'static str {
    match state {
        LetterState::Received | LetterState::BeingAnswered => "tag tag--waiting",
        LetterState::Answered => "tag tag--good",
    }
}

/// The ways of answering this visitor may ask for.
fn replies(p: &Page) -> Vec<(&'static str, &'static str)> {
    let offered = Reply::ALL.iter().filter(|reply| p.signed_in() || **reply != Reply::Cabinet);
    offered
        .map(|reply| (reply.as_str(), p.w.feedback.replies.get(reply.as_str()).map_or("", String::as_str)))
        .collect()
}

/// The published questions of one topic.
struct Answered {
    topic: &'static str,
    questions: Vec<Question>,
}

fn by_topic(p: &Page, questions: Vec<Question>) -> Vec<Answered> {
    let mut found: Vec<Answered> = Vec::new();
    for question in questions {
        let topic = topic_name(p.w, question.topic);
        match found.last_mut() {
            Some(last) if last.topic == topic => last.questions.push(question),
            _ => found.push(Answered { topic, questions: vec![question] }),
        }
    }
    found
}

#[derive(Template)]
#[template(path = "public/feedback.html")]
struct FeedbackPage {
    p: Page,
    a: Answers,
    topics: Vec<(&'static str, &'static str)>,
    replies: Vec<(&'static str, &'static str)>,
    answered: Vec<Answered>,
}

impl FeedbackPage {
    fn new(p: Page, a: Answers, questions: Vec<Question>) -> Self {
        Self { topics: topics(p.w), replies: replies(&p), answered: by_topic(&p, questions), a, p }
    }

    fn question<'a>(&self, question: &'a Question) -> &'a str {
        question.question(self.p.language)
    }

    fn answer<'a>(&self, question: &'a Question) -> &'a str {
        question.answer(self.p.language)
    }
}

async fn show(State(app): State<SharedApp>, visit: Visit, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let mut a = Answers::default();
    if let Some(topic) = Topic::parse(query.text("topic")) {
        a.set("topic", topic.as_str());
    }
    a.set(form::SHOWN_AT, form::shown_at(&app, &visit, domain::moment::now(&app).await?));
    page::show(&FeedbackPage::new(p, a, domain::feedback::published(&app).await?))
}

/// The letter, or what is wrong with it.
fn read(p: &Page, form: &Form) -> Result<NewLetter, Answers> {
    let mut a = form.answers();
    let w = p.w;
    let topic = Topic::parse(form.text("topic"));
    if topic.is_none() {
        a.fail("topic", &w.feedback.e_topic);
    }
    let text = fields::text(form, &mut a, w, "text", (SHORTEST_LETTER, LONGEST_LETTER));
    let typed = form.text("application");
    let application_number = parse_case_number(typed);
    if application_number.is_none() && !typed.is_empty() {
        a.fail("application", &w.feedback.number_wrong);
    }
    let may = |reply: &Reply| p.signed_in() || *reply != Reply::Cabinet;
    let reply = Reply::parse(form.text("reply")).filter(may);
    if reply.is_none() {
        a.fail("reply", &w.feedback.e_reply);
    }
    let phone = (reply == Some(Reply::Sms)).then(|| fields::phone(form, "phone", w, &mut a)).flatten();
    if !form.text("website").is_empty() {
        a.set("website", "");
        a.fail("website", &w.feedback.website_filled);
    }
    match (topic, reply) {
        (Some(topic), Some(reply)) if a.is_good() => {
            Ok(NewLetter { topic, text, language: p.language, application_number, reply, phone })
        }
        _ => Err(a),
    }
}

/// Only machines answer a form at once. Whoever did is shown it again, nothing lost.
fn is_too_fast(app: &SharedApp, visit: &Visit, form: &Form, deed: &Deed) -> bool {
    let least = chrono::Duration::seconds(i64::from(deed.settings.letter_seconds));
    !least.is_zero() && form.shown_at(app, visit).is_none_or(|shown| deed.now - shown < least)
}

async fn send(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let letter = match read(&p, &form) {
        Ok(letter) => letter,
        Err(answers) => {
            let questions = domain::feedback::published(&app).await?;
            return page::show_again(&FeedbackPage::new(p, answers, questions));
        }
    };
    let mut work = form.begin(&app, &visit).await?;
    if is_too_fast(&app, &visit, &form, &work.deed) {
        let mut a = form.answers();
        if form.shown_at(&app, &visit).is_none() {
            a.set(form::SHOWN_AT, form::shown_at(&app, &visit, work.deed.now));
        }
        drop(work);
        a.set_trouble(&p.w.feedback.too_fast);
        let questions = domain::feedback::published(&app).await?;
        return page::show_again(&FeedbackPage::new(p, a, questions));
    }
    let sender = Sender { address: visit.address.to_string(), browser: visit.browser.clone() };
    match domain::feedback::send(&mut work.tx, &work.deed, &letter, &sender).await {
        Ok(id) => work.finish(p.url(&format!("feedback/sent/{id}"))).await,
        Err(failure) => {
            drop(work);
            let questions = domain::feedback::published(&app).await?;
            page::show_later(&app, &visit, failure.into(), form.answers(), |a| {
                FeedbackPage::new(p, a, questions)
            })
            .await
        }
    }
}

#[derive(Template)]
#[template(path = "public/feedback_sent.html")]
struct SentPage {
    p: Page,
    number: String,
}

/// The number, for the browser that sent the letter; anybody else is led to where numbers are asked for.
async fn sent(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    match domain::feedback::number_of_sent(&app, address::id(&id)?, &visit.browser).await? {
        Some(number) => page::show(&SentPage { p, number }),
        None => Ok(Redirect::to(&p.url("feedback/follow")).into_response()),
    }
}

/// What came of a number.
enum Found {
    NotAsked,
    Nothing,
    Letter(Box<Letter>),
}

#[derive(Template)]
#[template(path = "public/feedback_follow.html")]
struct FollowPage {
    p: Page,
    a: Answers,
    found: Found,
}

impl FollowPage {
    fn topic(&self, letter: &Letter) -> &'static str {
        topic_name(self.p.w, letter.topic)
    }

    fn state(&self, letter: &Letter) -> &'static str {
        state_name(self.p.w, letter.state())
    }

    fn tag(&self, letter: &Letter) -> &'static str {
        state_tag(letter.state())
    }
}

async fn follow_form(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    page::show(&FollowPage { p, a: Answers::default(), found: Found::NotAsked })
}

/// The number comes in a form, never in an address: addresses are kept in histories and logs.
async fn follow(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let mut a = form.answers();
    let Some(number) = parse_case_number(form.text("number")) else {
        let typed = !form.text("number").is_empty();
        a.fail("number", if typed { &p.w.feedback.number_wrong } else { &p.w.form.required });
        return page::show_again(&FollowPage { p, a, found: Found::NotAsked });
    };
    let actor = visit.actor().unwrap_or(Actor::System);
    let asked =
        domain::feedback::follow(&app, actor, visit.request, &number, &visit.address.to_string()).await;
    match asked {
        Ok(letter) => {
            let found = letter.map_or(Found::Nothing, |letter| Found::Letter(Box::new(letter)));
            page::show(&FollowPage { p, a, found })
        }
        Err(failure) => {
            page::show_later(&app, &visit, failure.into(), a, |a| FollowPage { p, a, found: Found::NotAsked })
                .await
        }
    }
}

#[derive(Template)]
#[template(path = "public/feedback_mine.html")]
struct MinePage {
    p: Page,
    letters: Vec<Letter>,
}

impl MinePage {
    fn topic(&self, letter: &Letter) -> &'static str {
        topic_name(self.p.w, letter.topic)
    }

    fn state(&self, letter: &Letter) -> &'static str {
        state_name(self.p.w, letter.state())
    }

    fn tag(&self, letter: &Letter) -> &'static str {
        state_tag(letter.state())
    }
}

async fn mine(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    page::show(&MinePage { p, letters: domain::feedback::of_account(&app, signed.account).await? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::words;
    use crate::rules::person::Language;

    #[test]
    fn every_topic_reply_and_state_has_its_words() {
        for w in Language::ALL.map(words) {
            for topic in Topic::ALL {
                assert!(!topic_name(w, *topic).is_empty(), "{topic:?}");
            }
            for state in LetterState::ALL {
                assert!(!state_name(w, *state).is_empty(), "{state:?}");
            }
            for reply in Reply::ALL {
                assert!(w.feedback.replies.contains_key(reply.as_str()), "{reply:?}");
            }
        }
    }
}
