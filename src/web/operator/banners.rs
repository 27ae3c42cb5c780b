//! Banners: what the operator has to say on every page, from when to when.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Asia::Almaty;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::banner::BannerRow;
use crate::rules::banner::{Banner, BannerKind, LONGEST_BANNER};
use crate::web::address;
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::visit::Signed;

#[derive(Template)]
#[template(path = "operator/banners.html")]
struct BannersPage {
    p: Page,
    a: Answers,
    kinds: Vec<(&'static str, &'static str)>,
    banners: Vec<BannerRow>,
}

impl BannersPage {
    async fn new(app: &SharedApp, p: Page, a: Answers) -> Result<Self, WebError> {
        let kinds = BannerKind::ALL.map(|kind| (kind.as_str(), kind_name(&p, kind))).into();
        Ok(Self { banners: domain::banner::list(app).await?, kinds, a, p })
    }

    fn kind(&self, row: &BannerRow) -> &'static str {
        kind_name(&self.p, row.banner.kind)
    }

    fn state(&self, row: &BannerRow) -> &'static str {
        let w = &self.p.w.banners;
        match (row.withdrawn_at, row.is_in_force(), row.is_live()) {
            (Some(_), _, _) => &w.withdrawn,
            (None, true, _) => &w.in_force,
            (None, false, true) => &w.to_come,
            (None, false, false) => &w.over,
        }
    }

    fn tag(&self, row: &BannerRow) -> &'static str {
        match (row.is_in_force(), row.is_live()) {
            (true, _) => "tag tag--good",
            (false, true) => "tag tag--waiting",
            (false, false) => "tag tag--ended",
        }
    }
}

fn kind_name(p: &Page, kind: BannerKind) -> &'static str {
    match kind {
        BannerKind::Info => &p.w.banners.info,
        BannerKind::Warning => &p.w.banners.warning,
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut a = Answers::default();
    a.set("kind", BannerKind::Info.as_str());
    page::show(&BannersPage::new(&app, p, a).await?)
}

/// A moment of Almaty, as the browser's own field gives it, or as people write it.
fn moment(typed: &str) -> Option<DateTime<Utc>> {
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M"];
    let local = formats.into_iter().find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())?;
    let at = local.and_local_timezone(Almaty).earliest()?.to_utc();
    // No banner of ours is about another century, and the database's years end somewhere.
    (2020..2100).contains(&chrono::Datelike::year(&at)).then_some(at)
}

/// What to say, from when to when; or what is wrong with it.
struct Asked {
    banner: Banner,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

fn read(p: &Page, form: &Form, now: DateTime<Utc>) -> Result<Asked, Answers> {
    let mut a = form.answers();
    let w = p.w;
    let kind = fields::one_of(form, &mut a, w, "kind", BannerKind::parse);
    let text_kk = fields::text(form, &mut a, w, "text_kk", (2, LONGEST_BANNER));
    let text_ru = fields::text(form, &mut a, w, "text_ru", (2, LONGEST_BANNER));
    let from = read_moment(form, &mut a, p, "from");
    let to = read_moment(form, &mut a, p, "to");
    if let (Some(from), Some(to)) = (from, to) {
        if to <= from {
            a.fail("to", &w.banners.order);
        } else if to <= now {
            a.fail("to", &w.banners.past);
        }
    }
    match (kind, from, to) {
        (Some(kind), Some(from), Some(to)) if a.is_good() => {
            Ok(Asked { banner: Banner { kind, text_kk, text_ru }, from, to })
        }
        _ => Err(a),
    }
}

fn read_moment(form: &Form, a: &mut Answers, p: &Page, name: &str) -> Option<DateTime<Utc>> {
    let typed = form.text(name);
    let found = moment(typed);
    if found.is_none() {
        a.fail(name, if typed.is_empty() { &p.w.form.required } else { &p.w.banners.moment_wrong });
    }
    found
}

pub async fn add(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let now = domain::moment::now(&app).await?;
    let asked = match read(&p, &form, now) {
        Ok(asked) => asked,
        Err(answers) => return page::show_again(&BannersPage::new(&app, p, answers).await?),
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::banner::add(&mut work.tx, &work.deed, &asked.banner, (asked.from, asked.to)).await?;
    let answer = work.finish(p.url("operator/banners?done=banner_saved")).await?;
    domain::banner::refresh(&app).await?;
    Ok(answer)
}

pub async fn withdraw(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    domain::banner::withdraw(&mut work.tx, &work.deed, address::id(&id)?).await?;
    let p = Page::new(&app, &signed.visit);
    let answer = work.finish(p.url("operator/banners?done=banner_withdrawn")).await?;
    domain::banner::refresh(&app).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_almatys_and_nonsense_is_none() {
        let utc = |typed| moment(typed).map(|at| at.to_rfc3339());
        assert_eq!(utc("2026-12-14T10:00").as_deref(), Some("2026-12-14T05:00:00+00:00"));
        assert_eq!(utc("14.12.2026 10:00"), utc("2026-12-14T10:00:00"));
        for typed in ["", "2026-12-14", "2026-13-14T10:00", "9999-01-01T00:00", "-1", "14.12.26 10:00"] {
            assert_eq!(utc(typed), None, "{typed}");
        }
    }
}
