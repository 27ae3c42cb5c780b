//! The protocol of a round, as the operator and as everybody sees it.
use crate::domain::round::{KeptPlace, Line, PlaceCount, Round};
use crate::locale::{fill, kindergarten as said};
use crate::rules::disclosure;
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::rules::round::{Outcome, PassedOver};
use crate::web::page::Page;

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Operator,
    /// Small counts of families, a family's own affairs and the kept places are left out.
    Everybody,
}

/// A count of families, hidden from everybody when it is under five.
pub fn families(p: &Page, reader: Reader, count: i32) -> String {
    let count = i64::from(count);
    match (reader, disclosure::shown(count)) {
        (Reader::Operator, _) | (_, Some(_)) => count.to_string(),
        (Reader::Everybody, None) => p.fewer(),
    }
}

/// A round as a line of a list.
pub struct RoundLine {
    pub address: String,
    pub at: String,
    pub queue: String,
    pub how: String,
    pub free: i32,
    pub issued: String,
    pub passed_over: String,
    pub kept_back: String,
}

impl RoundLine {
    pub fn new(p: &Page, reader: Reader, round: &Round) -> Self {
        let w = &p.w.rounds;
        let address = match reader {
            Reader::Operator => p.url(&format!("operator/rounds/{}", round.id)),
            Reader::Everybody => p.url(&format!("queue/{}/rounds/{}", round.queue, round.id)),
        };
        let how = match (reader, &round.held_by) {
            (_, None) => w.by_itself.clone(),
            (Reader::Operator, Some(name)) => name.clone(),
            (Reader::Everybody, Some(_)) => w.by_hand.clone(),
        };
        Self {
            address,
            at: p.moment(&round.at),
            queue: queue_name(p.language, round.correction_type.as_deref()),
            how,
            free: round.free,
            issued: families(p, reader, round.issued),
            passed_over: families(p, reader, round.passed_over),
            kept_back: families(p, reader, round.kept_back),
        }
    }
}

/// The kind of a queue in words.
pub fn queue_name(language: Language, correction_type: Option<&str>) -> String {
    GroupKind::of(correction_type).map_or("", |kind| said::kind(language, kind)).to_owned()
}

/// Free places of one language and span of birth years, in words.
pub struct PlaceLine {
    pub language: &'static str,
    pub born: String,
    pub free: usize,
}

pub fn places(p: &Page, counts: &[PlaceCount]) -> Vec<PlaceLine> {
    let line = |count: &PlaceCount| PlaceLine {
        language: Language::parse(&count.language).map_or("", |of| said::language(p.language, of)),
        born: said::born(p.language, (count.from, count.to)),
        free: count.free,
    };
    counts.iter().map(line).collect()
}

/// What became of one family, in words.
pub struct FamilyLine {
    pub ordinal: i32,
    pub handle: String,
    pub outcome: &'static str,
    pub tag: &'static str,
    pub why: &'static str,
    pub kept: String,
}

impl FamilyLine {
    pub fn new(p: &Page, reader: Reader, line: &Line) -> Self {
        let w = &p.w.rounds;
        let (outcome, tag, why) = match line.outcome {
            Outcome::Issued => (&w.issued, "tag tag--good", ""),
            Outcome::KeptBack => (&w.kept_back, "tag tag--waiting", w.under_review.as_str()),
            Outcome::PassedOver(reason) => (&w.passed_over, "tag", reason_words(p, reader, reason)),
            Outcome::Reseated => (&w.reseated, "tag tag--good", ""),
            Outcome::Unseated => (&w.unseated, "tag tag--act", ""),
        };
        let place = |kept: &KeptPlace| {
            format!("{}, {}", said::of_two(p.language, &kept.name_kk, &kept.name_ru), kept.group_name)
        };
        Self {
            ordinal: line.ordinal,
            handle: line.handle.clone(),
            outcome,
            tag,
            why,
            kept: line.kept.as_ref().map(place).unwrap_or_default(),
        }
    }
}

fn reason_words(p: &Page, reader: Reader, reason: PassedOver) -> &'static str {
    let w = &p.w.rounds;
    match reason {
        _ if reader == Reader::Everybody && reason.is_private() => &w.private,
        PassedOver::HasVoucher => &w.has_voucher,
        PassedOver::NoLanguage => &w.no_language,
        PassedOver::NoBirthYear => &w.no_birth_year,
        PassedOver::Declined => &w.declined,
        PassedOver::Taken => &w.taken,
    }
}

/// «Ваучер беру: 14.12.2026 10:00»
pub fn title(p: &Page, round: &Round) -> String {
    fill(&p.w.rounds.one_title, &[("at", &p.moment(&round.at))])
}
