//! The only reader of the environment. Every missing variable is named at once.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::fault::Fault;
use crate::rules::iin::Bin;
use crate::rules::signature::{Side, VerifierMode};

/// What the operator decides at start. Each field says its variable and its default.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DATABASE_URL`; without it the development build starts a private cluster.
    pub database_url: Option<String>,
    /// `BIND` (127.0.0.1) and `PORT` (8080).
    pub listen: SocketAddr,
    /// `BASE_URL`: what links in messages begin with (`http://` + the address).
    pub base_url: String,
    /// `ALLOWED_HOSTS`, separated by commas: any other `Host` is answered 421 (the host of `BASE_URL`).
    pub allowed_hosts: Vec<String>,
    /// `FILES_DIR`: where uploads lie (`.local/files`).
    pub files_dir: PathBuf,
    /// `S3_ENDPOINT`, `S3_REGION` (us-east-1), `S3_BUCKET`, `S3_KEY_ID`, `S3_KEY_FILE`: uploads lie in this bucket instead.
    pub bucket: Option<Bucket>,
    /// This very program: it runs once more for each upload, to read it.
    pub program: PathBuf,
    /// `LEDGER_ANCHORS`: the file outside the database in which the end of the ledger is written down each minute; on a
    /// disk of its own, at best (in the sandbox: `ledger-anchors` in `LOCAL_DIR`).
    pub ledger_anchors: Option<PathBuf>,
    /// `TRUST_DIR`: certificates of the authorities whose signatures are accepted.
    pub trust_dir: Option<PathBuf>,
    /// `SIGN_VERIFIER` (`local`): who is asked about a signature beside our own policy: the authority itself, `ncanode`, or
    /// `both`.
    pub sign_verifier: VerifierMode,
    /// `OCSP_URL`: whom the portal asks whether a certificate has been revoked, and `CRL_URLS`, separated by commas: the lists
    /// it reads when that one is silent, whole and delta, of every authority. One of the two is needed.
    pub ocsp_url: Option<String>,
    pub crl_urls: Vec<String>,
    /// `NCANODE_URL`: the second verifier.
    pub ncanode_url: Option<String>,
    /// `SECRET_FILE`: at least 32 random bytes, mode 0600.
    pub secret_file: Option<PathBuf>,
    /// `REGISTRY_URL`, `PMPK_URL`, `SMS_URL`: the outside systems.
    pub registry_url: Option<String>,
    pub pmpk_url: Option<String>,
    pub sms_url: Option<String>,
    /// `REGISTRY_TOKEN_FILE`, `SMS_KEY_FILE`: their keys.
    pub registry_token: Option<String>,
    pub sms_key: Option<String>,
    /// `NCALAYER_URL` (`wss://127.0.0.1:13579`): where the signing page finds the signer's own NCALayer.
    pub ncalayer_url: String,
    /// `EGOV_MOBILE_BIN`: whom the operator of eGov mobile has allowed to have its documents signed with that app (service
    /// NITEC-S-5096); without it nobody is offered the phone. In the sandbox: an organisation of the stand-in's.
    pub egov_mobile: Option<EgovMobile>,
    /// `TILE_SERVER`, as `https://tile.example/{z}/{x}/{y}.png`: the catalogue offers a detailed map beside its own.
    pub tile_server: Option<String>,
    /// `TILE_CREDIT`: whom that map names as its source.
    pub tile_credit: String,
    /// `SANDBOX=1`: stand-ins instead of the outside systems; a development build only.
    pub sandbox: bool,
    /// `LOCAL_DIR`: where the private cluster and the sandbox keep their files (`.local`).
    pub local_dir: PathBuf,
}

/// How eGov mobile is told who asks and is opened.
#[derive(Debug, Clone)]
pub struct EgovMobile {
    pub bin: String,
    /// `EGOV_MOBILE_LINK` (`https://m.egov.kz/mobileSign/?link={url}`; in the sandbox the QR code's own `mobileSign:{url}`): what
    /// opens the app on the phone that shows the page. `{url}` is the address in the QR code.
    pub link: String,
    /// `EGOV_BUSINESS_LINK` (`https://m.egov.kz/businessSign/?link={url}`): the same for the app with organisations' keys.
    pub business_link: String,
}

impl EgovMobile {
    /// Of an organisation that does not exist.
    pub fn standin() -> Self {
        Self {
            bin: "990440000018".to_owned(),
            link: PLAIN_LINK.to_owned(),
            business_link: PLAIN_LINK.to_owned(),
        }
    }

    /// The link that opens this side's app with this address; in an `https:` link it is a parameter.
    pub fn launch(&self, side: Side, url: &str) -> String {
        let link = match side {
            Side::Parent => &self.link,
            Side::Kindergarten => &self.business_link,
        };
        let url = if link.starts_with("http") {
            url.replace('%', "%25").replace('&', "%26").replace(':', "%3A").replace('/', "%2F")
        } else {
            url.to_owned()
        };
        link.replace("{url}", &url)
    }
}

/// The launchers of the apps' operator. Browsers write a scheme of the app's own in small letters, which not every phone knows.
const LAUNCHER: &str = "https://m.egov.kz/mobileSign/?link={url}";
const BUSINESS_LAUNCHER: &str = "https://m.egov.kz/businessSign/?link={url}";
/// Nothing leaves the machine.
const PLAIN_LINK: &str = "mobileSign:{url}";

/// A bucket of an S3-compatible store, and how it is reached.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Where the store answers, without the bucket: `https://s3.example.kz`.
    pub endpoint: String,
    pub region: String,
    pub name: String,
    pub key_id: String,
    pub key: String,
}

impl Config {
    pub fn from_env() -> Result<Self, Fault> {
        let sandbox = cfg!(feature = "sandbox") && var("SANDBOX").is_some_and(|value| value == "1");
        let listen = SocketAddr::new(
            parsed("BIND")?.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            parsed("PORT")?.unwrap_or(8080),
        );
        let base_url = var("BASE_URL").unwrap_or_else(|| format!("http://{listen}"));
        let allowed_hosts = match var("ALLOWED_HOSTS") {
            Some(list) => list.split(',').map(|host| host.trim().to_lowercase()).collect(),
            None => default_hosts(&base_url, listen.port()),
        };
        let config = Self {
            database_url: var("DATABASE_URL"),
            listen,
            base_url: base_url.trim_end_matches('/').to_owned(),
            allowed_hosts,
            files_dir: var("FILES_DIR").map_or_else(|| PathBuf::from(".local/files"), PathBuf::from),
            bucket: bucket()?,
            program: PathBuf::from("/proc/self/exe"),
            ledger_anchors: var("LEDGER_ANCHORS").map(PathBuf::from),
            trust_dir: var("TRUST_DIR").map(PathBuf::from),
            sign_verifier: sign_verifier()?,
            ocsp_url: var("OCSP_URL"),
            crl_urls: var("CRL_URLS").map(|list| addresses(&list)).unwrap_or_default(),
            ncanode_url: var("NCANODE_URL"),
            secret_file: var("SECRET_FILE").map(PathBuf::from),
            registry_url: var("REGISTRY_URL"),
            pmpk_url: var("PMPK_URL"),
            sms_url: var("SMS_URL"),
            registry_token: secret("REGISTRY_TOKEN_FILE")?,
            sms_key: secret("SMS_KEY_FILE")?,
            ncalayer_url: var("NCALAYER_URL").unwrap_or_else(|| "wss://127.0.0.1:13579".to_owned()),
            egov_mobile: egov_mobile(sandbox)?,
            tile_server: var("TILE_SERVER").map(tile_server).transpose()?,
            tile_credit: var("TILE_CREDIT").unwrap_or_default(),
            sandbox,
            local_dir: var("LOCAL_DIR").map_or_else(|| PathBuf::from(".local"), PathBuf::from),
        };
        if !sandbox {
            config.require_production()?;
        }
        Ok(config)
    }

    /// Outside the sandbox nothing has a silent default: the operator names every system, or the portal does not start.
    fn require_production(&self) -> Result<(), Fault> {
        let missing: Vec<&str> = [
            ("DATABASE_URL", self.database_url.is_none()),
            ("SECRET_FILE", self.secret_file.is_none()),
            ("LEDGER_ANCHORS", self.ledger_anchors.is_none()),
            ("TRUST_DIR", self.trust_dir.is_none()),
            (
                "OCSP_URL or CRL_URLS",
                self.sign_verifier.asks_authority() && self.ocsp_url.is_none() && self.crl_urls.is_empty(),
            ),
            ("NCANODE_URL", self.sign_verifier.asks_ncanode() && self.ncanode_url.is_none()),
            ("REGISTRY_URL", self.registry_url.is_none()),
            ("PMPK_URL", self.pmpk_url.is_none()),
            ("SMS_URL", self.sms_url.is_none()),
            ("SMS_KEY_FILE", self.sms_key.is_none()),
        ]
        .into_iter()
        .filter_map(|(name, missing)| missing.then_some(name))
        .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Fault::Setup(format!(
                "these variables are not set: {} (see .env.example)",
                missing.join(", ")
            )))
        }
    }

    /// Cookies are `Secure` and carry `__Host-` where the portal is reached over TLS.
    pub fn tls(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

/// Where uploads lie, if not in a folder: all of it is named, or none.
fn bucket() -> Result<Option<Bucket>, Fault> {
    let key = secret("S3_KEY_FILE")?;
    match (var("S3_ENDPOINT"), var("S3_BUCKET"), var("S3_KEY_ID"), key) {
        (None, None, None, None) => Ok(None),
        (Some(endpoint), Some(name), Some(key_id), Some(key)) => {
            let region = var("S3_REGION").unwrap_or_else(|| "us-east-1".to_owned());
            Ok(Some(Bucket { endpoint, region, name, key_id, key }))
        }
        _ => Err(Fault::Setup(
            "S3_ENDPOINT, S3_BUCKET, S3_KEY_ID and S3_KEY_FILE go together (see .env.example)".to_owned(),
        )),
    }
}

fn egov_mobile(sandbox: bool) -> Result<Option<EgovMobile>, Fault> {
    let link = |name: &str, launcher: &str| {
        let usual = if sandbox { PLAIN_LINK } else { launcher };
        let link = var(name).unwrap_or_else(|| usual.to_owned());
        let whole = link.contains("{url}");
        whole.then_some(link).ok_or_else(|| Fault::Setup(format!("{name} has no {{url}}")))
    };
    let (link, business_link) =
        (link("EGOV_MOBILE_LINK", LAUNCHER)?, link("EGOV_BUSINESS_LINK", BUSINESS_LAUNCHER)?);
    let Some(bin) = var("EGOV_MOBILE_BIN") else {
        return Ok(sandbox.then(|| EgovMobile { link, business_link, ..EgovMobile::standin() }));
    };
    match Bin::parse(&bin) {
        Ok(bin) => Ok(Some(EgovMobile { bin: bin.as_str().to_owned(), link, business_link })),
        Err(_) => Err(Fault::Setup(format!("EGOV_MOBILE_BIN is no BIN: {bin}"))),
    }
}

/// Refused at start when a browser could not use it: the page's policy names its origin.
fn tile_server(pattern: String) -> Result<String, Fault> {
    let whole = ["{z}", "{x}", "{y}"].iter().all(|hole| pattern.contains(hole));
    let plain = pattern.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>;,\\".contains(&b));
    let origin = tile_origin(&pattern).is_some_and(|origin| !origin.contains(['{', '*']));
    if whole && plain && origin {
        return Ok(pattern);
    }
    Err(Fault::Setup(format!("TILE_SERVER is not understood: {pattern}")))
}

/// `https://tile.example` of `https://tile.example/{z}/{x}/{y}.png`.
pub fn tile_origin(pattern: &str) -> Option<&str> {
    let (scheme, rest) = pattern.split_once("://")?;
    let host = rest.split('/').next().filter(|host| !host.is_empty())?;
    matches!(scheme, "http" | "https").then(|| &pattern[..scheme.len() + 3 + host.len()])
}

fn sign_verifier() -> Result<VerifierMode, Fault> {
    let Some(word) = var("SIGN_VERIFIER") else { return Ok(VerifierMode::default()) };
    VerifierMode::parse(&word)
        .ok_or_else(|| Fault::Setup(format!("SIGN_VERIFIER is local, ncanode or both, not {word}")))
}

fn addresses(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn parsed<T: std::str::FromStr>(name: &str) -> Result<Option<T>, Fault> {
    var(name)
        .map(|value| value.parse().map_err(|_| Fault::Setup(format!("{name} is not understood: {value}"))))
        .transpose()
}

fn secret(name: &str) -> Result<Option<String>, Fault> {
    var(name)
        .map(|path| {
            std::fs::read_to_string(&path)
                .map(|text| text.trim().to_owned())
                .map_err(|error| Fault::Setup(format!("{name}: {path}: {error}")))
        })
        .transpose()
}

fn default_hosts(base_url: &str, port: u16) -> Vec<String> {
    let base =
        base_url.split("://").nth(1).unwrap_or(base_url).split('/').next().unwrap_or_default().to_lowercase();
    vec![base, format!("127.0.0.1:{port}"), format!("localhost:{port}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_is_opened_with_the_address_of_the_code() {
        let url = "https://a.kz/mobile/x/mgovSign";
        assert_eq!(EgovMobile::standin().launch(Side::Kindergarten, url), format!("mobileSign:{url}"));
        let launcher = EgovMobile { link: LAUNCHER.to_owned(), ..EgovMobile::standin() };
        let encoded = "https%3A%2F%2Fa.kz%2Fmobile%2Fx%2FmgovSign";
        assert_eq!(
            launcher.launch(Side::Parent, url),
            format!("https://m.egov.kz/mobileSign/?link={encoded}")
        );
    }
}
