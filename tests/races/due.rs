//! The end of a term: who confirms in the last millisecond, and two sweeps over a thousand (T26, T51).
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::PgPool;

use super::stage::{Stage, pause};
use super::times;

/// The midnight in Almaty (UTC+5) with which this day ends.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    let almaty = FixedOffset::east_opt(5 * 3600).unwrap();
    let next = (day + Days::new(1)).and_time(NaiveTime::MIN);
    almaty.from_local_datetime(&next).unwrap().to_utc()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_voucher_is_confirmed_or_lapses_and_never_both(pool: PgPool) {
    let families_in_all = times(20, 500);
    let mut chance = StdRng::seed_from_u64(26);
    let mut stage = Stage::open(pool).await;
    let garden = stage.garden(1, families_in_all as u32).await;
    let families = stage.families(families_in_all, &garden).await;
    stage.vouchers().await;
    // One family a day: each has a midnight of its own.
    let first = NaiveDate::from_ymd_opt(2026, 12, 20).unwrap();
    for (family, n) in families.iter().zip(0..) {
        sqlx::query("update vouchers v set confirm_by = $2 from applications a where a.voucher_id = v.id and a.number = $1")
            .bind(&family.number)
            .bind(first + Days::new(n))
            .execute(&stage.pool)
            .await
            .unwrap();
    }
    stage.start_processes().await;
    let begun = Instant::now();
    let (mut confirmed, mut lapsed) = (0, 0);
    for (family, n) in families.iter().zip(0..) {
        let midnight = end_of(first + Days::new(n));
        stage.set_clock(midnight - chrono::Duration::seconds(20)).await;
        let session = stage.session(family.account).await;
        let path = format!("/kk/applications/{}/voucher/confirm", family.number);
        let (early, late) = (chance.random_range(0..80), chance.random_range(0..80));
        stage.set_clock(midnight - chrono::Duration::milliseconds(40)).await;
        let (status, swept) = tokio::join!(
            async {
                pause(Duration::from_millis(early)).await;
                stage.press(0, &session, &path, &[]).await
            },
            async {
                pause(Duration::from_millis(late)).await;
                stage.tick(1).await
            }
        );
        assert!(swept);
        stage.set_clock(midnight + chrono::Duration::seconds(1)).await;
        assert!(stage.tick(1).await);
        let deeds = async |deed: &str| {
            stage.count(&format!("journal j join applications a on a.id = j.application_id where a.number = '{}' and j.deed = '{deed}'", family.number)).await
        };
        let outcome = (
            status,
            stage.stage_of(&family.number).await,
            deeds("confirm_interest").await,
            deeds("lapse").await,
        );
        match (outcome.0, outcome.1.as_str(), outcome.2, outcome.3) {
            (303, "voucher_confirmed", 1, 0) => confirmed += 1,
            (409, "on_stop_list", 0, 1) => lapsed += 1,
            _ => panic!("family {n}: {outcome:?}"),
        }
        let moments = format!(
            "vouchers v join applications a on a.id = v.application_id where a.number = '{}'
            and (v.confirmed_at >= '{midnight}' or (v.confirmed_at is null and v.ended_at < '{midnight}'))",
            family.number
        );
        assert_eq!(stage.count(&moments).await, 0, "on the wrong side of midnight");
        stage.nothing_is_violated().await;
    }
    assert_eq!(confirmed + lapsed, families_in_all);
    stage.close().await;
    println!(
        "confirm against the sweep: {families_in_all} midnights, {confirmed} confirmed, {lapsed} lapsed, in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn two_processes_sweep_a_thousand_and_tell_each_once(pool: PgPool) {
    const DUE: i64 = 1_000;
    let mut stage = Stage::open(pool).await;
    let garden = stage.garden(1, DUE as u32).await;
    stage.families(DUE as usize, &garden).await;
    stage.vouchers().await;
    assert_eq!(stage.count("applications where stage = 'voucher_issued'").await, DUE);
    // No family is left that could get a voucher, and texts leave on a working day.
    stage.set_clock("2026-12-18T10:00:00+05:00".parse().unwrap()).await;
    let begun = Instant::now();
    stage.start_processes().await;
    let _ = tokio::join!(stage.tick(0), stage.tick(1));
    stage.until("journal where deed = 'lapse'", DUE).await;
    // A text that the gateway did not answer in time is tried again after minutes: they pass.
    let sent = "notices where notice->>'kind' = 'voucher_lapsed' and state in ('sent', 'delivered')";
    stage.until("notices where notice->>'kind' = 'voucher_lapsed' and attempts > 0", DUE).await;
    let mut tries = 0;
    while stage.count(sent).await < DUE && tries < 10 {
        tries += 1;
        stage.portal.advance("PT6M").await;
        let _ = tokio::join!(stage.tick(0), stage.tick(1));
    }
    assert_eq!(stage.count(sent).await, DUE);
    assert_eq!(stage.count("applications where stage = 'on_stop_list'").await, DUE);
    assert_eq!(stage.count("journal where deed = 'lapse'").await, DUE);
    assert_eq!(
        stage.number("select count(distinct application_id) from journal where deed = 'lapse'").await,
        DUE
    );
    assert_eq!(stage.count("notices where notice->>'kind' = 'voucher_lapsed'").await, DUE);
    assert_eq!(stage.count("sandbox.messages where reference like 'notice.%'").await, DUE);
    // What came again came under its own reference, after a try that had no answer.
    let again = stage.number("select coalesce(sum(attempts - 1), 0) from notices where attempts > 1").await;
    assert!(stage.count("sandbox.repeats").await <= again, "a text was sent twice");
    stage.nothing_is_violated().await;
    stage.close().await;
    println!(
        "two sweeps over {DUE}: {DUE} transitions, {DUE} texts, none twice ({again} tries had no answer), in {:.1} s",
        begun.elapsed().as_secs_f32()
    );
}
