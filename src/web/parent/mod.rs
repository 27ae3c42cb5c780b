//! What a parent sees and does, step by step along the road.
pub mod applications;
pub mod apply;
pub mod cabinet;
pub mod case;
pub mod children;
pub mod choice;
pub mod contract;
pub mod documents;
mod notices;
mod place;
pub mod profile;
mod slip;
mod term;
pub mod upload;
pub mod voucher;
mod wishes;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Routes, Who};
use crate::rules::document::DocumentError;
use crate::rules::person::Language;

pub fn routes(routes: Routes) -> Routes {
    let routes = children::routes(routes);
    let routes = profile::routes(routes);
    let routes = documents::routes(routes);
    routes
        .get("/{lang}/notices", Who::SignedIn, notices::list)
        .post("/{lang}/notices", Who::SignedIn, notices::mark_read)
        .get("/{lang}/cabinet", Who::Parent, cabinet::show)
        .get("/{lang}/applications", Who::Parent, applications::list)
        .get("/{lang}/applications/new", Who::Parent, apply::form)
        .post_files("/{lang}/applications/new", Who::Parent, apply::submit)
        .get("/{lang}/applications/{number}", Who::Parent, case::show)
        .get("/{lang}/applications/{number}/receipt", Who::Parent, apply::receipt)
        .get("/{lang}/applications/{number}/place", Who::Parent, place::show)
        .get("/{lang}/applications/{number}/slip", Who::Parent, slip::show)
        .get("/{lang}/applications/{number}/term", Who::Parent, term::show)
        .get("/{lang}/applications/{number}/term.ics", Who::Parent, term::file)
        .get("/{lang}/applications/{number}/conclusion", Who::Parent, case::conclusion)
        .get("/{lang}/applications/{number}/wishes", Who::Parent, wishes::form)
        .post("/{lang}/applications/{number}/wishes", Who::Parent, wishes::change)
        .get("/{lang}/applications/{number}/withdraw", Who::Parent, case::withdraw_page)
        .post("/{lang}/applications/{number}/withdraw", Who::Parent, case::withdraw)
        .post("/{lang}/applications/{number}/return", Who::Parent, case::return_to_queue)
        .get("/{lang}/applications/{number}/voucher", Who::Parent, voucher::show)
        .post("/{lang}/applications/{number}/voucher/confirm", Who::Parent, voucher::confirm)
        .get("/{lang}/applications/{number}/voucher/refuse", Who::Parent, voucher::refuse_page)
        .post("/{lang}/applications/{number}/voucher/refuse", Who::Parent, voucher::refuse)
        .post("/{lang}/applications/{number}/voucher/extend", Who::Parent, voucher::extend)
        .get("/{lang}/applications/{number}/choose", Who::Parent, choice::show)
        .post("/{lang}/applications/{number}/choose", Who::Parent, choice::choose)
        .post("/{lang}/applications/{number}/take-back", Who::Parent, choice::take_back)
        .get("/{lang}/applications/{number}/contract", Who::Parent, contract::show)
        .get("/{lang}/applications/{number}/contract/fill", Who::Parent, contract::fill_page)
        .post_files("/{lang}/applications/{number}/contract/fill", Who::Parent, contract::fill_in)
        .get("/{lang}/applications/{number}/contract/pdf", Who::Parent, contract::pdf)
        .get("/{lang}/applications/{number}/contract/papers/{kind}", Who::Parent, contract::paper)
        .post_files("/{lang}/applications/{number}/contract/sign", Who::Parent, contract::sign)
        .get("/{lang}/applications/{number}/contract/versions/{id}", Who::Parent, contract::version)
        .get("/{lang}/applications/{number}/contract/package", Who::Parent, contract::package)
}

/// A file of a case: always a download, never opened as a page.
pub fn download(name: &str, media: &str, bytes: Vec<u8>) -> Response {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' })
        .collect();
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b == b'.' || b == b'-' {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(media).unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

fn megabytes(bytes: usize) -> String {
    (bytes / 1024 / 1024).to_string()
}

/// What is wrong with a file, at its field.
pub fn file_error(language: Language, error: &DocumentError) -> String {
    let (w, papers) = (&crate::locale::words(language).apply, &crate::locale::words(language).papers);
    match error {
        DocumentError::Empty => w.e_file_empty.clone(),
        DocumentError::TooLarge { limit } => {
            crate::locale::fill(&w.e_file_large, &[("most", &megabytes(*limit))])
        }
        DocumentError::TooLargeForAny { pdf, picture } => {
            let most = [("pdf", &*megabytes(*pdf)), ("photo", &*megabytes(*picture))];
            crate::locale::fill(&papers.e_large_any, &most)
        }
        DocumentError::WrongKind => w.e_file_kind.clone(),
        DocumentError::Heic => papers.e_heic.clone(),
        DocumentError::Damaged => w.e_file_damaged.clone(),
        DocumentError::TooManyPages { .. } => w.e_file_pages.clone(),
        DocumentError::TooManyPixels { .. } => w.e_file_pixels.clone(),
        DocumentError::ActiveContent => papers.e_active.clone(),
        DocumentError::Encrypted => papers.e_encrypted.clone(),
        DocumentError::TooCostly => papers.e_costly.clone(),
    }
}

/// The status of a form whose only trouble is its file (`outside.md` §2).
pub fn file_status(error: &DocumentError) -> StatusCode {
    match error {
        DocumentError::TooLarge { .. } | DocumentError::TooLargeForAny { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        DocumentError::WrongKind | DocumentError::Heic => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
