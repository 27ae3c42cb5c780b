//! Before a deed that cannot be undone the password is asked again when it was given long ago; and looks at files are
//! journalled before any byte leaves.

use axum::response::Response;

use super::error::WebError;
use super::form::{Answers, Form};
use super::page::Page;
use super::parent::download;
use super::visit::Signed;
use crate::app::{Deed, SharedApp, Tx};
use crate::domain;
use crate::domain::file::{self, FileRow};
use crate::fault::Fault;
use crate::rules::document::Media;
use crate::rules::signature::{Side, SignatureRefusal};

/// Checks the password given again, if it was due. A wrong one is told at its field.
pub async fn password(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    a: &mut Answers,
) -> Result<bool, WebError> {
    let page = Page::new(app, &signed.visit);
    if !page.asks_password() {
        return Ok(true);
    }
    let typed = form.exact("password_again");
    if !domain::profile::password_is_right(app, signed.actor(), signed.visit.request, typed).await? {
        a.fail("password_again", &page.w.form.password_wrong);
        return Ok(false);
    }
    let mut look = look(app, signed).await?;
    domain::profile::password_given(&mut look.tx, &look.deed, &session_of(signed)).await?;
    look.commit().await?;
    Ok(true)
}

fn session_of(signed: &Signed) -> Vec<u8> {
    signed.visit.signed_in.as_ref().map(|signed_in| signed_in.id_hash.clone()).unwrap_or_default()
}

/// A signature that was not accepted leaves its line in the journal, and nothing else.
pub async fn note_refused(
    app: &SharedApp,
    signed: &Signed,
    number: &str,
    side: Side,
    why: SignatureRefusal,
) -> Result<(), WebError> {
    let mut look = look(app, signed).await?;
    domain::contract::note_refused(&mut look.tx, &look.deed, number, side, why).await?;
    look.commit().await
}

/// So does one that came for a text which is another one by now.
pub async fn note_changed(
    app: &SharedApp,
    signed: &Signed,
    number: &str,
    side: Side,
) -> Result<(), WebError> {
    let mut look = look(app, signed).await?;
    domain::contract::note_changed(&mut look.tx, &look.deed, number, side).await?;
    look.commit().await
}

/// A look at something that is journalled: its own small transaction.
pub struct Look {
    pub tx: Tx,
    pub deed: Deed,
}

pub async fn look(app: &SharedApp, signed: &Signed) -> Result<Look, WebError> {
    let mut tx = app.pool.begin().await.map_err(Fault::from)?;
    let deed = Deed::begin(app, &mut tx, signed.actor(), signed.visit.request).await?;
    Ok(Look { tx, deed })
}

impl Look {
    /// Gives out the file that was looked at: no byte leaves before the journal's row is committed.
    pub async fn give(self, app: &SharedApp, row: &FileRow) -> Result<Response, WebError> {
        let bytes = file::bytes(app, row).await?;
        self.commit().await?;
        let name = Media::from_mime(&row.media).map(|media| media.file_name(&row.name));
        Ok(download(name.as_deref().unwrap_or(&row.name), &row.media, bytes))
    }

    pub async fn commit(self) -> Result<(), WebError> {
        Ok(self.tx.commit().await.map_err(Fault::from)?)
    }
}
