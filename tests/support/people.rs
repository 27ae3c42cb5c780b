//! People with dull defaults. Each number is another person; names and the rest are what the sandbox's registry says.
use balabaqsha::rules::correction::CorrectionType;
use balabaqsha::rules::iin::{Iin, check_digit};
use balabaqsha::sandbox::people as registry;
use chrono::{Days, NaiveDate};

/// Fits every rule for passwords.
pub const PASSWORD: &str = "Көктемде гүл жарады";

#[derive(Debug, Clone)]
pub struct Person {
    pub iin: String,
    /// E.164; nobody else's.
    pub phone: String,
    pub password: &'static str,
    pub surname: String,
    pub name: String,
    pub sex: &'static str,
    pub birth_on: NaiveDate,
}

/// Puts the check digit after the first eleven. `None`: no number with this beginning was ever issued.
fn iin(first_eleven: &str) -> Option<String> {
    let check = check_digit(first_eleven.as_bytes())?;
    Some(format!("{first_eleven}{}", char::from(check)))
}

/// A grown-up: a woman when `n` is even, a man when it is odd, in their thirties.
pub fn adult(n: u32) -> Person {
    let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
    let century_and_sex = if n.is_multiple_of(2) { 4 } else { 3 };
    person(
        n,
        first,
        |day, serial| format!("{}{century_and_sex}{serial}", day.format("%y%m%d")),
        1000 + n % 1000,
    )
}

/// A child of two on [`super::MONDAY`], with a conclusion of this type (a code of `correction_types.csv`); a boy when
/// `n` is odd. The district is number `n` mod 8 of its list.
pub fn child(n: u32, correction_type: &str) -> Person {
    child_of_serial(n, correction_type, 1)
}

/// A child of whom nobody is the legal representative.
pub fn nobodys_child(n: u32) -> Person {
    child_of_serial(n, "autism", 8)
}

/// A child whose conclusion has expired.
pub fn child_with_expired_conclusion(n: u32, correction_type: &str) -> Person {
    child_of_serial(n, correction_type, 7)
}

fn child_of_serial(n: u32, correction_type: &str, eighth_digit: u32) -> Person {
    let kind = CorrectionType::all().position(|kind| kind.code() == correction_type);
    let kind = u32::try_from(kind.unwrap_or_else(|| panic!("no such type: {correction_type}"))).unwrap();
    let first = NaiveDate::from_ymd_opt(2024, 2, 1).unwrap();
    let century_and_sex = if n.is_multiple_of(2) { 6 } else { 5 };
    let serial = eighth_digit * 1000 + n % 8 * 100 + kind;
    person(n, first, |day, serial| format!("{}{century_and_sex}{serial}", day.format("%y%m%d")), serial)
}

/// Born on the first day from `first + n` on for which such a number was issued.
fn person(n: u32, first: NaiveDate, eleven: impl Fn(NaiveDate, String) -> String, serial: u32) -> Person {
    // A year's worth of days; every 400th shares one, with another district or serial.
    let first = first.checked_add_days(Days::new(u64::from(n % 400))).unwrap();
    let number = first.iter_days().find_map(|day| iin(&eleven(day, format!("{serial:04}")))).unwrap();
    let parsed = Iin::parse(&number).unwrap();
    let known = registry::person(&parsed).unwrap();
    Person {
        iin: number,
        phone: format!("+7707{:07}", 1_000_000 + n * 10),
        password: PASSWORD,
        surname: known.surname,
        name: known.name,
        sex: parsed.sex().as_str(),
        birth_on: parsed.birth_on(),
    }
}

#[test]
fn everybody_is_somebody_else_and_can_register() {
    let mut numbers: Vec<(String, String)> = Vec::new();
    for n in 0..300 {
        let adult = adult(n);
        assert!(balabaqsha::rules::password::Password::parse(adult.password, &[&adult.iin]).is_ok());
        numbers.push((adult.iin, adult.phone));
        numbers.push((child(n, "autism").iin, String::new()));
    }
    let all = numbers.len();
    numbers.sort_unstable();
    numbers.dedup_by(|a, b| a.0 == b.0);
    assert_eq!(numbers.len(), all);
}
