//! The schematic map of the city as something to draw: districts as areas, kindergartens as points. Whatever can be
//! pressed on it stands in the list beside it too.
use std::sync::LazyLock;

use crate::locale::{fill, kindergarten as said, words};
use crate::rules::district::District;
use crate::rules::map::{self, Position};
use crate::rules::person::Language;

/// The outlines of the districts, in the order of their list: they never change.
static OUTLINES: LazyLock<Vec<String>> = LazyLock::new(|| District::all().map(outline).collect());

fn outline(district: District) -> String {
    let corners = map::area(district).iter().map(|corner| {
        let (right, down) = map::plane(*corner);
        format!("{right:.0} {down:.0}")
    });
    format!("M{}Z", corners.collect::<Vec<_>>().join("L"))
}

/// A district.
pub struct Area {
    pub outline: &'static str,
    /// «Медеу»
    pub name: String,
    /// Where its name stands.
    pub right: f64,
    pub down: f64,
    /// What a screen reader says of it.
    pub label: String,
    /// Empty: the area is no link.
    pub href: String,
    pub chosen: bool,
    /// How many were found in it, where they are not drawn one by one.
    pub count: Option<i64>,
    /// Its middle, for the detailed map.
    pub at: String,
}

/// A kindergarten.
pub struct Spot {
    pub right: f64,
    pub down: f64,
    pub label: String,
    pub href: String,
    pub free: bool,
    pub at: String,
}

/// Where the pictures of a detailed map come from, and whom it names for them.
#[derive(Clone)]
pub struct Tiles {
    pub server: String,
    pub credit: String,
}

pub struct Map {
    pub width: f64,
    pub height: f64,
    pub areas: Vec<Area>,
    pub spots: Vec<Spot>,
    pub tiles: Option<Tiles>,
}

impl Map {
    /// The city without anything on it.
    pub fn new(language: Language) -> Self {
        let areas = District::all().zip(OUTLINES.iter()).map(|(district, outline)| {
            let middle = map::middle(district);
            let (right, down) = map::plane(middle);
            Area {
                outline,
                name: said::short_district(language, district).to_owned(),
                right: right.round(),
                down: down.round(),
                label: district.name(language).to_owned(),
                href: String::new(),
                chosen: false,
                count: None,
                at: middle.roughly().to_string(),
            }
        });
        let (width, height) = map::size();
        Self {
            width: width.round(),
            height: height.round(),
            areas: areas.collect(),
            spots: Vec::new(),
            tiles: None,
        }
    }

    /// `href`: where a district's area leads.
    pub fn link(&mut self, chosen: Option<District>, href: impl Fn(District) -> String) {
        for (area, district) in self.areas.iter_mut().zip(District::all()) {
            area.href = href(district);
            area.chosen = chosen == Some(district);
        }
    }

    /// How many were found in each district.
    pub fn count(&mut self, language: Language, found: impl Fn(District) -> i64) {
        for (area, district) in self.areas.iter_mut().zip(District::all()) {
            let found = found(district);
            let counted = words(language).catalogue.counted.of(language, found);
            area.label = format!("{}: {counted}", area.label);
            area.count = Some(found).filter(|found| *found > 0);
        }
    }

    /// A kindergarten; one outside of the drawing stands in the list only.
    pub fn add(&mut self, language: Language, place: Position, name: &str, href: String, free: i64) {
        if !map::is_drawn(place) {
            return;
        }
        let (right, down) = map::plane(place);
        let label = fill(&words(language).catalogue.map_spot, &[("name", name), ("free", &free.to_string())]);
        let spot = Spot {
            right: right.round(),
            down: down.round(),
            label,
            href,
            free: free > 0,
            at: place.to_string(),
        };
        // Those with free places lie on top.
        if spot.free { self.spots.push(spot) } else { self.spots.insert(0, spot) }
    }

    /// The one kindergarten of its own page.
    pub fn only(language: Language, place: Position) -> Option<Self> {
        let mut map = Self::new(language);
        map.add(language, place, "", String::new(), 1);
        (!map.spots.is_empty()).then_some(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_is_one_closed_outline_with_its_short_name() {
        let map = Map::new(Language::Kk);
        let names: Vec<&str> = map.areas.iter().map(|area| area.name.as_str()).collect();
        assert_eq!(
            names,
            ["Алатау", "Алмалы", "Әуезов", "Бостандық", "Жетісу", "Медеу", "Наурызбай", "Түрксіб"]
        );
        assert_eq!(Map::new(Language::Ru).areas[3].name, "Бостандыкский");
        for area in &map.areas {
            assert!(area.outline.starts_with('M') && area.outline.ends_with('Z'), "{}", area.outline);
            assert!((0.0..map.width).contains(&area.right) && (0.0..map.height).contains(&area.down));
        }
    }

    #[test]
    fn what_lies_elsewhere_is_not_drawn_and_free_places_lie_on_top() {
        let mut map = Map::new(Language::Kk);
        let at = |latitude, longitude| Position { latitude, longitude };
        map.add(Language::Kk, at(43.25, 76.9), "А", "/a".to_owned(), 2);
        map.add(Language::Kk, at(43.25, 76.9), "Ә", "/b".to_owned(), 0);
        map.add(Language::Kk, at(51.1, 71.4), "Б", "/c".to_owned(), 2);
        let drawn: Vec<(&str, bool)> = map.spots.iter().map(|spot| (spot.href.as_str(), spot.free)).collect();
        assert_eq!(drawn, [("/b", false), ("/a", true)]);
        assert!(Map::only(Language::Kk, at(51.1, 71.4)).is_none());
    }
}
