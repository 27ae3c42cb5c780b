//! The pictures a kindergarten shows of itself.
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::SharedApp;
use crate::domain;
use crate::domain::kindergarten::PhotoRow;
use crate::domain::photo::Shown;
use crate::locale::kindergarten as said;
use crate::rules::document::{self, DocumentError};
use crate::rules::photo::{self, Photo};
use crate::web::address;
use crate::web::error::WebError;
use crate::web::fields;
use crate::web::form::{Answers, Form};
use crate::web::page::{self, Page};
use crate::web::parent::{file_error, file_status};
use crate::web::visit::Signed;

/// What a picture shows, said in a breath.
const LONGEST_ALT: usize = 120;
/// A kindergarten shows no more.
const MOST: usize = 6;

#[derive(Template)]
#[template(path = "kindergarten/photos.html")]
struct PhotosPage {
    p: Page,
    a: Answers,
    photos: Vec<PhotoRow>,
}

impl PhotosPage {
    async fn new(app: &SharedApp, signed: &Signed, a: Answers) -> Result<Self, WebError> {
        let kindergarten = domain::kindergarten::of(app, signed.kindergarten()?).await?;
        Ok(Self { p: Page::new(app, &signed.visit), a, photos: kindergarten.photos })
    }

    fn alt<'a>(&self, photo: &'a PhotoRow) -> &'a str {
        said::of_two(self.p.language, &photo.alt_kk, &photo.alt_ru)
    }

    fn has_room(&self) -> bool {
        self.photos.len() < MOST
    }
}

pub async fn list(State(app): State<SharedApp>, signed: Signed) -> Result<Response, WebError> {
    page::show(&PhotosPage::new(&app, &signed, Answers::default()).await?)
}

/// The upload, drawn anew; or what is wrong with it, at its field.
async fn drawn(
    app: &SharedApp,
    signed: &Signed,
    form: &Form,
    a: &mut Answers,
) -> Result<Result<Photo, StatusCode>, WebError> {
    let p = Page::new(app, &signed.visit);
    let Some(upload) = form.file("photo") else {
        a.fail("photo", &p.w.kindergarten_admin.photo_needed);
        return Ok(Err(StatusCode::UNPROCESSABLE_ENTITY));
    };
    let drawn = match upload.too_large {
        true => Err(document::too_large(&upload.head, &photo::LIMITS)),
        false => domain::photo::draw_anew(app, upload.whole(app).await?.to_vec()).await?,
    };
    Ok(drawn.map_err(|error| {
        let said = match &error {
            DocumentError::WrongKind => p.w.kindergarten_admin.photo_kind.clone(),
            // Nothing but pictures is taken here.
            DocumentError::TooLargeForAny { picture, .. } => {
                file_error(p.language, &DocumentError::TooLarge { limit: *picture })
            }
            other => file_error(p.language, other),
        };
        a.fail("photo", said);
        file_status(&error)
    }))
}

pub async fn add(State(app): State<SharedApp>, signed: Signed, form: Form) -> Result<Response, WebError> {
    let p = Page::new(&app, &signed.visit);
    let mut answers = form.answers();
    let shown = Shown {
        kk: fields::line(&form, &mut answers, p.w, "alt_kk", LONGEST_ALT),
        ru: fields::line(&form, &mut answers, p.w, "alt_ru", LONGEST_ALT),
    };
    let photo = match drawn(&app, &signed, &form, &mut answers).await? {
        Ok(photo) if answers.is_good() => photo,
        judged => {
            let status = judged.err().unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            return page::show_with(status, &PhotosPage::new(&app, &signed, answers).await?);
        }
    };
    let mut work = form.begin(&app, &signed.visit).await?;
    let garden = signed.kindergarten()?;
    if !domain::photo::add(&mut work.tx, &work.deed, garden, &photo, &shown).await? {
        answers.fail("photo", &p.w.kindergarten_admin.photo_most);
        return page::show_again(&PhotosPage::new(&app, &signed, answers).await?);
    }
    work.finish(p.url("kindergarten/photos?done=photo_added")).await
}

pub async fn remove(
    State(app): State<SharedApp>,
    signed: Signed,
    Path((_, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, WebError> {
    let mut work = form.begin(&app, &signed.visit).await?;
    let garden = signed.kindergarten()?;
    domain::photo::remove(&mut work.tx, &work.deed, garden, address::id(&id)?).await?;
    work.finish(Page::new(&app, &signed.visit).url("kindergarten/photos?done=photo_removed")).await
}
