//! One signature of each side, whatever dies and whoever presses at once: two processes on one contract.
use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::stage::Stage;

#[sqlx::test(migrations = "./migrations")]
async fn a_process_killed_between_receipt_and_commit_has_signed_nothing(pool: PgPool) {
    let mut stage = Stage::open(pool.clone()).await;
    let garden = stage.portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = stage.portal.head(&garden).await;
    let mut family = stage.portal.family(2, "autism").await;
    family.applies_generally(&[&garden]).await;
    stage.portal.tick().await;
    family.confirms().await;
    family.chooses(&garden).await;
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    let text = family.contract().await;
    let cms = BASE64_STANDARD.encode(stage.portal.sign(&family.parent, None, "sign", &text).await);
    let shown = hex::encode(Sha256::digest(&text));
    let session = stage.session(family.account).await;
    stage.start_processes().await;
    let path = format!("/kk/applications/{}/contract/sign", family.number);
    let fields = [("signature", cms.as_str()), ("shown", shown.as_str())];

    // The first process has taken the signature and waits for the case; then it dies.
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select 1 from applications where number = $1 for update")
        .bind(&family.number)
        .execute(&mut *held)
        .await
        .unwrap();
    let (status, ()) = tokio::join!(stage.press(0, &session, &path, &fields), async {
        let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() < 1 {
            tokio::task::yield_now().await;
        }
        stage.processes[0].kill_now();
    });
    assert_eq!(status, 0, "no answer came");
    held.commit().await.unwrap();
    stage.processes[0].ended().await;
    assert_eq!(stage.count("contracts where parent_cms is not null").await, 0);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_parent_signature");

    // The same signature again, by both processes at once: one takes it.
    stage.restart(0).await;
    let (one, two) =
        tokio::join!(stage.press(0, &session, &path, &fields), stage.press(1, &session, &path, &fields));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{:#?}", stage.processes[1].troubles());
    assert_eq!(stage.count("journal where deed = 'sign_as_parent'").await, 1);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_kindergarten_signature");
    stage.close().await;
}
