//! Whatever is changed in a ledger is found; every step of the road is told.
use super::*;
use crate::rules::reason::ArchiveReason;
use crate::rules::settings::TermRules;
use crate::rules::stage::{Chosen, Confirmed, Issued, StopListed, Term};
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_797_000_000 + seconds, 0).unwrap()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 16).unwrap()
}

fn family(n: u32) -> String {
    format!("FAM{n}")
}

fn group(n: u32) -> Uuid {
    Uuid::from_u128(u128::from(n) + 1)
}

/// Any event at all of three groups and a few families; most are impossible where they stand.
fn event() -> impl Strategy<Value = Event> {
    let act = prop_oneof![
        (0i64..5, 0u32..100).prop_map(|(s, tie)| Act::Submitted {
            queue: "almaty/general".to_owned(),
            submitted_at: at(s),
            tie: format!("{tie:016x}"),
        }),
        prop_oneof![Just("submitted"), Just("returned")].prop_map(|cause| Act::Entered(cause.to_owned())),
        Just(Act::Issued(Some(day()))),
        Just(Act::Confirmed(Some(day()))),
        Just(Act::Extended(Some(day()))),
        Just(Act::Term(None)),
        (0u32..3).prop_map(|n| Act::Chosen(group(n))),
        (0u32..3).prop_map(|n| Act::GivenBack(group(n), "taken_back".to_owned(), Some(day()))),
        (0u32..3).prop_map(|n| Act::Enrolled(group(n))),
        prop_oneof![Just("lapsed"), Just("refused")].prop_map(|reason| Act::Ended(reason.to_owned())),
        Just(Act::Closed("withdrawn".to_owned())),
        any::<bool>().prop_map(|confirmed| Act::Restored { confirmed, by: Some(day()), group: None }),
        Just(Act::Relisted),
    ];
    let set = (0i32..4).prop_map(|capacity| GroupAct::Set {
        kindergarten: Uuid::nil(),
        kind: "general".to_owned(),
        language: "kk".to_owned(),
        birth_years: (2020, 2024),
        capacity,
    });
    let of_group = prop_oneof![set, (-2i32..3).prop_map(GroupAct::Present), Just(GroupAct::Closed)];
    prop_oneof![
        8 => (0u32..6, act).prop_map(|(n, act)| Event::Application(family(n), act)),
        2 => (0u32..3, of_group).prop_map(|(n, act)| Event::Group(group(n), act)),
        1 => (0u32..5).prop_map(|n| Event::Round("almaty/general".to_owned(), n)),
    ]
}

/// A true ledger: of random events those that are possible, chained.
fn history() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(event(), 60..160).prop_map(|events| {
        let (mut bodies, mut lines, mut hash) = (Vec::new(), Vec::new(), Hash::BEFORE_THE_FIRST);
        for (event, second) in events.into_iter().zip(0..) {
            let entry = Entry { at: at(second), event };
            if possible(&bodies, &entry) {
                bodies.push(entry.to_string());
            }
        }
        for (body, number) in bodies.iter().zip(1..) {
            hash = hash.next(number, body);
            lines.push(line(number, hash, body));
        }
        lines
    })
}

/// An impossible event spoils a replay: each is tried on a fresh one.
fn possible(bodies: &[String], entry: &Entry) -> bool {
    let mut replay = Replay::default();
    bodies.iter().for_each(|body| replay.take(&Entry::parse(body).unwrap()).unwrap());
    replay.take(entry).is_ok()
}

fn verify(lines: &[Vec<u8>], marks: &[Mark]) -> Result<(u64, Hash), Wrong> {
    let mut verifier = Verifier::new(marks.iter().copied());
    lines.iter().try_for_each(|line| verifier.line(line))?;
    verifier.finish()?;
    Ok(verifier.root())
}

fn bytes(lines: &[String]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| line.clone().into_bytes()).collect()
}

fn mark(lines: &[String], number: usize) -> Mark {
    let hash = Hash::parse(lines[number - 1].split('\t').nth(1).unwrap()).unwrap();
    Mark { at: at(0), number: number as u64, hash }
}

/// The same with the chain made good again from the changed entry on: only an anchor can know.
fn chained_anew(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut hash = Hash::BEFORE_THE_FIRST;
    let anew = |(text, number): (&Vec<u8>, u64)| {
        let text = String::from_utf8(text.clone()).unwrap();
        let body = text.splitn(3, '\t').nth(2).unwrap().to_owned();
        hash = hash.next(number, &body);
        line(number, hash, &body).into_bytes()
    };
    lines.iter().zip(1..).map(anew).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tampering_is_found_and_the_first_wrong_entry_named(
        lines in history(), place in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>(), bit in 0u8..8
    ) {
        prop_assume!(lines.len() > 3);
        let whole = bytes(&lines);
        let marks = [mark(&lines, 1), mark(&lines, lines.len())];
        prop_assert_eq!(verify(&whole, &marks), Ok((marks[1].number, marks[1].hash)));
        let n = place.index(lines.len());
        let number = n as u64 + 1;
        // A flipped bit, anywhere in the line.
        let mut flipped = whole.clone();
        let letter = byte.index(flipped[n].len());
        flipped[n][letter] ^= 1 << bit;
        prop_assert_eq!(verify(&flipped, &[]).unwrap_err().number, number);
        // An entry taken out; of the last one only the anchor knows.
        let mut shorter = whole.clone();
        shorter.remove(n);
        prop_assert_eq!(verify(&shorter, &marks).unwrap_err().number, number);
        prop_assert_eq!(verify(&shorter, &[]).is_ok(), n + 1 == whole.len());
        // One put in.
        let mut longer = whole.clone();
        longer.insert(n, whole[n].clone());
        prop_assert_eq!(verify(&longer, &[]).unwrap_err().number, number + 1);
        // Two neighbours exchanged.
        if n + 1 < whole.len() {
            let mut swapped = whole.clone();
            swapped.swap(n, n + 1);
            prop_assert_eq!(verify(&swapped, &[]).unwrap_err().number, number);
        }
        // The end cut off.
        let cut = &whole[..n];
        prop_assert_eq!(verify(cut, &[]).map(|root| root.0), Ok(n as u64));
        let found = verify(cut, &marks).unwrap_err();
        prop_assert_eq!((found.number, found.what), (number, What::Cut(lines.len() as u64)));
        // Taken out and everything chained anew: the rules or, at last, the anchor find it.
        prop_assert!(verify(&chained_anew(&shorter), &marks).is_err());
    }

    #[test]
    fn an_order_is_that_of_submissions_and_ties(lines in history()) {
        let mut verifier = Verifier::new([]);
        let mut submitted = HashMap::new();
        for text in &lines {
            verifier.line(text.as_bytes()).unwrap();
            let entry = Entry::parse(text.splitn(3, '\t').nth(2).unwrap()).unwrap();
            if let Event::Application(handle, Act::Submitted { submitted_at, tie, .. }) = entry.event {
                submitted.insert(handle, (submitted_at, tie));
            }
        }
        for order in verifier.replay.orders().values() {
            prop_assert!(order.is_sorted_by_key(|handle| submitted[*handle].clone()));
        }
        for places in verifier.replay.groups().values() {
            prop_assert!(places.held >= 0 && places.enrolled >= 0 && places.held + places.enrolled <= places.capacity);
        }
    }

    #[test]
    fn what_is_written_is_read(event in event(), second in 0i64..1_000_000, micros in 0u32..1_000_000) {
        let entry = Entry { at: DateTime::from_timestamp(second, micros * 1_000).unwrap(), event };
        prop_assert_eq!(Entry::parse(&entry.to_string()), Some(entry.clone()));
        prop_assert!(line(u64::MAX, Hash([0; 32]), &entry.to_string()).len() < LONGEST_LINE);
    }
}

#[test]
fn what_cannot_have_happened_is_not_taken() {
    let handle = || family(1);
    let submitted = |n: u32| {
        Event::Application(
            family(n),
            Act::Submitted { queue: "almaty/general".to_owned(), submitted_at: at(0), tie: "0".to_owned() },
        )
    };
    let of = |act: Act| Event::Application(handle(), act);
    let entered = || of(Act::Entered("submitted".to_owned()));
    let issued = || of(Act::Issued(Some(day())));
    let places = |capacity| {
        let act = GroupAct::Set {
            kindergarten: Uuid::nil(),
            kind: "general".to_owned(),
            language: "kk".to_owned(),
            birth_years: (2020, 2024),
            capacity,
        };
        Event::Group(group(0), act)
    };
    let cases: Vec<(Vec<Event>, &str)> = vec![
        (vec![entered()], "an application that was never submitted"),
        (vec![submitted(1), submitted(1)], "submitted twice"),
        (vec![submitted(1), issued()], "a voucher to one who is not in the order"),
        (vec![submitted(1), entered(), issued(), issued()], "a second voucher"),
        (vec![submitted(1), entered(), entered()], "it cannot enter the order"),
        (vec![submitted(1), of(Act::Ended("refused".to_owned()))], "it has no voucher, or is over"),
        (
            vec![submitted(1), entered(), issued(), of(Act::Confirmed(None)), of(Act::Chosen(group(0)))],
            "a group that is not open",
        ),
        (
            vec![
                places(0),
                submitted(1),
                entered(),
                issued(),
                of(Act::Confirmed(None)),
                of(Act::Chosen(group(0))),
            ],
            "more places taken than there are",
        ),
        (vec![places(3), Event::Group(group(0), GroupAct::Present(-1))], "places below none"),
    ];
    for (events, why) in cases {
        let mut replay = Replay::default();
        let taken: Vec<Possible> =
            events.into_iter().map(|event| replay.take(&Entry { at: at(0), event })).collect();
        assert_eq!(taken.last(), Some(&Err(why)), "{taken:?}");
        assert!(taken[..taken.len() - 1].iter().all(Result::is_ok), "{taken:?}");
    }
}

#[test]
fn each_step_of_the_road_is_told() {
    let calendar = Calendar::shipped();
    let voucher = Uuid::from_u128(9);
    let term = |days| Term { extended: days > 5, ..Term::begin(day(), days, TermRules::default()) };
    let issued = Stage::VoucherIssued(Issued { voucher, term: term(2), told: true });
    let confirmed = |days| Stage::VoucherConfirmed(Confirmed { voucher, term: term(days) });
    let chosen = Stage::AwaitingContract(Chosen { voucher, term: term(5), group: group(0) });
    let stopped =
        Stage::OnStopList(StopListed { since: day(), return_by: None, rules: TermRules::default() });
    let by = |days| term(days).due(&calendar).ok().map(|due| due.by);
    let step = |from: &Stage, to: &Stage, declined: bool| {
        of_step(from, to, if declined { "decline" } else { "" }, &calendar)
    };
    let word = str::to_owned;
    assert_eq!(step(&Stage::AwaitingReview, &Stage::Queued, false), [Act::Entered(word("confirmed"))]);
    assert_eq!(step(&Stage::Queued, &issued, false), [Act::Issued(by(2))]);
    assert_eq!(step(&issued, &confirmed(5), false), [Act::Confirmed(by(5))]);
    assert_eq!(step(&confirmed(5), &confirmed(7), false), [Act::Extended(by(7))]);
    assert_eq!(step(&confirmed(5), &chosen, false), [Act::Chosen(group(0))]);
    assert_eq!(step(&chosen, &confirmed(5), true), [Act::GivenBack(group(0), word("declined"), by(5))]);
    assert_eq!(step(&issued, &stopped, false), [Act::Ended(word("lapsed"))]);
    assert_eq!(step(&stopped, &Stage::Queued, false), [Act::Entered(word("returned"))]);
    let restored = |confirmed, by| Act::Restored { confirmed, by, group: None };
    assert_eq!(step(&stopped, &issued, false), [restored(false, by(2))]);
    let undone = of_step(&Stage::Queued, &issued, "undo_lapse", &calendar);
    assert_eq!(undone, [restored(false, by(2))], "its old voucher, not a new one");
    let run_out = Stage::Archived(ArchiveReason::NotFinished);
    assert_eq!(step(&run_out, &confirmed(5), false), [restored(true, by(5))]);
    assert_eq!(step(&run_out, &stopped, false), [Act::Relisted]);
    let refused = Stage::Archived(ArchiveReason::Refused);
    assert_eq!(step(&issued, &refused, false), [Act::Ended(word("refused"))]);
    let withdrawn = Stage::Archived(ArchiveReason::Withdrawn);
    assert_eq!(step(&Stage::Queued, &withdrawn, false), [Act::Closed(word("withdrawn"))]);
    assert_eq!(step(&confirmed(5), &confirmed(5), false), []);
}

/// The example of `docs/ledger.md` is what this program computes: letter for letter.
#[test]
fn the_example_of_the_document_is_true() {
    let document = include_str!("../../../docs/ledger.md");
    let block = |name: &str| {
        let begin = document.split_once(&format!("```{name}\n")).unwrap().1;
        begin.split_once("```").unwrap().0.to_owned()
    };
    let mut verifier = Verifier::new([]);
    for text in block("tsv").lines() {
        verifier.line(text.as_bytes()).unwrap();
    }
    let told = block("told");
    assert!(told.contains(&format!("root {}", verifier.root().1)), "{}", verifier.root().1);
    let orders = verifier.replay.orders();
    let order = &orders["almaty/general"];
    assert!(told.contains(&format!("waiting {} order {}", order.len(), digest(order))), "{}", digest(order));
    let salt = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    assert!(document.contains(&format!("`{}`", handle(&salt, "23456789ABCDE"))));
    // The sum that anybody's `sha256sum` gives.
    let first = block("tsv").lines().next().unwrap().to_owned();
    let body = first.splitn(3, '\t').nth(2).unwrap();
    let zeros = "0".repeat(64);
    let sum = hex::encode(Sha256::digest(format!("{zeros}\t1\t{body}")));
    assert_eq!(first.split('\t').nth(1).unwrap(), sum);
}
