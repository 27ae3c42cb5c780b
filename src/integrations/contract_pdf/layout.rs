//! Measures, fonts, lines and pages: where each piece of text stands.
use std::ops::Range;

use krilla::text::Font;

use super::PdfError;

// Measures are in points; A4 is 210 × 297 mm.

pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
pub(super) const MARGIN: f32 = 42.0;
pub(super) const TOP: f32 = 40.0;
pub(super) const BOTTOM: f32 = PAGE_HEIGHT - 48.0;
pub(super) const GUTTER: f32 = 22.0;
pub(super) const COLUMN: f32 = (PAGE_WIDTH - 2.0 * MARGIN - GUTTER) / 2.0;
pub(super) const QR_SIZE: f32 = 84.0;
pub(super) const FOOTER_SIZE: f32 = 7.5;

/// What a row is for; it decides size, tag and space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Heading,
    Body,
    /// The first row of one side's details.
    Party,
    /// The last row, with the QR code under it.
    Check,
}

impl Role {
    pub(super) fn size(self) -> f32 {
        match self {
            Role::Title => 11.5,
            Role::Heading => 9.5,
            Role::Body | Role::Party | Role::Check => 8.6,
        }
    }

    pub(super) fn leading(self) -> f32 {
        self.size() * 1.29
    }

    pub(super) fn space_before(self) -> f32 {
        match self {
            Role::Title => 0.0,
            Role::Heading => 8.0,
            Role::Body => 2.8,
            Role::Party => 7.0,
            Role::Check => 12.0,
        }
    }

    /// What must stand on the same page under the text.
    pub(super) fn space_after(self) -> f32 {
        if self == Role::Check { QR_SIZE + 10.0 } else { 0.0 }
    }
}

// ——— Fonts ———

const REGULAR: &[u8] = include_bytes!("../../../static/fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../static/fonts/NotoSans-Bold.ttf");

/// One of the two fonts: krilla draws with it, the face measures.
pub(super) struct Typeface {
    pub(super) font: Font,
    pub(super) face: ttf_parser::Face<'static>,
}

impl Typeface {
    fn load(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let font = Font::new(bytes.into(), 0).ok_or(PdfError::Font)?;
        let face = ttf_parser::Face::parse(bytes, 0).map_err(|_| PdfError::Font)?;
        Ok(Typeface { font, face })
    }

    pub(super) fn width(&self, text: &str, size: f32) -> Result<f32, PdfError> {
        let units = text.chars().try_fold(0u32, |sum, letter| {
            let glyph = self.face.glyph_index(letter).ok_or(PdfError::MissingLetter(letter))?;
            Ok(sum + u32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()))
        })?;
        Ok(units as f32 * size / f32::from(self.face.units_per_em()))
    }
}

pub(super) struct Fonts {
    pub(super) regular: Typeface,
    pub(super) bold: Typeface,
}

impl Fonts {
    pub(super) fn load() -> Result<Self, PdfError> {
        Ok(Fonts { regular: Typeface::load(REGULAR)?, bold: Typeface::load(BOLD)? })
    }

    pub(super) fn of(&self, bold: bool) -> &Typeface {
        if bold { &self.bold } else { &self.regular }
    }
}

// ——— Lines ———

/// A piece of text in one font.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) bold: bool,
    pub(super) text: String,
}

pub(super) fn plain(text: impl Into<String>) -> Span {
    Span { bold: false, text: text.into() }
}

pub(super) fn bold(text: impl Into<String>) -> Span {
    Span { bold: true, text: text.into() }
}

/// What stands on a line in one font, and where.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) bold: bool,
    pub(super) text: String,
    pub(super) x: f32,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
}

/// One language of a row, broken into lines.
pub(super) struct Paragraph {
    pub(super) lines: Vec<Line>,
    pub(super) text: String,
}

/// Kazakh and Russian of one thing, side by side.
pub(super) struct Row {
    pub(super) role: Role,
    pub(super) sides: [Paragraph; 2],
}

impl Row {
    pub(super) fn lines(&self) -> usize {
        self.sides[0].lines.len().max(self.sides[1].lines.len())
    }
}

/// Breaks spans into lines no wider than a column. The first words hang in the margin given by `indent`.
pub(super) fn paragraph(
    spans: &[Span],
    role: Role,
    label: &str,
    fonts: &Fonts,
) -> Result<Paragraph, PdfError> {
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

pub(super) struct Lines<'a> {
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
        // An address without spaces, a name of three hundred letters: broken between the parts of an address, else where the
        // column ends.
        for part in word.split_inclusive(['/', '?', '&']) {
            if self.open.width + self.width(part, bold)? > COLUMN && self.open.width > self.indent {
                self.break_line();
            }
            for letter in part.chars() {
                let mut bytes = [0; 4];
                let letter: &str = letter.encode_utf8(&mut bytes);
                if self.open.width + self.width(letter, bold)? > COLUMN {
                    self.break_line();
                }
                self.push(letter, bold)?;
            }
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

// ——— Pages ———

/// Some lines of a row on one page.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) row: usize,
    pub(super) lines: Range<usize>,
    pub(super) y: f32,
}

/// Puts rows on pages. A heading stays with the first lines under it; a row breaks only where two lines fit.
pub(super) fn paginate(rows: &[Row]) -> Vec<Vec<Placed>> {
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
pub(super) fn needed(rows: &[Row], index: usize) -> f32 {
    let Some(row) = rows.get(index) else { return 0.0 };
    match row.role {
        Role::Heading if is_last_heading(rows, index) => height(&rows[index..]),
        Role::Title | Role::Heading => height(&rows[index..=index]) + needed(rows, index + 1),
        Role::Body | Role::Party => row.lines().min(3) as f32 * row.role.leading(),
        Role::Check => height(&rows[index..=index]),
    }
}

/// The details and the place of the signatures are not torn apart, unless they fill a page by themselves.
pub(super) fn is_last_heading(rows: &[Row], index: usize) -> bool {
    let rest = &rows[index..];
    !rest[1..].iter().any(|row| row.role == Role::Heading) && height(rest) < BOTTOM - TOP
}

pub(super) fn height(rows: &[Row]) -> f32 {
    let one = |row: &Row| row.lines() as f32 * row.role.leading() + row.role.space_after();
    let first = rows.first().map_or(0.0, |row| row.role.space_before());
    rows.iter().map(|row| row.role.space_before() + one(row)).sum::<f32>() - first
}
