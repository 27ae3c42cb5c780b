//! Banners: what stands on every page from one moment to another.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rules::banner::{Banner, BannerKind};

/// Those in force at this moment of the portal's clock, and the outages that last, the loudest first.
pub async fn in_force(conn: &mut PgConnection) -> Result<Vec<Banner>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select b.kind as "kind!", b.text_kk as "text_kk!", b.text_ru as "text_ru!" from portal_now() as moment, lateral (
               select kind, text_kk, text_ru, starts_at, id from banners
               where withdrawn_at is null and starts_at <= moment and moment < ends_at
               union all
               select 'outage', text_kk, text_ru, declared_at, id from outages
               where withdrawn_at is null and (moment at time zone 'Asia/Almaty')::date between from_on and coalesce(to_on, 'infinity')
           ) b
           order by b.kind = 'outage' desc, b.kind = 'warning' desc, b.starts_at desc, b.id"#
    )
    .fetch_all(conn)
    .await?;
    let banners = rows.into_iter().map(|row| Banner {
        // A declared outage is as loud as a warning.
        kind: BannerKind::parse(&row.kind).unwrap_or(BannerKind::Warning),
        text_kk: row.text_kk,
        text_ru: row.text_ru,
    });
    Ok(banners.collect())
}

/// A banner as a line of the operator's list.
#[derive(Debug, Clone)]
pub struct BannerRow {
    pub id: Uuid,
    pub banner: Banner,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// The portal's clock when the list was read.
    pub now: DateTime<Utc>,
}

impl BannerRow {
    /// It stands on the pages, or will.
    pub fn is_live(&self) -> bool {
        self.withdrawn_at.is_none() && self.now < self.ends_at
    }

    pub fn is_in_force(&self) -> bool {
        self.is_live() && self.starts_at <= self.now
    }
}

/// The newest hundred, newest first.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<BannerRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select b.id, b.kind, b.text_kk, b.text_ru, b.starts_at, b.ends_at, b.withdrawn_at, moment as "now!"
           from portal_now() as moment, banners b order by b.starts_at desc, b.id limit 100"#
    )
    .fetch_all(conn)
    .await?;
    let banners = rows.into_iter().map(|row| BannerRow {
        id: row.id,
        banner: Banner {
            kind: BannerKind::parse(&row.kind).unwrap_or(BannerKind::Info),
            text_kk: row.text_kk,
            text_ru: row.text_ru,
        },
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        withdrawn_at: row.withdrawn_at,
        now: row.now,
    });
    Ok(banners.collect())
}

pub async fn add(
    conn: &mut PgConnection,
    id: Uuid,
    banner: &Banner,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into banners (id, kind, text_kk, text_ru, starts_at, ends_at, made_at, made_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        banner.kind.as_str(),
        banner.text_kk,
        banner.text_ru,
        starts_at,
        ends_at,
        now,
        by
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: there is no such banner, or it was withdrawn before.
pub async fn withdraw(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let withdrawn =
        sqlx::query!("update banners set withdrawn_at = $2 where id = $1 and withdrawn_at is null", id, now);
    Ok(withdrawn.execute(conn).await?.rows_affected() == 1)
}
