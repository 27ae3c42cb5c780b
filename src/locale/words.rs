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
        group_below_taken, places_promised, files_closed, signature,
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
    /// The catalogue of kindergartens; the words of groups and pages everywhere.
    catalogue: Catalogue {
        title, lead, here, search_title, name, name_hint, district, kind, language, ownership, any,
        general, kazakh, russian, state, private, search, reset, found: Plural, nothing, nothing_next,
        groups, group, birth_years, born, capacity, free, of_all, no_groups, free_note, facts, address, phone,
        head, barrier_free, yes, no, how_to, how_to_text, apply, to_catalogue, pages, page_of, previous,
        next,
    }
    /// Groups and facts, as a kindergarten keeps them.
    kindergarten_admin: KindergartenAdmin {
        section, families, groups, profile, groups_lead, add_group, no_groups, no_groups_next, enrolled,
        held, edit, new_title, edit_title, group_name, group_name_hint, kind_hint, born_from, born_to,
        capacity, capacity_hint, years_range, years_order, years_too_many, capacity_range, taken_note,
        close_title, close_text, close_taken, profile_lead, address_kk, address_ru, phone_hint,
        phone_wrong, barrier_free,
    }
    /// The operator's pages; roles and deeds by their codes.
    operator: OperatorWords {
        section, title, kindergartens, staff, queue, journal, waiting, vouchers, reviews, undelivered,
        undelivered_note, queues_caption, no_queues, no_queues_next, open_queue, queue_title, stage, show,
        families_caption, place, line, handle, number, submitted, since, no_families, no_families_next,
        add_kindergarten, new_kindergarten, edit_kindergarten, no_kindergartens_next, kinds, bin, bin_hint,
        bin_wrong, bin_taken, bin_unknown, name_kk, name_ru, add_staff, add_staff_here, new_staff,
        new_staff_lead, role, all_roles, roles: BTreeMap<String, String>, person, iin, iin_wrong,
        iin_unknown, phone, phone_hint, phone_wrong, phone_other, kindergarten_bin, kindergarten_bin_hint,
        kindergarten, no_staff, no_staff_next, active, disabled, account, no_password, roles_caption,
        granted, remove_role, disable_title, disable_text, disable, enable_text, enable, oneself,
        journal_lead, journal_caption, at, who, deed, facts, number_wrong, no_lines, no_lines_next,
        all_lines, deeds: BTreeMap<String, String>,
    }
}
