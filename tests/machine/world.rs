//! The real portal under the machine: a database of its own, a clock that stands still between steps, and the people.
use std::str::FromStr;

use balabaqsha::app::{Deed, SharedApp};
use balabaqsha::domain::signature::{self, Patience, Received};
use balabaqsha::fault::{Failure, Fault};
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::deadline::almaty_day;
use balabaqsha::rules::iin::Iin;
use balabaqsha::sandbox::people as registry;
use balabaqsha::sandbox::pki::{Holder, KeyKind, Organisation, Position};
use chrono::{DateTime, NaiveDate, Utc};
use rand::Rng;
use rand::rngs::StdRng;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::model::Child;
use crate::support::{Kindergarten, Person, Portal, adult, child};

/// What the database says of a case.
#[derive(Debug, Clone, FromRow)]
pub struct Row {
    pub id: Uuid,
    pub stage: String,
    pub archive_reason: Option<String>,
    pub group_id: Option<Uuid>,
    pub submitted_at: DateTime<Utc>,
    pub return_by: Option<NaiveDate>,
    pub stop_listed_on: Option<NaiveDate>,
    pub confirm_by: Option<NaiveDate>,
    pub confirm_firm: bool,
    pub told: bool,
    pub conclude_by: Option<NaiveDate>,
    pub conclude_firm: bool,
    pub extended: bool,
}

const ROWS: &str = "select a.id, a.stage, a.archive_reason, a.group_id, a.submitted_at, a.return_by, a.stop_listed_on, v.confirm_by,
        coalesce(v.confirm_firm, false) as confirm_firm, v.notice_accepted_on is not null as told,
        v.conclude_by, coalesce(v.conclude_firm, false) as conclude_firm, v.extended_at is not null as extended
    from applications a left join vouchers v on v.id = a.voucher_id";

/// A signed person, and for a kindergarten's head the organisation.
pub struct Head {
    pub garden: Kindergarten,
    pub account: Uuid,
    pub holder: Holder,
}

pub struct World {
    pub portal: Portal,
    pub pool: PgPool,
    pub database: Database,
    pub parents: Vec<(Person, Uuid)>,
    pub doctor: Uuid,
    pub operator: Uuid,
    pub heads: Vec<Head>,
}

/// A database of its own, dropped when all went well.
pub struct Database {
    server: PgConnectOptions,
    pub name: String,
}

impl Database {
    pub async fn create(name: String) -> (Self, PgPool) {
        let url = std::env::var("DATABASE_URL").expect("DATABASE_URL: run `make test`, or name a PostgreSQL");
        let server = PgConnectOptions::from_str(&url).unwrap();
        let own = Self { server, name };
        own.say(&format!("drop database if exists {} with (force)", own.name)).await;
        own.say(&format!("create database {}", own.name)).await;
        let options = PgPoolOptions::new().max_connections(3);
        let pool = options.connect_with(own.server.clone().database(&own.name)).await.unwrap();
        sqlx::migrate!("./migrations").run(&pool).await.unwrap();
        (own, pool)
    }

    async fn say(&self, statement: &str) {
        let mut server = self.server.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut server).await.unwrap();
    }

    pub async fn drop(&self) {
        self.say(&format!("drop database {} with (force)", self.name)).await;
    }
}

const PARENTS: u32 = 40;
const CHILDREN: u32 = 120;
const KINDERGARTENS: u32 = 4;

/// The clock is a row that only the machine moves.
const CLOCK: &str = "create table machine_clock (at timestamptz not null);
    insert into machine_clock values ('START');
    create or replace function portal_now() returns timestamptz language sql volatile as 'select at from public.machine_clock'";

impl World {
    pub async fn begin(
        database: Database,
        pool: PgPool,
        seed: u64,
        start: &str,
        chance: &mut StdRng,
    ) -> (Self, Vec<Child>) {
        let portal = Portal::start_at(pool.clone(), start).await;
        portal.app.secrets.draw_from_seed(seed);
        sqlx::raw_sql(AssertSqlSafe(CLOCK.replace("START", start))).execute(&pool).await.unwrap();
        let mut parents = Vec::new();
        for n in 0..PARENTS {
            let person = adult(n);
            let account = portal.account(&person).await;
            parents.push((person, account));
        }
        let mut heads = Vec::new();
        for n in 1..=KINDERGARTENS {
            let garden = portal.kindergarten(n, &[]).await;
            let account = portal.account(&garden.head).await;
            let organisation =
                Organisation { bin: garden.bin.clone(), name: garden.name.clone(), position: Position::Head };
            let holder = holder(&garden.head, Some(organisation));
            heads.push(Head { garden, account, holder });
        }
        let (doctor, operator) = (portal.account(&adult(800)).await, portal.account(&adult(700)).await);
        let mut world = Self { portal, pool, database, parents, doctor, operator, heads };
        let mut children = Vec::new();
        for n in 0..CHILDREN {
            children.push(world.child(n, chance).await);
        }
        (world, children)
    }

    /// A child of one or two of the parents; some will have outgrown the queue in a year.
    async fn child(&mut self, n: u32, chance: &mut StdRng) -> Child {
        let person = child(n, "autism");
        // Those of autumn can still apply in August of the year in which they outgrow the queue.
        let month = if chance.random() { 3 } else { 10 };
        let born = NaiveDate::from_ymd_opt(chance.random_range(2020..=2025), month, 1 + n % 28).unwrap();
        let mut parents = vec![chance.random_range(0..self.parents.len())];
        if chance.random_ratio(1, 4) {
            let other = chance.random_range(0..self.parents.len());
            parents.extend((other != parents[0]).then_some(other));
        }
        let mut id = Uuid::nil();
        for parent in &parents {
            id = self.portal.child_of(self.parents[*parent].1, &person).await;
        }
        sqlx::query("update children set birth_on = $2 where id = $1")
            .bind(id)
            .bind(born)
            .execute(&self.pool)
            .await
            .unwrap();
        // Its number is the same on every day.
        let known = registry::conclusion(
            &Iin::parse(&person.iin).unwrap(),
            person.birth_on + chrono::Months::new(24),
        );
        Child { id, parents, birth_on: born, conclusion: known.unwrap().number }
    }

    pub fn app(&self) -> &SharedApp {
        &self.portal.app
    }

    pub fn parent(&self, parent: usize) -> Actor {
        Actor::Person { account: self.parents[parent].1, role: Role::Parent }
    }

    pub fn head(&self, kindergarten: Uuid) -> &Head {
        self.heads.iter().find(|head| head.garden.id == kindergarten).unwrap()
    }

    pub fn head_actor(&self, kindergarten: Uuid) -> Actor {
        Actor::Person { account: self.head(kindergarten).account, role: Role::Kindergarten(kindergarten) }
    }

    /// One deed in one transaction; what is refused is rolled back.
    pub async fn deed<T>(
        &self,
        actor: Actor,
        work: impl AsyncFnOnce(&mut PgConnection, &Deed) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let app = self.app();
        let mut tx = app.pool.begin().await.map_err(Fault::from)?;
        let deed = Deed::begin(app, &mut tx, actor, app.secrets.id()).await?;
        let done = work(&mut tx, &deed).await?;
        tx.commit().await.map_err(Fault::from)?;
        Ok(done)
    }

    pub async fn now(&self) -> DateTime<Utc> {
        sqlx::query_scalar("select portal_now()").fetch_one(&self.pool).await.unwrap()
    }

    pub async fn today(&self) -> NaiveDate {
        almaty_day(self.now().await)
    }

    pub async fn advance(&self, seconds: i64) {
        sqlx::query("update machine_clock set at = at + $1 * interval '1 second'")
            .bind(seconds)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub async fn rows(&self) -> Vec<Row> {
        sqlx::query_as(AssertSqlSafe(ROWS.to_owned())).fetch_all(&self.pool).await.unwrap()
    }

    pub async fn row(&self, case: Uuid) -> Row {
        let one = format!("{ROWS} where a.id = $1");
        sqlx::query_as(AssertSqlSafe(one)).bind(case).fetch_one(&self.pool).await.unwrap()
    }

    /// Whose signatures under this case's contracts wait for their check.
    pub async fn waiting(&self, case: Uuid) -> Vec<String> {
        let waiting = sqlx::query_scalar(
            "select s.party from signature_checks s join contracts c on c.id = s.contract_id
             where c.application_id = $1 and s.state = 'waiting'",
        );
        waiting.bind(case).fetch_all(&self.pool).await.unwrap()
    }

    /// The signature of this case that waits, and its text.
    pub async fn waiting_text(&self, case: Uuid) -> (Uuid, Vec<u8>) {
        let waiting = sqlx::query_as(
            "select s.id, c.pdf from signature_checks s join contracts c on c.id = s.contract_id
             where c.application_id = $1 and s.state = 'waiting'",
        );
        waiting.bind(case).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn swap(&self, waiting: Uuid, cms: &[u8]) {
        let swapped =
            sqlx::query("update signature_checks set cms = $2 where id = $1").bind(waiting).bind(cms);
        swapped.execute(&self.pool).await.unwrap();
    }

    /// Id, capacity, enrolled, held, closed.
    pub async fn groups(&self) -> Vec<(Uuid, i32, i32, i32, bool)> {
        sqlx::query_as("select id, capacity, enrolled, held, closed_at is not null from groups order by id")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// Asks the sandbox's authority about a signature.
    pub async fn receive(&self, cms: &[u8], pdf: &[u8]) -> Received {
        signature::receive(self.app(), cms, pdf, None, Patience::JOB).await.unwrap()
    }

    pub fn sign(&self, holder: &Holder, key: KeyKind, pdf: &[u8], now: DateTime<Utc>) -> Vec<u8> {
        self.app().sandbox.as_ref().unwrap().pki.sign(holder, key, pdf, now).unwrap()
    }
}

pub fn holder(person: &Person, organisation: Option<Organisation>) -> Holder {
    let known = registry::person(&Iin::parse(&person.iin).unwrap()).unwrap();
    Holder {
        iin: person.iin.clone(),
        surname: known.surname.to_uppercase(),
        first_name: known.name.to_uppercase(),
        patronymic: known.patronymic.map(|name| name.to_uppercase()),
        organisation,
    }
}
