//! The words of every page: no Russian in Kazakh pages, no Kazakh in Russian ones, no days as machines write them, no
//! hole left unfilled. Names of people and places stay what they are.
use std::collections::BTreeSet;

use crate::cast::Picture;
use crate::faults::Faults;
use crate::support::html::spoken_text;

/// Frequent words of Russian that no Kazakh text has.
const RUSSIAN: &str = "и в во на с со к ко о об обо от ото из изо у за под надо над при про для до по без между \
    через перед после около или либо но а не ни да же ли бы что чтобы как так это этот эта эти этого этой этом этих \
    тот та те того той тех там тут здесь где куда откуда когда если пока потому поэтому который которая которое \
    которые которого которой которых все всё всех весь вся вы вам вас вами ваш ваша ваше ваши вашего вашей вашем \
    вашу он она оно они его её их ему ей им мы нас нам наш наша наше кто кого кому чего чем нет есть был была было \
    были будет будут быть можно нужно нельзя надо должен должна должны может могут только уже ещё тоже также даже \
    более менее очень один одна одно два три раз каждый каждая каждое любой другой другая другие другого сам сама \
    свой своя своё свои своего своей день дня дней месяц месяца год года лет час часа минут сегодня завтра вчера \
    заявление заявления заявлений ребёнок ребёнка ребёнку дети детей детский детского детские сад сада садов очередь \
    очереди очередях место места мест пароль пароля ошибка ошибки срок срока договор договора отправить сохранить \
    выберите выбрать введите укажите файл файла файлы файлов врач врача подписать войти вход выйти регистрация \
    главная причина семья семьи номер номера имя фамилия телефон телефона ваучер ваучера язык языка город города \
    района улица проспект страница страницы поиск найти показать назад далее отмена отменить удалить изменить открыть \
    закрыть добавить";

/// Words of that list that Kazakh has too.
const KAZAKH_TOO: &[&str] =
    &["а", "да", "та", "те", "у", "не", "он", "ваучер", "телефон", "файл", "файлы", "минут"];

/// How Russian words end and Kazakh ones do not.
const RUSSIAN_ENDINGS: &[&str] = &[
    "ться",
    "тся",
    "ются",
    "ается",
    "яется",
    "ого",
    "ому",
    "ыми",
    "ими",
    "ение",
    "ения",
    "ению",
    "ением",
    "ание",
    "ания",
    "анию",
    "анием",
    "ость",
    "ости",
    "остью",
    "ый",
    "ые",
    "ых",
    "ая",
    "яя",
    "ное",
    "ные",
    "ный",
    "ует",
    "уют",
    "ешь",
    "йте",
    "ован",
    "овано",
    "ована",
];
/// Kazakh words, borrowed ones among them, that end so nevertheless.
const KAZAKH_THAT_END_SO: &[&str] = &["мекемесіная"];

/// Kazakh words that do have ё, щ or ъ.
const KAZAKH_WITH_RARE_LETTERS: &[&str] = &["ащы", "тұщы", "кеще", "объект"];

/// Frequent words of Kazakh without a letter of its own, which no Russian text has.
const KAZAKH: &str = "бойынша емес керек немесе жоқ мен бар бала балалар балаңыз жасау беру алу орын орындар отбасы \
    басты шарт шартты сайын соң дейін кейін туралы жылы ай айы жыл бет арыз заң ата ана топ тіл қала аудан сурет \
    сақтау жіберу кіру шығу";
/// Words of that list that Russian has too.
const RUSSIAN_TOO: &[&str] = &["мен", "бар", "бала", "топ", "ай", "бет", "ана", "ата", "соң"];

const ONLY_KAZAKH: &str = "әғқңөұүһі";

pub struct Names(BTreeSet<String>);

impl Names {
    /// The words of these names.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().flat_map(|name| words(name).collect::<Vec<_>>()).collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

pub fn check(picture: &Picture, names: &Names, faults: &Faults) {
    let text = spoken_text(&scraper::Html::parse_document(&picture.html), picture.lang);
    let told = if picture.lang == "kk" { russian(&text, names) } else { kazakh(&text, names) };
    for what in told.into_iter().chain(forms(&text, picture)) {
        let at = text.find(what.1.as_str()).unwrap_or_default();
        let from = text[..at].char_indices().rev().nth(30).map_or(0, |(from, _)| from);
        let around: String = text[from..].chars().take(90).collect();
        let around = around.split_whitespace().collect::<Vec<_>>().join(" ");
        faults.add(&picture.name(), format!("words ({}): {} «{}»", picture.lang, what.0, what.1), around);
    }
}

type Told = Vec<(&'static str, String)>;

fn russian(text: &str, names: &Names) -> Told {
    let list: BTreeSet<&str> = RUSSIAN.split_whitespace().filter(|word| !KAZAKH_TOO.contains(word)).collect();
    let mut told = Vec::new();
    for word in words(text).filter(|word| !names.has(word)) {
        let rare = word.contains(['ё', 'щ', 'ъ'])
            && !KAZAKH_WITH_RARE_LETTERS.iter().any(|known| word.starts_with(known));
        let own = word.contains(|c| ONLY_KAZAKH.contains(c));
        let ends = !own
            && word.chars().count() > 3
            && RUSSIAN_ENDINGS.iter().any(|end| word.ends_with(end))
            && !KAZAKH_THAT_END_SO.contains(&word.as_str());
        if rare || ends || list.contains(word.as_str()) {
            told.push(("Russian", word));
        }
    }
    told
}

fn kazakh(text: &str, names: &Names) -> Told {
    let list: BTreeSet<&str> = KAZAKH.split_whitespace().filter(|word| !RUSSIAN_TOO.contains(word)).collect();
    let foreign = |word: &String| word.contains(|c| ONLY_KAZAKH.contains(c)) || list.contains(word.as_str());
    words(text).filter(|word| !names.has(word)).filter(foreign).map(|word| ("Kazakh", word)).collect()
}

/// What shows that a machine spoke.
fn forms(text: &str, picture: &Picture) -> Told {
    let mut told = Vec::new();
    // The facts of a journal's line stand as they were written down.
    if !picture.route.contains("/journal") {
        told.extend(iso_days(text).map(|day| ("a day as machines write it", day)));
    }
    for sign in ["{", "}", "Some(", "None", "Ok(", "Err(", "NaN", "[object", "null", "undefined"] {
        let whole = |at: usize| {
            let letter = |c: char| c.is_alphanumeric();
            !text[..at].ends_with(letter)
                && (sign.ends_with('(') || !text[at + sign.len()..].starts_with(letter))
        };
        if text.match_indices(sign).any(|(at, _)| whole(at) || sign.len() == 1) {
            told.push(("left by the machine", sign.to_owned()));
        }
    }
    told
}

/// `2026-11-22`
fn iso_days(text: &str) -> impl Iterator<Item = String> {
    let day = |word: &&str| {
        let parts: Vec<&str> = word.split('-').collect();
        let digits =
            |part: &str, n: usize| part.len() >= n && part.bytes().take(n).all(|b| b.is_ascii_digit());
        parts.len() == 3
            && parts[0].len() == 4
            && digits(parts[0], 4)
            && parts[1].len() == 2
            && digits(parts[1], 2)
            && digits(parts[2], 2)
    };
    text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(day).map(str::to_owned)
}

#[test]
fn foreign_words_are_found_and_names_are_not() {
    let names = Names::new(["Ахметова Сәуле", "Детский сад № 1"]);
    let found = |told: Told| told.into_iter().map(|one| one.1).collect::<Vec<_>>();
    assert_eq!(
        found(russian("Өтініш қабылданды: заявление подаётся в срок", &names)),
        ["заявление", "подаётся", "в", "срок"]
    );
    assert!(found(russian("Баланы қосу және ваучер алу, Детский сад № 1", &names)).is_empty());
    assert_eq!(found(kazakh("Заявление өтініш Сәуле, керек", &names)), ["өтініш", "керек"]);
    assert_eq!(iso_days("22.11.2026, 2026-11-22 2026-1-2").collect::<Vec<_>>(), ["2026-11-22"]);
}
