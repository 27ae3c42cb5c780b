//! Texts of notices leave: in the send window, one by one, the longest waiting first.
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::app::SharedApp;
use crate::domain::notice::{self, Due, Next, Tried};
use crate::fault::Fault;
use crate::locale::wording;
use crate::rules::notice::{Notice, TextKind};
use crate::rules::phone::Phone;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sent {
    pub sent: u64,
    pub failed: u64,
    pub will_retry: u64,
    /// Set when it is too early or too late to disturb people.
    pub window_opens_at: Option<DateTime<Utc>>,
}

/// Sends until nothing is due. A gateway that says "later" is left alone for this time: the rest waits with it.
pub async fn send(app: &SharedApp) -> Result<Sent, Fault> {
    let mut done = Sent::default();
    while done.will_retry == 0 {
        match notice::next(app).await? {
            Next::Nothing => break,
            Next::WindowOpensAt(at) => {
                done.window_opens_at = Some(at);
                break;
            }
            Next::Unsendable => done.failed += 1,
            Next::Send(due, phone) => match send_one(app, &due, phone).await? {
                Tried::Sent => done.sent += 1,
                Tried::Failed => done.failed += 1,
                Tried::WillRetry => done.will_retry += 1,
            },
        }
    }
    Ok(done)
}

/// The reference is the notice's own: a text that left and was not written down is not sent twice.
async fn send_one(app: &SharedApp, due: &Due, phone: Phone) -> Result<Tried, Fault> {
    let text = wording::sms(due.language, &due.notice, &link(app, due));
    let reference = due.id.to_string();
    let answer = app.sms.send(&phone, &text, TextKind::Notice, due.language, &reference).await;
    notice::answered(app, due, Some(phone), answer).await
}

/// Short, and without a language: whoever opens it is led to the page in their own.
fn link(app: &SharedApp, due: &Due) -> String {
    let notices = || format!("{}/{}/notices", app.config.base_url, due.language.as_str());
    match &due.number {
        None if matches!(due.notice, Notice::LetterAnswered { .. }) => {
            format!("{}/{}/feedback/follow", app.config.base_url, due.language.as_str())
        }
        None if matches!(due.notice, Notice::PaperExpires { .. }) => {
            format!("{}/{}/documents", app.config.base_url, due.language.as_str())
        }
        // The link of a case is the family's.
        Some(_) if due.notice.is_to_kindergarten() => notices(),
        Some(number) => format!("{}/v/{number}", app.config.base_url),
        None => notices(),
    }
}
