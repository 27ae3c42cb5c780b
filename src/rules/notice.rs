//! Every message the portal sends about a case, as a type with its facts. The words, in the language of the
//! account, are in `locale`; an SMS carries no child's name and no diagnosis.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::contract::VersionReason;
use super::paper::Warning;
use super::stage::TermName;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// «Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: _» (guide).
    Confirmed {
        place: i64,
    },
    /// «… қызметкер тарапынан қабылданбады: <Қызметкердің аты-жөні>» (guide).
    Rejected {
        doctor: String,
        reason: String,
        text: Option<String>,
    },
    /// The conclusion came from the registry after a silence.
    ConclusionReceived,
    /// The registry does not know the conclusion that was named.
    ConclusionUnknown,
    /// Leads to the page where interest is confirmed.
    VoucherIssued {
        confirm_by: NaiveDate,
    },
    VoucherLapsed {
        return_by: Option<NaiveDate>,
    },
    /// The day 0 of a voucher moved because the gateway took the text later.
    TermMoved {
        confirm_by: NaiveDate,
    },
    /// A change of the calendar, or an outage, moved the last day of a term away.
    TermLengthened {
        term: TermName,
        last: NaiveDate,
        by_outage: bool,
    },
    /// An outage undid an annulment. Without a last day the term stands still.
    AnnulmentUndone {
        term: TermName,
        last: Option<NaiveDate>,
    },
    /// No place is left for a voucher that is out: it stays, and every clock of it stands still.
    PlaceLost,
    /// The voucher has a place again and its clocks go on; `due` is the last good day of the term that runs.
    PlaceFound {
        due: Option<NaiveDate>,
    },
    NotFinished,
    NotReturned,
    /// School age comes: on this day the application is archived, unless the child is enrolled before.
    WillOutgrow {
        on: NaiveDate,
    },
    Outgrown,
    EnrolledElsewhere,
    ContractSent {
        kindergarten_kk: String,
        kindergarten_ru: String,
        conclude_by: NaiveDate,
    },
    /// A version of the contract is void: what was signed on it counts no more.
    ContractVoided {
        /// Of the contract.
        number: String,
        /// The void one; the next has the next number.
        version: i32,
        why: VersionReason,
        /// Told to the kindergarten's staff, not to the family.
        to_kindergarten: bool,
    },
    /// Told to the kindergarten's staff: the family went on without this contract.
    ContractLeft {
        number: String,
    },
    Declined {
        kindergarten_kk: String,
        kindergarten_ru: String,
        reason: String,
    },
    Enrolled {
        kindergarten_kk: String,
        kindergarten_ru: String,
    },
    /// A signature that waited for the authority's answer was checked, and took effect.
    SignatureAccepted {
        #[serde(default)]
        to_kindergarten: bool,
    },
    /// … was checked and does not hold; `why` is the refusal's code.
    SignatureRefused {
        why: String,
        #[serde(default)]
        to_kindergarten: bool,
    },
    /// The kindergarten sent papers back to be corrected: a new version of the contract waits to be filled in.
    PapersReturned {
        kindergarten_kk: String,
        kindergarten_ru: String,
        conclude_by: NaiveDate,
    },
    /// A paper of the wallet expires; `document` is its kind, `child` whose it is, unless it is the parent's own.
    PaperExpires {
        document: String,
        #[serde(default)]
        child: Option<String>,
        on: NaiveDate,
        warning: Warning,
    },
    PasswordChanged,
    /// A letter to the portal is answered; the answer stands under its number.
    LetterAnswered {
        number: String,
    },
    /// The number was proven by somebody the registry ties it to; this account has no number now.
    PhoneMoved,
    PhoneChanged,
}

impl Notice {
    /// Told to the kindergarten's staff: the family's pages are closed to them.
    pub fn is_to_kindergarten(&self) -> bool {
        matches!(
            self,
            Self::ContractVoided { to_kindergarten: true, .. }
                | Self::ContractLeft { .. }
                | Self::SignatureAccepted { to_kindergarten: true }
                | Self::SignatureRefused { to_kindergarten: true, .. }
        )
    }

    /// The family must act on it: the cabinet shows it first, the text carries a link.
    pub fn asks_to_act(&self) -> bool {
        matches!(
            self,
            Self::VoucherIssued { .. }
                | Self::ContractSent { .. }
                | Self::Declined { .. }
                | Self::ContractVoided { to_kindergarten: false, .. }
                | Self::PapersReturned { .. }
                | Self::PaperExpires { .. }
                | Self::VoucherLapsed { .. }
                | Self::TermMoved { .. }
                | Self::AnnulmentUndone { .. }
                | Self::PlaceFound { .. }
                | Self::ConclusionUnknown
                | Self::SignatureRefused { .. }
        )
    }
}

/// A code is answered at any hour; everything else only in the send window (`rules.md` 3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    Code,
    Notice,
}

impl TextKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Notice => "notice",
        }
    }
}

/// The longest text: two parts of UCS-2, 67 characters each (`rules.md` 3.7).
pub const SMS_CHARACTERS: usize = 134;
