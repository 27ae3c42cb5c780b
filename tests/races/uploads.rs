//! Families send their papers at once: what the process holds of them meanwhile (T33), and what is left when it dies (T34).
use std::time::Instant;

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::stage::{Session, Stage};
use super::times;
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

/// The form of a contract with six photographs, piece by piece as a browser sends it; its status, 0 where no answer came.
async fn sends(stage: &Stage, family: &Family, session: &Session, photograph: &[u8]) -> u16 {
    sent(stage, family, session, photograph).await.unwrap_or(0)
}

async fn sent(stage: &Stage, family: &Family, session: &Session, photograph: &[u8]) -> std::io::Result<u16> {
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
    let mut stream = TcpStream::connect(host).await?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n",
        family.path("/contract/fill"),
        session.cookie
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(fields.as_bytes()).await?;
    for head in heads {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(photograph).await?;
        stream.write_all(b"\r\n").await?;
    }
    stream.write_all(end.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    // Nothing, when it died before it answered.
    Ok(answer.split(' ').nth(1).map_or(0, |status| status.parse().unwrap()))
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

/// How far the papers have come when the process dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// A file lies there, perhaps in part, and its row is not written.
    FirstFile,
    /// The rows of so many papers are written, those of the others are not.
    Rows(i64),
    /// Bytes and nothing else: the row waits for the table.
    BeforeRow,
}

/// Kills the first process as soon as it has come so far, unless it was quicker and has answered.
async fn killed_at(stage: &Stage, moment: Moment, rows: i64, before: i64) {
    loop {
        let come = match moment {
            Moment::FirstFile => stored(stage).await > before,
            Moment::Rows(many) => stage.count("files").await >= rows + many,
            Moment::BeforeRow => stage.number(WAITING).await > 0,
        };
        if come {
            return stage.processes[0].kill_now();
        }
        tokio::task::yield_now().await;
    }
}

const WAITING: &str =
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/// Every file in the store, those not finished too.
async fn stored(stage: &Stage) -> i64 {
    stage.portal.app.files.list().await.unwrap().len() as i64
}

#[sqlx::test(migrations = "./migrations")]
async fn a_process_killed_while_papers_come_leaves_no_row_without_its_file(pool: PgPool) {
    let mut stage = Stage::open(pool.clone()).await;
    let garden = stage.portal.kindergarten(1, &[(None, 9)]).await;
    let mut head = stage.portal.head(&garden).await;
    let family = stage.portal.chosen(2, &garden).await;
    head.sends_contract(&family.number).await;
    let session = stage.session(family.account).await;
    stage.start_processes().await;
    let photograph = files::jpeg();
    let moments = [Moment::FirstFile, Moment::Rows(1), Moment::BeforeRow, Moment::Rows(3), Moment::Rows(5)];
    let rounds = times(moments.len(), 50);
    for moment in moments.into_iter().cycle().take(rounds) {
        let held = match moment {
            Moment::BeforeRow => Some(table_held(&pool).await),
            _ => None,
        };
        let (rows, before) = (stage.count("files").await, stored(&stage).await);
        let (status, ()) = tokio::join!(
            sends(&stage, &family, &session, &photograph),
            killed_at(&stage, moment, rows, before)
        );
        drop(held);
        stage.processes[0].ended().await;
        assert_eq!(status, 0, "{moment:?}: no answer came");
        whole(&stage).await;
        stage.restart(0).await;
    }
    assert!(stored(&stage).await > stage.count("files").await, "none died between a file and its row");

    // What nobody's row names is gone a day after it was seen; the papers can be sent again.
    for pass in ["PT1S", "P1DT1S"] {
        stage.portal.advance(pass).await;
        stage.portal.tick().await;
    }
    let session = stage.session(family.account).await;
    assert_eq!(stored(&stage).await, stage.count("files").await);
    assert_eq!(sends(&stage, &family, &session, &photograph).await, 303);
    whole(&stage).await;
    stage.close().await;
}

/// Nobody writes a row of a file until this is dropped.
async fn table_held(pool: &PgPool) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = pool.begin().await.unwrap();
    sqlx::query("lock table files in share mode").execute(&mut *held).await.unwrap();
    held
}

/// Each row has its file, of its size.
async fn whole(stage: &Stage) {
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("select id, size from files").fetch_all(&stage.pool).await.unwrap();
    for (id, size) in rows {
        let bytes = stage.portal.app.files.get(id).await.unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(bytes.len() as i64, size);
    }
}
