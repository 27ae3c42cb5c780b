//! One error page with a way out and a reference number; never a cause.
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

use crate::fault::{self, Failure, Fault};

/// How a request can end other than with its page.
#[derive(Debug)]
pub enum WebError {
    Failed(Failure),
    /// The form was pressed before and had its effect: the same result page.
    AlreadyDone {
        location: String,
    },
    /// To the sign-in page, then back.
    SignedOut,
    /// The form token is missing or foreign.
    Forged,
    /// Broken encoding, a single key repeated, bad multipart.
    Malformed,
    TooLarge,
}

impl<T: Into<Failure>> From<T> for WebError {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// What the error layer needs to draw the page: put into the response by [`IntoResponse`].
#[derive(Clone)]
pub struct Told(pub Arc<WebError>);

impl WebError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Failed(failure) => match failure {
                Failure::NotFound => StatusCode::NOT_FOUND,
                Failure::Refused(_) => StatusCode::CONFLICT,
                Failure::Silent(_) | Failure::Busy => StatusCode::SERVICE_UNAVAILABLE,
                Failure::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
                Failure::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
                Failure::Fault(Fault::Database(error)) if fault::is_away(error) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                Failure::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::AlreadyDone { .. } | Self::SignedOut => StatusCode::SEE_OTHER,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let Self::AlreadyDone { location } = &self {
            return Redirect::to(location).into_response();
        }
        let status = self.status();
        if let Self::Failed(Failure::Fault(fault)) = &self {
            tracing::error!(error = %fault, "fault");
        }
        let mut response = status.into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response.extensions_mut().insert(Told(Arc::new(self)));
        response
    }
}
