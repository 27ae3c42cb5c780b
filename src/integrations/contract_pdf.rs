//! The contract as a PDF: what both sides sign.
//!
//! The signatures are over these bytes, so the same facts always give the same bytes: no clock, no randomness, the
//! fonts are in the program. Kazakh stands on the left, Russian on the right, clause beside clause, so that nobody
//! signs one text and reads another. Tagged (PDF/UA-1) and made to be kept (PDF/A-2a).
//!
//! Layout is deliberately small: greedy lines, no hyphenation, no kerning across runs.
mod drawing;
mod layout;
mod says;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use layout::Fonts;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::rules::iin::{Bin, Iin};
use crate::rules::person::{FullName, Language};
use crate::rules::phone::Phone;

/// A name or an address as each language writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    pub kk: String,
    pub ru: String,
}

impl Bilingual {
    fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
        }
    }
}

/// Everything the contract says that is not its words. Kept beside the file, so that the bytes can be made again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractFacts {
    pub number: String,
    /// Counted within the number, from 1.
    pub version: u32,
    /// The day the kindergarten sent it.
    pub concluded_on: NaiveDate,
    /// «Алматы қ.» / «г. Алматы»
    pub city: Bilingual,
    pub kindergarten: KindergartenFacts,
    pub parent: ParentFacts,
    pub child: ChildFacts,
    pub voucher_number: String,
    pub voucher_issued_on: NaiveDate,
    pub group: Bilingual,
    pub group_language: Language,
    pub starts_on: NaiveDate,
    /// Whole tenge a month, paid by the state.
    pub monthly_sum: u64,
    /// Whole tenge a month, paid by the family; zero where none is taken.
    pub parent_fee: u64,
    /// What the family attached.
    pub papers: Vec<PaperFacts>,
    /// Where anyone holding the paper can check it, in each language.
    pub check_url: Bilingual,
    /// The same in the QR code, which leads to the language of whoever scans it.
    pub code_url: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindergartenFacts {
    pub name: Bilingual,
    pub bin: Bin,
    pub address: Bilingual,
    pub head: FullName,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentFacts {
    pub name: FullName,
    pub iin: Iin,
    pub address: Bilingual,
    pub phone: Phone,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildFacts {
    pub name: FullName,
    pub iin: Iin,
    pub birth_on: NaiveDate,
}

/// A paper that belongs to the contract: another file under the same name is another contract.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperFacts {
    pub name: Bilingual,
    /// Of the file, lower-case hexadecimal.
    pub sha256: String,
}

/// Why no PDF could be made.
#[derive(Debug, Error)]
pub enum PdfError {
    #[error("the letter {0:?} is not in the font of the contract")]
    MissingLetter(char),
    #[error("the font of the contract cannot be read")]
    Font,
    #[error("the address of the check page does not fit into a QR code")]
    QrCode,
    #[error("the page cannot be laid out")]
    Geometry,
    #[error("krilla: {0}")]
    Krilla(String),
}

/// Can the contract be printed with this text?
pub fn can_print(text: &str) -> bool {
    Fonts::load().is_ok_and(|fonts| fonts.regular.width(text, 1.0).is_ok())
}

/// Makes the contract. The same facts give the same bytes.
pub fn render(facts: &ContractFacts) -> Result<Vec<u8>, PdfError> {
    let fonts = Fonts::load()?;
    let rows = says::rows(facts, &fonts)?;
    let qr =
        QrCode::with_error_correction_level(&facts.code_url, EcLevel::M).map_err(|_| PdfError::QrCode)?;
    let pages = layout::paginate(&rows);
    drawing::draw(facts, &fonts, &rows, &pages, &qr)
}
