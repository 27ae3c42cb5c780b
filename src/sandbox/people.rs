//! Whom the sandbox's registries know: everything follows from the IIN itself, always the same (`outside.md` §4).
//! Digits are counted from 1, as people count them.
use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::integrations::registry::Person;
use crate::rules::correction::CorrectionType;
use crate::rules::district::District;
use crate::rules::iin::Iin;
use crate::rules::person::{Sex, preschool_age};
use crate::rules::phone::Phone;

/// The serial (digits 8–11) of people who do not exist.
const NOBODY: &str = "0000";
/// A serial that begins so: the conclusion has expired.
const EXPIRED: char = '7';
/// A serial that begins so: nobody's child.
const NOBODYS_CHILD: char = '8';
/// Phones that end so belong to nobody.
const NOBODYS_PHONE: &str = "99";
const CHILD_UNDER: u32 = 7;
const ADULT_FROM: u32 = 16;

const SURNAMES: [&str; 72] = [
    "Абдрахманов",
    "Абенов",
    "Айтбаев",
    "Айтжанов",
    "Алимбетов",
    "Алтынбеков",
    "Аманжолов",
    "Асқаров",
    "Ахметов",
    "Әбдіров",
    "Әлімжанов",
    "Байжанов",
    "Байтұрсынов",
    "Бекенов",
    "Бектұров",
    "Бейсенов",
    "Бердібеков",
    "Досжанов",
    "Досымбеков",
    "Ділдәбеков",
    "Ержанов",
    "Есенов",
    "Есімбеков",
    "Жақыпов",
    "Жансейітов",
    "Жанұзақов",
    "Жұмабаев",
    "Жұмағұлов",
    "Жүнісов",
    "Искаков",
    "Исабеков",
    "Кәрімов",
    "Кенжебаев",
    "Көшербаев",
    "Қабдолов",
    "Қайырбеков",
    "Қалиев",
    "Қасымов",
    "Қожахметов",
    "Құрманбеков",
    "Мамытов",
    "Мұқанов",
    "Мұратбеков",
    "Мұстафин",
    "Мүсірепов",
    "Нұрғалиев",
    "Нұрланов",
    "Нұрпейісов",
    "Омаров",
    "Орынбеков",
    "Оспанов",
    "Өтегенов",
    "Рахымбаев",
    "Рысқұлов",
    "Сағынтаев",
    "Садықов",
    "Сатыбалдиев",
    "Сәрсенбаев",
    "Сейдахметов",
    "Серікбаев",
    "Сүлейменов",
    "Тайжанов",
    "Темірбеков",
    "Төлегенов",
    "Тоқтаров",
    "Тұрғанбаев",
    "Түсіпбеков",
    "Уәлиев",
    "Хасенов",
    "Шаяхметов",
    "Ыбыраев",
    "Ысқақов",
];

const MEN: [&str; 66] = [
    "Абай",
    "Айбек",
    "Айдар",
    "Айдын",
    "Алдияр",
    "Алмас",
    "Амангелді",
    "Арман",
    "Асқар",
    "Асхат",
    "Әділ",
    "Әлихан",
    "Әмір",
    "Бағдат",
    "Байсал",
    "Бақыт",
    "Бауыржан",
    "Бекзат",
    "Болат",
    "Бейбіт",
    "Ғалым",
    "Дамир",
    "Данияр",
    "Дархан",
    "Дәулет",
    "Думан",
    "Ерасыл",
    "Ербол",
    "Ержан",
    "Ерлан",
    "Жандос",
    "Жанібек",
    "Жасұлан",
    "Жомарт",
    "Ислам",
    "Кемел",
    "Қайрат",
    "Қанат",
    "Қуаныш",
    "Мағжан",
    "Мақсат",
    "Марат",
    "Мейрам",
    "Мирас",
    "Мұрат",
    "Мұхтар",
    "Нұржан",
    "Нұрлан",
    "Нұрсұлтан",
    "Олжас",
    "Рамазан",
    "Расул",
    "Рүстем",
    "Самат",
    "Санжар",
    "Сәкен",
    "Серік",
    "Талғат",
    "Темірлан",
    "Тимур",
    "Тұрар",
    "Ұлан",
    "Шалқар",
    "Шыңғыс",
    "Ілияс",
    "Ырысбек",
];

const WOMEN: [&str; 66] = [
    "Ажар",
    "Айару",
    "Айгерім",
    "Айгүл",
    "Айдана",
    "Айжан",
    "Айзере",
    "Айнұр",
    "Айсұлу",
    "Ақбота",
    "Ақерке",
    "Ақмарал",
    "Алтынай",
    "Аружан",
    "Асель",
    "Асылзат",
    "Әлия",
    "Әсел",
    "Әсем",
    "Балжан",
    "Балнұр",
    "Баян",
    "Гауһар",
    "Гүлжан",
    "Гүлмира",
    "Гүлнар",
    "Ғазиза",
    "Дана",
    "Динара",
    "Диана",
    "Жадыра",
    "Жанар",
    "Жансая",
    "Жібек",
    "Зарина",
    "Зере",
    "Інжу",
    "Индира",
    "Камила",
    "Кәмшат",
    "Күләш",
    "Қарлығаш",
    "Қымбат",
    "Лаура",
    "Ләззат",
    "Мадина",
    "Мәдина",
    "Мәншүк",
    "Мөлдір",
    "Назерке",
    "Назым",
    "Нұргүл",
    "Нұрай",
    "Перизат",
    "Раушан",
    "Роза",
    "Сабина",
    "Салтанат",
    "Сандуғаш",
    "Сара",
    "Тоғжан",
    "Томирис",
    "Ұлжан",
    "Фариза",
    "Шолпан",
    "Ынқар",
];

/// Is there such a person?
pub fn person(iin: &Iin) -> Option<Person> {
    if iin.serial() == NOBODY {
        return None;
    }
    let sex = iin.sex();
    let surname = pick(iin, "surname", &SURNAMES);
    let father = pick(iin, "patronymic", &MEN);
    let (surname, name, patronymic) = match sex {
        Sex::Male => (surname.to_owned(), pick(iin, "name", &MEN), format!("{father}ұлы")),
        Sex::Female => (format!("{surname}а"), pick(iin, "name", &WOMEN), format!("{father}қызы")),
    };
    Some(Person {
        surname,
        name: name.to_owned(),
        patronymic: Some(patronymic),
        birth_date: iin.birth_on(),
        sex: sex.as_str().to_owned(),
        district: District::all().nth(digit(iin, 9) % 8).map(|district| district.code().to_owned()),
    })
}

/// Any phone belongs to anybody, except those that belong to nobody.
pub fn phone_belongs(iin: &Iin, phone: &Phone) -> bool {
    iin.serial() != NOBODY && !phone.digits().ends_with(NOBODYS_PHONE)
}

/// What the adult is to the child, on this day.
pub fn relation(adult: &Iin, child: &Iin, today: NaiveDate) -> Option<&'static str> {
    let grown = today.years_since(adult.birth_on()).is_some_and(|years| years >= ADULT_FROM);
    let related = grown
        && adult.serial() != NOBODY
        && child.serial() != NOBODY
        && !child.serial().starts_with(NOBODYS_CHILD)
        && preschool_age(child.birth_on(), today, CHILD_UNDER);
    related.then(|| match adult.sex() {
        Sex::Female => "mother",
        Sex::Male => "father",
    })
}

/// A conclusion of the PMPK registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conclusion {
    pub number: String,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    pub correction_types: Vec<&'static str>,
    pub status: &'static str,
}

/// The child's conclusion, as of this day: given two months ago for a year, or long over.
pub fn conclusion(child: &Iin, today: NaiveDate) -> Option<Conclusion> {
    let is_child = today.years_since(child.birth_on()).is_some_and(|years| years < 18);
    if child.serial() == NOBODY || !is_child {
        return None;
    }
    let expired = child.serial().starts_with(EXPIRED);
    let this_month = today.with_day(1).unwrap_or(today);
    let back = |months| this_month.checked_sub_months(Months::new(months)).unwrap_or(this_month);
    let issued_on = back(if expired { 26 } else { 2 }).max(child.birth_on());
    let valid_until = if expired { back(14) } else { back(2) + Months::new(12) };
    let kind = CorrectionType::all().nth((digit(child, 10) * 10 + digit(child, 11)) % 15)?;
    Some(Conclusion {
        number: conclusion_number(child),
        issued_on,
        valid_until,
        correction_types: vec![kind.code()],
        status: "active",
    })
}

/// `PMPK-` and ten characters derived from the IIN, none of which is taken for another.
fn conclusion_number(child: &Iin) -> String {
    const LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    let letters = hash(child, "pmpk").into_iter().take(10);
    let tail: String = letters.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect();
    format!("PMPK-{tail}")
}

/// A digit of the IIN by its place, the first being 1.
fn digit(iin: &Iin, place: usize) -> usize {
    iin.as_str().as_bytes().get(place - 1).map_or(0, |digit| usize::from(digit - b'0'))
}

fn hash(iin: &Iin, what: &str) -> [u8; 32] {
    Sha256::new().chain_update(what).chain_update(iin.as_str()).finalize().into()
}

fn pick<'a>(iin: &Iin, what: &str, list: &[&'a str]) -> &'a str {
    let bytes = hash(iin, what);
    list[(usize::from(bytes[0]) * 256 + usize::from(bytes[1])) % list.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iin(first_eleven: &str) -> Iin {
        let check = crate::rules::iin::check_digit(first_eleven.as_bytes()).unwrap();
        Iin::parse(&format!("{first_eleven}{}", char::from(check))).unwrap()
    }

    fn today() -> NaiveDate {
        "2026-12-14".parse().unwrap()
    }

    #[test]
    fn names_follow_sex_and_are_always_the_same() {
        let (boy, girl) = (person(&iin("21031550012")).unwrap(), person(&iin("21031560013")).unwrap());
        assert_eq!(Some(&boy), person(&iin("21031550012")).as_ref());
        assert!(boy.patronymic.unwrap().ends_with("ұлы") && boy.sex == "m" && !boy.surname.ends_with('а'));
        assert!(girl.patronymic.unwrap().ends_with("қызы") && girl.sex == "f" && girl.surname.ends_with('а'));
        assert_eq!(girl.birth_date.to_string(), "2021-03-15");
    }

    #[test]
    fn the_lists_have_no_name_twice() {
        for list in [&SURNAMES[..], &MEN, &WOMEN] {
            let mut names = list.to_vec();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), list.len());
            assert!(list.len() >= 60);
        }
    }

    #[test]
    fn the_serial_says_who_does_not_exist_and_whose_child_it_is() {
        let mother = iin("90010140013");
        assert_eq!(person(&iin("21031550000")), None);
        assert_eq!(relation(&mother, &iin("21031550012"), today()), Some("mother"));
        assert_eq!(relation(&iin("90010130012"), &iin("21031550012"), today()), Some("father"));
        assert_eq!(relation(&mother, &iin("21031558012"), today()), None);
        assert_eq!(relation(&mother, &iin("21031550000"), today()), None);
        // Seven on the day.
        assert_eq!(relation(&mother, &iin("19121450012"), today()), None);
        assert_eq!(relation(&mother, &iin("19121550012"), today()), Some("mother"));
        assert_eq!(
            relation(&iin("21031560015"), &iin("21031550012"), today()),
            None,
            "a child has no children"
        );
    }

    #[test]
    fn a_phone_ending_in_99_is_nobodys() {
        let mother = iin("90010140013");
        assert!(phone_belongs(&mother, &Phone::parse("+77071234567").unwrap()));
        assert!(!phone_belongs(&mother, &Phone::parse("+77071234599").unwrap()));
    }

    #[test]
    fn the_conclusion_follows_from_digits_ten_and_eleven() {
        let types: Vec<&str> = CorrectionType::all().map(CorrectionType::code).collect();
        for (serial, place) in [("0100", 0), ("0114", 14), ("0115", 0), ("0199", 9)] {
            let found = conclusion(&iin(&format!("2103155{serial}")), today()).unwrap();
            assert_eq!(found.correction_types, [types[place]], "{serial}");
            assert!(found.issued_on <= today() && today() <= found.valid_until);
            assert!(found.number.starts_with("PMPK-") && found.number.len() == 15);
        }
        let over = conclusion(&iin("21031557101"), today()).unwrap();
        assert!(over.valid_until < today() && over.issued_on <= over.valid_until);
        assert_eq!(conclusion(&iin("90010140013"), today()), None);
    }
}
