//! Outages: every term stands still while one lasts, afterwards too (`rules.md` 3.2).
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal;
use super::journal::facts;
use super::term::{self, Effect};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::fault::{Failure, Fault};
use crate::rules::calendar::Calendar;
use crate::rules::deadline::almaty_day;
use crate::rules::journal::What;
use crate::rules::refusal::Refusal;

pub use crate::db::outage::OutageRow;

/// Newest first.
pub async fn list(app: &SharedApp) -> Result<Vec<OutageRow>, Fault> {
    Ok(db::outage::all(&mut *app.pool.acquire().await?).await?)
}

/// What is said of an outage when it is declared.
#[derive(Debug, Clone)]
pub struct NewOutage {
    pub from: NaiveDate,
    /// `None`: it lasts.
    pub to: Option<NaiveDate>,
    pub text_kk: String,
    pub text_ru: String,
}

/// Declares an outage: terms move, and the annulments that fell into it are undone. The deed goes alone.
pub async fn declare(conn: &mut PgConnection, deed: &mut Deed, new: NewOutage) -> Result<Effect, Failure> {
    let row = OutageRow {
        id: deed.app.secrets.id(),
        from_on: new.from,
        to_on: new.to,
        text_kk: new.text_kk,
        text_ru: new.text_ru,
        declared_at: deed.now,
        withdrawn_at: None,
    };
    db::outage::add(conn, &row, deed.actor.account(), deed.clock.outages).await?;
    let facts = facts!(From: row.from_on, To: row.to_on);
    journal::on(conn, deed, What::DeclareOutage, row.id, facts).await?;
    changed(conn, deed).await
}

/// Ends an outage that lasts, on this day; the day itself does not count yet. The deed goes alone.
pub async fn end(
    conn: &mut PgConnection,
    deed: &mut Deed,
    id: Uuid,
    to: NaiveDate,
) -> Result<Effect, Failure> {
    let row = find(conn, id).await?;
    if row.to_on.is_some() {
        return Err(Refusal::OutageOver.into());
    }
    db::outage::end(conn, id, to, deed.clock.outages).await?;
    journal::on(conn, deed, What::EndOutage, id, facts!(To: to)).await?;
    changed(conn, deed).await
}

/// Withdraws an outage that was declared by mistake: no term counts its days from now on. What was shown to a family or given
/// back to it stays; where families have gone by a term that stands still since an earlier day, it stands still through
/// today, as if the outage ended. The deed goes alone.
pub async fn withdraw(conn: &mut PgConnection, deed: &mut Deed, id: Uuid) -> Result<Effect, Failure> {
    let row = find(conn, id).await?;
    let (today, mut before) = (deed.today(), deed.clock.outages);
    let mut effect = Effect::default();
    if row.to_on.is_none() && row.from_on <= today && almaty_day(row.declared_at) < today {
        db::outage::end(conn, id, today, before).await?;
        effect = changed(conn, deed).await?;
        before += 1;
    }
    db::outage::withdraw(conn, id, deed.now, before).await?;
    journal::on(conn, deed, What::WithdrawOutage, id, facts!()).await?;
    effect.moved.extend(changed(conn, deed).await?.moved);
    Ok(effect)
}

/// An outage that was not withdrawn.
async fn find(conn: &mut PgConnection, id: Uuid) -> Result<OutageRow, Failure> {
    let all = db::outage::all(conn).await?;
    let row = all.into_iter().find(|row| row.id == id).ok_or(Failure::NotFound)?;
    if row.withdrawn_at.is_some() { Err(Refusal::OutageOver.into()) } else { Ok(row) }
}

async fn changed(conn: &mut PgConnection, deed: &mut Deed) -> Result<Effect, Failure> {
    let outages = db::outage::all(conn).await?.iter().filter_map(OutageRow::pause).collect();
    let next: Calendar = deed.calendar().clone().with_outages(outages);
    term::recompute(conn, deed, next).await
}
