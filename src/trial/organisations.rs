//! Kindergartens, groups, staff: the deeds and the pages.
use axum::http::StatusCode;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::*;
use crate::domain::kindergarten::{self, Filter, GroupChange, NewGroup, Order, Organisation, Profile};
use crate::domain::staff::{self, NewStaff};
use crate::fault::Failure;
use crate::integrations::registry::Person;
use crate::rules::district::District;
use crate::rules::iin::Bin;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::person::Language;
use crate::rules::phone::Phone;
use crate::rules::queue_order::QueueType;
use crate::rules::refusal::Refusal;

fn organisation(bin: &str, name_kk: &str, name_ru: &str) -> Organisation {
    Organisation {
        bin: Bin::parse(bin).unwrap(),
        name_kk: name_kk.to_owned(),
        name_ru: name_ru.to_owned(),
        district: District::parse("medeu").unwrap(),
        ownership: Ownership::State,
        profile: Profile {
            address_kk: "Абай көшесі, 1".to_owned(),
            address_ru: "ул. Абая, 1".to_owned(),
            phone: "+7 727 339 7222".to_owned(),
            head_name: "Омарова Гүлнар".to_owned(),
            barrier_free: true,
            ..Profile::default()
        },
    }
}

/// Numbers of organisations with a fitting check digit.
fn bins() -> impl Iterator<Item = String> {
    (0..)
        .flat_map(|n| (0..10).map(move |check| format!("1905400{n:04}{check}")))
        .filter(|bin| Bin::parse(bin).is_ok())
}

fn group(capacity: i32) -> NewGroup {
    let kind = GroupKind::General;
    NewGroup {
        name: "Балапан".to_owned(), kind, language: Language::Kk, birth_years: (2021, 2022), capacity
    }
}

fn autism() -> GroupKind {
    GroupKind::parse("autism").unwrap()
}

async fn operator(app: &SharedApp) -> Uuid {
    account(app, 1, "+77071234501", Role::Operator).await
}

async fn account(app: &SharedApp, serial: u32, phone: &str, role: Role) -> Uuid {
    let mut conn = app.pool.acquire().await.unwrap();
    let deed = deed(app, &mut conn, Actor::System).await;
    let iin = iin(serial);
    let bin: Option<String> = sqlx::query_scalar("select bin from kindergartens where id = $1")
        .bind(role.kindergarten())
        .fetch_optional(&mut *conn)
        .await
        .unwrap();
    let bin = bin.map(|bin| Bin::parse(&bin).unwrap());
    let new = NewStaff { role: role.as_str(), iin, phone: Phone::parse(phone).unwrap(), bin };
    staff::add(&mut conn, &deed, &new, &person(&iin)).await.unwrap();
    sqlx::query_scalar("select id from accounts where iin = $1")
        .bind(iin.as_str())
        .fetch_one(&mut *conn)
        .await
        .unwrap()
}

fn person(iin: &crate::rules::iin::Iin) -> Person {
    Person {
        surname: "Серікбаев".to_owned(),
        name: "Ерлан".to_owned(),
        patronymic: None,
        birth_date: iin.birth_on(),
        sex: iin.sex().as_str().to_owned(),
        district: None,
    }
}

async fn garden(app: &SharedApp, conn: &mut PgConnection, bin: &str) -> Uuid {
    let deed = deed(app, conn, Actor::System).await;
    kindergarten::add(conn, &deed, &organisation(bin, "Балбұлақ", "Родничок")).await.unwrap().unwrap()
}

/// A family with a voucher and no place yet.
async fn voucher(app: &SharedApp, conn: &mut PgConnection, applicant: Uuid, serial: u32) {
    let (child, application, voucher) = (app.secrets.id(), app.secrets.id(), app.secrets.id());
    let queue = crate::db::queue::ensure(conn, "almaty", QueueType::General, None).await.unwrap();
    let number = app.secrets.case_number();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "begin;
         insert into children values ('{child}', '2105015{serial:05}', 'А', 'Б', null, 'm', '2021-05-01', 'medeu', now());
         insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, city, district, language,
             birth_year, submitted_at, consented_at, stage, stage_since, voucher_id)
         values ('{application}', '{number}', '{number}', '{applicant}', '{child}', {queue}, 'general', 'almaty', 'medeu', 'kk',
             2021, now(), now(), 'voucher_issued', now(), '{voucher}');
         insert into vouchers (id, application_id, child_id, number, issued_at, confirm_day0, confirm_days, confirm_by)
         values ('{voucher}', '{application}', '{child}', '{number}', now(), '2026-11-22', 2, '2026-11-24');
         commit;"
    )))
    .execute(&mut *conn)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn the_catalogue_finds_sorts_and_counts(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let mut conn = pool.acquire().await.unwrap();
    let deed = deed(&app, &mut conn, Actor::System).await;
    let mut ids = Vec::new();
    // As Kazakh sorts: ә after а, і after ы; as Russian sorts its own names.
    for (bin, (kk, ru)) in
        bins().zip([("Ірімшік", "Акация"), ("Әлем", "Ёлочка"), ("Аққу", "Жемчужина"), ("Ынтымақ", "Берёзка")])
    {
        let id = kindergarten::add(&mut conn, &deed, &organisation(&bin, kk, ru)).await.unwrap().unwrap();
        ids.push(id);
    }
    kindergarten::add_group(&mut conn, &deed, ids[1], &group(20)).await.unwrap();
    kindergarten::add_group(&mut conn, &deed, ids[1], &group(5)).await.unwrap();
    kindergarten::add_group(&mut conn, &deed, ids[1], &NewGroup { kind: autism(), ..group(8) })
        .await
        .unwrap();
    let names = async |filter: Filter, language| {
        let found =
            kindergarten::catalogue(&app, Default::default(), &filter, Order::Name, language, 1).await;
        let sheet = found.unwrap().sheet;
        assert_eq!(sheet.total, i64::try_from(sheet.rows.len()).unwrap());
        sheet
            .rows
            .into_iter()
            .map(|row| if language == Language::Kk { row.name_kk } else { row.name_ru })
            .collect::<Vec<_>>()
    };
    assert_eq!(names(Filter::default(), Language::Kk).await, ["Аққу", "Әлем", "Ынтымақ", "Ірімшік"]);
    assert_eq!(names(Filter::default(), Language::Ru).await, ["Акация", "Берёзка", "Ёлочка", "Жемчужина"]);
    let words = |word: &str| Filter { words: vec![word.to_owned()], ..Filter::default() };
    assert_eq!(names(words("акку"), Language::Kk).await, ["Аққу"]);
    assert_eq!(names(words("елоч"), Language::Kk).await, ["Әлем"]);
    assert_eq!(names(words("%"), Language::Kk).await, Vec::<String>::new());
    let serves = |kind| Filter { kind: Some(kind), ..Filter::default() };
    assert_eq!(names(serves(autism()), Language::Kk).await, ["Әлем"]);
    assert_eq!(
        names(Filter { district: District::parse("alatau").ok(), ..Filter::default() }, Language::Kk).await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(Filter { language: Some(Language::Ru), ..Filter::default() }, Language::Kk).await,
        Vec::<String>::new()
    );
    let look = async |filter: Filter, page| {
        let found =
            kindergarten::catalogue(&app, Default::default(), &filter, Order::Name, Language::Kk, page);
        found.await.unwrap().sheet
    };
    let found = look(serves(GroupKind::General), 1).await;
    let [places] = &found.rows[0].places[..] else { panic!("groups of one kind are one line") };
    assert_eq!((places.capacity, places.free), (25, 25));
    let late = look(Filter::default(), 1_000_000).await;
    assert_eq!((late.page, late.rows.len()), (1, 4));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_page_past_the_end_is_the_last_one(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let mut conn = pool.acquire().await.unwrap();
    for bin in bins().take(41) {
        garden(&app, &mut conn, &bin).await;
    }
    for (asked, page, rows) in [(1, 1, 40), (2, 2, 1), (3, 2, 1), (1_000_000, 2, 1)] {
        let all = Filter::default();
        let found =
            kindergarten::catalogue(&app, Default::default(), &all, Order::Name, Language::Kk, asked).await;
        let sheet = found.unwrap().sheet;
        assert_eq!((sheet.page, sheet.rows.len(), sheet.total, sheet.pages()), (page, rows, 41, 2));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_group_never_gets_smaller_than_what_is_taken(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let mut conn = pool.acquire().await.unwrap();
    let (own, other) = (
        garden(&app, &mut conn, &bins().next().unwrap()).await,
        garden(&app, &mut conn, &bins().nth(1).unwrap()).await,
    );
    let deed = deed(&app, &mut conn, Actor::System).await;
    let id = kindergarten::add_group(&mut conn, &deed, own, &group(20)).await.unwrap();
    let special = NewGroup { kind: autism(), ..group(10) };
    kindergarten::change_group(&mut conn, &deed, own, id, GroupChange::To(&special)).await.unwrap();
    kindergarten::change_group(&mut conn, &deed, own, id, GroupChange::To(&group(20))).await.unwrap();
    sqlx::query("update groups set enrolled = 3, held = 2 where id = $1")
        .bind(id)
        .execute(&mut *conn)
        .await
        .unwrap();
    kindergarten::change_group(&mut conn, &deed, own, id, GroupChange::To(&group(5))).await.unwrap();
    let refused = [
        group(4),
        NewGroup { kind: autism(), ..group(20) },
        NewGroup { language: Language::Ru, ..group(20) },
        NewGroup { birth_years: (2020, 2022), ..group(20) },
    ];
    for new in refused {
        let answer = kindergarten::change_group(&mut conn, &deed, own, id, GroupChange::To(&new)).await;
        assert!(
            matches!(answer, Err(Failure::Refused(Refusal::GroupBelowTaken { taken: 5 }))),
            "{new:?}: {answer:?}"
        );
    }
    let closed = kindergarten::change_group(&mut conn, &deed, own, id, GroupChange::Close).await;
    assert!(matches!(closed, Err(Failure::Refused(Refusal::GroupBelowTaken { taken: 5 }))));
    let foreign = kindergarten::change_group(&mut conn, &deed, other, id, GroupChange::To(&group(30))).await;
    assert!(matches!(foreign, Err(Failure::NotFound)), "another's group is not there");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_voucher_that_is_out_keeps_its_place(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let parent = operator(&app).await;
    let mut conn = pool.acquire().await.unwrap();
    let own = garden(&app, &mut conn, &bins().next().unwrap()).await;
    let deed = deed(&app, &mut conn, Actor::System).await;
    let first = kindergarten::add_group(&mut conn, &deed, own, &group(2)).await.unwrap();
    let second = kindergarten::add_group(&mut conn, &deed, own, &group(1)).await.unwrap();
    voucher(&app, &mut conn, parent, 1).await;
    voucher(&app, &mut conn, parent, 2).await;
    // A refusal ends the deed's transaction; each is tried in one of its own.
    let mut tx = pool.begin().await.unwrap();
    kindergarten::change_group(&mut tx, &deed, own, first, GroupChange::To(&group(1))).await.unwrap();
    let closed = kindergarten::change_group(&mut tx, &deed, own, second, GroupChange::Close).await;
    assert!(matches!(closed, Err(Failure::Refused(Refusal::PlacesPromised))), "{closed:?}");
    tx.rollback().await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    kindergarten::change_group(&mut tx, &deed, own, second, GroupChange::Close).await.unwrap();
    let moved = NewGroup { birth_years: (2022, 2022), ..group(2) };
    let moved = kindergarten::change_group(&mut tx, &deed, own, first, GroupChange::To(&moved)).await;
    assert!(matches!(moved, Err(Failure::Refused(Refusal::PlacesPromised))), "{moved:?}");
    tx.rollback().await.unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_bin_belongs_to_one_kindergarten(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let mut conn = pool.acquire().await.unwrap();
    let (one, two) = (bins().next().unwrap(), bins().nth(1).unwrap());
    garden(&app, &mut conn, &one).await;
    let second = garden(&app, &mut conn, &two).await;
    let deed = deed(&app, &mut conn, Actor::System).await;
    assert_eq!(kindergarten::add(&mut conn, &deed, &organisation(&one, "А", "Б")).await.unwrap(), None);
    assert_eq!(
        kindergarten::change(&mut conn, &deed, second, &organisation(&one, "А", "Б")).await.unwrap(),
        None
    );
    assert!(
        kindergarten::change(&mut conn, &deed, second, &organisation(&two, "А", "Б"))
            .await
            .unwrap()
            .is_some()
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_closed_account_is_signed_out_at_once(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let (boss, doctor) = (operator(&app).await, account(&app, 20, "+77071234520", Role::Doctor).await);
    let mut visitor = Visitor::signed_in(&app, doctor, Role::Doctor).await;
    assert_eq!(
        visitor.open("/kk/operator").await.status,
        StatusCode::NOT_FOUND,
        "another's section is not there"
    );
    let mut operator = Visitor::signed_in(&app, boss, Role::Operator).await;
    let page = format!("/kk/operator/staff/{doctor}");
    let closed = operator.submit(&page, &format!("{page}/disable"), &[]).await;
    assert_eq!((closed.status, closed.location), (StatusCode::SEE_OTHER, format!("{page}?done=saved")));
    let gone = visitor.open("/kk/operator").await;
    assert!(gone.location.starts_with("/kk/login"), "{} {}", gone.status, gone.location);
    assert!(operator.open(&page).await.html.contains("Тіркелгіні қайта ашу"));
    let own = format!("/kk/operator/staff/{boss}");
    let own = operator.submit(&page, &format!("{own}/disable"), &[]).await;
    assert_eq!(own.status, StatusCode::NOT_FOUND, "nobody closes the door behind themselves");
    let opened = operator.submit(&page, &format!("{page}/enable"), &[]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    assert!(
        visitor.open("/kk/operator").await.location.starts_with("/kk/login"),
        "the old session is dead for good"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_removed_role_ends_its_sessions_and_an_existing_account_gets_another(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let boss = operator(&app).await;
    let doctor = account(&app, 20, "+77071234520", Role::Doctor).await;
    assert_eq!(doctor, account(&app, 20, "+77071234599", Role::Operator).await, "one account per person");
    let mut conn = pool.acquire().await.unwrap();
    let member = staff::find(&app, doctor).await.unwrap();
    assert_eq!((member.roles.len(), member.phone.as_deref()), (2, Some("+77071234520")));
    let mut visitor = Visitor::signed_in(&app, doctor, Role::Operator).await;
    assert_eq!(visitor.open("/ru/operator").await.status, StatusCode::OK);
    let deed = deed(&app, &mut conn, by(boss, Role::Operator)).await;
    let granted = member.roles.iter().find(|role| role.role == Role::Operator).unwrap();
    staff::remove_role(&mut conn, &deed, doctor, granted.id).await.unwrap();
    assert!(visitor.open("/ru/operator").await.location.starts_with("/ru/login"));
    assert_eq!(staff::find(&app, doctor).await.unwrap().roles.len(), 1);
    let twice = staff::remove_role(&mut conn, &deed, doctor, granted.id).await;
    assert!(matches!(twice, Err(Failure::NotFound)));
    account(&app, 20, "+77071234520", Role::Operator).await;
    assert!(
        visitor.open("/ru/operator").await.location.starts_with("/ru/login"),
        "the old session is dead for good"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn staff_are_added_by_what_the_registry_says(pool: PgPool) {
    let app = app(&pool, &registry().await);
    let boss = operator(&app).await;
    let mut conn = pool.acquire().await.unwrap();
    let bin = bins().next().unwrap();
    let own = garden(&app, &mut conn, &bin).await;
    let mut operator = Visitor::signed_in(&app, boss, Role::Operator).await;
    let page = "/kk/operator/staff/new";
    let wrong = operator.submit(page, page, &[("role", "parent"), ("iin", "1"), ("phone", "1")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["role", "iin", "phone"] {
        assert!(wrong.html.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    let iin = iin(33);
    let fields =
        |phone| [("role", "kindergarten"), ("bin", bin.as_str()), ("iin", iin.as_str()), ("phone", phone)];
    let other = operator.submit(page, page, &fields("8 707 123 45 99")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.html.contains("Бұл нөмір осы адамға тіркелмеген"));
    let added = operator.submit(page, page, &fields("8 707 123 45 67")).await;
    assert_eq!(
        (added.status, added.location.as_str()),
        (StatusCode::SEE_OTHER, "/kk/operator/staff?done=staff_added")
    );
    let list = operator
        .open("/kk/operator/staff?role=kindergarten&name=%D1%81%D0%B5%D0%B9%D1%82%D0%BA%D0%B0%D0%BB%D0%B8")
        .await;
    assert!(list.html.contains("Сейтқали Айгүл") && list.html.contains("Балбұлақ"), "{}", list.html);
    let roles: Vec<Option<Uuid>> =
        sqlx::query_scalar("select kindergarten_id from roles where role = 'kindergarten'")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    assert_eq!(roles, [Some(own)]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_registry_keeps_what_was_typed(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let boss = operator(&app).await;
    let mut operator = Visitor::signed_in(&app, boss, Role::Operator).await;
    let page = "/ru/operator/staff/new";
    let fields = [("role", "doctor"), ("iin", iin(33).as_str()), ("phone", "87071234567")]
        .map(|(a, b)| (a, b.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let silent = operator.submit(page, page, &fields).await;
    assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        silent.html.contains("value=\"87071234567\"") && silent.html.contains("реестр сейчас не отвечает")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_keeps_its_groups_and_facts(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let mut conn = pool.acquire().await.unwrap();
    let own = garden(&app, &mut conn, &bins().next().unwrap()).await;
    let other = garden(&app, &mut conn, &bins().nth(1).unwrap()).await;
    let role = Role::Kindergarten(own);
    let head = account(&app, 40, "+77071234540", role).await;
    let mut visitor = Visitor::signed_in(&app, head, role).await;
    let new = "/kk/kindergarten/groups/new";
    let empty = visitor.submit(new, new, &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(empty.html.matches("aria-invalid=\"true\"").count(), 6, "{}", empty.html);
    let year = chrono::Datelike::year(&deed(&app, &mut conn, Actor::System).await.today());
    let (from, to) = ((year - 5).to_string(), (year - 4).to_string());
    let fields = |capacity| {
        [
            ("name", "Күншуақ"),
            ("kind", "general"),
            ("language", "kk"),
            ("born_from", from.as_str()),
            ("born_to", to.as_str()),
            ("capacity", capacity),
        ]
    };
    let turned =
        fields("20").map(|(name, value)| if name == "born_to" { (name, "1999") } else { (name, value) });
    assert_eq!(visitor.submit(new, new, &turned).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added = visitor.submit(new, new, &fields("20")).await;
    assert_eq!(added.location, "/kk/kindergarten/groups?done=group_saved");
    let list = visitor.open("/ru/kindergarten/groups").await;
    assert!(list.html.contains("Күншуақ"));
    let id: Uuid = sqlx::query_scalar("select id from groups where kindergarten_id = $1")
        .bind(own)
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    sqlx::query("update groups set held = 2").execute(&mut *conn).await.unwrap();
    let page = format!("/kk/kindergarten/groups/{id}");
    let refused = visitor.submit(&page, &page, &fields("1")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.html.contains("Топта 2 орын"));
    assert_eq!(visitor.submit(&page, &format!("{page}/close"), &[]).await.status, StatusCode::CONFLICT);
    sqlx::query("update groups set kindergarten_id = $1").bind(other).execute(&mut *conn).await.unwrap();
    assert_eq!(visitor.open(&page).await.status, StatusCode::NOT_FOUND);
    let profile = "/kk/kindergarten/profile";
    let facts = |phone| {
        [
            ("address_kk", "Сейфуллин, 5"),
            ("address_ru", "Сейфуллина, 5"),
            ("phone", phone),
            ("head_name", "Әлиева Сәуле"),
        ]
    };
    assert_eq!(
        visitor.submit(profile, profile, &facts("нет")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        visitor.submit(profile, profile, &facts("8 727 111 22 33")).await.status,
        StatusCode::SEE_OTHER
    );
    let public = visitor.open(&format!("/ru/kindergartens/{own}")).await;
    assert!(
        public.html.contains("Сейфуллина, 5") && public.html.contains("tel:+77271112233"),
        "{}",
        public.html
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn strange_queries_never_break_a_page(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let boss = operator(&app).await;
    let mut conn = pool.acquire().await.unwrap();
    let own = garden(&app, &mut conn, &bins().next().unwrap()).await;
    voucher(&app, &mut conn, boss, 1).await;
    let mut operator = Visitor::signed_in(&app, boss, Role::Operator).await;
    let pages = [
        "kindergartens",
        "operator/kindergartens",
        "operator/staff",
        "operator/queue",
        "operator/queue/1",
        "operator/journal",
        "operator",
    ];
    let values =
        ["", "0", "-1", "99999999999999999999", "%00", "%25", "'", "%3Cb%3E", "1e9", "%D3%98", "a%20b"];
    for page in pages {
        for name in
            ["page", "name", "district", "kind", "language", "ownership", "role", "stage", "number", "zzz"]
        {
            for value in values {
                let answer = operator.open(&format!("/kk/{page}?{name}={value}")).await;
                assert_eq!(answer.status, StatusCode::OK, "{page}?{name}={value}");
                assert!(!answer.html.contains("<b>"));
            }
        }
    }
    for page in ["kindergartens", "operator/staff", "operator/queue/1"] {
        for query in ["page=1&page=1", "name=%", "name=%ff"] {
            assert_eq!(
                operator.open(&format!("/kk/{page}?{query}")).await.status,
                StatusCode::BAD_REQUEST,
                "{page}?{query}"
            );
        }
    }
    let upper = own.to_string().to_uppercase();
    for id in ["x", "0", upper.as_str(), "01", "-1", "99999999999999"] {
        for page in ["kindergartens", "operator/kindergartens", "operator/staff", "operator/queue"] {
            assert_eq!(
                operator.open(&format!("/kk/{page}/{id}")).await.status,
                StatusCode::NOT_FOUND,
                "{page}/{id}"
            );
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn every_page_of_the_operator_reads_in_both_languages(pool: PgPool) {
    let app = app(&pool, "http://127.0.0.1:1");
    let boss = operator(&app).await;
    let mut conn = pool.acquire().await.unwrap();
    let own = garden(&app, &mut conn, &bins().next().unwrap()).await;
    let mut operator = Visitor::signed_in(&app, boss, Role::Operator).await;
    let new = format!("/kk/operator/kindergartens/{own}/group");
    let year = chrono::Datelike::year(&deed(&app, &mut conn, Actor::System).await.today()) - 4;
    let year = year.to_string();
    let fields = [
        ("name", "Г"),
        ("kind", "autism"),
        ("language", "ru"),
        ("born_from", year.as_str()),
        ("born_to", year.as_str()),
        ("capacity", "8"),
    ];
    assert_eq!(operator.submit(&new, &new, &fields).await.status, StatusCode::SEE_OTHER);
    let add = "/ru/operator/kindergartens/new";
    let bin = bins().nth(5).unwrap();
    let fields = [
        ("bin", bin.as_str()),
        ("name_kk", "Ақбота"),
        ("name_ru", "Верблюжонок"),
        ("district", "medeu"),
        ("ownership", "private"),
        ("address_kk", "А"),
        ("address_ru", "Б"),
        ("phone", "87273397222"),
        ("head_name", "В"),
        ("barrier_free", "yes"),
    ];
    assert_eq!(operator.submit(add, add, &fields).await.status, StatusCode::SEE_OTHER);
    let again = operator.submit(add, add, &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.html.contains("Детский сад с таким БИН уже есть"));
    voucher(&app, &mut conn, boss, 1).await;
    let (garden, member) = (format!("operator/kindergartens/{own}"), format!("operator/staff/{boss}"));
    let queues: Vec<i32> = sqlx::query_scalar("select id from queues").fetch_all(&mut *conn).await.unwrap();
    let mut pages: Vec<String> =
        queues.iter().map(|id| format!("operator/queue/{id}?stage=voucher_issued")).collect();
    pages.extend(
        [
            "operator",
            "operator/kindergartens",
            "operator/kindergartens/new",
            "operator/staff",
            "operator/staff/new",
            "operator/queue",
            "operator/journal",
        ]
        .map(str::to_owned),
    );
    pages.extend([
        garden.clone(),
        format!("{garden}/group"),
        member,
        "kindergartens".to_owned(),
        format!("kindergartens/{own}"),
    ]);
    for page in &pages {
        for language in ["kk", "ru"] {
            let answer = operator.open(&format!("/{language}/{page}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{language} {page}: {}", answer.html);
            if let Ok(folder) = std::env::var("KEEP_PAGES") {
                std::fs::write(
                    format!("{folder}/{language}-{}.html", page.replace(['/', '?'], "_")),
                    &answer.html,
                )
                .unwrap();
            }
            assert_eq!(answer.html.matches("<h1>").count(), 1, "{page}");
            let html = scraper::Html::parse_document(&answer.html);
            assert!(!answer.html.contains('{') && !answer.html.contains("Some("), "{page}");
            let main = html
                .select(&scraper::Selector::parse("main").unwrap())
                .next()
                .unwrap()
                .text()
                .collect::<String>();
            let kazakh = main.chars().any(|letter| "әғқңөұүһі".contains(letter));
            assert!(language == "ru" || kazakh, "{page} speaks Kazakh");
        }
    }
    let journal = operator.open("/ru/operator/journal").await;
    assert!(journal.html.contains("Добавлена группа") && journal.html.contains("Добавлен детский сад"));
    let dashboard = operator.open("/ru/operator").await;
    assert!(dashboard.html.contains("Расстройства аутистического спектра (РАС)"));
}
