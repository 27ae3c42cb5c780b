//! The city: kindergartens with their groups, and those who work for it.
use balabaqsha::app::Deed;
use balabaqsha::domain::ledger;
use balabaqsha::rules::iin::check_digit;
use balabaqsha::rules::ledger::GroupAct;
use uuid::Uuid;

use super::page::Page;
use super::people::{Person, adult};
use super::{Portal, Visitor};

/// A kindergarten with groups, as the operator would have entered it.
#[derive(Debug, Clone)]
pub struct Kindergarten {
    pub id: Uuid,
    /// In Kazakh; the Russian name is `Детский сад № n`.
    pub name: String,
    pub name_ru: String,
    pub bin: String,
    pub head: Person,
    pub groups: Vec<Uuid>,
}

/// A group of Kazakh speakers for children of any preschool year: of this correction type (none: the general queue)
/// and with so many places.
pub type NewGroup<'a> = (Option<&'a str>, u32);

fn bin(n: u32) -> String {
    let eleven = (0..10).map(|more| format!("2001400{:04}", n * 10 + more));
    let number = eleven.into_iter().find_map(|eleven| {
        check_digit(eleven.as_bytes()).map(|check| format!("{eleven}{}", char::from(check)))
    });
    number.unwrap()
}

impl Portal {
    pub async fn kindergarten(&self, n: u32, groups: &[NewGroup<'_>]) -> Kindergarten {
        let head = adult(900 + n);
        let mut it = Kindergarten {
            id: self.app.secrets.id(),
            name: format!("№ {n} балабақша"),
            name_ru: format!("Детский сад № {n}"),
            bin: bin(n),
            head: head.clone(),
            groups: Vec::new(),
        };
        sqlx::query(
            "insert into kindergartens (id, bin, city, district, name_kk, name_ru, address_kk, address_ru, phone, ownership, head_name)
             values ($1, $2, 'almaty', 'medeu', $3, $4, 'Абай даңғылы, 10', 'проспект Абая, 10', '+77273000000', 'state', $5)",
        )
        .bind(it.id)
        .bind(&it.bin)
        .bind(&it.name)
        .bind(&it.name_ru)
        .bind(format!("{} {}", head.surname, head.name))
        .execute(&self.app.pool)
        .await
        .unwrap();
        for (kind, places) in groups {
            it.groups.push(self.group(it.id, *kind, "kk", *places).await);
        }
        it
    }

    pub async fn group(&self, kindergarten: Uuid, kind: Option<&str>, language: &str, places: u32) -> Uuid {
        let id = self.app.secrets.id();
        sqlx::query(
            "insert into groups (id, kindergarten_id, name, correction_type, language, birth_year_from, birth_year_to, capacity)
             values ($1, $2, 'Күншуақ', $3, $4, 2020, 2025, $5)",
        )
        .bind(id)
        .bind(kindergarten)
        .bind(kind)
        .bind(language)
        .bind(places.cast_signed())
        .execute(&self.app.pool)
        .await
        .unwrap();
        let mut tx = self.app.pool.begin().await.unwrap();
        let deed = Deed::by_system(&self.app, &mut tx).await.unwrap();
        let set = GroupAct::Set {
            kindergarten,
            kind: kind.unwrap_or("general").to_owned(),
            language: language.to_owned(),
            birth_years: (2020, 2025),
            capacity: places.cast_signed(),
        };
        ledger::of_group(&mut tx, &deed, id, set).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Places of a group: enrolled, held.
    pub async fn taken(&self, group: Uuid) -> (i32, i32) {
        sqlx::query_as("select enrolled, held from groups where id = $1")
            .bind(group)
            .fetch_one(&self.app.pool)
            .await
            .unwrap()
    }

    /// Gives the account a staff role, as from before today.
    pub async fn grant(&self, account: Uuid, role: &str, kindergarten: Option<Uuid>) {
        sqlx::query(
            "insert into roles (id, account_id, role, kindergarten_id, granted_at)
             values ($1, $2, $3, $4, portal_now() - interval '1 day')",
        )
        .bind(self.app.secrets.id())
        .bind(account)
        .bind(role)
        .bind(kindergarten)
        .execute(&self.app.pool)
        .await
        .unwrap();
    }

    async fn staff(&self, person: Person, role: &'static str, kindergarten: Option<&Kindergarten>) -> Staff {
        let account = self.account(&person).await;
        self.give_password(account).await;
        let place = kindergarten.map(|it| it.id);
        self.grant(account, role, place).await;
        let browser = self.signed_in_as(account, role, place).await;
        Staff { person, account, role, kindergarten: kindergarten.cloned(), browser }
    }

    /// A phthisiatrician at the list of cases.
    pub async fn doctor(&self, n: u32) -> Staff {
        self.staff(adult(800 + n), "doctor", None).await
    }

    /// The head of a kindergarten, at its list of families.
    pub async fn head(&self, of: &Kindergarten) -> Staff {
        self.staff(of.head.clone(), "kindergarten", Some(of)).await
    }

    pub async fn operator(&self) -> Staff {
        self.staff(adult(700), "operator", None).await
    }
}

/// Somebody at work, in a browser of their own.
pub struct Staff {
    pub person: Person,
    pub account: Uuid,
    pub role: &'static str,
    pub kindergarten: Option<Kindergarten>,
    pub browser: Visitor,
}

impl Staff {
    /// Comes to work anew: staff sessions end after half an hour of silence.
    pub async fn comes_back(&mut self, portal: &Portal) {
        let place = self.kindergarten.as_ref().map(|it| it.id);
        self.browser = portal.signed_in_as(self.account, self.role, place).await;
    }

    // ---- The doctor. ----

    pub async fn confirms(&mut self, number: &str) -> Page {
        let page = self.browser.fill_in(&format!("/kk/doctor/{number}"), "/confirm", &[]).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        page
    }

    pub async fn rejects(&mut self, number: &str, reason: &str, text: &str) -> Page {
        let values = [("reason", reason), ("text", text)];
        self.browser.fill_in(&format!("/kk/doctor/{number}"), "/reject", &values).await
    }

    // ---- The kindergarten. ----

    fn family(number: &str) -> String {
        format!("/kk/kindergarten/families/{number}")
    }

    pub async fn opens(&mut self, number: &str) -> Page {
        self.browser.open(&Self::family(number)).await
    }

    pub async fn sends_contract(&mut self, number: &str) -> Page {
        let values = [("starts_on", "2027-01-11"), ("parent_fee", "0")];
        let page = self.browser.fill_in(&Self::family(number), "/send", &values).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        page
    }

    pub async fn declines(&mut self, number: &str, reason: &str) -> Page {
        let page = self.browser.fill_in(&Self::family(number), "/decline", &[("reason", reason)]).await;
        assert_eq!(page.statuses, [303, 200], "{}", page.text());
        page
    }

    pub async fn signs(&mut self, portal: &Portal, number: &str) -> Page {
        let page = self.opens(number).await;
        let contract = self.browser.open(&page.link("Шартты ашу (PDF)")).await;
        let bin = self.kindergarten.as_ref().map(|it| it.bin.clone());
        let cms = portal.sign(&self.person, bin.as_deref(), "sign", &contract.bytes).await;
        let form = page.form("/sign").attach("signature_file", "sign.cms", "application/octet-stream", &cms);
        self.browser.submit(form).await
    }
}
