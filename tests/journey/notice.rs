//! Notices: in the cabinet at once and for ever, as a text in the send window, exactly once.
use balabaqsha::rules::notice::Notice;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Portal, adult};

#[sqlx::test(migrations = "./migrations")]
async fn a_notice_stands_in_the_cabinet_and_its_text_arrives(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let aigul = adult(2);
    let account = portal.account(&aigul).await;
    portal.notify(account, &Notice::Confirmed { place: 5 }).await;
    let mut parent = portal.signed_in(account).await;

    let page = parent.open("/kk/notices").await;
    assert!(page.sees("Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: 5"), "{}", page.text());
    assert!(page.sees("SMS жіберілуін күтіп тұр"));
    assert_eq!(portal.messages(&aigul.phone).await.len(), 0, "a deed sends nothing itself");

    let did = portal.tick().await;
    assert_eq!((&did["texts"]["sent"], &did["deliveries"]["delivered"]), (&json!(1), &json!(1)), "{did}");
    let messages = portal.messages(&aigul.phone).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["text"], "Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: 5");
    assert_eq!((&messages[0]["kind"], &messages[0]["lang"]), (&json!("notice"), &json!("kk")));
    assert_eq!(messages[0]["state"], "delivered");
    assert!(parent.open("/ru/notices").await.sees("SMS доставлено"));

    portal.tick().await;
    assert_eq!(portal.messages(&aigul.phone).await.len(), 1, "once");
}

#[sqlx::test(migrations = "./migrations")]
async fn reading_marks_nothing_and_the_button_marks_what_was_seen(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    portal.notify(account, &Notice::PasswordChanged).await;
    let mut parent = portal.signed_in(account).await;
    parent.open("/ru/notices").await;
    let page = parent.open("/ru/notices").await;
    assert_eq!(page.all(".menu .count"), ["1"]);
    portal.notify(account, &Notice::PhoneChanged).await;

    let page = parent.submit(page.form("/notices")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert_eq!(page.all(".menu .count"), ["1"], "what came meanwhile was not seen");
    let page = parent.submit(page.form("/notices")).await;
    assert_eq!(page.all(".menu .count").len(), 0);
    assert_eq!(page.all("li.card").len(), 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_dead_gateway_loses_nothing_and_the_text_comes_once_it_is_back(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let aigul = adult(2);
    let account = portal.account(&aigul).await;
    portal
        .notify(account, &Notice::Enrolled { kindergarten_kk: "А".into(), kindergarten_ru: "А".into() })
        .await;
    for mode in ["down", "error"] {
        portal.fault("sms", mode).await;
        let did = portal.tick().await;
        assert_eq!(did["texts"]["will_retry"], 1, "{mode}: {did}");
        assert_eq!(portal.tick().await["texts"]["will_retry"], 0, "not before five minutes are over");
        portal.advance("PT5M").await;
    }
    assert_eq!(portal.messages(&aigul.phone).await.len(), 0);
    portal.fault("sms", "ok").await;
    assert_eq!(portal.tick().await["texts"]["sent"], 1);
    portal.advance("PT5M").await;
    portal.tick().await;
    assert_eq!(portal.messages(&aigul.phone).await.len(), 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_gateway_that_answers_too_late_does_not_make_two_texts_of_one(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let aigul = adult(2);
    let account = portal.account(&aigul).await;
    portal.notify(account, &Notice::PasswordChanged).await;
    portal.fault("sms", "slow").await;
    assert_eq!(portal.tick().await["texts"]["will_retry"], 1);
    assert_eq!(portal.messages(&aigul.phone).await.len(), 1, "it was taken, only the answer was late");
    portal.fault("sms", "ok").await;
    portal.advance("PT5M").await;
    assert_eq!(portal.tick().await["texts"]["sent"], 1);
    assert_eq!(portal.messages(&aigul.phone).await.len(), 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn after_forty_eight_retries_a_text_has_failed_and_the_cabinet_says_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    portal.notify(account, &Notice::PasswordChanged).await;
    portal.fault("sms", "error").await;
    for _ in 0..48 {
        assert_eq!(portal.tick().await["texts"]["will_retry"], 1);
        portal.advance("PT5M").await;
    }
    assert_eq!(portal.tick().await["texts"]["failed"], 1);
    assert!(portal.signed_in(account).await.open("/ru/notices").await.sees("SMS не доставлено"));
}

#[sqlx::test(migrations = "./migrations")]
async fn texts_keep_quiet_at_night_and_on_days_off(pool: PgPool) {
    // A Friday, one minute to nine in the evening.
    let portal = Portal::start_at(pool, "2026-12-18T20:59:00+05:00").await;
    let aigul = adult(2);
    let account = portal.account(&aigul).await;
    portal.notify(account, &Notice::PasswordChanged).await;
    assert_eq!(portal.tick().await["texts"]["sent"], 1, "still Friday");

    portal.advance_to("2026-12-18T21:00:00+05:00").await;
    portal.notify(account, &Notice::PhoneChanged).await;
    for moment in ["2026-12-19T12:00:00+05:00", "2026-12-20T12:00:00+05:00", "2026-12-21T08:59:50+05:00"] {
        let did = portal.tick().await;
        assert_eq!(did["texts"]["sent"], 0);
        assert_eq!(did["texts"]["window_opens_at"], "2026-12-21T04:00:00Z");
        portal.advance_to(moment).await;
    }
    assert_eq!(portal.messages(&aigul.phone).await.len(), 1);
    portal.advance_to("2026-12-21T09:00:00+05:00").await;
    assert_eq!(portal.tick().await["texts"]["sent"], 1);
    assert_eq!(portal.messages(&aigul.phone).await.len(), 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn two_processes_at_once_send_each_text_once(pool: PgPool) {
    let one = Portal::start(pool.clone()).await;
    let other = Portal::start(pool).await;
    let aigul = adult(2);
    let account = one.account(&aigul).await;
    for place in 1..=20 {
        one.notify(account, &Notice::Confirmed { place }).await;
    }
    let (first, second) = tokio::join!(one.tick(), other.tick());
    let sent = |did: &serde_json::Value| did["texts"]["sent"].as_u64().unwrap();
    assert_eq!(sent(&first) + sent(&second), 20, "{first} {second}");
    assert_eq!(one.messages(&aigul.phone).await.len(), 20);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_account_without_a_number_keeps_its_notice_in_the_cabinet(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let account = portal.account(&adult(2)).await;
    sqlx::query("update accounts set phone = null").execute(&portal.app.pool).await.unwrap();
    portal.notify(account, &Notice::PhoneMoved).await;
    assert_eq!(portal.tick().await["texts"]["failed"], 1);
    assert!(
        portal
            .signed_in(account)
            .await
            .open("/kk/notices")
            .await
            .sees("Телефон нөміріңіз басқа адамға тіркелді")
    );
}
