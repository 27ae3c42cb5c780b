//! Conclusions that Arkotek owes: asked for again in the background, outside any transaction.

use super::journal::facts;
use super::{journal, notice};
use crate::app::{Deed, SharedApp};
use crate::db;
use crate::db::conclusion::{Fetched, Owed};
use crate::fault::{Failure, Service};
pub use crate::integrations::pmpk::Conclusion;
use crate::rules::iin::Iin;
use crate::rules::journal::What;
use crate::rules::notice::Notice;

/// The child's conclusion of this number. `None`: the registry has none such.
pub async fn find(app: &SharedApp, child: &Iin, number: &str) -> Result<Option<Conclusion>, Failure> {
    app.pmpk.conclusion(child, number).await
}

/// Asks for every conclusion that is owed, until the registry falls silent; answers how many were settled.
pub async fn fetch_owed(app: &SharedApp) -> Result<usize, Failure> {
    let owed = db::conclusion::owed(&mut *app.pool.acquire().await?).await?;
    let mut settled = 0;
    for one in owed {
        let Ok(child) = Iin::parse(&one.child_iin) else { continue };
        match find(app, &child, &one.number).await {
            Ok(answer) => {
                settle(app, &one, answer).await?;
                settled += 1;
            }
            Err(Failure::Silent(Service::Pmpk)) => break,
            Err(failure) => return Err(failure),
        }
    }
    Ok(settled)
}

async fn settle(app: &SharedApp, owed: &Owed, answer: Option<Conclusion>) -> Result<(), Failure> {
    let mut tx = app.pool.begin().await?;
    let deed = Deed::by_system(app, &mut tx).await?;
    db::application::lock(&mut tx, owed.application).await?;
    // Another process may have heard it first; the family may have withdrawn.
    if !db::conclusion::is_owed(&mut tx, owed.application).await? {
        return Ok(());
    }
    let (told, facts) = match &answer {
        Some(found) => {
            let it = Fetched {
                number: &found.number,
                issued_on: found.issued_on,
                valid_until: found.valid_until,
                correction_type: found.correction_types.first().map_or("", String::as_str),
            };
            db::conclusion::fetched(&mut tx, owed.application, &it, deed.now).await?;
            (Notice::ConclusionReceived, facts!(Found: true))
        }
        None => {
            db::conclusion::unknown(&mut tx, owed.application, deed.now).await?;
            (Notice::ConclusionUnknown, facts!(Found: false))
        }
    };
    notice::enqueue(&mut tx, &deed, owed.applicant, Some(owed.application), &told).await?;
    journal::about(&mut tx, &deed, What::FetchConclusion, owed.application, facts).await?;
    tx.commit().await?;
    Ok(())
}
