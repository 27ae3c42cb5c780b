//! The seeds of `tests/fuzz.rs` are made by tests of the code that reads such files:
//! `UPDATE_CORPUS=1 cargo test --lib corpus_of_the_fuzz` writes them anew.
use std::path::Path;

/// Writes a seed, where that is asked for.
pub fn write(target: &str, name: &str, bytes: &[u8]) {
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
