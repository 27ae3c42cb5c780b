//! The machine's own small idea of the portal: a stage per application, places per group, an order per queue. It shares
//! no code with the portal's rules.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::law::At;

#[derive(Debug, Clone)]
pub struct Child {
    pub id: Uuid,
    /// Its legal representatives, by their place in the machine's list.
    pub parents: Vec<usize>,
    pub birth_on: chrono::NaiveDate,
    pub conclusion: String,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub id: Uuid,
    pub number: String,
    pub parent: usize,
    pub child: usize,
    /// None: the general queue.
    pub kind: Option<&'static str>,
    pub language: &'static str,
    pub birth_year: i32,
    pub submitted_at: DateTime<Utc>,
    pub at: At,
    pub group: Option<Uuid>,
    /// Kindergartens that declined for good.
    pub closed: BTreeSet<Uuid>,
    pub conclusion_there: bool,
    pub filled: bool,
    /// Of this side, not yet checked.
    pub waiting: Option<Waiting>,
}

/// A signature that was taken while the authority was silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub party: &'static str,
    /// Its key was not withdrawn.
    pub good: bool,
}

impl Case {
    pub fn is_live(&self) -> bool {
        !matches!(self.at.stage.as_str(), "enrolled" | "archived")
    }

    pub fn is(&self, stage: &str) -> bool {
        self.at.stage == stage
    }

    /// A voucher is out and no place is held for it.
    pub fn is_unseated(&self) -> bool {
        self.is("voucher_issued") || self.is("voucher_confirmed")
    }

    pub fn has_voucher(&self) -> bool {
        self.is_unseated() || self.holds_place()
    }

    pub fn holds_place(&self) -> bool {
        ["awaiting_contract", "awaiting_parent_signature", "awaiting_kindergarten_signature"]
            .contains(&self.at.stage.as_str())
    }

    pub fn turn(&self) -> (DateTime<Utc>, Uuid) {
        (self.submitted_at, self.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub kindergarten: Uuid,
    pub kind: Option<&'static str>,
    pub language: &'static str,
    pub years: (i32, i32),
    pub capacity: i32,
    pub enrolled: i32,
    pub held: i32,
    pub closed: bool,
}

impl Group {
    pub fn free(&self) -> i32 {
        self.capacity - self.enrolled - self.held
    }

    pub fn suits(&self, case: &Case) -> bool {
        !self.closed
            && self.kind == case.kind
            && self.language == case.language
            && (self.years.0..=self.years.1).contains(&case.birth_year)
            && !case.closed.contains(&self.kindergarten)
    }
}

#[derive(Debug, Default)]
pub struct Model {
    pub children: Vec<Child>,
    pub cases: Vec<Case>,
    pub groups: BTreeMap<Uuid, Group>,
}

impl Model {
    /// The places follow the stage.
    pub fn come_to(&mut self, case: usize, at: At, group: Option<Uuid>) {
        let case = &mut self.cases[case];
        if let Some(held) = case.group.filter(|_| case.holds_place()) {
            self.groups.get_mut(&held).unwrap().held -= 1;
        }
        case.at = at;
        case.waiting = None;
        case.filled &= case.is("awaiting_parent_signature") || case.is("awaiting_kindergarten_signature");
        case.group = None;
        if let Some(chosen) = group.filter(|_| case.holds_place() || case.is("enrolled")) {
            case.group = Some(chosen);
            let group = self.groups.get_mut(&chosen).unwrap();
            if case.holds_place() { group.held += 1 } else { group.enrolled += 1 }
        }
    }

    /// The place in its queue, counted by hand.
    pub fn place(&self, case: usize) -> i64 {
        let own = &self.cases[case];
        let ahead = |other: &&Case| other.is("queued") && other.kind == own.kind && other.turn() < own.turn();
        1 + self.cases.iter().filter(ahead).count() as i64
    }

    /// Those of these families who can have a place at once, seated in their order; `without`: a place that is gone.
    pub fn seated<'a>(&self, families: &[&'a Case], without: Option<Uuid>) -> Vec<&'a Case> {
        let mut seating = Seating::new(self, without);
        families.iter().filter(|family| seating.seat(self, family)).copied().collect()
    }

    /// The families of a queue whose vouchers are out and hold no place, in order.
    pub fn unseated(&self, kind: Option<&'static str>) -> Vec<&Case> {
        let mut out: Vec<&Case> =
            self.cases.iter().filter(|case| case.kind == kind && case.is_unseated()).collect();
        out.sort_by_key(|case| case.turn());
        out
    }
}

/// Families and single places, matched by augmenting paths: written for the machine alone.
pub struct Seating {
    /// Each free place: its group, and who sits there (the groups that suit them).
    places: Vec<(Uuid, Option<Vec<Uuid>>)>,
}

impl Seating {
    pub fn new(model: &Model, without: Option<Uuid>) -> Self {
        let mut places = Vec::new();
        for (id, group) in model.groups.iter().filter(|(_, group)| !group.closed) {
            let free = group.free() - i32::from(without == Some(*id));
            places.extend((0..free.max(0)).map(|_| (*id, None)));
        }
        Self { places }
    }

    /// Seats one more family; those who sit may move, never leave.
    pub fn seat(&mut self, model: &Model, family: &Case) -> bool {
        let suitable =
            model.groups.iter().filter(|(_, group)| group.suits(family)).map(|(id, _)| *id).collect();
        self.augment(suitable, &mut BTreeSet::new())
    }

    fn augment(&mut self, family: Vec<Uuid>, tried: &mut BTreeSet<usize>) -> bool {
        for place in 0..self.places.len() {
            if !family.contains(&self.places[place].0) || !tried.insert(place) {
                continue;
            }
            let sitting = self.places[place].1.clone();
            if sitting.is_none_or(|sitting| self.augment(sitting, tried)) {
                self.places[place].1 = Some(family);
                return true;
            }
        }
        false
    }
}
