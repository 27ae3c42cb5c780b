//! The family's wallet of papers: kept once, reused in every contract by a tick, warned about before they expire.
use chrono::Duration;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::{file, journal, notice};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::file::FileRow;
use crate::db::paper::NewPaper;
use crate::fault::Failure;
use crate::rules::document::DocumentKind;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::paper::{Dates, Owner, Warning};

pub use crate::db::paper::{PaperRow, ToMendRow};

/// Papers looked at in one transaction.
const AT_ONCE: i64 = 100;

/// Where a paper belongs: to the parent, or to one of the children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub child: Option<Uuid>,
    pub kind: DocumentKind,
}

impl Place {
    /// `None`: there is no such place. A birth certificate is a child's, an identity card the parent's.
    pub fn of(child: Option<Uuid>, kind: DocumentKind) -> Option<Self> {
        (child.is_none() == (kind.owner() == Owner::Parent)).then_some(Self { child, kind })
    }
}

/// Everything in the wallet.
pub async fn wallet(app: &SharedApp, account: Uuid) -> Result<Vec<PaperRow>, Failure> {
    Ok(db::paper::of_account(&mut *app.pool.acquire().await?, account).await?)
}

/// What the kindergartens sent back, and the family has not put right.
pub async fn to_mend(app: &SharedApp, account: Uuid) -> Result<Vec<ToMendRow>, Failure> {
    Ok(db::paper::to_mend(&mut *app.pool.acquire().await?, account).await?)
}

impl ToMendRow {
    /// It was sent back from this place of the wallet.
    pub fn is_of(&self, place: Place) -> bool {
        self.kind == place.kind.as_str() && place.child.is_none_or(|child| child == self.child)
    }
}

/// The paper in a place of one's own wallet, if there is one; another family's child is not there.
pub async fn find(conn: &mut PgConnection, account: Uuid, place: Place) -> Result<Option<PaperRow>, Failure> {
    if let Some(child) = place.child
        && !db::paper::is_guardian(conn, account, child).await?
    {
        return Err(Failure::NotFound);
    }
    Ok(db::paper::lock(conn, account, place.child, place.kind.as_str()).await?)
}

/// Keeps a paper in its place: a fresh file, or the one that is there with other dates.
pub async fn save(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    place: Place,
    fresh: Option<Uuid>,
    dates: Dates,
) -> Result<(), Failure> {
    let before = find(conn, account, place).await?;
    let file = fresh.or(before.as_ref().map(|paper| paper.file)).ok_or(Failure::NotFound)?;
    db::file::own(conn, file, account, deed.now).await?.ok_or(Failure::NotFound)?;
    db::file::keep(conn, file).await?;
    let new = NewPaper {
        id: deed.app.secrets.id(),
        account,
        child: place.child,
        kind: place.kind.as_str(),
        file,
        issued_on: dates.issued_on,
        expires_on: dates.expires_on,
        now: deed.now,
    };
    db::paper::put(conn, new).await?;
    if let Some(before) = before.filter(|before| before.file != file) {
        db::file::release(conn, before.file, deed.now).await?;
    }
    let facts = facts!(Kind: place.kind.as_str(), Fresh: fresh.is_some());
    Ok(journal::on(conn, deed, What::SavePaper, file, facts).await?)
}

/// Takes a paper out of the wallet. Contracts keep the file they were made with.
pub async fn remove(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    place: Place,
) -> Result<(), Failure> {
    let paper = find(conn, account, place).await?.ok_or(Failure::NotFound)?;
    db::paper::remove(conn, paper.id).await?;
    db::file::release(conn, paper.file, deed.now).await?;
    let facts = facts!(Kind: place.kind.as_str());
    Ok(journal::on(conn, deed, What::RemovePaper, paper.file, facts).await?)
}

/// The parent looks at a paper of the wallet.
pub async fn look(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    place: Place,
) -> Result<FileRow, Failure> {
    let paper = find(conn, account, place).await?.ok_or(Failure::NotFound)?;
    file::of_wallet(conn, deed, account, paper.file).await
}

/// Warns the families whose papers are about to expire, of each threshold once; answers how many were warned.
pub async fn warn(app: &SharedApp) -> Result<usize, Failure> {
    let (mut warned, mut after) = (0, Uuid::nil());
    loop {
        let mut tx = app.pool.begin().await?;
        let deed = Deed::by_system(app, &mut tx).await?;
        let (today, settings) = (deed.today(), &deed.settings);
        let soon = today + Duration::days(i64::from(settings.paper_first_notice_days));
        let papers = db::paper::expiring(&mut tx, today, soon, after, AT_ONCE).await?;
        let Some(last) = papers.last() else { return Ok(warned) };
        after = last.id;
        for paper in &papers {
            let due = Warning::due(today, paper.expires_on, paper.use_on, settings);
            let Some(warning) = due.filter(|due| !paper.warned.iter().any(|told| told == due.as_str()))
            else {
                continue;
            };
            db::paper::warned(&mut tx, paper.id, warning.as_str()).await?;
            let document = paper.kind.clone();
            let child = paper.child_name.clone();
            let told = Notice::PaperExpires { document, child, on: paper.expires_on, warning };
            notice::enqueue(&mut tx, &deed, paper.account, None, &told).await?;
            let facts = facts!(Kind: paper.kind, Warning: warning.as_str());
            journal::on(&mut tx, &deed, What::WarnPaper, paper.id, facts).await?;
            warned += 1;
        }
        tx.commit().await?;
    }
}
