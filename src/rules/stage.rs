//! Where an application stands. Each variant carries its own facts; a transition is a method named after the
//! deed, consumes the stage and returns the next one or a [`Refusal`].
//!
//! The whole table of stages and deeds is `tests/golden/lifecycle.txt`, made by a test of this file.
use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::calendar::Calendar;
use super::deadline::{self, LastDay, Length, StandsStill};
use super::pause::{Pause, PauseWhy};
use super::reason::{ArchiveReason, DoctorReason};
use super::refusal::Refusal;
use super::settings::TermRules;
use super::stage_name::StageName;

/// The ten stages of `rules.md` §4, each with what is true only in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    AwaitingReview,
    Queued,
    VoucherIssued(Issued),
    VoucherConfirmed(Confirmed),
    AwaitingContract(Chosen),
    AwaitingParentSignature(Contracted),
    AwaitingKindergartenSignature(Contracted),
    Enrolled(Enrolled),
    OnStopList(StopListed),
    Archived(ArchiveReason),
}

/// A voucher waits for the family to confirm its interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub voucher: Uuid,
    pub term: Term,
    /// The gateway took the notice, or never will: until then the last day can still move (`rules.md` 3.2).
    pub told: bool,
}

impl Issued {
    /// The last good day to confirm.
    pub fn due(&self, calendar: &Calendar) -> Result<Due, StandsStill> {
        self.term.due(calendar).map(|due| Due { firm: due.firm && self.told, ..due })
    }
}

/// A confirmed voucher: the family chooses a kindergarten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    pub voucher: Uuid,
    pub term: Term,
}

/// A kindergarten was chosen and holds a place in this group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub voucher: Uuid,
    pub term: Term,
    pub group: Uuid,
}

/// The kindergarten has sent a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contracted {
    pub voucher: Uuid,
    pub term: Term,
    pub group: Uuid,
    pub contract: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub voucher: Uuid,
    pub group: Uuid,
    pub contract: Uuid,
    pub on: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopListed {
    pub since: NaiveDate,
    /// The last day of the one return; `None` when it is spent.
    pub return_by: Option<NaiveDate>,
    /// Of the voucher that lapsed: how many days, and whether an outage stops them.
    pub rules: TermRules,
}

impl StopListed {
    /// The last day on the list; then the archive. While an outage lasts, nobody knows it yet.
    pub fn due(&self, calendar: &Calendar) -> Due {
        let calendar = self.rules.calendar(calendar);
        let counted = || deadline::last_calendar_day(&calendar, self.since, self.rules.stop_list_days);
        let by = self.return_by.unwrap_or_else(counted);
        let lasts = calendar.outages().iter().any(|outage| outage.to.is_none() && outage.from <= by);
        Due { by, firm: !lasts }
    }

    fn is_out(&self, today: NaiveDate, calendar: &Calendar) -> bool {
        self.rules.calendar(calendar).is_out(today)
    }
}

/// How an application came to the archive from the stop list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftStopList {
    /// The day of the annulment.
    pub since: NaiveDate,
    /// Of the voucher that was annulled.
    pub rules: TermRules,
    pub return_is_left: bool,
    /// The day on which the days were over.
    pub on: NaiveDate,
}

/// The last good day of a term. While it is not firm (a year the calendar does not know yet, a notice the gateway
/// has not taken) the day is shown as "not before" and nothing is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub by: NaiveDate,
    pub firm: bool,
}

impl Due {
    pub fn from_last_day(last: LastDay) -> Self {
        match last {
            LastDay::On(by) => Self { by, firm: true },
            LastDay::NotBefore(by) => Self { by, firm: false },
        }
    }

    pub fn is_past(&self, today: NaiveDate) -> bool {
        self.firm && today > self.by
    }

    fn check(&self, today: NaiveDate) -> Result<(), Refusal> {
        if self.is_past(today) { Err(Refusal::TermPassed { last: self.by }) } else { Ok(()) }
    }
}

/// A term of a voucher in working days: two to confirm the interest (guide: "екі жұмыс күні"), then five to choose a
/// kindergarten and conclude the contract, extended once by two. It stands still while somebody else holds the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub day0: NaiveDate,
    /// Working days; those of an extension too, if it is counted in them.
    pub days: u32,
    pub extended: bool,
    pub pauses: Vec<Pause>,
    /// The latest last day that was ever shown: nothing takes it back.
    pub shown: Option<NaiveDate>,
    /// Of its voucher, from issue to end.
    pub rules: TermRules,
}

impl Term {
    pub fn begin(day0: NaiveDate, days: u32, rules: TermRules) -> Self {
        Self { day0, days, extended: false, pauses: Vec::new(), shown: None, rules }
    }

    pub fn length(&self) -> Length {
        let extended = if self.extended { self.extension().calendar_days } else { 0 };
        Length { working_days: self.days, calendar_days: extended }
    }

    /// The one extension, used or not.
    pub fn extension(&self) -> Length {
        let days = self.rules.extension_days;
        if self.rules.extension_in_calendar_days { Length::calendar(days) } else { Length::working(days) }
    }

    pub fn due(&self, calendar: &Calendar) -> Result<Due, StandsStill> {
        let calendar = self.rules.calendar(calendar);
        let last = deadline::last_day_of(&calendar, self.day0, self.length(), &self.pauses)?;
        let due = Due::from_last_day(last);
        Ok(Due { by: self.shown.map_or(due.by, |shown| shown.max(due.by)), ..due })
    }

    /// For a term to confirm: whether its day is sure, and no term that could follow it needs a year the calendar does not
    /// know. Those are the term to conclude with its extension, and the days on the stop list (`rules.md` 3.2).
    pub fn is_known_to_the_end(&self, calendar: &Calendar) -> bool {
        let Ok(Due { by, firm: true }) = self.due(calendar) else { return false };
        let calendar = self.rules.calendar(calendar);
        let extension = self.extension();
        let conclude = Length {
            working_days: self.rules.conclude_days + extension.working_days,
            calendar_days: extension.calendar_days,
        };
        let concluded = deadline::last_day_of(&calendar, by, conclude, &[]);
        let lapsed = by.succ_opt().unwrap_or(by);
        let listed = deadline::last_calendar_day(&calendar, lapsed, self.rules.stop_list_days);
        !matches!(concluded, Ok(LastDay::NotBefore(_))) && calendar.knows(listed.year())
    }

    /// Stands still from today, if its rules say so for this reason; what already does so goes on.
    fn paused(mut self, today: NaiveDate, why: PauseWhy) -> Self {
        if why == PauseWhy::Kindergarten && !self.rules.pause_kindergarten {
            return self;
        }
        if self.open_pause(why).is_none() {
            self.pauses.push(Pause { from: today, to: None, why });
        }
        self
    }

    /// Runs again after today, as far as this reason goes.
    fn resumed(mut self, today: NaiveDate, why: PauseWhy) -> Self {
        if let Some(open) = self.open_pause(why) {
            open.to = Some(today);
        }
        self
    }

    fn open_pause(&mut self, why: PauseWhy) -> Option<&mut Pause> {
        self.pauses.iter_mut().find(|pause| pause.to.is_none() && pause.why == why)
    }

    fn extended(mut self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        if self.extended {
            return Err(Refusal::AlreadyExtended);
        }
        match self.due(calendar) {
            Ok(Due { by, firm: true }) if by == today => {
                let extension = self.extension();
                self.days += extension.working_days;
                self.extended = true;
                // Where the day shown was later than the days counted, the extension starts from it.
                let from_shown =
                    deadline::last_day_of(&self.rules.calendar(calendar), today, extension, &self.pauses);
                self.shown = from_shown.ok().map(LastDay::day).max(self.shown);
                Ok(self)
            }
            Ok(due) => due.check(today).and(Err(Refusal::NotTheLastDay { on: due.by })),
            Err(StandsStill { .. }) => Err(Refusal::TermStandsStill),
        }
    }
}

/// A voucher the system annulled, on this day, because its term was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub voucher: Uuid,
    pub term: Term,
    pub on: NaiveDate,
}

impl Cut {
    /// The term as it goes on after an annulment that fell into an outage, or that came too early once the outage is
    /// taken into account (`rules.md` 3.2). The days without the voucher were not the family's: they do not count.
    fn given_back(self, today: NaiveDate, calendar: &Calendar) -> Result<Term, Refusal> {
        let Self { mut term, on, .. } = self;
        let mut from = on;
        let calendar = term.rules.calendar(calendar);
        if let Ok(due) = term.due(&calendar)
            && due.is_past(on)
        {
            if !calendar.is_out(on) {
                return Err(Refusal::TermPassed { last: due.by });
            }
            // All its days were spent before the annulment: the family gets one to answer, after today.
            term.days += 1;
            from = due.by.succ_opt().unwrap_or(on);
        }
        term.pauses.push(Pause { from, to: Some(today), why: PauseWhy::Outage });
        Ok(term)
    }
}

/// Which of its terms a family is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermName {
    Confirm,
    Conclude,
    /// From the stop list.
    Return,
}

/// What stands still is never late.
fn check(due: Result<Due, StandsStill>, today: NaiveDate) -> Result<(), Refusal> {
    due.map_or(Ok(()), |due| due.check(today))
}

/// Only a term that runs and is past may be annulled.
fn check_over(due: Result<Due, StandsStill>, today: NaiveDate) -> Result<(), Refusal> {
    match due {
        Ok(due) if due.is_past(today) => Ok(()),
        Ok(due) => Err(Refusal::TermNotOver { last: due.by }),
        Err(StandsStill { .. }) => Err(Refusal::TermStandsStill),
    }
}

impl Stage {
    /// A special application waits for the doctor; a general one is queued at once (`rules.md` 3.6).
    pub fn submitted(needs_review: bool) -> Self {
        if needs_review { Self::AwaitingReview } else { Self::Queued }
    }

    pub fn name(&self) -> StageName {
        match self {
            Self::AwaitingReview => StageName::AwaitingReview,
            Self::Queued => StageName::Queued,
            Self::VoucherIssued(_) => StageName::VoucherIssued,
            Self::VoucherConfirmed(_) => StageName::VoucherConfirmed,
            Self::AwaitingContract(_) => StageName::AwaitingContract,
            Self::AwaitingParentSignature(_) => StageName::AwaitingParentSignature,
            Self::AwaitingKindergartenSignature(_) => StageName::AwaitingKindergartenSignature,
            Self::Enrolled(_) => StageName::Enrolled,
            Self::OnStopList(_) => StageName::OnStopList,
            Self::Archived(_) => StageName::Archived,
        }
    }

    pub fn voucher(&self) -> Option<Uuid> {
        match self {
            Self::VoucherIssued(issued) => Some(issued.voucher),
            Self::VoucherConfirmed(confirmed) => Some(confirmed.voucher),
            Self::AwaitingContract(chosen) => Some(chosen.voucher),
            Self::AwaitingParentSignature(held) | Self::AwaitingKindergartenSignature(held) => {
                Some(held.voucher)
            }
            Self::Enrolled(enrolled) => Some(enrolled.voucher),
            _ => None,
        }
    }

    pub fn group(&self) -> Option<Uuid> {
        match self {
            Self::AwaitingContract(chosen) => Some(chosen.group),
            Self::AwaitingParentSignature(held) | Self::AwaitingKindergartenSignature(held) => {
                Some(held.group)
            }
            Self::Enrolled(enrolled) => Some(enrolled.group),
            _ => None,
        }
    }

    pub fn contract(&self) -> Option<Uuid> {
        match self {
            Self::AwaitingParentSignature(held) | Self::AwaitingKindergartenSignature(held) => {
                Some(held.contract)
            }
            Self::Enrolled(enrolled) => Some(enrolled.contract),
            _ => None,
        }
    }

    /// The term that runs, or stands still, in this stage: to confirm, then to conclude.
    pub fn term(&self) -> Option<&Term> {
        match self {
            Self::VoucherIssued(issued) => Some(&issued.term),
            other => other.conclude_term(),
        }
    }

    pub fn conclude_term(&self) -> Option<&Term> {
        match self {
            Self::VoucherConfirmed(confirmed) => Some(&confirmed.term),
            Self::AwaitingContract(chosen) => Some(&chosen.term),
            Self::AwaitingParentSignature(held) | Self::AwaitingKindergartenSignature(held) => {
                Some(&held.term)
            }
            _ => None,
        }
    }

    /// The last good day of the family's term; `None` where no term of a voucher is.
    pub fn due(&self, calendar: &Calendar) -> Option<Result<Due, StandsStill>> {
        match self {
            Self::VoucherIssued(issued) => Some(issued.due(calendar)),
            other => other.conclude_term().map(|term| term.due(calendar)),
        }
    }

    fn with_term(self, change: impl FnOnce(Term) -> Term) -> Result<Self, Refusal> {
        Ok(match self {
            Self::VoucherIssued(it) => Self::VoucherIssued(Issued { term: change(it.term), ..it }),
            Self::VoucherConfirmed(it) => Self::VoucherConfirmed(Confirmed { term: change(it.term), ..it }),
            Self::AwaitingContract(it) => Self::AwaitingContract(Chosen { term: change(it.term), ..it }),
            Self::AwaitingParentSignature(it) => {
                Self::AwaitingParentSignature(Contracted { term: change(it.term), ..it })
            }
            Self::AwaitingKindergartenSignature(it) => {
                Self::AwaitingKindergartenSignature(Contracted { term: change(it.term), ..it })
            }
            other => return other.refuse(),
        })
    }

    fn refuse<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::NotInThisStage { stage: self.name() })
    }

    // ---- The deeds, in the order of the road. ----

    /// The doctor confirms the documents (guide: "фтизиатр-дәрігер өтінішті растаса").
    pub fn confirm_documents(self, conclusion_is_there: bool) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingReview if conclusion_is_there => Ok(Self::Queued),
            Self::AwaitingReview => Err(Refusal::ConclusionNotThere),
            other => other.refuse(),
        }
    }

    /// The doctor rejects; the application goes to the archive (guide).
    pub fn reject(self, _reason: DoctorReason) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingReview => Ok(Self::Archived(ArchiveReason::Rejected)),
            other => other.refuse(),
        }
    }

    /// A round gives a voucher; its term has a last day from the first moment on.
    pub fn issue(self, voucher: Uuid, term: Term, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::Queued => match term.due(calendar) {
                Ok(Due { by, .. }) if term.is_known_to_the_end(calendar) => {
                    let term = Term { shown: Some(by), ..term };
                    Ok(Self::VoucherIssued(Issued { voucher, term, told: false }))
                }
                Ok(_) => Err(Refusal::CalendarUnknown),
                Err(StandsStill { .. }) => Err(Refusal::TermStandsStill),
            },
            other => other.refuse(),
        }
    }

    /// The family confirms its interest within two working days (guide).
    pub fn confirm_interest(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::VoucherIssued(issued) => {
                check(issued.due(calendar), today)?;
                // What makes the voucher stand still goes on doing so.
                let rules = issued.term.rules;
                let term =
                    Term { pauses: issued.term.pauses, ..Term::begin(today, rules.conclude_days, rules) };
                Ok(Self::VoucherConfirmed(Confirmed { voucher: issued.voucher, term }))
            }
            other => other.refuse(),
        }
    }

    /// The family refuses the voucher: annulled at once, the application archived (guide).
    pub fn refuse_voucher(self) -> Result<Self, Refusal> {
        match self {
            Self::VoucherIssued(_) | Self::VoucherConfirmed(_) => Ok(Self::Archived(ArchiveReason::Refused)),
            other => other.refuse(),
        }
    }

    /// Nobody confirmed in time: the stop list (guide: "тоқтатым парағы"), with one return (`rules.md` 3.5).
    pub fn lapse(self, today: NaiveDate, return_is_left: bool, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::VoucherIssued(issued) => {
                check_over(issued.due(calendar), today)?;
                let listed = StopListed { since: today, return_by: None, rules: issued.term.rules };
                let return_by = return_is_left.then(|| listed.due(calendar).by);
                Ok(Self::OnStopList(StopListed { return_by, ..listed }))
            }
            other => other.refuse(),
        }
    }

    /// The family chooses a kindergarten; its clock stands still until the kindergarten has answered.
    pub fn choose(self, group: Uuid, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::VoucherConfirmed(Confirmed { voucher, term }) => {
                check(term.due(calendar), today)?;
                let term = term.paused(today, PauseWhy::Kindergarten);
                Ok(Self::AwaitingContract(Chosen { voucher, term, group }))
            }
            other => other.refuse(),
        }
    }

    /// The kindergarten sends the contract: the family holds the case again.
    pub fn send_contract(self, contract: Uuid, today: NaiveDate) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingContract(Chosen { voucher, term, group }) => {
                let term = term.resumed(today, PauseWhy::Kindergarten);
                Ok(Self::AwaitingParentSignature(Contracted { voucher, term, group, contract }))
            }
            other => other.refuse(),
        }
    }

    /// The parent signs and sends the contract to the kindergarten.
    pub fn sign_as_parent(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingParentSignature(held) => {
                check(held.term.due(calendar), today)?;
                let term = held.term.resumed(today, PauseWhy::Check).paused(today, PauseWhy::Kindergarten);
                Ok(Self::AwaitingKindergartenSignature(Contracted { term, ..held }))
            }
            other => other.refuse(),
        }
    }

    /// The contract gets a new version: signatures on the one before count no more, and the family holds the case again.
    pub fn new_version(self, contract: Uuid, today: NaiveDate) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingParentSignature(held) | Self::AwaitingKindergartenSignature(held) => {
                let term = held.term.resumed(today, PauseWhy::Kindergarten).resumed(today, PauseWhy::Check);
                Ok(Self::AwaitingParentSignature(Contracted { contract, term, ..held }))
            }
            other => other.refuse(),
        }
    }

    /// The kindergarten sends papers back to be corrected: the family holds the case again, with a new version of the
    /// contract, which nobody has signed.
    pub fn return_papers(self, contract: Uuid, today: NaiveDate) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingKindergartenSignature(_) => self.new_version(contract, today),
            other => other.refuse(),
        }
    }

    /// The kindergarten signs the same bytes: the child is enrolled (guide's last step).
    pub fn sign_as_kindergarten(self, today: NaiveDate) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingKindergartenSignature(Contracted { voucher, group, contract, .. }) => {
                Ok(Self::Enrolled(Enrolled { voucher, group, contract, on: today }))
            }
            other => other.refuse(),
        }
    }

    /// The kindergarten declines by its closed list, before the contract or after seeing the papers.
    pub fn decline(self, today: NaiveDate) -> Result<Self, Refusal> {
        match self {
            Self::AwaitingContract(_) | Self::AwaitingKindergartenSignature(_) => self.back_to_choice(today),
            other => other.refuse(),
        }
    }

    /// The family takes its choice back, until the kindergarten has signed (`rules.md` 3.2).
    pub fn take_back(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match &self {
            Self::AwaitingParentSignature(held) => {
                check(held.term.due(calendar), today)?;
                self.back_to_choice(today)
            }
            Self::AwaitingContract(_) | Self::AwaitingKindergartenSignature(_) => self.back_to_choice(today),
            other => other.refuse(),
        }
    }

    fn back_to_choice(self, today: NaiveDate) -> Result<Self, Refusal> {
        let (voucher, term) = match self {
            Self::AwaitingContract(Chosen { voucher, term, .. }) => (voucher, term),
            Self::AwaitingParentSignature(Contracted { voucher, term, .. })
            | Self::AwaitingKindergartenSignature(Contracted { voucher, term, .. }) => (voucher, term),
            other => return other.refuse(),
        };
        let term = term.resumed(today, PauseWhy::Kindergarten).resumed(today, PauseWhy::Check);
        Ok(Self::VoucherConfirmed(Confirmed { voucher, term }))
    }

    /// Two more days, offered on the fifth day only and once, while the family holds the case (guide; `rules.md` 3.2).
    pub fn extend(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::VoucherConfirmed(Confirmed { voucher, term }) => {
                Ok(Self::VoucherConfirmed(Confirmed { voucher, term: term.extended(today, calendar)? }))
            }
            Self::AwaitingParentSignature(held) => {
                let term = held.term.extended(today, calendar)?;
                Ok(Self::AwaitingParentSignature(Contracted { term, ..held }))
            }
            other => other.refuse(),
        }
    }

    /// Not enrolled in time: the voucher is annulled, the application archived (guide).
    pub fn run_out(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        let term = match &self {
            Self::VoucherConfirmed(confirmed) => &confirmed.term,
            Self::AwaitingParentSignature(held) => &held.term,
            other => return other.refuse(),
        };
        check_over(term.due(calendar), today)?;
        Ok(Self::Archived(ArchiveReason::NotFinished))
    }

    /// The term of a voucher stands still from today: an outage, or no place is left that could seat it.
    pub fn stand_still(self, today: NaiveDate, why: PauseWhy) -> Result<Self, Refusal> {
        self.with_term(|term| term.paused(today, why))
    }

    /// What made the term stand still is over; today does not count yet.
    pub fn resume(self, today: NaiveDate, why: PauseWhy) -> Result<Self, Refusal> {
        self.with_term(|term| term.resumed(today, why))
    }

    /// Back from the stop list, once, within 28 calendar days, with the old date (`rules.md` 3.5). The day stored is
    /// moved when an outage is declared; while one lasts nothing is late.
    pub fn return_to_queue(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::OnStopList(StopListed { return_by: None, .. }) => Err(Refusal::ReturnSpent),
            Self::OnStopList(listed) if !listed.is_out(today, calendar) => {
                listed.due(calendar).check(today).map(|()| Self::Queued)
            }
            Self::OnStopList(_) => Ok(Self::Queued),
            other => other.refuse(),
        }
    }

    /// The days to return are over; without a return left, as many days after the lapse.
    pub fn leave_stop_list(self, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::OnStopList(listed) if listed.is_out(today, calendar) => Err(Refusal::TermStandsStill),
            Self::OnStopList(listed) => {
                let last = listed.due(calendar).by;
                if today > last {
                    Ok(Self::Archived(ArchiveReason::NotReturned))
                } else {
                    Err(Refusal::TermNotOver { last })
                }
            }
            other => other.refuse(),
        }
    }

    /// The voucher was annulled by an outage: it lives again, to be confirmed. A family that came back to the queue
    /// meanwhile gets it too.
    pub fn undo_lapse(self, cut: Cut, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::OnStopList(_) | Self::Queued | Self::Archived(ArchiveReason::NotReturned) => {
                let voucher = cut.voucher;
                let term = cut.given_back(today, calendar)?;
                Ok(Self::VoucherIssued(Issued { voucher, term, told: true }))
            }
            other => other.refuse(),
        }
    }

    /// The voucher was annulled by an outage: it lives again, and the family chooses a kindergarten.
    pub fn undo_run_out(self, cut: Cut, today: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        match self {
            Self::Archived(ArchiveReason::NotFinished) => {
                let voucher = cut.voucher;
                let term = cut.given_back(today, calendar)?;
                Ok(Self::VoucherConfirmed(Confirmed { voucher, term }))
            }
            other => other.refuse(),
        }
    }

    /// The days of return ended in an outage: as many as were left begin after today.
    pub fn undo_leave_stop_list(
        self,
        left: LeftStopList,
        today: NaiveDate,
        calendar: &Calendar,
    ) -> Result<Self, Refusal> {
        match self {
            Self::Archived(ArchiveReason::NotReturned) => {
                let calendar = left.rules.calendar(calendar);
                let last = deadline::last_calendar_day(&calendar, left.since, left.rules.stop_list_days);
                if left.on > last && !calendar.is_out(left.on) {
                    return Err(Refusal::TermPassed { last });
                }
                let rest = left.on.iter_days().take_while(|day| *day <= last);
                let rest = rest.fold(0, |sum, day| sum + u32::from(!calendar.is_out(day)));
                let return_by = deadline::last_calendar_day(&calendar, today, rest.max(1));
                let return_by = left.return_is_left.then_some(return_by);
                Ok(Self::OnStopList(StopListed { since: left.since, return_by, rules: left.rules }))
            }
            other => other.refuse(),
        }
    }

    /// The family withdraws, at any time before enrolment (`rules.md` 3.5).
    pub fn withdraw(self) -> Result<Self, Refusal> {
        self.archive_live(ArchiveReason::Withdrawn)
    }

    /// The child was enrolled by the application in the other queue (`rules.md` 3.1).
    pub fn enrolled_elsewhere(self) -> Result<Self, Refusal> {
        self.archive_live(ArchiveReason::EnrolledElsewhere)
    }

    /// The child reached school age (`rules.md` 3.2).
    pub fn outgrow(self) -> Result<Self, Refusal> {
        self.archive_live(ArchiveReason::Outgrown)
    }

    fn archive_live(self, reason: ArchiveReason) -> Result<Self, Refusal> {
        if self.name().is_live() { Ok(Self::Archived(reason)) } else { self.refuse() }
    }
}

#[cfg(test)]
mod tests;
