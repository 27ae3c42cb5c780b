//! A portal process of its own, killed when it is not wanted any more.
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct Process {
    child: Child,
    pub base: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Serves on a free port of 127.0.0.1 once this returns. `local` has the secret that all processes share; `files` is of
    /// this race alone, like its database.
    pub async fn start(database_url: &str, local: &Path, files: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_balabaqsha"))
            .env_clear()
            .envs([("PATH", std::env::var("PATH").unwrap_or_default()), ("SANDBOX", "1".to_owned())])
            .envs([("PORT", port.to_string()), ("DATABASE_URL", database_url.to_owned())])
            .env("LOCAL_DIR", local)
            .env("FILES_DIR", files)
            .env("LEDGER_ANCHORS", files.join("ledger-anchors"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        tokio::spawn(keep(stderr, log.clone()));
        loop {
            let line = stdout.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the portal ended: {:#?}", log.lock().unwrap()));
            if line.starts_with("ready ") {
                break;
            }
            log.lock().unwrap().push(line);
        }
        tokio::spawn(keep(stdout, log.clone()));
        Self { child, base: format!("http://127.0.0.1:{port}"), log }
    }

    /// Ends it as a power cut would: SIGKILL, to this process alone.
    pub fn kill_now(&self) {
        let id = self.child.id().expect("it was not awaited").to_string();
        assert!(std::process::Command::new("kill").args(["-9", &id]).status().unwrap().success());
    }

    /// The most memory that it has held since it was asked last, in bytes.
    pub fn peak(&self) -> u64 {
        let id = self.child.id().expect("it was not awaited");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        // Linux counts anew from what it holds now.
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub async fn ended(&mut self) {
        self.child.wait().await.unwrap();
    }

    /// What it wrote of its own troubles.
    pub fn troubles(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line.contains("ERROR") || line.contains("panicked")).cloned().collect()
    }
}

async fn keep<R: tokio::io::AsyncBufRead + Unpin>(
    mut lines: tokio::io::Lines<R>,
    log: Arc<Mutex<Vec<String>>>,
) {
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap().push(line);
    }
}
