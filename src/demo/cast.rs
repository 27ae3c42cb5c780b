//! The people and houses of the demo city: pure, always the same.
use chrono::{Datelike, NaiveDate};

use crate::rules::correction::CorrectionType;
use crate::rules::district::District;
use crate::rules::facility::{Facility, Specialist};
use crate::rules::iin::{Bin, Iin, check_digit};
use crate::rules::kindergarten::GroupKind;
use crate::rules::map::{self, Position};
use crate::rules::person::Language;
use crate::rules::phone::Phone;

/// Somebody with an account.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub iin: Iin,
    pub phone: Phone,
}

/// An IIN with this beginning; where none was ever issued, the next one that was.
fn iin(birth: NaiveDate, female: bool, serial: u32, step: u32) -> Iin {
    let century = match (birth.year() >= 2000, female) {
        (true, true) => 6,
        (true, false) => 5,
        (false, true) => 4,
        (false, false) => 3,
    };
    let mut serial = serial;
    loop {
        let first = format!("{}{century}{serial:04}", birth.format("%y%m%d"));
        let whole = check_digit(first.as_bytes()).map(|digit| format!("{first}{}", char::from(digit)));
        if let Some(iin) = whole.and_then(|whole| Iin::parse(&whole).ok()) {
            return iin;
        }
        // Beginning with 1 to 6: the sandbox reads something else into 0, 7 and 8.
        serial = 1000 + (serial - 1000 + step) % 6000;
    }
}

fn phone(n: u32) -> Phone {
    // 77 in the last places keeps clear of the numbers that belong to nobody.
    let typed = format!("+77012{:04}77", n % 10_000);
    match Phone::parse(&typed) {
        Ok(phone) => phone,
        Err(error) => unreachable!("{typed}: {error}"),
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn adult(n: u32) -> Person {
    let birth = day(1984 + (n % 14).cast_signed(), 1 + n % 12, 1 + n % 28);
    Person { iin: iin(birth, !n.is_multiple_of(3), 1000 + n % 6000, 1), phone: phone(n) }
}

pub fn operator() -> Person {
    adult(9001)
}

pub fn doctor() -> Person {
    adult(9002)
}

pub fn demo_parent() -> Person {
    adult(9003)
}

// ---- Kindergartens. ----

pub struct GroupPlan {
    pub name: &'static str,
    pub kind: GroupKind,
    pub language: Language,
    pub birth_years: (i32, i32),
    pub capacity: i32,
    pub free: i32,
}

pub struct KindergartenPlan {
    pub bin: Bin,
    pub name_kk: String,
    pub name_ru: String,
    pub district: District,
    pub private: bool,
    pub address_kk: String,
    pub address_ru: String,
    pub phone: String,
    pub head_name: String,
    pub barrier_free: bool,
    pub position: Position,
    pub directions_kk: String,
    pub directions_ru: String,
    pub accessibility: Vec<Facility>,
    pub therapists: Vec<(Specialist, i32)>,
    pub groups: Vec<GroupPlan>,
    /// The head, where the demo has an account for one.
    pub head: Option<Person>,
}

const NAMES: [(&str, &str); 32] = [
    ("Балбұлақ", "Балбулак"),
    ("Айгөлек", "Айголек"),
    ("Күншуақ", "Куншуак"),
    ("Бәйтерек", "Байтерек"),
    ("Ақбота", "Акбота"),
    ("Еркетай", "Еркетай"),
    ("Қарлығаш", "Карлыгаш"),
    ("Балдырған", "Балдырган"),
    ("Таңшолпан", "Таншолпан"),
    ("Ертөстік", "Ертостик"),
    ("Қызғалдақ", "Кызгалдак"),
    ("Жұлдыз", "Жулдыз"),
    ("Болашақ", "Болашак"),
    ("Ақниет", "Акниет"),
    ("Гүлдер", "Гульдер"),
    ("Мерей", "Мерей"),
    ("Нұрсәт", "Нурсат"),
    ("Алтын бесік", "Алтын бесик"),
    ("Көгершін", "Когершин"),
    ("Арай", "Арай"),
    ("Шұғыла", "Шугыла"),
    ("Тұлпар", "Тулпар"),
    ("Самал", "Самал"),
    ("Қуаныш", "Куаныш"),
    ("Өрнек", "Орнек"),
    ("Құлыншақ", "Кулыншак"),
    ("Бөбек", "Бобек"),
    ("Жадыра", "Жадыра"),
    ("Алпамыс", "Алпамыс"),
    ("Ақ көгершін", "Ак когершин"),
    ("Мөлдір", "Молдир"),
    ("Достық", "Достык"),
];

const STREETS: [(&str, &str); 8] = [
    ("Момышұлы көшесі", "ул. Момышулы"),
    ("Төле би көшесі", "ул. Толе би"),
    ("Жандосов көшесі", "ул. Жандосова"),
    ("Тимирязев көшесі", "ул. Тимирязева"),
    ("Сейфуллин даңғылы", "пр. Сейфуллина"),
    ("Достық даңғылы", "пр. Достык"),
    ("Жұмабаев көшесі", "ул. Жумабаева"),
    ("Сүйінбай даңғылы", "пр. Суюнбая"),
];

const HEADS: [&str; 8] = [
    "Сейітқызы Айгүл Маратқызы",
    "Оспанова Гүлнар Серікқызы",
    "Қасымова Ләззат Ермекқызы",
    "Әбдірахманова Жанар Болатқызы",
    "Тұрсынова Сәуле Қайратқызы",
    "Ким Ирина Сергеевна",
    "Жұмабекова Динара Асқарқызы",
    "Петрова Ольга Викторовна",
];

fn bin(n: u32) -> Bin {
    let mut serial = 10 + n;
    loop {
        let first = format!("{:02}{:02}40{serial:05}", 2 + n % 20, 1 + n % 12);
        let whole = check_digit(first.as_bytes()).map(|digit| format!("{first}{}", char::from(digit)));
        if let Some(bin) = whole.and_then(|whole| Bin::parse(&whole).ok()) {
            return bin;
        }
        serial += 100;
    }
}

/// 64 houses, eight in each district; the first of a district and four more have special groups.
pub fn kindergartens() -> Vec<KindergartenPlan> {
    (0..64).map(kindergarten).collect()
}

fn kindergarten(n: u32) -> KindergartenPlan {
    let (name_kk, name_ru) = NAMES[n as usize % 32];
    let district = District::all().nth(n as usize % 8).unwrap_or_else(|| unreachable!("eight districts"));
    let (street_kk, street_ru) = STREETS[n as usize % 8];
    let number = 5 + n * 3;
    let private = n % 5 == 4;
    let kind = if private {
        ("жекеменшік балабақшасы", "Частный детский сад")
    } else {
        ("бөбекжай-балабақшасы", "Ясли-сад")
    };
    let house = 10 + n * 2;
    let (bus, walk) = (30 + n * 7 % 90, 5 + n % 4);
    KindergartenPlan {
        bin: bin(n),
        name_kk: format!("№ {number} «{name_kk}» {}", kind.0),
        name_ru: format!("{} № {number} «{name_ru}»", kind.1),
        district,
        private,
        address_kk: format!("{street_kk}, {house}-үй"),
        address_ru: format!("{street_ru}, дом {house}"),
        phone: format!("8 (727) 2{:02}-{:02}-{:02}", 10 + n, 20 + n % 70, 15 + n % 80),
        head_name: HEADS[n as usize % 8].to_owned(),
        barrier_free: n.is_multiple_of(3),
        position: somewhere_in(district, n / 8),
        directions_kk: format!(
            "«{street_kk}» аялдамасы, {bus}-автобус. Аялдамадан {walk} минут жаяу. Кіреберіс аула жақта."
        ),
        directions_ru: format!(
            "Остановка «{street_ru}», автобус {bus}. От остановки {walk} минут пешком. Вход со двора."
        ),
        accessibility: accessibility(n),
        therapists: therapists(n),
        groups: if n < 12 { special_groups(n) } else { general_groups(n) },
        head: (n < 1 || n == 12).then(|| adult(9010 + n)),
    }
}

/// The eight houses of a district lie well apart, and none of them at its edge.
fn somewhere_in(district: District, nth: u32) -> Position {
    let corners = map::area(district);
    let bounds = |of: fn(&Position) -> f64| {
        let all = corners.iter().map(of);
        (all.clone().fold(f64::MAX, f64::min), all.fold(f64::MIN, f64::max))
    };
    let (south, north) = bounds(|corner| corner.latitude);
    let (west, east) = bounds(|corner| corner.longitude);
    let spot = |at: u32| {
        let share = |base: u32| halton(at, base);
        let place = Position {
            latitude: south + (north - south) * share(2),
            longitude: west + (east - west) * share(3),
        };
        Position { latitude: tidy(place.latitude), longitude: tidy(place.longitude) }
    };
    let middle = map::middle(district);
    // A tenth of the way further out it must still be inside.
    let well_inside = |place: &Position| {
        let further = |one: f64, middle: f64| middle + (one - middle) * 1.15;
        let out = Position {
            latitude: further(place.latitude, middle.latitude),
            longitude: further(place.longitude, middle.longitude),
        };
        map::is_inside(district, *place) && map::is_inside(district, out)
    };
    (1..1_000).map(spot).filter(well_inside).nth(nth as usize).unwrap_or(middle)
}

/// To some ten metres.
fn tidy(degrees: f64) -> f64 {
    (degrees * 1e4).round() / 1e4
}

/// The n-th number between 0 and 1 of a sequence that fills the room between evenly.
fn halton(n: u32, base: u32) -> f64 {
    let (mut rest, mut share, mut sum) = (n, 1.0, 0.0);
    while rest > 0 {
        share /= f64::from(base);
        sum += share * f64::from(rest % base);
        rest /= base;
    }
    sum
}

fn accessibility(n: u32) -> Vec<Facility> {
    let has = |at: u32| n.is_multiple_of(3) && !(n + at).is_multiple_of(4) || (n + at) % 7 == 1;
    (0..).zip(Facility::all()).filter(|(at, _)| has(*at)).map(|(_, one)| one).collect()
}

/// A house with special groups has more of them, and for longer.
fn therapists(n: u32) -> Vec<(Specialist, i32)> {
    let special = n < 12;
    let hours = |at: u32| (if special { 18 } else { 6 } + (n + at) % 5 * 4).cast_signed();
    let works = |at: u32| at == 0 || (n + at).is_multiple_of(if special { 2 } else { 4 });
    (0..).zip(Specialist::all()).filter(|(at, _)| works(*at)).map(|(at, one)| (one, hours(at))).collect()
}

/// Twelve houses share the fifteen types, each type in both languages.
fn special_groups(n: u32) -> Vec<GroupPlan> {
    let types: Vec<CorrectionType> = CorrectionType::all().collect();
    let pairs = (0..30usize).filter(|pair| pair % 12 == n as usize);
    let group = |pair: usize| {
        let correction = types[pair / 2];
        let most = correction.max_preschool().unwrap_or(8).cast_signed();
        GroupPlan {
            name: if pair.is_multiple_of(2) {
                "Арнайы топ – қазақ тілі"
            } else {
                "Арнайы топ – орыс тілі"
            },
            kind: GroupKind::Special(correction),
            language: if pair.is_multiple_of(2) { Language::Kk } else { Language::Ru },
            birth_years: (2019, 2024),
            capacity: most,
            free: 2,
        }
    };
    pairs.map(group).collect()
}

fn general_groups(n: u32) -> Vec<GroupPlan> {
    let free = |group: u32| i32::from((n + group).is_multiple_of(7));
    let group = |name, language, birth_years, place| GroupPlan {
        name,
        kind: GroupKind::General,
        language,
        birth_years,
        capacity: 20 + (n % 6).cast_signed(),
        free: free(place),
    };
    vec![
        group("«Гүлдер» тобы", Language::Kk, (2019, 2021), 0),
        group("«Жұлдызша» тобы", Language::Kk, (2022, 2024), 2),
        group("Группа «Солнышко»", Language::Ru, (2019, 2021), 4),
        group("Группа «Ручеёк»", Language::Ru, (2022, 2024), 6),
    ]
}

// ---- Families. ----

/// What happens to an application of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    AwaitsReview,
    Rejected,
    Withdrawn,
    /// Waits in the queue, or whatever the rounds bring.
    Queues,
    /// Gets a voucher in the first round, if there is a place, and then:
    Lapses,
    Refuses,
    RunsOut,
    TakesBack,
    AwaitsContract,
    AwaitsParent,
    /// The kindergarten changed its offer when the family had filled the contract in: the second version awaits it.
    TermsChanged,
    AwaitsKindergarten,
    Enrols,
}

#[derive(Debug, Clone)]
pub struct Application {
    pub child: Iin,
    /// `None`: the general queue.
    pub correction: Option<CorrectionType>,
    pub language: Language,
    pub fate: Fate,
    /// Hours before now.
    pub submitted: i64,
}

#[derive(Debug, Clone)]
pub struct Family {
    pub parent: Person,
    pub language: Language,
    pub applications: Vec<Application>,
}

/// The child's serial says district and correction type, as the sandbox's registries read it.
fn child(n: u32, correction: Option<CorrectionType>) -> Iin {
    let kind = CorrectionType::all().position(|one| Some(one) == correction).unwrap_or(14);
    let kind = u32::try_from(kind).unwrap_or(0);
    let birth = day(2021 + ((n + n / 336) % 4).cast_signed(), 1 + n % 12, 1 + n / 12 % 28);
    let serial = (1 + n % 6) * 1000 + (n / 6 % 8) * 100 + kind + 15 * (n % 6);
    iin(birth, n.is_multiple_of(2), serial, 1000)
}

const HEADS_OF_QUEUE: [Fate; 10] = [
    Fate::Enrols,
    Fate::AwaitsKindergarten,
    Fate::AwaitsParent,
    Fate::AwaitsContract,
    Fate::TakesBack,
    Fate::Lapses,
    Fate::Refuses,
    Fate::RunsOut,
    Fate::Enrols,
    Fate::Lapses,
];

/// What became of those who applied in the year before: by now all of it is over.
const LONG_AGO: [Fate; 8] = [
    Fate::Enrols,
    Fate::RunsOut,
    Fate::Refuses,
    Fate::Enrols,
    Fate::Lapses,
    Fate::RunsOut,
    Fate::Enrols,
    Fate::RunsOut,
];
/// Families of the first months' rounds.
const TO_A_ROUND: [u32; 10] = [7, 9, 8, 10, 7, 11, 9, 8, 12, 9];
const OF_THE_PAST: u32 = 90;

/// A round of the demo's past: so many days ago, and who got their vouchers in it.
pub struct PastRound {
    pub days_ago: i64,
    pub families: Vec<Family>,
}

/// The portal's first months: a round each month, for families who had applied some weeks before.
pub fn past_rounds() -> Vec<PastRound> {
    let mut first = 0;
    let round = |(at, families): (i64, u32)| {
        let days_ago = 325 - 31 * at;
        let family = |n: u32| {
            // The later the round, the longer its families had waited.
            let waited = 20 + 4 * at + 4 * i64::from(first + families - n);
            let special = n % 5 < 3;
            family(n, special, LONG_AGO[n as usize % 8], 24 * (days_ago + waited) - i64::from(n % 9))
        };
        let round = PastRound { days_ago, families: (first..first + families).map(family).collect() };
        first += families;
        round
    };
    (0..).zip(TO_A_ROUND).map(round).collect()
}

/// Family number `n` with one application, submitted so many hours before now.
fn family(n: u32, special: bool, fate: Fate, submitted: i64) -> Family {
    let types: Vec<CorrectionType> = CorrectionType::all().collect();
    let correction = special.then(|| types[(n / 5 + n % 5 * 7) as usize % 15]);
    let language = if n.is_multiple_of(3) { Language::Ru } else { Language::Kk };
    let application = Application { child: child(n, correction), correction, language, fate, submitted };
    Family { parent: adult(n), language, applications: vec![application] }
}

/// The applications of the last three months: the demo parent's first, then the heads of the queues, then those who
/// wait. With those of the past some 400.
pub fn families() -> Vec<Family> {
    let types: Vec<CorrectionType> = CorrectionType::all().collect();
    let mut families = vec![demo_family(&types)];
    for n in OF_THE_PAST..390 {
        let special = n % 5 < 2;
        let fate = match n - OF_THE_PAST {
            // Its kindergarten is one whose head can sign in.
            11 => Fate::TermsChanged,
            0..70 => HEADS_OF_QUEUE[((n - OF_THE_PAST) / 5) as usize % 10],
            _ if special && n % 3 == 0 => Fate::AwaitsReview,
            _ if special && n % 19 == 0 => Fate::Rejected,
            _ if n % 23 == 0 => Fate::Withdrawn,
            _ => Fate::Queues,
        };
        let submitted = if fate == Fate::AwaitsReview {
            i64::from(2 + n % 60)
        } else {
            24 * 80 - i64::from(n - OF_THE_PAST) * 4
        };
        families.push(family(n, special, fate, submitted));
    }
    families
}

/// A parent with cases in several stages, listed on `/sandbox`.
fn demo_family(types: &[CorrectionType]) -> Family {
    let case = |n: u32, correction: Option<usize>, fate, submitted| {
        let correction = correction.map(|at| types[at]);
        Application { child: child(900 + n, correction), correction, language: Language::Kk, fate, submitted }
    };
    Family {
        parent: demo_parent(),
        language: Language::Kk,
        applications: vec![
            case(1, Some(0), Fate::AwaitsParent, 24 * 85),
            case(2, Some(13), Fate::Enrols, 24 * 86),
            case(3, Some(8), Fate::AwaitsReview, 3),
            case(4, None, Fate::Queues, 24 * 84),
            case(5, Some(0), Fate::Queues, 30),
            case(6, Some(5), Fate::Rejected, 24 * 40),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_house_of_the_demo_lies_in_its_own_district() {
        let plans = kindergartens();
        for plan in &plans {
            assert!(map::is_inside(plan.district, plan.position), "{}: {}", plan.name_ru, plan.position);
            assert!(!plan.therapists.is_empty() && plan.therapists.iter().all(|(_, hours)| *hours <= 80));
        }
        let mut places: Vec<String> = plans.iter().map(|plan| plan.position.to_string()).collect();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), plans.len());
    }
}
