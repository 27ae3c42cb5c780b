//! Many contracts signed in one go: chosen on the list of families, signed with one password, each accepted by itself.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::contract::{self, Done, Outcome, ShownText, SignatureFile, WaitingRow};
use crate::fault::{Failure, Fault};
use crate::locale::{fill, wording};
use crate::rules::phone_signing::MOST_CONTRACTS;
use crate::rules::refusal::Refusal;
use crate::rules::signature::SignatureRefusal;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::parent::contract::{ncalayer, signature_in};
use crate::web::versions::with_version;
use crate::web::visit::Signed;
use crate::web::{Routes, Who, again, may_sign};

/// The hidden field of each contract: its application's number follows, its hash is the value.
const SHOWN: &str = "shown_";

pub fn routes(routes: Routes) -> Routes {
    routes.get("/{lang}/kindergarten/sign", Who::Kindergarten, show).post_files(
        "/{lang}/kindergarten/sign",
        Who::Kindergarten,
        sign,
    )
}

#[derive(Template)]
#[template(path = "kindergarten/sign_many.html")]
struct Many {
    p: Page,
    a: Answers,
    /// Those that were chosen.
    rows: Vec<WaitingRow>,
    /// There are contracts to choose from.
    any: bool,
    ncalayer: String,
}

impl Many {
    fn path(&self, row: &WaitingRow, rest: &str) -> String {
        self.p.url(&format!("kindergarten/families/{}{rest}", row.number))
    }

    fn hash(&self, row: &WaitingRow) -> String {
        hex::encode(&row.pdf_sha256)
    }

    /// Of a code's contracts, the number of the case and the hash.
    fn by_phone(&self) -> Vec<(String, String)> {
        let rows = self.rows.iter().take(MOST_CONTRACTS);
        rows.map(|row| (row.number.clone(), self.hash(row))).collect()
    }

    fn phone_text(&self) -> String {
        let w = &self.p.w.sign_many;
        let text = if self.rows.len() > MOST_CONTRACTS { &w.phone_text_most } else { &w.phone_text };
        fill(&self.p.of_phone(text), &[("most", &MOST_CONTRACTS.to_string())])
    }

    fn phone_button(&self) -> String {
        let count = self.rows.len().min(MOST_CONTRACTS).to_string();
        fill(&self.p.of_phone(&self.p.w.sign_many.phone_button), &[("count", &count)])
    }

    fn name(&self, row: &WaitingRow) -> String {
        with_version(self.p.w, &row.contract, row.version)
    }
}

/// Those that were chosen, of all that wait.
async fn many(
    app: &SharedApp,
    signed: &Signed,
    chosen: impl Fn(&str) -> bool,
    a: Answers,
) -> Result<Many, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let waiting = contract::waiting(&mut conn, signed.kindergarten()?).await?;
    drop(conn);
    let any = !waiting.is_empty();
    let rows: Vec<WaitingRow> = waiting.into_iter().filter(|row| chosen(&row.number)).collect();
    let iin = crate::domain::profile::show(app, signed.account).await?.account.iin;
    let ncalayer = ncalayer(app, iin.as_str(), rows.first().map(|row| row.bin.as_str()));
    Ok(Many { p: Page::new(app, &signed.visit), a, rows, any, ncalayer })
}

async fn show(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let chosen = |number: &str| !query.text(&format!("n_{number}")).is_empty();
    Ok(may_sign(page::show(&many(&app, &signed, chosen, Answers::default()).await?)?))
}

/// One contract, or a file of it, and what became of it.
struct Line {
    child: String,
    href: String,
    contract: String,
    file: String,
    text: String,
    good: bool,
}

/// A file that is under none of the contracts, and why it was not taken.
struct Stray {
    file: String,
    text: String,
}

#[derive(Template)]
#[template(path = "kindergarten/sign_many_result.html")]
struct ManyResult {
    p: Page,
    lines: Vec<Line>,
    strays: Vec<Stray>,
    result: String,
    all_good: bool,
    any_good: bool,
}

/// Without the browser's own signing: the files of the signatures, each finds its contract.
async fn sign(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let mut a = form.answers();
    let files: Vec<SignatureFile> = form
        .many("signature_files")
        .map(|file| SignatureFile { name: file.name.clone(), cms: signature_in(file) })
        .collect();
    let w = crate::locale::words(signed.visit.language);
    if files.is_empty() {
        a.fail("signature_files", &w.sign_many.e_files);
    }
    let good = again::password(&app, &signed, &form, &mut a).await?;
    let shown = shown_in(&form);
    let chosen = |number: &str| shown.iter().any(|one| one.number == number);
    let before = many(&app, &signed, chosen, a).await?;
    if !good || !before.a.is_good() || shown.is_empty() {
        return Ok(may_sign(page::show_again(&before)?));
    }
    let done = contract::sign_many(&app, signed.actor(), signed.visit.request, &shown, &files).await?;
    let result = result(Page::new(&app, &signed.visit), &shown, &done);
    if result.any_good { page::show(&result) } else { page::show_again(&result) }
}

/// The contracts of a form, as their page showed them.
pub(super) fn shown_in(form: &Form) -> Vec<ShownText> {
    let shown = form.starting(SHOWN);
    shown.map(|(number, sha256)| ShownText { number: number.to_owned(), sha256: sha256.to_owned() }).collect()
}

fn result(p: Page, shown: &[ShownText], done: &[Done]) -> ManyResult {
    let is_of = |done: &Done, one: &ShownText| done.of.as_ref().is_some_and(|of| of.number == one.number);
    let is_signed = |one: &&ShownText| done.iter().any(|it| it.outcome.is_good() && is_of(it, one));
    let (signed, all) = (shown.iter().filter(is_signed).count(), shown.len());
    let facts = [("signed", &*signed.to_string()), ("all", &*all.to_string())];
    let strays = done.iter().filter(|one| one.of.is_none());
    ManyResult {
        result: fill(&p.w.sign_many.result, &facts),
        all_good: done.iter().all(|one| one.outcome.is_good()),
        any_good: signed > 0,
        lines: done.iter().filter_map(|one| line(&p, one)).collect(),
        strays: strays
            .map(|one| Stray { file: named(&p, one), text: told_of_stray(&p, &one.outcome) })
            .collect(),
        p,
    }
}

/// The name of the file, which may have come without one.
fn named(p: &Page, done: &Done) -> String {
    let given = done.file.clone().unwrap_or_default();
    if given.is_empty() { p.w.sign_many.no_name.clone() } else { given }
}

/// What became of a contract or a file, in words.
fn told(p: &Page, outcome: &Outcome) -> String {
    let w = &p.w.sign_many;
    match outcome {
        Outcome::Signed => w.signed.clone(),
        Outcome::Waits => p.w.key_check.waits.clone(),
        Outcome::SignedBefore => w.signed_before.clone(),
        Outcome::NoSignature => w.no_signature.clone(),
        Outcome::Refused(Failure::Refused(Refusal::Signature(reason))) => {
            wording::signature(p.language, *reason).to_owned()
        }
        Outcome::Refused(Failure::NotFound) => w.gone.clone(),
        Outcome::Refused(failure) => wording::failure(p.language, 409, Some(failure)).1,
    }
}

/// The same of a file that is under none of the contracts.
fn told_of_stray(p: &Page, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(Failure::Refused(Refusal::Signature(SignatureRefusal::ContentDiffers))) => {
            p.w.sign_many.other_document.clone()
        }
        _ => told(p, outcome),
    }
}

fn line(p: &Page, done: &Done) -> Option<Line> {
    let of = done.of.as_ref()?;
    let contract = of.contract.as_ref().map(|(number, version)| with_version(p.w, number, *version));
    Some(Line {
        child: of.child_name.clone().unwrap_or_else(|| of.number.clone()),
        href: p.url(&format!("kindergarten/families/{}", of.number)),
        contract: contract.unwrap_or_else(|| "–".to_owned()),
        file: done.file.as_ref().map(|_| named(p, done)).unwrap_or_default(),
        text: told(p, &done.outcome),
        good: done.outcome.is_good(),
    })
}
