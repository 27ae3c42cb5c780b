//! Signing with a phone: a QR code leads eGov mobile to the frozen text, and the signature it sends back goes the way of an
//! uploaded one. The code's token is derived from its name: the database holds its hash only, and a page can draw it again.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::check::Asker;
use super::many::ShownText;
use super::{Frozen, frozen, lock_family, must_be_shown, sign_as_kindergarten, sign_as_parent, signed_by};
use crate::app::{App, Deed, SharedApp};
use crate::db;
use crate::db::application::Case;
use crate::db::phone_signing::{NewPhoneSigning, OwnRow, PhoneRow};
use crate::domain::journal::facts;
use crate::domain::limit::{self, HOUR, Limit};
use crate::domain::signature::{self, Patience};
use crate::domain::{application, journal};
use crate::fault::{Failure, Fault};
use crate::rules::actor::{Actor, Role};
use crate::rules::journal::What;
use crate::rules::person::Language;
use crate::rules::phone_signing::{Code, MINUTES, MOST_CONTRACTS, Progress, Step};
use crate::rules::refusal::Refusal;
use crate::rules::signature::{Side, Taken};

/// So many codes somebody may ask for in an hour.
const CODES_IN_AN_HOUR: u32 = 30;

fn token_of(app: &App, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(&app.secrets.mac("phone_signing", &[id.as_bytes()])[..16])
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

// ---- On the signing page. ----

/// The text could be signed by this side now, and is the one that was shown.
pub async fn ready(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    side: Side,
    shown: &str,
) -> Result<(Case, Frozen), Failure> {
    let case = match side {
        Side::Parent => application::lock_own(conn, deed, number).await?,
        Side::Kindergarten => lock_family(conn, deed, number).await?,
    };
    must_be_shown(conn, &case, side, shown).await?;
    signed_by(deed, &case, side)?;
    let frozen = frozen(conn, &case).await?;
    Ok((case, frozen))
}

/// Makes a code for the text that was shown; answers its name. The ones made before it end.
pub async fn make(
    conn: &mut PgConnection,
    deed: &Deed,
    number: &str,
    side: Side,
    shown: &str,
) -> Result<Uuid, Failure> {
    count(conn, deed).await?;
    let (case, frozen) = ready(conn, deed, number, side, shown).await?;
    let id = deed.app.secrets.id();
    add(conn, deed, side, (id, id), (case.id, &frozen)).await?;
    Ok(id)
}

/// Makes one code for many contracts of this kindergarten, as they were shown.
pub async fn make_many(conn: &mut PgConnection, deed: &Deed, shown: &[ShownText]) -> Result<Uuid, Failure> {
    count(conn, deed).await?;
    let mut ready = Vec::new();
    for one in shown.iter().take(MOST_CONTRACTS) {
        ready.push(ready_to_read(conn, deed, one).await?);
    }
    // In the order in which they were shown.
    let mut ids: Vec<Uuid> = ready.iter().map(|_| deed.app.secrets.id()).collect();
    ids.sort_unstable();
    let batch = *ids.first().ok_or(Failure::NotFound)?;
    for (id, (application, frozen)) in ids.iter().zip(&ready) {
        add(conn, deed, Side::Kindergarten, (*id, batch), (*application, frozen)).await?;
    }
    Ok(batch)
}

/// The same as [`ready`], for one of many: no case is locked while others are looked at.
pub async fn ready_to_read(
    conn: &mut PgConnection,
    deed: &Deed,
    shown: &ShownText,
) -> Result<(Uuid, Frozen), Failure> {
    let id = super::family(conn, deed, &shown.number).await?.id;
    let case = db::application::load(conn, id).await?;
    must_be_shown(conn, &case, Side::Kindergarten, &shown.sha256).await?;
    signed_by(deed, &case, Side::Kindergarten)?;
    Ok((id, frozen(conn, &case).await?))
}

async fn count(conn: &mut PgConnection, deed: &Deed) -> Result<(), Failure> {
    let account = deed.actor.account().ok_or(Failure::NotFound)?;
    let codes = Limit::new("phone_signing", account.as_bytes(), &[(CODES_IN_AN_HOUR, HOUR)]);
    limit::take(conn, deed, &[codes]).await
}

fn kindergarten_of(actor: Actor) -> Option<Uuid> {
    match actor {
        Actor::Person { role, .. } => role.kindergarten(),
        Actor::System => None,
    }
}

/// One contract of a code.
async fn add(
    conn: &mut PgConnection,
    deed: &Deed,
    side: Side,
    (id, batch): (Uuid, Uuid),
    (application, frozen): (Uuid, &Frozen),
) -> Result<(), Failure> {
    let account = deed.actor.account().ok_or(Failure::NotFound)?;
    let new = NewPhoneSigning {
        id,
        batch,
        contract: frozen.contract,
        content_sha256: &super::sha256(&frozen.pdf),
        party: side.as_str(),
        account,
        kindergarten: kindergarten_of(deed.actor),
        token_sha256: &hash(&token_of(&deed.app, id)),
        now: deed.now,
        expires_at: deed.now + Duration::minutes(MINUTES),
    };
    db::phone_signing::insert(conn, new).await?;
    let facts = facts!(Contract: frozen.contract, Side: side.as_str());
    Ok(journal::about(conn, deed, What::AskPhoneSignature, application, facts).await?)
}

/// A code as its maker's page shows it.
pub struct Shown {
    pub token: String,
    pub expires_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// One contract, or many of a kindergarten.
    pub contracts: Vec<ShownContract>,
}

/// One contract of a code.
pub struct ShownContract {
    /// Of the case.
    pub number: String,
    pub contract_number: String,
    pub child_name: String,
    /// The hash of the text it signs.
    pub content_sha256: String,
    pub step: Step,
    /// Why its signature was refused, by code.
    pub refusal: Option<String>,
    /// Its signature waits for its check.
    pub waits: bool,
    /// The version that the family signs before the kindergarten.
    pub family_first: Option<i32>,
}

/// A code of this account's own; all of it for this case, where that is named.
pub async fn look(
    app: &SharedApp,
    actor: Actor,
    side: Side,
    number: Option<&str>,
    id: Uuid,
) -> Result<Shown, Failure> {
    let mut conn = app.pool.acquire().await?;
    let whose = (actor.account().ok_or(Failure::NotFound)?, kindergarten_of(actor));
    let own = db::phone_signing::own(&mut conn, id, whose, side.as_str(), number).await?;
    let now = crate::clock::now(&mut conn).await?;
    let expires_at = own.first().ok_or(Failure::NotFound)?.expires_at;
    let contracts = own.into_iter().map(|row| shown(row, now)).collect::<Result<_, Fault>>()?;
    Ok(Shown { token: token_of(app, id), expires_at, now, contracts })
}

fn shown(row: OwnRow, now: DateTime<Utc>) -> Result<ShownContract, Fault> {
    let code = Code {
        progress: progress(&row.state)?,
        expires_at: row.expires_at,
        is_void: row.is_void,
        is_signed: row.is_signed,
        is_replaced: row.is_replaced,
    };
    Ok(ShownContract {
        step: code.step(now),
        number: row.number,
        contract_number: row.contract_number,
        child_name: row.child_name,
        content_sha256: hex::encode(row.content_sha256),
        refusal: row.refusal,
        waits: row.waits,
        family_first: row.family_first,
    })
}

fn progress(state: &str) -> Result<Progress, Fault> {
    Progress::parse(state).ok_or_else(|| Fault::Broken("an unknown state of a code".to_owned()))
}

// ---- On the phone. ----

/// Why a phone is not served.
#[derive(Debug)]
pub enum NotServed {
    /// No code has this token; the two cannot be told apart.
    Unknown,
    Over,
    /// It has brought a signature before.
    Used,
    /// Whoever made it has made another one since.
    Replaced,
    /// This side has signed in another way.
    SignedOtherwise,
    Failed(Failure),
}

impl<T: Into<Failure>> From<T> for NotServed {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// A code whose token was right: its contracts, at least one.
pub struct Served(Vec<PhoneRow>);

/// The contract is still to be signed with this code. While a signature is being checked it may come again: whoever checks
/// it may have died over it.
fn is_open(row: &PhoneRow, now: DateTime<Utc>) -> Result<(), NotServed> {
    let code = Code {
        progress: progress(&row.state)?,
        expires_at: row.expires_at,
        is_void: row.is_void,
        is_signed: row.is_signed,
        is_replaced: row.is_replaced,
    };
    match code.step(now) {
        Step::Scan | Step::SignOnPhone => Ok(()),
        Step::Checking if now < row.expires_at => Ok(()),
        Step::Changed => Err(Refusal::ContractChanged.into()),
        Step::Over => Err(NotServed::Over),
        Step::Replaced => Err(NotServed::Replaced),
        Step::SignedOtherwise => Err(NotServed::SignedOtherwise),
        Step::Checking | Step::Refused | Step::Done => Err(NotServed::Used),
    }
}

impl Served {
    /// What whoever made the code is spoken to in.
    pub fn language(&self) -> Language {
        self.0.first().and_then(|row| Language::parse(&row.language)).unwrap_or(Language::Kk)
    }

    /// How many contracts it leads to.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Its contracts that are still to be signed, each with its number in the code; why not, where none is.
    async fn open(&self, app: &SharedApp) -> Result<Vec<(usize, &PhoneRow)>, NotServed> {
        let now = crate::clock::now(&mut *app.pool.acquire().await?).await?;
        let (mut open, mut closed) = (Vec::new(), NotServed::Unknown);
        for (row, number) in self.0.iter().zip(1..) {
            match is_open(row, now) {
                Ok(()) => open.push((number, row)),
                Err(why) => closed = why,
            }
        }
        if open.is_empty() { Err(closed) } else { Ok(open) }
    }
}

/// A phone that comes with a wrong token is counted for its address; one with a right token never is: many phones share
/// the address of their network. `id`: where the address names the code, too.
pub async fn serve(
    app: &SharedApp,
    asker: &Asker,
    id: Option<Uuid>,
    token: &str,
) -> Result<Served, NotServed> {
    let (mut tx, deed) = Deed::open(app, asker.actor, asker.request).await?;
    let rows = db::phone_signing::for_phone(&mut tx, id, &hash(token)).await?;
    if !rows.is_empty() {
        return Ok(Served(rows));
    }
    let windows = [(deed.settings.lookup_address_hour, HOUR)];
    let guess = Limit::new("phone_signing_guess", asker.address.as_bytes(), &windows);
    limit::take(&mut tx, &deed, &[guess]).await?;
    tx.commit().await.map_err(Fault::from)?;
    Err(NotServed::Unknown)
}

/// A code and what it leads to.
pub struct Invitation {
    pub id: Uuid,
    pub expires_at: DateTime<Utc>,
}

/// API №1: the phone has scanned a code.
pub async fn invite(app: &SharedApp, code: &Served) -> Result<Invitation, NotServed> {
    let open = code.open(app).await?;
    let (_, row) = open.first().ok_or(NotServed::Unknown)?;
    db::phone_signing::opened(&mut *app.pool.acquire().await?, row.batch).await?;
    Ok(Invitation { id: row.batch, expires_at: row.expires_at })
}

/// What there is to sign.
pub struct Document {
    /// In the code: the signature comes back under it.
    pub number: usize,
    pub contract_number: String,
    pub sha256: String,
    pub pdf: Vec<u8>,
}

/// API №2, asked: the exact bytes.
pub async fn documents(app: &SharedApp, code: &Served) -> Result<Vec<Document>, NotServed> {
    let mut documents = Vec::new();
    let open = code.open(app).await?;
    let mut conn = app.pool.acquire().await?;
    for (number, row) in open {
        let pdf = db::contract::pdf(&mut conn, row.contract).await?.unwrap_or_default();
        let (contract_number, sha256) = (row.contract_number.clone(), hex::encode(&row.content_sha256));
        documents.push(Document { number, contract_number, sha256, pdf });
    }
    Ok(documents)
}

/// A signature as it came, under the number of its contract.
pub struct Sent {
    pub number: usize,
    pub cms: Vec<u8>,
}

/// What came of the signatures of one code.
#[derive(Debug)]
pub struct Received {
    /// Contracts signed with it by now, accepted or kept until they can be checked.
    pub signed: usize,
    /// The last signature that was not taken, and why.
    pub refused: Option<NotServed>,
}

/// API №2, answered: each signature counts by itself, and once, however often it comes. A phone that hangs up meanwhile
/// breaks nothing off; one that heard nothing, since the portal was killed over it, sends them again.
pub async fn receive(
    app: &SharedApp,
    request: Uuid,
    code: Served,
    sent: Vec<Sent>,
) -> Result<Received, NotServed> {
    let batch = code.open(app).await?.first().map(|(_, row)| row.batch).ok_or(NotServed::Unknown)?;
    let work = {
        let app = app.clone();
        tokio::spawn(async move {
            let mut refused = None;
            for Sent { number, cms } in sent {
                let row = number.checked_sub(1).and_then(|at| code.0.get(at));
                let taken = match row {
                    Some(row) => receive_one(&app, request, row, &cms).await,
                    None => Err(NotServed::Unknown),
                };
                refused = taken.err().or(refused);
            }
            refused
        })
    };
    let refused = work.await.map_err(|error| Fault::Broken(format!("a signature by phone: {error}")))?;
    let signed = db::phone_signing::used(&mut *app.pool.acquire().await?, batch).await?;
    Ok(Received { signed: usize::try_from(signed).unwrap_or_default(), refused })
}

async fn receive_one(app: &SharedApp, request: Uuid, row: &PhoneRow, cms: &[u8]) -> Result<Taken, NotServed> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    is_open(row, now)?;
    if !db::phone_signing::claim(&mut conn, row.id, now).await? {
        // Something came between reading and claiming.
        return Err(NotServed::Used);
    }
    drop(conn);
    settle(app, request, row, cms).await
}

async fn settle(app: &SharedApp, request: Uuid, row: &PhoneRow, cms: &[u8]) -> Result<Taken, NotServed> {
    match take(app, request, row, cms).await {
        Ok(taken) => Ok(taken),
        Err(NotServed::Failed(Failure::Refused(refusal))) => {
            note_refused(app, request, row, &refusal).await?;
            Err(refusal.into())
        }
        Err(NotServed::Failed(failure)) => {
            db::phone_signing::release(&mut *app.pool.acquire().await?, row.id).await?;
            Err(failure.into())
        }
        Err(why) => Err(why),
    }
}

fn side_of(row: &PhoneRow) -> Result<Side, Fault> {
    Side::parse(&row.party).ok_or_else(|| Fault::Broken("an unknown side".to_owned()))
}

fn actor_of(row: &PhoneRow) -> Actor {
    let role = row.kindergarten.map_or(Role::Parent, Role::Kindergarten);
    Actor::Person { account: row.account, role }
}

/// The way of an uploaded signature. What the code was made for is what was shown. Of two that were checked at once the
/// first one counts.
async fn take(app: &SharedApp, request: Uuid, row: &PhoneRow, cms: &[u8]) -> Result<Taken, NotServed> {
    let pdf = db::contract::pdf(&mut *app.pool.acquire().await?, row.contract).await?.unwrap_or_default();
    let received = signature::receive(app, cms, &pdf, None, Patience::PAGE).await?;
    let (mut tx, deed) = Deed::open(app, actor_of(row), request).await?;
    if !db::phone_signing::lock_unsettled(&mut tx, row.id).await? {
        return Err(NotServed::Used);
    }
    let shown = hex::encode(&row.content_sha256);
    let taken = match side_of(row)? {
        Side::Parent => sign_as_parent(&mut tx, &deed, &row.number, &received, &shown).await?,
        Side::Kindergarten => sign_as_kindergarten(&mut tx, &deed, &row.number, &received, &shown).await?,
    };
    db::phone_signing::settle(&mut tx, row.id, None).await?;
    tx.commit().await?;
    Ok(taken)
}

/// A contract that is another by now, and a case that waits for no signature, have codes of their own.
fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Signature(why) => why.code(),
        Refusal::ContractChanged | Refusal::FamilySignsFirst { .. } => "contract_changed",
        _ => "not_awaited",
    }
}

async fn note_refused(
    app: &SharedApp,
    request: Uuid,
    row: &PhoneRow,
    refusal: &Refusal,
) -> Result<(), Failure> {
    let (mut tx, deed) = Deed::open(app, actor_of(row), request).await?;
    if !db::phone_signing::lock_unsettled(&mut tx, row.id).await? {
        return Ok(());
    }
    if let Refusal::Signature(why) = refusal {
        super::note_refused(&mut tx, &deed, &row.number, side_of(row)?, *why).await?;
    }
    db::phone_signing::settle(&mut tx, row.id, Some(code(refusal))).await?;
    Ok(tx.commit().await?)
}
