//! The sandbox's clock: it can be moved, forward only.
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Datelike, Days, Duration, Months, SecondsFormat, Utc};
use chrono_tz::Asia::Almaty;
use serde::Deserialize;
use serde_json::json;

use super::panel::{self, Trouble, bad};
use super::state;
use crate::app::SharedApp;
use crate::web::KeptPages;

/// Nothing of the portal lives longer, and dates beyond it overflow somewhere.
const LAST_YEAR: i32 = 2100;

/// A length of time by ISO 8601: `P1D`, `PT2H30M`, `P1Y2M3DT4H5M6.5S`, `P2W`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Length {
    months: u32,
    days: u64,
    time: Duration,
}

impl Length {
    fn parse(text: &str) -> Option<Self> {
        let body = text.trim().strip_prefix('P')?;
        let (date, time) = body.split_once('T').map_or((body, None), |(date, time)| (date, Some(time)));
        if date.is_empty() && time.is_none_or(str::is_empty) || time == Some("") {
            return None;
        }
        let mut length = Self::default();
        for (number, unit) in parts(date, "YMWD")? {
            let number: u32 = number.parse().ok()?;
            match unit {
                'Y' => length.months = length.months.checked_add(number.checked_mul(12)?)?,
                'M' => length.months = length.months.checked_add(number)?,
                'W' => length.days += u64::from(number) * 7,
                _ => length.days += u64::from(number),
            }
        }
        for (number, unit) in parts(time.unwrap_or_default(), "HMS")? {
            let seconds = match unit {
                'H' => i64::from(number.parse::<u32>().ok()?) * 3_600_000,
                'M' => i64::from(number.parse::<u32>().ok()?) * 60_000,
                _ => thousandths(number)?,
            };
            length.time += Duration::milliseconds(seconds);
        }
        Some(length)
    }

    /// Months and days by Almaty's calendar, then hours.
    fn after(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(&Almaty).checked_add_months(Months::new(self.months))?;
        local.checked_add_days(Days::new(self.days))?.to_utc().checked_add_signed(self.time)
    }
}

/// Numbers with their units, which must come in this order, each at most once.
fn parts<'a>(text: &'a str, units: &str) -> Option<Vec<(&'a str, char)>> {
    let (mut rest, mut units, mut found) = (text, units, Vec::new());
    while !rest.is_empty() {
        let at = rest.find(|c: char| c.is_ascii_uppercase())?;
        let unit = rest[at..].chars().next()?;
        if at == 0 || rest[..at].starts_with('+') {
            return None;
        }
        units = &units[units.find(unit)? + 1..];
        found.push((&rest[..at], unit));
        rest = &rest[at + 1..];
    }
    Some(found)
}

fn thousandths(seconds: &str) -> Option<i64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<3}")[..3].parse().ok()?;
    whole.parse::<u32>().ok().map(|whole| i64::from(whole) * 1000 + part)
}

/// What is asked of the clock: one of the two.
#[derive(Deserialize)]
struct Asked {
    advance: Option<String>,
    to: Option<String>,
}

enum Move {
    By(Length),
    To(DateTime<Utc>),
}

impl Asked {
    fn read(self) -> Result<Move, Trouble> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        match (given(self.advance), given(self.to)) {
            (Some(length), None) => Length::parse(&length)
                .map(Move::By)
                .ok_or_else(|| bad("advance is an ISO 8601 duration: P1D, PT2H, P1DT2H")),
            (None, Some(moment)) => DateTime::parse_from_rfc3339(moment.trim())
                .map(|moment| Move::To(moment.to_utc()))
                .map_err(|_| bad("to is a moment by RFC 3339: 2026-12-14T10:00:00+05:00")),
            _ => Err(bad("one of advance and to is needed")),
        }
    }
}

pub async fn show(State(app): State<SharedApp>) -> Result<Response, Trouble> {
    let mut conn = app.pool.acquire().await?;
    Ok(said(crate::clock::now(&mut conn).await?))
}

/// `{"advance":"P1D"}` or `{"to":"2026-12-14T10:00:00+05:00"}`, or the same as a form of the panel.
pub async fn advance(
    State(app): State<SharedApp>,
    Extension(pages): KeptPages,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (asked, from_panel): (Asked, bool) = panel::read(&headers, &body)?;
    let wanted = asked.read()?;
    let mut tx = app.pool.begin().await?;
    let mut target = None;
    let moved = state::move_clock(&mut tx, |now| {
        target = match wanted {
            Move::By(length) => length.after(now),
            Move::To(moment) => Some(moment),
        };
        target.filter(|to| *to >= now && to.year() <= LAST_YEAR)
    })
    .await?;
    tx.commit().await?;
    // What was drawn at the moment before is a thing of the past.
    pages.forget();
    match (moved, target) {
        (Some(_), _) if from_panel => Ok(Redirect::to("/sandbox").into_response()),
        (Some(to), _) => Ok(said(to)),
        (None, Some(to)) if to.year() <= LAST_YEAR => {
            Err(Trouble::Told(StatusCode::CONFLICT, "the clock goes forward only".to_owned()))
        }
        (None, _) => Err(bad("the clock goes no further than the year 2100")),
    }
}

fn said(now: DateTime<Utc>) -> Response {
    Json(json!({ "now": now.with_timezone(&Almaty).to_rfc3339_opts(SecondsFormat::Millis, false) }))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(length: &str) -> Option<String> {
        let now = "2026-12-14T05:00:00Z".parse().unwrap();
        Some(Length::parse(length)?.after(now)?.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    #[test]
    fn durations_are_read_by_iso_8601() {
        for (length, expected) in [
            ("P1D", "2026-12-15T05:00:00.000Z"),
            ("PT2H", "2026-12-14T07:00:00.000Z"),
            ("P1DT2H", "2026-12-15T07:00:00.000Z"),
            ("P2W", "2026-12-28T05:00:00.000Z"),
            ("P1M", "2027-01-14T05:00:00.000Z"),
            ("P1Y2M3DT4H5M6S", "2028-02-17T09:05:06.000Z"),
            ("PT5M", "2026-12-14T05:05:00.000Z"),
            ("PT0.5S", "2026-12-14T05:00:00.500Z"),
            ("PT0S", "2026-12-14T05:00:00.000Z"),
        ] {
            assert_eq!(after(length).as_deref(), Some(expected), "{length}");
        }
        for broken in [
            "", "P", "PT", "1D", "P1", "P1DT", "-P1D", "P-1D", "P+1D", "PD", "P1D1M", "P1H", "PT1D", "P1X",
            "P1.5D",
        ] {
            assert_eq!(after(broken), None, "{broken}");
        }
    }
}
