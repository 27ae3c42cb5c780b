//! Many contracts signed in one go: chosen on the list of families, signed with one password, each accepted by itself.
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain::contract::{self, Outcome, ShownText, WaitingRow};
use crate::fault::{Failure, Fault};
use crate::locale::{fill, wording};
use crate::rules::phone_signing::MOST_CONTRACTS;
use crate::rules::refusal::Refusal;
use crate::rules::signature::SignatureRefusal;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::parent::contract::ncalayer;
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
    rows: Vec<WaitingRow>,
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

/// Those that were chosen; all that wait where none was.
async fn many(
    app: &SharedApp,
    signed: &Signed,
    chosen: impl Fn(&str) -> bool,
    a: Answers,
) -> Result<Many, WebError> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    let waiting = contract::waiting(&mut conn, signed.kindergarten()?).await?;
    drop(conn);
    let any = waiting.iter().any(|row| chosen(&row.number));
    let rows: Vec<WaitingRow> = waiting.into_iter().filter(|row| !any || chosen(&row.number)).collect();
    let iin = crate::domain::profile::show(app, signed.account).await?.account.iin;
    let ncalayer = ncalayer(app, iin.as_str(), rows.first().map(|row| row.bin.as_str()));
    Ok(Many { p: Page::new(app, &signed.visit), a, rows, ncalayer })
}

async fn show(State(app): State<SharedApp>, signed: Signed, query: Query) -> Result<Response, WebError> {
    let chosen = |number: &str| !query.text(&format!("n_{number}")).is_empty();
    Ok(may_sign(page::show(&many(&app, &signed, chosen, Answers::default()).await?)?))
}

/// One contract and what became of it.
struct Line {
    child: String,
    href: String,
    contract: String,
    text: String,
    good: bool,
}

#[derive(Template)]
#[template(path = "kindergarten/sign_many_result.html")]
struct ManyResult {
    p: Page,
    lines: Vec<Line>,
    result: String,
    all_good: bool,
}

/// Without the browser's own signing: the files of the signatures, each finds its contract.
async fn sign(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let mut a = form.answers();
    let signatures: Vec<Vec<u8>> = form
        .many("signature_files")
        .filter(|file| !file.head.is_empty())
        .map(|file| file.head.to_vec())
        .collect();
    let w = crate::locale::words(signed.visit.language);
    if signatures.is_empty() {
        let sent = form.many("signature_files").any(|file| !file.name.is_empty());
        let empty = wording::signature(signed.visit.language, SignatureRefusal::Empty);
        a.fail("signature_files", if sent { empty } else { &w.sign_many.e_files });
    }
    let good = again::password(&app, &signed, &form, &mut a).await?;
    let shown = shown_in(&form);
    let chosen = |number: &str| shown.iter().any(|one| one.number == number);
    let before = many(&app, &signed, chosen, a).await?;
    if !good || !before.a.is_good() {
        return Ok(may_sign(page::show_again(&before)?));
    }
    let outcomes =
        contract::sign_many(&app, signed.actor(), signed.visit.request, shown, &signatures).await?;
    let p = Page::new(&app, &signed.visit);
    let lines: Vec<Line> =
        outcomes.iter().map(|(shown, outcome)| line(&p, &before.rows, shown, outcome)).collect();
    let count = lines.iter().filter(|line| line.good).count();
    let facts = [("signed", count.to_string()), ("all", lines.len().to_string())];
    let result = fill(&w.sign_many.result, &facts.each_ref().map(|(name, value)| (*name, value.as_str())));
    page::show(&ManyResult { all_good: count == lines.len() && count > 0, p, lines, result })
}

/// The contracts of a form, as their page showed them.
pub(super) fn shown_in(form: &Form) -> Vec<ShownText> {
    let shown = form.starting(SHOWN);
    shown.map(|(number, sha256)| ShownText { number: number.to_owned(), sha256: sha256.to_owned() }).collect()
}

fn line(p: &Page, rows: &[WaitingRow], shown: &ShownText, outcome: &Outcome) -> Line {
    let w = &p.w.sign_many;
    let row = rows.iter().find(|row| row.number == shown.number);
    let (text, good) = match outcome {
        Outcome::Signed => (w.signed.clone(), true),
        Outcome::Waits => (p.w.key_check.waits.clone(), true),
        Outcome::SignedBefore => (w.signed_before.clone(), true),
        Outcome::NoSignature => (w.no_signature.clone(), false),
        Outcome::Refused(Failure::Refused(Refusal::Signature(reason))) => {
            (wording::signature(p.language, *reason).to_owned(), false)
        }
        Outcome::Refused(Failure::NotFound) => (w.gone.clone(), false),
        Outcome::Refused(failure) => (wording::failure(p.language, 409, Some(failure)).1, false),
    };
    Line {
        child: row.map_or_else(|| shown.number.clone(), |row| row.child_name.clone()),
        href: p.url(&format!("kindergarten/families/{}", shown.number)),
        contract: row.map(|row| row.contract.clone()).unwrap_or_default(),
        text,
        good,
    }
}
