//! Questions and answers for everybody: written in both languages, from a letter or of the operator's own.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::feedback::{Letter, Question, Wording};
use crate::rules::feedback::{LONGEST_LETTER, LONGEST_QUESTION, SHORTEST_ANSWER, SHORTEST_LETTER, Topic};
use crate::web::address::{self, Query};
use crate::web::again;
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::public::feedback::{topic_name, topics};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/questions.html")]
struct ListPage {
    p: Page,
    questions: Vec<Question>,
}

impl ListPage {
    fn question<'a>(&self, question: &'a Question) -> &'a str {
        question.question(self.p.language)
    }

    fn topic(&self, question: &Question) -> &'static str {
        topic_name(self.p.w, question.topic)
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let questions = domain::feedback::questions(&app).await?;
    page::show(&ListPage { p: Page::new(&app, &signed.visit), questions })
}

#[derive(Template)]
#[template(path = "operator/question.html")]
struct QuestionPage {
    p: Page,
    a: Answers,
    topics: Vec<(&'static str, &'static str)>,
    /// None: a new one.
    question: Option<Question>,
}

impl QuestionPage {
    fn new(p: Page, a: Answers, question: Option<Question>) -> Self {
        Self { topics: topics(p.w), a, question, p }
    }

    fn title(&self) -> &'static str {
        if self.question.is_some() { &self.p.w.letters.edit_question } else { &self.p.w.letters.new_question }
    }

    fn action(&self) -> String {
        let own = self.question.as_ref().map_or("new".to_owned(), |question| question.id.to_string());
        self.p.url(&format!("operator/questions/{own}"))
    }

    fn is_published(&self) -> bool {
        self.question.as_ref().is_some_and(|question| question.withdrawn_at.is_none())
    }
}

/// What a letter says already, to be worked over.
fn from_letter(letter: &Letter) -> Answers {
    let mut a = Answers::default();
    a.set("letter", letter.id.to_string());
    a.set("topic", letter.topic.as_str());
    a.set(&format!("question_{}", letter.language.as_str()), &letter.text);
    a.set(&format!("answer_{}", letter.language.as_str()), letter.answer.clone().unwrap_or_default());
    a
}

pub async fn new(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let Ok(id) = address::id(query.text("letter")) else {
        return page::show(&QuestionPage::new(p, Answers::default(), None));
    };
    let mut look = again::look(&app, &signed).await?;
    let letter = domain::feedback::read(&mut look.tx, &look.deed, id).await?;
    look.commit().await?;
    page::show(&QuestionPage::new(p, from_letter(&letter), None))
}

/// Both languages, or none: a page of the portal never mixes them.
fn read(p: &Page, form: &Form) -> Result<Wording, Answers> {
    let mut a = form.answers();
    let w = p.w;
    let topic = fields::one_of(form, &mut a, w, "topic", Topic::parse);
    let (question, answer) = ((SHORTEST_LETTER, LONGEST_QUESTION), (SHORTEST_ANSWER, LONGEST_LETTER));
    let question_kk = fields::text(form, &mut a, w, "question_kk", question);
    let answer_kk = fields::text(form, &mut a, w, "answer_kk", answer);
    let question_ru = fields::text(form, &mut a, w, "question_ru", question);
    let answer_ru = fields::text(form, &mut a, w, "answer_ru", answer);
    match topic {
        Some(topic) if a.is_good() => Ok(Wording { topic, question_kk, question_ru, answer_kk, answer_ru }),
        _ => Err(a),
    }
}

pub async fn publish(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let words = match read(&p, &form) {
        Ok(words) => words,
        Err(answers) => return page::show_again(&QuestionPage::new(p, answers, None)),
    };
    let letter: Option<Uuid> = match form.text("letter") {
        "" => None,
        id => Some(address::id(id)?),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::feedback::publish(&mut work.tx, &work.deed, letter, &words).await?;
    work.finish(p.url("operator/questions?done=question_published")).await
}

fn as_answers(question: &Question) -> Answers {
    let mut a = Answers::default();
    a.set("topic", question.topic.as_str());
    a.set("question_kk", &question.question_kk);
    a.set("answer_kk", &question.answer_kk);
    a.set("question_ru", &question.question_ru);
    a.set("answer_ru", &question.answer_ru);
    a
}

pub async fn one(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let question = domain::feedback::question(&app, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    page::show(&QuestionPage::new(p, as_answers(&question), Some(question)))
}

pub async fn change(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let id = address::id(&id)?;
    let words = match read(&p, &form) {
        Ok(words) => words,
        Err(answers) => {
            let question = domain::feedback::question(&app, id).await?;
            return page::show_again(&QuestionPage::new(p, answers, Some(question)));
        }
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::feedback::change(&mut work.tx, &work.deed, id, &words).await?;
    work.finish(p.url("operator/questions?done=question_published")).await
}

pub async fn withdraw(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::feedback::withdraw(&mut work.tx, &work.deed, address::id(&id)?).await?;
    work.finish(Page::new(&app, &signed.visit).url("operator/questions?done=question_withdrawn")).await
}
