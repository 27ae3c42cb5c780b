//! Groups and their places. The counts are moved here alone; the database refuses to go below none.
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::matching::FreePlaces;

/// How the counts of one group move: places held, children enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub group: Uuid,
    pub held: i32,
    pub enrolled: i32,
}

/// Moves the counts of many groups; several moves of one group are one. Groups are locked in the order of their ids.
pub async fn move_many(conn: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
    let groups: Vec<Uuid> = moves.iter().map(|one| one.group).collect();
    let held: Vec<i32> = moves.iter().map(|one| one.held).collect();
    let enrolled: Vec<i32> = moves.iter().map(|one| one.enrolled).collect();
    sqlx::query!(
        "with moves as (
             select id, sum(held)::int as held, sum(enrolled)::int as enrolled
             from unnest($1::uuid[], $2::int[], $3::int[]) as m (id, held, enrolled) group by id),
         locked as (select id from groups where id in (select id from moves) order by id for update)
         update groups g set held = g.held + m.held, enrolled = g.enrolled + m.enrolled
         from moves m join locked l on l.id = m.id where g.id = m.id",
        &groups,
        &held,
        &enrolled
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Children who came (or left, when negative) beside the portal's own road.
pub async fn record_present(conn: &mut PgConnection, group: Uuid, children: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("update groups set enrolled = enrolled + $2 where id = $1", group, children)
        .execute(conn)
        .await?;
    Ok(())
}

/// A group as a deed sees it.
#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub kindergarten: Uuid,
    pub name: String,
    pub city: String,
    pub kindergarten_kk: String,
    pub kindergarten_ru: String,
    pub places: FreePlaces,
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Group>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select g.id, g.kindergarten_id, g.name, k.city, k.name_kk, k.name_ru, g.correction_type, g.language,
                  g.birth_year_from, g.birth_year_to, g.capacity - g.enrolled - g.held as "free!"
           from groups g join kindergartens k on k.id = g.kindergarten_id
           where g.id = $1 and g.closed_at is null and k.closed_at is null"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Group {
        id: row.id,
        kindergarten: row.kindergarten_id,
        name: row.name,
        city: row.city,
        kindergarten_kk: row.name_kk,
        kindergarten_ru: row.name_ru,
        places: FreePlaces {
            correction_type: row.correction_type,
            language: row.language,
            birth_years: (row.birth_year_from, row.birth_year_to),
            free: row.free.max(0).unsigned_abs() as usize,
        },
    }))
}

/// A line of the list from which a family with a voucher chooses.
#[derive(Debug, Clone)]
pub struct ChoiceRow {
    pub group: Uuid,
    pub kindergarten: Uuid,
    pub group_name: String,
    pub name_kk: String,
    pub name_ru: String,
    pub address_kk: String,
    pub address_ru: String,
    pub district: String,
    pub language: String,
    pub birth_years: (i32, i32),
    pub free: i32,
    /// Of the child's language and birth year.
    pub suits: bool,
    pub wish: Option<i32>,
    pub declined: Option<String>,
}

/// Every group that suits this application, and the other groups of the kindergartens it wished for; wishes first.
pub async fn for_choice(conn: &mut PgConnection, application: Uuid) -> Result<Vec<ChoiceRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select g.id as "group", k.id as kindergarten, g.name as group_name, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.district,
                  g.language, g.birth_year_from, g.birth_year_to, g.capacity - g.enrolled - g.held as "free!", w.rank as "wish?",
                  g.language = a.language and a.birth_year between g.birth_year_from and g.birth_year_to as "suits!",
                  (select d.reason from declines d where d.application_id = a.id and d.kindergarten_id = k.id and d.final limit 1) as declined
           from applications a
           join groups g on g.correction_type is not distinct from a.correction_type and g.closed_at is null
           join kindergartens k on k.id = g.kindergarten_id and k.city = a.city and k.closed_at is null
           left join wishes w on w.application_id = a.id and w.kindergarten_id = k.id
           where a.id = $1
             and (w.rank is not null or g.language = a.language and a.birth_year between g.birth_year_from and g.birth_year_to)
           order by w.rank nulls last, (g.capacity - g.enrolled - g.held) > 0 desc, k.district = a.district desc, k.name_kk, g.name, g.id"#,
        application
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(|row| ChoiceRow {
        group: row.group,
        kindergarten: row.kindergarten,
        group_name: row.group_name,
        name_kk: row.name_kk,
        name_ru: row.name_ru,
        address_kk: row.address_kk,
        address_ru: row.address_ru,
        district: row.district,
        language: row.language,
        birth_years: (row.birth_year_from, row.birth_year_to),
        free: row.free,
        suits: row.suits,
        wish: row.wish,
        declined: row.declined,
    });
    Ok(rows.collect())
}

/// A kindergarten that serves a correction type (or the general queue): for the application form.
#[derive(Debug, Clone)]
pub struct Serving {
    pub id: Uuid,
    pub name_kk: String,
    pub name_ru: String,
    pub district: String,
}

pub async fn serving(
    conn: &mut PgConnection,
    city: &str,
    correction_type: Option<&str>,
) -> Result<Vec<Serving>, sqlx::Error> {
    sqlx::query_as!(
        Serving,
        r#"select k.id, k.name_kk, k.name_ru, k.district from kindergartens k
           where k.city = $1 and k.closed_at is null
             and exists (select from groups g where g.kindergarten_id = k.id and g.closed_at is null
                         and g.correction_type is not distinct from $2)
           order by k.name_kk collate "kk-x-icu", k.id"#,
        city,
        correction_type
    )
    .fetch_all(conn)
    .await
}
