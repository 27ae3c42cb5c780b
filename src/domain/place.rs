//! The place in the queue: kept cheap to read, checked, and told day by day with its causes (`rules.md` 3.3).
use chrono::NaiveDate;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::SharedApp;
use crate::db;
use crate::fault::Fault;

pub use crate::rules::place::Step;

/// What a place is counted from is made compact again: every joining and leaving of the queue so far goes into the marks
/// and the days. In the caller's transaction: a round of thousands does it before it commits. Readers never see a half of
/// it. Somebody else may be at it: then nothing is done. How many moves were folded.
pub async fn fold(conn: &mut PgConnection, queue: i32) -> Result<usize, Fault> {
    if !db::place::hold(conn, queue).await? {
        return Ok(0);
    }
    let taken = db::place::take(conn, queue).await?;
    if taken.count() == 0 {
        return Ok(0);
    }
    db::place::add_to_days(conn, queue, &taken).await?;
    if db::place::shift(conn, queue, &taken).await? == 0 {
        db::place::rebuild_marks(conn, queue).await?;
    } else {
        db::place::split(conn, queue).await?;
        db::place::thin_out(conn, queue).await?;
    }
    Ok(taken.count())
}

/// Every queue that has anything to fold, each in its own transaction.
pub async fn fold_all(app: &SharedApp) -> Result<usize, Fault> {
    let queues = db::place::unfolded(&mut *app.pool.acquire().await?).await?;
    let mut folded = 0;
    for queue in queues {
        let mut tx = app.pool.begin().await?;
        folded += fold(&mut tx, queue).await?;
        tx.commit().await?;
    }
    Ok(folded)
}

/// What a check of a queue found wrong, and built anew.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Wrong {
    pub marks: i64,
    pub days: i64,
}

/// Compares what places are read from with the families that wait and with the queue's events. A fault is an alarm in the
/// log, and is mended at once.
pub async fn verify(conn: &mut PgConnection, queue: i32) -> Result<Wrong, Fault> {
    db::place::wait_for(conn, queue).await?;
    let wrong = Wrong {
        marks: db::place::wrong_marks(conn, queue).await?,
        days: db::place::wrong_days(conn, queue).await?,
    };
    if wrong != Wrong::default() {
        tracing::error!(
            queue,
            marks = wrong.marks,
            days = wrong.days,
            "places in the queue were wrong and are built anew"
        );
        rebuild(conn, queue).await?;
    }
    Ok(wrong)
}

/// Builds what places are read from anew.
pub async fn rebuild(conn: &mut PgConnection, queue: i32) -> Result<(), Fault> {
    db::place::wait_for(conn, queue).await?;
    db::place::rebuild_marks(conn, queue).await?;
    db::place::rebuild_days(conn, queue).await?;
    Ok(())
}

/// Checks every queue, each in its own transaction; the sum of what was wrong.
pub async fn verify_all(app: &SharedApp) -> Result<Wrong, Fault> {
    let queues = db::queue::all(&mut *app.pool.acquire().await?).await?;
    let mut sum = Wrong::default();
    for queue in queues {
        let mut tx = app.pool.begin().await?;
        let wrong = verify(&mut tx, queue).await?;
        tx.commit().await?;
        sum.marks += wrong.marks;
        sum.days += wrong.days;
    }
    Ok(sum)
}

/// The history of a place from `first` to `today`, the latest first. Whoever may see the application may see this.
pub async fn history(
    conn: &mut PgConnection,
    application: Uuid,
    first: NaiveDate,
    today: NaiveDate,
) -> Result<Vec<Step>, Fault> {
    Ok(db::place::trail(conn, application, first, today).await?.steps(first, today))
}
