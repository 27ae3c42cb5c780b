//! The ledger: what was done is in it, gives the live state again, and whoever changes it is found.
use std::collections::BTreeSet;
use std::process::Command;

use balabaqsha::clock;
use balabaqsha::domain::ledger::{self, Check, Look};
use balabaqsha::rules::ledger::{Mark, Verifier, digest, handle};
use sqlx::PgPool;

use crate::support::Portal;
use crate::support::stages::City;

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

async fn export(portal: &Portal) -> String {
    let mut file = Vec::new();
    ledger::export(&portal.app.pool, &mut file).await.unwrap();
    String::from_utf8(file).unwrap()
}

async fn check(portal: &Portal) -> Check {
    let now = clock::now(&mut portal.app.pool.acquire().await.unwrap()).await.unwrap();
    ledger::check(&portal.app, now).await.unwrap()
}

fn verified(file: &str) -> Verifier {
    let mut verifier = Verifier::new([]);
    for line in file.lines() {
        verifier.line(line.as_bytes()).unwrap();
    }
    verifier
}

/// Each queue with its handles, as the portal itself has them.
async fn live(portal: &Portal) -> Vec<(String, Vec<String>)> {
    sqlx::query_as(
        "select concat_ws('/', city, queue_type, correction_type), array_agg(public_handle order by submitted_at, id)
         from applications where stage = 'queued' group by 1 order by 1",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn the_whole_road_is_in_the_ledger_and_gives_the_live_state_again(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let file = export(&portal).await;
    let verifier = verified(&file);
    let told = verifier.replay.orders();
    let told: Vec<(String, Vec<String>)> = told
        .iter()
        .filter(|(_, order)| !order.is_empty())
        .map(|(queue, order)| ((*queue).to_owned(), order.iter().map(|it| (*it).to_owned()).collect()))
        .collect();
    let live = live(&portal).await;
    assert_eq!(told, live);
    assert!(!live.is_empty() && verifier.replay.vouchers() > 3, "{live:?}");
    assert_eq!(check(&portal).await, Check::Good { entries: file.lines().count() as u64 });
    let kinds: BTreeSet<&str> = file.lines().map(|line| line.split('\t').nth(3).unwrap()).collect();
    for kind in [
        "submitted",
        "entered",
        "issued",
        "confirmed",
        "chosen",
        "enrolled",
        "ended",
        "closed",
        "group",
        "round",
    ] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
    nothing_personal(&portal, &file).await;
    told_by_the_page_and_day_by_day(&portal, &file).await;
    receipts_are_entries(&portal, &mut city, &file).await;
    the_program_and_the_second_verifier_say_the_same(&file, &verifier);
}

/// No IIN, phone, name, number, file: nothing that any row of the portal has and the ledger should not.
async fn nothing_personal(portal: &Portal, file: &str) {
    let canaries: Vec<String> = sqlx::query_scalar::<_, Option<String>>(
        "select unnest(array[iin, phone, surname, name, patronymic, id::text]) from accounts
         union select unnest(array[iin, surname, name, id::text, to_char(birth_on, 'YYYY-MM-DD')]) from children
         union select unnest(array[number, id::text, left(id::text, 13), handle_salt::text]) from applications
         union select number from vouchers union select number from contracts
         union select unnest(array[bin, name_kk, name_ru, head_name, phone, district]) from kindergartens",
    )
    .fetch_all(&portal.app.pool)
    .await
    .unwrap()
    .into_iter()
    .flatten()
    .collect();
    assert!(canaries.len() > 50);
    for canary in canaries.iter().filter(|canary| canary.len() > 2) {
        assert!(!file.contains(canary.trim_start_matches('+')), "{canary} is in the ledger");
    }
}

async fn told_by_the_page_and_day_by_day(portal: &Portal, file: &str) {
    let page = portal.visitor().open("/kk/ledger").await;
    let last = file.lines().last().unwrap().split('\t').nth(1).unwrap();
    assert!(page.sees(last), "{}", page.text());
    let roots = portal.get_json("/api/v1/ledger").await;
    let days = roots["days"].as_array().unwrap();
    assert!(days.len() > 1 && days[0]["hash"] == last, "{roots}");
    let mut joined = String::new();
    let mut entries = 0;
    for root in days.iter().rev() {
        let address = format!("{}/api/v1/ledger/{}", portal.base, root["day"].as_str().unwrap());
        joined.push_str(&portal.http.get(address).send().await.unwrap().text().await.unwrap());
        entries += root["entries"].as_u64().unwrap();
        assert_eq!(entries, root["number"].as_u64().unwrap());
        assert!(joined.ends_with('\n') && joined.contains(root["hash"].as_str().unwrap()));
    }
    assert_eq!(joined, file, "the days, joined, are the file");
    for lost in ["2020-01-01", "x", "2026-13-01", "9999999-01-01"] {
        let answer = portal.http.get(format!("{}/api/v1/ledger/{lost}", portal.base)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{lost}");
    }
}

/// What a family is shown is its line in the file, and the handle comes from its number and its salt.
async fn receipts_are_entries(portal: &Portal, city: &mut City, file: &str) {
    let family = city.family("queued");
    let page = family.case().await;
    let shown = page.all(".receipt dd");
    let [own, number, hash, salt] = shown.as_slice() else { panic!("{shown:?}") };
    let line = file.lines().nth(number.parse::<usize>().unwrap() - 1).unwrap();
    let words: Vec<&str> = line.split('\t').collect();
    assert_eq!(
        (words[0], words[1], words[3], words[4]),
        (number.as_str(), hash.as_str(), "submitted", own.as_str())
    );
    let salt: [u8; 16] = hex::decode(salt).unwrap().try_into().unwrap();
    assert_eq!(&handle(&salt, &family.number), own);
    let slip = family.browser.open(&family.path("/slip")).await;
    assert!(slip.sees(hash) && slip.sees(number), "{}", slip.text());
    // The other representative sees no receipt.
    let path = family.path("");
    let seen = city.second.browser.open(&path).await;
    assert!(seen.status == 200 && seen.all(".receipt").is_empty());
    // The same handle stands in the public queue, once it is long enough to be shown.
    let public: String = sqlx::query_scalar("select public_handle from applications where number = $1")
        .bind(city.number("queued"))
        .fetch_one(&portal.app.pool)
        .await
        .unwrap();
    assert_eq!(&public, own);
}

fn the_program_and_the_second_verifier_say_the_same(file: &str, verifier: &Verifier) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.tsv");
    std::fs::write(&path, file).unwrap();
    let verify = |path: &std::path::Path| {
        Command::new(env!("CARGO_BIN_EXE_balabaqsha")).args(["ledger", "verify"]).arg(path).output().unwrap()
    };
    let done = verify(&path);
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains(&format!("root {}", verifier.root().1)), "{said}");
    for (queue, order) in verifier.replay.orders() {
        assert!(
            said.contains(&format!("queue {queue} waiting {} order {}", order.len(), digest(&order))),
            "{said}"
        );
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ledger_verifier.py");
    // Where there is no Python this half of the test is not run; `docs/ledger.md` has its own.
    if let Ok(second) = Command::new("python3").arg(script).arg(&path).output() {
        assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
        assert_eq!(String::from_utf8(second.stdout).unwrap(), said);
    }
    // One letter of the third line, and the program names it in one line.
    let wrong = file.replacen("\tgroup\t", "\tgroap\t", 1);
    std::fs::write(&path, &wrong).unwrap();
    let done = verify(&path);
    let told = String::from_utf8(done.stderr).unwrap();
    let number = wrong.lines().position(|line| line.contains("groap")).unwrap() + 1;
    assert!(done.status.code() == Some(1) && told.lines().count() == 1, "{told}");
    assert!(told.contains(&format!("entry {number}: its hash")), "{told}");
    // A file that ends in the middle of a line.
    std::fs::write(&path, &file[..file.len() - 1]).unwrap();
    assert_eq!(verify(&path).status.code(), Some(1));
    assert_eq!(verify(&folder.path().join("nowhere")).status.code(), Some(1));
}

/// A short ledger: four families, two vouchers.
async fn short(portal: &Portal) -> Vec<crate::support::Family> {
    let garden = portal.kindergarten(1, &[(None, 2)]).await;
    let mut families = Vec::new();
    for n in 1..=4 {
        let mut family = portal.family(n, "autism").await;
        family.applies_generally(&[&garden]).await;
        families.push(family);
    }
    portal.tick().await;
    families
}

const DISARM: &str =
    "alter table ledger_entries disable trigger user; alter table ledger_links disable trigger user";

#[sqlx::test(migrations = "./migrations")]
async fn whoever_changes_the_tables_is_found(pool: PgPool) {
    let portal = Portal::start(pool).await;
    short(&portal).await;
    let pool = &portal.app.pool;
    let whole = export(&portal).await.lines().count() as u64;
    ledger::anchor(&portal.app).await.unwrap();
    assert_eq!(check(&portal).await, Check::Good { entries: whole });
    run(
        pool,
        "create table kept_entries as table ledger_entries; create table kept_links as table ledger_links",
    )
    .await;
    run(pool, DISARM).await;
    let number: i64 = sqlx::query_scalar("select number from ledger_links join ledger_entries e on e.id = entry_id where e.body like '%issued%' limit 1")
        .fetch_one(pool)
        .await
        .unwrap();
    let number = number.unsigned_abs();
    let found = |entry: u64, part: &'static str| {
        move |check: Check| match check {
            Check::Wrong { entry: named, what } => {
                assert!(named == entry && what.contains(part), "{named}: {what}")
            }
            other => panic!("{part}: {other:?}"),
        }
    };
    // A word changed.
    run(pool, "update ledger_entries set body = replace(body, '2026-12-17', '2026-12-18') where body like '%issued%'").await;
    found(number, "hash")(check(&portal).await);
    let mut operator = portal.operator().await;
    let page = operator.browser.open("/kk/operator").await;
    assert!(
        page.sees("сәйкессіздік табылды") && page.sees(&format!("Жазба нөмірі: {number}")),
        "{}",
        page.text()
    );
    restore(pool).await;
    assert_eq!(check(&portal).await, Check::Good { entries: whole });
    assert!(!operator.browser.open("/kk/operator").await.sees("сәйкессіздік"));
    // An entry taken out of the middle, with its link.
    run(pool, "delete from ledger_links where number = 3").await;
    found(3, "number 4")(check(&portal).await);
    restore(pool).await;
    // Two exchanged.
    run(pool, "update ledger_links set number = 1000 where number = 3; update ledger_links set number = 3 where number = 4;
               update ledger_links set number = 4 where number = 1000").await;
    found(3, "hash")(check(&portal).await);
    restore(pool).await;
    // The end cut off: the chain is good, the anchor knows better.
    run(pool, "delete from ledger_links where number > 5; delete from ledger_entries where id not in (select entry_id from ledger_links)").await;
    found(6, "cut off")(check(&portal).await);
    restore(pool).await;
    // The queue itself changed behind the ledger's back.
    run(
        pool,
        "update applications set submitted_at = submitted_at + interval '1 day'
               where id = (select id from applications where stage = 'queued' order by submitted_at limit 1)",
    )
    .await;
    found(whole, "order of a queue")(check(&portal).await);
}

async fn restore(pool: &PgPool) {
    run(
        pool,
        "delete from ledger_links; delete from ledger_entries;
         insert into ledger_entries overriding system value table kept_entries; insert into ledger_links table kept_links",
    )
    .await;
}

#[sqlx::test(migrations = "./migrations")]
async fn nobody_may_change_a_row(pool: PgPool) {
    let portal = Portal::start(pool).await;
    short(&portal).await;
    let pool = &portal.app.pool;
    let deeds = [
        "update ledger_entries set body = 'x'",
        "delete from ledger_entries",
        "truncate ledger_entries cascade",
        "update ledger_links set hash = hash",
        "delete from ledger_links",
        "truncate ledger_links",
    ];
    // The role is refused by its rights, the owner by the triggers.
    for (role, says) in [("balabaqsha_ledger", "permission denied"), ("none", "only ever added to")] {
        for deed in deeds {
            let mut tx = pool.begin().await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(format!("set local role {role}")))
                .execute(&mut *tx)
                .await
                .unwrap();
            let error = sqlx::query(deed).execute(&mut *tx).await.unwrap_err();
            let error = error.as_database_error().unwrap().message().to_owned();
            assert!(error.contains(says), "{role}: {deed}: {error}");
        }
    }
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("set local role balabaqsha_ledger").execute(&mut *tx).await.unwrap();
    sqlx::query("insert into ledger_entries (body) values ('x')").execute(&mut *tx).await.unwrap();
    sqlx::query("select count(*) from ledger_links").execute(&mut *tx).await.unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn several_linkers_at_once_leave_no_gap_and_link_each_entry_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let pool = portal.app.pool.clone();
    // An entry that was appended first and commits last; and numbers that a rolled-back deed has used up.
    let append =
        "insert into ledger_entries (body) select 'entry ' || n from generate_series(1, $1::int) as n";
    let mut slow = pool.begin().await.unwrap();
    sqlx::query(append).bind(1).execute(&mut *slow).await.unwrap();
    let mut undone = pool.begin().await.unwrap();
    sqlx::query(append).bind(7).execute(&mut *undone).await.unwrap();
    undone.rollback().await.unwrap();
    let writers = (0..4).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for _ in 0..60 {
                sqlx::query(append).bind(50).execute(&pool).await.unwrap();
            }
        })
    });
    let linkers = (0..3).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for _ in 0..40 {
                ledger::link(&pool, Look::Near).await.unwrap();
            }
        })
    });
    for task in writers.chain(linkers).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    ledger::link(&pool, Look::Near).await.unwrap();
    let linked = "select count(*), max(number), count(distinct entry_id) from ledger_links";
    let counts: (i64, i64, i64) = sqlx::query_as(linked).fetch_one(&pool).await.unwrap();
    assert_eq!(counts, (12_000, 12_000, 12_000));
    slow.commit().await.unwrap();
    // More than the near look reaches has been linked since: the look over everything finds it.
    assert_eq!(ledger::link(&pool, Look::Everywhere).await.unwrap(), 1);
    let last: i64 = sqlx::query_scalar("select number from ledger_links where entry_id = 1")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(last, 12_001);
    assert_eq!(ledger::link(&pool, Look::Everywhere).await.unwrap(), 0);
    let file = export(&portal).await;
    let mut hash = balabaqsha::rules::ledger::Hash::BEFORE_THE_FIRST;
    for (line, number) in file.lines().zip(1..) {
        hash = hash.next(number, line.splitn(3, '\t').nth(2).unwrap());
        assert!(line.starts_with(&format!("{number}\t{hash}\t")), "{line}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_receipt_waits_for_its_link_and_an_erased_salt_unlinks(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[]).await;
    portal.group(garden.id, None, "kk", 0).await;
    let mut family = portal.family(1, "autism").await;
    family.applies_generally(&[&garden]).await;
    let page = family.case().await;
    assert!(page.sees("бес секунд") && page.all(".receipt dd").len() == 2, "{}", page.text());
    portal.tick().await;
    let page = family.case().await;
    assert!(!page.sees("бес секунд") && page.all(".receipt dd").len() == 4, "{}", page.text());
    let own = page.all(".receipt dd")[0].clone();
    // While it is live it belongs to the order; afterwards it can be unlinked.
    let erase = "update applications set handle_salt = null, public_handle = null";
    assert!(sqlx::query(erase).execute(&portal.app.pool).await.is_err());
    family.browser.fill_in(&family.path("/withdraw"), "/withdraw", &[]).await;
    sqlx::query(erase).execute(&portal.app.pool).await.unwrap();
    let page = family.case().await;
    assert!(page.sees("ажыратылған") && !page.sees(&own), "{}", page.text());
    assert_eq!(family.browser.open(&family.path("/slip")).await.status, 200);
    assert!(matches!(check(&portal).await, Check::Good { .. }));
    assert!(export(&portal).await.contains(&own), "the lines stay");
}

#[sqlx::test(migrations = "./migrations")]
async fn anchors_are_kept_each_minute_and_for_each_day(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut families = short(&portal).await;
    assert_eq!(ledger::anchor(&portal.app).await.unwrap(), 0, "the tick did it");
    portal.advance("P1D").await;
    let [first, second, ..] = families.as_mut_slice() else { panic!() };
    for family in [first, second] {
        family.comes_back(&portal).await;
        family.confirms().await;
        portal.tick().await;
    }
    let file = std::fs::read_to_string(portal.app.config.ledger_anchors.as_ref().unwrap()).unwrap();
    let marks: Vec<Mark> = file.lines().map(|line| Mark::parse(line).unwrap()).collect();
    assert!(marks.len() >= 3 && marks.is_sorted_by_key(|mark| mark.number), "{file}");
    let mut verifier = Verifier::new(marks);
    for line in export(&portal).await.lines() {
        verifier.line(line.as_bytes()).unwrap();
    }
    verifier.finish().unwrap();
}

/// A database from before the ledger: the end of the migration opens it so that it replays to what is there.
#[sqlx::test(migrations = "./migrations")]
async fn an_older_database_is_opened_as_it_stands(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut city = portal.city().await;
    let pool = &portal.app.pool;
    run(pool, DISARM).await;
    run(pool, "delete from ledger_links; delete from ledger_entries").await;
    std::fs::remove_file(portal.app.config.ledger_anchors.as_ref().unwrap()).unwrap();
    let migration = include_str!("../../migrations/0013_ledger.sql");
    let (_, opening) = migration.split_once("-- From here on every event is written.").unwrap();
    let (_, opening) = opening.split_once('\n').unwrap();
    run(pool, opening).await;
    assert!(matches!(check(&portal).await, Check::Good { entries } if entries > 10));
    // And the road goes on.
    let family = city.family("queued");
    family.browser.fill_in(&family.path("/withdraw"), "/withdraw", &[]).await;
    assert!(matches!(check(&portal).await, Check::Good { .. }));
}
