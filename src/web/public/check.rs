//! «Шартты тексеру»: anybody brings a contract and its signatures, or comes by the code printed on it, and is told what
//! holds. Nothing is kept, and nobody is named whom the files do not name.
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use chrono::{DateTime, Utc};

use crate::app::SharedApp;
use crate::domain::contract::check::{self, Asker, Checked, CheckedSigner, Known, MOST_BYTES, Unreadable};
use crate::locale::words::CheckWords;
use crate::locale::{date, fill, wording};
use crate::rules::actor::Actor;
use crate::rules::contract::Standing;
use crate::rules::signature::SignatureRefusal;
use crate::secrets::parse_case_number;
use crate::web::address::Query;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::versions::{role_names, standing_name, standing_tag};
use crate::web::visit::Visit;
use crate::web::{Routes, Who, urls};

/// Both files at their largest, and the rest of the form.
const MOST_BODY: usize = 2 * MOST_BYTES + 64 * 1024;

pub fn routes(routes: Routes) -> Routes {
    routes.get("/check", Who::Everybody, follow).get("/{lang}/check", Who::Everybody, show).post_files_up_to(
        "/{lang}/check",
        Who::Everybody,
        MOST_BODY,
        judge,
    )
}

/// What the portal says of the version that was asked for.
struct Told {
    title: String,
    text: String,
    tag: &'static str,
    standing: &'static str,
    number: String,
    version: String,
    hash: String,
    /// Who signed when, and since when it is void.
    moments: Vec<String>,
}

/// One signer, point by point.
struct SignerTold {
    name: String,
    facts: Vec<(&'static str, String)>,
    /// What is asked, and the answer.
    points: Vec<(&'static str, Answer)>,
    verdict: Verdict,
    /// Why it does not hold, or what is left open.
    why: Option<&'static str>,
    /// It is under a contract that the portal knows, and no signature of it.
    of_nobody: bool,
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    /// There is no document that it could be under.
    Open,
    Fails,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    NotAsked,
}

#[derive(Template)]
#[template(path = "public/check.html")]
struct CheckPage {
    p: Page,
    a: Answers,
    hint: String,
    /// By the code: the portal's word on that version, or that it knows none.
    asked: Option<Option<Told>>,
    found: Option<Found>,
}

struct Found {
    sha256: Option<String>,
    known: Option<Told>,
    signers: Vec<SignerTold>,
    unread: usize,
    summary: &'static str,
    holds: bool,
}

impl CheckPage {
    fn new(app: &SharedApp, visit: &Visit, a: Answers) -> Self {
        let p = Page::new(app, visit);
        let hint = fill(&p.w.check.document_hint, &[("most", &(MOST_BYTES / 1024 / 1024).to_string())]);
        Self { p, a, hint, asked: None, found: None }
    }

    fn answer(&self, answer: &Answer) -> &'static str {
        let w = &self.p.w.check;
        match answer {
            Answer::Yes => &w.yes,
            Answer::No => &w.no,
            Answer::NotAsked => &w.not_asked,
        }
    }

    fn verdict(&self, verdict: &Verdict) -> (&'static str, &'static str) {
        let w = &self.p.w.check;
        match verdict {
            Verdict::Holds => ("tag--good", &w.good),
            Verdict::Open => ("tag--ended", &w.not_asked),
            Verdict::Fails => ("tag--act", &w.bad),
        }
    }

    fn tag(&self, answer: &Answer) -> &'static str {
        match answer {
            Answer::Yes => "tag--good",
            Answer::No => "tag--act",
            Answer::NotAsked => "tag--ended",
        }
    }
}

fn asker(visit: &Visit) -> Asker {
    let actor = visit.actor().unwrap_or(Actor::System);
    Asker { actor, request: visit.request, address: visit.address.to_string() }
}

/// The form; with the number and the version of the code, what the portal knows of them.
async fn show(State(app): State<SharedApp>, visit: Visit, query: Query) -> Result<Response, WebError> {
    let mut shown = CheckPage::new(&app, &visit, Answers::default());
    if query.text("contract").is_empty() {
        return page::show(&shown);
    }
    shown.asked = Some(match named(&query) {
        Some((number, version)) => match check::by_number(&app, &asker(&visit), &number, version).await {
            Ok(known) => known.map(|known| told(&shown.p, &known)),
            Err(failure) => {
                let empty = |a| CheckPage::new(&app, &visit, a);
                return page::show_later(&app, &visit, failure.into(), shown.a, empty).await;
            }
        },
        None => None,
    });
    page::show(&shown)
}

/// The number and the version that the code on a contract names.
fn named(query: &Query) -> Option<(String, i32)> {
    Some((parse_case_number(query.text("contract"))?, query.text("version").parse().ok()?))
}

/// `/check`: the code on a contract is in no language, and leads to that of whoever scans it.
async fn follow(visit: Visit, query: Query) -> Redirect {
    let page = urls::page(visit.language, "check");
    Redirect::to(&match named(&query) {
        Some((number, version)) => format!("{page}?contract={number}&version={version}"),
        None => page,
    })
}

async fn judge(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    let mut shown = CheckPage::new(&app, &visit, form.answers());
    let w = &shown.p.w.check;
    for name in ["document", "signature"] {
        if form.file(name).is_some_and(|file| file.too_large) {
            shown.a.fail(name, large(w));
        }
    }
    if !shown.a.is_good() {
        return page::show_with(StatusCode::PAYLOAD_TOO_LARGE, &shown);
    }
    let document = match form.file("document") {
        Some(file) => Some(file.whole(&app).await?),
        None => None,
    };
    // The beginning of a file is more than a signature may have.
    let signature = form.file("signature").map(|file| &file.head[..]);
    if document.is_none() && signature.is_none() {
        shown.a.fail("document", &w.e_nothing);
        return page::show_again(&shown);
    }
    let papers = match check::read(document.as_deref(), signature) {
        Ok(papers) => papers,
        Err(why) => {
            let (status, field, told) = unreadable(&shown.p, why);
            shown.a.fail(field, told);
            return page::show_with(status, &shown);
        }
    };
    match check::check(&app, &asker(&visit), papers).await {
        Ok(checked) => {
            shown.found = Some(found(&shown.p, &checked));
            page::show(&shown)
        }
        Err(failure) => {
            let again = |a| CheckPage::new(&app, &visit, a);
            page::show_later(&app, &visit, failure.into(), shown.a, again).await
        }
    }
}

fn large(w: &CheckWords) -> String {
    fill(&w.e_large, &[("most", &(MOST_BYTES / 1024 / 1024).to_string())])
}

/// At which field which of the files is told to be wrong.
fn unreadable(p: &Page, why: Unreadable) -> (StatusCode, &'static str, String) {
    let w = &p.w.check;
    let (too_large, wrong) = (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY);
    match why {
        Unreadable::TooLarge => (too_large, "document", large(w)),
        Unreadable::NotADocument => (wrong, "document", w.e_document.clone()),
        Unreadable::BadArchive => (wrong, "document", w.e_archive.clone()),
        Unreadable::Signature(why @ SignatureRefusal::TooLarge) => {
            (too_large, "signature", wording::signature(p.language, why).to_owned())
        }
        Unreadable::Signature(_) => (wrong, "signature", w.e_signature.clone()),
    }
}

fn told(p: &Page, known: &Known) -> Told {
    let w = &p.w.check;
    let standing = known.standing();
    let (title, text) = match standing {
        Standing::InForce => (&w.in_force_title, &w.in_force_text),
        Standing::Void => (&w.void_title, &w.void_text),
        _ => (&w.unsigned_title, &w.unsigned_text),
    };
    let at = |sentence: &str, at: &DateTime<Utc>| fill(sentence, &[("at", &date::moment(*at))]);
    Told {
        title: title.clone(),
        text: text.clone(),
        tag: standing_tag(standing),
        standing: standing_name(p.w, standing),
        number: known.number.clone(),
        version: known.version.to_string(),
        hash: known.pdf_sha256.as_deref().map(hex::encode).unwrap_or_default(),
        moments: [
            (&w.parent_signed, known.parent_signed_at),
            (&w.kindergarten_signed, known.kindergarten_signed_at),
            (&w.void_since, known.voided_at),
        ]
        .into_iter()
        .filter_map(|(sentence, moment)| Some(at(sentence, &moment?)))
        .collect(),
    }
}

fn found(p: &Page, checked: &Checked) -> Found {
    let w = &p.w.check;
    let known = checked.known.is_some();
    let signers: Vec<SignerTold> =
        checked.signers.iter().map(|signer| signer_told(p, signer, known)).collect();
    let all = |verdict| checked.unread == 0 && signers.iter().all(|signer| signer.verdict == verdict);
    let all_hold = !signers.is_empty() && all(Verdict::Holds);
    let of_others = signers.iter().any(|signer| signer.of_nobody);
    // A good signature under a document that the portal did not make proves nothing about a contract.
    let unknown = !known && checked.sha256.is_some();
    let summary = match signers.len() + checked.unread {
        0 => &w.summary_none,
        _ if all_hold && of_others => &w.summary_others,
        _ if all_hold && unknown => &w.summary_unknown,
        _ if all_hold => &w.summary_good,
        _ if all(Verdict::Open) => &w.summary_open,
        _ => &w.summary_bad,
    };
    Found {
        sha256: checked.sha256.clone(),
        known: checked.known.as_ref().map(|known| told(p, known)),
        signers,
        unread: checked.unread,
        summary,
        holds: all_hold && !of_others && !unknown,
    }
}

/// Which of the points fails for this reason: document, signature, authority, dates, revocation, use of the key.
fn failing_point(reason: &str) -> usize {
    match reason {
        "content_differs" | "no_content" | "attached" => 0,
        "not_trusted" | "no_signer_certificate" => 2,
        "expired" | "not_yet_valid" | "signed_in_future" => 3,
        "revoked" => 4,
        "authentication_key" | "not_for_signing" => 5,
        _ => 1,
    }
}

/// What the file itself says of a signer, and what was proved of it. `known`: the portal knows the document.
fn signer_told(p: &Page, checked: &CheckedSigner, known: bool) -> SignerTold {
    let w = &p.w.check;
    let signer = &checked.verdict;
    let text = |name: &str| signer[name].as_str().unwrap_or_default().to_owned();
    let code = text("reason");
    let verdict = match code.as_str() {
        "" => Verdict::Holds,
        "no_content" => Verdict::Open,
        _ => Verdict::Fails,
    };
    let unchecked = code.is_empty() && signer["revocation"].as_str() != Some("good");
    // What is asked, and what a "no" means.
    let asked: [(&'static str, &'static str); 6] = [
        (&w.point_document, if code == "no_content" { &w.why_no_document } else { &w.why_document }),
        (&w.point_signature, &w.why_signature),
        (&w.point_chain, &w.why_chain),
        (&w.point_dates, &w.why_dates),
        (&w.point_revocation, &w.why_revocation),
        (&w.point_use, &w.why_use),
    ];
    let failing = if code.is_empty() { asked.len() } else { failing_point(&code) };
    let why = asked.get(failing).map(|(_, why)| *why);
    let points = asked.into_iter().enumerate().map(|(at, (name, _))| {
        let answer = match at.cmp(&failing) {
            std::cmp::Ordering::Less if at == 4 && unchecked => Answer::NotAsked,
            std::cmp::Ordering::Less => Answer::Yes,
            std::cmp::Ordering::Equal if verdict == Verdict::Fails => Answer::No,
            std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => Answer::NotAsked,
        };
        (name, answer)
    });
    let moment = |name: &str| text(name).parse().map(date::moment).unwrap_or_default();
    let facts = [
        (w.role.as_str(), role_names(p.w, &signer["roles"])),
        (&w.organisation, text("bin")),
        (&w.algorithm, text("algorithm")),
        (&w.signed_at, moment("signed_at")),
        (&w.time_stamp, moment("time_stamp")),
        (&w.judged_at, if failing > 2 { date::moment(checked.at) } else { String::new() }),
    ];
    SignerTold {
        name: Some(text("name")).filter(|name| !name.is_empty()).unwrap_or_else(|| w.no_name.clone()),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        points: points.collect(),
        verdict,
        of_nobody: known && !checked.own && verdict == Verdict::Holds,
        why: if unchecked { Some(&w.unchecked) } else { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::signature::SignatureRefusal;

    #[test]
    fn every_refusal_names_a_point() {
        for refusal in SignatureRefusal::ALL {
            assert!(failing_point(refusal.code()) < 6);
        }
        assert_eq!(failing_point(SignatureRefusal::ContentDiffers.code()), 0);
        assert_eq!(failing_point(SignatureRefusal::AuthenticationKey.code()), 5);
    }
}
