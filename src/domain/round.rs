//! Rounds: vouchers to the heads of a queue, as free places allow. Every voucher out stays backed by a place.
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{ledger, notice, place, transition};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::queue::{Family, OpenGroup};
use crate::fault::{Failure, Fault};
use crate::rules::deadline::notice_day0;
use crate::rules::matching::{FreePlaces, Need, Seating};
use crate::rules::notice::Notice;
use crate::rules::refusal::Refusal;
use crate::rules::stage::Term;

/// What a round did.
#[derive(Debug, Default, Clone, Serialize)]
pub struct RoundResult {
    pub issued: usize,
    /// Families before which no place stands that could suit them.
    pub passed_over: usize,
    /// The calendar does not know a year that a term could need: nothing was issued.
    pub calendar_unknown: bool,
}

/// One round in every queue, each in its own transaction.
pub async fn run_all(app: &SharedApp) -> Result<RoundResult, Failure> {
    run_each(app, None).await
}

/// The same as of an earlier moment: for the demo city's past.
#[cfg(feature = "sandbox")]
pub async fn run_all_as_of(
    app: &SharedApp,
    moment: chrono::DateTime<chrono::Utc>,
) -> Result<RoundResult, Failure> {
    run_each(app, Some(moment)).await
}

async fn run_each(
    app: &SharedApp,
    moment: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<RoundResult, Failure> {
    let queues = db::queue::all(&mut *app.pool.acquire().await?).await?;
    let mut sum = RoundResult::default();
    for queue in queues {
        let mut tx = app.pool.begin().await?;
        let mut deed = Deed::by_system(app, &mut tx).await?;
        deed.now = moment.unwrap_or(deed.now);
        let one = run(&mut tx, &deed, queue).await?;
        tx.commit().await?;
        sum.issued += one.issued;
        sum.passed_over += one.passed_over;
        sum.calendar_unknown |= one.calendar_unknown;
    }
    Ok(sum)
}

/// A round in one queue: goes down the order and seats whoever can be seated beside every voucher already out.
pub async fn run(conn: &mut PgConnection, deed: &Deed, queue: i32) -> Result<RoundResult, Failure> {
    let locked = db::queue::lock(conn, queue).await?;
    let groups = db::queue::open_groups(conn, &locked).await?;
    let mut result = RoundResult::default();
    if groups.is_empty() {
        return Ok(result);
    }
    let correction = locked.correction_type.as_deref();
    let places: Vec<FreePlaces> = groups.iter().map(|group| group.places.clone()).collect();
    let mut seating = Seating::new(&places);
    for family in db::queue::unseated(conn, queue).await? {
        if !seating.seat(suitable(&groups, &family, correction)) {
            tracing::warn!(application = %family.application, "a voucher has no place behind it");
        }
    }
    for family in db::queue::heads(conn, queue).await? {
        if seating.is_full() {
            break;
        }
        if !seating.seat(suitable(&groups, &family, correction)) {
            result.passed_over += 1;
            continue;
        }
        match issue(conn, deed, family.application).await {
            Ok(()) => result.issued += 1,
            Err(Failure::Refused(Refusal::CalendarUnknown)) => {
                tracing::error!("no voucher was issued: the calendar does not know the next year");
                result.calendar_unknown = true;
                break;
            }
            // During an outage nobody could act: the places wait for its end.
            Err(Failure::Refused(Refusal::TermStandsStill)) => break,
            Err(failure) => return Err(failure),
        }
    }
    ledger::round(conn, deed, &locked, result.issued).await?;
    if result.issued > 0 {
        place::fold(conn, queue).await?;
    }
    Ok(result)
}

/// The groups that suit a family, without kindergartens that declined it for good.
fn suitable(groups: &[OpenGroup], family: &Family, correction: Option<&str>) -> Vec<usize> {
    let need =
        Need { correction_type: correction, language: &family.language, birth_year: family.birth_year };
    let fits = |group: &OpenGroup| group.places.suits(&need) && !family.closed.contains(&group.kindergarten);
    groups.iter().enumerate().filter(|(_, group)| fits(group)).map(|(index, _)| index).collect()
}

/// Can every voucher of this queue still be seated when this group has one place less?
pub async fn stays_seatable(
    conn: &mut PgConnection,
    queue: i32,
    without: Uuid,
    choosing: Uuid,
) -> Result<bool, Fault> {
    let locked = db::queue::lock(conn, queue).await?;
    let groups = db::queue::open_groups(conn, &locked).await?;
    let correction = locked.correction_type.as_deref();
    let mut places: Vec<FreePlaces> = groups.iter().map(|group| group.places.clone()).collect();
    // A family that could not be seated even before the choice is not unseated by it.
    let mut before = Seating::new(&places);
    for (group, places) in groups.iter().zip(&mut places) {
        if group.id == without {
            places.free = places.free.saturating_sub(1);
        }
    }
    let mut seating = Seating::new(&places);
    let mut others = db::queue::unseated(conn, queue).await?;
    others.retain(|family| family.application != choosing);
    Ok(others.iter().all(|family| {
        let suitable = suitable(&groups, family, correction);
        !before.seat(suitable.clone()) || seating.seat(suitable)
    }))
}

/// Is there a place for this voucher beside every other one that is out?
pub async fn has_a_place(conn: &mut PgConnection, queue: i32, application: Uuid) -> Result<bool, Fault> {
    let locked = db::queue::lock(conn, queue).await?;
    let groups = db::queue::open_groups(conn, &locked).await?;
    let correction = locked.correction_type.as_deref();
    let places: Vec<FreePlaces> = groups.iter().map(|group| group.places.clone()).collect();
    let mut seating = Seating::new(&places);
    let (its, others): (Vec<Family>, Vec<Family>) = db::queue::unseated(conn, queue)
        .await?
        .into_iter()
        .partition(|family| family.application == application);
    for family in &others {
        seating.seat(suitable(&groups, family, correction));
    }
    Ok(its.iter().all(|family| seating.seat(suitable(&groups, family, correction))))
}

/// Gives a voucher to one family: the term, the notice, the journal in the round's transaction.
async fn issue(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<(), Failure> {
    db::application::lock(conn, application).await?;
    let case = db::application::load(conn, application).await?;
    let day0 = notice_day0(deed.now, deed.calendar());
    let days = deed.settings.confirm_days;
    let voucher = deed.app.secrets.id();
    let next = match case.stage.clone().issue(voucher, Term::begin(day0, days), deed.calendar()) {
        Ok(next) => next,
        // Withdrawn between the reading of the order and the lock: the place goes to the next round.
        Err(Refusal::NotInThisStage { .. }) => return Ok(()),
        Err(refusal) => return Err(refusal.into()),
    };
    let Some(confirm_by) = next.term().and_then(|term| term.shown) else { return Ok(()) };
    let number = deed.app.secrets.case_number();
    let new = db::voucher::NewVoucher {
        id: voucher,
        application: case.id,
        child: case.child,
        number: &number,
        now: deed.now,
        day0,
        days,
        confirm_by,
    };
    db::voucher::insert(conn, new).await?;
    transition::settle(conn, deed, &case, &next, "issue_voucher", json!({ "confirm_by": confirm_by }))
        .await?;
    notice::enqueue(conn, deed, case.applicant, Some(case.id), &Notice::VoucherIssued { confirm_by }).await?;
    Ok(())
}
