//! The catalogue: filters, order, map; the page of a kindergarten and what it shows of itself.
use balabaqsha::app::SharedApp;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Kindergarten, Page, Portal, adult, child, files};

const AT: &str = "/kk/kindergartens";

/// What a test changes of a kindergarten; the rest is dull.
async fn set(app: &SharedApp, it: &Kindergarten, sql: &str) {
    let statement = format!("update kindergartens set {sql} where id = $1");
    sqlx::query(sqlx::AssertSqlSafe(statement)).bind(it.id).execute(&app.pool).await.unwrap();
}

async fn born(app: &SharedApp, group: Uuid, from: i32, to: i32) {
    sqlx::query("update groups set birth_year_from = $2, birth_year_to = $3 where id = $1")
        .bind(group)
        .bind(from)
        .bind(to)
        .execute(&app.pool)
        .await
        .unwrap();
}

async fn full(app: &SharedApp, group: Uuid) {
    sqlx::query("update groups set enrolled = capacity where id = $1")
        .bind(group)
        .execute(&app.pool)
        .await
        .unwrap();
}

/// The names on the page, in order.
fn names(page: &Page) -> Vec<String> {
    page.all(".cards .card h3")
}

/// Three kindergartens, each different from the others in everything that is looked for.
async fn three(portal: &Portal) -> [Kindergarten; 3] {
    let app = &portal.app;
    let one = portal.kindergarten(1, &[(None, 20)]).await;
    set(
        app,
        &one,
        "name_kk = 'Әлем', name_ru = 'Мир', district = 'medeu', latitude = 43.20, longitude = 77.05",
    )
    .await;
    born(app, one.groups[0], 2020, 2021).await;
    let two = portal.kindergarten(2, &[(Some("autism"), 8)]).await;
    set(app, &two, "name_kk = 'Балбұлақ', name_ru = 'Балбулак', district = 'alatau', ownership = 'private', barrier_free = true, latitude = 43.30, longitude = 76.80").await;
    born(app, two.groups[0], 2022, 2023).await;
    let mut three = portal.kindergarten(3, &[]).await;
    set(app, &three, "name_kk = 'Жұлдыз', name_ru = 'Звезда', district = 'turksib'").await;
    three.groups.push(portal.group(three.id, None, "ru", 30).await);
    born(app, three.groups[0], 2022, 2024).await;
    full(app, three.groups[0]).await;
    [one, two, three]
}

#[sqlx::test(migrations = "./migrations")]
async fn each_filter_finds_what_it_names_and_several_find_what_all_of_them_name(pool: PgPool) {
    let portal = Portal::start(pool).await;
    three(&portal).await;
    let mut visitor = portal.visitor();
    for (query, found) in [
        ("", &["Әлем", "Балбұлақ", "Жұлдыз"][..]),
        ("?name=%D0%B1%D0%B0%D0%BB%D0%B1%D1%83%D0%BB%D0%B0%D0%BA", &["Балбұлақ"]),
        ("?name=%D0%B7%D0%B2%D0%B5%D0%B7%D0%B4%D0%B0", &["Жұлдыз"]),
        ("?district=medeu", &["Әлем"]),
        ("?kind=autism", &["Балбұлақ"]),
        ("?kind=general", &["Әлем", "Жұлдыз"]),
        ("?language=ru", &["Жұлдыз"]),
        ("?born=2021", &["Әлем"]),
        ("?born=2022", &["Балбұлақ", "Жұлдыз"]),
        ("?ownership=private", &["Балбұлақ"]),
        ("?barrier_free=yes", &["Балбұлақ"]),
        ("?free=yes", &["Әлем", "Балбұлақ"]),
        ("?born=2022&free=yes", &["Балбұлақ"]),
        ("?born=2022&language=ru&kind=general&district=turksib", &["Жұлдыз"]),
        ("?born=2021&kind=autism", &[]),
        // What nobody can have meant finds everything.
        (
            "?district=esil&kind=x&language=en&born=22&born2=1&ownership=y&free=no&sort=z&at=1&child=1",
            &["Әлем", "Балбұлақ", "Жұлдыз"],
        ),
        ("?born=%D9%A2%D9%A0%D9%A2%D9%A2&page=-1", &["Әлем", "Балбұлақ", "Жұлдыз"]),
    ] {
        let page = visitor.open(&format!("{AT}{query}")).await;
        assert_eq!(
            (page.status, names(&page)),
            (200, found.iter().map(|n| (*n).to_owned()).collect()),
            "{query}"
        );
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn every_condition_in_force_can_be_taken_away_by_its_own_link(pool: PgPool) {
    let portal = Portal::start(pool).await;
    three(&portal).await;
    let mut visitor = portal.visitor();
    let page = visitor.open(&format!("{AT}?district=medeu&born=2021&free=yes&sort=free&kind=nonsense")).await;
    let chips = page.all(".chips .chip");
    assert_eq!(chips.len(), 3, "{chips:?}");
    assert!(chips[0].contains("Медеу ауданы") && chips[0].starts_with("Сүзгіні алып тастау:"), "{chips:?}");
    let links = page.attributes(".chips .chip", "href");
    assert_eq!(links[0], "/kk/kindergartens?born=2021&free=yes&sort=free");
    assert_eq!(links[1], "/kk/kindergartens?district=medeu&free=yes&sort=free");
    let form = page.forms().into_iter().find(|form| form.method == "get").unwrap();
    assert_eq!(
        (form.value("district"), form.value("born"), form.value("sort")),
        (Some("medeu"), Some("2021"), Some("free"))
    );
    let again = visitor.submit(form.fill("district", "").fill("born", "")).await;
    assert_eq!(names(&again), ["Әлем", "Балбұлақ"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_list_is_sorted_as_asked(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let [one, ..] = three(&portal).await;
    portal.group(one.id, None, "kk", 3).await;
    let mut visitor = portal.visitor();
    for (query, order) in [
        ("", ["Әлем", "Балбұлақ", "Жұлдыз"]),
        ("?sort=district", ["Балбұлақ", "Әлем", "Жұлдыз"]),
        ("?sort=free", ["Әлем", "Балбұлақ", "Жұлдыз"]),
        // Places that nobody knows come last.
        ("?sort=near&at=43.305,76.801", ["Балбұлақ", "Әлем", "Жұлдыз"]),
        ("?sort=near&at=medeu", ["Әлем", "Балбұлақ", "Жұлдыз"]),
        // No place of this city: from its middle.
        ("?sort=near&at=90,180", ["Әлем", "Балбұлақ", "Жұлдыз"]),
    ] {
        assert_eq!(names(&visitor.open(&format!("{AT}{query}")).await), order, "{query}");
    }
    let near = visitor.open(&format!("{AT}?sort=near&at=43.301234,76.801234")).await;
    assert!(near.all(".card")[0].contains("0,1 км"), "{:?}", near.all(".card"));
    let kept = near.attributes("#near-at option[selected]", "value");
    assert_eq!(kept, ["43.301,76.801"], "no exact place stands in an address");
    let russian = visitor.open("/ru/kindergartens").await;
    assert_eq!(names(&russian), ["Балбулак", "Звезда", "Мир"]);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_order_of_names_is_that_of_the_language(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let words = [
        "Аққу",
        "Әлем",
        "Бота",
        "Ғалым",
        "Ёлка",
        "Жұлдыз",
        "Қарлығаш",
        "Ләйлек",
        "Ңұр",
        "Өрен",
        "Ұлан",
        "Үміт",
        "Һәкім",
        "Ынта",
        "Інжу",
        "Ясли",
        "№ 5",
        "Kids",
    ];
    for (n, word) in (1..).zip(words) {
        let it = portal.kindergarten(n, &[]).await;
        set(&portal.app, &it, &format!("name_kk = '{word}', name_ru = '{word}'")).await;
    }
    for (column, collation) in [("kk", "kk-x-icu"), ("ru", "ru-x-icu")] {
        let by = |order: &str| {
            format!(
                "select array_agg(name_{column} order by {order}) from kindergartens where name_{column} !~ '[ғұүһіңөқәҒҰҮҺІҢӨҚӘ]' or '{column}' = 'kk'"
            )
        };
        let ask = async |order: String| {
            sqlx::query_scalar::<_, Vec<String>>(sqlx::AssertSqlSafe(by(&order)))
                .fetch_one(&portal.app.pool)
                .await
                .unwrap()
        };
        let ours = ask(format!("sort_{column}")).await;
        assert_eq!(ours, ask(format!("name_{column} collate \"{collation}\"")).await);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parent_sees_where_a_place_is_free_for_the_own_child_and_nobody_elses(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let app = &portal.app;
    let [one, two, _] = three(&portal).await;
    let parent = portal.account(&adult(1)).await;
    let kid = portal.child_of(parent, &child(1, "autism")).await;
    let stranger = portal.account(&adult(2)).await;
    let foreign = portal.child_of(stranger, &child(2, "autism")).await;
    let year: i32 = sqlx::query_scalar("select extract(year from birth_on)::int from children where id = $1")
        .bind(kid)
        .fetch_one(&app.pool)
        .await
        .unwrap();
    born(app, one.groups[0], year, year).await;
    born(app, two.groups[0], year + 1, year + 2).await;
    let mut browser = portal.signed_in(parent).await;
    let own = browser.open(&format!("{AT}?child={kid}")).await;
    assert_eq!(names(&own), ["Әлем"]);
    assert_eq!(own.all(".chips .chip").len(), 1);
    full(app, one.groups[0]).await;
    assert_eq!(names(&browser.open(&format!("{AT}?child={kid}")).await), Vec::<String>::new());
    for ignored in [foreign.to_string(), Uuid::nil().to_string(), "x".to_owned()] {
        let page = browser.open(&format!("{AT}?child={ignored}")).await;
        assert_eq!((names(&page).len(), page.all(".chips .chip").len()), (3, 0));
        let kept = [page.attributes("main [value]", "value"), page.attributes("main a", "href")].concat();
        assert!(kept.iter().all(|text| !text.contains(&format!("child={ignored}")) && *text != ignored));
    }
    let signed_out = portal.visitor().open(&format!("{AT}?child={kid}")).await;
    assert_eq!((names(&signed_out).len(), signed_out.all("#child").len()), (3, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_map_shows_what_the_list_shows_and_districts_lead_to_themselves(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let [one, ..] = three(&portal).await;
    let mut visitor = portal.visitor();
    let page = visitor.open(AT).await;
    assert_eq!(page.attributes(".map a.map__area", "href").len(), 8);
    let spots = page.attributes(".map a.map__spot", "href");
    assert_eq!(spots.len(), 2, "the third has no place yet");
    assert!(spots.contains(&format!("{AT}/{}", one.id)));
    assert!(page.attributes(".map a.map__spot", "aria-label").contains(&"Әлем, бос орын: 20".to_owned()));
    let medeu = visitor.open(&format!("{AT}?district=medeu&free=yes")).await;
    let chosen = medeu.attributes(".map a.map__area[aria-current]", "href");
    assert_eq!(chosen, ["/kk/kindergartens?free=yes"], "the chosen one leads back to the whole city");
    assert_eq!(medeu.attributes(".map a.map__spot", "href"), [format!("{AT}/{}", one.id)]);
    for n in 4..62 {
        portal.kindergarten(n, &[]).await;
    }
    let many = visitor.open(AT).await;
    assert_eq!(many.all(".map a.map__spot").len(), 0);
    let labels = many.attributes(".map a.map__area", "aria-label");
    assert!(labels.contains(&"Медеу ауданы: 59 балабақша".to_owned()), "{labels:?}");
    let svg = many.html();
    let svg = &svg[svg.find("<svg class=\"map\"").unwrap()..];
    let svg = &svg[..svg.find("</svg>").unwrap()];
    assert!(svg.len() < 30_000, "{}", svg.len());
}

#[sqlx::test(migrations = "./migrations")]
async fn only_a_page_with_a_detailed_map_may_load_its_pictures(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let plain = portal.visitor().open(AT).await;
    assert!(plain.header("content-security-policy").unwrap().contains("img-src 'self' data:;"));
    assert_eq!(plain.all("[data-tiles]").len(), 0);
    let tiles = Portal::start_with(pool, |config| {
        config.tile_server = Some("https://tile.example/{z}/{x}/{y}.png".to_owned());
        config.tile_credit = "© OpenStreetMap".to_owned();
    })
    .await;
    let mut visitor = tiles.visitor();
    let page = visitor.open(AT).await;
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("img-src 'self' data: https://tile.example;")
    );
    assert_eq!(page.attributes("[data-tiles]", "data-tiles"), ["https://tile.example/{z}/{x}/{y}.png"]);
    for path in ["/kk/", "/kk/login", "/kk/kindergartens/x"] {
        let other = visitor.open(path).await;
        assert!(!other.header("content-security-policy").unwrap().contains("tile.example"), "{path}");
        assert!(other.header("x-tile-page").is_none());
    }
    for asset in page.attributes("[data-leaflet]", "data-leaflet") {
        assert_eq!(visitor.open(&asset).await.header("content-type"), Some("text/javascript; charset=utf-8"));
    }
}

/// Families who came into a group, having applied in this month.
async fn enrolled(portal: &Portal, group: Uuid, from: u32, many: u32, month: &str) {
    for n in from..from + many {
        let account = portal.account(&adult(n)).await;
        let kid = portal.child_of(account, &child(n, "autism")).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "begin;
             insert into queues (city, queue_type, correction_type) values ('almaty', 'special', 'autism') on conflict do nothing;
             insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district,
                                       language, birth_year, submitted_at, consented_at, stage, stage_since, voucher_id, group_id, contract_id, enrolled_on)
             select gen_random_uuid(), 'N{n}', 'H{n}', '{account}', '{kid}', q.id, 'special', 'autism', 'almaty', 'medeu', 'kk', 2022,
                    '{month}-15', '{month}-15', 'enrolled', portal_now(), gen_random_uuid(), '{group}', gen_random_uuid(), portal_now()::date
             from queues q where q.correction_type = 'autism';
             insert into vouchers (id, application_id, child_id, number, issued_at, confirm_day0, confirm_days, confirm_by, ended_at, end_reason)
             select a.voucher_id, a.id, a.child_id, 'V{n}', '{month}-20', '{month}-20', 3, '{month}-25', portal_now(), 'enrolled'
             from applications a where a.number = 'N{n}';
             insert into contracts (id, application_id, voucher_id, group_id, number, template_version, starts_on, parent_fee, sent_at)
             select a.contract_id, a.id, a.voucher_id, a.group_id, 'C{n}', '1', '{month}-25', 0, '{month}-22' from applications a where a.number = 'N{n}';
             commit;"
        )))
        .execute(&portal.app.pool)
        .await
        .unwrap();
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn which_queue_date_got_in_lately_is_told_from_five_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let here = portal.kindergarten(1, &[(Some("autism"), 20)]).await;
    let other = portal.kindergarten(2, &[(Some("autism"), 20)]).await;
    let mut visitor = portal.visitor();
    let address = format!("{AT}/{}", here.id);
    enrolled(&portal, here.groups[0], 10, 4, "2026-03").await;
    let page = visitor.open(&address).await;
    assert!(page.sees("Айтуға ерте") && !page.sees("наурыз"), "four say too much: {}", page.text());
    enrolled(&portal, other.groups[0], 30, 2, "2026-02").await;
    let page = visitor.open(&address).await;
    assert!(page.sees("2026 ж. наурыз немесе одан бұрын – бүкіл қала бойынша"), "{}", page.text());
    enrolled(&portal, here.groups[0], 14, 1, "2026-05").await;
    let page = visitor.open(&address).await;
    assert!(
        page.sees("2026 ж. наурыз немесе одан бұрын") && !page.sees("бүкіл қала бойынша"),
        "{}",
        page.text()
    );
    let russian = visitor.open(&address.replace("/kk/", "/ru/")).await;
    assert!(russian.sees("март 2026 г. или раньше"));
    let page = visitor.open(&format!("{AT}/{}", other.id)).await;
    assert!(page.sees("бүкіл қала бойынша"), "two here, seven in the city");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_says_where_it_is_and_who_works_there(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 8), (Some("autism"), 4), (None, 20)]).await;
    let mut head = portal.head(&garden).await;
    let values = [
        ("phone", "+7 727 339 72 22"),
        ("position", "43.2567, 76.9286"),
        ("directions_kk", "Абай аялдамасы.\nСол жақта."),
        ("directions_ru", "Остановка Абая.\nСлева."),
        ("access_ramp", "yes"),
        ("access_quiet_room", "yes"),
        ("hours_speech_therapist", "36"),
    ];
    let page = head.browser.fill_in("/kk/kindergarten/profile", "/profile", &values).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let form = page.form("/profile");
    assert_eq!(
        (form.value("position"), form.value("hours_speech_therapist")),
        (Some("43.2567, 76.9286"), Some("36"))
    );
    let page = portal.visitor().open(&format!("/ru/kindergartens/{}", garden.id)).await;
    for words in [
        "Логопед",
        "36 часов в неделю",
        "Пандус у входа",
        "Тихая комната",
        "Остановка Абая.",
        "Фотографий пока нет.",
    ] {
        assert!(page.sees(words), "{words}: {}", page.text());
    }
    assert_eq!(page.all(".map--place .map__pin").len(), 1);
    // Two groups of one kind are one line.
    assert_eq!(page.all("table tbody tr").len(), 2);
    assert!(
        page.all("table tbody tr").iter().any(|row| row.contains("12")),
        "{:?}",
        page.all("table tbody tr")
    );
    let empty =
        [("position", ""), ("directions_kk", ""), ("directions_ru", ""), ("hours_speech_therapist", "")];
    let page = head.browser.fill_in("/kk/kindergarten/profile", "/profile", &empty).await;
    assert_eq!(page.statuses, [303, 200]);
    let page = portal.visitor().open(&format!("/ru/kindergartens/{}", garden.id)).await;
    assert!(page.sees("Сведений о специалистах пока нет.") && page.all(".map--place").is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn wrong_facts_are_told_at_their_fields_and_nothing_typed_is_lost(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    let (mut head, mut operator) = (portal.head(&garden).await, portal.operator().await);
    let at = format!("/kk/operator/kindergartens/{}", garden.id);
    for (field, typed, told) in [
        ("position", "Абай көшесі", "Екі санды үтір арқылы жазыңыз"),
        ("position", "76.9286, 43.2567", "Бұл жер қаладан тыс"),
        ("hours_psychologist", "81", "1 мен 80"),
        ("hours_psychologist", "0", "1 мен 80"),
        ("hours_psychologist", "-1", "цифрмен"),
        ("hours_psychologist", "99999999999", "1 мен 80"),
        ("directions_kk", "Абай аялдамасы", "directions_ru"),
    ] {
        for (browser, path) in
            [(&mut head.browser, "/kk/kindergarten/profile"), (&mut operator.browser, at.as_str())]
        {
            let page = browser.fill_in(path, path, &[("phone", "+77273397222"), (field, typed)]).await;
            assert_eq!(page.status, 422, "{field} = {typed}");
            let error = page.error(if told == "directions_ru" { "directions_ru" } else { field });
            let error = error.unwrap_or_else(|| panic!("{field} = {typed}: {}", page.text()));
            assert!(told == "directions_ru" || error.contains(told), "{typed}: {error}");
            assert_eq!(page.form(path).value(field), Some(typed));
        }
    }
    assert_eq!(portal.count("therapists").await, 0);
}

/// A JPEG that says where it was taken.
fn with_exif() -> Vec<u8> {
    let jpeg = files::jpeg();
    let exif = b"Exif\0\0II*\0\x08\0\0\0\0\0GPS 43.2567 76.9286";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_picture_is_drawn_anew_shown_and_taken_away(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    let other = portal.kindergarten(2, &[]).await;
    let (mut head, mut foreign) = (portal.head(&garden).await, portal.head(&other).await);
    let at = "/kk/kindergarten/photos";
    let page = head.browser.open(at).await;
    let named = |page: &Page| page.form(at).fill("alt_kk", "Ойын алаңы").fill("alt_ru", "Игровая площадка");
    let page =
        head.browser.submit(named(&page).attach("photo", "IMG_1.jpg", "image/jpeg", &with_exif())).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let mut visitor = portal.visitor();
    let shown = visitor.open(&format!("{AT}/{}", garden.id)).await;
    assert_eq!(shown.attributes(".photos img", "alt"), ["Ойын алаңы"]);
    let address = shown.attributes(".photos img", "src").remove(0);
    let picture = visitor.open(&address).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
    assert!(picture.header("cache-control").unwrap().contains("immutable"));
    for trace in [&b"Exif"[..], b"GPS", b"IMG_1"] {
        assert!(
            !picture.bytes.windows(trace.len()).any(|part| part == trace),
            "the camera's own words are gone"
        );
    }
    visitor.headers.push(("if-none-match".to_owned(), picture.header("etag").unwrap().to_owned()));
    let again = visitor.open(&address).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));

    let id = address.rsplit('/').next().unwrap();
    let remove = format!("/photos/{id}/remove");
    let theirs = foreign.browser.open(at).await.form(at);
    let stolen = theirs.value("form_token").unwrap().to_owned();
    let tried = foreign
        .browser
        .send(
            "POST",
            &format!("/kk/kindergarten{remove}"),
            "application/x-www-form-urlencoded",
            format!("form_token={stolen}"),
        )
        .await;
    assert_eq!(tried.status, 404, "another kindergarten's picture is not there");
    let page = head.browser.open(at).await;
    let page = head.browser.submit(page.form(&remove)).await;
    assert_eq!((page.statuses.clone(), page.all(".photos img").len()), (vec![303, 200], 0));
    visitor.headers.clear();
    assert_eq!(visitor.open(&address).await.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_no_picture_is_told_and_six_are_enough(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    let mut head = portal.head(&garden).await;
    let at = "/kk/kindergarten/photos";
    for (bytes, status) in [
        (files::pdf(), 415),
        (b"text".to_vec(), 415),
        (files::pixel_flood(), 422),
        (files::jpeg()[..200].to_vec(), 422),
        (vec![0xff; 11 * 1024 * 1024], 413),
        ([files::jpeg(), vec![0; 21 * 1024 * 1024]].concat(), 413),
    ] {
        let form = head.browser.open(at).await.form(at).fill("alt_kk", "Аула").fill("alt_ru", "Двор");
        let page = head.browser.submit(form.attach("photo", "a.jpg", "image/jpeg", &bytes)).await;
        assert_eq!(page.status, status, "{} bytes: {}", bytes.len(), page.text());
        let told = page.error("photo").unwrap();
        assert!(status != 413 || told.contains("Файл 10 МБ-тан үлкен"), "{told}");
        assert_eq!(page.form(at).value("alt_kk"), Some("Аула"));
    }
    let form = head.browser.open(at).await.form(at);
    let page = head.browser.submit(form).await;
    assert_eq!(page.status, 422);
    assert!(
        page.error("photo").is_some() && page.error("alt_kk").is_some() && page.error("alt_ru").is_some()
    );
    for _ in 0..6 {
        let form = head.browser.open(at).await.form(at).fill("alt_kk", "Аула").fill("alt_ru", "Двор");
        let page = head.browser.submit(form.attach("photo", "a.png", "image/png", &files::png())).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
    }
    let full = head.browser.open(at).await;
    assert!(full.sees("6 сурет қойылған") && full.attributes("input[type='file']", "id").is_empty());
    assert_eq!(portal.count("kindergarten_photos").await, 6);
}
