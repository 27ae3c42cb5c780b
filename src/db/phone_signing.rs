//! QR codes with which contracts are signed by phone.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub struct NewPhoneSigning<'a> {
    pub id: Uuid,
    /// The first row of the same code.
    pub batch: Uuid,
    pub contract: Uuid,
    pub content_sha256: &'a [u8],
    pub party: &'a str,
    pub account: Uuid,
    pub kindergarten: Option<Uuid>,
    pub token_sha256: &'a [u8],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert(conn: &mut PgConnection, new: NewPhoneSigning<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into phone_signings (id, contract_id, content_sha256, party, account_id, kindergarten_id, token_sha256, made_at,
                                     expires_at, state, batch)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'made', $10)",
        new.id,
        new.contract,
        new.content_sha256,
        new.party,
        new.account,
        new.kindergarten,
        new.token_sha256,
        new.now,
        new.expires_at,
        new.batch
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A code as its maker sees it.
#[derive(Debug, Clone)]
pub struct OwnRow {
    /// Of the case, and of its contract.
    pub number: String,
    pub contract_number: String,
    pub child_name: String,
    pub content_sha256: Vec<u8>,
    pub expires_at: DateTime<Utc>,
    pub state: String,
    /// The case stands on another version, or on none.
    pub is_void: bool,
    /// The side has signed this version.
    pub is_signed: bool,
    /// The same person has made another code since.
    pub is_replaced: bool,
    pub refusal: Option<String>,
    /// A signature of the same side waits for its check.
    pub waits: bool,
    /// The version that the family signs before the kindergarten.
    pub family_first: Option<i32>,
}

/// The contracts of a code of this account's, made for this kindergarten or for the family, in their order on the phone; all of one case, where that is named.
pub async fn own(
    conn: &mut PgConnection,
    batch: Uuid,
    (account, kindergarten): (Uuid, Option<Uuid>),
    party: &str,
    number: Option<&str>,
) -> Result<Vec<OwnRow>, sqlx::Error> {
    sqlx::query_as!(
        OwnRow,
        r#"select a.number, t.number as contract_number, concat_ws(' ', c.surname, c.name) as "child_name!",
                  p.content_sha256, p.expires_at, p.state, p.refusal, t.voided_at is not null as "is_void!",
                  case p.party when 'parent' then t.parent_signed_at else t.kindergarten_signed_at end is not null as "is_signed!",
                  exists (select from phone_signings n
                          where n.contract_id = p.contract_id and n.party = p.party and n.account_id = p.account_id
                            and (n.made_at, n.batch) > (p.made_at, p.batch)) as "is_replaced!",
                  exists (select from signature_checks c
                          where c.contract_id = p.contract_id and c.party = p.party and c.state = 'waiting') as "waits!",
                  (select n.version from contracts n
                   where n.application_id = t.application_id and n.voided_at is null and n.parent_signed_at is null
                     and p.party = 'kindergarten') as "family_first?"
           from phone_signings p
           join contracts t on t.id = p.contract_id
           join applications a on a.id = t.application_id
           join children c on c.id = a.child_id
           where p.batch = $1 and p.account_id = $2 and p.party = $3 and (a.number = $4 or $4 is null)
             and p.kindergarten_id is not distinct from $5
           order by p.id"#,
        batch,
        account,
        party,
        number,
        kindergarten
    )
    .fetch_all(conn)
    .await
}

/// A code as the phone is served by it.
#[derive(Debug, Clone)]
pub struct PhoneRow {
    pub id: Uuid,
    pub batch: Uuid,
    pub contract: Uuid,
    /// Of the contract, and of the case.
    pub contract_number: String,
    pub number: String,
    pub content_sha256: Vec<u8>,
    pub party: String,
    pub account: Uuid,
    pub kindergarten: Option<Uuid>,
    pub expires_at: DateTime<Utc>,
    pub state: String,
    /// The case stands on another version, or on none.
    pub is_void: bool,
    /// The side has signed this version.
    pub is_signed: bool,
    /// The same person has made another code since.
    pub is_replaced: bool,
    /// Of whoever made it.
    pub language: String,
}

/// The contracts of a code, in their order on the phone: by its token, and by its own name where that is given. Whoever made it may still sign: the account lives, the staff are staff.
pub async fn for_phone(
    conn: &mut PgConnection,
    batch: Option<Uuid>,
    token_sha256: &[u8],
) -> Result<Vec<PhoneRow>, sqlx::Error> {
    sqlx::query_as!(
        PhoneRow,
        r#"select p.id, p.batch, p.contract_id as contract, t.number as contract_number, a.number, p.content_sha256, p.party,
                  p.account_id as account, p.kindergarten_id as kindergarten, p.expires_at, p.state,
                  w.language, t.voided_at is not null as "is_void!",
                  case p.party when 'parent' then t.parent_signed_at else t.kindergarten_signed_at end is not null as "is_signed!",
                  exists (select from phone_signings n
                          where n.contract_id = p.contract_id and n.party = p.party and n.account_id = p.account_id
                            and (n.made_at, n.batch) > (p.made_at, p.batch)) as "is_replaced!"
           from phone_signings p
           join contracts t on t.id = p.contract_id
           join applications a on a.id = t.application_id
           join accounts w on w.id = p.account_id and w.disabled_at is null
           where p.batch = (select f.batch from phone_signings f where f.token_sha256 = $2 and (f.batch = $1 or $1 is null))
             and (p.kindergarten_id is null
                  or exists (select from roles r where r.account_id = p.account_id and r.kindergarten_id = p.kindergarten_id))
           order by p.id"#,
        batch,
        token_sha256
    )
    .fetch_all(conn)
    .await
}

/// The phone has read what there is to sign.
pub async fn opened(conn: &mut PgConnection, batch: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("update phone_signings set state = 'opened' where batch = $1 and state = 'made'", batch)
        .execute(conn)
        .await?;
    Ok(())
}

/// How many contracts of this code were signed with it.
pub async fn used(conn: &mut PgConnection, batch: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from phone_signings where batch = $1 and state = 'used'"#,
        batch
    )
    .fetch_one(conn)
    .await
}

/// A signature has come, in time, and no newer code was made before it. Answers whether it may be checked. It may come again
/// while it is being checked: whoever checked it may have died over it.
pub async fn claim(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let claimed = sqlx::query!(
        "update phone_signings p set state = 'received'
         where p.id = $1 and p.state in ('made', 'opened', 'received') and p.expires_at > $2
           and not exists (select from phone_signings n
                           where n.contract_id = p.contract_id and n.party = p.party and n.account_id = p.account_id
                             and (n.made_at, n.batch) > (p.made_at, p.batch))",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() > 0)
}

/// Nobody else settles this code now. Answers whether it was not settled before.
pub async fn lock_unsettled(conn: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"select state in ('made', 'opened', 'received') as "unsettled!" from phone_signings where id = $1 for update"#,
        id
    );
    Ok(found.fetch_optional(conn).await?.unwrap_or(false))
}

/// Nothing came of it through no fault of the signature's: it may be sent again.
pub async fn release(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("update phone_signings set state = 'opened' where id = $1 and state = 'received'", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// How it ended: used, or refused by this code.
pub async fn settle(conn: &mut PgConnection, id: Uuid, refusal: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update phone_signings set state = case when $2::text is null then 'used' else 'refused' end, refusal = $2 where id = $1",
        id,
        refusal
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("delete from phone_signings where expires_at < $1", before).execute(conn).await?;
    Ok(gone.rows_affected())
}
