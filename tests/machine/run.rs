//! One seed: so many steps, each checked against the model and the invariants.
mod agreement;
mod operator;
mod system;

use std::collections::BTreeMap;

use balabaqsha::app::Deed;
use balabaqsha::db;
use balabaqsha::domain::application::{ConclusionSource, Submission, SubmissionKind};
use balabaqsha::domain::contract::Returned;
use balabaqsha::domain::kindergarten::GroupChange;
use balabaqsha::domain::kindergarten::NewGroup;
use balabaqsha::domain::notice::Next;
use balabaqsha::domain::voucher::Sweep;
use balabaqsha::domain::{
    application, conclusion, contract, kindergarten, ledger, notice, outage, place, review, round, signature,
    voucher,
};
use balabaqsha::fault::Failure;
use balabaqsha::integrations::sms::SmsAnswer;
use balabaqsha::rules::actor::{Actor, Role};
use balabaqsha::rules::correction::CorrectionType;
use balabaqsha::rules::document::DocumentKind;
use balabaqsha::rules::kindergarten::GroupKind;
use balabaqsha::rules::paper::PaperReason;
use balabaqsha::rules::person::Language;
use balabaqsha::rules::reason::{DoctorReason, KindergartenReason};
use balabaqsha::rules::refusal::Refusal;
use balabaqsha::rules::stage::Stage;
use balabaqsha::sandbox::pki::KeyKind;
use balabaqsha::sandbox::state;
use chrono::{Datelike, Days, NaiveDate};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::invariants::violations;
use super::law::{At, Law, When};
use super::model::{Case, Group, Model, Seating, Waiting};
use super::world::{Database, Row, World, holder};

/// Moments at which a seed may begin: before holidays, before a new year, before children outgrow the queue.
const STARTS: [&str; 4] = [
    "2026-03-16T09:00:00+05:00",
    "2026-12-14T10:00:00+05:00",
    "2027-04-26T12:00:00+05:00",
    "2027-08-23T09:30:00+05:00",
];
const KINDS: [Option<&str>; 2] = [None, Some("autism")];
/// What an outage declared afterwards does.
const UNDOING: [&str; 3] = ["undo_lapse", "undo_run_out", "undo_leave_stop_list"];
const LANGUAGES: [&str; 2] = ["kk", "ru"];
/// The settings of the portal, by the model's own reckoning (`rules.md` 3.2, 3.5).
const STOP_LIST_DAYS: usize = 28;
const SCHOOL_AGE: i32 = 7;
/// Every so many steps all rows are compared.
const WHOLE: u64 = 100;

/// What people do to a case, by the names of the golden file; `fill_contract` changes no stage.
const DEEDS: [&str; 17] = [
    "confirm_documents",
    "reject",
    "confirm_interest",
    "refuse_voucher",
    "choose_kindergarten",
    "send_contract",
    "decline",
    "take_choice_back",
    "fill_contract",
    "sign_as_parent",
    "return_papers",
    "new_contract_version",
    "sign_as_kindergarten",
    "extend_term",
    "return_to_queue",
    "withdraw",
    "stranger",
];

/// Runs a seed; answers how often each deed was done.
pub async fn run(seed: u64, steps: u64) -> BTreeMap<String, u64> {
    let (database, pool) = Database::create(format!("machine_{}_{seed}", std::process::id())).await;
    let mut chance = StdRng::seed_from_u64(seed);
    let start = STARTS[seed as usize % STARTS.len()];
    let (world, children) = World::begin(database, pool, seed, start, &mut chance).await;
    let model = Model { children, ..Model::default() };
    let mut run = Run {
        seed,
        step: 0,
        chance,
        world,
        model,
        law: Law::read(),
        done: BTreeMap::new(),
        outages: Vec::new(),
        silent: false,
        told: Vec::new(),
    };
    for _ in 0..3 {
        run.add_group().await;
    }
    while run.step < steps {
        run.one_step().await;
    }
    // The ledger, computed again and held against the tables, says the same.
    let now = run.world.now().await;
    let checked = ledger::check(run.world.app(), now).await.unwrap();
    assert!(matches!(checked, ledger::Check::Good { .. }), "{checked:?}");
    run.world.pool.close().await;
    run.world.database.drop().await;
    std::mem::take(&mut run.done)
}

struct Run {
    seed: u64,
    step: u64,
    chance: StdRng,
    world: World,
    model: Model,
    law: Law,
    done: BTreeMap<String, u64>,
    /// Outages declared: first and last day.
    outages: Vec<(NaiveDate, NaiveDate)>,
    /// Nobody says which keys were withdrawn.
    silent: bool,
    /// What was done, for whoever reads of a failure.
    told: Vec<String>,
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.told.len().saturating_sub(12);
            eprintln!(
                "the machine failed at step {} of seed {}: MACHINE_SEED={} cargo test --test machine; database {}\n{:#?}",
                self.step,
                self.seed,
                self.seed,
                self.world.database.name,
                &self.told[last..]
            );
        }
    }
}

/// How a deed may end: by the law, or refused for a reason that is no matter of stages.
enum Expected {
    Done(At),
    Refused,
    /// Places decide: the portal says, the model checks what it said.
    PlacesDecide(At),
}

impl Run {
    fn tell(&mut self, what: String) {
        self.told.push(format!("{}: {what}", self.step));
    }

    fn count(&mut self, deed: &str) {
        *self.done.entry(deed.to_owned()).or_default() += 1;
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.chance.random_ratio(1, one_in)
    }

    async fn one_step(&mut self) {
        self.step += 1;
        let seconds = self.time_passes();
        self.world.advance(seconds).await;
        match self.chance.random_range(0..100) {
            0..14 => self.submit().await,
            14..70 => self.somebody_acts().await,
            70..72 => self.authority().await,
            72..74 => self.waiting_signatures().await,
            74..82 => self.round().await,
            82..88 => self.sweep().await,
            88..93 => self.texts().await,
            93..95 => self.conclusions_come().await,
            95 if self.chance(3) => self.outage().await,
            95 => self.fold().await,
            96..98 => self.add_group().await,
            98 => self.change_group().await,
            _ => self.close_group().await,
        }
        let found = violations(&self.world.pool).await;
        assert!(found.is_empty(), "{found:#?}");
        self.places_agree().await;
        if self.step.is_multiple_of(WHOLE) {
            self.everything_agrees().await;
            assert_eq!(place::verify_all(self.world.app()).await.unwrap(), place::Wrong::default());
        }
    }

    /// Mostly minutes; now and then a night, a week, a month.
    fn time_passes(&mut self) -> i64 {
        match self.chance.random_range(0..1000) {
            0..100 => 0,
            100..800 => self.chance.random_range(0..900),
            800..950 => self.chance.random_range(900..4 * 3600),
            950..990 => self.chance.random_range(10 * 3600..30 * 3600),
            990..998 => self.chance.random_range(2 * 86_400..8 * 86_400),
            _ => self.chance.random_range(27 * 86_400..31 * 86_400),
        }
    }

    // ---- A family applies. ----

    async fn submit(&mut self) {
        let child = self.chance.random_range(0..self.model.children.len());
        let (id, birth_on, number) = {
            let it = &self.model.children[child];
            (it.id, it.birth_on, it.conclusion.clone())
        };
        let parents = self.model.children[child].parents.clone();
        let parent = *parents.choose(&mut self.chance).unwrap();
        let kind = *KINDS.choose(&mut self.chance).unwrap();
        let language = if self.chance(8) { "ru" } else { "kk" };
        let source = match self.chance.random_range(0..4) {
            0 => ConclusionSource::Awaited { number: number.clone() },
            1 => ConclusionSource::Awaited { number: "PMPK-2222222222".to_owned() },
            _ => ConclusionSource::Fetched {
                number,
                issued_on: birth_on,
                valid_until: birth_on + Days::new(9_000),
            },
        };
        let conclusion_there = matches!(source, ConclusionSource::Fetched { .. });
        let submission = Submission {
            child: id,
            kind: match kind {
                None => SubmissionKind::General,
                Some(code) => SubmissionKind::Special {
                    correction: CorrectionType::parse(code).unwrap(),
                    conclusion: source,
                },
            },
            language: Language::parse(language).unwrap(),
            wishes: self.world.heads[..self.chance.random_range(1..=3)]
                .iter()
                .map(|head| head.garden.id)
                .collect(),
        };
        let now = self.world.now().await;
        let today = self.world.today().await;
        let of_child = || self.model.cases.iter().filter(|case| case.child == child);
        let too_old = (today.year() - birth_on.year(), today.month(), today.day())
            >= (SCHOOL_AGE, birth_on.month(), birth_on.day());
        let allowed = !too_old
            && !of_child()
                .any(|case| case.is("enrolled") || (case.is_live() && case.kind.is_some() == kind.is_some()));
        let actor = self.world.parent(parent);
        let said = self
            .world
            .deed(actor, async |conn, deed| application::submit(conn, deed, &submission).await)
            .await;
        self.tell(format!("submit child {child} kind {kind:?}: {said:?}"));
        match said {
            Ok(number) => {
                assert!(allowed, "submitted although it was not allowed");
                let row: (Uuid,) = sqlx::query_as("select id from applications where number = $1")
                    .bind(&number)
                    .fetch_one(&self.world.pool)
                    .await
                    .unwrap();
                let stage = if kind.is_some() { "awaiting_review" } else { "queued" };
                self.model.cases.push(Case {
                    id: row.0,
                    number,
                    parent,
                    child,
                    kind,
                    language,
                    birth_year: birth_on.year(),
                    submitted_at: now,
                    at: At { stage: stage.to_owned(), reason: None },
                    group: None,
                    closed: Default::default(),
                    conclusion_there,
                    filled: false,
                    waiting: None,
                });
                self.count("submit");
                let new = self.model.cases.len() - 1;
                self.case_agrees(new).await;
            }
            Err(Failure::Refused(_)) => assert!(!allowed, "refused although it was allowed"),
            Err(failure) => panic!("{failure:?}"),
        }
    }

    // ---- Somebody does something to a case. ----

    async fn somebody_acts(&mut self) {
        let Some(case) = self.some_case() else { return };
        let today = self.world.today().await;
        let row = self.world.row(self.model.cases[case].id).await;
        let when = self.when(&row, today);
        let stage = self.model.cases[case].at.stage.clone();
        let possible: Vec<&str> = DEEDS
            .into_iter()
            .filter(|deed| self.law.outcome(&stage, deed, When::LastDay).is_some())
            .collect();
        let deed = if when == When::LastDay && self.chance(2) {
            match stage.as_str() {
                "voucher_issued" => "confirm_interest",
                "on_stop_list" => "return_to_queue",
                _ => "extend_term",
            }
        } else if self.chance(4) || possible.is_empty() {
            *DEEDS.choose(&mut self.chance).unwrap()
        } else if stage == "awaiting_parent_signature" && !self.model.cases[case].filled && self.chance(2) {
            "fill_contract"
        } else {
            // A family goes on far more often than it leaves.
            let leaves = |deed: &&str| {
                [
                    "withdraw",
                    "refuse_voucher",
                    "reject",
                    "decline",
                    "take_choice_back",
                    "return_papers",
                    "new_contract_version",
                ]
                .contains(deed)
            };
            let goes_on: Vec<&str> = possible.iter().copied().filter(|deed| !leaves(deed)).collect();
            let from = if self.chance(8) { &possible } else { &goes_on };
            from.choose(&mut self.chance).copied().unwrap_or("stranger")
        };
        match deed {
            "stranger" => self.stranger(case).await,
            "fill_contract" => self.fill(case).await,
            deed => self.act(case, deed, &row, when).await,
        }
    }

    /// Mostly one whose voucher is out: that is where most can happen.
    fn some_case(&mut self) -> Option<usize> {
        let pick = |wanted: &dyn Fn(&Case) -> bool| -> Vec<usize> {
            self.model
                .cases
                .iter()
                .enumerate()
                .filter(|(_, case)| wanted(case))
                .map(|(index, _)| index)
                .collect()
        };
        let some = match self.chance.random_range(0..10) {
            0..4 => pick(&|case| case.has_voucher()),
            4..6 => pick(&|case| case.holds_place()),
            6 => pick(&|case| case.is("on_stop_list") || case.is("awaiting_review")),
            7..9 => pick(&Case::is_live),
            _ => pick(&|_| true),
        };
        some.choose(&mut self.chance).copied()
    }

    fn expected(&self, case: usize, deed: &str, row: &Row, when: When) -> Expected {
        let it = &self.model.cases[case];
        let named = if deed == "confirm_documents" && !it.conclusion_there {
            "confirm_without_conclusion"
        } else {
            deed
        };
        let Some(at) = self.law.outcome(&it.at.stage, named, when) else { return Expected::Refused };
        let refused = match deed {
            "extend_term" => row.extended,
            "return_to_queue" => row.return_by.is_none(),
            "sign_as_parent" => !it.filled,
            _ => false,
        };
        match deed {
            _ if refused => Expected::Refused,
            "choose_kindergarten" => Expected::PlacesDecide(at.clone()),
            _ => Expected::Done(at.clone()),
        }
    }

    async fn act(&mut self, case: usize, deed: &str, row: &Row, when: When) {
        let expected = self.expected(case, deed, row, when);
        let groups: Vec<Uuid> = self.model.groups.keys().copied().collect();
        // Mostly one that suits; it may be full, closed or another's all the same.
        let suiting: Vec<Uuid> = groups
            .iter()
            .filter(|id| self.model.groups[*id].suits(&self.model.cases[case]))
            .copied()
            .collect();
        let from = if suiting.is_empty() || self.chance(6) { &groups } else { &suiting };
        let group = from.choose(&mut self.chance).copied().unwrap_or_default();
        let reason = if self.chance(4) {
            KindergartenReason::VaccinationRatio
        } else {
            KindergartenReason::PapersIncomplete
        };
        let key = match self.chance.random_range(0..12) {
            0 => KeyKind::Foreign,
            // The portal's own list may know it, too, while the authority is silent.
            1 if !self.silent => KeyKind::Revoked,
            _ => KeyKind::Sign,
        };
        let said = self.perform(case, deed, group, reason, key, matches!(expected, Expected::Done(_))).await;
        self.tell(format!(
            "{deed} of case {case} in {} ({when:?}): {said:?}",
            self.model.cases[case].at.stage
        ));
        let signature_refused = matches!(said, Err(Failure::Refused(Refusal::Signature(_))));
        let refused = key != KeyKind::Sign;
        match (expected, said) {
            (Expected::Done(_), Err(Failure::Refused(Refusal::Signature(_)))) if refused => {}
            (Expected::Done(_), Ok(())) if deed.starts_with("sign") && self.silent => {
                assert!(!refused, "a foreign signature was kept");
                let party = if deed == "sign_as_parent" { "parent" } else { "kindergarten" };
                let good = !self.chance(3);
                self.model.cases[case].waiting = Some(Waiting { party, good });
                if !good {
                    self.key_is_withdrawn(case, party).await;
                }
                self.count("signature_waits");
            }
            (Expected::Done(at), Ok(())) => {
                assert!(!(deed.starts_with("sign") && refused), "a signature of another's key was taken");
                self.follow(case, deed, at, reason);
            }
            (Expected::PlacesDecide(at), said) => self.chosen(case, group, at, said).await,
            (Expected::Refused, Err(Failure::Refused(_) | Failure::NotFound)) => self.count("refused"),
            (Expected::Done(at), said) => panic!("{deed} was to lead to {at:?}: {said:?}"),
            (Expected::Refused, said) => panic!("{deed} was to be refused: {said:?}"),
        }
        if signature_refused {
            self.count("refused signature");
        }
        self.case_agrees(case).await;
        for other in self.others_of_child(case) {
            self.case_agrees(other).await;
        }
    }

    /// The key of a signature that waits is withdrawn before anybody could say so.
    async fn key_is_withdrawn(&self, case: usize, party: &str) {
        let (it, w) = (&self.model.cases[case], &self.world);
        let holder = match party {
            "parent" => holder(&w.parents[it.parent].0, None),
            _ => w.head(self.model.groups[&it.group.unwrap()].kindergarten).holder.clone(),
        };
        let (id, pdf) = w.waiting_text(it.id).await;
        w.swap(id, &w.sign(&holder, KeyKind::Revoked, &pdf, w.now().await)).await;
    }

    /// What a deed that was done changes in the model.
    fn follow(&mut self, case: usize, deed: &str, at: At, reason: KindergartenReason) {
        let group = self.model.cases[case].group;
        if deed == "decline" && reason == KindergartenReason::VaccinationRatio {
            let kindergarten = self.model.groups[&group.unwrap()].kindergarten;
            self.model.cases[case].closed.insert(kindergarten);
        }
        self.model.come_to(case, at, group);
        let it = &mut self.model.cases[case];
        // The new version of the contract is not filled in.
        it.filled &= deed != "return_papers";
        if deed == "sign_as_kindergarten" {
            for other in self.others_of_child(case) {
                if let Some(at) = self.law.outcome(
                    &self.model.cases[other].at.stage,
                    "archive_enrolled_elsewhere",
                    When::InTime,
                ) {
                    let at = at.clone();
                    self.model.come_to(other, at, None);
                    self.count("archive_enrolled_elsewhere");
                }
            }
        }
        self.count(deed);
    }

    fn others_of_child(&self, case: usize) -> Vec<usize> {
        let child = self.model.cases[case].child;
        (0..self.model.cases.len())
            .filter(|other| *other != case && self.model.cases[*other].child == child)
            .collect()
    }

    /// A choice is taken if and only if there is a place, the family itself has a seat (among several the last in order
    /// waits), and nobody else's voucher loses its own by it.
    async fn chosen(&mut self, case: usize, group: Uuid, at: At, said: Result<(), Failure>) {
        let it = &self.model.cases[case];
        let wanted = &self.model.groups[&group];
        let (own, others): (Vec<&Case>, Vec<&Case>) = self
            .model
            .seated(&self.model.unseated(it.kind), None)
            .into_iter()
            .partition(|other| other.id == it.id);
        let unseats = self.model.seated(&others, Some(group)).len() < others.len();
        let possible = wanted.suits(it) && wanted.free() > 0 && !own.is_empty() && !unseats;
        match said {
            Ok(()) => {
                assert!(
                    possible,
                    "chosen: suits {} free {} sits {} unseats {unseats}",
                    wanted.suits(it),
                    wanted.free(),
                    !own.is_empty()
                );
                self.model.come_to(case, at, Some(group));
                self.count("choose_kindergarten");
            }
            // The place may be kept for another family's wish.
            Err(Failure::Refused(Refusal::HeldForOthers)) if possible => assert!(self.keeps_places().await),
            Err(Failure::Refused(_) | Failure::NotFound) => {
                assert!(!possible, "a choice was refused");
                self.count("no place to choose");
            }
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// Do rounds keep places for wishes, and reseat whoever lost a place?
    async fn keeps_places(&self) -> bool {
        sqlx::query_scalar("select to_regclass('rounds') is not null")
            .fetch_one(&self.world.pool)
            .await
            .unwrap()
    }

    async fn perform(
        &self,
        case: usize,
        deed: &str,
        group: Uuid,
        reason: KindergartenReason,
        key: KeyKind,
        allowed: bool,
    ) -> Result<(), Failure> {
        let it = &self.model.cases[case];
        let number = it.number.as_str();
        let kindergarten =
            it.group.map_or(self.world.heads[0].garden.id, |own| self.model.groups[&own].kindergarten);
        let parent = self.world.parent(it.parent);
        let head = self.world.head_actor(kindergarten);
        let doctor = Actor::Person { account: self.world.doctor, role: Role::Doctor };
        let starts_on = self.world.today().await + Days::new(20);
        let w = &self.world;
        match deed {
            "confirm_documents" => {
                w.deed(doctor, async |conn, deed| review::confirm(conn, deed, number).await).await
            }
            "reject" => {
                w.deed(doctor, async |conn, deed| {
                    review::reject(conn, deed, number, DoctorReason::Expired, Some("text")).await
                })
                .await
            }
            "confirm_interest" => {
                w.deed(parent, async |conn, deed| voucher::confirm(conn, deed, number).await).await
            }
            "refuse_voucher" => {
                w.deed(parent, async |conn, deed| voucher::refuse(conn, deed, number).await).await
            }
            "extend_term" => {
                w.deed(parent, async |conn, deed| voucher::extend(conn, deed, number).await).await
            }
            "choose_kindergarten" => {
                w.deed(parent, async |conn, deed| contract::choose(conn, deed, number, group).await).await
            }
            "take_choice_back" => {
                w.deed(parent, async |conn, deed| contract::take_back(conn, deed, number).await).await
            }
            "return_to_queue" => {
                w.deed(parent, async |conn, deed| application::return_to_queue(conn, deed, number).await)
                    .await
            }
            "withdraw" => {
                w.deed(parent, async |conn, deed| application::withdraw(conn, deed, number).await).await
            }
            "send_contract" => {
                w.deed(head, async |conn, deed| contract::send(conn, deed, number, starts_on, 0).await).await
            }
            "decline" => {
                w.deed(head, async |conn, deed| contract::decline(conn, deed, number, reason).await).await
            }
            "return_papers" => {
                let returned = [Returned {
                    kind: DocumentKind::Form027,
                    reason: PaperReason::Unreadable,
                    comment: String::new(),
                }];
                w.deed(head, async |conn, deed| contract::return_papers(conn, deed, number, &returned).await)
                    .await
            }
            // Another fee each time: every version is a row of its own.
            "new_contract_version" => {
                let fee: i64 = sqlx::query_scalar("select count(*) from contracts")
                    .fetch_one(&self.world.pool)
                    .await
                    .unwrap();
                let fee = fee.unsigned_abs() as u32;
                w.deed(head, async |conn, deed| {
                    contract::change_terms(conn, deed, number, starts_on, fee).await.map(|_| ())
                })
                .await
            }
            "sign_as_parent" if allowed => {
                let holder = holder(&w.parents[it.parent].0, None);
                w.deed(parent, async |conn, deed| {
                    let frozen = contract::own_pdf(conn, deed, number).await?;
                    let cms = w.sign(&holder, key, &frozen.pdf, deed.now);
                    let received = w.receive(&cms, &frozen.pdf).await;
                    contract::sign_as_parent(conn, deed, number, &received, &frozen.sha256()).await.map(drop)
                })
                .await
            }
            "sign_as_kindergarten" if allowed => {
                let holder = &w.head(kindergarten).holder;
                w.deed(head, async |conn, deed| {
                    let frozen = contract::kindergarten_pdf(conn, deed, number).await?;
                    let cms = w.sign(holder, key, &frozen.pdf, deed.now);
                    let received = w.receive(&cms, &frozen.pdf).await;
                    let shown = frozen.sha256();
                    contract::sign_as_kindergarten(conn, deed, number, &received, &shown).await.map(drop)
                })
                .await
            }
            "sign_as_parent" => {
                w.deed(parent, async |conn, deed| {
                    let received = w.receive(b"0", b"").await;
                    contract::sign_as_parent(conn, deed, number, &received, "").await.map(drop)
                })
                .await
            }
            "sign_as_kindergarten" => {
                w.deed(head, async |conn, deed| {
                    let received = w.receive(b"0", b"").await;
                    contract::sign_as_kindergarten(conn, deed, number, &received, "").await.map(drop)
                })
                .await
            }
            other => panic!("nobody does {other}"),
        }
    }

    /// The parent fills the contract in: allowed while its signature is awaited, as often as wanted.
    async fn fill(&mut self, case: usize) {
        let (number, parent) =
            (self.model.cases[case].number.clone(), self.world.parent(self.model.cases[case].parent));
        let said = self
            .world
            .deed(parent, async |conn, deed| {
                contract::fill(conn, deed, &number, "Almaty, Abay 10", &[], None).await
            })
            .await;
        // Filled in so already: nothing changes, also after the parent's signature.
        let it = &self.model.cases[case];
        let allowed = it.is("awaiting_parent_signature") || it.is("awaiting_kindergarten_signature");
        self.tell(format!("fill_contract of case {case}: {said:?}"));
        match said {
            Ok(()) => {
                assert!(allowed);
                self.model.cases[case].filled = true;
                self.count("fill_contract");
            }
            Err(Failure::Refused(_) | Failure::NotFound) => assert!(!allowed, "it was not filled in"),
            Err(failure) => panic!("{failure:?}"),
        }
        self.case_agrees(case).await;
    }

    /// Whoever has no business with a case is told that it is not there, whatever its stage.
    async fn stranger(&mut self, case: usize) {
        let number = self.model.cases[case].number.clone();
        let own = self.model.cases[case].parent;
        let parent = self.world.parent((own + 1) % self.world.parents.len());
        let theirs = self.model.cases[case].group.map(|group| self.model.groups[&group].kindergarten);
        let other =
            self.world.heads.iter().map(|head| head.garden.id).find(|id| Some(*id) != theirs).unwrap();
        let head = self.world.head_actor(other);
        let w = &self.world;
        let said = match self.chance.random_range(0..6) {
            0 => w.deed(parent, async |conn, deed| voucher::confirm(conn, deed, &number).await).await,
            1 => w.deed(parent, async |conn, deed| voucher::refuse(conn, deed, &number).await).await,
            2 => w.deed(parent, async |conn, deed| application::withdraw(conn, deed, &number).await).await,
            3 => w.deed(parent, async |conn, deed| contract::take_back(conn, deed, &number).await).await,
            4 => {
                w.deed(head, async |conn, deed| {
                    contract::decline(conn, deed, &number, KindergartenReason::PapersExpired).await
                })
                .await
            }
            _ => {
                w.deed(head, async |conn, deed| {
                    let received = w.receive(b"0", b"").await;
                    contract::sign_as_kindergarten(conn, deed, &number, &received, "").await.map(drop)
                })
                .await
            }
        };
        self.tell(format!("a stranger at case {case}: {said:?}"));
        // A kindergarten that has once sent this family a contract is told that it has left.
        let sent = "select exists (select from contracts t join applications a on a.id = t.application_id
                        join groups g on g.id = t.group_id where a.number = $1 and g.kindergarten_id = $2)";
        let known: bool =
            sqlx::query_scalar(sent).bind(&number).bind(other).fetch_one(&self.world.pool).await.unwrap();
        match said {
            Err(Failure::NotFound) => {}
            Err(Failure::Refused(Refusal::FamilyLeft)) => assert!(known, "a stranger learnt of the case"),
            said => panic!("a stranger was not turned away: {said:?}"),
        }
        self.count("stranger");
        self.case_agrees(case).await;
    }
}

fn asked(group: &Group) -> NewGroup {
    NewGroup {
        name: "Group".to_owned(),
        kind: GroupKind::of(group.kind).unwrap(),
        language: Language::parse(group.language).unwrap(),
        birth_years: group.years,
        capacity: group.capacity,
    }
}
