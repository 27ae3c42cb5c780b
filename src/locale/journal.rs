//! The journal in words: what was done, and the facts beside it.
use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::{date, kindergarten, words};
use crate::rules::document::DocumentKind;
use crate::rules::journal::{Fact, What};
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::rules::reason::{DoctorReason, KindergartenReason};

/// The words of a deed. A stored code that no code writes any more stands for itself.
pub fn deed(language: Language, code: &str) -> &str {
    let known = What::parse(code).and_then(|what| words(language).operator.deeds.get(what.as_str()));
    known.map_or(code, String::as_str)
}

/// `Себебі: …`; nothing where the fact is a number that only the database knows something by.
pub fn fact(language: Language, name: &str, value: &Value) -> Option<String> {
    let fact = Fact::parse(name)?;
    let said = said(language, fact, value)?;
    Some(format!("{}: {said}", words(language).journal.facts.get(name)?))
}

fn said(language: Language, fact: Fact, value: &Value) -> Option<String> {
    let w = &words(language).journal;
    match (fact, value) {
        (Fact::Child | Fact::Contract | Fact::Group | Fact::Kindergarten | Fact::Letter | Fact::Void, _)
        | (Fact::Queue, Value::Number(_)) => None,
        (Fact::BirthYears, Value::Array(years)) => {
            Some(years.iter().map(Value::to_string).collect::<Vec<_>>().join("–"))
        }
        (_, Value::Array(list)) => Some(list.len().to_string()),
        (_, Value::Bool(true)) => Some(w.yes.clone()),
        (_, Value::Bool(false)) => Some(w.no.clone()),
        (_, Value::Number(number)) => Some(number.to_string()),
        (_, Value::String(text)) => Some(of_code(language, fact, text).unwrap_or_else(|| of_day(text))),
        (_, Value::Null | Value::Object(_)) => None,
    }
}

/// What a code is called, each by its own list.
fn of_code(language: Language, fact: Fact, code: &str) -> Option<String> {
    let w = words(language);
    let own = w.journal.values.get(fact.as_str()).and_then(|codes| codes.get(code));
    let listed = match fact {
        Fact::Role => w.operator.roles.get(code),
        Fact::Topic => w.feedback.topics.get(code),
        Fact::Why => w.signature.why.get(code),
        Fact::Name => w.settings.names.get(code).map(|setting| &setting.name),
        _ => None,
    };
    own.or(listed).cloned().or_else(|| {
        let name = match fact {
            Fact::District => return Some(kindergarten::district(language, code)),
            Fact::Language => kindergarten::language(language, Language::parse(code)?),
            Fact::Reason => DoctorReason::parse(code)
                .map(|reason| reason.name(language))
                .or_else(|| Some(KindergartenReason::parse(code)?.name(language)))?,
            Fact::Kind => DocumentKind::parse(code)
                .map(|kind| kind.name(language))
                .or_else(|| Some(kindergarten::kind(language, GroupKind::parse(code)?)))?,
            _ => return None,
        };
        Some(name.to_owned())
    })
}

/// A day or a moment as people write it; any other text is somebody's own.
fn of_day(text: &str) -> String {
    match (text.parse::<NaiveDate>(), DateTime::parse_from_rfc3339(text)) {
        (Ok(day), _) => date::short(day),
        (_, Ok(at)) => date::moment(at.to_utc()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::banner::BannerKind;
    use crate::rules::contract::VersionReason;
    use crate::rules::feedback::Topic;
    use crate::rules::paper::Warning;
    use crate::rules::pause::PauseWhy;
    use crate::rules::settings::Settings;
    use crate::rules::signature::{Side, SignatureRefusal};

    #[test]
    fn every_deed_and_every_fact_has_its_words_and_no_other_has() {
        for language in Language::ALL {
            let w = words(language);
            let deeds: Vec<&str> = What::ALL.iter().map(|what| what.as_str()).collect();
            let facts: Vec<&str> = Fact::ALL.iter().map(|fact| fact.as_str()).collect();
            let mut written: Vec<&str> = w.operator.deeds.keys().map(String::as_str).collect();
            written.sort_unstable();
            let mut known = deeds.clone();
            known.sort_unstable();
            assert_eq!(written, known);
            assert_eq!(w.journal.facts.keys().map(String::as_str).collect::<Vec<_>>(), facts);
        }
    }

    #[test]
    fn every_code_that_can_stand_beside_a_deed_has_its_words() {
        let mut codes: Vec<(Fact, &str)> = Vec::new();
        codes.extend(VersionReason::ALL.map(|it| (Fact::Why, it.as_str())));
        codes.extend(PauseWhy::ALL.map(|it| (Fact::Why, it.as_str())));
        codes.extend(SignatureRefusal::ALL.iter().map(|it| (Fact::Why, it.code())));
        codes.push((Fact::Why, "contract_changed"));
        codes.extend(Topic::ALL.iter().map(|it| (Fact::Topic, it.as_str())));
        codes.extend([Side::Parent, Side::Kindergarten].map(|it| (Fact::Side, it.as_str())));
        codes.extend(DoctorReason::ALL.iter().map(|it| (Fact::Reason, it.as_str())));
        codes.extend(KindergartenReason::ALL.iter().map(|it| (Fact::Reason, it.as_str())));
        codes.extend(DocumentKind::ALL.map(|it| (Fact::Kind, it.as_str())));
        codes.extend(GroupKind::all().map(|it| (Fact::Kind, it.as_str())));
        codes.extend([BannerKind::Info, BannerKind::Warning].map(|it| (Fact::Kind, it.as_str())));
        codes.extend(
            [Warning::First, Warning::Second, Warning::BeforeUse].map(|it| (Fact::Warning, it.as_str())),
        );
        codes.extend(["parent", "kindergarten", "doctor", "operator"].map(|role| (Fact::Role, role)));
        codes.extend(["register", "recover", "sign_in", "change_phone"].map(|it| (Fact::Purpose, it)));
        codes.extend(["confirm", "conclude", "return"].map(|it| (Fact::Term, it)));
        codes.extend(["asked", "refused", "too_often"].map(|it| (Fact::Result, it)));
        codes.extend(["mother", "father", "guardian"].map(|it| (Fact::Relation, it)));
        codes.extend(["general", "special"].map(|it| (Fact::Queue, it)));
        codes.extend(Settings::ALL.iter().map(|it| (Fact::Name, it.name)));
        for language in Language::ALL {
            for (fact, code) in &codes {
                let said = of_code(language, *fact, code);
                assert!(
                    said.as_deref().is_some_and(|said| said != *code),
                    "{}: {code}: {said:?}",
                    fact.as_str()
                );
            }
        }
    }

    #[test]
    fn a_fact_is_read_as_people_write_it() {
        let ru = |name, value| fact(Language::Ru, name, &value);
        assert_eq!(ru("side", json!("parent")).unwrap(), "Сторона: родитель");
        assert_eq!(ru("confirm_by", json!("2026-12-21")).unwrap(), "Подтвердить до: 21.12.2026");
        assert_eq!(ru("right", json!(false)).unwrap(), "Введено верно: нет");
        assert_eq!(ru("birth_years", json!([2021, 2023])).unwrap(), "Годы рождения: 2021–2023");
        assert_eq!(ru("wishes", json!(["a", "b"])).unwrap(), "Пожеланий: 2");
        assert_eq!(ru("reason", json!("по приказу")).unwrap(), "Причина: по приказу");
        let nothing =
            [ru("contract", json!("x")), ru("queue", json!(3)), ru("was", json!(null)), ru("x", json!(1))];
        assert_eq!(nothing, [const { None }; 4]);
    }
}
