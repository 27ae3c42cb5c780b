//! The place in the queue: marks about 64 families apart, deltas not folded into them yet, and what each day did.
//! `queue_place` and `queue_days` (migration 0012) read them in one statement; here they are kept in order. Whoever writes
//! here holds the queue's fold (`hold`).
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::place::{Own, Trail};
use crate::rules::queue_event::{Cause, Causes};

/// Families between two marks of a fresh queue.
const APART: i32 = 64;
/// The first of the two keys of the locks under which queues are folded.
const FOLD_LOCK: i32 = 0x00F0_1D00;

/// Families ahead plus one; `None` when the application is not in a queue.
pub async fn place(conn: &mut PgConnection, application: Uuid) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select p.place as "place!" from applications a cross join lateral queue_place(a.queue_id, a.submitted_at, a.id) as p
           where a.id = $1 and a.stage = 'queued'"#,
        application
    )
    .fetch_optional(conn)
    .await
}

// ---- The history. ----

/// The columns that make up a trail, of whichever statement has them. None of them is there where nothing happened.
#[derive(Debug, Default)]
pub struct TrailRow {
    /// Where the application stands in the order now, or would stand.
    pub rank: i64,
    pub days: Option<Vec<NaiveDate>>,
    /// One list of counts for each cause of `COLUMNS`.
    pub counts: [Option<Vec<i32>>; 6],
    pub own_at: Option<Vec<DateTime<Utc>>>,
    pub own_id: Option<Vec<i64>>,
    pub own_cause: Option<Vec<String>>,
    /// What happened ahead on the days on which the application itself moved, and what is not folded yet.
    pub seen_at: Option<Vec<DateTime<Utc>>>,
    pub seen_id: Option<Vec<i64>>,
    pub seen_cause: Option<Vec<String>>,
    pub fresh_at: Option<Vec<DateTime<Utc>>>,
    pub fresh_id: Option<Vec<i64>>,
    pub fresh_cause: Option<Vec<String>>,
}

/// The causes that have a column in `place_days`, in the order of [`TrailRow::counts`].
const COLUMNS: [Cause; 6] = [
    Cause::Confirmed,
    Cause::Returned,
    Cause::VoucherIssued,
    Cause::Withdrawn,
    Cause::Outgrown,
    Cause::EnrolledElsewhere,
];

/// Moves out of three lists of one length.
fn moves(
    at: Option<Vec<DateTime<Utc>>>,
    id: Option<Vec<i64>>,
    cause: Option<Vec<String>>,
) -> Result<Vec<Own>, sqlx::Error> {
    let (at, id, cause) = (at.unwrap_or_default(), id.unwrap_or_default(), cause.unwrap_or_default());
    let all = at.into_iter().zip(id).zip(cause).map(|((at, id), cause)| {
        let cause = Cause::parse(&cause)
            .ok_or_else(|| sqlx::Error::Decode(format!("an unknown cause: {cause}").into()))?;
        Ok(Own { at, id, cause })
    });
    all.collect()
}

impl TrailRow {
    pub fn trail(self) -> Result<Trail, sqlx::Error> {
        let mut days: Vec<(NaiveDate, Causes)> =
            self.days.unwrap_or_default().into_iter().map(|day| (day, Causes::default())).collect();
        for (cause, counts) in COLUMNS.into_iter().zip(self.counts) {
            for ((_, causes), count) in days.iter_mut().zip(counts.unwrap_or_default()) {
                causes.add(cause, count.into());
            }
        }
        Ok(Trail {
            rank: self.rank,
            days,
            own: moves(self.own_at, self.own_id, self.own_cause)?,
            seen: moves(self.seen_at, self.seen_id, self.seen_cause)?,
            fresh: moves(self.fresh_at, self.fresh_id, self.fresh_cause)?,
        })
    }
}

/// What happened ahead of an application from `first` to `last`, which is today: the same reading as on its page
/// (`db::application::see`), for any number of days and in any stage.
pub async fn trail(
    conn: &mut PgConnection,
    application: Uuid,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Trail, sqlx::Error> {
    let row = sqlx::query!(
        r#"select p.place as "rank!", d.days, d.confirmed, d.returned, d.voucher_issued, d.withdrawn, d.outgrown, d.enrolled_elsewhere,
                  o.own_at, o.own_id, o.own_cause, s.seen_at, s.seen_id, s.seen_cause, f.fresh_at, f.fresh_id, f.fresh_cause
           from applications a
           cross join lateral queue_place(a.queue_id, a.submitted_at, a.id) as p
           cross join lateral queue_days(a.queue_id, a.submitted_at, a.id, $2, $3) as d
           cross join lateral (select array_agg(e.at) as own_at, array_agg(e.id) as own_id, array_agg(e.cause) as own_cause
                               from queue_events e where e.application_id = a.id) as o
           cross join lateral (select array_agg(x.at) as seen_at, array_agg(x.event_id) as seen_id, array_agg(x.cause) as seen_cause
                               from (select distinct (e.at at time zone 'Asia/Almaty')::date as day from queue_events e
                                     where e.application_id = a.id) as on_day
                               join place_days x on x.queue_id = a.queue_id and x.day = on_day.day and x.day >= $2
                                    and (x.submitted_at, x.application_id) < (a.submitted_at, a.id)) as s
           cross join lateral (select array_agg(x.at) as fresh_at, array_agg(x.event_id) as fresh_id, array_agg(x.cause) as fresh_cause
                               from place_deltas x where x.queue_id = a.queue_id
                                    and (x.submitted_at, x.application_id) < (a.submitted_at, a.id)) as f
           where a.id = $1"#,
        application,
        first,
        last
    )
    .fetch_one(conn)
    .await?;
    let counts = [
        row.confirmed,
        row.returned,
        row.voucher_issued,
        row.withdrawn,
        row.outgrown,
        row.enrolled_elsewhere,
    ];
    TrailRow {
        rank: row.rank,
        days: row.days,
        counts,
        own_at: row.own_at,
        own_id: row.own_id,
        own_cause: row.own_cause,
        seen_at: row.seen_at,
        seen_id: row.seen_id,
        seen_cause: row.seen_cause,
        fresh_at: row.fresh_at,
        fresh_id: row.fresh_id,
        fresh_cause: row.fresh_cause,
    }
    .trail()
}

// ---- Folding. ----

/// The queues with anything to fold.
pub async fn unfolded(conn: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!("select distinct queue_id from place_deltas order by queue_id").fetch_all(conn).await
}

/// Takes the fold of a queue for this transaction; `false`: somebody else has it.
pub async fn hold(conn: &mut PgConnection, queue: i32) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1, $2) as "held!""#, FOLD_LOCK, queue)
        .fetch_one(conn)
        .await
}

/// The same, waiting for whoever has it.
pub async fn wait_for(conn: &mut PgConnection, queue: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock($1, $2) as _held", FOLD_LOCK, queue).fetch_one(conn).await?;
    Ok(())
}

/// Deltas on their way into the marks and days.
#[derive(Debug, Default)]
pub struct Taken {
    submitted_at: Vec<DateTime<Utc>>,
    application: Vec<Uuid>,
    event: Vec<i64>,
    at: Vec<DateTime<Utc>>,
    step: Vec<i16>,
    cause: Vec<String>,
}

impl Taken {
    pub fn count(&self) -> usize {
        self.event.len()
    }
}

/// Takes out the deltas of a queue, as of this statement; later ones stay for the next fold.
pub async fn take(conn: &mut PgConnection, queue: i32) -> Result<Taken, sqlx::Error> {
    let rows = sqlx::query!(
        "delete from place_deltas where queue_id = $1
         returning submitted_at, application_id, event_id, at, step, cause",
        queue
    )
    .fetch_all(conn)
    .await?;
    let mut taken = Taken::default();
    for row in rows {
        taken.submitted_at.push(row.submitted_at);
        taken.application.push(row.application_id);
        taken.event.push(row.event_id);
        taken.at.push(row.at);
        taken.step.push(row.step);
        taken.cause.push(row.cause);
    }
    Ok(taken)
}

/// Moves every mark behind the taken deltas. How many marks the queue has: none, it must be built.
pub async fn shift(conn: &mut PgConnection, queue: i32, taken: &Taken) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with per as (
             select mark.at, mark.id, sum(t.step)::integer as step
             from unnest($2::timestamptz[], $3::uuid[], $4::smallint[]) as t (submitted_at, id, step)
             cross join lateral (select m.at, m.id from place_marks m where m.queue_id = $1 and (m.at, m.id) > (t.submitted_at, t.id)
                                 order by m.at, m.id limit 1) as mark
             group by mark.at, mark.id),
           behind as (
             select m.at, m.id, sum(per.step) over (order by m.at, m.id) as step
             from place_marks m left join per using (at, id) where m.queue_id = $1),
           moved as (
             update place_marks m set ahead = m.ahead + b.step from behind b
             where m.queue_id = $1 and m.at = b.at and m.id = b.id and b.step <> 0)
           select count(*) as "marks!" from behind"#,
        queue,
        &taken.submitted_at,
        &taken.application,
        &taken.step
    )
    .fetch_one(conn)
    .await
}

/// Adds the taken deltas to the days on which they happened.
pub async fn add_to_days(conn: &mut PgConnection, queue: i32, taken: &Taken) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with fresh as (
             select t.*, (t.at at time zone 'Asia/Almaty')::date as day
             from unnest($2::timestamptz[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[])
                  as t (submitted_at, application_id, event_id, at, cause)
             where t.cause <> 'submitted'),
         whole as (
             select day, submitted_at, application_id, event_id, at, cause, true as is_fresh from fresh
             union all
             select p.day, p.submitted_at, p.application_id, p.event_id, p.at, p.cause, false from place_days p
             where p.queue_id = $1 and p.day in (select day from fresh)),
         summed as (
             select *, count(*) filter (where cause = 'confirmed') over upto as confirmed,
                    count(*) filter (where cause = 'returned') over upto as returned,
                    count(*) filter (where cause = 'voucher_issued') over upto as voucher_issued,
                    count(*) filter (where cause = 'withdrawn') over upto as withdrawn,
                    count(*) filter (where cause = 'outgrown') over upto as outgrown,
                    count(*) filter (where cause = 'enrolled_elsewhere') over upto as enrolled_elsewhere
             from whole window upto as (partition by day order by submitted_at, application_id, event_id)),
         moved as (
             update place_days p set confirmed = s.confirmed, returned = s.returned, voucher_issued = s.voucher_issued,
                    withdrawn = s.withdrawn, outgrown = s.outgrown, enrolled_elsewhere = s.enrolled_elsewhere
             from summed s
             where not s.is_fresh and p.queue_id = $1 and p.day = s.day and p.submitted_at = s.submitted_at
               and p.application_id = s.application_id and p.event_id = s.event_id
               and (p.confirmed, p.returned, p.voucher_issued, p.withdrawn, p.outgrown, p.enrolled_elsewhere)
                   <> (s.confirmed, s.returned, s.voucher_issued, s.withdrawn, s.outgrown, s.enrolled_elsewhere))
         insert into place_days (queue_id, day, submitted_at, application_id, event_id, at, cause,
                                 confirmed, returned, voucher_issued, withdrawn, outgrown, enrolled_elsewhere)
         select $1, day, submitted_at, application_id, event_id, at, cause,
                confirmed, returned, voucher_issued, withdrawn, outgrown, enrolled_elsewhere
         from summed where is_fresh",
        queue,
        &taken.submitted_at,
        &taken.application,
        &taken.event,
        &taken.at,
        &taken.cause
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// New marks where two stand more than twice as far apart as they should. Counted from the families that wait, less the
/// deltas that are not folded yet: one statement, one snapshot.
pub async fn split(conn: &mut PgConnection, queue: i32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "with wide as materialized (
             select * from (select at, id, ahead, lead(at) over line as to_at, lead(id) over line as to_id,
                                   lead(ahead) over line - ahead as families
                            from place_marks where queue_id = $1 window line as (order by at, id)) as marks
             where families > 2 * $2::integer),
         standing as (
             select w.at, w.id, w.ahead, a.submitted_at, a.id as application,
                    row_number() over (partition by w.at, w.id order by a.submitted_at, a.id) - 1 as line
             from wide w join applications a on a.queue_id = $1 and a.stage = 'queued'
                  and (a.submitted_at, a.id) >= (w.at, w.id) and (a.submitted_at, a.id) < (w.to_at, w.to_id))
         insert into place_marks (queue_id, at, id, ahead)
         select $1, s.submitted_at, s.application, s.ahead + s.line - coalesce((
                    select sum(d.step) from place_deltas d
                    where d.queue_id = $1 and (d.submitted_at, d.application_id) >= (s.at, s.id)
                      and (d.submitted_at, d.application_id) < (s.submitted_at, s.application)), 0)
         from standing s where s.line > 0 and s.line % $2::integer = 0
         on conflict do nothing",
        queue,
        APART
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Every other mark goes where its neighbours stand close enough without it. The rest stays right as it is.
pub async fn thin_out(conn: &mut PgConnection, queue: i32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "delete from place_marks m
         using (select at, id, row_number() over line as turn, lag(ahead) over line as before, lead(ahead) over line as after
                from place_marks where queue_id = $1 window line as (order by at, id)) as t
         where m.queue_id = $1 and m.at = t.at and m.id = t.id and t.turn % 2 = 0 and t.after - t.before <= $2::integer",
        queue,
        APART
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// All marks of a queue anew, from the families that wait less the deltas that are not folded yet.
pub async fn rebuild_marks(conn: &mut PgConnection, queue: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from place_marks where queue_id = $1", queue).execute(&mut *conn).await?;
    sqlx::query!(
        "with standing as (
             select submitted_at, id, row_number() over (order by submitted_at, id) - 1 as line
             from applications where queue_id = $1 and stage = 'queued'),
         marks as (
             select case when line = 0 then '-infinity' else submitted_at end as at,
                    case when line = 0 then '00000000-0000-0000-0000-000000000000' else id end as id, line
             from standing where line % $2::integer = 0
             union all select 'infinity', '00000000-0000-0000-0000-000000000000', (select count(*) from standing))
         insert into place_marks (queue_id, at, id, ahead)
         select $1, m.at, m.id, m.line - coalesce((select sum(d.step) from place_deltas d
                where d.queue_id = $1 and (d.submitted_at, d.application_id) < (m.at, m.id)), 0)
         from marks m",
        queue,
        APART
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// All days of a queue anew, from its events less those that are not folded yet.
pub async fn rebuild_days(conn: &mut PgConnection, queue: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from place_days where queue_id = $1", queue).execute(&mut *conn).await?;
    let rows = sqlx::query!(
        "select a.submitted_at, e.application_id, e.id, e.at, e.step, e.cause
         from queue_events e join applications a on a.id = e.application_id
         where e.queue_id = $1 and e.cause <> 'submitted'
           and not exists (select from place_deltas d where d.queue_id = $1 and d.event_id = e.id)",
        queue
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut taken = Taken::default();
    for row in rows {
        taken.submitted_at.push(row.submitted_at);
        taken.application.push(row.application_id);
        taken.event.push(row.id);
        taken.at.push(row.at);
        taken.step.push(row.step);
        taken.cause.push(row.cause);
    }
    add_to_days(conn, queue, &taken).await
}

/// How many marks of a queue are wrong: their number ahead, with the deltas before them, is not the number of families
/// that wait there.
pub async fn wrong_marks(conn: &mut PgConnection, queue: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with line as (
             select at, id, ahead, 0 as weight from place_marks where queue_id = $1
             union all
             select submitted_at, id, null, 1 from applications where queue_id = $1 and stage = 'queued'
             union all
             select submitted_at, application_id, null, -step from place_deltas where queue_id = $1),
           counted as (
             select ahead, coalesce(sum(weight) over (order by at, id, ahead is null rows between unbounded preceding and 1 preceding), 0) as folded
             from line)
           select count(*) as "wrong!" from counted where ahead is not null and ahead <> folded"#,
        queue
    )
    .fetch_one(conn)
    .await
}

/// How many rows of a queue's days are wrong or missing, beside its events.
pub async fn wrong_days(conn: &mut PgConnection, queue: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with told as (
             select e.id, e.cause, (e.at at time zone 'Asia/Almaty')::date as day, a.submitted_at, e.application_id
             from queue_events e join applications a on a.id = e.application_id
             where e.queue_id = $1 and e.cause <> 'submitted'
               and not exists (select from place_deltas d where d.queue_id = $1 and d.event_id = e.id)),
           summed as (
             select id, day, count(*) filter (where cause = 'confirmed') over upto as confirmed,
                    count(*) filter (where cause = 'returned') over upto as returned,
                    count(*) filter (where cause = 'voucher_issued') over upto as voucher_issued,
                    count(*) filter (where cause = 'withdrawn') over upto as withdrawn,
                    count(*) filter (where cause = 'outgrown') over upto as outgrown,
                    count(*) filter (where cause = 'enrolled_elsewhere') over upto as enrolled_elsewhere
             from told window upto as (partition by day order by submitted_at, application_id, id)),
           kept as (select * from place_days where queue_id = $1)
           select count(*) as "wrong!" from summed s full join kept p on p.event_id = s.id and p.day = s.day
           where (p.confirmed, p.returned, p.voucher_issued, p.withdrawn, p.outgrown, p.enrolled_elsewhere)
                 is distinct from (s.confirmed::integer, s.returned::integer, s.voucher_issued::integer, s.withdrawn::integer,
                                   s.outgrown::integer, s.enrolled_elsewhere::integer)"#,
        queue
    )
    .fetch_one(conn)
    .await
}
