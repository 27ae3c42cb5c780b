//! How often somebody may do something. Subjects are stored as keyed hashes: the table names nobody.
use sqlx::PgConnection;

use crate::app::Deed;
use crate::db::{self, limit::Window};
use crate::fault::{Failure, Fault};

const MINUTE: u32 = 60;
pub const HOUR: u32 = 60 * MINUTE;
pub const DAY: u32 = 24 * HOUR;

/// What is limited, for whom, to how much.
pub struct Limit<'a> {
    pub scope: &'static str,
    pub subject: &'a [u8],
    pub windows: Vec<Window>,
}

impl<'a> Limit<'a> {
    /// `windows`: (at most, within seconds).
    pub fn new(scope: &'static str, subject: &'a [u8], windows: &[(u32, u32)]) -> Self {
        let windows = windows.iter().map(|&(most, seconds)| Window { most, seconds }).collect();
        Self { scope, subject, windows }
    }

    fn hidden(&self, deed: &Deed) -> [u8; 32] {
        deed.app.secrets.mac("limit", &[self.scope.as_bytes(), self.subject])
    }
}

/// Takes one time of each limit, in this order; the first that refuses ends the deed, and its transaction gives the
/// others back. Deeds name their scopes in one and the same order, so that they never wait for one another in a ring.
pub async fn take(conn: &mut PgConnection, deed: &Deed, limits: &[Limit<'_>]) -> Result<(), Failure> {
    for limit in limits {
        let subject = limit.hidden(deed);
        let refused = db::limit::take(conn, limit.scope, &subject, &limit.windows, deed.now).await?;
        if let Some(again_at) = refused {
            return Err(Failure::TooOften { again_at });
        }
    }
    Ok(())
}

/// What was taken in `deed` did not count after all.
pub async fn give_back(conn: &mut PgConnection, deed: &Deed, limits: &[Limit<'_>]) -> Result<(), Fault> {
    for limit in limits {
        db::limit::give_back(conn, limit.scope, &limit.hidden(deed), deed.now).await?;
    }
    Ok(())
}
