//! Gives the pictures to browsers as the portal gave them out, with their policy and at their own address, and the
//! portal's static files beside them: a page of any state is one navigation away, whoever may open it.
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::cast::Picture;
use crate::support::Portal;

pub struct Stage {
    base: String,
    // Dropped with the stage: the server stops then.
    _stop: oneshot::Sender<()>,
}

struct Shown {
    pictures: Arc<Vec<Picture>>,
    portal: String,
    http: reqwest::Client,
}

impl Stage {
    pub async fn open(portal: &Portal, pictures: Arc<Vec<Picture>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shown = Arc::new(Shown { pictures, portal: portal.base.clone(), http: portal.http.clone() });
        let router = Router::new().fallback(answer).with_state(shown);
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        Self { base, _stop: stop }
    }

    /// Where a browser finds this picture.
    pub fn address(&self, number: usize, picture: &Picture) -> String {
        let path = picture.path.split('?').next().unwrap_or_default();
        format!("{}{path}?picture={number}", self.base)
    }
}

async fn answer(State(shown): State<Arc<Shown>>, request: Request) -> Response {
    let number = request.uri().query().and_then(|query| query.strip_prefix("picture="));
    let picture = number.and_then(|number| shown.pictures.get(number.parse::<usize>().ok()?));
    if let Some(picture) = picture {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, picture.policy.as_str()),
        ];
        return (headers, picture.html.clone()).into_response();
    }
    let address = format!("{}{}", shown.portal, request.uri().path());
    let Ok(given) = shown.http.get(address).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut response = Response::builder().status(given.status().as_u16());
    for name in [header::CONTENT_TYPE, header::CACHE_CONTROL] {
        if let Some(value) = given.headers().get(name.as_str()) {
            response = response.header(name, value.as_bytes());
        }
    }
    response.body(Body::from(given.bytes().await.unwrap_or_default())).unwrap()
}
