//! The table of stages and deeds, and the terms that are not plain from it.
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const VOUCHER: Uuid = Uuid::from_u128(1);
const GROUP: Uuid = Uuid::from_u128(2);
const CONTRACT: Uuid = Uuid::from_u128(3);

/// A voucher confirmed on Monday 7 December 2026: the fifth working day is the 14th.
fn term() -> Term {
    Term::begin(day("2026-12-07"), 5, TermRules::default())
}

/// Told on Thursday 10 December 2026: the second working day is the 14th.
fn issued() -> Issued {
    Issued { voucher: VOUCHER, term: Term::begin(day("2026-12-10"), 2, TermRules::default()), told: true }
}

fn held() -> Contracted {
    Contracted { voucher: VOUCHER, term: term(), group: GROUP, contract: CONTRACT }
}

/// One example of every stage.
fn examples() -> [Stage; 10] {
    let paused = |mut it: Contracted| {
        it.term = it.term.paused(day("2026-12-08"), PauseWhy::Kindergarten);
        it
    };
    [
        Stage::AwaitingReview,
        Stage::Queued,
        Stage::VoucherIssued(issued()),
        Stage::VoucherConfirmed(Confirmed { voucher: VOUCHER, term: term() }),
        Stage::AwaitingContract(Chosen { voucher: VOUCHER, term: paused(held()).term, group: GROUP }),
        Stage::AwaitingParentSignature(held()),
        Stage::AwaitingKindergartenSignature(paused(held())),
        Stage::Enrolled(Enrolled {
            voucher: VOUCHER,
            group: GROUP,
            contract: CONTRACT,
            on: day("2026-12-11"),
        }),
        Stage::OnStopList(StopListed {
            since: day("2026-12-01"),
            return_by: Some(day("2026-12-14")),
            rules: TermRules::default(),
        }),
        Stage::Archived(ArchiveReason::Withdrawn),
    ]
}

type Deed = fn(Stage, NaiveDate) -> Result<Stage, Refusal>;

/// Every deed, by the name under which the journal keeps it.
const DEEDS: [(&str, Deed); 27] = [
    ("confirm_documents", |stage, _| stage.confirm_documents(true)),
    ("reject", |stage, _| stage.reject(DoctorReason::Expired)),
    ("issue_voucher", |stage, today| {
        stage.issue(VOUCHER, Term::begin(today, 2, TermRules::default()), &Calendar::shipped())
    }),
    ("confirm_interest", |stage, today| stage.confirm_interest(today, &Calendar::shipped())),
    ("refuse_voucher", |stage, _| stage.refuse_voucher()),
    ("lapse", |stage, today| stage.lapse(today, true, &Calendar::shipped())),
    ("choose_kindergarten", |stage, today| stage.choose(GROUP, today, &Calendar::shipped())),
    ("send_contract", |stage, today| stage.send_contract(CONTRACT, today)),
    ("decline", |stage, today| stage.decline(today)),
    ("take_choice_back", |stage, today| stage.take_back(today, &Calendar::shipped())),
    ("sign_as_parent", |stage, today| stage.sign_as_parent(today, &Calendar::shipped())),
    ("return_papers", |stage, today| stage.return_papers(Uuid::from_u128(4), today)),
    ("new_contract_version", |stage, today| stage.new_version(Uuid::from_u128(4), today)),
    ("sign_as_kindergarten", |stage, today| stage.sign_as_kindergarten(today)),
    ("extend_term", |stage, today| stage.extend(today, &Calendar::shipped())),
    ("run_out", |stage, today| stage.run_out(today, &Calendar::shipped())),
    ("return_to_queue", |stage, today| stage.return_to_queue(today, &Calendar::shipped())),
    ("leave_stop_list", |stage, today| stage.leave_stop_list(today, &Calendar::shipped())),
    ("undo_lapse", |stage, today| {
        let cut = Cut {
            term: Term::begin(day("2026-12-09"), 2, TermRules::default()),
            voucher: VOUCHER,
            on: day("2026-12-12"),
        };
        stage.undo_lapse(cut, today, &out())
    }),
    ("undo_run_out", |stage, today| {
        stage.undo_run_out(Cut { term: term(), voucher: VOUCHER, on: day("2026-12-15") }, today, &out())
    }),
    ("undo_leave_stop_list", |stage, today| {
        let (since, on) = (day("2026-11-12"), day("2026-12-11"));
        let left = LeftStopList { since, rules: TermRules::default(), return_is_left: true, on };
        stage.undo_leave_stop_list(left, today, &out())
    }),
    ("stand_still", |stage, today| stage.stand_still(today, PauseWhy::NoPlace)),
    ("resume", |stage, today| stage.resume(today, PauseWhy::NoPlace)),
    ("withdraw", |stage, _| stage.withdraw()),
    ("archive_enrolled_elsewhere", |stage, _| stage.enrolled_elsewhere()),
    ("outgrow", |stage, _| stage.outgrow()),
    ("confirm_without_conclusion", |stage, _| stage.confirm_documents(false)),
];

/// With an outage on Friday, 11 December 2026, on which all three terms of the table would have ended.
fn out() -> Calendar {
    let (from, to) = (day("2026-12-11"), Some(day("2026-12-11")));
    Calendar::shipped().with_outages(vec![Pause { from, to, why: PauseWhy::Outage }])
}

fn outcome(result: Result<Stage, Refusal>) -> String {
    match result {
        Ok(Stage::Archived(reason)) => format!("archived ({})", reason.as_str()),
        Ok(next) => next.name().as_str().to_owned(),
        Err(Refusal::NotInThisStage { .. }) => "–".to_owned(),
        Err(Refusal::TermPassed { .. }) => "refused: the term has passed".to_owned(),
        Err(Refusal::TermNotOver { .. }) => "refused: the term is not over".to_owned(),
        Err(Refusal::NotTheLastDay { .. }) => "refused: not the last day".to_owned(),
        Err(Refusal::ConclusionNotThere) => "refused: the conclusion is not there".to_owned(),
        Err(other) => format!("refused: {other:?}"),
    }
}

/// The archived cases that can come back, beside the one of the examples that cannot.
const MAY_COME_BACK: [ArchiveReason; 2] = [ArchiveReason::NotFinished, ArchiveReason::NotReturned];

/// Every stage × every deed on an early day, on the last good day, and on the day after.
fn table() -> String {
    let mut text = String::from(
        "What each deed does in each stage. Made by a test of src/rules/stage.rs; set UPDATE_GOLDEN=1 to write it anew.\n\
         – : the deed does not exist in this stage (409, nothing changes).\n",
    );
    for stage in examples().into_iter().chain(MAY_COME_BACK.map(Stage::Archived)) {
        let heading = match &stage {
            Stage::Archived(reason) if MAY_COME_BACK.contains(reason) => outcome(Ok(stage.clone())),
            _ => stage.name().as_str().to_owned(),
        };
        text.push_str(&format!("\n{heading}\n"));
        for (name, deed) in DEEDS {
            let days = ["2026-12-11", "2026-12-14", "2026-12-15"].map(day);
            let [early, last, after] = days.map(|today| outcome(deed(stage.clone(), today)));
            if early == "–" && last == "–" && after == "–" {
                continue;
            }
            let outcomes = if early == last && last == after {
                early
            } else {
                format!("in time: {early} | last day: {last} | day after: {after}")
            };
            text.push_str(&format!("  {name:<27} {outcomes}\n"));
        }
    }
    text
}

#[test]
fn the_lifecycle_is_as_written_down() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lifecycle.txt");
    let now = table();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        now, written,
        "the lifecycle has changed; if on purpose, run with UPDATE_GOLDEN=1 and read the difference"
    );
}

#[test]
fn the_extension_is_offered_once_and_on_the_last_day_only() {
    let calendar = Calendar::shipped();
    let confirmed = || Stage::VoucherConfirmed(Confirmed { voucher: VOUCHER, term: term() });
    assert_eq!(
        confirmed().extend(day("2026-12-11"), &calendar),
        Err(Refusal::NotTheLastDay { on: day("2026-12-14") })
    );
    assert_eq!(
        confirmed().extend(day("2026-12-15"), &calendar),
        Err(Refusal::TermPassed { last: day("2026-12-14") })
    );
    let extended = confirmed().extend(day("2026-12-14"), &calendar).unwrap();
    // 16 December is Independence Day.
    assert_eq!(extended.conclude_term().unwrap().due(&calendar).unwrap().by, day("2026-12-17"));
    assert_eq!(extended.extend(day("2026-12-17"), &calendar), Err(Refusal::AlreadyExtended));
}

#[test]
fn the_clock_stands_still_while_the_kindergarten_holds_the_case() {
    let calendar = Calendar::shipped();
    let chosen = Stage::VoucherConfirmed(Confirmed { voucher: VOUCHER, term: term() })
        .choose(GROUP, day("2026-12-09"), &calendar)
        .unwrap();
    assert!(chosen.conclude_term().unwrap().due(&calendar).is_err());
    assert!(chosen.clone().run_out(day("2027-01-20"), &calendar).is_err());
    // One day was the family's own (the 8th); from the choice to the answer, both days whole, nothing counts.
    let sent = chosen.send_contract(CONTRACT, day("2026-12-15")).unwrap();
    assert_eq!(sent.conclude_term().unwrap().due(&calendar).unwrap().by, day("2026-12-22"));
    // Signed on the 17th, sent back on the 21st: the four days after the 8th that were left are still there.
    let signed = sent.sign_as_parent(day("2026-12-17"), &calendar).unwrap();
    let back = signed.return_papers(Uuid::from_u128(4), day("2026-12-21")).unwrap();
    assert_eq!(back.contract(), Some(Uuid::from_u128(4)));
    assert_eq!(back.conclude_term().unwrap().due(&calendar).unwrap().by, day("2026-12-25"));
}

#[test]
fn nothing_is_late_until_the_notice_was_taken() {
    let calendar = Calendar::shipped();
    let waiting = Stage::VoucherIssued(Issued { told: false, ..issued() });
    assert!(waiting.clone().confirm_interest(day("2026-12-20"), &calendar).is_ok());
    assert!(waiting.lapse(day("2026-12-20"), true, &calendar).is_err());
}

#[test]
fn a_term_without_a_place_stands_still_until_it_has_one() {
    let calendar = Calendar::shipped();
    let still = Stage::VoucherIssued(issued()).stand_still(day("2026-12-11"), PauseWhy::NoPlace).unwrap();
    let late = day("2026-12-21");
    let refused = still.clone().lapse(late, true, &calendar);
    assert_eq!(refused, Err(Refusal::TermStandsStill));
    // Two days are left, as on the morning of the 11th; the day on which it ends does not count.
    let again = still.clone().resume(late, PauseWhy::NoPlace).unwrap();
    assert_eq!(again.due(&calendar), Some(Ok(Due { by: day("2026-12-23"), firm: true })));
    // A family that confirms meanwhile keeps standing still.
    let confirmed = still.confirm_interest(late, &calendar).unwrap();
    assert!(confirmed.due(&calendar).unwrap().is_err());
}

#[test]
fn a_day_once_shown_is_kept_and_extended_from() {
    let calendar = Calendar::shipped();
    let shown = Term { shown: Some(day("2026-12-18")), ..term() };
    let confirmed = Stage::VoucherConfirmed(Confirmed { voucher: VOUCHER, term: shown });
    assert_eq!(confirmed.due(&calendar), Some(Ok(Due { by: day("2026-12-18"), firm: true })));
    let extended = confirmed.extend(day("2026-12-18"), &calendar).unwrap();
    assert_eq!(extended.due(&calendar), Some(Ok(Due { by: day("2026-12-22"), firm: true })));
}

#[test]
fn an_annulment_is_undone_only_if_the_outage_made_it_wrong() {
    // Two days after the 9th: the 10th and the 11th; swept on Saturday the 12th, undone on Friday the 18th.
    let rules = TermRules::default();
    let stage = || Stage::OnStopList(StopListed { since: day("2026-12-12"), return_by: None, rules });
    let cut = |on: &str| Cut {
        voucher: VOUCHER,
        term: Term::begin(day("2026-12-09"), 2, TermRules::default()),
        on: day(on),
    };
    let today = day("2026-12-18");
    let back = stage().undo_lapse(cut("2026-12-12"), today, &out()).unwrap();
    assert_eq!(back.due(&out()), Some(Ok(Due { by: day("2026-12-21"), firm: true })));
    // With that outage the second day was the 14th: whoever was annulled on the 15th had both.
    let just = stage().undo_lapse(cut("2026-12-15"), today, &out());
    assert_eq!(just, Err(Refusal::TermPassed { last: day("2026-12-14") }));
    // An annulment on a day of the outage, of a term spent before it: one day more.
    let inside = Cut { term: Term::begin(day("2026-12-08"), 2, TermRules::default()), ..cut("2026-12-11") };
    let back = stage().undo_lapse(inside, today, &out()).unwrap();
    assert_eq!(back.due(&out()), Some(Ok(Due { by: day("2026-12-21"), firm: true })));
    // The same, swept long after its last day: the day more is not counted in between.
    let long_ago = Cut { term: Term::begin(day("2026-11-30"), 2, TermRules::default()), ..cut("2026-12-11") };
    let back = stage().undo_lapse(long_ago, today, &out()).unwrap();
    assert_eq!(back.due(&out()), Some(Ok(Due { by: day("2026-12-21"), firm: true })));
    // Of 28 days one was the outage's; it comes after the day of the undoing.
    let left = LeftStopList { since: day("2026-11-14"), rules, return_is_left: true, on: day("2026-12-13") };
    let back = Stage::Archived(ArchiveReason::NotReturned).undo_leave_stop_list(left, today, &out());
    let listed = StopListed { since: left.since, return_by: Some(day("2026-12-19")), rules };
    assert_eq!(back, Ok(Stage::OnStopList(listed)));
    // The same days without the outage were spent, and so they are where no outage stops them.
    let rules = TermRules { pause_outage: false, ..rules };
    let unstopped = Stage::Archived(ArchiveReason::NotReturned).undo_leave_stop_list(
        LeftStopList { rules, ..left },
        today,
        &out(),
    );
    assert_eq!(unstopped, Err(Refusal::TermPassed { last: day("2026-12-12") }));
    // A family that came back by itself gets its voucher too; one that is over for another reason does not.
    assert!(Stage::Queued.undo_lapse(cut("2026-12-12"), today, &out()).is_ok());
    assert!(Stage::Archived(ArchiveReason::Withdrawn).undo_lapse(cut("2026-12-12"), today, &out()).is_err());
}

#[test]
fn an_enrolment_cut_off_by_an_outage_goes_on_where_it_was() {
    // Confirmed on the 7th: five days to the 14th, with the outage to the 15th; annulled that day.
    let undo = |cut| Stage::Archived(ArchiveReason::NotFinished).undo_run_out(cut, day("2026-12-18"), &out());
    let cut = |on: &str| Cut { voucher: VOUCHER, term: term(), on: day(on) };
    let back = undo(cut("2026-12-15")).unwrap();
    assert_eq!(back.name(), StageName::VoucherConfirmed);
    // Four days were its own; the fifth comes after the day of the undoing.
    assert_eq!(back.due(&out()), Some(Ok(Due { by: day("2026-12-21"), firm: true })));
    let just = Cut { on: day("2026-12-17"), ..cut("2026-12-15") };
    assert_eq!(undo(just), Err(Refusal::TermPassed { last: day("2026-12-15") }));
    for other in examples() {
        assert!(other.undo_run_out(cut("2026-12-15"), day("2026-12-18"), &out()).is_err());
    }
}

#[test]
fn no_voucher_is_issued_whose_terms_could_need_an_unknown_year() {
    // What is known ends with 2028.
    let calendar = Calendar::shipped();
    let issue = |day0: &str, rules: TermRules| {
        Stage::Queued.issue(VOUCHER, Term::begin(day(day0), rules.confirm_days, rules), &calendar)
    };
    let short = TermRules { stop_list_days: 1, ..TermRules::default() };
    for (day0, rules, known) in [
        // To confirm by 1 December; lapsed on the 2nd; 28 days to the 30th.
        ("2028-11-29", TermRules::default(), true),
        // To confirm by the 4th; lapsed on the 5th; 28 days to 2 January 2029.
        ("2028-11-30", TermRules::default(), false),
        // Confirmed by 19 December, concluded with the extension by the 28th.
        ("2028-12-14", short, true),
        // Its own day is known, the extension could reach into 2029.
        ("2028-12-21", short, false),
        ("2028-12-29", short, false),
    ] {
        let refused = (!known).then_some(Refusal::CalendarUnknown);
        assert_eq!(issue(day0, rules).err(), refused, "{day0}");
    }
}

#[test]
fn where_no_outage_stops_the_stop_list_its_days_go_on() {
    let rules = TermRules { pause_outage: false, ..TermRules::default() };
    let lasting = Pause { from: day("2026-12-14"), to: None, why: PauseWhy::Outage };
    let calendar = Calendar::shipped().with_outages(vec![lasting]);
    for return_by in [Some(day("2026-12-29")), None] {
        let listed = |rules| Stage::OnStopList(StopListed { since: day("2026-12-01"), return_by, rules });
        assert!(listed(rules).leave_stop_list(day("2026-12-29"), &calendar).is_err());
        assert!(listed(rules).leave_stop_list(day("2026-12-30"), &calendar).is_ok());
        assert!(listed(rules).return_to_queue(day("2026-12-30"), &calendar).is_err());
        let stopped = listed(TermRules::default());
        assert!(stopped.leave_stop_list(day("2026-12-30"), &calendar).is_err());
    }
    let listed = |rules| StopListed { since: day("2026-12-01"), return_by: None, rules };
    assert!(listed(rules).due(&calendar).firm);
    assert!(!listed(TermRules::default()).due(&calendar).firm, "not before that day");
}

#[test]
fn during_an_outage_nothing_is_late() {
    let lasting = Pause { from: day("2026-12-14"), to: None, why: PauseWhy::Outage };
    let calendar = Calendar::shipped().with_outages(vec![lasting]);
    let late = day("2026-12-30");
    for stage in examples() {
        assert!(stage.clone().lapse(late, true, &calendar).is_err());
        assert!(stage.clone().run_out(late, &calendar).is_err());
        assert!(stage.clone().leave_stop_list(late, &calendar).is_err());
    }
    assert!(examples()[8].clone().return_to_queue(late, &calendar).is_ok());
    assert!(examples()[2].clone().confirm_interest(late, &calendar).is_ok());
}

#[test]
fn stage_names_are_read_back() {
    for name in StageName::ALL {
        assert_eq!(StageName::parse(name.as_str()), Some(name));
    }
    assert_eq!(examples().map(|stage| stage.name()), StageName::ALL);
}

#[test]
fn a_voucher_goes_by_its_own_rules() {
    let calendar = Calendar::shipped();
    let rules = TermRules {
        conclude_days: 3,
        extension_days: 4,
        extension_in_calendar_days: true,
        stop_list_days: 10,
        pause_kindergarten: false,
        ..TermRules::default()
    };
    let issued = Issued { term: Term { rules, ..issued().term }, ..issued() };
    let issued = Stage::VoucherIssued(issued);
    let lapsed = issued.clone().lapse(day("2026-12-15"), true, &calendar).unwrap();
    assert!(matches!(&lapsed, Stage::OnStopList(it) if it.return_by == Some(day("2026-12-25"))));
    let spent = issued.clone().lapse(day("2026-12-15"), false, &calendar).unwrap();
    assert!(spent.clone().leave_stop_list(day("2026-12-25"), &calendar).is_err());
    assert!(spent.leave_stop_list(day("2026-12-26"), &calendar).is_ok());

    let confirmed = issued.confirm_interest(day("2026-12-14"), &calendar).unwrap();
    let by = |stage: &Stage| stage.due(&calendar).unwrap().unwrap().by;
    assert_eq!(by(&confirmed), day("2026-12-18"));
    // The kindergarten stops nothing; the extension goes over the weekend.
    let chosen = confirmed.clone().choose(GROUP, day("2026-12-15"), &calendar).unwrap();
    assert_eq!(by(&chosen), day("2026-12-18"));
    let extended = confirmed.extend(day("2026-12-18"), &calendar).unwrap();
    assert_eq!(by(&extended), day("2026-12-22"));
}
