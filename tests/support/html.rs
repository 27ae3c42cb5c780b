//! What holds for the HTML of every page. Each page any visitor of any test is given is read by this.
use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Html, Selector};

use super::page::Page;

/// Words no Kazakh page has, unless an element says that it speaks Russian.
const RUSSIAN: &[&str] = &[
    "и",
    "в",
    "на",
    "с",
    "для",
    "или",
    "это",
    "вы",
    "вам",
    "вас",
    "ваш",
    "ваша",
    "ваше",
    "ваши",
    "если",
    "что",
    "как",
    "нет",
    "уже",
    "его",
    "её",
    "можно",
    "нужно",
    "только",
    "ещё",
    "после",
    "заявление",
    "заявления",
    "ребёнок",
    "ребёнка",
    "очередь",
    "очереди",
    "детский",
    "детского",
    "пароль",
    "пароля",
    "ошибка",
    "срок",
    "договор",
    "отправить",
    "сохранить",
    "выберите",
    "введите",
    "укажите",
    "файл не",
    "врач",
    "подписать",
    "войти",
    "вход",
    "выйти",
    "регистрация",
    "главная",
    "место",
    "мест",
    "причина",
    "семья",
    "семьи",
];

/// Words no Russian page has, unless an element says that it speaks Kazakh.
const KAZAKH: &[&str] = &[
    "және",
    "үшін",
    "бойынша",
    "өтініш",
    "өтінішті",
    "балабақша",
    "балабақшаны",
    "емес",
    "керек",
    "сіз",
    "сіздің",
    "сізге",
    "жоқ",
    "немесе",
    "енгізіңіз",
    "таңдаңыз",
    "жіберу",
    "сақтау",
    "кіру",
    "шығу",
    "тіркелу",
    "құпия",
    "кезек",
    "кезекте",
    "кезектегі",
    "орын",
    "отбасы",
    "күні",
    "мерзім",
    "басты",
    "шарт",
    "дәрігер",
];

fn css(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// What is wrong with the page; empty when nothing is.
pub fn problems(page: &Page) -> Vec<String> {
    let html = page.html();
    let document = Html::parse_document(&html);
    let mut found = Vec::new();
    frame(page, &html, &document, &mut found);
    ids(&document, &mut found);
    names(&document, &mut found);
    headings(&document, &mut found);
    safety(&document, &mut found);
    words(page, &document, &mut found);
    found
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The language of the address, else of the page itself.
fn language(page: &Page, document: &Html) -> String {
    let said = document.select(&css("html")).next().and_then(|html| html.value().attr("lang"));
    match page.path.get(..4) {
        Some("/kk/") => "kk".to_owned(),
        Some("/ru/") => "ru".to_owned(),
        _ => said.unwrap_or_default().to_owned(),
    }
}

fn frame(page: &Page, html: &str, document: &Html, found: &mut Vec<String>) {
    if !html.starts_with("<!DOCTYPE html>") {
        found.push("no doctype".to_owned());
    }
    let lang = document.select(&css("html")).next().and_then(|html| html.value().attr("lang"));
    if lang != Some(language(page, document).as_str()) || !matches!(lang, Some("kk" | "ru")) {
        found.push(format!("the language of the page is {lang:?}"));
    }
    let titles: Vec<String> = document.select(&css("head > title")).map(text_of).collect();
    if titles.len() != 1 || titles[0].is_empty() || titles[0].starts_with('—') {
        found.push(format!("title: {titles:?}"));
    }
    let h1: Vec<String> = document.select(&css("h1")).map(text_of).collect();
    if h1.len() != 1 || h1[0].is_empty() {
        found.push(format!("h1: {h1:?}"));
    }
    if document.select(&css("main#main")).count() != 1 {
        found.push("no main".to_owned());
    }
}

fn ids(document: &Html, found: &mut Vec<String>) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for element in document.select(&css("[id]")) {
        *count.entry(element.value().attr("id").unwrap_or_default()).or_default() += 1;
    }
    for (id, _) in count.iter().filter(|(id, times)| **times > 1 || id.is_empty()) {
        found.push(format!("the id {id:?} is not unique"));
    }
    let ids: BTreeSet<&str> = count.into_keys().collect();
    for name in ["for", "aria-describedby", "aria-labelledby", "aria-controls"] {
        for element in document.select(&css(&format!("[{name}]"))) {
            for id in element.value().attr(name).unwrap_or_default().split_whitespace() {
                if !ids.contains(id) {
                    found.push(format!("{name}={id:?} leads nowhere"));
                }
            }
        }
    }
    for element in document.select(&css("a[href^='#']")) {
        let id = &element.value().attr("href").unwrap_or_default()[1..];
        if !ids.contains(id) {
            found.push(format!("the link #{id} ({}) leads nowhere", text_of(element)));
        }
    }
}

/// Every control, button and link can be named.
fn names(document: &Html, found: &mut Vec<String>) {
    let labels: BTreeSet<String> = document
        .select(&css("label[for]"))
        .filter(|label| !text_of(*label).is_empty())
        .filter_map(|label| label.value().attr("for").map(str::to_owned))
        .collect();
    for control in document.select(&css("input, select, textarea")) {
        let attribute = |name: &str| control.value().attr(name);
        if attribute("type") == Some("hidden") || attribute("hidden").is_some() {
            continue;
        }
        let wrapped = control
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|parent| parent.value().name() == "label" && !text_of(parent).is_empty());
        let named = wrapped
            || attribute("id").is_some_and(|id| labels.contains(id))
            || attribute("aria-label").is_some_and(|label| !label.is_empty())
            || attribute("aria-labelledby").is_some();
        if !named {
            found.push(format!("nothing names the field {:?}", attribute("name")));
        }
    }
    for element in document.select(&css("button, a[href]")) {
        let labelled = element.value().attr("aria-label").is_some_and(|label| !label.is_empty());
        if text_of(element).is_empty() && !labelled {
            found.push(format!("a {} without a name", element.value().name()));
        }
    }
    for group in document.select(&css("fieldset")) {
        if group.select(&css("legend")).next().is_none_or(|legend| text_of(legend).is_empty()) {
            found.push("a group of fields without a legend".to_owned());
        }
    }
}

/// No level is skipped on the way down.
fn headings(document: &Html, found: &mut Vec<String>) {
    let mut last = 0;
    for heading in document.select(&css("h1, h2, h3, h4, h5, h6")) {
        let level = heading.value().name()[1..].parse::<usize>().unwrap();
        if level > last + 1 {
            found.push(format!("h{last} is followed by h{level}: {}", text_of(heading)));
        }
        last = level;
    }
}

/// What the content security policy would refuse, and forms nobody could trust.
fn safety(document: &Html, found: &mut Vec<String>) {
    if document
        .select(&css("script:not([src]), style, [style], [onclick], [onload], [onerror], iframe"))
        .count()
        > 0
    {
        found.push("something written into the page that its policy forbids".to_owned());
    }
    for form in document.select(&css("form[method='post']")) {
        if form.select(&css("input[name='form_token'][value]")).count() != 1 {
            found.push(format!("a form without a token: {:?}", form.value().attr("action")));
        }
    }
}

/// The words of one language, whatever says that it is of the other left out.
fn spoken(element: ElementRef<'_>, language: &str, into: &mut String) {
    if element.value().attr("lang").is_some_and(|lang| lang != language)
        || matches!(element.value().name(), "script" | "style")
    {
        return;
    }
    for name in ["aria-label", "placeholder", "title", "alt"] {
        if let Some(text) = element.value().attr(name) {
            into.push_str(text);
            into.push(' ');
        }
    }
    for (name, text) in element.value().attrs() {
        if name.starts_with("data-text-") || name == "data-label" {
            into.push_str(text);
            into.push(' ');
        }
    }
    for child in element.children() {
        if let Some(text) = child.value().as_text() {
            into.push_str(text);
        } else if let Some(inner) = ElementRef::wrap(child) {
            spoken(inner, language, into);
        }
        into.push(' ');
    }
}

/// What a page says in its own language, parts that speak another left out.
pub fn spoken_text(document: &Html, language: &str) -> String {
    let mut text = String::new();
    spoken(document.root_element(), language, &mut text);
    text
}

fn words(page: &Page, document: &Html, found: &mut Vec<String>) {
    let language = language(page, document);
    let text = spoken_text(document, &language);
    if let Some(at) = text.find(['{', '}']) {
        let from = text[..at].char_indices().rev().nth(20).map_or(0, |(from, _)| from);
        found.push(format!("a placeholder is left: {}", text[from..].chars().take(60).collect::<String>()));
    }
    let foreign = if language == "kk" { RUSSIAN } else { KAZAKH };
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') {
        if foreign.contains(&word) {
            found.push(format!("{word:?} on a page in {language}"));
        }
        // The facts of a journal's line stand under their own names, as code.
        let is_key = !page.path.contains("/operator/journal")
            && word.contains('_')
            && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_key {
            found.push(format!("{word:?} looks like the name of a text, not like a text"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> Page {
        let html = format!(
            "<!DOCTYPE html><html lang=\"kk\"><head><title>А</title></head><body><main id=\"main\">{body}</main></body></html>"
        );
        Page {
            path: "/kk/x".into(),
            status: 200,
            statuses: vec![200],
            headers: Default::default(),
            bytes: html.into_bytes(),
        }
    }

    #[test]
    fn a_good_page_has_no_problems_and_each_bad_one_has_its_own() {
        let good = "<h1>Өтініш</h1><label for=\"a\">Аты</label><input id=\"a\" name=\"a\"><a lang=\"ru\" href=\"/\">Вход и выход</a>";
        assert_eq!(problems(&page(good)), Vec::<String>::new());
        for (bad, told) in [
            ("", "h1"),
            ("<h1>А</h1><h1>Ә</h1>", "h1"),
            ("<h1>А</h1><h3>Ә</h3>", "followed by h3"),
            ("<h1>А</h1><input name=\"x\">", "nothing names"),
            ("<h1>А</h1><p id=\"a\"></p><p id=\"a\"></p>", "not unique"),
            ("<h1>А</h1><a href=\"#b\">Ә</a>", "leads nowhere"),
            ("<h1>А</h1><a href=\"/\"></a>", "without a name"),
            ("<h1>А</h1><p style=\"x\">Ә</p>", "policy"),
            ("<h1>А</h1><form method=\"post\"></form>", "token"),
            ("<h1>А</h1><p>{days} қалды</p>", "placeholder"),
            ("<h1>Войти и выйти</h1>", "on a page in kk"),
            ("<h1>awaiting_review</h1>", "looks like the name"),
        ] {
            let found = problems(&page(bad));
            assert!(found.iter().any(|one| one.contains(told)), "{bad}: {found:?}");
        }
    }
}
