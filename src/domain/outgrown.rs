//! Families whose child comes to school age are warned twice before 1 September; on that day `voucher::Sweep` archives.
use chrono::{Datelike, NaiveDate};

use super::journal::facts;
use super::{journal, notice};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::Failure;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::settings::Settings;

/// Families warned in one transaction.
const AT_ONCE: i64 = 100;

/// The next 1 September, and which warning of it is due: the first, the second, or none yet.
fn due(today: NaiveDate, settings: &Settings) -> Option<(NaiveDate, i32)> {
    let of = |year| NaiveDate::from_ymd_opt(year, 9, 1).filter(|day| *day > today);
    let on = of(today.year()).or_else(|| of(today.year() + 1))?;
    let days = (on - today).num_days();
    if days <= i64::from(settings.outgrown_second_notice_days) {
        Some((on, 2))
    } else if days <= i64::from(settings.outgrown_first_notice_days) {
        Some((on, 1))
    } else {
        None
    }
}

/// Warns whom it is time to warn, each once; answers how many. Whoever applies after the first warning was due gets the one
/// due then.
pub async fn warn(app: &SharedApp) -> Result<usize, Failure> {
    let mut warned = 0;
    loop {
        let mut tx = app.pool.begin().await?;
        let deed = Deed::by_system(app, &mut tx).await?;
        let Some((on, warning)) = due(deed.today(), &deed.settings) else { return Ok(warned) };
        let birth_year = on.year() - deed.settings.child_under_years.cast_signed();
        let families = db::outgrown::take(&mut tx, birth_year, warning, AT_ONCE).await?;
        for (application, applicant) in &families {
            notice::enqueue(&mut tx, &deed, *applicant, Some(*application), &Notice::WillOutgrow { on })
                .await?;
            let facts = facts!(On: on, Warning: warning);
            journal::about(&mut tx, &deed, What::WarnOutgrown, *application, facts).await?;
        }
        tx.commit().await?;
        warned += families.len();
        if families.is_empty() {
            return Ok(warned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_and_thirty_days_before_september() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let settings = Settings::default();
        for (today, warning) in [
            ("2027-07-02", None),
            ("2027-07-03", Some(1)),
            ("2027-08-01", Some(1)),
            ("2027-08-02", Some(2)),
            ("2027-08-31", Some(2)),
            ("2027-09-01", None),
        ] {
            let found = due(day(today), &settings);
            assert_eq!(found.map(|found| found.1), warning, "{today}");
            assert!(found.is_none_or(|found| found.0 == day("2027-09-01")));
        }
    }
}
