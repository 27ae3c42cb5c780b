//! Rounds: vouchers to the heads of a queue, as free places allow. Every voucher out stays backed by a place.
//!
//! A round is decided first (a [`Draft`], the same that the dry run shows) and written afterwards, in few statements.
use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

use super::journal::facts;
use super::transition::Step;
use super::{journal, ledger, notice, place, term, transition};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::queue::LockedQueue;
use crate::db::round::{NewLine, NewRound};
use crate::db::voucher::{FirstTerm, NewVoucher};
use crate::fault::{Failure, Fault};
use crate::rules::calendar::Calendar;
use crate::rules::city::City;
use crate::rules::deadline::{almaty_day, last_good_day, notice_day0};
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::pause::PauseWhy;
use crate::rules::refusal::Refusal;
use crate::rules::round::{Family, Group, Holder, Outcome, Seats, Waiting, Wisher, counted};
use crate::rules::stage::Term;

pub use crate::db::round::{KeptPlace, Line, Round};
pub use crate::rules::round::PlaceCount;

/// What a round did.
#[derive(Debug, Default, Clone, Serialize)]
pub struct RoundResult {
    pub issued: usize,
    /// Families before which no place stands that could suit them.
    pub passed_over: usize,
    /// Places kept back for families the doctor has not decided on.
    pub kept_back: usize,
    /// Vouchers that had lost their place and have one again.
    pub reseated: usize,
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
        let (one, _) = run(&mut tx, &deed, queue).await?;
        tx.commit().await?;
        sum.issued += one.issued;
        sum.passed_over += one.passed_over;
        sum.kept_back += one.kept_back;
        sum.reseated += one.reseated;
        sum.calendar_unknown |= one.calendar_unknown;
    }
    Ok(sum)
}

/// A round in one queue, and its protocol if it had an effect. Rounds go one at a time; the queue's row is locked, then
/// the heads it issues to.
pub async fn run(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: i32,
) -> Result<(RoundResult, Option<Uuid>), Failure> {
    let (draft, protocol) = hold(conn, deed, queue).await?;
    if draft.calendar_unknown {
        tracing::error!("no voucher was issued: the calendar does not know the next year");
    }
    let result = RoundResult {
        issued: draft.count(Outcome::Issued),
        passed_over: draft.passed_over(),
        kept_back: draft.count(Outcome::KeptBack),
        reseated: draft.count(Outcome::Reseated),
        calendar_unknown: draft.calendar_unknown,
    };
    Ok((result, protocol))
}

async fn hold(conn: &mut PgConnection, deed: &Deed, queue: i32) -> Result<(Draft, Option<Uuid>), Failure> {
    db::round::lead(conn).await?;
    let locked = db::queue::lock(conn, queue).await?;
    loop {
        let draft = draft(conn, deed, &locked, Turns::Everybody).await?;
        // Somebody withdrew, refused or lapsed between the reading and the lock: all is thought over again.
        if lock(conn, &draft).await? {
            let protocol = write(conn, deed, &draft).await?;
            return Ok((draft, protocol));
        }
    }
}

/// The operator holds a round by hand. `seen`: the mark of the dry run; answers the protocol, if the round had an
/// effect, and whether it is the one that was seen.
pub async fn hold_seen(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: i32,
    seen: &str,
) -> Result<(Option<Uuid>, bool), Failure> {
    db::queue::find_by_id(conn, queue).await?.ok_or(Failure::NotFound)?;
    let (draft, protocol) = hold(conn, deed, queue).await?;
    if draft.calendar_unknown {
        return Err(Refusal::CalendarUnknown.into());
    }
    if let Some(protocol) = protocol {
        journal::on(conn, deed, What::HoldRound, protocol, facts!(Queue: queue)).await?;
    }
    Ok((protocol, draft.mark() == seen))
}

/// What a round would do now. Nothing is saved and nothing is locked.
pub async fn rehearse(app: &SharedApp, queue: i32) -> Result<Rehearsal, Failure> {
    let mut tx = app.pool.begin().await.map_err(Fault::from)?;
    let deed = Deed::by_system(app, &mut tx).await?;
    let queue = db::queue::find_by_id(&mut tx, queue).await?.ok_or(Failure::NotFound)?;
    let draft = draft(&mut tx, &deed, &queue, Turns::Everybody).await?;
    let waiting = db::queue::waiting(&mut tx, queue.id).await?;
    let groups: Vec<Uuid> = draft.lines.iter().filter_map(|line| line.kept).collect();
    let kept = db::round::kept_places(&mut tx, &groups).await?;
    let lines = (1..).zip(&draft.lines).map(|(ordinal, line)| Line {
        ordinal,
        handle: line.family.handle.clone(),
        outcome: line.outcome,
        kept: line.kept.and_then(|group| kept.get(&group).cloned()),
    });
    Ok(Rehearsal {
        mark: draft.mark(),
        lines: lines.collect(),
        places: counted(&draft.groups),
        vouchers_out: draft.vouchers_out,
        waiting,
        calendar_unknown: draft.calendar_unknown,
        correction_type: queue.correction_type,
    })
}

/// A round that was not held.
pub struct Rehearsal {
    /// Two rounds with the same effect have the same mark.
    pub mark: String,
    pub lines: Vec<Line>,
    pub places: Vec<PlaceCount>,
    pub vouchers_out: usize,
    pub waiting: i64,
    pub calendar_unknown: bool,
    pub correction_type: Option<String>,
}

/// Whoever has a voucher and no place any more is told, and its clocks stand still; whoever has one again goes on. For
/// deeds that change places or close a kindergarten to a family; the queue is locked.
pub async fn reseat(conn: &mut PgConnection, deed: &Deed, queue: &LockedQueue) -> Result<(), Failure> {
    loop {
        let draft = draft(conn, deed, queue, Turns::Nobody).await?;
        if lock(conn, &draft).await? {
            write(conn, deed, &draft).await?;
            return Ok(());
        }
    }
}

/// Whoever would lose the place behind its voucher, as the groups of this queue stand now: public handles, in order.
pub async fn losers(conn: &mut PgConnection, queue: &LockedQueue) -> Result<Vec<String>, Fault> {
    let groups = db::queue::open_groups(conn, queue).await?;
    let holders = db::queue::holders(conn, queue.id).await?;
    let seated = Seats::new(&groups).seat_all(&holders);
    let lost = holders.into_iter().zip(seated).filter(|(holder, seated)| !seated && !holder.stands_still);
    Ok(lost.map(|(holder, _)| holder.family.handle).collect())
}

/// Is there a place for this voucher beside every other one that is out? Nobody gives way to it.
pub async fn has_a_place(conn: &mut PgConnection, queue: i32, application: Uuid) -> Result<bool, Fault> {
    let locked = db::queue::lock(conn, queue).await?;
    let groups = db::queue::open_groups(conn, &locked).await?;
    let holders = db::queue::holders(conn, queue).await?;
    let (its, others): (Vec<Holder>, Vec<Holder>) =
        holders.into_iter().partition(|holder| holder.family.turn.id == application);
    let mut seats = Seats::new(&groups);
    seats.seat_all(&others);
    Ok(seats.seat_all(&its).into_iter().all(|seated| seated))
}

// ---- Deciding. ----

/// Whose turns are considered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turns {
    Everybody,
    /// Nobody waits: only vouchers that are out find their places.
    Nobody,
}

/// A line of the protocol to be.
struct Decided {
    family: Family,
    outcome: Outcome,
    kept: Option<Uuid>,
}

/// A round, decided and not written.
struct Draft {
    queue: LockedQueue,
    groups: Vec<Group>,
    vouchers_out: usize,
    waiting: i64,
    /// In the order considered: vouchers that are out, then the queue.
    lines: Vec<Decided>,
    /// Vouchers that are out and another group keeps a place for: the application and the group.
    kept: Vec<(Uuid, Option<Uuid>)>,
    /// The term to confirm of a voucher issued now.
    term: Term,
    calendar_unknown: bool,
}

impl Draft {
    fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Decided> {
        self.lines.iter().filter(move |line| line.outcome == outcome)
    }

    fn ids(&self, outcome: Outcome) -> Vec<Uuid> {
        self.of(outcome).map(|line| line.family.turn.id).collect()
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.of(outcome).count()
    }

    fn passed_over(&self) -> usize {
        self.lines.iter().filter(|line| line.outcome.reason().is_some()).count()
    }

    /// Somebody gets a voucher, loses a place or has one again.
    fn has_effect(&self) -> bool {
        [Outcome::Issued, Outcome::Unseated, Outcome::Reseated].into_iter().any(|it| self.count(it) > 0)
    }

    fn mark(&self) -> String {
        let mut hash = Sha256::new();
        for line in &self.lines {
            hash.update(line.family.turn.id);
            hash.update(line.outcome.as_str());
            hash.update(line.kept.unwrap_or_default());
        }
        hex::encode(&hash.finalize()[..16])
    }
}

/// The term to confirm of a voucher issued now.
pub fn first_term(deed: &Deed) -> Term {
    let rules = deed.settings.term_rules();
    Term::begin(notice_day0(deed.now, deed.calendar()), rules.confirm_days, rules)
}

async fn draft(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: &LockedQueue,
    turns: Turns,
) -> Result<Draft, Failure> {
    let groups = db::queue::open_groups(conn, queue).await?;
    let holders = db::queue::holders(conn, queue.id).await?;
    let mut draft = Draft {
        queue: queue.clone(),
        vouchers_out: holders.len(),
        waiting: 0,
        lines: Vec::new(),
        kept: Vec::new(),
        term: first_term(deed),
        calendar_unknown: false,
        groups: Vec::new(),
    };
    let mut seats = Seats::new(&groups);
    let seated = seats.seat_all(&holders);
    for (holder, seated) in holders.iter().zip(&seated) {
        let outcome = match (seated, holder.stands_still) {
            (false, false) => Outcome::Unseated,
            (true, true) => Outcome::Reseated,
            _ => continue,
        };
        draft.lines.push(Decided { family: holder.family.clone(), outcome, kept: None });
    }
    // During an outage nobody could act: the places wait for its end.
    let stands_still = draft.term.due(deed.calendar()).is_err();
    let rooms = if turns == Turns::Everybody && !stands_still { seats.room() } else { Vec::new() };
    if !rooms.is_empty() {
        let considered = considered(conn, deed, queue.id, &rooms).await?;
        let down = seats.go_down(&considered);
        draft.calendar_unknown = !down.issued.is_empty() && !draft.term.is_known_to_the_end(deed.calendar());
        if !draft.calendar_unknown {
            let issued: HashSet<usize> = down.issued.iter().copied().collect();
            let kept_back: HashSet<usize> = down.kept_back.iter().copied().collect();
            go_down_in_words(conn, &mut draft, &seats, considered, &issued, &kept_back).await?;
        }
    }
    keep(conn, &mut draft, seats, &holders, &seated).await?;
    if draft.has_effect() {
        draft.waiting = db::queue::waiting(conn, queue.id).await?;
    }
    draft.groups = groups;
    Ok(draft)
}

/// The heads of the queue and, at their turns, those the doctor has not decided on in time.
async fn considered(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: i32,
    rooms: &[crate::rules::round::Room],
) -> Result<Vec<Waiting>, Failure> {
    let mut considered = db::queue::heads(conn, queue, rooms).await?;
    if considered.is_empty() {
        return Ok(considered);
    }
    let held = |it: &Waiting| {
        let submitted = almaty_day(it.family.turn.submitted_at);
        holds_back(deed.calendar(), submitted, deed.settings.review_hold_days, deed.today())
    };
    considered.extend(db::queue::under_review(conn, queue).await?.into_iter().filter(held));
    considered.sort_by_key(|it| it.family.turn);
    Ok(considered)
}

/// Is a place still kept back for an application of this day that is under review?
fn holds_back(calendar: &Calendar, submitted: NaiveDate, days: u32, today: NaiveDate) -> bool {
    last_good_day(calendar, submitted, days, &[]).is_ok_and(|last| today <= last.day())
}

/// The lines of a round that issues: all who stand before the last one issued, each with what became of them.
async fn go_down_in_words(
    conn: &mut PgConnection,
    draft: &mut Draft,
    seats: &Seats<'_>,
    considered: Vec<Waiting>,
    issued: &HashSet<usize>,
    kept_back: &HashSet<usize>,
) -> Result<(), Failure> {
    let Some(last) = issued.iter().max().map(|last| considered[*last].family.turn) else { return Ok(()) };
    let mut lines = Vec::new();
    let mut told = HashSet::new();
    for (index, it) in considered.into_iter().enumerate() {
        let outcome = match (issued.contains(&index), kept_back.contains(&index)) {
            (true, _) => Outcome::Issued,
            (_, true) if it.family.turn < last => Outcome::KeptBack,
            _ => continue,
        };
        told.insert(it.family.turn.id);
        lines.push(Decided { family: it.family, outcome, kept: None });
    }
    for it in db::queue::before(conn, draft.queue.id, last).await? {
        if !told.contains(&it.family.turn.id) {
            let outcome = Outcome::PassedOver(seats.reason(&it));
            lines.push(Decided { family: it.family, outcome, kept: None });
        }
    }
    lines.sort_by_key(|line| line.family.turn);
    draft.lines.extend(lines);
    Ok(())
}

/// Which group keeps a place for whom: for those who have been kept one, and, in the order of the queue, for the rest.
async fn keep(
    conn: &mut PgConnection,
    draft: &mut Draft,
    mut seats: Seats<'_>,
    holders: &[Holder],
    seated: &[bool],
) -> Result<(), Failure> {
    let out = || holders.iter().zip(seated).filter(|(_, seated)| **seated).map(|(holder, _)| holder);
    let wishing = out().filter(|holder| holder.kept.is_none()).map(|holder| holder.family.turn.id);
    let wishing: Vec<Uuid> = wishing.chain(draft.ids(Outcome::Issued)).collect();
    let wishes = db::queue::wishes(conn, &wishing).await?;
    let wished = |family: &Family| wishes.get(&family.turn.id).map_or(&[][..], Vec::as_slice);
    let issued = draft.lines.iter().filter(|line| line.outcome == Outcome::Issued);
    let mut wishers: Vec<Wisher<'_>> = out()
        .map(|holder| (&holder.family, holder.kept))
        .chain(issued.map(|line| (&line.family, None)))
        .map(|(family, kept)| Wisher { family, kept, wishes: wished(family) })
        .collect();
    wishers.sort_by_key(|wisher| wisher.family.turn);
    let kept = seats.keep(&wishers);
    let of: HashMap<Uuid, Option<Uuid>> =
        wishers.iter().map(|wisher| wisher.family.turn.id).zip(kept).collect();
    for holder in holders {
        let now = of.get(&holder.family.turn.id).copied().flatten();
        if now != holder.kept {
            draft.kept.push((holder.family.turn.id, now));
        }
    }
    for line in &mut draft.lines {
        line.kept = of.get(&line.family.turn.id).copied().flatten();
    }
    Ok(())
}

// ---- Writing. ----

/// Locks whoever the draft moves; false: one of them is not where the draft saw it.
async fn lock(conn: &mut PgConnection, draft: &Draft) -> Result<bool, Failure> {
    let heads = draft.ids(Outcome::Issued);
    let mut out = draft.ids(Outcome::Unseated);
    out.extend(draft.ids(Outcome::Reseated));
    let there = db::queue::lock_in_stages(conn, &heads, &["queued"]).await?;
    let out_there = db::queue::lock_in_stages(conn, &out, &["voucher_issued", "voucher_confirmed"]).await?;
    Ok(there == heads.len() && out_there == out.len())
}

async fn write(conn: &mut PgConnection, deed: &Deed, draft: &Draft) -> Result<Option<Uuid>, Failure> {
    if !draft.kept.is_empty() {
        let (applications, groups): (Vec<Uuid>, Vec<Option<Uuid>>) = draft.kept.iter().copied().unzip();
        db::round::keep(conn, &applications, &groups).await?;
    }
    if !draft.has_effect() {
        return Ok(None);
    }
    for application in draft.ids(Outcome::Unseated) {
        stop(conn, deed, application).await?;
    }
    for application in draft.ids(Outcome::Reseated) {
        go_on(conn, deed, application).await?;
    }
    let heads: HashMap<Uuid, Option<Uuid>> =
        draft.of(Outcome::Issued).map(|line| (line.family.turn.id, line.kept)).collect();
    issue(conn, deed, &draft.queue, &draft.term, &heads).await?;
    let id = deed.app.secrets.id();
    let new = NewRound {
        id,
        queue: draft.queue.id,
        at: deed.now,
        held_by: deed.actor.account().filter(|_| draft.count(Outcome::Issued) > 0),
        places: &counted(&draft.groups),
        vouchers_out: draft.vouchers_out,
        waiting: draft.waiting,
        issued: draft.count(Outcome::Issued),
        kept_back: draft.count(Outcome::KeptBack),
        passed_over: draft.passed_over(),
        reseated: draft.count(Outcome::Reseated),
        unseated: draft.count(Outcome::Unseated),
    };
    let lines = draft.lines.iter();
    let lines: Vec<NewLine<'_>> = lines
        .map(|line| NewLine { handle: &line.family.handle, outcome: line.outcome, group: line.kept })
        .collect();
    db::round::insert(conn, &new, &lines).await?;
    Ok(Some(id))
}

/// No place is left for a voucher: it stays, its clocks stand still, the family is told.
async fn stop(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<(), Failure> {
    term::stand_still(conn, deed, application, PauseWhy::NoPlace).await?;
    let case = db::application::load(conn, application).await?;
    notice::enqueue(conn, deed, case.applicant, Some(application), &Notice::PlaceLost).await?;
    Ok(journal::about(conn, deed, What::PlaceLost, application, facts!()).await?)
}

/// The voucher has a place again: its clocks go on, the family is told until when.
async fn go_on(conn: &mut PgConnection, deed: &Deed, application: Uuid) -> Result<(), Failure> {
    term::resume(conn, deed, application, PauseWhy::NoPlace).await?;
    let case = db::application::load(conn, application).await?;
    let due = case.stage.term().and_then(|term| term.due(deed.calendar()).ok());
    let told = Notice::PlaceFound { due: due.map(|due| due.by) };
    notice::enqueue(conn, deed, case.applicant, Some(application), &told).await?;
    Ok(journal::about(conn, deed, What::PlaceFound, application, facts!()).await?)
}

/// Gives the vouchers to these heads of the queue, each with the group that keeps a place for it: terms, stages, notices,
/// the journal, all in the round's transaction.
pub async fn issue(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: &LockedQueue,
    term: &Term,
    heads: &HashMap<Uuid, Option<Uuid>>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = heads.keys().copied().collect();
    let cases = db::application::load_many(conn, &ids).await?;
    let (mut next, mut vouchers) = (Vec::new(), Vec::new());
    for case in &cases {
        let voucher = deed.app.secrets.id();
        next.push(case.stage.clone().issue(voucher, term.clone(), deed.calendar())?);
        vouchers.push(NewVoucher {
            id: voucher,
            application: case.id,
            child: case.child,
            number: deed.app.secrets.case_number(),
            kept: heads.get(&case.id).copied().flatten(),
        });
    }
    let Some(confirm_by) = next.first().and_then(|stage| stage.term()?.shown) else { return Ok(()) };
    let Term { day0, days, rules, .. } = *term;
    let first = FirstTerm { now: deed.now, day0, days, confirm_by, rules };
    db::voucher::insert_all(conn, &vouchers, &first).await?;
    let facts = facts!(ConfirmBy: confirm_by);
    let steps = cases.iter().zip(next);
    let steps: Vec<Step<'_>> = steps
        .map(|(case, next)| Step {
            case,
            next,
            what: What::IssueVoucher,
            facts: facts.clone(),
            rejection: None,
        })
        .collect();
    transition::settle_many(conn, deed, &steps).await?;
    let told: Vec<(Uuid, Uuid, Notice)> =
        cases.iter().map(|case| (case.applicant, case.id, Notice::VoucherIssued { confirm_by })).collect();
    notice::enqueue_many(conn, deed, &told).await?;
    ledger::round(conn, deed, queue, cases.len()).await?;
    place::fold(conn, queue.id).await?;
    Ok(())
}

// ---- Choosing. ----

/// What a family with a voucher may take now.
pub struct Offer {
    groups: Vec<Group>,
    holders: Vec<Holder>,
    chooser: Uuid,
}

impl Offer {
    /// The queue must be locked when a choice follows.
    pub async fn of(conn: &mut PgConnection, queue: &LockedQueue, chooser: Uuid) -> Result<Self, Fault> {
        let groups = db::queue::open_groups(conn, queue).await?;
        let holders = db::queue::holders(conn, queue.id).await?;
        Ok(Self { groups, holders, chooser })
    }

    fn own(&self) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.family.turn.id == self.chooser)
    }

    /// The group that keeps a place for this family.
    pub fn kept(&self) -> Option<Uuid> {
        self.own().and_then(|own| own.kept)
    }

    /// Those of these groups whose place can be taken at once: nobody else loses one by it.
    pub fn open(&self, groups: &[Uuid]) -> HashSet<Uuid> {
        let Some(own) = self.own() else { return HashSet::new() };
        let Some(seats) = Seats::for_choice(&self.groups, &self.holders, self.chooser) else {
            return HashSet::new();
        };
        groups.iter().copied().filter(|group| seats.may_take(&own.family, *group)).collect()
    }
}

// ---- Protocols. ----

/// Rounds on one page of a list, and lines on one page of a protocol.
pub const PAGE: i64 = 100;

/// Pages of so many rows, one at least.
pub fn pages(rows: i64) -> i64 {
    ((rows + PAGE - 1) / PAGE).max(1)
}

/// One page of the rounds of a city, newest first, and how many there are.
pub async fn list(
    app: &SharedApp,
    city: &City,
    queue: Option<i32>,
    page: i64,
) -> Result<(Vec<Round>, i64), Fault> {
    let mut conn = app.pool.acquire().await?;
    let total = db::round::total(&mut conn, city.code, queue).await?;
    let page = page.clamp(1, pages(total));
    Ok((db::round::list(&mut conn, city.code, queue, (page - 1) * PAGE, PAGE).await?, total))
}

/// A round, by the identifier in its address.
pub async fn find(app: &SharedApp, id: Uuid) -> Result<Round, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::round::find(&mut conn, id).await?.ok_or(Failure::NotFound)
}

/// All lines of a round's protocol.
pub fn line_count(round: &Round) -> i64 {
    [round.issued, round.kept_back, round.passed_over, round.reseated, round.unseated]
        .map(i64::from)
        .iter()
        .sum()
}

/// One page of a protocol, in the order considered.
pub async fn lines(app: &SharedApp, round: &Round, page: i64) -> Result<Vec<Line>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::round::lines(&mut conn, round.id, (page - 1) * PAGE, PAGE).await?)
}

/// Where a handle stands in a protocol, from 1.
pub async fn ordinal_of(app: &SharedApp, round: &Round, handle: &str) -> Result<Option<i64>, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::round::ordinal_of(&mut conn, round.id, handle).await?.map(i64::from))
}
