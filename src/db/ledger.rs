//! The ledger's tables: entries are added by deeds, links by the linker; nothing here changes or takes away a row.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::ledger::{Hash, Mark, Places};

/// The linker's lock: one process links at a time, the others let it.
const LINKER: i64 = 0x1ed9_e700;
/// The checker's.
const CHECKER: i64 = 0x1ed9_e701;

/// Adds entries in this order: the body, and of a submission the handle. One insert.
pub async fn append(
    conn: &mut PgConnection,
    handles: &[Option<String>],
    bodies: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_entries (handle, body)
         select handle, body from unnest($1::text[], $2::text[]) with ordinality as entry (handle, body, turn) order by turn",
        handles as &[Option<String>],
        bodies
    )
    .execute(conn)
    .await?;
    Ok(())
}

// ---- Linking. ----

/// The lock lives as long as the transaction.
pub async fn lead_linking(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "got!""#, LINKER).fetch_one(conn).await
}

pub async fn lead_checking(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "got!""#, CHECKER).fetch_one(conn).await
}

/// A root as it was published, or the newest link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub number: u64,
    pub hash: Hash,
    pub at: DateTime<Utc>,
}

fn broken() -> sqlx::Error {
    sqlx::Error::Decode("a link without a number or a hash".into())
}

fn link(number: i64, hash: &[u8], at: DateTime<Utc>) -> Result<Link, sqlx::Error> {
    Ok(Link { number: number.unsigned_abs(), hash: Hash(hash.try_into().map_err(|_| broken())?), at })
}

pub async fn newest(conn: &mut PgConnection) -> Result<Option<Link>, sqlx::Error> {
    let row = sqlx::query!("select number, hash, linked_at from ledger_links order by number desc limit 1")
        .fetch_optional(conn)
        .await?;
    row.map(|row| link(row.number, &row.hash, row.linked_at)).transpose()
}

/// The greatest entry that is linked: where the linker looks for more.
pub async fn newest_entry(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select coalesce(max(entry_id), 0) as "id!" from ledger_links"#)
        .fetch_one(conn)
        .await
}

#[derive(Debug)]
pub struct Unlinked {
    pub id: i64,
    pub body: String,
}

/// Committed entries without a link, the first in the order of appending, from behind `after`.
pub async fn unlinked(conn: &mut PgConnection, after: i64, most: i64) -> Result<Vec<Unlinked>, sqlx::Error> {
    sqlx::query_as!(
        Unlinked,
        "select e.id, e.body from ledger_entries e
         where e.id > $1 and not exists (select from ledger_links l where l.entry_id = e.id and l.entry_id > $1)
         order by e.id limit $2",
        after,
        most
    )
    .fetch_all(conn)
    .await
}

pub async fn add_links(
    conn: &mut PgConnection,
    numbers: &[i64],
    entries: &[i64],
    hashes: &[Vec<u8>],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_links (number, entry_id, hash, linked_at)
         select number, entry_id, hash, $4 from unnest($1::bigint[], $2::bigint[], $3::bytea[]) as link (number, entry_id, hash)",
        numbers,
        entries,
        hashes,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

// ---- Reading. ----

#[derive(Debug)]
pub struct Linked {
    pub number: u64,
    pub hash: Hash,
    pub body: String,
}

/// The entries behind a number, in order; as the table has them, whatever was done to it.
pub async fn linked(conn: &mut PgConnection, after: u64, most: i64) -> Result<Vec<Linked>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.number, l.hash, coalesce(e.body, '') as "body!" from ledger_links l left join ledger_entries e on e.id = l.entry_id
           where l.number > $1 order by l.number limit $2"#,
        after.cast_signed(),
        most
    )
    .fetch_all(conn)
    .await?;
    let read = |number, hash: Vec<u8>, body| {
        Ok(Linked {
            number: i64::unsigned_abs(number),
            hash: Hash(hash.try_into().map_err(|_| broken())?),
            body,
        })
    };
    rows.into_iter().map(|row| read(row.number, row.hash, row.body)).collect()
}

/// The last link of each Almaty day, the newest day first, at most so many days back from the newest.
pub async fn days(conn: &mut PgConnection, most: i32) -> Result<Vec<(NaiveDate, Link)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select day.day::date as "day!", l.number, l.hash, l.linked_at
           from (select (min(linked_at) at time zone 'Asia/Almaty')::date as first, (max(linked_at) at time zone 'Asia/Almaty')::date as last
                 from ledger_links) as span
           cross join generate_series(greatest(span.first, span.last - $1::int + 1), span.last, interval '1 day') as day (day)
           cross join lateral (select number, hash, linked_at from ledger_links
                where linked_at >= day.day::timestamp at time zone 'Asia/Almaty'
                  and linked_at < (day.day::timestamp + interval '1 day') at time zone 'Asia/Almaty'
                order by linked_at desc, number desc limit 1) as l
           order by day.day desc"#,
        most
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.day, link(row.number, &row.hash, row.linked_at)?))).collect()
}

/// The last number before an Almaty day, and the last of it.
pub async fn span_of(conn: &mut PgConnection, day: NaiveDate) -> Result<(u64, u64), sqlx::Error> {
    let row = sqlx::query!(
        r#"select coalesce((select number from ledger_links where linked_at < $1::date::timestamp at time zone 'Asia/Almaty'
                            order by linked_at desc, number desc limit 1), 0) as "before!",
                  coalesce((select number from ledger_links where linked_at < ($1::date::timestamp + interval '1 day') at time zone 'Asia/Almaty'
                            order by linked_at desc, number desc limit 1), 0) as "last!""#,
        day
    )
    .fetch_one(conn)
    .await?;
    Ok((row.before.unsigned_abs(), row.last.unsigned_abs()))
}

/// What an application's family can check.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// None: unlinked from the ledger.
    pub handle: Option<String>,
    pub salt: Option<Vec<u8>>,
    /// It was submitted when there was a ledger.
    pub written: bool,
    /// None: not linked yet.
    pub number: Option<i64>,
    pub hash: Option<Vec<u8>>,
    /// The Almaty day whose root it is under.
    pub linked_on: Option<NaiveDate>,
}

// ---- Checking. ----

/// From here on every statement of the transaction sees the same moment.
pub async fn hold_still(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("set transaction isolation level repeatable read").execute(conn).await?;
    Ok(())
}

/// A queue and the handles of those who wait in it, in order, as the portal's own tables have them.
#[derive(Debug)]
pub struct Order {
    pub city: String,
    pub queue_type: String,
    pub correction_type: Option<String>,
    pub handles: Vec<String>,
}

pub async fn live_orders(conn: &mut PgConnection) -> Result<Vec<Order>, sqlx::Error> {
    sqlx::query_as!(
        Order,
        r#"select q.city, q.queue_type, q.correction_type,
                  array_agg(coalesce(a.public_handle, '') order by a.submitted_at, a.id) as "handles!"
           from applications a join queues q on q.id = a.queue_id where a.stage = 'queued' group by q.id"#
    )
    .fetch_all(conn)
    .await
}

/// The handles with a live voucher, in alphabetical order.
pub async fn live_vouchers(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(a.public_handle, '') as "handle!" from vouchers v join applications a on a.id = v.application_id
           where v.ended_at is null order by a.public_handle collate "C""#
    )
    .fetch_all(conn)
    .await
}

/// The open groups with their places.
pub async fn live_places(conn: &mut PgConnection) -> Result<Vec<(Uuid, Places)>, sqlx::Error> {
    let rows =
        sqlx::query!("select id, capacity, enrolled, held from groups where closed_at is null order by id")
            .fetch_all(conn)
            .await?;
    let places = |capacity, enrolled, held| Places { capacity, enrolled, held };
    Ok(rows.into_iter().map(|row| (row.id, places(row.capacity, row.enrolled, row.held))).collect())
}

/// What a check found: the count of entries, or the first wrong one with its code.
#[derive(Debug, Clone)]
pub struct Checked {
    pub at: DateTime<Utc>,
    pub number: i64,
    pub wrong: Option<String>,
}

pub async fn last_check(conn: &mut PgConnection) -> Result<Option<Checked>, sqlx::Error> {
    sqlx::query_as!(
        Checked,
        "select checked_at as at, number, wrong from ledger_checks order by id desc limit 1"
    )
    .fetch_optional(conn)
    .await
}

pub async fn add_check(
    conn: &mut PgConnection,
    at: DateTime<Utc>,
    number: u64,
    wrong: Option<(&str, &str)>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_checks (checked_at, number, wrong, told) values ($1, $2, $3, $4)",
        at,
        number.cast_signed(),
        wrong.map(|(code, _)| code),
        wrong.map(|(_, told)| told)
    )
    .execute(conn)
    .await?;
    Ok(())
}

impl From<Link> for Mark {
    fn from(link: Link) -> Self {
        Self { at: link.at, number: link.number, hash: link.hash }
    }
}
