//! The mark of a browser on which an SMS code was once given: a long-lived cookie of its own, unlike the mark every
//! visitor has. It is random, made anew each time a code is given, and stored hashed.
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum_extra::extract::CookieJar;

use crate::app::App;

/// Browsers keep a cookie for at most 400 days.
const DAYS: u32 = 400;

fn cookie_name(tls: bool) -> &'static str {
    if tls { "__Host-known" } else { "known" }
}

/// The mark the browser has, if it looks like one of ours.
pub fn mark(app: &App, jar: &CookieJar) -> Option<String> {
    let mark = jar.get(cookie_name(app.config.tls()))?.value().to_owned();
    (mark.len() == 32 && mark.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(mark)
}

pub fn fresh(app: &App) -> String {
    hex::encode(app.secrets.token())
}

/// Gives the browser its new mark.
pub fn remember(app: &App, mark: &str, mut response: Response) -> Response {
    let tls = app.config.tls();
    set_cookie(&mut response, tls, cookie_name(tls), mark, DAYS);
    response
}

/// A cookie that this browser keeps for so many days, and no script reads.
pub fn set_cookie(response: &mut Response, tls: bool, name: &str, value: &str, days: u32) {
    let secure = if tls { "; Secure" } else { "" };
    let age = days * 86_400;
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// «Firefox, Windows»: enough to recognise one's own device in the list of sessions. Empty when it cannot be told.
pub fn name(user_agent: &str) -> String {
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = known(&[
        ("YaBrowser", "Yandex Browser"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = known(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_so_that_its_owner_knows_it() {
        for (user_agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            ("curl/8", ""),
        ] {
            assert_eq!(name(user_agent), expected);
        }
    }
}
