//! A picture drawn anew: small, upright, and with nothing in it that the camera wrote beside it.
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};

use super::document::{DocumentError, Limits, Media, judge_within};

/// How large an upload of a kindergarten's picture may be. A camera's 48 million pixels take 150 MB while they are drawn.
pub const LIMITS: Limits =
    Limits { bytes: 10 * 1024 * 1024, picture_bytes: 10 * 1024 * 1024, pixels: 48_000_000, pages: 1 };

/// How a picture is drawn anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawing {
    /// The longer side of what is kept, in pixels.
    pub longest_side: u32,
    /// What is kept is no larger, in bytes.
    pub most_bytes: usize,
    /// How faithful the JPEG is, the first that fits; an eighth of the side less each time when none does.
    pub qualities: [u8; 4],
}

/// Of a kindergarten: the database keeps no larger one.
pub const VIEW: Drawing =
    Drawing { longest_side: 1_200, most_bytes: 300 * 1024, qualities: [82, 70, 55, 40] };
/// Of a paper: an A4 page of 2,000 pixels has 170 to the inch, and its small print stays legible.
pub const PAPER: Drawing =
    Drawing { longest_side: 2_000, most_bytes: 2 * 1024 * 1024, qualities: [85, 80, 70, 60] };

/// A JPEG of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub jpeg: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Judges the upload of a kindergarten's picture by its structure, then draws it anew, upright.
pub fn draw_anew(bytes: &[u8]) -> Result<Photo, DocumentError> {
    if bytes.starts_with(b"%PDF") {
        return Err(DocumentError::WrongKind);
    }
    let media = judge_within(bytes, &LIMITS)?;
    draw(bytes, media, &VIEW)
}

/// Draws a picture that was judged before.
pub fn draw(bytes: &[u8], media: Media, how: &Drawing) -> Result<Photo, DocumentError> {
    let format = match media {
        Media::Jpeg => ImageFormat::Jpeg,
        Media::Png => ImageFormat::Png,
        Media::Webp => ImageFormat::WebP,
        Media::Pdf => return Err(DocumentError::WrongKind),
    };
    let (drawn, orientation) = decode(bytes, format).ok_or(DocumentError::Damaged)?;
    let mut side = how.longest_side;
    // Shrunk before it is turned, and the large one is let go: never two of them at once.
    let mut picture = flat(shrunk(drawn, side), orientation);
    loop {
        for quality in how.qualities {
            let jpeg = encode(&picture, quality).ok_or(DocumentError::Damaged)?;
            if jpeg.len() <= how.most_bytes {
                let (width, height) = picture.dimensions();
                return Ok(Photo { jpeg, width, height });
            }
        }
        side = side * 7 / 8;
        picture = shrunk(DynamicImage::ImageRgb8(picture), side).into_rgb8();
    }
}

fn decode(bytes: &[u8], format: ImageFormat) -> Option<(DynamicImage, Orientation)> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(LIMITS.pixels * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Some((DynamicImage::from_decoder(decoder).ok()?, orientation))
}

/// Every pixel of the large picture counts for the small one, and nothing lies between the two in memory.
fn shrunk(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side {
        return picture;
    }
    picture.thumbnail(side, side)
}

/// Upright; what is transparent becomes white.
fn flat(mut picture: DynamicImage, orientation: Orientation) -> RgbImage {
    picture.apply_orientation(orientation);
    let source = picture.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        image::Rgb([over(red), over(green), over(blue)])
    })
}

fn encode(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        // Every pixel another: the hardest to squeeze.
        let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 13;
        let pixels = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb(noise(x, y).to_le_bytes()[..3].try_into().unwrap())
        });
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A JPEG whose EXIF says that the camera was turned, and where it was.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        tiff.extend_from_slice(b"GPS 43.2567 76.9286");
        let mut out = jpeg[..2].to_vec();
        out.extend_from_slice(&[0xff, 0xe1]);
        out.extend_from_slice(&((tiff.len() + 8) as u16).to_be_bytes());
        out.extend_from_slice(b"Exif\0\0");
        out.extend_from_slice(&tiff);
        out.extend_from_slice(&jpeg[2..]);
        out
    }

    #[test]
    fn what_the_camera_wrote_is_gone_and_the_picture_stands_upright() {
        let upload = with_exif(&picture(60, 40, ImageFormat::Jpeg));
        let paper = draw(&upload, Media::Jpeg, &PAPER).unwrap();
        for photo in [draw_anew(&upload).unwrap(), paper] {
            assert_eq!((photo.width, photo.height), (40, 60));
            for trace in [&b"Exif"[..], b"GPS", b"43.2567"] {
                assert!(!photo.jpeg.windows(trace.len()).any(|part| part == trace));
            }
        }
    }

    /// The seeds of the target `picture` of `tests/fuzz.rs` (`crate::corpus`).
    #[test]
    fn the_corpus_of_the_fuzz_targets_holds_pictures() {
        let of = |picture: DynamicImage, format| {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            bytes.into_inner()
        };
        let colours = image::load_from_memory(&picture(40, 30, ImageFormat::Png)).unwrap();
        let turned = with_exif(&of(colours.clone(), ImageFormat::Jpeg));
        for (name, bytes) in [
            ("turned.jpg", turned.clone()),
            ("two.jpg", [turned.clone(), turned].concat()),
            ("grey.jpg", of(colours.to_luma8().into(), ImageFormat::Jpeg)),
            ("colours.png", of(colours.clone(), ImageFormat::Png)),
            ("glass.png", of(colours.to_luma_alpha8().into(), ImageFormat::Png)),
            ("deep.png", of(colours.to_rgba16().into(), ImageFormat::Png)),
            ("colours.webp", of(colours.clone(), ImageFormat::WebP)),
            ("glass.webp", of(colours.to_rgba8().into(), ImageFormat::WebP)),
        ] {
            draw_anew(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            crate::corpus::write("picture", name, &bytes);
        }
    }

    #[test]
    fn however_large_it_comes_it_is_small_in_the_end() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let photo = draw_anew(&picture(1_500, 1_000, format)).unwrap();
            assert!(photo.jpeg.len() <= VIEW.most_bytes && photo.width <= VIEW.longest_side);
            assert_eq!(judge_within(&photo.jpeg, &LIMITS), Ok(Media::Jpeg));
        }
    }

    #[test]
    fn a_paper_keeps_two_thousand_pixels() {
        let photo = draw(&picture(3_000, 2_400, ImageFormat::Jpeg), Media::Jpeg, &PAPER).unwrap();
        assert!(photo.jpeg.len() <= PAPER.most_bytes && photo.width > 1_200 && photo.width <= 2_000);
        let small = draw(&picture(900, 1_200, ImageFormat::Jpeg), Media::Jpeg, &PAPER).unwrap();
        assert_eq!((small.width, small.height), (900, 1_200), "nothing is blown up");
    }

    #[test]
    fn a_paper_and_a_torn_picture_are_not_taken() {
        assert_eq!(draw_anew(b""), Err(DocumentError::Empty));
        assert_eq!(draw_anew(b"%PDF-1.7 nothing"), Err(DocumentError::WrongKind));
        let jpeg = picture(60, 40, ImageFormat::Jpeg);
        assert!(draw_anew(&jpeg[..jpeg.len() / 2]).is_err());
    }
}
