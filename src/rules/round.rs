//! What a round decides, before anything is written: who gets a voucher, for whom a place is kept, who was passed over
//! and why (`rules.md` 3.4). The same code makes the dry run, the round, the choice and the reseating.
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::matching::{FreePlaces, Seating};
use super::queue_order::Turn;

/// A group with free places of the queue's kind.
#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub kindergarten: Uuid,
    pub places: FreePlaces,
}

impl Group {
    fn takes(&self, language: &str, birth_year: i32) -> bool {
        let (from, to) = self.places.birth_years;
        self.places.language == language && (from..=to).contains(&birth_year)
    }
}

/// A family in the queue, or one whose voucher has no chosen place yet.
#[derive(Debug, Clone)]
pub struct Family {
    /// When its turn is; the id is the application's.
    pub turn: Turn,
    pub handle: String,
    pub language: String,
    pub birth_year: i32,
    /// Kindergartens that declined this family for good, in order.
    pub closed: Vec<Uuid>,
}

/// A family with a voucher and no chosen place.
#[derive(Debug, Clone)]
pub struct Holder {
    pub family: Family,
    /// The group that keeps a place for it.
    pub kept: Option<Uuid>,
    /// Its clocks stand still, because no place was left for it.
    pub stands_still: bool,
}

/// A family whose turn a round considers.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub family: Family,
    /// The doctor has not decided: a place is kept back, none is given.
    pub under_review: bool,
    /// The child has a voucher in the other queue.
    pub elsewhere: bool,
}

/// Why a round passed a family over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// The child has a voucher in the other queue.
    HasVoucher,
    NoLanguage,
    NoBirthYear,
    /// Every kindergarten that could take the child has declined it for good.
    Declined,
    /// The places that would suit are needed for vouchers that are out or for those ahead.
    Taken,
}

impl PassedOver {
    pub const ALL: [Self; 5] =
        [Self::HasVoucher, Self::NoLanguage, Self::NoBirthYear, Self::Declined, Self::Taken];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::HasVoucher => "has_voucher",
            Self::NoLanguage => "no_language",
            Self::NoBirthYear => "no_birth_year",
            Self::Declined => "declined",
            Self::Taken => "taken",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// A decline and a voucher in the other queue are the family's own affair: the public is not told which it was.
    pub fn is_private(self) -> bool {
        matches!(self, Self::HasVoucher | Self::Declined)
    }
}

/// What became of a family in a round, for its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Issued,
    KeptBack,
    PassedOver(PassedOver),
    /// A voucher that lost its place got one again.
    Reseated,
    /// No place was left for a voucher that is out.
    Unseated,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::KeptBack => "kept_back",
            Self::PassedOver(_) => "passed_over",
            Self::Reseated => "reseated",
            Self::Unseated => "unseated",
        }
    }

    pub fn reason(self) -> Option<PassedOver> {
        if let Self::PassedOver(reason) = self { Some(reason) } else { None }
    }

    pub fn parse(outcome: &str, reason: Option<&str>) -> Option<Self> {
        Some(match outcome {
            "issued" => Self::Issued,
            "kept_back" => Self::KeptBack,
            "passed_over" => Self::PassedOver(reason.and_then(PassedOver::parse)?),
            "reseated" => Self::Reseated,
            "unseated" => Self::Unseated,
            _ => return None,
        })
    }
}

/// Free places of one language and span of birth years.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCount {
    pub language: String,
    pub from: i32,
    pub to: i32,
    pub free: usize,
}

/// The free places of these groups, counted by language and birth years.
pub fn counted(groups: &[Group]) -> Vec<PlaceCount> {
    let mut counts: BTreeMap<(&str, i32, i32), usize> = BTreeMap::new();
    for Group { places, .. } in groups {
        let (from, to) = places.birth_years;
        *counts.entry((&places.language, from, to)).or_default() += places.free;
    }
    let count = |((language, from, to), free): ((&str, i32, i32), usize)| PlaceCount {
        language: language.to_owned(),
        from,
        to,
        free,
    };
    counts.into_iter().map(count).collect()
}

/// Families of one language and birth year for whom a place could be left, and the most of them it could serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub language: String,
    pub birth_year: i32,
    pub most: usize,
}

/// What became of the turns a round considered, by their index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Down {
    pub issued: Vec<usize>,
    /// Only those that stand before somebody else.
    pub kept_back: Vec<usize>,
    /// For whom no place was left.
    pub passed_over: Vec<usize>,
}

/// What a family would like: the place it has been kept, then its wishes.
#[derive(Debug, Clone)]
pub struct Wisher<'a> {
    pub family: &'a Family,
    pub kept: Option<Uuid>,
    /// Kindergartens in order of wish.
    pub wishes: &'a [Uuid],
}

/// The places of a queue with families on them.
#[derive(Debug, Clone)]
pub struct Seats<'a> {
    groups: &'a [Group],
    seating: Seating,
    classes: HashMap<(String, i32, Vec<Uuid>), usize>,
}

impl<'a> Seats<'a> {
    pub fn new(groups: &'a [Group]) -> Self {
        let seating = Seating::new(groups.iter().map(|group| group.places.free));
        Self { groups, seating, classes: HashMap::new() }
    }

    /// Everybody whose voucher is out sits down, in the order of the queue; answers, for each, whether there was a place.
    pub fn seat_all(&mut self, holders: &[Holder]) -> Vec<bool> {
        let mut seated = vec![false; holders.len()];
        for index in in_order(holders) {
            seated[index] = self.seat(&holders[index].family);
        }
        seated
    }

    /// The same for the moment of a choice: what is kept for the others stays theirs, and only who has nothing kept can
    /// be moved. The chooser lets its own go. `None`: no seat is left for the chooser itself, so that it could only take
    /// another's, even one of a family that suits the same groups.
    pub fn for_choice(groups: &'a [Group], holders: &[Holder], chooser: Uuid) -> Option<Self> {
        let (mut seats, mut sits) = (Self::new(groups), false);
        for index in in_order(holders) {
            let holder = &holders[index];
            let kept = holder.kept.filter(|_| holder.family.turn.id != chooser);
            let taken =
                kept.and_then(|kept| seats.group(kept)).is_some_and(|group| seats.seating.take(group));
            if !taken {
                let seated = seats.seat(&holder.family);
                sits |= seated && holder.family.turn.id == chooser;
            }
        }
        sits.then_some(seats)
    }

    /// May this family, seated [`for_choice`](Self::for_choice), take a place of this group at once?
    pub fn may_take(&self, family: &Family, group: Uuid) -> bool {
        let Some(index) = self.group(group).filter(|index| self.suits(family, *index)) else { return false };
        let Some(&class) = self.classes.get(&class_key(family)) else { return false };
        if self.seating.has_spare(index) {
            return self.seating.sits(class);
        }
        self.seating.clone().fix(class, index)
    }

    /// For whom a place could be left besides those who sit.
    pub fn room(&mut self) -> Vec<Room> {
        let kinds: std::collections::BTreeSet<(String, i32)> = self
            .groups
            .iter()
            .flat_map(|group| {
                let (from, to) = group.places.birth_years;
                (from..=to).map(|year| (group.places.language.clone(), year))
            })
            .collect();
        let mut rooms = Vec::new();
        for (language, birth_year) in kinds {
            let most = self
                .groups
                .iter()
                .filter(|group| group.takes(&language, birth_year))
                .map(|group| group.places.free)
                .sum();
            let class = self.class_of(&language, birth_year, &[]);
            if self.seating.can_seat(class) {
                rooms.push(Room { language, birth_year, most });
            }
        }
        rooms
    }

    /// Goes down the order: a family gets a voucher if and only if it can be seated beside all who sit already.
    pub fn go_down(&mut self, waiting: &[Waiting]) -> Down {
        let mut down = Down::default();
        for (index, it) in waiting.iter().enumerate() {
            if self.seating.is_full() {
                break;
            }
            if it.elsewhere {
                continue;
            }
            match (self.seat(&it.family), it.under_review) {
                (true, false) => down.issued.push(index),
                (true, true) => down.kept_back.push(index),
                (false, false) => down.passed_over.push(index),
                (false, true) => {}
            }
        }
        let last = down.issued.last().max(down.passed_over.last()).copied();
        down.kept_back.retain(|index| Some(*index) < last);
        down
    }

    /// Keeps for each, in the order given, the place it has been kept, else one of its best wish, as long as everybody
    /// who sits can stay seated. Those with a place from before come first: a promise is not taken back for a wish.
    pub fn keep(&mut self, wishers: &[Wisher<'_>]) -> Vec<Option<Uuid>> {
        let mut kept: Vec<Option<Uuid>> =
            wishers.iter().map(|wisher| wisher.kept.filter(|kept| self.fix(wisher.family, *kept))).collect();
        for (wisher, kept) in wishers.iter().zip(&mut kept) {
            if kept.is_none() {
                *kept = wisher.wishes.iter().find_map(|wish| self.keep_at(wisher.family, *wish));
            }
        }
        kept
    }

    /// Why a family that was not issued a voucher was passed over.
    pub fn reason(&self, it: &Waiting) -> PassedOver {
        let family = &it.family;
        let mut of_language =
            self.groups.iter().filter(|group| group.places.language == family.language).peekable();
        if it.elsewhere {
            return PassedOver::HasVoucher;
        }
        if of_language.peek().is_none() {
            return PassedOver::NoLanguage;
        }
        let mut of_year =
            of_language.filter(|group| group.takes(&family.language, family.birth_year)).peekable();
        if of_year.peek().is_none() {
            return PassedOver::NoBirthYear;
        }
        if of_year.all(|group| family.closed.contains(&group.kindergarten)) {
            return PassedOver::Declined;
        }
        PassedOver::Taken
    }

    fn keep_at(&mut self, family: &Family, kindergarten: Uuid) -> Option<Uuid> {
        let groups = self.groups;
        let mut there = groups.iter().filter(|group| group.kindergarten == kindergarten);
        there.find(|group| self.fix(family, group.id)).map(|group| group.id)
    }

    fn fix(&mut self, family: &Family, group: Uuid) -> bool {
        let Some(index) = self.group(group).filter(|index| self.suits(family, *index)) else { return false };
        let class = self.class(family);
        self.seating.fix(class, index)
    }

    fn seat(&mut self, family: &Family) -> bool {
        let class = self.class(family);
        self.seating.seat(class)
    }

    /// Groups are in the order of their ids.
    fn group(&self, id: Uuid) -> Option<usize> {
        self.groups.binary_search_by_key(&id, |group| group.id).ok()
    }

    fn suits(&self, family: &Family, index: usize) -> bool {
        let group = &self.groups[index];
        group.takes(&family.language, family.birth_year) && !family.closed.contains(&group.kindergarten)
    }

    fn class(&mut self, family: &Family) -> usize {
        self.class_of(&family.language, family.birth_year, &family.closed)
    }

    fn class_of(&mut self, language: &str, birth_year: i32, closed: &[Uuid]) -> usize {
        let key = (language.to_owned(), birth_year, closed.to_vec());
        let (groups, seating) = (self.groups, &mut self.seating);
        *self.classes.entry(key).or_insert_with(|| {
            let fits =
                |group: &Group| group.takes(language, birth_year) && !closed.contains(&group.kindergarten);
            seating.class((0..groups.len()).filter(|index| fits(&groups[*index])).collect())
        })
    }
}

fn class_key(family: &Family) -> (String, i32, Vec<Uuid>) {
    (family.language.clone(), family.birth_year, family.closed.clone())
}

fn in_order(holders: &[Holder]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..holders.len()).collect();
    order.sort_by_key(|index| holders[*index].family.turn);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    const LANGUAGES: [&str; 2] = ["kk", "ru"];

    fn group(n: usize, (kindergarten, language, from, free): (u8, usize, i32, usize)) -> Group {
        Group {
            id: Uuid::from_u128(n as u128),
            kindergarten: Uuid::from_u128(1_000 + u128::from(kindergarten)),
            places: FreePlaces {
                correction_type: None,
                language: LANGUAGES[language].into(),
                birth_years: (2021 + from, 2022 + from),
                free,
            },
        }
    }

    /// Language, birth year, a kindergarten that declined it, a wish.
    type Seed = (usize, i32, Option<u8>, u8);

    fn family(n: usize, (language, year, closed, _): Seed) -> Family {
        Family {
            turn: Turn {
                submitted_at: DateTime::from_timestamp(n as i64, 0).unwrap(),
                id: Uuid::from_u128(n as u128),
            },
            handle: format!("H{n}"),
            language: LANGUAGES[language].into(),
            birth_year: 2021 + year,
            closed: closed.map(|n| Uuid::from_u128(1_000 + u128::from(n))).into_iter().collect(),
        }
    }

    fn groups() -> impl Strategy<Value = Vec<Group>> {
        prop::collection::vec((0u8..3, 0usize..2, 0i32..2, 0usize..3), 1..5)
            .prop_map(|seeds| seeds.into_iter().enumerate().map(|(n, seed)| group(n, seed)).collect())
    }

    fn seeds(most: usize) -> impl Strategy<Value = Vec<Seed>> {
        prop::collection::vec((0usize..2, 0i32..3, prop::option::weighted(0.2, 0u8..3), 0u8..3), 0..most)
    }

    fn waiting(seeds: &[Seed], from: usize) -> Vec<Waiting> {
        let it = |(n, seed): (usize, &Seed)| Waiting {
            family: family(from + n, *seed),
            under_review: false,
            elsewhere: false,
        };
        seeds.iter().enumerate().map(it).collect()
    }

    fn holder(family: Family) -> Holder {
        Holder { family, kept: None, stands_still: false }
    }

    #[test]
    fn whoever_has_no_seat_takes_none_of_those_who_suit_the_same_groups() {
        let groups = [group(0, (0, 0, 0, 1))];
        let holders = [0, 1].map(|n| holder(family(n, (0, 0, None, 0))));
        let may_take = |it: &Holder| {
            let seats = Seats::for_choice(&groups, &holders, it.family.turn.id);
            seats.is_some_and(|seats| seats.may_take(&it.family, groups[0].id))
        };
        assert_eq!(holders.each_ref().map(may_take), [true, false]);
    }

    /// Can all of them be seated? By trying everything.
    fn admits(groups: &[Group], left: &mut Vec<usize>, families: &[&Family]) -> bool {
        let Some((first, rest)) = families.split_first() else { return true };
        (0..groups.len()).any(|n| {
            let suits = groups[n].takes(&first.language, first.birth_year)
                && !first.closed.contains(&groups[n].kindergarten);
            if !suits || left[n] == 0 {
                return false;
            }
            left[n] -= 1;
            let good = admits(groups, left, rest);
            left[n] += 1;
            good
        })
    }

    fn all_admitted(groups: &[Group], families: &[&Family]) -> bool {
        admits(groups, &mut groups.iter().map(|group| group.places.free).collect(), families)
    }

    /// A round as the law says it, by trying everything.
    fn by_law<'a>(groups: &[Group], out: &[&'a Family], waiting: &'a [Waiting]) -> Vec<usize> {
        let mut seated = out.to_vec();
        let mut issued = Vec::new();
        for (n, it) in waiting.iter().enumerate() {
            seated.push(&it.family);
            if all_admitted(groups, &seated) {
                issued.push(n);
            } else {
                seated.pop();
            }
        }
        issued
    }

    proptest! {
        #[test]
        fn a_round_issues_as_the_law_says_and_wishes_change_nothing(
            groups in groups(), out in seeds(3), queue in seeds(6)
        ) {
            let queue = waiting(&queue, 10);
            let mut seats = Seats::new(&groups);
            let held: Vec<Holder> = out.iter().enumerate().map(|(n, seed)| holder(family(n, *seed))).collect();
            let seated = seats.seat_all(&held);
            let sitting: Vec<&Family> =
                held.iter().zip(&seated).filter(|(_, seated)| **seated).map(|(it, _)| &it.family).collect();
            let down = seats.go_down(&queue);
            prop_assert_eq!(&down.issued, &by_law(&groups, &sitting, &queue));
            for passed in &down.passed_over {
                let mut with = sitting.clone();
                with.extend(down.issued.iter().filter(|index| *index < passed).map(|index| &queue[*index].family));
                with.push(&queue[*passed].family);
                prop_assert!(!all_admitted(&groups, &with), "nobody is passed over who could be seated");
            }
        }

        #[test]
        fn the_rooms_hold_everybody_who_can_be_issued(groups in groups(), queue in seeds(8)) {
            let queue = waiting(&queue, 0);
            let whole = Seats::new(&groups).go_down(&queue);
            let mut seats = Seats::new(&groups);
            let mut rooms = seats.room();
            let heads: Vec<Waiting> = queue
                .iter()
                .filter(|it| {
                    let of = |room: &&mut Room| {
                        (&room.language, room.birth_year) == (&it.family.language, it.family.birth_year)
                    };
                    let room = rooms.iter_mut().find(of);
                    !it.family.closed.is_empty()
                        || room.is_some_and(|room| {
                            let read = room.most > 0;
                            room.most = room.most.saturating_sub(1);
                            read
                        })
                })
                .cloned()
                .collect();
            let issued = |queue: &[Waiting], down: &Down| {
                down.issued.iter().map(|index| queue[*index].family.turn.id).collect::<Vec<_>>()
            };
            let few = seats.go_down(&heads);
            prop_assert_eq!(issued(&heads, &few), issued(&queue, &whole));
        }

        #[test]
        fn places_kept_for_wishes_leave_everybody_seated(groups in groups(), queue in seeds(6)) {
            let wishes: Vec<[Uuid; 1]> =
                queue.iter().map(|(.., wish)| [Uuid::from_u128(1_000 + u128::from(*wish))]).collect();
            let queue = waiting(&queue, 0);
            let mut seats = Seats::new(&groups);
            let issued = seats.go_down(&queue).issued;
            let wishers: Vec<Wisher<'_>> = issued
                .iter()
                .map(|index| Wisher { family: &queue[*index].family, kept: None, wishes: &wishes[*index] })
                .collect();
            let kept = seats.keep(&wishers);
            let mut left: Vec<usize> = groups.iter().map(|group| group.places.free).collect();
            let mut others = Vec::new();
            for (wisher, kept) in wishers.iter().zip(&kept) {
                let Some(kept) = kept else {
                    others.push(wisher.family);
                    continue;
                };
                let index = groups.iter().position(|group| group.id == *kept).unwrap();
                prop_assert!(wisher.wishes.contains(&groups[index].kindergarten) && left[index] > 0);
                left[index] -= 1;
            }
            prop_assert!(admits(&groups, &mut left, &others));
            // Whoever is first in the order has its wish wherever the others leave it possible.
            if let (Some(first), Some(None)) = (wishers.first(), kept.first()) {
                for (n, group) in groups.iter().enumerate() {
                    let mut left: Vec<usize> = groups.iter().map(|group| group.places.free).collect();
                    if first.wishes.contains(&group.kindergarten) && left[n] > 0 && seats.suits(first.family, n) {
                        left[n] -= 1;
                        let rest: Vec<&Family> = wishers[1..].iter().map(|it| it.family).collect();
                        prop_assert!(!admits(&groups, &mut left, &rest));
                    }
                }
            }
        }

        #[test]
        fn every_voucher_keeps_a_place_through_any_deeds(
            groups in groups(),
            queue in seeds(7),
            deeds in prop::collection::vec((0u8..4, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12),
        ) {
            let mut groups = groups;
            let mut queue = waiting(&queue, 0);
            let mut holders: Vec<Holder> = Vec::new();
            for (deed, who, what) in deeds {
                if deed == 0 {
                    let mut seats = Seats::new(&groups);
                    seats.seat_all(&holders);
                    let issued = seats.go_down(&queue).issued;
                    for index in issued.into_iter().rev() {
                        holders.push(holder(queue.remove(index).family));
                    }
                } else if !holders.is_empty() {
                    let at = who.index(holders.len());
                    let chooser = holders[at].family.clone();
                    let group = what.index(groups.len());
                    let before = seated(&groups, &holders);
                    match deed {
                        // It chooses, if it may.
                        1 => {
                            let seats = Seats::for_choice(&groups, &holders, chooser.turn.id);
                            let may_take =
                                |group: &Group| seats.as_ref().is_some_and(|it| it.may_take(&chooser, group.id));
                            if may_take(&groups[group]) {
                                groups[group].places.free -= 1;
                                holders.remove(at);
                                let now = seated(&groups, &holders);
                                prop_assert!(before.iter().all(|id| *id == chooser.turn.id || now.contains(id)));
                            } else if before.contains(&chooser.turn.id) {
                                prop_assert!(
                                    groups.iter().any(may_take),
                                    "a voucher with a place behind it can always be used"
                                );
                            }
                        }
                        // It refuses, or its term ends.
                        2 => {
                            holders.remove(at);
                            let now = seated(&groups, &holders);
                            prop_assert!(before.iter().all(|id| *id == chooser.turn.id || now.contains(id)));
                        }
                        // A kindergarten declines it for good: of those who cannot all sit, the last in order waits.
                        _ => {
                            let kindergarten = groups[group].kindergarten;
                            if !holders[at].family.closed.contains(&kindergarten) {
                                holders[at].family.closed.push(kindergarten);
                            }
                            let now = seated(&groups, &holders);
                            let before: Vec<&Uuid> = before.iter().filter(|id| !now.contains(id)).collect();
                            prop_assert!(before.len() <= 1);
                            prop_assert!(before.iter().all(|id| **id >= chooser.turn.id));
                        }
                    }
                }
            }
        }
    }

    fn seated(groups: &[Group], holders: &[Holder]) -> Vec<Uuid> {
        let seated = Seats::new(groups).seat_all(holders);
        holders.iter().zip(seated).filter(|(_, seated)| *seated).map(|(it, _)| it.family.turn.id).collect()
    }

    #[test]
    fn a_place_is_kept_back_for_whoever_the_doctor_has_not_seen() {
        let groups = [group(0, (0, 0, 0, 2))];
        let mut queue = waiting(&[(0, 0, None, 0); 3], 0);
        queue[0].under_review = true;
        let down = Seats::new(&groups).go_down(&queue);
        assert_eq!((down.kept_back, down.issued), (vec![0], vec![1]));
        // Nobody stands behind it: nothing needs to be kept.
        let down = Seats::new(&groups).go_down(&queue[..1]);
        assert_eq!(down, Down::default());
    }

    #[test]
    fn everybody_passed_over_is_told_why() {
        let groups = [group(0, (0, 0, 0, 1))];
        let seats = Seats::new(&groups);
        let seeds = [(1, 0, None, 0), (0, 2, None, 0), (0, 0, Some(0), 0), (0, 1, None, 0)];
        let mut reasons: Vec<PassedOver> = waiting(&seeds, 0).iter().map(|it| seats.reason(it)).collect();
        let elsewhere = Waiting { elsewhere: true, ..waiting(&seeds, 0).remove(3) };
        reasons.insert(0, seats.reason(&elsewhere));
        assert_eq!(reasons, PassedOver::ALL);
        for reason in PassedOver::ALL {
            let outcome = Outcome::PassedOver(reason);
            assert_eq!(
                Outcome::parse(outcome.as_str(), outcome.reason().map(PassedOver::as_str)),
                Some(outcome)
            );
        }
    }
}
