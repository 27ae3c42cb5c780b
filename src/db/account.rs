//! Accounts: one per person, and the roles attached to them.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::actor::Role;
use crate::rules::iin::Iin;
use crate::rules::person::{FullName, Language, Sex};
use crate::rules::phone::Phone;

/// What the account says about its person. A disabled account is found by nobody.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: Uuid,
    pub iin: Iin,
    pub phone: Option<Phone>,
    pub name: FullName,
    pub sex: Sex,
    pub birth_on: NaiveDate,
    pub language: Language,
    pub password_hash: Option<String>,
}

struct Row {
    id: Uuid,
    iin: String,
    phone: Option<String>,
    surname: String,
    name: String,
    patronymic: Option<String>,
    sex: String,
    birth_on: NaiveDate,
    language: String,
    password_hash: Option<String>,
}

fn broken(what: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(what))
}

impl TryFrom<Row> for Account {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            iin: Iin::parse(&row.iin).map_err(broken)?,
            // A number from a range that was closed since then is no number.
            phone: row.phone.and_then(|phone| Phone::parse(&phone).ok()),
            name: FullName { surname: row.surname, name: row.name, patronymic: row.patronymic },
            sex: Sex::parse(&row.sex).unwrap_or(Sex::Female),
            birth_on: row.birth_on,
            language: Language::parse(&row.language).unwrap_or_default(),
            password_hash: row.password_hash,
        })
    }
}

pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "select id, iin, phone, surname, name, patronymic, sex, birth_on, language, password_hash
         from accounts where id = $1 and disabled_at is null",
        id
    )
    .fetch_optional(conn)
    .await?
    .map(Account::try_from)
    .transpose()
}

/// By the IIN or by the number, whichever is given.
pub async fn by_login(
    conn: &mut PgConnection,
    iin: Option<&Iin>,
    phone: Option<&Phone>,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "select id, iin, phone, surname, name, patronymic, sex, birth_on, language, password_hash
         from accounts where (iin = $1 or phone = $2) and disabled_at is null",
        iin.map(Iin::as_str),
        phone.map(Phone::e164)
    )
    .fetch_optional(conn)
    .await?
    .map(Account::try_from)
    .transpose()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Absent,
    Open,
    Disabled,
}

/// Whether there is an account, and whether it is open.
pub async fn standing(conn: &mut PgConnection, iin: &Iin) -> Result<Standing, sqlx::Error> {
    let disabled = sqlx::query_scalar!(
        r#"select disabled_at is not null as "disabled!" from accounts where iin = $1"#,
        iin.as_str()
    );
    Ok(match disabled.fetch_optional(conn).await? {
        None => Standing::Absent,
        Some(false) => Standing::Open,
        Some(true) => Standing::Disabled,
    })
}

/// Two people who prove one number at once take turns.
pub async fn lock_phone(conn: &mut PgConnection, phone: &Phone) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0)) as _locked", phone.e164())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the number from whoever else holds it; the former holder, if there was one.
pub async fn release_phone(
    conn: &mut PgConnection,
    phone: &Phone,
    new_holder: &Iin,
) -> Result<Option<(Uuid, Language)>, sqlx::Error> {
    let former = sqlx::query!(
        "update accounts set phone = null where phone = $1 and iin <> $2 returning id, language",
        phone.e164(),
        new_holder.as_str()
    );
    let former = former.fetch_optional(conn).await?;
    Ok(former.map(|row| (row.id, Language::parse(&row.language).unwrap_or_default())))
}

pub struct Proven<'a> {
    pub id: Uuid,
    pub iin: &'a Iin,
    pub phone: &'a Phone,
    pub name: &'a FullName,
    pub sex: Sex,
    pub birth_on: NaiveDate,
    pub language: Language,
    pub password_hash: &'a str,
    pub policy_version: Option<&'a str>,
    pub now: DateTime<Utc>,
}

/// What [`save_proven`] found.
pub struct Saved {
    pub id: Uuid,
    pub language: Language,
    /// There was an account of this IIN, with a password.
    pub recovered: bool,
    /// There was one, with another number.
    pub phone_replaced: bool,
}

/// A person proven by code and registry: a new account, or the old one with a new password and the proven number.
pub async fn save_proven(conn: &mut PgConnection, proven: &Proven<'_>) -> Result<Saved, sqlx::Error> {
    let old = sqlx::query!(
        r#"select password_hash is not null as "had_password!", phone is distinct from $2 as "other_phone!"
           from accounts where iin = $1 for update"#,
        proven.iin.as_str(),
        proven.phone.e164()
    );
    let old = old.fetch_optional(&mut *conn).await?;
    let row = sqlx::query!(
        "insert into accounts as a (id, iin, phone, surname, name, patronymic, sex, birth_on, language, password_hash,
                                    policy_version, policy_accepted_at, registered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $11::text is not null then $12::timestamptz end, $12)
         on conflict (iin) do update set
             phone = excluded.phone, surname = excluded.surname, name = excluded.name, patronymic = excluded.patronymic,
             sex = excluded.sex, birth_on = excluded.birth_on, password_hash = excluded.password_hash,
             policy_version = coalesce(excluded.policy_version, a.policy_version),
             policy_accepted_at = coalesce(excluded.policy_accepted_at, a.policy_accepted_at),
             recovered_at = case when a.password_hash is null then a.recovered_at else $12 end
         returning id, language",
        proven.id,
        proven.iin.as_str(),
        proven.phone.e164(),
        proven.name.surname,
        proven.name.name,
        proven.name.patronymic,
        proven.sex.as_str(),
        proven.birth_on,
        proven.language.as_str(),
        proven.password_hash,
        proven.policy_version,
        proven.now
    )
    .fetch_one(conn)
    .await?;
    Ok(Saved {
        id: row.id,
        language: Language::parse(&row.language).unwrap_or_default(),
        recovered: old.as_ref().is_some_and(|old| old.had_password),
        phone_replaced: old.is_some_and(|old| old.other_phone),
    })
}

pub async fn set_phone(conn: &mut PgConnection, id: Uuid, phone: &Phone) -> Result<(), sqlx::Error> {
    sqlx::query!("update accounts set phone = $2 where id = $1", id, phone.e164()).execute(conn).await?;
    Ok(())
}

pub async fn set_password(conn: &mut PgConnection, id: Uuid, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update accounts set password_hash = $2 where id = $1", id, hash).execute(conn).await?;
    Ok(())
}

pub async fn set_language(conn: &mut PgConnection, id: Uuid, language: Language) -> Result<(), sqlx::Error> {
    sqlx::query!("update accounts set language = $2 where id = $1", id, language.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// A role that was granted, with the kindergarten's names where it has one.
#[derive(Debug, Clone)]
pub struct Granted {
    pub role: Role,
    pub granted_at: DateTime<Utc>,
    pub kindergarten_kk: Option<String>,
    pub kindergarten_ru: Option<String>,
}

/// The staff roles of an account, the widest first.
pub async fn roles(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Granted>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.role, r.kindergarten_id, r.granted_at, k.name_kk as "name_kk?", k.name_ru as "name_ru?"
           from roles r left join kindergartens k on k.id = r.kindergarten_id where r.account_id = $1
           order by array_position(array['operator', 'doctor', 'kindergarten'], r.role), r.granted_at, r.id"#,
        account
    )
    .fetch_all(conn)
    .await?;
    let granted = rows.into_iter().filter_map(|row| {
        Some(Granted {
            role: Role::parse(&row.role, row.kindergarten_id)?,
            granted_at: row.granted_at,
            kindergarten_kk: row.name_kk,
            kindergarten_ru: row.name_ru,
        })
    });
    Ok(granted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::PgPool;

    fn proven<'a>(id: u128, iin: &'a Iin, phone: &'a Phone, name: &'a FullName) -> Proven<'a> {
        Proven {
            id: Uuid::from_u128(id),
            iin,
            phone,
            name,
            sex: iin.sex(),
            birth_on: iin.birth_on(),
            language: Language::Ru,
            password_hash: "hash",
            policy_version: Some("1"),
            now: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    #[sqlx::test]
    async fn a_second_registration_is_a_recovery_of_the_same_account(pool: PgPool) {
        let mut conn = pool.acquire().await.unwrap();
        let iin = some_iin();
        let (one, two) = (Phone::parse("+77071234567").unwrap(), Phone::parse("+77071234568").unwrap());
        let name = FullName { surname: "Ким".into(), name: "Аня".into(), patronymic: None };
        let first = save_proven(&mut conn, &proven(1, &iin, &one, &name)).await.unwrap();
        assert!(!first.recovered && !first.phone_replaced);
        let second = save_proven(&mut conn, &proven(2, &iin, &two, &name)).await.unwrap();
        assert_eq!(second.id, first.id);
        assert!(second.recovered && second.phone_replaced);
        let found = by_login(&mut conn, None, Some(&two)).await.unwrap().unwrap();
        assert_eq!((found.id, found.language), (first.id, Language::Ru));
        assert!(by_login(&mut conn, None, Some(&one)).await.unwrap().is_none());
    }

    #[sqlx::test]
    async fn a_proven_number_leaves_its_former_holder(pool: PgPool) {
        let mut conn = pool.acquire().await.unwrap();
        let iin = some_iin();
        let phone = Phone::parse("+77071234567").unwrap();
        let name = FullName { surname: "Ким".into(), name: "Аня".into(), patronymic: None };
        let holder = save_proven(&mut conn, &proven(1, &iin, &phone, &name)).await.unwrap();
        assert_eq!(release_phone(&mut conn, &phone, &iin).await.unwrap(), None, "the holder keeps it");
        let other = (0..9999).filter_map(numbered).find(|other| *other != iin).unwrap();
        let former = release_phone(&mut conn, &phone, &other).await.unwrap();
        assert_eq!(former, Some((holder.id, Language::Ru)));
        assert_eq!(by_id(&mut conn, holder.id).await.unwrap().unwrap().phone, None);
    }

    fn numbered(n: u32) -> Option<Iin> {
        (0..10).find_map(|check| Iin::parse(&format!("9001013{n:04}{check}")).ok())
    }

    fn some_iin() -> Iin {
        (0..9999).find_map(numbered).unwrap()
    }
}
