//! Registration and recovery: phone and IIN, the code, the password; and what they must not tell.
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::support::page::Form;
use crate::support::people::PASSWORD;
use crate::support::{Page, Person, Portal, Visitor, adult};

/// Fills in the first page.
async fn asks(visitor: &mut Visitor, place: &str, phone: &str, iin: &str) -> Page {
    let page = visitor.open(place).await;
    let mut form = page.form(place).fill("phone", phone).fill("iin", iin);
    if form.has("consent") {
        form = form.fill("consent", "yes");
    }
    visitor.submit(form).await
}

/// As far as the page of the password.
async fn proves(portal: &Portal, visitor: &mut Visitor, place: &str, person: &Person, nth: usize) -> Page {
    let page = asks(visitor, place, &person.phone, &person.iin).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let code = portal.nth_code_for(&person.phone, nth).await;
    let page = visitor.submit(page.form("/code").fill("code", &code)).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    page
}

fn with_password(page: &Page, password: &str) -> Form {
    page.form("/password").fill("password", password).fill("password_repeat", password)
}

async fn signs_in(visitor: &mut Visitor, login: &str, password: &str) -> Page {
    visitor.fill_in("/kk/login", "/login", &[("login", login), ("password", password)]).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parent_registers_in_either_language_and_finds_the_words_of_the_guide(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let kazakh: [&[&str]; 4] = [
        &[
            "Басты бет",
            "Тіркеу",
            "SMS",
            "Құпия сөз",
            "Телефон нөмірі",
            "Ата-анасының немесе заңды өкілінің ЖСН",
            "Мен таныстым және пайдаланушылардың деректер саясатын қабылдаймын",
            "Код жіберу",
        ],
        &["SMS арқылы алынған код", "Жіберу", "Растау коды келмесе, 60 секундтан кейін қайта сұратыңыз"],
        &[
            "Порталға одан әрі кіру үшін құпия сөз ойлап табыңыз",
            "Кіру үшін құпия сөз енгізіңіз",
            "Құпия сөзді растаңыз",
            "Құпия сөз 8–40 таңбадан тұруы керек",
            "Сақтау",
        ],
        &["Телефон нөмірі немесе ЖСН", "Кіру", "Құпия сөзді қайта қалпына келтіру"],
    ];
    let russian: [&[&str]; 4] = [
        &[
            "Главная",
            "Регистрация",
            "SMS",
            "Пароль",
            "Номер телефона",
            "ИИН родителя или законного представителя",
            "Я ознакомлен(а) с политикой в отношении данных пользователей и принимаю её",
            "Отправить код",
        ],
        &["Код из SMS", "Отправить", "Если код не пришёл, запросите его повторно через 60 секунд"],
        &[
            "Придумайте пароль для входа на портал",
            "Введите пароль для входа",
            "Подтвердите пароль",
            "Пароль должен содержать от 8 до 40 символов",
            "Сохранить",
        ],
        &["Номер телефона или ИИН", "Войти", "Восстановление пароля"],
    ];
    for (lang, guide, person) in [("kk", kazakh, adult(2)), ("ru", russian, adult(3))] {
        let mut visitor = portal.visitor();
        let sees = |page: &Page, step: usize| {
            for words in guide[step] {
                assert!(page.sees(words), "«{words}» is not on {}:\n{}", page.path, page.text());
            }
        };
        let place = format!("/{lang}/register");
        sees(&visitor.open(&place).await, 0);
        let page = asks(&mut visitor, &place, &person.phone, &person.iin).await;
        assert_eq!(
            (page.statuses.as_slice(), page.path.as_str()),
            (&[303, 200][..], &*format!("{place}/code"))
        );
        sees(&page, 1);
        assert!(!page.sees(&person.surname), "nothing of the registry before the code");
        let code = portal.code_for(&person.phone).await;
        let page = visitor.submit(page.form("/code").fill("code", &code)).await;
        sees(&page, 2);
        let born = person.birth_on.format("%d.%m.%Y").to_string();
        for fact in [&person.surname, &person.name, &born] {
            assert!(page.sees(fact), "{fact}: {}", page.text());
        }
        let page = visitor.submit(with_password(&page, PASSWORD)).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        sees(&page, 3);
        let values = [("login", person.phone.as_str()), ("password", PASSWORD)];
        let page = visitor.fill_in(&format!("/{lang}/login"), "/login", &values).await;
        assert_eq!(page.path, format!("/{lang}/cabinet"), "this browser gave a code a moment ago");
        assert!(page.sees(&person.name));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn each_wrong_field_of_the_first_page_has_its_message_and_keeps_what_was_typed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let wrong_check = {
        let last = person.iin.as_bytes()[11] - b'0';
        format!("{}{}", &person.iin[..11], (last + 1) % 10)
    };
    let cases = [
        ("", person.iin.as_str(), "phone", "Бұл өрісті толтырыңыз"),
        ("123", &person.iin, "phone", "Телефон нөмірін"),
        ("+7 912 345 67 89", &person.iin, "phone", "Қазақстан"),
        ("+44 20 7946 0958", &person.iin, "phone", ""),
        (&person.phone, "", "iin", "Бұл өрісті толтырыңыз"),
        (&person.phone, "12345", "iin", "12 цифр"),
        (&person.phone, "000000000000", "iin", ""),
        (&person.phone, &wrong_check, "iin", "ЖСН"),
    ];
    let mut visitor = portal.visitor();
    for (phone, iin, field, words) in cases {
        let page = asks(&mut visitor, "/kk/register", phone, iin).await;
        assert_eq!(page.status, 422, "{phone} {iin}");
        let told = page.error(field).unwrap_or_else(|| panic!("no message at {field}: {}", page.text()));
        assert!(told.contains(words), "{phone} {iin}: {told}");
        let form = page.form("/register");
        assert_eq!(
            (form.value("phone"), form.value("iin")),
            (Some(phone), Some(iin)),
            "typed values are kept"
        );
        assert_eq!(form.value("consent"), Some("yes"));
        assert_eq!(page.attributes("[aria-invalid='true']", "id"), [field]);
    }
    let page = visitor.open("/ru/register").await;
    let page = visitor.submit(page.form("/register")).await;
    assert_eq!(page.status, 422);
    for field in ["phone", "iin", "consent"] {
        assert!(page.error(field).is_some(), "{field}");
        assert!(page.attributes(".error-summary a", "href").contains(&format!("#{field}")));
    }
    let child = crate::support::child(1, "autism");
    let page = asks(&mut visitor, "/ru/register", &person.phone, &child.iin).await;
    assert_eq!(
        page.error("iin").unwrap(),
        "На портале может зарегистрироваться родитель или законный представитель не моложе 16 лет"
    );
    assert_eq!(portal.count("challenges").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn five_wrong_codes_kill_the_right_one(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let mut visitor = portal.visitor();
    let mut page = asks(&mut visitor, "/kk/register", &person.phone, &person.iin).await;
    let right = portal.code_for(&person.phone).await;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        page = visitor.submit(page.form("/code").fill("code", wrong)).await;
        assert_eq!(page.status, 422);
        assert!(page.error("code").is_some_and(|told| told.contains("Бес рет")), "{:?}", page.error("code"));
        assert_eq!(page.form("/code").value("code"), Some(""), "a code is not shown again");
    }
    let page = visitor.submit(page.form("/code").fill("code", &right)).await;
    assert_eq!(page.status, 422, "the right code is dead");
    visitor.follow = false;
    assert_eq!(visitor.open("/kk/register/password").await.location().as_deref(), Some("/kk/register"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_code_lives_five_minutes_in_the_browser_that_asked_for_this_purpose_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (aigul, marat) = (adult(2), adult(3));
    let (mut hers, mut his) = (portal.visitor(), portal.visitor());
    let page = asks(&mut hers, "/kk/register", &aigul.phone, &aigul.iin).await;
    let code = portal.code_for(&aigul.phone).await;
    let other = asks(&mut his, "/kk/register", &marat.phone, &marat.iin).await;
    let own = portal.code_for(&marat.phone).await;
    if own != code {
        assert_eq!(
            his.submit(other.form("/code").fill("code", &code)).await.status,
            422,
            "of another browser"
        );
    }
    // A code for registration is none for recovery.
    his.follow = false;
    assert_eq!(his.open("/kk/recover/code").await.location().as_deref(), Some("/kk/recover"));
    assert_eq!(his.open("/kk/recover/password").await.location().as_deref(), Some("/kk/recover"));
    portal.advance("PT5M1S").await;
    let late = hers.submit(page.form("/code").fill("code", &code)).await;
    assert_eq!(late.status, 422);
    // Once the road is gone it begins anew.
    portal.advance("PT30M").await;
    hers.follow = false;
    assert_eq!(hers.open("/kk/register/code").await.location().as_deref(), Some("/kk/register"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_new_code_can_be_asked_for_after_sixty_seconds_and_replaces_the_old_one(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let mut visitor = portal.visitor();
    let page = asks(&mut visitor, "/ru/register", &person.phone, &person.iin).await;
    let first = portal.code_for(&person.phone).await;
    let early = visitor.submit(page.form("/again")).await;
    assert_eq!(early.status, 429);
    let wait: u64 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(early.has_form("/code"), "the code can still be typed");
    portal.advance("PT61S").await;
    let page = visitor.open("/ru/register/code").await;
    let page = visitor.submit(page.form("/again")).await;
    assert_eq!(page.statuses, [303, 200]);
    let second = portal.nth_code_for(&person.phone, 2).await;
    if first != second {
        assert_eq!(visitor.submit(page.form("/code").fill("code", &first)).await.status, 422);
    }
    let page = visitor.open("/ru/register/code").await;
    let spaced = format!(" {} {} ", &second[..3], &second[3..]);
    let page = visitor.submit(page.form("/code").fill("code", &spaced)).await;
    assert_eq!(page.path, "/ru/register/password", "{}", page.text());
}

#[sqlx::test(migrations = "./migrations")]
async fn nobody_learns_from_the_pages_who_exists(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.stop_clock("2026-12-14T10:00:00+05:00").await;
    let registered = adult(2);
    portal.account(&registered).await;
    let nobody = nobody();
    let of_another = "+77071234599";
    let cases = [
        ("a new person", adult(4).phone, adult(4).iin),
        ("somebody registered", registered.phone.clone(), registered.iin.clone()),
        ("somebody else's phone", of_another.to_owned(), adult(6).iin),
        ("no such person", adult(8).phone, nobody),
    ];
    for place in ["/kk/register", "/ru/recover"] {
        let mut pages: Vec<(String, String)> = Vec::new();
        for (who, phone, iin) in &cases {
            // Every purpose is another day to the limits of a phone.
            let mut visitor = portal.visitor();
            let phone = if place == "/ru/recover" { other_phone(phone) } else { phone.clone() };
            let page = asks(&mut visitor, place, &phone, iin).await;
            assert_eq!(page.statuses, [303, 200], "{who}");
            let html = page.html().replace(&shown(&phone), "PHONE");
            pages.push(((*who).to_owned(), without_tokens(&page, &html)));
            let mut names: Vec<String> = page.headers.keys().map(|name| name.to_string()).collect();
            names.sort_unstable();
            pages.last_mut().unwrap().1.push_str(&names.join(","));
        }
        for (who, page) in &pages[1..] {
            assert_eq!(page, &pages[0].1, "{place}: {who}");
        }
    }
    assert_eq!(portal.messages(of_another).await.len(), 0);
    assert_eq!(portal.messages(&adult(8).phone).await.len(), 0);
}

/// An IIN that passes every check and belongs to nobody.
fn nobody() -> String {
    let first = "900101400000".to_owned();
    let days = (1..28).map(|day| format!("9001{day:02}40000"));
    days.into_iter()
        .find_map(|ten| {
            let eleven = format!("{}{}", &ten[..7], "0000");
            let check = balabaqsha::rules::iin::check_digit(eleven.as_bytes())?;
            Some(format!("{eleven}{}", char::from(check)))
        })
        .unwrap_or(first)
}

fn other_phone(phone: &str) -> String {
    format!("+7701{}", &phone[5..])
}

fn shown(phone: &str) -> String {
    format!("{} {} {} {}", &phone[..2], &phone[2..5], &phone[5..8], &phone[8..])
}

fn without_tokens(page: &Page, html: &str) -> String {
    let tokens = page.attributes("input[name='form_token']", "value");
    tokens.iter().fold(html.to_owned(), |html, token| html.replace(token.as_str(), "TOKEN"))
}

#[sqlx::test(migrations = "./migrations")]
async fn codes_to_one_number_and_for_one_iin_are_limited_whoever_asks(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    for n in 0..3 {
        let mut visitor = portal.visitor();
        let page = asks(&mut visitor, "/kk/register", &person.phone, &person.iin).await;
        assert_eq!(page.statuses, [303, 200], "{n}");
        portal.advance("PT61S").await;
    }
    let mut visitor = portal.visitor();
    // Another IIN, another way of writing the number: it is the number that is counted.
    let page = asks(&mut visitor, "/kk/register", &format!("8{}", &person.phone[2..]), &adult(4).iin).await;
    assert_eq!(page.status, 429);
    let wait: u64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    let form = page.form("/register");
    assert_eq!(form.value("iin"), Some(adult(4).iin.as_str()), "typed values are kept");
    // Two more for the IIN from other numbers, then no more.
    for n in [10, 11] {
        let page = asks(&mut visitor, "/kk/register", &adult(n).phone, &person.iin).await;
        assert_eq!(page.statuses, [303, 200], "{n}");
    }
    let page = asks(&mut visitor, "/kk/recover", &adult(12).phone, &person.iin).await;
    assert_eq!(page.status, 429, "the IIN's own limit, recovery included");
    // The sliding hour is over.
    portal.advance("PT1H").await;
    let page = asks(&mut visitor, "/kk/register", &person.phone, &person.iin).await;
    assert_eq!(page.statuses, [303, 200]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_registry_is_told_within_three_seconds_and_nothing_is_lost(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let mut visitor = portal.visitor();
    for (mode, place) in [("down", "/kk/register"), ("error", "/ru/recover"), ("slow", "/ru/register")] {
        portal.fault("registry", mode).await;
        let begun = Instant::now();
        let page = asks(&mut visitor, place, &person.phone, &person.iin).await;
        assert!(
            begun.elapsed() < Duration::from_secs(3) + Duration::from_millis(500),
            "{mode}: {:?}",
            begun.elapsed()
        );
        assert_eq!(page.status, 503, "{mode}");
        assert!(page.header("retry-after").is_some());
        let form = page.form(place);
        assert_eq!((form.value("phone"), form.value("iin")), (Some(&*person.phone), Some(&*person.iin)));
        assert_eq!(portal.count("challenges").await, 0, "{mode}: the road has not begun");
    }
    portal.fault("registry", "ok").await;
    let page = asks(&mut visitor, "/kk/register", &person.phone, &person.iin).await;
    assert_eq!(page.statuses, [303, 200], "the tries were not counted");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_password_has_eight_to_forty_characters_of_any_alphabet(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let taken = ["гүлжайна", &"ң".repeat(40), &"a1-Ә ".repeat(8)];
    for (n, good) in (2..).zip(taken) {
        let person = adult(n);
        let mut visitor = portal.visitor();
        let mut page = proves(&portal, &mut visitor, "/kk/register", &person, 1).await;
        if n == 2 {
            let named = format!("{}aa", person.iin);
            let phone = person.phone.trim_start_matches('+').to_owned();
            let refused = [
                "1234567",
                &"ң".repeat(41),
                &"b".repeat(41),
                "",
                "балабақша",
                "nul\0nul\0nul",
                &named,
                &phone,
            ];
            for bad in refused {
                page = visitor.submit(with_password(&page, bad)).await;
                assert_eq!(page.status, 422, "{bad:?}");
                assert!(page.error("password").is_some(), "{bad:?}");
                assert_eq!(page.form("/password").value("password"), Some(""), "never shown again");
            }
            let form = page.form("/password").fill("password", PASSWORD).fill("password_repeat", "Көктемде");
            page = visitor.submit(form).await;
            assert_eq!(page.status, 422);
            assert!(page.error("password_repeat").is_some());
        }
        let page = visitor.submit(with_password(&page, good)).await;
        assert_eq!(page.statuses, [303, 200], "{good:?}: {}", page.text());
        for altered in [good.to_uppercase(), format!("{good} ")] {
            let page = signs_in(&mut visitor, &person.iin, &altered).await;
            assert_eq!(page.status, 422, "{altered:?}");
        }
        let page = signs_in(&mut visitor, &person.iin, good).await;
        assert_eq!(page.path, "/kk/cabinet", "{good:?}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn pressing_twice_at_any_step_has_one_effect(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let mut visitor = portal.visitor();
    let page = visitor.open("/kk/register").await;
    let form =
        page.form("/register").fill("phone", &person.phone).fill("iin", &person.iin).fill("consent", "yes");
    let page = visitor.submit(form.clone()).await;
    assert_eq!(page.path, "/kk/register/code");
    assert_eq!(visitor.submit(form).await.path, "/kk/register/code");
    let form = page.form("/code").fill("code", &portal.code_for(&person.phone).await);
    assert_eq!(portal.count("challenges").await, 1);
    let page = visitor.submit(form.clone()).await;
    assert_eq!(page.path, "/kk/register/password");
    assert_eq!(visitor.submit(form).await.path, "/kk/register/password");
    let form = with_password(&page, PASSWORD);
    assert_eq!(visitor.submit(form.clone()).await.path, "/kk/login?done=password_saved");
    assert_eq!(visitor.submit(form).await.path, "/kk/login?done=password_saved");
    assert_eq!(portal.count("accounts").await, 1);
    let registered = "journal where deed in ('register_account', 'recover_account')";
    assert_eq!(portal.count(registered).await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_forgotten_password_is_replaced_and_every_old_door_closed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let person = adult(2);
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let mut old = portal.signed_in(account).await;
    assert_eq!(old.open("/kk/cabinet").await.status, 200);
    let mut visitor = portal.visitor();
    let page = proves(&portal, &mut visitor, "/ru/recover", &person, 1).await;
    assert_eq!(page.h1(), "Восстановление пароля");
    let page = visitor.submit(with_password(&page, "Жаздағы жаңбыр")).await;
    assert_eq!(page.statuses, [303, 200]);
    old.follow = false;
    assert_eq!(old.open("/kk/cabinet").await.status, 303, "old sessions are over");
    assert_eq!(signs_in(&mut visitor, &person.phone, PASSWORD).await.status, 422);
    assert_eq!(signs_in(&mut visitor, &person.phone, "Жаздағы жаңбыр").await.path, "/kk/cabinet");
    assert!(visitor.open("/kk/notices").await.sees("Құпия сөзіңіз"), "the owner is told");
}

#[sqlx::test(migrations = "./migrations")]
async fn recovery_of_an_unknown_person_walks_the_same_pages_and_sends_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (stranger, known) = (adult(2), adult(3));
    portal.account(&known).await;
    let mut visitor = portal.visitor();
    let page = asks(&mut visitor, "/kk/recover", &stranger.phone, &stranger.iin).await;
    assert_eq!(page.statuses, [303, 200]);
    let page = visitor.submit(page.form("/code").fill("code", "123456")).await;
    assert_eq!(page.status, 422);
    // By the time a later code is there, an earlier one would be.
    let mut other = portal.visitor();
    asks(&mut other, "/kk/recover", &known.phone, &known.iin).await;
    portal.code_for(&known.phone).await;
    assert_eq!(portal.messages(&stranger.phone).await.len(), 0);
    assert_eq!(portal.count("challenges where code_hash is null").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn registering_again_is_recovery_and_a_number_moves_to_whoever_proves_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (former, person) = (adult(3), adult(2));
    let account = portal.account(&person).await;
    portal.give_password(account).await;
    let former_account = portal.account(&former).await;
    portal.give_password(former_account).await;
    // The registry ties any number to anybody: she proves the number that he has had.
    let moved = Person { phone: former.phone.clone(), ..person.clone() };
    let mut visitor = portal.visitor();
    let page = proves(&portal, &mut visitor, "/kk/register", &moved, 1).await;
    let page = visitor.submit(with_password(&page, "Жаздағы жаңбыр")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert_eq!(portal.count("accounts").await, 2, "one account per IIN");
    assert_eq!(signs_in(&mut visitor, &former.phone, "Жаздағы жаңбыр").await.path, "/kk/cabinet");
    // He is told, and signs in by IIN on a browser that knows him.
    let mut his = portal.signed_in(former_account).await;
    let page = his.open("/ru/notices").await;
    assert!(page.sees("Ваш номер телефона зарегистрирован за другим человеком"), "{}", page.text());
    assert!(his.open("/ru/profile").await.sees("Номера нет"));
    let mut elsewhere = portal.visitor();
    let page = signs_in(&mut elsewhere, &former.iin, PASSWORD).await;
    assert_eq!(page.status, 422);
    assert!(page.error("login").is_some_and(|told| told.contains("нөмір")), "{:?}", page.error("login"));
}
