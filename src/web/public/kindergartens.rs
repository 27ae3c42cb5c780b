//! The catalogue of kindergartens, with its map. (The page of one is `kindergarten`.)
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::child::ChildNeed;
use crate::domain::kindergarten::{Filter, Found, Listed, Order, Places};
use crate::locale::{count, fill, kindergarten as said, words};
use crate::rules::city::City;
use crate::rules::district::District;
use crate::rules::kindergarten::{CITY, GroupKind, Ownership};
use crate::rules::map::{self, Position};
use crate::rules::person::Language;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::map::{Map, Tiles};
use crate::web::page::{self, Page};
use crate::web::visit::Visit;

/// The years in which somebody who looks for a kindergarten can have been born.
const BORN: std::ops::RangeInclusive<i32> = 2000..=2100;

/// A search as the address says it. Whatever cannot have been meant is left out, also of the addresses made from it.
struct Search {
    filter: Filter,
    order: Order,
    /// The canonical query, page left out.
    kept: Vec<(&'static str, String)>,
}

impl Search {
    fn read(query: &Query, city: &City, children: &[ChildNeed]) -> Self {
        let ticked = |name: &str| query.text(name) == "yes";
        let child = children.iter().find(|child| child.id.to_string() == query.text("child"));
        let filter = Filter {
            words: query.words("name"),
            district: District::parse(query.text("district")).ok(),
            kind: GroupKind::parse(query.text("kind")),
            language: Language::parse(query.text("language")),
            ownership: Ownership::parse(query.text("ownership")),
            birth_year: year(query.text("born")),
            barrier_free: ticked("barrier_free"),
            free: ticked("free"),
            child: child.cloned(),
        };
        let (order, sort, at) = order(query, city);
        let of = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let tick = |set: bool| of(set.then_some("yes"));
        let kept = vec![
            ("name", query.text("name").to_owned()),
            ("district", of(filter.district.map(District::code))),
            ("kind", of(filter.kind.map(GroupKind::as_str))),
            ("language", of(filter.language.map(Language::as_str))),
            ("born", filter.birth_year.map(|year| year.to_string()).unwrap_or_default()),
            ("ownership", of(filter.ownership.map(Ownership::as_str))),
            ("barrier_free", tick(filter.barrier_free)),
            ("free", tick(filter.free)),
            ("child", child.map(|child| child.id.to_string()).unwrap_or_default()),
            ("sort", sort.to_owned()),
            ("at", at),
        ];
        Self { filter, order, kept }
    }

    fn value(&self, name: &str) -> &str {
        self.kept.iter().find(|(kept, _)| *kept == name).map_or("", |(_, value)| value)
    }

    /// The address of this search with some of it changed; an empty value takes a condition away.
    fn with(&self, p: &Page, changes: &[(&str, &str)]) -> String {
        let mut query = self.kept.clone();
        for (name, value) in &mut query {
            if let Some((_, new)) = changes.iter().find(|(changed, _)| changed == name) {
                *value = (*new).to_owned();
            }
        }
        address::with_query(&p.url("kindergartens"), &query)
    }

    /// The condition of this name in words.
    fn chip(&self, language: Language, name: &str) -> Option<String> {
        let (w, filter) = (&words(language).catalogue, &self.filter);
        match name {
            "name" => (!filter.words.is_empty()).then(|| format!("«{}»", self.value("name"))),
            "district" => filter.district.map(|district| district.name(language).to_owned()),
            "kind" => filter.kind.map(|kind| said::kind(language, kind).to_owned()),
            "language" => filter.language.map(|of| said::language(language, of).to_owned()),
            "born" => filter.birth_year.map(|year| said::born(language, (year, year))),
            "ownership" => filter.ownership.map(|owner| said::ownership(language, owner).to_owned()),
            "barrier_free" => filter.barrier_free.then(|| w.barrier_free.clone()),
            "free" => filter.free.then(|| w.only_free.clone()),
            "child" => filter.child.as_ref().map(|child| fill(&w.for_child, &[("child", &child.name)])),
            _ => None,
        }
    }
}

fn year(text: &str) -> Option<i32> {
    let four_digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|year| four_digits && BORN.contains(year))
}

/// The order that is asked for, and how the address says it: `sort`, `at`.
fn order(query: &Query, city: &City) -> (Order, &'static str, String) {
    match query.text("sort") {
        "district" => (Order::District, "district", String::new()),
        "free" => (Order::Free, "free", String::new()),
        "near" => {
            let (place, at) = place(query.text("at"), city);
            (Order::Near(place), "near", at)
        }
        _ => (Order::Name, "", String::new()),
    }
}

/// A place of this city, a district's middle by its code, or else the middle of the city.
fn place(at: &str, city: &City) -> (Position, String) {
    if let Ok(district) = District::parse(at) {
        return (map::middle(district), district.code().to_owned());
    }
    let here = |place: &Position| City::around((place.latitude, place.longitude)) == Some(city);
    match Position::parse(at).ok().filter(here).map(Position::roughly) {
        Some(place) => (place, format!("{},{}", place.latitude, place.longitude)),
        None => (Position { latitude: city.middle.0, longitude: city.middle.1 }, String::new()),
    }
}

/// The closed lists of the form.
struct Lists {
    districts: Vec<(&'static str, &'static str)>,
    kinds: Vec<(&'static str, &'static str)>,
    languages: Vec<(&'static str, &'static str)>,
    owners: Vec<(&'static str, &'static str)>,
    children: Vec<(String, String)>,
}

impl Lists {
    fn new(language: Language, children: &[ChildNeed]) -> Self {
        Self {
            districts: District::all().map(|district| (district.code(), district.name(language))).collect(),
            kinds: GroupKind::all().map(|kind| (kind.as_str(), said::kind(language, kind))).collect(),
            languages: Language::ALL.map(|one| (one.as_str(), said::language(language, one))).into(),
            owners: Ownership::ALL.map(|owner| (owner.as_str(), said::ownership(language, owner))).into(),
            children: children.iter().map(|child| (child.id.to_string(), child.name.clone())).collect(),
        }
    }
}

/// A kindergarten of the list.
struct Card {
    address: String,
    name: String,
    facts: String,
    street: String,
    barrier_free: bool,
    /// «1,2 км»
    distance: Option<String>,
    places: Vec<PlacesLine>,
}

/// The places of one kind, in words.
pub struct PlacesLine {
    pub kind: &'static str,
    pub language: &'static str,
    pub born: String,
    pub capacity: i64,
    /// «барлығы 20»
    pub of_all: String,
    pub free: i64,
}

impl PlacesLine {
    pub fn new(language: Language, places: &Places) -> Self {
        Self {
            kind: said::kind(language, places.kind),
            language: said::language(language, places.language),
            born: said::born(language, places.birth_years),
            capacity: places.capacity,
            of_all: fill(&words(language).catalogue.of_all, &[("capacity", &places.capacity.to_string())]),
            free: places.free,
        }
    }
}

impl Card {
    fn new(p: &Page, row: &Listed, order: Order) -> Self {
        let language = p.language;
        let from = match order {
            Order::Near(place) => Some(place),
            _ => None,
        };
        let kilometres = from.zip(row.position).map(|(from, to)| from.kilometres_to(to));
        Self {
            address: p.url(&format!("kindergartens/{}", row.id)),
            name: said::of_two(language, &row.name_kk, &row.name_ru).to_owned(),
            facts: format!(
                "{} · {}",
                said::district(language, &row.district),
                said::ownership_of(language, &row.ownership)
            ),
            street: said::of_two(language, &row.address_kk, &row.address_ru).to_owned(),
            barrier_free: row.barrier_free,
            distance: kilometres.map(|km| fill(&p.w.catalogue.distance, &[("km", &count::one_decimal(km))])),
            places: row.places.iter().map(|places| PlacesLine::new(language, places)).collect(),
        }
    }
}

/// A condition that can be taken away, or an order that can be chosen.
struct Choice {
    text: String,
    href: String,
    chosen: bool,
}

fn chips(p: &Page, search: &Search) -> Vec<Choice> {
    let of = |name: &'static str| {
        let text = search.chip(p.language, name)?;
        Some(Choice { text, href: search.with(p, &[(name, "")]), chosen: true })
    };
    search.kept.iter().filter_map(|(name, _)| of(name)).collect()
}

fn sorts(p: &Page, search: &Search) -> Vec<Choice> {
    let w = &p.w.catalogue;
    let ways =
        [("", &w.sort_name), ("district", &w.sort_district), ("free", &w.sort_free), ("near", &w.sort_near)];
    let choice = |(code, text): (&str, &String)| Choice {
        text: text.clone(),
        href: search.with(p, &[("sort", code), ("at", "")]),
        chosen: search.value("sort") == code,
    };
    ways.map(choice).into()
}

fn drawn(p: &Page, search: &Search, found: &Found, tiles: Option<Tiles>) -> Option<Map> {
    if p.city().code != CITY {
        return None;
    }
    let language = p.language;
    let mut map = Map::new(language);
    let chosen = search.filter.district;
    let other = |district: District| if chosen == Some(district) { "" } else { district.code() };
    map.link(chosen, |district| search.with(p, &[("district", other(district))]));
    match &found.points {
        Some(points) => {
            for point in points {
                let place = Position { latitude: point.latitude, longitude: point.longitude };
                let href = p.url(&format!("kindergartens/{}", point.id));
                map.add(language, place, &point.name, href, point.free);
            }
        }
        None => map.count(language, |district| found.districts.get(district.code()).copied().unwrap_or(0)),
    }
    map.tiles = tiles;
    Some(map)
}

#[derive(Template)]
#[template(path = "public/kindergartens.html")]
struct CataloguePage {
    p: Page,
    search: Search,
    lists: Lists,
    found: String,
    chips: Vec<Choice>,
    sorts: Vec<Choice>,
    cards: Vec<Card>,
    pager: Pager,
    map: Option<Map>,
}

impl CataloguePage {
    fn value(&self, name: &str) -> &str {
        self.search.value(name)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// Conditions that stand in the folded part of the form.
    fn folded_open(&self) -> bool {
        ["kind", "language", "born", "ownership", "barrier_free"]
            .iter()
            .any(|name| !self.value(name).is_empty())
    }

    fn credit(&self, tiles: &Tiles) -> String {
        fill(&self.p.w.catalogue.map_from, &[("credit", &tiles.credit)])
    }

    /// «at» is a place of its own, not a district's middle.
    fn own_place(&self) -> bool {
        self.value("at").contains(',')
    }
}

pub async fn catalogue(
    State(app): State<SharedApp>,
    visit: Visit,
    query: Query,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let children = match &visit.signed_in {
        Some(signed_in) if p.is_parent() => domain::child::needs(&app, signed_in.account).await?,
        _ => Vec::new(),
    };
    let search = Search::read(&query, visit.city, &children);
    let asked = (&search.filter, search.order);
    let found =
        domain::kindergarten::catalogue(&app, visit.city, asked.0, asked.1, p.language, query.page()).await?;
    let tiles = app.config.tile_server.clone();
    let tiles = tiles.map(|server| Tiles { server, credit: app.config.tile_credit.clone() });
    let has_tiles = tiles.is_some();
    let sheet = &found.sheet;
    let response = page::show(&CataloguePage {
        found: p.w.catalogue.found.of(p.language, sheet.total),
        cards: sheet.rows.iter().map(|row| Card::new(&p, row, search.order)).collect(),
        pager: Pager::new(p.url("kindergartens"), search.kept.clone(), sheet.page, sheet.pages()),
        chips: chips(&p, &search),
        sorts: sorts(&p, &search),
        map: drawn(&p, &search, &found, tiles),
        lists: Lists::new(p.language, &children),
        search,
        p,
    })?;
    Ok(if has_tiles { crate::web::may_show_tiles(response) } else { response })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Search {
        Search::read(&Query::read(query).unwrap(), <&City>::default(), &[])
    }

    #[test]
    fn unknown_values_of_a_filter_are_ignored() {
        let search = read(
            "name=&district=esil&kind=x&language=en&ownership=%3Cb%3E&foo=1&page=-1&born=20222&barrier_free=1&free=on\
             &child=0191e3a0-0000-7000-8000-00000000abcd&sort=price&at=43.2,76.9",
        );
        assert_eq!((search.filter, search.order), (Filter::default(), Order::Name));
        assert!(search.kept.iter().all(|(_, value)| value.is_empty()));
    }

    #[test]
    fn known_values_are_read_and_a_name_is_folded() {
        let search = read(
            "name=%D0%91%D0%B0%D0%BB%D0%B1%D2%B1%D0%BB%D0%B0%D2%9B&district=medeu&kind=general&language=ru&ownership=state\
             &born=2022&barrier_free=yes&free=yes&sort=free",
        );
        let found = &search.filter;
        assert_eq!(found.words, ["балбулак"]);
        assert_eq!(found.district.map(District::code), Some("medeu"));
        assert_eq!(found.kind, Some(GroupKind::General));
        assert_eq!((found.language, found.ownership), (Some(Language::Ru), Some(Ownership::State)));
        assert_eq!((found.birth_year, found.barrier_free, found.free), (Some(2022), true, true));
        assert_eq!(search.order, Order::Free);
    }

    #[test]
    fn near_what_is_a_place_a_district_or_the_middle_of_the_city() {
        let middle = <&City>::default().middle;
        let centre = Position { latitude: middle.0, longitude: middle.1 };
        let medeu = map::middle(District::parse("medeu").unwrap());
        let own = Position { latitude: 43.257, longitude: 76.929 };
        for (at, place, kept) in [
            ("", centre, ""),
            ("x", centre, ""),
            ("55.75,37.62", centre, ""),
            ("51.1282,71.4307", centre, ""),
            ("medeu", medeu, "medeu"),
            ("43.256789,76.928611", own, "43.257,76.929"),
        ] {
            let search = read(&format!("sort=near&at={at}"));
            assert_eq!((search.order, search.value("at")), (Order::Near(place), kept), "{at}");
        }
    }
}
