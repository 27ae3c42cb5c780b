//! A process dies between taking a text and hearing what the gateway answered (T50).
use std::time::Instant;

use sqlx::PgPool;

use super::stage::Stage;
use super::times;

#[sqlx::test(migrations = "./migrations")]
async fn a_text_whose_process_died_is_sent_by_another_under_the_same_reference(pool: PgPool) {
    let deaths = times(1, 25);
    let mut stage = Stage::open(pool).await;
    let garden = stage.garden(1, deaths as u32).await;
    let begun = Instant::now();
    for death in 1..=deaths as i64 {
        // One voucher more: one text more. The gateway takes it, and its answer is late.
        stage.families(1, &garden).await;
        stage.portal.fault("sms", "slow").await;
        stage.start_processes().await;
        tokio::select! {
            _ = stage.tick(0) => {}
            () = stage.until("sandbox.messages where reference like 'notice.%'", death) => {}
        }
        stage.close().await;
        assert_eq!(stage.count("notices where state = 'queued' and attempts > 0").await, 1);
        stage.portal.fault("sms", "ok").await;
        stage.start_processes().await;
        assert!(stage.tick(0).await && stage.tick(1).await);
        assert_eq!(stage.count("notices where state = 'queued'").await, 1, "the dead one's time is not over");
        stage.portal.advance("PT6M").await;
        assert!(stage.tick(0).await && stage.tick(1).await);
        assert_eq!(stage.count("notices where state in ('sent', 'delivered')").await, death);
        assert_eq!(stage.count("sandbox.messages where reference like 'notice.%'").await, death);
        stage.close().await;
    }
    stage.nothing_is_violated().await;
    println!(
        "a text whose process died: {deaths} times, {deaths} texts, in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}
