//! One chromedriver per test process, on a free port, for as long as a window is open.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

static RUNNING: Mutex<Weak<Chromedriver>> = Mutex::new(Weak::new());

pub struct Chromedriver {
    process: Child,
    port: u16,
    // It writes there as long as it lives.
    _output: BufReader<ChildStdout>,
}

impl Chromedriver {
    /// The one that runs, or a new one.
    pub fn shared() -> Arc<Self> {
        // A test that failed while it held the lock must not fail the others.
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = running.upgrade() {
            return found;
        }
        let started = Arc::new(Self::start());
        *running = Arc::downgrade(&started);
        started
    }

    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            // How a date is typed depends on the language of the program.
            .envs([("LANGUAGE", "en_US"), ("LC_ALL", "C.UTF-8")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver: scripts/install.sh --browser installs it");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "chromedriver ended: {said}");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').parse().unwrap();
            }
            said += &line;
        };
        Self { process, port, _output: output }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it to end, and with it every browser it has started.
    fn ask_to_end(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        connection.read(&mut [0; 64]).map(drop)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        if self.ask_to_end().is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
