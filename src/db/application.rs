//! Applications: the case under a deed, and the rows that pages show.
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::rules::deadline::{Pause, PauseWhy};
use crate::rules::queue_order::QueueType;
use crate::rules::reason::{ArchiveReason, DoctorReason};
use crate::rules::stage::{
    Chosen, Confirmed, Contracted, Enrolled, Issued, Stage, StageName, StopListed, Term,
};

/// An application under a deed: what the rules need to know of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: Uuid,
    pub number: String,
    pub applicant: Uuid,
    pub child: Uuid,
    pub queue: i32,
    pub queue_type: QueueType,
    pub correction_type: Option<String>,
    pub language: String,
    pub birth_year: i32,
    pub submitted_at: DateTime<Utc>,
    /// The one return from the stop list was used.
    pub returned_at: Option<DateTime<Utc>>,
    pub stage: Stage,
}

#[derive(Debug, Deserialize)]
struct PauseRow {
    from: NaiveDate,
    to: Option<NaiveDate>,
    why: String,
}

impl PauseRow {
    fn pause(&self) -> Result<Pause, sqlx::Error> {
        let why = PauseWhy::parse(&self.why).ok_or_else(|| broken("a known reason to stand still"))?;
        Ok(Pause { from: self.from, to: self.to, why })
    }
}

struct CaseRow {
    id: Uuid,
    number: String,
    applicant_id: Uuid,
    child_id: Uuid,
    queue_id: i32,
    queue_type: String,
    correction_type: Option<String>,
    language: String,
    birth_year: i32,
    submitted_at: DateTime<Utc>,
    returned_at: Option<DateTime<Utc>>,
    stage: String,
    voucher_id: Option<Uuid>,
    group_id: Option<Uuid>,
    contract_id: Option<Uuid>,
    enrolled_on: Option<NaiveDate>,
    stop_listed_on: Option<NaiveDate>,
    return_by: Option<NaiveDate>,
    archive_reason: Option<String>,
    confirm_day0: Option<NaiveDate>,
    confirm_days: Option<i32>,
    confirm_by: Option<NaiveDate>,
    notice_accepted_on: Option<NaiveDate>,
    conclude_day0: Option<NaiveDate>,
    conclude_days: Option<i32>,
    conclude_shown: Option<NaiveDate>,
    extended_at: Option<DateTime<Utc>>,
    pauses: Json<Vec<PauseRow>>,
}

/// A row that contradicts its own constraints.
fn broken(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("an application without {what}").into())
}

/// The columns that make up a stage, of whichever row has them.
struct StageRow<'a> {
    stage: &'a str,
    voucher_id: Option<Uuid>,
    group_id: Option<Uuid>,
    contract_id: Option<Uuid>,
    enrolled_on: Option<NaiveDate>,
    stop_listed_on: Option<NaiveDate>,
    return_by: Option<NaiveDate>,
    archive_reason: Option<&'a str>,
    confirm_day0: Option<NaiveDate>,
    confirm_days: Option<i32>,
    confirm_by: Option<NaiveDate>,
    notice_accepted_on: Option<NaiveDate>,
    conclude_day0: Option<NaiveDate>,
    conclude_days: Option<i32>,
    conclude_shown: Option<NaiveDate>,
    extended_at: Option<DateTime<Utc>>,
    pauses: &'a [PauseRow],
}

macro_rules! stage_of {
    ($row:ident) => {
        StageRow {
            stage: &$row.stage,
            voucher_id: $row.voucher_id,
            group_id: $row.group_id,
            contract_id: $row.contract_id,
            enrolled_on: $row.enrolled_on,
            stop_listed_on: $row.stop_listed_on,
            return_by: $row.return_by,
            archive_reason: $row.archive_reason.as_deref(),
            confirm_day0: $row.confirm_day0,
            confirm_days: $row.confirm_days,
            confirm_by: $row.confirm_by,
            notice_accepted_on: $row.notice_accepted_on,
            conclude_day0: $row.conclude_day0,
            conclude_days: $row.conclude_days,
            conclude_shown: $row.conclude_shown,
            extended_at: $row.extended_at,
            pauses: &$row.pauses,
        }
        .stage()
    };
}

impl StageRow<'_> {
    fn confirm_term(&self) -> Result<Term, sqlx::Error> {
        Ok(Term {
            day0: self.confirm_day0.ok_or_else(|| broken("a day 0"))?,
            days: self.confirm_days.ok_or_else(|| broken("a term"))?.unsigned_abs(),
            extended: false,
            pauses: self.pauses.iter().map(PauseRow::pause).collect::<Result<_, _>>()?,
            shown: self.confirm_by,
        })
    }

    fn term(&self) -> Result<Term, sqlx::Error> {
        Ok(Term {
            day0: self.conclude_day0.ok_or_else(|| broken("a day 0"))?,
            days: self.conclude_days.ok_or_else(|| broken("a term"))?.unsigned_abs(),
            extended: self.extended_at.is_some(),
            pauses: self.pauses.iter().map(PauseRow::pause).collect::<Result<_, _>>()?,
            shown: self.conclude_shown,
        })
    }

    fn voucher(&self) -> Result<Uuid, sqlx::Error> {
        self.voucher_id.ok_or_else(|| broken("a voucher"))
    }

    fn group(&self) -> Result<Uuid, sqlx::Error> {
        self.group_id.ok_or_else(|| broken("a group"))
    }

    fn contracted(&self) -> Result<Contracted, sqlx::Error> {
        let contract = self.contract_id.ok_or_else(|| broken("a contract"))?;
        Ok(Contracted { voucher: self.voucher()?, term: self.term()?, group: self.group()?, contract })
    }

    fn stage(&self) -> Result<Stage, sqlx::Error> {
        let name = StageName::parse(self.stage).ok_or_else(|| broken("a known stage"))?;
        Ok(match name {
            StageName::AwaitingReview => Stage::AwaitingReview,
            StageName::Queued => Stage::Queued,
            StageName::VoucherIssued => Stage::VoucherIssued(Issued {
                voucher: self.voucher()?,
                term: self.confirm_term()?,
                told: self.notice_accepted_on.is_some(),
            }),
            StageName::VoucherConfirmed => {
                Stage::VoucherConfirmed(Confirmed { voucher: self.voucher()?, term: self.term()? })
            }
            StageName::AwaitingContract => Stage::AwaitingContract(Chosen {
                voucher: self.voucher()?,
                term: self.term()?,
                group: self.group()?,
            }),
            StageName::AwaitingParentSignature => Stage::AwaitingParentSignature(self.contracted()?),
            StageName::AwaitingKindergartenSignature => {
                Stage::AwaitingKindergartenSignature(self.contracted()?)
            }
            StageName::Enrolled => Stage::Enrolled(Enrolled {
                voucher: self.voucher()?,
                group: self.group()?,
                contract: self.contract_id.ok_or_else(|| broken("a contract"))?,
                on: self.enrolled_on.ok_or_else(|| broken("a day of enrolment"))?,
            }),
            StageName::OnStopList => Stage::OnStopList(StopListed {
                since: self.stop_listed_on.ok_or_else(|| broken("a day of lapse"))?,
                return_by: self.return_by,
            }),
            StageName::Archived => Stage::Archived(
                self.archive_reason
                    .and_then(ArchiveReason::parse)
                    .ok_or_else(|| broken("a reason to be archived"))?,
            ),
        })
    }
}

impl TryFrom<CaseRow> for Case {
    type Error = sqlx::Error;

    fn try_from(row: CaseRow) -> Result<Self, sqlx::Error> {
        let stage = stage_of!(row)?;
        Ok(Self {
            id: row.id,
            number: row.number,
            applicant: row.applicant_id,
            child: row.child_id,
            queue: row.queue_id,
            queue_type: QueueType::parse(&row.queue_type).ok_or_else(|| broken("a known queue type"))?,
            correction_type: row.correction_type,
            language: row.language,
            birth_year: row.birth_year,
            submitted_at: row.submitted_at,
            returned_at: row.returned_at,
            stage,
        })
    }
}

/// The case as it stands. Lock it first when a deed follows.
pub async fn load(conn: &mut PgConnection, id: Uuid) -> Result<Case, sqlx::Error> {
    let row = sqlx::query_as!(
        CaseRow,
        r#"select a.id, a.number, a.applicant_id, a.child_id, a.queue_id, a.queue_type, a.correction_type, a.language,
                  a.birth_year, a.submitted_at, a.returned_at, a.stage, a.voucher_id, a.group_id, a.contract_id,
                  a.enrolled_on, a.stop_listed_on, a.return_by, a.archive_reason,
                  v.confirm_day0 as "confirm_day0?", v.confirm_days as "confirm_days?", v.confirm_by as "confirm_by?",
                  v.notice_accepted_on as "notice_accepted_on?", v.conclude_shown as "conclude_shown?",
                  v.conclude_day0 as "conclude_day0?", v.conclude_days as "conclude_days?", v.extended_at as "extended_at?",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>"
           from applications a left join vouchers v on v.id = a.voucher_id
           where a.id = $1"#,
        id
    )
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// Locks an application of this applicant; somebody else's is not there.
pub async fn lock_own(
    conn: &mut PgConnection,
    number: &str,
    applicant: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from applications where number = $1 and applicant_id = $2 for update",
        number,
        applicant
    )
    .fetch_optional(conn)
    .await
}

/// Locks an application whose child this kindergarten holds a place for.
pub async fn lock_of_kindergarten(
    conn: &mut PgConnection,
    number: &str,
    kindergarten: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.id from applications a join groups g on g.id = a.group_id
         where a.number = $1 and g.kindergarten_id = $2 and a.stage <> 'enrolled' for update of a",
        number,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}

/// Locks an application that went to review, whatever became of it.
pub async fn lock_for_review(conn: &mut PgConnection, number: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from applications where number = $1 and queue_type = 'special' for update",
        number
    )
    .fetch_optional(conn)
    .await
}

pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("select id from applications where id = $1 for update", id).fetch_one(conn).await?;
    Ok(())
}

/// A new application, before its first stage is known to anybody.
pub struct NewApplication<'a> {
    pub id: Uuid,
    pub number: &'a str,
    pub handle: &'a str,
    pub applicant: Uuid,
    pub child: Uuid,
    pub queue_type: QueueType,
    pub correction_type: Option<&'a str>,
    pub city: &'a str,
    pub district: &'a str,
    pub language: &'a str,
    pub birth_year: i32,
    pub now: DateTime<Utc>,
    pub stage: StageName,
}

pub async fn insert(conn: &mut PgConnection, new: NewApplication<'_>) -> Result<(), sqlx::Error> {
    let queue = super::queue::ensure(conn, new.city, new.queue_type, new.correction_type).await?;
    sqlx::query!(
        "insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type,
             city, district, language, birth_year, submitted_at, consented_at, stage, stage_since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $13)",
        new.id,
        new.number,
        new.handle,
        new.applicant,
        new.child,
        queue,
        new.queue_type.as_str(),
        new.correction_type,
        new.city,
        new.district,
        new.language,
        new.birth_year,
        new.now,
        new.stage.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn set_wishes(
    conn: &mut PgConnection,
    application: Uuid,
    kindergartens: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from wishes where application_id = $1", application).execute(&mut *conn).await?;
    sqlx::query!(
        "insert into wishes (application_id, rank, kindergarten_id)
         select $1, wish.rank::int, wish.id from unnest($2::uuid[]) with ordinality as wish (id, rank)",
        application,
        kindergartens
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the stage and every column tied to it, in one statement: the constraints see a whole state.
pub async fn save_stage(
    conn: &mut PgConnection,
    id: Uuid,
    stage: &Stage,
    rejection: Option<(DoctorReason, Option<&str>)>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (enrolled_on, stop_listed, archived) = match stage {
        Stage::Enrolled(enrolled) => (Some(enrolled.on), None, None),
        Stage::OnStopList(listed) => (None, Some(listed), None),
        Stage::Archived(reason) => (None, None, Some(reason)),
        _ => (None, None, None),
    };
    sqlx::query!(
        "update applications set stage = $2, stage_since = $3, voucher_id = $4, group_id = $5, contract_id = $6, enrolled_on = $7,
             stop_listed_on = $8, return_by = $9, archive_reason = $10, archived_at = case when $10::text is null then null else $3::timestamptz end,
             reject_reason = $11, reject_text = $12
         where id = $1",
        id,
        stage.name().as_str(),
        now,
        stage.voucher(),
        stage.group(),
        stage.contract(),
        enrolled_on,
        stop_listed.map(|listed| listed.since),
        stop_listed.and_then(|listed| listed.return_by),
        archived.map(|reason| reason.as_str()),
        rejection.map(|(reason, _)| reason.as_str()),
        rejection.and_then(|(_, text)| text)
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn reviewed(
    conn: &mut PgConnection,
    id: Uuid,
    doctor: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update applications set reviewed_by = $2, reviewed_at = $3 where id = $1", id, doctor, now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn returned(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update applications set returned_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}

/// Is this child enrolled by any application?
pub async fn child_is_enrolled(conn: &mut PgConnection, child: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from applications where child_id = $1 and stage = 'enrolled') as "enrolled!""#, child)
        .fetch_one(conn)
        .await
}

/// The child's other live applications, locked in the order of their ids.
pub async fn lock_live_of_child(
    conn: &mut PgConnection,
    child: Uuid,
    except: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select id from applications where child_id = $1 and id <> $2 and stage not in ('enrolled', 'archived') order by id for update",
        child,
        except
    )
    .fetch_all(conn)
    .await
}

// ---- What pages show. ----

/// A line of «Менің өтініштерім».
#[derive(Debug, Clone)]
pub struct Summary {
    pub number: String,
    pub stage: String,
    pub queue_type: String,
    pub child_name: String,
    pub submitted_at: DateTime<Utc>,
    pub confirm_by: Option<NaiveDate>,
    pub conclude_by: Option<NaiveDate>,
    pub return_by: Option<NaiveDate>,
    /// Only the applicant acts; the other representative sees.
    pub own: bool,
}

/// The family's applications: its own, and those of the other representative for the same children.
pub async fn of_family(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Summary>, sqlx::Error> {
    sqlx::query_as!(
        Summary,
        r#"select a.number, a.stage, a.queue_type, concat_ws(' ', c.name, c.surname) as "child_name!", a.submitted_at,
                  v.confirm_by as "confirm_by?", v.conclude_by as "conclude_by?", a.return_by, a.applicant_id = $1 as "own!"
           from applications a join children c on c.id = a.child_id left join vouchers v on v.id = a.voucher_id
           where a.applicant_id = $1 or exists (select from guardians g where g.child_id = a.child_id and g.account_id = $1)
           order by a.stage in ('enrolled', 'archived'), a.submitted_at desc, a.id"#,
        account
    )
    .fetch_all(conn)
    .await
}

/// What the application page shows of the row itself.
#[derive(Debug, Clone)]
pub struct View {
    pub id: Uuid,
    pub number: String,
    pub public_handle: String,
    pub own: bool,
    pub stage_since: DateTime<Utc>,
    pub queue_type: String,
    pub correction_type: Option<String>,
    pub language: String,
    pub submitted_at: DateTime<Utc>,
    pub child_name: String,
    pub doctor_name: Option<String>,
    pub reject_reason: Option<String>,
    pub reject_text: Option<String>,
    pub archive_reason: Option<String>,
    pub enrolled_on: Option<NaiveDate>,
    pub kindergarten_kk: Option<String>,
    pub kindergarten_ru: Option<String>,
    pub group_name: Option<String>,
    pub voucher_number: Option<String>,
    pub conclusion_source: Option<String>,
    pub conclusion_number: Option<String>,
    pub conclusion_file: Option<Uuid>,
    pub conclusion_file_name: Option<String>,
    pub conclusion_received_at: Option<DateTime<Utc>>,
    /// Families ahead plus one; only in the queue.
    pub place: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct WishRow {
    pub name_kk: String,
    pub name_ru: String,
}

/// An application as its family sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub view: View,
    pub stage: Stage,
    /// In order of wish.
    pub wishes: Vec<WishRow>,
}

/// For the applicant and the other representative of the child; for anybody else it is not there. A single statement:
/// this page is opened more often than any other.
pub async fn see(conn: &mut PgConnection, number: &str, account: Uuid) -> Result<Option<Seen>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select a.id, a.number, a.public_handle, a.applicant_id = $2 as "own!", a.stage, a.stage_since, a.queue_type, a.correction_type,
                  a.language, a.submitted_at, concat_ws(' ', c.surname, c.name, c.patronymic) as "child_name!",
                  case when d.id is not null then concat_ws(' ', d.surname, d.name, d.patronymic) end as doctor_name,
                  a.reject_reason, a.reject_text, a.archive_reason, a.enrolled_on,
                  k.name_kk as "kindergarten_kk?", k.name_ru as "kindergarten_ru?", g.name as "group_name?", v.number as "voucher_number?",
                  pc.source as "conclusion_source?", pc.number as "conclusion_number?", pc.file_id as "conclusion_file?",
                  f.name as "conclusion_file_name?", pc.received_at as "conclusion_received_at?",
                  case when a.stage = 'queued' then (select count(*) + 1 from applications b where b.queue_id = a.queue_id and b.stage = 'queued'
                      and (b.submitted_at, b.id) < (a.submitted_at, a.id)) end as place,
                  coalesce((select jsonb_agg(jsonb_build_object('name_kk', wk.name_kk, 'name_ru', wk.name_ru) order by w.rank)
                            from wishes w join kindergartens wk on wk.id = w.kindergarten_id
                            where w.application_id = a.id), '[]') as "wishes!: Json<Vec<WishRow>>",
                  a.voucher_id, a.group_id, a.contract_id, a.stop_listed_on, a.return_by,
                  v.confirm_day0 as "confirm_day0?", v.confirm_days as "confirm_days?", v.confirm_by as "confirm_by?",
                  v.notice_accepted_on as "notice_accepted_on?", v.conclude_shown as "conclude_shown?",
                  v.conclude_day0 as "conclude_day0?", v.conclude_days as "conclude_days?", v.extended_at as "extended_at?",
                  case when v.id is null then '[]'
                       else coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                                      from voucher_pauses p where p.voucher_id = v.id), '[]') end as "pauses!: Json<Vec<PauseRow>>"
           from applications a
           join children c on c.id = a.child_id
           left join accounts d on d.id = a.reviewed_by
           left join groups g on g.id = a.group_id
           left join kindergartens k on k.id = g.kindergarten_id
           left join vouchers v on v.id = a.voucher_id
           left join conclusions pc on pc.application_id = a.id
           left join files f on f.id = pc.file_id
           where a.number = $1
             and (a.applicant_id = $2 or exists (select from guardians w where w.child_id = a.child_id and w.account_id = $2))"#,
        number,
        account
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Seen {
        stage: stage_of!(row)?,
        wishes: row.wishes.0,
        view: View {
            id: row.id,
            number: row.number,
            public_handle: row.public_handle,
            own: row.own,
            stage_since: row.stage_since,
            queue_type: row.queue_type,
            correction_type: row.correction_type,
            language: row.language,
            submitted_at: row.submitted_at,
            child_name: row.child_name,
            doctor_name: row.doctor_name,
            reject_reason: row.reject_reason,
            reject_text: row.reject_text,
            archive_reason: row.archive_reason,
            enrolled_on: row.enrolled_on,
            kindergarten_kk: row.kindergarten_kk,
            kindergarten_ru: row.kindergarten_ru,
            group_name: row.group_name,
            voucher_number: row.voucher_number,
            conclusion_source: row.conclusion_source,
            conclusion_number: row.conclusion_number,
            conclusion_file: row.conclusion_file,
            conclusion_file_name: row.conclusion_file_name,
            conclusion_received_at: row.conclusion_received_at,
            place: row.place,
        },
    }))
}

/// The stage of whatever application has this number.
pub async fn stage_of_number(
    conn: &mut PgConnection,
    number: &str,
) -> Result<Option<StageName>, sqlx::Error> {
    let stage = sqlx::query_scalar!("select stage from applications where number = $1", number)
        .fetch_optional(conn)
        .await?;
    stage.map(|stage| StageName::parse(&stage).ok_or_else(|| broken("a known stage"))).transpose()
}
