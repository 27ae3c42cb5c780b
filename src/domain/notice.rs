//! Notices: written in the transaction of the deed, delivered afterwards.
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::Deed;
use crate::db;
use crate::fault::Fault;
use crate::rules::notice::Notice;

pub async fn plan(conn: &mut PgConnection, deed: &Deed, account: Uuid, application: Option<Uuid>, notice: &Notice) -> Result<(), Fault> {
    Ok(db::notice::plan(conn, deed.app.secrets.id(), account, application, notice, deed.now).await?)
}
