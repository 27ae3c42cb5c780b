//! The photographs, and one page on which all of them can be seen: `target/screens/index.html`.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::cast::{Picture, place};

pub struct Screens {
    folder: PathBuf,
    kept: Mutex<BTreeSet<String>>,
}

/// Thumbnails of the same height of every width; each leads to the whole photograph.
const STYLE: &str = "body{font:16px/1.4 system-ui,sans-serif;margin:1rem}
nav{columns:14rem;font-size:.85rem}nav a{display:block}
section{border-top:1px solid #999;margin-top:1rem}
figure{display:inline-block;vertical-align:top;margin:.25rem}figcaption{font-size:.7rem;max-width:18rem;overflow-wrap:anywhere}
figure a{display:block;overflow:hidden;height:22rem;border:1px solid #999}
img{display:block;width:11rem}figure.wide img{width:18rem}";

impl Screens {
    pub fn new() -> Self {
        // `target/tmp` is what cargo gives tests.
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("screens");
        std::fs::create_dir_all(folder.join("pages")).unwrap();
        Self { folder, kept: Mutex::default() }
    }

    /// Photographs that nobody keeps.
    pub fn elsewhere() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screens");
        std::fs::create_dir_all(folder.join("pages")).unwrap();
        Self { folder, kept: Mutex::default() }
    }

    pub fn keep(&self, picture: &Picture, width: &str, jpeg: &[u8]) {
        let name = format!("{}-{width}.jpg", picture.name());
        std::fs::write(self.folder.join("pages").join(&name), jpeg).unwrap();
        self.kept.lock().unwrap().insert(name);
    }

    /// The contact sheet, grouped by page. `twins`: a picture that looks like another is shown by that one.
    pub fn sheet(&self, pictures: &[Picture], twins: &BTreeMap<usize, usize>) {
        let kept = self.kept.lock().unwrap();
        let mut routes: Vec<&str> = pictures.iter().map(|one| one.route).collect();
        routes.dedup();
        let mut seen = BTreeSet::new();
        routes.retain(|route| seen.insert(*route));
        let mut page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Every page</title><style>{STYLE}</style><h1>Every page</h1><nav>"
        );
        for route in &routes {
            let _ = write!(page, "<a href=\"#{0}\">{0}</a>", place(route));
        }
        page.push_str("</nav>");
        for route in routes {
            let _ = write!(page, "<section id=\"{}\"><h2>{route}</h2>", place(route));
            let mut of_route: Vec<(usize, &Picture)> =
                pictures.iter().enumerate().filter(|(_, one)| one.route == route).collect();
            // As usual, with nothing in it, with a mistake.
            of_route.sort_by_key(|(_, one)| {
                ["usual", "empty", "error"].iter().position(|state| one.state.starts_with(state))
            });
            for (number, picture) in of_route {
                if let Some(twin) = twins.get(&number) {
                    let _ = write!(page, "<p>{} looks like {}</p>", picture.name(), pictures[*twin].name());
                }
                for width in ["360", "360-dark", "1280"] {
                    let name = format!("{}-{width}.jpg", picture.name());
                    if kept.contains(&name) {
                        let wide = if width == "1280" { " class=\"wide\"" } else { "" };
                        let _ = write!(
                            page,
                            "<figure{wide}><a href=\"pages/{name}\"><img src=\"pages/{name}\" alt=\"\" loading=\"lazy\"></a><figcaption>{name}</figcaption></figure>"
                        );
                    }
                }
            }
            page.push_str("</section>");
        }
        std::fs::write(self.folder.join("index.html"), page).unwrap();
        self.forget_old(&kept);
    }

    /// Photographs of pages that are no more.
    fn forget_old(&self, kept: &BTreeSet<String>) {
        let Ok(files) = std::fs::read_dir(self.folder.join("pages")) else { return };
        for file in files.flatten() {
            if !kept.contains(&*file.file_name().to_string_lossy()) {
                // Another run may have been here first.
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}
