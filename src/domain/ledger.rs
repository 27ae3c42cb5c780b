//! The ledger: what each deed writes, the linker that chains it, the anchors outside, the daily check.
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::fault::Fault;
use crate::integrations::anchor::Anchor;
use crate::rules::deadline::almaty_day;
use crate::rules::ledger::{self, Act, Entry, Event, GroupAct, Hash, Mark, Verifier, What, Wrong};
use crate::rules::queue_order::QueueType;
use crate::rules::stage::Stage;

pub use crate::db::ledger::{Checked, Link, Receipt};

// ---- What deeds write, each in its own transaction, after it has changed what the entry is about. ----

/// An application goes from its stage to the next.
pub struct Step<'a> {
    pub case: &'a Case,
    pub next: &'a Stage,
    /// The deed, as the journal names it.
    pub what: crate::rules::journal::What,
}

/// Writes what these steps are in the ledger, in their order, by one insert.
pub async fn record_many(conn: &mut PgConnection, deed: &Deed, steps: &[Step<'_>]) -> Result<(), Fault> {
    let events = steps.iter().flat_map(|step| {
        let acts = ledger::of_step(&step.case.stage, step.next, step.what.as_str(), deed.calendar());
        acts.into_iter().map(|act| Event::Application(step.case.handle.clone(), act))
    });
    record(conn, deed, events.collect()).await
}

/// Writes events of this deed, in their order.
pub async fn record(conn: &mut PgConnection, deed: &Deed, events: Vec<Event>) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    let lines = lines(deed, events);
    Ok(db::ledger::append(conn, &lines.handles, &lines.bodies).await?)
}

/// Entries as they are kept, in order: the body, and of a submission the handle.
pub struct Lines {
    pub handles: Vec<Option<String>>,
    pub bodies: Vec<String>,
}

fn lines(deed: &Deed, events: Vec<Event>) -> Lines {
    let receipt = |event: &Event| match event {
        Event::Application(handle, Act::Submitted { .. }) => Some(handle.clone()),
        _ => None,
    };
    Lines {
        handles: events.iter().map(receipt).collect(),
        bodies: events.into_iter().map(|event| Entry { at: deed.now, event }.to_string()).collect(),
    }
}

/// A new application; in the general queue it enters the order at once.
pub fn submitted(deed: &Deed, new: &db::application::NewApplication<'_>) -> Lines {
    let act = Act::Submitted {
        queue: ledger::queue_name(new.city, new.queue_type, new.correction_type),
        submitted_at: new.now,
        tie: ledger::tie(new.id),
    };
    let mut events = vec![Event::Application(new.handle.to_owned(), act)];
    if new.queue_type == QueueType::General {
        events.push(Event::Application(new.handle.to_owned(), Act::Entered("submitted".to_owned())));
    }
    lines(deed, events)
}

pub async fn of_group(conn: &mut PgConnection, deed: &Deed, group: Uuid, act: GroupAct) -> Result<(), Fault> {
    record(conn, deed, vec![Event::Group(group, act)]).await
}

/// A round that gave out vouchers.
pub async fn round(
    conn: &mut PgConnection,
    deed: &Deed,
    queue: &db::queue::LockedQueue,
    issued: usize,
) -> Result<(), Fault> {
    if issued == 0 {
        return Ok(());
    }
    let kind = if queue.correction_type.is_some() { QueueType::Special } else { QueueType::General };
    let name = ledger::queue_name(&queue.city, kind, queue.correction_type.as_deref());
    record(conn, deed, vec![Event::Round(name, u32::try_from(issued).unwrap_or(u32::MAX))]).await
}

// ---- Linking. ----

/// Entries linked in one transaction.
const LINKED_AT_ONCE: i64 = 5_000;
/// An entry can commit after entries that were appended later: the linker looks so far back behind the newest it has
/// linked. What commits later still is found by the look over everything, at start and each day.
const LOOK_BACK: i64 = 10_000;

/// How far the linker looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Near,
    Everywhere,
}

/// Gives committed entries their numbers and hashes; answers how many. Of several processes one links, the others pass.
pub async fn link(pool: &PgPool, look: Look) -> Result<usize, Fault> {
    let mut linked = 0;
    let mut after = match look {
        Look::Near => db::ledger::newest_entry(&mut *pool.acquire().await?).await? - LOOK_BACK,
        Look::Everywhere => 0,
    };
    loop {
        let mut tx = pool.begin().await?;
        if !db::ledger::lead_linking(&mut tx).await? {
            return Ok(linked);
        }
        let entries = db::ledger::unlinked(&mut tx, after, LINKED_AT_ONCE).await?;
        let Some(last) = entries.last() else {
            // The lead is given up now, not when the connection is used again.
            tx.rollback().await?;
            return Ok(linked);
        };
        after = last.id;
        add_links(&mut tx, &entries).await?;
        tx.commit().await?;
        linked += entries.len();
    }
}

async fn add_links(conn: &mut PgConnection, entries: &[db::ledger::Unlinked]) -> Result<(), Fault> {
    let newest = db::ledger::newest(conn).await?;
    let (mut number, mut hash) = newest.map_or((0, Hash::BEFORE_THE_FIRST), |link| (link.number, link.hash));
    let at = crate::clock::now(conn).await?.max(newest.map_or(DateTime::UNIX_EPOCH, |link| link.at));
    let (mut numbers, mut hashes) = (Vec::new(), Vec::new());
    for entry in entries {
        number += 1;
        hash = hash.next(number, &entry.body);
        numbers.push(number.cast_signed());
        hashes.push(hash.0.to_vec());
    }
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    Ok(db::ledger::add_links(conn, &numbers, &ids, &hashes, at).await?)
}

// ---- What everybody may read. ----

/// The last entry of a day, and how many the day had.
#[derive(Debug, Clone)]
pub struct Root {
    pub day: NaiveDate,
    pub number: u64,
    pub hash: Hash,
    pub entries: u64,
}

/// The newest day first; at most so many days.
pub async fn roots(app: &SharedApp, most: i32) -> Result<Vec<Root>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let days = db::ledger::days(&mut conn, most).await?;
    let before = match days.last() {
        Some((day, _)) => db::ledger::span_of(&mut conn, *day).await?.0,
        None => 0,
    };
    let earlier = days.iter().skip(1).map(|(_, link)| link.number).chain([before]);
    let root = |((day, link), before): (&(NaiveDate, Link), u64)| Root {
        day: *day,
        number: link.number,
        hash: link.hash,
        entries: link.number.saturating_sub(before),
    };
    Ok(days.iter().zip(earlier).map(root).collect())
}

pub async fn newest(app: &SharedApp) -> Result<Option<Link>, Fault> {
    Ok(db::ledger::newest(&mut *app.pool.acquire().await?).await?)
}

/// The lines of one Almaty day; `None`: the day has none.
pub async fn day(app: &SharedApp, day: NaiveDate) -> Result<Option<Vec<u8>>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let (before, last) = db::ledger::span_of(&mut conn, day).await?;
    if before == last {
        return Ok(None);
    }
    let mut lines = Vec::new();
    write_lines(&mut conn, before, last, &mut lines).await?;
    Ok(Some(lines))
}

/// Entries read at once.
const PAGE: i64 = 5_000;

/// Writes the whole ledger, as far as it is committed now.
pub async fn export(pool: &PgPool, out: &mut (dyn Write + Send)) -> Result<(), Fault> {
    link(pool, Look::Everywhere).await?;
    write_lines(&mut *pool.acquire().await?, 0, u64::MAX, out).await
}

async fn write_lines(
    conn: &mut PgConnection,
    mut after: u64,
    last: u64,
    out: &mut (dyn Write + Send),
) -> Result<(), Fault> {
    while after < last {
        let page = db::ledger::linked(conn, after, PAGE).await?;
        for entry in page.iter().take_while(|entry| entry.number <= last) {
            writeln!(out, "{}", ledger::line(entry.number, entry.hash, &entry.body))?;
        }
        match page.last() {
            Some(entry) => after = entry.number,
            None => break,
        }
    }
    Ok(())
}

// ---- Anchors. ----

/// Days looked back for roots that are not anchored yet.
const DAYS_ANCHORED: i32 = 40;

/// Writes down outside the database where the chain stands now, and where each day since the last anchor ended.
pub async fn anchor(app: &SharedApp) -> Result<usize, Fault> {
    let mut conn = app.pool.acquire().await?;
    let days = db::ledger::days(&mut conn, DAYS_ANCHORED).await?;
    let newest = db::ledger::newest(&mut conn).await?;
    drop(conn);
    let ends = days.into_iter().rev().map(|(_, link)| link);
    let mut marks: Vec<Mark> = ends.chain(newest).map(Mark::from).collect();
    marks.dedup_by_key(|mark| mark.number);
    with_anchor(app, move |anchor| {
        let kept = anchor.newest()?.map_or(0, |mark| mark.number);
        marks.retain(|mark| mark.number > kept);
        if !marks.is_empty() {
            anchor.keep(&marks)?;
        }
        Ok(marks.len())
    })
    .await
}

/// A sink waits for a disk or for somebody far away: not on the threads of requests.
async fn with_anchor<T: Send + 'static>(
    app: &SharedApp,
    work: impl FnOnce(&dyn Anchor) -> std::io::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    let anchor: Arc<dyn Anchor> = app.anchor.clone();
    let done = tokio::task::spawn_blocking(move || work(&*anchor)).await;
    Ok(done.map_err(|error| Fault::Broken(format!("an anchor: {error}")))??)
}

// ---- Checking. ----

/// What the daily check did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Check {
    /// Today's was made already, or another process makes it.
    NotDue,
    Good {
        entries: u64,
    },
    Wrong {
        entry: u64,
        what: String,
    },
}

/// Once a day: everything is linked, the chain computed again, held against the anchors and against the portal's own
/// tables. What it finds stands on the operator's first page.
pub async fn check_daily(app: &SharedApp) -> Result<Check, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let last = db::ledger::last_check(&mut conn).await?;
    drop(conn);
    if last.is_some_and(|last| almaty_day(last.at) >= almaty_day(now)) {
        return Ok(Check::NotDue);
    }
    check(app, now).await
}

/// The same, now.
pub async fn check(app: &SharedApp, now: DateTime<Utc>) -> Result<Check, Fault> {
    link(&app.pool, Look::Everywhere).await?;
    let anchors = with_anchor(app, |anchor| anchor.all()).await?;
    let mut tx = app.pool.begin().await?;
    db::ledger::hold_still(&mut tx).await?;
    if !db::ledger::lead_checking(&mut tx).await? {
        return Ok(Check::NotDue);
    }
    let found = read_everything(&mut tx, anchors).await?;
    let (number, told) = match &found {
        Ok(entries) => (*entries, None),
        Err(wrong) => (wrong.number, Some((wrong.what.code(), wrong.to_string()))),
    };
    let said = told.as_ref().map(|(code, told)| (*code, told.as_str()));
    db::ledger::add_check(&mut tx, now, number, said).await?;
    tx.commit().await?;
    Ok(match found {
        Ok(entries) => Check::Good { entries },
        Err(wrong) => {
            tracing::error!(entry = wrong.number, what = %wrong.what, "the ledger is not as it should be");
            Check::Wrong { entry: wrong.number, what: wrong.what.to_string() }
        }
    })
}

/// The linked entries, then those that are committed and not linked yet: together they must give the live state.
async fn read_everything(conn: &mut PgConnection, anchors: Vec<Mark>) -> Result<Result<u64, Wrong>, Fault> {
    let mut verifier = Verifier::new(anchors);
    loop {
        let page = db::ledger::linked(conn, verifier.root().0, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if let Err(wrong) = verifier.entry(entry.number, entry.hash, &entry.body) {
                return Ok(Err(wrong));
            }
        }
    }
    if let Err(wrong) = verifier.finish() {
        return Ok(Err(wrong));
    }
    let (entries, mut after) = (verifier.root().0, 0);
    loop {
        let page = db::ledger::unlinked(conn, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for entry in &page {
            if let Err(wrong) = verifier.happened(&entry.body) {
                return Ok(Err(wrong));
            }
        }
    }
    let differs = differs_from_live(conn, &verifier).await?;
    Ok(differs.map_or(Ok(entries), |what| Err(Wrong { number: entries, what: What::NotAsLive(what) })))
}

/// Is what the ledger tells what the portal's own tables say? (safety G21: the queue rebuilt is the queue.)
async fn differs_from_live(
    conn: &mut PgConnection,
    verifier: &Verifier,
) -> Result<Option<&'static str>, Fault> {
    let mut told = verifier.replay.orders();
    told.retain(|_, order| !order.is_empty());
    let live = db::ledger::live_orders(conn).await?;
    let same = |queue: &db::ledger::Order| {
        let kind = QueueType::parse(&queue.queue_type)?;
        let name = ledger::queue_name(&queue.city, kind, queue.correction_type.as_deref());
        told.get(name.as_str()).filter(|order| order.iter().eq(queue.handles.iter()))
    };
    if live.len() != told.len() || !live.iter().all(|queue| same(queue).is_some()) {
        return Ok(Some("the order of a queue"));
    }
    if !db::ledger::live_vouchers(conn).await?.iter().eq(verifier.replay.with_voucher()) {
        return Ok(Some("the vouchers that are out"));
    }
    let places = verifier.replay.groups().iter().map(|(group, places)| (*group, *places));
    if !db::ledger::live_places(conn).await?.into_iter().eq(places) {
        return Ok(Some("the places of a group"));
    }
    Ok(None)
}

/// The newest check, if it found something wrong.
pub async fn alarm(app: &SharedApp) -> Result<Option<Checked>, Fault> {
    let last = db::ledger::last_check(&mut *app.pool.acquire().await?).await?;
    Ok(last.filter(|check| check.wrong.is_some()))
}
