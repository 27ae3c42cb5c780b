//! A voucher is confirmed, refused, extended; and what the system does when nobody acts in time.
use std::iter;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{application, journal, notice, transition};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::fault::{Failure, Fault};
use crate::rules::deadline::last_calendar_day;
use crate::rules::notice::Notice;
use crate::rules::refusal::Refusal;
use crate::rules::stage::{Stage, Term};

/// The family confirms its interest (guide: "Растау", within two working days).
pub async fn confirm(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().confirm_interest(deed.today(), deed.calendar(), &deed.settings)?;
    if let Some(voucher) = next.voucher() {
        db::voucher::confirm(conn, voucher, deed.now).await?;
    }
    transition::settle(conn, deed, &case, &next, "confirm_interest", json!({})).await
}

/// The family refuses: annulled at once, archived, to queue anew (guide: "Бас тарту").
pub async fn refuse(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().refuse_voucher()?;
    transition::settle(conn, deed, &case, &next, "refuse_voucher", json!({})).await
}

/// Two more days, on the last good day only, once (guide: "5-ші күні").
pub async fn extend(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().extend(deed.today(), deed.calendar(), &deed.settings)?;
    transition::settle(conn, deed, &case, &next, "extend_term", json!({})).await
}

/// The gateway took the notice of a voucher, or will never take it. Day 0 moves to that day if it came later than planned
/// (`rules.md` 3.2); a term shown is never shortened.
pub async fn notice_accepted(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<(), Fault> {
    db::application::lock(conn, application).await?;
    let case = db::application::load(conn, application).await?;
    let Stage::VoucherIssued(issued) = &case.stage else { return Ok(()) };
    if issued.told {
        return Ok(());
    }
    let term = Term { day0: issued.term.day0.max(deed.today()), ..issued.term.clone() };
    let due = term.due(deed.calendar()).ok();
    db::voucher::notice_accepted(conn, issued.voucher, deed.today()).await?;
    db::voucher::save_confirm_term(conn, issued.voucher, &term, due).await?;
    if let Some(confirm_by) = due.map(|due| due.by)
        && Some(confirm_by) > issued.term.shown
    {
        notice::enqueue(conn, deed, case.applicant, Some(case.id), &Notice::TermMoved { confirm_by }).await?;
        journal::about(conn, deed, "move_day0", application, json!({ "confirm_by": confirm_by })).await?;
    }
    Ok(())
}

// ---- The sweeps: each takes one due case, in its own transaction, and is safe in any number of processes. ----

/// What became of one due case.
type Swept = Result<Option<(Stage, Option<Notice>)>, Failure>;

/// A term the sweeps tidy after.
#[derive(Debug, Clone, Copy)]
pub enum Sweep {
    /// Not confirmed in time → the stop list.
    Lapsed,
    /// Not enrolled in time → the archive.
    RunOut,
    /// Not back from the stop list in time → the archive.
    NotReturned,
    /// School age → the archive.
    Outgrown,
}

impl Sweep {
    pub const ALL: [Self; 4] = [Self::Lapsed, Self::RunOut, Self::NotReturned, Self::Outgrown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lapsed => "lapse",
            Self::RunOut => "run_out",
            Self::NotReturned => "leave_stop_list",
            Self::Outgrown => "outgrow",
        }
    }

    async fn next(self, conn: &mut PgConnection, deed: &Deed) -> Result<Option<Uuid>, Fault> {
        let today = deed.today();
        if deed.calendar().is_out(today) {
            return Ok(None);
        }
        Ok(match self {
            Self::Lapsed => db::voucher::next_lapsed(conn, today).await?,
            Self::RunOut => db::voucher::next_run_out(conn, today).await?,
            Self::NotReturned => db::voucher::next_not_returned(conn, today, spent_since(deed)).await?,
            Self::Outgrown => db::voucher::next_outgrown(conn, outgrown_birth_year(deed)).await?,
        })
    }

    fn apply(self, deed: &Deed, case: &Case) -> Swept {
        let (stage, today) = (case.stage.clone(), deed.today());
        Ok(Some(match self {
            Self::Lapsed => {
                let next = stage.lapse(today, case.returned_at.is_none(), deed.calendar(), &deed.settings)?;
                let return_by = if let Stage::OnStopList(listed) = &next { listed.return_by } else { None };
                (next, Some(Notice::VoucherLapsed { return_by }))
            }
            Self::RunOut => (stage.run_out(today, deed.calendar())?, Some(Notice::NotFinished)),
            Self::NotReturned => {
                (stage.leave_stop_list(today, deed.calendar(), &deed.settings)?, Some(Notice::NotReturned))
            }
            Self::Outgrown => (stage.outgrow()?, Some(Notice::Outgrown)),
        }))
    }
}

/// The latest day of a lapse without a return left whose days on the stop list are over.
fn spent_since(deed: &Deed) -> NaiveDate {
    let over = |since: &NaiveDate| {
        last_calendar_day(deed.calendar(), *since, deed.settings.stop_list_days) < deed.today()
    };
    iter::successors(deed.today().pred_opt(), NaiveDate::pred_opt).find(over).unwrap_or(NaiveDate::MIN)
}

/// From 1 September of the year in which a child turns seven, its birth year is outgrown (`rules.md` 3.2).
fn outgrown_birth_year(deed: &Deed) -> i32 {
    let today = deed.today();
    let school_year = if today.month() >= 9 { today.year() } else { today.year() - 1 };
    school_year - deed.settings.child_under_years.cast_signed()
}

/// Tidies every due case of one kind; answers how many.
pub async fn sweep(app: &SharedApp, sweep: Sweep) -> Result<usize, Failure> {
    sweep_at(app, sweep, None).await
}

/// The same as of an earlier moment: for the demo city's past.
#[cfg(feature = "sandbox")]
pub async fn sweep_as_of(app: &SharedApp, sweep: Sweep, moment: DateTime<Utc>) -> Result<usize, Failure> {
    sweep_at(app, sweep, Some(moment)).await
}

async fn sweep_at(app: &SharedApp, sweep: Sweep, moment: Option<DateTime<Utc>>) -> Result<usize, Failure> {
    let mut done = 0;
    loop {
        let mut tx = app.pool.begin().await?;
        let mut deed = Deed::by_system(app, &mut tx).await?;
        deed.now = moment.unwrap_or(deed.now);
        let Some(id) = sweep.next(&mut tx, &deed).await? else { return Ok(done) };
        let case = db::application::load(&mut tx, id).await?;
        match sweep.apply(&deed, &case) {
            Ok(Some((next, told))) => {
                transition::settle(&mut tx, &deed, &case, &next, sweep.as_str(), json!({})).await?;
                if let Some(told) = told {
                    notice::enqueue(&mut tx, &deed, case.applicant, Some(case.id), &told).await?;
                }
                tx.commit().await?;
                done += 1;
            }
            // The query and the rule disagree: leave the case alone and say so, rather than turn in a circle.
            Ok(None)
            | Err(Failure::Refused(
                Refusal::TermNotOver { .. } | Refusal::TermStandsStill | Refusal::NotInThisStage { .. },
            )) => {
                tracing::error!(sweep = sweep.as_str(), application = %case.id, "a due case is not due by the rules");
                return Ok(done);
            }
            Err(failure) => return Err(failure),
        }
    }
}
