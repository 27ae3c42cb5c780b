//! Many contracts signed with one code: each is taken by itself, and the page tells how far they are.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::many::shown_in;
use crate::app::SharedApp;
use crate::domain::contract::phone_signing::{self as deed, Shown, ShownContract};
use crate::fault::Failure;
use crate::locale::fill;
use crate::rules::phone_signing::Step;
use crate::rules::signature::Side;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::phone_signing::{Now, changed, scan, until, why};
use crate::web::visit::Signed;
use crate::web::{Routes, Who, address, again};

pub fn routes(routes: Routes) -> Routes {
    routes.post("/{lang}/kindergarten/sign/phone", Who::Kindergarten, make).get(
        "/{lang}/kindergarten/sign/phone/{id}",
        Who::Kindergarten,
        show,
    )
}

/// One contract and what has become of it.
struct Line {
    child: String,
    href: String,
    contract: String,
    text: String,
    /// The class of its tag.
    look: &'static str,
}

#[derive(Template)]
#[template(path = "kindergarten/sign_many_phone.html")]
struct ManyByPhone {
    p: Page,
    a: Answers,
    now: Now,
    /// Changes when the page would be another.
    mark: String,
    lines: Vec<Line>,
    signed: usize,
    /// `Қол қойылды: 2 / 3`
    result: String,
    all_good: bool,
    /// What a new code would be for: the number of the case and the hash.
    open: Vec<(String, String)>,
}

async fn make(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    if app.config.egov_mobile.is_none() {
        return Err(Failure::NotFound.into());
    }
    let p = Page::new(&app, &signed.visit);
    let mut a = form.answers();
    let shown = shown_in(&form);
    let asked = p.asks_password() && form.exact("password_again").is_empty();
    if asked || !again::password(&app, &signed, &form, &mut a).await? {
        let open = shown.into_iter().map(|one| (one.number, one.sha256)).collect();
        return page::show_again(&ManyByPhone {
            p,
            a,
            now: Now::Password,
            mark: String::new(),
            lines: Vec::new(),
            signed: 0,
            result: String::new(),
            all_good: false,
            open,
        });
    }
    let mut work = form.begin(&app, &signed.visit).await?;
    let id = deed::make_many(&mut work.tx, &work.deed, &shown).await?;
    work.finish(p.url(&format!("kindergarten/sign/phone/{id}"))).await
}

async fn show(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let shown = deed::look(&app, signed.actor(), Side::Kindergarten, None, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let lines: Vec<Line> = shown.contracts.iter().map(|one| line(&p, one)).collect();
    let is_signed = |one: &&ShownContract| matches!(one.step, Step::Done | Step::SignedOtherwise);
    let count = shown.contracts.iter().filter(is_signed).count();
    let open: Vec<(String, String)> = shown
        .contracts
        .iter()
        .filter(|one| !matches!(one.step, Step::Done | Step::SignedOtherwise | Step::Changed))
        .map(|one| (one.number.clone(), one.content_sha256.clone()))
        .collect();
    let facts = [("signed", count.to_string()), ("all", lines.len().to_string())];
    let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
    let result = fill(&p.w.sign_many.result, &facts);
    let (kind, now) = now(&app, &p, &shown, &result, !open.is_empty())?;
    page::show(&ManyByPhone {
        a: Answers::default(),
        now,
        mark: format!("{kind}-{}", settled(&shown)),
        signed: count,
        all_good: count == lines.len(),
        lines,
        result,
        open,
        p,
    })
}

/// How many contracts nothing more will happen to.
fn settled(shown: &Shown) -> usize {
    let settled = [Step::Done, Step::Refused, Step::SignedOtherwise, Step::Changed];
    shown.contracts.iter().filter(|one| settled.contains(&one.step)).count()
}

/// What lives longest among the contracts is what the page is about.
fn now(
    app: &SharedApp,
    p: &Page,
    shown: &Shown,
    result: &str,
    again: bool,
) -> Result<(&'static str, Now), WebError> {
    let any = |step| shown.contracts.iter().any(|one| one.step == step);
    let w = p.w;
    let ended = |text: &str| Now::Ended { text: text.to_owned(), again };
    Ok(if any(Step::Checking) {
        ("checking", Now::Checking)
    } else if any(Step::SignOnPhone) {
        ("opened", Now::OnPhone { until: until(p.language, shown) })
    } else if any(Step::Scan) {
        ("scan", scan(app, p.language, Side::Kindergarten, shown)?)
    } else if any(Step::Over) {
        ("over", ended(&w.sign_many.phone_over))
    } else if any(Step::Replaced) {
        ("replaced", ended(&w.phone_signing.replaced))
    } else {
        ("done", ended(result))
    })
}

fn line(p: &Page, one: &ShownContract) -> Line {
    let w = &p.w.sign_many;
    let (text, look) = match one.step {
        Step::Done if one.waits => (w.phone_waits.clone(), " tag--good"),
        Step::Done => (w.signed.clone(), " tag--good"),
        Step::SignedOtherwise => (w.signed_before.clone(), " tag--good"),
        Step::Checking => (w.phone_line_checking.clone(), ""),
        Step::Changed => (changed(p.language, one), " tag--act"),
        Step::Refused => (why(p.language, one).0, " tag--act"),
        Step::Scan | Step::SignOnPhone | Step::Over | Step::Replaced => {
            (p.w.contract_versions.awaits_kindergarten.clone(), "")
        }
    };
    Line {
        child: one.child_name.clone(),
        href: p.url(&format!("kindergarten/families/{}", one.number)),
        contract: one.contract_number.clone(),
        text,
        look,
    }
}
