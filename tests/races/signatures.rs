//! One signature of each side, whatever dies and whoever presses at once: two processes on one contract.
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::stage::{Session, Stage};
use super::times;
use crate::support::family::signing_all;
use crate::support::{Family, Person};

/// Families whose contracts wait for their signature.
async fn families(stage: &Stage, many: u32) -> Vec<Family> {
    let garden = stage.portal.kindergarten(1, &[(None, many)]).await;
    let mut head = stage.portal.head(&garden).await;
    let mut families = Vec::new();
    for n in 2..2 + many {
        families.push(stage.portal.filled(n, &garden, &mut head).await);
    }
    families
}

/// A phone that has scanned a code and signed what it leads to.
struct Phone {
    path: String,
    token: String,
    /// What it sends back.
    body: String,
}

impl Phone {
    /// Of a code that this family asked for just now.
    async fn signs(stage: &Stage, family: &mut Family) -> Self {
        let shown = family.browser.fill_in(&family.path("/contract"), "/phone", &[]).await;
        Self::scans(stage, &shown.link("қосымшасын ашу"), &family.parent, None).await
    }

    /// Signs everything that the link leads to.
    async fn scans(stage: &Stage, link: &str, person: &Person, bin: Option<&str>) -> Self {
        let http = &stage.portal.http;
        let invited = http.get(link.split_once(':').unwrap().1).send().await.unwrap();
        let invited: Value = invited.json().await.unwrap();
        let said = |name: &str| invited["document"][name].as_str().unwrap().to_owned();
        let (uri, token) = (said("uri"), said("auth_token"));
        let mut documents: Value =
            http.get(&uri).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
        for document in documents["documentsToSign"].as_array_mut().unwrap() {
            let data = document.pointer_mut("/document/file/data").unwrap();
            let pdf = BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap();
            let cms = stage.portal.sign(person, bin, "sign", &pdf).await;
            *data = json!(BASE64_STANDARD.encode(cms));
        }
        let path = uri.strip_prefix(&stage.portal.base).unwrap().to_owned();
        Self { path, token, body: documents.to_string() }
    }

    /// Sends it to this process; 0 where no answer came.
    async fn sends(&self, stage: &Stage, process: usize) -> u16 {
        let request = stage.portal.http.put(format!("{}{}", stage.processes[process].base, self.path));
        let answer = request.bearer_auth(&self.token).body(self.body.clone()).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }
}

/// The other way: the same text, signed in a file.
async fn uploads(stage: &Stage, session: &Session, family: &Family, text: &[u8], process: usize) -> u16 {
    let cms = BASE64_STANDARD.encode(stage.portal.sign(&family.parent, None, "sign", text).await);
    let shown = hex::encode(Sha256::digest(text));
    let path = format!("/kk/applications/{}/contract/sign", family.number);
    stage.press(process, session, &path, &[("signature", &cms), ("shown", &shown)]).await
}

/// Nobody goes on with this case until the answer ends.
async fn case_held(pool: &PgPool, number: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select 1 from applications where number = $1 for update")
        .bind(number)
        .execute(&mut *held)
        .await
        .unwrap();
    held
}

/// Kills the process as soon as its deed waits for a row that is held.
async fn killed_while_it_waits(stage: &Stage, process: usize) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while stage.number(waiting).await < 1 {
        tokio::task::yield_now().await;
    }
    stage.processes[process].kill_now();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_process_killed_between_receipt_and_commit_has_signed_nothing(pool: PgPool) {
    let mut stage = Stage::open(pool.clone()).await;
    let mut family = families(&stage, 1).await.remove(0);
    let text = family.contract().await;
    let cms = BASE64_STANDARD.encode(stage.portal.sign(&family.parent, None, "sign", &text).await);
    let shown = hex::encode(Sha256::digest(&text));
    let session = stage.session(family.account).await;
    stage.start_processes().await;
    let path = format!("/kk/applications/{}/contract/sign", family.number);
    let fields = [("signature", cms.as_str()), ("shown", shown.as_str())];

    // The first process has taken the signature and waits for the case; then it dies.
    let held = case_held(&pool, &family.number).await;
    let (status, ()) =
        tokio::join!(stage.press(0, &session, &path, &fields), killed_while_it_waits(&stage, 0));
    assert_eq!(status, 0, "no answer came");
    held.commit().await.unwrap();
    stage.processes[0].ended().await;
    assert_eq!(stage.count("contracts where parent_cms is not null").await, 0);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_parent_signature");

    // The same signature again, by both processes at once: one takes it.
    stage.restart(0).await;
    let (one, two) =
        tokio::join!(stage.press(0, &session, &path, &fields), stage.press(1, &session, &path, &fields));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{:#?}", stage.processes[1].troubles());
    assert_eq!(stage.count("journal where deed = 'sign_as_parent'").await, 1);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_kindergarten_signature");
    stage.close().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_process_killed_over_a_signature_by_phone_takes_its_repeat_once(pool: PgPool) {
    let mut stage = Stage::open(pool.clone()).await;
    let mut family = families(&stage, 1).await.remove(0);
    let phone = Phone::signs(&stage, &mut family).await;
    stage.start_processes().await;

    // The first process has the signature and waits for the case; then it dies.
    let held = case_held(&pool, &family.number).await;
    let (status, ()) = tokio::join!(phone.sends(&stage, 0), killed_while_it_waits(&stage, 0));
    assert_eq!(status, 0, "no answer came");
    held.commit().await.unwrap();
    stage.processes[0].ended().await;
    assert_eq!(stage.count("contracts where parent_cms is not null").await, 0);
    assert_eq!(stage.count("signature_checks").await, 0);
    assert_eq!(stage.count("phone_signings where state in ('used', 'refused')").await, 0);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_parent_signature");

    // The phone has heard nothing and sends it again, to both processes at once: one takes it.
    stage.restart(0).await;
    let (one, two) = tokio::join!(phone.sends(&stage, 0), phone.sends(&stage, 1));
    let mut statuses = [one, two];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403], "{:#?}", stage.processes[1].troubles());
    assert_eq!(phone.sends(&stage, 0).await, 403, "used");
    assert_eq!(stage.count("journal where deed = 'sign_as_parent'").await, 1);
    assert_eq!(stage.count("journal where deed = 'refuse_signature'").await, 0);
    assert_eq!(stage.count("signature_checks where state = 'accepted'").await, 1);
    assert_eq!(stage.count("phone_signings where state = 'used'").await, 1);
    assert_eq!(stage.stage_of(&family.number).await, "awaiting_kindergarten_signature");
    stage.nothing_is_violated().await;
    stage.close().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn a_process_killed_in_the_middle_of_many_by_phone_signs_the_rest_once(pool: PgPool) {
    let mut stage = Stage::open(pool.clone()).await;
    let garden = stage.portal.kindergarten(1, &[(None, 4)]).await;
    let mut head = stage.portal.head(&garden).await;
    let families = stage.portal.signed(2..6, &garden, &mut head).await;
    let page = head.browser.open(&signing_all(&families)).await;
    let shown = head.browser.submit(page.form("/phone")).await;
    let phone = Phone::scans(&stage, &shown.link("қосымшасын ашу"), &head.person, Some(&garden.bin)).await;
    let signed = "contracts where kindergarten_cms is not null";
    stage.start_processes().await;

    // The first process waits for one of the cases; then it dies.
    let held = case_held(&pool, &families[2].number).await;
    let (status, ()) = tokio::join!(phone.sends(&stage, 0), killed_while_it_waits(&stage, 0));
    assert_eq!(status, 0, "no answer came");
    held.commit().await.unwrap();
    stage.processes[0].ended().await;
    let before = stage.count(signed).await;
    assert!(before < 4, "{before}");

    // The phone sends them all again, to both processes at once: each counts once, and whoever ends last says so.
    stage.restart(0).await;
    let (one, two) = tokio::join!(phone.sends(&stage, 0), phone.sends(&stage, 1));
    assert!([[200, 200], [200, 403], [403, 200]].contains(&[one, two]), "{one} {two}");
    assert_eq!(stage.count(signed).await, 4);
    assert_eq!(stage.count("journal where deed = 'sign_as_kindergarten'").await, 4);
    assert_eq!(stage.count("phone_signings where state = 'used'").await, 4);
    for family in &families {
        assert_eq!(stage.stage_of(&family.number).await, "enrolled");
    }
    stage.nothing_is_violated().await;
    stage.close().await;
    println!("of four by phone {before} were signed when the process died");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_phone_and_a_file_at_once_are_one_signature(pool: PgPool) {
    let mut stage = Stage::open(pool).await;
    let many = times(3, 20);
    let mut families = families(&stage, many as u32).await;
    stage.start_processes().await;
    let mut by_phone = 0;
    for (n, family) in families.iter_mut().enumerate() {
        let text = family.contract().await;
        let session = stage.session(family.account).await;
        let phone = Phone::signs(&stage, family).await;
        let (told, pressed) =
            tokio::join!(phone.sends(&stage, n % 2), uploads(&stage, &session, family, &text, 1 - n % 2));
        match (told, pressed) {
            (200, 409) => by_phone += 1,
            (403, 303) => {}
            both => panic!("{both:?}"),
        }
        let signed = i64::try_from(n).unwrap() + 1;
        assert_eq!(stage.count("journal where deed = 'sign_as_parent'").await, signed);
        assert_eq!(stage.count("signature_checks").await, signed);
        assert_eq!(stage.stage_of(&family.number).await, "awaiting_kindergarten_signature");
    }
    stage.nothing_is_violated().await;
    stage.close().await;
    println!("a phone and a file at once: {many} times, {by_phone} by phone");
}
