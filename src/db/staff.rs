//! Staff: people with a role besides being a parent.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::kindergarten::Sheet;
use crate::rules::actor::Role;
use crate::rules::iin::Iin;
use crate::rules::person::FullName;

pub struct NewPerson<'a> {
    pub id: Uuid,
    pub iin: &'a str,
    pub phone: &'a str,
    pub surname: &'a str,
    pub name: &'a str,
    pub patronymic: Option<&'a str>,
    pub sex: &'a str,
    pub birth_on: NaiveDate,
}

/// The account of this IIN, made without a password if there is none. `true`: it was made.
pub async fn find_or_add(
    conn: &mut PgConnection,
    person: NewPerson<'_>,
    now: DateTime<Utc>,
) -> Result<(Uuid, bool), sqlx::Error> {
    let made = sqlx::query_scalar!(
        "insert into accounts (id, iin, phone, surname, name, patronymic, sex, birth_on, language, registered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'kk', $9) on conflict (iin) do nothing returning id",
        person.id,
        person.iin,
        person.phone,
        person.surname,
        person.name,
        person.patronymic,
        person.sex,
        person.birth_on,
        now
    )
    .fetch_optional(&mut *conn)
    .await?;
    match made {
        Some(id) => Ok((id, true)),
        None => {
            let id = sqlx::query_scalar!("select id from accounts where iin = $1", person.iin);
            Ok((id.fetch_one(conn).await?, false))
        }
    }
}

/// `false`: the person has the role already.
pub async fn grant(
    conn: &mut PgConnection,
    id: Uuid,
    account: Uuid,
    role: &str,
    kindergarten: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let granted = sqlx::query!(
        "insert into roles (id, account_id, role, kindergarten_id, granted_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        id,
        account,
        role,
        kindergarten,
        now
    )
    .execute(conn)
    .await?;
    Ok(granted.rows_affected() == 1)
}

pub async fn kindergarten_of(conn: &mut PgConnection, bin: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select id from kindergartens where bin = $1 and closed_at is null", bin)
        .fetch_optional(conn)
        .await
}

/// A person and one of their roles: a line of the staff list.
#[derive(Debug, Clone)]
pub struct StaffRow {
    pub account: Uuid,
    pub surname: String,
    pub name: String,
    pub patronymic: Option<String>,
    pub phone: Option<String>,
    pub role: String,
    pub kindergarten_kk: Option<String>,
    pub kindergarten_ru: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// One page of those who have a role, sorted by name: a single statement.
pub async fn list(
    conn: &mut PgConnection,
    role: Option<&str>,
    words: &[String],
    page: i64,
) -> Result<Sheet<StaffRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with found as (
             select a.id, a.surname, a.name, a.patronymic, a.phone, a.disabled_at, r.role, r.kindergarten_id,
                    count(*) over () as total,
                    row_number() over (order by array_position(array['operator', 'doctor', 'kindergarten'], r.role),
                                       a.surname collate "kk-x-icu", a.name collate "kk-x-icu", a.id, r.id) as line
             from roles r join accounts a on a.id = r.account_id
             where ($1::text is null or r.role = $1)
               and not exists (select from unnest($2::text[]) as word
                               where strpos(translate(lower(concat_ws(' ', a.surname, a.name, a.patronymic) collate "kk-x-icu"),
                                                      'әғқңөұүһіё', 'агкноуухие'), word) = 0))
           select f.id as account, f.surname, f.name, f.patronymic, f.phone, f.role, k.name_kk as "kindergarten_kk?",
                  k.name_ru as "kindergarten_ru?", f.disabled_at, f.total as "total!"
           from found f left join kindergartens k on k.id = f.kindergarten_id
           where (f.line - 1) / $4::bigint = least($3::bigint, (f.total + $4 - 1) / $4) - 1
           order by f.line"#,
        role,
        words,
        page,
        Sheet::<StaffRow>::ROWS
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map(|row| row.total);
    let staff = rows.into_iter().map(|row| StaffRow {
        account: row.account,
        surname: row.surname,
        name: row.name,
        patronymic: row.patronymic,
        phone: row.phone,
        role: row.role,
        kindergarten_kk: row.kindergarten_kk,
        kindergarten_ru: row.kindergarten_ru,
        disabled_at: row.disabled_at,
    });
    Ok(Sheet::new(staff.collect(), total, page))
}

/// A member of staff.
#[derive(Debug, Clone)]
pub struct Member {
    pub account: Uuid,
    pub iin: Iin,
    pub name: FullName,
    pub phone: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub has_password: bool,
    pub roles: Vec<MemberRole>,
}

#[derive(Debug, Clone)]
pub struct MemberRole {
    pub id: Uuid,
    pub role: Role,
    pub granted_at: DateTime<Utc>,
    pub kindergarten_kk: Option<String>,
    pub kindergarten_ru: Option<String>,
}

/// Somebody who has at least one role; a parent who has none is not there.
pub async fn find(conn: &mut PgConnection, account: Uuid) -> Result<Option<Member>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.iin, a.surname, a.name, a.patronymic, a.phone, a.disabled_at, a.password_hash is not null as "has_password!",
                  r.id as role_id, r.role, r.kindergarten_id, r.granted_at, k.name_kk as "kindergarten_kk?", k.name_ru as "kindergarten_ru?"
           from accounts a join roles r on r.account_id = a.id left join kindergartens k on k.id = r.kindergarten_id
           where a.id = $1 order by r.granted_at, r.id"#,
        account
    )
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let iin = Iin::parse(&first.iin).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let name = FullName {
        surname: first.surname.clone(),
        name: first.name.clone(),
        patronymic: first.patronymic.clone(),
    };
    let (phone, disabled_at, has_password) = (first.phone.clone(), first.disabled_at, first.has_password);
    let roles = rows.into_iter().filter_map(|row| {
        Some(MemberRole {
            id: row.role_id,
            role: Role::parse(&row.role, row.kindergarten_id)?,
            granted_at: row.granted_at,
            kindergarten_kk: row.kindergarten_kk,
            kindergarten_ru: row.kindergarten_ru,
        })
    });
    Ok(Some(Member { account, iin, name, phone, disabled_at, has_password, roles: roles.collect() }))
}

/// Takes the role away and ends the sessions that were in it. `None`: the account has no such role.
pub async fn revoke(
    conn: &mut PgConnection,
    account: Uuid,
    role_id: Uuid,
) -> Result<Option<Role>, sqlx::Error> {
    let gone = sqlx::query!(
        "delete from roles where id = $1 and account_id = $2 returning role, kindergarten_id",
        role_id,
        account
    );
    let Some(gone) = gone.fetch_optional(&mut *conn).await? else { return Ok(None) };
    sqlx::query!(
        "delete from sessions where account_id = $1 and role = $2 and kindergarten_id is not distinct from $3",
        account,
        gone.role,
        gone.kindergarten_id
    )
    .execute(conn)
    .await?;
    Ok(Role::parse(&gone.role, gone.kindergarten_id))
}

/// Closes the account of a member of staff and ends every session. `false`: there is none, or it was closed before.
pub async fn disable(
    conn: &mut PgConnection,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let disabled = sqlx::query!(
        "update accounts set disabled_at = $2
         where id = $1 and disabled_at is null and exists (select from roles r where r.account_id = $1)",
        account,
        now
    );
    if disabled.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!("delete from sessions where account_id = $1", account).execute(conn).await?;
    Ok(true)
}

pub async fn enable(conn: &mut PgConnection, account: Uuid) -> Result<bool, sqlx::Error> {
    let enabled = sqlx::query!(
        "update accounts set disabled_at = null
         where id = $1 and disabled_at is not null and exists (select from roles r where r.account_id = $1)",
        account
    );
    Ok(enabled.execute(conn).await?.rows_affected() > 0)
}
