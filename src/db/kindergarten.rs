//! Kindergartens: the catalogue, their facts, their groups as staff see them.
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::rules::district::District;
use crate::rules::iin::Bin;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::person::Language;

/// What a visitor looks for; nothing set finds everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words of the name, folded by `rules::kindergarten::fold`; each must be found.
    pub words: Vec<String>,
    pub district: Option<District>,
    pub kind: Option<GroupKind>,
    pub language: Option<Language>,
    pub ownership: Option<Ownership>,
}

/// The places of one kind: correction type × language × birth years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub kind: GroupKind,
    pub language: Language,
    pub birth_years: (i32, i32),
    pub capacity: i64,
    pub free: i64,
}

#[derive(Debug, Deserialize)]
struct PlacesRow {
    correction_type: Option<String>,
    language: String,
    from: i32,
    to: i32,
    capacity: i64,
    free: i64,
}

fn broken(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("a kindergarten without {what}").into())
}

fn places(rows: &[PlacesRow]) -> Result<Vec<Places>, sqlx::Error> {
    let read = |row: &PlacesRow| {
        Ok(Places {
            kind: GroupKind::of(row.correction_type.as_deref())
                .ok_or_else(|| broken("a known kind of group"))?,
            language: Language::parse(&row.language).ok_or_else(|| broken("a known language"))?,
            birth_years: (row.from, row.to),
            capacity: row.capacity,
            free: row.free,
        })
    };
    rows.iter().map(read).collect()
}

/// A line of the catalogue.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: Uuid,
    pub name_kk: String,
    pub name_ru: String,
    pub address_kk: String,
    pub address_ru: String,
    pub district: String,
    pub ownership: String,
    pub barrier_free: bool,
    pub places: Vec<Places>,
}

/// A page of a list, with how many lines there are in all.
#[derive(Debug, Clone)]
pub struct Sheet<T> {
    pub rows: Vec<T>,
    pub total: i64,
    /// The page that was shown: the last one when a later one was asked for.
    pub page: i64,
}

impl<T> Sheet<T> {
    pub const ROWS: i64 = 40;

    /// `total` as every row of the page knows it.
    pub fn new(rows: Vec<T>, total: Option<i64>, asked: i64) -> Self {
        let total = total.unwrap_or(0);
        Self { rows, total, page: asked.clamp(1, Self::pages_of(total)) }
    }

    fn pages_of(total: i64) -> i64 {
        ((total + Self::ROWS - 1) / Self::ROWS).max(1)
    }

    pub fn pages(&self) -> i64 {
        Self::pages_of(self.total)
    }
}

/// One page of the catalogue, sorted by name as the language sorts: a single statement.
pub async fn catalogue(
    conn: &mut PgConnection,
    city: &str,
    filter: &Filter,
    language: Language,
    page: i64,
) -> Result<Sheet<Listed>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with found as (
             select k.id, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.district, k.ownership, k.barrier_free,
                    count(*) over () as total,
                    row_number() over (order by case when $1 then k.name_kk end collate "kk-x-icu",
                                                case when not $1 then k.name_ru end collate "ru-x-icu", k.id) as line
             from kindergartens k
             where k.city = $2 and k.closed_at is null
               and ($3::text is null or k.district = $3)
               and ($4::text is null or k.ownership = $4)
               and (not $5::bool and $7::text is null
                    or exists (select from groups g where g.kindergarten_id = k.id and g.closed_at is null
                               and (not $5 or g.correction_type is not distinct from $6) and ($7 is null or g.language = $7)))
               and not exists (select from unnest($8::text[]) as word
                               where strpos(translate(lower(concat_ws(' ', k.name_kk, k.name_ru) collate "kk-x-icu"),
                                                      'әғқңөұүһіё', 'агкноуухие'), word) = 0))
           select f.id, f.name_kk, f.name_ru, f.address_kk, f.address_ru, f.district, f.ownership, f.barrier_free, f.total as "total!",
                  coalesce((select jsonb_agg(p order by p.correction_type is not null, p.correction_type, p.language, p."from")
                            from (select g.correction_type, g.language, g.birth_year_from as "from", g.birth_year_to as "to",
                                         sum(g.capacity) as capacity, sum(g.capacity - g.enrolled - g.held) as free
                                  from groups g
                                  where g.kindergarten_id = f.id and g.closed_at is null
                                    and (not $5 or g.correction_type is not distinct from $6) and ($7 is null or g.language = $7)
                                  group by 1, 2, 3, 4) p), '[]') as "places!: Json<Vec<PlacesRow>>"
           from found f
           where (f.line - 1) / $10::bigint = least($9::bigint, (f.total + $10 - 1) / $10) - 1
           order by f.line"#,
        language == Language::Kk,
        city,
        filter.district.map(District::code),
        filter.ownership.map(Ownership::as_str),
        filter.kind.is_some(),
        filter.kind.and_then(GroupKind::correction_type),
        filter.language.map(Language::as_str),
        &filter.words,
        page,
        Sheet::<Listed>::ROWS
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map(|row| row.total);
    let listed = rows.into_iter().map(|row| {
        Ok(Listed {
            id: row.id,
            name_kk: row.name_kk,
            name_ru: row.name_ru,
            address_kk: row.address_kk,
            address_ru: row.address_ru,
            district: row.district,
            ownership: row.ownership,
            barrier_free: row.barrier_free,
            places: places(&row.places)?,
        })
    });
    Ok(Sheet::new(listed.collect::<Result<_, sqlx::Error>>()?, total, page))
}

/// A group with its counts.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupRow {
    pub id: Uuid,
    pub name: String,
    pub correction_type: Option<String>,
    pub language: String,
    pub birth_year_from: i32,
    pub birth_year_to: i32,
    pub capacity: i32,
    pub enrolled: i32,
    pub held: i32,
}

impl GroupRow {
    pub fn free(&self) -> i32 {
        self.capacity - self.taken()
    }

    pub fn taken(&self) -> i32 {
        self.enrolled + self.held
    }

    pub fn kind(&self) -> Option<GroupKind> {
        GroupKind::of(self.correction_type.as_deref())
    }
}

/// A kindergarten with its open groups.
#[derive(Debug, Clone)]
pub struct Kindergarten {
    pub id: Uuid,
    pub bin: String,
    pub district: String,
    pub name_kk: String,
    pub name_ru: String,
    pub address_kk: String,
    pub address_ru: String,
    pub phone: String,
    pub ownership: String,
    pub head_name: String,
    pub barrier_free: bool,
    pub closed_at: Option<DateTime<Utc>>,
    pub groups: Vec<GroupRow>,
}

/// Everything about one kindergarten, closed ones included: a single statement.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Kindergarten>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select k.id, k.bin, k.district, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.phone, k.ownership, k.head_name,
                  k.barrier_free, k.closed_at,
                  coalesce((select jsonb_agg(to_jsonb(g) order by g.correction_type is not null, g.correction_type, g.language,
                                             g.birth_year_from, g.name, g.id)
                            from groups g where g.kindergarten_id = k.id and g.closed_at is null), '[]') as "groups!: Json<Vec<GroupRow>>"
           from kindergartens k where k.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Kindergarten {
        id: row.id,
        bin: row.bin,
        district: row.district,
        name_kk: row.name_kk,
        name_ru: row.name_ru,
        address_kk: row.address_kk,
        address_ru: row.address_ru,
        phone: row.phone,
        ownership: row.ownership,
        head_name: row.head_name,
        barrier_free: row.barrier_free,
        closed_at: row.closed_at,
        groups: row.groups.0,
    }))
}

pub async fn by_bin(conn: &mut PgConnection, bin: &Bin) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select id from kindergartens where bin = $1 and closed_at is null", bin.as_str())
        .fetch_optional(conn)
        .await
}

/// What a kindergarten says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub address_kk: String,
    pub address_ru: String,
    pub phone: String,
    pub head_name: String,
    pub barrier_free: bool,
}

/// What the operator says of it besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub bin: Bin,
    pub name_kk: String,
    pub name_ru: String,
    pub district: District,
    pub ownership: Ownership,
    pub profile: Profile,
}

pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    city: &str,
    new: &Organisation,
) -> Result<(), sqlx::Error> {
    let profile = &new.profile;
    sqlx::query!(
        "insert into kindergartens (id, city, bin, name_kk, name_ru, district, ownership, address_kk, address_ru, phone, head_name, barrier_free)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
        city,
        new.bin.as_str(),
        new.name_kk,
        new.name_ru,
        new.district.code(),
        new.ownership.as_str(),
        profile.address_kk,
        profile.address_ru,
        profile.phone,
        profile.head_name,
        profile.barrier_free
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: there is no such kindergarten.
pub async fn update(conn: &mut PgConnection, id: Uuid, new: &Organisation) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update kindergartens set bin = $2, name_kk = $3, name_ru = $4, district = $5, ownership = $6 where id = $1",
        id,
        new.bin.as_str(),
        new.name_kk,
        new.name_ru,
        new.district.code(),
        new.ownership.as_str()
    );
    if updated.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    update_profile(conn, id, &new.profile).await
}

pub async fn update_profile(
    conn: &mut PgConnection,
    id: Uuid,
    profile: &Profile,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query!(
        "update kindergartens set address_kk = $2, address_ru = $3, phone = $4, head_name = $5, barrier_free = $6 where id = $1",
        id,
        profile.address_kk,
        profile.address_ru,
        profile.phone,
        profile.head_name,
        profile.barrier_free
    );
    Ok(updated.execute(conn).await?.rows_affected() > 0)
}

/// Whom a group takes and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    pub name: String,
    pub kind: GroupKind,
    pub language: Language,
    pub birth_years: (i32, i32),
    pub capacity: i32,
}

pub async fn insert_group(
    conn: &mut PgConnection,
    id: Uuid,
    kindergarten: Uuid,
    new: &NewGroup,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into groups (id, kindergarten_id, name, correction_type, language, birth_year_from, birth_year_to, capacity)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        kindergarten,
        new.name,
        new.kind.correction_type(),
        new.language.as_str(),
        new.birth_years.0,
        new.birth_years.1,
        new.capacity
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An open group of this kindergarten, under lock; another's is not there. Lock the queue of its kind first.
pub async fn lock_group(
    conn: &mut PgConnection,
    kindergarten: Uuid,
    id: Uuid,
) -> Result<Option<GroupRow>, sqlx::Error> {
    sqlx::query_as!(
        GroupRow,
        "select id, name, correction_type, language, birth_year_from, birth_year_to, capacity, enrolled, held
         from groups where id = $1 and kindergarten_id = $2 and closed_at is null for update",
        id,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}

/// The same, to be looked at.
pub async fn group(
    conn: &mut PgConnection,
    kindergarten: Uuid,
    id: Uuid,
) -> Result<Option<GroupRow>, sqlx::Error> {
    sqlx::query_as!(
        GroupRow,
        "select id, name, correction_type, language, birth_year_from, birth_year_to, capacity, enrolled, held
         from groups where id = $1 and kindergarten_id = $2 and closed_at is null",
        id,
        kindergarten
    )
    .fetch_optional(conn)
    .await
}

pub async fn update_group(conn: &mut PgConnection, id: Uuid, new: &NewGroup) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update groups set name = $2, correction_type = $3, language = $4, birth_year_from = $5, birth_year_to = $6, capacity = $7
         where id = $1",
        id,
        new.name,
        new.kind.correction_type(),
        new.language.as_str(),
        new.birth_years.0,
        new.birth_years.1,
        new.capacity
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn close_group(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update groups set closed_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}
