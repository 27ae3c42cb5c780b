//! Terms and limits that the law, the guide or the operator set. Each is a row of `settings` with the moment from
//! which it holds; these are the defaults.

/// Declares the settings, their defaults and their names at once.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident = $default:literal;)*) => {
        /// The settings in force at one moment.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings { $($(#[$doc])* pub $name: u32,)* }

        impl Default for Settings {
            fn default() -> Self { Self { $($name: $default,)* } }
        }

        impl Settings {
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

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
    confirm_days = 2;
    /// Working days to choose a kindergarten and conclude the contract (guide: "5 жұмыс күні бар").
    conclude_days = 5;
    /// Working days of the one extension (guide: "тағы 2 күнге ұзартуға"; decided: working days).
    extension_days = 2;
    /// Calendar days to return from the stop list (decided, after the national rule).
    stop_list_days = 28;
    /// Working days from submission for which a round keeps a place back while the doctor has not decided (decided).
    review_hold_days = 5;
    /// A child is of preschool age until this birthday, in years.
    child_under_years = 7;
    /// The youngest age, in years, of a parent or legal representative with an account.
    adult_from_years = 16;
    /// Minutes an SMS code lives.
    code_minutes = 5;
    /// Seconds until a new code can be asked for (guide: "60 секунд").
    code_again_seconds = 60;
    /// Registration and recovery codes per phone in an hour.
    code_phone_hour = 3;
    /// Registration and recovery codes per phone in a day.
    code_phone_day = 5;
    /// Registration and recovery codes per IIN in an hour.
    code_iin_hour = 5;
    /// Codes of every kind per network address in an hour.
    code_address_hour = 10;
    /// Sign-in codes per account in an hour.
    sign_in_code_hour = 10;
    /// Sign-in codes per account in a day.
    sign_in_code_day = 40;
    /// Wrong passwords per account and unknown browser in an hour.
    password_account_hour = 10;
    /// Sign-in attempts per network address in an hour.
    sign_in_address_hour = 60;
    /// Checks of a child's IIN per account in an hour.
    child_check_hour = 5;
    /// Lookups of a case by its number per network address in an hour.
    lookup_address_hour = 30;
    /// Seconds from showing the feedback form to sending it; only machines are faster.
    letter_seconds = 3;
    /// Letters per network address in an hour.
    letter_address_hour = 20;
    /// Letters per browser in an hour.
    letter_browser_hour = 5;
    /// Letters with an answer to one phone number in a day.
    letter_phone_day = 3;
    /// Minutes after which the password is asked again before signing, refusing, withdrawing, changing the phone.
    password_again_minutes = 30;
    /// Days a parent's session lives unused.
    parent_idle_days = 7;
    /// Days a parent's session lives in all.
    parent_session_days = 30;
    /// Minutes a staff session lives unused.
    staff_idle_minutes = 30;
    /// Hours a staff session lives in all.
    staff_session_hours = 12;
    /// Hours a draft's file is kept.
    draft_hours = 24;
    /// Hours for which stored files stay closed after a recovery by SMS alone.
    recovery_hold_hours = 24;
    /// The largest upload, in megabytes.
    upload_megabytes = 10;
    /// Days for which a doctor still sees a case after the decision.
    doctor_sees_days = 30;
    /// The monthly voucher, in tenge (state order for a group of a preschool organisation; the operator's figure).
    voucher_tenge = 49131;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_back_by_its_name() {
        for (index, name) in Settings::NAMES.iter().enumerate() {
            let mut settings = Settings::default();
            let value = 1_000_000 + index as u32;
            settings.set(name, value);
            assert_eq!(settings.get(name), Some(value));
        }
    }

    #[test]
    fn the_terms_of_the_guide_are_the_defaults() {
        let settings = Settings::default();
        assert_eq!((settings.confirm_days, settings.conclude_days, settings.extension_days), (2, 5, 2));
    }
}
