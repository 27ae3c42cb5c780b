//! The catalogue of kindergartens and the page of one.
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{Filter, Kindergarten, Listed, Places};
use crate::locale::{fill, kindergarten as said, words};
use crate::rules::district::District;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::person::Language;
use crate::web::address::{self, Pager, Query};
use crate::web::error::WebError;
use crate::web::group_form::GroupLine;
use crate::web::page::{self, Page};
use crate::web::visit::Visit;

/// The filters as typed, and their closed lists.
pub struct Filters {
    query: Query,
    pub districts: Vec<(&'static str, &'static str)>,
    pub kinds: Vec<(&'static str, &'static str)>,
    pub languages: Vec<(&'static str, &'static str)>,
    pub owners: Vec<(&'static str, &'static str)>,
}

impl Filters {
    fn new(language: Language, query: Query) -> Self {
        Self {
            query,
            districts: District::all().map(|district| (district.code(), district.name(language))).collect(),
            kinds: GroupKind::all().map(|kind| (kind.as_str(), said::kind(language, kind))).collect(),
            languages: Language::ALL.map(|one| (one.as_str(), said::language(language, one))).into(),
            owners: Ownership::ALL.map(|owner| (owner.as_str(), said::ownership(language, owner))).into(),
        }
    }

    pub fn value(&self, name: &str) -> &str {
        self.query.text(name)
    }

    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    pub fn any(&self) -> bool {
        !filter(&self.query).eq(&Filter::default())
    }

    fn kept(&self) -> Vec<(&'static str, String)> {
        let names = ["name", "district", "kind", "language", "ownership"];
        names.map(|name| (name, self.value(name).to_owned())).into()
    }
}

/// Unknown values are as good as none.
fn filter(query: &Query) -> Filter {
    Filter {
        words: query.words("name"),
        district: District::parse(query.text("district")).ok(),
        kind: GroupKind::parse(query.text("kind")),
        language: Language::parse(query.text("language")),
        ownership: Ownership::parse(query.text("ownership")),
    }
}

/// A kindergarten of the list.
pub struct Card {
    pub address: String,
    pub name: String,
    pub facts: String,
    pub street: String,
    pub barrier_free: bool,
    pub places: Vec<PlacesLine>,
}

/// The places of one kind, in words.
pub struct PlacesLine {
    pub kind: &'static str,
    pub language: &'static str,
    pub born: String,
    /// «барлығы 20»
    pub of_all: String,
    pub free: i64,
}

impl PlacesLine {
    fn new(language: Language, places: &Places) -> Self {
        Self {
            kind: said::kind(language, places.kind),
            language: said::language(language, places.language),
            born: said::born(language, places.birth_years),
            of_all: fill(&words(language).catalogue.of_all, &[("capacity", &places.capacity.to_string())]),
            free: places.free,
        }
    }
}

impl Card {
    fn new(p: &Page, row: &Listed) -> Self {
        let language = p.language;
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
            places: row.places.iter().map(|places| PlacesLine::new(language, places)).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "public/kindergartens.html")]
struct CataloguePage {
    p: Page,
    filters: Filters,
    found: String,
    cards: Vec<Card>,
    pager: Pager,
}

pub async fn catalogue(
    State(app): State<SharedApp>,
    visit: Visit,
    query: Query,
) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let sheet =
        domain::kindergarten::catalogue(&app, visit.city, &filter(&query), p.language, query.page()).await?;
    let filters = Filters::new(p.language, query);
    page::show(&CataloguePage {
        found: p.w.catalogue.found.of(p.language, sheet.total),
        cards: sheet.rows.iter().map(|row| Card::new(&p, row)).collect(),
        pager: Pager::new(p.url("kindergartens"), filters.kept(), sheet.page, sheet.pages()),
        filters,
        p,
    })
}

#[derive(Template)]
#[template(path = "public/kindergarten.html")]
struct KindergartenPage {
    p: Page,
    name: String,
    street: String,
    district: String,
    ownership: String,
    kindergarten: Kindergarten,
    groups: Vec<GroupLine>,
}

impl KindergartenPage {
    /// The number as a telephone dials it.
    fn dialled(&self) -> String {
        let digits: String = self.kindergarten.phone.chars().filter(|c| c.is_ascii_digit()).collect();
        format!("+{digits}")
    }
}

pub async fn one(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::open_one(&app, address::id(&id)?).await?;
    let p = Page::new(&app, &visit);
    page::show(&KindergartenPage {
        name: said::of_two(p.language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned(),
        street: said::of_two(p.language, &kindergarten.address_kk, &kindergarten.address_ru).to_owned(),
        district: said::district(p.language, &kindergarten.district),
        ownership: said::ownership_of(p.language, &kindergarten.ownership),
        groups: kindergarten.groups.iter().map(|group| GroupLine::new(p.language, group)).collect(),
        kindergarten,
        p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_of_a_filter_are_ignored() {
        let query =
            Query::read("name=&district=esil&kind=x&language=en&ownership=%3Cb%3E&foo=1&page=-1").unwrap();
        assert_eq!(filter(&query), Filter::default());
    }

    #[test]
    fn known_values_are_read_and_a_name_is_folded() {
        let query = Query::read(
            "name=%D0%91%D0%B0%D0%BB%D0%B1%D2%B1%D0%BB%D0%B0%D2%9B&district=medeu&kind=general&language=ru&ownership=state",
        );
        let found = filter(&query.unwrap());
        assert_eq!(found.words, ["балбулак"]);
        assert_eq!(found.district.map(District::code), Some("medeu"));
        assert_eq!(found.kind, Some(GroupKind::General));
        assert_eq!((found.language, found.ownership), (Some(Language::Ru), Some(Ownership::State)));
    }
}
