//! A QR code as one path of an SVG: the template draws the square around it.
use qrcode::{Color, EcLevel, QrCode};

use crate::fault::Fault;

/// A code's dark squares, and how many squares wide it is with the quiet zone of four around it.
pub struct Qr {
    pub path: String,
    pub width: usize,
}

/// The quiet zone that readers need, in squares.
const QUIET: usize = 4;

pub fn of(text: &str) -> Result<Qr, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Fault::Broken(format!("a QR code: {error}")))?;
    let width = code.width();
    let mut path = String::new();
    for (y, line) in code.to_colors().chunks(width).enumerate() {
        for (x, _) in line.iter().enumerate().filter(|(_, colour)| **colour == Color::Dark) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Ok(Qr { path, width: width + 2 * QUIET })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_quiet_zone() {
        let qr = of("https://balabaqsha.kz/kk/queue/find#R8EAWJBBD5XQC").unwrap();
        let last = qr.width - QUIET - 1;
        for corner in [(QUIET, QUIET), (last, QUIET), (QUIET, last)] {
            assert!(qr.path.contains(&format!("M{} {}h", corner.0, corner.1)), "{corner:?}");
        }
        assert!(!qr.path.contains("M3 "));
    }
}
