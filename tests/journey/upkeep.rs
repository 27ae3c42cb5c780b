//! What is forgotten when its time is over.
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Portal, adult};

#[sqlx::test(migrations = "./migrations")]
async fn drafts_files_codes_and_form_keys_go_when_their_time_is_over(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(1)).await;
    let (draft, kept) = (portal.app.secrets.id(), portal.app.secrets.id());
    for (id, kept_until) in [(draft, Some("P1D")), (kept, None)] {
        portal.app.files.put(id, b"%PDF").await.unwrap();
        sqlx::query(
            "insert into files (id, owner_id, name, media, size, sha256, stored_at, kept_until)
             values ($1, $2, 'a.pdf', 'application/pdf', 4, sha256('a'), portal_now(), portal_now() + $3::interval)",
        )
        .bind(id)
        .bind(account)
        .bind(kept_until)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    }
    sqlx::raw_sql(
        "insert into challenges (id, purpose, visitor_hash, phone, language, asked_at, sent_at, expires_at)
         select gen_random_uuid(), 'register', 'x', '+77071234567', 'kk', t, t, t from portal_now() t;
         insert into form_keys values ('x', portal_now(), '/kk/')",
    )
    .execute(&portal.app.pool)
    .await
    .unwrap();
    let nothing = json!({ "form_keys": 0, "challenges": 0, "sessions": 0, "phone_signings": 0, "files": 0 });
    assert_eq!(portal.tick().await["forgotten"], nothing);

    portal.advance("P1DT1S").await;
    assert_eq!(portal.tick().await["forgotten"]["files"], 1);
    assert!(portal.app.files.get(draft).await.is_err() && portal.app.files.get(kept).await.is_ok());
    portal.advance("P1D").await;
    assert_eq!(portal.tick().await["forgotten"]["challenges"], 1);
    portal.advance("P30D").await;
    assert_eq!(portal.tick().await["forgotten"]["form_keys"], 1);
    assert_eq!(portal.tick().await["forgotten"], nothing);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_changed_setting_reaches_the_pages_with_the_next_tick(pool: PgPool) {
    let portal = Portal::start(pool).await;
    sqlx::raw_sql("insert into settings values ('password_again_minutes', portal_now(), 7, 'a test')")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    portal.tick().await;
    assert_eq!(portal.app.policy().password_again_minutes, 7);
}
