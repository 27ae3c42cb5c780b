//! Pictures of kindergartens: few and small, so that they live beside the facts and are backed up with them.
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub struct NewPhoto<'a> {
    pub id: Uuid,
    pub kindergarten: Uuid,
    pub alt_kk: &'a str,
    pub alt_ru: &'a str,
    pub width: i32,
    pub height: i32,
    pub jpeg: &'a [u8],
    pub sha256: &'a [u8],
    pub now: DateTime<Utc>,
}

/// `false`: there are six already.
pub async fn insert(conn: &mut PgConnection, new: NewPhoto<'_>) -> Result<bool, sqlx::Error> {
    // Two who add at once take their numbers one after the other.
    sqlx::query!("select id from kindergartens where id = $1 for no key update", new.kindergarten)
        .fetch_optional(&mut *conn)
        .await?;
    let inserted = sqlx::query!(
        "insert into kindergarten_photos (id, kindergarten_id, ordinal, alt_kk, alt_ru, media, width, height, bytes, sha256, added_at)
         select $1, $2, n, $3, $4, 'image/jpeg', $5, $6, $7, $8, $9 from generate_series(1, 6) n
         where not exists (select from kindergarten_photos p where p.kindergarten_id = $2 and p.ordinal = n) order by n limit 1",
        new.id,
        new.kindergarten,
        new.alt_kk,
        new.alt_ru,
        new.width,
        new.height,
        new.jpeg,
        new.sha256,
        new.now
    );
    Ok(inserted.execute(conn).await?.rows_affected() == 1)
}

/// `false`: this kindergarten has no such picture.
pub async fn remove(conn: &mut PgConnection, kindergarten: Uuid, id: Uuid) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        "delete from kindergarten_photos where id = $1 and kindergarten_id = $2",
        id,
        kindergarten
    );
    Ok(removed.execute(conn).await?.rows_affected() == 1)
}

/// A picture as it is given out.
#[derive(Debug, Clone)]
pub struct Picture {
    pub media: String,
    pub bytes: Vec<u8>,
    pub sha256: Vec<u8>,
}

/// A picture of a kindergarten that is open.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Picture>, sqlx::Error> {
    sqlx::query_as!(
        Picture,
        "select p.media, p.bytes, p.sha256 from kindergarten_photos p join kindergartens k on k.id = p.kindergarten_id
         where p.id = $1 and k.closed_at is null",
        id
    )
    .fetch_optional(conn)
    .await
}
