//! The portal's own addresses (`outside.md` §2), made in one place. Nothing about a person stands in them.
use crate::rules::actor::Role;
use crate::rules::person::Language;

/// `/kk/…` or `/ru/…`.
pub fn page(language: Language, path: &str) -> String {
    format!("/{}/{}", language.as_str(), path.trim_start_matches('/'))
}

pub fn application(language: Language, number: &str) -> String {
    page(language, &format!("applications/{number}"))
}

/// Where a role begins.
pub fn home(language: Language, role: Role) -> String {
    page(
        language,
        match role {
            Role::Parent => "cabinet",
            Role::Doctor => "doctor",
            Role::Kindergarten(_) => "kindergarten",
            Role::Operator => "operator",
        },
    )
}

/// The page that a form belongs to, by the form's address: that of the case, of the family, the list to sign from.
pub fn page_of_form(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let page = match parts[..] {
        [_, "applications", _, _, ..] => 3,
        [_, "kindergarten", "families", _, _, ..] => 4,
        [_, "kindergarten", "sign", ..] => 2,
        _ => return None,
    };
    own_page(&format!("/{}", parts[..page].join("/")))
}

/// Where to go after signing in: only a page of this portal, never what a stranger typed.
///
/// Accepted are plain ASCII paths under a language with an optional query; everything else is dropped.
pub fn own_page(next: &str) -> Option<String> {
    let under_language = next.starts_with("/kk/") || next.starts_with("/ru/");
    let plain = next.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_?=&.".contains(&b));
    (under_language && plain && !next.contains("//") && !next.contains("..") && next.len() <= 300)
        .then(|| next.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_belongs_to_a_page() {
        for (form, page) in [
            ("/kk/applications/ABC/contract/sign", Some("/kk/applications/ABC")),
            ("/ru/applications/ABC/withdraw", Some("/ru/applications/ABC")),
            ("/kk/applications/ABC", None),
            ("/kk/kindergarten/families/ABC/sign", Some("/kk/kindergarten/families/ABC")),
            ("/ru/kindergarten/sign", Some("/ru/kindergarten")),
            ("/ru/kindergarten/sign/phone", Some("/ru/kindergarten")),
            ("/kk/applications/%0d/contract", None),
            ("/kk/operator/staff", None),
            ("", None),
        ] {
            assert_eq!(page_of_form(form).as_deref(), page, "{form}");
        }
    }

    #[test]
    fn only_pages_of_the_portal_are_gone_back_to() {
        assert_eq!(own_page("/kk/applications/ABC?x=1").as_deref(), Some("/kk/applications/ABC?x=1"));
        for strange in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "https:evil",
            "/kk//evil.example",
            "/kk/%0d%0aSet-Cookie:x",
            "/kk/\u{7f}",
            "javascript:alert(1)",
            "/en/x",
            "/kk/../x",
            "",
            "/kk/a@evil",
            "/kk/қ",
            "http://user@host/kk/",
            "/kk/\r\nX: y",
        ] {
            assert_eq!(own_page(strange), None, "{strange:?}");
        }
    }
}
