//! A certification authority of the same shape as the national one, so that signing can be tried whole.
//!
//! It keeps five RSA keys: the root's, the issuing authority's, one of a look-alike authority that nobody trusts,
//! one shared by all people and one by all organisations. Making an RSA key takes seconds in a development build,
//! so nobody has a key of their own: what differs is the certificate, issued anew for every signature. That proves
//! nothing about the real world, where the key is the person; here only the certificate's path matters.
mod certificate;
mod signature;

use anyhow::{Context, Result};
use certificate::{AUTHORITY_NAME, ROOT_NAME, authority_certificate, issue_to, revocation_list};
use chrono::{DateTime, Utc};
use der::{DecodePem, Encode, EncodePem};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::rand_core::CryptoRngCore;
use serde::Deserialize;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use x509_cert::Certificate;

const KEY_BITS: usize = 2048;

/// Which of a person's keys signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// The right one.
    #[default]
    Sign,
    /// The one for signing in.
    Auth,
    Expired,
    Revoked,
    /// Issued by an authority with the right names and the wrong key.
    Foreign,
}

/// The person in front of the sandbox's NCALayer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub iin: String,
    pub surname: String,
    pub first_name: String,
    pub patronymic: Option<String>,
    /// Set when the key is an organisation's.
    pub organisation: Option<Organisation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub bin: String,
    pub name: String,
    pub position: Position,
}

/// What the holder may do for the organisation, by the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Head,
    CanSign,
    Employee,
}

/// The sandbox's authorities, read from their directory.
pub struct Pki {
    trust_dir: PathBuf,
    authority: Issuer,
    foreign: Issuer,
    person: RsaPrivateKey,
    organisation: RsaPrivateKey,
}

/// An authority that issues to people, with the root above it.
struct Issuer {
    key: RsaPrivateKey,
    certificate: Certificate,
    root: Certificate,
}

impl Pki {
    /// Reads the authorities kept in `dir`, making them first if there are none.
    ///
    /// Made beside `dir` and renamed into place: of several processes starting at once the first wins and the rest
    /// use what it made. Fails when the directory cannot be written or holds something else.
    pub fn open(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<Self> {
        if !dir.join("trust").is_dir() {
            create(dir, rng)?;
        }
        Ok(Self {
            trust_dir: dir.join("trust"),
            authority: Issuer {
                key: read_key(&dir.join("authority.key"))?,
                certificate: read_certificate(&dir.join("trust/authority.pem"))?,
                root: read_certificate(&dir.join("trust/root.pem"))?,
            },
            foreign: Issuer {
                key: read_key(&dir.join("foreign/authority.key"))?,
                certificate: read_certificate(&dir.join("foreign/authority.pem"))?,
                root: read_certificate(&dir.join("foreign/root.pem"))?,
            },
            person: read_key(&dir.join("person.key"))?,
            organisation: read_key(&dir.join("organisation.key"))?,
        })
    }

    /// The directory for `eds::Trust::load`: root, issuing authority, list of the revoked.
    pub fn trust_dir(&self) -> &Path {
        &self.trust_dir
    }

    /// A detached CMS over `data` as NCALayer makes it, in DER. Takes milliseconds.
    pub fn sign(&self, holder: &Holder, kind: KeyKind, data: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        let key = if holder.organisation.is_some() { &self.organisation } else { &self.person };
        let issuer = if kind == KeyKind::Foreign { &self.foreign } else { &self.authority };
        let certificate = issue_to(holder, kind, key, issuer, now)?;
        // The look-alike brings its whole chain, in the hope that somebody believes it.
        let others = match kind {
            KeyKind::Foreign => vec![issuer.certificate.clone(), issuer.root.clone()],
            _ => vec![],
        };
        signature::detached(certificate, others, key, data, now)
    }
}

/// Makes the authorities in a directory beside `dir`, then moves it into place.
fn create(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<()> {
    let parent = dir.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let taken = fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some());
    anyhow::ensure!(!taken, "{} is not empty and holds no sandbox keys", dir.display());
    let name = dir.file_name().context("the sandbox keys need a directory with a name")?;
    let draft = parent.join(format!(".{}.{:016x}", name.to_string_lossy(), rng.next_u64()));
    let made = write_authorities(&draft, rng);
    let moved = made.and_then(|()| Ok(fs::rename(&draft, dir)?));
    if moved.is_err() {
        fs::remove_dir_all(&draft).ok();
    }
    match moved {
        Err(_) if dir.join("trust").is_dir() => Ok(()),
        moved => moved.with_context(|| format!("cannot make the sandbox keys in {}", dir.display())),
    }
}

fn write_authorities(dir: &Path, rng: &mut impl CryptoRngCore) -> Result<()> {
    for dir in [dir, &dir.join("trust"), &dir.join("foreign")] {
        fs::DirBuilder::new().mode(0o700).create(dir)?;
    }
    let root_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let authority_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let root = authority_certificate(ROOT_NAME, &root_key, ROOT_NAME, &root_key)?;
    let authority = authority_certificate(AUTHORITY_NAME, &authority_key, ROOT_NAME, &root_key)?;
    write_key(&dir.join("root.key"), &root_key)?;
    write_key(&dir.join("authority.key"), &authority_key)?;
    write(&dir.join("trust/root.pem"), root.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("trust/authority.pem"), authority.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("trust/authority.crl"), &revocation_list(&authority, &authority_key)?.to_der()?)?;

    // The look-alike is its own root and authority with a single key: what matters is that the key is another.
    let foreign_key = RsaPrivateKey::new(rng, KEY_BITS)?;
    let root = authority_certificate(ROOT_NAME, &foreign_key, ROOT_NAME, &foreign_key)?;
    let authority = authority_certificate(AUTHORITY_NAME, &foreign_key, ROOT_NAME, &foreign_key)?;
    write_key(&dir.join("foreign/authority.key"), &foreign_key)?;
    write(&dir.join("foreign/root.pem"), root.to_pem(LineEnding::LF)?.as_bytes())?;
    write(&dir.join("foreign/authority.pem"), authority.to_pem(LineEnding::LF)?.as_bytes())?;

    write_key(&dir.join("person.key"), &RsaPrivateKey::new(rng, KEY_BITS)?)?;
    write_key(&dir.join("organisation.key"), &RsaPrivateKey::new(rng, KEY_BITS)?)
}

fn write_key(path: &Path, key: &RsaPrivateKey) -> Result<()> {
    write(path, key.to_pkcs8_pem(LineEnding::LF)?.as_bytes())
}

/// Readable by the owner only, from the first byte on.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(bytes)?)
}

fn read_key(path: &Path) -> Result<RsaPrivateKey> {
    let pem = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    RsaPrivateKey::from_pkcs8_pem(&pem).with_context(|| format!("{} is not a key", path.display()))
}

fn read_certificate(path: &Path) -> Result<Certificate> {
    let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Certificate::from_pem(pem).with_context(|| format!("{} is not a certificate", path.display()))
}

/// One sandbox authority for all tests of a run: its five keys are the slow part.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::integrations::eds::Trust;
    use std::sync::OnceLock;
    use x509_cert::TbsCertificate;

    pub struct TestPki {
        pub pki: Pki,
        pub trust: Trust,
    }

    pub fn test_pki() -> &'static TestPki {
        static PKI: OnceLock<TestPki> = OnceLock::new();
        PKI.get_or_init(|| {
            let home = tempfile::tempdir().unwrap();
            let pki = Pki::open(&home.path().join("pki"), &mut rsa::rand_core::OsRng).unwrap();
            let trust = Trust::load(pki.trust_dir()).unwrap();
            TestPki { pki, trust }
        })
    }

    /// A chain from the look-alike, whose one key is the root's and the authority's: each certificate can be
    /// changed and is then signed anew, so that the change is all that is wrong with it.
    #[derive(Clone)]
    pub struct Chain {
        pub root: TbsCertificate,
        pub authority: TbsCertificate,
        pub mother: TbsCertificate,
    }

    impl Chain {
        pub fn of_mother(now: DateTime<Utc>) -> Self {
            let pki = &test_pki().pki;
            let mother = issue_to(&mother(), KeyKind::Sign, &pki.person, &pki.foreign, now).unwrap();
            Self {
                root: pki.foreign.root.tbs_certificate.clone(),
                authority: pki.foreign.certificate.tbs_certificate.clone(),
                mother: mother.tbs_certificate,
            }
        }

        /// A trust directory with the root and the authority.
        pub fn pin(&self, dir: &Path) {
            fs::write(dir.join("root.der"), signed(&self.root).to_der().unwrap()).unwrap();
            fs::write(dir.join("authority.der"), signed(&self.authority).to_der().unwrap()).unwrap();
        }

        /// The authority's list of the revoked, signed with its own key or with another.
        pub fn revocation_list(&self, own_key: bool) -> Vec<u8> {
            let pki = &test_pki().pki;
            let key = if own_key { &pki.foreign.key } else { &pki.person };
            revocation_list(&signed(&self.authority), key).unwrap().to_der().unwrap()
        }

        /// Mother's signature with her certificate.
        pub fn sign(&self, data: &[u8], now: DateTime<Utc>) -> Vec<u8> {
            self.sign_with(&test_pki().pki.person, data, now)
        }

        pub fn sign_with(&self, key: &RsaPrivateKey, data: &[u8], now: DateTime<Utc>) -> Vec<u8> {
            signature::detached(signed(&self.mother), vec![], key, data, now).unwrap()
        }
    }

    fn signed(body: &TbsCertificate) -> Certificate {
        certificate::sign(body.clone(), &test_pki().pki.foreign.key).unwrap()
    }

    pub fn mother() -> Holder {
        Holder {
            iin: "880515400127".to_owned(),
            surname: "АХМЕТОВА".to_owned(),
            first_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: Some("СЕРІКҚЫЗЫ".to_owned()),
            organisation: None,
        }
    }

    pub fn kindergarten_worker(position: Position) -> Holder {
        let organisation =
            Organisation {
                bin: "990140000126".to_owned(), name: "№ 12 БӨБЕКЖАЙЫ".to_owned(), position
            };
        Holder { iin: "750101300450".to_owned(), organisation: Some(organisation), ..mother() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn two_processes_starting_at_once_share_one_authority() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("deep/pki");
        let open = || Pki::open(&dir, &mut rsa::rand_core::OsRng).unwrap();
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(open);
            (open(), other.join().unwrap())
        });
        assert_eq!(one.authority.key, other.authority.key);
        assert_eq!(open().person, one.person);

        let left: Vec<_> =
            fs::read_dir(home.path().join("deep")).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["pki"], "drafts are cleared away");
        for key in ["root.key", "authority.key", "foreign/authority.key", "person.key", "organisation.key"] {
            assert_eq!(fs::metadata(dir.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("diary.txt"), "dear").unwrap();
        assert!(Pki::open(home.path(), &mut rsa::rand_core::OsRng).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_words_of_the_address_name_the_keys() {
        let kinds: Vec<KeyKind> =
            serde_json::from_value(serde_json::json!(["sign", "auth", "expired", "revoked", "foreign"]))
                .unwrap();
        assert_eq!(
            kinds,
            [KeyKind::Sign, KeyKind::Auth, KeyKind::Expired, KeyKind::Revoked, KeyKind::Foreign]
        );
    }
}
