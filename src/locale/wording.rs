//! Sentences with facts: stages, refusals, failures, notices, texts.
use super::words::{NoticeWords, StepWords, Words};
use super::{date, fill, words};
use crate::fault::{Failure, Service};
use crate::rules::contract::{Step, VersionReason};
use crate::rules::document::DocumentKind;
use crate::rules::notice::Notice;
use crate::rules::paper::{PaperReason, Warning};
use crate::rules::person::Language;
use crate::rules::reason::{DoctorReason, KindergartenReason};
use crate::rules::refusal::Refusal;
use crate::rules::signature::SignatureRefusal;
use crate::rules::stage::TermName;
use crate::rules::stage_name::StageName;

pub fn stage(language: Language, stage: StageName) -> &'static str {
    let w = &words(language).stage;
    match stage {
        StageName::AwaitingReview => &w.awaiting_review,
        StageName::Queued => &w.queued,
        StageName::VoucherIssued => &w.voucher_issued,
        StageName::VoucherConfirmed => &w.voucher_confirmed,
        StageName::AwaitingContract => &w.awaiting_contract,
        StageName::AwaitingParentSignature => &w.awaiting_parent_signature,
        StageName::AwaitingKindergartenSignature => &w.awaiting_kindergarten_signature,
        StageName::Enrolled => &w.enrolled,
        StageName::OnStopList => &w.on_stop_list,
        StageName::Archived => &w.archived,
    }
}

/// The banner of a deed named in the address; an unknown word shows nothing.
pub fn done(w: &'static Words, word: &str) -> Option<&'static str> {
    let d = &w.done;
    Some(match word {
        "password_saved" => &d.password_saved,
        "signature_waits" => &d.signature_waits,
        "child_added" => &d.child_added,
        "signed_out" => &d.signed_out,
        "phone_changed" => &d.phone_changed,
        "sessions_ended" => &d.sessions_ended,
        "language_saved" => &d.language_saved,
        "saved" => &d.saved,
        "staff_added" => &d.staff_added,
        "group_saved" => &d.group_saved,
        "kindergarten_saved" => &d.kindergarten_saved,
        "photo_added" => &d.photo_added,
        "photo_removed" => &d.photo_removed,
        "round_done" => &d.round_done,
        "round_changed" => &d.round_changed,
        "round_nothing" => &d.round_nothing,
        "contract_changed" => &d.contract_changed,
        "contract_stays" => &d.contract_stays,
        "decided" => &d.decided,
        "contract_sent" => &d.contract_sent,
        "declined" => &d.declined,
        "signed" => &d.signed,
        "wishes_saved" => &d.wishes_saved,
        "letter_answered" => &d.letter_answered,
        "letter_taken" => &d.letter_taken,
        "question_published" => &d.question_published,
        "question_withdrawn" => &d.question_withdrawn,
        "setting_saved" => &d.setting_saved,
        "banner_saved" => &d.banner_saved,
        "calendar_saved" => &d.calendar_saved,
        "outage_declared" => &d.outage_declared,
        "outage_ended" => &d.outage_ended,
        "outage_withdrawn" => &d.outage_withdrawn,
        "banner_withdrawn" => &d.banner_withdrawn,
        "paper_saved" => &w.papers.done_saved,
        "paper_removed" => &w.papers.done_removed,
        "papers_returned" => &w.papers.done_returned,
        _ => return None,
    })
}

/// A refusal as a sentence with its fact.
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    let w = &words(language).refusal;
    let with_day = |sentence: &str, day: &chrono::NaiveDate| {
        one_stop(fill(sentence, &[("day", &date::long(*day, language))]))
    };
    match refusal {
        Refusal::NotInThisStage { stage: name } => {
            fill(&w.not_in_this_stage, &[("stage", stage(language, *name))])
        }
        Refusal::TermPassed { last } => with_day(&w.term_passed, last),
        Refusal::TermNotOver { last } => with_day(&w.term_not_over, last),
        Refusal::TermStandsStill => w.term_stands_still.clone(),
        Refusal::NotTheLastDay { on } => with_day(&w.not_the_last_day, on),
        Refusal::AlreadyExtended => w.already_extended.clone(),
        Refusal::ReturnSpent => w.return_spent.clone(),
        Refusal::ConclusionNotThere => w.conclusion_not_there.clone(),
        Refusal::CalendarUnknown => w.calendar_unknown.clone(),
        Refusal::LiveApplicationExists => w.live_application_exists.clone(),
        Refusal::ChildEnrolled => w.child_enrolled.clone(),
        Refusal::ChildTooOld => w.child_too_old.clone(),
        Refusal::NoFreePlace => w.no_free_place.clone(),
        Refusal::HeldForOthers => w.held_for_others.clone(),
        Refusal::NotSuitable => w.not_suitable.clone(),
        Refusal::DeclinedBefore { reason } => fill(&w.declined_before, &[("reason", reason.name(language))]),
        Refusal::VoucherExists => w.voucher_exists.clone(),
        Refusal::ContractChanged => w.contract_changed.clone(),
        Refusal::FamilySignsFirst { version } => {
            fill(&w.family_signs_first, &[("version", &version.to_string())])
        }
        Refusal::FamilyLeft => w.family_left.clone(),
        Refusal::Signature(reason) => fill(&w.signature, &[("reason", signature(language, *reason))]),
        Refusal::GroupBelowTaken { taken } => fill(&w.group_below_taken, &[("taken", &taken.to_string())]),
        Refusal::PlacesPromised => w.places_promised.clone(),
        Refusal::FilesClosed => w.files_closed.clone(),
        Refusal::AlreadyAnswered => w.already_answered.clone(),
        Refusal::OutageOver => w.outage_over.clone(),
        Refusal::NoPhone => w.no_phone.clone(),
    }
}

/// The title and the text of an error page.
pub fn failure(language: Language, status: u16, failure: Option<&Failure>) -> (String, String) {
    let w = &words(language).errors;
    let (title, text) = match (status, failure) {
        (_, Some(Failure::Refused(reason))) => return (w.conflict.clone(), refusal(language, reason)),
        (_, Some(Failure::TooOften { again_at })) => {
            // Shown to the minute, so the minute must have begun.
            let at = date::moment(*again_at + chrono::Duration::seconds(59));
            return (w.too_often.clone(), fill(&w.too_often_text, &[("time", &at)]));
        }
        (_, Some(Failure::Silent(service))) => (
            &w.silent,
            match service {
                Service::Registry => &w.silent_registry,
                Service::Pmpk => &w.silent_pmpk,
                Service::Sms => &w.silent_sms,
            },
        ),
        (400, _) => (&w.malformed, &w.malformed_text),
        (403, _) => (&w.forged, &w.forged_text),
        (404, _) => (&w.not_found, &w.not_found_text),
        (405, _) => (&w.method, &w.method_text),
        (413, _) => (&w.too_large, &w.too_large_text),
        (415, _) => (&w.unsupported, &w.unsupported_text),
        (421, _) => (&w.misdirected, &w.misdirected_text),
        (503, _) => (&w.silent, &w.silent_text),
        (507, _) => (&w.no_room, &w.no_room_text),
        _ => (&w.broken, &w.broken_text),
    };
    (title.clone(), text.clone())
}

/// A notice as it stands in the cabinet.
pub fn notice(language: Language, notice: &Notice) -> String {
    let w = &words(language).notice;
    let day = |day: &chrono::NaiveDate| date::long(*day, language);
    let named = |kk: &str, ru: &str| match language {
        Language::Kk => kk.to_owned(),
        Language::Ru => ru.to_owned(),
    };
    match notice {
        Notice::Confirmed { place } => fill(&w.confirmed, &[("place", &place.to_string())]),
        Notice::Rejected { doctor, reason, text } => {
            let reason = DoctorReason::parse(reason).map_or("", |reason| reason.name(language));
            let more = fill(&w.rejected_more, &[("reason", reason)]);
            let own_words = text.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
            format!("{}. {more}{own_words}", fill(&w.rejected, &[("doctor", doctor)]))
        }
        Notice::ConclusionReceived => w.conclusion_received.clone(),
        Notice::ConclusionUnknown => w.conclusion_unknown.clone(),
        Notice::VoucherIssued { confirm_by } => fill(&w.voucher_issued, &[("confirm_by", &day(confirm_by))]),
        Notice::VoucherLapsed { return_by: Some(last) } => {
            fill(&w.voucher_lapsed, &[("return_by", &day(last))])
        }
        Notice::VoucherLapsed { return_by: None } => w.voucher_lapsed_final.clone(),
        Notice::TermMoved { confirm_by } => fill(&w.term_moved, &[("confirm_by", &day(confirm_by))]),
        Notice::TermLengthened { term, last, by_outage } => {
            let why = if *by_outage { &w.lengthened_outage } else { &w.lengthened_calendar };
            format!("{why} {}", until(w, *term, &day(last)))
        }
        Notice::AnnulmentUndone { term, last } => match last {
            Some(last) => format!("{} {}", w.annulment_undone, until(w, *term, &day(last))),
            None => format!("{} {}", w.annulment_undone, w.stands_still),
        },
        Notice::PlaceLost => w.place_lost.clone(),
        Notice::PlaceFound { due: Some(last) } => fill(&w.place_found_due, &[("due", &day(last))]),
        Notice::PlaceFound { due: None } => w.place_found.clone(),
        Notice::NotFinished => w.not_finished.clone(),
        Notice::NotReturned => w.not_returned.clone(),
        Notice::WillOutgrow { on } => fill(&w.will_outgrow, &[("day", &day(on))]),
        Notice::Outgrown => w.outgrown.clone(),
        Notice::EnrolledElsewhere => w.enrolled_elsewhere.clone(),
        Notice::ContractSent { kindergarten_kk, kindergarten_ru, conclude_by } => fill(
            &w.contract_sent,
            &[("kindergarten", &named(kindergarten_kk, kindergarten_ru)), ("conclude_by", &day(conclude_by))],
        ),
        Notice::ContractVoided { number, version, why, to_kindergarten } => {
            let w = &words(language).contract_versions;
            let sentence = if *to_kindergarten { &w.notice_kindergarten } else { &w.notice_parent };
            let (version, why) = (version.to_string(), version_reason(language, *why));
            fill(sentence, &[("number", number), ("version", &version), ("why", why)])
        }
        Notice::ContractLeft { number } => {
            fill(&words(language).contract_versions.notice_left, &[("number", number)])
        }
        Notice::Declined { kindergarten_kk, kindergarten_ru, reason } => {
            let reason = KindergartenReason::parse(reason).map_or("", |reason| reason.name(language));
            fill(
                &w.declined,
                &[("kindergarten", &named(kindergarten_kk, kindergarten_ru)), ("reason", reason)],
            )
        }
        Notice::Enrolled { kindergarten_kk, kindergarten_ru } => {
            fill(&w.enrolled, &[("kindergarten", &named(kindergarten_kk, kindergarten_ru))])
        }
        Notice::SignatureAccepted { .. } => words(language).key_check.told_accepted.clone(),
        Notice::SignatureRefused { why, .. } => {
            let why = words(language).signature.why.get(why).map_or("", String::as_str);
            fill(&words(language).key_check.told_refused, &[("why", why)])
        }
        Notice::PapersReturned { kindergarten_kk, kindergarten_ru, conclude_by } => fill(
            &words(language).papers.notice_returned,
            &[("kindergarten", &named(kindergarten_kk, kindergarten_ru)), ("conclude_by", &day(conclude_by))],
        ),
        Notice::PaperExpires { document, child, on, warning } => {
            let w = &words(language).papers;
            let document = DocumentKind::parse(document).map_or("", |kind| kind.name(language));
            let of_child = child.as_ref().map(|child| format!("{document}, {child}"));
            let document = of_child.as_deref().unwrap_or(document);
            let sentence =
                if *warning == Warning::BeforeUse { &w.notice_before_use } else { &w.notice_expires };
            fill(sentence, &[("document", document), ("day", &day(on))])
        }
        Notice::PasswordChanged => w.password_changed.clone(),
        Notice::LetterAnswered { number } => fill(&w.letter_answered, &[("number", number)]),
        Notice::PhoneMoved => w.phone_moved.clone(),
        Notice::PhoneChanged => w.phone_changed.clone(),
    }
}

/// Why a version of a contract is void, as a part of a sentence.
pub fn version_reason(language: Language, why: VersionReason) -> &'static str {
    let w = &words(language).contract_versions;
    match why {
        VersionReason::Refilled => &w.why_refilled,
        VersionReason::TermsChanged => &w.why_terms_changed,
        VersionReason::PapersReturned => &w.why_papers_returned,
    }
}

/// A day that is no working day, and the next one that is.
pub fn day_off(language: Language, day: chrono::NaiveDate, next: chrono::NaiveDate) -> String {
    let facts = [("day", &*date::long(day, language)), ("next", &date::long(next, language))];
    one_stop(fill(&words(language).families.e_day_off, &facts))
}

/// A Russian day ends in «г.»: one full stop is enough.
fn one_stop(sentence: String) -> String {
    sentence.replace("г..", "г.")
}

/// What is to be done by this day.
fn until(w: &NoticeWords, term: TermName, day: &str) -> String {
    let sentence = match term {
        TermName::Confirm => &w.until_confirm,
        TermName::Conclude => &w.until_conclude,
        TermName::Return => &w.until_return,
    };
    fill(sentence, &[("day", day)])
}

/// The text of the SMS: the guide's sentence where it gives one, else a short one with a link. No child's name, no
/// diagnosis, at most two parts.
pub fn sms(language: Language, sent: &Notice, link: &str) -> String {
    let w = &words(language).notice;
    let with_link = |sentence: &str| fill(sentence, &[("link", link)]);
    let with_day = |sentence: &str, day: &chrono::NaiveDate| {
        fill(
            sentence,
            &[("link", link), ("confirm_by", &date::short(*day)), ("conclude_by", &date::short(*day))],
        )
    };
    match sent {
        Notice::Confirmed { .. } | Notice::PasswordChanged | Notice::PhoneChanged | Notice::PhoneMoved => {
            notice(language, sent)
        }
        Notice::Rejected { doctor, .. } => fill(&w.rejected, &[("doctor", doctor)]),
        Notice::VoucherIssued { confirm_by } => with_day(&w.sms_voucher_issued, confirm_by),
        Notice::ContractSent { conclude_by, .. } => with_day(&w.sms_contract_sent, conclude_by),
        Notice::WillOutgrow { on } => {
            fill(&w.sms_will_outgrow, &[("day", &date::short(*on)), ("link", link)])
        }
        Notice::Declined { .. } => with_link(&w.sms_declined),
        Notice::PapersReturned { conclude_by, .. } => {
            with_day(&words(language).papers.sms_returned, conclude_by)
        }
        Notice::PaperExpires { on, .. } => {
            fill(&words(language).papers.sms_expires, &[("day", &date::short(*on)), ("link", link)])
        }
        Notice::Enrolled { .. } => with_link(&w.sms_enrolled),
        Notice::SignatureAccepted { .. } => with_link(&words(language).key_check.sms_accepted),
        Notice::SignatureRefused { .. } => with_link(&words(language).key_check.sms_refused),
        Notice::LetterAnswered { number } => {
            fill(&w.sms_letter_answered, &[("number", number), ("link", link)])
        }
        _ => with_link(&w.sms_act),
    }
}

/// Why a kindergarten sent a paper back.
pub fn paper_reason(language: Language, reason: PaperReason) -> &'static str {
    words(language).papers.reasons.get(reason.as_str()).map_or("", String::as_str)
}

pub fn sms_code(language: Language, code: &str) -> String {
    fill(&words(language).notice.sms_code, &[("code", code)])
}

pub fn signature(language: Language, reason: SignatureRefusal) -> &'static str {
    words(language).signature.why.get(reason.code()).map_or("", String::as_str)
}

/// The same of a key that is tried: what was signed is no contract.
pub fn tried_key(language: Language, reason: SignatureRefusal) -> &'static str {
    match reason {
        SignatureRefusal::ContentDiffers => &words(language).contract_step.other_text,
        other => signature(language, other),
    }
}

/// What is said of a contract in this step.
pub fn step(language: Language, step: Step) -> &'static StepWords {
    let w = &words(language).contract_step;
    match step {
        Step::Fill => &w.fill,
        Step::Mend => &w.mend,
        Step::Sign => &w.sign,
        Step::FamilyChecked => &w.family_checked,
        Step::Kindergarten => &w.kindergarten,
        Step::KindergartenChecked => &w.kindergarten_checked,
        Step::Concluded => &w.concluded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::notice::SMS_CHARACTERS;

    #[test]
    fn every_refused_signature_has_its_sentence() {
        for reason in SignatureRefusal::ALL {
            for language in [Language::Kk, Language::Ru] {
                assert!(!signature(language, reason).is_empty(), "{reason:?}");
            }
        }
    }

    #[test]
    fn every_reason_to_send_a_paper_back_has_its_words() {
        for reason in PaperReason::ALL {
            for language in [Language::Kk, Language::Ru] {
                assert!(!paper_reason(language, reason).is_empty(), "{reason:?}");
            }
        }
    }

    #[test]
    fn a_text_fits_two_parts_and_the_guides_sentences_stand_word_for_word() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 12, 17).unwrap();
        let garden = ("«Балбұлақ» балабақшасы".to_owned(), "Детский сад «Балбулак»".to_owned());
        let notices = [
            Notice::Confirmed { place: 1234 },
            Notice::VoucherIssued { confirm_by: day },
            Notice::VoucherLapsed { return_by: Some(day) },
            Notice::ContractSent {
                kindergarten_kk: garden.0.clone(),
                kindergarten_ru: garden.1.clone(),
                conclude_by: day,
            },
            Notice::Declined {
                kindergarten_kk: garden.0,
                kindergarten_ru: garden.1,
                reason: "papers_incomplete".into(),
            },
            Notice::WillOutgrow { on: day },
            Notice::PapersReturned {
                kindergarten_kk: "«Балбұлақ»".into(),
                kindergarten_ru: "«Балбулак»".into(),
                conclude_by: day,
            },
            Notice::PaperExpires {
                document: "form_027".into(),
                child: Some("Айша".into()),
                on: day,
                warning: Warning::First,
            },
            Notice::SignatureAccepted { to_kindergarten: false },
            Notice::SignatureRefused { why: "revoked".into(), to_kindergarten: true },
            Notice::PasswordChanged,
            Notice::PhoneMoved,
            Notice::LetterAnswered { number: "ABCDEFGHJKMN2".into() },
        ];
        for language in [Language::Kk, Language::Ru] {
            for notice in &notices {
                let text = sms(language, notice, "https://balabaqsha.kz/v/ABCDEFGHJKMN2");
                assert!(
                    text.chars().count() <= SMS_CHARACTERS,
                    "{} characters: {text}",
                    text.chars().count()
                );
                assert!(!text.contains('{'), "{text}");
            }
        }
        let rejected =
            Notice::Rejected {
                doctor: "Сейтқали Айгүл".into(), reason: "expired".into(), text: None
            };
        assert_eq!(
            sms(Language::Kk, &rejected, "x"),
            "Сіздің ваучер алу өтініміңіз қызметкер тарапынан қабылданбады: Сейтқали Айгүл"
        );
        assert_eq!(
            notice(Language::Kk, &Notice::Confirmed { place: 5 }),
            "Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: 5"
        );
    }
}
