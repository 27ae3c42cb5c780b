//! Our own load: workers over keep-alive connections, bounded in time, every answer looked at.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Connections at once, on either side.
const WORKERS: usize = 16;

/// What is compared: an address and its paths, asked in turn.
pub struct Pair {
    pub ours: (SocketAddr, Vec<String>),
    pub reference: (SocketAddr, Vec<String>),
    /// Sent to both.
    pub cookie: String,
}

/// A path and the length of its answer.
type Known = Arc<Vec<(String, usize)>>;

/// Requests per second of both sides, `pairs` times, in turn.
pub async fn compare(pair: &Pair, pairs: usize, side: Duration) -> Result<Vec<(f64, f64)>> {
    let ours = lengths(&pair.ours, &pair.cookie).await?;
    let reference = lengths(&pair.reference, &pair.cookie).await?;
    // Once without counting: plans, pools and caches are warm for both.
    run(pair.ours.0, &ours, &pair.cookie, side / 3).await?;
    run(pair.reference.0, &reference, &pair.cookie, side / 3).await?;
    let mut rates = Vec::new();
    for _ in 0..pairs {
        let a = run(pair.ours.0, &ours, &pair.cookie, side).await?;
        let b = run(pair.reference.0, &reference, &pair.cookie, side).await?;
        rates.push((a, b));
    }
    Ok(rates)
}

async fn lengths((address, paths): &(SocketAddr, Vec<String>), cookie: &str) -> Result<Known> {
    let mut connection = connect(*address).await?;
    let mut known = Vec::new();
    for path in paths {
        let length = ask(&mut connection, *address, path, cookie).await?;
        ensure!(length > 0, "{path} is empty");
        known.push((path.clone(), length));
    }
    Ok(Arc::new(known))
}

async fn run(address: SocketAddr, known: &Known, cookie: &str, time: Duration) -> Result<f64> {
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (known, cookie) = (known.clone(), cookie.to_owned());
            tokio::spawn(async move {
                let mut connection = connect(address).await?;
                let mut answered = 0u32;
                for (path, length) in known.iter().cycle().skip(worker) {
                    if began.elapsed() >= time {
                        break;
                    }
                    let got = ask(&mut connection, address, path, &cookie).await?;
                    ensure!(got == *length, "{path}: {got} bytes instead of {length}");
                    answered += 1;
                }
                Ok::<u32, anyhow::Error>(answered)
            })
        })
        .collect();
    let mut answered = 0;
    for worker in workers {
        answered += worker.await??;
    }
    Ok(f64::from(answered) / began.elapsed().as_secs_f64())
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Body>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// One answer's length; anything but 200 is an error.
async fn ask(
    connection: &mut SendRequest<Body>,
    address: SocketAddr,
    path: &str,
    cookie: &str,
) -> Result<usize> {
    let mut request = Request::get(path).header(header::HOST, address.to_string());
    if !cookie.is_empty() {
        request = request.header(header::COOKIE, cookie);
    }
    connection.ready().await?;
    let answer = connection.send_request(request.body(Body::empty())?).await?;
    ensure!(answer.status() == 200, "{path}: {}", answer.status());
    let mut body = answer.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, |data| data.len());
    }
    Ok(length)
}
