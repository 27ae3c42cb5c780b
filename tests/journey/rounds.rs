//! Rounds: who gets a voucher and why others do not; what is kept for whom; what happens when a guarantee breaks.
use balabaqsha::app::Deed;
use balabaqsha::domain::contract;
use balabaqsha::fault::Failure;
use balabaqsha::rules::actor::{Actor, Role};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::family::wished;
use crate::support::{Family, Kindergarten, Page, Portal, files};

const ISSUED: &str = "Ваучер берілді, қызығушылығыңызды растаңыз";
const CHOOSE: &str = "Ваучер расталды, балабақшаны таңдаңыз";
const QUEUED: &str = "Кезекте";

/// A family of the general queue that asks for this language.
async fn asking_for(portal: &Portal, n: u32, garden: &Kindergarten, language: &str) -> Family {
    let mut family = portal.family(n, "autism").await;
    let form = wished(family.general_form().await, &[garden]).fill("language", language);
    family.sends(form.fill("consent", "yes")).await;
    portal.advance("PT1M").await;
    family
}

async fn queued(portal: &Portal, n: u32, garden: &Kindergarten) -> Family {
    asking_for(portal, n, garden, "kk").await
}

/// Presses the button of the page on which this family gives something up.
async fn gives_up(family: &mut Family, page: &str) {
    let form = family.browser.open(&family.path(page)).await.form(page);
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
}

async fn handle(portal: &Portal, family: &Family) -> String {
    sqlx::query_scalar("select public_handle from applications where number = $1")
        .bind(&family.number)
        .fetch_one(&portal.app.pool)
        .await
        .unwrap()
}

async fn general_queue(portal: &Portal) -> i32 {
    sqlx::query_scalar("select id from queues where queue_type = 'general'")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap()
}

async fn set_capacity(portal: &Portal, group: Uuid, places: i32) {
    sqlx::query("update groups set capacity = $2 where id = $1")
        .bind(group)
        .bind(places)
        .execute(&portal.app.pool)
        .await
        .unwrap();
}

/// The row of a protocol in which this handle stands.
fn row(page: &Page, handle: &str) -> String {
    page.all("main tbody tr").into_iter().find(|row| row.contains(handle)).unwrap_or_default()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_place_that_frees_up_goes_to_the_next_and_whoever_was_passed_over_sees_why(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 0)]).await;
    let russian = asking_for(&portal, 2, &garden, "ru").await;
    let mut families = Vec::new();
    for n in 3..9 {
        families.push(queued(&portal, n, &garden).await);
    }
    assert_eq!(portal.tick().await["rounds"]["issued"], 0);
    assert_eq!(portal.count("rounds").await, 0, "a round without effect leaves nothing");
    set_capacity(&portal, garden.groups[0], 1).await;
    assert_eq!(portal.tick().await["rounds"]["issued"], 1);
    assert_eq!(families[0].status().await, ISSUED);
    assert_eq!(portal.tick().await["rounds"]["issued"], 0);
    assert_eq!(portal.count("rounds").await, 1);

    let (queue, mut visitor) = (general_queue(&portal).await, portal.visitor());
    let page = visitor.open(&format!("/kk/queue/{queue}")).await;
    let list = visitor.open(&page.link("Ваучер беру хаттамалары")).await;
    assert!(list.sees("Өздігінен") && list.sees("5-тен аз"), "{}", list.text());
    let at = list.attributes("main tbody th a", "href").remove(0);
    let passed = handle(&portal, &russian).await;
    let protocol = visitor.open(&format!("{at}?handle={passed}")).await;
    assert!(row(&protocol, &passed).contains("Бұл оқу тілінде бос орын жоқ"), "{}", protocol.text());
    assert!(protocol.all(".order__sought th").contains(&passed));
    let first = handle(&portal, &families[0]).await;
    assert!(row(&protocol, &first).contains("Ваучер алды"), "{}", protocol.text());
    let next = handle(&portal, &families[1]).await;
    assert!(row(&protocol, &next).is_empty(), "the list ends with the last one issued");
    for secret in [&russian.number, &russian.child.name, &russian.parent.surname] {
        assert!(!protocol.text().contains(secret.as_str()), "{secret}");
    }
    assert!(!protocol.text().contains(&garden.name), "which place is kept is the family's affair");
    let rows = portal.get_json("/api/v1/rounds.json").await["rows"].clone();
    assert_eq!((rows.as_array().unwrap().len(), rows[0]["issued"].is_null()), (1, true));

    // The voucher ends: the place is the next one's within a minute.
    gives_up(&mut families[0], "/voucher/refuse").await;
    assert_eq!(portal.tick().await["rounds"]["issued"], 1);
    assert_eq!(families[1].status().await, ISSUED);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_small_queue_shows_no_handles_and_no_private_reason_is_told(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let family = queued(&portal, 2, &garden).await;
    portal.tick().await;
    let queue = general_queue(&portal).await;
    let mut visitor = portal.visitor();
    let list = visitor.open(&format!("/kk/queue/{queue}/rounds")).await;
    let at = list.attributes("main tbody th a", "href").remove(0);
    let protocol = visitor.open(&at).await;
    assert!(protocol.sees("Ол кезде кезекте бестен аз отбасы тұрған"), "{}", protocol.text());
    assert!(!protocol.text().contains(&handle(&portal, &family).await));
    for lost in
        ["/kk/queue/99/rounds".to_owned(), format!("/kk/queue/{queue}/rounds/{}", portal.app.secrets.id())]
    {
        assert_eq!(visitor.open(&lost).await.status, 404, "{lost}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn the_dry_run_is_the_round(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let russian = asking_for(&portal, 2, &garden, "ru").await;
    let mut families = Vec::new();
    for n in 3..7 {
        families.push(queued(&portal, n, &garden).await);
    }
    let mut operator = portal.operator().await;
    let queue = general_queue(&portal).await;
    let dry = operator.browser.open(&format!("/kk/operator/queue/{queue}/round")).await;
    assert!(dry.sees("Әзірге ештеңе сақталған жоқ"), "{}", dry.text());
    assert_eq!((portal.count("rounds").await, portal.count("vouchers").await), (0, 0), "nothing was saved");
    let kept = format!("{}, Күншуақ", garden.name);
    assert!(row(&dry, &handle(&portal, &families[0]).await).contains(&kept), "{}", dry.text());
    assert!(row(&dry, &handle(&portal, &russian).await).contains("Бұл оқу тілінде бос орын жоқ"));
    let held = operator.browser.submit(dry.form("/round")).await;
    assert_eq!(held.statuses, [303, 200], "{}", held.text());
    assert!(held.path.starts_with("/kk/operator/rounds/") && held.sees("Ваучер беру аяқталды."));
    assert_eq!(held.all("main tbody tr"), dry.all("main tbody tr"), "the round is what was shown");
    assert_eq!(families[1].status().await, ISSUED);
    assert_eq!(families[2].status().await, QUEUED);
    let again = operator.browser.open(&format!("/kk/operator/queue/{queue}/round")).await;
    assert!(!again.has_form("/round") && again.sees("Қазір ваучер беретін отбасы жоқ."), "{}", again.text());

    // The world changes between the look and the button.
    set_capacity(&portal, garden.groups[0], 3).await;
    let dry = operator.browser.open(&format!("/kk/operator/queue/{queue}/round")).await;
    gives_up(&mut families[2], "/withdraw").await;
    let held = operator.browser.submit(dry.form("/round")).await;
    assert!(held.sees("нәтижесі алдын ала көрсетілгеннен өзгеше"), "{}", held.text());
    assert_eq!(families[3].status().await, ISSUED);
    let list = operator.browser.open("/kk/operator/rounds").await;
    assert_eq!(list.all("main tbody tr").len(), 2);
    assert_eq!(portal.count("journal where deed = 'hold_round'").await, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_doctors_delay_costs_no_place_for_five_working_days(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 0)]).await;
    let mut slow = portal.family(2, "autism").await;
    let form = wished(slow.special_form().await, &[&garden]).fill("consent", "yes");
    slow.sends(form.attach("conclusion", "қорытынды.pdf", "application/pdf", &files::pdf())).await;
    let mut doctor = portal.doctor(1).await;
    let mut others = Vec::new();
    for n in 3..5 {
        portal.advance("PT1M").await;
        let mut family = portal.family(n, "autism").await;
        family.applies(&portal, &[&garden]).await;
        doctor.confirms(&family.number).await;
        others.push(family);
    }
    set_capacity(&portal, garden.groups[0], 2).await;
    let did = portal.tick().await;
    assert_eq!((&did["rounds"]["issued"], &did["rounds"]["kept_back"]), (&1.into(), &1.into()));
    assert_eq!(others[0].status().await, ISSUED);
    assert_eq!(others[1].status().await, QUEUED, "the second place is kept for whoever came first");
    let mut operator = portal.operator().await;
    let list = operator.browser.open("/kk/operator/rounds").await;
    let at = list.attributes("main tbody th a", "href").remove(0);
    let protocol = operator.browser.open(&at).await;
    let told = row(&protocol, &handle(&portal, &slow).await);
    assert!(told.contains("Орын сақтап қойылды") && told.contains("дәрігердің қарауында"), "{told}");
    // The one issued takes its place; the other is kept until the 22nd, the fifth working day.
    others[0].confirms().await;
    others[0].chooses(&garden).await;
    portal.advance_to("2026-12-22T10:00:00+05:00").await;
    portal.tick().await;
    others[1].comes_back(&portal).await;
    assert_eq!(others[1].status().await, QUEUED);
    portal.advance_to("2026-12-23T10:00:00+05:00").await;
    portal.tick().await;
    assert_eq!(others[1].status().await, ISSUED);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_place_a_wish_keeps_is_marked_and_nobody_else_takes_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (wished, other) =
        (portal.kindergarten(1, &[(None, 1)]).await, portal.kindergarten(2, &[(None, 2)]).await);
    let russian = portal.group(wished.id, None, "ru", 1).await;
    let (mut one, mut two) = (queued(&portal, 2, &wished).await, queued(&portal, 3, &wished).await);
    portal.tick().await;
    one.confirms().await;
    two.confirms().await;
    let page = one.browser.open(&one.path("/choose")).await;
    assert!(page.sees("Сізге сақталған орын") && page.sees("Оқу тілі басқа: Орыс тілі"), "{}", page.text());
    assert_eq!(portal.taken(russian).await, (0, 0));
    let page = two.browser.open(&two.path("/choose")).await;
    assert!(page.sees("Басқаларға сақталған") && !page.sees("Сізге сақталған орын"), "{}", page.text());
    assert!(two.choice(&wished).await.is_none());
    // The first takes another place: its own is free for the second at once.
    one.chooses(&other).await;
    two.chooses(&wished).await;
    assert_eq!((portal.taken(wished.groups[0]).await, portal.taken(other.groups[0]).await), ((0, 1), (0, 1)));
}

#[sqlx::test(migrations = "./migrations")]
async fn wishes_change_until_a_voucher_is_issued_and_the_date_stays(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (first, second) =
        (portal.kindergarten(1, &[(None, 0)]).await, portal.kindergarten(2, &[(None, 0)]).await);
    let mut family = queued(&portal, 2, &first).await;
    let behind = queued(&portal, 3, &first).await;
    let page = family.case().await;
    let page = family.browser.open(&page.link("Қалауларды өзгерту")).await;
    let form = page.form("/wishes");
    assert_eq!(form.value("wish_1"), Some(first.id.to_string().as_str()));
    let wrong = family.browser.submit(form.clone().fill("wish_1", "")).await;
    assert_eq!((wrong.status, wrong.error("wish_1").is_some()), (422, true));
    let saved = family.browser.submit(form.fill("wish_1", &second.id.to_string())).await;
    assert!(saved.statuses == [303, 200] && saved.sees("Қалауларыңыз сақталды."), "{}", saved.text());
    assert_eq!(family.place().await.as_deref(), Some("1"));
    assert_eq!(portal.count("journal where deed = 'change_wishes'").await, 1);
    let late = family.browser.open(&family.path("/wishes")).await.form("/wishes");
    set_capacity(&portal, second.groups[0], 1).await;
    portal.tick().await;
    assert_eq!(family.browser.submit(late).await.status, 409);
    family.confirms().await;
    assert!(family.browser.open(&family.path("/choose")).await.sees("Сізге сақталған орын"));
    let foreign = family.browser.open(&behind.path("/wishes")).await;
    assert_eq!(foreign.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_declined_for_good_stands_still_and_is_seated_before_any_new_voucher(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (only, later) =
        (portal.kindergarten(1, &[(None, 1)]).await, portal.kindergarten(2, &[(None, 0)]).await);
    let mut family = queued(&portal, 2, &only).await;
    portal.tick().await;
    family.confirms().await;
    family.chooses(&only).await;
    let mut head = portal.head(&only).await;
    head.declines(&family.number, "vaccination_ratio").await;
    let notices = family.browser.open("/kk/notices").await;
    assert!(notices.sees("барлық мерзім тоқтап тұр"), "{}", notices.text());
    let mut next = queued(&portal, 3, &later).await;
    portal.tick().await;
    assert_eq!(next.status().await, ISSUED, "the place that it cannot have is somebody else's");
    let mut last = queued(&portal, 4, &later).await;

    // Weeks go by; nothing of it is counted against the family.
    portal.advance_to("2027-01-25T10:00:00+05:00").await;
    family.comes_back(&portal).await;
    portal.tick().await;
    assert_eq!(family.status().await, CHOOSE);
    set_capacity(&portal, later.groups[0], 1).await;
    let did = portal.tick().await;
    assert_eq!(did["rounds"]["reseated"], 1, "{did}");
    last.comes_back(&portal).await;
    assert!(family.browser.open("/kk/notices").await.sees("орын қайта табылды"));
    family.chooses(&later).await;
    assert_eq!(portal.taken(later.groups[0]).await, (0, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_operator_unseats_a_voucher_only_after_seeing_whose(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut one, mut two) = (queued(&portal, 2, &garden).await, queued(&portal, 3, &garden).await);
    portal.tick().await;
    let group = garden.groups[0];
    let mut head = portal.head(&garden).await;
    let page = head.browser.open(&format!("/kk/kindergarten/groups/{group}")).await;
    let refused = head.browser.submit(page.form(&group.to_string()).fill("capacity", "1")).await;
    assert_eq!(refused.status, 409, "a kindergarten unseats nobody: {}", refused.text());

    let mut operator = portal.operator().await;
    let card = operator.browser.open(&format!("/kk/operator/kindergartens/{}", garden.id)).await;
    let page = operator.browser.open(&card.link("Күншуақ")).await;
    let sure = operator.browser.submit(page.form(&group.to_string()).fill("capacity", "1")).await;
    let (first, last) = (handle(&portal, &one).await, handle(&portal, &two).await);
    assert_eq!(sure.status, 409);
    assert!(sure.sees(&last) && !sure.sees(&first) && sure.sees("1 отбасы"), "{}", sure.text());
    assert_eq!(portal.count("groups where capacity = 1").await, 0, "not before it was seen");
    let done = operator.browser.submit(sure.form(&group.to_string())).await;
    assert_eq!(done.statuses, [303, 200], "{}", done.text());
    assert_eq!(portal.count("groups where capacity = 1").await, 1);
    assert!(two.browser.open("/kk/notices").await.sees("барлық мерзім тоқтап тұр"));
    assert!(!one.browser.open("/kk/notices").await.sees("барлық мерзім тоқтап тұр"));

    // Nothing lapses meanwhile, and the next place is the second family's.
    let mut third = queued(&portal, 4, &garden).await;
    portal.advance_to("2026-12-15T12:00:00+05:00").await;
    one.confirms().await;
    one.chooses(&garden).await;
    portal.advance_to("2027-01-11T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 0);
    set_capacity(&portal, group, 2).await;
    assert_eq!(portal.tick().await["rounds"]["reseated"], 1);
    two.comes_back(&portal).await;
    third.comes_back(&portal).await;
    assert_eq!((two.status().await.as_str(), third.status().await.as_str()), (ISSUED, QUEUED));
    two.confirms().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_text_taken_while_no_place_is_left_gives_the_whole_term_once_there_is_one(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let group = garden.groups[0];
    portal.fault("sms", "down").await;
    let mut family = queued(&portal, 2, &garden).await;
    portal.tick().await;
    assert_eq!(family.status().await, ISSUED);
    assert!(family.case().await.sees("2026 ж. 17 желтоқсан"), "{}", family.case().await.text());
    set_capacity(&portal, group, 0).await;
    portal.tick().await;
    assert!(family.browser.open("/kk/notices").await.sees("барлық мерзім тоқтап тұр"));
    assert!(!family.case().await.sees("17 желтоқсан"), "{}", family.case().await.text());

    // The gateway takes the text when the first day shown is over.
    portal.fault("sms", "ok").await;
    portal.advance_to("2026-12-21T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 0);
    assert_eq!(portal.count("vouchers where notice_accepted_on = '2026-12-21'").await, 1);
    family.comes_back(&portal).await;
    assert!(!family.case().await.sees("17 желтоқсан"), "{}", family.case().await.text());

    portal.advance_to("2026-12-28T10:00:00+05:00").await;
    set_capacity(&portal, group, 1).await;
    let did = portal.tick().await;
    assert_eq!((&did["rounds"]["reseated"], &did["sweeps"]["lapse"]), (&1.into(), &0.into()), "{did}");
    family.comes_back(&portal).await;
    // Two working days after the day on which it ran again.
    let page = family.case().await;
    assert!(page.sees("2026 ж. 30 желтоқсан") && !page.sees("17 желтоқсан"), "{}", page.text());
    assert!(family.browser.open("/kk/notices").await.sees("30 желтоқсан"));
    let days = family.browser.open(&family.path("/term").replace("/kk/", "/ru/")).await;
    assert!(days.sees("30.12.2026") && days.sees("21.12.2026"), "{}", days.text());
    portal.advance_to("2026-12-30T23:59:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 0);
    portal.advance_to("2026-12-31T00:00:05+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["lapse"], 1);
}

/// So many families with a confirmed voucher, made at once: parents by account and number.
async fn crowd(portal: &Portal, garden: &Kindergarten, families: u32) -> Vec<(Uuid, String)> {
    for n in 0..families {
        let mut family = portal.family(100 + n, "autism").await;
        family.applies_generally(&[garden]).await;
    }
    portal.tick().await;
    sqlx::query(
        "with confirmed as (update vouchers set confirmed_at = issued_at, conclude_day0 = '2026-12-14', conclude_days = 5, conclude_by = '2026-12-22' returning id)
         update applications set stage = 'voucher_confirmed' where stage = 'voucher_issued'",
    )
    .execute(&portal.app.pool)
    .await
    .unwrap();
    sqlx::query_as("select applicant_id, number from applications where stage = 'voucher_confirmed'")
        .fetch_all(&portal.app.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn forty_parents_press_for_the_last_place_and_one_has_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let large = portal.kindergarten(2, &[(None, 40)]).await;
    let parents = crowd(&portal, &large, 40).await;
    assert_eq!(parents.len(), 40);
    let small = portal.kindergarten(1, &[(None, 1)]).await;
    let group = small.groups[0];
    let presses = parents.into_iter().map(|(account, number)| {
        let app = portal.app.clone();
        tokio::spawn(async move {
            let mut tx = app.pool.begin().await.unwrap();
            let actor = Actor::Person { account, role: Role::Parent };
            let deed = Deed::begin(&app, &mut tx, actor, Uuid::nil()).await.unwrap();
            let chosen = contract::choose(&mut tx, &deed, &number, group).await;
            if chosen.is_ok() {
                tx.commit().await.unwrap();
            }
            chosen
        })
    });
    let presses: Vec<_> = presses.collect();
    let mut won = 0;
    for press in presses {
        match press.await.unwrap() {
            Ok(()) => won += 1,
            Err(failure) => assert!(matches!(failure, Failure::Refused(_)), "{failure:?}"),
        }
    }
    assert_eq!((won, portal.taken(group).await), (1, (0, 1)));
    assert_eq!(portal.count("applications where stage = 'voucher_confirmed'").await, 39);
    assert_eq!(portal.count("vouchers where ended_at is null").await, 40);
}
