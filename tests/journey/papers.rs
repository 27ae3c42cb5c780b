//! The family's wallet, what it takes and what it does not, and papers that are sent back.
use balabaqsha::integrations::archive::{self, Entry};
use serde_json::json;
use sqlx::PgPool;

use crate::support::family::PAPERS;
use crate::support::{Family, Page, Portal, files};

fn own(family: &Family, kind: &str) -> String {
    let owner = if kind == "parent_id" { "own".to_owned() } else { family.child_id.to_string() };
    format!("/kk/documents/{owner}/{kind}")
}

/// Puts a paper into the wallet; an identity card is good until 2030.
async fn keeps(family: &mut Family, kind: &str, name: &str, bytes: &[u8]) -> Page {
    let path = own(family, kind);
    let page = family.browser.open(&path).await;
    let mut form = page.form(&format!("/{kind}")).attach("paper", name, "application/pdf", bytes);
    if kind == "parent_id" {
        form = form.fill("expires_on", "2030-05-05");
    }
    family.browser.submit(form).await
}

/// Everything attached to contracts: kind, name, whether the contract is void.
async fn attached(portal: &Portal) -> Vec<(String, String, bool)> {
    sqlx::query_as(
        "select d.kind, f.name, t.voided_at is not null from contract_documents d join files f on f.id = d.file_id
         join contracts t on t.id = d.contract_id order by 1, 3, 2",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn a_paper_is_kept_once_and_taken_into_the_contract_by_a_tick(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = portal.with_sent_contract(&garden).await;
    for (kind, n) in PAPERS.into_iter().zip(1..) {
        let name = format!("{n}-құжат.pdf");
        let page = keeps(&mut family, kind, &name, &files::pdf()).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        assert!(page.sees("Құжат сақталды") && page.sees(&name), "{}", page.text());
    }
    let page = family.browser.open("/kk/documents").await;
    assert!(page.sees("05.05.2030 күніне дейін жарамды."), "{}", page.text());
    let paper = family.browser.open(&page.link("1-құжат.pdf")).await;
    assert_eq!(paper.bytes, files::pdf());
    assert!(paper.header("content-disposition").unwrap().starts_with("attachment"));

    let page = family.browser.open(&family.path("/contract/fill")).await;
    let form = page.form("/fill").fill("address", "Алматы қ., Абай даңғылы, 10, 5");
    // Nothing is taken without a tick; what was ticked stays so when something else is wrong.
    let page = family.browser.submit(form.clone().fill("form_027_held", "yes")).await;
    assert_eq!(page.status, 422);
    assert!(page.error("form_027").is_none() && page.error("form_065").is_some(), "{}", page.text());
    let form = page.form("/fill");
    assert!(form.value("form_027_held").is_some() && form.value("form_065_held").is_none());
    let form = PAPERS.iter().fold(form, |form, kind| form.fill(&format!("{kind}_held"), "yes"));
    let page = family.browser.submit(form).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    family.signs(&portal).await;

    // The wallet's copy is replaced, then gone: the contract keeps the very file it was signed with.
    keeps(&mut family, "form_065", "жаңа.png", &files::png()).await;
    let page = family.browser.open("/kk/documents").await;
    assert!(page.sees("жаңа.png") && !page.sees("5-құжат.pdf"), "its own name: {}", page.text());
    let given = family.browser.open(&page.link("жаңа.png")).await;
    assert_eq!(given.header("content-type"), Some("image/jpeg"));
    let name = given.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment") && name.ends_with(".jpg"), "as the file is: {name}");
    assert_eq!(given.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(given.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let page = family.browser.open(&own(&family, "form_027")).await;
    let page = family.browser.submit(page.form("/remove")).await;
    assert!(page.sees("Құжат жойылды") && !page.sees("1-құжат.pdf"), "{}", page.text());
    portal.advance("P2D").await;
    portal.tick().await;
    family.comes_back(&portal).await;
    let names: Vec<String> = attached(&portal).await.into_iter().map(|row| row.1).collect();
    assert!(names.contains(&"1-құжат.pdf".to_owned()) && names.contains(&"5-құжат.pdf".to_owned()));
    let page = family.browser.open(&family.path("/contract")).await;
    for name in ["1-құжат.pdf", "5-құжат.pdf"] {
        assert_eq!(family.browser.open(&page.link(name)).await.bytes, files::pdf(), "{name}");
    }
    let deeds: Vec<String> =
        sqlx::query_scalar("select distinct deed from journal").fetch_all(&portal.app.pool).await.unwrap();
    for deed in ["save_paper", "remove_paper", "look_at_file"] {
        assert!(deeds.contains(&deed.to_owned()), "{deed}: {deeds:?}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn nobody_reaches_the_wallet_of_another_family(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (mut family, mut other) = (portal.family(2, "autism").await, portal.family(3, "autism").await);
    keeps(&mut family, "form_027", "a.pdf", &files::pdf()).await;
    let theirs = own(&family, "form_027");
    for path in [
        theirs.clone(),
        format!("{theirs}/file"),
        own(&other, "form_027") + "/file",
        theirs.to_uppercase().replace("/KK/", "/kk/"),
        "/kk/documents/own/form_027".to_owned(),
        format!("/kk/documents/{}/parent_id", other.child_id),
        "/kk/documents/own/x".to_owned(),
        "/kk/documents/x/form_027".to_owned(),
    ] {
        assert_eq!(other.browser.open(&path).await.status, 404, "{path}");
    }
    let page = other.browser.open(&own(&other, "form_027")).await;
    let mut form = page.form("/form_027").attach("paper", "a.pdf", "application/pdf", &files::pdf());
    form.action = theirs.clone();
    assert_eq!(other.browser.submit(form).await.status, 404);
    assert!(!other.browser.open("/kk/documents").await.sees("a.pdf"));
    assert_eq!(portal.count("papers").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn dates_are_those_of_the_paper(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    let page = family.browser.open(&own(&family, "parent_id")).await;
    let form = page.form("/parent_id");
    for (issued, expires, field, told) in [
        ("", "", "expires_on", "жарамды екенін"),
        ("", "2026-12-13", "expires_on", "өтіп кеткен"),
        ("2026-12-15", "2036-12-15", "issued_on", "әлі келген жоқ"),
        ("1990-01-01", "2036-12-15", "issued_on", "тым ерте"),
        ("2020-05-06", "2099-01-01", "expires_on", "тым алыс"),
        ("2026-05-06", "2026-05-05", "expires_on", "берілген күннен ерте"),
        ("", "ертең", "expires_on", "дұрыс"),
    ] {
        let form = form.clone().attach("paper", "id.pdf", "application/pdf", &files::pdf());
        let page = family.browser.submit(form.fill("issued_on", issued).fill("expires_on", expires)).await;
        assert_eq!(page.status, 422, "{issued} {expires}: {}", page.text());
        assert!(page.error(field).is_some_and(|error| error.contains(told)), "{}", page.text());
        assert_eq!(page.form("/parent_id").value("issued_on"), Some(issued));
        assert!(page.sees("id.pdf"), "the good file is kept");
    }
    let page =
        family.browser.submit(form.clone().fill("issued_on", "x").fill("expires_on", "31.02.2030")).await;
    let summary = page.all(".error-summary li");
    assert!(
        summary.contains(&"Берілген күні: күнді дұрыс жазыңыз: күні, айы, жылы".to_owned()),
        "{summary:?}"
    );
    assert_eq!(summary.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{summary:?}");
    let page = family.browser.submit(form.fill("expires_on", "05.05.2030")).await;
    assert!(page.error("paper").is_some_and(|error| error.contains("таңдаңыз")), "{}", page.text());
    // Other dates without another file.
    keeps(&mut family, "parent_id", "id.pdf", &files::pdf()).await;
    let page = family.browser.open(&own(&family, "parent_id")).await;
    let page = family.browser.submit(page.form("/parent_id").fill("expires_on", "2031-06-07")).await;
    assert!(page.sees("07.06.2031 күніне дейін") && page.sees("id.pdf"), "{}", page.text());
    let page = family.browser.open(&own(&family, "birth_certificate")).await;
    assert!(!page.form("/birth_certificate").has("expires_on"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_is_warned_a_month_and_a_week_before_each_once_and_at_once_before_the_use(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut family = portal.family(2, "autism").await;
    keeps(&mut family, "parent_id", "id.pdf", &files::pdf()).await;
    let expires = async |day: &str| {
        sqlx::query("update papers set expires_on = $1::text::date, warned = '{}'")
            .bind(day)
            .execute(&portal.app.pool)
            .await
            .unwrap();
    };
    let warned = async || portal.tick().await["papers"]["warned"].as_u64().unwrap();
    // Today is Monday, 14 December 2026.
    expires("2027-01-14").await;
    assert_eq!(warned().await, 0);
    portal.advance("P1D").await;
    assert_eq!((warned().await, warned().await), (1, 0));
    portal.advance("P22D").await;
    assert_eq!(warned().await, 0);
    portal.advance("P1D").await;
    assert_eq!((warned().await, warned().await), (1, 0));
    family.comes_back(&portal).await;
    let page = family.browser.open("/ru/notices").await;
    assert_eq!(page.html().matches("Истекает срок документа: Удостоверение").count(), 2, "{}", page.text());
    assert!(family.browser.open("/kk/documents").await.sees("Мерзімі жақында бітеді"));
    portal.advance("P8D").await;
    assert_eq!(warned().await, 0);
    family.comes_back(&portal).await;
    assert!(family.browser.open("/kk/documents").await.sees("Мерзімі өткен"));

    // A contract that begins on a later day than the card is good for.
    let mut family = portal.family(3, "autism").await;
    family.applies_generally(&[&garden]).await;
    portal.tick().await;
    family.confirms().await;
    family.chooses(&garden).await;
    keeps(&mut family, "parent_id", "id.pdf", &files::pdf()).await;
    sqlx::query("delete from papers where expires_on < '2030-01-01'")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    expires("2027-03-09").await;
    assert_eq!(warned().await, 0);
    let mut head = portal.head(&garden).await;
    let values = [("starts_on", "2027-03-10"), ("parent_fee", "0")];
    let path = format!("/kk/kindergarten/families/{}", family.number);
    let page = head.browser.fill_in(&path, "/send", &values).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert_eq!((warned().await, warned().await), (1, 0));
    let page = family.browser.open("/kk/documents").await;
    assert!(page.sees("Мерзімі балабақшаға барар күнге дейін бітеді"), "{}", page.text());
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(page.sees("барар күнге дейін бітеді"), "{}", page.text());

    // Attached, it is still said: where it is filled in, where it is signed, and to the kindergarten beside its dates.
    let form = PAPERS.iter().filter(|kind| **kind != "parent_id").fold(page.form("/fill"), |form, kind| {
        form.attach(kind, "құжат.pdf", "application/pdf", &files::pdf())
    });
    let form = form.fill("address", "Алматы қ., Абай даңғылы, 10, 5").fill("parent_id_held", "yes");
    let page = family.browser.submit(form).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let told = "09.03.2027 күніне дейін жарамды. Мерзімі балабақшаға барар күнге дейін бітеді";
    assert!(page.sees(told), "{}", page.text());
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(page.sees("id.pdf. 09.03.2027") && page.sees("барар күнге дейін бітеді"), "{}", page.text());
    sqlx::query("update papers set issued_on = '2020-05-06' where kind = 'parent_id'")
        .execute(&portal.app.pool)
        .await
        .unwrap();
    family.signs(&portal).await;
    let page = head.opens(&family.number).await;
    assert!(page.sees(&format!("06.05.2020 берілген. {told}")), "{}", page.text());
    head.signs(&portal, &family.number).await;
    for page in [head.opens(&family.number).await, family.browser.open(&family.path("/contract")).await] {
        assert!(page.sees("09.03.2027 күніне дейін") && !page.sees("барар күнге дейін"), "{}", page.text());
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn papers_sent_back_void_the_signature_and_the_family_signs_the_next_version(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    family.fills_in().await;
    family.signs(&portal).await;
    let old = family.contract().await;

    let page = head.opens(&family.number).await;
    let form = page.form("/return-papers");
    assert!(!form.has("reason_pmpk_conclusion"), "only what is attached");
    for (values, field, told) in [
        (vec![], "return-papers", "Кемінде"),
        (vec![("reason_form_027", "other")], "comment_form_027", "түзету керегін"),
        (vec![("comment_form_065", "2-беті жоқ")], "reason_form_065", "себебін"),
        (vec![("reason_form_027", "expired"), ("comment_form_027", "a\u{202e}b")], "comment_form_027", ""),
        (
            vec![("comment_form_027", "бет"), ("comment_form_065", "бет")],
            "reason_form_065",
            "егулер картасы: осы құжатты қайтару себебін таңдаңыз",
        ),
    ] {
        let form = values.iter().fold(form.clone(), |form, (name, value)| form.fill(name, value));
        let page = head.browser.submit(form).await;
        assert_eq!(page.status, 422, "{field}: {}", page.text());
        let summary = page.all(".error-summary").concat();
        assert!(summary.contains(told), "{field}: {summary}");
        for (name, value) in values {
            assert_eq!(page.form("/return-papers").value(name), Some(value), "kept");
        }
    }
    let form = form
        .fill("reason_form_027", "unreadable")
        .fill("comment_form_027", "Мөрі көрінбейді")
        .fill("reason_form_065", "incomplete");
    let page = head.browser.submit(form.clone()).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    assert!(page.sees("Құжаттар түзетуге қайтарылды") && page.sees("Анық көрінбейді. Мөрі көрінбейді"));
    assert_eq!(head.browser.submit(form).await.statuses, [303, 200], "pressed twice");
    assert_eq!(portal.taken(garden.groups[0]).await, (0, 1), "the place stays");
    assert!(
        head.browser
            .open("/kk/notices")
            .await
            .sees("нұсқасы күшін жойды: балабақша құжаттарды түзетуге қайтарды")
    );
    let paper = format!("/kk/kindergarten/families/{}/papers/birth_certificate", family.number);
    assert_eq!(head.browser.open(&paper).await.status, 404, "not until it is signed again");

    assert_eq!(family.status().await, "Шартты толтырып, қол қойыңыз");
    assert!(family.browser.open("/ru/notices").await.sees("вернул документы на исправление"));
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(page.sees("Анық көрінбейді. Мөрі көрінбейді") && page.sees("Барлық беті жоқ"), "{}", page.text());
    let form = page.form("/fill");
    assert_eq!(form.value("address"), Some("Алматы қ., Абай даңғылы, 10, 5"), "as it was");
    assert!(!form.has("form_027_held"), "what was sent back is not offered again");
    for path in ["/kk/documents", &own(&family, "form_027")] {
        let page = family.browser.open(path).await;
        assert!(page.sees("түзетуге қайтарды: анық көрінбейді. Мөрі көрінбейді."), "{}", page.text());
        assert_eq!(page.link("Шартта ауыстыру"), family.path("/contract/fill#form_027"));
    }
    let page = family.browser.open("/kk/documents").await;
    assert_eq!(page.html().matches("Түзетуге қайтарылған").count(), 2, "{}", page.text());
    // Another file in the wallet is not yet one in the contract.
    let page = keeps(&mut family, "form_065", "екі-беті.pdf", &files::pdf()).await;
    assert!(page.sees("бұрынғы файлды түзетуге қайтарған: барлық беті жоқ."), "{}", page.text());
    assert_eq!(page.link("Шартқа тіркеу"), family.path("/contract/fill#form_065"));
    assert_eq!(page.html().matches("Түзетуге қайтарылған").count(), 1, "{}", page.text());
    let page = family.browser.submit(form.clone()).await;
    assert_eq!(page.status, 422);
    assert!(page.error("form_027").is_some() && page.error("birth_certificate").is_none());
    let form = form.attach("form_027", "анық.jpg", "image/jpeg", &files::turned()).attach(
        "form_065",
        "екі-беті.pdf",
        "application/pdf",
        &files::pdf(),
    );
    let page = family.browser.submit(form).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let new = family.contract().await;
    assert_ne!(new, old);
    assert!(!family.browser.open("/kk/documents").await.sees("қайтар"), "put right");
    // The signature over the void version is worth nothing.
    let cms = portal.sign(&family.parent, None, "sign", &old).await;
    assert_eq!(family.sends_signature(&cms).await.status, 422);
    family.signs(&portal).await;
    let rows = attached(&portal).await;
    assert_eq!(rows.iter().filter(|row| row.2).count(), 5, "the void version keeps its papers");
    assert!(rows.contains(&("form_027".to_owned(), "анық.jpg".to_owned(), false)));
    assert_eq!(head.signs(&portal, &family.number).await.statuses, [303, 200]);
    let both: i64 = sqlx::query_scalar(
        "select count(*) from contracts where voided_at is null and parent_cms is not null and kindergarten_cms is not null",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap();
    assert_eq!((both, portal.count("contracts").await), (1, 2));
    // Too late now.
    let page = head.opens(&family.number).await;
    assert!(!page.has_form("/return-papers"));
}

/// The corpus of T33: each file, its status, its sentence in both languages.
fn corpus() -> Vec<(&'static str, Vec<u8>, u16, [&'static str; 2])> {
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    let kind = ["PDF түрінде сақтаңыз", "Сохраните документ как PDF"];
    let active = ["ішінде бағдарлама", "Внутри PDF"];
    let damaged = ["бүлінген", "повреждён"];
    let pdf = files::pdf();
    let eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
    let script = "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>";
    vec![
        ("js.pdf", files::pdf_with(1, script), 422, active),
        ("launch.pdf", files::pdf_with(1, "/OpenAction << /S /Launch /F (cmd.exe) >>"), 422, active),
        ("embedded.pdf", files::pdf_with(1, "/Names << /EmbeddedFiles 4 0 R >>"), 422, active),
        ("html.pdf", [b"%PDF-1.4\n", html.as_slice(), b"startxref\n0\n%%EOF"].concat(), 415, kind),
        ("polyglot.jpg", [files::jpeg(), pdf.clone()].concat(), 415, kind),
        ("html.jpg", [files::jpeg(), html.clone()].concat(), 415, kind),
        ("html.webp", [files::webp(), html].concat(), 415, kind),
        ("pixelflood.png", files::pixel_flood(), 422, ["тым үлкен", "слишком большой"]),
        ("bomb.pdf", files::bomb(), 422, damaged),
        ("eicar.com", eicar.into_bytes(), 415, kind),
        ("letter.docx", b"PK\x03\x04\x14\0word/document.xmlPK\x05\x06".to_vec(), 415, kind),
        ("a.pdf.exe", b"MZ\x90\0\x03".to_vec(), 415, kind),
        ("51.pdf", files::pdf_with(51, ""), 422, ["бет саны", "страниц"]),
        ("cut.pdf", pdf[..pdf.len() - 12].to_vec(), 422, damaged),
        ("cut.jpg", files::jpeg()[..200].to_vec(), 422, damaged),
        ("locked.pdf", files::pdf_with(1, "/Encrypt 9 0 R"), 422, ["құпия сөзбен", "закрыт паролем"]),
        (
            "IMG_1.HEIC",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(),
            415,
            ["JPEG болады", "получится JPEG"],
        ),
        ("empty.pdf", Vec::new(), 422, ["бос", "пуст"]),
        ("11.pdf", [pdf.clone(), vec![b' '; 11 << 20]].concat(), 413, ["10 МБ", "10 МБ"]),
        ("21.jpg", [files::jpeg(), vec![0; 21 << 20]].concat(), 413, ["20 МБ", "20 МБ"]),
        ("25.pdf", [pdf.clone(), vec![b' '; 25 << 20]].concat(), 413, ["10 МБ-тан үлкен", "больше 10 МБ"]),
        (
            "25.bin",
            vec![b'x'; 25 << 20],
            413,
            ["PDF 10 МБ-тан, сурет 20 МБ-тан", "PDF – не больше 10 МБ, снимок – не больше 20 МБ"],
        ),
        (
            "25.heic",
            [&b"\0\0\0\x18ftypheic"[..], &vec![0; 25 << 20]].concat(),
            415,
            ["JPEG болады", "получится JPEG"],
        ),
        (
            "11.bin",
            vec![b'x'; 11 << 20],
            413,
            ["PDF 10 МБ-тан, сурет 20 МБ-тан", "PDF – не больше 10 МБ, снимок – не больше 20 МБ"],
        ),
        ("xxe.docx", docx("word/document.xml", XXE), 415, kind),
        ("slip.docx", docx("../../../../etc/cron.d/a", "* * * * * root true"), 415, kind),
        ("xxe.svg", XXE.as_bytes().to_vec(), 415, kind),
        ("script.html.pdf", b"<!DOCTYPE html>%PDF-1.7".to_vec(), 415, kind),
        ("a.gif", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), 415, kind),
        ("html.png", [files::png(), b"<html>".to_vec()].concat(), 415, kind),
        ("zip.jpg", [files::jpeg(), docx("a.class", "x")].concat(), 415, kind),
        ("richmedia.pdf", files::pdf_with(1, "/Annots [<< /Subtype /RichMedia >>]"), 422, active),
        ("xfa.pdf", files::pdf_with(1, "/AcroForm << /XFA 4 0 R >>"), 422, active),
        ("hidden.pdf", files::pdf_with(1, "/OpenAction << /S /J#61vaScript /JS (1) >>"), 422, active),
    ]
}

const XXE: &str = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><svg><text>&b;</text></svg>";

/// An archive with one file, as a word processor's document is.
fn docx(name: &str, text: &str) -> Vec<u8> {
    archive::zip(&[Entry { name: name.to_owned(), bytes: text.as_bytes().to_vec() }]).unwrap()
}

/// Several files of one form are bad: each is told by its name.
#[sqlx::test(migrations = "./migrations")]
async fn the_summary_says_which_paper_is_wrong(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, _) = portal.with_sent_contract(&garden).await;
    let cut = files::jpeg()[..200].to_vec();
    for (lang, told) in [
        (
            "kk",
            ["№ 027/у нысанындағы анықтама: файл бүлінген", "паспорты» нысанындағы анықтама: файл бүлінген"],
        ),
        ("ru", ["№ 027/у: файл повреждён", "«Паспорт здоровья ребёнка»: файл повреждён"]),
    ] {
        let page =
            family.browser.open(&family.path("/contract/fill").replace("/kk/", &format!("/{lang}/"))).await;
        let form = page.form("/fill").fill("address", "Алматы қ., Абай даңғылы, 10, 5");
        let form = PAPERS.iter().fold(form, |form, kind| form.attach(kind, "a.jpg", "image/jpeg", &cut));
        let page = family.browser.submit(form).await;
        assert_eq!(page.status, 422, "{}", page.text());
        let summary = page.all(".error-summary li");
        let different: std::collections::HashSet<_> = summary.iter().collect();
        assert_eq!(different.len(), summary.len(), "{summary:?}");
        for words in told {
            assert!(summary.iter().any(|line| line.contains(words)), "{words}: {summary:?}");
        }
    }
}

/// Whatever a family sent is a download from everywhere: no browser opens it as a page of the portal.
fn is_only_a_download(page: &Page, what: &str) {
    assert_eq!(page.status, 200, "{what}");
    assert!(page.header("content-disposition").is_some_and(|it| it.starts_with("attachment;")), "{what}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(page.header("content-security-policy"), Some("default-src 'none'; sandbox"), "{what}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_stored_paper_has_a_random_name_and_is_nowhere_on_the_web(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.signed(2..3, &garden, &mut head).await.remove(0);
    let ids: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from files").fetch_all(&portal.app.pool).await.unwrap();
    let mut stored = portal.app.files.list().await.unwrap();
    stored.retain(|id| ids.contains(id));
    assert_eq!((stored.len(), ids.len()), (PAPERS.len(), PAPERS.len()));
    for id in ids {
        assert_eq!(id.get_version_num(), 4, "nobody guesses it");
        for path in [format!("/{id}"), format!("/static/{id}"), format!("/files/{id}"), format!("/kk/{id}")] {
            assert_eq!(family.browser.open(&path).await.status, 404, "{path}");
        }
    }
    for kind in PAPERS {
        let wallet = own(&family, kind) + "/file";
        is_only_a_download(&family.browser.open(&wallet).await, &wallet);
        let contract = family.path(&format!("/contract/papers/{kind}"));
        is_only_a_download(&family.browser.open(&contract).await, &contract);
        let families = format!("/kk/kindergarten/families/{}/papers/{kind}", family.number);
        is_only_a_download(&head.browser.open(&families).await, &families);
    }
}

/// The process that reads an upload: what it may have, as the system holds it to.
#[test]
fn the_reading_process_limits_itself() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balabaqsha"));
        command
            .arg("read-upload")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let mut child = start();
    // It limits itself before it reads: once it has taken more than a pipe holds, it has.
    child.stdin.as_mut().unwrap().write_all(&vec![b' '; 1 << 20]).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let most = |what: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.split_whitespace().take(2).map(|it| it.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    for (what, limit) in [
        ("Max address space", 512 << 20),
        ("Max cpu time", 5),
        ("Max open files", 0),
        ("Max file size", 0),
        ("Max core file size", 0),
    ] {
        assert_eq!(most(what), [limit, limit], "{what}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // More than it may hold: it ends without an answer, and the portal refuses the file.
    let mut child = start();
    let mut stdin = child.stdin.take().unwrap();
    let blanks = vec![b' '; 1 << 20];
    let written = (0..600).try_for_each(|_| stdin.write_all(&blanks));
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert!(written.is_err() || !ended.status.success(), "{ended:?}");
    assert!(ended.stdout.is_empty());
}

/// What the process has in memory, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[sqlx::test(migrations = "./migrations")]
async fn each_bad_paper_has_its_status_and_its_sentence_and_nothing_else_is_lost(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    let corpus = corpus();
    let before = resident();
    for (name, bytes, status, told) in &corpus {
        for (lang, told) in ["kk", "ru"].into_iter().zip(told) {
            let path = own(&family, "parent_id").replace("/kk/", &format!("/{lang}/"));
            let page = family.browser.open(&path).await;
            let form = page.form("/parent_id").fill("issued_on", "2020-05-06");
            let form = form.fill("expires_on", "2030-05-05");
            let page = family.browser.submit(form.attach("paper", name, "application/pdf", bytes)).await;
            assert_eq!(page.status, *status, "{name}: {}", page.text());
            let error = page.error("paper").unwrap_or_else(|| panic!("{name}: {}", page.text()));
            assert!(error.contains(told), "{name}: {error}");
            let back = page.form("/parent_id");
            assert_eq!(
                (back.value("issued_on"), back.value("expires_on"), back.value("paper_kept")),
                (Some("2020-05-06"), Some("2030-05-05"), Some("")),
                "{name}"
            );
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 150 << 20, "the portal grew by {} MB", grown >> 20);
    assert_eq!((portal.count("files").await, portal.count("papers").await), (0, 0));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_strange_name_is_only_a_name(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    let long = format!("{}.pdf", "я".repeat(300));
    for name in [
        "../../etc/passwd",
        "..\\..\\a.pdf",
        "a\r\nX-Evil: 1.pdf",
        "a\u{202e}fdp.exe",
        long.as_str(),
        "a\0b.pdf",
        "a.pdf.exe",
        "<img src=x>.pdf",
    ] {
        let page = keeps(&mut family, "form_027", name, &files::pdf()).await;
        assert!([200, 400].contains(&page.status), "{name:?}: {} {}", page.status, page.text());
        let kept: Option<String> =
            sqlx::query_scalar("select f.name from papers p join files f on f.id = p.file_id")
                .fetch_optional(&portal.app.pool)
                .await
                .unwrap();
        let Some(kept) = kept else { continue };
        let strange = |c: char| c.is_control() || "/\\\"\u{202e}".contains(c);
        assert!(kept.ends_with(".pdf") && !kept.contains(strange), "{name:?}: {kept:?}");
        assert!(kept.chars().count() <= 105, "{kept}");
        let path = own(&family, "form_027") + "/file";
        let file = family.browser.open(&path).await;
        assert_eq!((file.status, file.header("x-evil")), (200, None), "{name:?}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_photograph_is_kept_upright_small_and_without_what_the_camera_wrote(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    let large = {
        let pixels = image::RgbImage::from_fn(4_000, 3_000, |x, y| image::Rgb([x as u8, y as u8, 77]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    for (name, bytes, size) in [
        ("turned.jpg", files::turned(), (30, 40)),
        ("a.png", files::png(), (40, 30)),
        ("a.webp", files::webp(), (40, 30)),
        ("large.jpg", large, (2_000, 1_500)),
    ] {
        let page = keeps(&mut family, "form_065", name, &bytes).await;
        assert_eq!(page.statuses, [303, 200], "{name}: {}", page.text());
        let file = family.browser.open(&(own(&family, "form_065") + "/file")).await;
        assert_eq!(file.header("content-type"), Some("image/jpeg"), "{name}");
        let drawn = image::load_from_memory(&file.bytes).unwrap();
        assert_eq!((drawn.width(), drawn.height()), size, "{name}");
        assert!(!file.bytes.windows(4).any(|part| part == b"Exif" || part == b"GPS "), "{name}");
        assert!(file.bytes.len() < 2 << 20);
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn the_store_of_files_and_the_database_agree(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut family = portal.family(2, "autism").await;
    keeps(&mut family, "form_027", "a.pdf", &files::pdf()).await;
    let files = async || portal.tick().await["files"].clone();
    assert_eq!(files().await, json!({ "removed": 0, "missing": 0 }));
    // A process that died between the file and its row.
    let lone = portal.app.secrets.id();
    portal.app.files.put(lone, b"%PDF").await.unwrap();
    assert_eq!(files().await, json!({ "removed": 0, "missing": 0 }));
    portal.advance("PT23H").await;
    assert_eq!(files().await["removed"], 0);
    portal.advance("PT2H").await;
    assert_eq!(files().await["removed"], 1);
    assert!(portal.app.files.get(lone).await.is_err());
    // A file that is gone is an alarm until it is back.
    let id: uuid::Uuid =
        sqlx::query_scalar("select file_id from papers").fetch_one(&portal.app.pool).await.unwrap();
    let bytes = portal.app.files.get(id).await.unwrap();
    portal.app.files.remove(id).await.unwrap();
    assert_eq!(files().await["missing"], 1);
    portal.app.files.put(id, &bytes).await.unwrap();
    assert_eq!(files().await["missing"], 0);
}
