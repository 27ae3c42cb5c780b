//! Applications: the case under a deed, and the rows that pages show.
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::journal;
use super::ledger::Receipt;
use super::place::TrailRow;
use crate::rules::deadline::almaty_day;
use crate::rules::pause::{Pause, PauseWhy};
use crate::rules::place::Step;
use crate::rules::queue_event::Cause;
use crate::rules::queue_order::QueueType;
use crate::rules::reason::{ArchiveReason, DoctorReason};
use crate::rules::settings::TermRules;
use crate::rules::stage::{Chosen, Confirmed, Contracted, Enrolled, Issued, Stage, StopListed, Term};
use crate::rules::stage_name::StageName;

/// An application under a deed: what the rules need to know of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: Uuid,
    pub number: String,
    /// As the ledger names it; a live case has one.
    pub handle: String,
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
pub(super) struct PauseRow {
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

pub(super) fn pauses(rows: &[PauseRow]) -> Result<Vec<Pause>, sqlx::Error> {
    rows.iter().map(PauseRow::pause).collect()
}

struct CaseRow {
    id: Uuid,
    number: String,
    handle: String,
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
    rules: Option<Json<TermRules>>,
    pauses: Json<Vec<PauseRow>>,
}

/// A row that contradicts its own constraints.
pub(super) fn broken(what: &str) -> sqlx::Error {
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
    /// Of the voucher at hand; on the stop list of the one that lapsed.
    rules: Option<TermRules>,
    pauses: &'a [PauseRow],
}

impl StageRow<'_> {
    fn confirm_term(&self) -> Result<Term, sqlx::Error> {
        Ok(Term {
            day0: self.confirm_day0.ok_or_else(|| broken("a day 0"))?,
            days: self.confirm_days.ok_or_else(|| broken("a term"))?.unsigned_abs(),
            extended: false,
            pauses: pauses(self.pauses)?,
            shown: self.confirm_by,
            rules: self.rules()?,
        })
    }

    fn term(&self) -> Result<Term, sqlx::Error> {
        Ok(Term {
            day0: self.conclude_day0.ok_or_else(|| broken("a day 0"))?,
            days: self.conclude_days.ok_or_else(|| broken("a term"))?.unsigned_abs(),
            extended: self.extended_at.is_some(),
            pauses: pauses(self.pauses)?,
            shown: self.conclude_shown,
            rules: self.rules()?,
        })
    }

    fn rules(&self) -> Result<TermRules, sqlx::Error> {
        self.rules.ok_or_else(|| broken("the rules of its voucher"))
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
                rules: self.rules()?,
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
        let stage = StageRow {
            stage: &row.stage,
            voucher_id: row.voucher_id,
            group_id: row.group_id,
            contract_id: row.contract_id,
            enrolled_on: row.enrolled_on,
            stop_listed_on: row.stop_listed_on,
            return_by: row.return_by,
            archive_reason: row.archive_reason.as_deref(),
            confirm_day0: row.confirm_day0,
            confirm_days: row.confirm_days,
            confirm_by: row.confirm_by,
            notice_accepted_on: row.notice_accepted_on,
            conclude_day0: row.conclude_day0,
            conclude_days: row.conclude_days,
            conclude_shown: row.conclude_shown,
            extended_at: row.extended_at,
            rules: row.rules.as_deref().copied(),
            pauses: &row.pauses,
        }
        .stage()?;
        Ok(Self {
            id: row.id,
            number: row.number,
            handle: row.handle,
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
    load_many(conn, &[id]).await?.pop().ok_or(sqlx::Error::RowNotFound)
}

/// The cases as they stand, in the order of the ids; one that is not there is left out.
pub async fn load_many(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Case>, sqlx::Error> {
    let rows = sqlx::query_as!(
        CaseRow,
        r#"select a.id, a.number, coalesce(a.public_handle, '') as "handle!", a.applicant_id, a.child_id, a.queue_id, a.queue_type, a.correction_type, a.language,
                  a.birth_year, a.submitted_at, a.returned_at, a.stage, a.voucher_id, a.group_id, a.contract_id,
                  a.enrolled_on, a.stop_listed_on, a.return_by, a.archive_reason,
                  v.confirm_day0 as "confirm_day0?", v.confirm_days as "confirm_days?", v.confirm_by as "confirm_by?",
                  v.notice_accepted_on as "notice_accepted_on?", v.conclude_shown as "conclude_shown?",
                  v.conclude_day0 as "conclude_day0?", v.conclude_days as "conclude_days?", v.extended_at as "extended_at?",
                  coalesce(v.rules, case when a.stage = 'on_stop_list' then (select l.rules from vouchers l where l.application_id = a.id
                      order by l.issued_at desc limit 1) end) as "rules?: Json<TermRules>",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>"
           from unnest($1::uuid[]) with ordinality as wanted (id, line)
           join applications a on a.id = wanted.id left join vouchers v on v.id = a.voucher_id
           order by wanted.line"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Case::try_from).collect()
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

/// Locks an application whose child this kindergarten holds a place for, or has.
pub async fn lock_of_kindergarten(
    conn: &mut PgConnection,
    number: &str,
    kindergarten: Uuid,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.id from applications a join groups g on g.id = a.group_id
         where a.number = $1 and g.kindergarten_id = $2 for update of a",
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
    pub salt: [u8; 16],
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

/// What is written with a new application, besides the row itself.
pub struct Submitting<'a> {
    /// In order of wish.
    pub wishes: &'a [Uuid],
    /// How it enters the order of its queue, if its first stage stands in it.
    pub enters: Option<Cause>,
    /// The ledger's entries, in order: the body, and of the submission itself the handle.
    pub handles: &'a [Option<String>],
    pub bodies: &'a [String],
    pub journal: journal::Entry<'a>,
}

/// A new application with everything that belongs to it, in one statement: families submit all at once when a queue is
/// opened. The queue's row is made when its first family comes.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewApplication<'_>,
    it: &Submitting<'_>,
) -> Result<bool, sqlx::Error> {
    let inserted = insert_in_queue(&mut *conn, new, it).await?;
    if inserted > 0 {
        return Ok(true);
    }
    super::queue::ensure(conn, new.city, new.queue_type, new.correction_type).await?;
    Ok(insert_in_queue(conn, new, it).await? > 0)
}

/// How many were inserted: none when there is no such queue yet, or the child has been enrolled meanwhile. It begins when
/// the lock on the child is there (`super::child::applying`), so it sees an enrolment that was waited for.
async fn insert_in_queue(
    conn: &mut PgConnection,
    new: &NewApplication<'_>,
    it: &Submitting<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with application as (
             insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type,
                 city, district, language, birth_year, submitted_at, consented_at, stage, stage_since, handle_salt)
             select $1, $2, $3, $4, $5, q.id, q.queue_type, q.correction_type, q.city, $9, $10, $11, $12, $12, $13, $12, $15
             from queues q where q.city = $8 and q.queue_type = $6 and q.correction_type is not distinct from $7
                 and not exists (select from applications e where e.child_id = $5 and e.stage = 'enrolled')
             returning id, queue_id),
           wished as (
             insert into wishes (application_id, rank, kindergarten_id)
             select a.id, wish.rank::int, wish.id from application a, unnest($14::uuid[]) with ordinality as wish (id, rank)),
           told as (
             insert into queue_events (queue_id, application_id, at, step, cause)
             select a.queue_id, a.id, $12, $16, $17 from application a where $17::text is not null
             returning id, queue_id),
           moved as (
             insert into place_deltas (queue_id, submitted_at, application_id, event_id, at, step, cause)
             select t.queue_id, $12, $1, t.id, $12, $16, $17 from told t),
           entered as (
             insert into ledger_entries (handle, body)
             select entry.handle, entry.body
             from application a, unnest($18::text[], $19::text[]) with ordinality as entry (handle, body, turn) order by entry.turn),
           written as (
             insert into journal (at, actor_id, actor_role, deed, application_id, subject, request_id, facts)
             select $20, $21, $22, $23, a.id, $24, $25, $26 from application a)
           select count(*) as "inserted!" from application"#,
        new.id,
        new.number,
        new.handle,
        new.applicant,
        new.child,
        new.queue_type.as_str(),
        new.correction_type,
        new.city,
        new.district,
        new.language,
        new.birth_year,
        new.now,
        new.stage.as_str(),
        it.wishes,
        &new.salt,
        it.enters.map(Cause::step),
        it.enters.map(Cause::as_str),
        it.handles as &[Option<String>],
        it.bodies,
        it.journal.at,
        it.journal.actor,
        it.journal.role,
        it.journal.deed,
        it.journal.subject,
        it.journal.request,
        it.journal.facts
    )
    .fetch_one(conn)
    .await
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

/// The stage an application comes to.
pub struct StageChange<'a> {
    pub application: Uuid,
    pub stage: &'a Stage,
    /// The doctor's reason and words.
    pub rejection: Option<(DoctorReason, Option<&'a str>)>,
}

/// Writes stages and every column tied to them, in one statement: the constraints see a whole state.
pub async fn save_stages(
    conn: &mut PgConnection,
    changes: &[StageChange<'_>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    fn column<T>(changes: &[StageChange<'_>], value: impl Fn(&StageChange<'_>) -> T) -> Vec<T> {
        changes.iter().map(value).collect()
    }
    fn listed<'a>(change: &'a StageChange<'_>) -> Option<&'a StopListed> {
        if let Stage::OnStopList(listed) = change.stage { Some(listed) } else { None }
    }
    let enrolled_on = |change: &StageChange<'_>| match change.stage {
        Stage::Enrolled(enrolled) => Some(enrolled.on),
        _ => None,
    };
    let archived = |change: &StageChange<'_>| match change.stage {
        Stage::Archived(reason) => Some(reason.as_str().to_owned()),
        _ => None,
    };
    sqlx::query!(
        "update applications a set stage = c.stage, stage_since = $12::timestamptz, voucher_id = c.voucher, group_id = c.grp,
             contract_id = c.contract, enrolled_on = c.enrolled_on, stop_listed_on = c.stop_listed_on, return_by = c.return_by,
             archive_reason = c.archived, archived_at = case when c.archived is not null then $12::timestamptz end,
             reject_reason = c.reject_reason, reject_text = c.reject_text
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::date[], $7::date[], $8::date[], $9::text[],
                     $10::text[], $11::text[])
              as c (id, stage, voucher, grp, contract, enrolled_on, stop_listed_on, return_by, archived, reject_reason, reject_text)
         where a.id = c.id",
        &column(changes, |it| it.application),
        &column(changes, |it| it.stage.name().as_str().to_owned()),
        &column(changes, |it| it.stage.voucher()) as &[Option<Uuid>],
        &column(changes, |it| it.stage.group()) as &[Option<Uuid>],
        &column(changes, |it| it.stage.contract()) as &[Option<Uuid>],
        &column(changes, enrolled_on) as &[Option<NaiveDate>],
        &column(changes, |it| listed(it).map(|it| it.since)) as &[Option<NaiveDate>],
        &column(changes, |it| listed(it).and_then(|it| it.return_by)) as &[Option<NaiveDate>],
        &column(changes, archived) as &[Option<String>],
        &column(changes, |it| it.rejection.map(|(reason, _)| reason.as_str().to_owned())) as &[Option<String>],
        &column(changes, |it| it.rejection.and_then(|(_, text)| text).map(str::to_owned)) as &[Option<String>],
        now
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

/// The one return from the stop list is used at this moment; `None`: it is given back.
pub async fn returned(
    conn: &mut PgConnection,
    id: Uuid,
    at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update applications set returned_at = $2 where id = $1", id, at).execute(conn).await?;
    Ok(())
}

/// The child's other live applications, locked in the order of their ids. The child is locked first: no application for it
/// is submitted before this transaction ends, and one that was about to be is seen.
pub async fn lock_live_of_child(
    conn: &mut PgConnection,
    child: Uuid,
    except: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query!("select id from children where id = $1 for update", child).fetch_one(&mut *conn).await?;
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
    pub stage: Stage,
    pub queue_type: QueueType,
    pub child_name: String,
    pub submitted_at: DateTime<Utc>,
    /// Only the applicant acts; the other representative sees.
    pub own: bool,
}

/// The family's applications: its own, and those of the other representative for the same children; live ones first.
pub async fn of_family(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Summary>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.id, concat_ws(' ', c.name, c.surname) as "child_name!"
           from applications a join children c on c.id = a.child_id
           where a.applicant_id = $1 or exists (select from guardians g where g.child_id = a.child_id and g.account_id = $1)
           order by a.stage in ('enrolled', 'archived'), a.submitted_at desc, a.id"#,
        account
    )
    .fetch_all(&mut *conn)
    .await?;
    let (ids, names): (Vec<Uuid>, Vec<String>) = rows.into_iter().map(|row| (row.id, row.child_name)).unzip();
    let summary = |(case, child_name): (Case, String)| Summary {
        own: case.applicant == account,
        number: case.number,
        stage: case.stage,
        queue_type: case.queue_type,
        child_name,
        submitted_at: case.submitted_at,
    };
    Ok(load_many(conn, &ids).await?.into_iter().zip(names).map(summary).collect())
}

/// What the application page shows of the row itself.
#[derive(Debug, Clone)]
pub struct View {
    pub id: Uuid,
    pub number: String,
    /// Empty: unlinked from the ledger.
    pub public_handle: String,
    pub own: bool,
    pub stage_since: DateTime<Utc>,
    pub queue_type: String,
    pub correction_type: Option<String>,
    pub language: String,
    pub submitted_at: DateTime<Utc>,
    pub birth_year: i32,
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

#[derive(Debug, Clone)]
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
    /// How the place moved lately, the latest day first; only in the queue.
    pub moves: Vec<Step>,
    pub receipt: Receipt,
}

/// How many days back the application page tells the history of its place; a page of its own tells the rest.
const HISTORY_DAYS: u64 = 7;

/// The first day of that history.
pub fn history_from(today: NaiveDate) -> NaiveDate {
    today - Days::new(HISTORY_DAYS - 1)
}

/// For the applicant and the other representative of the child; for anybody else it is not there. This page is opened more
/// often than any other: a family that waits in the general queue costs a single statement, and what only other cases
/// have (`beside`) or only a family that moved lately has (`place::trail`) is read for them alone.
pub async fn see(
    conn: &mut PgConnection,
    number: &str,
    account: Uuid,
    today: NaiveDate,
) -> Result<Option<Seen>, sqlx::Error> {
    let first = history_from(today);
    let row = sqlx::query!(
        r#"select a.id, a.number, a.public_handle as handle, a.handle_salt as salt, a.applicant_id = $2 as "own!", a.stage, a.stage_since, a.queue_type,
                  a.correction_type, a.language, a.submitted_at, a.birth_year, a.reviewed_by, a.reject_reason, a.reject_text, a.archive_reason,
                  a.enrolled_on, a.voucher_id, a.group_id, a.contract_id, a.stop_listed_on, a.return_by,
                  concat_ws(' ', c.surname, c.name, c.patronymic) as "child_name!",
                  e.id is not null as "written!", l.number as "entry?", l.hash as "entry_hash?",
                  (l.linked_at at time zone 'Asia/Almaty')::date as linked_on,
                  coalesce(wish.names_kk, '{}') as "wishes_kk!", coalesce(wish.names_ru, '{}') as "wishes_ru!",
                  place.rank as "rank?", place.days as "days?", place.confirmed as "confirmed?", place.returned as "returned?",
                  place.voucher_issued as "voucher_issued?", place.withdrawn as "withdrawn?", place.outgrown as "outgrown?",
                  place.enrolled_elsewhere as "enrolled_elsewhere?",
                  place.fresh_at as "fresh_at?", place.fresh_id as "fresh_id?", place.fresh_cause as "fresh_cause?"
           from applications a
           join children c on c.id = a.child_id
           left join ledger_entries e on e.handle = a.public_handle
           left join ledger_links l on l.entry_id = e.id
           cross join lateral (select array_agg(k.name_kk order by w.rank) as names_kk, array_agg(k.name_ru order by w.rank) as names_ru
                               from wishes w join kindergartens k on k.id = w.kindergarten_id where w.application_id = a.id) as wish
           -- As in `db::place::trail`; not entered unless the application waits.
           left join lateral (
               select p.place as rank, y.*, x.*
               from (select a.id, a.queue_id, a.submitted_at where a.stage = 'queued' offset 0) as q
               cross join lateral queue_place(q.queue_id, q.submitted_at, q.id) as p
               cross join lateral queue_days(q.queue_id, q.submitted_at, q.id, $3, $4) as y
               cross join lateral (select array_agg(m.at) as fresh_at, array_agg(m.event_id) as fresh_id, array_agg(m.cause) as fresh_cause
                                   from place_deltas m where m.queue_id = q.queue_id
                                        and (m.submitted_at, m.application_id) < (q.submitted_at, q.id)) as x
           ) as place on true
           where a.number = $1
             and (a.applicant_id = $2 or exists (select from guardians w where w.child_id = a.child_id and w.account_id = $2))"#,
        number,
        account,
        first,
        today
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let name = StageName::parse(&row.stage).ok_or_else(|| broken("a known stage"))?;
    let waits = name == StageName::Queued;
    let beside = match waits && row.reviewed_by.is_none() && row.correction_type.is_none() {
        true => Beside::default(),
        false => beside(conn, row.id).await?,
    };
    let trail = match waits && almaty_day(row.stage_since) >= first {
        true => super::place::trail(conn, row.id, first, today).await?,
        false => TrailRow {
            rank: row.rank.unwrap_or_default(),
            waits,
            days: row.days,
            counts: [
                row.confirmed,
                row.returned,
                row.voucher_issued,
                row.withdrawn,
                row.outgrown,
                row.enrolled_elsewhere,
            ],
            fresh_at: row.fresh_at,
            fresh_id: row.fresh_id,
            fresh_cause: row.fresh_cause,
            ..TrailRow::default()
        }
        .trail()?,
    };
    let place = waits.then_some(trail.rank);
    let stage = StageRow {
        stage: &row.stage,
        voucher_id: row.voucher_id,
        group_id: row.group_id,
        contract_id: row.contract_id,
        enrolled_on: row.enrolled_on,
        stop_listed_on: row.stop_listed_on,
        return_by: row.return_by,
        archive_reason: row.archive_reason.as_deref(),
        confirm_day0: beside.confirm_day0,
        confirm_days: beside.confirm_days,
        confirm_by: beside.confirm_by,
        notice_accepted_on: beside.notice_accepted_on,
        conclude_day0: beside.conclude_day0,
        conclude_days: beside.conclude_days,
        conclude_shown: beside.conclude_shown,
        extended_at: beside.extended_at,
        rules: beside.rules.as_deref().copied(),
        pauses: &beside.pauses,
    }
    .stage()?;
    let wishes = row.wishes_kk.into_iter().zip(row.wishes_ru);
    Ok(Some(Seen {
        stage,
        moves: if waits { trail.steps(first, today) } else { Vec::new() },
        wishes: wishes.map(|(name_kk, name_ru)| WishRow { name_kk, name_ru }).collect(),
        view: View {
            id: row.id,
            number: row.number,
            public_handle: row.handle.clone().unwrap_or_default(),
            own: row.own,
            stage_since: row.stage_since,
            queue_type: row.queue_type,
            correction_type: row.correction_type,
            language: row.language,
            submitted_at: row.submitted_at,
            birth_year: row.birth_year,
            child_name: row.child_name,
            doctor_name: beside.doctor_name,
            reject_reason: row.reject_reason,
            reject_text: row.reject_text,
            archive_reason: row.archive_reason,
            enrolled_on: row.enrolled_on,
            kindergarten_kk: beside.kindergarten_kk,
            kindergarten_ru: beside.kindergarten_ru,
            group_name: beside.group_name,
            voucher_number: beside.voucher_number,
            conclusion_source: beside.conclusion_source,
            conclusion_number: beside.conclusion_number,
            conclusion_file: beside.conclusion_file,
            conclusion_file_name: beside.conclusion_file_name,
            conclusion_received_at: beside.conclusion_received_at,
            place,
        },
        receipt: Receipt {
            handle: row.handle,
            salt: row.salt,
            written: row.written,
            number: row.entry,
            hash: row.entry_hash,
            linked_on: row.linked_on,
        },
    }))
}

/// What an application has beside its own row: the doctor, the conclusion, the voucher, the kindergarten.
#[derive(Default)]
struct Beside {
    doctor_name: Option<String>,
    conclusion_source: Option<String>,
    conclusion_number: Option<String>,
    conclusion_file: Option<Uuid>,
    conclusion_file_name: Option<String>,
    conclusion_received_at: Option<DateTime<Utc>>,
    kindergarten_kk: Option<String>,
    kindergarten_ru: Option<String>,
    group_name: Option<String>,
    voucher_number: Option<String>,
    confirm_day0: Option<NaiveDate>,
    confirm_days: Option<i32>,
    confirm_by: Option<NaiveDate>,
    notice_accepted_on: Option<NaiveDate>,
    conclude_day0: Option<NaiveDate>,
    conclude_days: Option<i32>,
    conclude_shown: Option<NaiveDate>,
    extended_at: Option<DateTime<Utc>>,
    rules: Option<Json<TermRules>>,
    pauses: Json<Vec<PauseRow>>,
}

async fn beside(conn: &mut PgConnection, id: Uuid) -> Result<Beside, sqlx::Error> {
    sqlx::query_as!(
        Beside,
        r#"select case when d.id is not null then concat_ws(' ', d.surname, d.name, d.patronymic) end as doctor_name,
                  pc.source as "conclusion_source?", pc.number as "conclusion_number?", pc.file_id as "conclusion_file?",
                  f.name as "conclusion_file_name?", pc.received_at as "conclusion_received_at?",
                  k.name_kk as "kindergarten_kk?", k.name_ru as "kindergarten_ru?", g.name as "group_name?", v.number as "voucher_number?",
                  v.confirm_day0 as "confirm_day0?", v.confirm_days as "confirm_days?", v.confirm_by as "confirm_by?",
                  v.notice_accepted_on as "notice_accepted_on?", v.conclude_day0 as "conclude_day0?", v.conclude_days as "conclude_days?",
                  v.conclude_shown as "conclude_shown?", v.extended_at as "extended_at?",
                  coalesce(v.rules, case when a.stage = 'on_stop_list' then (select l.rules from vouchers l where l.application_id = a.id
                      order by l.issued_at desc limit 1) end) as "rules?: Json<TermRules>",
                  coalesce((select jsonb_agg(jsonb_build_object('from', p.from_on, 'to', p.to_on, 'why', p.why) order by p.ordinal)
                            from voucher_pauses p where p.voucher_id = v.id), '[]') as "pauses!: Json<Vec<PauseRow>>"
           from applications a
           left join accounts d on d.id = a.reviewed_by
           left join groups g on g.id = a.group_id
           left join kindergartens k on k.id = g.kindergarten_id
           left join vouchers v on v.id = a.voucher_id
           left join conclusions pc on pc.application_id = a.id
           left join files f on f.id = pc.file_id
           where a.id = $1"#,
        id
    )
    .fetch_one(conn)
    .await
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
