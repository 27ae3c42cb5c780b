//! What the operator does: places, groups, outages; and the folding of the queues.
use super::*;

impl Run {
    pub(super) fn operator(&self) -> Actor {
        Actor::Person { account: self.world.operator, role: Role::Operator }
    }

    pub(super) fn new_group(&mut self) -> (Group, NewGroup) {
        let head = self.chance.random_range(0..self.world.heads.len());
        let first = self.chance.random_range(2020..=2022);
        let group = Group {
            kindergarten: self.world.heads[head].garden.id,
            kind: *KINDS.choose(&mut self.chance).unwrap(),
            language: if self.chance(6) { LANGUAGES[1] } else { LANGUAGES[0] },
            years: (first, first + self.chance.random_range(2..=4)),
            capacity: self.chance.random_range(1..=6),
            enrolled: 0,
            held: 0,
            closed: false,
        };
        let asked = asked(&group);
        (group, asked)
    }

    pub(super) async fn add_group(&mut self) {
        let (group, new) = self.new_group();
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::add_group(conn, deed, group.kindergarten, &new).await
            })
            .await;
        let id = said.unwrap();
        self.tell(format!("group {id} added: {group:?}"));
        self.model.groups.insert(id, group);
        self.count("add_group");
    }

    pub(super) async fn change_group(&mut self) {
        let open: Vec<Uuid> =
            self.model.groups.iter().filter(|(_, group)| !group.closed).map(|(id, _)| *id).collect();
        let Some(id) = open.choose(&mut self.chance).copied() else { return };
        let old = self.model.groups[&id].clone();
        let mut next = old.clone();
        match self.chance.random_range(0..3) {
            0 => next.capacity = self.chance.random_range(0..=10),
            1 => next.language = *LANGUAGES.choose(&mut self.chance).unwrap(),
            _ => next.kind = *KINDS.choose(&mut self.chance).unwrap(),
        }
        let new = asked(&next);
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::change_group(conn, deed, old.kindergarten, id, GroupChange::To(&new)).await
            })
            .await;
        self.tell(format!("group {id} to {next:?}: {said:?}"));
        let taken = old.enrolled + old.held;
        let other_children = (next.kind, next.language) != (old.kind, old.language);
        let too_small = next.capacity < taken || (other_children && taken > 0);
        self.places_changed(id, old, next, too_small, said).await;
    }

    pub(super) async fn close_group(&mut self) {
        let open: Vec<Uuid> =
            self.model.groups.iter().filter(|(_, group)| !group.closed).map(|(id, _)| *id).collect();
        let Some(id) = open.choose(&mut self.chance).copied() else { return };
        let old = self.model.groups[&id].clone();
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::change_group(conn, deed, old.kindergarten, id, GroupChange::Close).await
            })
            .await;
        self.tell(format!("group {id} closed: {said:?}"));
        let next = Group { closed: true, ..old.clone() };
        let taken = old.enrolled + old.held > 0;
        self.places_changed(id, old, next, taken, said).await;
    }

    /// The operator's change stands if nobody sits on what is taken away, and no voucher loses its place unseen.
    pub(super) async fn places_changed(
        &mut self,
        id: Uuid,
        old: Group,
        next: Group,
        impossible: bool,
        said: Result<(), Failure>,
    ) {
        let unseated = |model: &Model| -> usize {
            [old.kind, next.kind]
                .iter()
                .map(|kind| {
                    let out = model.unseated(*kind);
                    out.len() - model.seated(&out, None).len()
                })
                .sum()
        };
        let before = unseated(&self.model);
        self.model.groups.insert(id, next.clone());
        let after = unseated(&self.model);
        match said {
            Ok(()) => {
                assert!(!impossible, "the group was changed under those who sit there");
                assert!(after <= before, "a voucher lost its place by the operator's change");
                self.count(if next.closed { "close_group" } else { "change_group" });
            }
            Err(Failure::Refused(refusal)) => {
                self.model.groups.insert(id, old);
                assert!(impossible || after > 0, "refused without need: {refusal:?}");
                self.count("group kept");
            }
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// The operator declares an outage, sometimes afterwards: annulments that fell into it are undone.
    pub(super) async fn outage(&mut self) {
        let today = self.world.today().await;
        let from = today - Days::new(self.chance.random_range(0..=4));
        let to = from + Days::new(self.chance.random_range(0..=3));
        let new =
            outage::NewOutage { from, to: Some(to), text_kk: "Text".to_owned(), text_ru: "Text".to_owned() };
        let app = self.world.app();
        let mut tx = app.pool.begin().await.unwrap();
        let mut deed = Deed::begin_alone(app, &mut tx, self.operator(), app.secrets.id()).await.unwrap();
        let said = outage::declare(&mut tx, &mut deed, new).await.map(|effect| effect.undone.len());
        self.tell(format!("an outage from {from} to {to}: {said:?}"));
        let undone = said.unwrap();
        tx.commit().await.unwrap();
        self.outages.push((from, to));
        let mut back = 0;
        for row in self.world.rows().await {
            let case = self.index(row.id);
            let was = self.model.cases[case].at.clone();
            if was.stage != row.stage {
                let from = was.reason.map_or(was.stage.clone(), |reason| format!("{} ({reason})", was.stage));
                let undoes = |deed: &&str| {
                    self.law.outcome(&from, deed, When::InTime).is_some_and(|to| to.stage == row.stage)
                };
                let deed = UNDOING.into_iter().find(undoes);
                let deed = deed.unwrap_or_else(|| panic!("an outage undid {from:?} to {:?}", row.stage));
                self.count(deed);
                self.model.come_to(case, At { stage: row.stage.clone(), reason: None }, None);
                back += 1;
            }
        }
        assert_eq!(back, undone);
        self.everything_agrees().await;
        *self.done.entry("undone".to_owned()).or_default() += undone as u64;
        self.count("outage");
    }

    pub(super) async fn fold(&mut self) {
        place::fold_all(self.world.app()).await.unwrap();
        self.tell("places folded".to_owned());
        self.count("fold");
    }
}
