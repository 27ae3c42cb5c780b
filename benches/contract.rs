//! How many contracts one core sets as PDF: both languages, tagged, with fonts and code, the same facts the same bytes.
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use balabaqsha::integrations::contract_pdf::{
    Bilingual, ChildFacts, ContractFacts, KindergartenFacts, PaperFacts, ParentFacts, render,
};
use balabaqsha::rules::iin::{Bin, Iin, check_digit};
use balabaqsha::rules::person::{FullName, Language};
use balabaqsha::rules::phone::Phone;

use crate::support::figure::{Figure, median};

/// A form may not wait longer for its contract, in milliseconds.
const MOST_MS: f64 = 100.0;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

/// Milliseconds each; the rate is printed beside it.
pub fn figure() -> Result<Figure> {
    let facts = facts()?;
    let first = render(&facts)?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (start, mut made) = (Instant::now(), 0u32);
        while start.elapsed() < ROUND {
            ensure!(render(&facts)? == first, "the same facts gave other bytes");
            made += 1;
        }
        times.push(start.elapsed().as_secs_f64() * 1_000.0 / f64::from(made));
    }
    let each = median(&mut times);
    println!("contracts set as PDF: {:.1}/s on one core, {} KB each", 1_000.0 / each, first.len() / 1024);
    Ok(Figure::limit("contract PDF, ms each on one core", each, MOST_MS))
}

fn both(text: &str) -> Bilingual {
    Bilingual { kk: text.to_owned(), ru: text.to_owned() }
}

fn name(surname: &str, name: &str) -> FullName {
    FullName { surname: surname.to_owned(), name: name.to_owned(), patronymic: None }
}

fn facts() -> Result<ContractFacts> {
    let first = "99024000012";
    let bin = format!("{first}{}", char::from(check_digit(first.as_bytes()).context("a check digit")?));
    let paper = |n: u32| PaperFacts { name: both(&format!("№ {n}")), sha256: "0123456789abcdef".repeat(4) };
    Ok(ContractFacts {
        number: "7K3M9QXWPA2CD".to_owned(),
        version: 1,
        concluded_on: "2026-11-22".parse()?,
        city: both("Алматы"),
        kindergarten: KindergartenFacts {
            name: both("№ 12 «Күншуақ»"),
            bin: Bin::parse(&bin).ok().context("a BIN")?,
            address: both("Тимирязев, 42"),
            head: name("Құдайбергенова", "Гауһар"),
        },
        parent: ParentFacts {
            name: name("Серікбаева", "Айгүл"),
            iin: Iin::parse("880517499008").ok().context("an IIN")?,
            address: both("Абай, 10"),
            phone: Phone::parse("87071234567").ok().context("a number")?,
        },
        child: ChildFacts {
            name: name("Серікбай", "Ұлан"),
            iin: Iin::parse("210315599008").ok().context("an IIN")?,
            birth_on: "2021-03-15".parse()?,
        },
        voucher_number: "V-2026-004512".to_owned(),
        voucher_issued_on: "2026-11-16".parse()?,
        group: both("Күншуақ"),
        group_language: Language::Kk,
        starts_on: "2026-12-01".parse()?,
        monthly_sum: 49_131,
        parent_fee: 18_500,
        papers: (1..=6).map(paper).collect(),
        check_url: both("https://balabaqsha.example/kk/check?contract=7K3M9QXWPA2CD&version=1"),
        code_url: "https://balabaqsha.example/check?contract=7K3M9QXWPA2CD&version=1".to_owned(),
    })
}
