//! Vouchers and their terms.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::rules::pause::Pause;
use crate::rules::settings::TermRules;
use crate::rules::stage::{Due, Term};

/// A voucher as a round gives it.
pub struct NewVoucher {
    pub id: Uuid,
    pub application: Uuid,
    pub child: Uuid,
    pub number: String,
    /// The group that keeps a place for the family.
    pub kept: Option<Uuid>,
}

/// The term to confirm of the vouchers of one round.
pub struct FirstTerm {
    pub now: DateTime<Utc>,
    pub day0: NaiveDate,
    pub days: u32,
    pub confirm_by: NaiveDate,
    pub rules: TermRules,
}

pub async fn insert_all(
    conn: &mut PgConnection,
    new: &[NewVoucher],
    term: &FirstTerm,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = new.iter().map(|voucher| voucher.id).collect();
    let applications: Vec<Uuid> = new.iter().map(|voucher| voucher.application).collect();
    let children: Vec<Uuid> = new.iter().map(|voucher| voucher.child).collect();
    let numbers: Vec<String> = new.iter().map(|voucher| voucher.number.clone()).collect();
    let kept: Vec<Option<Uuid>> = new.iter().map(|voucher| voucher.kept).collect();
    sqlx::query!(
        "insert into vouchers (id, application_id, child_id, number, kept_group_id, issued_at, confirm_day0, confirm_days, confirm_by, rules)
         select new.id, new.application, new.child, new.number, new.kept, $6, $7, $8, $9, $10
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[]) as new (id, application, child, number, kept)",
        &ids,
        &applications,
        &children,
        &numbers,
        &kept as &[Option<Uuid>],
        term.now,
        term.day0,
        term.days.cast_signed(),
        term.confirm_by,
        Json(term.rules) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn confirm(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    // The term's columns follow in the same transaction; the constraint wants them whole, so they are set together here.
    sqlx::query!(
        "update vouchers set confirmed_at = $2, conclude_day0 = ($2::timestamptz at time zone 'Asia/Almaty')::date, conclude_days = 0 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The term to conclude with its pauses; `conclude_by` is null while it stands still.
pub async fn save_term(
    conn: &mut PgConnection,
    id: Uuid,
    term: &Term,
    due: Option<Due>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update vouchers set conclude_day0 = $2, conclude_days = $3, conclude_by = $4, conclude_firm = $7,
             conclude_shown = greatest(conclude_shown, $4, $8), extended_at = case when $5 then coalesce(extended_at, $6) end
         where id = $1",
        id,
        term.day0,
        term.days.cast_signed(),
        due.map(|due| due.by),
        term.extended,
        now,
        due.is_none_or(|due| due.firm),
        term.shown
    )
    .execute(&mut *conn)
    .await?;
    save_pauses(conn, id, &term.pauses).await
}

/// The term to confirm with its pauses; while it stands still the day shown last stays, and is not firm.
pub async fn save_confirm_term(
    conn: &mut PgConnection,
    id: Uuid,
    term: &Term,
    due: Option<Due>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update vouchers set confirm_day0 = $2, confirm_days = $3, confirm_by = greatest(confirm_by, $4), confirm_firm = $5 where id = $1",
        id,
        term.day0,
        term.days.cast_signed(),
        due.map(|due| due.by),
        due.is_some_and(|due| due.firm)
    )
    .execute(&mut *conn)
    .await?;
    save_pauses(conn, id, &term.pauses).await
}

async fn save_pauses(conn: &mut PgConnection, id: Uuid, pauses: &[Pause]) -> Result<(), sqlx::Error> {
    for (ordinal, pause) in (0i32..).zip(pauses) {
        sqlx::query!(
            "insert into voucher_pauses (voucher_id, ordinal, from_on, to_on, why) values ($1, $2, $3, $4, $5)
             on conflict (voucher_id, ordinal) do update set to_on = excluded.to_on",
            id,
            ordinal,
            pause.from,
            pause.to,
            pause.why.as_str()
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Ends vouchers, each for its reason. The moment is the deed's own: it may have waited for a deed that began later, and
/// no voucher ends before what was done to it.
pub async fn end_many(
    conn: &mut PgConnection,
    ended: &[(Uuid, &str)],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = ended.iter().map(|(id, _)| *id).collect();
    let reasons: Vec<String> = ended.iter().map(|(_, reason)| (*reason).to_owned()).collect();
    sqlx::query!(
        "update vouchers v set ended_at = greatest(v.issued_at, v.confirmed_at, v.extended_at, $3), end_reason = e.reason, conclude_by = null
         from unnest($1::uuid[], $2::text[]) as e (id, reason) where v.id = e.id",
        &ids,
        &reasons,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When a voucher was issued, and the day on which the gateway took its notice.
pub struct Told {
    pub issued_at: DateTime<Utc>,
    pub accepted_on: Option<NaiveDate>,
}

pub async fn told(conn: &mut PgConnection, id: Uuid) -> Result<Option<Told>, sqlx::Error> {
    sqlx::query_as!(
        Told,
        "select issued_at, notice_accepted_on as accepted_on from vouchers where id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// The gateway took the notice that day: nothing else of the voucher changes here.
pub async fn notice_accepted(conn: &mut PgConnection, id: Uuid, on: NaiveDate) -> Result<(), sqlx::Error> {
    sqlx::query!("update vouchers set notice_accepted_on = $2 where id = $1", id, on).execute(conn).await?;
    Ok(())
}

// ---- Due terms, for the sweeps: locked; whatever somebody else holds is skipped. ----

/// Applications whose vouchers were not confirmed in time, those due longest first: ordered by the index alone, so that a
/// sweep stops at its limit instead of sorting everything that is due. On a day that `is_out`, only those whose rules let no
/// outage stop them; so in the sweeps below.
pub async fn due_lapsed(
    conn: &mut PgConnection,
    today: NaiveDate,
    is_out: bool,
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.id from applications a join vouchers v on v.id = a.voucher_id
         where a.stage = 'voucher_issued' and v.confirm_by < $1 and v.confirm_firm and v.notice_accepted_on is not null and v.ended_at is null and v.confirmed_at is null
             and (not $2 or not (v.rules ->> 'pause_outage')::boolean)
         order by v.confirm_by limit $3 for update of a skip locked",
        today,
        is_out,
        most
    )
    .fetch_all(conn)
    .await
}

/// Applications that were not finished in time.
pub async fn due_run_out(
    conn: &mut PgConnection,
    today: NaiveDate,
    is_out: bool,
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.id from applications a join vouchers v on v.id = a.voucher_id
         where a.stage in ('voucher_confirmed', 'awaiting_parent_signature') and v.conclude_by < $1 and v.conclude_firm and v.ended_at is null
             and (not $2 or not (v.rules ->> 'pause_outage')::boolean)
         order by v.conclude_by limit $3 for update of a skip locked",
        today,
        is_out,
        most
    )
    .fetch_all(conn)
    .await
}

/// Applications whose days on the stop list are over; without a return left, those listed before the N-th of `days_before`, N
/// being their days by the rules of the voucher that lapsed. Where no outage stops them, every day before counts.
pub async fn due_not_returned(
    conn: &mut PgConnection,
    today: NaiveDate,
    is_out: bool,
    days_before: &[NaiveDate],
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.id from applications a where a.stage = 'on_stop_list' and coalesce(a.return_by < $1, a.stop_listed_on <
             (select case when (l.rules ->> 'pause_outage')::boolean then ($2::date[])[(l.rules ->> 'stop_list_days')::int]
                          else $1 - (l.rules ->> 'stop_list_days')::int end
              from vouchers l where l.application_id = a.id order by l.issued_at desc limit 1))
             and (not $3 or not (select (l.rules ->> 'pause_outage')::boolean from vouchers l where l.application_id = a.id
                                 order by l.issued_at desc limit 1))
         order by a.stop_listed_on limit $4 for update skip locked",
        today,
        days_before,
        is_out,
        most
    )
    .fetch_all(conn)
    .await
}

/// Live applications of children born in `birth_year` or before.
pub async fn due_outgrown(
    conn: &mut PgConnection,
    birth_year: i32,
    most: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from applications where stage not in ('enrolled', 'archived') and birth_year <= $1
         order by id limit $2 for update skip locked",
        birth_year,
        most
    )
    .fetch_all(conn)
    .await
}
