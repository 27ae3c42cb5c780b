//! What must hold after every deed, whoever did it and wherever a process was killed: I1–I8 of `safety.md`.
use sqlx::PgPool;

/// Every violation, by name and with its subject.
pub async fn violations(pool: &PgPool) -> Vec<String> {
    let found: Vec<(String, String)> =
        sqlx::query_as(include_str!("invariants.sql")).fetch_all(pool).await.unwrap();
    found.into_iter().map(|(name, what)| format!("{name}: {what}")).collect()
}
