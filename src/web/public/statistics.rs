//! The figures of the city: each a picture drawn here, the table beside it, its definition, and the same as data.
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;

use crate::app::SharedApp;
use crate::domain::statistics;
use crate::locale::{date, fill, kindergarten as said};
use crate::rules::figure::Figure;
use crate::rules::kindergarten::GroupKind;
use crate::web::Routes;
use crate::web::chart::{self, Chart, Series};
use crate::web::error::WebError;
use crate::web::page::{Page, show};
use crate::web::visit::Visit;

pub fn routes(routes: Routes) -> Routes {
    routes.get_public("/{lang}/statistics", page)
}

#[derive(Template)]
#[template(path = "public/statistics.html")]
struct StatisticsPage {
    p: Page,
    figures: Vec<FigureView>,
}

impl StatisticsPage {
    fn data(&self, figure: &FigureView, kind: &str) -> String {
        let city = self.p.city().code;
        format!("/api/v1/statistics/{}.{kind}?city={city}", figure.figure.as_str())
    }

    /// «Кесте: Ваучерлер»
    fn named(&self, sentence: &str, figure: &FigureView) -> String {
        fill(sentence, &[("figure", figure.title)])
    }
}

/// One figure, ready to be shown.
struct FigureView {
    figure: Figure,
    title: &'static str,
    about: &'static str,
    /// What the rows are: months, districts.
    first: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<(String, Vec<String>)>,
    /// Our own SVG.
    drawing: String,
}

/// How a figure is drawn.
enum Shape {
    Lines,
    Bars,
}

/// A figure as the table it is: the label of a row for the table and for the picture, then its values.
struct Table {
    figure: Figure,
    title: &'static str,
    about: &'static str,
    first: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<(String, String, Vec<Option<f64>>)>,
}

impl Table {
    fn view(self, p: &Page, shape: Shape) -> FigureView {
        let labels: Vec<String> = self.rows.iter().map(|(_, label, _)| label.clone()).collect();
        let values =
            |column: usize| self.rows.iter().map(move |(.., values)| values.get(column).copied().flatten());
        let series: Vec<Series> = (0..)
            .zip(&self.columns)
            .map(|(at, name)| Series { name: (*name).to_owned(), values: values(at).collect() })
            .collect();
        let chart = Chart {
            id: self.figure.as_str(),
            title: self.title,
            description: self.about,
            labels: &labels,
            series: &series,
        };
        let drawing = match shape {
            Shape::Lines => chart.lines(),
            Shape::Bars => chart.bars(&p.w.statistics.hidden),
        };
        let figure = self.figure;
        let told = |(column, value): (usize, Option<f64>)| {
            value.map_or_else(|| hidden(p, figure, column), chart::number)
        };
        let row = |values: Vec<Option<f64>>| values.into_iter().enumerate().map(told).collect();
        let rows = self.rows.into_iter().map(|(name, _, values)| (name, row(values)));
        FigureView {
            figure: self.figure,
            title: self.title,
            about: self.about,
            first: self.first,
            columns: self.columns,
            rows: rows.collect(),
            drawing,
        }
    }
}

/// What stands where a value does not: a count of fewer than five, or nothing that could be said.
fn hidden(p: &Page, figure: Figure, column: usize) -> String {
    let w = &p.w.statistics;
    match (figure, column) {
        (Figure::Vouchers, _) | (Figure::QueueLength, 0) => p.fewer(),
        _ => w.hidden.clone(),
    }
}

/// Counts are small enough to be exact as `f64`.
fn count(value: Option<i64>) -> Option<f64> {
    value.map(|value| value as f64)
}

/// A month in words, the running one marked; and as short as a picture needs it.
fn month(p: &Page, at: usize, months: usize, month: NaiveDate) -> (String, String) {
    let long = date::month(month, p.language);
    let long = if at + 1 == months { format!("{long} ({})", p.w.statistics.now) } else { long };
    (long, month.format("%m.%y").to_string())
}

fn by_month<T>(
    p: &Page,
    rows: Vec<T>,
    of: impl Fn(&T) -> NaiveDate,
    values: impl Fn(&T) -> Vec<Option<f64>>,
) -> Vec<(String, String, Vec<Option<f64>>)> {
    let months = rows.len();
    let line = |(at, row): (usize, &T)| {
        let (long, short) = month(p, at, months, of(row));
        (long, short, values(row))
    };
    rows.iter().enumerate().map(line).collect()
}

async fn page(State(app): State<SharedApp>, visit: Visit) -> Result<Response, WebError> {
    let p = Page::new(&app, &visit);
    let mut figures = Vec::new();
    for figure in Figure::ALL {
        let (table, shape) = table(&app, &visit, &p, figure).await?;
        figures.push(table.view(&p, shape));
    }
    show(&StatisticsPage { p, figures })
}

async fn table(app: &SharedApp, visit: &Visit, p: &Page, figure: Figure) -> Result<(Table, Shape), WebError> {
    let (w, city) = (&p.w.statistics, visit.city);
    let new = |title, about, first, columns, rows| Table { figure, title, about, first, columns, rows };
    Ok(match figure {
        Figure::QueueLength => {
            let rows = statistics::queue_length(app, city).await?;
            let rows = by_month(p, rows, |it| it.month, |it| vec![count(it.general), count(it.special)]);
            let columns: Vec<&'static str> = vec![&w.general, &w.special];
            (new(&w.queue_length, &w.queue_length_about, &w.month, columns, rows), Shape::Lines)
        }
        Figure::Vouchers => {
            let rows = statistics::vouchers(app, city).await?;
            let values =
                |it: &statistics::VoucherMonth| vec![count(it.issued), count(it.confirmed), count(it.lapsed)];
            let rows = by_month(p, rows, |it| it.month, values);
            let columns: Vec<&'static str> = vec![&w.issued, &w.confirmed, &w.lapsed];
            (new(&w.vouchers, &w.vouchers_about, &w.month, columns, rows), Shape::Lines)
        }
        Figure::WaitingTime => {
            let rows = statistics::waiting_time(app, city).await?;
            let line = |it: statistics::Days<GroupKind>| {
                let name = match it.of {
                    GroupKind::General => &*w.general_kind,
                    kind => said::kind(p.language, kind),
                };
                (name.to_owned(), name.to_owned(), vec![it.median, it.nine_of_ten])
            };
            let rows = rows.into_iter().map(line).collect();
            let columns: Vec<&'static str> = vec![&w.median, &w.nine_of_ten];
            (new(&w.waiting_time, &w.waiting_time_about, &w.kind, columns, rows), Shape::Bars)
        }
        Figure::Places => {
            let rows = statistics::places(app, city).await?;
            let line = |it: statistics::DistrictPlaces| {
                let name = it.district.name(p.language);
                let values = vec![count(Some(it.capacity)), count(Some(it.free))];
                (name.to_owned(), name.to_owned(), values)
            };
            let rows = rows.into_iter().map(line).collect();
            let columns: Vec<&'static str> = vec![&w.capacity, &w.free];
            (new(&w.places, &w.places_about, &w.district, columns, rows), Shape::Bars)
        }
        Figure::ReviewTime => {
            let rows = statistics::review_time(app, city).await?;
            let rows = by_month(p, rows, |it| it.of, |it| vec![it.median, it.nine_of_ten]);
            let columns: Vec<&'static str> = vec![&w.median, &w.nine_of_ten];
            (new(&w.review_time, &w.review_time_about, &w.month, columns, rows), Shape::Lines)
        }
    })
}
