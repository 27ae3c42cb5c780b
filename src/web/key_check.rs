//! «Кілтімді тексеру»: a key is tried any day before it is needed, on a small text that is no contract.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::error::WebError;
use super::form::{Answers, Form};
use super::page::{self, Page};
use super::parent::contract::{Sent, ncalayer, signature};
use super::parent::download;
use super::visit::Signed;
use super::{Routes, Who, again, may_sign};
use crate::app::{App, SharedApp};
use crate::domain::signature::{self as deed, TriedKey};
use crate::fault::Failure;
use crate::locale::words::KeyCheckWords;
use crate::locale::{date, fill, wording, words};
use crate::rules::deadline::almaty_day;
use crate::rules::person::Language;
use crate::rules::signature::{SignatureRefusal, Standing, validity};

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/key-check", Who::SignedIn, show)
        .get("/{lang}/key-check/{token}", Who::SignedIn, text)
        .post_files("/{lang}/key-check", Who::SignedIn, check)
}

/// How a line ends: the key is right, wrong, nobody can say, or somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Good,
    Unknown,
    Look,
    Bad,
}

struct Line {
    what: &'static str,
    mark: Mark,
    text: String,
}

struct Found {
    /// The name in the certificate; what that is worth, its label says.
    holder: (&'static str, String),
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "parent/key_check.html")]
struct KeyCheck {
    p: Page,
    a: Answers,
    token: String,
    ncalayer: String,
    found: Option<Found>,
}

impl KeyCheck {
    fn document(&self) -> String {
        self.p.url(&format!("key-check/{}", self.token))
    }

    fn role(&self) -> &'static str {
        if self.p.is_kindergarten() { "kindergarten" } else { "parent" }
    }

    fn summary(&self, found: &Found) -> (&'static str, &str) {
        let w = &self.p.w.key_check;
        match found.lines.iter().map(|line| line.mark).max() {
            Some(Mark::Bad) => ("banner--warn", &w.result_bad),
            Some(Mark::Look | Mark::Unknown) => ("", &w.result_look),
            _ => ("banner--good", &w.result_good),
        }
    }

    fn tag(&self, line: &Line) -> (&'static str, &str) {
        let w = &self.p.w.key_check;
        match line.mark {
            Mark::Good => ("tag--good", &w.mark_good),
            Mark::Unknown => ("tag--waiting", &w.mark_unknown),
            Mark::Look => ("tag--waiting", &w.mark_look),
            Mark::Bad => ("tag--act", &w.mark_bad),
        }
    }
}

/// A fresh name of the text, sealed for this account: nobody is shown a text that somebody else had made.
fn token(app: &App, account: Uuid) -> String {
    let nonce = app.secrets.token();
    URL_SAFE_NO_PAD.encode([&nonce[..], &seal(app, account, &nonce)].concat())
}

fn seal(app: &App, account: Uuid, nonce: &[u8]) -> [u8; 16] {
    let mac = app.secrets.mac("key_check", &[account.as_bytes(), nonce]);
    std::array::from_fn(|i| mac[i])
}

/// The text of this name: what it is and what it is not, in both languages, and the name itself.
fn text_of(app: &App, account: Uuid, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (nonce, given) = bytes.split_at_checked(16)?;
    let ours = bool::from(seal(app, account, nonce).ct_eq(given));
    let line = |language| words(language).key_check.text.as_str();
    ours.then(|| format!("{}\n{}\n{}\n", line(Language::Kk), line(Language::Ru), hex::encode(nonce)))
}

async fn key_page(
    app: &SharedApp,
    signed: &Signed,
    a: Answers,
    found: Option<Found>,
) -> Result<KeyCheck, WebError> {
    let who = deed::holder(app, signed.actor()).await?;
    Ok(KeyCheck {
        p: Page::new(app, &signed.visit),
        a,
        token: token(app, signed.account),
        ncalayer: ncalayer(app, &who.iin, who.bin.as_deref()),
        found,
    })
}

async fn show(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    Ok(may_sign(page::show(&key_page(&app, &signed, Answers::default(), None).await?)?))
}

async fn text(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, token)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let text = text_of(&app, signed.account, &token).ok_or(Failure::NotFound)?;
    Ok(download("key-check.txt", "text/plain; charset=utf-8", text.into_bytes()))
}

/// Nothing is changed by it: the answer is the page itself.
async fn check(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let mut a = form.answers();
    let sent = signature(signed.visit.language, &form, &mut a);
    let good = again::password(&app, &signed, &form, &mut a).await?;
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let (true, Some(Sent { cms, place })) = (good, sent) {
        let text = text_of(&app, signed.account, form.text("shown")).ok_or(Failure::NotFound)?;
        match deed::try_key(&app, signed.actor(), signed.visit.request, &cms, text.as_bytes()).await? {
            Ok(tried) => {
                let found = Some(found(signed.visit.language, &tried));
                return Ok(may_sign(page::show(&key_page(&app, &signed, a, found).await?)?));
            }
            Err(reason) => {
                if reason == SignatureRefusal::TooLarge {
                    status = StatusCode::PAYLOAD_TOO_LARGE;
                }
                a.fail(place, wording::tried_key(signed.visit.language, reason));
            }
        }
    }
    let page = key_page(&app, &signed, a, None).await?;
    Ok(may_sign(page::show_with(status, &page)?))
}

fn found(language: Language, tried: &TriedKey) -> Found {
    let w = &words(language).key_check;
    let refused = |why| (Mark::Bad, wording::signature(language, why).to_owned());
    let judged = |result: Result<(), _>, good: &str| match result {
        Ok(()) => (Mark::Good, good.to_owned()),
        Err(why) => refused(why),
    };
    let signer = &tried.report.signer;
    let person = if signer.bin.is_some() { &w.person_good_bin } else { &w.person_good };
    let revocation = match tried.standing {
        Standing::Good => Some((Mark::Good, w.revocation_good.clone())),
        // Whoever is not trusted is not asked either.
        Standing::Unknown if tried.trusted().is_err() => None,
        Standing::Unknown => Some((Mark::Look, w.revocation_silent.clone())),
        Standing::Refused(why) => Some(refused(why)),
    };
    // Anybody writes any name into a certificate of their own making.
    let (holder, whose) = match tried.trusted() {
        Ok(()) => (&w.holder, judged(tried.party, person)),
        Err(_) => (&w.holder_said, (Mark::Unknown, w.person_unknown.clone())),
    };
    let line = |what, (mark, text)| Line { what, mark, text };
    let lines = [
        line(&w.term, term(language, w, tried)),
        line(&w.person, whose),
        line(&w.purpose, judged(signer.key_usage.must_be_for_signing(), &w.purpose_good)),
        line(&w.authority, judged(tried.trusted(), &w.authority_good)),
    ];
    Found {
        holder: (holder, signer.name.clone()),
        lines: lines.into_iter().chain(revocation.map(|it| line(&w.revocation, it))).collect(),
    }
}

/// In date, and still so when the contract is likely to be signed.
fn term(language: Language, w: &KeyCheckWords, tried: &TriedKey) -> (Mark, String) {
    let until = tried.report.signer.not_after;
    if let Err(why) = validity(tried.report.not_before, until, tried.at) {
        return (Mark::Bad, wording::signature(language, why).to_owned());
    }
    let day = date::long(almaty_day(until), language);
    match until < tried.at + Duration::days(i64::from(tried.warning_days)) {
        true => (Mark::Look, fill(&w.term_soon, &[("day", &day)])),
        false => (Mark::Good, fill(&w.term_good, &[("day", &day)])),
    }
}
