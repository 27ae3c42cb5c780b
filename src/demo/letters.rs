//! Letters of the demo city in every state, and the questions published for all.
use uuid::Uuid;

use super::fates::Played;
use super::{Stage, as_parent, cast};
use crate::domain::feedback::{self, NewLetter, Sender, Wording};
use crate::fault::{Failure, Fault};
use crate::rules::actor::Actor;
use crate::rules::feedback::{LetterState, Reply, Topic};
use crate::rules::person::Language;

/// Days ago on which the questions were published.
const PUBLISHED_DAYS_AGO: i64 = 30;
/// Hours from a letter to its answer.
const ANSWERED_AFTER: i64 = 20;

fn broken(what: &str) -> Failure {
    Fault::Broken(format!("a letter of the demo: {what}")).into()
}

fn rows(text: &'static str) -> impl Iterator<Item = Result<csv::StringRecord, csv::Error>> {
    csv::Reader::from_reader(text.as_bytes()).into_records()
}

/// `cases`: the demo parent's come first; some letters are about them.
pub async fn write_all(stage: &Stage<'_>, cases: &[Played]) -> Result<(), Failure> {
    for row in rows(include_str!("../data/demo_questions.csv")) {
        publish(stage, &row.map_err(|error| broken(&error.to_string()))?).await?;
    }
    for (n, row) in rows(include_str!("../data/demo_letters.csv")).enumerate() {
        let row = row.map_err(|error| broken(&error.to_string()))?;
        let case = cases.get(n % 4).ok_or_else(|| broken("no case"))?;
        live(stage, n, &row, case).await?;
    }
    Ok(())
}

async fn publish(stage: &Stage<'_>, row: &csv::StringRecord) -> Result<(), Failure> {
    let at = |i| row.get(i).unwrap_or_default().to_owned();
    let words = Wording {
        topic: Topic::parse(&at(0)).ok_or_else(|| broken("a topic"))?,
        question_kk: at(1),
        answer_kk: at(2),
        question_ru: at(3),
        answer_ru: at(4),
    };
    let (mut tx, deed) = stage.deed(stage.as_operator(), 24 * PUBLISHED_DAYS_AGO).await?;
    feedback::publish(&mut tx, &deed, None, &words).await?;
    Ok(tx.commit().await?)
}

/// A letter is sent, and goes as far as its row says.
async fn live(stage: &Stage<'_>, n: usize, row: &csv::StringRecord, case: &Played) -> Result<(), Failure> {
    let at = |i| row.get(i).unwrap_or_default();
    let hours: i64 = at(5).parse().map_err(|_| broken("hours"))?;
    let reply = Reply::parse(at(3)).ok_or_else(|| broken("a reply"))?;
    let letter = NewLetter {
        topic: Topic::parse(at(0)).ok_or_else(|| broken("a topic"))?,
        text: at(7).to_owned(),
        language: Language::parse(at(1)).ok_or_else(|| broken("a language"))?,
        application_number: (at(4) == "1").then(|| case.number.clone()),
        reply,
        phone: (reply == Reply::Sms).then(|| cast::demo_parent().phone),
    };
    let author = if at(2) == "parent" { as_parent(case.parent) } else { Actor::System };
    let sender = Sender { address: format!("demo {n}"), browser: format!("demo {n}") };
    let (mut tx, deed) = stage.deed(author, hours).await?;
    let id = feedback::send(&mut tx, &deed, &letter, &sender).await?;
    tx.commit().await?;
    go_on(stage, id, (at(6), at(8)), hours).await
}

async fn go_on(
    stage: &Stage<'_>,
    id: Uuid,
    (state, answer): (&str, &str),
    hours: i64,
) -> Result<(), Failure> {
    let state = LetterState::parse(state).ok_or_else(|| broken("a state"))?;
    if state == LetterState::Received {
        return Ok(());
    }
    let (mut tx, deed) = stage.deed(stage.as_operator(), (hours - ANSWERED_AFTER).max(1)).await?;
    feedback::take(&mut tx, &deed, id).await?;
    if state == LetterState::Answered {
        feedback::answer(&mut tx, &deed, id, answer).await?;
    }
    Ok(tx.commit().await?)
}
