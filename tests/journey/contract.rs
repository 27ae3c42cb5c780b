//! From the choice of a kindergarten to enrolment, and every way back.
use sqlx::PgPool;

use crate::support::city::Staff;
use crate::support::people::PASSWORD;
use crate::support::{Family, Kindergarten, Portal, adult, child, files};

const CHOOSE: &str = "Ваучер расталды, балабақшаны таңдаңыз";
const AWAITING_CONTRACT: &str = "МДҰ-дан келісімшартты күтіңіз";
const SIGN: &str = "Шартты толтырып, қол қойыңыз";
const AWAITING_SIGNATURE: &str = "МДҰ-ның қол қоюын күтіңіз";

/// With a voucher confirmed on Monday, 14 December 2026: until Tuesday, the 22nd.
async fn confirmed(portal: &Portal, n: u32, wish: &Kindergarten) -> Family {
    let mut family = portal.family(n, "autism").await;
    family.applies_generally(&[wish]).await;
    portal.tick().await;
    family.confirms().await;
    family
}

/// As far as a contract that the parent has to sign.
async fn with_contract(portal: &Portal, garden: &Kindergarten) -> (Family, Staff) {
    let mut family = confirmed(portal, 2, garden).await;
    let mut head = portal.head(garden).await;
    family.chooses(garden).await;
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    (family, head)
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_comes_from_the_special_queue_to_the_kindergarten(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(Some("autism"), 1)]).await;
    let (mut doctor, mut head) = (portal.doctor(1).await, portal.head(&garden).await);
    let mut family = portal.family(2, "autism").await;
    let group = garden.groups[0];
    family.applies(&portal, &[&garden]).await;
    doctor.confirms(&family.number).await;
    portal.tick().await;
    family.confirms().await;
    assert_eq!(family.status().await, CHOOSE);
    assert_eq!(portal.taken(group).await, (0, 0));

    let choices = family.browser.open(&family.path("/choose")).await;
    assert!(choices.sees("Балабақшаны таңдау") && choices.sees(&garden.name), "{}", choices.text());
    family.chooses(&garden).await;
    assert_eq!(family.status().await, AWAITING_CONTRACT);
    assert_eq!(portal.taken(group).await, (0, 1), "the place is held at once");

    let list = head.browser.open("/kk/kindergarten").await;
    assert!(list.sees(&family.child.name), "{}", list.text());
    let page = head.opens(&family.number).await;
    assert!(page.sees("Шартты жіберу") && page.sees(&family.child.iin));
    for (starts_on, fee, field) in [
        ("", "0", "starts_on"),
        ("2020-01-01", "0", "starts_on"),
        ("2029-01-01", "0", "starts_on"),
        ("2027-01-11", "-1", "parent_fee"),
        ("2027-01-11", "көп", "parent_fee"),
        ("2027-01-11", "1000001", "parent_fee"),
    ] {
        let page = head
            .browser
            .submit(page.form("/send").fill("starts_on", starts_on).fill("parent_fee", fee))
            .await;
        assert!(page.status == 422 && page.error(field).is_some(), "{starts_on} {fee}: {}", page.text());
        assert_eq!(page.form("/send").value("parent_fee"), Some(fee), "kept");
    }
    // A weekend, and a holiday: the next working day is named.
    for (day_off, language, told) in [
        (
            "2027-01-09",
            "/kk/",
            "2027 ж. 9 қаңтар – жұмыс күні емес. Жұмыс күнін таңдаңыз, ең жақыны – 2027 ж. 11 қаңтар.",
        ),
        (
            "2027-01-01",
            "/ru/",
            "1 января 2027 г. – нерабочий день. Выберите рабочий, ближайший – 5 января 2027 г.",
        ),
    ] {
        let mut form = page.form("/send").fill("starts_on", day_off).fill("parent_fee", "0");
        form.action = form.action.replacen("/kk/", language, 1);
        let page = head.browser.submit(form).await;
        assert_eq!((page.status, page.error("starts_on").as_deref()), (422, Some(told)));
        assert_eq!(page.form("/send").value("starts_on"), Some(day_off), "kept");
    }
    head.sends_contract(&family.number).await;
    assert_eq!(family.status().await, SIGN);
    assert!(family.browser.open("/ru/notices").await.sees(&format!("{} прислал договор", garden.name_ru)));
    assert!(!head.opens(&family.number).await.sees("Шартты ашу"), "not before the parent has sent it");

    let page = family.case().await;
    let page = family.browser.open(&page.link("Шартты толтыру")).await;
    for words in [
        "№ 027/у",
        "Туу туралы куәлік",
        "жеке куәлігі",
        "№ 052-2/у",
        "№ 065/у",
        "ПМПК қорытындысы (",
        "2027 ж. 11 қаңтар",
    ] {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    let page = family.fills_in().await;
    for words in ["Қол қою", "МДҰ-ға жіберу", "Қолтаңба файлы (CMS)", "Шартты ашу (PDF)"]
    {
        assert!(page.sees(words), "«{words}»: {}", page.text());
    }
    let contract = family.contract().await;
    assert!(contract.starts_with(b"%PDF"));
    assert!(page.sees(&sha256(&contract)), "the hash of these very bytes is on the page");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("connect-src 'self' ws"), "only a signing page may speak to NCALayer: {policy}");
    family.signs(&portal).await;
    assert_eq!(family.status().await, AWAITING_SIGNATURE);

    let page = head.opens(&family.number).await;
    let paper = head.browser.open(&page.link("1-құжат.pdf")).await;
    assert_eq!((paper.status, &paper.bytes), (200, &files::pdf()));
    let theirs = head.browser.open(&page.link("Шартты ашу (PDF)")).await;
    assert_eq!(theirs.bytes, contract, "both sides sign the same bytes");
    let no_paper = format!("/kk/kindergarten/families/{}/papers/pmpk_conclusion", family.number);
    assert_eq!(head.browser.open(&no_paper).await.status, 404, "not attached, so not shown");
    let page = head.signs(&portal, &family.number).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(family.status().await, "Балабақшаға қабылданды");
    assert_eq!(portal.taken(group).await, (1, 0));
    let page = family.case().await;
    assert!(page.sees("2026 ж. 14 желтоқсан") && page.sees(&garden.name), "{}", page.text());
    assert!(head.opens(&family.number).await.sees("Балабақша қол қойды: 14.12.2026"), "its own hour, too");
    assert!(family.browser.open("/kk/notices").await.sees(&garden.name));
    assert_eq!(family.browser.open(&family.path("/contract/pdf")).await.bytes, contract);

    // An enrolled child cannot apply.
    let form = crate::support::family::wished(family.special_form().await, &[&garden]);
    let number = family.conclusion(&portal).await;
    let page = family.browser.submit(form.fill("conclusion_number", &number).fill("consent", "yes")).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("қабылданған"), "{}", page.text());
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}

#[sqlx::test(migrations = "./migrations")]
async fn two_families_press_for_the_last_place_and_one_is_told_and_keeps_its_voucher(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (small, large) =
        (portal.kindergarten(1, &[(None, 1)]).await, portal.kindergarten(2, &[(None, 5)]).await);
    // Both wished for the large one: the small one's place is kept for neither.
    let (mut one, mut two) = (confirmed(&portal, 2, &large).await, confirmed(&portal, 3, &large).await);
    let (hers, his) = (one.choice(&small).await.unwrap(), two.choice(&small).await.unwrap());
    let (a, b) = tokio::join!(one.browser.submit(hers), two.browser.submit(his));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(portal.taken(small.groups[0]).await, (0, 1));
    let (told, loser) = if a.status == 409 { (a, &mut one) } else { (b, &mut two) };
    assert!(told.sees("Ваучеріңіз сақталды"), "{}", told.text());
    assert_eq!(loser.status().await, CHOOSE);
    assert!(loser.choice(&small).await.is_none(), "no place, no button");
    loser.chooses(&large).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_place_that_another_voucher_needs_is_held_for_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    // Kazakh: one place here, one there. The second family can sit in the first group only: the other declined it.
    let (one, two) = (portal.kindergarten(1, &[(None, 1)]).await, portal.kindergarten(2, &[(None, 1)]).await);
    let (mut free, mut bound) = (confirmed(&portal, 2, &one).await, confirmed(&portal, 3, &one).await);
    let mut head = portal.head(&two).await;
    bound.chooses(&two).await;
    head.declines(&bound.number, "vaccination_ratio").await;
    if let Some(form) = free.choice(&one).await {
        let page = free.browser.submit(form).await;
        assert_eq!(page.status, 409);
        assert!(page.sees("басқа отбасыларға сақталып тұр"), "{}", page.text());
    }
    free.chooses(&two).await;
    bound.chooses(&one).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn what_does_not_suit_is_not_offered_and_not_taken(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 3)]).await;
    let special = portal.kindergarten(2, &[(Some("autism"), 3)]).await;
    let russian = portal.group(garden.id, None, "ru", 3).await;
    let older = portal.group(garden.id, None, "kk", 3).await;
    sqlx::query("update groups set birth_year_from = 2020, birth_year_to = 2021 where id = $1")
        .bind(older)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let mut family = confirmed(&portal, 2, &garden).await;
    let page = family.browser.open(&family.path("/choose")).await;
    let forms: Vec<_> = page.forms().into_iter().filter(|form| form.has("group")).collect();
    assert_eq!(forms.len(), 1);
    for (group, status) in
        [(special.groups[0], 409), (russian, 409), (older, 409), (portal.app.secrets.id(), 404)]
    {
        let page = family.browser.open(&family.path("/choose")).await;
        let form = page.form("/choose").forge("group", &group.to_string());
        assert_eq!(family.browser.submit(form).await.status, status);
    }
    let page = family.browser.open(&family.path("/choose")).await;
    for (group, status) in [("no group", 404), ("x\0y", 400)] {
        let form = page.form("/choose").forge("group", group);
        assert_eq!(family.browser.submit(form).await.status, status);
    }
    assert_eq!(family.status().await, CHOOSE);
    for group in [special.groups[0], russian, older] {
        assert_eq!(portal.taken(group).await, (0, 0));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_kindergarten_declines_before_and_after_the_contract_by_the_closed_list(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    portal.kindergarten(2, &[(None, 1)]).await;
    let mut family = confirmed(&portal, 2, &garden).await;
    let mut head = portal.head(&garden).await;
    let group = garden.groups[0];
    family.chooses(&garden).await;
    let page = head.opens(&family.number).await;
    assert_eq!(
        page.form("/decline").options("reason"),
        ["", "papers_incomplete", "papers_expired", "vaccination_ratio"]
    );
    for reason in ["", "we are full"] {
        let form = head.opens(&family.number).await.form("/decline").forge("reason", reason);
        let page = head.browser.submit(form).await;
        assert!(page.status == 422 && page.error("reason").is_some(), "{reason}");
    }
    head.declines(&family.number, "papers_incomplete").await;
    assert_eq!((family.status().await.as_str(), portal.taken(group).await), (CHOOSE, (0, 0)));
    assert!(family.browser.open("/kk/notices").await.sees("Құжаттар толық емес"));
    assert_eq!(head.opens(&family.number).await.status, 404, "no business of theirs any more");

    // Papers can be put right: the same kindergarten may be chosen again.
    family.chooses(&garden).await;
    head.sends_contract(&family.number).await;
    assert!(
        !head.opens(&family.number).await.has_form("/decline"),
        "while the family holds the case there is nothing to decline"
    );
    family.fills_in().await;
    family.signs(&portal).await;
    assert_eq!(portal.taken(group).await, (0, 1));
    head.declines(&family.number, "vaccination_ratio").await;
    assert_eq!((family.status().await.as_str(), portal.taken(group).await), (CHOOSE, (0, 0)));
    assert_eq!(portal.count("contracts where voided_at is null").await, 0, "the contract is void");
    let page = family.browser.open(&family.path("/contract")).await;
    assert!(page.sees("Бұрынғы шарттар") && !page.has_form("/sign"), "void, but not gone: {}", page.text());
    let page = family.browser.open(&family.path("/choose")).await;
    assert!(
        page.sees("егілмеген") && family.choice(&garden).await.is_none(),
        "gone for this family: {}",
        page.text()
    );
    let page = family.browser.open(&family.path("/choose")).await;
    let form = page.form("/choose").forge("group", &group.to_string());
    assert_eq!(family.browser.submit(form).await.status, 409);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_choice_is_taken_back_in_each_of_the_three_stages(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = confirmed(&portal, 2, &garden).await;
    let mut head = portal.head(&garden).await;
    let group = garden.groups[0];
    for stage in [AWAITING_CONTRACT, SIGN, AWAITING_SIGNATURE] {
        family.chooses(&garden).await;
        if stage != AWAITING_CONTRACT {
            head.sends_contract(&family.number).await;
        }
        if stage == AWAITING_SIGNATURE {
            family.fills_in().await;
            family.signs(&portal).await;
        }
        assert_eq!((family.status().await.as_str(), portal.taken(group).await), (stage, (0, 1)));
        let case = family.case().await;
        assert_eq!(case.sees("қолтаңбалар күшін жояды"), stage != AWAITING_CONTRACT, "{}", case.text());
        let form = case.form("/take-back");
        let stale = head.opens(&family.number).await;
        assert_eq!(family.browser.submit(form.clone()).await.statuses, [303, 200], "{stage}");
        assert_eq!(family.browser.submit(form).await.statuses, [303, 200], "{stage}: pressed twice");
        assert_eq!((family.status().await.as_str(), portal.taken(group).await), (CHOOSE, (0, 0)), "{stage}");
        assert_eq!(head.opens(&family.number).await.status, 404, "{stage}");
        let told = head.browser.open("/ru/notices").await.text().matches("не занимает место").count();
        assert_eq!(
            told,
            if stage == AWAITING_CONTRACT { 0 } else { 1 + usize::from(stage == AWAITING_SIGNATURE) }
        );
        let form = match stage {
            SIGN => stale.form("/terms").fill("starts_on", "2027-01-06").fill("parent_fee", "1000"),
            _ => stale.form("/decline").forge("reason", "vaccination_ratio"),
        };
        let late = head.browser.submit(form).await;
        match stage {
            AWAITING_CONTRACT => assert_eq!(late.status, 404),
            _ => {
                assert!(late.status == 409 && late.sees("орын алып тұрған жоқ"), "{}", late.text());
                assert_eq!(late.link("Жалғастыру"), "/kk/kindergarten");
            }
        }
        assert_eq!(portal.count("contracts where voided_at is null").await, 0, "{stage}");
        assert!(family.case().await.sees("2026 ж. 22 желтоқсан"), "{stage}: the days are kept");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn the_term_stands_still_while_the_kindergarten_holds_the_case(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = confirmed(&portal, 2, &garden).await;
    let mut head = portal.head(&garden).await;
    portal.advance_to("2026-12-15T10:00:00+05:00").await;
    family.chooses(&garden).await;
    assert!(family.case().await.sees("Мерзім тоқтап тұр") || family.case().await.sees("тоқтап тұр"));
    portal.advance_to("2027-01-15T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["run_out"], 0, "a month, and not the family's");
    family.comes_back(&portal).await;
    head.comes_back(&portal).await;
    head.browser
        .fill_in(
            &format!("/kk/kindergarten/families/{}", family.number),
            "/send",
            &[("starts_on", "2027-02-01"), ("parent_fee", "15000")],
        )
        .await;
    // Of five days none was the family's whole: it chose on the first. 18, 19, 20, 21, 22 January.
    let page = family.case().await;
    assert!(page.sees("2027 ж. 22 қаңтар"), "{}", page.text());
    assert!(family.browser.open(&family.path("/contract/fill")).await.sees("15 000 ₸"));
    portal.advance_to("2027-01-22T12:00:00+05:00").await;
    family.comes_back(&portal).await;
    family.fills_in().await;
    family.signs(&portal).await;
    portal.advance_to("2027-02-10T10:00:00+05:00").await;
    assert_eq!(portal.tick().await["sweeps"]["run_out"], 0);
    head.comes_back(&portal).await;
    assert_eq!(head.signs(&portal, &family.number).await.statuses, [303, 200]);
    assert_eq!(portal.taken(garden.groups[0]).await, (1, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_contract_not_signed_in_time_frees_the_place(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = with_contract(&portal, &garden).await;
    let contract = family.contract().await;
    let cms = portal.sign(&family.parent, None, "sign", &contract).await;
    let page = family.browser.open(&family.path("/contract")).await;
    let form = page.form("/sign").attach("signature_file", "s.cms", "x/y", &cms);
    portal.stop_clock("2026-12-24T00:00:00+05:00").await;
    family.comes_back(&portal).await;
    let page = family.browser.open(&family.path("/contract")).await;
    let fresh = page.form("/sign").attach("signature_file", "s.cms", "x/y", &cms);
    let page = family.browser.submit(fresh).await;
    assert_eq!(page.status, 409, "{}", page.text());
    drop(form);
    portal.tick().await;
    assert_eq!((family.status().await.as_str(), portal.taken(garden.groups[0]).await), ("Мұрағатта", (0, 0)));
}

#[sqlx::test(migrations = "./migrations")]
async fn missing_papers_are_named_and_the_good_ones_kept(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = confirmed(&portal, 2, &garden).await;
    let mut head = portal.head(&garden).await;
    family.chooses(&garden).await;
    head.sends_contract(&family.number).await;
    assert_eq!(family.browser.open(&family.path("/contract")).await.path, family.path("/contract/fill"));
    let page = family.browser.open(&family.path("/contract/fill")).await;
    let page = family.browser.submit(page.form("/fill")).await;
    assert_eq!(page.status, 422);
    for field in ["address", "form_027", "birth_certificate", "parent_id", "form_052_2", "form_065"] {
        assert!(page.error(field).is_some(), "{field}");
    }
    assert!(page.error("pmpk_conclusion").is_none(), "if there is one");
    assert!(page.error("form_027").unwrap().contains("№ 027/у"));
    for (address, told) in [
        ("Аб", true),
        (&*"я".repeat(201), true),
        ("Абай 10 \u{202e}кв", true),
        ("Абай 10 🏠🏠", true),
        ("Абай даңғылы, 10", false),
    ] {
        let page = family.browser.submit(page.form("/fill").fill("address", address)).await;
        assert_eq!(page.error("address").is_some(), told, "{address}");
    }
    // All but one; one is bad.
    let form = family.filled_form().await.attach("form_065", "егулер.exe", "application/pdf", b"MZ");
    let page = family.browser.submit(form).await;
    assert_eq!(page.status, 415, "{}", page.text());
    assert!(page.error("form_065").is_some() && page.sees("1-құжат.pdf") && page.sees("3-құжат.pdf"));
    assert_eq!(page.form("/fill").value("address"), Some("Алматы қ., Абай даңғылы, 10, 5"));
    let form = page.form("/fill").attach("form_065", "егулер.jpg", "image/jpeg", &files::jpeg());
    let page = family.browser.submit(form.clone()).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200], "pressed twice");
    assert!(page.sees("егулер.jpg"));
    let paper = family.browser.open(&page.link("егулер.jpg")).await;
    assert_eq!(paper.header("content-type"), Some("image/jpeg"));
    // Until it is signed it may be filled in anew: what was attached stays.
    let before = family.contract().await;
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(page.sees("егулер.jpg"));
    let page =
        family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_ne!(family.contract().await, before);
}

#[sqlx::test(migrations = "./migrations")]
async fn only_the_parents_own_signature_over_these_bytes_is_taken(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let other_bin = portal.kindergarten(2, &[]).await.bin;
    let (mut family, mut head) = with_contract(&portal, &garden).await;
    let contract = family.contract().await;
    let mother = family.parent.clone();
    let cases = [
        ("another person", portal.sign(&adult(3), None, "sign", &contract).await, "басқа адам"),
        ("the key for signing in", portal.sign(&mother, None, "auth", &contract).await, "AUTH"),
        ("a foreign authority", portal.sign(&mother, None, "foreign", &contract).await, "орталық"),
        ("an expired key", portal.sign(&mother, None, "expired", &contract).await, "мерзімі"),
        ("other bytes", portal.sign(&mother, None, "sign", b"%PDF another contract").await, "асқа құжат"),
        ("the organisation's key", portal.sign(&head.person, Some(&garden.bin), "sign", &contract).await, ""),
        ("no signature at all", files::pdf(), "CMS"),
        ("half a signature", portal.sign(&mother, None, "sign", &contract).await[..400].to_vec(), ""),
        ("nothing", Vec::new(), "Файл бос"),
    ];
    for (what, cms, told) in cases {
        let page = family.sends_signature(&cms).await;
        assert_eq!(page.status, 422, "{what}: {}", page.text());
        let error = page.error("signature_file").unwrap_or_else(|| panic!("{what}: {}", page.text()));
        assert!(!error.is_empty() && error.contains(told), "{what}: {error}");
        assert!(page.has_form("/sign"), "{what}: the form is there again");
    }
    assert_eq!(family.status().await, SIGN);
    // In Russian too.
    let page = family.browser.open(&family.path("/contract").replace("/kk/", "/ru/")).await;
    let wrong = portal.sign(&adult(3), None, "sign", &contract).await;
    let page =
        family.browser.submit(page.form("/sign").attach("signature_file", "s.cms", "x/y", &wrong)).await;
    assert_eq!(
        page.error("signature_file").as_deref(),
        Some("Ключ принадлежит другому человеку. Подпишите своим ключом.")
    );
    // As text, as the browser's own signing sends it; and the text that was shown must be the text that stands.
    let old = family.browser.open(&family.path("/contract")).await.form("/sign");
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;
    let good_for_old = portal.sign(&mother, None, "sign", &contract).await;
    let page = family.browser.submit(old.attach("signature_file", "s.cms", "x/y", &good_for_old)).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("Шарт мәтіні өзгерген"), "{}", page.text());
    portal.advance("PT31M").await;
    let contract = family.contract().await;
    let cms = {
        use base64::prelude::{BASE64_STANDARD, Engine};
        BASE64_STANDARD.encode(portal.sign(&mother, None, "sign", &contract).await)
    };
    let page = family.browser.open(&family.path("/contract")).await;
    let refused = family.browser.submit(page.form("/sign").fill("signature", &cms)).await;
    assert!(
        refused.status == 422 && refused.error("password_again").is_some(),
        "half an hour: {}",
        refused.text()
    );
    let form = refused.form("/sign").fill("signature", &cms).fill("password_again", PASSWORD);
    assert_eq!(family.browser.submit(form.clone()).await.statuses, [303, 200]);
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200], "pressed twice");

    // The kindergarten signs with its own key only.
    head.comes_back(&portal).await;
    let page = head.opens(&family.number).await;
    for (what, cms) in [
        ("the head as a private person", portal.sign(&head.person, None, "sign", &contract).await),
        ("the parent", portal.sign(&mother, None, "sign", &contract).await),
        ("another organisation", portal.sign(&head.person, Some(&other_bin), "sign", &contract).await),
        ("other bytes", portal.sign(&head.person, Some(&garden.bin), "sign", b"x").await),
        ("nothing", Vec::new()),
    ] {
        let form = page.form("/sign").attach("signature_file", "s.cms", "x/y", &cms);
        let page = head.browser.submit(form).await;
        assert!(page.status == 422 && page.error("signature_file").is_some(), "{what}: {}", page.text());
    }
    assert_eq!(portal.taken(garden.groups[0]).await, (0, 1));
    let form = page.form("/sign");
    assert_eq!(head.signs(&portal, &family.number).await.statuses, [303, 200]);
    assert_eq!(
        head.browser.submit(form.attach("signature_file", "s.cms", "x/y", b"x")).await.status,
        409,
        "it is done"
    );
    assert_eq!(portal.taken(garden.groups[0]).await, (1, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn enrolment_archives_the_application_in_the_other_queue(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1), (Some("autism"), 1)]).await;
    let mut father = portal.family_of(adult(3), child(2, "autism"), "autism").await;
    father.applies(&portal, &[&garden]).await;
    let (mut mother, mut head) = {
        let mut family = portal.family_of(adult(2), child(2, "autism"), "autism").await;
        family.applies_generally(&[&garden]).await;
        portal.tick().await;
        family.confirms().await;
        (family, portal.head(&garden).await)
    };
    // With a voucher out in one queue the child is passed over in the other.
    let mut doctor = portal.doctor(1).await;
    doctor.confirms(&father.number).await;
    assert_eq!(portal.tick().await["rounds"]["issued"], 0);
    assert_eq!(father.status().await, "Кезекте");
    mother.chooses(&garden).await;
    head.sends_contract(&mother.number).await;
    mother.fills_in().await;
    mother.signs(&portal).await;
    head.signs(&portal, &mother.number).await;
    let page = father.case().await;
    assert!(page.sees("Мұрағатта") && page.sees("Бала басқа өтініш бойынша қабылданды"), "{}", page.text());
    assert!(father.browser.open("/ru/notices").await.sees("Ребёнок зачислен по другому заявлению"));
}

#[sqlx::test(migrations = "./migrations")]
async fn withdrawing_at_any_moment_before_enrolment_frees_the_place(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = with_contract(&portal, &garden).await;
    family.signs(&portal).await;
    assert_eq!(portal.taken(garden.groups[0]).await, (0, 1));
    let page = family.browser.open(&family.path("/withdraw")).await;
    assert_eq!(family.browser.submit(page.form("/withdraw")).await.statuses, [303, 200]);
    assert_eq!(portal.taken(garden.groups[0]).await, (0, 0));
    assert_eq!(portal.count("vouchers where ended_at is null").await, 0);
    assert_eq!(head.opens(&family.number).await.status, 404);
    let contract = family.browser.open(&family.path("/contract/pdf")).await;
    assert_eq!(contract.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn after_a_recovery_by_sms_stored_files_stay_closed_for_a_day(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = with_contract(&portal, &garden).await;
    let paper = family.path("/contract/papers/form_027");
    assert_eq!(family.browser.open(&paper).await.status, 200);
    sqlx::query("update accounts set recovered_at = portal_now() where id = $1")
        .bind(family.account)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    let page = family.browser.open(&paper).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("24"), "{}", page.text());
    family.signs(&portal).await;
    portal.advance("P1DT1S").await;
    assert_eq!(family.browser.open(&paper).await.status, 200);
}
