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

/// A step of the road on the page of rules: its rules in the order of their keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleStep {
    pub title: String,
    pub rules: BTreeMap<String, String>,
}

/// What a status means, what to do in it, and who acts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusWords {
    pub meaning: String,
    pub act: String,
    pub who: String,
}

/// What a setting is called, and what it means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingWords {
    pub name: String,
    pub about: String,
}

/// A contract in one of its steps: in short, what it means for the applicant and for the other representative, its link
/// there, what it means for the kindergarten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepWords {
    pub title: String,
    pub now: String,
    pub other: String,
    pub link: String,
    pub kindergarten: String,
}

/// A part of a long text: a heading and its paragraphs in the order of their keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    pub title: String,
    pub text: BTreeMap<String, String>,
}

words! {
    /// The frame of every page.
    layout: Layout {
        brand, skip, sandbox, city_now, city_change, city_not_opened, portal, about, open_data, menu, close, register, sign_in, sign_out, cabinet, children, applications, doctor,
        kindergarten, operator, notices, catalogue, contact_center, contact_center_whatsapp, policy, home,
    }
    /// Parts of forms.
    form: FormWords {
        mistakes, required, too_short, too_long, forbidden_characters, choose, password_again, password_again_hint,
        password_wrong, optional, send, save, back, number_wrong,
    }
    /// Counted nouns.
    counts: Counts { working_days: Plural, days: Plural, places: Plural, years: Plural, families: Plural, minutes: Plural, hours_a_week: Plural }
    /// Banners after a deed.
    done: Done {
        password_saved, child_added, signed_out, phone_changed, sessions_ended, language_saved, saved, staff_added,
        group_saved, kindergarten_saved, round_done, decided, contract_sent, declined, signed, wishes_saved,
        letter_answered, letter_taken, question_published, question_withdrawn, banner_saved, banner_withdrawn,
        calendar_saved, outage_declared, outage_ended, outage_withdrawn,
        photo_added, photo_removed, setting_saved, round_changed, round_nothing, signature_waits, contract_changed, contract_stays,
    }
    /// How a place in the queue moved.
    place: PlaceWords {
        title, lead, today, none, whole, chart_about, chart_line, ahead_confirmed: Plural, ahead_returned: Plural,
        ahead_voucher_issued: Plural, ahead_withdrawn: Plural, ahead_outgrown: Plural, ahead_enrolled_elsewhere: Plural,
        joined_submitted, joined_confirmed, joined_returned, left_voucher_issued, left_withdrawn, left_outgrown,
        left_enrolled_elsewhere,
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
        no_free_place, held_for_others, not_suitable, declined_before, voucher_exists, contract_changed, family_signs_first, family_left,
        group_below_taken, places_promised, files_closed, no_phone, already_answered, outage_over, signature,
    }
    /// Notices: what stands in the cabinet, and the text of the SMS.
    notice: NoticeWords {
        confirmed, rejected, rejected_more, conclusion_received, conclusion_unknown, voucher_issued, voucher_lapsed,
        voucher_lapsed_final, term_moved, not_finished, not_returned, will_outgrow, outgrown, enrolled_elsewhere, contract_sent,
        declined, enrolled, password_changed, phone_moved, phone_changed, sms_code, sms_voucher_issued, sms_act,
        sms_contract_sent, sms_declined, sms_enrolled, sms_will_outgrow, letter_answered, sms_letter_answered,
        lengthened_calendar, lengthened_outage, until_confirm, until_conclude, until_return, annulment_undone, stands_still,
        place_lost, place_found, place_found_due, state_kept, state_queued, state_sent, state_delivered, state_failed,
    }
    /// The page of notices.
    notices: NoticesWords { none, mark_read, unread, to_application, to_letters }
    /// Why a signature was not accepted, by `SignatureRefusal::code`.
    signature: SignatureWords { why: BTreeMap<String, String> }
    /// What needs doing now.
    cabinet: CabinetWords {
        title, to_do, nothing, no_children, no_applications, add_child, apply, open, in_progress, spent,
    }
    /// «Менің өтініштерім».
    applications: ApplicationsWords {
        title, add, empty, number, child, queue_type, submitted, status, term, other_parent,
    }
    /// The application form and its receipt.
    apply: ApplyWords {
        title, lead, queue_type, special, general, child, add_child, no_children, correction_type,
        correction_hint, narrow, conclusion, conclusion_lead, conclusion_file,
        conclusion_number, conclusion_number_hint, file_kept, region, kindergartens, kindergartens_hint,
        wish, wish_more, none_serves, choose_type_first, language, language_kk, language_ru, consent, send, e_queue,
        e_child, e_type, e_conclusion, e_number_unknown, e_number_shape, e_other_type, e_expired, e_wish,
        e_wish_twice, e_wish_serves, e_language, e_consent, e_file_empty, e_file_large, e_file_kind,
        e_file_damaged, e_file_pages, e_file_pixels, receipt_title, receipt_number, receipt_keep,
        receipt_next, receipt_next_special, receipt_next_general, receipt_awaited, receipt_open, wishes_title,
        wishes_lead,
    }
    /// The page of one application.
    case: CaseWords {
        number, status, since, place, place_how, place_first, handle, submitted, child, queue_type,
        correction_type, language, wishes, conclusion, conclusion_waiting, conclusion_from_registry,
        voucher, kindergarten, group, enrolled_on, reason, doctor, what_now, now_awaiting_review,
        now_queued, now_voucher_issued, now_voucher_confirmed, now_awaiting_contract,
        now_on_stop_list,
        now_on_stop_list_final, now_archived, kindergarten_by, kindergarten_late, outgrows, stop_list_until, confirm_by, conclude_by, return_by, not_before, over, left,
        whole_day, go_voucher, go_choose, withdraw, withdraw_title,
        withdraw_cost, withdraw_yes, r#return, take_back, take_back_text, take_back_contract, take_back_yes, only_applicant, road, facts, step_review,
        step_queue, step_voucher, step_choice, step_contract, step_enrolled, change_wishes,
    }
    /// Confirming, refusing, extending.
    voucher: VoucherWords {
        title, lead, if_confirm, if_confirm_text, if_refuse, if_refuse_text, if_silent, if_silent_text,
        confirm, refuse, refuse_title, refuse_yes, extend, extended,
    }
    /// Choosing a kindergarten.
    choose: ChooseWords {
        title, lead, none, wish, free, no_free, declined, choose, choose_named, held, held_text, kept, kept_text,
        other_language, other_years,
    }
    /// Filling in and signing.
    contract: ContractWords {
        title, fill_title, fill_lead, from, starts_on, fee, address, address_hint, documents,
        if_any, use_held, attached, e_document, e_address, e_letters, fill, refill,
        ready_lead, open_pdf, hash, sign, sign_browser, sign_browser_title, sign_browser_text, sign_file_title,
        sign_file_text, signature_file, send, e_signature, signed_by_parent, signed_by_kindergarten,

    }
    /// The doctor's pages.
    review: ReviewWords {
        title, count, empty, number, submitted, kind, age, conclusion, there, not_there, data, child, iin,
        birth, source_upload, source_registry, conclusion_number, issued, valid_until, conclusion_type,
        type_differs, expired, open_file, waiting, unknown, suspect, confirm, reject, reject_title, reject_lead,
        reason, text, text_hint, e_reason, e_text, decided,
    }
    /// The kindergarten's families.
    families: FamiliesWords {
        title, lead, empty, child, birth, group, status, since, parent, phone, iin,
        voucher, send_title, send_lead, starts_on, fee, fee_hint, send, decline, decline_title,
        decline_lead, reason, e_reason, starts_on_hint, e_starts_on, e_day_off, e_fee, papers, sign_lead, act_by, late, act_by_text, late_text,
    }
    /// Registration, and the fields recovery shares with it.
    register: Register {
        title, crumb, path, steps, step_sms, step_password, phone, phone_hint, iin, iin_hint, consent,
        consent_policy, send_code, have_account, phone_malformed, phone_foreign, phone_not_mobile,
        iin_digits, iin_check, iin_date, consent_needed, too_young,
    }
    /// The page of an SMS code.
    code: CodeWords {
        label, hint, sent_if_yours, sent, lives, again_hint, again_at, again_wait, again, wrong, start_over,
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
    policy_page: PolicyPage { title, version, lead, contents, chapters: BTreeMap<String, Chapter> }
    /// How far the portal can be used by everybody, and where not yet.
    accessibility_page: AccessibilityPage { title, as_of, lead, report, chapters: BTreeMap<String, Chapter> }
    /// Feedback: letters of the public, and the questions answered for all.
    feedback: FeedbackWords {
        title, lead, form_title, form_lead, beside, e_topic, e_reply, topic, topics: BTreeMap<String, String>, text, text_hint,
        application, application_hint, number_wrong, reply, replies: BTreeMap<String, String>, phone, phone_hint,
        website, website_filled, too_fast, personal, follow_title, follow_short, follow_lead, follow_button, number,
        number_hint, found_title, unknown, not_yet, state, states: BTreeMap<String, String>, received, answered_at,
        answer, sent_title, sent_lead, sent_keep, sent_next, mine_title, mine_none, write, questions, no_questions,
    }
    /// The operator's side of feedback.
    letters: LettersWords {
        section, any, none, caption, letter, language, age, today, no_application, take, take_text, answer_title,
        answer_hint, answer, publish_title, publish_text, publish_from, questions, no_questions,
        questions_caption, question, changed, on, off, new_question, edit_question, personal_warning, question_kk,
        question_ru, question_hint, answer_kk, answer_ru, publish, withdraw_title, withdraw_text, withdraw,
    }
    /// Rounds and their protocols.
    rounds: RoundWords {
        section, title, lead, none, caption, at, queue, how, by_itself, by_hand, free, issued, passed_over,
        kept_back, reseated, unseated, one_title, places_title, places_none, vouchers_out,
        waiting, order_title, order_lead, order_caption, ordinal, outcome, why, kept, has_voucher,
        no_language, no_birth_year, declined, taken, private, under_review, dry_title, dry_crumb, dry_lead,
        dry_nothing, dry_unknown, hold, public_title, public_lead, hidden, handle_search, handle_button,
        handle_missing,
    }
    /// Notices of the system, above every page.
    banners: BannerWords {
        region, section, title, lead, all, none, new, kind, info, warning, text, text_kk, text_ru, from, to,
        moment_hint, moment_wrong, order, past, add, withdraw, withdrawn, in_force, to_come, over,
    }
    /// The calendar of working days, and outages.
    clock: ClockWords {
        calendar_section, outages_section, calendar_title, calendar_lead, years, months_title, legend, year_unknown,
        days_title, day, day_wrong, name, kind, kind_hint, kind_plain, name_kk, name_ru, estimated, change, add_day,
        day_title, day_lead, import, import_title, import_lead, file, csv, csv_hint, csv_unreadable, csv_empty,
        csv_names, csv_line, csv_fields, csv_date, csv_weekday, csv_kind, csv_name, csv_estimated, csv_twice,
        csv_heading, export, versions_title, version, made_at, made_by, reason, reason_hint, shipped, looked_at,
        to_newest, show_effect, save, changed_meanwhile, nothing_changes, effect_title, effect_none, effect_moved,
        effect_term, effect_was, effect_now, effect_families, effect_kept, effect_undone, effect_left, still,
        term_confirm, term_conclude, term_return, outages_title, outages_lead, outages_all, outages_none,
        outage_text, outage_from, outage_to, outage_days_hint, outage_to_hint, outage_order, outage_far, text_kk,
        text_ru, text_hint, outage_stands, outage_to_come, outage_over, declare_title, declare, outage_end,
        outage_end_title, outage_end_hint, outage_title, outage_withdraw, outage_withdraw_title, outage_withdraw_text,
        outage_withdrawn,
        weekdays_short: BTreeMap<String, String>,
    }
    /// Terms and limits, as the operator sets them.
    settings: SettingsWords {
        section, title, lead, setting, value, since, next, planned, group_voucher, group_stop_list, group_review,
        group_ages, group_limits, change, keep, new_value, bounds, from, from_hint, reason, reason_hint, day_wrong,
        day_past, day_far, same, contradicts, history, no_history, who, in_force, to_come, over, working_days,
        calendar_days, yes, no, megabytes, hours: Plural, seconds: Plural, times: Plural,
        names: BTreeMap<String, SettingWords>,
    }
    /// How the last day of a term came about.
    term: TermWords {
        title, link, none, back, start_notice, start_confirmed, start_lapsed, counted, counted_day, counted_days,
        extended, weekend, holiday, kindergarten, outage, no_place, last, kept, from_then, still, stands,
        still_kindergarten, still_outage, still_no_place, check, still_check, not_before, why_window,
        why_accepted, why_waiting, rule, picture, weekdays: BTreeMap<String, String>, key_counted, key_off, key_paused, key_last, ics,
        ics_summary_confirm, ics_summary_conclude, ics_summary_return, ics_text, ics_alarm,
    }
    /// Every rule in plain language.
    rules_page: RulesPage {
        title, lead, as_of, contents, steps: BTreeMap<String, RuleStep>, counting, counting_1, counting_2, counting_3,
        counting_4, counted_title, counted_lead, line_start, line_counted, line_weekend, examples, example_day,
        not_before, days_off, days_off_caption, no_calendar, day, day_name, day_kind, kind_working, kind_moved,
        kind_holiday, kind_observed, kind_rest, estimated, statuses_title, statuses_caption, status, meaning, act, who,
        statuses: BTreeMap<String, StatusWords>, values_title, values_lead, value_name, value, since, since_start,
        weekdays: BTreeMap<String, String>, ask,
    }
    /// The front page.
    home_page: HomePage {
        title, lead, steps_title, step_1, step_2, step_3, step_4, step_5, sections, queue, queue_text,
        catalogue, catalogue_text, statistics, statistics_text, feedback, feedback_text, today, waiting, issued,
        free_general, free_special, free_by_type, all_free,
    }
    /// Which city.
    city_choice: CityChoice { title, city, hint, pick, locate, locate_failed, found, found_none, not_yet }
    /// The printed slip.
    slip: SlipWords { title, lead, print, as_of, qr, note, open }
    /// The catalogue of kindergartens; the words of groups and pages everywhere.
    catalogue: Catalogue {
        title, lead, here, search_title, name, name_hint, district, kind, language, ownership, any,
        general, kazakh, russian, state, private, search, reset, found: Plural, nothing, nothing_next,
        groups, group, birth_years, born, capacity, free, of_all, no_groups, free_note, address, phone,
        head, barrier_free, yes, no, how_to, how_to_text, apply, to_catalogue, pages, page_of, previous,
        next, born_in, born_in_hint, only_free, free_for, free_for_anybody, for_child, more_filters, filters_set, remove_filter,
        counted: Plural, sort, sort_name, sort_district, sort_free, sort_near, near_title, near_what, near_centre, near_own,
        near_show, near_me, near_failed, distance, map, map_title, map_legend_free, map_legend_none, map_legend_count,
        map_spot, map_detailed, map_schematic, map_closer, map_further, map_place, map_from, failed,
        places, places_of, free_of, therapists, no_therapists, access, no_access, photos, no_photos, place, way, no_way,
        lately, lately_text, lately_here, lately_city, lately_few,
    }
    /// Groups and facts, as a kindergarten keeps them.
    kindergarten_admin: KindergartenAdmin {
        section, families, groups, profile, groups_lead, add_group, no_groups, no_groups_next, enrolled,
        held, edit, new_title, edit_title, group_name, group_name_hint, kind_hint, born_from, born_to,
        capacity, capacity_hint, years_range, years_order, years_too_many, capacity_range, taken_note,
        close_title, close_text, close_taken, profile_lead, address_kk, address_ru, phone_hint,
        phone_wrong, barrier_free, where_is, position, position_hint, position_wrong, position_far, directions_kk, directions_ru,
        directions_hint, other_language, accessibility, therapists, therapists_hint, hours_wrong, photos, photos_lead,
        no_photos, photo, photo_hint, photo_needed, photo_kind, photo_most, photo_full, alt_kk, alt_ru, alt_hint, photo_add, photo_add_title, photo_remove,
        unseats_title, unseats_lead, unseats_caption, unseats_yes, unseats_no,
    }
    /// The operator's pages; roles and deeds by their codes.
    operator: OperatorWords {
        section, title, kindergartens, staff, queue, journal, waiting, vouchers, reviews, undelivered,
        undelivered_note, queues_caption, no_queues, no_queues_next, open_queue, queue_title, stage, show,
        families_caption, place, line, handle, number, submitted, since, no_families, no_families_next,
        add_kindergarten, new_kindergarten, edit_kindergarten, no_kindergartens_next, kinds, bin, bin_hint,
        bin_wrong, bin_taken, bin_unknown, name_kk, name_ru, add_staff, add_staff_here, new_staff,
        new_staff_lead, role, all_roles, roles: BTreeMap<String, String>, person, iin, iin_unknown, phone, phone_hint, phone_taken, phone_other, kindergarten_bin, kindergarten_bin_hint,
        kindergarten, no_staff, no_staff_next, active, disabled, account, no_password, roles_caption,
        granted, remove_role, disable_text, disable, enable_text, enable, oneself,
        journal_lead, journal_caption, at, who, deed, facts, number_wrong, no_lines, no_lines_next,
        all_lines, deeds: BTreeMap<String, String>, late, late_lead, late_none, late_none_next, late_step, late_due,
        late_by, late_open, late_note, late_answer, late_signature,
    }
    /// The public queue, the figures, how to reach people.
    city_pages: CityPages { caption, queue, waiting, free, empty, feedback_number }
    /// The order of the queues as everybody sees it, and one's own status by the number of the receipt.
    public_queue: PublicQueue {
        lead, waiting_now, how_title, how_order, how_vouchers, how_hidden, columns_title, columns_place,
        columns_handle, columns_submitted, columns_status, place, handle, submitted, status, order_caption,
        handle_search, handle_field, handle_hint, handle_button, handle_here, handle_missing, not_shown,
        also, find_title, find_lead, find_number, find_hint, find_button, find_wrong, find_private,
        found_title, found_number, found_more, unknown_title, unknown_text, find_again,
    }
    /// The ledger: what everybody may check, and the receipt of one application.
    ledger: LedgerWords {
        title, lead, why_title, why_order, why_chain, why_private, newest, number, at, hash, roots, roots_about, caption,
        day, entries, last, root, none, check_title, check_own, check_take, check_run, machine,
        receipt_title, receipt_lead, receipt_handle, receipt_number, receipt_hash, receipt_soon, receipt_before,
        receipt_unlinked, receipt_how, receipt_find, receipt_day, receipt_salt, receipt_salt_about, receipt_more, receipt_slip,
        alarm, alarm_chain, alarm_event, alarm_anchor, alarm_live, alarm_do,
    }
    /// The figures, each with its definition.
    statistics: StatisticsWords {
        lead, hidden_note, fewer, hidden, table, csv, json, month, now,
        queue_length, queue_length_about, general, special,
        vouchers, vouchers_about, issued, confirmed, lapsed,
        waiting_time, waiting_time_about, kind, general_kind, median, nine_of_ten,
        places, places_about, district, capacity, free,
        review_time, review_time_about,
    }
    /// Free places now, and the open data.
    bulletin: BulletinWords {
        title, lead, filters, caption, kindergarten, found: Plural, nothing, nothing_next, data_title, data_text,
        data_free, data_kindergartens, data_queues, data_statistics, data_openapi,
    }
    /// Trying a key before it is needed; signatures that wait for their check.
    key_check: KeyCheckWords {
        title, lead, what_signed, text, open_text, send, result, result_good, result_look, result_bad,
        another, mark_good, mark_look, mark_bad, holder, term, term_good, term_soon, person, person_good,
        person_good_bin, purpose, purpose_good, authority, authority_good, revocation, revocation_good,
        revocation_silent, waits, waits_own, waits_other_parent, waits_other_kindergarten, refused_own,
        told_accepted, told_refused, mark_unknown, person_unknown, holder_said, sms_accepted, sms_refused,
    }
    /// The family's wallet of papers, and papers sent back to be corrected.
    papers: Papers {
        title, lead, own, upload, change, tag_missing, tag_there, tag_over, tag_soon, tag_before_use,
        issued_text, expires_text, file, file_other, files_hint, issued, issued_hint, expires,
        expires_always, expires_if_any, remove_title, remove_text, remove, e_file, e_date, e_issued_later, e_issued_long_ago,
        e_expiry_needed, e_expiry_before_issue, e_expiry_too_far, e_expired, e_large_any, e_heic, e_active, e_encrypted, e_costly, done_saved,
        done_removed, done_returned, notice_returned, notice_expires, notice_before_use,
        sms_returned, sms_expires, sent_back, you_sent_back, tag_returned, back, back_replace, back_replaced, back_attach, return_title, return_lead,
        return_choose, return_reason, return_good, return_comment, return_button, e_return, e_return_reason,
        e_return_comment, missing_files, reasons: BTreeMap<String, String>,
    }
    /// Versions of a contract: which counts, which are void and why.
    contract_versions: ContractVersionWords {
        notice_parent, notice_kindergarten, notice_left, why_refilled, why_terms_changed, why_papers_returned, why_left, title,
        version, now, void_since, not_filled, awaits_parent, awaits_kindergarten, in_force, void, open_text,
        change_signed, terms_title, terms_lead, terms_button, package, package_lead, check_link,
        lost_by, lost, changes, what, was, is_now, no_paper, new_paper,
    }
    /// The plain report in the package of a signed contract.
    contract_package: ContractPackageWords {
        title, contract, hash, parent, kindergarten, name, bin, roles, algorithm, serial, chain, not_after,
        signed_at, received_at, revocation, revocation_good, revocation_unchecked, files, how, time,
    }
    /// The page where anybody checks a contract and its signatures.
    check: CheckWords {
        title, lead, privacy, document, document_hint, signature, signature_hint, button, again, e_nothing,
        e_large, e_document, e_archive, e_signature, asked_title, unknown, unknown_text, unknown_document, in_force_title,
        in_force_text, void_title, void_text, unsigned_title, unsigned_text, number, version, standing, hash,
        parent_signed, kindergarten_signed, void_since, compare, result_title, document_title, signers_title,
        summary_good, summary_unknown, summary_others, summary_open, summary_bad, summary_none, of_nobody, no_name, role, organisation, algorithm, signed_at, time_stamp,
        good, bad, file_title, unchecked, point_document, point_signature, point_chain, point_dates,
        point_revocation, point_use, yes, no, not_asked, roles: BTreeMap<String, String>, judged_at, why_document,
        why_no_document, why_signature, why_chain, why_dates, why_revocation, why_use, why_unread,
    }
    /// The kindergarten signs many contracts in one go.
    sign_many: SignManyWords {
        title, lead, none, tick, choose, caption, child, contract, hash, state, open, browser_title, browser_text,
        browser_button, files_title, files_text, files, send, e_files, result_title, result, signed, signed_before,
        no_signature, gone, back, text_sending, text_done, text_lost, e_chosen, file, no_name, not_taken, strays_title,
        phone_title, phone_text, phone_text_most, phone_button, phone_step, phone_opened, phone_cancelled, phone_checking,
        phone_line_checking, phone_waits, phone_over, phone_list,
        other_document,
    }
    /// The conversation with NCALayer: its states, and what to do in each.
    ncalayer: NcalayerWords {
        connecting, permission, asking, asking_parent, asking_organisation, asking_behind, asking_time, asking_nothing,
        sending, not_running, start_it, install, other_way, stranger, restart, cancelled, again, wrong_key,
        wrong_password, wrong_parent, wrong_organisation, lost, old, update, failed, code, no_document, reload,
    }
    /// Signing with eGov mobile, on the page and on the phone.
    phone_signing: PhoneSigningWords {
        title, offer_title, offer_text, offer_button, password, show, lead, step_open, step_scan, step_sign, step_back,
        code, until, check, same_phone, open_app, opened, cancelled_title, cancelled, checking, over, replaced, refused,
        again, back, contract_changed, not_awaited, e_unknown, e_over, e_used, e_malformed, e_replaced, e_too_large, e_some,
        organisation, document, documents, document_numbered,
    }
    /// The facts of the journal by their names, and the codes that stand beside some of them.
    journal: JournalWords {
        yes, no, facts: BTreeMap<String, String>, values: BTreeMap<String, BTreeMap<String, String>>,
    }
    /// What a contract waits for, wherever it is spoken of; and what a family keeps of its contracts.
    contract_step: ContractStepWords {
        fill: StepWords, mend: StepWords, sign: StepWords, family_checked: StepWords, kindergarten: StepWords,
        kindergarten_checked: StepWords, concluded: StepWords, other_signature, with_version, past_title, past_lead,
        past_link, kept, expires_always, expires_if_any, sign_file_organisation, to_papers, other_text, drop,
        changed_meanwhile,
    }
}
