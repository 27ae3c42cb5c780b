//! Two rounds at once, families that withdraw meanwhile, processes that are killed in the middle (T24, T50).
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::PgPool;

use super::stage::{Stage, pause};
use super::times;

const FAMILIES: usize = 12;
const PLACES: u32 = 7;

#[sqlx::test(migrations = "./migrations")]
async fn two_rounds_at_once_issue_to_the_heads_and_to_nobody_twice(pool: PgPool) {
    let (rounds, kills) = (times(5, 100), times(1, 20));
    let mut chance = StdRng::seed_from_u64(24);
    let mut stage = Stage::open(pool).await;
    let garden = stage.garden(1, 1).await;
    stage.families(1, &garden).await;
    stage.start_processes().await;
    let begun = Instant::now();
    let (mut killed, mut withdrawn) = (0, 0);
    for round in 0..rounds {
        let families = stage.families(FAMILIES, &garden).await;
        let leaving = [families[0].clone(), families[FAMILIES / 2].clone()];
        let mut sessions = Vec::new();
        for family in &leaving {
            sessions.push(stage.session(family.account).await);
        }
        stage.add_places(garden.id, PLACES).await;
        let kill = round % (rounds / kills).max(1) == 0 && killed < kills;
        let delay = Duration::from_millis(chance.random_range(0..120));
        let withdrawals = join_all(leaving.iter().zip(&sessions).map(|(family, session)| {
            let (stage, path) = (&stage, format!("/kk/applications/{}/withdraw", family.number));
            // To the process that is not killed.
            async move { stage.press(1, session, &path, &[]).await }
        }));
        let (_, _, statuses, ()) = tokio::join!(stage.tick(0), stage.tick(1), withdrawals, async {
            if kill {
                pause(delay).await;
                // By its own number, as nobody else's.
                stage.processes[0].kill_now();
            }
        });
        assert_eq!(statuses, [303, 303], "{:#?}", stage.processes[1].troubles());
        withdrawn += statuses.len();
        if kill {
            stage.restart(0).await;
            killed += 1;
        }
        assert!(stage.tick(1).await);
        stage.nothing_is_violated().await;
        the_round_was_just(&stage).await;
    }
    assert_eq!(killed, kills);
    let issued = stage.count("vouchers").await;
    stage.close().await;
    println!(
        "two rounds at once: {rounds} times, {killed} processes killed, {withdrawn} withdrawals, {issued} vouchers, in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}

/// As many vouchers as places, to those in front.
async fn the_round_was_just(stage: &Stage) {
    let out = stage.count("vouchers where ended_at is null").await;
    let free = stage.number("select sum(capacity - enrolled - held) from groups").await;
    let waiting = stage.count("applications where stage = 'queued'").await;
    assert!(out <= free, "{out} vouchers for {free} places");
    assert!(out == free || waiting == 0, "{waiting} wait before {} free places", free - out);
    let overtaken = stage
        .number(
            "select count(*) from applications a where a.stage = 'queued' and exists (
                 select from vouchers v join applications b on b.id = v.application_id
                 where b.queue_id = a.queue_id and (b.submitted_at, b.id) > (a.submitted_at, a.id))",
        )
        .await;
    assert_eq!(overtaken, 0, "families were overtaken");
}
