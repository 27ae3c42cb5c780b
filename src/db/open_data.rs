//! What the bulletin and the open data are made of: whole lists, in a steady order, without anybody's name.
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::district::District;
use crate::rules::kindergarten::GroupKind;

/// Free places of one kindergarten and kind: correction type × language × birth years.
#[derive(Debug, Clone)]
pub struct FreeRow {
    pub kindergarten: Uuid,
    pub name_kk: String,
    pub name_ru: String,
    pub district: String,
    /// None: the general queue.
    pub correction_type: Option<String>,
    pub language: String,
    pub birth_year_from: i32,
    pub birth_year_to: i32,
    pub capacity: i64,
    pub free: i64,
}

/// Every kind with a free place, by kindergarten; `None` filters nothing.
pub async fn free_places(
    conn: &mut PgConnection,
    city: &str,
    district: Option<District>,
    kind: Option<GroupKind>,
) -> Result<Vec<FreeRow>, sqlx::Error> {
    sqlx::query_as!(
        FreeRow,
        r#"select k.id as kindergarten, k.name_kk, k.name_ru, k.district, g.correction_type, g.language, g.birth_year_from,
                  g.birth_year_to, sum(g.capacity) as "capacity!", sum(g.capacity - g.enrolled - g.held) as "free!"
           from groups g join kindergartens k on k.id = g.kindergarten_id
           where k.city = $1 and k.closed_at is null and g.closed_at is null and g.enrolled + g.held < g.capacity
             and ($2::text is null or k.district = $2) and (not $3::bool or g.correction_type is not distinct from $4)
           group by k.id, g.correction_type, g.language, g.birth_year_from, g.birth_year_to
           order by k.district, k.name_kk collate "kk-x-icu", k.id, g.correction_type is not null, g.correction_type, g.language, g.birth_year_from, g.birth_year_to"#,
        city,
        district.map(District::code),
        kind.is_some(),
        kind.and_then(GroupKind::correction_type)
    )
    .fetch_all(conn)
    .await
}

/// A kindergarten as everybody may know it.
#[derive(Debug, Clone)]
pub struct OpenKindergarten {
    pub id: Uuid,
    pub bin: String,
    pub name_kk: String,
    pub name_ru: String,
    pub address_kk: String,
    pub address_ru: String,
    pub district: String,
    pub ownership: String,
    pub phone: String,
    pub barrier_free: bool,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub capacity: i64,
    pub free: i64,
}

pub async fn kindergartens(
    conn: &mut PgConnection,
    city: &str,
) -> Result<Vec<OpenKindergarten>, sqlx::Error> {
    sqlx::query_as!(
        OpenKindergarten,
        r#"select k.id, k.bin, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.district, k.ownership, k.phone, k.barrier_free,
                  k.latitude, k.longitude, coalesce(sum(g.capacity), 0) as "capacity!",
                  coalesce(sum(g.capacity - g.enrolled - g.held), 0) as "free!"
           from kindergartens k left join groups g on g.kindergarten_id = k.id and g.closed_at is null
           where k.city = $1 and k.closed_at is null
           group by k.id order by k.name_kk collate "kk-x-icu", k.id"#,
        city
    )
    .fetch_all(conn)
    .await
}
