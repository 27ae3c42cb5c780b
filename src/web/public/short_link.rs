//! `/v/<number>`: the link of an SMS. It changes nothing and tells nothing: the page it leads to asks who came.
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use crate::fault::Failure;
use crate::secrets::parse_case_number;
use crate::web::error::WebError;
use crate::web::urls;
use crate::web::visit::Visit;

pub async fn follow(visit: Visit, Path(number): Path<String>) -> Result<Response, WebError> {
    let number = parse_case_number(&number).ok_or(WebError::Failed(Failure::NotFound))?;
    let language = visit.signed_in.as_ref().map_or(visit.language, |signed_in| signed_in.language());
    Ok(Redirect::to(&urls::application(language, &number)).into_response())
}
