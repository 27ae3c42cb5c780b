//! Where things are in the city: positions, the districts as schematic areas (`src/data/map_almaty.csv`, drawn by hand:
//! neighbours share their corners, so that nothing lies between them), and the plane they are drawn on.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use super::city::{City, distance};
use super::district::District;

/// Degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionError {
    Malformed,
    /// Not in one of the portal's cities.
    FarAway,
}

impl Position {
    /// «43.2567, 76.9286»: first north, then east, as maps on phones give it.
    pub fn parse(typed: &str) -> Result<Self, PositionError> {
        let parts: Vec<&str> = typed.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
        let degree = |text: &str| {
            let plain =
                text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
            text.parse::<f64>().ok().filter(|_| plain).ok_or(PositionError::Malformed)
        };
        let [latitude, longitude] = parts[..] else { return Err(PositionError::Malformed) };
        let found = Self { latitude: degree(latitude)?, longitude: degree(longitude)? };
        if City::around((found.latitude, found.longitude)).is_some() {
            Ok(found)
        } else {
            Err(PositionError::FarAway)
        }
    }

    /// To some hundred metres: what an address may say of where somebody is.
    pub fn roughly(self) -> Self {
        let rough = |degrees: f64| (degrees * 1e3).round() / 1e3;
        Self { latitude: rough(self.latitude), longitude: rough(self.longitude) }
    }

    pub fn kilometres_to(self, other: Self) -> f64 {
        distance((self.latitude, self.longitude), (other.latitude, other.longitude))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.latitude, self.longitude)
    }
}

type Areas = BTreeMap<String, Vec<Position>>;

static AREAS: LazyLock<Areas> =
    LazyLock::new(|| read(include_str!("../data/map_almaty.csv")).unwrap_or_default());

/// A test reads the shipped file; a broken one never leaves the house.
fn read(text: &str) -> Option<Areas> {
    let mut areas = Areas::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.ok()?;
        let corner = Position { longitude: row.get(1)?.parse().ok()?, latitude: row.get(2)?.parse().ok()? };
        areas.entry(row.get(0)?.to_owned()).or_default().push(corner);
    }
    Some(areas)
}

/// The corners of a district, in order.
pub fn area(district: District) -> &'static [Position] {
    AREAS.get(district.code()).map_or(&[], Vec::as_slice)
}

/// Does the place lie in the schematic area of the district?
pub fn is_inside(district: District, place: Position) -> bool {
    let corners = area(district);
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    let crossed = edges.filter(|(one, other)| {
        let spans = (one.latitude > place.latitude) != (other.latitude > place.latitude);
        let share = (place.latitude - one.latitude) / (other.latitude - one.latitude);
        spans && place.longitude < one.longitude + share * (other.longitude - one.longitude)
    });
    crossed.count() % 2 == 1
}

/// The middle of a district's area.
pub fn middle(district: District) -> Position {
    let corners = area(district);
    let (mut doubled, mut north, mut east) = (0.0, 0.0, 0.0);
    for (one, other) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        let cross = one.longitude * other.latitude - other.longitude * one.latitude;
        doubled += cross;
        east += (one.longitude + other.longitude) * cross;
        north += (one.latitude + other.latitude) * cross;
    }
    Position { latitude: north / (3.0 * doubled), longitude: east / (3.0 * doubled) }
}

/// The south-west and the north-east corner of what is drawn.
const CORNERS: (Position, Position) =
    (Position { latitude: 43.045, longitude: 76.725 }, Position { latitude: 43.425, longitude: 77.135 });
/// Units of the drawing to a degree of latitude.
const SCALE: f64 = 1_310.0;
/// A degree of longitude is so much shorter in Almaty: the cosine of 43.235°.
const NARROWER: f64 = 0.728_5;

/// How wide and how high the drawing is.
pub fn size() -> (f64, f64) {
    plane(Position { latitude: CORNERS.0.latitude, longitude: CORNERS.1.longitude })
}

/// A place on the drawing: to the right, downwards.
pub fn plane(place: Position) -> (f64, f64) {
    let right = (place.longitude - CORNERS.0.longitude) * NARROWER * SCALE;
    (right, (CORNERS.1.latitude - place.latitude) * SCALE)
}

/// Is the place on the drawing at all?
pub fn is_drawn(place: Position) -> bool {
    let (right, down) = plane(place);
    let (width, height) = size();
    (0.0..=width).contains(&right) && (0.0..=height).contains(&down)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position { latitude, longitude }
    }

    #[test]
    fn every_district_has_an_area_and_lies_in_it() {
        assert_eq!(AREAS.len(), District::all().count());
        for district in District::all() {
            assert!(area(district).len() > 4, "{district:?}");
            assert!(area(district).iter().all(|corner| is_drawn(*corner)), "{district:?}");
            let homes: Vec<District> =
                District::all().filter(|one| is_inside(*one, middle(district))).collect();
            assert_eq!(homes, [district]);
        }
    }

    #[test]
    fn neighbours_share_their_borders_and_nothing_lies_between() {
        let bits = |corner: &Position| (corner.latitude.to_bits(), corner.longitude.to_bits());
        let mut edges = Vec::new();
        for district in District::all() {
            let corners = area(district);
            edges.extend(corners.iter().zip(corners.iter().cycle().skip(1)).map(|(a, b)| (bits(a), bits(b))));
        }
        // An edge that nobody walks the other way is the city's own border; those make one single ring.
        let outer: Vec<_> = edges.iter().filter(|(a, b)| !edges.contains(&(*b, *a))).collect();
        let mut ring = vec![outer[0]];
        while let Some(next) = outer.iter().find(|edge| edge.0 == ring[ring.len() - 1].1)
            && *next != ring[0]
        {
            ring.push(next);
        }
        assert_eq!(ring.len(), outer.len());
    }

    #[test]
    fn places_known_to_everybody_lie_where_they_are() {
        let of = |latitude, longitude| {
            District::all().find(|one| is_inside(*one, at(latitude, longitude))).map(District::code)
        };
        assert_eq!(of(43.1575, 77.0570), Some("medeu"), "the skating rink");
        assert_eq!(of(43.2180, 76.9277), Some("bostandyq"), "the circus's south");
        assert_eq!(of(43.3521, 77.0405), Some("turksib"), "the airport");
        assert_eq!(of(43.2417, 76.9180), Some("almaly"));
        assert_eq!(of(43.2300, 76.8500), Some("auezov"));
        assert_eq!(of(51.1282, 71.4307), None);
    }

    #[test]
    fn north_is_up_and_east_is_right() {
        let (width, height) = size();
        assert!(width > 350.0 && height > 450.0 && width < 450.0 && height < 550.0, "{width} × {height}");
        let (one, other) = (plane(at(43.2, 76.8)), plane(at(43.3, 76.9)));
        assert!(one.0 < other.0 && one.1 > other.1);
        let a_kilometre = plane(at(43.2, 76.8)).1 - plane(at(43.2 + 1.0 / 111.2, 76.8)).1;
        let across = plane(at(43.2, 76.8 + 1.0 / 111.2 / 0.7285)).0 - plane(at(43.2, 76.8)).0;
        assert!((a_kilometre - across).abs() < 0.1, "a kilometre is as long eastwards as northwards");
    }

    #[test]
    fn a_position_is_read_as_maps_give_it() {
        for typed in ["43.2567, 76.9286", " 43.2567 76.9286 ", "43.2567,76.9286", "43.2567;76.9286"] {
            assert_eq!(Position::parse(typed), Ok(at(43.2567, 76.9286)), "{typed}");
        }
        for wrong in ["", "43.2567", "север", "43,2567, 76,9286", "1e2,3", "NaN,inf", "43.25 76.92 1"] {
            assert_eq!(Position::parse(wrong), Err(PositionError::Malformed), "{wrong}");
        }
        for far in ["76.9286, 43.2567", "55.75, 37.62", "0,0", "-43.25,76.9"] {
            assert_eq!(Position::parse(far), Err(PositionError::FarAway), "{far}");
        }
        assert_eq!(at(43.256_789, 76.928_611).roughly().to_string(), "43.257, 76.929");
    }
}
