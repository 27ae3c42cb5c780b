//! The ledger: every event that touches the order, vouchers or places, one line each, chained by hashes. Whoever has the
//! file can compute the chain and the order of every queue again, without us. The format is `docs/ledger.md`.
//!
//! An application is named by its handle alone ([`handle`]): erasing the salt leaves the line and takes its meaning.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::calendar::Calendar;
use super::queue_order::QueueType;
use super::stage::Stage;

/// The letters of a handle.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const HANDLE_LETTERS: usize = 10;
/// No line is longer, in bytes.
pub const LONGEST_LINE: usize = 512;

/// The name of an application in the ledger and in the public queue: ten letters of SHA-256(salt ‖ number).
pub fn handle(salt: &[u8; 16], number: &str) -> String {
    let hash = Sha256::new().chain_update(salt).chain_update(number).finalize();
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]);
    hash.iter().take(HANDLE_LETTERS).map(letter).collect()
}

/// What settles two submissions of one microsecond: the first 16 hexadecimal digits of the application's id.
pub fn tie(application: Uuid) -> String {
    application.simple().to_string().chars().take(16).collect()
}

/// `almaty/general`, `almaty/special/autism`.
pub fn queue_name(city: &str, queue_type: QueueType, correction_type: Option<&str>) -> String {
    match correction_type {
        Some(correction) => format!("{city}/{}/{correction}", queue_type.as_str()),
        None => format!("{city}/{}", queue_type.as_str()),
    }
}

// ---- The chain. ----

/// The hash of an entry and, through it, of everything before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first entry.
    pub const BEFORE_THE_FIRST: Self = Self([0; 32]);

    /// SHA-256 of three fields with a tabulator between them: the hash before in hexadecimal digits, the number, the body.
    pub fn next(self, number: u64, body: &str) -> Self {
        Self(Sha256::digest(format!("{self}\t{number}\t{body}")).into())
    }

    pub fn parse(text: &str) -> Option<Self> {
        let small = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let bytes = hex::decode(text).ok().filter(|_| small)?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// SHA-256 of these handles, each followed by a line feed: an order in one word.
pub fn digest(handles: &[&str]) -> Hash {
    let lines: String = handles.iter().flat_map(|handle| [handle, "\n"]).collect();
    Hash(Sha256::digest(lines).into())
}

/// Where the chain stood at a moment, written down outside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub at: DateTime<Utc>,
    pub number: u64,
    pub hash: Hash,
}

impl Mark {
    pub fn line(&self) -> String {
        format!("{} {} {}", moment(self.at), self.number, self.hash)
    }

    /// `None`: not a line of ours, like one that a crash has torn.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mark = Self {
            at: read_moment(words.next()?)?,
            number: words.next()?.parse().ok()?,
            hash: Hash::parse(words.next()?)?,
        };
        words.next().is_none().then_some(mark)
    }
}

/// A line of the ledger, without its end.
pub fn line(number: u64, hash: Hash, body: &str) -> String {
    format!("{number}\t{hash}\t{body}")
}

// ---- Events. ----

/// What happened to an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Submitted {
        queue: String,
        submitted_at: DateTime<Utc>,
        tie: String,
    },
    /// Into the order: `submitted` (the general queue), `confirmed` by the doctor, `returned` from the stop list.
    Entered(String),
    /// A voucher, to be confirmed by this day: the application leaves the order.
    Issued(Option<NaiveDate>),
    /// Confirmed; the contract is to be concluded by this day.
    Confirmed(Option<NaiveDate>),
    Extended(Option<NaiveDate>),
    /// The last good day of the running term has moved; none: the term stands still.
    Term(Option<NaiveDate>),
    /// A place of this group is held; the term stands still.
    Chosen(Uuid),
    /// The place is free again: `taken_back` by the family, `declined` by the kindergarten.
    GivenBack(Uuid, String, Option<NaiveDate>),
    /// The held place is taken, the voucher used.
    Enrolled(Uuid),
    /// The voucher ended, its held place is free: `lapsed` leads to the stop list, everything else to the archive.
    Ended(String),
    /// To the archive without a voucher.
    Closed(String),
    /// An annulment was undone: the voucher lives again, confirmed or not, with the group that holds a place.
    Restored {
        confirmed: bool,
        by: Option<NaiveDate>,
        group: Option<Uuid>,
    },
    /// The end of the days on the stop list was undone.
    Relisted,
}

/// What happened to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAct {
    /// Opened or changed.
    Set {
        kindergarten: Uuid,
        kind: String,
        language: String,
        birth_years: (i32, i32),
        capacity: i32,
    },
    /// Children came beside the portal's road, or left when negative.
    Present(i32),
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Of the application with this handle.
    Application(String, Act),
    Group(Uuid, GroupAct),
    /// A round in this queue gave out so many vouchers.
    Round(String, u32),
}

/// An event with its moment; its text is what is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub event: Event,
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn read_moment(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (moment(at) == text).then_some(at)
}

/// A day, or a dash.
fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, subject, rest) = match &self.event {
            Event::Application(handle, act) => {
                let (kind, rest) = act.words();
                (kind, handle.clone(), rest)
            }
            Event::Group(group, act) => {
                let (kind, rest) = act.words();
                (kind, group.to_string(), rest)
            }
            Event::Round(queue, issued) => ("round", queue.clone(), vec![issued.to_string()]),
        };
        write!(f, "{}\t{kind}\t{subject}", moment(self.at))?;
        rest.iter().try_for_each(|word| write!(f, "\t{word}"))
    }
}

impl Act {
    fn words(&self) -> (&'static str, Vec<String>) {
        match self {
            Self::Submitted { queue, submitted_at, tie } => {
                ("submitted", vec![queue.clone(), moment(*submitted_at), tie.clone()])
            }
            Self::Entered(cause) => ("entered", vec![cause.clone()]),
            Self::Issued(by) => ("issued", vec![or_dash(*by)]),
            Self::Confirmed(by) => ("confirmed", vec![or_dash(*by)]),
            Self::Extended(by) => ("extended", vec![or_dash(*by)]),
            Self::Term(by) => ("term", vec![or_dash(*by)]),
            Self::Chosen(group) => ("chosen", vec![group.to_string()]),
            Self::GivenBack(group, why, by) => {
                ("given_back", vec![group.to_string(), why.clone(), or_dash(*by)])
            }
            Self::Enrolled(group) => ("enrolled", vec![group.to_string()]),
            Self::Ended(reason) => ("ended", vec![reason.clone()]),
            Self::Closed(reason) => ("closed", vec![reason.clone()]),
            Self::Restored { confirmed, by, group } => {
                let confirmed = if *confirmed { "confirmed" } else { "unconfirmed" };
                ("restored", vec![confirmed.to_owned(), or_dash(*by), or_dash(*group)])
            }
            Self::Relisted => ("relisted", Vec::new()),
        }
    }
}

impl GroupAct {
    fn words(&self) -> (&'static str, Vec<String>) {
        match self {
            Self::Set { kindergarten, kind, language, birth_years: (from, to), capacity } => {
                let words = [&kindergarten as &dyn ToString, kind, language, from, to, capacity];
                ("group", words.iter().map(|word| word.to_string()).collect())
            }
            Self::Present(children) => ("present", vec![format!("{children:+}")]),
            Self::Closed => ("group_closed", Vec::new()),
        }
    }
}

impl Entry {
    /// Reads a body; `None` unless it is, letter for letter, what we would have written.
    pub fn parse(body: &str) -> Option<Self> {
        let words: Vec<&str> = body.split('\t').collect();
        let [at, kind, subject, rest @ ..] = words.as_slice() else { return None };
        let event = match (*kind, rest) {
            ("round", [issued]) => Event::Round((*subject).to_owned(), issued.parse().ok()?),
            ("group" | "present" | "group_closed", rest) => {
                Event::Group(subject.parse().ok()?, read_group_act(kind, rest)?)
            }
            (kind, rest) => Event::Application((*subject).to_owned(), read_act(kind, rest)?),
        };
        let entry = Self { at: read_moment(at)?, event };
        let plain = body.bytes().all(|b| b.is_ascii_graphic() || b == b'\t');
        (plain && entry.to_string() == body).then_some(entry)
    }
}

fn read_act(kind: &str, rest: &[&str]) -> Option<Act> {
    let owned = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(match (kind, rest) {
        ("submitted", [queue, at, tie]) => {
            Act::Submitted { queue: owned(queue)?, submitted_at: read_moment(at)?, tie: owned(tie)? }
        }
        ("entered", [cause]) => Act::Entered(owned(cause)?),
        ("issued", [by]) => Act::Issued(read_or_dash(by)?),
        ("confirmed", [by]) => Act::Confirmed(read_or_dash(by)?),
        ("extended", [by]) => Act::Extended(read_or_dash(by)?),
        ("term", [by]) => Act::Term(read_or_dash(by)?),
        ("chosen", [group]) => Act::Chosen(group.parse().ok()?),
        ("given_back", [group, why, by]) => {
            Act::GivenBack(group.parse().ok()?, owned(why)?, read_or_dash(by)?)
        }
        ("enrolled", [group]) => Act::Enrolled(group.parse().ok()?),
        ("ended", [reason]) => Act::Ended(owned(reason)?),
        ("closed", [reason]) => Act::Closed(owned(reason)?),
        ("restored", [confirmed, by, group]) => Act::Restored {
            confirmed: *confirmed == "confirmed",
            by: read_or_dash(by)?,
            group: read_or_dash(group)?,
        },
        ("relisted", []) => Act::Relisted,
        _ => return None,
    })
}

fn read_or_dash<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text == "-" { Some(None) } else { text.parse().ok().map(Some) }
}

fn read_group_act(kind: &str, rest: &[&str]) -> Option<GroupAct> {
    Some(match (kind, rest) {
        ("group", [kindergarten, kind, language, from, to, capacity]) => GroupAct::Set {
            kindergarten: kindergarten.parse().ok()?,
            kind: (*kind).to_owned(),
            language: (*language).to_owned(),
            birth_years: (from.parse().ok()?, to.parse().ok()?),
            capacity: capacity.parse().ok()?,
        },
        ("present", [children]) => GroupAct::Present(children.parse().ok()?),
        ("group_closed", []) => GroupAct::Closed,
        _ => return None,
    })
}

/// What the way from one stage to the next is in the ledger. `deed`, as the journal names it: a place is given back by the
/// family or the kindergarten, a family that waits gets a new voucher or its old one.
pub fn of_step(from: &Stage, to: &Stage, deed: &str, calendar: &Calendar) -> Vec<Act> {
    match (has_voucher(from), has_voucher(to)) {
        (false, false) => without_voucher(from, to).into_iter().collect(),
        (false, true) => vec![match (from, due(to, calendar)) {
            (Stage::Queued, by) if deed != "undo_lapse" => Act::Issued(by),
            (_, by) => {
                Act::Restored { confirmed: !matches!(to, Stage::VoucherIssued(_)), by, group: to.group() }
            }
        }],
        (true, false) => end_of_voucher(to).into_iter().collect(),
        (true, true) => with_voucher(from, to, deed == "decline", calendar),
    }
}

/// Is a voucher out in this stage?
fn has_voucher(stage: &Stage) -> bool {
    stage.voucher().is_some() && !matches!(stage, Stage::Enrolled(_))
}

/// The last good day of the term that runs in this stage.
fn due(stage: &Stage, calendar: &Calendar) -> Option<NaiveDate> {
    stage.due(calendar)?.ok().map(|due| due.by)
}

fn without_voucher(from: &Stage, to: &Stage) -> Option<Act> {
    match (from, to) {
        (Stage::Queued, Stage::Queued) | (Stage::Archived(_), Stage::Archived(_)) => None,
        (Stage::OnStopList(_), Stage::Queued) => Some(Act::Entered("returned".to_owned())),
        (_, Stage::Queued) => Some(Act::Entered("confirmed".to_owned())),
        (Stage::Archived(_), Stage::OnStopList(_)) => Some(Act::Relisted),
        (_, Stage::Archived(reason)) => Some(Act::Closed(reason.as_str().to_owned())),
        _ => None,
    }
}

fn end_of_voucher(to: &Stage) -> Option<Act> {
    match to {
        Stage::Enrolled(enrolled) => Some(Act::Enrolled(enrolled.group)),
        Stage::OnStopList(_) => Some(Act::Ended("lapsed".to_owned())),
        Stage::Archived(reason) => Some(Act::Ended(reason.as_str().to_owned())),
        _ => None,
    }
}

fn with_voucher(from: &Stage, to: &Stage, declined: bool, calendar: &Calendar) -> Vec<Act> {
    let by = due(to, calendar);
    if let (Stage::VoucherIssued(_), Stage::VoucherConfirmed(_)) = (from, to) {
        return vec![Act::Confirmed(by)];
    }
    let mut acts = Vec::new();
    if let Some(group) = from.group().filter(|group| to.group() != Some(*group)) {
        let why = if declined { "declined" } else { "taken_back" };
        acts.push(Act::GivenBack(group, why.to_owned(), by));
    }
    if let Some(group) = to.group().filter(|group| from.group() != Some(*group)) {
        acts.push(Act::Chosen(group));
    }
    let extended = |stage: &Stage| stage.term().is_some_and(|term| term.extended);
    if extended(to) && !extended(from) {
        acts.push(Act::Extended(by));
    } else if acts.is_empty() && due(from, calendar) != by {
        acts.push(Act::Term(by));
    }
    acts
}

// ---- Replaying. ----

/// The first entry that is wrong, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {number}: {what}")]
pub struct Wrong {
    pub number: u64,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum What {
    #[error("the line is not number, hash and event")]
    NotALine,
    #[error("the line has the number {0}")]
    OtherNumber(u64),
    #[error("its hash does not follow from the entry before and its text")]
    HashWrong,
    #[error("its text is not an event of the ledger")]
    NotAnEvent,
    #[error("impossible: {0}")]
    Impossible(&'static str),
    #[error("an anchor of {at} knows another hash", at = moment(*.0))]
    NotAsAnchored(DateTime<Utc>),
    #[error("not there, but entries up to {0} are anchored: the end was cut off")]
    Cut(u64),
    #[error("the portal's own tables say otherwise: {0}")]
    NotAsLive(&'static str),
}

impl What {
    /// In a word: for the operator's page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotALine | Self::OtherNumber(_) | Self::HashWrong => "chain",
            Self::NotAnEvent | Self::Impossible(_) => "event",
            Self::NotAsAnchored(_) | Self::Cut(_) => "anchor",
            Self::NotAsLive(_) => "live",
        }
    }
}

/// Who is before whom in a queue.
type Turn = (DateTime<Utc>, String, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Review,
    Waiting,
    Voucher { confirmed: bool, extended: bool, group: Option<Uuid> },
    Stopped,
    Enrolled,
    Archived,
}

#[derive(Debug)]
struct Application {
    queue: usize,
    submitted_at: DateTime<Utc>,
    tie: String,
    standing: Standing,
}

/// The places of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Places {
    pub capacity: i32,
    pub enrolled: i32,
    pub held: i32,
}

/// The state of the city as the entries so far tell it.
#[derive(Debug, Default)]
pub struct Replay {
    queues: Vec<(String, BTreeSet<Turn>)>,
    applications: HashMap<String, Application>,
    groups: BTreeMap<Uuid, Places>,
    vouchers: usize,
}

type Possible<T = ()> = Result<T, &'static str>;

impl Replay {
    /// Takes one event; an impossible one says why and must end the replay.
    pub fn take(&mut self, entry: &Entry) -> Possible {
        match &entry.event {
            Event::Application(handle, Act::Submitted { queue, submitted_at, tie }) => {
                self.submitted(handle, queue, *submitted_at, tie)
            }
            Event::Application(handle, act) => self.moved(handle, act),
            Event::Group(group, act) => self.group(*group, act),
            Event::Round(..) => Ok(()),
        }
    }

    /// Each queue with its handles in order.
    pub fn orders(&self) -> BTreeMap<&str, Vec<&str>> {
        self.queues
            .iter()
            .map(|(name, turns)| (name.as_str(), turns.iter().map(|turn| turn.2.as_str()).collect()))
            .collect()
    }

    pub fn vouchers(&self) -> usize {
        self.vouchers
    }

    /// The open groups.
    pub fn groups(&self) -> &BTreeMap<Uuid, Places> {
        &self.groups
    }

    /// The handles with a live voucher, in alphabetical order.
    pub fn with_voucher(&self) -> Vec<&str> {
        let out = |it: &(&String, &Application)| matches!(it.1.standing, Standing::Voucher { .. });
        let mut handles: Vec<&str> =
            self.applications.iter().filter(out).map(|(handle, _)| handle.as_str()).collect();
        handles.sort_unstable();
        handles
    }

    fn submitted(&mut self, handle: &str, queue: &str, submitted_at: DateTime<Utc>, tie: &str) -> Possible {
        if self.applications.contains_key(handle) {
            return Err("submitted twice");
        }
        let known = self.queues.iter().position(|(name, _)| name == queue);
        let queue = known.unwrap_or_else(|| {
            self.queues.push((queue.to_owned(), BTreeSet::new()));
            self.queues.len() - 1
        });
        let new = Application { queue, submitted_at, tie: tie.to_owned(), standing: Standing::Review };
        self.applications.insert(handle.to_owned(), new);
        Ok(())
    }

    fn moved(&mut self, handle: &str, act: &Act) -> Possible {
        let it = self.applications.get_mut(handle).ok_or("an application that was never submitted")?;
        let (from, to) = (it.standing, next(it.standing, act)?);
        it.standing = to;
        let turn = || (it.submitted_at, it.tie.clone(), handle.to_owned());
        let queue = &mut self.queues[it.queue].1;
        match (from == Standing::Waiting, to == Standing::Waiting) {
            (false, true) => drop(queue.insert(turn())),
            (true, false) => drop(queue.remove(&turn())),
            _ => {}
        }
        let out = |standing: Standing| usize::from(matches!(standing, Standing::Voucher { .. }));
        self.vouchers = self.vouchers + out(to) - out(from);
        self.hold(held(from), held(to), to == Standing::Enrolled)
    }

    /// The counts of groups follow: a held place is freed, or taken at enrolment.
    fn hold(&mut self, from: Option<Uuid>, to: Option<Uuid>, enrolled: bool) -> Possible {
        if from == to {
            return Ok(());
        }
        if let Some(group) = from {
            self.change(group, |places| {
                places.held -= 1;
                places.enrolled += i32::from(enrolled);
            })?;
        }
        if let Some(group) = to {
            self.change(group, |places| places.held += 1)?;
        }
        Ok(())
    }

    fn change(&mut self, group: Uuid, change: impl FnOnce(&mut Places)) -> Possible {
        let places = self.groups.get_mut(&group).ok_or("a group that is not open")?;
        change(places);
        if places.held < 0 || places.enrolled < 0 {
            return Err("places below none");
        }
        if places.enrolled.saturating_add(places.held) > places.capacity {
            return Err("more places taken than there are");
        }
        Ok(())
    }

    fn group(&mut self, group: Uuid, act: &GroupAct) -> Possible {
        match act {
            GroupAct::Set { capacity, .. } => {
                self.groups.entry(group).or_default();
                self.change(group, |places| places.capacity = *capacity)
            }
            GroupAct::Present(children) => {
                self.change(group, |places| places.enrolled = places.enrolled.saturating_add(*children))
            }
            GroupAct::Closed => match self.groups.remove(&group) {
                None => Err("a group that is not open"),
                Some(places) if places.held > 0 => Err("a group is closed while places are held"),
                Some(_) => Ok(()),
            },
        }
    }
}

fn held(standing: Standing) -> Option<Uuid> {
    if let Standing::Voucher { group, .. } = standing { group } else { None }
}

/// The table of what can follow what.
fn next(from: Standing, act: &Act) -> Possible<Standing> {
    use Standing as S;
    Ok(match (from, act) {
        (S::Review, Act::Entered(cause)) if cause != "returned" => S::Waiting,
        (S::Stopped, Act::Entered(cause)) if cause == "returned" => S::Waiting,
        (_, Act::Entered(_)) => return Err("it cannot enter the order"),
        (S::Waiting, Act::Issued(_)) => S::Voucher { confirmed: false, extended: false, group: None },
        (S::Voucher { .. }, Act::Issued(_)) => return Err("a second voucher"),
        (_, Act::Issued(_)) => return Err("a voucher to one who is not in the order"),
        (S::Voucher { confirmed: false, .. }, Act::Confirmed(_)) => {
            S::Voucher { confirmed: true, extended: false, group: None }
        }
        (S::Voucher { confirmed: true, extended: false, group }, Act::Extended(_)) => {
            S::Voucher { confirmed: true, extended: true, group }
        }
        (S::Voucher { .. }, Act::Term(_)) => from,
        (S::Voucher { confirmed: true, extended, group: None }, Act::Chosen(group)) => {
            S::Voucher { confirmed: true, extended, group: Some(*group) }
        }
        (S::Voucher { confirmed, extended, group: Some(held) }, Act::GivenBack(group, ..))
            if held == *group =>
        {
            S::Voucher { confirmed, extended, group: None }
        }
        (S::Voucher { group: Some(held), .. }, Act::Enrolled(group)) if held == *group => S::Enrolled,
        (S::Voucher { .. }, Act::Ended(reason)) if reason == "lapsed" => S::Stopped,
        (S::Voucher { .. }, Act::Ended(_)) => S::Archived,
        (S::Review | S::Waiting | S::Stopped, Act::Closed(_)) => S::Archived,
        (S::Waiting | S::Stopped | S::Archived, Act::Restored { confirmed, group, .. }) => {
            S::Voucher { confirmed: *confirmed, extended: false, group: *group }
        }
        (S::Archived, Act::Relisted) => S::Stopped,
        (S::Voucher { .. }, _) => return Err("the voucher does not stand so that this can happen"),
        _ => return Err("it has no voucher, or is over"),
    })
}

// ---- Verifying. ----

/// Reads the ledger entry by entry: the chain, the anchors, the replay.
#[derive(Debug)]
pub struct Verifier {
    number: u64,
    hash: Hash,
    anchors: BTreeMap<u64, Vec<Mark>>,
    pub replay: Replay,
}

impl Verifier {
    pub fn new(anchors: impl IntoIterator<Item = Mark>) -> Self {
        let mut by_number: BTreeMap<u64, Vec<Mark>> = BTreeMap::new();
        for mark in anchors {
            by_number.entry(mark.number).or_default().push(mark);
        }
        Self { number: 0, hash: Hash::BEFORE_THE_FIRST, anchors: by_number, replay: Replay::default() }
    }

    /// The number and the hash of the last entry taken.
    pub fn root(&self) -> (u64, Hash) {
        (self.number, self.hash)
    }

    fn wrong(&self, what: What) -> Wrong {
        Wrong { number: self.number + 1, what }
    }

    /// Takes a line as the file has it, without its end.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Wrong> {
        let text = std::str::from_utf8(line).map_err(|_| self.wrong(What::NotALine))?;
        let mut parts = text.splitn(3, '\t');
        let (Some(number), Some(hash), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(self.wrong(What::NotALine));
        };
        let read = number.parse::<u64>().ok().filter(|read| read.to_string() == number);
        let (Some(number), Some(hash)) = (read, Hash::parse(hash)) else {
            return Err(self.wrong(What::NotALine));
        };
        self.entry(number, hash, body)
    }

    /// Takes an entry that claims this number and this hash.
    pub fn entry(&mut self, number: u64, hash: Hash, body: &str) -> Result<(), Wrong> {
        if number != self.number + 1 {
            return Err(self.wrong(What::OtherNumber(number)));
        }
        if self.hash.next(number, body) != hash {
            return Err(self.wrong(What::HashWrong));
        }
        if let Some(mark) = self.anchors.get(&number).and_then(|all| all.iter().find(|one| one.hash != hash))
        {
            return Err(self.wrong(What::NotAsAnchored(mark.at)));
        }
        self.happened(body)?;
        (self.number, self.hash) = (number, hash);
        Ok(())
    }

    /// Takes an event that is not linked yet.
    pub fn happened(&mut self, body: &str) -> Result<(), Wrong> {
        let entry = Entry::parse(body).ok_or_else(|| self.wrong(What::NotAnEvent))?;
        self.replay.take(&entry).map_err(|why| self.wrong(What::Impossible(why)))
    }

    /// After the last entry: nothing that was anchored may be missing.
    pub fn finish(&self) -> Result<(), Wrong> {
        match self.anchors.last_key_value() {
            Some((last, _)) if *last > self.number => Err(self.wrong(What::Cut(*last))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
