//! Figures, each beside what it is measured by.
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub ours: f64,
    pub reference: f64,
    pub ratio: f64,
    pub target: f64,
    pub pass: bool,
}

impl Figure {
    /// Ours beside the reference, pair by pair: the larger the better.
    pub fn rate(name: &str, mut rates: Vec<(f64, f64)>, target: f64) -> Self {
        rates.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let ratio = rates[rates.len() / 2].0 / rates[rates.len() / 2].1;
        let (mut ours, mut reference): (Vec<f64>, Vec<f64>) = rates.into_iter().unzip();
        let (ours, reference) = (median(&mut ours), median(&mut reference));
        Self { name: name.to_owned(), ours, reference, ratio, target, pass: ratio >= target }
    }

    /// Ours beside the reference, pair by pair: the smaller the better.
    pub fn most(name: &str, pairs: Vec<(f64, f64)>, target: f64) -> Self {
        let rate = Self::rate(name, pairs, target);
        Self { pass: rate.ratio <= target, ..rate }
    }

    /// Times of ours beside those of the reference: the smaller the better.
    pub fn at_most(name: &str, ours: f64, reference: f64, ratio: f64, target: f64) -> Self {
        Self { name: name.to_owned(), ours, reference, ratio, target, pass: ratio <= target }
    }

    /// Ours beside a limit: the smaller the better.
    pub fn limit(name: &str, ours: f64, limit: f64) -> Self {
        let ratio = ours / limit;
        Self { name: name.to_owned(), ours, reference: limit, ratio, target: 1.0, pass: ratio <= 1.0 }
    }
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Writes `summary.json` and prints the same as a table.
pub fn report(figures: &[Figure], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("summary.json"), serde_json::to_string_pretty(figures)? + "\n")?;
    println!("{:<48} {:>10} {:>10} {:>7} {:>7}", "", "ours", "reference", "ratio", "target");
    for it in figures {
        let told = if it.pass { "" } else { "  missed" };
        println!(
            "{:<48} {:>10.1} {:>10.1} {:>7.2} {:>7.2}{told}",
            it.name, it.ours, it.reference, it.ratio, it.target
        );
    }
    Ok(())
}
