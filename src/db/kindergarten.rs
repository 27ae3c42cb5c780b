//! Kindergartens: the catalogue, their facts, their groups as staff see them.
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::child::ChildNeed;
use crate::rules::district::District;
use crate::rules::facility::{Facility, Specialist};
use crate::rules::iin::Bin;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::map::Position;
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
    /// Groups that take children of this year.
    pub birth_year: Option<i32>,
    pub barrier_free: bool,
    /// Only where a place is free in a group that is looked for.
    pub free: bool,
    /// Only where a place is free for this child.
    pub child: Option<ChildNeed>,
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
    pub position: Option<Position>,
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

/// A kindergarten on the map.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Point {
    pub id: Uuid,
    pub name: String,
    pub latitude: f64,
    pub longitude: f64,
    /// Free places of the groups that are looked for.
    pub free: i64,
}

/// A page of the catalogue, and the whole search on the map.
#[derive(Debug, Clone)]
pub struct Found {
    pub sheet: Sheet<Listed>,
    /// How many were found in each district, by its code.
    pub districts: BTreeMap<String, i64>,
    /// Each of them, where there are few enough to be told apart.
    pub points: Option<Vec<Point>>,
}

impl Found {
    /// More points than this are counted by district instead.
    pub const MOST_POINTS: i64 = 60;
}

/// In what order a search is listed; kindergartens that are equal in it stand by name, as the language sorts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    Name,
    District,
    /// The most free places of the groups that are looked for first.
    Free,
    /// The nearest first; where a place is not known, last.
    Near(Position),
}

impl Order {
    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::District => "district",
            Self::Free => "free",
            Self::Near(_) => "near",
        }
    }

    fn from(self) -> Option<Position> {
        match self {
            Self::Near(place) => Some(place),
            _ => None,
        }
    }
}

/// One page of the catalogue with its map: a single statement. What only some searches need – sums over the groups,
/// points – is not computed for the others.
pub async fn catalogue(
    conn: &mut PgConnection,
    city: &str,
    filter: &Filter,
    order: Order,
    language: Language,
    page: i64,
) -> Result<Found, sqlx::Error> {
    let need = filter.child.as_ref();
    let only_free = filter.free || need.is_some();
    let of_groups = filter.kind.is_some() || filter.language.is_some() || filter.birth_year.is_some();
    let rows = sqlx::query!(
        r#"with wanted as not materialized (
             select g.kindergarten_id, g.correction_type, g.language, g.birth_year_from, g.birth_year_to, g.capacity,
                    g.capacity - g.enrolled - g.held as free
             from groups g
             where g.closed_at is null
               and (not $5::bool or g.correction_type is not distinct from $6)
               and ($7::text is null or g.language = $7)
               and ($11::int is null or $11 between g.birth_year_from and g.birth_year_to)
               and ($12::int is null or $12 between g.birth_year_from and g.birth_year_to)
               and ($12::int is null or cardinality($13::text[]) = 0
                    or concat(coalesce(g.correction_type, 'general'), ' ', g.language) = any ($13::text[]))),
           sums as (
             select kindergarten_id, sum(free) as free from wanted where $14::bool group by 1),
           found as (
             select k.id, k.district,
                    -- One key of bytes: several would be compared one by one.
                    row_number() over (order by
                      case $15::text when 'district' then k.district || ' '
                                     when 'free' then lpad((1000000 - coalesce(s.free, 0))::text, 8, '0')
                                     when 'near' then lpad(coalesce(round((((k.latitude - $16::float8) ^ 2
                                         + ((k.longitude - $17::float8) * cos(radians($16::float8))) ^ 2) * 1e9)::numeric), 1e17)::text, 18, '0')
                                     else '' end
                      || case when $1::bool then k.sort_kk else k.sort_ru end collate "C", k.id) as line
             from kindergartens k left join sums s on s.kindergarten_id = k.id
             where k.city = $2 and k.closed_at is null
               and ($3::text is null or k.district = $3)
               and ($4::text is null or k.ownership = $4)
               and (not $18::bool or k.barrier_free)
               and (not $19::bool or s.kindergarten_id is not null)
               and (not $20::bool or s.free > 0)
               and not exists (select from unnest($8::text[]) as word where strpos(k.name_folded, word) = 0)),
           size as materialized (select count(*) as total from found),
           shown as (
             select id, line, (select total from size) as total from found
             where (line - 1) / $10::bigint = least($9::bigint, ((select total from size) + $10 - 1) / $10) - 1)
           select k.id, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.district, k.ownership, k.barrier_free, k.latitude, k.longitude,
                  f.total as "total!",
                  coalesce((select jsonb_agg(p order by p.correction_type is not null, p.correction_type, p.language, p."from")
                            from (select w.correction_type, w.language, w.birth_year_from as "from", w.birth_year_to as "to",
                                         sum(w.capacity) as capacity, sum(w.free) as free
                                  from wanted w where w.kindergarten_id = k.id
                                  group by 1, 2, 3, 4) p), '[]') as "places!: Json<Vec<PlacesRow>>",
                  case when (f.line - 1) % $10 = 0 then
                    (select jsonb_object_agg(d.district, d.found)
                     from (select district, count(*) as found from found group by 1) d) end as "districts: Json<BTreeMap<String, i64>>",
                  case when (f.line - 1) % $10 = 0 and f.total <= $21::bigint then
                    (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', case when $1 then p.name_kk else p.name_ru end,
                                                                  'latitude', p.latitude, 'longitude', p.longitude,
                                                                  'free', coalesce((select sum(w.free) from wanted w where w.kindergarten_id = p.id), 0))
                                               order by one.line), '[]')
                     from found one join kindergartens p on p.id = one.id where p.latitude is not null) end as "points: Json<Vec<Point>>"
           from shown f join kindergartens k on k.id = f.id
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
        Sheet::<Listed>::ROWS,
        filter.birth_year,
        need.map(|need| need.birth_year),
        need.map_or(&[][..], |need| &need.groups),
        only_free || of_groups || order == Order::Free,
        order.as_str(),
        order.from().map(|place| place.latitude),
        order.from().map(|place| place.longitude),
        filter.barrier_free,
        of_groups,
        only_free,
        Found::MOST_POINTS
    )
    .fetch_all(conn)
    .await?;
    let total = rows.first().map(|row| row.total);
    let (mut districts, mut points, mut listed) = (BTreeMap::new(), None, Vec::new());
    for row in rows {
        districts.extend(row.districts.into_iter().flat_map(|counts| counts.0));
        points = points.or(row.points.map(|points| points.0));
        listed.push(Listed {
            id: row.id,
            name_kk: row.name_kk,
            name_ru: row.name_ru,
            address_kk: row.address_kk,
            address_ru: row.address_ru,
            district: row.district,
            ownership: row.ownership,
            barrier_free: row.barrier_free,
            position: position(row.latitude, row.longitude),
            places: places(&row.places)?,
        });
    }
    Ok(Found { sheet: Sheet::new(listed, total, page), districts, points })
}

fn position(latitude: Option<f64>, longitude: Option<f64>) -> Option<Position> {
    Some(Position { latitude: latitude?, longitude: longitude? })
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

/// A picture of a kindergarten, without its bytes.
#[derive(Debug, Clone, Deserialize)]
pub struct PhotoRow {
    pub id: Uuid,
    pub alt_kk: String,
    pub alt_ru: String,
    pub width: i32,
    pub height: i32,
}

#[derive(Debug, Deserialize)]
struct TherapistRow {
    specialist: String,
    hours_per_week: i32,
}

/// A kindergarten with its open groups.
#[derive(Debug, Clone)]
pub struct Kindergarten {
    pub id: Uuid,
    pub city: String,
    pub bin: String,
    pub district: String,
    pub name_kk: String,
    pub name_ru: String,
    pub ownership: String,
    pub closed_at: Option<DateTime<Utc>>,
    pub profile: Profile,
    pub groups: Vec<GroupRow>,
    pub photos: Vec<PhotoRow>,
}

/// Everything about one kindergarten, closed ones included: a single statement.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Kindergarten>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select k.id, k.city, k.bin, k.district, k.name_kk, k.name_ru, k.address_kk, k.address_ru, k.phone, k.ownership, k.head_name,
                  k.barrier_free, k.closed_at, k.latitude, k.longitude, k.directions_kk, k.directions_ru, k.accessibility,
                  coalesce((select jsonb_agg(to_jsonb(g) order by g.correction_type is not null, g.correction_type, g.language,
                                             g.birth_year_from, g.name, g.id)
                            from groups g where g.kindergarten_id = k.id and g.closed_at is null), '[]') as "groups!: Json<Vec<GroupRow>>",
                  coalesce((select jsonb_agg(to_jsonb(t)) from therapists t where t.kindergarten_id = k.id), '[]')
                    as "therapists!: Json<Vec<TherapistRow>>",
                  coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'alt_kk', p.alt_kk, 'alt_ru', p.alt_ru, 'width', p.width,
                                                                'height', p.height) order by p.ordinal)
                            from kindergarten_photos p where p.kindergarten_id = k.id), '[]') as "photos!: Json<Vec<PhotoRow>>"
           from kindergartens k where k.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Kindergarten {
        id: row.id,
        city: row.city,
        bin: row.bin,
        district: row.district,
        name_kk: row.name_kk,
        name_ru: row.name_ru,
        ownership: row.ownership,
        closed_at: row.closed_at,
        profile: Profile {
            address_kk: row.address_kk,
            address_ru: row.address_ru,
            phone: row.phone,
            head_name: row.head_name,
            barrier_free: row.barrier_free,
            position: position(row.latitude, row.longitude),
            directions_kk: row.directions_kk,
            directions_ru: row.directions_ru,
            accessibility: Facility::all()
                .filter(|one| row.accessibility.iter().any(|code| code == one.code()))
                .collect(),
            therapists: therapists(&row.therapists),
        },
        groups: row.groups.0,
        photos: row.photos.0,
    }))
}

/// In the order of the list; a code that is not of the list any more is left out.
fn therapists(rows: &[TherapistRow]) -> Vec<(Specialist, i32)> {
    let hours = |one: Specialist| rows.iter().find(|row| row.specialist == one.code());
    Specialist::all().filter_map(|one| Some((one, hours(one)?.hours_per_week))).collect()
}

/// When those who were enrolled lately had applied, for one kind of group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lately {
    pub correction_type: Option<String>,
    /// Enrolments of this kind here, and the month by which half of them had applied.
    pub here: i64,
    pub here_month: Option<NaiveDate>,
    /// The same for the whole city.
    pub city: i64,
    pub city_month: Option<NaiveDate>,
}

/// For each kind of group of this kindergarten: the newest enrolments since a day, at most so many as say enough.
pub async fn lately(conn: &mut PgConnection, id: Uuid, since: NaiveDate) -> Result<Vec<Lately>, sqlx::Error> {
    sqlx::query_as!(
        Lately,
        r#"select q.correction_type, h.enrolments as "here!", h.month as here_month, c.enrolments as "city!", c.month as city_month
           from kindergartens k
           join queues q on q.city = k.city
             and exists (select from groups g where g.kindergarten_id = k.id and g.closed_at is null
                         and g.correction_type is not distinct from q.correction_type),
           lateral (select count(*) as enrolments, percentile_disc(0.5) within group (order by e.month) as month
                    from (select date_trunc('month', a.submitted_at at time zone 'Asia/Almaty')::date as month
                          from groups g join applications a on a.group_id = g.id
                          where g.kindergarten_id = k.id and a.queue_id = q.id and a.stage = 'enrolled' and a.enrolled_on >= $2
                          order by a.enrolled_on desc, a.id limit 50) e) h,
           lateral (select count(*) as enrolments, percentile_disc(0.5) within group (order by e.month) as month
                    from (select date_trunc('month', a.submitted_at at time zone 'Asia/Almaty')::date as month
                          from applications a
                          where a.queue_id = q.id and a.stage = 'enrolled' and a.enrolled_on >= $2
                          order by a.enrolled_on desc limit 200) e) c
           where k.id = $1
           order by q.correction_type is not null, q.correction_type"#,
        id,
        since
    )
    .fetch_all(conn)
    .await
}

pub async fn by_bin(conn: &mut PgConnection, bin: &Bin) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select id from kindergartens where bin = $1 and closed_at is null", bin.as_str())
        .fetch_optional(conn)
        .await
}

/// What a kindergarten says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    pub address_kk: String,
    pub address_ru: String,
    pub phone: String,
    pub head_name: String,
    pub barrier_free: bool,
    pub position: Option<Position>,
    /// How to get there; both or none.
    pub directions_kk: String,
    pub directions_ru: String,
    pub accessibility: Vec<Facility>,
    /// Who works with the children, and how many hours a week.
    pub therapists: Vec<(Specialist, i32)>,
}

impl Profile {
    fn accessibility_codes(&self) -> Vec<String> {
        self.accessibility.iter().map(|one| one.code().to_owned()).collect()
    }
}

/// What the operator says of it besides.
#[derive(Debug, Clone, PartialEq)]
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
        "insert into kindergartens (id, city, bin, name_kk, name_ru, district, ownership, address_kk, address_ru, phone, head_name,
                                    barrier_free, latitude, longitude, directions_kk, directions_ru, accessibility)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
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
        profile.barrier_free,
        profile.position.map(|place| place.latitude),
        profile.position.map(|place| place.longitude),
        profile.directions_kk,
        profile.directions_ru,
        &profile.accessibility_codes()
    )
    .execute(&mut *conn)
    .await?;
    set_therapists(conn, id, &profile.therapists).await
}

async fn set_therapists(
    conn: &mut PgConnection,
    id: Uuid,
    therapists: &[(Specialist, i32)],
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from therapists where kindergarten_id = $1", id).execute(&mut *conn).await?;
    let (codes, hours): (Vec<String>, Vec<i32>) =
        therapists.iter().map(|(one, hours)| (one.code().to_owned(), *hours)).unzip();
    sqlx::query!(
        "insert into therapists (kindergarten_id, specialist, hours_per_week) select $1, * from unnest($2::text[], $3::int[])",
        id,
        &codes,
        &hours
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
        "update kindergartens set address_kk = $2, address_ru = $3, phone = $4, head_name = $5, barrier_free = $6, latitude = $7,
                longitude = $8, directions_kk = $9, directions_ru = $10, accessibility = $11 where id = $1",
        id,
        profile.address_kk,
        profile.address_ru,
        profile.phone,
        profile.head_name,
        profile.barrier_free,
        profile.position.map(|place| place.latitude),
        profile.position.map(|place| place.longitude),
        profile.directions_kk,
        profile.directions_ru,
        &profile.accessibility_codes()
    );
    if updated.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(false);
    }
    set_therapists(conn, id, &profile.therapists).await?;
    Ok(true)
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
