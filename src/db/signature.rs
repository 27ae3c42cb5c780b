//! Signatures that were received: waiting for their check, accepted, refused, or dropped.
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A signature as it came, and what was heard about it.
pub struct NewCheck<'a> {
    pub id: Uuid,
    pub contract: Uuid,
    pub party: &'a str,
    pub account: Uuid,
    pub cms: &'a [u8],
    pub content_sha256: &'a [u8],
    pub received_at: DateTime<Utc>,
    pub verifier: &'a str,
    pub answers: &'a Value,
    pub certificates: &'a [Vec<u8>],
    pub ocsp: Option<&'a [u8]>,
    pub time_stamp: Option<&'a [u8]>,
}

/// Keeps a signature: accepted with its verdict, waiting without one.
pub async fn insert(
    conn: &mut PgConnection,
    new: NewCheck<'_>,
    verdict: Option<&Value>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into signature_checks (id, contract_id, party, account_id, cms, content_sha256, received_at, state, settled_at,
                                       verdict, verifier, answers, certificates, ocsp, time_stamp)
         values ($1, $2, $3, $4, $5, $6, $7, case when $8::jsonb is null then 'waiting' else 'accepted' end,
                 case when $8::jsonb is null then null else $7::timestamptz end, $8, $9, $10, $11, $12, $13)",
        new.id,
        new.contract,
        new.party,
        new.account,
        new.cms,
        new.content_sha256,
        new.received_at,
        verdict,
        new.verifier,
        new.answers,
        new.certificates,
        new.ocsp,
        new.time_stamp
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was heard in the end of a signature that waited.
pub struct Settled<'a> {
    pub id: Uuid,
    pub answers: &'a Value,
    pub ocsp: Option<&'a [u8]>,
    pub at: DateTime<Utc>,
}

pub async fn accepted(conn: &mut PgConnection, it: Settled<'_>, verdict: &Value) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signature_checks set state = 'accepted', settled_at = $2, verdict = $3, answers = $4, ocsp = $5 where id = $1",
        it.id,
        it.at,
        verdict,
        it.answers,
        it.ocsp
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn refused(conn: &mut PgConnection, it: Settled<'_>, reason: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signature_checks set state = 'refused', settled_at = $2, reason = $3, answers = $4, ocsp = $5 where id = $1",
        it.id,
        it.at,
        reason,
        it.answers,
        it.ocsp
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Signatures that wait under these contracts are worth nothing any more; answers how many there were. `party`: only
/// that one's.
pub async fn drop_waiting(
    conn: &mut PgConnection,
    contracts: &[Uuid],
    party: Option<&str>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        "update signature_checks set state = 'dropped', settled_at = $3
         where contract_id = any($1) and state = 'waiting' and (party = $2 or $2 is null)",
        contracts,
        party,
        now
    )
    .execute(conn)
    .await?;
    Ok(dropped.rows_affected())
}

/// A signature that waits, with everything that is needed to ask about it again.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: Uuid,
    pub contract: Uuid,
    pub application: Uuid,
    pub party: String,
    pub account: Uuid,
    pub cms: Vec<u8>,
    pub content_sha256: Vec<u8>,
    pub received_at: DateTime<Utc>,
    pub pdf: Option<Vec<u8>>,
}

/// Takes the one that was not asked about for longest, if that was before `before`. Whoever takes it is the only one to
/// ask in this round; if it dies, the next round does.
pub async fn claim(
    conn: &mut PgConnection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Waiting>, sqlx::Error> {
    sqlx::query_as!(
        Waiting,
        "update signature_checks c set asked_at = $2 from contracts t
         where t.id = c.contract_id and c.id = (
             select id from signature_checks where state = 'waiting' and (asked_at is null or asked_at < $1)
             order by asked_at nulls first, received_at limit 1 for update skip locked
         )
         returning c.id, c.contract_id as contract, t.application_id as application, c.party, c.account_id as account, c.cms,
                   c.content_sha256, c.received_at, t.pdf",
        before,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Whether it still waits; locked, so that whoever asks is the one to settle it.
pub async fn lock_waiting(conn: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    let state = sqlx::query_scalar!("select state from signature_checks where id = $1 for update", id)
        .fetch_optional(conn)
        .await?;
    Ok(state.as_deref() == Some("waiting"))
}

/// What a page says of a party's newest signature under a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub state: String,
    pub received_at: DateTime<Utc>,
    pub reason: Option<String>,
}

pub async fn newest(
    conn: &mut PgConnection,
    contract: Uuid,
    party: &str,
) -> Result<Option<Shown>, sqlx::Error> {
    sqlx::query_as!(
        Shown,
        "select state, received_at, reason from signature_checks where contract_id = $1 and party = $2
         order by received_at desc, id limit 1",
        contract,
        party
    )
    .fetch_optional(conn)
    .await
}
