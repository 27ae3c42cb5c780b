//! The house rules that no linter knows, kept over the source tree. Why each is there: README.
//!
//! Each check is a function from a file's text to findings, tried on small strings at the bottom.
use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

/// Which of the crate's modules a layer may name. Files at the root that are not listed may name anything.
const IMPORTS: [(&str, &[&str]); 11] = [
    ("web", &["web", "domain", "locale", "rules", "app", "clock", "secrets", "config", "fault", "telemetry"]),
    (
        "background",
        &[
            "background",
            "domain",
            "locale",
            "rules",
            "app",
            "clock",
            "secrets",
            "config",
            "fault",
            "telemetry",
        ],
    ),
    (
        "domain",
        &["domain", "db", "integrations", "rules", "app", "clock", "secrets", "config", "fault", "telemetry"],
    ),
    ("db", &["db", "rules", "app", "clock", "secrets", "config", "fault", "telemetry"]),
    ("integrations", &["integrations", "rules", "app", "clock", "secrets", "config", "fault", "telemetry"]),
    // A failure of ours is worded too.
    ("locale", &["locale", "rules", "fault"]),
    ("rules", &["rules"]),
    ("clock", &["clock", "rules", "fault"]),
    ("secrets", &["secrets", "rules", "fault"]),
    ("config", &["config", "rules", "secrets", "fault"]),
    // A refusal of the rules is one way for a deed to end.
    ("fault", &["fault", "rules"]),
];

/// The only files outside of `sandbox/` that may name it: they mount it, under its cargo feature.
const MAY_NAME_SANDBOX: [&str; 12] = [
    "src/app.rs",
    "src/demo.rs",
    "src/demo/cast.rs",
    "src/demo/fates.rs",
    // Tests sign with its keys.
    "src/integrations/eds/tests.rs",
    "src/integrations/ncanode.rs",
    "src/trial/mod.rs",
    "src/lib.rs",
    "src/main.rs",
    "src/start.rs",
    "src/web/mod.rs",
    "src/bin/with-postgres.rs",
];

/// Kazakh words that do have ё, щ or ъ.
const KAZAKH_WITH_RARE_LETTERS: [&str; 4] = ["ащы", "тұщы", "кеще", "объект"];

/// Code that has words of its own, and why.
const MAY_HAVE_WORDS: [(&str, &str); 14] = [
    ("src/locale", "puts words together"),
    ("src/sandbox", "the stand-ins' own world, never in production"),
    ("src/demo", "the demo city's own world, never in production"),
    ("src/trial", "signatures made for a trial, never in production"),
    ("src/integrations/contract_text.rs", "the contract is a legal text, in both languages at once"),
    ("src/integrations/contract_pdf", "its days are written out as that text writes them"),
    ("src/rules/city.rs", "names of cities are data"),
    ("src/rules/written.rs", "names of months, for pages and the contract"),
    ("src/rules/kindergarten.rs", "letters that are folded for a search"),
    ("src/db/kindergarten.rs", "the same letters"),
    ("src/db/staff.rs", "the same letters"),
    ("src/rules/password.rs", "words that no password may be made of"),
    ("src/integrations/eds/tests", "tests"),
    ("src/rules/document/tests.rs", "a test"),
];

/// This file names what it forbids.
const THIS_FILE: &str = "tests/tidy.rs";

#[test]
fn imports_go_one_way() {
    let files = rust_files("src");
    none(
        "Imports go web → domain → db → rules; domain → integrations → rules; web, background → locale → rules; \
         background → domain. Only app, main and web/mod.rs name the sandbox.",
        files.iter().flat_map(|file| foreign_imports(&file.path, &file.text)),
    );
}

#[test]
fn the_web_never_writes_sql() {
    none(
        "A handler calls one deed of `domain`; SQL is in `db`.",
        words_in("src/web", &["sqlx", "crate::db"]),
    );
}

#[test]
fn rules_never_wait_and_never_ask() {
    let forbidden =
        ["async fn", "async move", ".await", "sqlx", "tokio", "reqwest", "Utc::now", "Local::now"];
    none(
        "`rules` are values in, values out: the day and the facts are parameters.",
        words_in("src/rules", &forbidden),
    );
}

#[test]
fn only_the_clock_asks_for_the_time() {
    let found = words_in("src", &["Utc::now", "Local::now", "SystemTime::now"]);
    none("Take the time as a parameter, or ask App's clock.", except(found, &["src/clock.rs"]));
}

#[test]
fn only_secrets_ask_for_randomness() {
    let sources = ["rand", "OsRng", "thread_rng", "getrandom", "new_v4", "now_v7"];
    let found = words_in("src", &sources);
    none(
        "Ask src/secrets.rs.",
        except(
            found,
            &[
                "src/secrets.rs",
                "src/sandbox/pki.rs",
                "src/trial/mod.rs",
                "src/integrations/eds/tests/chain.rs",
            ],
        ),
    );
}

#[test]
fn nothing_is_left_for_later_and_no_lint_is_silenced() {
    let forbidden = ["todo!", "unimplemented!", "FIXME", "#[ignore", "allow("];
    let silenced = |finding: &Finding| {
        !finding.what.starts_with("allow(")
            || finding.line_text.contains("#[")
            || finding.line_text.contains("#![")
    };
    let found = words_in("src", &forbidden).into_iter().chain(words_in("tests", &forbidden));
    let found = found.chain(words_in("benches", &forbidden)).filter(silenced);
    none("Do it now, or delete it; a lint is answered with #[expect(…, reason = …)].", found);
}

#[test]
fn no_test_sleeps() {
    let in_tests = words_in("tests", &["sleep("]);
    let in_unit_tests = rust_files("src")
        .into_iter()
        .flat_map(|file| words(&file.path, &only_unit_tests(&file.text), &["sleep("]).collect::<Vec<_>>());
    none(
        "Wait for what is awaited, or move the clock: a sleep is slow and still flaky.",
        in_tests.into_iter().chain(in_unit_tests),
    );
}

#[test]
fn every_path_that_the_readme_names_exists() {
    let Ok(readme) = fs::read_to_string(root().join("README.md")) else { return };
    let names = all_files()
        .into_iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect::<Vec<_>>();
    let exists = |path: &str| {
        let by_path = root().join(path).exists() || root().join("src").join(path).exists();
        by_path || (!path.contains('/') && names.iter().any(|name| name == path))
    };
    let missing =
        paths_in_backticks(&readme, |folder| exists(folder)).into_iter().filter(|found| !exists(&found.what));
    none("The README's map shows what is there.", missing);
}

#[test]
fn the_kazakh_words_are_kazakh() {
    let Ok(words) = fs::read_to_string(root().join("locales/kk.json")) else { return };
    none(
        "ё, щ and ъ mean that a Russian word slipped in; a Kazakh word that has them joins KAZAKH_WITH_RARE_LETTERS.",
        russian_words("locales/kk.json", &words),
    );
}

#[test]
fn templates_have_no_words_of_their_own() {
    let templates = files_with("templates", "html")
        .into_iter()
        .filter(|file| !file.path.contains("sandbox"))
        .collect::<Vec<_>>();
    none(
        "Words are in locales/*.json; a template names them.",
        templates
            .iter()
            .flat_map(|file| cyrillic(&file.path, &without_template_comments(&file.text)))
            .filter(|found| {
                // The other language's name for itself.
                !(found.path == "templates/layout.html"
                    && ["Русский", "Қазақша"].contains(&found.what.as_str()))
            }),
    );
}

#[test]
fn code_has_no_words_of_its_own() {
    let says_something = |path: &str| !MAY_HAVE_WORDS.iter().any(|(place, _)| path.starts_with(place));
    let files = rust_files("src").into_iter().filter(|file| says_something(&file.path));
    none(
        "Words are in locales/*.json; what must be elsewhere joins MAY_HAVE_WORDS with its reason.",
        files.flat_map(|file: SourceFile| {
            cyrillic(&file.path, &without_comments(without_unit_tests(&file.text)))
        }),
    );
    for (place, reason) in MAY_HAVE_WORDS {
        assert!(root().join(place).exists() && !reason.is_empty(), "{place}: {reason}");
    }
}

#[test]
fn every_counted_noun_has_all_the_forms_of_its_language() {
    for (path, forms) in
        [("locales/ru.json", &["one", "few", "many", "other"][..]), ("locales/kk.json", &["other"])]
    {
        let words: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap_or_default())
                .unwrap_or_default();
        let nouns = counted(&words, path);
        assert!(nouns.len() > 5, "{path}: the counted nouns are elsewhere");
        for (name, has) in nouns {
            assert_eq!(has, forms.iter().map(|form| (*form).to_owned()).collect(), "the forms of {name}");
        }
    }
}

// ─── the checks ───

/// Every section that has an `other`, with the names of its forms.
fn counted(words: &serde_json::Value, path: &str) -> Vec<(String, BTreeSet<String>)> {
    let Some(section) = words.as_object() else { return Vec::new() };
    if section.get("other").is_some_and(|form| form.as_str().is_some_and(|text| text.contains("{n}"))) {
        return vec![(path.to_owned(), section.keys().cloned().collect())];
    }
    section.iter().flat_map(|(name, inner)| counted(inner, &format!("{path}.{name}"))).collect()
}

/// Every word in Cyrillic letters.
fn cyrillic(path: &str, text: &str) -> Vec<Finding> {
    let letter = |c: char| ('\u{400}'..='\u{52f}').contains(&c);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(letter).map(|at| from + at) {
        let end = text[at..].find(|c| !letter(c)).map_or(text.len(), |end| at + end);
        found.push(finding(path, text, at, &text[at..end]));
        from = end;
    }
    found
}

/// The same text with each `{# … #}` blanked, lines kept.
fn without_template_comments(text: &str) -> String {
    let mut left = String::new();
    for (part, n) in text.split("{#").zip(0..) {
        let rest = if n == 0 { part } else { part.split_once("#}").map_or("", |(_, rest)| rest) };
        left.push_str(&"\n".repeat(part.matches('\n').count() - rest.matches('\n').count()));
        left.push_str(rest);
    }
    left
}

/// The text before the first `#[cfg(test)]`.
fn without_unit_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Something found where it should not be.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
    line_text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}:{}: {}: {}", self.path, self.line, self.what, self.line_text.trim())
    }
}

fn finding(path: &str, text: &str, offset: usize, what: impl Into<String>) -> Finding {
    let line = text[..offset].matches('\n').count();
    let line_text = text.lines().nth(line).unwrap_or_default().to_owned();
    Finding { path: path.to_owned(), line: line + 1, what: what.into(), line_text }
}

fn none(rule: &str, findings: impl IntoIterator<Item = Finding>) {
    let found: Vec<String> = findings.into_iter().map(|finding| finding.to_string()).collect();
    assert!(found.is_empty(), "{rule}\n{}\n", found.join("\n"));
}

/// Each place where one of the words stands in the code, not in a comment and not inside a longer name.
fn words<'a>(path: &'a str, text: &'a str, forbidden: &'a [&str]) -> impl Iterator<Item = Finding> + 'a {
    let code = without_comments(text);
    let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    forbidden.iter().flat_map(move |word| {
        let whole = |at: usize| {
            let (before, after) = (&code[..at], &code[at + word.len()..]);
            let starts = !word.starts_with(part_of_a_name) || !before.ends_with(part_of_a_name);
            starts && (!word.ends_with(part_of_a_name) || !after.starts_with(part_of_a_name))
        };
        let places: Vec<usize> = code.match_indices(word).map(|(at, _)| at).filter(|at| whole(*at)).collect();
        places.into_iter().map(move |at| finding(path, text, at, *word))
    })
}

/// The same text with each `//` comment blanked, so that places stay what they are.
fn without_comments(text: &str) -> String {
    let blank = |line: &str| match comment_start(line) {
        Some(at) => format!("{}{}", &line[..at], " ".repeat(line.len() - at)),
        None => line.to_owned(),
    };
    text.split('\n').map(blank).collect::<Vec<_>>().join("\n")
}

/// Where a line's comment begins: at `//`, but not at the one of an address in a string.
fn comment_start(line: &str) -> Option<usize> {
    line.match_indices("//").map(|(at, _)| at).find(|at| !line[..*at].ends_with(':'))
}

/// The text from the first `#[cfg(test)]` on, the lines before it left empty.
fn only_unit_tests(text: &str) -> String {
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    "\n".repeat(text[..tests].matches('\n').count()) + &text[tests..]
}

/// The modules of this crate that the file names and its layer may not.
fn foreign_imports(path: &str, text: &str) -> Vec<Finding> {
    let module = module_of(path);
    let layer = module.first().map_or("", String::as_str);
    let allowed = IMPORTS.iter().find(|(name, _)| *name == layer).map(|(_, allowed)| *allowed);
    let foreign = |name: &str| match name {
        "sandbox" => layer != "sandbox" && !MAY_NAME_SANDBOX.contains(&path),
        name => is_a_module(name) && allowed.is_some_and(|allowed| !allowed.contains(&name)),
    };
    let code = without_comments(text);
    let named = named_modules(&code, module.len()).into_iter().filter(|(_, name)| foreign(name));
    named.map(|(at, name)| finding(path, text, at, format!("{layer} names {name}"))).collect()
}

/// Names of functions and types at the crate's root are nobody's layer.
fn is_a_module(name: &str) -> bool {
    let others = ["sandbox", "app", "telemetry", "demo"];
    others.contains(&name) || IMPORTS.iter().any(|(layer, _)| *layer == name)
}

/// `src/web/parent/voucher.rs` is `[web, parent, voucher]`, `src/web/mod.rs` is `[web]`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|part| !["lib", "main"].contains(part)).map(str::to_owned).collect()
}

/// The top modules that the code names, with the place: after `crate::` or the crate's own name,
/// and after as many `super::` as lead from a module so deep to the root; `{…}` lists included.
fn named_modules(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let up = "super::".repeat(depth);
    let mut found = Vec::new();
    for root in ["crate::", "balabaqsha::", up.as_str()] {
        if root.is_empty() {
            continue;
        }
        for (at, _) in code.match_indices(root) {
            let before = &code[..at];
            if before.ends_with("::") || before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            found.extend(heads(&code[at + root.len()..]).into_iter().map(|name| (at, name)));
        }
    }
    found
}

/// The first name of a path, or of each path in a `{…}` list.
fn heads(path: &str) -> Vec<&str> {
    let first_name =
        |path: &'_ str| path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    let Some(list) = path.strip_prefix('{') else { return vec![&path[..first_name(path)]] };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = list[start..at].trim_start();
                names.push(&item[..first_name(item)]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Words in backticks that look like paths of this tree: a file's name, or a path below a folder that is there.
fn paths_in_backticks(readme: &str, is_there: impl Fn(&str) -> bool) -> Vec<Finding> {
    const KINDS: [&str; 11] = ["rs", "md", "toml", "json", "csv", "sh", "html", "css", "js", "sql", "txt"];
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let mut found = Vec::new();
    let (mut offset, mut in_backticks, mut in_a_fence) = (0, false, false);
    for part in readme.split_inclusive('`') {
        let text = part.trim_end_matches('`');
        let a_path = in_backticks
            && !in_a_fence
            && !text.is_empty()
            && text.chars().all(plain)
            && !text.starts_with('/');
        // What the commands make is not in a fresh clone.
        if a_path && !["target", ".local"].contains(&text.split('/').next().unwrap_or_default()) {
            let of_a_kind =
                text.rsplit_once('.').is_some_and(|(name, kind)| !name.is_empty() && KINDS.contains(&kind));
            let below = text.split_once('/').is_some_and(|(folder, _)| is_there(folder));
            if below || of_a_kind {
                found.push(finding("README.md", readme, offset, text.trim_end_matches('/')));
            }
        }
        offset += part.len();
        if readme[..offset].ends_with("```") {
            in_a_fence = !in_a_fence;
            in_backticks = false;
        } else {
            in_backticks = !in_backticks;
        }
    }
    found
}

fn russian_words(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let letters = word.trim_end_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        let kazakh = KAZAKH_WITH_RARE_LETTERS.iter().any(|known| letters.starts_with(known));
        if letters.contains(['ё', 'щ', 'ъ']) && !kazakh {
            found.push(finding(path, text, offset, letters));
        }
        offset += word.len();
    }
    found
}

// ─── the tree ───

struct SourceFile {
    path: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project, without what is built or installed.
fn all_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project").flatten() {
            let name = entry.file_name();
            let built = ["target", ".local", ".git", "node_modules"].iter().any(|built| name == *built);
            if entry.path().is_dir() {
                if !built {
                    folders.push(entry.path());
                }
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn rust_files(folder: &str) -> Vec<SourceFile> {
    files_with(folder, "rs")
}

fn files_with(folder: &str, extension: &str) -> Vec<SourceFile> {
    let fits = |path: &PathBuf| {
        path.starts_with(root().join(folder)) && path.extension().is_some_and(|e| e == extension)
    };
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file in UTF-8");
        SourceFile { path: path.strip_prefix(root()).unwrap_or(&path).display().to_string(), text }
    };
    all_files().into_iter().filter(fits).map(read).collect()
}

fn words_in(folder: &str, forbidden: &[&str]) -> Vec<Finding> {
    let files = rust_files(folder).into_iter().filter(|file| file.path != THIS_FILE);
    files.flat_map(|file| words(&file.path, &file.text, forbidden).collect::<Vec<_>>()).collect()
}

fn except(findings: Vec<Finding>, files: &[&str]) -> impl Iterator<Item = Finding> {
    findings.into_iter().filter(|finding| !files.contains(&finding.path.as_str()))
}

// ─── that the checks bite ───

mod the_checks_bite {
    use super::*;

    fn imports(path: &str, text: &str) -> Vec<String> {
        foreign_imports(path, text)
            .into_iter()
            .map(|found| format!("{}: {}", found.line, found.what))
            .collect()
    }

    #[test]
    fn a_layer_that_names_one_above_it_is_found() {
        assert_eq!(
            imports("src/web/parent/child.rs", "use crate::domain::child;\nuse crate::db::child;"),
            ["2: web names db"]
        );
        assert_eq!(imports("src/domain/child.rs", "use crate::web::page;"), ["1: domain names web"]);
        assert_eq!(
            imports("src/domain/child.rs", "fn f(x: &crate::locale::Messages) {}"),
            ["1: domain names locale"]
        );
        assert_eq!(imports("src/rules/iin.rs", "use crate::clock::Clock;"), ["1: rules names clock"]);
        assert_eq!(imports("src/locale/mod.rs", "use crate::app::App;"), ["1: locale names app"]);
    }

    #[test]
    fn a_layer_that_names_one_below_it_is_not_found() {
        assert!(
            imports("src/web/parent/child.rs", "use crate::{app::App, domain::child, rules::iin::Iin};")
                .is_empty()
        );
        assert!(imports("src/db/child.rs", "use crate::rules::iin::Iin; // crate::web").is_empty());
        assert!(imports("src/rules/iin.rs", "use super::person::Sex;").is_empty());
        assert!(imports("src/main.rs", "use balabaqsha::{sandbox::cluster, web};").is_empty());
    }

    #[test]
    fn an_import_is_found_inside_a_list_over_lines_and_by_super() {
        let list = "use crate::{\n    rules::{iin::Iin, phone::Phone},\n    db::child,\n};";
        assert_eq!(imports("src/web/mod.rs", list), ["1: web names db"]);
        assert_eq!(
            imports("src/web/parent/child.rs", "use super::super::super::db::child;"),
            ["1: web names db"]
        );
        assert_eq!(imports("src/web/mod.rs", "use super::db;"), ["1: web names db"]);
        assert!(imports("src/web/parent/child.rs", "use super::db;").is_empty(), "a module of its own");
    }

    #[test]
    fn the_sandbox_is_named_only_where_it_is_mounted() {
        let mounts = "#[cfg(feature = \"sandbox\")]\nuse crate::sandbox::router;";
        assert!(imports("src/web/mod.rs", mounts).is_empty());
        assert!(imports("src/sandbox/panel.rs", "use crate::sandbox::pki; use crate::web::page;").is_empty());
        assert_eq!(imports("src/web/page.rs", mounts), ["2: web names sandbox"]);
        assert_eq!(imports("src/telemetry.rs", mounts), ["2: telemetry names sandbox"]);
    }

    #[test]
    fn a_word_is_found_in_code_and_not_in_a_comment_or_a_longer_word() {
        let text = "// sqlx\nlet a = \"http://sqlx\";\nlet operand_rand = rand::rng();\nuse sqlx::query;";
        let lines =
            |forbidden: &[&str]| words("f", text, forbidden).map(|found| found.line).collect::<Vec<_>>();
        assert_eq!(lines(&["sqlx"]), [2, 4]);
        assert_eq!(lines(&["rand"]), [3]);
        assert!(lines(&["rng_"]).is_empty());
    }

    #[test]
    fn only_the_tests_of_a_source_file_are_held_to_the_rules_of_tests() {
        let text = "fn f() { sleep(1) }\n#[cfg(test)]\nmod tests { fn g() { sleep(2) } }";
        let lines: Vec<usize> =
            words("f", &only_unit_tests(text), &["sleep("]).map(|found| found.line).collect();
        assert_eq!(lines, [3]);
    }

    #[test]
    fn paths_are_told_from_other_words_in_backticks() {
        let readme = "`src/web/` and `voucher.rs`, `make run`, `/kk/queue`, `application/json`, `PORT`, `.local/db`\n\
                      ```text\nsrc/none.rs `src/none.rs`\n```\n`src/gone.rs`";
        let found = paths_in_backticks(readme, |folder| folder == "src");
        let found: Vec<_> = found.iter().map(|found| (found.line, found.what.as_str())).collect();
        assert_eq!(found, [(1, "src/web"), (1, "voucher.rs"), (5, "src/gone.rs")]);
    }

    #[test]
    fn a_russian_word_among_kazakh_ones_is_found() {
        let found = russian_words("kk.json", "{\n \"a\": \"Ащы су\",\n \"b\": \"Ещё бала, объектіде\"\n}");
        assert_eq!(
            found.iter().map(|found| (found.line, found.what.as_str())).collect::<Vec<_>>(),
            [(3, "ещё")]
        );
    }

    #[test]
    fn a_finding_says_where() {
        let [found] = &foreign_imports("src/web/a.rs", "\n  use crate::db::b;")[..] else {
            panic!("one finding")
        };
        assert_eq!(found.to_string(), "  src/web/a.rs:2: web names db: use crate::db::b;");
    }
}
