//! Families send their papers at once: what the process holds of them meanwhile (T33).
use std::time::Instant;

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::stage::{Session, Stage};
use crate::support::family::PAPERS;
use crate::support::{Family, files};

const BOUNDARY: &str = "balabaqsha-upload";
const MB: u64 = 1024 * 1024;
/// What the papers of all families together may cost the process (T33).
const MOST: u64 = 150 * MB;

/// A photograph of a little under 20 MB: most of it is remarks of the camera.
fn photograph() -> Vec<u8> {
    let jpeg = files::jpeg();
    let remark = [&[0xff, 0xfe, 0xff, 0xff][..], &[b' '; 65_533]].concat();
    [&jpeg[..2], &remark.repeat(319), &jpeg[2..]].concat()
}

/// The form of a contract with six photographs, piece by piece as a browser sends it; its status.
async fn sends(stage: &Stage, family: &Family, session: &Session, photograph: &[u8]) -> u16 {
    let token = stage.token(session);
    let field = |name: &str, value: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields = field("form_token", &token)
        + &field("address", "Алматы қ., Абай даңғылы, 10, 5")
        + &field("parent_id_expires_on", "2031-05-05");
    let heads: Vec<String> = (PAPERS.iter().copied().chain(["pmpk_conclusion"]))
        .map(|paper| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{paper}\"; filename=\"{paper}.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n")
        })
        .collect();
    let end = format!("--{BOUNDARY}--\r\n");
    let length: usize =
        fields.len() + end.len() + heads.iter().map(|head| head.len() + photograph.len() + 2).sum::<usize>();
    let host = stage.processes[0].base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n",
        family.path("/contract/fill"),
        session.cookie
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(fields.as_bytes()).await.unwrap();
    for head in heads {
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(photograph).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(end.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn the_photographs_of_many_families_do_not_fill_the_memory(pool: PgPool) {
    let mut stage = Stage::open(pool).await;
    let garden = stage.portal.kindergarten(1, &[(None, 9)]).await;
    let mut head = stage.portal.head(&garden).await;
    let mut families = Vec::new();
    for n in 2..11 {
        let family = stage.portal.chosen(n, &garden).await;
        head.sends_contract(&family.number).await;
        let session = stage.session(family.account).await;
        families.push((family, session));
    }
    stage.start_processes().await;
    let photograph = photograph();
    stage.processes[0].peak();
    let before = stage.processes[0].peak();
    let mut grown = Vec::new();
    for at_once in [1, 8] {
        let begun = Instant::now();
        let rest = families.split_off(at_once);
        let told =
            join_all(families.iter().map(|(family, session)| sends(&stage, family, session, &photograph)));
        let told = told.await;
        grown.push(stage.processes[0].peak().saturating_sub(before));
        println!(
            "{at_once} × 6 × 20 MB at once: the process held {} MB, then {} MB more, in {:.1} s: {told:?}",
            before / MB,
            grown.last().unwrap() / MB,
            begun.elapsed().as_secs_f32()
        );
        assert_eq!(told, vec![303; at_once]);
        families = rest;
    }
    assert!(grown.iter().all(|grown| *grown < MOST), "{grown:?}");
    stage.close().await;
}
