//! P12: what goes over the wire, to the byte.
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::figure::Figure;
use super::portal::Portal;
use super::seed::Family;

/// What a page and all that it names may weigh.
const MOST: f64 = 60.0;
/// What browsers take over TLS.
const TAKES: &str = "gzip, deflate, br, zstd";

pub struct Answer {
    pub status: u16,
    pub on_the_wire: usize,
    pub body: String,
}

pub async fn get(address: SocketAddr, path: &str, cookie: &str, takes: &str) -> Result<Answer> {
    ask(address, &format!("GET {path}"), cookie, takes, "").await
}

/// One request over a connection of its own: what comes until it closes is what was sent.
async fn ask(address: SocketAddr, line: &str, cookie: &str, takes: &str, more: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    let rest = if more.is_empty() { "\r\n" } else { more };
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\naccept-encoding: {takes}\r\n{cookie}{rest}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).context("a status")?;
    Ok(Answer { status, on_the_wire: bytes.len(), body: text.into_owned() })
}

/// The addresses of our own style sheets, scripts and pictures on a page.
fn assets(html: &str) -> Vec<&str> {
    let mut found: Vec<&str> =
        html.split('"').filter(|word| word.starts_with("/static/") && !word.contains("/fonts/")).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Everything that a visitor with a cold cache is sent for one page, for the page that sends most.
pub async fn largest_page(portal: &Portal, family: &Family) -> Result<Figure> {
    let kindergarten: uuid::Uuid = sqlx::query_scalar("select id from kindergartens order by bin limit 1")
        .fetch_one(&portal.app.pool)
        .await?;
    let (number, cookie) = (&family.number, &*family.cookie);
    let everybodys = ["", "kindergartens", "login", "register", "recover", "policy"].map(str::to_owned);
    let own =
        ["cabinet", "children", "children/new", "notices", "profile", "applications", "applications/new"];
    let mut pages: Vec<(String, &str)> = everybodys.into_iter().map(|page| (page, "")).collect();
    pages.push((format!("kindergartens/{kindergarten}"), ""));
    pages.extend(own.map(|page| (page.to_owned(), cookie)));
    pages.push((format!("applications/{number}"), cookie));
    pages.push((format!("applications/{number}/withdraw"), cookie));
    let mut weighed = Vec::new();
    for language in ["kk", "ru"] {
        for (page, cookie) in &pages {
            let path = format!("/{language}/{page}");
            let plain = get(portal.address, &path, cookie, "identity").await?;
            ensure!(plain.status == 200, "{path}: {}", plain.status);
            let page = get(portal.address, &path, cookie, TAKES).await?;
            weighed.push((path, page.on_the_wire + weight(portal, &plain.body).await?));
        }
        let (plain, squeezed) =
            (narrowed(portal, family, language, "identity"), narrowed(portal, family, language, TAKES));
        let assets = weight(portal, &plain.await?.body).await?;
        weighed.push((
            format!("/{language}/applications/new, all kindergartens"),
            squeezed.await?.on_the_wire + assets,
        ));
    }
    weighed.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (path, bytes) in &weighed {
        println!("{:>8.1} KB  {path}", *bytes as f64 / 1e3);
    }
    let (path, bytes) = weighed.first().context("a page")?;
    Ok(Figure::limit(&format!("P12 largest page {path}, KB"), *bytes as f64 / 1e3, MOST))
}

async fn weight(portal: &Portal, html: &str) -> Result<usize> {
    let mut sum = 0;
    for path in assets(html) {
        let asset = get(portal.address, path, "", TAKES).await?;
        ensure!(asset.status == 200, "{path}: {}", asset.status);
        sum += asset.on_the_wire;
    }
    ensure!(sum > 0, "a page without a style sheet");
    Ok(sum)
}

/// The form with the kindergartens of the general queue on it: the longest lists there are.
async fn narrowed(portal: &Portal, family: &Family, language: &str, takes: &str) -> Result<Answer> {
    let path = format!("/{language}/applications/new");
    let form = get(portal.address, &path, &family.cookie, "identity").await?.body;
    let form = form.split_once("multipart/form-data").context("the form")?.1;
    let token = form.split_once(r#"name="form_token" value=""#).context("its token")?.1;
    let token = token.split('"').next().unwrap_or_default();
    let mut body = String::new();
    for (name, value) in [("form_token", token), ("queue_type", "general"), ("narrow", "1")] {
        body += &format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--cut--\r\n";
    let more = format!(
        "content-type: multipart/form-data; boundary=cut\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = ask(portal.address, &format!("POST {path}"), &family.cookie, takes, &more).await?;
    ensure!(matches!(answer.status, 200 | 422), "the form, narrowed: {}", answer.status);
    Ok(answer)
}
