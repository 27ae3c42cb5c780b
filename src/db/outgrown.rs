//! Children who come to school age while they wait: whom to warn.
use sqlx::PgConnection;
use uuid::Uuid;

/// Takes so many live applications of a birth year that had fewer warnings, and marks them as warned: whatever takes them
/// at the same time takes others.
pub async fn take(
    conn: &mut PgConnection,
    birth_year: i32,
    warning: i32,
    at_once: i64,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "update applications a set outgrown_warned = $2
         from (select id from applications where stage not in ('enrolled', 'archived') and birth_year = $1 and outgrown_warned < $2
               order by id limit $3 for update skip locked) due
         where a.id = due.id returning a.id, a.applicant_id",
        birth_year,
        warning,
        at_once
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.applicant_id)).collect())
}
