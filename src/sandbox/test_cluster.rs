//! Runs a command against a cluster that exists for that command only: `make test`, `make bench`, the query cache.
//!
//! Each run has a cluster of its own, `test-<pid>` in the folder given, so any number may go on at once.
//! A run that was killed leaves its cluster behind; the next run removes what nobody uses.
use std::{
    fs::{self, File},
    io::{self, IsTerminal},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use tokio::{
    process::{Child, Command},
    signal::unix::{Signal, SignalKind, signal},
};

use super::cluster::{self, Cluster, ClusterError, Durability};

const DATABASE: &str = "balabaqsha_test";

/// Why the command was not run, or its cluster not cleared away.
#[derive(Debug, thiserror::Error)]
pub enum TestClusterError {
    #[error("no command to run")]
    NoCommand,
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("cannot run {command}: {source}")]
    CannotRun { command: String, source: io::Error },
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
}

type Result<T> = std::result::Result<T, TestClusterError>;

/// Runs `argv` with `DATABASE_URL` naming an empty database in a new cluster under `folder`, then removes the
/// cluster, also when SIGINT, SIGTERM or SIGHUP ends the command early. The command's exit code
/// (128 and the signal's number if a signal ended it).
///
/// Blocks, and has an async runtime of its own: call it from outside of one.
///
/// # Errors
/// When there is no cluster to be had, or the command cannot be started.
pub fn run_with_cluster(folder: &Path, argv: &[String]) -> Result<i32> {
    let (program, arguments) = argv.split_first().ok_or(TestClusterError::NoCommand)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(TestClusterError::Signals)?;
    runtime.block_on(async {
        // Before the cluster starts: a Ctrl-C from here on is remembered until the command could hear of it.
        let mut stops = Stops::listen().map_err(TestClusterError::Signals)?;
        let (place, cluster) = start_new(folder)?;
        let outcome = async {
            cluster.ensure_database(DATABASE)?;
            let mut command = Command::new(program);
            command.args(arguments).env("DATABASE_URL", cluster.url(DATABASE));
            run(command, &mut stops)
                .await
                .map_err(|source| TestClusterError::CannotRun { command: program.clone(), source })
        }
        .await;
        // Removing it stops it, and at once: nothing in it is wanted any more.
        cluster.abandon();
        cluster::remove_unused(&place)?;
        Ok(exit_code(outcome?))
    })
}

/// A new cluster, after what killed runs left behind is removed.
fn start_new(folder: &Path) -> Result<(PathBuf, Cluster)> {
    let about = |path: &Path| {
        let path = path.to_owned();
        |source| TestClusterError::File { path, source }
    };
    fs::create_dir_all(folder).map_err(about(folder))?;
    // One at a time: a folder that is just being made looks like one that was left behind.
    let alone = folder.join("test.lock");
    let lock =
        File::options().create(true).truncate(false).write(true).open(&alone).map_err(about(&alone))?;
    lock.lock().map_err(about(&alone))?;
    for entry in fs::read_dir(folder).map_err(about(folder))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("test-") {
            // Another account's, or still held by a dying process: it is somebody else's to remove.
            let _ = cluster::remove_unused(&entry.path());
        }
    }
    let place = folder.join(format!("test-{}", std::process::id()));
    let cluster = Cluster::start(&place, Durability::TestOnly)?;
    Ok((place, cluster))
}

/// The signals that ask a process to end.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stops {
    fn listen() -> io::Result<Stops> {
        Ok(Stops {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

/// Runs it to its end; asked to stop, asks it to stop and goes on waiting.
async fn run(mut command: Command, stops: &mut Stops) -> io::Result<ExitStatus> {
    // On a terminal the command stays in our group: it may read keys, and Ctrl-C reaches all of it.
    // Elsewhere it gets a group of its own, so that what it started can be stopped with it.
    let on_a_terminal = io::stdin().is_terminal();
    if !on_a_terminal {
        command.process_group(0);
    }
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            () = stops.next() => ask_to_stop(&child, on_a_terminal).await?,
        }
    }
}

/// Sends SIGTERM: the standard library cannot, and the shell's `kill` is everywhere.
async fn ask_to_stop(child: &Child, only_it: bool) -> io::Result<()> {
    let Some(pid) = child.id() else { return Ok(()) };
    let whom = if only_it { pid.to_string() } else { format!("-{pid}") };
    // It may have ended by itself in the meantime.
    Command::new("sh").args(["-c", "kill -TERM \"$0\" 2>/dev/null", &whom]).status().await.map(drop)
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(folder: &Path, script: &str) -> Result<i32> {
        run_with_cluster(folder, &["sh".into(), "-c".into(), script.into()])
    }

    fn left_in(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("test-")).collect()
    }

    #[test]
    fn the_command_sees_its_database_and_nothing_is_left_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let asks = r#"test "$(psql "$DATABASE_URL" -Atc 'SELECT current_database()')" = balabaqsha_test"#;
        assert_eq!(sh(folder.path(), asks).unwrap(), 0);
        assert!(left_in(folder.path()).is_empty());
    }

    #[test]
    fn the_exit_code_is_the_commands() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sh(folder.path(), "exit 7").unwrap(), 7);
        assert_eq!(sh(folder.path(), "kill -KILL $$").unwrap(), 137);
        assert!(matches!(run_with_cluster(folder.path(), &[]), Err(TestClusterError::NoCommand)));
        let missing = run_with_cluster(folder.path(), &["no-such-program".into()]);
        assert!(matches!(missing, Err(TestClusterError::CannotRun { .. })));
        assert!(left_in(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn asked_to_stop_the_command_ends_with_all_that_it_started() {
        use tokio::io::AsyncReadExt;
        let mut command = Command::new("sh");
        command.args(["-c", "tail -f /dev/null & tail -f /dev/null"]).process_group(0);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        ask_to_stop(&child, false).await.unwrap();
        // Its standard output closes when the last process that has it ends.
        child.stdout.take().unwrap().read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(exit_code(child.wait().await.unwrap()), 128 + 15);
    }

    #[test]
    fn what_a_killed_run_left_behind_is_removed_and_what_is_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (left, used) = (folder.path().join("test-1"), folder.path().join("test-2"));
        Cluster::start(&left, Durability::TestOnly).unwrap().abandon();
        let other = Cluster::start(&used, Durability::TestOnly).unwrap();
        assert_eq!(sh(folder.path(), "true").unwrap(), 0);
        assert_eq!(left_in(folder.path()), ["test-2"]);
        other.stop().unwrap();
        cluster::remove_unused(&used).unwrap();
    }
}
