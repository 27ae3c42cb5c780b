//! A small city with a family in every stage, and everybody who works there: for what must hold everywhere.
use super::city::{Kindergarten, Staff};
use super::family::{Family, wished};
use super::{Portal, adult, files};

pub struct City {
    pub garden: Kindergarten,
    pub doctor: Staff,
    pub head: Staff,
    pub other_head: Staff,
    pub operator: Staff,
    /// By the code of the stage; `filled` is a contract filled in and not signed.
    families: Vec<(&'static str, Family)>,
    /// The other legal representative of every child.
    pub second: Family,
    /// A parent of whom none of this is any business.
    pub stranger: Family,
}

impl City {
    pub fn family(&mut self, stage: &str) -> &mut Family {
        let found = self.families.iter_mut().find(|(name, _)| *name == stage);
        &mut found.unwrap_or_else(|| panic!("nobody is in stage {stage}")).1
    }

    pub fn number(&self, stage: &str) -> String {
        self.families.iter().find(|(name, _)| *name == stage).unwrap().1.number.clone()
    }

    pub fn stages(&self) -> Vec<&'static str> {
        self.families.iter().map(|(stage, _)| *stage).collect()
    }
}

impl Portal {
    /// Takes each family as far as its stage, through the pages.
    pub async fn city(&self) -> City {
        let garden = self.kindergarten(1, &[(None, 20), (Some("autism"), 20)]).await;
        let other_garden = self.kindergarten(2, &[(None, 20)]).await;
        let mut families = Vec::new();
        let mut silent = self.family(20, "autism").await;
        silent.applies_generally(&[&garden]).await;
        self.tick().await;
        self.advance_to("2026-12-18T10:00:00+05:00").await;
        self.tick().await;
        silent.comes_back(self).await;
        families.push(("on_stop_list", silent));

        let road = [
            "voucher_issued",
            "voucher_confirmed",
            "awaiting_contract",
            "awaiting_parent_signature",
            "filled",
            "awaiting_kindergarten_signature",
            "enrolled",
        ];
        for (stage, n) in road.into_iter().zip(21..) {
            let mut family = self.family(n, "autism").await;
            family.applies_generally(&[&garden, &other_garden]).await;
            families.push((stage, family));
        }
        self.tick().await;
        let mut head = self.head(&garden).await;
        for (stage, family) in &mut families {
            let at = road.iter().position(|name| name == stage).unwrap_or_default();
            self.walk(family, &garden, &mut head, at).await;
        }
        let mut archived = self.family(30, "autism").await;
        archived.applies_generally(&[&garden]).await;
        let page = archived.browser.open(&archived.path("/withdraw")).await;
        archived.browser.submit(page.form("/withdraw")).await;
        families.push(("archived", archived));
        let mut queued = self.family(31, "autism").await;
        queued.applies_generally(&[&garden]).await;
        families.push(("queued", queued));
        let mut review = self.family(32, "autism").await;
        let form = wished(review.special_form().await, &[&garden]).fill("consent", "yes");
        review.sends(form.attach("conclusion", "қорытынды.pdf", "application/pdf", &files::pdf())).await;
        families.push(("awaiting_review", review));

        let second = self.family(40, "autism").await;
        sqlx::query("insert into guardians (child_id, account_id, relation, added_at) select id, $1, 'father', portal_now() from children on conflict do nothing")
            .bind(second.account)
            .execute(&self.app.pool)
            .await
            .unwrap();
        City {
            doctor: self.doctor(1).await,
            other_head: self.head(&other_garden).await,
            operator: self.operator().await,
            stranger: self.family_of(adult(41), super::child(41, "autism"), "autism").await,
            garden,
            head,
            families,
            second,
        }
    }

    async fn walk(&self, family: &mut Family, garden: &Kindergarten, head: &mut Staff, steps: usize) {
        if steps >= 1 {
            family.confirms().await;
        }
        if steps >= 2 {
            family.chooses(garden).await;
        }
        if steps >= 3 {
            head.sends_contract(&family.number).await;
        }
        if steps >= 4 {
            family.fills_in().await;
        }
        if steps >= 5 {
            family.signs(self).await;
        }
        if steps >= 6 {
            head.signs(self, &family.number).await;
        }
    }
}
