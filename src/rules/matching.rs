//! Which families the free places can serve: every voucher out must be backed by a place.
//!
//! Families are seated one by one; seating one more may move those already seated (an augmenting path, after Kuhn),
//! never unseat them. Going down the queue in order and seating whoever can be seated is then the best possible for
//! those in front (`rules.md` 3.4).

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
    free: Vec<usize>,
    /// Per place class: the families sitting there.
    seated: Vec<Vec<usize>>,
    /// Per family: the place classes that suit it.
    suitable: Vec<Vec<usize>>,
}

impl Seating {
    pub fn new(places: &[FreePlaces]) -> Self {
        Self {
            free: places.iter().map(|place| place.free).collect(),
            seated: vec![Vec::new(); places.len()],
            suitable: Vec::new(),
        }
    }

    /// Seats one more family if every family stays seated; otherwise changes nothing and answers false.
    pub fn seat(&mut self, suitable: Vec<usize>) -> bool {
        let family = self.suitable.len();
        self.suitable.push(suitable);
        let mut visited = vec![false; self.free.len()];
        let seated = self.augment(family, &mut visited);
        if !seated {
            self.suitable.pop();
        }
        seated
    }

    pub fn is_full(&self) -> bool {
        self.free.iter().zip(&self.seated).all(|(free, seated)| seated.len() >= *free)
    }

    fn augment(&mut self, family: usize, visited: &mut [bool]) -> bool {
        for choice in 0..self.suitable[family].len() {
            let place = self.suitable[family][choice];
            if std::mem::replace(&mut visited[place], true) {
                continue;
            }
            if self.seated[place].len() < self.free[place] {
                self.seated[place].push(family);
                return true;
            }
            for seat in 0..self.seated[place].len() {
                let sitting = self.seated[place][seat];
                if self.augment(sitting, visited) {
                    self.seated[place][seat] = family;
                    return true;
                }
            }
        }
        false
    }
}

/// The place classes that suit a family, by index.
pub fn suitable(places: &[FreePlaces], need: &Need<'_>) -> Vec<usize> {
    places.iter().enumerate().filter(|(_, place)| place.suits(need)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seating(free: &[usize]) -> Seating {
        Seating { free: free.to_vec(), seated: vec![Vec::new(); free.len()], suitable: Vec::new() }
    }

    #[test]
    fn a_family_in_front_moves_over_so_that_both_are_seated() {
        let mut seats = seating(&[1, 1]);
        assert!(seats.seat(vec![0, 1]));
        assert!(seats.seat(vec![0]));
        assert!(seats.is_full());
        assert!(!seats.seat(vec![0, 1]));
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
    fn brute_force(free: &mut Vec<usize>, families: &[Vec<usize>]) -> usize {
        let Some((first, rest)) = families.split_first() else { return 0 };
        let mut best = brute_force(free, rest);
        for &place in first {
            if free[place] > 0 {
                free[place] -= 1;
                best = best.max(1 + brute_force(free, rest));
                free[place] += 1;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_greedy_seating_serves_as_many_as_any(
            free in prop::collection::vec(0usize..3, 1..4),
            families in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 0..7),
        ) {
            let families: Vec<Vec<usize>> =
                families.into_iter().map(|f| f.into_iter().map(|i| i.index(free.len())).collect()).collect();
            let mut seats = seating(&free);
            let seated = families.iter().filter(|f| seats.seat((*f).clone())).count();
            prop_assert_eq!(seated, brute_force(&mut free.clone(), &families));
        }
    }
}
