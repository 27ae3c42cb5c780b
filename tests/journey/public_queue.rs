//! What everybody may know of a queue, what they may not, and how the events of a queue add up.
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Page, Portal, Visitor};

/// So many families wait in a queue, as from that day on.
async fn waiting(portal: &Portal, kind: Option<&str>, families: i32) -> i32 {
    sqlx::query_scalar(
        "with queue as (insert into queues (city, queue_type, correction_type)
             values ('almaty', case when $1::text is null then 'general' else 'special' end, $1)
             on conflict on constraint queues_once do update set city = excluded.city returning id),
         people as (insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
             select gen_random_uuid(), lpad((floor(random() * 1e11)::bigint)::text, 12, '7'), 'А', 'Б', 'f', '1990-01-01', 'kk', portal_now()
             from generate_series(1, $2) returning id),
         kids as (insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
             select id, lpad((floor(random() * 1e11)::bigint)::text, 12, '6'), 'А', 'Б', 'f', '2023-01-01', 'medeu', portal_now() from people returning id),
         placed as (insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city,
                 district, language, birth_year, submitted_at, consented_at, stage, stage_since)
             select kids.id, left(md5(kids.id::text), 13), upper(left(md5(kids.id::text || 'x'), 10)), kids.id, kids.id, queue.id,
                 case when $1::text is null then 'general' else 'special' end, $1, 'almaty', 'medeu', 'kk', 2023, portal_now(), portal_now(), 'queued', portal_now()
             from kids, queue returning id, queue_id, submitted_at),
         told as (insert into queue_events (queue_id, application_id, at, step, cause)
             select queue_id, id, submitted_at, 1, 'submitted' from placed)
         select id from queue",
    )
    .bind(kind)
    .bind(families)
    .fetch_one(&portal.app.pool)
    .await
    .unwrap()
}

fn cells(page: &Page, name: &str) -> Vec<String> {
    page.all(&format!("td[data-label='{name}']"))
}

#[sqlx::test(migrations = "./migrations")]
async fn four_are_hidden_and_five_are_shown(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (general, autism) = (waiting(&portal, None, 5).await, waiting(&portal, Some("autism"), 4).await);
    let mut visitor = portal.visitor();
    let list = visitor.open("/kk/queue").await;
    assert_eq!(cells(&list, "Кезекте тұрғандар").len(), 2, "{}", list.text());
    assert_eq!(cells(&list, "Кезекте тұрғандар"), ["5", "5-тен аз"]);

    let shown = visitor.open(&format!("/kk/queue/{general}")).await;
    assert_eq!(shown.all("table.order tbody tr").len(), 5);
    let hidden = visitor.open(&format!("/kk/queue/{autism}")).await;
    assert!(hidden.all("table.order").is_empty() && hidden.sees("5-тен аз"), "{}", hidden.text());
    let handle: String =
        sqlx::query_scalar("select public_handle from applications where queue_id = $1 limit 1")
            .bind(autism)
            .fetch_one(&portal.app.pool)
            .await
            .unwrap();
    let sought = visitor.open(&format!("/kk/queue/{autism}?handle={handle}")).await;
    assert!(!sought.text().contains("орны –"), "a hidden order has no places: {}", sought.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_total_does_not_give_a_hidden_queue_away(pool: PgPool) {
    let portal = Portal::start(pool).await;
    waiting(&portal, Some("autism"), 6).await;
    let mut tags = Vec::new();
    for more in [0, 1, 3] {
        waiting(&portal, Some("hearing_hard"), more).await;
        let list = portal.get_json("/api/v1/queues.json").await;
        let counts: Vec<_> =
            list["rows"].as_array().unwrap().iter().map(|row| row["waiting"].clone()).collect();
        assert_eq!(counts, [serde_json::json!(6), serde_json::Value::Null]);
        tags.push(
            portal.get_json("/api/v1/statistics/queue-length.json").await["rows"][11]["special"].clone(),
        );
    }
    assert_eq!(tags, [6, 6, 6], "zero, one and four families look the same");
    waiting(&portal, Some("hearing_hard"), 1).await;
    let now = portal.get_json("/api/v1/statistics/queue-length.json").await;
    assert_eq!(now["rows"][11]["special"], 11);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_finds_its_handle_in_the_order(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let queue = waiting(&portal, None, 130).await;
    let garden = portal.kindergarten(1, &[(None, 0)]).await;
    let mut family = portal.family(1, "autism").await;
    family.applies_generally(&[&garden]).await;
    let own = family.case().await;
    let handle: String = sqlx::query_scalar("select public_handle from applications where number = $1")
        .bind(&family.number)
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    assert!(own.sees(&handle), "the family sees its handle on its own page");
    let mut visitor = portal.visitor();
    let typed = format!("{}-{}", &handle[..5].to_lowercase(), &handle[5..]);
    let page = visitor.open(&format!("/kk/queue/{queue}?handle={typed}")).await;
    assert!(page.sees(&format!("Белгі табылды: {handle}, орны – 131.")), "{}", page.text());
    assert_eq!(page.all(".order__sought th"), [handle]);
    assert_eq!(page.all("table.order tbody tr").len(), 31, "the second page");
    for odd in ["page=99999999999999999999", "page=-1", "handle=%D1%8F", "handle=%00", "x=1"] {
        assert_eq!(visitor.open(&format!("/kk/queue/{queue}?{odd}")).await.status, 200, "{odd}");
    }
    for odd in ["0", "-1", "99999999999999999999", "a", "2147483647"] {
        assert_eq!(visitor.open(&format!("/kk/queue/{odd}")).await.status, 404, "{odd}");
    }
    assert!(!page.text().contains(&family.number) && !page.text().contains(&family.child.name));
}

// ---- One's own by the number of the receipt. ----

async fn asks(visitor: &mut Visitor, number: &str) -> Page {
    visitor.fill_in("/kk/queue/find", "/queue/find", &[("number", number)]).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_number_gives_the_status_and_nothing_else(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1)]).await;
    let mut family = portal.family(1, "autism").await;
    family.applies(&portal, &[&garden]).await;
    let mut visitor = portal.visitor();
    let typed = format!(" {}-{} ", &family.number[..6].to_lowercase(), &family.number[6..]);
    let found = asks(&mut visitor, &typed).await;
    assert_eq!((found.statuses.clone(), found.path.as_str()), (vec![200], "/kk/queue/find"));
    assert!(found.sees("Құжаттарды растауды күту"), "{}", found.text());
    for secret in
        [family.number.as_str(), "Аутис", "Арнайы бағыттағы", &family.child.name, &family.parent.name]
    {
        assert!(!found.text().contains(secret), "{secret}");
    }
    assert_eq!(found.header("cache-control"), Some("no-store"));

    let unknown = asks(&mut visitor, &portal.app.secrets.case_number()).await;
    assert_eq!(unknown.statuses, [200]);
    assert_eq!(unknown.h1(), "Мұндай нөмірлі өтініш жоқ");

    let mut slip = family.number.clone().into_bytes();
    slip[3] = if slip[3] == b'A' { b'B' } else { b'A' };
    for wrong in [String::from_utf8(slip).unwrap(), "АБВ".to_owned(), "1".repeat(2_000)] {
        let page = asks(&mut visitor, &wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(
            page.error("number").is_some_and(|error| error.contains("Нөмірде қате бар")),
            "{}",
            page.text()
        );
    }
    assert_eq!(asks(&mut visitor, "").await.error("number").as_deref(), Some("Бұл өрісті толтырыңыз"));
}

#[sqlx::test(migrations = "./migrations")]
async fn guessing_numbers_ends_soon(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    for _ in 0..10 {
        assert_eq!(asks(&mut visitor, &portal.app.secrets.case_number()).await.status, 200);
    }
    let refused = asks(&mut visitor, &portal.app.secrets.case_number()).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    // Another browser behind the same address, until the address has had enough.
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let mut other = portal.visitor();
        for _ in 0..10 {
            statuses.push(asks(&mut other, &portal.app.secrets.case_number()).await.status);
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 20);
    portal.advance("PT1H1S").await;
    assert_eq!(asks(&mut visitor, &portal.app.secrets.case_number()).await.status, 200);
}

// ---- The events. ----

/// The applications whose steps do not add up to whether they wait.
async fn wrong_sums(portal: &Portal) -> Vec<(Uuid, String, i64)> {
    sqlx::query_as(
        "select id, stage, steps from (select a.id, a.stage,
             (select coalesce(sum(step), 0) from queue_events e where e.application_id = a.id) as steps from applications a) as sums
         where steps <> case when stage = 'queued' then 1 else 0 end",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap()
}

async fn causes(portal: &Portal, number: &str) -> Vec<String> {
    sqlx::query_scalar("select e.cause from queue_events e join applications a on a.id = e.application_id where a.number = $1 order by e.id")
        .bind(number)
        .fetch_all(&portal.app.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn the_steps_of_every_journey_add_up(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    assert_eq!(wrong_sums(&portal).await, []);
    let lapsed = city.number("on_stop_list");
    assert_eq!(causes(&portal, &lapsed).await, ["submitted", "voucher_issued"]);
    city.family("on_stop_list").comes_back(&portal).await;
    let browser = &mut city.family("on_stop_list").browser;
    browser.fill_in(&format!("/kk/applications/{lapsed}"), "/return", &[]).await;
    assert_eq!(causes(&portal, &lapsed).await, ["submitted", "voucher_issued", "returned"]);
    let review = city.number("awaiting_review");
    assert_eq!(causes(&portal, &review).await, [""; 0]);
    city.doctor.comes_back(&portal).await;
    city.doctor.confirms(&review).await;
    assert_eq!(causes(&portal, &review).await, ["confirmed"]);
    assert_eq!(causes(&portal, &city.number("archived")).await.last().map(String::as_str), Some("withdrawn"));
    for _ in 0..2 {
        portal.tick().await;
        assert_eq!(wrong_sums(&portal).await, []);
        portal.advance("P400D").await;
    }
    portal.advance("P1500D").await;
    portal.tick().await;
    assert_eq!(wrong_sums(&portal).await, []);
}

/// What the migration makes of older rows is what was recorded as it happened, as far as the rows tell.
#[sqlx::test(migrations = "./migrations")]
async fn older_rows_get_the_events_they_would_have_had(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let review = city.number("awaiting_review");
    city.doctor.comes_back(&portal).await;
    city.doctor.confirms(&review).await;
    let told = "select application_id::text, step::int, cause, at from queue_events order by 1, at, 2 desc";
    let recorded: Vec<(String, i32, String, chrono::DateTime<chrono::Utc>)> =
        sqlx::query_as(told).fetch_all(&portal.app.pool).await.unwrap();
    assert!(recorded.len() > 15);
    let migration = include_str!("../../migrations/0007_queue_events.sql");
    let backfill = &migration[migration.find("insert into queue_events").unwrap()..];
    sqlx::raw_sql("truncate queue_events").execute(&portal.app.pool).await.unwrap();
    sqlx::raw_sql(backfill).execute(&portal.app.pool).await.unwrap();
    let again: Vec<(String, i32, String, chrono::DateTime<chrono::Utc>)> =
        sqlx::query_as(told).fetch_all(&portal.app.pool).await.unwrap();
    assert_eq!(again, recorded);
}
