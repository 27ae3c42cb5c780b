//! Notices are planned in the transaction of the deed and sent afterwards.
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::Deed;
use crate::db;
use crate::fault::Fault;
use crate::rules::notice::Notice;

/// Plans a notice for an account.
pub async fn plan(
    conn: &mut PgConnection,
    deed: &Deed,
    account: Uuid,
    application: Option<Uuid>,
    notice: &Notice,
) -> Result<(), Fault> {
    let id = deed.app.secrets.id();
    Ok(db::notice::plan(conn, id, account, application, notice, deed.now).await?)
}
