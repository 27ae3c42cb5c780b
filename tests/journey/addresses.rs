//! Bad input: ten thousand addresses that no honest link has, always the same ones. Never a 500, only the statuses that
//! are promised, and nothing of an address comes back as HTML.
use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, Uri};
use balabaqsha::web::server::Peer;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use sqlx::PgPool;
use tower::ServiceExt;

use crate::support::Portal;

const ADDRESSES: usize = 10_000;
const AT_ONCE: usize = 8;

/// What a `GET` of a public page may answer.
const PROMISED: [u16; 8] = [200, 303, 304, 400, 404, 405, 414, 429];

/// Written into a page as they stand, these would be HTML, or the end of an attribute.
const MARKUP: [(&str, &str); 3] = [
    ("\"><script>x</script>", "<script>x"),
    ("'><img src=x onerror=x>", "<img src=x"),
    ("\" onfocus=x autofocus=\"", "\" onfocus=x"),
];

/// SplitMix64: the same addresses in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.roll() % list.len() as u64).unwrap()]
    }

    fn sometimes(&mut self, once_in: u64) -> bool {
        self.roll().is_multiple_of(once_in)
    }
}

/// The names that the portal's handlers read from queries, and some that they do not.
fn parameters() -> Vec<String> {
    let mut names =
        BTreeSet::from(["page", "next", "city", "id", "foo", "__proto__", "page[]"].map(str::to_owned));
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let code = std::fs::read_to_string(entry.path()).unwrap();
            for call in [".text(\"", ".words(\"", ".get(\"", ".value(\""] {
                let read = code.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                names.extend(read.filter(plain).map(str::to_owned));
            }
        }
    }
    assert!(names.contains("district"), "the handlers read their queries in another way: {names:?}");
    names.into_iter().collect()
}

/// Values, as they stand in an address.
fn values(garden: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "0",
        "1",
        "2",
        "-1",
        "+7",
        "1.5",
        "1e9",
        "99",
        "99999",
        "2147483648",
        "-9223372036854775809",
        "99999999999999999999999999",
        "NaN",
        "null",
        "true",
        "%00",
        "a%00b",
        "%",
        "%z",
        "%zz",
        "%2",
        "%FF%FE",
        "%C0%AF",
        "%ED%A0%80",
        "%F0%9F%98%80",
        "%E2%80%AE%D2%9B",
        "%D9%A3",
        "..%2F..%2Fetc%2Fpasswd",
        "../../etc/passwd",
        "%2e%2e%2f",
        "%0d%0aX-Evil:%201",
        "%0aSet-Cookie:%20session=1",
        "//evil.example",
        "https://evil.example/",
        "%5C%5Cevil.example",
        "javascript:x",
        "%7B%7B7*7%7D%7D",
        "$%7Bx%7D",
        "'%20or%201=1--",
        "%25",
        "%2525",
        "a&a",
        "a=b=c",
        ";",
        "#",
        "?",
        "kk",
        "ru",
        "en",
        "medeu",
        "almaly",
        "autism",
        "general",
        "state",
        "almaty",
        "2026-13-45",
        "2026-11-22",
        "43.2",
        "1e400",
        "%D0%91%D0%B0%D0%BB%D0%B0",
        "%D2%9A%D0%B0%D0%B7%D0%B0%D2%9B",
        "%E4%B8%AD%E6%96%87",
        "%CD%A2%CD%A2%CD%A2",
    ]
    .map(str::to_owned)
    .into();
    all.push("a".repeat(10_000));
    all.push("%D2%9B".repeat(1_700));
    all.push("9".repeat(10_000));
    all.push(garden.to_owned());
    all.push(garden.to_uppercase());
    // Often: they are what this is about.
    for (payload, _) in MARKUP {
        for _ in 0..4 {
            all.push(encoded(payload));
        }
        all.push(payload.to_owned());
        all.push(encoded(&encoded(payload)));
    }
    all
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn address(dice: &mut Dice, routes: &[String], parameters: &[String], values: &[String]) -> String {
    let route = dice.one_of(routes).clone();
    let mut path = String::new();
    for part in route.split('/').skip(1) {
        path.push('/');
        match part {
            "{lang}" if dice.sometimes(40) => path.push_str(dice.one_of::<String>(values)),
            "{lang}" => path.push_str(dice.one_of::<&str>(&["kk", "ru"])),
            _ if part.starts_with('{') => path.push_str(dice.one_of::<String>(values)),
            _ if dice.sometimes(100) => path.push_str(dice.one_of::<String>(values)),
            part => path.push_str(part),
        }
    }
    if dice.sometimes(30) {
        path.push_str(dice.one_of::<&str>(&["/", "//", "/.", "/..", "/%2e%2e", ";x=1", "%00", "/x"]));
    }
    let mut pairs = Vec::new();
    for _ in 0..dice.roll() % 5 {
        let name = if dice.sometimes(20) { dice.one_of(values) } else { dice.one_of(parameters) };
        let pair = if dice.sometimes(12) { name.clone() } else { format!("{name}={}", dice.one_of(values)) };
        if dice.sometimes(12) {
            pairs.push(pair.clone());
        }
        pairs.push(pair);
    }
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

/// What no request line can carry is not a request: it goes percent-encoded, as browsers send it.
fn as_sent(address: &str) -> Uri {
    address.parse().unwrap_or_else(|_| {
        let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
        let sent: String = address
            .bytes()
            .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        sent.parse().unwrap_or_else(|error| panic!("{sent}: {error}"))
    })
}

#[sqlx::test(migrations = "./migrations")]
async fn ten_thousand_bad_addresses_are_answered_as_promised(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 20), (Some("autism"), 8)]).await;
    let mut family = portal.family(1, "autism").await;
    family.applies_generally(&[&garden]).await;
    let public = balabaqsha::web::table().into_iter();
    let public = public.filter(|line| line.method == "GET" && line.who == balabaqsha::web::Who::Everybody);
    let routes: Vec<String> = public.map(|line| line.path).collect();
    let (parameters, values) = (parameters(), values(&garden.id.to_string()));
    let mut dice = Dice(20_261_122);
    let addresses: Vec<String> =
        (0..ADDRESSES).map(|_| address(&mut dice, &routes, &parameters, &values)).collect();
    let router = balabaqsha::web::router(portal.app.clone());
    let answers = futures_util::stream::iter(&addresses).map(|address| {
        let (router, host) = (router.clone(), portal.host.clone());
        async move {
            let mut request =
                Request::get(as_sent(address)).header("host", host).body(Body::empty()).unwrap();
            request.extensions_mut().insert(Peer(std::net::Ipv4Addr::LOCALHOST.into()));
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            (address, parts, body.collect().await.unwrap().to_bytes())
        }
    });
    let mut answers = std::pin::pin!(answers.buffer_unordered(AT_ONCE));
    let (mut wrong, mut well) = (Vec::new(), 0_usize);
    while let Some((address, parts, body)) = answers.next().await {
        let status = parts.status.as_u16();
        well += usize::from(status == 200);
        let location = parts.headers.get("location").and_then(|to| to.to_str().ok());
        let text = String::from_utf8_lossy(&body);
        let short: String = address.chars().take(200).collect();
        // The app shows its user what is said with a 403.
        let told_by_app = status == 403 && address.starts_with("/mobile/");
        if !PROMISED.contains(&status) && !told_by_app {
            wrong.push(format!("{status}: {short}"));
        }
        if location.is_some_and(|to| !to.starts_with('/') || to.starts_with("//") || to.starts_with("/\\")) {
            wrong.push(format!("leads elsewhere, to {location:?}: {short}"));
        }
        if parts.headers.contains_key("x-evil") {
            wrong.push(format!("writes a header: {short}"));
        }
        let is_static =
            parts.headers.get("content-type").is_none_or(|kind| !kind.as_bytes().starts_with(b"text/html"));
        for (payload, as_html) in MARKUP {
            if !is_static && text.contains(as_html) {
                wrong.push(format!("{payload} comes back as HTML: {short}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ADDRESSES}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    // Addresses that nothing looks at would prove nothing.
    assert!(well > ADDRESSES / 5, "only {well} of {ADDRESSES} addresses were those of a page");
}
