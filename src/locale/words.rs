//! The typed catalogue: `locales/kk.json` and `locales/ru.json` must fill every field and may have no other.
//! A template that names a wrong word does not compile.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::count::Plural;

/// Declares the sections of the catalogue; a key is a text unless its type says otherwise.
macro_rules! words {
    ($($(#[$doc:meta])* $section:ident: $name:ident { $($key:ident $(: $kind:ty)?),* $(,)? })*) => {
        /// All words of one language.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words { $($(#[$doc])* pub $section: $name,)* }

        $(
            $(#[$doc])*
            #[derive(Debug, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $(pub $key: words!(@kind $($kind)?),)* }
        )*
    };
    (@kind) => { String };
    (@kind $kind:ty) => { $kind };
}

words! {
    /// The frame of every page.
    layout: Layout {
        brand, skip, sandbox, city, menu, register, sign_in, sign_out, cabinet, children, applications, doctor,
        kindergarten, operator, notices, catalogue, contact_center, contact_center_whatsapp, policy, home,
    }
    /// Parts of forms.
    form: FormWords {
        mistakes, required, too_long, forbidden_characters, choose, password_again, password_again_hint,
        password_wrong, optional, send, save, back, number_wrong, date_wrong,
    }
    /// Counted nouns.
    counts: Counts { working_days: Plural, days: Plural, places: Plural, years: Plural, families: Plural, minutes: Plural }
    /// Banners after a deed.
    done: Done {
        password_saved, child_added, signed_out, phone_changed, sessions_ended, language_saved, saved, staff_added,
        group_saved, kindergarten_saved, round_done, decided, contract_sent, declined, signed, wishes_saved,
    }
    /// The ten stages (`rules.md` §4).
    stage: StageWords {
        awaiting_review, queued, voucher_issued, voucher_confirmed, awaiting_contract, awaiting_parent_signature,
        awaiting_kindergarten_signature, enrolled, on_stop_list, archived,
    }
    /// The error page.
    errors: Errors {
        way_out, reference, not_found, not_found_text, forged, forged_text, malformed, malformed_text,
        method, method_text, too_large, too_large_text, unsupported, unsupported_text, conflict, too_often, too_often_text,
        silent, silent_text, silent_registry, silent_pmpk, silent_sms, no_room, no_room_text, broken, broken_text, misdirected, misdirected_text,
    }
    /// Every "no" of the rules; facts in braces.
    refusal: RefusalWords {
        not_in_this_stage, term_passed, term_not_over, term_stands_still, not_the_last_day, already_extended,
        return_spent, conclusion_not_there, calendar_unknown, live_application_exists, child_enrolled, child_too_old,
        no_free_place, held_for_others, not_suitable, declined_before, voucher_exists, contract_changed,
        group_below_taken, files_closed, signature,
    }
    /// Notices: what stands in the cabinet, and the text of the SMS.
    notice: NoticeWords {
        confirmed, rejected, rejected_more, conclusion_received, conclusion_unknown, voucher_issued, voucher_lapsed,
        voucher_lapsed_final, term_moved, not_finished, not_returned, outgrown, enrolled_elsewhere, contract_sent,
        declined, enrolled, password_changed, phone_moved, phone_changed, sms_code, sms_voucher_issued, sms_act,
        sms_contract_sent, sms_declined, sms_enrolled,
        state_queued, state_sent, state_delivered, state_failed,
    }
    /// Why a signature was not accepted, by `SignatureRefusal::code`.
    signature: SignatureWords { why: BTreeMap<String, String> }
    /// Registration, and the fields recovery shares with it.
    register: Register {
        title, crumb, path, steps, step_sms, step_password, phone, phone_hint, iin, iin_hint, consent,
        consent_policy, send_code, have_account, phone_malformed, phone_foreign, phone_not_mobile,
        iin_digits, iin_check, iin_date, consent_needed, too_young,
    }
    /// The page of an SMS code.
    code: CodeWords {
        label, hint, sent_if_yours, sent, lives, again_hint, again_at, again, wrong, start_over,
        sign_in_title, sign_in_lead, phone_title,
    }
    /// The page on which a password is chosen.
    password: PasswordWords {
        your_data, surname, name, patronymic, sex, male, female, birth_on, intro, first, second, rule,
        save, differs, common, context, nul,
    }
    /// Sign-in.
    login: Login {
        title, login, password, enter, wrong, no_phone, forgot, no_account,
    }
    /// Recovery of the password.
    recover: Recover {
        title, lead,
    }
    /// The account's own affairs.
    profile: ProfileWords {
        title, iin, phone, phone_none, phone_title, phone_new, phone_password, password_title,
        password_old, password_new, password_note, language_title, language_kk, language_ru,
        sessions_title, session_since, session_seen, session_this, session_unknown, session_end,
        sessions_end_others, roles_title, role, role_parent, role_doctor, role_operator,
        role_kindergarten, role_switch,
    }
    /// Children and adding one.
    children: ChildrenWords {
        title, none, add, iin, iin_hint, check, found, found_lead, save, another, district,
        district_hint, district_needed, apply, not_preschool, already_added, not_found,
    }
    /// The policy on users' data.
    policy_page: PolicyPage {
        title, version, what_title, what, why_title, why, who_title, who, public_title, public,
        rights_title, rights,
    }
    /// The front page.
    home_page: HomePage {
        title, lead, steps_title, step_1, step_2, step_3, step_4, step_5, sections, queue, queue_text,
        catalogue, catalogue_text, statistics, statistics_text, feedback, feedback_text,
    }
}
