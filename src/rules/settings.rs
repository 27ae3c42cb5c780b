//! Terms and limits that the law, the guide or the operator set. Each is a row of `settings` with the moment from
//! which it holds; these are the defaults, and the bounds outside of which a value is nonsense.
use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::calendar::Calendar;

/// What a value is counted in, or which of two ways it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    WorkingDays,
    Days,
    Years,
    Hours,
    Minutes,
    Seconds,
    Times,
    Megabytes,
    Tenge,
    /// 0 working days, 1 calendar days.
    KindOfDays,
    /// 0 no, 1 yes.
    YesNo,
}

/// Settings that an operator looks at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingGroup {
    Voucher,
    StopList,
    Review,
    Ages,
    Limits,
}

impl SettingGroup {
    pub const ALL: [Self; 5] = [Self::Voucher, Self::StopList, Self::Review, Self::Ages, Self::Limits];
}

/// A setting as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub default: u32,
    pub group: SettingGroup,
    pub unit: Unit,
    /// What a value may be.
    pub bounds: RangeInclusive<u32>,
}

impl Setting {
    pub fn of(name: &str) -> Option<&'static Setting> {
        Settings::ALL.iter().find(|setting| setting.name == name)
    }
}

/// Declares the settings, their defaults, groups, units, bounds and names at once.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident = $default:literal, $group:ident, $unit:ident, $bounds:expr;)*) => {
        /// The settings in force at one moment.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings { $($(#[$doc])* pub $name: u32,)* }

        impl Default for Settings {
            fn default() -> Self { Self { $($name: $default,)* } }
        }

        impl Settings {
            pub const ALL: &'static [Setting] = &[$(Setting {
                name: stringify!($name),
                default: $default,
                group: SettingGroup::$group,
                unit: Unit::$unit,
                bounds: $bounds,
            },)*];

            /// Puts one row over the default; an unknown name is left alone.
            pub fn set(&mut self, name: &str, value: u32) {
                match name { $(stringify!($name) => self.$name = value,)* _ => {} }
            }

            pub fn get(&self, name: &str) -> Option<u32> {
                match name { $(stringify!($name) => Some(self.$name),)* _ => None }
            }
        }
    };
}

settings! {
    /// Working days to confirm interest in a voucher (guide: "2 жұмыс күні ішінде").
    confirm_days = 2, Voucher, WorkingDays, 1..=30;
    /// Working days to choose a kindergarten and conclude the contract (guide: "5 жұмыс күні бар").
    conclude_days = 5, Voucher, WorkingDays, 1..=60;
    /// Days of the one extension (guide: "тағы 2 күнге ұзартуға"), in `extension_unit`.
    extension_days = 2, Voucher, WorkingDays, 1..=30;
    /// What the extension is counted in (decided: working days).
    extension_unit = 0, Voucher, KindOfDays, 0..=1;
    /// The family's term stands still while the kindergarten holds the case (decided).
    pause_kindergarten = 1, Voucher, YesNo, 0..=1;
    /// Every term stands still while the portal is down as the operator declared it (decided).
    pause_outage = 1, Voucher, YesNo, 0..=1;
    /// Working days a kindergarten has for each of its steps; then the operator is alarmed.
    kindergarten_step_days = 3, Voucher, WorkingDays, 1..=30;
    /// Calendar days to return from the stop list (decided, after the national rule).
    stop_list_days = 28, StopList, Days, 1..=365;
    /// A child is of preschool age until this birthday, in years.
    child_under_years = 7, Ages, Years, 4..=10;
    /// Days before 1 September of the school year on which the family is warned first …
    outgrown_first_notice_days = 60, Ages, Days, 1..=300;
    /// … and for the second time.
    outgrown_second_notice_days = 30, Ages, Days, 1..=300;
    /// The youngest age, in years, of a parent or legal representative with an account.
    adult_from_years = 16, Ages, Years, 14..=21;
    /// A key that ends within so many days may be out of date when the contract is signed: the page that tries keys says so.
    key_warning_days = 30, Limits, Days, 1..=365;
    /// Minutes an SMS code lives.
    code_minutes = 5, Limits, Minutes, 1..=60;
    /// Seconds until a new code can be asked for (guide: "60 секунд").
    code_again_seconds = 60, Limits, Seconds, 10..=600;
    /// Registration and recovery codes per phone in an hour.
    code_phone_hour = 3, Limits, Times, 1..=100;
    /// Registration and recovery codes per phone in a day.
    code_phone_day = 5, Limits, Times, 1..=500;
    /// Registration and recovery codes per IIN in an hour.
    code_iin_hour = 5, Limits, Times, 1..=100;
    /// Codes of every kind per network address in an hour.
    code_address_hour = 10, Limits, Times, 1..=1_000_000;
    /// Sign-in codes per account in an hour.
    sign_in_code_hour = 10, Limits, Times, 1..=100;
    /// Sign-in codes per account in a day.
    sign_in_code_day = 40, Limits, Times, 1..=500;
    /// Wrong passwords per account and unknown browser in an hour.
    password_account_hour = 10, Limits, Times, 1..=100;
    /// Sign-in attempts per network address in an hour.
    sign_in_address_hour = 60, Limits, Times, 1..=1_000_000;
    /// Checks of a child's IIN per account in an hour.
    child_check_hour = 5, Limits, Times, 1..=100;
    /// Lookups of a case by its number per network address in an hour.
    lookup_address_hour = 30, Limits, Times, 1..=1_000_000;
    /// Seconds from showing the feedback form to sending it; only machines are faster.
    letter_seconds = 3, Limits, Seconds, 0..=60;
    /// Letters per network address in an hour.
    letter_address_hour = 20, Limits, Times, 1..=1_000_000;
    /// Letters per browser in an hour.
    letter_browser_hour = 5, Limits, Times, 1..=100;
    /// Letters with an answer to one phone number in a day.
    letter_phone_day = 3, Limits, Times, 1..=100;
    /// Minutes after which the password is asked again before signing, refusing, withdrawing, changing the phone.
    password_again_minutes = 30, Limits, Minutes, 1..=1440;
    /// Days a parent's session lives unused.
    parent_idle_days = 7, Limits, Days, 1..=30;
    /// Days a parent's session lives in all.
    parent_session_days = 30, Limits, Days, 1..=30;
    /// Minutes a staff session lives unused.
    staff_idle_minutes = 30, Limits, Minutes, 5..=480;
    /// Hours a staff session lives in all.
    staff_session_hours = 12, Limits, Hours, 1..=24;
    /// Hours a draft's file is kept.
    draft_hours = 24, Limits, Hours, 1..=720;
    /// Hours for which stored files stay closed after a recovery by SMS alone.
    recovery_hold_hours = 24, Limits, Hours, 0..=720;
    /// The largest PDF, in megabytes.
    upload_megabytes = 10, Limits, Megabytes, 1..=10;
    /// The largest picture of a paper, in megabytes: phones make large ones, and they are drawn anew smaller.
    photo_megabytes = 20, Limits, Megabytes, 1..=20;
    /// Days before a paper of the family expires on which it is warned first …
    paper_first_notice_days = 30, Limits, Days, 1..=180;
    /// … and for the second time.
    paper_second_notice_days = 7, Limits, Days, 0..=179;
    /// Days for which a doctor still sees a case after the decision.
    doctor_sees_days = 30, Review, Days, 0..=365;
    /// Working days from submission for which a round keeps a place back for an application under review.
    review_hold_days = 5, Review, WorkingDays, 0..=60;
    /// The monthly voucher, in tenge (state order for a group of a preschool organisation; the operator's figure).
    voucher_tenge = 49131, Voucher, Tenge, 1..=1_000_000;
}

/// The rules under which a voucher was issued: they hold for it to its end, whatever the operator sets later. Kept on
/// the voucher's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermRules {
    /// Working days to confirm interest.
    pub confirm_days: u32,
    /// Working days to choose a kindergarten and conclude the contract.
    pub conclude_days: u32,
    pub extension_days: u32,
    pub extension_in_calendar_days: bool,
    /// Calendar days to return, if it lapses.
    pub stop_list_days: u32,
    pub pause_kindergarten: bool,
    pub pause_outage: bool,
    /// Working days of each step of the kindergarten's.
    pub kindergarten_step_days: u32,
}

impl TermRules {
    /// The calendar these rules go by: without the outages, if those stop nothing.
    pub fn calendar<'a>(&self, calendar: &'a Calendar) -> Cow<'a, Calendar> {
        if self.pause_outage || calendar.outages().is_empty() {
            Cow::Borrowed(calendar)
        } else {
            Cow::Owned(calendar.clone().with_outages(Vec::new()))
        }
    }
}

impl Default for TermRules {
    fn default() -> Self {
        Settings::default().term_rules()
    }
}

impl Settings {
    /// Values that contradict each other: the second warning before the first, a session unused longer than it lives, …
    pub fn contradict(&self) -> bool {
        self.outgrown_second_notice_days >= self.outgrown_first_notice_days
            || self.paper_second_notice_days >= self.paper_first_notice_days
            || self.parent_idle_days > self.parent_session_days
            || self.code_phone_hour > self.code_phone_day
            || self.sign_in_code_hour > self.sign_in_code_day
    }

    /// The unit of a setting, where another one decides it.
    pub fn unit(&self, setting: &Setting) -> Unit {
        match setting.name {
            "extension_days" if self.extension_unit == 1 => Unit::Days,
            _ => setting.unit,
        }
    }

    /// The rules of a voucher issued now.
    pub fn term_rules(&self) -> TermRules {
        TermRules {
            confirm_days: self.confirm_days,
            conclude_days: self.conclude_days,
            extension_days: self.extension_days,
            extension_in_calendar_days: self.extension_unit == 1,
            stop_list_days: self.stop_list_days,
            pause_kindergarten: self.pause_kindergarten == 1,
            pause_outage: self.pause_outage == 1,
            kindergarten_step_days: self.kindergarten_step_days,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_back_by_its_name() {
        for (value, setting) in (1_000_000..).zip(Settings::ALL) {
            let mut settings = Settings::default();
            assert_eq!(settings.get(setting.name), Some(setting.default));
            settings.set(setting.name, value);
            assert_eq!(settings.get(setting.name), Some(value));
            assert_eq!(Setting::of(setting.name), Some(setting));
        }
        assert_eq!(Setting::of("nothing"), None);
    }

    #[test]
    fn every_default_is_within_its_bounds_and_a_choice_has_two() {
        for setting in Settings::ALL {
            assert!(setting.bounds.contains(&setting.default), "{}", setting.name);
            if matches!(setting.unit, Unit::KindOfDays | Unit::YesNo) {
                assert_eq!(setting.bounds, 0..=1, "{}", setting.name);
            }
        }
    }

    #[test]
    fn the_terms_of_the_guide_are_the_defaults() {
        let settings = Settings::default();
        assert_eq!((settings.confirm_days, settings.conclude_days, settings.extension_days), (2, 5, 2));
        let rules = settings.term_rules();
        assert_eq!((rules.stop_list_days, rules.kindergarten_step_days), (28, 3));
        assert!(!settings.contradict());
        assert!(Settings { outgrown_second_notice_days: 60, ..settings }.contradict());
        assert!(rules.pause_kindergarten && rules.pause_outage && !rules.extension_in_calendar_days);
    }
}
