//! The form of a group, for the kindergarten and for the operator; and a group as a line of a table.
use chrono::Datelike;

use super::fields;
use super::form::{Answers, Form};
use crate::domain::kindergarten::{GroupRow, NewGroup};
use crate::locale::{fill, kindergarten as said, words};
use crate::rules::deadline::almaty_day;
use crate::rules::kindergarten::GroupKind;
use crate::rules::person::Language;
use crate::web::visit::Signed;

/// A group's name fits a phone.
const LONGEST_NAME: usize = 60;
/// The database allows no larger group.
const MOST_PLACES: i32 = 200;
/// A child who is still in a kindergarten was born this year or so many years before.
const OLDEST: i32 = 8;

/// The closed lists of the form, in the page's language.
pub struct GroupLists {
    pub kinds: Vec<(&'static str, &'static str)>,
    pub languages: Vec<(&'static str, &'static str)>,
}

impl GroupLists {
    pub fn new(language: Language) -> Self {
        Self {
            kinds: GroupKind::all().map(|kind| (kind.as_str(), said::kind(language, kind))).collect(),
            languages: Language::ALL.map(|one| (one.as_str(), said::language(language, one))).into(),
        }
    }
}

/// The birth years a group may take, as of the request.
fn years(signed: &Signed) -> (i32, i32) {
    let now = signed.visit.signed_in.as_ref().map_or_else(Default::default, |signed_in| signed_in.now);
    let this_year = almaty_day(now).year();
    (this_year - OLDEST, this_year)
}

/// What was typed, with a message at each wrong field.
pub fn read(form: &Form, signed: &Signed) -> Result<NewGroup, Answers> {
    let (w, years) = (words(signed.visit.language), years(signed));
    let mut answers = form.answers();
    let a = &mut answers;
    let spoken = &w.kindergarten_admin;
    let wrong_year =
        fill(&spoken.years_range, &[("from", &years.0.to_string()), ("to", &years.1.to_string())]);
    let name = fields::line(form, a, w, "name", LONGEST_NAME);
    let kind = fields::one_of(form, a, w, "kind", GroupKind::parse);
    let language = fields::one_of(form, a, w, "language", Language::parse);
    let from = fields::number(form, a, w, "born_from", years, &wrong_year);
    let to = fields::number(form, a, w, "born_to", years, &wrong_year);
    let capacity = fields::number(form, a, w, "capacity", (1, MOST_PLACES), &spoken.capacity_range);
    if a.is_good() && to < from {
        a.fail("born_to", &spoken.years_order);
    }
    if a.is_good() && to - from > 7 {
        a.fail("born_to", &spoken.years_too_many);
    }
    match (kind, language) {
        (Some(kind), Some(language)) if answers.is_good() => {
            Ok(NewGroup { name, kind, language, birth_years: (from, to), capacity })
        }
        _ => Err(answers),
    }
}

/// The form as the group stands.
pub fn filled(group: &GroupRow) -> Answers {
    let mut a = Answers::default();
    a.set("name", &group.name);
    a.set("kind", group.kind().map_or("", GroupKind::as_str));
    a.set("language", &group.language);
    a.set("born_from", group.birth_year_from.to_string());
    a.set("born_to", group.birth_year_to.to_string());
    a.set("capacity", group.capacity.to_string());
    a
}

/// A group as a line of a table.
pub struct GroupLine {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub language: &'static str,
    pub born: String,
    pub capacity: i32,
    pub enrolled: i32,
    pub held: i32,
    pub free: i32,
}

impl GroupLine {
    pub fn new(language: Language, group: &GroupRow) -> Self {
        let kind =
            group.kind().map_or(group.correction_type.as_deref(), |kind| Some(said::kind(language, kind)));
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            kind: kind.unwrap_or_default().to_owned(),
            language: Language::parse(&group.language).map_or("", |of| said::language(language, of)),
            born: said::born(language, (group.birth_year_from, group.birth_year_to)),
            capacity: group.capacity,
            enrolled: group.enrolled,
            held: group.held,
            free: group.free(),
        }
    }
}

/// What a change of this group must leave alone: shown before the button, checked again by the deed.
pub fn taken_note(language: Language, group: &GroupRow) -> Option<String> {
    let taken = group.taken();
    (taken > 0)
        .then(|| fill(&words(language).kindergarten_admin.taken_note, &[("taken", &taken.to_string())]))
}
