//! A page as a person sees it, and the forms on it.
use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};

/// An answer. Its HTML is read when something is looked for.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it was asked for: after a 303, where that led.
    pub path: String,
    pub status: u16,
    /// Of every answer on the way here: `[303, 200]`.
    pub statuses: Vec<u16>,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

/// A hyphen that does not break is a hyphen.
fn words(text: &str) -> String {
    text.replace('\u{2011}', "-").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_of(element: ElementRef<'_>) -> String {
    words(&element.text().collect::<String>())
}

impl Page {
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn document(&self) -> Html {
        Html::parse_document(&self.html())
    }

    /// What is written on it, blanks made one.
    pub fn text(&self) -> String {
        text_of(self.document().root_element())
    }

    pub fn sees(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The one heading.
    pub fn h1(&self) -> String {
        let all = self.all("h1");
        assert_eq!(all.len(), 1, "{}: a page has one h1: {all:?}", self.path);
        all[0].clone()
    }

    /// The texts of all that fits the selector.
    pub fn all(&self, css: &str) -> Vec<String> {
        self.document().select(&selector(css)).map(text_of).collect()
    }

    /// An attribute of all that fits the selector and has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let document = self.document();
        document.select(&selector(css)).filter_map(|e| e.value().attr(name).map(str::to_owned)).collect()
    }

    /// Where the link with these words leads.
    pub fn link(&self, words: &str) -> String {
        let document = self.document();
        let links = selector("a[href]");
        let found = document.select(&links).find(|link| text_of(*link).contains(words));
        let found = found.unwrap_or_else(|| panic!("no link «{words}» on {}:\n{}", self.path, self.text()));
        found.value().attr("href").unwrap_or_default().to_owned()
    }

    /// The message at a field.
    pub fn error(&self, field: &str) -> Option<String> {
        self.all(&format!("[id='{field}-error']")).into_iter().next()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn location(&self) -> Option<String> {
        self.header("location").map(str::to_owned)
    }

    /// The form whose action ends so (query left out), or whose id is this.
    pub fn form(&self, which: &str) -> Form {
        self.find_form(which).unwrap_or_else(|| {
            let actions = self.attributes("form", "action");
            panic!("no form {which:?} on {} ({}): {actions:?}\n{}", self.path, self.status, self.text())
        })
    }

    /// Every form of the page, in order.
    pub fn forms(&self) -> Vec<Form> {
        self.document().select(&selector("form")).map(|form| Form::read(form, &self.path)).collect()
    }

    pub fn has_form(&self, which: &str) -> bool {
        self.find_form(which).is_some()
    }

    fn find_form(&self, which: &str) -> Option<Form> {
        let document = self.document();
        let found = document.select(&selector("form")).find(|form| {
            let action = form.value().attr("action").unwrap_or(&self.path);
            form.value().id() == Some(which) || action.split('?').next().is_some_and(|a| a.ends_with(which))
        })?;
        Some(Form::read(found, &self.path))
    }
}

/// One control of a form.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    kind: String,
    value: Option<String>,
    /// What may be chosen, for lists, radio buttons and ticks.
    options: Vec<String>,
}

/// A file chosen in a form.
#[derive(Debug, Clone)]
struct Attached {
    field: String,
    name: String,
    media: String,
    bytes: Vec<u8>,
}

/// A form as it stands on its page. Only what stands there can be filled in.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub method: String,
    multipart: bool,
    fields: Vec<Field>,
    files: Vec<Attached>,
    extra: Vec<(String, String)>,
}

impl Form {
    fn read(form: ElementRef<'_>, page: &str) -> Self {
        let attribute = |name: &str| form.value().attr(name).unwrap_or_default().to_owned();
        let action = attribute("action");
        let mut read = Self {
            action: if action.is_empty() { page.to_owned() } else { action },
            method: attribute("method").to_lowercase(),
            multipart: attribute("enctype") == "multipart/form-data",
            fields: Vec::new(),
            files: Vec::new(),
            extra: Vec::new(),
        };
        for control in form.select(&selector("input[name], select[name], textarea[name]")) {
            if control.value().attr("disabled").is_none() {
                read.add(control);
            }
        }
        read
    }

    fn add(&mut self, control: ElementRef<'_>) {
        let attribute = |name: &str| control.value().attr(name).map(str::to_owned);
        let name = attribute("name").unwrap_or_default();
        let (kind, value, options) = match control.value().name() {
            "select" => {
                let options: Vec<ElementRef<'_>> = control.select(&selector("option")).collect();
                let value_of =
                    |o: &ElementRef<'_>| o.value().attr("value").map_or_else(|| text_of(*o), str::to_owned);
                let chosen =
                    options.iter().find(|o| o.value().attr("selected").is_some()).or(options.first());
                let kind = "select".to_owned();
                (kind, chosen.map(&value_of), options.iter().map(&value_of).collect())
            }
            "textarea" => ("textarea".to_owned(), Some(control.text().collect()), Vec::new()),
            _ => {
                let kind = attribute("type").unwrap_or_else(|| "text".to_owned());
                let own = attribute("value");
                if kind == "radio" || kind == "checkbox" {
                    let own = own.unwrap_or_else(|| "on".to_owned());
                    let value = attribute("checked").map(|_| own.clone());
                    (kind, value, vec![own])
                } else {
                    (kind, Some(own.unwrap_or_default()), Vec::new())
                }
            }
        };
        if kind == "submit" || kind == "button" {
            return;
        }
        let same = self.fields.iter_mut().find(|field| field.name == name && kind == "radio");
        match same {
            Some(field) => {
                field.options.extend(options);
                field.value = value.or(field.value.take());
            }
            None => self.fields.push(Field { name, kind, value, options }),
        }
    }

    fn field(&mut self, name: &str) -> &mut Field {
        let names: Vec<String> = self.fields.iter().map(|field| field.name.clone()).collect();
        let action = self.action.clone();
        let found = self.fields.iter_mut().find(|field| field.name == name);
        found.unwrap_or_else(|| panic!("no field {name:?} in the form {action}: {names:?}"))
    }

    /// Types a text, chooses from a list or among radio buttons, ticks (any value) or unticks (an empty one).
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.field(name);
        match field.kind.as_str() {
            "checkbox" => field.value = (!value.is_empty()).then(|| field.options[0].clone()),
            "select" | "radio" => {
                assert!(
                    field.options.iter().any(|option| option == value),
                    "{value:?} cannot be chosen in {name:?}: {:?}",
                    field.options
                );
                field.value = Some(value.to_owned());
            }
            "hidden" | "file" => panic!("nobody types into {name:?}"),
            _ => field.value = Some(value.to_owned()),
        }
        self
    }

    /// Chooses a file.
    pub fn attach(mut self, name: &str, file: &str, media: &str, bytes: &[u8]) -> Self {
        assert!(self.multipart, "the form {} takes no files", self.action);
        assert_eq!(self.field(name).kind, "file", "{name:?}");
        // A field that takes many files keeps those chosen before.
        self.files.retain(|attached| attached.field != name || name.ends_with("_files"));
        let (field, name, media) = (name.to_owned(), file.to_owned(), media.to_owned());
        self.files.push(Attached { field, name, media, bytes: bytes.to_vec() });
        self
    }

    /// Presses a button that has a name.
    pub fn press(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts in whatever one likes: for what no honest browser sends.
    pub fn forge(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|field| field.name != name);
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).and_then(|field| field.value.as_deref())
    }

    pub fn options(&self, name: &str) -> Vec<String> {
        let found = self.fields.iter().find(|field| field.name == name);
        found.map(|field| field.options.clone()).unwrap_or_default()
    }

    /// The fields into which a person types.
    pub fn typed(&self) -> Vec<String> {
        let typed = |field: &&Field| !matches!(field.kind.as_str(), "hidden" | "file" | "radio" | "checkbox");
        self.fields.iter().filter(typed).map(|field| field.name.clone()).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// What is sent, files aside.
    pub fn fields(&self) -> Vec<(String, String)> {
        let standing = self.fields.iter().filter(|field| field.kind != "file");
        let standing = standing.filter_map(|field| Some((field.name.clone(), field.value.clone()?)));
        standing.chain(self.extra.iter().cloned()).collect()
    }

    /// Content type and body, as a browser makes them.
    pub fn encoded(&self) -> (String, Vec<u8>) {
        if !self.multipart {
            let mut address = reqwest::Url::parse("http://form/").unwrap();
            address.query_pairs_mut().extend_pairs(self.fields());
            let body = address.query().unwrap_or_default().as_bytes().to_vec();
            return ("application/x-www-form-urlencoded".to_owned(), body);
        }
        let boundary = "----balabaqsha7MA4YWxkTrZu0gW";
        let mut body = Vec::new();
        let mut part = |head: String, bytes: &[u8]| {
            body.extend_from_slice(
                format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        };
        for (name, value) in self.fields() {
            part(format!("name=\"{name}\""), value.as_bytes());
        }
        for field in self.fields.iter().filter(|field| field.kind == "file") {
            let mut send = |name: &str, media: &str, bytes: &[u8]| {
                part(format!("name=\"{}\"; filename=\"{name}\"\r\nContent-Type: {media}", field.name), bytes);
            };
            let chosen: Vec<&Attached> = self.files.iter().filter(|file| file.field == field.name).collect();
            // A browser sends an empty part for a file that was not chosen.
            if chosen.is_empty() {
                send("", "application/octet-stream", &[]);
            }
            for file in chosen {
                send(&file.name, &file.media, &file.bytes);
            }
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

#[test]
fn a_form_is_filled_in_and_sent_as_a_browser_would() {
    let html = r#"<h1>A</h1><a href="/x">Go  on</a><p id="name-error">Wrong</p>
        <form id="f" method="post" action="/kk/deed?x=1" enctype="multipart/form-data">
        <input type="hidden" name="form_token" value="t"><input name="name" value="typed">
        <input type="checkbox" name="agree" value="yes"><input type="file" name="file">
        <input type="radio" name="by" value="upload"><input type="radio" name="by" value="registry" checked>
        <select name="to"><option value="">–</option><option value="1">One</option></select>
        <textarea name="more">old</textarea><button name="go">Go</button></form>"#;
    let bytes = html.as_bytes().to_vec();
    let page =
        Page { path: "/kk/deed".into(), status: 200, statuses: vec![200], headers: HeaderMap::new(), bytes };
    assert_eq!((page.h1().as_str(), page.link("Go on").as_str()), ("A", "/x"));
    assert_eq!((page.error("name").as_deref(), page.error("by")), (Some("Wrong"), None));
    let form = page.form("/deed");
    assert_eq!(form.value("by"), Some("registry"));
    assert_eq!(
        (form.options("by"), form.options("to")),
        (vec!["upload".into(), "registry".into()], vec!["".into(), "1".into()])
    );
    assert!(form.has("more") && page.has_form("f") && !page.has_form("/other"));
    let form = form.fill("name", "Әсем").fill("agree", "yes").fill("to", "1").press("go", "now");
    let form = form.attach("file", "a.pdf", "application/pdf", b"%PDF");
    let (kind, body) = form.encoded();
    let body = String::from_utf8(body).unwrap();
    assert!(kind.starts_with("multipart/form-data; boundary="));
    for part in [
        "name=\"name\"\r\n\r\nӘсем",
        "filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF",
        "name=\"go\"",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
}
