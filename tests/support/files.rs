//! Files as families have them, and as they had better not.
use flate2::Crc;

/// A scanned paper of two pages.
pub fn pdf() -> Vec<u8> {
    let mut text = "%PDF-1.7\n%\u{e2}\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_owned();
    for page in [10, 11] {
        text += &format!("{page} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n");
    }
    text += "3 0 obj\n<< /Length 4 >>\nstream\nq Q\n\nendstream\nendobj\n";
    text += "xref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
    text.into_bytes()
}

fn picture(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 77]));
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn jpeg() -> Vec<u8> {
    picture(image::ImageFormat::Jpeg)
}

pub fn png() -> Vec<u8> {
    picture(image::ImageFormat::Png)
}

pub fn webp() -> Vec<u8> {
    picture(image::ImageFormat::WebP)
}

/// A photograph as a phone held upright takes it: lying, with the turn and the place written beside it.
pub fn turned() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    tiff.extend_from_slice(b"GPS 43.2567 76.9286");
    let jpeg = jpeg();
    let length = (tiff.len() as u16 + 8).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

/// A PDF of so many pages with this in its catalogue.
pub fn pdf_with(pages: usize, extra: &str) -> Vec<u8> {
    let mut text = format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R {extra} >>\nendobj\n");
    for page in 0..pages {
        text += &format!("{} 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n", page + 10);
    }
    text += "xref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
    text.into_bytes()
}

/// A PDF whose stream of objects is 200 MB of blanks.
pub fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..200 {
        writer.write_all(&blanks).unwrap();
    }
    let data = writer.finish().unwrap();
    let head = b"%PDF-1.7\n5 0 obj\n<< /Type /ObjStm /N 2 /First 12 /Filter /FlateDecode >>\nstream\r\n";
    let end = b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF";
    [&head[..], &data, end].concat()
}

/// A small PNG that says it is 50,000 × 50,000.
pub fn pixel_flood() -> Vec<u8> {
    let mut flood = png();
    flood[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    flood[20..24].copy_from_slice(&50_000u32.to_be_bytes());
    let mut crc = Crc::new();
    crc.update(&flood[12..29]);
    // PNG and gzip share the polynomial.
    flood[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    flood
}
