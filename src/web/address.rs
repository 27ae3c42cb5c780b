//! What an address asks for: a query read strictly, an identifier, a page of a list.
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use super::error::WebError;
use super::form::{self, Values};
use crate::fault::Failure;
use crate::locale::fill;

/// The identifier in an address, only as the portal itself writes it.
pub fn id(text: &str) -> Result<Uuid, WebError> {
    match Uuid::try_parse(text) {
        Ok(id) if id.to_string() == text => Ok(id),
        _ => Err(WebError::Failed(Failure::NotFound)),
    }
}

/// The query of an address. A repeated key and broken encoding are malformed (400); what a page does not know it ignores.
#[derive(Debug, Clone, Default)]
pub struct Query(Values);

/// Nobody looks for a longer text.
const LONGEST_SEARCH: usize = 100;

impl Query {
    pub fn read(query: &str) -> Result<Self, WebError> {
        form::read_urlencoded(query.as_bytes()).map(Self)
    }

    /// A parameter without blanks around it; empty when it is absent or cannot have been meant.
    pub fn text(&self, name: &str) -> &str {
        let value = self.0.get(name).map_or("", |value| value.trim());
        if form::has_forbidden(value) || value.chars().count() > LONGEST_SEARCH { "" } else { value }
    }

    /// The words of a search, folded.
    pub fn words(&self, name: &str) -> Vec<String> {
        crate::rules::kindergarten::fold(self.text(name)).split_whitespace().map(str::to_owned).collect()
    }

    /// `page`, from 1. A number too large means the last page, anything else the first.
    pub fn page(&self) -> i64 {
        let text = self.text("page");
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().unwrap_or(LAST).clamp(1, LAST) } else { 1 }
    }
}

/// More pages than any list has.
const LAST: i64 = 1_000_000;

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

/// Where in a list this page is, and the addresses beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    pub page: i64,
    pub pages: i64,
    address: String,
    kept: Vec<(&'static str, String)>,
}

impl Pager {
    /// `kept`: the rest of the query; empty values are left out.
    pub fn new(address: String, kept: Vec<(&'static str, String)>, page: i64, pages: i64) -> Self {
        Self { page, pages, address, kept }
    }

    pub fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.to(self.page - 1))
    }

    pub fn next(&self) -> Option<String> {
        (self.page < self.pages).then(|| self.to(self.page + 1))
    }

    /// «Страница 2 из 3»
    pub fn position(&self, sentence: &str) -> String {
        fill(sentence, &[("page", &self.page.to_string()), ("pages", &self.pages.to_string())])
    }

    fn to(&self, page: i64) -> String {
        let mut query = self.kept.clone();
        if page > 1 {
            query.push(("page", page.to_string()));
        }
        with_query(&self.address, &query)
    }
}

/// An address with its query; empty values are left out.
pub fn with_query(address: &str, query: &[(&str, String)]) -> String {
    let kept = query.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = kept.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if pairs.is_empty() { address.to_owned() } else { format!("{address}?{}", pairs.join("&")) }
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_number_and_everything_else_is_the_first() {
        let cases = [
            ("", 1),
            ("page=", 1),
            ("page=0", 1),
            ("page=-3", 1),
            ("page=abc", 1),
            ("page=1.5", 1),
            ("page=7", 7),
            ("page=+7", 7),
            ("page=99999999999999999999999", LAST),
            ("page=%D9%A3", 1),
            ("x=2", 1),
        ];
        for (query, page) in cases {
            assert_eq!(Query::read(query).unwrap().page(), page, "{query}");
        }
    }

    #[test]
    fn a_repeated_or_broken_query_is_malformed() {
        for query in ["page=1&page=2", "name=%zz", "name=%D3", "a&a"] {
            assert!(matches!(Query::read(query), Err(WebError::Malformed)), "{query}");
        }
    }

    #[test]
    fn what_cannot_have_been_meant_is_ignored() {
        assert_eq!(Query::read("name=a%00b").unwrap().text("name"), "");
        assert_eq!(Query::read(&format!("name={}", "a".repeat(101))).unwrap().text("name"), "");
        assert_eq!(Query::read("name=+%D3%98%D1%81%D0%B5%D0%BC++2+").unwrap().words("name"), ["асем", "2"]);
    }

    #[test]
    fn a_pager_keeps_the_search_and_stops_at_the_ends() {
        let kept = || vec![("name", "Әсем & 2".to_owned()), ("district", String::new())];
        let at = |page| Pager::new("/kk/x".into(), kept(), page, 3);
        let name = "name=%D3%98%D1%81%D0%B5%D0%BC%20%26%202";
        assert_eq!((at(1).previous(), at(3).next()), (None, None));
        assert_eq!(at(1).next(), Some(format!("/kk/x?{name}&page=2")));
        assert_eq!(at(2).previous(), Some(format!("/kk/x?{name}")));
        assert_eq!(Pager::new("/kk/x".into(), Vec::new(), 2, 2).previous().as_deref(), Some("/kk/x"));
    }

    #[test]
    fn an_identifier_is_read_only_as_it_is_written() {
        let text = "0191e3a0-0000-7000-8000-00000000abcd";
        assert!(id(text).is_ok());
        for strange in [
            &text.to_uppercase(),
            "0191e3a0000070008000000000000001",
            "",
            "1",
            "{0191e3a0-0000-7000-8000-00000000abcd}",
        ] {
            assert!(id(strange).is_err(), "{strange}");
        }
    }
}
