//! Fields that many forms have, read with the message at the wrong one.
use super::form::{Answers, Form, LONGEST_TEXT, has_forbidden};
use crate::locale::fill;
use crate::locale::words::Words;

/// A text that must be there and is not longer than `most` characters. Wrong: the message is in `answers`.
pub fn required(form: &Form, answers: &mut Answers, w: &Words, name: &str, most: usize) -> String {
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
