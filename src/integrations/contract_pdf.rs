//! The contract as a PDF: what both sides sign.
//!
//! The signatures are over these bytes, so the same facts always give the same bytes: no clock, no randomness, the
//! fonts are in the program. Kazakh stands on the left, Russian on the right, clause beside clause, so that nobody
//! signs one text and reads another. Tagged (PDF/UA-1) and made to be kept (PDF/A-2a).
//!
//! Layout is deliberately small: greedy lines, no hyphenation, no kerning across runs.
use std::ops::Range;

use chrono::{Datelike, NaiveDate};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use super::contract_text::{self as words, Both, TEMPLATE_VERSION};
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
    /// Where anyone holding the paper can check it; also in the QR code.
    pub check_url: String,
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
    let rows = rows(facts, &fonts)?;
    let qr =
        QrCode::with_error_correction_level(&facts.check_url, EcLevel::M).map_err(|_| PdfError::QrCode)?;
    let pages = paginate(&rows);
    draw(facts, &fonts, &rows, &pages, &qr)
}

// ——— Measures, in points; A4 is 210 × 297 mm. ———

const PAGE_WIDTH: f32 = 595.28;
const PAGE_HEIGHT: f32 = 841.89;
const MARGIN: f32 = 42.0;
const TOP: f32 = 40.0;
const BOTTOM: f32 = PAGE_HEIGHT - 48.0;
const GUTTER: f32 = 22.0;
const COLUMN: f32 = (PAGE_WIDTH - 2.0 * MARGIN - GUTTER) / 2.0;
const QR_SIZE: f32 = 84.0;
const FOOTER_SIZE: f32 = 7.5;

/// What a row is for; it decides size, tag and space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Heading,
    Body,
    /// The first row of one side's details.
    Party,
    /// The last row, with the QR code under it.
    Check,
}

impl Role {
    fn size(self) -> f32 {
        match self {
            Role::Title => 11.5,
            Role::Heading => 9.5,
            Role::Body | Role::Party | Role::Check => 8.6,
        }
    }

    fn leading(self) -> f32 {
        self.size() * 1.29
    }

    fn space_before(self) -> f32 {
        match self {
            Role::Title => 0.0,
            Role::Heading => 8.0,
            Role::Body => 2.8,
            Role::Party => 7.0,
            Role::Check => 12.0,
        }
    }

    /// What must stand on the same page under the text.
    fn space_after(self) -> f32 {
        if self == Role::Check { QR_SIZE + 10.0 } else { 0.0 }
    }
}

// ——— Fonts ———

const REGULAR: &[u8] = include_bytes!("../../static/fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../static/fonts/NotoSans-Bold.ttf");

/// One of the two fonts: krilla draws with it, the face measures.
struct Typeface {
    font: Font,
    face: ttf_parser::Face<'static>,
}

impl Typeface {
    fn load(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(bytes.into(), 0).ok_or(PdfError::Font)?;
        let face = ttf_parser::Face::parse(bytes, 0).map_err(|_| PdfError::Font)?;
        Ok(Typeface { font, face })
    }

    fn width(&self, text: &str, size: f32) -> Result<f32, PdfError> {
        let units = text.chars().try_fold(0u32, |sum, letter| {
            let glyph = self.face.glyph_index(letter).ok_or(PdfError::MissingLetter(letter))?;
            Ok(sum + u32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()))
        })?;
        Ok(units as f32 * size / f32::from(self.face.units_per_em()))
    }
}

struct Fonts {
    regular: Typeface,
    bold: Typeface,
}

impl Fonts {
    fn load() -> Result<Self, PdfError> {
        Ok(Fonts { regular: Typeface::load(REGULAR)?, bold: Typeface::load(BOLD)? })
    }

    fn of(&self, bold: bool) -> &Typeface {
        if bold { &self.bold } else { &self.regular }
    }
}

// ——— Lines ———

/// A piece of text in one font.
#[derive(Debug, Clone)]
struct Span {
    bold: bool,
    text: String,
}

fn plain(text: impl Into<String>) -> Span {
    Span { bold: false, text: text.into() }
}

fn bold(text: impl Into<String>) -> Span {
    Span { bold: true, text: text.into() }
}

/// What stands on a line in one font, and where.
#[derive(Debug)]
struct Run {
    bold: bool,
    text: String,
    x: f32,
}

#[derive(Debug, Default)]
struct Line {
    runs: Vec<Run>,
    width: f32,
}

/// One language of a row, broken into lines.
struct Paragraph {
    lines: Vec<Line>,
    text: String,
}

/// Kazakh and Russian of one thing, side by side.
struct Row {
    role: Role,
    sides: [Paragraph; 2],
}

impl Row {
    fn lines(&self) -> usize {
        self.sides[0].lines.len().max(self.sides[1].lines.len())
    }
}

/// Breaks spans into lines no wider than a column. The first words hang in the margin given by `indent`.
fn paragraph(spans: &[Span], role: Role, label: &str, fonts: &Fonts) -> Result<Paragraph, PdfError> {
    let indent = if label.is_empty() { 0.0 } else { fonts.regular.width("0.00 ", role.size())? };
    let mut lines = Lines { fonts, role, indent, done: Vec::new(), open: Line::default() };
    lines.open.width = indent;
    if !label.is_empty() {
        lines.open.runs.push(Run { bold: false, text: format!("{label} "), x: 0.0 });
    }
    for span in spans {
        for word in span.text.split([' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
            lines.word(word, span.bold)?;
        }
    }
    let text = spans.iter().map(|span| span.text.as_str()).collect::<Vec<_>>().join(" ");
    Ok(Paragraph { lines: lines.finish(), text })
}

struct Lines<'a> {
    fonts: &'a Fonts,
    role: Role,
    indent: f32,
    done: Vec<Line>,
    open: Line,
}

impl Lines<'_> {
    fn word(&mut self, word: &str, bold: bool) -> Result<(), PdfError> {
        let width = self.width(word, bold)?;
        if self.open.width + width > COLUMN && self.open.width > self.indent {
            self.break_line();
        }
        if self.open.width + width <= COLUMN {
            return self.append(word, bold);
        }
        // An address without spaces, a name of three hundred letters: broken where the column ends.
        for letter in word.chars() {
            let mut bytes = [0; 4];
            let letter: &str = letter.encode_utf8(&mut bytes);
            if self.open.width + self.width(letter, bold)? > COLUMN {
                self.break_line();
            }
            self.push(letter, bold)?;
        }
        self.push(" ", bold)
    }

    fn append(&mut self, word: &str, bold: bool) -> Result<(), PdfError> {
        // The space goes with the word before it, so that a copied text has its spaces.
        self.push(&format!("{word} "), bold)
    }

    fn push(&mut self, text: &str, bold: bool) -> Result<(), PdfError> {
        let x = self.open.width;
        self.open.width += self.width(text, bold)?;
        match self.open.runs.last_mut().filter(|run| run.bold == bold && run.x >= self.indent) {
            Some(run) => run.text.push_str(text),
            None => self.open.runs.push(Run { bold, text: text.to_owned(), x }),
        }
        Ok(())
    }

    fn width(&self, text: &str, bold: bool) -> Result<f32, PdfError> {
        self.fonts.of(bold).width(text, self.role.size())
    }

    fn break_line(&mut self) {
        let next = Line { runs: Vec::new(), width: self.indent };
        self.done.push(std::mem::replace(&mut self.open, next));
    }

    fn finish(mut self) -> Vec<Line> {
        if !self.open.runs.is_empty() {
            self.break_line();
        }
        self.done
    }
}

// ——— What it says ———

/// Every row of the contract, in order.
fn rows(facts: &ContractFacts, fonts: &Fonts) -> Result<Vec<Row>, PdfError> {
    let mut sheet = Sheet { facts, fonts, rows: Vec::new() };
    sheet.opening()?;
    for (section, number) in words::SECTIONS.iter().zip(1..) {
        sheet.heading(number, section.heading)?;
        for (clause, part) in section.clauses.iter().zip(1..) {
            sheet.clause(&format!("{number}.{part}"), *clause)?;
        }
    }
    sheet.heading(words::SECTIONS.len() + 1, words::DETAILS_HEADING)?;
    sheet.details()?;
    sheet.both(Role::Check, "", |language, facts| vec![plain(filled(words::CHECK, language, facts))])?;
    Ok(sheet.rows)
}

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

fn in_words(both: Both, language: Language) -> &'static str {
    match language {
        Language::Kk => both.kk,
        Language::Ru => both.ru,
    }
}

/// Letters typed as two become one, and a number stays beside its sign.
fn settled(text: &str) -> String {
    text.nfc().collect::<String>().replace("№ ", "№\u{a0}")
}

/// The text with the facts in their places. A fact is never read for places of its own.
fn filled(both: Both, language: Language, facts: &ContractFacts) -> String {
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
fn fact(place: &str, language: Language, facts: &ContractFacts) -> String {
    match place {
        "kindergarten" => facts.kindergarten.name.in_language(language).to_owned(),
        "head" => facts.kindergarten.head.full(),
        "parent" => facts.parent.name.full(),
        "voucher" => facts.voucher_number.clone(),
        "voucher_day" => long_day(facts.voucher_issued_on, language),
        "monthly" => tenge(facts.monthly_sum),
        "fee" => tenge(facts.parent_fee),
        "check_url" => facts.check_url.clone(),
        _ => String::new(),
    }
}

/// «49 131 ₸», with spaces that do not break.
fn tenge(sum: u64) -> String {
    let digits = sum.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('\u{a0}');
        }
        shown.push(digit);
    }
    shown + "\u{a0}₸"
}

/// «2026 ж. 22 қараша», «22 ноября 2026 г.» (rules of the road, 7), with spaces that do not break.
fn long_day(day: NaiveDate, language: Language) -> String {
    const KK: [&str; 12] = [
        "қаңтар",
        "ақпан",
        "наурыз",
        "сәуір",
        "мамыр",
        "маусым",
        "шілде",
        "тамыз",
        "қыркүйек",
        "қазан",
        "қараша",
        "желтоқсан",
    ];
    const RU: [&str; 12] = [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ];
    let month = day.month0() as usize;
    match language {
        Language::Kk => format!("{}\u{a0}ж. {}\u{a0}{}", day.year(), day.day(), KK[month]),
        Language::Ru => format!("{}\u{a0}{} {}\u{a0}г.", day.day(), RU[month], day.year()),
    }
}

// ——— Pages ———

/// Some lines of a row on one page.
#[derive(Debug)]
struct Placed {
    row: usize,
    lines: Range<usize>,
    y: f32,
}

/// Puts rows on pages. A heading stays with the first lines under it; a row breaks only where two lines fit.
fn paginate(rows: &[Row]) -> Vec<Vec<Placed>> {
    let mut pages: Vec<Vec<Placed>> = Vec::new();
    let mut page: Vec<Placed> = Vec::new();
    let mut y = TOP;
    for (index, row) in rows.iter().enumerate() {
        let leading = row.role.leading();
        if !page.is_empty() {
            y += row.role.space_before();
            if y + needed(rows, index) > BOTTOM {
                pages.push(std::mem::take(&mut page));
                y = TOP;
            }
        }
        let mut from = 0;
        while from < row.lines() {
            let fits = (((BOTTOM - y) / leading) as usize).max(1);
            let to = row.lines().min(from + fits);
            page.push(Placed { row: index, lines: from..to, y });
            y += (to - from) as f32 * leading;
            from = to;
            if from < row.lines() {
                pages.push(std::mem::take(&mut page));
                y = TOP;
            }
        }
    }
    pages.push(page);
    pages
}

/// How much room the row asks for before it may begin on this page.
fn needed(rows: &[Row], index: usize) -> f32 {
    let Some(row) = rows.get(index) else { return 0.0 };
    match row.role {
        Role::Heading if is_last_heading(rows, index) => height(&rows[index..]),
        Role::Title | Role::Heading => height(&rows[index..=index]) + needed(rows, index + 1),
        Role::Body | Role::Party => row.lines().min(3) as f32 * row.role.leading(),
        Role::Check => height(&rows[index..=index]),
    }
}

/// The details and the place of the signatures are not torn apart, unless they fill a page by themselves.
fn is_last_heading(rows: &[Row], index: usize) -> bool {
    let rest = &rows[index..];
    !rest[1..].iter().any(|row| row.role == Role::Heading) && height(rest) < BOTTOM - TOP
}

fn height(rows: &[Row]) -> f32 {
    let one = |row: &Row| row.lines() as f32 * row.role.leading() + row.role.space_after();
    let first = rows.first().map_or(0.0, |row| row.role.space_before());
    rows.iter().map(|row| row.role.space_before() + one(row)).sum::<f32>() - first
}

// ——— Drawing ———

const LANGUAGES: [Language; 2] = [Language::Kk, Language::Ru];

fn draw(
    facts: &ContractFacts,
    fonts: &Fonts,
    rows: &[Row],
    pages: &[Vec<Placed>],
    qr: &QrCode,
) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new_with(settings()?);
    document.set_metadata(metadata(facts));
    let mut drawn = Drawn::new(rows.len());
    for (number, placed) in pages.iter().enumerate() {
        let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(PdfError::Geometry)?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for lines in placed {
            draw_row(&mut surface, fonts, &rows[lines.row], lines, &mut drawn);
            drawn.note_heading(&rows[lines.row], lines, number);
            if rows[lines.row].role == Role::Check {
                let y = lines.y + lines.lines.len() as f32 * rows[lines.row].role.leading() + 8.0;
                drawn.qr = Some(draw_qr(&mut surface, qr, y)?);
            }
        }
        draw_rule(&mut surface, placed, rows)?;
        draw_footer(&mut surface, fonts, facts, number + 1, pages.len())?;
        surface.finish();
        page.finish();
    }
    document.set_outline(drawn.outline());
    document.set_tag_tree(drawn.tags(rows, facts));
    document.finish().map_err(|error| PdfError::Krilla(format!("{error:?}")))
}

fn settings() -> Result<SerializeSettings, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Krilla(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

/// The dates and the id come from the facts; nothing here asks the time.
fn metadata(facts: &ContractFacts) -> Metadata {
    let day = facts.concluded_on;
    let year = u16::try_from(day.year()).unwrap_or_default();
    let (month, of_month) = (day.month() as u8, day.day() as u8);
    Metadata::new()
        .title(format!("{} № {}", words::TITLE.kk, facts.number))
        .description(format!("{} № {}", words::TITLE.ru, facts.number))
        .language("kk".to_owned())
        .creator(format!("Balabaqsha {TEMPLATE_VERSION}"))
        .producer("Balabaqsha".to_owned())
        .creation_date(DateTime::new(year).month(month).day(of_month))
        .document_id(format!("{} {TEMPLATE_VERSION}", facts.number))
}

/// What was drawn where, for the tags and the table of contents.
struct Drawn {
    /// For each row, for each language, its pieces: one a page.
    pieces: Vec<[Vec<Identifier>; 2]>,
    headings: Vec<(String, usize, f32)>,
    qr: Option<Identifier>,
}

impl Drawn {
    fn new(rows: usize) -> Self {
        let pieces = (0..rows).map(|_| [Vec::new(), Vec::new()]).collect();
        Drawn { pieces, headings: Vec::new(), qr: None }
    }

    fn note_heading(&mut self, row: &Row, placed: &Placed, page: usize) {
        if row.role == Role::Heading && placed.lines.start == 0 {
            let text = format!("{} / {}", row.sides[0].text, row.sides[1].text);
            self.headings.push((text, page, placed.y));
        }
    }

    fn outline(&self) -> Outline {
        let mut outline = Outline::new();
        for (text, page, y) in &self.headings {
            let place = XyzDestination::new(*page, Point::from_xy(0.0, y - 10.0));
            outline.push_child(OutlineNode::new(text.clone(), place));
        }
        outline
    }

    /// Read aloud, the contract is first wholly Kazakh, then wholly Russian.
    fn tags(mut self, rows: &[Row], facts: &ContractFacts) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some("kk".to_owned()));
        for (side, language) in LANGUAGES.into_iter().enumerate() {
            let lang = Some(language.as_str().to_owned());
            let mut whole = TagGroup::new(Tag::Section.with_lang(lang));
            for (row, pieces) in rows.iter().zip(&mut self.pieces) {
                let mut group = TagGroup::new(tag_of(row.role, &row.sides[side].text));
                for piece in pieces[side].drain(..) {
                    group.push(piece);
                }
                whole.push(group);
            }
            tree.push(whole);
        }
        if let Some(qr) = self.qr {
            let alt = format!("QR: {}", facts.check_url);
            tree.push(TagGroup::with_children(Tag::Figure(Some(alt)), vec![qr.into()]));
        }
        tree
    }
}

fn tag_of(role: Role, text: &str) -> krilla::tagging::TagKind {
    use std::num::NonZeroU16;
    match role {
        Role::Title => Tag::Hn(NonZeroU16::MIN, Some(text.to_owned())).into(),
        Role::Heading => Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(text.to_owned())).into(),
        Role::Body | Role::Party | Role::Check => Tag::P.into(),
    }
}

fn draw_row(surface: &mut Surface<'_>, fonts: &Fonts, row: &Row, placed: &Placed, drawn: &mut Drawn) {
    for (side, paragraph) in row.sides.iter().enumerate() {
        let to = placed.lines.end.min(paragraph.lines.len());
        let Some(lines) = paragraph.lines.get(placed.lines.start..to).filter(|lines| !lines.is_empty())
        else {
            continue;
        };
        let left = MARGIN + side as f32 * (COLUMN + GUTTER);
        drawn.pieces[placed.row][side].push(surface.start_tagged(ContentTag::Other));
        for (at, line) in lines.iter().enumerate() {
            // The baseline stands about four fifths down the line.
            let y = placed.y + at as f32 * row.role.leading() + row.role.size() * 1.08;
            draw_line(surface, fonts, line, left, y, row.role.size());
        }
        surface.end_tagged();
    }
}

fn draw_line(surface: &mut Surface<'_>, fonts: &Fonts, line: &Line, left: f32, y: f32, size: f32) {
    for run in &line.runs {
        write(surface, &fonts.of(run.bold).font, left + run.x, y, size, &run.text);
    }
}

fn write(surface: &mut Surface<'_>, font: &Font, x: f32, y: f32, size: f32, text: &str) {
    surface.set_fill(Some(ink(0x1A)));
    surface.draw_text(Point::from_xy(x, y), font.clone(), size, text, false, TextDirection::LeftToRight);
}

fn ink(grey: u8) -> Fill {
    Fill { paint: rgb::Color::new(grey, grey, grey).into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

/// The thin line between the languages.
fn draw_rule(surface: &mut Surface<'_>, placed: &[Placed], rows: &[Row]) -> Result<(), PdfError> {
    let Some(last) = placed.last() else { return Ok(()) };
    let bottom = last.y + last.lines.len() as f32 * rows[last.row].role.leading();
    let line = Rect::from_xywh(PAGE_WIDTH / 2.0 - 0.25, TOP, 0.5, bottom - TOP).ok_or(PdfError::Geometry)?;
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    let mut path = PathBuilder::new();
    path.push_rect(line);
    surface.set_fill(Some(ink(0xB5)));
    surface.draw_path(&path.finish().ok_or(PdfError::Geometry)?);
    surface.end_tagged();
    Ok(())
}

fn draw_footer(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    facts: &ContractFacts,
    page: usize,
    pages: usize,
) -> Result<(), PdfError> {
    let y = PAGE_HEIGHT - 30.0;
    let number = format!("{page} / {pages}");
    let right = PAGE_WIDTH - MARGIN - fonts.regular.width(&number, FOOTER_SIZE)?;
    let name = format!("№ {} · {TEMPLATE_VERSION}", facts.number);
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    write(surface, &fonts.regular.font, MARGIN, y, FOOTER_SIZE, &name);
    write(surface, &fonts.regular.font, right, y, FOOTER_SIZE, &number);
    surface.end_tagged();
    Ok(())
}

/// The code in the middle of the page, drawn as bars: one for each stretch of dark squares.
fn draw_qr(surface: &mut Surface<'_>, qr: &QrCode, top: f32) -> Result<Identifier, PdfError> {
    let square = QR_SIZE / qr.width() as f32;
    let left = (PAGE_WIDTH - QR_SIZE) / 2.0;
    let mut path = PathBuilder::new();
    for (y, line) in qr.to_colors().chunks(qr.width()).enumerate() {
        let mut x = 0;
        while x < line.len() {
            let dark = line[x..].iter().take_while(|colour| **colour == Color::Dark).count();
            if dark > 0 {
                let (x, y) = (left + x as f32 * square, top + y as f32 * square);
                path.push_rect(
                    Rect::from_xywh(x, y, dark as f32 * square, square).ok_or(PdfError::Geometry)?,
                );
            }
            x += dark.max(1);
        }
    }
    let identifier = surface.start_tagged(ContentTag::Other);
    surface.set_fill(Some(ink(0)));
    surface.draw_path(&path.finish().ok_or(PdfError::Geometry)?);
    surface.end_tagged();
    Ok(identifier)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
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
            check_url: "https://balabaqsha.example/kk/check/7K3M9QXWPA2C".into(),
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
            "1 / ",
            TEMPLATE_VERSION,
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
}
