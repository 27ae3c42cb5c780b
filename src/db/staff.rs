//! Staff: people with a role besides being a parent.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

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
