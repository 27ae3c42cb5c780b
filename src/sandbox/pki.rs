//! A certification authority of the same shape as the national one, so that signing can be tried whole.
//!
//! Under one root there is an issuing authority for each family of keys, with its responder and its clock. For each
//! family it keeps five keys: the authority's, its services', one of a look-alike authority that nobody trusts, one
//! shared by all people and one by all organisations. Making an RSA key takes seconds in a development build, so
//! nobody has a key of their own: what differs is the certificate, issued anew for every signature. That proves
//! nothing about the real world, where the key is the person; here only the certificate's path matters.
mod certificate;
mod key;
pub mod services;
mod signature;

pub use certificate::REVOKED_SERIAL;
pub use key::{Family, Key};

use anyhow::{Context, Result};
use certificate::{
    ROOT_NAME, authority_certificate, authority_name, issue_to, responder_certificate, revocation_list,
    tsa_certificate,
};
use chrono::{DateTime, Utc};
use der::{DecodePem, Encode, EncodePem};
use rsa::pkcs8::LineEnding;
use rsa::rand_core::CryptoRngCore;
use serde::Deserialize;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use x509_cert::Certificate;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    #[default]
    Head,
    CanSign,
    Employee,
}

/// The sandbox's authorities, read from their directory.
pub struct Pki {
    trust_dir: PathBuf,
    /// In the order of [`Family::ALL`].
    branches: [Branch; Family::ALL.len()],
    /// Where the authorities' services answer, as certificates tell.
    services: String,
}

/// An authority that issues to people, with the root above it.
pub struct Issuer {
    pub key: Key,
    pub certificate: Certificate,
    pub root: Certificate,
}

/// Everything of one family.
struct Branch {
    authority: Issuer,
    foreign: Issuer,
    person: Key,
    organisation: Key,
    service: Key,
    responder: Certificate,
    tsa: Certificate,
}

impl Pki {
    /// Reads the authorities kept in `dir`, making them first if there are none. Certificates will say that the
    /// authorities' services are below the address `services`: `/ocsp`, `/crl/{family}.crl`, `/ca/{family}.cer`.
    ///
    /// Made beside `dir` and renamed into place: of several processes starting at once the first wins and the rest
    /// use what it made. What an older version made is put aside. Fails when the directory cannot be written or
    /// holds something else.
    pub fn open(dir: &Path, services: &str, rng: &mut impl CryptoRngCore) -> Result<Self> {
        let made_before_gost = dir.join("trust/root.pem").is_file() && !dir.join("trust/gost.pem").is_file();
        if made_before_gost {
            fs::rename(dir, dir.with_extension(format!("old-{:016x}", rng.next_u64()))).ok();
        }
        if !dir.join("trust").is_dir() {
            create(dir, rng)?;
        }
        let root = read_certificate(&dir.join("trust/root.pem"))?;
        Ok(Self {
            trust_dir: dir.join("trust"),
            branches: [
                Branch::read(dir, Family::Rsa, &root)?,
                Branch::read(dir, Family::Gost, &root)?,
                Branch::read(dir, Family::Gost2004, &root)?,
                Branch::read(dir, Family::Ecdsa, &root)?,
            ],
            services: services.to_owned(),
        })
    }

    /// The directory for `eds::Trust::load`: root, issuing authorities, their lists of the revoked.
    pub fn trust_dir(&self) -> &Path {
        &self.trust_dir
    }

    /// The authority that issues keys of this family.
    pub fn issuer(&self, family: Family) -> &Issuer {
        &self.branch(family).authority
    }

    /// The certificate and key with which that authority tells who is revoked.
    pub fn responder(&self, family: Family) -> (&Certificate, &Key) {
        let branch = self.branch(family);
        (&branch.responder, &branch.service)
    }

    /// The certificate and key with which that authority tells the time.
    pub fn tsa(&self, family: Family) -> (&Certificate, &Key) {
        let branch = self.branch(family);
        (&branch.tsa, &branch.service)
    }

    /// [`Self::sign_with`] a key of the default family.
    pub fn sign(&self, holder: &Holder, kind: KeyKind, data: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>> {
        self.sign_with(Family::default(), holder, kind, data, now)
    }

    /// A detached CMS over `data` as NCALayer makes it, in DER. Takes milliseconds.
    pub fn sign_with(
        &self,
        family: Family,
        holder: &Holder,
        kind: KeyKind,
        data: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Vec<u8>> {
        let branch = self.branch(family);
        let key = if holder.organisation.is_some() { &branch.organisation } else { &branch.person };
        let issuer = if kind == KeyKind::Foreign { &branch.foreign } else { &branch.authority };
        let certificate = issue_to(holder, kind, key, issuer, &self.services, now)?;
        // The look-alike brings its whole chain, in the hope that somebody believes it.
        let others = match kind {
            KeyKind::Foreign => vec![issuer.certificate.clone(), issuer.root.clone()],
            _ => vec![],
        };
        signature::detached(certificate, others, key, data, now)
    }

    fn branch(&self, family: Family) -> &Branch {
        let [rsa, gost, gost2004, ecdsa] = &self.branches;
        match family {
            Family::Rsa => rsa,
            Family::Gost => gost,
            Family::Gost2004 => gost2004,
            Family::Ecdsa => ecdsa,
        }
    }
}

impl Branch {
    fn read(dir: &Path, family: Family, root: &Certificate) -> Result<Self> {
        let own = dir.join(family.name());
        let key = |name: &str| read_key(&own.join(name), family);
        let certificate = |name: &str| read_certificate(&own.join(name));
        Ok(Self {
            authority: Issuer {
                key: key("authority.key")?,
                certificate: read_certificate(&dir.join("trust").join(family.name()).with_extension("pem"))?,
                root: root.clone(),
            },
            foreign: Issuer {
                key: key("foreign.key")?,
                certificate: certificate("foreign.pem")?,
                root: certificate("foreign-root.pem")?,
            },
            person: key("person.key")?,
            organisation: key("organisation.key")?,
            service: key("service.key")?,
            responder: certificate("responder.pem")?,
            tsa: certificate("tsa.pem")?,
        })
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
    for dir in [dir, &dir.join("trust")] {
        fs::DirBuilder::new().mode(0o700).create(dir)?;
    }
    let key = Key::make(Family::Rsa, rng)?;
    let certificate = authority_certificate(ROOT_NAME, &key, ROOT_NAME, &key)?;
    write(&dir.join("root.key"), &key.to_bytes()?)?;
    write_certificate(&dir.join("trust/root.pem"), &certificate)?;
    let root = Issuer { key, root: certificate.clone(), certificate };
    Family::ALL.into_iter().try_for_each(|family| write_branch(dir, family, &root, rng))
}

fn write_branch(dir: &Path, family: Family, root: &Issuer, rng: &mut impl CryptoRngCore) -> Result<()> {
    let own = dir.join(family.name());
    fs::DirBuilder::new().mode(0o700).create(&own)?;
    let mut make = |name: &str| {
        let key = Key::make(family, rng)?;
        write(&own.join(name), &key.to_bytes()?).map(|()| key)
    };
    let name = authority_name(family);
    let key = make("authority.key")?;
    let certificate = authority_certificate(name, &key, ROOT_NAME, &root.key)?;
    let pinned = dir.join("trust").join(family.name());
    write_certificate(&pinned.with_extension("pem"), &certificate)?;
    write(&pinned.with_extension("crl"), &revocation_list(&certificate, &key)?.to_der()?)?;
    let authority = Issuer { key, certificate, root: root.certificate.clone() };

    // The look-alike is its own root and authority with a single key: what matters is that the key is another.
    let foreign = make("foreign.key")?;
    let foreign_root = authority_certificate(ROOT_NAME, &foreign, ROOT_NAME, &foreign)?;
    write_certificate(&own.join("foreign-root.pem"), &foreign_root)?;
    write_certificate(
        &own.join("foreign.pem"),
        &authority_certificate(name, &foreign, ROOT_NAME, &foreign)?,
    )?;

    make("person.key")?;
    make("organisation.key")?;
    let service = make("service.key")?;
    write_certificate(&own.join("responder.pem"), &responder_certificate(&service, &authority)?)?;
    write_certificate(&own.join("tsa.pem"), &tsa_certificate(&service, &authority)?)
}

fn write_certificate(path: &Path, certificate: &Certificate) -> Result<()> {
    write(path, certificate.to_pem(LineEnding::LF)?.as_bytes())
}

/// Readable by the owner only, from the first byte on.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(bytes)?)
}

fn read_key(path: &Path, family: Family) -> Result<Key> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Key::from_bytes(family, &bytes).with_context(|| format!("{} is not a key", path.display()))
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
        /// As the portal would have it: without ECDSA.
        pub strict: Trust,
    }

    pub fn test_pki() -> &'static TestPki {
        static PKI: OnceLock<TestPki> = OnceLock::new();
        PKI.get_or_init(|| {
            let home = tempfile::tempdir().unwrap();
            let pki =
                Pki::open(&home.path().join("pki"), "http://pki.test", &mut rsa::rand_core::OsRng).unwrap();
            let strict = Trust::load(pki.trust_dir()).unwrap();
            let trust = Trust::load(pki.trust_dir()).unwrap().with_ecdsa();
            TestPki { pki, trust, strict }
        })
    }

    /// A chain from the look-alike, whose one key is the root's and the authority's: each certificate can be
    /// changed and is then signed anew, so that the change is all that is wrong with it.
    #[derive(Clone)]
    pub struct Chain {
        family: Family,
        pub root: TbsCertificate,
        pub authority: TbsCertificate,
        pub mother: TbsCertificate,
    }

    impl Chain {
        pub fn of_mother(family: Family, now: DateTime<Utc>) -> Self {
            let pki = &test_pki().pki;
            let branch = pki.branch(family);
            let mother =
                issue_to(&mother(), KeyKind::Sign, &branch.person, &branch.foreign, &pki.services, now);
            Self {
                family,
                root: branch.foreign.root.tbs_certificate.clone(),
                authority: branch.foreign.certificate.tbs_certificate.clone(),
                mother: mother.unwrap().tbs_certificate,
            }
        }

        /// A trust directory with the root and the authority.
        pub fn pin(&self, dir: &Path) {
            fs::write(dir.join("root.der"), self.signed(&self.root).to_der().unwrap()).unwrap();
            fs::write(dir.join("authority.der"), self.signed(&self.authority).to_der().unwrap()).unwrap();
        }

        /// The authority's list of the revoked, signed with its own key or with another.
        pub fn revocation_list(&self, own_key: bool) -> Vec<u8> {
            let key = if own_key { &self.branch().foreign.key } else { &self.branch().person };
            revocation_list(&self.signed(&self.authority), key).unwrap().to_der().unwrap()
        }

        /// Mother's signature with her certificate.
        pub fn sign(&self, data: &[u8], now: DateTime<Utc>) -> Vec<u8> {
            self.sign_with(&self.branch().person, data, now)
        }

        pub fn sign_with(&self, key: &Key, data: &[u8], now: DateTime<Utc>) -> Vec<u8> {
            signature::detached(self.signed(&self.mother), vec![], key, data, now).unwrap()
        }

        fn branch(&self) -> &'static Branch {
            test_pki().pki.branch(self.family)
        }

        fn signed(&self, body: &TbsCertificate) -> Certificate {
            certificate::sign(body.clone(), &self.branch().foreign.key).unwrap()
        }
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
        let open = || Pki::open(&dir, "http://pki.test", &mut rsa::rand_core::OsRng).unwrap();
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(open);
            (open(), other.join().unwrap())
        });
        for family in Family::ALL {
            let key = |pki: &Pki| pki.issuer(family).key.to_bytes().unwrap();
            assert_eq!(key(&one), key(&other));
            assert_eq!(key(&open()), key(&one));
        }

        let left: Vec<_> =
            fs::read_dir(home.path().join("deep")).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["pki"], "drafts are cleared away");
        for key in ["root.key", "rsa/authority.key", "gost/foreign.key", "gost/person.key", "rsa/service.key"]
        {
            assert_eq!(fs::metadata(dir.join(key)).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn a_directory_of_something_else_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("diary.txt"), "dear").unwrap();
        assert!(Pki::open(home.path(), "http://pki.test", &mut rsa::rand_core::OsRng).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_an_older_version_made_is_put_aside() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("pki");
        fs::create_dir_all(dir.join("trust")).unwrap();
        fs::write(dir.join("trust/root.pem"), "of before").unwrap();
        Pki::open(&dir, "http://pki.test", &mut rsa::rand_core::OsRng).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
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
