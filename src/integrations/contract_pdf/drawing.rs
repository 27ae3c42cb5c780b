//! The rows on their pages, with tags for whoever listens to them.
use chrono::Datelike;
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
use qrcode::{Color, QrCode};

use super::layout::{
    COLUMN, FOOTER_SIZE, Fonts, GUTTER, Line, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Placed, QR_SIZE, Role, Row,
    TOP,
};
use super::{ContractFacts, PdfError};
use crate::integrations::contract_text::{self as words, TEMPLATE_VERSION};
use crate::rules::person::Language;

const LANGUAGES: [Language; 2] = [Language::Kk, Language::Ru];

pub(super) fn draw(
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
        .document_id(format!("{} v{} {TEMPLATE_VERSION}", facts.number, facts.version))
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
            let alt = format!("QR: {}", facts.code_url);
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
    let name = format!("№ {} · v{} · {TEMPLATE_VERSION}", facts.number, facts.version);
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
