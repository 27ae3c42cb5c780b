//! One uploaded file of a form: read in a process of its own, kept for a day if it is good.
use axum::http::StatusCode;
use uuid::Uuid;

use super::{file_error, file_status};
use crate::app::SharedApp;
use crate::domain::file::{self, Judged};
use crate::fault::Failure;
use crate::rules::document::{self, Limits};
use crate::rules::settings::Settings;
use crate::web::form::{Answers, Form};
use crate::web::visit::Signed;

/// The file of one field: the one that came now, or the one kept from the form before.
pub struct Kept {
    pub id: Uuid,
    pub name: String,
}

/// Takes the file of `field`. A good one is kept at once and named in the answers (`<field>_kept`), so that it survives
/// whatever else is wrong with the form; a bad one is told at its field, and its status is returned.
pub async fn take(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    field: &str,
    answers: &mut Answers,
) -> Result<(Option<Kept>, Option<StatusCode>), Failure> {
    let kept_field = format!("{field}_kept");
    let Some(upload) = form.file(field) else {
        let earlier = form.text(&kept_field).parse().ok();
        return Ok((name_kept(app, signed, field, earlier, answers).await?, None));
    };
    let limits = limits(&app.policy());
    // A few at a time, until they are kept.
    let _room = file::room(app).await?;
    let read = if upload.too_large {
        Err(document::too_large(&upload.head, &limits))
    } else {
        app.reader.read(upload.source(), &limits).await?
    };
    match read {
        Ok(read) => {
            let judged = Judged { name: &upload.name, media: read.media, bytes: &read.bytes };
            let id = file::keep_draft(app, signed.account, signed.visit.request, &judged).await?;
            Ok((name_kept(app, signed, field, Some(id), answers).await?, None))
        }
        Err(error) => {
            answers.set(&kept_field, "");
            answers.fail(field, file_error(signed.visit.language, &error));
            Ok((None, Some(file_status(&error))))
        }
    }
}

/// How large a paper may be, by the settings.
fn limits(policy: &Settings) -> Limits {
    let bytes = |megabytes: u32| megabytes as usize * 1024 * 1024;
    Limits {
        bytes: bytes(policy.upload_megabytes),
        picture_bytes: bytes(policy.photo_megabytes),
        ..Limits::default()
    }
}

/// Names a kept file of this person on the form; somebody else's is not there.
async fn name_kept(
    app: &SharedApp,
    signed: &Signed,
    field: &str,
    id: Option<Uuid>,
    answers: &mut Answers,
) -> Result<Option<Kept>, Failure> {
    let found = match id {
        Some(id) => file::kept(app, signed.account, id).await?,
        None => None,
    };
    let kept = found.map(|row| Kept { id: row.id, name: row.name });
    answers.set(&format!("{field}_kept"), kept.as_ref().map(|kept| kept.id.to_string()).unwrap_or_default());
    answers.set(&format!("{field}_name"), kept.as_ref().map(|kept| kept.name.clone()).unwrap_or_default());
    Ok(kept)
}
