//! The cities a visitor may pick. The portal works in those that are opened; of the others its pages say so.
use super::person::Language;

/// A city of the list.
#[derive(Debug, PartialEq)]
pub struct City {
    pub code: &'static str,
    name_kk: &'static str,
    name_ru: &'static str,
    /// Degrees north and east of its middle.
    pub middle: (f64, f64),
    /// Families can apply here.
    pub opened: bool,
}

/// A place further than this from the middle of every city belongs to none, in kilometres.
const REACH: f64 = 60.0;

pub static CITIES: [City; 3] = [
    City {
        code: super::kindergarten::CITY,
        name_kk: "Алматы қ.",
        name_ru: "г. Алматы",
        middle: (43.2380, 76.9450),
        opened: true,
    },
    City {
        code: "astana",
        name_kk: "Астана қ.",
        name_ru: "г. Астана",
        middle: (51.1282, 71.4307),
        opened: false,
    },
    City {
        code: "shymkent",
        name_kk: "Шымкент қ.",
        name_ru: "г. Шымкент",
        middle: (42.3174, 69.5901),
        opened: false,
    },
];

impl City {
    pub fn parse(code: &str) -> Option<&'static Self> {
        CITIES.iter().find(|city| city.code == code)
    }

    /// The city around a place (degrees north, degrees east).
    pub fn around(place: (f64, f64)) -> Option<&'static Self> {
        let far = |city: &&Self| distance(place, city.middle);
        CITIES.iter().min_by(|one, other| far(one).total_cmp(&far(other))).filter(|city| far(city) <= REACH)
    }

    /// «Алматы қ.», «г. Алматы»
    pub fn name(&self, language: Language) -> &'static str {
        match language {
            Language::Kk => self.name_kk,
            Language::Ru => self.name_ru,
        }
    }
}

/// Where a visitor is who has not picked: where the portal began.
impl Default for &'static City {
    fn default() -> Self {
        &CITIES[0]
    }
}

/// Kilometres between two places (degrees north, degrees east), along the earth's surface.
pub fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
    const EARTH: f64 = 6371.0;
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = one.0.to_radians().cos() * other.0.to_radians().cos();
    2.0 * EARTH * (half(one.0, other.0) + across * half(one.1, other.1)).sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portal_began_in_almaty() {
        let first = <&City>::default();
        assert_eq!((first.code, first.opened), ("almaty", true));
        assert_eq!(City::parse("almaty"), Some(first));
        assert_eq!(City::parse("ALMATY"), None);
    }

    #[test]
    fn a_place_belongs_to_the_city_around_it() {
        assert_eq!(City::around((43.35, 76.99)).map(|city| city.code), Some("almaty"));
        assert_eq!(City::around((51.1, 71.5)).map(|city| city.code), Some("astana"));
        assert_eq!(City::around((55.75, 37.62)), None);
        assert_eq!(City::around((f64::NAN, 0.0)), None);
    }

    #[test]
    fn almaty_is_some_970_km_from_astana() {
        let km = distance(CITIES[0].middle, CITIES[1].middle);
        assert!((960.0..985.0).contains(&km), "{km}");
    }
}
