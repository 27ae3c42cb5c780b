//! Two processes on one database, the families that press at once, and what is looked at afterwards.
use std::path::PathBuf;
use std::time::{Duration, Instant};

use balabaqsha::app::Deed;
use balabaqsha::domain::application::{Submission, SubmissionKind};
use balabaqsha::domain::{application, kindergarten, round, voucher};
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::iin::check_digit;
use balabaqsha::rules::kindergarten::GroupKind;
use balabaqsha::rules::person::Language;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::invariants::violations;
use super::process::Process;
use crate::support::{Kindergarten, Portal};

/// Each race has two processes and their connections: one race at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// How long anything that is awaited may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A parent whose child has an application in the general queue.
#[derive(Debug, Clone)]
pub struct Family {
    pub account: Uuid,
    pub number: String,
}

/// A signed-in browser: the cookie, and what its forms are sealed with.
#[derive(Debug, Clone)]
pub struct Session {
    pub cookie: String,
    binder: Vec<u8>,
}

pub struct Stage {
    /// For deeds outside of the race; it does no background work.
    pub portal: Portal,
    pub pool: PgPool,
    pub processes: Vec<Process>,
    url: String,
    local: PathBuf,
    made: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Stage {
    /// The city before the processes are started.
    pub async fn open(pool: PgPool) -> Self {
        let alone = ALONE.lock().await;
        let portal = Portal::start(pool.clone()).await;
        let mut url = reqwest::Url::parse(&std::env::var("DATABASE_URL").unwrap()).unwrap();
        url.set_path(pool.connect_options().get_database().unwrap());
        let local = portal.app.config.local_dir.clone();
        // A text that comes twice under one reference is dropped by the gateway: here it is counted as well.
        sqlx::raw_sql(
            "create table sandbox.repeats (reference text);
             create function sandbox.repeat() returns trigger language plpgsql as
                 'begin insert into sandbox.repeats values (new.reference); return new; end';
             create trigger repeat before update on sandbox.messages for each row execute function sandbox.repeat()",
        )
        .execute(&pool)
        .await
        .unwrap();
        Self { portal, pool, processes: Vec::new(), url: url.to_string(), local, made: 0, _alone: alone }
    }

    pub async fn start_processes(&mut self) {
        // Whoever finds nobody in the city makes a demo city.
        assert!(self.count("accounts").await > 0);
        while self.processes.len() < 2 {
            let process = self.process().await;
            self.processes.push(process);
        }
    }

    async fn process(&self) -> Process {
        Process::start(&self.url, &self.local, &self.portal.app.config.files_dir).await
    }

    /// Another process takes the place of one that was killed.
    pub async fn restart(&mut self, which: usize) {
        self.processes[which] = self.process().await;
    }

    // ---- Before the race. ----

    /// A kindergarten with so many places of the general queue, in groups of at most 200.
    pub async fn garden(&self, n: u32, places: u32) -> Kindergarten {
        let groups: Vec<(Option<&str>, u32)> =
            (0..places.div_ceil(200)).map(|group| (None, (places - group * 200).min(200))).collect();
        self.portal.kindergarten(n, &groups).await
    }

    /// More places, by the operator's deed.
    pub async fn add_places(&self, garden: Uuid, places: u32) {
        let new = kindergarten::NewGroup {
            name: "Group".to_owned(),
            kind: GroupKind::General,
            language: Language::Kk,
            birth_years: (2020, 2025),
            capacity: places.cast_signed(),
        };
        let (mut tx, deed) = Deed::open(&self.portal.app, Actor::System, Uuid::nil()).await.unwrap();
        kindergarten::add_group(&mut tx, &deed, garden, &new).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An account, as many as are wanted.
    pub async fn accounts(&mut self, many: usize) -> Vec<Uuid> {
        let ids: Vec<Uuid> = (0..many).map(|_| self.portal.app.secrets.id()).collect();
        sqlx::query(
            "insert into accounts (id, iin, phone, surname, name, sex, birth_on, language, registered_at)
             select id, iin, '+7705' || lpad(($3 + n)::text, 7, '0'), 'Surname', 'Name', 'f', '1991-01-01', 'kk', portal_now()
             from unnest($1::uuid[], $2::text[]) with ordinality as new (id, iin, n)",
        )
        .bind(&ids)
        .bind(iins("910101", '4', self.made, many))
        .bind(self.made as i64)
        .execute(&self.pool)
        .await
        .unwrap();
        self.made += many;
        ids
    }

    /// A child of each of these, or of all of them.
    pub async fn children(&mut self, of: &[Vec<Uuid>]) -> Vec<Uuid> {
        let ids: Vec<Uuid> = (0..of.len()).map(|_| self.portal.app.secrets.id()).collect();
        sqlx::query(
            "insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
             select id, iin, 'Surname', 'Child', 'm', '2024-02-01', 'medeu', portal_now()
             from unnest($1::uuid[], $2::text[]) as new (id, iin)",
        )
        .bind(&ids)
        .bind(iins("240201", '5', self.made, of.len()))
        .execute(&self.pool)
        .await
        .unwrap();
        self.made += of.len();
        for (child, accounts) in ids.iter().zip(of) {
            sqlx::query("insert into guardians (child_id, account_id, relation, added_at) select $1, account, 'mother', portal_now() from unnest($2::uuid[]) as of (account)")
                .bind(child)
                .bind(accounts)
                .execute(&self.pool)
                .await
                .unwrap();
        }
        ids
    }

    /// So many families apply to the general queue, one after the other, wishing for this kindergarten.
    pub async fn families(&mut self, many: usize, wish: &Kindergarten) -> Vec<Family> {
        let accounts = self.accounts(many).await;
        let of: Vec<Vec<Uuid>> = accounts.iter().map(|account| vec![*account]).collect();
        let children = self.children(&of).await;
        let mut families = Vec::new();
        let (mut tx, mut deed) = Deed::open(&self.portal.app, Actor::System, Uuid::nil()).await.unwrap();
        // One a microsecond, up to now.
        deed.now -= chrono::Duration::microseconds(many as i64);
        for (account, child) in accounts.into_iter().zip(children) {
            deed.actor = Actor::Person { account, role: Role::Parent };
            deed.now += chrono::Duration::microseconds(1);
            let submission = Submission {
                child,
                kind: SubmissionKind::General,
                language: Language::Kk,
                wishes: vec![wish.id],
            };
            let number = application::submit(&mut tx, &deed, &submission).await.unwrap();
            families.push(Family { account, number });
        }
        tx.commit().await.unwrap();
        families
    }

    /// A round; then the gateway has taken every text of it.
    pub async fn vouchers(&self) {
        round::run_all(&self.portal.app).await.unwrap();
        for told in [
            "update vouchers set notice_accepted_on = confirm_day0 where notice_accepted_on is null",
            "update notices set state = 'delivered', provider_id = 'before.' || id, sent_at = created_at, settled_at = created_at
             where state = 'queued'",
        ] {
            sqlx::query(told).execute(&self.pool).await.unwrap();
        }
    }

    pub async fn confirm_all(&self, families: &[Family]) {
        for family in families {
            let actor = Actor::Person { account: family.account, role: Role::Parent };
            let (mut tx, deed) = Deed::open(&self.portal.app, actor, Uuid::nil()).await.unwrap();
            voucher::confirm(&mut tx, &deed, &family.number).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    pub async fn session(&self, account: Uuid) -> Session {
        let visitor = self.portal.signed_in(account).await;
        let cookie = visitor.session().unwrap();
        let id: tower_sessions::session::Id = cookie.parse().unwrap();
        Session { binder: Sha256::digest(id.0.to_be_bytes()).to_vec(), cookie: format!("session={cookie}") }
    }

    /// The clock, to any moment.
    pub async fn set_clock(&self, moment: chrono::DateTime<chrono::Utc>) {
        sqlx::query("update sandbox.clock set ahead_us = extract(epoch from $1::timestamptz - clock_timestamp()) * 1000000")
            .bind(moment)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    // ---- In the race. ----

    /// A form is pressed, once; its status. A process without a free connection asks to try again: the form is pressed
    /// again then, with the same token.
    pub async fn press(&self, process: usize, session: &Session, path: &str, fields: &[(&str, &str)]) -> u16 {
        let token = self.token(session);
        let form: Vec<(&str, &str)> =
            fields.iter().copied().chain([("form_token", token.as_str())]).collect();
        let begun = Instant::now();
        loop {
            let request = self.portal.http.post(format!("{}{path}", self.processes[process].base));
            let status = match request.header("cookie", &session.cookie).form(&form).send().await {
                Ok(answer) => answer.status().as_u16(),
                Err(_) => 0,
            };
            if status != 503 || begun.elapsed() > PATIENCE {
                return status;
            }
        }
    }

    /// Of a form shown to this session.
    pub fn token(&self, session: &Session) -> String {
        let key = self.portal.app.secrets.token();
        let seal = self.portal.app.secrets.mac("form", &[&session.binder, &key]);
        BASE64_URL_SAFE_NO_PAD.encode([&key[..], &seal[..16]].concat())
    }

    /// Every background job of a process, now; false when the process died over it.
    pub async fn tick(&self, process: usize) -> bool {
        let request = self.portal.http.post(format!("{}/sandbox/tick", self.processes[process].base));
        request.send().await.is_ok()
    }

    // ---- After the race. ----

    pub async fn count(&self, of: &str) -> i64 {
        self.portal.count(of).await
    }

    pub async fn number(&self, query: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn stage_of(&self, number: &str) -> String {
        sqlx::query_scalar("select stage from applications where number = $1")
            .bind(number)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Waits until this many are there.
    pub async fn until(&self, of: &str, wanted: i64) {
        let begun = Instant::now();
        let mut found = self.count(of).await;
        while found < wanted {
            assert!(begun.elapsed() < PATIENCE, "{found} of {wanted}: {of}");
            pause(Duration::from_millis(20)).await;
            found = self.count(of).await;
        }
    }

    pub async fn nothing_is_violated(&self) {
        let found = violations(&self.pool).await;
        assert!(found.is_empty(), "{found:#?}");
    }

    /// No process has met a fault of its own. They end, so that the database can be dropped.
    pub async fn close(&mut self) {
        for mut process in self.processes.drain(..) {
            assert!(process.troubles().is_empty(), "{:#?}", process.troubles());
            process.kill_now();
            process.ended().await;
        }
    }
}

/// Numbers of people born that day or in the days after, from the `first` on.
fn iins(day: &str, century_and_sex: char, first: usize, many: usize) -> Vec<String> {
    let born = NaiveDate::parse_from_str(day, "%y%m%d").unwrap();
    let number = |n: usize| {
        let day = (born + Days::new(n as u64 / 1000)).format("%y%m%d");
        (0..10).find_map(|more| {
            let eleven = format!("{day}{century_and_sex}{:04}", n % 1000 * 10 + more);
            check_digit(eleven.as_bytes()).map(|check| format!("{eleven}{}", char::from(check)))
        })
    };
    (first..first + many).map(|n| number(n).unwrap()).collect()
}

/// The clock of the machine goes on for so long: what happens meanwhile is what the race is about.
pub async fn pause(length: Duration) {
    let _ = tokio::time::timeout(length, std::future::pending::<()>()).await;
}
