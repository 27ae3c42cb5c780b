//! The only source of randomness: codes, tokens, numbers, identifiers; and the keyed hashes that hide them.
use std::path::Path;
use std::sync::Mutex;

use hmac::{Hmac, Mac};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::fault::Fault;

/// Letters and digits that are not taken for one another (no 0 O 1 I L): application numbers are read out on the phone.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

pub struct Secrets {
    key: [u8; 32],
    source: Mutex<StdRng>,
}

impl Secrets {
    /// The key from a file of the operator's (at least 32 bytes), randomness from the system.
    pub fn from_file(path: &Path) -> Result<Self, Fault> {
        let bytes = std::fs::read(path)?;
        if bytes.len() < 32 {
            return Err(Fault::Setup(format!("{} holds fewer than 32 bytes", path.display())));
        }
        Ok(Self { key: Sha256::digest(&bytes).into(), source: Mutex::new(StdRng::from_os_rng()) })
    }

    /// Makes such a file, readable by its owner only. Of several makers at once the first wins.
    pub fn make_file(path: &Path) -> Result<(), Fault> {
        use std::io::{ErrorKind, Write};
        use std::os::unix::fs::OpenOptionsExt;
        let aside = path.with_extension(format!("{}.part", std::process::id()));
        let mut key = [0; 32];
        StdRng::from_os_rng().fill_bytes(&mut key);
        let mut file =
            std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(&key)?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&aside, path);
        std::fs::remove_file(&aside)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The system's randomness as the makers of keys want it.
    #[cfg(feature = "sandbox")]
    pub fn for_keys() -> rsa::rand_core::OsRng {
        rsa::rand_core::OsRng
    }

    /// For tests and the demo city: always the same numbers.
    #[cfg(any(test, feature = "sandbox"))]
    pub fn seeded(seed: u64) -> Self {
        Self {
            key: Sha256::digest(seed.to_be_bytes()).into(),
            source: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    /// The demo city draws the same numbers every time.
    #[cfg(feature = "sandbox")]
    pub fn draw_from_seed(&self, seed: u64) {
        self.with_source(|source| *source = StdRng::seed_from_u64(seed));
    }

    #[cfg(feature = "sandbox")]
    pub fn draw_from_system(&self) {
        self.with_source(|source| *source = StdRng::from_os_rng());
    }

    fn with_source<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.source.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Six digits for an SMS.
    pub fn sms_code(&self) -> String {
        self.with_source(|source| format!("{:06}", source.random_range(0..1_000_000)))
    }

    /// 128 random bits.
    pub fn token(&self) -> [u8; 16] {
        self.with_source(|source| {
            let mut token = [0; 16];
            source.fill_bytes(&mut token);
            token
        })
    }

    /// A random identifier, fit to be shown in an address.
    pub fn id(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.token()).into_uuid()
    }

    /// The number a family quotes: 12 random characters and a check character (`rules.md` §6).
    pub fn case_number(&self) -> String {
        let body: Vec<u8> =
            self.with_source(|source| (0..12).map(|_| ALPHABET[source.random_range(0..31)]).collect());
        let mut number = String::from_utf8_lossy(&body).into_owned();
        number.push(check_character(&number));
        number
    }

    /// A salt: of a password's hash, of a handle.
    pub fn salt(&self) -> [u8; 16] {
        self.token()
    }

    /// A keyed hash: what is stored or compared instead of the thing itself.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key)
            .unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The check character of a case number: weighted sum modulo 31, so that one wrong or two swapped letters are found.
fn check_character(body: &str) -> char {
    let sum: usize = body
        .bytes()
        .enumerate()
        .map(|(index, letter)| (index + 1) * ALPHABET.iter().position(|known| *known == letter).unwrap_or(0))
        .sum();
    char::from(ALPHABET[sum % 31])
}

/// A case number as typed (any case, spaces and dashes allowed), if its check character fits.
pub fn parse_case_number(typed: &str) -> Option<String> {
    let number: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    if number.len() != 13 || !number.bytes().all(|letter| ALPHABET.contains(&letter)) {
        return None;
    }
    (check_character(&number[..12]) == char::from(number.as_bytes()[12])).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_number_is_read_back_and_a_slip_is_found() {
        let secrets = Secrets::seeded(1);
        for _ in 0..200 {
            let number = secrets.case_number();
            assert_eq!(parse_case_number(&number.to_lowercase()), Some(number.clone()));
            let mut slip: Vec<char> = number.chars().collect();
            if slip[3] != slip[4] {
                slip.swap(3, 4);
                assert_eq!(parse_case_number(&slip.into_iter().collect::<String>()), None, "{number}");
            }
        }
    }

    #[test]
    fn codes_have_six_digits_and_are_spread_evenly() {
        let secrets = Secrets::seeded(2);
        let mut first = [0u32; 10];
        for _ in 0..100_000 {
            let code = secrets.sms_code();
            assert_eq!(code.len(), 6);
            first[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        let chi_square: f64 = first.iter().map(|n| (f64::from(*n) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi_square < 27.9, "chi-square {chi_square} at 9 degrees of freedom");
    }

    #[test]
    fn a_keyed_hash_depends_on_where_its_parts_end() {
        let secrets = Secrets::seeded(3);
        assert_ne!(secrets.mac("x", &[b"ab", b"c"]), secrets.mac("x", &[b"a", b"bc"]));
        assert_ne!(secrets.mac("x", &[b"a"]), secrets.mac("y", &[b"a"]));
    }
}
