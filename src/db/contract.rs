//! Contracts: what was sent, filled in, frozen and signed.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub struct NewContract<'a> {
    pub id: Uuid,
    pub application: Uuid,
    pub voucher: Uuid,
    pub group: Uuid,
    pub number: &'a str,
    pub template_version: &'a str,
    pub starts_on: NaiveDate,
    pub parent_fee: i32,
    pub now: DateTime<Utc>,
}

pub async fn insert(conn: &mut PgConnection, new: NewContract<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into contracts (id, application_id, voucher_id, group_id, number, template_version, starts_on, parent_fee, sent_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.application,
        new.voucher,
        new.group,
        new.number,
        new.template_version,
        new.starts_on,
        new.parent_fee,
        new.now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The cases went on without these contracts.
pub async fn void_many(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update contracts set voided_at = $2, void_reason = 'left' where id = any($1) and voided_at is null",
        ids,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything the text of the contract speaks of.
#[derive(Debug, Clone)]
pub struct Parties {
    pub number: String,
    pub version: i32,
    pub sent_at: DateTime<Utc>,
    pub starts_on: NaiveDate,
    pub parent_fee: i32,
    pub city: String,
    pub kindergarten_kk: String,
    pub kindergarten_ru: String,
    pub bin: String,
    pub kindergarten_address_kk: String,
    pub kindergarten_address_ru: String,
    pub head_name: String,
    pub kindergarten_phone: String,
    pub group_name: String,
    pub language: String,
    pub parent_name: String,
    pub parent_iin: String,
    pub parent_phone: Option<String>,
    pub child_name: String,
    pub child_iin: String,
    pub child_birth_on: NaiveDate,
    pub voucher_number: String,
    pub voucher_issued_at: DateTime<Utc>,
}

pub async fn parties(conn: &mut PgConnection, id: Uuid) -> Result<Parties, sqlx::Error> {
    sqlx::query_as!(
        Parties,
        r#"select t.number, t.version, t.sent_at, t.starts_on, t.parent_fee, k.city, k.name_kk as kindergarten_kk, k.name_ru as kindergarten_ru, k.bin,
                  k.address_kk as kindergarten_address_kk, k.address_ru as kindergarten_address_ru, k.head_name, k.phone as kindergarten_phone,
                  g.name as group_name, g.language,
                  concat_ws(' ', p.surname, p.name, p.patronymic) as "parent_name!", p.iin as parent_iin, p.phone as parent_phone,
                  concat_ws(' ', c.surname, c.name, c.patronymic) as "child_name!", c.iin as child_iin, c.birth_on as child_birth_on,
                  v.number as voucher_number, v.issued_at as voucher_issued_at
           from contracts t join applications a on a.id = t.application_id join accounts p on p.id = a.applicant_id
           join children c on c.id = a.child_id join groups g on g.id = t.group_id join kindergartens k on k.id = g.kindergarten_id
           join vouchers v on v.id = t.voucher_id
           where t.id = $1"#,
        id
    )
    .fetch_one(conn)
    .await
}

/// The text is frozen: its bytes, their hash, and by which template they were made.
pub async fn freeze(
    conn: &mut PgConnection,
    id: Uuid,
    address: &str,
    template: &str,
    pdf: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update contracts set parent_address = $2, template_version = $3, pdf = $4, pdf_sha256 = sha256($4), filled_at = $5
         where id = $1 and pdf is null",
        id,
        address,
        template,
        pdf,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn attach(conn: &mut PgConnection, id: Uuid, kind: &str, file: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into contract_documents (contract_id, kind, file_id) values ($1, $2, $3)
         on conflict (contract_id, kind) do update set file_id = excluded.file_id",
        id,
        kind,
        file
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn detach(conn: &mut PgConnection, id: Uuid, kind: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from contract_documents where contract_id = $1 and kind = $2", id, kind)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn parent_signed(
    conn: &mut PgConnection,
    id: Uuid,
    cms: &[u8],
    verdict: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update contracts set parent_cms = $2, parent_verdict = $3, parent_signed_at = $4 where id = $1",
        id,
        cms,
        verdict,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn kindergarten_signed(
    conn: &mut PgConnection,
    id: Uuid,
    cms: &[u8],
    verdict: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update contracts set kindergarten_cms = $2, kindergarten_verdict = $3, kindergarten_signed_at = $4 where id = $1",
        id,
        cms,
        verdict,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A contract as its pages show it.
#[derive(Debug, Clone)]
pub struct ContractRow {
    pub id: Uuid,
    pub application: Uuid,
    pub applicant: Uuid,
    pub number: String,
    pub version: i32,
    pub starts_on: NaiveDate,
    pub parent_fee: i32,
    pub sent_at: DateTime<Utc>,
    pub parent_address: Option<String>,
    pub filled_at: Option<DateTime<Utc>>,
    pub pdf_sha256: Option<Vec<u8>>,
    pub parent_signed_at: Option<DateTime<Utc>>,
    pub kindergarten_signed_at: Option<DateTime<Utc>>,
    pub kindergarten_kk: String,
    pub kindergarten_ru: String,
    pub bin: String,
}

/// The open contract of an application.
pub async fn of_application(
    conn: &mut PgConnection,
    application: Uuid,
) -> Result<Option<ContractRow>, sqlx::Error> {
    sqlx::query_as!(
        ContractRow,
        "select t.id, t.application_id as application, a.applicant_id as applicant, t.number, t.version, t.starts_on, t.parent_fee, t.sent_at,
                t.parent_address, t.filled_at, t.pdf_sha256, t.parent_signed_at, t.kindergarten_signed_at,
                k.name_kk as kindergarten_kk, k.name_ru as kindergarten_ru, k.bin
         from contracts t join applications a on a.id = t.application_id join groups g on g.id = t.group_id
         join kindergartens k on k.id = g.kindergarten_id
         where t.application_id = $1 and t.voided_at is null",
        application
    )
    .fetch_optional(conn)
    .await
}

pub async fn address(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select parent_address from contracts where id = $1", id).fetch_one(conn).await
}

pub async fn pdf(conn: &mut PgConnection, id: Uuid) -> Result<Option<Vec<u8>>, sqlx::Error> {
    Ok(sqlx::query_scalar!("select pdf from contracts where id = $1", id)
        .fetch_optional(conn)
        .await?
        .flatten())
}

#[derive(Debug, Clone)]
pub struct AttachedDocument {
    pub kind: String,
    pub file: Uuid,
    pub name: String,
    pub sha256: Vec<u8>,
    /// As the family's wallet, or the application's conclusion, knows them.
    pub issued_on: Option<NaiveDate>,
    pub expires_on: Option<NaiveDate>,
}

/// In the order of the form (`rules::document::DocumentKind::ALL`).
pub async fn documents(conn: &mut PgConnection, id: Uuid) -> Result<Vec<AttachedDocument>, sqlx::Error> {
    sqlx::query_as!(
        AttachedDocument,
        r#"select d.kind, f.id as file, f.name, f.sha256, known.issued_on as "issued_on?", known.expires_on as "expires_on?"
           from contract_documents d join files f on f.id = d.file_id
           left join lateral (
               select p.issued_on, p.expires_on, 0 as turn from papers p where p.file_id = f.id and p.kind = d.kind
               union all
               select c.issued_on, c.valid_until, 1 from conclusions c where c.file_id = f.id
               order by turn limit 1) as known on true
           where d.contract_id = $1
           order by array_position(array['form_027', 'birth_certificate', 'parent_id', 'form_052_2', 'form_065'], d.kind) nulls last"#,
        id
    )
    .fetch_all(conn)
    .await
}

/// A paper the portal holds and offers for a contract.
#[derive(Debug, Clone)]
pub struct HeldDocument {
    pub kind: String,
    pub file: Uuid,
    pub name: String,
    pub expires_on: Option<NaiveDate>,
}

/// Whose papers, and for which contract.
#[derive(Debug, Clone, Copy)]
pub struct Whose {
    pub applicant: Uuid,
    pub child: Uuid,
    pub contract: Uuid,
}

/// Papers of this family the portal already holds, one of each kind: that of the wallet, else the newest that was
/// handed in. None that is out of date, none that was sent back.
pub async fn held_documents(
    conn: &mut PgConnection,
    whose: Whose,
    today: NaiveDate,
) -> Result<Vec<HeldDocument>, sqlx::Error> {
    sqlx::query_as!(
        HeldDocument,
        r#"select distinct on (kind) kind as "kind!", file as "file!", name as "name!", expires_on as "expires_on?" from (
               select p.kind, f.id as file, f.name, f.stored_at, p.expires_on, 0 as turn from papers p join files f on f.id = p.file_id
               where p.account_id = $1 and (p.child_id = $2 or p.child_id is null)
               union all
               select d.kind, f.id as file, f.name, f.stored_at, null, 1 from contract_documents d
               join files f on f.id = d.file_id join contracts t on t.id = d.contract_id join applications a on a.id = t.application_id
               where f.owner_id = $1 and a.child_id = $2
               union all
               select 'pmpk_conclusion', f.id, f.name, f.stored_at, c.valid_until, 1 from conclusions c
               join files f on f.id = c.file_id join applications a on a.id = c.application_id
               where f.owner_id = $1 and a.child_id = $2
           ) as held
           where (expires_on is null or expires_on >= $4)
             and file not in (select r.file_id from paper_returns r where r.contract_id = $3 and r.file_id is not null)
           order by kind, turn, stored_at desc"#,
        whose.applicant,
        whose.child,
        whose.contract,
        today
    )
    .fetch_all(conn)
    .await
}

/// Why this kindergarten declined this application for good.
pub async fn declined_for_good(
    conn: &mut PgConnection,
    application: Uuid,
    kindergarten: Uuid,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select reason from declines where application_id = $1 and kindergarten_id = $2 and final limit 1",
        application,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}

pub async fn decline(
    conn: &mut PgConnection,
    application: Uuid,
    kindergarten: Uuid,
    reason: &str,
    is_final: bool,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into declines (application_id, kindergarten_id, reason, declined_at, final) values ($1, $2, $3, $4, $5)",
        application,
        kindergarten,
        reason,
        now,
        is_final
    )
    .execute(conn)
    .await?;
    Ok(())
}

// ---- The kindergarten's pages. ----

#[derive(Debug, Clone)]
pub struct FamilyLine {
    pub number: String,
    pub stage: String,
    pub stage_since: DateTime<Utc>,
    /// When the step of the stage began; nothing while a signature waits for its check.
    pub step_since: Option<DateTime<Utc>>,
    /// Whose signature waits for its check.
    pub waiting: Option<String>,
    pub child_name: String,
    pub birth_on: NaiveDate,
    pub group_name: String,
    /// Working days of each step of the kindergarten's, by the rules of the voucher.
    pub step_days: i32,
}

/// The families a kindergarten has before it: those who chose it, oldest first, then those enrolled.
pub async fn families(conn: &mut PgConnection, kindergarten: Uuid) -> Result<Vec<FamilyLine>, sqlx::Error> {
    sqlx::query_as!(
        FamilyLine,
        r#"select a.number, a.stage, a.stage_since, step_since(v.id, a.stage_since),
                  (select s.party from signature_checks s where s.contract_id = a.contract_id and s.state = 'waiting'
                   order by s.received_at desc limit 1) as "waiting?",
                  concat_ws(' ', c.surname, c.name) as "child_name!", c.birth_on, g.name as group_name,
                  (v.rules ->> 'kindergarten_step_days')::int as "step_days!"
           from applications a join groups g on g.id = a.group_id join children c on c.id = a.child_id join vouchers v on v.id = a.voucher_id
           where g.kindergarten_id = $1
           order by a.stage = 'enrolled', a.stage_since, a.id limit 300"#,
        kindergarten
    )
    .fetch_all(conn)
    .await
}

#[derive(Debug, Clone)]
pub struct FamilyView {
    pub id: Uuid,
    pub number: String,
    pub stage: String,
    /// When the step of the stage began; nothing while a signature waits for its check.
    pub step_since: Option<DateTime<Utc>>,
    pub child_name: String,
    pub child_iin: String,
    pub birth_on: NaiveDate,
    pub parent_name: String,
    pub parent_phone: Option<String>,
    pub group_name: String,
    pub voucher_number: String,
    /// Working days of each step of the kindergarten's, by the rules of the voucher.
    pub step_days: i32,
}

/// A family that chose this kindergarten; any other is not there.
pub async fn family(
    conn: &mut PgConnection,
    number: &str,
    kindergarten: Uuid,
) -> Result<Option<FamilyView>, sqlx::Error> {
    sqlx::query_as!(
        FamilyView,
        r#"select a.id, a.number, a.stage, step_since(v.id, a.stage_since),
                  concat_ws(' ', c.surname, c.name, c.patronymic) as "child_name!", c.iin as child_iin,
                  c.birth_on, concat_ws(' ', p.surname, p.name, p.patronymic) as "parent_name!", p.phone as parent_phone,
                  g.name as group_name, v.number as voucher_number, (v.rules ->> 'kindergarten_step_days')::int as "step_days!"
           from applications a join groups g on g.id = a.group_id join children c on c.id = a.child_id
           join accounts p on p.id = a.applicant_id join vouchers v on v.id = a.voucher_id
           where a.number = $1 and g.kindergarten_id = $2"#,
        number,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}
