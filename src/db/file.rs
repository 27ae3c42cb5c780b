//! Rows of files; their bytes are in the file store.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct FileRow {
    pub id: Uuid,
    pub name: String,
    pub media: String,
    pub size: i64,
    pub stored_at: DateTime<Utc>,
}

pub struct NewFile<'a> {
    pub id: Uuid,
    pub owner: Uuid,
    pub name: &'a str,
    pub media: &'a str,
    pub size: i64,
    pub sha256: &'a [u8],
    pub now: DateTime<Utc>,
    pub kept_until: DateTime<Utc>,
}

pub async fn insert(conn: &mut PgConnection, new: NewFile<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into files (id, owner_id, name, media, size, sha256, stored_at, kept_until) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.owner,
        new.name,
        new.media,
        new.size,
        new.sha256,
        new.now,
        new.kept_until
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A file of this person that is still kept.
pub async fn own(
    conn: &mut PgConnection,
    id: Uuid,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        "select id, name, media, size, stored_at from files where id = $1 and owner_id = $2 and (kept_until is null or kept_until > $3)",
        id,
        owner,
        now
    )
    .fetch_optional(conn)
    .await
}

/// The file belongs to a case from now on.
pub async fn keep(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("update files set kept_until = null where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Nobody needs the file any more, unless a case or a wallet has it too: swept from now on.
pub async fn release(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update files set kept_until = $2 where id = $1 and not exists (select from contract_documents where file_id = $1)
         and not exists (select from conclusions where file_id = $1) and not exists (select from papers where file_id = $1)
         and not exists (select from paper_returns where file_id = $1)",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The moment of a recovery by SMS alone, if stored files are still closed because of it.
pub async fn closed_since(
    conn: &mut PgConnection,
    owner: Uuid,
    after: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let recovered =
        sqlx::query_scalar!("select recovered_at from accounts where id = $1", owner).fetch_one(conn).await?;
    Ok(recovered.filter(|at| *at > after))
}

/// The conclusion's file of an application.
pub async fn of_conclusion(
    conn: &mut PgConnection,
    application: Uuid,
) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        "select f.id, f.name, f.media, f.size, f.stored_at from files f join conclusions c on c.file_id = f.id where c.application_id = $1",
        application
    )
    .fetch_optional(conn)
    .await
}

/// A paper attached to a contract.
pub async fn of_contract(
    conn: &mut PgConnection,
    contract: Uuid,
    kind: &str,
) -> Result<Option<FileRow>, sqlx::Error> {
    sqlx::query_as!(
        FileRow,
        "select f.id, f.name, f.media, f.size, f.stored_at from files f join contract_documents d on d.file_id = f.id
         where d.contract_id = $1 and d.kind = $2",
        contract,
        kind
    )
    .fetch_optional(conn)
    .await
}
