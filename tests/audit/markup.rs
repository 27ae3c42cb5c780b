//! html-validate, once over all pages.
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::cast::Picture;
use crate::faults::Faults;

pub async fn check(pictures: &[Picture], faults: &Faults) {
    let folder = tempfile::tempdir().unwrap();
    for picture in pictures {
        std::fs::write(folder.path().join(format!("{}.html", picture.name())), &picture.html).unwrap();
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let told = elsewhere.path().join("told.json");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let answer = tokio::process::Command::new("node")
        .arg(here.join("node_modules/html-validate/bin/html-validate.mjs"))
        .arg("--config")
        .arg(here.join("html-validate.cjs"))
        // A pipe would lose what is written when the program ends itself.
        .arg("--formatter")
        .arg(format!("json={}", told.display()))
        .args(["--max-warnings", "0"])
        .arg(folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node: scripts/install.sh --browser installs the page checkers");
    let said = std::fs::read_to_string(&told).unwrap_or_default();
    let Ok(files) = serde_json::from_str::<Value>(&said) else {
        panic!("html-validate: {said}{}", String::from_utf8_lossy(&answer.stderr))
    };
    for file in files.as_array().unwrap() {
        let path = Path::new(file["filePath"].as_str().unwrap());
        let page = path.file_stem().unwrap_or_default().to_string_lossy();
        for message in file["messages"].as_array().unwrap() {
            let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            let what = format!("html-validate {}: {}", text("ruleId"), text("message"));
            let at = format!("line {}, column {}: {}", message["line"], message["column"], text("selector"));
            faults.add(&page, what, at);
        }
    }
}
