//! A family on the road: each step as its parent takes it, through the pages.
use std::ops::Range;

use balabaqsha::rules::correction::CorrectionType;
use balabaqsha::rules::iin::Iin;
use balabaqsha::sandbox::people as registry;
use uuid::Uuid;

use super::city::{Kindergarten, Staff};
use super::page::{Form, Page};
use super::people::{Person, adult, child};
use super::{Portal, Visitor, files};

/// The required papers of a contract.
pub const PAPERS: [&str; 5] = ["form_027", "birth_certificate", "parent_id", "form_052_2", "form_065"];

/// A parent at a browser, and the child the application is about.
pub struct Family {
    pub parent: Person,
    pub child: Person,
    pub child_id: Uuid,
    pub account: Uuid,
    pub browser: Visitor,
    /// Of the application, once there is one.
    pub number: String,
    kind: String,
}

/// The page on which a kindergarten signs the contracts of these families.
pub fn signing_all(families: &[Family]) -> String {
    let chosen: Vec<String> = families.iter().map(|family| format!("n_{}=1", family.number)).collect();
    format!("/kk/kindergarten/sign?{}", chosen.join("&"))
}

impl Portal {
    /// A registered parent with a child of two, whose conclusion is of this type.
    pub async fn family(&self, n: u32, kind: &str) -> Family {
        self.family_of(adult(n), child(n, kind), kind).await
    }

    /// A family of the general queue, where no doctor stands between; the next one is a minute later.
    pub async fn queued(&self, n: u32, garden: &Kindergarten) -> Family {
        let mut family = self.family(n, "autism").await;
        family.applies_generally(&[garden]).await;
        self.advance("PT1M").await;
        family
    }

    /// A family of the general queue that got its voucher at once, confirmed it and chose this kindergarten.
    pub async fn chosen(&self, n: u32, garden: &Kindergarten) -> Family {
        let mut family = self.family(n, "autism").await;
        family.applies_generally(&[garden]).await;
        self.tick().await;
        family.confirms().await;
        family.chooses(garden).await;
        family
    }

    /// The same with its contract filled in.
    pub async fn filled(&self, n: u32, garden: &Kindergarten, head: &mut Staff) -> Family {
        let mut family = self.chosen(n, garden).await;
        head.sends_contract(&family.number).await;
        family.fills_in().await;
        family
    }

    /// The same for many, each with its parent's signature.
    pub async fn signed(&self, all: Range<u32>, garden: &Kindergarten, head: &mut Staff) -> Vec<Family> {
        let mut families = Vec::new();
        for n in all {
            let mut family = self.filled(n, garden, head).await;
            family.signs(self).await;
            families.push(family);
        }
        families
    }

    /// A family of the general queue that was sent a contract, and the head who sent it.
    pub async fn with_sent_contract(&self, garden: &Kindergarten) -> (Family, Staff) {
        let mut family = self.family(2, "autism").await;
        family.applies_generally(&[garden]).await;
        self.tick().await;
        family.confirms().await;
        family.chooses(garden).await;
        let mut head = self.head(garden).await;
        head.sends_contract(&family.number).await;
        (family, head)
    }

    /// This parent with this child; the child may be in another family too.
    pub async fn family_of(&self, parent: Person, child: Person, kind: &str) -> Family {
        let account = self.account(&parent).await;
        self.give_password(account).await;
        let child_id = self.child_of(account, &child).await;
        let browser = self.signed_in(account).await;
        let kind = kind.to_owned();
        Family { parent, child, child_id, account, browser, number: String::new(), kind }
    }

    /// What «Баланы қосу» stores; its own pages have their own tests.
    pub async fn child_of(&self, account: Uuid, child: &Person) -> Uuid {
        let known = registry::person(&Iin::parse(&child.iin).unwrap()).unwrap();
        let id: Uuid = sqlx::query_scalar(
            "insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
             values ($1, $2, $3, $4, $5, $6, 'medeu', portal_now())
             on conflict (iin) do update set iin = excluded.iin returning id",
        )
        .bind(self.app.secrets.id())
        .bind(&child.iin)
        .bind(&known.surname)
        .bind(&known.name)
        .bind(child.sex)
        .bind(child.birth_on)
        .fetch_one(&self.app.pool)
        .await
        .unwrap();
        sqlx::query("insert into guardians (child_id, account_id, relation, added_at) values ($1, $2, 'mother', portal_now())")
            .bind(id)
            .bind(account)
            .execute(&self.app.pool)
            .await
            .unwrap();
        id
    }
}

impl Family {
    /// Signs in anew: the session had ended meanwhile.
    pub async fn comes_back(&mut self, portal: &Portal) {
        self.browser = portal.signed_in(self.account).await;
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/kk/applications/{}{rest}", self.number)
    }

    pub async fn case(&mut self) -> Page {
        let page = self.browser.open(&self.path("")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page
    }

    /// The status as the parent reads it, in Kazakh.
    pub async fn status(&mut self) -> String {
        self.case().await.all("main .tag").first().cloned().unwrap_or_default()
    }

    /// The place as the parent reads it.
    pub async fn place(&mut self) -> Option<String> {
        self.case().await.all(".place__number").first().cloned()
    }

    // ---- Applying. ----

    /// The form of a special application with the child's type chosen, so that it lists the kindergartens.
    pub async fn special_form(&mut self) -> Form {
        let page = self.browser.open("/kk/applications/new").await;
        let child = page.form("/new").options("child").last().cloned().unwrap();
        let form = page.form("/new").fill("child", &child).fill("correction_type", &self.kind);
        let page = self.browser.submit(form.press("narrow", "1")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.form("/new")
    }

    pub async fn general_form(&mut self) -> Form {
        let page = self.browser.open("/kk/applications/new").await;
        let child = page.form("/new").options("child").last().cloned().unwrap();
        let form = page.form("/new").fill("child", &child).fill("queue_type", "general");
        let page = self.browser.submit(form.press("narrow", "1")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.form("/new")
    }

    /// The number of the child's conclusion in Arkotek.
    pub async fn conclusion(&self, portal: &Portal) -> String {
        portal.conclusion_of(&self.child).await["number"].as_str().unwrap().to_owned()
    }

    /// Applies to the special queue by the number of the conclusion.
    pub async fn applies(&mut self, portal: &Portal, wishes: &[&Kindergarten]) {
        let number = self.conclusion(portal).await;
        let form = wished(self.special_form().await, wishes);
        let form = form.fill("conclusion_number", &number).fill("consent", "yes");
        self.sends(form).await;
    }

    pub async fn applies_generally(&mut self, wishes: &[&Kindergarten]) {
        let form = wished(self.general_form().await, wishes).fill("consent", "yes");
        self.sends(form).await;
    }

    /// Submits an application and keeps its number.
    pub async fn sends(&mut self, form: Form) -> Page {
        let page = self.browser.submit(form).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        self.number = page.all(".term-box__date")[0].clone();
        page
    }

    // ---- The voucher. ----

    pub async fn confirms(&mut self) {
        let page = self.browser.fill_in(&self.path("/voucher"), "/confirm", &[]).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
    }

    // ---- The contract. ----

    /// The form of this kindergarten's group on the page of choices.
    pub async fn choice(&mut self, of: &Kindergarten) -> Option<Form> {
        let page = self.browser.open(&self.path("/choose")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let forms = page.forms();
        forms.into_iter().find(|form| {
            form.value("group").is_some_and(|group| of.groups.iter().any(|own| own.to_string() == group))
        })
    }

    pub async fn chooses(&mut self, it: &Kindergarten) {
        let form = self.choice(it).await.unwrap();
        let page = self.browser.submit(form).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
    }

    /// The contract's form with the address and every required paper: `1-құжат.pdf` and so on.
    pub async fn filled_form(&mut self) -> Form {
        let page = self.browser.open(&self.path("/contract/fill")).await;
        let form = page.form("/fill").fill("address", "Алматы қ., Абай даңғылы, 10, 5");
        let named = PAPERS.iter().zip(1..).map(|(paper, n)| (paper, format!("{n}-құжат.pdf")));
        let form = form.fill("parent_id_expires_on", "2031-05-05");
        named.fold(form, |form, (paper, name)| form.attach(paper, &name, "application/pdf", &files::pdf()))
    }

    pub async fn fills_in(&mut self) -> Page {
        let form = self.filled_form().await;
        let page = self.browser.submit(form).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        page
    }

    /// The bytes to be signed, as the page gives them out.
    pub async fn contract(&mut self) -> Vec<u8> {
        let page = self.browser.open(&self.path("/contract/pdf")).await;
        assert_eq!(page.status, 200);
        page.bytes
    }

    /// Sends this signature.
    pub async fn sends_signature(&mut self, cms: &[u8]) -> Page {
        let page = self.browser.open(&self.path("/contract")).await;
        let form = page.form("/sign").attach("signature_file", "sign.cms", "application/octet-stream", cms);
        self.browser.submit(form).await
    }

    pub async fn signs(&mut self, portal: &Portal) {
        let contract = self.contract().await;
        let cms = portal.sign(&self.parent, None, "sign", &contract).await;
        let page = self.sends_signature(&cms).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
    }
}

/// The form with these kindergartens, in this order of wish.
pub fn wished(form: Form, wishes: &[&Kindergarten]) -> Form {
    wishes.iter().zip(1..).fold(form, |form, (wish, n)| form.fill(&format!("wish_{n}"), &wish.id.to_string()))
}

/// The name of a correction type in Kazakh.
pub fn kind_name(code: &str) -> &'static str {
    CorrectionType::parse(code).unwrap().name(balabaqsha::rules::person::Language::Kk)
}
