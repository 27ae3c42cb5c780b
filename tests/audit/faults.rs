//! Faults of many pages, told together: each once, with the pages it is on.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;

#[derive(Default)]
pub struct Faults(Mutex<BTreeMap<String, (String, BTreeSet<String>)>>);

/// How many of a fault's pages are named.
const NAMED: usize = 6;

impl Faults {
    /// `what` is the same on every page that has this fault; `example` is how it looks on one of them.
    pub fn add(&self, page: &str, what: impl Into<String>, example: impl Into<String>) {
        let mut faults = self.0.lock().unwrap();
        let entry = faults.entry(what.into()).or_insert_with(|| (example.into(), BTreeSet::new()));
        entry.1.insert(page.to_owned());
    }

    pub fn told(&self) -> String {
        let faults = self.0.lock().unwrap();
        let mut told = String::new();
        for (what, (example, pages)) in faults.iter() {
            let named: Vec<&str> = pages.iter().take(NAMED).map(String::as_str).collect();
            let more = if pages.len() > NAMED {
                format!(" and {} more", pages.len() - NAMED)
            } else {
                String::new()
            };
            let _ = writeln!(told, "{what}\n    on {}{more}", named.join(", "));
            if !example.is_empty() {
                let _ = writeln!(told, "    {}", example.replace('\n', "\n    "));
            }
        }
        told
    }

    pub fn none(&self) {
        let count = self.0.lock().unwrap().len();
        assert!(count == 0, "{count} faults:\n{}", self.told());
    }
}
