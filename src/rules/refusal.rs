//! Every "no" of the rules, as a type with the fact that explains it. The words are in `locale`.
use chrono::NaiveDate;

use super::reason::KindergartenReason;
use super::signature::SignatureRefusal;
use super::stage_name::StageName;

/// Why a deed was refused although the form was filled in correctly: the world stands otherwise (409).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The application is in a stage in which this deed does not exist: someone else acted, or it was done already.
    NotInThisStage {
        stage: StageName,
    },
    /// The last good day is over.
    TermPassed {
        last: NaiveDate,
    },
    /// The system may not annul what is still in time.
    TermNotOver {
        last: NaiveDate,
    },
    /// The clock stands still while the kindergarten holds the case.
    TermStandsStill,
    /// The extension is offered on the last good day only.
    NotTheLastDay {
        on: NaiveDate,
    },
    AlreadyExtended,
    /// The one return from the stop list is spent.
    ReturnSpent,
    /// The PMPK conclusion has not arrived from the registry.
    ConclusionNotThere,
    /// A term could need a year the calendar does not know: nothing is issued, the operator is alarmed.
    CalendarUnknown,
    /// One live application per child and queue type, whoever applies.
    LiveApplicationExists,
    ChildEnrolled,
    ChildTooOld,
    /// The group has no free place any more.
    NoFreePlace,
    /// Free, but kept for families whose vouchers would lose their place.
    HeldForOthers,
    /// The kindergarten's groups do not suit this child (type, language, birth year).
    NotSuitable,
    /// This kindergarten declined this family for a reason that stays.
    DeclinedBefore {
        reason: KindergartenReason,
    },
    /// The family already has a live voucher.
    VoucherExists,
    /// The contract was not filled in yet, or its text has changed since it was shown.
    ContractChanged,
    /// The text has changed since it was shown to the kindergarten: the family signs the new version before it does.
    FamilySignsFirst {
        version: i32,
    },
    /// The kindergarten sent this family a contract, and the family holds no place with it any more.
    FamilyLeft,
    Signature(SignatureRefusal),
    /// A group cannot shrink below what is enrolled and held.
    GroupBelowTaken {
        taken: i32,
    },
    /// The group's free places are the only ones left for vouchers that are out.
    PlacesPromised,
    /// Files stored before a recovery by SMS stay closed for a day.
    FilesClosed,
    /// A letter is answered once: somebody was faster.
    AlreadyAnswered,
    /// The outage was ended before: somebody was faster.
    OutageOver,
    /// The contract names the parent's phone, and the number has moved to somebody else.
    NoPhone,
}
