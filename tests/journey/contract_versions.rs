//! A contract and its versions: what changes it, who is told, what is signed, what is left of it, and who may check it.
use balabaqsha::integrations::archive;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::support::city::Staff;
use crate::support::family::signing_all;
use crate::support::{Family, Kindergarten, Page, Portal, Visitor, files};

const SIGN: &str = "Шартты толтырып, қол қойыңыз";
const AWAITING_SIGNATURE: &str = "МДҰ-ның қол қоюын күтіңіз";
const ENROLLED: &str = "Балабақшаға қабылданды";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

async fn moves_house(family: &mut Family, address: &str) -> Page {
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", address)).await
}

async fn head_signature(portal: &Portal, head: &Staff, garden: &Kindergarten, contract: &[u8]) -> Vec<u8> {
    portal.sign(&head.person, Some(&garden.bin), "sign", contract).await
}

#[sqlx::test(migrations = "./migrations")]
async fn a_change_after_the_parents_signature_makes_a_new_version_and_both_are_told(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let first = family.contract().await;
    family.signs(&portal).await;
    let theirs = head.opens(&family.number).await;
    let cms = head_signature(&portal, &head, &garden, &first).await;

    // Sent once more without a change: nothing happens.
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(page.sees("қазіргі қолтаңба есептелмейді"), "{}", page.text());
    let page = family.browser.submit(page.form("/fill")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!((portal.count("contracts").await, family.contract().await == first), (1, true));
    assert_eq!(family.status().await, AWAITING_SIGNATURE);

    let page = moves_house(&mut family, "Алматы қ., Төле би көшесі, 1").await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(family.status().await, SIGN, "the family holds the case again");
    let second = family.contract().await;
    assert_ne!(sha256(&first), sha256(&second));
    for words in ["Бұл – 2-нұсқа. 1-нұсқа күшін жойды", "Күші жойылған", &sha256(&first), &sha256(&second)]
    {
        assert!(page.sees(words), "{words}: {}", page.text());
    }
    let old = family.browser.open(&page.link("Мәтінін ашу (PDF): 1-нұсқа")).await;
    assert_eq!(old.bytes, first, "the old text stays readable");
    assert!(family.browser.open("/kk/notices").await.sees("шартының 1-нұсқасы күшін жойды: ата-ана"));
    assert!(head.browser.open("/ru/notices").await.sees("Версия 1 договора"));
    let page = head.opens(&family.number).await;
    assert!(page.sees("1-нұсқа күшін жойды: ата-ана жазған мәліметтерін") && !page.has_form("/sign"));
    assert!(page.sees("2-нұсқаға алдымен ата-ана қол қояды"), "{}", page.text());
    assert_eq!(head.browser.open(&page.link("Мәтінін ашу (PDF): 1-нұсқа")).await.bytes, first);
    let not_yet = page.all(".versions a");
    assert_eq!(not_yet.len(), 1, "what the parent has not signed is not the kindergarten's to read");

    // Edited between showing and signing, and between the two signatures.
    let page = head.browser.submit(theirs.form("/sign").attach("signature_file", "s.cms", "x/y", &cms)).await;
    assert_eq!(page.status, 409);
    assert!(page.sees("2-нұсқаға алдымен ата-ана қол қояды"), "{}", page.text());
    let back = format!("/kk/kindergarten/families/{}", family.number);
    assert_eq!(page.link("Жалғастыру"), back, "to the family that the form is about");
    assert_eq!(portal.count("contracts where kindergarten_cms is not null").await, 0);
    let noted = "journal where deed = 'refuse_signature' and facts ->> 'why' = 'contract_changed'";
    assert_eq!(portal.count(noted).await, 1);

    family.signs(&portal).await;
    assert_eq!(head.signs(&portal, &family.number).await.statuses, [303, 200]);
    assert_eq!(family.status().await, ENROLLED);
    let shape: Vec<(i32, bool, bool, bool)> = sqlx::query_as(
        "select version, parent_cms is not null, kindergarten_cms is not null, voided_at is not null from contracts order by version",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap();
    assert_eq!(shape, [(1, true, false, true), (2, true, true, false)]);
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert_eq!(page.path, family.path(""), "nothing can be changed any more");
    assert!(!head.opens(&family.number).await.has_form("/terms"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_kindergarten_changes_its_offer_until_it_has_signed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let first = family.contract().await;
    let cms = portal.sign(&family.parent, None, "sign", &first).await;
    let old = family.browser.open(&family.path("/contract")).await.form("/sign");
    let page = head.opens(&family.number).await;
    assert_eq!(page.form("/terms").value("starts_on"), Some("2027-01-11"));
    let wrong = page.form("/terms").fill("parent_fee", "көп");
    assert!(head.browser.submit(wrong).await.error("parent_fee").is_some());
    let same = head.browser.submit(page.form("/terms")).await;
    assert_eq!((same.status, portal.count("contracts").await), (200, 1), "nothing is changed");
    assert!(same.sees("шарт өзгерген жоқ"), "{}", same.text());
    let page = head.opens(&family.number).await;
    let page = head.browser.submit(page.form("/terms").fill("parent_fee", "12345")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Шарттың жаңа нұсқасы жасалды"));

    // The text was made anew at once: the family reads and signs.
    for language in ["/kk/", "/ru/"] {
        let mut form = old.clone().attach("signature_file", "s.cms", "x/y", &cms);
        form.action = form.action.replacen("/kk/", language, 1);
        let page = family.browser.submit(form).await;
        assert_eq!(page.status, 409);
        let told = if language == "/kk/" {
            "Шарт мәтіні өзгерген"
        } else {
            "Текст договора изменился"
        };
        assert!(page.sees(told), "{}", page.text());
        let on = if language == "/kk/" { "Жалғастыру" } else { "Продолжить" };
        assert_eq!(page.link(on), family.path("").replacen("/kk/", language, 1), "to the case");
    }
    let noted = "journal where deed = 'refuse_signature' and facts ->> 'why' = 'contract_changed'";
    assert_eq!(portal.count(noted).await, 2);
    let second = family.contract().await;
    assert_ne!(first, second);
    let messages = portal.messages(&family.parent.phone).await;
    assert!(messages.iter().any(|one| one["text"].as_str().unwrap().contains("/v/")), "{messages:?}");
    assert!(
        family.browser.open("/ru/notices").await.sees("детский сад изменил дату начала посещения или плату")
    );

    // After the parent's signature too; the signature stays with the void text.
    family.signs(&portal).await;
    let page = head.opens(&family.number).await;
    let page = head.browser.submit(page.form("/terms").fill("starts_on", "2027-02-01")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(family.status().await, SIGN);
    assert_eq!(portal.count("contracts where voided_at is null and parent_cms is null").await, 1);
    let page = family.browser.open(&family.path("/contract")).await;
    assert!(page.sees("Бұл – 3-нұсқа"), "{}", page.text());

    // Nobody else's business.
    let other = portal.kindergarten(2, &[(None, 1)]).await;
    let mut stranger = portal.head(&other).await;
    let mut parent = portal.family(9, "autism").await;
    let id: String = sqlx::query_scalar("select id::text from contracts where version = 1")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    for rest in [format!("/versions/{id}"), "/package".to_owned()] {
        let theirs = format!("/kk/kindergarten/families/{}{rest}", family.number);
        assert_eq!(stranger.browser.open(&theirs).await.status, 404);
        let own = family.path(&format!("/contract{rest}"));
        assert_eq!(parent.browser.open(&own).await.status, 404);
    }
    assert_eq!(
        family.browser.open(&family.path("/contract/package")).await.status,
        404,
        "not signed by both"
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_database_itself_keeps_text_and_signatures_together(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    family.signs(&portal).await;
    let db = &portal.app.pool;
    for change in [
        "pdf = '\\x00', pdf_sha256 = sha256('\\x00')",
        "pdf_sha256 = sha256('\\x01')",
        "parent_fee = parent_fee + 1",
        "starts_on = starts_on + 1",
        "parent_address = 'elsewhere'",
        "version = 7",
        "parent_cms = '\\x00'",
        "parent_cms = null, parent_verdict = null, parent_signed_at = null",
        "parent_verdict = jsonb_set(parent_verdict, '{content_sha256}', '\"00\"')",
        "kindergarten_cms = '\\x00', kindergarten_signed_at = now(), kindergarten_verdict = '{\"content_sha256\": \"00\"}'",
        "voided_at = now()",
        "void_reason = 'refilled'",
    ] {
        let statement = format!("update contracts set {change}");
        let said = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(db).await;
        assert!(said.is_err(), "{change}");
    }
    moves_house(&mut family, "Алматы қ., Төле би көшесі, 1").await;
    for change in [
        "kindergarten_cms = '\\x00', kindergarten_verdict = '{}', kindergarten_signed_at = now()",
        "voided_at = null, void_reason = null",
    ] {
        let statement = format!("update contracts set {change} where version = 1");
        let said = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(db).await;
        assert!(said.is_err(), "{change}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn one_signature_of_each_whatever_is_pressed_at_once_or_dies(pool: PgPool) {
    use balabaqsha::app::Deed;
    use balabaqsha::domain::contract;
    use balabaqsha::domain::signature::{self, Patience};
    use balabaqsha::rules::actor::{Actor, Role};

    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let text = family.contract().await;
    let cms = portal.sign(&family.parent, None, "sign", &text).await;

    // The process dies between receipt and commit: the deed is done in its transaction, which never ends.
    let actor = Actor::Person { account: family.account, role: Role::Parent };
    let (mut tx, deed) = Deed::open(&portal.app, actor, portal.app.secrets.id()).await.unwrap();
    let received = signature::receive(&portal.app, &cms, &text, None, Patience::JOB).await.unwrap();
    contract::sign_as_parent(&mut tx, &deed, &family.number, &received, &sha256(&text)).await.unwrap();
    drop(tx);
    assert_eq!(family.status().await, SIGN);
    assert_eq!(portal.count("contracts where parent_cms is not null").await, 0);

    // Two tabs, two valid signatures, at once.
    let mut other_tab = portal.signed_in(family.account).await;
    let second = portal.sign(&family.parent, None, "sign", &text).await;
    let form = |page: Page, cms: &[u8]| page.form("/sign").attach("signature_file", "s.cms", "x/y", cms);
    let path = family.path("/contract");
    let (one, two) =
        (form(family.browser.open(&path).await, &cms), form(other_tab.open(&path).await, &second));
    let (a, b) = tokio::join!(family.browser.submit(one.clone()), other_tab.submit(two));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} | {}", a.text(), b.text());
    // The same once more: the form had its effect, or the deed is done.
    let again = family.browser.submit(one).await;
    assert!([200, 409].contains(&again.status), "{}", again.text());
    let page = family.browser.open(&path).await;
    assert!(!page.has_form("/sign"));
    assert_eq!(portal.count("journal where deed = 'sign_as_parent'").await, 1);

    // The kindergarten: the same signature twice at once.
    let page = head.opens(&family.number).await;
    let mut tab = portal.signed_in_as(head.account, "kindergarten", Some(garden.id)).await;
    let cms = head_signature(&portal, &head, &garden, &text).await;
    let other = tab.open(&format!("/kk/kindergarten/families/{}", family.number)).await;
    let (a, b) = tokio::join!(head.browser.submit(form(page, &cms)), tab.submit(form(other, &cms)));
    let good = [&a, &b].iter().filter(|page| page.statuses == [303, 200]).count();
    assert_eq!(good, 1, "{} | {}", a.text(), b.text());
    assert_eq!(portal.count("journal where deed = 'sign_as_kindergarten'").await, 1);
    assert_eq!(portal.taken(garden.groups[0]).await, (1, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_kindergarten_signs_many_and_each_is_accepted_by_itself(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut head = portal.head(&garden).await;
    let mut families = portal.signed(2..6, &garden, &mut head).await;
    let list = head.browser.open("/kk/kindergarten").await;
    assert!(list.sees("Таңдалғандарға қол қою"), "{}", list.text());
    assert_eq!(list.attributes("input[form=many]", "name").len(), 4);
    assert_eq!(head.browser.open(&signing_all(&families[..1])).await.all("[data-many-state]").len(), 1);
    for (nothing, told) in [
        ("/kk/kindergarten/sign", "Кемінде бір шартты таңдаңыз"),
        ("/ru/kindergarten/sign?n_x=1", "Выберите хотя бы один"),
    ] {
        let page = head.browser.open(nothing).await;
        assert!(page.sees(told) && !page.has_form("/kindergarten/sign"), "{}", page.text());
    }
    let page = head.browser.open(&signing_all(&families)).await;
    let form = page.form("/kindergarten/sign");
    let empty = head.browser.submit(form.clone()).await;
    assert!(empty.status == 422 && empty.error("signature_files").is_some());

    // Two are signed; one is changed meanwhile; of one there is no signature; a file is under nothing.
    let mut form = page.form("/kindergarten/sign");
    for (at, family) in families.iter_mut().enumerate().take(3) {
        let text = family.contract().await;
        assert!(page.sees(&sha256(&text)), "the page shows the hash of what is signed");
        let cms = head_signature(&portal, &head, &garden, &text).await;
        form = form.attach("signature_files", &format!("{at}.p7s"), "x/y", &cms);
    }
    moves_house(&mut families[2], "Алматы қ., Төле би көшесі, 1").await;
    form = form.attach("signature_files", "junk.p7s", "x/y", b"I agree!");
    form = form.attach("signature_files", "empty.p7s", "x/y", b"");
    let page = head.browser.submit(form.clone()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for words in ["Қол қойылды: 2 / 4", "бала қабылданды", "файлдардың ішінде жоқ"]
    {
        assert!(page.sees(words), "{words}: {}", page.text());
    }
    let lines: Vec<String> = page.all("tbody tr");
    let stale = lines.iter().find(|line| line.contains("алдымен ата-ана қол қояды")).unwrap();
    assert!(stale.contains(&families[2].child.name) && !stale.contains(&families[2].number), "{stale}");
    assert!(stale.contains(", 2-нұсқа"), "{stale}");
    for (at, file) in [(0, "0.p7s"), (1, "1.p7s")] {
        let line = lines.iter().find(|line| line.contains(&families[at].child.name)).unwrap();
        assert!(line.contains(file) && line.contains("бала қабылданды"), "{line}");
    }
    let strays = page.all("main li");
    for (file, why) in [
        ("2.p7s", "басқа құжатқа қол қойылған"),
        ("junk.p7s", "CMS қолтаңба файлы емес"),
        ("empty.p7s", "Файл бос"),
    ] {
        assert!(strays.iter().any(|line| line.contains(file) && line.contains(why)), "{file}: {strays:?}");
    }
    let refused = "journal where deed = 'refuse_signature' and subject is not null";
    assert_eq!(portal.count(refused).await, 3, "each has its line");
    assert_eq!(portal.taken(garden.groups[0]).await, (2, 2));
    // Sent again: what is signed stays signed.
    let page = head.browser.submit(form).await;
    assert!(page.sees("Бұған дейін қол қойылған") && page.sees("2 / 4"), "{}", page.text());
    let lines: Vec<String> = page.all("tbody tr");
    assert!(lines.iter().any(|line| line.contains("0.p7s") && line.contains("Бұған дейін")), "{lines:?}");
    assert_eq!(portal.count("journal where deed = 'sign_as_kindergarten'").await, 2);
    assert_eq!(families[0].status().await, ENROLLED);
    assert_eq!(families[2].status().await, SIGN);
    assert_eq!(families[3].status().await, AWAITING_SIGNATURE);

    // A parent's own key signs nothing for a kindergarten; nor does the organisation's in the parent's hands.
    let text = families[3].contract().await;
    let page = head.browser.open(&signing_all(&families[3..])).await;
    let foreign = portal.sign(&head.person, None, "sign", &text).await;
    let mothers = portal.sign(&families[3].parent, Some(&garden.bin), "sign", &text).await;
    let form = page.form("/kindergarten/sign").attach("signature_files", "a.p7s", "x/y", &foreign);
    let page = head.browser.submit(form.clone().attach("signature_files", "b.p7s", "x/y", &mothers)).await;
    assert!(page.status == 422 && page.sees("Қол қойылды: 0 / 1"), "{}", page.text());
    let lines: Vec<String> = page.all("tbody tr");
    for (file, why) in [("a.p7s", "жеке тұлғаның кілті"), ("b.p7s", "екі тарап атынан қол қоя алмайды")]
    {
        assert!(lines.iter().any(|line| line.contains(file) && line.contains(why)), "{file}: {lines:?}");
    }
    // A bad file before a good one does not stand in its way.
    let good = head_signature(&portal, &head, &garden, &text).await;
    let page = head.browser.open(&signing_all(&families[3..])).await;
    let form = page.form("/kindergarten/sign").attach("signature_files", "a.p7s", "x/y", &foreign);
    let page = head.browser.submit(form.attach("signature_files", "c.p7s", "x/y", &good)).await;
    assert!(page.status == 200 && page.sees("Қол қойылды: 1 / 1"), "{}", page.text());
    assert_eq!(families[3].status().await, ENROLLED);
}

/// Sends these files to the check, as anybody.
async fn checks(visitor: &mut Visitor, document: Option<&[u8]>, signature: Option<&[u8]>) -> Page {
    let page = visitor.open("/kk/check").await;
    let mut form = page.form("/check");
    if let Some(document) = document {
        form = form.attach("document", "x", "x/y", document);
    }
    if let Some(signature) = signature {
        form = form.attach("signature", "x", "x/y", signature);
    }
    visitor.submit(form).await
}

#[sqlx::test(migrations = "./migrations")]
async fn what_is_left_of_a_contract_can_be_checked_by_anybody(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let void = family.contract().await;
    moves_house(&mut family, "Алматы қ., Төле би көшесі, 1").await;
    let text = family.contract().await;
    family.signs(&portal).await;
    portal.advance("PT5M").await;
    head.signs(&portal, &family.number).await;

    // Both sides get the same package; its name says nothing of anybody; it is journalled.
    let page = family.browser.open(&family.path("/contract")).await;
    let package = family.browser.open(&page.link("Қол қойылған шарт топтамасын жүктеу (ZIP)")).await;
    let name = package.header("content-disposition").unwrap().to_owned();
    assert!(name.contains("contract-") && !name.contains(&family.number), "{name}");
    let page = head.opens(&family.number).await;
    let link = page.link("Қол қойылған шарт топтамасын жүктеу (ZIP)");
    for link in [link.clone(), link.replacen("/kk/", "/ru/", 1)] {
        assert_eq!(
            head.browser.open(&link).await.bytes,
            package.bytes,
            "whoever takes it in whatever language"
        );
    }
    assert_eq!(portal.count("journal where deed = 'download_contract_package'").await, 3);
    let files = archive::unzip(&package.bytes, 10 << 20).unwrap();
    let file = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
    assert_eq!(file("contract.pdf"), &text, "download, page and package are the same bytes");
    let verdicts: serde_json::Value = serde_json::from_slice(file("verdicts.json")).unwrap();
    assert_eq!(verdicts["contract"]["sha256"], sha256(&text));
    assert_eq!(verdicts["parent"]["content_sha256"], sha256(&text));
    for (report, words, check) in [
        ("report.kk.txt", "бақылау саны", "/kk/check\r\n"),
        ("report.ru.txt", "Контрольная сумма", "/ru/check\r\n"),
    ] {
        let report = String::from_utf8(file(report).clone()).unwrap();
        assert!(report.contains(words) && report.contains(&sha256(&text)), "{report}");
        assert!(report.contains(check) && report.contains("(UTC+5)\r\n"), "{report}");
    }

    let mut anybody = portal.visitor();
    let stored = portal.count("files").await;
    let page = checks(&mut anybody, Some(&package.bytes), None).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for words in ["Барлық қолтаңба дұрыс", "Бұл шарт күшінде", &sha256(&text), "бірінші басшы", &garden.bin]
    {
        assert!(page.sees(words), "{words}: {}", page.text());
    }
    assert_eq!(page.all("article.card h3").len(), 2, "each signer once: {}", page.text());
    for secret in [&family.child.iin, &family.parent.iin, &family.child.name] {
        assert!(!page.text().contains(secret.as_str()), "{}", page.text());
    }
    // In whatever file a signature comes, the same is told of it, and the parent comes first.
    let cards = page.all("article.card");
    assert!(cards[1].contains("бірінші басшы"), "{cards:?}");
    for (merged_or_one, told) in
        [("both.p7s", &cards[..]), ("parent.p7s", &cards[..1]), ("kindergarten.p7s", &cards[1..])]
    {
        let page = checks(&mut anybody, Some(&text), Some(file(merged_or_one))).await;
        assert!(page.sees("Барлық қолтаңба дұрыс"), "{merged_or_one}: {}", page.text());
        assert_eq!(page.all("article.card"), told, "{merged_or_one}");
    }
    // A good signature of somebody who is no side of it is told apart.
    let stranger = portal.family(3, "autism").await;
    let cms = portal.sign(&stranger.parent, None, "sign", &text).await;
    let page = checks(&mut anybody, Some(&text), Some(&cms)).await;
    assert!(page.sees("осы шарт тараптарының қолтаңбасы емес"), "{}", page.text());
    assert!(!page.sees("Барлық қолтаңба дұрыс"), "{}", page.text());
    // Nor does a good signature make a contract of what the portal never made.
    let cms = portal.sign(&stranger.parent, None, "sign", &files::pdf()).await;
    let page = checks(&mut anybody, Some(&files::pdf()), Some(&cms)).await;
    assert!(page.sees("порталда мұндай шарт жоқ") && !page.sees("Барлық қолтаңба дұрыс"), "{}", page.text());
    // Years later, too: what the portal took is judged by the moment it was taken.
    portal.advance("P800D").await;
    let page = checks(&mut anybody, Some(&package.bytes), None).await;
    assert!(page.sees("Барлық қолтаңба дұрыс") && page.sees("14.12.2026"), "{}", page.text());
    let page = checks(&mut anybody, Some(&text), None).await;
    assert!(page.sees("Қолтаңба файлы жүктелмеген") && page.sees("Бұл шарт күшінде"), "{}", page.text());

    // What does not hold.
    let mut edited = text.clone();
    edited.push(b' ');
    let page = checks(&mut anybody, Some(&edited), Some(file("both.p7s"))).await;
    for words in
        ["Кемінде бір қолтаңба дұрыс емес", "Портал дәл мұндай файлды білмейді", "басқа құжатқа қойылған"]
    {
        assert!(page.sees(words), "{words}: {}", page.text());
    }
    let page = checks(&mut anybody, Some(&void), Some(file("parent.p7s"))).await;
    assert!(page.sees("Бұл нұсқаның күші жоқ") && page.sees("дұрыс емес"), "{}", page.text());
    // What is no signature at all is told at its field, and proves nothing against the contract.
    let signature = file("parent.p7s");
    for unreadable in [&b"junk"[..], b"", &files::jpeg(), &signature[..signature.len() / 2]] {
        let page = checks(&mut anybody, Some(&text), Some(unreadable)).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.error("signature").is_some_and(|told| told.contains("бұл CMS емес")), "{}", page.text());
        assert!(!page.sees("дұрыс емес") && !page.sees("Бұл шарт күшінде"), "{}", page.text());
    }
    let page = checks(&mut anybody, None, Some(file("parent.p7s"))).await;
    assert!(page.sees("Қолтаңба әлі тексерілген жоқ") && !page.sees("дұрыс емес"), "{}", page.text());
    let page = checks(&mut anybody, Some(&vec![b'%'; (20 << 20) + 1]), None).await;
    assert_eq!(page.status, 413, "{}", page.text());
    assert!(page.error("document").is_some_and(|told| told.contains("20 МБ")), "{}", page.text());
    let page = checks(&mut anybody, Some(&text), Some(&vec![0x30; 1 << 20])).await;
    assert_eq!(page.status, 413, "{}", page.text());
    assert!(page.error("signature").is_some_and(|told| told.contains("үлкен")), "{}", page.text());
    for (document, told) in
        [(None, "таңдаңыз"), (Some(&b"MZ"[..]), "PDF те"), (Some(&b"PK\x03\x04"[..]), "топтаманы ашу")]
    {
        let page = checks(&mut anybody, document, None).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.error("document").unwrap().contains(told), "{}", page.text());
    }
    assert_eq!(portal.count("files").await, stored, "nothing is kept");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_code_on_a_contract_tells_its_state_and_no_name(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    moves_house(&mut family, "Алматы қ., Төле би көшесі, 1").await;
    let number: String = sqlx::query_scalar("select distinct number from contracts")
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    let mut anybody = portal.visitor();
    let at = |version: &str| format!("/kk/check?contract={number}&version={version}");
    let page = anybody.open(&at("1")).await;
    assert!(page.sees("Бұл нұсқаның күші жоқ"), "{}", page.text());
    let page = anybody.open(&at("2")).await;
    assert!(page.sees("әлі екі тарап бірдей қол қойған жоқ"), "{}", page.text());
    let text = family.contract().await;
    family.signs(&portal).await;
    head.signs(&portal, &family.number).await;
    let page = anybody.open(&at("2")).await;
    assert!(page.sees("Бұл шарт күшінде") && page.sees(&sha256(&text)), "{}", page.text());
    for secret in [&family.child.name, &family.child.iin, &family.parent.iin, &garden.name, &family.number] {
        assert!(!page.text().contains(secret.as_str()), "{secret}: {}", page.text());
    }
    // The code itself is in no language; an address whose number cannot be one leads to the form.
    let code = format!("/check?contract={number}&version=2");
    let page = anybody.open(&code).await;
    assert_eq!((page.statuses.as_slice(), page.path.as_str()), (&[303, 200][..], at("2").as_str()));
    assert!(page.sees("Бұл шарт күшінде"), "{}", page.text());
    let mut russian = portal.visitor();
    russian.open("/ru/check").await;
    assert_eq!(russian.open(&code).await.path, at("2").replacen("/kk/", "/ru/", 1));
    assert_eq!(anybody.open("/check?contract=%3Cb%3E&version=1").await.path, "/kk/check");
    for odd in ["3", "-1", "x", "99999999999", ""] {
        let page = anybody.open(&at(odd)).await;
        assert!(
            page.status == 200 && page.sees("Порталда нөмірі мен нұсқасы осындай шарт жоқ"),
            "{odd}: {}",
            page.text()
        );
    }
    assert_eq!(anybody.open("/ru/check?contract=%3Cb%3E&version=1").await.status, 200);
    // The limit: so many an hour from one address, then later.
    portal.set("lookup_address_hour", 2).await;
    assert_eq!(anybody.open(&at("2")).await.status, 429);
    assert_eq!(anybody.open("/kk/check").await.status, 200, "the form itself is always there");
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_prepared_in_another_tab_is_not_replaced_unseen(pool: PgPool) {
    const STREET: &str = "Алматы қ., Төле би көшесі, 1";
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    let path = family.path("/contract/fill");
    let mut tab = portal.signed_in(family.account).await;
    let theirs = family.filled_form().await.fill("address", STREET);
    assert_eq!(theirs.value("shown"), Some(""));
    let late = tab.open(&path).await.form("/fill").fill("address", STREET);
    let pressed = family.filled_form().await;
    assert_eq!(family.browser.submit(pressed.clone()).await.statuses, [303, 200]);
    let prepared = family.contract().await;

    // A tab that knows of no text: with papers, without them, with a mistake, and without the hidden field.
    let page = family.browser.submit(theirs).await;
    let form = page.form("/fill");
    assert_eq!((page.status, form.value("address")), (422, Some(STREET)), "{}", page.text());
    assert_eq!(page.all("#trouble").len(), 1, "{}", page.text());
    assert!(page.sees("Бұл бет ашылғаннан кейін шарт өзгерді"), "{}", page.text());
    assert!(form.value("form_027_kept").is_some_and(|kept| !kept.is_empty()), "the files are kept");
    assert_eq!(form.value("parent_id_expires_on"), Some("2031-05-05"));
    assert_eq!(form.value("shown"), Some(sha256(&prepared).as_str()));
    let mut russian = late.clone();
    russian.action = russian.action.replacen("/kk/", "/ru/", 1);
    let page = tab.submit(russian).await;
    assert!(page.status == 422 && page.sees("Пока эта страница была открыта"), "{}", page.text());
    let page = tab.submit(late.clone().fill("address", "Аб")).await;
    assert!(page.error("address").is_some() && page.all("#trouble").len() == 1, "{}", page.text());
    let mut old = tab.open(&path).await.form("/fill").fill("address", STREET);
    old = old.forge("shown", "");
    assert_eq!(tab.submit(old).await.status, 422);
    assert_eq!((portal.count("contracts").await, family.contract().await == prepared), (1, true));
    assert_eq!(portal.count("papers").await, 5);

    // Pressed twice it had its effect; seen, it is sent.
    let page = family.browser.submit(pressed).await;
    assert_eq!((page.statuses, page.path), (vec![303, 200], family.path("/contract")));
    let page = family.browser.submit(form.clone()).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!(portal.count("contracts").await, 2);

    // The kindergarten changes its offer while the form is open.
    let open = tab.open(&path).await.form("/fill").fill("address", "Алматы қ., Сәтбаев көшесі, 2");
    let terms = head.opens(&family.number).await.form("/terms").fill("parent_fee", "12345");
    assert_eq!(head.browser.submit(terms).await.statuses, [303, 200]);
    let page = tab.submit(open).await;
    assert!(
        page.status == 422 && page.sees("12 345 ₸") && page.all("#trouble").len() == 1,
        "{}",
        page.text()
    );
    assert_eq!(tab.submit(page.form("/fill")).await.statuses, [303, 200]);
    assert_eq!(portal.count("contracts").await, 4);

    // The choice is taken back meanwhile: told as such, as at the other forms of the contract.
    let open = tab.open(&path).await.form("/fill");
    let page = family.browser.fill_in(&family.path(""), "/take-back", &[]).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    for address in [STREET, "Аб"] {
        let page = tab.submit(open.clone().fill("address", address)).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert_eq!(page.link("Жалғастыру"), family.path(""));
    }
    let page = family.browser.submit(form).await;
    assert_eq!((page.status, page.path), (200, family.path("/contract")), "pressed twice, long ago");
    let mut stranger = portal.family(9, "autism").await;
    let page = stranger.browser.open("/kk/profile").await;
    let mut foreign = page.forms().into_iter().find(|form| form.has("form_token")).unwrap();
    foreign.action = path;
    assert_eq!(stranger.browser.submit(foreign).await.status, 404);
}

#[sqlx::test(migrations = "./migrations")]
async fn each_form_of_a_family_keeps_its_own_values(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let terms = head.opens(&family.number).await.form("/terms").fill("parent_fee", "12345");
    assert_eq!(head.browser.submit(terms).await.statuses, [303, 200]);
    family.signs(&portal).await;
    let page = head.opens(&family.number).await;
    let commented = page.form("/return-papers").fill("comment_form_027", "Мөрі көрінбейді");
    for form in [page.form("/sign"), commented, page.form("/return-papers"), page.form("/decline")] {
        let action = form.action.clone();
        let page = head.browser.submit(form).await;
        assert_eq!(page.status, 422, "{action}: {}", page.text());
        let terms = page.form("/terms");
        let offer = (terms.value("starts_on"), terms.value("parent_fee"));
        assert_eq!(offer, (Some("2027-01-11"), Some("12345")), "{action}");
        if page.error("reason_form_027").is_some() {
            assert_eq!(page.form("/return-papers").value("comment_form_027"), Some("Мөрі көрінбейді"));
        }
    }
    // What was typed there stays, also nothing.
    let wrong = page.form("/terms").fill("starts_on", "").fill("parent_fee", "көп");
    let terms = head.browser.submit(wrong).await.form("/terms");
    assert_eq!((terms.value("starts_on").unwrap_or_default(), terms.value("parent_fee")), ("", Some("көп")));

    // Before there is a contract.
    let other = portal.chosen(3, &garden).await;
    let page = head.opens(&other.number).await;
    assert_eq!(page.form("/send").value("parent_fee"), Some("0"));
    let page = head.browser.submit(page.form("/decline")).await;
    assert_eq!((page.status, page.form("/send").value("parent_fee")), (422, Some("0")));
}

/// The tags of the versions, as both sides see them.
async fn standings(family: &mut Family, head: &mut Staff) -> [Vec<String>; 2] {
    let own = family.browser.open(&family.path("/contract")).await;
    let theirs = head.opens(&family.number).await;
    [own, theirs].map(|page| page.all(".versions .tag"))
}

#[sqlx::test(migrations = "./migrations")]
async fn a_version_whose_signature_is_checked_does_not_wait_for_it(pool: PgPool) {
    const CHECKED: &str = "Қолтаңба тексерілуде";
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    moves_house(&mut family, "Алматы қ., Төле би көшесі, 1").await;
    for (signed, awaits) in
        [(false, "Ата-ананың қолтаңбасын күтіп тұр"), (true, "Балабақшаның қолтаңбасын күтіп тұр")]
    {
        for tags in standings(&mut family, &mut head).await {
            assert_eq!(tags, [awaits, "Күші жойылған"]);
        }
        portal.fault("eds", "down").await;
        if signed {
            head.signs(&portal, &family.number).await;
        } else {
            family.signs(&portal).await;
        }
        for tags in standings(&mut family, &mut head).await {
            assert_eq!(tags, [CHECKED, "Күші жойылған"]);
        }
        portal.fault("eds", "ok").await;
        portal.tick().await;
    }
}
