//! Fields that several forms have: read into types, or told what is wrong with them in the visitor's words.
use super::form::{Answers, Form};
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
