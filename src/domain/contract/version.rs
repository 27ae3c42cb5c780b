//! A new version of a contract: the one before is void, with whatever was signed on it, and both sides are told.
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Frozen, family, freeze, kindergarten_of, lock_family};
use crate::app::Deed;
use crate::db;
use crate::db::application::Case;
use crate::domain::journal::facts;
use crate::domain::{application, journal, notice, transition};
use crate::fault::Failure;
use crate::rules::contract::{Attached, Change, Filled, Terms, VersionReason};
use crate::rules::document::DocumentKind;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::signature::Side;

pub use crate::db::contract_version::VersionRow;

/// Voids the version that the locked case stands on and puts the next in its place: the same offer, address and papers,
/// without a text and without signatures; the family holds the case again. Answers the new version.
pub async fn new_version(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    why: VersionReason,
) -> Result<Uuid, Failure> {
    let old = case.stage.contract().ok_or(Failure::NotFound)?;
    let new = deed.app.secrets.id();
    let next = case.stage.clone().new_version(new, deed.today())?;
    let (number, version) = db::contract_version::succeed(conn, old, new, why.as_str(), deed.now).await?;
    let facts = facts!(Contract: new, Void: old, Version: version + 1, Why: why);
    transition::settle(conn, deed, case, &next, why.deed(), facts).await?;
    tell(conn, deed, case, &number, version, why).await?;
    Ok(new)
}

/// The family by a text message, if it did not do it itself; nothing where it is told in another notice what to do. The
/// kindergarten in its cabinet.
async fn tell(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    number: &str,
    version: i32,
    why: VersionReason,
) -> Result<(), Failure> {
    let told =
        |to_kindergarten| Notice::ContractVoided { number: number.to_owned(), version, why, to_kindergarten };
    if deed.actor.account() == Some(case.applicant) {
        notice::enqueue_quietly(conn, deed, &[(case.applicant, case.id, told(false))]).await?;
    } else if !why.is_told_apart() {
        notice::enqueue(conn, deed, case.applicant, Some(case.id), &told(false)).await?;
    }
    let Some(group) = case.stage.group() else { return Ok(()) };
    let staff = db::contract_version::staff_of_group(conn, group).await?;
    let told: Vec<_> = staff.into_iter().map(|account| (account, case.id, told(true))).collect();
    Ok(notice::enqueue_quietly(conn, deed, &told).await?)
}

/// The kindergarten changes its offer before it has signed. A text that was filled in is made anew at once: the family has
/// only to read and sign it. Answers whether anything is another than before.
pub async fn change_terms(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    starts_on: NaiveDate,
    parent_fee: u32,
) -> Result<bool, Failure> {
    let case = lock_family(conn, deed, number).await?;
    let old = db::contract::of_application(conn, case.id).await?.ok_or(Failure::NotFound)?;
    if (old.starts_on, old.parent_fee) == (starts_on, parent_fee.cast_signed()) {
        return Ok(false);
    }
    let new = new_version(conn, deed, &case, VersionReason::TermsChanged).await?;
    db::contract_version::set_terms(conn, new, starts_on, parent_fee.cast_signed(), deed.now).await?;
    if let Some(address) = old.parent_address.filter(|_| old.filled_at.is_some()) {
        freeze(conn, deed, new, &address).await?;
    }
    Ok(true)
}

/// Every version of the contracts of an own case, the newest first.
pub async fn versions_for_parent(
    conn: &mut PgConnection,
    application: Uuid,
) -> Result<Vec<VersionRow>, Failure> {
    Ok(db::contract_version::of_case(conn, application, None).await?)
}

/// The same, of the own case with this number.
pub async fn own_versions(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
) -> Result<Vec<VersionRow>, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    versions_for_parent(conn, case.id).await
}

/// The versions of the contracts of this kindergarten with a family.
pub async fn versions_for_kindergarten(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
) -> Result<Vec<VersionRow>, Failure> {
    Ok(db::contract_version::of_case(conn, application, Some(kindergarten_of(deed)?)).await?)
}

/// What the version to be signed says otherwise than the one before.
pub struct Changes {
    /// The version it is told apart from.
    pub before: i32,
    pub all: Vec<Change>,
}

/// The last version that the family signed is told apart from the one that counts; the one before it, if there is none.
/// Nothing once both have signed, and where nothing is another.
pub async fn changes(
    conn: &mut PgConnection,
    rows: &[VersionRow],
    reader: Side,
) -> Result<Option<Changes>, Failure> {
    let open = rows.iter().find(|row| row.voided_at.is_none() && row.kindergarten_signed_at.is_none());
    let Some(now) = open else { return Ok(None) };
    // The newest are first.
    let earlier = || rows.iter().filter(|row| row.number == now.number && row.version < now.version);
    let Some(was) = earlier().find(|row| row.parent_signed_at.is_some()).or_else(|| earlier().next()) else {
        return Ok(None);
    };
    let all = terms(conn, was, reader).await?.changes(&terms(conn, now, reader).await?);
    Ok(Some(Changes { before: was.version, all }).filter(|it| !it.all.is_empty()))
}

/// What a family filled in is the kindergarten's to see once the family has signed it.
async fn terms(conn: &mut PgConnection, row: &VersionRow, reader: Side) -> Result<Terms, Failure> {
    let sees = row.pdf_sha256.is_some() && (reader == Side::Parent || row.parent_signed_at.is_some());
    let filled = match row.parent_address.clone().filter(|_| sees) {
        Some(address) => Some(Filled { address, papers: papers_of(conn, row.id).await? }),
        None => None,
    };
    Ok(Terms { starts_on: row.starts_on, parent_fee: row.parent_fee, filled })
}

async fn papers_of(conn: &mut PgConnection, id: Uuid) -> Result<Vec<Attached>, Failure> {
    let rows = db::contract::documents(conn, id).await?;
    let paper = |it: db::contract::AttachedDocument| {
        Some(Attached { kind: DocumentKind::parse(&it.kind)?, sha256: it.sha256, name: it.name })
    };
    Ok(rows.into_iter().filter_map(paper).collect())
}

/// The text of any version, void or not, for the applicant. The look is journalled.
pub async fn own_version(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    id: Uuid,
) -> Result<Frozen, Failure> {
    let case = application::lock_own(conn, deed, number).await?;
    version(conn, deed, case.id, id, None).await
}

/// The same for the kindergarten, of versions that the parent had signed.
pub async fn kindergarten_version(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    id: Uuid,
) -> Result<Frozen, Failure> {
    let family = family(conn, deed, number).await?;
    version(conn, deed, family.id, id, Some(kindergarten_of(deed)?)).await
}

async fn version(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    id: Uuid,
    kindergarten: Option<Uuid>,
) -> Result<Frozen, Failure> {
    let pdf =
        db::contract_version::pdf(conn, application, id, kindergarten).await?.ok_or(Failure::NotFound)?;
    journal::about(conn, deed, What::LookAtCase, application, facts!(Contract: id)).await?;
    Ok(Frozen { contract: id, pdf })
}
