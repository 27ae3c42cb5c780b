//! Orders of locks and of moments that a race meets once in a thousand times, brought about on purpose.
use std::time::Duration;

use balabaqsha::app::Deed;
use balabaqsha::db;
use balabaqsha::domain::application::{ConclusionSource, Submission, SubmissionKind};
use balabaqsha::domain::{application, conclusion, round};
use balabaqsha::fault::Failure;
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::correction::CorrectionType;
use balabaqsha::rules::person::Language;
use balabaqsha::rules::refusal::Refusal;
use sqlx::PgPool;
use uuid::Uuid;

use super::invariants::violations;
use crate::support::{Family, Kindergarten, Portal};

/// Until so many connections to this database wait for a lock.
async fn until_waiting(pool: &PgPool, many: i64) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() < many {
        tokio::task::yield_now().await;
    }
}

/// The same for as long as is good for whoever waits in vain.
async fn until_waiting_or_not(pool: &PgPool, many: i64) {
    let _ = tokio::time::timeout(Duration::from_secs(10), until_waiting(pool, many)).await;
}

fn submission(family: &Family, kind: SubmissionKind, wish: &Kindergarten) -> (Actor, Submission) {
    let actor = Actor::Person { account: family.account, role: Role::Parent };
    (actor, Submission { child: family.child_id, kind, language: Language::Kk, wishes: vec![wish.id] })
}

async fn applies(
    portal: &Portal,
    family: &Family,
    kind: SubmissionKind,
    wish: &Kindergarten,
) -> (Actor, String, Uuid) {
    let (actor, submission) = submission(family, kind, wish);
    let (mut tx, deed) = Deed::open(&portal.app, actor, Uuid::nil()).await.unwrap();
    let number = application::submit(&mut tx, &deed, &submission).await.unwrap();
    let id: (Uuid,) = sqlx::query_as("select id from applications where number = $1")
        .bind(&number)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (actor, number, id.0)
}

#[sqlx::test(migrations = "./migrations")]
async fn two_processes_hear_that_there_is_no_conclusion_and_the_family_is_told_once(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1)]).await;
    let family = portal.family(2, "autism").await;
    let kind = SubmissionKind::Special {
        correction: CorrectionType::parse("autism").unwrap(),
        conclusion: ConclusionSource::Awaited { number: "PMPK-2222222222".to_owned() },
    };
    let (_, _, id) = applies(&portal, &family, kind, &garden).await;
    // Both have asked and heard before either writes it down.
    let mut held = pool.begin().await.unwrap();
    db::application::lock(&mut held, id).await.unwrap();
    let (one, two, ()) =
        tokio::join!(conclusion::fetch_owed(&portal.app), conclusion::fetch_owed(&portal.app), async {
            until_waiting(&pool, 2).await;
            held.commit().await.unwrap();
        });
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(portal.count("notices where notice->>'kind' = 'conclusion_unknown'").await, 1);
    assert_eq!(portal.count("journal where deed = 'fetch_conclusion'").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_withdrawal_that_waited_for_a_round_ends_the_voucher_of_that_round(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let family = portal.family(2, "autism").await;
    let (actor, number, id) = applies(&portal, &family, SubmissionKind::General, &garden).await;
    let mut round = pool.begin().await.unwrap();
    db::application::lock(&mut round, id).await.unwrap();
    let (withdrawn, ()) = tokio::join!(
        async {
            let (mut tx, deed) = Deed::open(&portal.app, actor, Uuid::nil()).await.unwrap();
            application::withdraw(&mut tx, &deed, &number).await?;
            tx.commit().await.unwrap();
            Ok::<_, Failure>(())
        },
        async {
            until_waiting(&pool, 1).await;
            let deed = Deed::by_system(&portal.app, &mut round).await.unwrap();
            let queue = db::application::load(&mut round, id).await.unwrap().queue;
            round::run(&mut round, &deed, queue).await.unwrap();
            round.commit().await.unwrap();
        }
    );
    assert!(withdrawn.is_ok(), "{withdrawn:?}");
    assert_eq!(portal.count("vouchers where end_reason = 'withdrawn'").await, 1);
    assert_eq!(violations(&pool).await, Vec::<String>::new());
}

/// The round wants the case that the withdrawal holds: so the withdrawal must want nothing that the round holds.
#[sqlx::test(migrations = "./migrations")]
async fn a_withdrawal_does_not_wait_for_a_queue_under_a_round(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let family = portal.family(2, "autism").await;
    let (actor, number, id) = applies(&portal, &family, SubmissionKind::General, &garden).await;
    let mut round = pool.begin().await.unwrap();
    let queue = db::application::load(&mut round, id).await.unwrap().queue;
    db::queue::lock(&mut round, queue).await.unwrap();
    let withdrawal = async {
        let (mut tx, deed) = Deed::open(&portal.app, actor, Uuid::nil()).await.unwrap();
        application::withdraw(&mut tx, &deed, &number).await.unwrap();
        tx.commit().await.unwrap();
    };
    let done = tokio::time::timeout(std::time::Duration::from_secs(20), withdrawal).await;
    assert!(done.is_ok(), "it waits for the round");
    round.commit().await.unwrap();
    assert_eq!(portal.count("applications where archive_reason = 'withdrawn'").await, 1);
}

/// A family of the special queue that has chosen this kindergarten.
async fn chooser(portal: &Portal, garden: &Kindergarten) -> Family {
    let mut family = portal.family(2, "autism").await;
    family.applies(portal, &[garden]).await;
    portal.doctor(1).await.confirms(&family.number).await;
    portal.tick().await;
    family.confirms().await;
    family.chooses(garden).await;
    family
}

#[sqlx::test(migrations = "./migrations")]
async fn an_application_about_to_be_there_is_seen_by_the_kindergarten_that_signs(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1), (None, 1)]).await;
    let (mut family, mut head) = (chooser(&portal, &garden).await, portal.head(&garden).await);
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    family.signs(&portal).await;
    let (actor, general) = submission(&family, SubmissionKind::General, &garden);
    let (mut tx, deed) = Deed::open(&portal.app, actor, Uuid::nil()).await.unwrap();
    application::submit(&mut tx, &deed, &general).await.unwrap();
    let (page, ()) = tokio::join!(head.signs(&portal, &family.number), async {
        until_waiting_or_not(&pool, 1).await;
        tx.commit().await.unwrap();
    });
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(portal.count("applications where archive_reason = 'enrolled_elsewhere'").await, 1);
    assert_eq!(violations(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "./migrations")]
async fn while_the_kindergarten_signs_nobody_applies_for_the_child(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1), (None, 1)]).await;
    let (mut family, mut head) = (chooser(&portal, &garden).await, portal.head(&garden).await);
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    family.signs(&portal).await;
    let (actor, general) = submission(&family, SubmissionKind::General, &garden);
    // The signing has looked for other applications and comes to the group.
    let mut held = pool.begin().await.unwrap();
    let group = sqlx::query("update groups set held = held where id = $1").bind(garden.groups[0]);
    group.execute(&mut *held).await.unwrap();
    let (page, said) = tokio::join!(head.signs(&portal, &family.number), async {
        until_waiting(&pool, 1).await;
        let submits = async {
            let (mut tx, deed) = Deed::open(&portal.app, actor, Uuid::nil()).await.unwrap();
            let said = application::submit(&mut tx, &deed, &general).await;
            tx.commit().await.unwrap();
            said
        };
        let (said, ()) = tokio::join!(submits, async {
            until_waiting_or_not(&pool, 2).await;
            held.commit().await.unwrap();
        });
        said
    });
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(matches!(said, Err(Failure::Refused(Refusal::ChildEnrolled))), "{said:?}");
    assert_eq!(violations(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "./migrations")]
async fn two_rounds_of_two_queues_give_one_child_one_voucher_and_the_next_family_the_other(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1), (None, 1)]).await;
    let (mut first, second) = (portal.family(2, "autism").await, portal.family(3, "autism").await);
    first.applies(&portal, &[&garden]).await;
    portal.doctor(1).await.confirms(&first.number).await;
    let (_, _, waits_twice) = applies(&portal, &first, SubmissionKind::General, &garden).await;
    applies(&portal, &second, SubmissionKind::General, &garden).await;
    let queue = "select queue_id from applications where child_id = $1 and queue_type = 'special'";
    let special: i32 = sqlx::query_scalar(queue).bind(first.child_id).fetch_one(&pool).await.unwrap();
    let mut one = pool.begin().await.unwrap();
    let general = db::application::load(&mut one, waits_twice).await.unwrap().queue;
    let deed = Deed::by_system(&portal.app, &mut one).await.unwrap();
    assert_eq!(round::run(&mut one, &deed, special).await.unwrap().0.issued, 1);
    let (other, ()) = tokio::join!(
        async {
            let mut two = pool.begin().await.unwrap();
            let deed = Deed::by_system(&portal.app, &mut two).await.unwrap();
            let (did, _) = round::run(&mut two, &deed, general).await?;
            two.commit().await.unwrap();
            Ok::<_, Failure>(did.issued)
        },
        async {
            until_waiting(&pool, 1).await;
            one.commit().await.unwrap();
        }
    );
    assert_eq!(other.ok(), Some(1));
    assert_eq!(portal.count("vouchers where ended_at is null").await, 2);
    assert_eq!(violations(&pool).await, Vec::<String>::new());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_that_signs_takes_its_cases_before_its_places_as_sweeps_do(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1), (None, 1)]).await;
    let (mut family, mut head) = (chooser(&portal, &garden).await, portal.head(&garden).await);
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    family.signs(&portal).await;
    let (_, _, other) = applies(&portal, &family, SubmissionKind::General, &garden).await;
    // A sweep holds the child's other application, and with another case it comes to the group.
    let mut sweep = pool.begin().await.unwrap();
    db::application::lock(&mut sweep, other).await.unwrap();
    let (page, ()) = tokio::join!(head.signs(&portal, &family.number), async {
        until_waiting(&pool, 1).await;
        sqlx::query("update groups set held = held where id = $1")
            .bind(garden.groups[0])
            .execute(&mut *sweep)
            .await
            .unwrap();
        sweep.commit().await.unwrap();
    });
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(portal.count("applications where archive_reason = 'enrolled_elsewhere'").await, 1);
    assert_eq!(violations(&pool).await, Vec::<String>::new());
}
