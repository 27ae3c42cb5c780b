//! Protocols of rounds: written once, with the round; read by the operator and, without anything personal, by everybody.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::rules::round::{Outcome, PlaceCount};

/// A round that had an effect.
pub struct NewRound<'a> {
    pub id: Uuid,
    pub queue: i32,
    pub at: DateTime<Utc>,
    pub held_by: Option<Uuid>,
    pub places: &'a [PlaceCount],
    pub vouchers_out: usize,
    pub waiting: i64,
    pub issued: usize,
    pub kept_back: usize,
    pub passed_over: usize,
    pub reseated: usize,
    pub unseated: usize,
}

/// What became of one family, in order.
pub struct NewLine<'a> {
    pub handle: &'a str,
    pub outcome: Outcome,
    pub group: Option<Uuid>,
}

/// The lock's key; it is only this lock's.
const ONE_AT_A_TIME: i64 = 4_000_018;

/// Until this transaction ends no other round is held, of any queue: two could give vouchers to one child, who waits in both.
pub async fn lead(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock($1) as _held", ONE_AT_A_TIME).fetch_one(conn).await?;
    Ok(())
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

pub async fn insert(
    conn: &mut PgConnection,
    new: &NewRound<'_>,
    lines: &[NewLine<'_>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into rounds (id, queue_id, at, held_by, free, places, vouchers_out, waiting, issued, kept_back, passed_over, reseated, unseated)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        new.id,
        new.queue,
        new.at,
        new.held_by,
        count(new.places.iter().map(|places| places.free).sum()),
        Json(new.places) as _,
        count(new.vouchers_out),
        i32::try_from(new.waiting).unwrap_or(i32::MAX),
        count(new.issued),
        count(new.kept_back),
        count(new.passed_over),
        count(new.reseated),
        count(new.unseated)
    )
    .execute(&mut *conn)
    .await?;
    let handles: Vec<String> = lines.iter().map(|line| line.handle.to_owned()).collect();
    let outcomes: Vec<String> = lines.iter().map(|line| line.outcome.as_str().to_owned()).collect();
    let reasons: Vec<Option<String>> =
        lines.iter().map(|line| line.outcome.reason().map(|reason| reason.as_str().to_owned())).collect();
    let groups: Vec<Option<Uuid>> = lines.iter().map(|line| line.group).collect();
    sqlx::query!(
        "insert into round_lines (round_id, ordinal, handle, outcome, reason, group_id)
         select $1, line.ordinal::int, line.handle, line.outcome, line.reason, line.group_id
         from unnest($2::text[], $3::text[], $4::text[], $5::uuid[]) with ordinality
             as line (handle, outcome, reason, group_id, ordinal)",
        new.id,
        &handles,
        &outcomes,
        &reasons as &[Option<String>],
        &groups as &[Option<Uuid>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A round as its protocol begins.
#[derive(Debug, Clone)]
pub struct Round {
    pub id: Uuid,
    pub queue: i32,
    pub queue_type: String,
    pub correction_type: Option<String>,
    pub at: DateTime<Utc>,
    /// The operator who held it; none: it ran by itself.
    pub held_by: Option<String>,
    pub free: i32,
    pub vouchers_out: i32,
    pub waiting: i32,
    pub issued: i32,
    pub kept_back: i32,
    pub passed_over: i32,
    pub reseated: i32,
    pub unseated: i32,
    pub places: Json<Vec<PlaceCount>>,
}

/// Rounds of a city, or of one of its queues, newest first.
pub async fn list(
    conn: &mut PgConnection,
    city: &str,
    queue: Option<i32>,
    from: i64,
    most: i64,
) -> Result<Vec<Round>, sqlx::Error> {
    sqlx::query_as!(
        Round,
        r#"select r.id, r.queue_id as queue, q.queue_type, q.correction_type, r.at,
                  case when a.id is not null then concat_ws(' ', a.surname, a.name) end as held_by,
                  r.free, r.vouchers_out, r.waiting, r.issued, r.kept_back, r.passed_over, r.reseated, r.unseated, r.places as "places: Json<Vec<PlaceCount>>"
           from rounds r join queues q on q.id = r.queue_id left join accounts a on a.id = r.held_by
           where q.city = $1 and ($2::int is null or r.queue_id = $2)
           order by r.at desc, r.id offset $3 limit $4"#,
        city,
        queue,
        from,
        most
    )
    .fetch_all(conn)
    .await
}

pub async fn total(conn: &mut PgConnection, city: &str, queue: Option<i32>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from rounds r join queues q on q.id = r.queue_id
           where q.city = $1 and ($2::int is null or r.queue_id = $2)"#,
        city,
        queue
    )
    .fetch_one(conn)
    .await
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Round>, sqlx::Error> {
    sqlx::query_as!(
        Round,
        r#"select r.id, r.queue_id as queue, q.queue_type, q.correction_type, r.at,
                  case when a.id is not null then concat_ws(' ', a.surname, a.name) end as held_by,
                  r.free, r.vouchers_out, r.waiting, r.issued, r.kept_back, r.passed_over, r.reseated, r.unseated, r.places as "places: Json<Vec<PlaceCount>>"
           from rounds r join queues q on q.id = r.queue_id left join accounts a on a.id = r.held_by
           where r.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// A line of a protocol.
#[derive(Debug, Clone)]
pub struct Line {
    pub ordinal: i32,
    pub handle: String,
    pub outcome: Outcome,
    pub kept: Option<KeptPlace>,
}

/// The group that keeps a place.
#[derive(Debug, Clone)]
pub struct KeptPlace {
    pub name_kk: String,
    pub name_ru: String,
    pub group_name: String,
}

pub async fn lines(
    conn: &mut PgConnection,
    round: Uuid,
    from: i64,
    most: i64,
) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select l.ordinal, l.handle, l.outcome, l.reason, k.name_kk as "name_kk?", k.name_ru as "name_ru?", g.name as "group_name?"
           from round_lines l left join groups g on g.id = l.group_id left join kindergartens k on k.id = g.kindergarten_id
           where l.round_id = $1 and l.ordinal > $2 order by l.ordinal limit $3"#,
        round,
        i32::try_from(from).unwrap_or(i32::MAX),
        most
    )
    .fetch_all(conn)
    .await?;
    let lines = rows.into_iter().filter_map(|row| {
        Some(Line {
            ordinal: row.ordinal,
            handle: row.handle,
            outcome: Outcome::parse(&row.outcome, row.reason.as_deref())?,
            kept: match (row.name_kk, row.name_ru, row.group_name) {
                (Some(name_kk), Some(name_ru), Some(group_name)) => {
                    Some(KeptPlace { name_kk, name_ru, group_name })
                }
                _ => None,
            },
        })
    });
    Ok(lines.collect())
}

/// Where a handle stands in a protocol.
pub async fn ordinal_of(
    conn: &mut PgConnection,
    round: Uuid,
    handle: &str,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "select ordinal from round_lines where round_id = $1 and handle = $2 order by ordinal limit 1",
        round,
        handle
    )
    .fetch_optional(conn)
    .await
}

/// The names of groups, for a round that is not written yet.
pub async fn kept_places(
    conn: &mut PgConnection,
    groups: &[Uuid],
) -> Result<std::collections::HashMap<Uuid, KeptPlace>, sqlx::Error> {
    let rows = sqlx::query!(
        "select g.id, k.name_kk, k.name_ru, g.name from groups g join kindergartens k on k.id = g.kindergarten_id where g.id = any($1)",
        groups
    )
    .fetch_all(conn)
    .await?;
    let named = rows
        .into_iter()
        .map(|row| (row.id, KeptPlace { name_kk: row.name_kk, name_ru: row.name_ru, group_name: row.name }));
    Ok(named.collect())
}

/// Writes which group keeps a place for the live voucher of each application; none: no group does.
pub async fn keep(
    conn: &mut PgConnection,
    applications: &[Uuid],
    groups: &[Option<Uuid>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update vouchers v set kept_group_id = kept.group_id
         from unnest($1::uuid[], $2::uuid[]) as kept (application_id, group_id)
         where v.application_id = kept.application_id and v.ended_at is null",
        applications,
        groups as &[Option<Uuid>]
    )
    .execute(conn)
    .await?;
    Ok(())
}
