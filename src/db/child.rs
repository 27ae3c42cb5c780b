//! Children, shared by their representatives, and who may act for whom.
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::district::District;
use crate::rules::iin::Iin;
use crate::rules::person::{FullName, Sex};

#[derive(Debug, Clone)]
pub struct Child {
    pub id: Uuid,
    pub iin: Iin,
    pub name: FullName,
    pub sex: Sex,
    pub birth_on: NaiveDate,
    pub district: District,
}

/// The children this account may act for, the youngest first.
pub async fn of_account(conn: &mut PgConnection, account: Uuid) -> Result<Vec<Child>, sqlx::Error> {
    let rows = sqlx::query!(
        "select c.id, c.iin, c.surname, c.name, c.patronymic, c.sex, c.birth_on, c.district
         from guardians g join children c on c.id = g.child_id where g.account_id = $1 order by c.birth_on desc, c.id",
        account
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Child {
                id: row.id,
                iin: Iin::parse(&row.iin).map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
                name: FullName { surname: row.surname, name: row.name, patronymic: row.patronymic },
                sex: Sex::parse(&row.sex).unwrap_or(Sex::Female),
                birth_on: row.birth_on,
                district: District::parse(&row.district).map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
            })
        })
        .collect()
}

/// What a place must be like to suit a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildNeed {
    pub id: Uuid,
    pub name: String,
    pub birth_year: i32,
    /// The kinds of group this account has applied for, as `autism kk` or `general ru`; none: any.
    pub groups: Vec<String>,
}

/// What the children of this account need, the youngest first. What another representative has applied for stays theirs.
pub async fn needs(conn: &mut PgConnection, account: Uuid) -> Result<Vec<ChildNeed>, sqlx::Error> {
    sqlx::query_as!(
        ChildNeed,
        r#"select c.id, c.name, extract(year from c.birth_on)::int as "birth_year!",
                  array(select distinct concat(coalesce(a.correction_type, 'general'), ' ', a.language) from applications a
                        where a.child_id = c.id and a.applicant_id = g.account_id and a.stage not in ('enrolled', 'archived')) as "groups!"
           from guardians g join children c on c.id = g.child_id where g.account_id = $1 order by c.birth_on desc, c.id"#,
        account
    )
    .fetch_all(conn)
    .await
}

/// A child as its application needs it.
pub struct Applying {
    pub birth_on: NaiveDate,
    pub district: String,
    /// Enrolled by any application.
    pub enrolled: bool,
}

/// A child of this account's; anybody else's is not there. Until this transaction ends nobody enrols it.
pub async fn applying(
    conn: &mut PgConnection,
    account: Uuid,
    child: Uuid,
) -> Result<Option<Applying>, sqlx::Error> {
    sqlx::query_as!(
        Applying,
        r#"select c.birth_on, c.district,
                  exists (select from applications a where a.child_id = c.id and a.stage = 'enrolled') as "enrolled!"
           from children c join guardians g on g.child_id = c.id where c.id = $2 and g.account_id = $1 for key share of c"#,
        account,
        child
    )
    .fetch_optional(conn)
    .await
}

pub async fn is_added(conn: &mut PgConnection, account: Uuid, iin: &Iin) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from guardians g join children c on c.id = g.child_id
                          where g.account_id = $1 and c.iin = $2) as "added!""#,
        account,
        iin.as_str()
    )
    .fetch_one(conn)
    .await
}

/// One row per child, whoever adds it; what the registry says now stands. Returns the row's id.
pub async fn save(conn: &mut PgConnection, child: &Child, now: DateTime<Utc>) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into children (id, iin, surname, name, patronymic, sex, birth_on, district, registered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (iin) do update set surname = excluded.surname, name = excluded.name,
             patronymic = excluded.patronymic, sex = excluded.sex, birth_on = excluded.birth_on, district = excluded.district
         returning id",
        child.id,
        child.iin.as_str(),
        child.name.surname,
        child.name.name,
        child.name.patronymic,
        child.sex.as_str(),
        child.birth_on,
        child.district.code(),
        now
    )
    .fetch_one(conn)
    .await
}

/// `false`: this adult has added the child before.
pub async fn add_guardian(
    conn: &mut PgConnection,
    child: Uuid,
    account: Uuid,
    relation: &str,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let added = sqlx::query!(
        "insert into guardians (child_id, account_id, relation, added_at) values ($1, $2, $3, $4) on conflict do nothing",
        child,
        account,
        relation,
        now
    );
    Ok(added.execute(conn).await?.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::PgPool;

    #[sqlx::test]
    async fn both_parents_share_one_row_of_the_child_and_each_adds_it_once(pool: PgPool) {
        let mut conn = pool.acquire().await.unwrap();
        let now: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();
        let iins: Vec<Iin> =
            (0..100_000).filter_map(|n| Iin::parse(&format!("2103155{n:05}")).ok()).take(3).collect();
        for (id, iin) in [(1, iins[0]), (2, iins[1])] {
            // Runtime SQL: only this test makes bare accounts.
            sqlx::query(
                "insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
                 values ($1, $2, 'А', 'Б', 'f', '1990-01-01', 'kk', $3)",
            )
            .bind(Uuid::from_u128(id))
            .bind(iin.as_str())
            .bind(now)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
        let child = |id, surname: &str| Child {
            id: Uuid::from_u128(id),
            iin: iins[2],
            name: FullName { surname: surname.into(), name: "Әли".into(), patronymic: None },
            sex: Sex::Male,
            birth_on: iins[2].birth_on(),
            district: District::parse("almaly").unwrap(),
        };
        let first = save(&mut conn, &child(10, "Ким"), now).await.unwrap();
        let second = save(&mut conn, &child(11, "Цой"), now).await.unwrap();
        assert_eq!(first, second);
        let (mother, father) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(add_guardian(&mut conn, first, mother, "parent", now).await.unwrap());
        assert!(!add_guardian(&mut conn, first, mother, "parent", now).await.unwrap());
        assert!(!is_added(&mut conn, father, &iins[2]).await.unwrap());
        assert!(add_guardian(&mut conn, first, father, "parent", now).await.unwrap());
        let seen = of_account(&mut conn, father).await.unwrap();
        assert_eq!(
            (seen.len(), seen[0].name.surname.as_str()),
            (1, "Цой"),
            "the registry's last word stands"
        );
    }
}
