//! The figures everybody may see: counted by `db::statistics`, hidden by `rules::disclosure`.
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::app::SharedApp;
use crate::db::statistics as counted;
use crate::fault::Fault;
use crate::rules::city::City;
use crate::rules::deadline::{almaty_day, day_begins};
use crate::rules::disclosure;
use crate::rules::district::District;
use crate::rules::figure::{self, months};
use crate::rules::kindergarten::GroupKind;
use crate::rules::queue_order::QueueType;

/// Families in the order when the month ended (now, in the running month). `None`: fewer than five.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueMonth {
    pub month: NaiveDate,
    pub general: Option<i64>,
    /// Of the special queues in which five or more waited: one that is hidden does not show in the sum either.
    pub special: Option<i64>,
}

/// What happened to vouchers in a month. `None`: fewer than five.
#[derive(Debug, Clone, PartialEq)]
pub struct VoucherMonth {
    pub month: NaiveDate,
    pub issued: Option<i64>,
    pub confirmed: Option<i64>,
    pub lapsed: Option<i64>,
}

/// Days, rounded to a tenth, that something took: `None` where fewer than five cases stand behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Days<T> {
    pub of: T,
    pub median: Option<f64>,
    pub nine_of_ten: Option<f64>,
}

/// The places of one district.
#[derive(Debug, Clone, PartialEq)]
pub struct DistrictPlaces {
    pub district: District,
    pub capacity: i64,
    pub free: i64,
}

/// The months of the figures, and the moment at which the first of them begins.
async fn year(conn: &mut sqlx::PgConnection) -> Result<(Vec<NaiveDate>, DateTime<Utc>), Fault> {
    let months = months(almaty_day(crate::clock::now(conn).await?));
    let since = day_begins(months.first().copied().unwrap_or_default());
    Ok((months, since))
}

pub async fn queue_length(app: &SharedApp, city: &City) -> Result<Vec<QueueMonth>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let (months, since) = year(&mut conn).await?;
    let moves = counted::moves(&mut conn, city.code, since).await?;
    Ok(lengths(&months, &moves))
}

/// The running sums of every queue, put together by type.
fn lengths(months: &[NaiveDate], moves: &[counted::Moves]) -> Vec<QueueMonth> {
    let mut queues: BTreeMap<i32, Vec<&counted::Moves>> = BTreeMap::new();
    for it in moves {
        queues.entry(it.queue).or_default().push(it);
    }
    let waiting = |moves: &[&counted::Moves], month: NaiveDate| -> i64 {
        let past = moves.iter().filter(|it| it.month.is_none_or(|at| at <= month));
        past.map(|it| it.sum).sum()
    };
    let of_type = |kind: QueueType, month: NaiveDate| {
        let queues = queues.values().filter(|moves| moves.iter().any(|it| it.queue_type == kind.as_str()));
        disclosure::total(queues.map(|moves| waiting(moves, month)))
    };
    let line = |month: &NaiveDate| QueueMonth {
        month: *month,
        general: of_type(QueueType::General, *month),
        special: of_type(QueueType::Special, *month),
    };
    months.iter().map(line).collect()
}

pub async fn vouchers(app: &SharedApp, city: &City) -> Result<Vec<VoucherMonth>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let (months, since) = year(&mut conn).await?;
    let rows = counted::vouchers(&mut conn, city.code, since).await?;
    let line = |month: &NaiveDate| {
        let row = rows.iter().find(|row| row.month == *month);
        let shown = |count: fn(&counted::VoucherMonth) -> i64| disclosure::shown(row.map_or(0, count));
        VoucherMonth {
            month: *month,
            issued: shown(|row| row.issued),
            confirmed: shown(|row| row.confirmed),
            lapsed: shown(|row| row.lapsed),
        }
    };
    Ok(months.iter().map(line).collect())
}

fn taken<T, U>(of: U, row: Option<&counted::Taken<T>>) -> Days<U> {
    let row = row.filter(|row| disclosure::shown(row.count).is_some());
    Days {
        of,
        median: row.map(|row| figure::days(row.median)),
        nine_of_ten: row.map(|row| figure::days(row.nine_of_ten)),
    }
}

/// The general queue first, then every correction type.
pub async fn waiting_time(app: &SharedApp, city: &City) -> Result<Vec<Days<GroupKind>>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let (_, since) = year(&mut conn).await?;
    let rows = counted::waiting_times(&mut conn, city.code, since).await?;
    let of = |kind: GroupKind| rows.iter().find(|row| row.of.as_deref() == kind.correction_type());
    Ok(GroupKind::all().map(|kind| taken(kind, of(kind))).collect())
}

pub async fn review_time(app: &SharedApp, city: &City) -> Result<Vec<Days<NaiveDate>>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let (months, since) = year(&mut conn).await?;
    let rows = counted::review_times(&mut conn, city.code, since).await?;
    let of = |month: NaiveDate| rows.iter().find(|row| row.of == month);
    Ok(months.into_iter().map(|month| taken(month, of(month))).collect())
}

/// In the order of the list of districts; a district without places has a row too.
pub async fn places(app: &SharedApp, city: &City) -> Result<Vec<DistrictPlaces>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let rows = counted::places(&mut conn, city.code).await?;
    let line = |district: District| {
        let row = rows.iter().find(|row| row.district == district.code());
        DistrictPlaces {
            district,
            capacity: row.map_or(0, |row| row.capacity),
            free: row.map_or(0, |row| row.free),
        }
    };
    Ok(District::all().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_queue_under_five_does_not_show_in_the_sum() {
        let moves = |queue, queue_type: &str, month: Option<&str>, sum| counted::Moves {
            queue,
            queue_type: queue_type.to_owned(),
            month: month.map(day),
            sum,
        };
        let moves = [
            moves(1, "general", None, 40),
            moves(1, "general", Some("2026-11-01"), -36),
            moves(2, "special", None, 6),
            moves(2, "special", Some("2026-12-01"), 1),
            moves(3, "special", Some("2026-11-01"), 4),
            moves(3, "special", Some("2026-12-01"), 1),
        ];
        let months = ["2026-10-01", "2026-11-01", "2026-12-01"].map(day);
        let lines = lengths(&months, &moves);
        assert_eq!(lines.iter().map(|it| it.general).collect::<Vec<_>>(), [Some(40), None, None]);
        assert_eq!(lines.iter().map(|it| it.special).collect::<Vec<_>>(), [Some(6), Some(6), Some(12)]);
    }
}
