//! The authority is silent: signatures wait, and nothing is accepted, lost or late because of it.
use balabaqsha::domain::signature::{self, Patience};
use balabaqsha::integrations::eds::Evidence;
use balabaqsha::integrations::ncanode::Ncanode;
use balabaqsha::integrations::verifier::{Verifier, VerifierMode};
use balabaqsha::rules::signature::{SignatureRefusal, Standing};
use sqlx::PgPool;

use crate::bad_signatures::sign_as;
use crate::support::city::Staff;
use crate::support::{Family, Kindergarten, Portal};

const SIGN: &str = "Шартты толтырып, қол қойыңыз";
const AWAITING_SIGNATURE: &str = "МДҰ-ның қол қоюын күтіңіз";
const CHECKED: &str = "Қолтаңба тексерілуде";

async fn with_contract(portal: &Portal, n: u32, garden: &Kindergarten) -> (Family, Staff) {
    let mut family = portal.family(n, "autism").await;
    family.applies_generally(&[garden]).await;
    portal.tick().await;
    family.confirms().await;
    let mut head = portal.head(garden).await;
    family.chooses(garden).await;
    head.sends_contract(&family.number).await;
    family.fills_in().await;
    (family, head)
}

async fn states(portal: &Portal) -> Vec<String> {
    let states =
        sqlx::query_scalar("select party || ' ' || state from signature_checks order by received_at, id");
    states.fetch_all(&portal.app.pool).await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_silent_authority_makes_the_signature_wait_and_costs_no_day(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = with_contract(&portal, 2, &garden).await;
    let by = family.case().await.text();
    assert!(by.contains("2026 ж. 22 желтоқсан"), "{by}");
    portal.fault("eds", "down").await;
    family.signs(&portal).await;
    let page = family.browser.open(&family.path("/contract")).await;
    assert!(page.sees(CHECKED) && page.has_form("/sign"), "{}", page.text());
    assert_eq!(family.status().await, SIGN, "the stage has not moved");
    assert!(family.case().await.sees("Мерзім тоқтап тұр"), "{}", family.case().await.text());
    assert!(head.opens(&family.number).await.sees(CHECKED));
    assert_eq!(portal.tick().await["signatures"]["still_waiting"], 1);
    for mode in ["error", "slow"] {
        portal.fault("eds", mode).await;
        assert_eq!(portal.tick().await["signatures"]["still_waiting"], 1, "{mode}");
    }
    // Long after the last day: nothing is late, and the days are kept.
    portal.advance_to("2026-12-28T10:00:00+05:00").await;
    portal.fault("eds", "down").await;
    assert_eq!(portal.tick().await["sweeps"]["run_out"], 0);
    family.comes_back(&portal).await;
    assert_eq!(family.status().await, SIGN);
    assert!(family.browser.open(&family.path("/term")).await.sees("қолтаңба тексерілуде"));

    portal.fault("eds", "ok").await;
    let did = portal.tick().await;
    assert_eq!(did["signatures"]["accepted"], 1, "{did}");
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    let page = family.browser.open("/kk/notices").await;
    assert!(page.sees("тексерілді және қабылданды"), "{}", page.text());
    let newest = page.all("ol.notices li")[0].clone();
    assert!(newest.contains(&family.child.name) && newest.contains(&family.number), "{newest}");
    assert_eq!(page.link(&family.number), family.path(""));
    let text = portal.messages(&family.parent.phone).await[0]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Шарттағы қолтаңбаңыз тексерілді") && text.ends_with(&family.number), "{text}");
    assert!(!text.contains(&family.child.name), "{text}");
    assert_eq!(portal.tick().await["signatures"]["accepted"], 0);

    // The kindergarten's waits as well.
    head.comes_back(&portal).await;
    portal.fault("eds", "error").await;
    let page = head.signs(&portal, &family.number).await;
    assert!(page.sees(CHECKED), "{}", page.text());
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    assert!(family.browser.open(&family.path("/contract")).await.sees("Балабақшаның қолтаңбасы"));
    portal.fault("eds", "ok").await;
    assert_eq!(portal.tick().await["signatures"]["accepted"], 1);
    assert_eq!(family.status().await, "Балабақшаға қабылданды");
    let page = head.browser.open("/ru/notices").await;
    let newest = page.all("ol.notices li")[0].clone();
    assert!(newest.contains("проверена и принята") && newest.contains(&family.child.name), "{newest}");
    let there = page.link(&family.number);
    assert_eq!(there, format!("/ru/kindergarten/families/{}", family.number));
    assert_eq!(head.browser.open(&there).await.status, 200);
    let text = portal.messages(&head.person.phone).await[0]["text"].as_str().unwrap().to_owned();
    assert!(text.ends_with("/kk/notices") && !text.contains(&family.number), "their own page: {text}");
    assert_eq!(states(&portal).await, ["parent accepted", "kindergarten accepted"]);
    let kept: (i64, i64) = sqlx::query_as(
        "select count(ocsp), count(*) filter (where cardinality(certificates) = 3 and verifier like 'balabaqsha %') from signature_checks",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap();
    assert_eq!(kept, (2, 2), "the answer, the certificates and who verified are kept");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_signature_that_fails_its_check_is_told_with_the_reason(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = with_contract(&portal, 2, &garden).await;
    let contract = family.contract().await;
    let revoked = portal.sign(&family.parent, None, "revoked", &contract).await;
    let page = family.sends_signature(&revoked).await;
    assert!(page.status == 422 && page.error("signature_file").unwrap().contains("кері қайтарылған"));
    portal.fault("eds", "down").await;
    family.signs(&portal).await;
    // The key was lost meanwhile.
    sqlx::query("update signature_checks set cms = $1")
        .bind(&revoked)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    portal.fault("eds", "ok").await;
    assert_eq!(portal.tick().await["signatures"]["refused"], 1);
    let page = family.browser.open(&family.path("/contract")).await;
    assert!(page.sees("тексеруден өтпеді") && page.sees("кері қайтарылған"), "{}", page.text());
    assert!(family.browser.open("/ru/notices").await.sees("не прошла проверку. ЭЦП отозвана."));
    assert_eq!(family.status().await, SIGN);
    assert!(!family.case().await.sees("Мерзім тоқтап тұр"), "the term runs again");
    family.signs(&portal).await;
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    let refusals: i64 = sqlx::query_scalar("select count(*) from journal where deed = 'refuse_signature'")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    assert_eq!(refusals, 2, "each refusal has its line");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_waits_falls_with_its_text_and_gives_way_to_another(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = with_contract(&portal, 2, &garden).await;
    portal.fault("eds", "down").await;
    family.signs(&portal).await;
    family.signs(&portal).await;
    assert_eq!(states(&portal).await, ["parent dropped", "parent waiting"]);
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;
    assert_eq!(states(&portal).await, ["parent dropped", "parent dropped"]);
    assert!(!family.case().await.sees("Мерзім тоқтап тұр"));
    family.signs(&portal).await;
    portal.fault("eds", "ok").await;
    // Another one that can be checked at once takes the place of the one that waits.
    family.signs(&portal).await;
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    assert_eq!(portal.tick().await["signatures"]["accepted"], 0);
    let states = states(&portal).await;
    assert_eq!(states.last().unwrap(), "parent accepted");
    assert_eq!(states.iter().filter(|state| *state == "parent dropped").count(), 3);
    let pauses: Vec<bool> =
        sqlx::query_scalar("select to_on is null from voucher_pauses where why = 'check'")
            .fetch_all(&portal.app.pool)
            .await
            .unwrap();
    assert!(!pauses.is_empty() && pauses.iter().all(|open| !open), "the check's pauses are over");
}

#[sqlx::test(migrations = "./migrations")]
async fn two_tabs_and_a_killed_process_have_one_outcome(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = with_contract(&portal, 2, &garden).await;
    let contract = family.contract().await;
    let cms = portal.sign(&family.parent, None, "sign", &contract).await;
    portal.fault("eds", "error").await;
    let mut forms = Vec::new();
    for _ in 0..2 {
        let page = family.browser.open(&family.path("/contract")).await;
        forms.push(page.form("/sign").attach("signature_file", "s.cms", "x/y", &cms));
    }
    let mut other = portal.signed_in(family.account).await;
    let page = other.open(&family.path("/contract")).await;
    let theirs = page.form("/sign").attach("signature_file", "s.cms", "x/y", &cms);
    let first = forms.remove(0);
    let (one, two) = tokio::join!(family.browser.submit(first), other.submit(theirs));
    assert_eq!((one.status, two.status), (200, 200));
    family.browser.submit(forms.remove(0)).await;
    let mut found = states(&portal).await;
    found.sort();
    assert_eq!(found, ["parent dropped", "parent dropped", "parent waiting"]);

    portal.fault("eds", "ok").await;
    // A process asked, and was killed before it could say what it heard.
    let asked = sqlx::query("update signature_checks set asked_at = portal_now() where state = 'waiting'");
    asked.execute(&portal.app.pool).await.unwrap();
    let (one, two) =
        tokio::join!(signature::check_waiting(&portal.app), signature::check_waiting(&portal.app));
    assert_eq!(one.unwrap().accepted + two.unwrap().accepted, 1);
    assert_eq!(family.status().await, AWAITING_SIGNATURE);
    let signed: i64 = sqlx::query_scalar("select count(*) from journal where deed = 'sign_as_parent'")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    assert_eq!(signed, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn ncanode_is_a_second_opinion_with_the_portals_own_policy_before_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let sandbox = portal.app.sandbox.as_ref().unwrap();
    let mother = crate::support::adult(2);
    let cms = portal.sign(&mother, None, "sign", b"text").await;
    let now = balabaqsha::domain::moment::now(&portal.app).await.unwrap();
    let evidence = Evidence::of(&cms, &portal.app.trust, now).unwrap();
    let ncanode = Ncanode::new(&sandbox.url).unwrap();
    let ask = async |content: &'static [u8]| ncanode.ask(&cms, content, &evidence, Patience::PAGE).await.0;
    assert_eq!(ask(b"text").await, Standing::Good);
    assert_eq!(ask(b"another text").await, Standing::Refused(SignatureRefusal::NotConfirmed));
    for mode in ["error", "down"] {
        portal.fault("eds", mode).await;
        assert_eq!(ask(b"text").await, Standing::Unknown, "{mode}");
    }
    portal.fault("eds", "ok").await;
    let revoked = portal.sign(&mother, None, "revoked", b"text").await;
    let evidence = Evidence::of(&revoked, &portal.app.trust, now).unwrap();
    let (said, _) = ncanode.ask(&revoked, b"text", &evidence, Patience::PAGE).await;
    assert_eq!(said, Standing::Refused(SignatureRefusal::Revoked));

    let verifier = Verifier {
        mode: VerifierMode::Both,
        revocations: balabaqsha::integrations::revocation::Revocations::new(
            portal.app.config.ocsp_url.as_deref(),
            &[],
        )
        .unwrap(),
        ncanode: Some(ncanode),
    };
    let good = Evidence::of(&cms, &portal.app.trust, now).unwrap();
    let heard = verifier.ask((&cms, b"text"), &good, &[1; 16], now, Patience::PAGE).await;
    assert_eq!(heard.standing, Standing::Good);
    assert!(heard.ocsp.is_some() && heard.answers["ncanode"]["valid"] == true);
    assert!(verifier.name().contains("NCANode v3"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_lists_answer_where_the_responder_is_silent(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mother = crate::support::adult(2);
    let now = balabaqsha::domain::moment::now(&portal.app).await.unwrap();
    let revocations = balabaqsha::integrations::revocation::Revocations::new(
        Some("http://127.0.0.1:1/ocsp"),
        &portal.app.config.crl_urls,
    )
    .unwrap();
    for (key, expected) in
        [("sign", Standing::Good), ("revoked", Standing::Refused(SignatureRefusal::Revoked))]
    {
        let cms = portal.sign(&mother, None, key, b"text").await;
        let evidence = Evidence::of(&cms, &portal.app.trust, now).unwrap();
        let word = revocations.ask(&evidence, &[1; 16], now, Patience::JOB).await;
        assert_eq!(word.standing, expected, "{key}");
        assert_eq!(word.facts["by"], "list");
    }
    portal.fault("eds", "down").await;
    let cms = portal.sign(&mother, None, "sign", b"text").await;
    let evidence = Evidence::of(&cms, &portal.app.trust, now).unwrap();
    let word = revocations.ask(&evidence, &[1; 16], now, Patience::PAGE).await;
    assert_eq!(word.standing, Standing::Good, "the list at hand is still in date");
    let later = now + chrono::Duration::minutes(5);
    let word = revocations.ask(&evidence, &[1; 16], later, Patience::PAGE).await;
    assert_eq!(word.standing, Standing::Unknown, "and then it is not");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_list_that_is_used_is_read_anew_before_it_ends(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let urls = &portal.app.config.crl_urls;
    let revocations = balabaqsha::integrations::revocation::Revocations::new(None, urls).unwrap();
    let at = async |moment: &str| {
        portal.stop_clock(moment).await;
        balabaqsha::domain::moment::now(&portal.app).await.unwrap()
    };
    let begun = at("2026-12-14T10:00:00+05:00").await;
    assert_eq!(revocations.refresh(begun).await, 0, "nobody has asked yet");
    let cms = portal.sign(&crate::support::adult(2), None, "sign", b"text").await;
    let evidence = Evidence::of(&cms, &portal.app.trust, begun).unwrap();
    let ask = async |at| revocations.ask(&evidence, &[1; 16], at, Patience::JOB).await.standing;
    assert_eq!(ask(begun).await, Standing::Good);
    assert_eq!(revocations.refresh(begun).await, 0, "it has just been read");
    let soon = at("2026-12-14T10:00:25+05:00").await;
    assert_eq!(revocations.refresh(soon).await, urls.len());
    let later = at("2026-12-14T10:00:50+05:00").await;
    portal.fault("eds", "down").await;
    assert_eq!(revocations.refresh(later).await, 0, "nobody has used it since");
    assert_eq!(ask(later).await, Standing::Good, "whoever asks finds it at hand");
    assert_eq!(portal.tick().await["lists"], 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_key_is_tried_on_a_text_that_is_no_contract(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    let mut family = portal.family(2, "autism").await;
    let mut head = portal.head(&garden).await;
    let stranger = portal.family(3, "autism").await;
    let mother = family.parent.clone();
    for (key, who, told) in [
        ("sign", &mother, &["дайын", "сәйкес келеді", "кері қайтарылмаған", "Соңғы күні"][..]),
        ("auth", &mother, &["болмайды", "AUTH"]),
        ("expired", &mother, &["болмайды", "мерзімі өтіп кеткен"]),
        ("revoked", &mother, &["болмайды", "кері қайтарылған"]),
        (
            "foreign",
            &mother,
            &["болмайды", "Белгісіз Кілтті портал сенім артпайтын", "Сертификатта жазылған есім"],
        ),
        ("foreign", &stranger.parent, &["болмайды", "оның кімдікі екені белгісіз"]),
        ("sign", &stranger.parent, &["болмайды", "басқа адамға тиесілі"]),
    ] {
        let page = family.browser.open("/kk/key-check").await;
        let text = family.browser.open(&page.link("Мәтінді жүктеп алу")).await;
        assert!(
            text.text().contains("шарт емес") || String::from_utf8_lossy(&text.bytes).contains("шарт емес")
        );
        let cms = portal.sign(who, None, key, &text.bytes).await;
        let form = page.form("/key-check").attach("signature_file", "s.cms", "x/y", &cms);
        let page = family.browser.submit(form).await;
        assert_eq!(page.status, 200, "{key}: {}", page.text());
        for words in told {
            assert!(page.sees(words), "{key} «{words}»: {}", page.text());
        }
    }
    // The organisation's key, in its head's hands.
    let page = head.browser.open("/kk/key-check").await;
    let text = head.browser.open(&page.link("Мәтінді жүктеп алу")).await;
    let cms = portal.sign(&head.person, Some(&garden.bin), "sign", &text.bytes).await;
    let form = page.form("/key-check").attach("signature_file", "s.cms", "x/y", &cms);
    let page = head.browser.submit(form).await;
    assert!(page.sees("БСН сәйкес келеді"), "{}", page.text());

    let page = family.browser.open("/ru/key-check").await;
    let wrong = page.form("/key-check").attach("signature_file", "s.cms", "x/y", b"I agree!");
    let page = family.browser.submit(wrong).await;
    assert!(page.status == 422 && page.error("signature_file").is_some(), "{}", page.text());
    let large = page.form("/key-check").attach("signature_file", "s.cms", "x/y", &vec![0x30; 1 << 20]);
    let page = family.browser.submit(large).await;
    assert!(page.status == 413 && page.error("signature_file").is_some(), "{}", page.text());
    // A kind of keys that the contract's page does not take either.
    let page = family.browser.open("/ru/key-check").await;
    let text = family.browser.open(&page.link("Скачать текст")).await;
    let cms = sign_as(&portal, &mother, &[("algorithm", "ecdsa")], &text.bytes).await;
    let page =
        family.browser.submit(page.form("/key-check").attach("signature_file", "s.cms", "x/y", &cms)).await;
    let told = page.error("signature_file");
    assert_eq!(told.as_deref(), Some("Ключи с таким алгоритмом пока не принимаются."), "{}", page.text());
    let page = family.browser.submit(page.form("/key-check")).await;
    assert_eq!(page.error("signature_file").as_deref(), Some("Выберите файл подписи"));
    portal.fault("eds", "down").await;
    let page = family.browser.open("/kk/key-check").await;
    let document = page.link("Мәтінді жүктеп алу");
    let text = family.browser.open(&document).await;
    let cms = portal.sign(&mother, None, "sign", &text.bytes).await;
    let form = page.form("/key-check").attach("signature_file", "s.cms", "x/y", &cms);
    let page = family.browser.submit(form).await;
    assert!(page.sees("жауап бермей тұр") && page.sees("назар аударыңыз"), "{}", page.text());
    let mut stranger = stranger;
    assert_eq!(stranger.browser.open(&document).await.status, 404, "one's own text alone");
}
