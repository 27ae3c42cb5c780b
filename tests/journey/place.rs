//! The place in the queue: exact whoever joins and leaves meanwhile, and every move told with causes that add up.
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use balabaqsha::db;
use balabaqsha::db::queue_event::Move;
use balabaqsha::domain::place;
use balabaqsha::rules::deadline::almaty_day;
use balabaqsha::rules::queue_event::Cause;
use chrono::{DateTime, Duration, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::support::Portal;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

fn start() -> DateTime<Utc> {
    "2026-11-02T04:00:00Z".parse().unwrap()
}

/// Applications that wait for the doctor, submitted at random moments of one day, some at the same one. In their order.
async fn applications(pool: &PgPool, many: i32) -> (i32, Vec<Uuid>) {
    sqlx::raw_sql(
        "insert into queues (city, queue_type, correction_type) values ('almaty', 'special', 'autism')",
    )
    .execute(pool)
    .await
    .unwrap();
    let queue = sqlx::query_scalar("select id from queues").fetch_one(pool).await.unwrap();
    sqlx::query(
        "with people as (
             insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
             select gen_random_uuid(), lpad(n::text, 12, '0'), 'А', 'Б', 'f', '1992-03-04', 'kk', $3 from generate_series(1, $2) n returning id, iin),
         kids as (
             insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
             select gen_random_uuid(), '6' || lpad(n::text, 11, '0'), 'А', 'Б', 'm', '2022-03-04', 'medeu', $3 from generate_series(1, $2) n returning id, iin)
         insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district,
                                   language, birth_year, submitted_at, consented_at, stage, stage_since)
         select gen_random_uuid(), 'N' || p.line, 'H' || p.line, p.id, k.id, $1, 'special', 'autism', 'almaty', 'medeu', 'kk', 2022, at, at, 'awaiting_review', at
         from (select id, row_number() over (order by iin) as line from people) p
         join (select id, row_number() over (order by iin) as line from kids) k using (line)
         cross join lateral (select $3::timestamptz + (p.line * 7919 % 600) * interval '1 second' as at) moment",
    )
    .bind(queue)
    .bind(many)
    .bind(start())
    .execute(pool)
    .await
    .unwrap();
    let all = sqlx::query_scalar("select id from applications order by submitted_at, id")
        .fetch_all(pool)
        .await
        .unwrap();
    (queue, all)
}

/// The stage and its event, in one transaction, as a deed does it.
async fn moves(conn: &mut PgConnection, applications: &[Uuid], cause: Cause, at: DateTime<Utc>) {
    let columns = match cause {
        Cause::Confirmed | Cause::Returned | Cause::Submitted => "stage = 'queued', stop_listed_on = null",
        Cause::VoucherIssued => "stage = 'on_stop_list', stop_listed_on = '2026-12-01'",
        _ => "stage = 'archived', archive_reason = 'withdrawn', archived_at = now()",
    };
    sqlx::query(sqlx::AssertSqlSafe(format!("update applications set {columns} where id = any($1)")))
        .bind(applications)
        .execute(&mut *conn)
        .await
        .unwrap();
    let standing: Vec<(Uuid, i32, DateTime<Utc>)> =
        sqlx::query_as("select id, queue_id, submitted_at from applications where id = any($1)")
            .bind(applications)
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    let moves: Vec<Move> = standing
        .into_iter()
        .map(|(application, queue, submitted_at)| Move { application, queue, submitted_at, cause })
        .collect();
    db::queue_event::record_many(conn, &moves, at).await.unwrap();
}

/// Places that are not what counting says: one statement, one snapshot.
async fn wrong(conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from (select queue_id, submitted_at, id, row_number() over (partition by queue_id order by submitted_at, id) as line
                               from applications where stage = 'queued') w
         cross join lateral queue_place(w.queue_id, w.submitted_at, w.id) p where p.place <> w.line",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

/// What a family may do next.
fn next(last: Option<Cause>, dice: &mut Dice) -> Option<Cause> {
    match last {
        None => Some(Cause::Confirmed),
        Some(Cause::VoucherIssued) => Some(Cause::Returned),
        Some(Cause::Confirmed | Cause::Returned | Cause::Submitted) => Some(
            [
                Cause::VoucherIssued,
                Cause::VoucherIssued,
                Cause::VoucherIssued,
                Cause::Withdrawn,
                Cause::Outgrown,
            ][dice.throw(5)],
        ),
        Some(_) => None,
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn places_are_exact_and_every_move_adds_up_over_random_histories(pool: PgPool) {
    let (queue, all) = applications(&pool, 700).await;
    let mut dice = Dice(2026);
    let mut last: HashMap<Uuid, Cause> = HashMap::new();
    let mut conn = pool.acquire().await.unwrap();
    let mut at = start() + Duration::hours(1);
    let mut events = 0;
    while events < 2_500 {
        at += Duration::minutes(dice.throw(12) as i64);
        let cause = next(last.get(&all[dice.throw(all.len())]).copied(), &mut dice);
        let many = if dice.throw(40) == 0 { 60 } else { 1 };
        let mut chosen: Vec<Uuid> = (0..many).map(|_| all[dice.throw(all.len())]).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let Some(cause) = cause else { continue };
        let may = |id: &Uuid| match cause {
            Cause::Confirmed => !last.contains_key(id),
            Cause::Returned => last.get(id) == Some(&Cause::VoucherIssued),
            _ => matches!(last.get(id), Some(Cause::Confirmed | Cause::Returned)),
        };
        chosen.retain(may);
        if chosen.is_empty() {
            continue;
        }
        let mut tx = pool.begin().await.unwrap();
        moves(&mut tx, &chosen, cause, at).await;
        // A round folds in its own transaction.
        if chosen.len() > 1 && dice.throw(2) == 0 {
            place::fold(&mut tx, queue).await.unwrap();
        }
        tx.commit().await.unwrap();
        chosen.iter().for_each(|id| {
            last.insert(*id, cause);
        });
        events += chosen.len();
        assert_eq!(wrong(&mut conn).await, 0, "after {events} events");
        if dice.throw(25) == 0 {
            let mut tx = pool.begin().await.unwrap();
            place::fold(&mut tx, queue).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(wrong(&mut conn).await, 0, "after a fold");
        }
    }
    assert_eq!(db::place::wrong_marks(&mut conn, queue).await.unwrap(), 0);
    assert_eq!(db::place::wrong_days(&mut conn, queue).await.unwrap(), 0);
    every_history_adds_up(&mut conn, &all, at).await;
}

/// Every family's history, beside the same counted from the events alone.
async fn every_history_adds_up(conn: &mut PgConnection, all: &[Uuid], now: DateTime<Utc>) {
    let order: HashMap<Uuid, usize> = all.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let events: Vec<(Uuid, DateTime<Utc>, i16, i64)> =
        sqlx::query_as("select application_id, at, step, id from queue_events order by at, id")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    let (first, today) = (almaty_day(start()), almaty_day(now));
    let mut told = 0;
    for id in all {
        let steps = place::history(conn, *id, first, today).await.unwrap();
        let own: Vec<_> = events.iter().filter(|event| event.0 == *id).collect();
        assert_eq!(
            steps.iter().filter(|step| step.joined.is_some()).count(),
            own.iter().filter(|event| event.2 > 0).count()
        );
        assert_eq!(
            steps.iter().filter(|step| step.left.is_some()).count(),
            own.iter().filter(|event| event.2 < 0).count()
        );
        let ahead = |n: usize| -> i64 {
            events[..n]
                .iter()
                .filter(|event| order[&event.0] < order[id])
                .map(|event| i64::from(event.2))
                .sum()
        };
        for step in &steps {
            assert_eq!(step.to - step.from, step.causes.net(), "{step:?}");
            if step.left.is_none() {
                let n = events.partition_point(|event| almaty_day(event.1) <= step.day);
                assert_eq!(step.to, 1 + ahead(n), "{step:?}");
            }
            told += step.causes.iter().count();
        }
        // From where the family came in to where it left or is now, through every day between.
        for pair in steps.windows(2) {
            if pair[0].joined.is_none() {
                assert_eq!(pair[1].to, pair[0].from, "{pair:?}");
            }
        }
    }
    assert!(told > 3_000, "too little happened: {told}");
}

#[sqlx::test(migrations = "./migrations")]
async fn places_are_exact_while_others_join_and_leave(pool: PgPool) {
    let (queue, all) = applications(&pool, 600).await;
    let done = AtomicBool::new(false);
    let writer = async |n: usize| {
        let mut dice = Dice(100 + n as u64);
        let mine: Vec<Uuid> = all.iter().copied().skip(n).step_by(6).collect();
        let mut last: HashMap<Uuid, Cause> = HashMap::new();
        for turn in 0..250 {
            let id = mine[dice.throw(mine.len())];
            let Some(cause) =
                next(last.get(&id).copied(), &mut dice).filter(|cause| *cause != Cause::Outgrown)
            else {
                continue;
            };
            let mut tx = pool.begin().await.unwrap();
            moves(&mut tx, &[id], cause, start() + Duration::minutes(turn)).await;
            if dice.throw(10) == 0 {
                // A deed that fails leaves nothing.
                tx.rollback().await.unwrap();
                continue;
            }
            tx.commit().await.unwrap();
            last.insert(id, cause);
        }
    };
    let folder = async || {
        let mut folded = 0;
        while !done.load(Ordering::Relaxed) {
            let mut tx = pool.begin().await.unwrap();
            folded += place::fold(&mut tx, queue).await.unwrap();
            tx.commit().await.unwrap();
            tokio::task::yield_now().await;
        }
        folded
    };
    let reader = async || {
        let mut checks = 0;
        while !done.load(Ordering::Relaxed) {
            let mut tx = pool.begin_with("begin isolation level repeatable read read only").await.unwrap();
            assert_eq!(wrong(&mut tx).await, 0);
            let order: Vec<Uuid> = sqlx::query_scalar(
                "select id from applications where stage = 'queued' order by submitted_at, id",
            )
            .fetch_all(&mut *tx)
            .await
            .unwrap();
            for (at, id) in (1..).zip(&order).step_by(17) {
                assert_eq!(db::place::place(&mut tx, *id).await.unwrap(), Some(at));
                checks += 1;
            }
            tx.commit().await.unwrap();
        }
        checks
    };
    let writers = async {
        tokio::join!(writer(0), writer(1), writer(2), writer(3), writer(4), writer(5));
        done.store(true, Ordering::Relaxed);
    };
    let (_, folded, other, checks) = tokio::join!(writers, folder(), folder(), reader());
    assert!(folded + other > 500 && checks > 100, "folded {folded} + {other}, checked {checks}");
    let mut conn = pool.acquire().await.unwrap();
    assert_eq!(wrong(&mut conn).await, 0);
    assert_eq!(place::verify(&mut conn, queue).await.unwrap(), place::Wrong::default());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_fault_is_found_and_mended(pool: PgPool) {
    let (queue, all) = applications(&pool, 300).await;
    let mut conn = pool.acquire().await.unwrap();
    // The first fold finds nobody: marks grow with the queue all the same.
    moves(&mut conn, &all[..1], Cause::Confirmed, start()).await;
    moves(&mut conn, &all[..1], Cause::VoucherIssued, start()).await;
    place::fold(&mut conn, queue).await.unwrap();
    moves(&mut conn, &all[..1], Cause::Returned, start()).await;
    moves(&mut conn, &all[1..], Cause::Confirmed, start()).await;
    place::fold(&mut conn, queue).await.unwrap();
    assert_eq!(place::verify(&mut conn, queue).await.unwrap(), place::Wrong::default());
    assert_eq!(
        sqlx::query_scalar::<_, i64>("select count(*) from place_marks").fetch_one(&mut *conn).await.unwrap(),
        6
    );
    // Somebody's hand: a family taken out without an event, and a mark moved.
    sqlx::query(
        "update applications set stage = 'on_stop_list', stop_listed_on = '2026-12-01' where id = $1",
    )
    .bind(all[10])
    .execute(&mut *conn)
    .await
    .unwrap();
    assert_ne!(wrong(&mut conn).await, 0);
    let mut tx = pool.begin().await.unwrap();
    assert!(place::verify(&mut tx, queue).await.unwrap().marks > 0);
    tx.commit().await.unwrap();
    assert_eq!(wrong(&mut conn).await, 0);
    assert_eq!(place::verify(&mut conn, queue).await.unwrap(), place::Wrong::default());
    // What grew small is thinned out again, and stays right.
    moves(&mut conn, &all[20..280], Cause::VoucherIssued, start() + Duration::hours(5)).await;
    for _ in 0..4 {
        moves(&mut conn, &all[281..282], Cause::VoucherIssued, start() + Duration::hours(6)).await;
        moves(&mut conn, &all[281..282], Cause::Returned, start() + Duration::hours(7)).await;
        place::fold(&mut conn, queue).await.unwrap();
        assert_eq!(db::place::wrong_days(&mut conn, queue).await.unwrap(), 0);
    }
    let marks: i64 =
        sqlx::query_scalar("select count(*) from place_marks").fetch_one(&mut *conn).await.unwrap();
    assert_eq!(marks, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_reads_why_its_place_moved(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut doctor = portal.doctor(1).await;
    let mut families = Vec::new();
    for n in [2, 3, 4, 5] {
        let mut family = portal.family(n, "autism").await;
        family.applies(&portal, &[&garden]).await;
        portal.advance("PT1M").await;
        families.push(family);
    }
    let [late, leaving, third, mine] = families.as_mut_slice() else { panic!() };
    for family in [&*leaving, &*third, &*mine] {
        doctor.confirms(&family.number).await;
    }
    let page = mine.case().await;
    assert!(page.sees("Өтінішіңіз расталды, кезектегі орныңыз – 3"), "{}", page.text());

    portal.advance("P1D").await;
    for family in [&mut *late, &mut *leaving, &mut *third, &mut *mine] {
        family.comes_back(&portal).await;
    }
    let page = leaving.browser.open(&leaving.path("/withdraw")).await;
    let sent = leaving.browser.submit(page.form("/withdraw")).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    let page = mine.case().await;
    assert!(page.sees("3 → 2") && page.sees("1 өтініш қайтарып алынды"), "{}", page.text());
    portal.tick().await;
    doctor = portal.doctor(2).await;
    doctor.confirms(&late.number).await;
    // One of the two is folded, the other is not; the page says both.
    let page = mine.case().await;
    assert!(page.sees("3 → 3"), "{}", page.text());
    assert!(
        page.sees("1 өтініш қайтарып алынды, сізден бұрын берілген 1 өтінішті дәрігер растады (+1)"),
        "{}",
        page.text()
    );
    assert_eq!(mine.place().await.as_deref(), Some("3"));
    let number = mine.number.clone();
    let whole = mine.browser.open(&format!("/ru/applications/{number}/place")).await;
    assert!(
        whole.sees("1 заявление отозвано, врач подтвердил 1 заявление, поданное раньше вашего (+1)"),
        "{}",
        whole.text()
    );
    assert!(whole.sees("Заявление подтверждено, ваше место в очереди – 3"), "{}", whole.text());
}
