//! Fields that several forms have: read into types, or told what is wrong with them in the visitor's words.
use super::form::{Answers, Form, LONGEST_TEXT, has_forbidden};
use crate::locale::fill;
use crate::locale::words::Words;
use crate::rules::iin::{Iin, IinError};
use crate::rules::password::{Password, PasswordError};
use crate::rules::phone::{Phone, PhoneError};

pub fn phone(form: &Form, name: &str, w: &Words, a: &mut Answers) -> Option<Phone> {
    let error = match Phone::parse(form.text(name)) {
        Ok(phone) => return Some(phone),
        Err(PhoneError::Empty) => &w.form.required,
        Err(PhoneError::Malformed) => &w.register.phone_malformed,
        Err(PhoneError::Foreign) => &w.register.phone_foreign,
        Err(PhoneError::NotMobile) => &w.register.phone_not_mobile,
    };
    a.fail(name, error);
    None
}

pub fn iin(form: &Form, name: &str, w: &Words, a: &mut Answers) -> Option<Iin> {
    Iin::parse(form.text(name)).map_err(|error| a.fail(name, iin_error(w, error))).ok()
}

pub fn iin_error(w: &Words, error: IinError) -> &str {
    match error {
        IinError::Empty => &w.form.required,
        IinError::NotTwelveDigits => &w.register.iin_digits,
        IinError::CheckDigit => &w.register.iin_check,
        IinError::ImpossibleDate => &w.register.iin_date,
    }
}

/// A new password, typed twice. `context`: what others know about the person.
pub fn new_password(form: &Form, context: &[&str], w: &Words, a: &mut Answers) -> Option<Password> {
    let words = &w.password;
    let password = match Password::parse(form.exact("password"), context) {
        Ok(password) => password,
        Err(error) => {
            let text = match error {
                PasswordError::TooShort { .. } | PasswordError::TooLong { .. } => &words.rule,
                PasswordError::HasNul => &words.nul,
                PasswordError::Common => &words.common,
                PasswordError::ContainsContext => &words.context,
            };
            a.fail("password", text);
            return None;
        }
    };
    if form.exact("password") != form.exact("password_repeat") {
        a.fail("password_repeat", &words.differs);
        return None;
    }
    Some(password)
}

/// A field that must not be empty.
pub fn required<'a>(form: &'a Form, name: &str, w: &Words, a: &mut Answers) -> Option<&'a str> {
    let value = form.exact(name);
    if value.trim().is_empty() {
        a.fail(name, &w.form.required);
        return None;
    }
    Some(value)
}

/// A text that must be there and is not longer than `most` characters. Wrong: the message is in `answers`.
pub fn line(form: &Form, answers: &mut Answers, w: &Words, name: &str, most: usize) -> String {
    let text = form.text(name);
    let most = most.min(LONGEST_TEXT);
    if text.is_empty() {
        answers.fail(name, &w.form.required);
    } else if has_forbidden(text) || text.contains(['\n', '\r', '\t']) {
        answers.fail(name, &w.form.forbidden_characters);
    } else if text.chars().count() > most {
        answers.fail(name, fill(&w.form.too_long, &[("most", &most.to_string())]));
    }
    text.to_owned()
}

/// A text of several lines, from so many to so many characters. Wrong: the message is in `answers`.
pub fn text(
    form: &Form,
    answers: &mut Answers,
    w: &Words,
    name: &str,
    (least, most): (usize, usize),
) -> String {
    // Browsers send line ends as two characters; people count one.
    let text = form.text(name).replace("\r\n", "\n");
    let characters = text.chars().count();
    if text.is_empty() {
        answers.fail(name, &w.form.required);
    } else if has_forbidden(&text) {
        answers.fail(name, &w.form.forbidden_characters);
    } else if characters < least {
        answers.fail(name, fill(&w.form.too_short, &[("least", &least.to_string())]));
    } else if characters > most {
        answers.fail(name, fill(&w.form.too_long, &[("most", &most.to_string())]));
    }
    text
}

/// The same for a text that may be left empty.
pub fn paragraphs(form: &Form, answers: &mut Answers, w: &Words, name: &str, most: usize) -> String {
    if form.text(name).is_empty() { String::new() } else { text(form, answers, w, name, (0, most)) }
}

/// A whole number within bounds; `wrong` is said outside of them.
pub fn number(
    form: &Form,
    answers: &mut Answers,
    w: &Words,
    name: &str,
    bounds: (i32, i32),
    wrong: &str,
) -> i32 {
    let text = form.text(name);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i32>() {
        _ if text.is_empty() => answers.fail(name, &w.form.required),
        Ok(n) if digits && (bounds.0..=bounds.1).contains(&n) => return n,
        _ if digits => answers.fail(name, wrong),
        _ => answers.fail(name, &w.form.number_wrong),
    }
    0
}

/// One of a closed list; `None` with the message when nothing, or something else, was chosen.
pub fn one_of<T>(
    form: &Form,
    answers: &mut Answers,
    w: &Words,
    name: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let chosen = parse(form.text(name));
    if chosen.is_none() {
        answers.fail(name, &w.form.choose);
    }
    chosen
}
