//! A voucher is confirmed, refused, extended; and what the system does when nobody acts in time.
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::transition::Step;
use super::{application, journal, ledger, notice, transition};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::fault::{Failure, Fault};
use crate::rules::deadline::calendar_days_before;
use crate::rules::journal::What;
use crate::rules::ledger::{Act, Event};
use crate::rules::notice::Notice;
use crate::rules::refusal::Refusal;
use crate::rules::settings::Setting;
use crate::rules::stage::{Stage, Term};

/// The family confirms its interest (guide: "Растау", within two working days).
pub async fn confirm(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().confirm_interest(deed.today(), deed.calendar())?;
    if let Some(voucher) = next.voucher() {
        db::voucher::confirm(conn, voucher, deed.now).await?;
    }
    transition::settle(conn, deed, &case, &next, What::ConfirmInterest, facts!()).await
}

/// The family refuses: annulled at once, archived, to queue anew (guide: "Бас тарту").
pub async fn refuse(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().refuse_voucher()?;
    transition::settle(conn, deed, &case, &next, What::RefuseVoucher, facts!()).await
}

/// Two more days, on the last good day only, once (guide: "5-ші күні").
pub async fn extend(conn: &mut PgConnection, deed: &Deed, number: &str) -> Result<(), Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    let next = case.stage.clone().extend(deed.today(), deed.calendar())?;
    transition::settle(conn, deed, &case, &next, What::ExtendTerm, facts!()).await
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
        journal::about(conn, deed, What::MoveDay0, application, facts!(ConfirmBy: confirm_by)).await?;
        let moved = Event::Application(case.handle, Act::Term(Some(confirm_by)));
        ledger::record(conn, deed, vec![moved]).await?;
    }
    Ok(())
}

pub use crate::db::voucher::Told;

/// What the day 0 of a voucher came from.
pub async fn told(conn: &mut PgConnection, voucher: Uuid) -> Result<Option<Told>, Fault> {
    Ok(db::voucher::told(conn, voucher).await?)
}

// ---- The sweeps: each takes due cases, in a transaction of their own, and is safe in any number of processes. ----

/// The most cases of one transaction: it stays short, so that nobody waits long for a case it holds.
const SWEPT_AT_ONCE: i64 = 400;

/// What becomes of a due case, and what its family is told.
type Swept = Result<(Stage, Notice), Refusal>;

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

    /// The deed.
    pub fn what(self) -> What {
        match self {
            Self::Lapsed => What::Lapse,
            Self::RunOut => What::RunOut,
            Self::NotReturned => What::LeaveStopList,
            Self::Outgrown => What::Outgrow,
        }
    }

    /// Due cases under lock; those that somebody else holds are left to them. During an outage only those are due that by
    /// their rules no outage stops.
    async fn due(self, conn: &mut PgConnection, deed: &Deed) -> Result<Vec<Uuid>, Fault> {
        let (today, most) = (deed.today(), SWEPT_AT_ONCE);
        let is_out = deed.calendar().is_out(today);
        Ok(match self {
            Self::Lapsed => db::voucher::due_lapsed(conn, today, is_out, most).await?,
            Self::RunOut => db::voucher::due_run_out(conn, today, is_out, most).await?,
            Self::NotReturned => {
                db::voucher::due_not_returned(conn, today, is_out, &days_before(deed), most).await?
            }
            Self::Outgrown if is_out => Vec::new(),
            Self::Outgrown => db::voucher::due_outgrown(conn, outgrown_birth_year(deed), most).await?,
        })
    }

    fn apply(self, deed: &Deed, case: &Case) -> Swept {
        let (stage, today) = (case.stage.clone(), deed.today());
        Ok(match self {
            Self::Lapsed => {
                let next = stage.lapse(today, case.returned_at.is_none(), deed.calendar())?;
                let return_by = if let Stage::OnStopList(listed) = &next { listed.return_by } else { None };
                (next, Notice::VoucherLapsed { return_by })
            }
            Self::RunOut => (stage.run_out(today, deed.calendar())?, Notice::NotFinished),
            Self::NotReturned => (stage.leave_stop_list(today, deed.calendar())?, Notice::NotReturned),
            Self::Outgrown => (stage.outgrow()?, Notice::Outgrown),
        })
    }
}

/// The days before today, as far back as any stop list reaches.
fn days_before(deed: &Deed) -> Vec<NaiveDate> {
    let most = Setting::of("stop_list_days").map_or(0, |setting| *setting.bounds.end());
    calendar_days_before(deed.calendar(), deed.today()).take(most as usize).collect()
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
        let swept = sweep_once(app, sweep, moment).await?;
        if swept == 0 {
            return Ok(done);
        }
        done += swept;
    }
}

/// One transaction of a sweep; answers how many cases it tidied.
async fn sweep_once(app: &SharedApp, sweep: Sweep, moment: Option<DateTime<Utc>>) -> Result<usize, Failure> {
    let mut tx = app.pool.begin().await?;
    let mut deed = Deed::by_system(app, &mut tx).await?;
    deed.now = moment.unwrap_or(deed.now);
    let due = sweep.due(&mut tx, &deed).await?;
    let cases = db::application::load_many(&mut tx, &due).await?;
    let mut steps = Vec::new();
    let mut told = Vec::new();
    for case in &cases {
        match sweep.apply(&deed, case) {
            Ok((next, notice)) => {
                steps.push(Step { case, next, what: sweep.what(), facts: facts!(), rejection: None });
                told.push((case.applicant, case.id, notice));
            }
            // The query and the rule disagree: leave the case alone and say so.
            Err(refusal) => {
                tracing::error!(sweep = sweep.what().as_str(), application = %case.id, ?refusal, "a due case is not due by the rules");
            }
        }
    }
    if steps.is_empty() {
        return Ok(0);
    }
    transition::settle_many(&mut tx, &deed, &steps).await?;
    notice::enqueue_many(&mut tx, &deed, &told).await?;
    tx.commit().await?;
    Ok(told.len())
}
