//! One seed: so many steps, each checked against the model and the invariants.
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
    application, conclusion, contract, kindergarten, ledger, notice, outage, place, review, round, voucher,
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
use chrono::{Datelike, Days, NaiveDate};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::invariants::violations;
use super::law::{At, Law, When};
use super::model::{Case, Group, Model, Seating};
use super::world::{Database, Row, World, holder};

/// Moments at which a seed may begin: before holidays, before a new year, before children outgrow the queue.
const STARTS: [&str; 4] = [
    "2026-03-16T09:00:00+05:00",
    "2026-12-14T10:00:00+05:00",
    "2027-04-26T12:00:00+05:00",
    "2027-08-23T09:30:00+05:00",
];
const KINDS: [Option<&str>; 2] = [None, Some("autism")];
const LANGUAGES: [&str; 2] = ["kk", "ru"];
/// The settings of the portal, by the model's own reckoning (`rules.md` 3.2, 3.5).
const STOP_LIST_DAYS: usize = 28;
const SCHOOL_AGE: i32 = 7;
/// Every so many steps all rows are compared.
const WHOLE: u64 = 100;

/// What people do to a case, by the names of the golden file; `fill_contract` changes no stage.
const DEEDS: [&str; 16] = [
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
            14..74 => self.somebody_acts().await,
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
                ["withdraw", "refuse_voucher", "reject", "decline", "take_choice_back", "return_papers"]
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
        let key = if self.chance(12) { KeyKind::Foreign } else { KeyKind::Sign };
        let said = self.perform(case, deed, group, reason, key, matches!(expected, Expected::Done(_))).await;
        self.tell(format!(
            "{deed} of case {case} in {} ({when:?}): {said:?}",
            self.model.cases[case].at.stage
        ));
        let signature_refused = matches!(said, Err(Failure::Refused(Refusal::Signature(_))));
        match (expected, said) {
            (Expected::Done(_), Err(Failure::Refused(Refusal::Signature(_)))) if key == KeyKind::Foreign => {}
            (Expected::Done(at), Ok(())) => {
                assert!(
                    !(deed.starts_with("sign") && key == KeyKind::Foreign),
                    "a foreign signature was taken"
                );
                self.follow(case, deed, at, reason);
            }
            (Expected::PlacesDecide(at), said) => self.chosen(case, group, at, said).await,
            (Expected::Refused, Err(Failure::Refused(_) | Failure::NotFound)) => self.count("refused"),
            (Expected::Done(at), said) => panic!("{deed} was to lead to {at:?}: {said:?}"),
            (Expected::Refused, said) => panic!("{deed} was to be refused: {said:?}"),
        }
        if signature_refused {
            self.count("foreign signature");
        }
        self.case_agrees(case).await;
        for other in self.others_of_child(case) {
            self.case_agrees(other).await;
        }
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
        it.filled &= it.is("awaiting_parent_signature") || it.is("awaiting_kindergarten_signature");
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

    /// A choice is taken if and only if there is a place, and nobody else's voucher loses its own by it.
    async fn chosen(&mut self, case: usize, group: Uuid, at: At, said: Result<(), Failure>) {
        let it = &self.model.cases[case];
        let wanted = &self.model.groups[&group];
        let others: Vec<&Case> =
            self.model.unseated(it.kind).into_iter().filter(|other| other.id != it.id).collect();
        let unseats = self.model.seated(&others, Some(group)) < self.model.seated(&others, None);
        let possible = wanted.suits(it) && wanted.free() > 0 && !unseats;
        match said {
            Ok(()) => {
                assert!(
                    possible,
                    "chosen: suits {} free {} unseats {unseats}",
                    wanted.suits(it),
                    wanted.free()
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
            "sign_as_parent" if allowed => {
                let holder = holder(&w.parents[it.parent].0, None);
                w.deed(parent, async |conn, deed| {
                    let frozen = contract::own_pdf(conn, deed, number).await?;
                    let cms = w.sign(&holder, key, &frozen.pdf, deed.now);
                    contract::sign_as_parent(conn, deed, number, &cms, &frozen.sha256()).await
                })
                .await
            }
            "sign_as_kindergarten" if allowed => {
                let holder = &w.head(kindergarten).holder;
                w.deed(head, async |conn, deed| {
                    let frozen = contract::kindergarten_pdf(conn, deed, number).await?;
                    let cms = w.sign(holder, key, &frozen.pdf, deed.now);
                    contract::sign_as_kindergarten(conn, deed, number, &cms, &frozen.sha256()).await
                })
                .await
            }
            "sign_as_parent" => {
                w.deed(parent, async |conn, deed| {
                    contract::sign_as_parent(conn, deed, number, b"0", "").await
                })
                .await
            }
            "sign_as_kindergarten" => {
                w.deed(head, async |conn, deed| {
                    contract::sign_as_kindergarten(conn, deed, number, b"0", "").await
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
                contract::fill(conn, deed, &number, "Almaty, Abay 10", &[]).await
            })
            .await;
        let allowed = self.model.cases[case].is("awaiting_parent_signature");
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
                    contract::sign_as_kindergarten(conn, deed, &number, b"0", "").await
                })
                .await
            }
        };
        self.tell(format!("a stranger at case {case}: {said:?}"));
        assert!(matches!(said, Err(Failure::NotFound)), "a stranger was not turned away: {said:?}");
        self.count("stranger");
        self.case_agrees(case).await;
    }

    // ---- The system. ----

    /// Greedy down the order: whoever can be seated beside every voucher out, and nobody else.
    async fn round(&mut self) {
        let before = self.queued_and_out();
        let out_today = self.is_out(self.world.today().await);
        let did = round::run_all(self.world.app()).await.unwrap();
        self.tell(format!("round: {did:?}"));
        let rows = self.world.rows().await;
        let mut issued = Vec::new();
        for row in &rows {
            let case = self.index(row.id);
            if row.stage == self.model.cases[case].at.stage {
                continue;
            }
            assert_eq!(
                (self.model.cases[case].at.stage.as_str(), row.stage.as_str()),
                ("queued", "voucher_issued")
            );
            issued.push(case);
        }
        assert_eq!(issued.len(), did.issued);
        for (kind, queued, out) in before {
            let mut seating = Seating::new(&self.model, None);
            for family in &out {
                seating.seat(&self.model, &self.model.cases[*family]);
            }
            // A place may be kept back while the doctor has not decided.
            let kept_back = self.keeps_places().await
                && self.model.cases.iter().any(|case| case.kind == kind && case.is("awaiting_review"));
            for family in queued {
                let case = &self.model.cases[family];
                let other = self.others_of_child(family);
                let has_voucher =
                    other.iter().any(|it| self.model.cases[*it].has_voucher() || issued.contains(it));
                if issued.contains(&family) {
                    assert!(seating.seat(&self.model, case), "case {family} got a voucher without a place");
                } else if !has_voucher && !kept_back && !out_today {
                    assert!(!seating.seat(&self.model, case), "case {family} was passed over");
                }
            }
        }
        for case in issued {
            self.model.come_to(case, At { stage: "voucher_issued".to_owned(), reason: None }, None);
            self.count("issue_voucher");
        }
        self.everything_agrees_with(&rows);
        self.count("round");
    }

    /// By queue: who waits, in order, and whose voucher is out without a place held, in order.
    fn queued_and_out(&self) -> Vec<(Option<&'static str>, Vec<usize>, Vec<usize>)> {
        let ordered = |kind: Option<&str>, wanted: &dyn Fn(&Case) -> bool| {
            let all = 0..self.model.cases.len();
            let mut some: Vec<usize> = all
                .filter(|at| self.model.cases[*at].kind == kind && wanted(&self.model.cases[*at]))
                .collect();
            some.sort_by_key(|at| self.model.cases[*at].turn());
            some
        };
        KINDS
            .map(|kind| (kind, ordered(kind, &|case| case.is("queued")), ordered(kind, &Case::is_unseated)))
            .to_vec()
    }

    fn index(&self, id: Uuid) -> usize {
        self.model.cases.iter().position(|case| case.id == id).unwrap()
    }

    /// What is due goes, all of it and nothing else.
    async fn sweep(&mut self) {
        let only = self.chance(2).then(|| *Sweep::ALL.choose(&mut self.chance).unwrap());
        for kind in Sweep::ALL {
            if only.is_none_or(|only| only.as_str() == kind.as_str()) {
                self.sweep_one(kind).await;
            }
        }
        self.everything_agrees().await;
        self.count("sweep");
    }

    async fn sweep_one(&mut self, kind: Sweep) {
        let today = self.world.today().await;
        let mut due = Vec::new();
        for row in self.world.rows().await {
            let case = self.index(row.id);
            if self.is_due(kind, &row, case, today) {
                due.push(case);
            }
        }
        let swept = voucher::sweep(self.world.app(), kind).await.unwrap();
        self.tell(format!("sweep {}: {swept}, due {due:?}", kind.as_str()));
        assert_eq!(swept, due.len());
        for case in due {
            let at = self
                .law
                .outcome(&self.model.cases[case].at.stage, kind.as_str(), When::After)
                .unwrap()
                .clone();
            self.model.come_to(case, at, None);
            self.count(kind.as_str());
        }
    }

    /// The gateway takes what is due, or not now, or never.
    async fn texts(&mut self) {
        for _ in 0..40 {
            let Next::Send(due, phone) = notice::next(self.world.app()).await.unwrap() else { break };
            let answer = match self.chance.random_range(0..10) {
                0 => SmsAnswer::Later,
                1 => SmsAnswer::Refused,
                _ => SmsAnswer::Taken { id: due.id.to_string() },
            };
            notice::answered(self.world.app(), &due, Some(phone), answer).await.unwrap();
            self.count("text");
        }
        self.tell("texts".to_owned());
        self.everything_agrees().await;
    }

    async fn conclusions_come(&mut self) {
        let settled = conclusion::fetch_owed(self.world.app()).await.unwrap();
        self.tell(format!("{settled} conclusions came"));
        let there: Vec<Uuid> =
            sqlx::query_scalar("select application_id from conclusions where received_at is not null")
                .fetch_all(&self.world.pool)
                .await
                .unwrap();
        for case in &mut self.model.cases {
            case.conclusion_there = there.contains(&case.id);
        }
        self.everything_agrees().await;
        self.count("conclusions");
    }

    // ---- The operator. ----

    fn operator(&self) -> Actor {
        Actor::Person { account: self.world.operator, role: Role::Operator }
    }

    fn new_group(&mut self) -> (Group, NewGroup) {
        let head = self.chance.random_range(0..self.world.heads.len());
        let first = self.chance.random_range(2020..=2022);
        let group = Group {
            kindergarten: self.world.heads[head].garden.id,
            kind: *KINDS.choose(&mut self.chance).unwrap(),
            language: if self.chance(6) { LANGUAGES[1] } else { LANGUAGES[0] },
            years: (first, first + self.chance.random_range(2..=4)),
            capacity: self.chance.random_range(1..=6),
            enrolled: 0,
            held: 0,
            closed: false,
        };
        let asked = asked(&group);
        (group, asked)
    }

    async fn add_group(&mut self) {
        let (group, new) = self.new_group();
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::add_group(conn, deed, group.kindergarten, &new).await
            })
            .await;
        let id = said.unwrap();
        self.tell(format!("group {id} added: {group:?}"));
        self.model.groups.insert(id, group);
        self.count("add_group");
    }

    async fn change_group(&mut self) {
        let open: Vec<Uuid> =
            self.model.groups.iter().filter(|(_, group)| !group.closed).map(|(id, _)| *id).collect();
        let Some(id) = open.choose(&mut self.chance).copied() else { return };
        let old = self.model.groups[&id].clone();
        let mut next = old.clone();
        match self.chance.random_range(0..3) {
            0 => next.capacity = self.chance.random_range(0..=10),
            1 => next.language = *LANGUAGES.choose(&mut self.chance).unwrap(),
            _ => next.kind = *KINDS.choose(&mut self.chance).unwrap(),
        }
        let new = asked(&next);
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::change_group(conn, deed, old.kindergarten, id, GroupChange::To(&new)).await
            })
            .await;
        self.tell(format!("group {id} to {next:?}: {said:?}"));
        let taken = old.enrolled + old.held;
        let other_children = (next.kind, next.language) != (old.kind, old.language);
        let too_small = next.capacity < taken || (other_children && taken > 0);
        self.places_changed(id, old, next, too_small, said).await;
    }

    async fn close_group(&mut self) {
        let open: Vec<Uuid> =
            self.model.groups.iter().filter(|(_, group)| !group.closed).map(|(id, _)| *id).collect();
        let Some(id) = open.choose(&mut self.chance).copied() else { return };
        let old = self.model.groups[&id].clone();
        let said = self
            .world
            .deed(self.operator(), async |conn, deed| {
                kindergarten::change_group(conn, deed, old.kindergarten, id, GroupChange::Close).await
            })
            .await;
        self.tell(format!("group {id} closed: {said:?}"));
        let next = Group { closed: true, ..old.clone() };
        let taken = old.enrolled + old.held > 0;
        self.places_changed(id, old, next, taken, said).await;
    }

    /// The operator's change stands if nobody sits on what is taken away, and no voucher loses its place unseen.
    async fn places_changed(
        &mut self,
        id: Uuid,
        old: Group,
        next: Group,
        impossible: bool,
        said: Result<(), Failure>,
    ) {
        let unseated = |model: &Model| -> usize {
            [old.kind, next.kind]
                .iter()
                .map(|kind| {
                    let out = model.unseated(*kind);
                    out.len() - model.seated(&out, None)
                })
                .sum()
        };
        let before = unseated(&self.model);
        self.model.groups.insert(id, next.clone());
        let after = unseated(&self.model);
        match said {
            Ok(()) => {
                assert!(!impossible, "the group was changed under those who sit there");
                assert!(after <= before, "a voucher lost its place by the operator's change");
                self.count(if next.closed { "close_group" } else { "change_group" });
            }
            Err(Failure::Refused(refusal)) => {
                self.model.groups.insert(id, old);
                assert!(impossible || after > 0, "refused without need: {refusal:?}");
                self.count("group kept");
            }
            Err(failure) => panic!("{failure:?}"),
        }
    }

    /// The operator declares an outage, sometimes afterwards: annulments that fell into it are undone.
    async fn outage(&mut self) {
        let today = self.world.today().await;
        let from = today - Days::new(self.chance.random_range(0..=4));
        let to = from + Days::new(self.chance.random_range(0..=3));
        let new =
            outage::NewOutage { from, to: Some(to), text_kk: "Text".to_owned(), text_ru: "Text".to_owned() };
        let app = self.world.app();
        let mut tx = app.pool.begin().await.unwrap();
        let mut deed = Deed::begin_alone(app, &mut tx, self.operator(), app.secrets.id()).await.unwrap();
        let said = outage::declare(&mut tx, &mut deed, new).await.map(|effect| effect.undone.len());
        self.tell(format!("an outage from {from} to {to}: {said:?}"));
        let undone = said.unwrap();
        tx.commit().await.unwrap();
        self.outages.push((from, to));
        let mut back = 0;
        for row in self.world.rows().await {
            let case = self.index(row.id);
            let was = self.model.cases[case].at.stage.clone();
            if was != row.stage {
                let way = (was.as_str(), row.stage.as_str());
                assert!(
                    [
                        ("on_stop_list", "voucher_issued"),
                        ("archived", "voucher_issued"),
                        ("archived", "voucher_confirmed"),
                        ("archived", "on_stop_list")
                    ]
                    .contains(&way),
                    "an outage undid {way:?}"
                );
                self.model.come_to(case, At { stage: row.stage.clone(), reason: None }, None);
                back += 1;
            }
        }
        assert_eq!(back, undone);
        self.everything_agrees().await;
        *self.done.entry("undone".to_owned()).or_default() += undone as u64;
        self.count("outage");
    }

    async fn fold(&mut self) {
        place::fold_all(self.world.app()).await.unwrap();
        self.tell("places folded".to_owned());
        self.count("fold");
    }

    // ---- Model and database. ----

    async fn case_agrees(&self, case: usize) {
        let row = self.world.row(self.model.cases[case].id).await;
        self.row_agrees(case, &row);
        self.term_agrees(case).await;
    }

    fn row_agrees(&self, case: usize, row: &Row) {
        let it = &self.model.cases[case];
        let group = it.group.filter(|_| it.holds_place() || it.is("enrolled"));
        let model = (it.at.stage.as_str(), it.at.reason.as_deref(), group, it.submitted_at);
        let found = (row.stage.as_str(), row.archive_reason.as_deref(), row.group_id, row.submitted_at);
        assert_eq!(found, model, "case {case}: the database, and the model");
    }

    /// The day stored is the day that the rules count (I6).
    async fn term_agrees(&self, case: usize) {
        let id = self.model.cases[case].id;
        let row = self.world.row(id).await;
        let due = self.world.deed(Actor::System, async |conn, deed| {
            let stage = db::application::load(conn, id).await?.stage;
            Ok((matches!(stage, Stage::VoucherIssued(_)), stage.due(deed.calendar())))
        });
        match due.await.unwrap() {
            (_, None) => {}
            (true, Some(due)) => {
                assert!(due.is_err() || row.confirm_by == due.ok().map(|due| due.by), "case {case}: {row:?}")
            }
            (false, Some(due)) => {
                assert_eq!(row.conclude_by, due.ok().map(|due| due.by), "case {case}: {row:?}")
            }
        }
    }

    async fn places_agree(&mut self) {
        let found = self.world.groups().await;
        let model: Vec<(Uuid, i32, i32, i32, bool)> = self
            .model
            .groups
            .iter()
            .map(|(id, it)| (*id, it.capacity, it.enrolled, it.held, it.closed))
            .collect();
        assert_eq!(found, model, "groups: the database, and the model");
        let queued: Vec<usize> =
            (0..self.model.cases.len()).filter(|case| self.model.cases[*case].is("queued")).collect();
        if let Some(case) = queued.choose(&mut self.chance).copied() {
            let id = self.model.cases[case].id;
            let place =
                self.world.deed(Actor::System, async |conn, _| Ok(db::place::place(conn, id).await?)).await;
            assert_eq!(place.unwrap(), Some(self.model.place(case)), "the place of case {case}");
        }
    }

    async fn everything_agrees(&self) {
        self.everything_agrees_with(&self.world.rows().await);
    }

    fn everything_agrees_with(&self, rows: &[Row]) {
        assert_eq!(rows.len(), self.model.cases.len());
        for row in rows {
            self.row_agrees(self.index(row.id), row);
        }
    }

    // ---- Days. ----

    fn is_out(&self, day: NaiveDate) -> bool {
        self.outages.iter().any(|(from, to)| (*from..=*to).contains(&day))
    }

    /// Where today stands to the last day of what runs in this stage. During an outage nobody is late to return.
    fn when(&self, row: &Row, today: NaiveDate) -> When {
        let (last, firm) = match row.stage.as_str() {
            "voucher_issued" => (row.confirm_by, row.confirm_firm && row.told),
            "voucher_confirmed" | "awaiting_parent_signature" => (row.conclude_by, row.conclude_firm),
            "on_stop_list" => (Some(self.leaves_after(row)), !self.is_out(today)),
            _ => (None, false),
        };
        match last.filter(|_| firm) {
            Some(last) if last < today => When::After,
            Some(last) if last == today => When::LastDay,
            _ => When::InTime,
        }
    }

    /// The last day on the stop list: stored while there is a return left, else counted.
    fn leaves_after(&self, row: &Row) -> NaiveDate {
        let counted = || {
            let days = row.stop_listed_on.unwrap().iter_days().skip(1).filter(|day| !self.is_out(*day));
            days.take(STOP_LIST_DAYS).last().unwrap()
        };
        row.return_by.unwrap_or_else(counted)
    }

    fn is_due(&self, kind: Sweep, row: &Row, case: usize, today: NaiveDate) -> bool {
        let case = &self.model.cases[case];
        // The sweeps rest while one lasts.
        let late = self.when(row, today) == When::After && !self.is_out(today);
        match kind {
            Sweep::Lapsed => case.is("voucher_issued") && late,
            Sweep::RunOut => (case.is("voucher_confirmed") || case.is("awaiting_parent_signature")) && late,
            Sweep::NotReturned => case.is("on_stop_list") && late,
            Sweep::Outgrown => {
                let school_year = if today.month() >= 9 { today.year() } else { today.year() - 1 };
                !self.is_out(today) && case.is_live() && case.birth_year + SCHOOL_AGE <= school_year
            }
        }
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
