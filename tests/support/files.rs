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
