//! The last place, and the one child.
use std::time::Instant;

use futures_util::future::join_all;
use sqlx::PgPool;

use super::stage::Stage;
use super::times;

/// T22: forty parents choose one place.
#[sqlx::test(migrations = "./migrations")]
async fn the_last_place_has_one_winner(pool: PgPool) {
    const PARENTS: usize = 40;
    let rounds = times(3, 100);
    let mut stage = Stage::open(pool).await;
    let (large, small) = (stage.garden(1, PARENTS as u32).await, stage.garden(2, 1).await);
    let families = stage.families(PARENTS, &large).await;
    stage.vouchers().await;
    stage.confirm_all(&families).await;
    stage.start_processes().await;
    let mut sessions = Vec::new();
    for family in &families {
        sessions.push(stage.session(family.account).await);
    }
    let last = small.groups[0].to_string();
    let begun = Instant::now();
    let mut told = 0;
    for round in 0..rounds {
        let presses = families.iter().zip(&sessions).enumerate().map(|(n, (family, session))| {
            let (stage, last) = (&stage, last.as_str());
            let path = format!("/kk/applications/{}/choose", family.number);
            async move { stage.press((n + round) % 2, session, &path, &[("group", last)]).await }
        });
        let statuses = join_all(presses).await;
        let winners: Vec<usize> = (0..PARENTS).filter(|n| statuses[*n] == 303).collect();
        assert_eq!(winners.len(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), PARENTS - 1, "{statuses:?}");
        told += PARENTS - 1;
        assert_eq!(
            stage.number("select (capacity - enrolled - held)::bigint from groups where capacity = 1").await,
            0
        );
        assert_eq!(stage.number("select sum(capacity) from groups").await, PARENTS as i64 + 1);
        assert_eq!(stage.count("applications where stage = 'voucher_confirmed'").await, PARENTS as i64 - 1);
        assert_eq!(stage.count("vouchers where ended_at is null").await, PARENTS as i64);
        stage.nothing_is_violated().await;
        // The winner takes its choice back: the place is the last one again.
        let back = format!("/kk/applications/{}/take-back", families[winners[0]].number);
        assert_eq!(stage.press(round % 2, &sessions[winners[0]], &back, &[]).await, 303);
    }
    stage.close().await;
    println!(
        "the last place: {rounds} rounds, {rounds} winners, {told} losers told, in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}

/// T23: two parents, two browsers each, two processes, one child.
#[sqlx::test(migrations = "./migrations")]
async fn a_child_has_one_live_application(pool: PgPool) {
    let children = times(10, 200);
    let mut stage = Stage::open(pool).await;
    let garden = stage.garden(1, 1).await;
    // Nobody gets the place meanwhile.
    let before = stage.families(1, &garden).await;
    stage.vouchers().await;
    assert_eq!(stage.stage_of(&before[0].number).await, "voucher_issued");
    let parents = stage.accounts(2).await;
    let ids = stage.children(&vec![parents.clone(); children]).await;
    stage.start_processes().await;
    let mut browsers = Vec::new();
    for browser in 0..4 {
        browsers.push(stage.session(parents[browser % 2]).await);
    }
    let wish = garden.id.to_string();
    let begun = Instant::now();
    for child in &ids {
        let id = child.to_string();
        let presses = browsers.iter().enumerate().map(|(n, browser)| {
            let (stage, id, wish) = (&stage, id.as_str(), wish.as_str());
            let fields = [
                ("queue_type", "general"),
                ("child", id),
                ("language", "kk"),
                ("wish_1", wish),
                ("consent", "yes"),
            ];
            async move { stage.press(n / 2, browser, "/kk/applications/new", &fields).await }
        });
        let mut statuses = join_all(presses).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409, 409, 409]);
        assert_eq!(stage.count(&format!("applications where child_id = '{id}'")).await, 1);
    }
    stage.nothing_is_violated().await;
    stage.close().await;
    println!(
        "one child, two parents: {children} children, {children} applications, in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}
