//! What the contract says: its words with the facts in their places, row by row.
use chrono::{Datelike, NaiveDate};
use unicode_normalization::UnicodeNormalization;

use super::layout::{Fonts, Role, Row, Span, bold, paragraph, plain};
use super::{ContractFacts, PdfError};
use crate::integrations::contract_text::{self as words, Both};
use crate::rules::person::Language;
use crate::rules::written;

/// Every row of the contract, in order.
pub(super) fn rows(facts: &ContractFacts, fonts: &Fonts) -> Result<Vec<Row>, PdfError> {
    let mut sheet = Sheet { facts, fonts, rows: Vec::new() };
    sheet.opening()?;
    for (section, number) in words::SECTIONS.iter().zip(1..) {
        sheet.heading(number, section.heading)?;
        for (clause, part) in section.clauses.iter().zip(1..) {
            sheet.clause(&format!("{number}.{part}"), *clause)?;
        }
    }
    sheet.papers(words::SECTIONS.len() + 1)?;
    sheet.heading(words::SECTIONS.len() + 2, words::DETAILS_HEADING)?;
    sheet.details()?;
    sheet.both(Role::Check, "", |language, facts| vec![plain(filled(words::CHECK, language, facts))])?;
    Ok(sheet.rows)
}

/// Hexadecimal digits of a paper's hash: enough to tell two files apart.
const HASH_SHOWN: usize = 16;

struct Sheet<'a> {
    facts: &'a ContractFacts,
    fonts: &'a Fonts,
    rows: Vec<Row>,
}

impl Sheet<'_> {
    fn both(
        &mut self,
        role: Role,
        label: &str,
        say: impl Fn(Language, &ContractFacts) -> Vec<Span>,
    ) -> Result<(), PdfError> {
        let side = |language| {
            let spans: Vec<Span> = say(language, self.facts)
                .into_iter()
                .map(|span| Span { bold: span.bold, text: settled(&span.text) })
                .collect();
            paragraph(&spans, role, label, self.fonts)
        };
        let sides = [side(Language::Kk)?, side(Language::Ru)?];
        self.rows.push(Row { role, sides });
        Ok(())
    }

    fn opening(&mut self) -> Result<(), PdfError> {
        self.both(Role::Title, "", |language, facts| {
            vec![bold(in_words(words::TITLE, language)), bold(format!("№\u{a0}{}", facts.number))]
        })?;
        self.both(Role::Body, "", |language, facts| vec![plain(filled(words::VERSION, language, facts))])?;
        self.both(Role::Body, "", |language, facts| {
            let city = facts.city.in_language(language);
            vec![plain(format!("{city}, {}", long_day(facts.concluded_on, language)))]
        })?;
        self.both(Role::Body, "", |language, facts| vec![plain(filled(words::PREAMBLE, language, facts))])?;
        self.labelled(words::LABEL_CHILD, |_, facts| facts.child.name.full())?;
        self.labelled(words::LABEL_IIN, |_, facts| facts.child.iin.as_str().to_owned())?;
        self.labelled(words::LABEL_BORN, |language, facts| long_day(facts.child.birth_on, language))?;
        self.labelled(words::LABEL_VOUCHER, |language, facts| filled(words::VOUCHER_OF, language, facts))?;
        self.labelled(words::LABEL_GROUP, |language, facts| facts.group.in_language(language).to_owned())?;
        self.labelled(words::LABEL_LANGUAGE, |language, facts| {
            let name = match facts.group_language {
                Language::Kk => words::IN_KAZAKH,
                Language::Ru => words::IN_RUSSIAN,
            };
            in_words(name, language).to_owned()
        })?;
        self.labelled(words::LABEL_STARTS, |language, facts| long_day(facts.starts_on, language))
    }

    /// The papers that belong to the contract, each with the beginning of its file's hash.
    fn papers(&mut self, number: usize) -> Result<(), PdfError> {
        self.heading(number, words::PAPERS_HEADING)?;
        let facts = self.facts;
        if facts.papers.is_empty() {
            return self.clause(&format!("{number}.1"), words::NO_PAPERS);
        }
        for (paper, part) in facts.papers.iter().zip(1..) {
            self.both(Role::Body, &format!("{number}.{part}"), |language, _| {
                let hash = paper.sha256.get(..HASH_SHOWN).unwrap_or_default();
                vec![plain(format!("{} (sha-256: {hash}…)", paper.name.in_language(language)))]
            })?;
        }
        Ok(())
    }

    fn details(&mut self) -> Result<(), PdfError> {
        self.party(words::LABEL_KINDERGARTEN, |language, facts| {
            facts.kindergarten.name.in_language(language).to_owned()
        })?;
        self.labelled(words::LABEL_BIN, |_, facts| facts.kindergarten.bin.as_str().to_owned())?;
        self.labelled(words::LABEL_ADDRESS, |language, facts| {
            facts.kindergarten.address.in_language(language).to_owned()
        })?;
        self.labelled(words::LABEL_HEAD, |_, facts| facts.kindergarten.head.full())?;
        self.labelled(words::LABEL_SIGNATURE, |language, _| {
            in_words(words::SIGNED_BY_KINDERGARTEN, language).to_owned()
        })?;
        self.party(words::LABEL_PARENT, |_, facts| facts.parent.name.full())?;
        self.labelled(words::LABEL_IIN, |_, facts| facts.parent.iin.as_str().to_owned())?;
        self.labelled(words::LABEL_ADDRESS, |language, facts| {
            facts.parent.address.in_language(language).to_owned()
        })?;
        self.labelled(words::LABEL_PHONE, |_, facts| facts.parent.phone.shown().replace(' ', "\u{a0}"))?;
        self.labelled(words::LABEL_SIGNATURE, |language, _| {
            in_words(words::SIGNED_BY_PARENT, language).to_owned()
        })
    }

    fn heading(&mut self, number: usize, heading: Both) -> Result<(), PdfError> {
        self.both(Role::Heading, "", |language, _| {
            vec![bold(format!("{number}. {}", in_words(heading, language)))]
        })
    }

    fn clause(&mut self, number: &str, clause: Both) -> Result<(), PdfError> {
        self.both(Role::Body, number, |language, facts| vec![plain(filled(clause, language, facts))])
    }

    fn labelled(
        &mut self,
        label: Both,
        value: impl Fn(Language, &ContractFacts) -> String,
    ) -> Result<(), PdfError> {
        self.value(Role::Body, label, value)
    }

    fn party(
        &mut self,
        label: Both,
        value: impl Fn(Language, &ContractFacts) -> String,
    ) -> Result<(), PdfError> {
        self.value(Role::Party, label, value)
    }

    fn value(
        &mut self,
        role: Role,
        label: Both,
        value: impl Fn(Language, &ContractFacts) -> String,
    ) -> Result<(), PdfError> {
        self.both(role, "", |language, facts| {
            vec![bold(format!("{}:", in_words(label, language))), plain(value(language, facts))]
        })
    }
}

pub(super) fn in_words(both: Both, language: Language) -> &'static str {
    match language {
        Language::Kk => both.kk,
        Language::Ru => both.ru,
    }
}

/// Letters typed as two become one, and a number stays beside its sign.
pub(super) fn settled(text: &str) -> String {
    text.nfc().collect::<String>().replace("№ ", "№\u{a0}")
}

/// The text with the facts in their places. A fact is never read for places of its own.
pub(super) fn filled(both: Both, language: Language, facts: &ContractFacts) -> String {
    let text = if facts.parent_fee == 0 && both.kk.contains("{fee}") { words::NO_FEE } else { both };
    let mut parts = in_words(text, language).split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (place, rest) = part.split_once('}').unwrap_or(("", part));
        filled.push_str(&fact(place, language, facts));
        filled.push_str(rest);
    }
    filled
}

/// What stands in each place of the text.
pub(super) fn fact(place: &str, language: Language, facts: &ContractFacts) -> String {
    match place {
        "kindergarten" => facts.kindergarten.name.in_language(language).to_owned(),
        "head" => facts.kindergarten.head.full(),
        "parent" => facts.parent.name.full(),
        "version" => facts.version.to_string(),
        "template" => words::TEMPLATE_VERSION.to_owned(),
        "voucher" => facts.voucher_number.clone(),
        "voucher_day" => long_day(facts.voucher_issued_on, language),
        "monthly" => tenge(facts.monthly_sum),
        "fee" => tenge(facts.parent_fee),
        "check_url" => facts.check_url.in_language(language).to_owned(),
        _ => String::new(),
    }
}

/// «49 131 ₸», with spaces that do not break.
pub(super) fn tenge(sum: u64) -> String {
    written::grouped(sum) + "\u{a0}₸"
}

/// «2026 ж. 22 қараша», «22 ноября 2026 г.» (rules of the road, 7), with spaces that do not break.
pub(super) fn long_day(day: NaiveDate, language: Language) -> String {
    let month = written::month(day, language);
    match language {
        Language::Kk => format!("{}\u{a0}ж.\u{a0}{}\u{a0}{month}", day.year(), day.day()),
        Language::Ru => format!("{}\u{a0}{month}\u{a0}{}\u{a0}г.", day.day(), day.year()),
    }
}
