//! Queues: their rows, the order inside, what a round needs to know. The order is that of `rules::queue_order`.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::matching::FreePlaces;
use crate::rules::queue_order::{QueueType, Turn};
use crate::rules::round::{Family, Group, Holder, Room, Waiting};

/// The queue's row, made when its first family comes.
pub async fn ensure(
    conn: &mut PgConnection,
    city: &str,
    queue_type: QueueType,
    correction_type: Option<&str>,
) -> Result<i32, sqlx::Error> {
    let found = find(conn, city, queue_type, correction_type).await?;
    if let Some(id) = found {
        return Ok(id);
    }
    sqlx::query!(
        "insert into queues (city, queue_type, correction_type) values ($1, $2, $3) on conflict do nothing",
        city,
        queue_type.as_str(),
        correction_type
    )
    .execute(&mut *conn)
    .await?;
    find(conn, city, queue_type, correction_type).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn find(
    conn: &mut PgConnection,
    city: &str,
    queue_type: QueueType,
    correction_type: Option<&str>,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from queues where city = $1 and queue_type = $2 and correction_type is not distinct from $3",
        city,
        queue_type.as_str(),
        correction_type
    )
    .fetch_optional(conn)
    .await
}

pub async fn all(conn: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!("select id from queues order by id").fetch_all(conn).await
}

/// A queue under lock: rounds, choices and changes of groups wait for each other here.
#[derive(Debug, Clone)]
pub struct LockedQueue {
    pub id: i32,
    pub city: String,
    pub correction_type: Option<String>,
}

/// Submissions need the row too, for their reference to it: `no key` lets them pass while a round is held.
pub async fn lock(conn: &mut PgConnection, id: i32) -> Result<LockedQueue, sqlx::Error> {
    sqlx::query_as!(
        LockedQueue,
        "select id, city, correction_type from queues where id = $1 for no key update",
        id
    )
    .fetch_one(conn)
    .await
}

/// The same without a lock, for a look.
pub async fn find_by_id(conn: &mut PgConnection, id: i32) -> Result<Option<LockedQueue>, sqlx::Error> {
    sqlx::query_as!(LockedQueue, "select id, city, correction_type from queues where id = $1", id)
        .fetch_optional(conn)
        .await
}

/// The queue of an application, by its number.
pub async fn of_number(conn: &mut PgConnection, number: &str) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!("select queue_id from applications where number = $1", number)
        .fetch_optional(conn)
        .await
}

// ---- What a round needs to know (`rules::round`). ----

/// A family as the queries below read it.
struct FamilyRow {
    id: Uuid,
    handle: String,
    language: String,
    birth_year: i32,
    submitted_at: DateTime<Utc>,
    closed: Vec<Uuid>,
    elsewhere: bool,
}

impl FamilyRow {
    fn waiting(self, under_review: bool) -> Waiting {
        Waiting { elsewhere: self.elsewhere, under_review, family: self.family() }
    }

    fn family(self) -> Family {
        Family {
            turn: Turn { submitted_at: self.submitted_at, id: self.id },
            handle: self.handle,
            language: self.language,
            birth_year: self.birth_year,
            closed: self.closed,
        }
    }
}

/// The families whose turn could be next, in order: of each language and birth year no more than the room holds, and all
/// whom some kindergarten has declined, for they may fail where the next one does not. A child with a live voucher in
/// the other queue is not among them.
pub async fn heads(conn: &mut PgConnection, queue: i32, rooms: &[Room]) -> Result<Vec<Waiting>, sqlx::Error> {
    let languages: Vec<String> = rooms.iter().map(|room| room.language.clone()).collect();
    let years: Vec<i32> = rooms.iter().map(|room| room.birth_year).collect();
    let most: Vec<i64> = rooms.iter().map(|room| i64::try_from(room.most).unwrap_or(i64::MAX)).collect();
    let rows = sqlx::query_as!(
        FamilyRow,
        r#"select a.id, coalesce(a.public_handle, '') as "handle!", a.language, a.birth_year, a.submitted_at, false as "elsewhere!",
                  array(select distinct d.kindergarten_id from declines d where d.application_id = a.id and d.final order by 1) as "closed!"
           from applications a
           where a.id in (
               select head.id
               from unnest($2::text[], $3::int[], $4::bigint[]) as room (language, birth_year, most)
               cross join lateral (
                   select b.id from applications b
                   where b.queue_id = $1 and b.stage = 'queued' and b.language = room.language and b.birth_year = room.birth_year
                     and not exists (select from declines d where d.application_id = b.id and d.final)
                     and not exists (select from vouchers v where v.child_id = b.child_id and v.ended_at is null)
                   order by b.submitted_at, b.id limit room.most) as head
               union all
               select b.id from applications b
               where b.queue_id = $1 and b.stage = 'queued' and b.id in (select d.application_id from declines d where d.final)
                 and not exists (select from vouchers v where v.child_id = b.child_id and v.ended_at is null))
           order by a.submitted_at, a.id"#,
        queue,
        &languages,
        &years,
        &most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.waiting(false)).collect())
}

/// The families whose documents the doctor has not decided on, in order of submission.
pub async fn under_review(conn: &mut PgConnection, queue: i32) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query_as!(
        FamilyRow,
        r#"select a.id, coalesce(a.public_handle, '') as "handle!", a.language, a.birth_year, a.submitted_at, '{}'::uuid[] as "closed!",
                  exists (select from vouchers v where v.child_id = a.child_id and v.ended_at is null) as "elsewhere!"
           from applications a
           where a.queue_id = $1 and a.stage = 'awaiting_review'
           order by a.submitted_at, a.id"#,
        queue
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.waiting(true)).collect())
}

/// Everybody who waits before a turn, in order.
pub async fn before(conn: &mut PgConnection, queue: i32, turn: Turn) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query_as!(
        FamilyRow,
        r#"select a.id, coalesce(a.public_handle, '') as "handle!", a.language, a.birth_year, a.submitted_at,
                  coalesce(declined.kindergartens, '{}') as "closed!", voucher.child_id is not null as "elsewhere!"
           from applications a
           left join (select application_id, array_agg(distinct kindergarten_id) as kindergartens from declines where final
                      group by application_id) as declined on declined.application_id = a.id
           left join vouchers voucher on voucher.child_id = a.child_id and voucher.ended_at is null
           where a.queue_id = $1 and a.stage = 'queued' and (a.submitted_at, a.id) < ($2, $3)
           order by a.submitted_at, a.id"#,
        queue,
        turn.submitted_at,
        turn.id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.waiting(false)).collect())
}

/// How many wait.
pub async fn waiting(conn: &mut PgConnection, queue: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from applications where queue_id = $1 and stage = 'queued'"#,
        queue
    )
    .fetch_one(conn)
    .await
}

/// The families whose voucher is out and who have chosen nothing yet, in order: each must stay seatable.
pub async fn holders(conn: &mut PgConnection, queue: i32) -> Result<Vec<Holder>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.id, coalesce(a.public_handle, '') as "handle!", a.language, a.birth_year, a.submitted_at, v.kept_group_id,
                  array(select distinct d.kindergarten_id from declines d where d.application_id = a.id and d.final order by 1) as "closed!",
                  exists (select from voucher_pauses p where p.voucher_id = v.id and p.why = 'no_place' and p.to_on is null) as "stands_still!"
           from applications a join vouchers v on v.id = a.voucher_id
           where a.queue_id = $1 and a.stage in ('voucher_issued', 'voucher_confirmed')
           order by a.submitted_at, a.id"#,
        queue
    )
    .fetch_all(conn)
    .await?;
    let holders = rows.into_iter().map(|row| Holder {
        family: Family {
            turn: Turn { submitted_at: row.submitted_at, id: row.id },
            handle: row.handle,
            language: row.language,
            birth_year: row.birth_year,
            closed: row.closed,
        },
        kept: row.kept_group_id,
        stands_still: row.stands_still,
    });
    Ok(holders.collect())
}

/// The wishes of these applications, each in order of wish.
pub async fn wishes(
    conn: &mut PgConnection,
    applications: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>, sqlx::Error> {
    let rows = sqlx::query!(
        "select application_id, kindergarten_id from wishes where application_id = any($1) order by application_id, rank",
        applications
    )
    .fetch_all(conn)
    .await?;
    let mut wishes: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in rows {
        wishes.entry(row.application_id).or_default().push(row.kindergarten_id);
    }
    Ok(wishes)
}

/// Locks those of these applications that are in one of the stages: never skipping one, they are the heads of a queue.
pub async fn lock_in_stages(
    conn: &mut PgConnection,
    applications: &[Uuid],
    stages: &[&str],
) -> Result<usize, sqlx::Error> {
    let stages: Vec<String> = stages.iter().map(|stage| (*stage).to_owned()).collect();
    let locked = sqlx::query_scalar!(
        "select id from applications where id = any($1) and stage = any($2) order by id for update",
        applications,
        &stages
    )
    .fetch_all(conn)
    .await?;
    Ok(locked.len())
}

/// The groups of a queue's kind with free places, in the order of their ids.
pub async fn open_groups(conn: &mut PgConnection, queue: &LockedQueue) -> Result<Vec<Group>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select g.id, g.kindergarten_id, g.correction_type, g.language, g.birth_year_from, g.birth_year_to,
                  g.capacity - g.enrolled - g.held as "free!"
           from groups g join kindergartens k on k.id = g.kindergarten_id
           where k.city = $1 and g.correction_type is not distinct from $2 and g.closed_at is null and k.closed_at is null
             and g.enrolled + g.held < g.capacity
           order by g.id"#,
        queue.city,
        queue.correction_type
    )
    .fetch_all(conn)
    .await?;
    let groups = rows.into_iter().map(|row| Group {
        id: row.id,
        kindergarten: row.kindergarten_id,
        places: FreePlaces {
            correction_type: row.correction_type,
            language: row.language,
            birth_years: (row.birth_year_from, row.birth_year_to),
            free: row.free.max(0).unsigned_abs() as usize,
        },
    });
    Ok(groups.collect())
}
