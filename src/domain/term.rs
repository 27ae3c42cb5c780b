//! Terms that stand still and run again, and what a change of the calendar or an outage does to all of them.
use std::sync::Arc;

use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::{Facts, facts};
use super::{journal, ledger, notice, round, transition};
use crate::app::Deed;
use crate::db;
use crate::db::term::{Annulled, OpenReturn, OpenTerm};
use crate::fault::{Failure, Fault};
use crate::rules::calendar::Calendar;
use crate::rules::deadline::{almaty_day, day_begins, last_calendar_day};
use crate::rules::journal::What;
use crate::rules::ledger::{Act, Event};
use crate::rules::notice::Notice;
use crate::rules::pause::PauseWhy;
use crate::rules::reason::ArchiveReason;
use crate::rules::refusal::Refusal;
use crate::rules::stage::{Cut, LeftStopList, Stage, StopListed, TermName};
use crate::rules::stage_name::StageName;

/// The term of an application's live voucher stands still from today. Said twice, it is done once; without a live
/// voucher it is refused.
pub async fn stand_still(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    why: PauseWhy,
) -> Result<(), Failure> {
    change(conn, deed, application, What::StandStill, why, Stage::stand_still).await
}

/// What made the term stand still is over: it runs again from tomorrow.
pub async fn resume(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    why: PauseWhy,
) -> Result<(), Failure> {
    change(conn, deed, application, What::Resume, why, Stage::resume).await
}

type Change = fn(Stage, NaiveDate, PauseWhy) -> Result<Stage, Refusal>;

async fn change(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    what: What,
    why: PauseWhy,
    change: Change,
) -> Result<(), Failure> {
    db::application::lock(conn, application).await?;
    let case = db::application::load(conn, application).await?;
    let next = change(case.stage.clone(), deed.today(), why)?;
    if next == case.stage {
        return Ok(());
    }
    save(conn, deed, &next).await?;
    ledger::record_many(conn, deed, &[ledger::Step { case: &case, next: &next, what }]).await?;
    Ok(journal::about(conn, deed, what, application, facts!(Why: why.as_str())).await?)
}

/// The term of the stage's voucher with its pauses, and its last good day as the calendar has it now.
async fn save(conn: &mut PgConnection, deed: &Deed, stage: &Stage) -> Result<(), Failure> {
    let (Some(voucher), Some(term)) = (stage.voucher(), stage.term()) else { return Ok(()) };
    let due = term.due(deed.calendar()).ok();
    if let Stage::VoucherIssued(_) = stage {
        db::voucher::save_confirm_term(conn, voucher, term, due).await?;
    } else {
        db::voucher::save_term(conn, voucher, term, due, deed.now).await?;
    }
    Ok(())
}

// ---- All open terms at once: a change of the calendar, or an outage. ----

/// So many rows go to the database in one statement.
const AT_ONCE: usize = 10_000;

/// A term whose last day a change moves, or makes stand still, or lets run again.
#[derive(Debug, Clone)]
pub struct MovedTerm {
    pub application: Uuid,
    handle: String,
    pub applicant: Uuid,
    /// `None` on the stop list.
    voucher: Option<Uuid>,
    pub term: TermName,
    /// `None`: it stood still, or its last day was not sure.
    pub was: Option<NaiveDate>,
    /// `None`: it stands still.
    pub now: Option<NaiveDate>,
    pub firm: bool,
    /// The latest day its family was ever shown.
    shown: Option<NaiveDate>,
}

impl MovedTerm {
    /// The new last day, if it is later than any that was shown: the family is told.
    fn lengthened(&self) -> Option<NaiveDate> {
        self.now.filter(|now| self.shown.is_none_or(|shown| *now > shown))
    }
}

/// An annulment to be undone.
#[derive(Debug, Clone)]
pub struct Undone {
    pub application: Uuid,
    /// The term that runs again, and its last day; `None` while it stands still.
    pub term: TermName,
    pub last: Option<NaiveDate>,
    /// False: not before that day.
    pub firm: bool,
    annulled: Annulled,
}

/// What a change of the calendar or of the outages does.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    pub moved: Vec<MovedTerm>,
    pub undone: Vec<Undone>,
    /// Annulments that would be undone, if the child had no other live application or voucher by now.
    pub left: Vec<Uuid>,
}

/// What this calendar would do; nothing is changed.
pub async fn effect(conn: &mut PgConnection, deed: &Deed, next: &Calendar) -> Result<Effect, Fault> {
    let mut effect = Effect::default();
    effect.moved.extend(db::term::open(conn).await?.iter().filter_map(|open| moved_term(open, next)));
    let returns = db::term::open_returns(conn).await?;
    effect.moved.extend(returns.iter().filter_map(|open| moved_return(open, deed.calendar(), next)));
    let before = deed.calendar().outages();
    let declared = next.outages().iter().filter(|outage| !before.contains(outage));
    let Some(from) = declared.map(|outage| outage.from).min() else { return Ok(effect) };
    for annulled in db::term::annulled(conn, day_begins(from)).await? {
        let Ok(back) = given_back(&annulled, deed, next) else { continue };
        if annulled.replaced {
            effect.left.push(annulled.application);
            continue;
        }
        let (term, due) = match &back {
            Stage::VoucherIssued(issued) => (TermName::Confirm, issued.due(next).ok()),
            Stage::OnStopList(listed) => (TermName::Return, listed.return_by.map(|_| listed.due(next))),
            other => (TermName::Conclude, other.due(next).and_then(Result::ok)),
        };
        let (last, firm) = (due.map(|due| due.by), due.is_none_or(|due| due.firm));
        effect.undone.push(Undone { application: annulled.application, term, last, firm, annulled });
    }
    Ok(effect)
}

fn moved_term(open: &OpenTerm, next: &Calendar) -> Option<MovedTerm> {
    let confirms = open.stage == StageName::VoucherIssued;
    let due = open.term.due(next).ok();
    let firm = due.map_or(!confirms, |due| due.firm);
    let now = due.map(|due| due.by);
    let was = open.by.filter(|_| open.firm);
    let same = now.is_some() == was.is_some() && now.is_none_or(|now| Some(now) == open.by);
    (!same || firm != open.firm).then_some(MovedTerm {
        application: open.application,
        handle: open.handle.clone(),
        applicant: open.applicant,
        voucher: Some(open.voucher),
        term: if confirms { TermName::Confirm } else { TermName::Conclude },
        was,
        now,
        firm,
        shown: open.term.shown,
    })
}

/// The days of return are counted by the old outages and laid out by the new ones. They never get fewer.
fn moved_return(open: &OpenReturn, before: &Calendar, next: &Calendar) -> Option<MovedTerm> {
    let lasting =
        |day: &NaiveDate| !before.outages().iter().any(|outage| outage.to.is_some() && outage.touches(*day));
    let days =
        open.since.iter_days().skip(1).take_while(|day| *day <= open.return_by).filter(lasting).count();
    let now =
        last_calendar_day(next, open.since, u32::try_from(days).unwrap_or_default()).max(open.return_by);
    let lasts = |calendar: &Calendar, day| {
        calendar.outages().iter().any(|outage| outage.to.is_none() && outage.from <= day)
    };
    let (was_firm, firm) = (!lasts(before, open.return_by), !lasts(next, now));
    (now != open.return_by || firm != was_firm).then_some(MovedTerm {
        application: open.application,
        handle: String::new(),
        applicant: open.applicant,
        voucher: None,
        term: TermName::Return,
        was: Some(open.return_by).filter(|_| was_firm),
        now: Some(now),
        firm,
        shown: Some(open.return_by),
    })
}

/// The stage to which an annulled case goes back, if the outages make its annulment wrong.
fn given_back(it: &Annulled, deed: &Deed, next: &Calendar) -> Result<Stage, Refusal> {
    let on = almaty_day(it.ended_at);
    let cut = Cut { voucher: it.voucher, term: it.term.clone(), on };
    let today = deed.today();
    let Some((reason, archived_at)) = it.archived else {
        // It came back to the queue, or only the name speaks: what else stands on the stop list is not asked.
        let listed = StopListed { since: on, return_by: None, rules: it.term.rules };
        let stage = if it.stage == StageName::Queued { Stage::Queued } else { Stage::OnStopList(listed) };
        return stage.undo_lapse(cut, today, next);
    };
    let stage = Stage::Archived(reason);
    if reason == ArchiveReason::NotFinished {
        return stage.undo_run_out(cut, today, next);
    }
    let left = LeftStopList {
        since: on,
        rules: it.term.rules,
        return_is_left: !it.returned,
        on: almaty_day(archived_at),
    };
    stage.clone().undo_lapse(cut, today, next).or_else(|_| stage.undo_leave_stop_list(left, today, next))
}

/// From now on this calendar holds: open terms move, never to an earlier day than was shown, with one notice to each
/// family whose term got longer; annulments that an outage made wrong are undone. The deed goes alone.
pub async fn recompute(conn: &mut PgConnection, deed: &mut Deed, next: Calendar) -> Result<Effect, Failure> {
    let effect = effect(conn, deed, &next).await?;
    let by_outage = next.outages() != deed.calendar().outages();
    deed.calendar = Arc::new(next);
    for moved in effect.moved.chunks(AT_ONCE) {
        save_moved(conn, moved).await?;
        tell_moved(conn, deed, moved, by_outage).await?;
        write_moved(conn, deed, moved).await?;
    }
    for undone in &effect.undone {
        undo(conn, deed, undone).await?;
    }
    for left in &effect.left {
        journal::about(conn, deed, What::LeaveAnnulled, *left, facts!()).await?;
    }
    Ok(effect)
}

async fn save_moved(conn: &mut PgConnection, moved: &[MovedTerm]) -> Result<(), Fault> {
    let (of_vouchers, returns): (Vec<&MovedTerm>, Vec<&MovedTerm>) =
        moved.iter().partition(|it| it.voucher.is_some());
    let vouchers: Vec<_> = of_vouchers.iter().filter_map(|it| it.voucher).collect();
    let by: Vec<_> = of_vouchers.iter().map(|it| it.now).collect();
    let firm: Vec<_> = of_vouchers.iter().map(|it| it.firm).collect();
    db::term::save_days(conn, &vouchers, &by, &firm).await?;
    let applications: Vec<_> = returns.iter().map(|it| it.application).collect();
    let by: Vec<_> = returns.iter().map(|it| it.now).collect();
    Ok(db::term::save_return_days(conn, &applications, &by).await?)
}

async fn tell_moved(
    conn: &mut PgConnection,
    deed: &Deed,
    moved: &[MovedTerm],
    by_outage: bool,
) -> Result<(), Fault> {
    let lengthened = moved.iter().filter_map(|term| Some((term, term.lengthened()?)));
    let told = lengthened.map(|(it, last)| {
        let notice = Notice::TermLengthened { term: it.term, last, by_outage };
        (it.applicant, it.application, notice)
    });
    notice::enqueue_many(conn, deed, &told.collect::<Vec<_>>()).await?;
    let facts = |it: &MovedTerm| facts!(Term: it.term, Was: it.was, Now: it.now, Firm: it.firm);
    let lines: Vec<(Uuid, What, Facts)> =
        moved.iter().map(|it| (it.application, What::MoveTerm, facts(it))).collect();
    journal::about_many(conn, deed, &lines).await
}

/// In the ledger stand the terms of vouchers; days of return move neither an order nor a place.
async fn write_moved(conn: &mut PgConnection, deed: &Deed, moved: &[MovedTerm]) -> Result<(), Fault> {
    let of_vouchers = moved.iter().filter(|it| it.voucher.is_some());
    let events = of_vouchers.map(|it| Event::Application(it.handle.clone(), Act::Term(it.now)));
    ledger::record(conn, deed, events.collect()).await
}

/// The last stage with a term of an application that is over; `None`: it never had one, or it was used.
pub async fn last(conn: &mut PgConnection, application: Uuid) -> Result<Option<Stage>, Fault> {
    Ok(db::term::last(conn, application).await?)
}

async fn undo(conn: &mut PgConnection, deed: &Deed, undone: &Undone) -> Result<(), Failure> {
    let it = &undone.annulled;
    db::application::lock(conn, it.application).await?;
    let case = db::application::load(conn, it.application).await?;
    let next = given_back(it, deed, deed.calendar())?;
    let what = match undone.term {
        TermName::Confirm => What::UndoLapse,
        TermName::Conclude => What::UndoRunOut,
        TermName::Return => What::UndoLeaveStopList,
    };
    if next.voucher().is_some() {
        db::term::revive(conn, it.voucher).await?;
    }
    if it.stage == StageName::Queued {
        db::application::returned(conn, it.application, None).await?;
    }
    transition::settle(conn, deed, &case, &next, what, facts!(Last: undone.last)).await?;
    save(conn, deed, &next).await?;
    let told = Notice::AnnulmentUndone { term: undone.term, last: undone.last.filter(|_| undone.firm) };
    notice::enqueue(conn, deed, it.applicant, Some(it.application), &told).await?;
    if next.voucher().is_some() && !round::has_a_place(conn, case.queue, case.id).await? {
        stand_still(conn, deed, case.id, PauseWhy::NoPlace).await?;
    }
    Ok(())
}
