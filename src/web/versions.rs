//! The versions of a contract as both sides see them: which counts, what it has otherwise, which are void and why; and the
//! package of a signed one.
use axum::response::Response;

use super::error::WebError;
use super::page::Page;
use super::parent::download;
use super::urls;
use crate::domain::contract::{Changes, Kept, Package, VersionRow};
use crate::locale::words::Words;
use crate::locale::{date, fill, wording};
use crate::rules::contract::{Awaited, Change, Lost, Standing, VersionReason};
use crate::rules::person::Language;
use crate::rules::stage::Due;

/// A version as a line of the list.
pub struct VersionLine {
    /// «2-нұсқа», with the number of its contract where there are several.
    pub name: String,
    pub standing: &'static str,
    /// The class of the tag.
    pub tag: &'static str,
    /// When and why it stopped counting.
    pub void: Option<String>,
    /// Hexadecimal; empty before there is a text.
    pub hash: String,
    /// Where its text can be read.
    pub href: Option<String>,
}

/// The list of both pages.
pub struct Versions {
    pub lines: Vec<VersionLine>,
    /// What to know where the version that counts is not the first of its contract.
    pub now: Option<String>,
    /// What it has otherwise.
    pub changes: Option<ChangeTable>,
}

/// What was and what is now, line by line.
pub struct ChangeTable {
    pub caption: String,
    pub lines: Vec<ChangeLine>,
}

pub struct ChangeLine {
    pub what: &'static str,
    pub was: String,
    pub now: String,
}

impl ChangeTable {
    fn new(language: Language, changes: &Changes) -> Self {
        let w = &crate::locale::words(language).contract_versions;
        Self {
            caption: fill(&w.changes, &[("before", &changes.before.to_string())]),
            lines: changes.all.iter().map(|one| change_line(language, one)).collect(),
        }
    }
}

fn change_line(language: Language, change: &Change) -> ChangeLine {
    let words = crate::locale::words(language);
    let (w, v) = (&words.contract, &words.contract_versions);
    let line = |what, was, now| ChangeLine { what, was, now };
    match change {
        Change::StartsOn(was, now) => {
            line(w.starts_on.as_str(), date::long(*was, language), date::long(*now, language))
        }
        Change::ParentFee(was, now) => {
            line(&w.fee, date::tenge(i64::from(*was)), date::tenge(i64::from(*now)))
        }
        Change::Address(was, now) => line(&w.address, was.clone(), now.clone()),
        Change::Paper(kind, was, now) => {
            let name = |one: &Option<String>| one.clone().unwrap_or_else(|| v.no_paper.clone());
            // Another file of the same name.
            let now = if was == now { fill(&v.new_paper, &[("name", &name(now))]) } else { name(now) };
            line(kind.name(language), name(was), now)
        }
    }
}

/// That the family has to sign once more, and by when, if the day is sure.
pub fn lost_text(language: Language, lost: Lost, due: Option<Due>) -> String {
    let w = &crate::locale::words(language).contract_versions;
    let day = due.filter(|due| due.firm).map(|due| date::long(due.by, language));
    let facts = [
        ("version", &*lost.version.to_string()),
        ("why", wording::version_reason(language, lost.why)),
        ("day", day.as_deref().unwrap_or_default()),
    ];
    fill(if day.is_some() { &w.lost_by } else { &w.lost }, &facts)
}

impl Versions {
    /// `awaited`: what the open version waits for. `link`: the address of a version's text, for whoever looks.
    pub fn new(
        p: &Page,
        rows: &[VersionRow],
        changes: Option<&Changes>,
        awaited: Option<Awaited>,
        link: impl Fn(&VersionRow) -> Option<String>,
    ) -> Self {
        // Contracts with several kindergartens are told apart by their numbers.
        let of_one = rows.first().is_none_or(|first| rows.iter().all(|row| row.number == first.number));
        let is_checked = awaited.is_some_and(|it| it.step.is_checked());
        let lines = rows.iter().map(|row| VersionLine {
            name: match of_one {
                true => version_name(p.w, row.version),
                false => with_version(p.w, &row.number, row.version),
            },
            standing: match standing(row) {
                Standing::AwaitsParent | Standing::AwaitsKindergarten if is_checked => &p.w.key_check.waits,
                other => standing_name(p.w, other),
            },
            tag: standing_tag(standing(row)),
            void: void_text(p, row),
            hash: row.pdf_sha256.as_deref().map(hex::encode).unwrap_or_default(),
            href: row.pdf_sha256.as_ref().and_then(|_| link(row)),
        });
        Self {
            lines: lines.collect(),
            now: now(p, rows),
            changes: changes.map(|changes| ChangeTable::new(p.language, changes)),
        }
    }

    /// One version that counts is no list.
    pub fn worth_showing(&self) -> bool {
        self.lines.len() > 1
    }
}

/// Why the version before the open one is void, and what that means.
fn now(p: &Page, rows: &[VersionRow]) -> Option<String> {
    let open = rows.iter().find(|row| row.voided_at.is_none() && row.kindergarten_signed_at.is_none())?;
    let before = rows.iter().find(|row| row.number == open.number && row.version + 1 == open.version)?;
    let why = VersionReason::parse(before.void_reason.as_deref()?)?;
    let facts = [
        ("version", &*open.version.to_string()),
        ("before", &*before.version.to_string()),
        ("why", wording::version_reason(p.language, why)),
    ];
    Some(fill(&p.w.contract_versions.now, &facts))
}

fn void_text(p: &Page, row: &VersionRow) -> Option<String> {
    let (at, reason) = (row.voided_at?, row.void_reason.as_deref()?);
    let w = &p.w.contract_versions;
    let why = match VersionReason::parse(reason) {
        Some(why) => wording::version_reason(p.language, why),
        None => &w.why_left,
    };
    Some(fill(&w.void_since, &[("at", &date::moment(at)), ("why", why)]))
}

fn standing(row: &VersionRow) -> Standing {
    Standing::of(
        row.pdf_sha256.is_some(),
        row.parent_signed_at.is_some(),
        row.kindergarten_signed_at.is_some(),
        row.voided_at.is_some(),
    )
}

fn version_name(w: &Words, version: i32) -> String {
    fill(&w.contract_versions.version, &[("version", &version.to_string())])
}

/// «Шарт, 2-нұсқа»: what a version is of, and which.
pub fn with_version(w: &Words, what: &str, version: i32) -> String {
    fill(&w.contract_step.with_version, &[("what", what), ("version", &version.to_string())])
}

pub fn standing_name(w: &'static Words, standing: Standing) -> &'static str {
    let w = &w.contract_versions;
    match standing {
        Standing::NotFilled => &w.not_filled,
        Standing::AwaitsParent => &w.awaits_parent,
        Standing::AwaitsKindergarten => &w.awaits_kindergarten,
        Standing::InForce => &w.in_force,
        Standing::Void => &w.void,
    }
}

pub fn standing_tag(standing: Standing) -> &'static str {
    match standing {
        Standing::NotFilled | Standing::AwaitsParent | Standing::AwaitsKindergarten => "tag--waiting",
        Standing::InForce => "tag--good",
        Standing::Void => "tag--ended",
    }
}

// ---- The package. ----

/// The archive as a download, with a plain report in each language: the same bytes for whoever takes it. Its name says
/// nothing of anybody. `base_url`: of the portal.
pub fn give_package(package: Package, base_url: &str) -> Result<Response, WebError> {
    let name = format!("contract-{}-v{}.zip", package.number, package.version);
    let reports = [
        ("report.kk.txt", report(Language::Kk, &package, base_url)),
        ("report.ru.txt", report(Language::Ru, &package, base_url)),
    ];
    Ok(download(&name, "application/zip", package.zip(reports)?))
}

fn report(language: Language, package: &Package, base_url: &str) -> String {
    let w = &crate::locale::words(language).contract_package;
    let check = format!("{base_url}{}", urls::page(language, "check"));
    let facts = [
        ("number", package.number.as_str()),
        ("version", &package.version.to_string()),
        ("template", &package.template_version),
        ("sha256", &package.sha256),
        ("check", &check),
    ];
    let mut text = [&w.title, &w.contract, &w.hash, &w.time].map(|line| fill(line, &facts)).join("\r\n");
    text.push_str("\r\n\r\n");
    for (who, kept) in [(&w.parent, &package.parent), (&w.kindergarten, &package.kindergarten)] {
        text.push_str(&format!("{who}\r\n{}\r\n\r\n", signature_lines(language, kept)));
    }
    text.push_str(&[&w.files, &w.how].map(|line| fill(line, &facts)).join("\r\n"));
    text.push_str("\r\n");
    // The bytes are read on any desktop: a mark says that they are UTF-8.
    format!("\u{feff}{text}")
}

/// What the verdict of a signature says, line by line; what it does not say is left out.
fn signature_lines(language: Language, kept: &Kept) -> String {
    let words = crate::locale::words(language);
    let w = &words.contract_package;
    let signer = &kept.verdict["signer"];
    let text = |name: &str| signer[name].as_str().unwrap_or_default().to_owned();
    let moment = |name: &str| {
        let at = signer[name].as_str().and_then(|at| at.parse().ok());
        at.map(date::moment).unwrap_or_default()
    };
    let list = |name: &str| {
        let all = signer[name].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let revocation = match kept.verdict["revocation"].as_str() {
        Some("good") => &w.revocation_good,
        _ => &w.revocation_unchecked,
    };
    let lines = [
        (&w.name, text("name")),
        (&w.bin, text("bin")),
        (&w.roles, role_names(words, &signer["roles"])),
        (&w.algorithm, text("algorithm")),
        (&w.serial, text("serial")),
        (&w.chain, list("chain").join(" → ")),
        (&w.not_after, moment("not_after")),
        (&w.signed_at, moment("signed_at")),
        (&w.received_at, date::moment(kept.at)),
        (&w.revocation, revocation.clone()),
    ];
    let said = lines.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(label, value)| format!("  {label}: {value}")).collect::<Vec<_>>().join("\r\n")
}

/// The roles of a certificate, in words.
pub fn role_names(words: &Words, roles: &serde_json::Value) -> String {
    let all = roles.as_array().map(Vec::as_slice).unwrap_or_default();
    let named = all.iter().filter_map(|role| words.check.roles.get(role.as_str()?));
    named.map(String::as_str).collect::<Vec<_>>().join(", ")
}
