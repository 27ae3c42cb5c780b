//! Settings as people read them: their names, and their values with the unit.
use super::words::SettingWords;
use super::{date, fill, words};
use crate::rules::person::Language;
use crate::rules::settings::{Setting, SettingGroup, Settings, Unit};

/// What a setting is called and what it means.
pub fn named(language: Language, name: &str) -> Option<&'static SettingWords> {
    words(language).settings.names.get(name)
}

pub fn name(language: Language, name: &str) -> &'static str {
    named(language, name).map_or("", |words| words.name.as_str())
}

pub fn group(language: Language, group: SettingGroup) -> &'static str {
    let w = &words(language).settings;
    match group {
        SettingGroup::Voucher => &w.group_voucher,
        SettingGroup::StopList => &w.group_stop_list,
        SettingGroup::Review => &w.group_review,
        SettingGroup::Ages => &w.group_ages,
        SettingGroup::Limits => &w.group_limits,
    }
}

/// A value in its unit: «5 рабочих дней», «да».
pub fn said(language: Language, value: u32, unit: Unit) -> String {
    let (w, n) = (words(language), i64::from(value));
    let (counts, s) = (&w.counts, &w.settings);
    match unit {
        Unit::WorkingDays => counts.working_days.of(language, n),
        Unit::Days => counts.days.of(language, n),
        Unit::Years => counts.years.of(language, n),
        Unit::Hours => s.hours.of(language, n),
        Unit::Minutes => counts.minutes.of(language, n),
        Unit::Seconds => s.seconds.of(language, n),
        Unit::Times => s.times.of(language, n),
        Unit::Megabytes => fill(&s.megabytes, &[("n", &n.to_string())]),
        Unit::Tenge => date::tenge(n),
        Unit::KindOfDays if value == 1 => s.calendar_days.clone(),
        Unit::KindOfDays => s.working_days.clone(),
        Unit::YesNo if value == 1 => s.yes.clone(),
        Unit::YesNo => s.no.clone(),
    }
}

/// The value that these settings give a setting.
pub fn value(language: Language, settings: &Settings, setting: &Setting) -> String {
    said(language, settings.get(setting.name).unwrap_or_default(), settings.unit(setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_words_and_no_words_are_without_a_setting() {
        for language in Language::ALL {
            let names = &words(language).settings.names;
            for setting in Settings::ALL {
                assert!(names.contains_key(setting.name), "{}", setting.name);
            }
            assert_eq!(names.len(), Settings::ALL.len());
        }
    }

    #[test]
    fn a_value_is_said_with_its_unit() {
        assert_eq!(said(Language::Kk, 5, Unit::WorkingDays), "5 жұмыс күні");
        assert_eq!(said(Language::Ru, 1, Unit::YesNo), "да");
        let calendar = Settings { extension_unit: 1, ..Settings::default() };
        let extension = Setting::of("extension_days").unwrap();
        assert_eq!(value(Language::Ru, &calendar, extension), "2 дня");
        assert_eq!(value(Language::Ru, &Settings::default(), extension), "2 рабочих дня");
    }
}
