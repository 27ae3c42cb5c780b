use std::collections::HashMap;

use super::layout::{BOTTOM, COLUMN, Fonts, Row, paginate};
use super::says::{long_day, rows, tenge};
use super::*;
use crate::integrations::contract_text::TEMPLATE_VERSION;
use crate::rules::document::{Media, judge};
use crate::rules::iin::check_digit;

fn name(surname: &str, name: &str, patronymic: &str) -> FullName {
    FullName { surname: surname.into(), name: name.into(), patronymic: Some(patronymic.into()) }
}

fn both(kk: &str, ru: &str) -> Bilingual {
    Bilingual { kk: kk.into(), ru: ru.into() }
}

fn facts() -> ContractFacts {
    let first = "99024000012";
    let bin = format!("{first}{}", check_digit(first.as_bytes()).unwrap() as char);
    ContractFacts {
        number: "ALA-2026-000731".into(),
        version: 2,
        concluded_on: "2026-11-22".parse().unwrap(),
        city: both("Алматы қ.", "г. Алматы"),
        kindergarten: KindergartenFacts {
            name: both("«Һәм Ғажап» № 12 арнайы балабақшасы", "Специальный детский сад № 12 «Һәм Ғажап»"),
            bin: Bin::parse(&bin).unwrap(),
            address: both(
                "Алматы қ., Бостандық ауданы, Тимирязев к-сі, 42-үй",
                "г. Алматы, Бостандыкский район, ул. Тимирязева, 42",
            ),
            head: name("Құдайбергенова", "Гауһар", "Әбдіғаппарқызы"),
        },
        parent: ParentFacts {
            name: name("Серікбаева", "Айгүл", "Маратқызы"),
            iin: Iin::parse("880517499008").unwrap(),
            address: both(
                "Алматы қ., Алмалы ауданы, Абай даңғ., 10-үй, 5-пәтер",
                "г. Алматы, Алмалинский район, пр. Абая, 10, кв. 5",
            ),
            phone: Phone::parse("87071234567").unwrap(),
        },
        child: ChildFacts {
            name: name("Серікбай", "Ұлан", "Ерұлы"),
            iin: Iin::parse("210315599008").unwrap(),
            birth_on: "2021-03-15".parse().unwrap(),
        },
        voucher_number: "V-2026-004512".into(),
        voucher_issued_on: "2026-11-16".parse().unwrap(),
        group: both("Күншуақ (3–4 жас)", "Куншуак (3–4 года)"),
        group_language: Language::Kk,
        starts_on: "2026-12-01".parse().unwrap(),
        monthly_sum: 49_131,
        parent_fee: 18_500,
        papers: vec![PaperFacts {
            name: both("№ 027/у анықтамасы", "Справка № 027/у"),
            sha256: "0123456789abcdef".repeat(4),
        }],
        check_url: both(
            "https://balabaqsha.example/kk/check?contract=7K3M9QXWPA2C&version=2",
            "https://balabaqsha.example/ru/check?contract=7K3M9QXWPA2C&version=2",
        ),
        code_url: "https://balabaqsha.example/check?contract=7K3M9QXWPA2C&version=2".into(),
    }
}

/// What a reader gets by selecting all: codes of two bytes, read by the font's own table. Line ends and hard
/// spaces are made plain.
fn text_of(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let mut text = String::new();
    for page in document.page_iter() {
        let fonts = document.get_page_fonts(page).unwrap();
        let letters: HashMap<Vec<u8>, HashMap<u16, String>> =
            fonts.iter().map(|(name, font)| (name.clone(), letters_of(&document, font))).collect();
        let content = lopdf::content::Content::decode(&document.get_page_content(page).unwrap()).unwrap();
        let mut font = &HashMap::new();
        for operation in &content.operations {
            match operation.operator.as_str() {
                "Tf" => font = &letters[operation.operands[0].as_name().unwrap()],
                "Tj" | "TJ" => strings_of(&operation.operands, font, &mut text),
                _ => {}
            }
        }
    }
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn letters_of(document: &lopdf::Document, font: &lopdf::Dictionary) -> HashMap<u16, String> {
    let table = document.get_object(font.get(b"ToUnicode").unwrap().as_reference().unwrap()).unwrap();
    let table = String::from_utf8(table.as_stream().unwrap().decompressed_content().unwrap()).unwrap();
    let pairs = table.lines().filter_map(|line| {
        let (code, letters) = line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <")?;
        let units: Vec<u16> = hex::decode(letters.replace(' ', ""))
            .ok()?
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        Some((u16::from_str_radix(code, 16).ok()?, String::from_utf16(&units).ok()?))
    });
    pairs.collect()
}

fn strings_of(operands: &[lopdf::Object], letters: &HashMap<u16, String>, text: &mut String) {
    for operand in operands {
        match operand {
            lopdf::Object::Array(parts) => strings_of(parts, letters, text),
            lopdf::Object::String(codes, _) => {
                let codes = codes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                text.extend(codes.map(|code| letters[&code].as_str()));
            }
            _ => {}
        }
    }
}

#[test]
fn the_same_facts_give_the_same_bytes_and_others_others() {
    let first = render(&facts()).unwrap();
    assert_eq!(first, render(&facts()).unwrap());
    let mut other = facts();
    other.parent_fee += 1;
    assert_ne!(first, render(&other).unwrap());
}

/// To look at: `CONTRACT_PDF=/tmp/contract.pdf cargo test --lib the_same_facts`.
#[test]
fn every_change_of_a_fact_changes_the_bytes() {
    if let Some(path) = std::env::var_os("CONTRACT_PDF") {
        std::fs::write(path, render(&facts()).unwrap()).unwrap();
    }
    let first = render(&facts()).unwrap();
    let changes: [fn(&mut ContractFacts); 5] = [
        |facts| facts.version = 3,
        |facts| facts.starts_on = "2026-12-02".parse().unwrap(),
        |facts| facts.parent.address.kk.push('1'),
        |facts| facts.papers.clear(),
        |facts| facts.papers[0].sha256 = "f".repeat(64),
    ];
    for change in changes {
        let mut other = facts();
        change(&mut other);
        assert!(render(&other).unwrap() != first);
    }
}

#[test]
fn facts_survive_being_stored() {
    let stored = serde_json::to_string(&facts()).unwrap();
    assert!(serde_json::from_str::<ContractFacts>(&stored).unwrap() == facts());
}

#[test]
fn it_is_a_pdf_we_would_take_ourselves() {
    assert_eq!(judge(&render(&facts()).unwrap()), Ok(Media::Pdf));
}

#[test]
fn every_kazakh_letter_can_be_copied_out() {
    let letters = "әғқңөұүһіӘҒҚҢӨҰҮҺІ₸№«»–";
    let mut facts = facts();
    facts.group.kk = letters.into();
    let text = text_of(&render(&facts).unwrap());
    assert!(text.contains(letters), "{text}");
    for letter in letters.chars() {
        assert!(text.contains(letter), "{letter}: {text}");
    }
    for said in [
        "49 131 ₸",
        "18 500 ₸",
        "2026 ж. 22 қараша",
        "22 ноября 2026 г.",
        "880517499008",
        "210315599008",
        "+7 707 123 4567",
        "Серікбаева Айгүл Маратқызы",
        "V-2026-004512",
        "2-нұсқа (үлгі ",
        "Справка № 027/у (sha-256: 0123456789abcdef…)",
        "1 / ",
        TEMPLATE_VERSION,
        // Each column leads to its own language.
        "мына мекенжайды ашыңыз: https://balabaqsha.example/kk/check?contract=7K3M9QXWPA2C&version=2",
        "откройте адрес: https://balabaqsha.example/ru/check?contract=7K3M9QXWPA2C&version=2",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn it_has_more_than_one_page_and_nothing_leaves_its_column() {
    let fonts = Fonts::load().unwrap();
    let mut long = facts();
    long.parent.name.surname = "Ғ".repeat(300);
    long.kindergarten.name.kk = "ұзақ атау ".repeat(60);
    for facts in [facts(), long] {
        let rows = rows(&facts, &fonts).unwrap();
        let pages = paginate(&rows);
        assert!(pages.len() > 1);
        for row in &rows {
            for line in row.sides.iter().flat_map(|side| &side.lines) {
                // A space may hang over the edge.
                assert!(line.width <= COLUMN + row.role.size(), "{line:?}");
            }
        }
        for placed in pages.iter().flatten() {
            let end = placed.y + placed.lines.len() as f32 * rows[placed.row].role.leading();
            assert!(end <= BOTTOM + 0.1, "{placed:?}");
        }
        let shown: usize = pages.iter().flatten().map(|placed| placed.lines.len()).sum();
        assert_eq!(shown, rows.iter().map(Row::lines).sum::<usize>());
        assert!(render(&facts).is_ok());
    }
}

#[test]
fn a_free_place_says_so() {
    let mut free = facts();
    free.parent_fee = 0;
    let text = text_of(&render(&free).unwrap());
    assert!(text.contains("Ата-ана төлемі алынбайды") && !text.contains(" 0 ₸"), "{text}");
}

#[test]
fn a_letter_the_font_lacks_is_named() {
    let mut foreign = facts();
    foreign.child.name.name = "李".into();
    assert!(matches!(render(&foreign), Err(PdfError::MissingLetter('李'))));
    // A letter typed as two is one after normalisation.
    foreign.child.name.name = "Андреи\u{306}".into();
    assert!(text_of(&render(&foreign).unwrap()).contains("Андрей"));
}

#[test]
fn a_fact_is_not_read_for_places() {
    let mut sly = facts();
    sly.parent.name.name = "{fee} {head}".into();
    assert!(text_of(&render(&sly).unwrap()).contains("{fee} {head}"));
}

#[test]
fn money_and_days_are_written_as_here() {
    for (sum, shown) in
        [(0, "0 ₸"), (999, "999 ₸"), (1_000, "1 000 ₸"), (49_131, "49 131 ₸"), (1_234_567, "1 234 567 ₸")]
    {
        assert_eq!(tenge(sum).replace('\u{a0}', " "), shown);
    }
    let day = "2026-11-02".parse().unwrap();
    assert_eq!(long_day(day, Language::Kk).replace('\u{a0}', " "), "2026 ж. 2 қараша");
    assert_eq!(long_day(day, Language::Ru).replace('\u{a0}', " "), "2 ноября 2026 г.");
}
