//! The log: JSON lines on standard error. What is logged never names a person, a number, a file or a request's body.
use tracing_subscriber::EnvFilter;

/// `RUST_LOG` decides the level; without it production says what happens and the sandbox only what goes wrong.
pub fn start(sandbox: bool) {
    let usual = if sandbox { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    // A second start, in a test, changes nothing.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_current_span(false)
        .try_init();
}
