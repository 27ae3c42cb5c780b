//! Every open term at once, and the annulments an outage may undo: for a change of the calendar.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::application::{PauseRow, broken, pauses};
use crate::rules::reason::ArchiveReason;
use crate::rules::settings::TermRules;
use crate::rules::stage::{Confirmed, Issued, Stage, StopListed, Term};
use crate::rules::stage_name::StageName;

/// The term of a voucher's row: the one to confirm, or the one to conclude.
macro_rules! term_of {
    ($row:ident, $confirms:expr) => {{
        let (day0, days, shown) = if $confirms {
            (Some($row.confirm_day0), Some($row.confirm_days), Some($row.confirm_by))
        } else {
            ($row.conclude_day0, $row.conclude_days, $row.conclude_shown)
        };
        term(day0, days, !$confirms && $row.extended, &$row.pauses, shown, $row.rules.0)
    }};
}

fn term(
    day0: Option<NaiveDate>,
    days: Option<i32>,
    extended: bool,
    stored: &[PauseRow],
    shown: Option<NaiveDate>,
    rules: TermRules,
) -> Result<Term, sqlx::Error> {
    Ok(Term {
        day0: day0.ok_or_else(|| broken("a day 0"))?,
        days: days.ok_or_else(|| broken("a term"))?.unsigned_abs(),
        extended,
        pauses: pauses(stored)?,
        shown,
        rules,
    })
}

/// An open term of a voucher as it is stored.
#[derive(Debug, Clone)]
pub struct OpenTerm {
    pub application: Uuid,
    /// As the ledger names it.
    pub handle: String,
    pub applicant: Uuid,
    pub voucher: Uuid,
    pub stage: StageName,
    pub term: Term,
    /// The last good day; `None` while the term to conclude stands still.
    pub by: Option<NaiveDate>,
    pub firm: bool,
}

/// The terms of all live vouchers.
pub async fn open(conn: &mut PgConnection) -> Result<Vec<OpenTerm>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.id, coalesce(a.public_handle, '') as "handle!", a.applicant_id, a.stage, v.id as voucher, v.confirm_day0, v.confirm_days, v.confirm_by,
                  v.confirm_firm, v.conclude_day0, v.conclude_days, v.conclude_by, v.conclude_firm, v.conclude_shown,
                  v.extended_at is not null as "extended!",
                  v.rules as "rules: Json<TermRules>",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>"
           from applications a join vouchers v on v.id = a.voucher_id where v.ended_at is null"#
    )
    .fetch_all(conn)
    .await?;
    let terms = rows.into_iter().map(|row| {
        let stage = StageName::parse(&row.stage).ok_or_else(|| broken("a known stage"))?;
        let confirms = stage == StageName::VoucherIssued;
        Ok(OpenTerm {
            application: row.id,
            handle: row.handle,
            applicant: row.applicant_id,
            voucher: row.voucher,
            stage,
            term: term_of!(row, confirms)?,
            by: if confirms { Some(row.confirm_by) } else { row.conclude_by },
            firm: if confirms { row.confirm_firm } else { row.conclude_firm },
        })
    });
    terms.collect()
}

/// Days of return from the stop list, where one is left.
pub struct OpenReturn {
    pub application: Uuid,
    pub applicant: Uuid,
    pub since: NaiveDate,
    pub return_by: NaiveDate,
}

pub async fn open_returns(conn: &mut PgConnection) -> Result<Vec<OpenReturn>, sqlx::Error> {
    sqlx::query_as!(
        OpenReturn,
        r#"select id as application, applicant_id as applicant, stop_listed_on as "since!", return_by as "return_by!"
           from applications a where stage = 'on_stop_list' and return_by is not null
             and (select (l.rules ->> 'pause_outage')::boolean from vouchers l where l.application_id = a.id order by l.issued_at desc limit 1)"#
    )
    .fetch_all(conn)
    .await
}

/// New last days of the terms that run, to confirm or to conclude, many at once. A day to confirm that stands still stays the
/// one shown last.
pub async fn save_days(
    conn: &mut PgConnection,
    vouchers: &[Uuid],
    by: &[Option<NaiveDate>],
    firm: &[bool],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update vouchers v set
             confirm_by = case when confirmed_at is null then greatest(v.confirm_by, new.by) else v.confirm_by end,
             confirm_firm = case when confirmed_at is null then new.firm else v.confirm_firm end,
             conclude_by = case when confirmed_at is null then v.conclude_by else new.by end,
             conclude_firm = case when confirmed_at is null then v.conclude_firm else new.firm end,
             conclude_shown = case when confirmed_at is null then v.conclude_shown else greatest(v.conclude_shown, new.by) end
         from unnest($1::uuid[], $2::date[], $3::bool[]) as new (id, by, firm) where v.id = new.id",
        vouchers,
        by as &[Option<NaiveDate>],
        firm
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn save_return_days(
    conn: &mut PgConnection,
    applications: &[Uuid],
    by: &[Option<NaiveDate>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update applications a set return_by = new.by
         from unnest($1::uuid[], $2::date[]) as new (id, by) where a.id = new.id",
        applications,
        by as &[Option<NaiveDate>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A voucher the system annulled because nobody acted in time, and where its application stands now.
#[derive(Debug, Clone)]
pub struct Annulled {
    pub application: Uuid,
    pub applicant: Uuid,
    pub stage: StageName,
    pub archived: Option<(ArchiveReason, DateTime<Utc>)>,
    pub returned: bool,
    pub voucher: Uuid,
    pub ended_at: DateTime<Utc>,
    /// The term that ran out: to confirm or to conclude.
    pub term: Term,
    /// The child has another live application of this kind, or another live voucher, or is enrolled.
    pub replaced: bool,
}

/// Those whose application has gone no other way since than back to the queue, annulled or archived at this moment or later.
pub async fn annulled(conn: &mut PgConnection, from: DateTime<Utc>) -> Result<Vec<Annulled>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.id, a.applicant_id, a.stage, a.archive_reason, a.archived_at, a.returned_at is not null as "returned!",
                  v.id as voucher, v.ended_at as "ended_at!", v.end_reason as "end_reason!", v.confirm_day0, v.confirm_days,
                  v.confirm_by, v.conclude_day0, v.conclude_days, v.conclude_shown, v.extended_at is not null as "extended!",
                  v.rules as "rules: Json<TermRules>",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>",
                  exists (select from applications b where b.child_id = a.child_id and b.id <> a.id
                              and (b.stage = 'enrolled' or b.queue_type = a.queue_type and b.stage <> 'archived'))
                  or exists (select from vouchers w where w.child_id = a.child_id and w.ended_at is null) as "replaced!"
           from vouchers v join applications a on a.id = v.application_id
           where v.end_reason in ('lapsed', 'not_finished') and (v.ended_at >= $1 or a.archived_at >= $1)
             and (a.stage = 'on_stop_list' or a.archive_reason in ('not_returned', 'not_finished')
                  -- Back in the queue by its one return: the annulment is the reason for it.
                  or a.stage = 'queued' and v.end_reason = 'lapsed' and a.returned_at >= v.ended_at)
             -- Unlinked from the ledger, it is over for good.
             and a.public_handle is not null
             and not exists (select from vouchers later where later.application_id = a.id and later.issued_at > v.issued_at)
           order by a.submitted_at, a.id"#,
        from
    )
    .fetch_all(conn)
    .await?;
    let annulled = rows.into_iter().map(|row| {
        let lapsed = row.end_reason == "lapsed";
        let reason = row.archive_reason.as_deref().and_then(ArchiveReason::parse);
        Ok(Annulled {
            application: row.id,
            applicant: row.applicant_id,
            stage: StageName::parse(&row.stage).ok_or_else(|| broken("a known stage"))?,
            archived: reason.zip(row.archived_at),
            returned: row.returned,
            voucher: row.voucher,
            ended_at: row.ended_at,
            term: term_of!(row, lapsed)?,
            replaced: row.replaced,
        })
    });
    annulled.collect()
}

/// The voucher lives again; its term is saved apart.
pub async fn revive(conn: &mut PgConnection, voucher: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("update vouchers set ended_at = null, end_reason = null where id = $1", voucher)
        .execute(conn)
        .await?;
    Ok(())
}

/// The last stage with a term of an application that is over, as its rows still tell it: of its last voucher, or the days on the
/// stop list after it. A family that came back to the queue since has had no term.
pub async fn last(conn: &mut PgConnection, application: Uuid) -> Result<Option<Stage>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select v.id, v.end_reason, (v.ended_at at time zone 'Asia/Almaty')::date as "ended_on!", v.confirmed_at is not null as "confirmed!",
                  a.returned_at >= v.ended_at as returned, v.confirm_day0, v.confirm_days, v.confirm_by, v.conclude_day0,
                  v.conclude_days, v.conclude_shown, v.extended_at is not null as "extended!", v.rules as "rules: Json<TermRules>",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>"
           from vouchers v join applications a on a.id = v.application_id
           where v.application_id = $1 and v.ended_at is not null order by v.issued_at desc limit 1"#,
        application
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row.filter(|row| row.returned != Some(true)) else { return Ok(None) };
    if row.end_reason.as_deref() == Some("lapsed") {
        let listed = StopListed { since: row.ended_on, return_by: None, rules: row.rules.0 };
        return Ok(Some(Stage::OnStopList(listed)));
    }
    let (voucher, confirms) = (row.id, !row.confirmed);
    let term = term_of!(row, confirms)?;
    Ok(Some(if confirms {
        Stage::VoucherIssued(Issued { voucher, term, told: true })
    } else {
        Stage::VoucherConfirmed(Confirmed { voucher, term })
    }))
}
