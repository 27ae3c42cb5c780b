//! The demo city: Almaty with 64 kindergartens and some 400 applications in every stage. Always the same people and the
//! same fates, counted back from the day on which it is filled; made through the domain's own deeds.
mod cast;
mod fates;
mod letters;

use chrono::{DateTime, Datelike, Duration, Utc};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::app::{Deed, SharedApp};
use crate::domain::kindergarten::{self, NewGroup, Organisation, Profile};
use crate::domain::staff::{self, NewStaff};
use crate::domain::{password, registration, round, voucher};
use crate::fault::{Failure, Fault};
use crate::rules::actor::{Actor, Role};
use crate::rules::calendar::ClockVersion;
use crate::rules::kindergarten::{GroupKind, Ownership};
use crate::rules::password::Password;
use crate::rules::person::Language;
use crate::rules::settings::Settings;
use crate::sandbox::people;
use crate::sandbox::state::{self, DemoAccount};
use cast::KindergartenPlan;

/// The password of every demo account; listed on `/sandbox` and in the README.
pub const PASSWORD: &str = "Kokshe-tobe-2026";
/// The demo draws its numbers from here, so that they are the same every time.
const SEED: u64 = 2026;

/// What the deeds of the demo need over and over.
struct Stage<'a> {
    app: &'a SharedApp,
    settings: Settings,
    /// The moment at which the demo is filled.
    now: DateTime<Utc>,
    password_hash: String,
    doctor: Uuid,
    operator: Uuid,
}

impl Stage<'_> {
    /// A deed of this actor some hours before now.
    async fn deed(
        &self,
        actor: Actor,
        hours_ago: i64,
    ) -> Result<(Transaction<'static, Postgres>, Deed), Fault> {
        let deed = Deed {
            app: self.app.clone(),
            actor,
            now: self.now - Duration::hours(hours_ago),
            settings: self.settings.clone(),
            calendar: self.app.calendar(),
            clock: ClockVersion::default(),
            request: self.app.secrets.id(),
        };
        Ok((self.app.pool.begin().await?, deed))
    }

    fn as_operator(&self) -> Actor {
        Actor::Person { account: self.operator, role: Role::Operator }
    }

    fn as_doctor(&self) -> Actor {
        Actor::Person { account: self.doctor, role: Role::Doctor }
    }
}

fn as_parent(account: Uuid) -> Actor {
    Actor::Person { account, role: Role::Parent }
}

/// Fills an empty database. The numbers of the portal come from a seed while it runs.
pub async fn fill(app: &SharedApp) -> Result<(), Fault> {
    app.secrets.draw_from_seed(SEED);
    let filled = play(app).await;
    app.secrets.draw_from_system();
    filled.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        other => Fault::Broken(format!("the demo city: {other:?}")),
    })
}

async fn play(app: &SharedApp) -> Result<(), Failure> {
    let mut conn = app.pool.acquire().await?;
    let now = crate::clock::now(&mut conn).await?;
    let settings = crate::db::setting::in_force(&mut conn, now).await?;
    drop(conn);
    let chosen = Password::parse(PASSWORD, &[]).map_err(|error| Fault::Broken(error.to_string()))?;
    let password_hash = password::hash(app, &chosen).await?;
    let mut stage = Stage { app, settings, now, password_hash, doctor: Uuid::nil(), operator: Uuid::nil() };
    stage.operator = add_person(&stage, &cast::operator(), Language::Kk).await?;
    stage.doctor = add_person(&stage, &cast::doctor(), Language::Kk).await?;
    give_role(&stage, "operator", &cast::operator(), None).await?;
    give_role(&stage, "doctor", &cast::doctor(), None).await?;
    let groups = open_kindergartens(&stage).await?;
    for past in cast::past_rounds() {
        play_past(&stage, &groups, &past).await?;
    }
    fill_up(&stage, &groups).await?;
    open_free_places(&stage, &groups).await?;
    let families = cast::families();
    let cases = fates::apply_all(&stage, &families).await?;
    round::run_all_as_of(app, now - Duration::days(fates::FIRST_ROUND_DAYS_AGO)).await?;
    fates::live_on(&stage, &cases, fates::Times::LATEST).await?;
    for sweep in voucher::Sweep::ALL {
        voucher::sweep(app, sweep).await?;
    }
    open_new_places(&stage, &groups).await?;
    round::run_all_as_of(app, now).await?;
    fates::after_the_second_round(&stage, &cases).await?;
    fates::fill_wallet(&stage, &cases).await?;
    letters::write_all(&stage, &cases).await?;
    let changed = fates::with_new_terms(&stage, &cases).await?;
    let changed = changed
        .and_then(|one| families.iter().map(|it| &it.parent).find(|parent| parent.iin == one.parent_iin));
    list_accounts(&stage, changed).await
}

/// A round of the portal's first months, and everything that came of it.
async fn play_past(stage: &Stage<'_>, groups: &[Opened], past: &cast::PastRound) -> Result<(), Failure> {
    let cases = fates::apply_all(stage, &past.families).await?;
    for (at, family) in past.families.iter().enumerate() {
        for one in &family.applications {
            let year = one.child.birth_on().year();
            let suits = |it: &&Opened| {
                it.kind.correction_type() == one.correction.map(|it| it.code())
                    && it.language == one.language
                    && (it.birth_years.0..=it.birth_years.1).contains(&year)
            };
            // Not all of them in the same house.
            let suitable: Vec<&Opened> = groups.iter().filter(suits).collect();
            let turn = at + usize::try_from(past.days_ago).unwrap_or(0);
            if let Some(group) = suitable.get(turn % suitable.len().max(1)) {
                leave(stage, group.group, 1, 24 * (past.days_ago + 1)).await?;
            }
        }
    }
    round::run_all_as_of(stage.app, stage.now - Duration::days(past.days_ago)).await?;
    fates::live_on(stage, &cases, fates::Times::after(past.days_ago)).await?;
    for sweep in voucher::Sweep::ALL {
        voucher::sweep_as_of(stage.app, sweep, stage.now - Duration::days(past.days_ago - 14)).await?;
    }
    Ok(())
}

/// Children left a group, so many hours ago.
async fn leave(stage: &Stage<'_>, group: Uuid, children: i32, hours_ago: i64) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(stage.as_operator(), hours_ago).await?;
    kindergarten::record_left(&mut tx, &deed, group, children).await?;
    Ok(tx.commit().await?)
}

/// An account as registration makes it, without the SMS.
async fn add_person(stage: &Stage<'_>, who: &cast::Person, language: Language) -> Result<Uuid, Failure> {
    let (mut tx, deed) = stage.deed(Actor::System, 24 * 400).await?;
    let person = people::person(&who.iin).ok_or_else(|| Fault::Broken("the demo names nobody".to_owned()))?;
    let known = registration::Known { person, iin: who.iin, phone: who.phone };
    let policy = Some(crate::rules::policy::POLICY_VERSION);
    let saved =
        registration::save_person(&mut tx, &deed, &known, language, &stage.password_hash, policy).await?;
    tx.commit().await?;
    Ok(saved.id)
}

async fn give_role(
    stage: &Stage<'_>,
    role: &'static str,
    who: &cast::Person,
    bin: Option<crate::rules::iin::Bin>,
) -> Result<(), Failure> {
    let (mut tx, deed) = stage.deed(Actor::System, 24 * 399).await?;
    let person = people::person(&who.iin).ok_or_else(|| Fault::Broken("the demo names nobody".to_owned()))?;
    staff::add(&mut tx, &deed, &NewStaff { role, iin: who.iin, phone: who.phone, bin }, &person).await?;
    tx.commit().await?;
    Ok(())
}

/// A group of the demo, with the children who were there before the portal.
struct Opened {
    kindergarten: Uuid,
    group: Uuid,
    kind: GroupKind,
    language: Language,
    birth_years: (i32, i32),
    present: i32,
    /// Places that are free before the latest rounds; until then the group is full.
    free: i32,
}

async fn open_kindergartens(stage: &Stage<'_>) -> Result<Vec<Opened>, Failure> {
    let mut groups = Vec::new();
    for plan in cast::kindergartens() {
        let (mut tx, deed) = stage.deed(stage.as_operator(), 24 * 398).await?;
        let new = organisation(&plan);
        let id = kindergarten::add(&mut tx, &deed, &new).await?;
        let id = id.ok_or_else(|| Fault::Broken("two kindergartens of one BIN".to_owned()))?;
        for group in &plan.groups {
            let new = NewGroup {
                name: group.name.to_owned(),
                kind: group.kind,
                language: group.language,
                birth_years: group.birth_years,
                capacity: group.capacity,
            };
            let opened = kindergarten::add_group(&mut tx, &deed, id, &new).await?;
            kindergarten::record_present(&mut tx, &deed, opened, group.capacity).await?;
            groups.push(Opened {
                kindergarten: id,
                group: opened,
                kind: group.kind,
                language: group.language,
                birth_years: group.birth_years,
                present: group.capacity - group.free,
                free: group.free,
            });
        }
        tx.commit().await?;
        if let Some(head) = &plan.head {
            add_person(stage, head, Language::Kk).await?;
            give_role(stage, "kindergarten", head, Some(plan.bin)).await?;
        }
    }
    Ok(groups)
}

fn organisation(plan: &KindergartenPlan) -> Organisation {
    Organisation {
        bin: plan.bin,
        name_kk: plan.name_kk.clone(),
        name_ru: plan.name_ru.clone(),
        district: plan.district,
        ownership: if plan.private { Ownership::Private } else { Ownership::State },
        profile: Profile {
            address_kk: plan.address_kk.clone(),
            address_ru: plan.address_ru.clone(),
            phone: plan.phone.clone(),
            head_name: plan.head_name.clone(),
            barrier_free: plan.barrier_free,
            position: Some(plan.position),
            directions_kk: plan.directions_kk.clone(),
            directions_ru: plan.directions_ru.clone(),
            accessibility: plan.accessibility.clone(),
            therapists: plan.therapists.clone(),
        },
    }
}

/// Other children took the places that the vouchers of the past had not.
async fn fill_up(stage: &Stage<'_>, groups: &[Opened]) -> Result<(), Failure> {
    for opened in groups {
        let groups = kindergarten::of(stage.app, opened.kindergarten).await?.groups;
        let free = groups.iter().find(|group| group.id == opened.group).map_or(0, |group| group.free());
        if free > 0 {
            let hours = 24 * (fates::FIRST_ROUND_DAYS_AGO + 3);
            let (mut tx, deed) = stage.deed(stage.as_operator(), hours).await?;
            kindergarten::record_present(&mut tx, &deed, opened.group, free).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// The places for which the families of the last months wait.
async fn open_free_places(stage: &Stage<'_>, groups: &[Opened]) -> Result<(), Failure> {
    for opened in groups.iter().filter(|opened| opened.free > 0) {
        leave(stage, opened.group, opened.free, 24 * (fates::FIRST_ROUND_DAYS_AGO + 1)).await?;
    }
    Ok(())
}

/// A child left here and there: places for the second round.
async fn open_new_places(stage: &Stage<'_>, groups: &[Opened]) -> Result<(), Failure> {
    for opened in groups.iter().step_by(9).filter(|opened| opened.present > 1) {
        leave(stage, opened.group, 1, 1).await?;
    }
    Ok(())
}

/// Who can sign in, for `/sandbox` and `GET /sandbox/accounts`.
async fn list_accounts(stage: &Stage<'_>, with_new_terms: Option<&cast::Person>) -> Result<(), Failure> {
    let mut conn = stage.app.pool.acquire().await?;
    let mut rows = vec![
        ("doctor", cast::doctor(), None),
        ("operator", cast::operator(), None),
        ("parent", cast::demo_parent(), None),
    ];
    rows.extend(with_new_terms.map(|parent| ("parent", *parent, None)));
    for plan in cast::kindergartens() {
        if let Some(head) = plan.head {
            rows.push(("kindergarten", head, Some(plan.bin)));
        }
    }
    for (role, who, bin) in rows {
        let name = people::person(&who.iin).map_or_else(String::new, |person| person.full_name().full());
        let account = DemoAccount {
            role: role.to_owned(),
            phone: who.phone.e164().to_owned(),
            iin: who.iin.as_str().to_owned(),
            bin: bin.map(|bin| bin.as_str().to_owned()),
            password: PASSWORD.to_owned(),
            name,
        };
        state::add_account(&mut conn, &account).await?;
    }
    Ok(())
}
