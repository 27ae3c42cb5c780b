use std::io::Write;

use proptest::prelude::*;

use super::*;

fn picture(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 77]));
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg() -> Vec<u8> {
    picture(image::ImageFormat::Jpeg)
}

fn png() -> Vec<u8> {
    picture(image::ImageFormat::Png)
}

fn webp() -> Vec<u8> {
    picture(image::ImageFormat::WebP)
}

/// A PDF of `pages` pages with `extra` in its catalogue, as text; nobody here reads the table.
fn pdf_with(pages: usize, extra: &str) -> Vec<u8> {
    let mut text = format!("%PDF-1.7\n%\u{e2}\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R {extra} >>\nendobj\n");
    for page in 0..pages {
        text += &format!("{} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n", page + 10);
    }
    text += "3 0 obj\n<< /Length 4 >>\nstream\nq Q\n\nendstream\nendobj\n";
    text += "xref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
    text.into_bytes()
}

fn pdf() -> Vec<u8> {
    pdf_with(2, "")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A PDF whose only page stands in an object stream, with `inside` behind it.
fn packed(inside: &[u8], keys: &str) -> Vec<u8> {
    let mut objects = b"10 0 11 30 << /Type /Page /Parent 2 0 R >> ".to_vec();
    objects.extend_from_slice(inside);
    // So long that it is squeezed, and nothing can be read without inflating it.
    objects.extend_from_slice(&[b' '; 200]);
    let data = zlib(&objects);
    assert!(!contains(&data, b"/Type"));
    let mut bytes = format!("%PDF-1.7\n5 0 obj\n<< {keys} /Filter /FlateDecode >>\nstream\r\n").into_bytes();
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF");
    bytes
}

/// The same with a stream that is not squeezed.
fn unpacked(keys: &str) -> Vec<u8> {
    let head = format!("%PDF-1.7\n5 0 obj\n<< {keys} >>\nstream\n10 0 11 30 << /Type /Page >>\n");
    joined(head.as_bytes(), b"endstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF")
}

/// An object stream whose dictionary has another, harmless one in a string before it ends.
fn hidden(inside: &[u8]) -> Vec<u8> {
    let outer = packed(inside, "");
    let harmless = packed(b"", "/Type /ObjStm /N 2 /First 12 /A (");
    let end = find(&harmless, b"endobj", 0).unwrap();
    // What opened the harmless one stands in the dictionary of the other.
    let begin = find(&outer, b">>\nstream", 0).unwrap_or_else(|| find(&outer, b">>", 0).unwrap());
    [&harmless[..end], b") ", &outer[begin..]].concat()
}

fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    [first, second].concat()
}

/// A PDF with this dictionary and data of a stream before everything else.
fn with_stream(stream: &[u8]) -> Vec<u8> {
    [&b"%PDF-1.7\n4 0 obj\n"[..], stream, b"\nendstream\nendobj\n", &pdf()[9..]].concat()
}

/// The same with the data as it stands.
fn drawn_with(data: &[u8]) -> Vec<u8> {
    with_stream(&[b"<< /Length 9 >>\nstream\n", data].concat())
}

/// A dictionary in which `keys` stand between two strings with the words of a stream.
fn in_no_stream(keys: &str) -> Vec<u8> {
    pdf_with(1, &format!("/A (>>\nstream\n) {keys} /B (\nendstream\nendobj)"))
}

#[test]
fn whole_files_are_taken_for_what_they_are() {
    assert_eq!(judge(&pdf()), Ok(Media::Pdf));
    assert_eq!(judge(&jpeg()), Ok(Media::Jpeg));
    assert_eq!(judge(&png()), Ok(Media::Png));
    assert_eq!(judge(&webp()), Ok(Media::Webp));
    assert_eq!(judge(&packed(b"", "/Type /ObjStm /N 2 /First 12")), Ok(Media::Pdf));
    assert_eq!(judge(&pdf_with(50, "")), Ok(Media::Pdf));
    // What a page is drawn with begins with numbers, too.
    let drawing = [&b"1 0 0 1 72 720 cm /JS Do "[..], &[b' '; 200]].concat();
    let drawn = [&b"<< /Filter /FlateDecode >>\nstream\n"[..], &zlib(&drawing)].concat();
    assert_eq!(judge(&with_stream(&drawn)), Ok(Media::Pdf));
    // Short names come by chance in what is squeezed, and a drawing may have them.
    assert_eq!(judge(&drawn_with(b"q /EF Do /XFA gs \x93/EF\x0b/JS(\x81\x01/XFA 0 0 1 R")), Ok(Media::Pdf));
    // A start page and a link are no action of ours.
    assert_eq!(
        judge(&pdf_with(1, "/OpenAction [10 0 R /Fit] /A << /S /URI /URI (https://egov.kz) >>")),
        Ok(Media::Pdf)
    );
}

/// One page: with its objects standing plainly, and packed.
fn by_another_library() -> [Vec<u8>; 2] {
    use lopdf::{Document, Object, dictionary};
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => tree });
    let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(tree, Object::Dictionary(pages));
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", root);
    let (mut plain, mut modern) = (Vec::new(), Vec::new());
    document.save_to(&mut plain).unwrap();
    document.save_modern(&mut modern).unwrap();
    [plain, modern]
}

#[test]
fn a_pdf_by_another_library_is_taken() {
    for pdf in by_another_library() {
        assert_eq!(judge(&pdf), Ok(Media::Pdf));
    }
}

/// A PDF of so many pages, with `extra` in each one's dictionary before its type.
fn pages_with(pages: usize, extra: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(&pdf_with(pages, "")).into_owned();
    text.replace("<< /Type /Page /", &format!("<< {extra} /Type /Page /")).into_bytes()
}

/// The seeds of the target `document` of `tests/fuzz.rs` (`crate::corpus`).
#[test]
fn the_corpus_of_the_fuzz_targets_holds_documents() {
    let objects = "/Type /ObjStm /N 2 /First 12";
    let [plain, modern] = by_another_library();
    for (name, bytes, taken) in [
        ("plain.pdf", pdf(), true),
        ("fifty-pages.pdf", pdf_with(50, ""), true),
        ("too-many-pages.pdf", pdf_with(51, ""), false),
        ("one-number-in-strings.pdf", pages_with(51, "/A (\n7 0 obj << )"), false),
        (
            "no-page.pdf",
            String::from_utf8_lossy(&pdf()).replace("/Page /", "/Pagestream\n/").into_bytes(),
            false,
        ),
        ("no-number-of-its-own.pdf", pages_with(51, "/Parent 2 0 R\n0 0 obj << /A 1 >>"), false),
        ("xfa-in-no-stream.pdf", in_no_stream("/AcroForm << /XFA [4 0 R] >>"), false),
        ("file-in-no-stream.pdf", in_no_stream("/AF [<< /EF % x\n << /F 4 0 R >> >>]"), false),
        ("end-of-no-stream.pdf", pdf_with(1, "/AcroForm << /XFA 4 0 R >> /A (endstream)"), false),
        ("packed.pdf", packed(b"<< /S /URI >>", objects), true),
        ("packed-script.pdf", packed(b"<< /S /JavaScript /JS (1) >>", objects), false),
        ("whole-stream-in-a-string.pdf", hidden(b"<< /S /JavaScript >>"), false),
        ("string.pdf", packed(b"<< /S /Launch >>", "/Type /ObjStm /A (stream\nendstream\n)"), false),
        ("other-plain.pdf", plain, true),
        ("other-packed.pdf", modern, true),
        ("changed.pdf", joined(&pdf(), &pdf()[9..]), true),
        ("locked.pdf", pdf_with(1, "/Encrypt 9 0 R"), false),
        ("script.pdf", pdf_with(1, "/OpenAction << /S /J#61vaScript /JS (1) >>"), false),
        ("launch.pdf", pdf_with(1, "/OpenAction << /S /Launch /F (cmd.exe) >>"), false),
        ("file-inside.pdf", pdf_with(1, "/Names << /EmbeddedFiles 4 0 R >>"), false),
        ("objects.txt", b"10 0 11 30 << /Type /Page /Parent 2 0 R >> << /S /GoTo >>".to_vec(), false),
        ("objects-script.txt", b"10 0 << /Type /Page /AA << /S /JavaScript >> >>".to_vec(), false),
        ("photograph.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), false),
        ("page-in-a-picture.jpg", joined(&jpeg(), b"<html>"), false),
    ] {
        assert_eq!(judge(&bytes).is_ok(), taken, "{name}");
        crate::corpus::write("document", name, &bytes);
    }
}

#[test]
fn each_fault_has_its_name() {
    use DocumentError::{
        ActiveContent, Damaged, Empty, Encrypted, Heic, TooLarge, TooLargeForAny, TooManyPages, WrongKind,
    };
    let Limits { bytes: limit, picture_bytes, .. } = Limits::default();
    let cases: Vec<(&str, Vec<u8>, DocumentError)> = vec![
        ("nothing", vec![], Empty),
        ("10 MB of a PDF", joined(b"%PDF-1.7", &vec![b' '; limit]), TooLarge { limit }),
        ("11 MB", vec![b'%'; limit + 1], TooLargeForAny { pdf: limit, picture: picture_bytes }),
        ("a picture of 20 MB", joined(&jpeg(), &vec![0; picture_bytes]), TooLarge { limit: picture_bytes }),
        ("a photograph of an iPhone", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), Heic),
        ("a film", b"\0\0\0\x18ftypisom\0\0\0\0".to_vec(), WrongKind),
        ("a webp cut short", webp()[..webp().len() - 2].to_vec(), Damaged),
        ("html behind a webp", joined(&webp(), b"<html>"), WrongKind),
        ("a text", b"hello".to_vec(), WrongKind),
        ("a page", b"<html><script>1</script></html>".to_vec(), WrongKind),
        ("a program", b"MZ\x90\0".to_vec(), WrongKind),
        ("a docx", b"PK\x03\x04....".to_vec(), WrongKind),
        ("a gif", b"GIF89a....".to_vec(), WrongKind),
        ("only a header", b"%PDF-1.7\n".to_vec(), Damaged),
        ("no version", b"%PDF-html".to_vec(), WrongKind),
        ("a space before", joined(b" ", &pdf()), WrongKind),
        ("html.pdf", b"%PDF-1.4\n<HTML><body>hi</body></html>\nstartxref\n0\n%%EOF".to_vec(), WrongKind),
        ("html behind a pdf", joined(&pdf(), b"<html></html>"), WrongKind),
        ("a zip behind a pdf", joined(&pdf(), b"PK\x05\x06"), WrongKind),
        ("a pdf cut short", pdf()[..pdf().len() - 12].to_vec(), Damaged),
        ("no pages", pdf_with(0, ""), Damaged),
        ("51 pages", pdf_with(51, ""), TooManyPages { limit: 50 }),
        ("locked", pdf_with(1, "/Encrypt 9 0 R"), Encrypted),
        ("script", pdf_with(1, "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), ActiveContent),
        ("script, escaped", pdf_with(1, "/OpenAction << /S /J#61v#61Script >>"), ActiveContent),
        ("launch", pdf_with(1, "/OpenAction << /S /Launch /F (cmd.exe) >>"), ActiveContent),
        ("a file inside", pdf_with(1, "/Names << /EmbeddedFiles 4 0 R >>"), ActiveContent),
        ("rich media", pdf_with(1, "/Annots [<< /Subtype /RichMedia >>]"), ActiveContent),
        ("xfa", pdf_with(1, "/AcroForm << /XFA 4 0 R >>"), ActiveContent),
        ("xfa in no stream", in_no_stream("/AcroForm << /XFA 4 0 R >>"), ActiveContent),
        ("xfa in no stream, a list", in_no_stream("/AcroForm << /X#46A\t[(a) 4 0 R] >>"), ActiveContent),
        ("a file in no stream", in_no_stream("/AF [<< /EF<</F 4 0 R>> >>]"), ActiveContent),
        ("a file in no stream, noted", in_no_stream("/EF %a\n%b\n 4 %c\n 0 R"), ActiveContent),
        (
            "a file in no stream, noted long",
            in_no_stream(&format!("/EF %{}\n4 0 R", "x".repeat(300))),
            ActiveContent,
        ),
        ("a pin in no stream", in_no_stream("/Subtype /FileAttachment /FS 4 0 R"), ActiveContent),
        ("script in no stream", in_no_stream("/S /JavaScript /JS (1)"), ActiveContent),
        ("an object in a stream", drawn_with(b"4 0 obj << /XFA 4 0 R >> endobj"), ActiveContent),
        (
            "xfa before the end of no stream",
            pdf_with(1, "/AcroForm << /XFA 4 0 R >> /A (endstream)"),
            ActiveContent,
        ),
        ("locked before the end of no stream", pdf_with(1, "/Encrypt 9 0 R /A (endstream)"), Encrypted),
        (
            "script, packed",
            packed(b"<< /S /JavaScript /JS (1) >>", "/Type /ObjStm /N 2 /First 12"),
            ActiveContent,
        ),
        ("script, packed, untyped", packed(b"<< /S /JavaScript >>", "/N 2 /First 12"), ActiveContent),
        (
            "script, packed, escaped",
            packed(b"<< /S /JavaScript >>", "/Type /Obj#53tm /N 2 /First 12"),
            ActiveContent,
        ),
        (
            "packed and shifted",
            packed(b"", "/Type /ObjStm /N 2 /First 12 /DecodeParms << /Predictor 12 >>"),
            Damaged,
        ),
        ("packed, and not squeezed as it says", unpacked("/Type /ObjStm /N 2 /First 12"), Damaged),
        (
            "an end of a stream in a string",
            packed(b"<< /S /JavaScript >>", "/Type /ObjStm /A (endstream\n)"),
            ActiveContent,
        ),
        (
            "a stream in a string",
            packed(b"<< /S /JavaScript >>", "/Type /ObjStm /A (stream\nendstream\n)"),
            ActiveContent,
        ),
        ("a whole stream in a string", hidden(b"<< /S /JavaScript >>"), ActiveContent),
        (
            "an object stream that does not begin",
            [&pdf()[..], b"/Type /ObjStm startxref 9 %%EOF"].concat(),
            Damaged,
        ),
        ("bomb.pdf", packed(&vec![b' '; 200 << 20], "/Type /ObjStm /N 2 /First 12"), Damaged),
        ("only the start of a jpeg", vec![0xFF, 0xD8, 0xFF], Damaged),
        ("a jpeg cut short", jpeg()[..jpeg().len() - 2].to_vec(), Damaged),
        ("a jpeg without a picture", vec![0xFF, 0xD8, 0xFF, 0xD9], Damaged),
        ("html.jpg", joined(&jpeg(), b"<html><script>alert(1)</script>"), WrongKind),
        ("polyglot.jpg", joined(&jpeg(), &pdf()), WrongKind),
        ("a zip behind a jpeg", joined(&jpeg(), b"PK\x03\x04 PK\x05\x06"), WrongKind),
        ("bytes behind a jpeg", joined(&jpeg(), b"abc"), WrongKind),
        ("html in Samsung's trailer", joined(&jpeg(), b"<ScRiPt>SEFT"), WrongKind),
        ("bytes behind a png", joined(&png(), b"\n"), WrongKind),
        ("a pdf behind a png", joined(&png(), &pdf()), WrongKind),
        ("a png cut short", png()[..png().len() - 1].to_vec(), Damaged),
    ];
    for (name, bytes, error) in cases {
        assert_eq!(judge(&bytes), Err(error), "{name}");
    }
}

#[test]
fn a_pdf_hidden_in_a_jpeg_comment_is_found() {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 2 + 8];
    bytes.extend_from_slice(b"%PDF-1.4");
    bytes.extend_from_slice(&jpeg()[2..]);
    assert_eq!(judge(&bytes), Err(DocumentError::WrongKind));
}

#[test]
fn what_phones_add_behind_a_photograph_is_taken() {
    for tail in [vec![0; 4096], jpeg(), [vec![0; 7], jpeg(), jpeg()].concat(), b"....SEFT".to_vec()] {
        assert_eq!(judge(&joined(&jpeg(), &tail)), Ok(Media::Jpeg));
    }
}

#[test]
fn pixels_are_counted_without_decoding() {
    let mut flood = png();
    flood[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    flood[20..24].copy_from_slice(&50_000u32.to_be_bytes());
    assert_eq!(judge(&flood), Err(DocumentError::Damaged), "the checksum does not fit");
    let sum = super::png::checksum(&flood[12..29]);
    flood[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(judge(&flood), Err(DocumentError::TooManyPixels { limit: 50_000_000 }));
    let tight = Limits { pixels: 40 * 30 - 1, ..Limits::default() };
    for bytes in [jpeg(), png(), webp()] {
        assert!(judge(&bytes).is_ok());
        assert_eq!(judge_within(&bytes, &tight), Err(DocumentError::TooManyPixels { limit: 1199 }));
    }
}

#[test]
fn a_page_changed_later_is_one_page() {
    let mut bytes = pdf_with(50, "");
    let again = pdf_with(50, "");
    bytes.extend_from_slice(&again[9..]);
    assert_eq!(judge(&bytes), Ok(Media::Pdf));
}

#[test]
fn what_only_looks_like_a_number_makes_no_two_pages_one() {
    for extra in [
        "/A (7 0 obj << )",
        "/A (\n7 0 obj << )",
        "/A (\n7 0 obj << \\) )",
        "/A (\n7 0 obj << %()) ",
        "/A <\n7 0 obj << > /B (<)",
        "/A <\n7 0 obj << > %<\n",
        "% 7 0 obj <<\n",
        "/A << >> /Parent 2 0 R\n 0 obj <<",
        "/A /R0 0 obj <<",
        "/A << /B 1 >> >>\n0 0 obj <<",
        "/Type /Page",
    ] {
        assert!(judge(&pages_with(1, extra)).is_ok(), "{extra}");
        let many = judge(&pages_with(51, extra));
        assert_eq!(many, Err(DocumentError::TooManyPages { limit: 50 }), "{extra}");
    }
    for extra in ["/LastModified (D:2026\\)()) /A << /B <41> >> /C [2 0 R]", ""] {
        let mut bytes = pages_with(50, extra);
        bytes.extend_from_slice(&pages_with(50, extra)[9..]);
        assert_eq!(judge(&bytes), Ok(Media::Pdf), "{extra}");
    }
    let remarked = String::from_utf8_lossy(&pdf_with(51, "")).replace("/Type /Page /", "/Type % a\n/Page /");
    assert_eq!(judge(remarked.as_bytes()), Err(DocumentError::TooManyPages { limit: 50 }));
}

#[test]
fn hostile_repetition_costs_little() {
    // Each of these would be quadratic if anything were searched twice.
    for unit in [
        "/EF%",
        "/EF%\n",
        "/EF 4 ",
        "/Type/Page",
        "stream\n/ObjStm",
        "stream\n/N/First",
        "1 0 obj/Type/Page",
        "\n1 0 obj<</Type/Page",
        "\n1 0 obj<</Type/Page>>",
        "<<",
        "[",
        "//",
    ] {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        bytes.extend(unit.as_bytes().iter().cycle().take(2 << 20));
        bytes.extend_from_slice(b"/Root startxref 0 %%EOF");
        let _ = judge(&bytes);
    }
    for unit in [[0xFF, 0xD8], [0xFF, 0xFF], [0xFF, 0x00], [0xFF, 0xD0]] {
        let mut bytes = jpeg();
        bytes.extend(unit.iter().cycle().take(2 << 20));
        let _ = judge(&bytes);
    }
}

#[test]
fn the_kinds_are_the_codes_of_the_list() {
    let mut rows = csv::Reader::from_reader(include_str!("../../data/documents.csv").as_bytes());
    let codes: Vec<String> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(DocumentKind::ALL.map(DocumentKind::as_str).to_vec(), codes);
    for kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
        assert!(!kind.name(Language::Kk).is_empty() && !kind.name(Language::Ru).is_empty());
        assert_eq!(kind.required(), kind != DocumentKind::PmpkConclusion);
    }
}

#[test]
fn media_know_their_names() {
    for media in Media::ALL {
        assert_eq!(Media::from_mime(media.mime()), Some(media));
        assert!(!media.extension().contains('.'));
    }
    for (given, kept) in [
        ("a.pdf", "a.pdf"),
        ("a.pdf.exe", "a.pdf"),
        ("a.exe", "a.pdf"),
        ("анықтама", "анықтама.pdf"),
        ("1. анықтама", "1. анықтама.pdf"),
        ("A.PDF", "A.pdf"),
        ("..", "file.pdf"),
        ("", "file.pdf"),
    ] {
        assert_eq!(Media::Pdf.file_name(given), kept, "{given}");
    }
    assert_eq!(Media::Jpeg.file_name("IMG_1.png"), "IMG_1.jpg");
    for (media, given, shown) in [
        (Media::Jpeg, "a.png", "a.png"),
        (Media::Jpeg, "IMG 1.JPEG", "IMG 1.JPEG"),
        (Media::Jpeg, "фото.webp", "фото.webp"),
        (Media::Jpeg, "a.pdf", "a.jpg"),
        (Media::Jpeg, "a.png.exe", "a.png.jpg"),
        (Media::Jpeg, ".png", "png.jpg"),
        (Media::Jpeg, "", "file.jpg"),
        (Media::Pdf, "A.PDF", "A.PDF"),
        (Media::Pdf, "a.pdf.exe", "a.pdf"),
        (Media::Pdf, "a.png", "a.pdf"),
        (Media::Pdf, "анықтама", "анықтама.pdf"),
    ] {
        assert_eq!(media.shown_name(given), shown, "{given}");
        assert!(media.file_name(shown).ends_with(&format!(".{}", media.extension())), "{given}");
    }
}

#[test]
fn what_was_too_large_to_be_kept_is_told_its_own_limit() {
    let limits = Limits { bytes: 10, picture_bytes: 20, ..Limits::default() };
    let (of_pdf, of_picture) = (DocumentError::TooLarge { limit: 10 }, DocumentError::TooLarge { limit: 20 });
    let neither = DocumentError::TooLargeForAny { pdf: 10, picture: 20 };
    for (start, told) in [
        (&b"%PDF-1.7"[..], of_pdf),
        (&[0xFF, 0xD8, 0xFF, 0xE0], of_picture),
        (super::png::SIGNATURE, of_picture),
        (b"RIFF\x30\0\0\0WEBPVP8L", of_picture),
        (b"\0\0\0\x18ftypheic", DocumentError::Heic),
        (b"PK\x03\x04", neither),
        (b"", neither),
    ] {
        assert_eq!(super::too_large(start, &limits), told, "{start:?}");
    }
}

fn a_valid_file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(pdf()),
        Just(packed(b"<< /A 1 >>", "/Type /ObjStm /N 2 /First 12")),
        Just(jpeg()),
        Just(png()),
        Just(webp())
    ]
}

proptest! {
    #[test]
    fn random_bytes_are_judged_without_a_panic(
        start in prop_oneof![Just(&b""[..]), Just(&b"%PDF-1.7\n"[..]), Just(&[0xFF, 0xD8, 0xFF][..]), Just(super::png::SIGNATURE), Just(&b"RIFF\x30\0\0\0WEBPVP8L"[..])],
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = judge(&joined(start, &rest));
    }

    #[test]
    fn mutated_files_are_judged_without_a_panic(
        mut bytes in a_valid_file(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        keep: bool,
    ) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let cut = if keep { bytes.len() } else { cut.index(bytes.len()) };
        let _ = judge(&bytes[..cut]);
    }

    #[test]
    fn a_picture_cut_short_is_never_taken(cut in any::<prop::sample::Index>(), which in 0usize..3) {
        let bytes = [png(), jpeg(), webp()][which].clone();
        prop_assert!(judge(&bytes[..cut.index(bytes.len())]).is_err());
    }
}
