//! Which families the free places can serve: every voucher out must be backed by a place.
//!
//! Families whom the same groups suit are one class, and a group is a count of places: a seating is a flow of classes
//! into groups. Seating one family more may move those already seated (an augmenting path), never unseat them. Going
//! down the queue in order and seating whoever can be seated is then the best possible for those in front
//! (`rules.md` 3.4).
use std::collections::{BTreeMap, VecDeque};

/// What a family needs of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need<'a> {
    pub correction_type: Option<&'a str>,
    pub language: &'a str,
    pub birth_year: i32,
}

/// A group with the places nobody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreePlaces {
    pub correction_type: Option<String>,
    pub language: String,
    pub birth_years: (i32, i32),
    pub free: usize,
}

impl FreePlaces {
    pub fn suits(&self, need: &Need<'_>) -> bool {
        self.correction_type.as_deref() == need.correction_type
            && self.language == need.language
            && (self.birth_years.0..=self.birth_years.1).contains(&need.birth_year)
    }
}

/// Families seated on free places; always a valid seating.
#[derive(Debug, Clone)]
pub struct Seating {
    /// Per group: the places on which nobody sits.
    spare: Vec<usize>,
    /// Per group: how many of each class sit there.
    sitting: Vec<BTreeMap<usize, usize>>,
    classes: Vec<Class>,
}

/// Families whom the same groups suit.
#[derive(Debug, Clone)]
struct Class {
    suitable: Vec<usize>,
    /// How many of them sit in each group.
    seats: BTreeMap<usize, usize>,
    /// One of this class could not be seated, and no place was freed since: the next cannot either.
    hopeless: bool,
}

impl Seating {
    pub fn new(free: impl IntoIterator<Item = usize>) -> Self {
        let spare: Vec<usize> = free.into_iter().collect();
        Self { sitting: vec![BTreeMap::new(); spare.len()], spare, classes: Vec::new() }
    }

    /// A new class of families, whom these groups suit.
    pub fn class(&mut self, suitable: Vec<usize>) -> usize {
        self.classes.push(Class { suitable, seats: BTreeMap::new(), hopeless: false });
        self.classes.len() - 1
    }

    /// Seats one more family of a class if everybody stays seated; otherwise changes nothing and answers false.
    pub fn seat(&mut self, class: usize) -> bool {
        if self.classes[class].hopeless {
            return false;
        }
        let Some(path) = self.path(class) else {
            self.classes[class].hopeless = true;
            return false;
        };
        self.walk(&path);
        true
    }

    /// Could one more family of this class be seated?
    pub fn can_seat(&self, class: usize) -> bool {
        !self.classes[class].hopeless && self.path(class).is_some()
    }

    /// Takes a place out of a group for good, if nobody sits on it.
    pub fn take(&mut self, group: usize) -> bool {
        let free = self.spare[group] > 0;
        self.spare[group] -= usize::from(free);
        free
    }

    /// One seated family of a class gets a place of this group for good, everybody else staying seated; otherwise
    /// changes nothing and answers false.
    pub fn fix(&mut self, class: usize, group: usize) -> bool {
        if self.sitting[group].contains_key(&class) {
            self.leave(class, group);
            return true;
        }
        let Some(from) = self.classes[class].seats.keys().next().copied() else { return false };
        if self.spare[group] == 0 && self.sitting[group].is_empty() {
            return false;
        }
        self.leave(class, from);
        self.spare[from] += 1;
        if self.spare[group] > 0 {
            self.spare[group] -= 1;
        } else if !self.move_one_away(group) {
            self.spare[from] -= 1;
            self.sit(class, from);
            return false;
        }
        self.classes.iter_mut().for_each(|class| class.hopeless = false);
        true
    }

    /// Does nobody sit on some place of this group?
    pub fn has_spare(&self, group: usize) -> bool {
        self.spare[group] > 0
    }

    /// Does somebody of this class sit?
    pub fn sits(&self, class: usize) -> bool {
        !self.classes[class].seats.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.spare.iter().all(|spare| *spare == 0)
    }

    /// One of those who sit in a full group moves elsewhere. Whoever it is: if not all can sit beside the place taken
    /// away, a path from the one place too few would lead from any of them.
    fn move_one_away(&mut self, group: usize) -> bool {
        let Some(other) = self.sitting[group].keys().next().copied() else { return false };
        self.leave(other, group);
        match self.path(other) {
            Some(path) => {
                self.walk(&path);
                true
            }
            None => {
                self.sit(other, group);
                false
            }
        }
    }

    /// The shortest way to seat one more of a class: it takes a place of the first group, whoever sat there one of the
    /// second, and so on to a group with a place to spare.
    fn path(&self, class: usize) -> Option<Vec<(usize, usize)>> {
        // Who is moved out of which group by whom.
        let mut moved: Vec<Option<(usize, usize)>> = vec![None; self.classes.len()];
        let mut seen = vec![false; self.spare.len()];
        let mut next = VecDeque::from([class]);
        while let Some(at) = next.pop_front() {
            for &group in &self.classes[at].suitable {
                if std::mem::replace(&mut seen[group], true) {
                    continue;
                }
                if self.spare[group] > 0 {
                    return Some(unwound(&moved, class, at, group));
                }
                for &other in self.sitting[group].keys() {
                    if other != class && moved[other].is_none() {
                        moved[other] = Some((at, group));
                        next.push_back(other);
                    }
                }
            }
        }
        None
    }

    fn walk(&mut self, path: &[(usize, usize)]) {
        for (step, &(class, group)) in path.iter().enumerate() {
            if step > 0 {
                self.leave(class, path[step - 1].1);
            }
            self.sit(class, group);
        }
        if let Some(&(_, group)) = path.last() {
            self.spare[group] -= 1;
        }
    }

    fn sit(&mut self, class: usize, group: usize) {
        *self.sitting[group].entry(class).or_default() += 1;
        *self.classes[class].seats.entry(group).or_default() += 1;
    }

    fn leave(&mut self, class: usize, group: usize) {
        less(&mut self.sitting[group], class);
        less(&mut self.classes[class].seats, group);
    }
}

fn unwound(moved: &[Option<(usize, usize)>], first: usize, last: usize, group: usize) -> Vec<(usize, usize)> {
    let mut path = vec![(last, group)];
    let mut at = last;
    while let Some((by, from)) = moved[at].filter(|_| at != first) {
        path.push((by, from));
        at = by;
    }
    path.reverse();
    path
}

fn less(counts: &mut BTreeMap<usize, usize>, of: usize) {
    if let Some(count) = counts.get_mut(&of) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_family_in_front_moves_over_so_that_both_are_seated() {
        let mut seats = Seating::new([1, 1]);
        let (both, first) = (seats.class(vec![0, 1]), seats.class(vec![0]));
        assert!(seats.seat(both) && seats.can_seat(first) && seats.seat(first));
        assert!(seats.is_full());
        assert!(!seats.can_seat(both) && !seats.seat(both) && !seats.seat(both));
    }

    #[test]
    fn a_place_is_given_for_good_only_when_everybody_else_can_sit() {
        let mut seats = Seating::new([1, 1]);
        let (both, first) = (seats.class(vec![0, 1]), seats.class(vec![0]));
        assert!(seats.seat(first) && seats.seat(both));
        assert!(!seats.fix(both, 0), "the other family could sit nowhere else");
        assert!(seats.fix(both, 1) && seats.fix(first, 0));
        assert!(!seats.fix(both, 1), "nobody is left to be given it");
    }

    #[test]
    fn a_place_of_another_language_type_or_year_suits_nobody() {
        let place = FreePlaces {
            correction_type: Some("autism".into()),
            language: "kk".into(),
            birth_years: (2021, 2022),
            free: 1,
        };
        let need = Need { correction_type: Some("autism"), language: "kk", birth_year: 2022 };
        assert!(place.suits(&need));
        assert!(!place.suits(&Need { language: "ru", ..need }));
        assert!(!place.suits(&Need { correction_type: None, ..need }));
        assert!(!place.suits(&Need { birth_year: 2023, ..need }));
    }

    /// The largest number of families that can be seated, by trying everything.
    fn brute_force(free: &mut Vec<usize>, families: &[&Vec<usize>]) -> usize {
        let Some((first, rest)) = families.split_first() else { return 0 };
        let mut best = brute_force(free, rest);
        for &place in *first {
            if free[place] > 0 {
                free[place] -= 1;
                best = best.max(1 + brute_force(free, rest));
                free[place] += 1;
            }
        }
        best
    }

    /// Free places, classes by their groups, families by their classes.
    type Case = (Vec<usize>, Vec<Vec<usize>>, Vec<usize>);

    fn cases() -> impl Strategy<Value = Case> {
        let index = any::<prop::sample::Index>;
        (
            prop::collection::vec(0usize..3, 1..5),
            prop::collection::vec(prop::collection::vec(index(), 0..4), 1..4),
            prop::collection::vec(index(), 0..8),
        )
            .prop_map(|(free, classes, families)| {
                let groups = free.len();
                let of = |class: Vec<prop::sample::Index>| {
                    let groups: std::collections::BTreeSet<usize> =
                        class.iter().map(|i| i.index(groups)).collect();
                    groups.into_iter().collect::<Vec<_>>()
                };
                let classes: Vec<Vec<usize>> = classes.into_iter().map(of).collect();
                let families = families.iter().map(|family| family.index(classes.len())).collect();
                (free, classes, families)
            })
    }

    fn seating(free: &[usize], classes: &[Vec<usize>]) -> Seating {
        let mut seats = Seating::new(free.to_vec());
        for class in classes {
            seats.class(class.clone());
        }
        seats
    }

    proptest! {
        #[test]
        fn whoever_is_seated_could_be_and_whoever_is_not_could_not((free, classes, families) in cases()) {
            let mut seats = seating(&free, &classes);
            let mut seated: Vec<&Vec<usize>> = Vec::new();
            for family in families {
                let with: Vec<_> = seated.iter().copied().chain([&classes[family]]).collect();
                let could = brute_force(&mut free.clone(), &with) == with.len();
                prop_assert_eq!(seats.can_seat(family), could);
                prop_assert_eq!(seats.seat(family), could);
                if could {
                    seated = with;
                }
            }
            let taken: usize = seated.len();
            prop_assert_eq!(seats.spare.iter().sum::<usize>() + taken, free.iter().sum::<usize>());
        }

        #[test]
        fn a_place_is_given_for_good_exactly_when_the_rest_can_sit(
            (free, classes, families) in cases(), wanted in any::<prop::sample::Index>()
        ) {
            let mut seats = seating(&free, &classes);
            let mut left = free.clone();
            let mut seated: Vec<usize> = families.into_iter().filter(|family| seats.seat(*family)).collect();
            while let Some(family) = seated.pop() {
                if classes[family].is_empty() {
                    continue;
                }
                let group = classes[family][wanted.index(classes[family].len())];
                let rest: Vec<&Vec<usize>> = seated.iter().map(|other| &classes[*other]).collect();
                let could = left[group] > 0 && {
                    left[group] -= 1;
                    let could = brute_force(&mut left.clone(), &rest) == rest.len();
                    left[group] += 1;
                    could
                };
                prop_assert_eq!(seats.fix(family, group), could);
                if could {
                    left[group] -= 1;
                } else {
                    // It stays among the seated, so nothing more is known of who is left.
                    break;
                }
            }
        }
    }
}
