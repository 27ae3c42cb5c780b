//! `with-postgres -- COMMAND …` runs the command against a PostgreSQL cluster made for it alone.
use std::{env, path::Path, process::ExitCode};

use balabaqsha::sandbox::test_cluster::run_with_cluster;

fn main() -> ExitCode {
    let mut argv: Vec<String> = env::args().skip(1).collect();
    if argv.first().is_some_and(|word| word == "--") {
        argv.remove(0);
    }
    if argv.is_empty() {
        eprintln!("usage: with-postgres -- COMMAND [ARGUMENT …]");
        return ExitCode::FAILURE;
    }
    match run_with_cluster(Path::new(".local"), &argv) {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("with-postgres: {error}");
            ExitCode::FAILURE
        }
    }
}
