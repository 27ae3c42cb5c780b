//! Orders of locks and of moments that a race meets once in a thousand times, brought about on purpose.
use balabaqsha::app::Deed;
use balabaqsha::db;
use balabaqsha::domain::application::{ConclusionSource, Submission, SubmissionKind};
use balabaqsha::domain::{application, conclusion, round};
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::correction::CorrectionType;
use balabaqsha::rules::person::Language;
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

async fn applies(
    portal: &Portal,
    family: &Family,
    kind: SubmissionKind,
    wish: &Kindergarten,
) -> (Actor, String, Uuid) {
    let actor = Actor::Person { account: family.account, role: Role::Parent };
    let submission =
        Submission { child: family.child_id, kind, language: Language::Kk, wishes: vec![wish.id] };
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
            Ok::<_, balabaqsha::fault::Failure>(())
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

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_that_signs_takes_its_cases_before_its_places_as_sweeps_do(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1), (None, 1)]).await;
    let (mut doctor, mut head) = (portal.doctor(1).await, portal.head(&garden).await);
    let mut family = portal.family(2, "autism").await;
    family.applies(&portal, &[&garden]).await;
    doctor.confirms(&family.number).await;
    portal.tick().await;
    family.confirms().await;
    family.chooses(&garden).await;
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
