//! Whether the database answers and has the tables this build expects.
use sqlx::PgConnection;

/// The migrations this build was made with.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// How many of them are done. Unchecked SQL: the table is sqlx's own and comes with the first migration.
pub async fn is_migrated(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let done: i64 =
        sqlx::query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(conn).await?;
    Ok(usize::try_from(done).unwrap_or(0) >= MIGRATIONS.iter().count())
}
