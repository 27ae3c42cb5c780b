//! What happens while nobody looks. Each job is a plain function that returns what it did, so that a test, or
//! `POST /sandbox/tick`, can call it.
mod texts;

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::ledger::{self, Look};
use crate::fault::Failure;

/// In the sandbox every job is done this often: its clock may be moved at any moment.
const SANDBOX_EVERY: Duration = Duration::from_secs(2);
/// How often new entries of the ledger are linked: a receipt has its number within five seconds.
const LINK_EVERY: Duration = Duration::from_secs(2);
/// How often the timetable is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What should happen soon.
const SOON: Duration = Duration::from_secs(15);

/// The timetable, in the order in which jobs due together are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Vouchers that nobody confirmed, terms that ran out, days on the stop list, children who outgrew the queue.
    Sweep,
    /// Arkotek is asked for the conclusions it owes.
    FetchConclusions,
    /// Signatures that wait for their check: the authority is asked again.
    CheckSignatures,
    /// Lists of revoked keys that are used are read anew before they end.
    RefreshLists,
    /// Vouchers to the heads of the queues, where places are free.
    Rounds,
    /// Joins and leaves of the queues go into what places are read from.
    FoldPlaces,
    /// What places are read from is checked.
    CheckPlaces,
    /// Texts of notices leave, and are tried again.
    SendTexts,
    /// The gateway is asked which texts arrived.
    AskDeliveries,
    /// Entries of the ledger that committed long after they were appended get their link; the others have it in seconds.
    LinkLedger,
    /// The end of the ledger is written down outside the database.
    AnchorLedger,
    /// The whole ledger is computed again, once a day.
    CheckLedger,
    /// Old form keys, codes, sessions and drafts' files go.
    Forget,
    /// Papers of families that are about to expire.
    WarnPapers,
    /// The store of files has what the database says, and nothing else.
    CheckFiles,
    /// Changed settings reach what is not a deed; banners come and go.
    RefreshPolicy,
}

impl Job {
    const ALL: [Self; 16] = [
        Self::Sweep,
        Self::FetchConclusions,
        Self::CheckSignatures,
        Self::RefreshLists,
        Self::Rounds,
        Self::FoldPlaces,
        Self::CheckPlaces,
        Self::SendTexts,
        Self::AskDeliveries,
        Self::LinkLedger,
        Self::AnchorLedger,
        Self::CheckLedger,
        Self::Forget,
        Self::WarnPapers,
        Self::CheckFiles,
        Self::RefreshPolicy,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweeps",
            Self::FetchConclusions => "conclusions",
            Self::CheckSignatures => "signatures",
            Self::RefreshLists => "lists",
            Self::Rounds => "rounds",
            Self::FoldPlaces => "folded_places",
            Self::CheckPlaces => "wrong_places",
            Self::SendTexts => "texts",
            Self::AskDeliveries => "deliveries",
            Self::LinkLedger => "linked",
            Self::AnchorLedger => "anchored",
            Self::CheckLedger => "ledger",
            Self::Forget => "forgotten",
            Self::WarnPapers => "papers",
            Self::CheckFiles => "files",
            Self::RefreshPolicy => "policy",
        }
    }

    fn every(self) -> Duration {
        match self {
            Self::FoldPlaces => LOOK_EVERY,
            Self::SendTexts | Self::AskDeliveries | Self::Sweep | Self::Rounds => SOON,
            Self::RefreshPolicy
            | Self::FetchConclusions
            | Self::CheckSignatures
            | Self::RefreshLists
            | Self::AnchorLedger => Duration::from_secs(60),
            Self::Forget | Self::CheckPlaces | Self::LinkLedger | Self::CheckLedger => {
                Duration::from_secs(3600)
            }
            Self::WarnPapers | Self::CheckFiles => Duration::from_secs(3600),
        }
    }

    async fn run(self, app: &SharedApp) -> Result<Value, Failure> {
        Ok(match self {
            Self::Sweep => sweep(app).await?,
            Self::FetchConclusions => json!({ "settled": domain::conclusion::fetch_owed(app).await? }),
            Self::CheckSignatures => json!(domain::signature::check_waiting(app).await?),
            Self::RefreshLists => json!(domain::signature::refresh_lists(app).await?),
            Self::Rounds => json!(domain::round::run_all(app).await?),
            Self::FoldPlaces => json!(domain::place::fold_all(app).await?),
            Self::CheckPlaces => json!(domain::place::verify_all(app).await?),
            Self::SendTexts => json!(texts::send(app).await?),
            Self::AskDeliveries => json!(domain::notice::ask_deliveries(app).await?),
            Self::LinkLedger => json!(ledger::link(&app.pool, Look::Everywhere).await?),
            Self::AnchorLedger => json!(ledger::anchor(app).await?),
            Self::CheckLedger => json!(ledger::check_daily(app).await?),
            Self::Forget => json!(domain::upkeep::forget(app).await?),
            Self::WarnPapers => json!({ "warned": domain::paper::warn(app).await? }),
            Self::CheckFiles => json!(domain::upkeep::check_files(app).await?),
            Self::RefreshPolicy => json!(domain::upkeep::refresh_policy(app).await?),
        })
    }
}

/// Every kind of due case, and how many of each were tidied.
async fn sweep(app: &SharedApp) -> Result<Value, Failure> {
    let mut swept = Map::new();
    for kind in domain::voucher::Sweep::ALL {
        swept.insert(kind.what().as_str().to_owned(), json!(domain::voucher::sweep(app, kind).await?));
    }
    swept.insert("warn_outgrown".to_owned(), json!(domain::outgrown::warn(app).await?));
    Ok(Value::Object(swept))
}

/// Does every job once, now; what each did, by its name.
pub async fn everything(app: &SharedApp) -> Map<String, Value> {
    let _alone = app.background.lock().await;
    let mut done = Map::new();
    for job in Job::ALL {
        done.insert(job.name().to_owned(), attempt(job, app).await);
    }
    done
}

/// A job that fails is logged and does not stop the others.
async fn attempt(job: Job, app: &SharedApp) -> Value {
    match job.run(app).await {
        Ok(did) => did,
        Err(failure) => {
            tracing::error!(job = job.name(), error = ?failure, "a background job failed");
            json!({ "failed": "see the log" })
        }
    }
}

/// Keeps the timetable until `stop` turns true; a job under way is finished. Beside it the ledger is linked, which waits
/// for no slow gateway.
pub async fn run(app: SharedApp, stop: watch::Receiver<bool>) {
    tokio::join!(keep_linking(&app, stop.clone()), keep_timetable(&app, stop));
}

async fn keep_linking(app: &SharedApp, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = ledger::link(&app.pool, Look::Near).await {
            tracing::error!(%error, "the ledger was not linked");
        }
        tokio::select! {
            () = tokio::time::sleep(LINK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

async fn keep_timetable(app: &SharedApp, mut stop: watch::Receiver<bool>) {
    let look = if app.config.sandbox { SANDBOX_EVERY } else { LOOK_EVERY };
    let mut due = Job::ALL.map(|job| (job, Instant::now()));
    loop {
        for (job, at) in &mut due {
            if *at <= Instant::now() && !*stop.borrow() {
                let _alone = app.background.lock().await;
                attempt(*job, app).await;
                // What no clock moves needs no hurry in the sandbox either.
                let hurries = app.config.sandbox
                    && !matches!(job, Job::CheckPlaces | Job::CheckLedger | Job::CheckFiles);
                *at = Instant::now() + if hurries { SANDBOX_EVERY } else { job.every() };
            }
        }
        tokio::select! {
            () = tokio::time::sleep(look) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
