//! PMPK conclusions.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub async fn uploaded(
    conn: &mut PgConnection,
    application: Uuid,
    file: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into conclusions (application_id, source, file_id, received_at) values ($1, 'upload', $2, $3)",
        application,
        file,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Was the very file of this application's conclusion given for another child, too?
pub async fn is_anothers(conn: &mut PgConnection, application: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from applications a join conclusions p on p.application_id = a.id join files f on f.id = p.file_id
               join files same on same.sha256 = f.sha256 join conclusions other on other.file_id = same.id
               join applications b on b.id = other.application_id
               where a.id = $1 and b.child_id <> a.child_id) as "anothers!""#,
        application
    )
    .fetch_one(conn)
    .await
}

/// Named by its number; the registry was silent.
pub async fn awaited(conn: &mut PgConnection, application: Uuid, number: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into conclusions (application_id, source, number) values ($1, 'registry', $2)",
        application,
        number
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What the registry answered.
pub struct Fetched<'a> {
    pub number: &'a str,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    pub correction_type: &'a str,
}

pub async fn fetched(
    conn: &mut PgConnection,
    application: Uuid,
    it: &Fetched<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into conclusions (application_id, source, number, issued_on, valid_until, correction_type, received_at)
         values ($1, 'registry', $2, $3, $4, $5, $6)
         on conflict (application_id) do update set issued_on = excluded.issued_on, valid_until = excluded.valid_until,
             correction_type = excluded.correction_type, received_at = excluded.received_at",
        application,
        it.number,
        it.issued_on,
        it.valid_until,
        it.correction_type,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The registry knows no such conclusion.
pub async fn unknown(
    conn: &mut PgConnection,
    application: Uuid,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update conclusions set unknown_at = $2 where application_id = $1", application, now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn is_there(conn: &mut PgConnection, application: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from conclusions where application_id = $1 and received_at is not null) as "there!""#,
        application
    )
    .fetch_one(conn)
    .await
}

/// Is the registry's answer about this application still waited for?
pub async fn is_owed(conn: &mut PgConnection, application: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from conclusions p join applications a on a.id = p.application_id
                          where p.application_id = $1 and p.received_at is null and p.unknown_at is null
                            and a.stage = 'awaiting_review') as "owed!""#,
        application
    )
    .fetch_one(conn)
    .await
}

/// A conclusion the registry owes.
pub struct Owed {
    pub application: Uuid,
    pub applicant: Uuid,
    pub child_iin: String,
    pub number: String,
}

pub async fn owed(conn: &mut PgConnection) -> Result<Vec<Owed>, sqlx::Error> {
    sqlx::query_as!(
        Owed,
        r#"select a.id as application, a.applicant_id as applicant, c.iin as child_iin, p.number as "number!"
           from conclusions p join applications a on a.id = p.application_id join children c on c.id = a.child_id
           where p.received_at is null and p.unknown_at is null and p.source = 'registry' and a.stage = 'awaiting_review'
           order by a.submitted_at, a.id limit 200"#
    )
    .fetch_all(conn)
    .await
}

// ---- The doctor's pages. ----

#[derive(Debug, Clone)]
pub struct ReviewLine {
    pub number: String,
    pub submitted_at: DateTime<Utc>,
    pub correction_type: String,
    pub birth_on: NaiveDate,
    pub conclusion_there: bool,
}

/// «Қаралатын өтініштер», oldest first.
pub async fn to_review(
    conn: &mut PgConnection,
    from: i64,
    most: i64,
) -> Result<Vec<ReviewLine>, sqlx::Error> {
    sqlx::query_as!(
        ReviewLine,
        r#"select a.number, a.submitted_at, a.correction_type as "correction_type!", c.birth_on,
                  p.received_at is not null as "conclusion_there!"
           from applications a join children c on c.id = a.child_id left join conclusions p on p.application_id = a.id
           where a.stage = 'awaiting_review' order by a.submitted_at, a.id offset $1 limit $2"#,
        from,
        most
    )
    .fetch_all(conn)
    .await
}

pub async fn count_to_review(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from applications where stage = 'awaiting_review'"#)
        .fetch_one(conn)
        .await
}

/// What the doctor sees of a case: the conclusion beside the data, nothing more.
#[derive(Debug, Clone)]
pub struct ReviewView {
    pub id: Uuid,
    pub number: String,
    pub stage: String,
    pub submitted_at: DateTime<Utc>,
    pub correction_type: String,
    pub child_name: String,
    pub child_iin: String,
    pub birth_on: NaiveDate,
    pub sex: String,
    pub source: Option<String>,
    pub conclusion_number: Option<String>,
    pub issued_on: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
    pub conclusion_type: Option<String>,
    pub received_at: Option<DateTime<Utc>>,
    pub unknown_at: Option<DateTime<Utc>>,
    pub file_id: Option<Uuid>,
    pub file_name: Option<String>,
}

/// A case under review, or one this doctor decided not longer than `since` ago.
pub async fn review_view(
    conn: &mut PgConnection,
    number: &str,
    doctor: Uuid,
    since: DateTime<Utc>,
) -> Result<Option<ReviewView>, sqlx::Error> {
    sqlx::query_as!(
        ReviewView,
        r#"select a.id, a.number, a.stage, a.submitted_at, a.correction_type as "correction_type!",
                  concat_ws(' ', c.surname, c.name, c.patronymic) as "child_name!", c.iin as child_iin, c.birth_on, c.sex,
                  p.source as "source?", p.number as conclusion_number, p.issued_on, p.valid_until, p.correction_type as conclusion_type,
                  p.received_at, p.unknown_at, p.file_id, f.name as "file_name?"
           from applications a join children c on c.id = a.child_id
           left join conclusions p on p.application_id = a.id left join files f on f.id = p.file_id
           where a.number = $1 and a.queue_type = 'special'
             and (a.stage = 'awaiting_review' or (a.reviewed_by = $2 and a.reviewed_at > $3))"#,
        number,
        doctor,
        since
    )
    .fetch_optional(conn)
    .await
}
