//! Kindergartens and their groups: what visitors find, what the kindergarten and the operator change.
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::{Facts, facts};
use super::{journal, ledger, round};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::city::City;
use crate::rules::deadline::almaty_day;
use crate::rules::iin::Bin;
use crate::rules::journal::What;
use crate::rules::kindergarten::{CITY, GroupKind};
use crate::rules::ledger::GroupAct;
use crate::rules::person::Language;
use crate::rules::refusal::Refusal;

pub use crate::db::kindergarten::{
    Filter, Found, GroupRow, Kindergarten, Lately, Listed, NewGroup, Order, Organisation, PhotoRow, Places,
    Point, Profile, Sheet,
};

// ---- Looking. ----

pub async fn catalogue(
    app: &SharedApp,
    city: &City,
    filter: &Filter,
    order: Order,
    language: Language,
    page: i64,
) -> Result<Found, Fault> {
    let mut conn = app.pool.acquire().await?;
    Ok(db::kindergarten::catalogue(&mut conn, city.code, filter, order, language, page).await?)
}

/// How long ago "lately" begins, in days.
const LATELY: i64 = 365;

/// When those who were enrolled lately had applied, for each kind of group here.
pub async fn lately(app: &SharedApp, id: Uuid) -> Result<Vec<Lately>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let today = almaty_day(crate::clock::now(&mut conn).await?);
    Ok(db::kindergarten::lately(&mut conn, id, today - chrono::Duration::days(LATELY)).await?)
}

/// A kindergarten as staff see it; a closed one too.
pub async fn of(app: &SharedApp, id: Uuid) -> Result<Kindergarten, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::kindergarten::find(&mut conn, id).await?.ok_or(Failure::NotFound)
}

/// A kindergarten as everybody sees it: a closed one is not there.
pub async fn open_one(app: &SharedApp, id: Uuid) -> Result<Kindergarten, Failure> {
    let found = of(app, id).await?;
    if found.closed_at.is_some() { Err(Failure::NotFound) } else { Ok(found) }
}

pub async fn by_bin(app: &SharedApp, bin: &Bin) -> Result<Option<Uuid>, Fault> {
    Ok(db::kindergarten::by_bin(&mut *app.pool.acquire().await?, bin).await?)
}

pub async fn group(app: &SharedApp, kindergarten: Uuid, id: Uuid) -> Result<GroupRow, Failure> {
    let mut conn = app.pool.acquire().await.map_err(Fault::from)?;
    db::kindergarten::group(&mut conn, kindergarten, id).await?.ok_or(Failure::NotFound)
}

// ---- Organisations. ----

/// `None`: another kindergarten has this BIN.
pub async fn add(conn: &mut PgConnection, deed: &Deed, new: &Organisation) -> Result<Option<Uuid>, Failure> {
    let id = deed.app.secrets.id();
    if bin_taken(db::kindergarten::insert(conn, id, CITY, new).await)?.is_none() {
        return Ok(None);
    }
    journal::on(conn, deed, What::KindergartenAdded, id, facts!(Bin: new.bin)).await?;
    Ok(Some(id))
}

/// `None`: another kindergarten has this BIN.
pub async fn change(
    conn: &mut PgConnection,
    deed: &Deed,
    id: Uuid,
    new: &Organisation,
) -> Result<Option<()>, Failure> {
    match bin_taken(db::kindergarten::update(conn, id, new).await)? {
        None => return Ok(None),
        Some(false) => return Err(Failure::NotFound),
        Some(true) => {}
    }
    let facts = facts!(Bin: new.bin, NameKk: new.name_kk, NameRu: new.name_ru, District: new.district.code());
    journal::on(conn, deed, What::KindergartenChanged, id, facts).await?;
    Ok(Some(()))
}

fn bin_taken<T>(saved: Result<T, sqlx::Error>) -> Result<Option<T>, Failure> {
    match saved {
        Ok(done) => Ok(Some(done)),
        Err(error)
            if error.as_database_error().and_then(|e| e.constraint()) == Some("kindergartens_bin_unique") =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn change_profile(
    conn: &mut PgConnection,
    deed: &Deed,
    id: Uuid,
    profile: &Profile,
) -> Result<(), Failure> {
    if !db::kindergarten::update_profile(conn, id, profile).await? {
        return Err(Failure::NotFound);
    }
    Ok(journal::on(conn, deed, What::KindergartenChanged, id, facts!(Phone: profile.phone)).await?)
}

// ---- Groups. ----

/// Children who were in the group before the portal knew it: their places are taken.
pub async fn record_present(
    conn: &mut PgConnection,
    deed: &Deed,
    group: Uuid,
    children: i32,
) -> Result<(), Failure> {
    db::group::record_present(conn, group, children).await?;
    ledger::of_group(conn, deed, group, GroupAct::Present(children)).await?;
    Ok(journal::on(conn, deed, What::ChildrenRecorded, group, facts!(Children: children)).await?)
}

/// Children left the group: their places are free for the next round.
pub async fn record_left(
    conn: &mut PgConnection,
    deed: &Deed,
    group: Uuid,
    children: i32,
) -> Result<(), Failure> {
    db::group::record_present(conn, group, -children).await?;
    ledger::of_group(conn, deed, group, GroupAct::Present(-children)).await?;
    Ok(journal::on(conn, deed, What::ChildrenLeft, group, facts!(Children: children)).await?)
}

/// New places: the next round sees them.
pub async fn add_group(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    new: &NewGroup,
) -> Result<Uuid, Failure> {
    let found = db::kindergarten::find(conn, kindergarten).await?.ok_or(Failure::NotFound)?;
    if found.closed_at.is_some() {
        return Err(Failure::NotFound);
    }
    lock_queue(conn, new.kind).await?;
    let id = deed.app.secrets.id();
    db::kindergarten::insert_group(conn, id, kindergarten, new).await?;
    ledger::of_group(conn, deed, id, as_set(kindergarten, new)).await?;
    journal::on(conn, deed, What::GroupAdded, id, facts(new)).await?;
    Ok(id)
}

/// What may become of a group.
#[derive(Debug, Clone, Copy)]
pub enum GroupChange<'a> {
    To(&'a NewGroup),
    /// A closed group takes nobody any more and leaves the catalogue.
    Close,
}

/// The kindergarten changes its group: every voucher that is out keeps a place (`rules.md` 3.4).
pub async fn change_group(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    id: Uuid,
    change: GroupChange<'_>,
) -> Result<(), Failure> {
    let queues = alter_group(conn, deed, kindergarten, id, change).await?;
    if !losers(conn, &queues).await?.is_empty() {
        return Err(Refusal::PlacesPromised.into());
    }
    reseat(conn, deed, &queues).await
}

/// The operator may unseat vouchers, after seeing whom (`rules.md` 3.4). Answers whoever would lose a place and was not
/// `seen`: the change is to be given up then.
pub async fn change_group_seeing(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    id: Uuid,
    change: GroupChange<'_>,
    seen: &str,
) -> Result<Vec<String>, Failure> {
    let queues = alter_group(conn, deed, kindergarten, id, change).await?;
    let losers = losers(conn, &queues).await?;
    if losers.join(" ") != seen {
        return Ok(losers);
    }
    reseat(conn, deed, &queues).await?;
    Ok(Vec::new())
}

/// Who sits or holds in a group stays: it cannot get smaller than that, nor take other children meanwhile.
async fn alter_group(
    conn: &mut PgConnection,
    deed: &Deed,
    kindergarten: Uuid,
    id: Uuid,
    change: GroupChange<'_>,
) -> Result<Vec<db::queue::LockedQueue>, Failure> {
    let to = if let GroupChange::To(new) = change { Some(new.kind) } else { None };
    let (old, queues) = lock(conn, kindergarten, id, to).await?;
    let (least, other_children) = match change {
        GroupChange::To(new) => (new.capacity, is_for_others(&old, new)),
        GroupChange::Close => (0, true),
    };
    if least < old.taken() || (other_children && old.taken() > 0) {
        return Err(Refusal::GroupBelowTaken { taken: old.taken() }.into());
    }
    match change {
        GroupChange::To(new) => {
            db::kindergarten::update_group(conn, id, new).await?;
            ledger::of_group(conn, deed, id, as_set(kindergarten, new)).await?;
            journal::on(conn, deed, What::GroupChanged, id, facts(new)).await?;
        }
        GroupChange::Close => {
            db::kindergarten::close_group(conn, id, deed.now).await?;
            ledger::of_group(conn, deed, id, GroupAct::Closed).await?;
            journal::on(conn, deed, What::GroupClosed, id, facts!(Capacity: old.capacity)).await?;
        }
    }
    Ok(queues)
}

fn is_for_others(old: &GroupRow, new: &NewGroup) -> bool {
    old.kind() != Some(new.kind)
        || old.language != new.language.as_str()
        || (old.birth_year_from, old.birth_year_to) != new.birth_years
}

/// A group as the ledger has it.
fn as_set(kindergarten: Uuid, group: &NewGroup) -> GroupAct {
    GroupAct::Set {
        kindergarten,
        kind: group.kind.as_str().to_owned(),
        language: group.language.as_str().to_owned(),
        birth_years: group.birth_years,
        capacity: group.capacity,
    }
}

fn facts(group: &NewGroup) -> Facts {
    facts!(
        Kind: group.kind.as_str(), Language: group.language.as_str(), BirthYears: group.birth_years,
        Capacity: group.capacity,
    )
}

async fn lock_queue(conn: &mut PgConnection, kind: GroupKind) -> Result<db::queue::LockedQueue, Failure> {
    let queue = db::queue::ensure(conn, CITY, kind.queue_type(), kind.correction_type()).await?;
    Ok(db::queue::lock(conn, queue).await?)
}

/// The group under lock, after the queues it serves and will serve: rounds and choices wait.
async fn lock(
    conn: &mut PgConnection,
    kindergarten: Uuid,
    id: Uuid,
    to: Option<GroupKind>,
) -> Result<(GroupRow, Vec<db::queue::LockedQueue>), Failure> {
    let kind_of =
        |row: &GroupRow| row.kind().ok_or_else(|| Fault::Broken("a group of an unknown kind".to_owned()));
    let seen = db::kindergarten::group(conn, kindergarten, id).await?.ok_or(Failure::NotFound)?;
    let mut kinds = vec![kind_of(&seen)?];
    kinds.extend(to.filter(|to| *to != kinds[0]));
    // Everybody who locks several queues takes them in this order.
    kinds.sort_by_key(|kind| kind.as_str());
    let mut queues = Vec::new();
    for kind in &kinds {
        queues.push(lock_queue(conn, *kind).await?);
    }
    let group = db::kindergarten::lock_group(conn, kindergarten, id).await?.ok_or(Failure::NotFound)?;
    if !kinds.contains(&kind_of(&group)?) {
        // Somebody changed it to a third kind between the two looks.
        queues.push(lock_queue(conn, kind_of(&group)?).await?);
    }
    Ok((group, queues))
}

/// Whoever would lose the place behind its voucher: public handles.
async fn losers(conn: &mut PgConnection, queues: &[db::queue::LockedQueue]) -> Result<Vec<String>, Failure> {
    let mut losers = Vec::new();
    for queue in queues {
        losers.extend(round::losers(conn, queue).await?);
    }
    Ok(losers)
}

async fn reseat(
    conn: &mut PgConnection,
    deed: &Deed,
    queues: &[db::queue::LockedQueue],
) -> Result<(), Failure> {
    for queue in queues {
        round::reseat(conn, deed, queue).await?;
    }
    Ok(())
}
