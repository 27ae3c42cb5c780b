//! The page of one kindergarten, and its pictures.
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::kindergartens::PlacesLine;
use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::{Kindergarten, Lately, PhotoRow, Places};
use crate::locale::{date, fill, kindergarten as said};
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::web::address;
use crate::web::error::WebError;
use crate::web::group_form::GroupLine;
use crate::web::map::Map;
use crate::web::page::{self, Page};
use crate::web::visit::Visit;

/// Fewer enrolments than this say too much of a family (`rules.md` §6).
const FEWEST: i64 = 5;

/// A picture as the page shows it.
struct Picture<'a> {
    address: String,
    alt: &'a str,
    width: i32,
    height: i32,
}

impl<'a> Picture<'a> {
    fn new(language: Language, photo: &'a PhotoRow) -> Self {
        Self {
            address: format!("/photos/{}", photo.id),
            alt: said::of_two(language, &photo.alt_kk, &photo.alt_ru),
            width: photo.width,
            height: photo.height,
        }
    }
}

#[derive(Template)]
#[template(path = "public/kindergarten.html")]
struct KindergartenPage {
    p: Page,
    name: String,
    street: String,
    directions: String,
    district: String,
    ownership: String,
    kindergarten: Kindergarten,
    places: Vec<PlacesLine>,
    groups: Vec<GroupLine>,
    therapists: Vec<(&'static str, String)>,
    facilities: Vec<&'static str>,
    lately: Vec<(&'static str, String)>,
    map: Option<Map>,
}

impl KindergartenPage {
    /// The number as a telephone dials it.
    fn dialled(&self) -> String {
        let digits: String = self.kindergarten.profile.phone.chars().filter(|c| c.is_ascii_digit()).collect();
        // Within the country a number begins with 8, from everywhere with +7.
        format!("+7{}", digits.strip_prefix(['7', '8']).unwrap_or(&digits))
    }

    fn pictures(&self) -> Vec<Picture<'_>> {
        self.kindergarten.photos.iter().map(|photo| Picture::new(self.p.language, photo)).collect()
    }

    fn too_few(&self) -> String {
        few(&self.p)
    }

    fn places_of(&self) -> String {
        fill(&self.p.w.catalogue.places_of, &[("name", &self.name)])
    }

    fn of_all(&self, group: &GroupLine) -> String {
        fill(&self.p.w.catalogue.of_all, &[("capacity", &group.capacity.to_string())])
    }

    fn free_of(&self, group: &GroupLine) -> String {
        fill(&self.p.w.catalogue.free_of, &[("free", &group.free.to_string())])
    }
}

/// The places of each kind × language × birth years, groups of one kind added up.
fn places(kindergarten: &Kindergarten) -> Vec<Places> {
    let mut sums: BTreeMap<_, Places> = BTreeMap::new();
    for group in &kindergarten.groups {
        let (Some(kind), Some(language)) = (group.kind(), Language::parse(&group.language)) else { continue };
        let birth_years = (group.birth_year_from, group.birth_year_to);
        // Correction types in the order of their list, the general kind first.
        let rank = GroupKind::all().position(|one| one == kind);
        let sum = sums.entry((rank, language.as_str(), birth_years));
        let sum = sum.or_insert(Places { kind, language, birth_years, capacity: 0, free: 0 });
        sum.capacity += i64::from(group.capacity);
        sum.free += i64::from(group.free());
    }
    sums.into_values().collect()
}

fn few(p: &Page) -> String {
    fill(&p.w.catalogue.lately_few, &[("least", &FEWEST.to_string())])
}

/// A sentence about each kind: of this kindergarten where enough were enrolled, else of the city, else why there is none.
/// Where there is none about any kind the list is empty.
fn lately(p: &Page, rows: &[Lately]) -> Vec<(&'static str, String)> {
    let w = &p.w.catalogue;
    let told = |sentence: &str, month: chrono::NaiveDate| {
        fill(sentence, &[("month", &date::month(month, p.language)), ("least", &FEWEST.to_string())])
    };
    let sentence = |row: &Lately| match (row.here_month, row.city_month) {
        (Some(month), _) if row.here >= FEWEST => Some(told(&w.lately_here, month)),
        (_, Some(month)) if row.city >= FEWEST => Some(told(&w.lately_city, month)),
        _ => None,
    };
    if rows.iter().all(|row| sentence(row).is_none()) {
        return Vec::new();
    }
    let of =
        |kind: GroupKind| rows.iter().find(|row| row.correction_type.as_deref() == kind.correction_type());
    let line =
        |kind: GroupKind| Some((said::kind(p.language, kind), sentence(of(kind)?).unwrap_or_else(|| few(p))));
    GroupKind::all().filter_map(line).collect()
}

pub async fn one(
    State(app): State<SharedApp>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let kindergarten = domain::kindergarten::open_one(&app, address::id(&id)?).await?;
    let enrolled = domain::kindergarten::lately(&app, kindergarten.id).await?;
    let p = Page::new(&app, &visit);
    let language = p.language;
    let profile = &kindergarten.profile;
    let hours = |hours: i32| p.w.counts.hours_a_week.of(language, i64::from(hours));
    page::show(&KindergartenPage {
        name: said::of_two(language, &kindergarten.name_kk, &kindergarten.name_ru).to_owned(),
        street: said::of_two(language, &profile.address_kk, &profile.address_ru).to_owned(),
        directions: said::of_two(language, &profile.directions_kk, &profile.directions_ru).to_owned(),
        district: said::district(language, &kindergarten.district),
        ownership: said::ownership_of(language, &kindergarten.ownership),
        places: places(&kindergarten).iter().map(|places| PlacesLine::new(language, places)).collect(),
        groups: kindergarten.groups.iter().map(|group| GroupLine::new(language, group)).collect(),
        therapists: profile.therapists.iter().map(|(one, week)| (one.name(language), hours(*week))).collect(),
        facilities: profile.accessibility.iter().map(|one| one.name(language)).collect(),
        lately: lately(&p, &enrolled),
        map: profile.position.and_then(|place| Map::only(language, place)),
        kindergarten,
        p,
    })
}

/// A picture never changes: a browser asks for it once.
pub async fn photo(
    State(app): State<SharedApp>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let picture = domain::photo::picture(&app, address::id(&id)?).await?;
    let tag = format!("\"{}\"", hex::encode(&picture.sha256[..12]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|list| list.split(',').any(|one| one.trim() == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, picture.media)], picture.bytes).into_response()
    };
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
