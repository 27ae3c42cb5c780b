//! A signature on its way: received, asked about outside of any transaction, then accepted, refused, or kept until the
//! authority that issued its key answers. Nothing is accepted in silence, and silence costs nobody a day.
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::facts;
use super::limit::{self, HOUR, Limit};
use super::{contract, journal, notice, term};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::db::contract::Parties;
use crate::db::signature::{NewCheck, Settled, Waiting};
use crate::fault::{Failure, Fault};
use crate::integrations::eds::{self, Evidence, KeyReport};
pub use crate::integrations::revocation::Patience;
use crate::integrations::verifier::Heard;
use crate::rules::actor::Actor;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::pause::PauseWhy;
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Party, Revocation, Side, SignatureRefusal, Standing, Taken, Verdict};

pub use crate::db::signature::Shown;

/// An uploaded signature, and what was heard about it.
pub struct Received {
    cms: Vec<u8>,
    /// Nothing where there was nobody to ask: the signature is broken or foreign, and will be refused.
    evidence: Option<Evidence>,
    heard: Heard,
}

/// Stands for a file that was so large that it was not kept: it is refused for its size, as it would have been.
pub fn too_large() -> Vec<u8> {
    vec![0; eds::MAX_SIGNATURE_BYTES + 1]
}

/// Asks about an uploaded signature, over the network: never inside a transaction. `content` is what it should sign;
/// `since` is when it came, if that was not just now.
pub async fn receive(
    app: &SharedApp,
    cms: &[u8],
    content: &[u8],
    since: Option<DateTime<Utc>>,
    patience: Patience,
) -> Result<Received, Fault> {
    let now = crate::clock::now(&mut *app.pool.acquire().await?).await?;
    let evidence = Evidence::of(cms, &app.trust, since.unwrap_or(now));
    let heard = match (&evidence, eds::parse_input(cms)) {
        (Some(evidence), Ok(der)) => {
            app.verifier.ask((&der, content), evidence, &app.secrets.token(), now, patience).await
        }
        _ => Heard::nothing(),
    };
    Ok(Received { cms: cms.to_vec(), evidence, heard })
}

impl Received {
    /// Our own policy over the very bytes, then what others said. `None`: nobody said enough.
    fn verdict(
        &self,
        deed: &Deed,
        pdf: &[u8],
        party: Party<'_>,
        at: DateTime<Utc>,
    ) -> Result<Option<Verdict>, SignatureRefusal> {
        let verdict = eds::verify(&self.cms, pdf, &deed.app.trust, party, at)?;
        match self.heard.standing {
            Standing::Good => Ok(Some(Verdict { revocation: Revocation::Good, ..verdict })),
            Standing::Unknown => Ok(None),
            Standing::Refused(why) => Err(why),
        }
    }
}

fn party_of(side: Side, parties: &Parties) -> Party<'_> {
    match side {
        Side::Parent => Party::Parent { iin: &parties.parent_iin },
        Side::Kindergarten => Party::Kindergarten { bin: &parties.bin, parent: Some(&parties.parent_iin) },
    }
}

/// One side's contract under a deed: locked, and as the page showed it.
pub(super) struct Desk<'a> {
    pub case: &'a Case,
    pub contract: Uuid,
    pub side: Side,
    pub pdf: &'a [u8],
}

/// Takes a signature: accepted at once, or kept until it can be checked. Another one that waited is dropped.
pub(super) async fn take(
    conn: &mut PgConnection,
    deed: &Deed,
    desk: &Desk<'_>,
    received: &Received,
) -> Result<Taken, Failure> {
    let parties = db::contract::parties(conn, desk.contract).await?;
    let verdict = received.verdict(deed, desk.pdf, party_of(desk.side, &parties), deed.now);
    let verdict = verdict.map_err(Refusal::Signature)?;
    let cms = eds::parse_input(&received.cms).map_err(Refusal::Signature)?;
    let stored = verdict.map(|verdict| to_json(&verdict)).transpose()?;
    drop_waiting(conn, deed, &[desk.contract], Some(desk.side)).await?;
    keep(conn, deed, desk, received, &cms, stored.as_ref()).await?;
    match &stored {
        Some(verdict) => {
            contract::accept(conn, deed, desk, &cms, verdict, deed.now).await?;
            Ok(Taken::Accepted)
        }
        None => {
            let facts = facts!(Contract: desk.contract, Side: desk.side.as_str());
            journal::about(conn, deed, What::SignatureWaits, desk.case.id, facts).await?;
            term::stand_still(conn, deed, desk.case.id, PauseWhy::Check).await?;
            Ok(Taken::Waiting)
        }
    }
}

async fn keep(
    conn: &mut PgConnection,
    deed: &Deed,
    desk: &Desk<'_>,
    received: &Received,
    cms: &[u8],
    verdict: Option<&serde_json::Value>,
) -> Result<(), Failure> {
    let evidence = received.evidence.as_ref();
    let new = NewCheck {
        id: deed.app.secrets.id(),
        contract: desk.contract,
        party: desk.side.as_str(),
        account: deed.actor.account().ok_or(Failure::NotFound)?,
        cms,
        content_sha256: &contract::sha256(desk.pdf),
        received_at: deed.now,
        verifier: &deed.app.verifier.name(),
        answers: &received.heard.answers,
        certificates: evidence.map(|it| it.certificates.as_slice()).unwrap_or_default(),
        ocsp: received.heard.ocsp.as_deref(),
        time_stamp: evidence.and_then(|it| it.time_stamp.as_deref()),
    };
    Ok(db::signature::insert(conn, new, verdict).await?)
}

fn to_json(verdict: &Verdict) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(verdict).map_err(|error| Fault::Broken(format!("verdict: {error}")))
}

/// Signatures that wait under these contracts are worth nothing any more: the text is another, or nobody needs it.
/// Answers whether there were any.
pub async fn drop_waiting(
    conn: &mut PgConnection,
    deed: &Deed,
    contracts: &[Uuid],
    side: Option<Side>,
) -> Result<bool, Fault> {
    Ok(db::signature::drop_waiting(conn, contracts, side.map(Side::as_str), deed.now).await? > 0)
}

/// The text of a contract is another now: what waits is dropped, and the term runs again.
async fn text_changed(
    conn: &mut PgConnection,
    deed: &Deed,
    application: Uuid,
    contract: Uuid,
) -> Result<(), Failure> {
    if drop_waiting(conn, deed, &[contract], None).await? {
        term::resume(conn, deed, application, PauseWhy::Check).await?;
    }
    Ok(())
}

/// A side's newest signature under a contract, for its pages.
pub async fn newest(conn: &mut PgConnection, contract: Uuid, side: Side) -> Result<Option<Shown>, Fault> {
    Ok(db::signature::newest(conn, contract, side.as_str()).await?)
}

// ---- A key that is tried. ----

/// So many keys somebody may try in an hour: each is a question to the authority.
const TRIES_IN_AN_HOUR: u32 = 30;

/// Whose key this account should hold: its own, or its organisation's.
pub struct KeyOwner {
    pub iin: String,
    pub bin: Option<String>,
}

impl KeyOwner {
    fn party(&self) -> Party<'_> {
        match &self.bin {
            Some(bin) => Party::Kindergarten { bin, parent: None },
            None => Party::Parent { iin: &self.iin },
        }
    }
}

pub async fn holder(app: &SharedApp, actor: Actor) -> Result<KeyOwner, Failure> {
    let Actor::Person { account, role } = actor else { return Err(Failure::NotFound) };
    let mut conn = app.pool.acquire().await?;
    let person = db::account::by_id(&mut conn, account).await?.ok_or(Failure::NotFound)?;
    let bin = match role.kindergarten() {
        Some(id) => Some(db::kindergarten::find(&mut conn, id).await?.ok_or(Failure::NotFound)?.bin),
        None => None,
    };
    Ok(KeyOwner { iin: person.iin.as_str().to_owned(), bin })
}

/// What a key is worth: each answer on its own.
pub struct TriedKey {
    pub report: KeyReport,
    /// It is this person's, or their organisation's with the right to sign.
    pub party: Result<(), SignatureRefusal>,
    pub standing: Standing,
    pub at: DateTime<Utc>,
    /// A key that ends within so many days deserves a warning.
    pub warning_days: u32,
}

impl TriedKey {
    pub fn trusted(&self) -> Result<(), SignatureRefusal> {
        if self.report.trusted { Ok(()) } else { Err(SignatureRefusal::NotTrusted) }
    }
}

/// Tries the key that has signed `text`. The inner refusal: this is nobody's signature under that text.
pub async fn try_key(
    app: &SharedApp,
    actor: Actor,
    request: Uuid,
    cms: &[u8],
    text: &[u8],
) -> Result<Result<TriedKey, SignatureRefusal>, Failure> {
    let owner = holder(app, actor).await?;
    let account = actor.account().ok_or(Failure::NotFound)?;
    let (mut tx, deed) = Deed::open(app, actor, request).await?;
    let tries = Limit::new("key_check", account.as_bytes(), &[(TRIES_IN_AN_HOUR, HOUR)]);
    limit::take(&mut tx, &deed, &[tries]).await?;
    journal::on(&mut tx, &deed, What::CheckKey, account, facts!()).await?;
    tx.commit().await?;
    let report = match eds::try_key(cms, text, &app.trust, deed.now) {
        Ok(report) => report,
        Err(why) => return Ok(Err(why)),
    };
    let received = receive(app, cms, text, None, Patience::PAGE).await?;
    Ok(Ok(TriedKey {
        party: report.signer.must_act_for(owner.party()),
        report,
        standing: received.heard.standing,
        at: deed.now,
        warning_days: deed.settings.key_warning_days,
    }))
}

// ---- In the background. ----

/// What came of the signatures that waited.
#[derive(Debug, Default, Clone, Serialize, PartialEq, Eq)]
pub struct Checked {
    pub accepted: usize,
    pub refused: usize,
    pub dropped: usize,
    pub still_waiting: usize,
}

/// Asks again about every signature that waits, each in its own transaction, until the authority is silent: then the
/// rest waits for the next round.
pub async fn check_waiting(app: &SharedApp) -> Result<Checked, Failure> {
    let began = crate::clock::now(&mut *app.pool.acquire().await?).await?;
    let mut checked = Checked::default();
    while let Some(it) = claim(app, began).await? {
        let pdf = it.pdf.as_deref().unwrap_or_default();
        let received = receive(app, &it.cms, pdf, Some(it.received_at), Patience::JOB).await?;
        match settle(app, &it, &received).await? {
            Outcome::Accepted => checked.accepted += 1,
            Outcome::Refused => checked.refused += 1,
            Outcome::Dropped => checked.dropped += 1,
            Outcome::Waits => {
                checked.still_waiting += 1;
                break;
            }
        }
    }
    Ok(checked)
}

async fn claim(app: &SharedApp, began: DateTime<Utc>) -> Result<Option<Waiting>, Fault> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    Ok(db::signature::claim(&mut conn, began, now).await?)
}

/// Reads the authority's lists anew before they end. Answers how many were read.
pub async fn refresh_lists(app: &SharedApp) -> Result<usize, Fault> {
    let now = crate::clock::now(&mut *app.pool.acquire().await?).await?;
    Ok(app.verifier.revocations.refresh(now).await)
}

enum Outcome {
    Accepted,
    Refused,
    Dropped,
    Waits,
}

/// The case is locked before its signature, as everywhere; whoever comes second finds nothing that waits.
async fn settle(app: &SharedApp, it: &Waiting, received: &Received) -> Result<Outcome, Failure> {
    let (mut tx, deed) = Deed::open(app, Actor::System, app.secrets.id()).await?;
    db::application::lock(&mut tx, it.application).await?;
    if !db::signature::lock_waiting(&mut tx, it.id).await? {
        return Ok(Outcome::Dropped);
    }
    let outcome = settle_locked(&mut tx, &deed, it, received).await?;
    tx.commit().await?;
    Ok(outcome)
}

async fn settle_locked(
    conn: &mut PgConnection,
    deed: &Deed,
    it: &Waiting,
    received: &Received,
) -> Result<Outcome, Failure> {
    let case = db::application::load(conn, it.application).await?;
    let side = Side::parse(&it.party).ok_or_else(|| Fault::Broken("an unknown side".to_owned()))?;
    let pdf = db::contract::pdf(conn, it.contract).await?.unwrap_or_default();
    let awaited = case.stage.contract() == Some(it.contract) && contract::awaits(deed, &case, side);
    if !awaited || contract::sha256(&pdf) != it.content_sha256 {
        text_changed(conn, deed, case.id, it.contract).await?;
        return Ok(Outcome::Dropped);
    }
    let parties = db::contract::parties(conn, it.contract).await?;
    let heard = &received.heard;
    let settled = Settled { id: it.id, answers: &heard.answers, ocsp: heard.ocsp.as_deref(), at: deed.now };
    match received.verdict(deed, &pdf, party_of(side, &parties), it.received_at) {
        Ok(None) => Ok(Outcome::Waits),
        Ok(Some(verdict)) => {
            let verdict = to_json(&verdict)?;
            db::signature::accepted(conn, settled, &verdict).await?;
            let desk = Desk { case: &case, contract: it.contract, side, pdf: &pdf };
            contract::accept(conn, deed, &desk, &it.cms, &verdict, it.received_at).await?;
            let told = Notice::SignatureAccepted { to_kindergarten: side == Side::Kindergarten };
            tell(conn, deed, it, &told).await?;
            Ok(Outcome::Accepted)
        }
        Err(why) => {
            db::signature::refused(conn, settled, why.code()).await?;
            let facts = facts!(Contract: it.contract, Side: side.as_str(), Why: why.code());
            journal::about(conn, deed, What::RefuseSignature, case.id, facts).await?;
            term::resume(conn, deed, case.id, PauseWhy::Check).await?;
            let to_kindergarten = side == Side::Kindergarten;
            let told = Notice::SignatureRefused { why: why.code().to_owned(), to_kindergarten };
            tell(conn, deed, it, &told).await?;
            Ok(Outcome::Refused)
        }
    }
}

/// Whoever sent the signature is told.
async fn tell(conn: &mut PgConnection, deed: &Deed, it: &Waiting, told: &Notice) -> Result<(), Fault> {
    notice::enqueue(conn, deed, it.account, Some(it.application), told).await
}
