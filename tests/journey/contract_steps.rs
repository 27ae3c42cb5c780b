//! What a contract waits for is said alike in the cabinet, on the case and on the contract; what is left of it when it is
//! over; its papers in the wallet; signatures refused at the place where they were made.
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Family, Portal, Visitor, adult, child, files};

const CHECKED: &str = "Қолтаңба тексерілуде";
const NOTHING: &str = "Қазір сізден ештеңе талап етілмейді";

/// The link to the next step on the case, the heading in the cabinet (nothing: nothing is to be done).
async fn told(family: &mut Family) -> (String, String) {
    let case = family.case().await;
    let link = case.all("main .actions .button").first().cloned().unwrap_or_default();
    let cabinet = family.browser.open("/kk/cabinet").await;
    let card = cabinet.all(".card--act h3").first().cloned().unwrap_or_default();
    assert_eq!(card.is_empty(), cabinet.sees(NOTHING), "{}", cabinet.text());
    (link, card)
}

fn both(link: &str, card: &str) -> (String, String) {
    (link.to_owned(), card.to_owned())
}

#[sqlx::test(migrations = "./migrations")]
async fn every_page_says_the_same_of_what_a_contract_waits_for(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    assert_eq!(told(&mut family).await, both("Шартты толтыру", "Шартты толтырыңыз"));
    assert!(head.opens(&family.number).await.sees("Ата-ана шартты әлі толтырған жоқ"));

    let page = family.fills_in().await;
    assert_eq!(page.h1(), "Шарт дайын – қол қойыңыз");
    assert_eq!(told(&mut family).await, both("Оқып, қол қою", "Шарт дайын – қол қойыңыз"));
    assert!(head.opens(&family.number).await.sees("толтырды, бірақ әлі қол қойған жоқ"));

    // The authority is silent.
    portal.fault("eds", "down").await;
    family.signs(&portal).await;
    assert_eq!(told(&mut family).await, both("Шартты қарау", ""));
    let case = family.case().await;
    assert!(case.sees("сізден ештеңе талап етілмейді") && case.sees("Мерзім тоқтап тұр"), "{}", case.text());
    let page = family.browser.open(&family.path("/contract")).await;
    assert_eq!(page.h1(), "Қолтаңбаңыз тексерілуде");
    assert!(!page.sees("Шарт дайын – қол қойыңыз") && page.has_form("/sign"), "{}", page.text());
    assert!(head.opens(&family.number).await.sees("Ата-ана қол қойды, қолтаңбасы тексерілуде"));
    let list = head.browser.open("/kk/kindergarten").await;
    assert!(list.all("td .tag").contains(&CHECKED.to_owned()), "{}", list.text());
    portal.fault("eds", "ok").await;
    portal.tick().await;
    assert_eq!(told(&mut family).await, both("Шартты қарау", ""));
    assert!(family.case().await.sees("Енді балабақша қол қояды"));

    // Papers come back, and stay to be put right when the kindergarten changes its offer meanwhile.
    let form = head.opens(&family.number).await.form("/return-papers");
    head.browser
        .submit(form.fill("reason_form_027", "unreadable").fill("comment_form_027", "Мөрі көрінбейді"))
        .await;
    assert_eq!(told(&mut family).await, both("Құжаттарды түзету", "Құжаттарды түзетіңіз"));
    let form = head.opens(&family.number).await.form("/terms").fill("parent_fee", "777");
    assert_eq!(head.browser.submit(form).await.statuses, [303, 200]);
    let case = family.case().await;
    assert!(case.sees("№ 027/у") && case.sees("Анық көрінбейді. Мөрі көрінбейді"), "{}", case.text());
    assert_eq!(told(&mut family).await, both("Құжаттарды түзету", "Құжаттарды түзетіңіз"));
    assert!(head.opens(&family.number).await.sees("Ата-ана сіз қайтарған құжаттарды түзетіп жатыр"));
    let page = family.browser.open(&family.path("/contract/fill")).await;
    let form = page.form("/fill").attach("form_027", "анық.pdf", "application/pdf", &files::pdf());
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    assert_eq!(told(&mut family).await, both("Оқып, қол қою", "Шарт дайын – қол қойыңыз"));
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert!(!page.sees("Анық көрінбейді"), "it is put right: {}", page.text());

    family.signs(&portal).await;
    portal.fault("eds", "down").await;
    head.signs(&portal, &family.number).await;
    assert!(family.case().await.sees("Балабақшаның қолтаңбасы тексеріліп жатыр"));
    let list = head.browser.open("/kk/kindergarten").await;
    assert!(list.all("td .tag").contains(&CHECKED.to_owned()), "{}", list.text());
    assert!(
        list.all("input[form=many]").is_empty() && !list.has_form("/kindergarten/sign"),
        "nothing is left"
    );
    assert!(head.browser.open("/kk/kindergarten/sign").await.sees("күтіп тұрған шарт жоқ"));
    assert!(
        head.opens(&family.number).await.all("details summary").contains(&"Басқа қолтаңба жіберу".to_owned())
    );
    let page = family.browser.open(&family.path("/contract")).await;
    assert_eq!(page.h1(), "Балабақшаның қолтаңбасы тексерілуде");
    portal.fault("eds", "ok").await;
    portal.tick().await;
    assert_eq!(told(&mut family).await, both("Шарт және қолтаңбалар", ""));
    assert!(head.opens(&family.number).await.sees("екі тарап та қол қойды"));
    assert!(!head.browser.open("/kk/kindergarten").await.sees(CHECKED));
}

/// The lines of what a version has otherwise.
async fn changes(browser: &mut Visitor, path: &str) -> Vec<String> {
    browser.open(path).await.all(".changes tbody tr")
}

#[sqlx::test(migrations = "./migrations")]
async fn a_signature_that_counts_no_more_is_told_with_what_changed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let mut head = portal.head(&garden).await;
    let mut family = portal.filled(2, &garden, &mut head).await;
    let pages = [
        ("/kk/cabinet".to_owned(), family.path("")),
        ("/ru/cabinet".to_owned(), family.path("").replacen("/kk/", "/ru/", 1)),
    ];
    let offer = [
        "Баланың балабақшаға бара бастайтын күні 2027 ж. 11 қаңтар 2027 ж. 1 ақпан",
        "Ата-ана төлемі, айына 0 ₸ 12 345 ₸",
    ];
    let contract = family.path("/contract");
    let theirs = format!("/kk/kindergarten/families/{}", family.number);
    assert!(changes(&mut family.browser, &contract).await.is_empty(), "the first version");

    // Before the family has signed nothing is lost; what is another is shown.
    let form = head.opens(&family.number).await.form("/terms");
    head.browser.submit(form.fill("starts_on", "2027-02-01")).await;
    assert!(!family.case().await.sees("есептелмейді"));
    assert_eq!(changes(&mut family.browser, &contract).await, offer[..1]);
    assert_eq!(changes(&mut head.browser, &theirs).await, offer[..1]);
    let form = head.opens(&family.number).await.form("/terms");
    head.browser.submit(form.fill("starts_on", "2027-01-11")).await;

    family.signs(&portal).await;
    assert!(changes(&mut family.browser, &contract).await.len() <= 1);
    let form = head.opens(&family.number).await.form("/terms");
    let form = form.fill("starts_on", "2027-02-01").fill("parent_fee", "12345");
    assert_eq!(head.browser.submit(form).await.statuses, [303, 200]);
    let told = [
        "Шарт өзгерді: балабақша баланың бара бастайтын күнін немесе төлемді өзгертті. Бұрынғы қолтаңбаңыз енді есептелмейді, \
         сондықтан 2026 ж. 22 желтоқсан күніне дейін (сол күнді қоса) 4-нұсқаға қол қойыңыз.",
        "Договор изменился: детский сад изменил дату начала посещения или плату. Прежняя подпись больше не действует, \
         поэтому подпишите версию 4 до 22 декабря 2026 г. включительно.",
    ];
    for ((cabinet, case), told) in pages.iter().zip(told) {
        let card = family.browser.open(cabinet).await.all(".card--act").join(" ");
        assert!(card.contains(told), "{card}");
        let page = family.browser.open(case).await;
        assert!(page.sees(told), "{}", page.text());
    }
    assert_eq!(changes(&mut family.browser, &contract).await, offer);
    assert_eq!(changes(&mut head.browser, &theirs).await, offer);
    let page = head.opens(&family.number).await;
    assert!(page.sees("4-нұсқаға алдымен ата-ана қол қояды, содан кейін сіз"), "{}", page.text());

    // What the family changes itself is the kindergarten's to see once it is signed.
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert_eq!(page.all(".changes tbody tr"), offer);
    let form = page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1");
    let form = form.attach("form_065", "жаңа.pdf", "application/pdf", &files::pdf_with(3, ""));
    let page = family.browser.submit(form).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let all = changes(&mut family.browser, &contract).await;
    assert!(
        all.len() == 4 && all[2].ends_with("Төле би көшесі, 1") && all[3].ends_with("жаңа.pdf"),
        "{all:?}"
    );
    assert_eq!(changes(&mut head.browser, &theirs).await, offer);
    family.signs(&portal).await;
    assert!(!family.browser.open("/kk/cabinet").await.sees("есептелмейді"));
    assert!(!family.case().await.sees("есептелмейді"));
    assert_eq!(changes(&mut head.browser, &theirs).await, all, "told apart from what it had signed");
    head.signs(&portal, &family.number).await;
    assert!(changes(&mut family.browser, &contract).await.is_empty(), "it is concluded");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_other_representative_is_told_who_signs(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    let mut father = portal.family_of(adult(3), child(2, "autism"), "autism").await;
    let case = family.path("");
    let page = father.browser.open(&case).await;
    assert!(page.sees("Енді өтініш берген ата-ана оны толтырып, қол қояды"), "{}", page.text());
    family.fills_in().await;
    family.signs(&portal).await;
    let page = father.browser.open(&case).await;
    assert!(page.sees("Өтініш берген ата-ана қол қойды. Енді балабақша қол қояды"), "{}", page.text());
    assert!(!page.sees("Сіз қол қойдыңыз"), "{}", page.text());
    let page = father.browser.open(&case.replacen("/kk/", "/ru/", 1)).await;
    assert!(page.sees("Родитель, подавший заявление, подписал договор") && !page.sees("Вы подписали"));
    assert!(family.case().await.sees("Сіз қол қойдыңыз"));
    head.signs(&portal, &family.number).await;
    assert!(father.browser.open(&case).await.sees("Бала балабақшаға қабылданды"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_family_keeps_its_contracts_for_ever(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    family.fills_in().await;
    let first = family.contract().await;
    let page = family.browser.open(&family.path("/contract/fill")).await;
    family.browser.submit(page.form("/fill").fill("address", "Алматы қ., Төле би көшесі, 1")).await;
    family.signs(&portal).await;
    head.signs(&portal, &family.number).await;
    let signed = family.contract().await;

    let case = family.case().await;
    let page = family.browser.open(&case.link("Шарт және қолтаңбалар")).await;
    assert_eq!((page.status, page.h1().as_str()), (200, "Шарт жасалды"));
    assert!(page.sees(", 2-нұсқа"), "{}", page.text());
    assert_eq!(family.browser.open(&case.link("Шартты ашу (PDF)")).await.bytes, signed);
    let package = family.browser.open(&case.link("топтамасын жүктеу")).await;
    assert_eq!(package.header("content-type"), Some("application/zip"));
    let old = page.attributes(".versions a", "href");
    assert_eq!(old.len(), 2);
    assert_eq!(family.browser.open(&old[1]).await.bytes, first, "the void version is read as it was");

    // A case that ended without enrolment.
    let mut other = portal.family(3, "autism").await;
    other.applies_generally(&[&garden]).await;
    portal.tick().await;
    other.confirms().await;
    assert_eq!(other.browser.open(&other.path("/contract")).await.status, 404, "there was none");
    assert!(!other.case().await.sees("Бұрынғы шарттар"));
    other.chooses(&garden).await;
    head.sends_contract(&other.number).await;
    other.fills_in().await;
    let text = other.contract().await;
    let page = other.browser.open(&other.path("/withdraw")).await;
    other.browser.submit(page.form("/withdraw")).await;
    let case = other.case().await;
    let page = other.browser.open(&case.link("Бұрынғы шарттар")).await;
    assert_eq!((page.status, page.h1().as_str()), (200, "Бұрынғы шарттар"));
    let texts = page.attributes(".versions a", "href");
    assert_eq!(other.browser.open(&texts[0]).await.bytes, text);
    let russian = other.path("/contract").replacen("/kk/", "/ru/", 1);
    assert_eq!(other.browser.open(&russian).await.h1(), "Прежние договоры");
    assert_eq!(family.browser.open(&other.path("/contract")).await.status, 404, "another family's");
}

#[sqlx::test(migrations = "./migrations")]
async fn papers_uploaded_for_a_contract_are_in_the_wallet(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    let form = family.filled_form().await;
    for (day, told) in [("", "жарамды екенін"), ("2026-12-01", "өтіп кеткен")] {
        let page = family.browser.submit(form.clone().fill("parent_id_expires_on", day)).await;
        assert_eq!(page.status, 422, "{}", page.text());
        let error = page.error("parent_id_expires_on").unwrap_or_default();
        assert!(error.contains(told) && page.sees("3-құжат.pdf"), "the good file is kept: {}", page.text());
        assert_eq!(portal.count("papers").await, 0);
    }
    let page = family.browser.submit(form.fill("form_027_expires_on", "2027-06-07")).await;
    assert_eq!(page.statuses, [303, 200], "{}", page.text());
    let wallet = family.browser.open("/kk/documents").await;
    for n in 1..=5 {
        assert!(wallet.sees(&format!("{n}-құжат.pdf")), "{n}: {}", wallet.text());
    }
    assert!(wallet.sees("05.05.2031 күніне дейін") && wallet.sees("07.06.2027 күніне дейін"));
    let kept = portal.count("files where kept_until is null").await;
    assert_eq!((portal.count("papers").await, kept), (5, 5), "each is stored once");
    family.signs(&portal).await;

    // A better one takes the place of the one that was sent back; the kindergarten sees what is attached to its contract.
    let form = head.opens(&family.number).await.form("/return-papers");
    head.browser.submit(form.fill("reason_form_065", "incomplete")).await;
    let page = family.browser.open(&family.path("/contract/fill")).await;
    let form = page.form("/fill").attach("form_065", "жаңа.pdf", "application/pdf", &files::pdf());
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    let wallet = family.browser.open("/kk/documents").await;
    assert!(wallet.sees("жаңа.pdf") && !wallet.sees("5-құжат.pdf"), "{}", wallet.text());
    family.signs(&portal).await;
    let page = family.browser.open(&format!("/kk/documents/{}/form_052_2", family.child_id)).await;
    let form = page.form("/form_052_2").attach("paper", "кейінгі.pdf", "application/pdf", &files::jpeg());
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    let theirs = head.opens(&family.number).await;
    assert!(theirs.sees("жаңа.pdf") && !theirs.sees("кейінгі"), "{}", theirs.text());
    assert_eq!(head.browser.open(&theirs.link("4-құжат.pdf")).await.bytes, files::pdf());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_refused_signature_is_told_where_it_was_made(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    family.fills_in().await;
    let page = family.sends_signature(b"").await;
    assert_eq!(
        page.error("signature_file").as_deref(),
        Some("Файл бос. Қолтаңбаны қайта сақтап, оның файлын таңдаңыз.")
    );
    let form = family.browser.open(&family.path("/contract")).await.form("/sign");
    let page = family.browser.submit(form).await;
    assert_eq!(page.error("signature_file").as_deref(), Some("Қолтаңба файлын таңдаңыз"));
    let contract = family.contract().await;
    let auth = portal.sign(&family.parent, None, "auth", &contract).await;
    let page = family.browser.open(&family.path("/contract")).await;
    let page = family.browser.submit(page.form("/sign").forge("signature", &base64(&auth))).await;
    assert!(page.error("sign_browser").unwrap_or_default().contains("AUTH"), "{}", page.text());
    assert!(page.error("signature_file").is_none(), "no file was sent");
    assert_eq!(page.attributes(".error-summary a", "href"), ["#sign_browser"]);
    let russian = family.path("/contract").replacen("/kk/", "/ru/", 1);
    assert_eq!(page.attributes("header a[hreflang='ru']", "href"), [russian], "the deed has no page");
    family.signs(&portal).await;
    let page = head.opens(&family.number).await;
    assert!(page.sees("ұйымның ЭЦҚ-сымен қол қойыңыз да") && !page.sees("өз ЭЦҚ-ңызбен"), "{}", page.text());
    let page = head.browser.submit(page.form("/sign").forge("signature", &base64(&auth))).await;
    assert!(page.status == 422 && page.error("sign_browser").is_some(), "{}", page.text());

    // A key that is tried signs no contract.
    let page = family.browser.open("/kk/key-check").await;
    let other = portal.sign(&family.parent, None, "sign", b"another text").await;
    let form = page.form("/key-check");
    let page = family.browser.submit(form.clone().attach("signature_file", "s.cms", "x/y", &other)).await;
    let error = page.error("signature_file").unwrap_or_default();
    assert!(error.contains("Басқа мәтінге") && !error.contains("шарт"), "{error}");
    let page = family.browser.submit(form.attach("signature_file", "s.cms", "x/y", b"")).await;
    assert_eq!(
        page.error("signature_file").as_deref(),
        Some("Файл бос. Қолтаңбаны қайта сақтап, оның файлын таңдаңыз.")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn a_paper_that_need_not_be_there_is_taken_off_again(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    let pdf = "application/pdf";
    let form = family.filled_form().await.attach("pmpk_conclusion", "ПМПК.pdf", pdf, &files::pdf());
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    let attached = "contract_documents d join contracts t on t.id = d.contract_id
                    where d.kind = 'pmpk_conclusion' and t.voided_at is null";
    assert_eq!(portal.count(attached).await, 1);
    let page = family.browser.open(&family.path("/contract/fill")).await;
    assert_eq!(page.all("input[name$='_drop']").len(), 1, "the others are required");
    assert_eq!(family.browser.submit(page.form("/fill")).await.statuses, [303, 200]);
    assert_eq!(portal.count(attached).await, 1, "it stays unless it is taken off");
    let page = family.browser.open(&family.path("/contract/fill")).await;
    let form = page.form("/fill").fill("pmpk_conclusion_drop", "1");
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    assert_eq!(portal.count(attached).await, 0);
    family.signs(&portal).await;
    assert!(!head.opens(&family.number).await.sees("ПМПК.pdf"));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[sqlx::test(migrations = "./migrations")]
async fn notices_of_papers_name_the_child_and_come_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 1)]).await;
    let (mut family, mut head) = portal.with_sent_contract(&garden).await;
    let form = family.filled_form().await.fill("form_027_expires_on", "2026-12-20");
    assert_eq!(family.browser.submit(form).await.statuses, [303, 200]);
    assert_eq!(portal.tick().await["papers"]["warned"], json!(1));
    let page = family.browser.open("/ru/notices").await;
    let name: String = sqlx::query_scalar("select name from children where id = $1")
        .bind(family.child_id)
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    let told = format!("Истекает срок документа: Справка по форме № 027/у, {name} (20 декабря 2026 г.)");
    assert!(page.sees(&told), "{}", page.text());
    assert!(page.link("Открыть «Мои документы»").ends_with("/ru/documents"));

    family.signs(&portal).await;
    let before = portal.count("notices where account_id is not null").await;
    let form = head.opens(&family.number).await.form("/return-papers");
    head.browser.submit(form.fill("reason_form_065", "incomplete")).await;
    // One to the family, one to the head.
    assert_eq!(portal.count("notices where account_id is not null").await, before + 2);
}
