//! The figures of the statistics, counted anew whenever they are asked for: from the queue's events, the vouchers and
//! the applications themselves. Nothing is hidden here; `domain::statistics` does.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

/// What the events of one queue in one month add up to.
#[derive(Debug, Clone)]
pub struct Moves {
    pub queue: i32,
    pub queue_type: String,
    /// The first day of the month; none: everything before the first month.
    pub month: Option<NaiveDate>,
    pub sum: i64,
}

/// Every queue's moves by month, everything before `since` in one row: a single pass over the events.
pub async fn moves(
    conn: &mut PgConnection,
    city: &str,
    since: DateTime<Utc>,
) -> Result<Vec<Moves>, sqlx::Error> {
    sqlx::query_as!(
        Moves,
        r#"select e.queue_id as queue, q.queue_type,
                  case when e.at >= $2 then date_trunc('month', e.at at time zone 'Asia/Almaty')::date end as month,
                  sum(e.step) as "sum!"
           from queue_events e join queues q on q.id = e.queue_id
           where q.city = $1 group by 1, 2, 3 order by 1"#,
        city,
        since
    )
    .fetch_all(conn)
    .await
}

/// What happened to vouchers in one month.
#[derive(Debug, Clone)]
pub struct VoucherMonth {
    pub month: NaiveDate,
    pub issued: i64,
    pub confirmed: i64,
    pub lapsed: i64,
}

/// By the month in which each thing happened; months without any are left out.
pub async fn vouchers(
    conn: &mut PgConnection,
    city: &str,
    since: DateTime<Utc>,
) -> Result<Vec<VoucherMonth>, sqlx::Error> {
    sqlx::query_as!(
        VoucherMonth,
        r#"select date_trunc('month', happened.at at time zone 'Asia/Almaty')::date as "month!",
                  count(*) filter (where what = 1) as "issued!", count(*) filter (where what = 2) as "confirmed!",
                  count(*) filter (where what = 3) as "lapsed!"
           from (select application_id, issued_at as at, 1 as what from vouchers where issued_at >= $2
                 union all
                 select application_id, confirmed_at, 2 from vouchers where confirmed_at >= $2
                 union all
                 select application_id, ended_at, 3 from vouchers where ended_at >= $2 and end_reason = 'lapsed') as happened
           join applications a on a.id = happened.application_id
           where a.city = $1 group by 1"#,
        city,
        since
    )
    .fetch_all(conn)
    .await
}

/// How long something took: the half waited no longer than `median`, nine of ten no longer than `nine_of_ten`. In days.
#[derive(Debug, Clone)]
pub struct Taken<T> {
    pub of: T,
    pub count: i64,
    pub median: f64,
    pub nine_of_ten: f64,
}

/// From submission to the first voucher, for vouchers issued since, by correction type (none: the general queue).
pub async fn waiting_times(
    conn: &mut PgConnection,
    city: &str,
    since: DateTime<Utc>,
) -> Result<Vec<Taken<Option<String>>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.correction_type, count(*) as "count!",
                  percentile_cont(0.5) within group (order by extract(epoch from v.issued_at - a.submitted_at)::double precision) / 86400 as "median!",
                  percentile_cont(0.9) within group (order by extract(epoch from v.issued_at - a.submitted_at)::double precision) / 86400 as "nine_of_ten!"
           from vouchers v join applications a on a.id = v.application_id
           where a.city = $1 and v.issued_at >= $2
             and not exists (select from vouchers earlier where earlier.application_id = v.application_id and earlier.issued_at < v.issued_at)
           group by 1"#,
        city,
        since
    )
    .fetch_all(conn)
    .await?;
    let taken = rows.into_iter().map(|row| Taken {
        of: row.correction_type,
        count: row.count,
        median: row.median,
        nine_of_ten: row.nine_of_ten,
    });
    Ok(taken.collect())
}

/// From submission to the doctor's decision, by the month of the decision.
pub async fn review_times(
    conn: &mut PgConnection,
    city: &str,
    since: DateTime<Utc>,
) -> Result<Vec<Taken<NaiveDate>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select date_trunc('month', reviewed_at at time zone 'Asia/Almaty')::date as "month!", count(*) as "count!",
                  percentile_cont(0.5) within group (order by extract(epoch from reviewed_at - submitted_at)::double precision) / 86400 as "median!",
                  percentile_cont(0.9) within group (order by extract(epoch from reviewed_at - submitted_at)::double precision) / 86400 as "nine_of_ten!"
           from applications where city = $1 and reviewed_at >= $2 group by 1"#,
        city,
        since
    )
    .fetch_all(conn)
    .await?;
    let taken = rows.into_iter().map(|row| Taken {
        of: row.month,
        count: row.count,
        median: row.median,
        nine_of_ten: row.nine_of_ten,
    });
    Ok(taken.collect())
}

/// The places of one district.
#[derive(Debug, Clone)]
pub struct DistrictPlaces {
    pub district: String,
    pub capacity: i64,
    pub free: i64,
}

pub async fn places(conn: &mut PgConnection, city: &str) -> Result<Vec<DistrictPlaces>, sqlx::Error> {
    sqlx::query_as!(
        DistrictPlaces,
        r#"select k.district, coalesce(sum(g.capacity), 0) as "capacity!",
                  coalesce(sum(g.capacity - g.enrolled - g.held), 0) as "free!"
           from kindergartens k join groups g on g.kindergarten_id = k.id and g.closed_at is null
           where k.city = $1 and k.closed_at is null group by 1"#,
        city
    )
    .fetch_all(conn)
    .await
}
