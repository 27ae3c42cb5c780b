//! Recovery: the same road as registration. What the old password opened is closed, and the person is told.
use sqlx::PgConnection;

use super::notice;
use crate::app::Deed;
use crate::db::{self, account::Saved};
use crate::fault::Fault;
use crate::rules::notice::Notice;

/// All sessions end, no browser is known any more. Stored files stay closed for a while: `accounts.recovered_at`.
pub(super) async fn close_old_doors(
    conn: &mut PgConnection,
    deed: &Deed,
    saved: &Saved,
) -> Result<(), Fault> {
    db::session::end_others(conn, saved.id, None).await?;
    db::browser::forget_all(conn, saved.id).await?;
    notice::enqueue(conn, deed, saved.id, None, &Notice::PasswordChanged).await?;
    if saved.phone_replaced {
        notice::enqueue(conn, deed, saved.id, None, &Notice::PhoneChanged).await?;
    }
    Ok(())
}
