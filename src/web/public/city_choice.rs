//! Which city a visitor looks at: picked by hand, or found from where the browser says it is.
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::SharedApp;
use crate::locale::fill;
use crate::rules::city::{CITIES, City};
use crate::web::address::Query;
use crate::web::browser::set_cookie;
use crate::web::error::WebError;
use crate::web::form::{Answers, Form};
use crate::web::page::{Page, show, show_again};
use crate::web::visit::{COOKIE_DAYS, Visit, city_cookie};
use crate::web::{Routes, Who, urls};

pub fn routes(routes: Routes) -> Routes {
    routes.get("/{lang}/city", Who::Everybody, open).post("/{lang}/city", Who::Everybody, pick)
}

#[derive(Template)]
#[template(path = "public/city.html")]
struct CityPage {
    p: Page,
    a: Answers,
    cities: Vec<(&'static str, String)>,
    /// What came of asking the browser.
    found: Option<String>,
}

impl CityPage {
    fn new(app: &SharedApp, visit: &Visit, a: Answers, found: Option<String>) -> Self {
        let p = Page::new(app, visit);
        let label = |city: &City| {
            let name = city.name(p.language).to_owned();
            if city.opened { name } else { format!("{name} – {}", p.w.city_choice.not_yet) }
        };
        let cities = CITIES.iter().map(|city| (city.code, label(city))).collect();
        Self { p, a, cities, found }
    }
}

/// `?at=43.2,76.9`: where the browser says it is, to a tenth of a degree – enough for a city, too little for a street.
fn place(query: &Query) -> Option<(f64, f64)> {
    let (north, east) = query.text("at").split_once(',')?;
    Some((north.parse().ok()?, east.parse().ok()?))
}

async fn open(State(app): State<SharedApp>, visit: Visit, query: Query) -> Result<Response, WebError> {
    let w = &crate::locale::words(visit.language).city_choice;
    let mut a = Answers::default();
    a.set("city", visit.city.code);
    a.set("back", urls::own_page(query.text("back")).unwrap_or_default());
    let found = place(&query).map(|place| match City::around(place) {
        Some(city) => {
            a.set("city", city.code);
            fill(&w.found, &[("city", city.name(visit.language))])
        }
        None => w.found_none.clone(),
    });
    show(&CityPage::new(&app, &visit, a, found))
}

async fn pick(State(app): State<SharedApp>, visit: Visit, form: Form) -> Result<Response, WebError> {
    let Some(city) = City::parse(form.text("city")) else {
        let mut a = form.answers();
        a.fail("city", &crate::locale::words(visit.language).form.choose);
        return show_again(&CityPage::new(&app, &visit, a, None));
    };
    let back = urls::own_page(form.text("back")).unwrap_or_else(|| urls::page(visit.language, ""));
    let mut response = Redirect::to(&back).into_response();
    let tls = app.config.tls();
    set_cookie(&mut response, tls, city_cookie(tls), city.code, COOKIE_DAYS);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_two_numbers() {
        let read = |text: &str| place(&Query::read(text).unwrap());
        assert_eq!(read("at=43.2,76.9"), Some((43.2, 76.9)));
        for broken in ["", "at=", "at=43.2", "at=x,y", "at=1,2,3"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
