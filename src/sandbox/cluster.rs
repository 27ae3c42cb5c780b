//! A private PostgreSQL cluster for development and tests, used when nobody gave a `DATABASE_URL`.
//!
//! It is the system's own server, run on a folder of the project's and reached through a unix socket only,
//! so it meets no server that is already there. Several processes may share one cluster:
//! whoever comes first starts it, whoever leaves last stops it.
//!
//! The folder holds `data` (the cluster), `postgres.log`, the socket, and two lock files:
//! `lock` is held while somebody starts or stops the server, `users` is held, shared, by everyone who uses it.
//! The system drops both when a process ends, however it ends.
//!
//! How it looks from outside, and what to do when it does not start: `docs/development.md`.
use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};

/// Where the folders go that cannot stay in the project; unlike `/tmp` it outlives a reboot.
const LASTING_TEMPORARY_FOLDER: &str = "/var/tmp";

/// A socket's address holds 108 bytes, and `/.s.PGSQL.5432` with its lock file takes some of them.
const LONGEST_SOCKET_FOLDER: usize = 80;

/// Enough for every test to have a small pool of its own.
const MAX_CONNECTIONS: u32 = 300;

/// ICU as the default provider of collations came with this release.
const OLDEST_RELEASE: u32 = 15;

/// How long a server that somebody else is starting, or that replays its log, is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// After a kill -9 the server's children hold its shared memory for a moment and a new start is refused:
/// so many refusals, this far apart, are taken for that moment.
const REFUSALS_BORNE: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);
/// How often a lock is tried that somebody seems to hold, and how long is waited between.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What may be lost when the machine goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: the cluster behind `make run`.
    Kept,
    /// Everything, in exchange for speed: a cluster that is thrown away after the tests.
    TestOnly,
}

/// Why there is no cluster. Each reads as one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("PostgreSQL's server is not installed: run `apt-get install postgresql-15`")]
    NoServer,
    #[error("{data} was made by PostgreSQL {release}, which is not installed: run `apt-get install postgresql-{release}`, or remove {data}", data = data.display())]
    NoSuchRelease { release: String, data: PathBuf },
    #[error(
        "PostgreSQL refuses to run as root, and neither the account `postgres` nor `nobody` exists to run it: create one of them, or run as an ordinary user"
    )]
    NoAccount,
    #[error("{folder} belongs to another account (uid {uid}): run as that account, or remove the folder", folder = folder.display())]
    Foreign { folder: PathBuf, uid: u32 },
    #[error("{0:?} cannot name a database: small Latin letters, digits and _ only")]
    BadDatabaseName(String),
    #[error("{program} failed: {said} (see {log})", log = log.display())]
    Failed { program: &'static str, said: String, log: PathBuf },
    #[error("the server in {folder} has been starting for {} s and does not answer (see postgres.log there)", PATIENCE.as_secs(), folder = folder.display())]
    Silent { folder: PathBuf },
    #[error("cannot run {program}: {source}", program = program.display())]
    CannotRun { program: PathBuf, source: io::Error },
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
}

type Result<T> = std::result::Result<T, ClusterError>;

/// Says which file an input/output error was about.
trait About<T> {
    fn about(self, path: &Path) -> Result<T>;
}

impl<T> About<T> for io::Result<T> {
    fn about(self, path: &Path) -> Result<T> {
        self.map_err(|source| ClusterError::File { path: path.to_owned(), source })
    }
}

/// A running cluster in use by this process. Dropping it leaves it, like [`Cluster::stop`], but silently.
#[derive(Debug)]
pub struct Cluster {
    home: Home,
    server: Server,
    /// The shared lock on `users`; `None` once this process has left.
    users: Option<File>,
}

impl Cluster {
    /// Makes the cluster in `folder` if there is none, starts it if it does not run, and joins it.
    /// Any number of processes may call this at once. Blocks: about 1.5 s the first time, 0.1 s later.
    ///
    /// A server that runs already keeps the durability it was started with:
    /// give test clusters folders of their own.
    ///
    /// # Errors
    /// When there is no server to run, no account to run it as, the folder is another account's,
    /// or the server refuses to start.
    pub fn start(folder: &Path, durability: Durability) -> Result<Cluster> {
        let home = Home::find(folder)?;
        home.prepare()?;
        let _alone = home.lock()?;
        let users = home.open_lock_file("users")?;
        users.lock_shared().about(&home.folder)?;
        let server = Server::find(&home)?;
        server.create_data(&home, durability)?;
        server.bring_up(&home, durability)?;
        Ok(Cluster { home, server, users: Some(users) })
    }

    /// The address of a database of this cluster, for `DATABASE_URL`.
    /// [`Home::find`] has seen to it that the socket's folder needs no escaping in it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.home.socket.display())
    }

    /// Creates the database unless it is there.
    ///
    /// # Errors
    /// When the name would need quoting, or the server refuses.
    pub fn ensure_database(&self, name: &str) -> Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
            return Err(ClusterError::BadDatabaseName(name.to_owned()));
        }
        let exists = || -> Result<bool> {
            let found = self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
            Ok(!found.trim().is_empty())
        };
        if exists()? {
            return Ok(());
        }
        match self.sql(&format!("CREATE DATABASE {name}")) {
            // Somebody else may have created it between the two statements.
            Err(error) if !exists()? => Err(error),
            _ => Ok(()),
        }
    }

    /// Leaves the cluster; the last to leave stops the server.
    ///
    /// # Errors
    /// When the server does not stop.
    pub fn stop(mut self) -> Result<()> {
        self.leave()
    }

    /// Leaves without stopping the server, as a process that is killed would.
    pub fn abandon(mut self) {
        self.users = None;
    }

    fn leave(&mut self) -> Result<()> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let _alone = self.home.lock()?;
        drop(users);
        match self.home.claim()? {
            Some(_last) => self.server.shut_down(&self.home, "fast"),
            None => Ok(()),
        }
    }

    /// One statement through `psql`, as the cluster's owner; the answer as bare text.
    fn sql(&self, statement: &str) -> Result<String> {
        let options = ["-U", "postgres", "-d", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement];
        let mut psql = self.server.command("psql");
        psql.arg("-h").arg(&self.home.socket).args(options);
        self.server.run("psql", psql, &self.home)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is left to tell; what still runs is found by the next start.
        let _ = self.leave();
    }
}

/// Stops and removes a cluster that nobody uses; says whether it did.
///
/// # Errors
/// When its files cannot be removed.
pub fn remove_unused(folder: &Path) -> Result<bool> {
    let home = Home::find(folder)?;
    if home.folder.exists() {
        let _alone = home.lock()?;
        let Some(_last) = home.claim()? else { return Ok(false) };
        if home.data().exists() {
            // It need not be running: then this fails, and that is as good.
            let _ = Server::find(&home)?.shut_down(&home, "immediate");
        }
    }
    for gone in [&home.folder, &home.socket, &home.asked] {
        match fs::remove_dir_all(gone) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).about(gone),
            _ => {}
        }
    }
    Ok(true)
}

/// An account of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// Whose process this is.
    fn own() -> Result<Account> {
        let me = Path::new("/proc/self");
        Ok(Account::owner(&fs::metadata(me).about(me)?))
    }

    fn owner(of: &Metadata) -> Account {
        Account { uid: of.uid(), gid: of.gid() }
    }

    fn is_root(self) -> bool {
        self.uid == 0
    }

    /// The account that serves when root asks: `passwd` is the text of `/etc/passwd`.
    fn unprivileged(passwd: &str) -> Option<Account> {
        ["postgres", "nobody"].iter().find_map(|wanted| {
            let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
            let found = fields.into_iter().find(|f| f.first() == Some(wanted))?;
            Some(Account { uid: found.get(2)?.parse().ok()?, gid: found.get(3)?.parse().ok()? })
        })
    }

    /// Whether the account may go through the folder.
    fn may_pass(self, folder: &Metadata) -> bool {
        let mode = folder.mode();
        match (self.uid == folder.uid(), self.gid == folder.gid()) {
            (true, _) => mode & 0o100 != 0,
            (_, true) => mode & 0o010 != 0,
            _ => mode & 0o001 != 0,
        }
    }
}

/// Where a cluster lives and whose it is.
#[derive(Debug)]
struct Home {
    /// The folder that was asked for.
    asked: PathBuf,
    /// The folder that it is in: the one asked for, or another where the server's account cannot reach that.
    folder: PathBuf,
    /// Where its socket is: in the folder, unless the path does not suit a socket.
    socket: PathBuf,
    /// Whose process this is.
    own: Account,
    /// Who runs the server.
    account: Account,
}

impl Home {
    /// Decides on the places and the account; creates nothing but the folder asked for.
    fn find(folder: &Path) -> Result<Home> {
        fs::create_dir_all(folder).about(folder)?;
        let asked = folder.canonicalize().about(folder)?;
        let own = Account::own()?;
        let away = folder_away(&asked, own);
        let mut account = own;
        let mut folder = asked.clone();
        if own.is_root() {
            let passwd = Path::new("/etc/passwd");
            let passwd = fs::read_to_string(passwd).about(passwd)?;
            account = Account::unprivileged(&passwd).ok_or(ClusterError::NoAccount)?;
            if !asked.join("data").exists() && !is_reachable(&asked, account)? {
                folder.clone_from(&away);
            }
            // Whoever made the cluster goes on running it.
            if let Ok(data) = fs::metadata(folder.join("data")) {
                account = Account::owner(&data);
            }
        }
        let socket = if suits_a_socket(&folder) { folder.clone() } else { away };
        Ok(Home { asked, folder, socket, own, account })
    }

    /// Makes the folders, closed to everybody else.
    fn prepare(&self) -> Result<()> {
        for folder in [&self.folder, &self.socket] {
            match DirBuilder::new().mode(0o700).create(folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).about(folder),
                _ => {}
            }
            // Not through a link: in a temporary folder somebody else may have laid one.
            let found = fs::symlink_metadata(folder).about(folder)?;
            if !found.is_dir() || ![self.own.uid, self.account.uid].contains(&found.uid()) {
                return Err(ClusterError::Foreign { folder: folder.clone(), uid: found.uid() });
            }
            self.give(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o700)).about(folder)?;
        }
        Ok(())
    }

    /// Hands a file of root's to the account that runs the server.
    fn give(&self, path: &Path) -> Result<()> {
        if self.own == self.account {
            return Ok(());
        }
        chown(path, Some(self.account.uid), Some(self.account.gid)).about(path)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    fn open_lock_file(&self, name: &str) -> Result<File> {
        let path = self.folder.join(name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.about(&path)?;
        self.give(&path)?;
        Ok(file)
    }

    /// Held while somebody starts, stops or removes the server.
    fn lock(&self) -> Result<File> {
        let file = self.open_lock_file("lock")?;
        file.lock().about(&self.folder)?;
        Ok(file)
    }

    /// The exclusive lock on `users`, if nobody uses the cluster.
    ///
    /// A child that this process is just spawning holds a copy of every open file until it becomes another program, ours
    /// among them: what looks like another user is looked at again.
    fn claim(&self) -> Result<Option<File>> {
        let file = self.open_lock_file("users")?;
        for _ in 0..LOOKS {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_LOOKS),
                Err(TryLockError::Error(source)) => return Err(source).about(&self.folder),
            }
        }
        Ok(None)
    }

    /// The number in `postmaster.pid`, if some process has that number now, and whether that is our server.
    /// After a crash or a reboot it may be anybody's.
    fn postmaster(&self) -> Option<Postmaster> {
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let pid: u32 = pid.lines().next()?.trim().parse().ok()?;
        let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let data = self.data();
        let ours = command_line.split(|byte| *byte == 0).any(|word| word == data.as_os_str().as_bytes());
        Some(if ours { Postmaster::Ours } else { Postmaster::Somebody })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Postmaster {
    Ours,
    Somebody,
}

/// The stand-in for a folder that cannot be used: always the same for the same folder and user.
fn folder_away(asked: &Path, own: Account) -> PathBuf {
    let mut hash = Sha256::new();
    hash.update(own.uid.to_be_bytes());
    hash.update(asked.as_os_str().as_bytes());
    let name = hex::encode(&hash.finalize()[..8]);
    Path::new(LASTING_TEMPORARY_FOLDER).join(format!("balabaqsha-{name}"))
}

/// Whether the account can get to the folder, which will be its own.
fn is_reachable(folder: &Path, account: Account) -> Result<bool> {
    for above in folder.ancestors().skip(1) {
        if !account.may_pass(&fs::metadata(above).about(above)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Short enough, and nothing in it that a URL, a shell or PostgreSQL's settings would want quoted.
fn suits_a_socket(folder: &Path) -> bool {
    let path = folder.as_os_str().as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    path.len() <= LONGEST_SOCKET_FOLDER && path.iter().all(plain)
}

/// The programs of one PostgreSQL release, run as the account that owns the cluster.
#[derive(Debug)]
struct Server {
    programs: PathBuf,
    account: Option<Account>,
}

impl Server {
    /// The release that made the data, or the newest there is.
    fn find(home: &Home) -> Result<Server> {
        let installed = installed_releases(Path::new("/usr/lib/postgresql"));
        let programs = match fs::read_to_string(home.data().join("PG_VERSION")) {
            Ok(release) => {
                let release = release.trim().to_owned();
                let made_it = installed.into_iter().find(|(number, _)| number.to_string() == release);
                made_it.ok_or(ClusterError::NoSuchRelease { release, data: home.data() })?.1
            }
            Err(_) => installed.into_iter().next_back().ok_or(ClusterError::NoServer)?.1,
        };
        let account = (home.account != home.own).then_some(home.account);
        Ok(Server { programs, account })
    }

    /// One of PostgreSQL's programs, with none of the caller's `PG…` variables.
    fn command(&self, program: &'static str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").env_clear().stdin(Stdio::null());
        command.envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")]);
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Runs it to its end; what it said on standard output.
    fn run(&self, program: &'static str, mut command: Command, home: &Home) -> Result<String> {
        let out = command
            .output()
            .map_err(|source| ClusterError::CannotRun { program: self.programs.join(program), source })?;
        if out.status.success() {
            return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&out.stderr);
        let logged = fs::read(home.log()).unwrap_or_default();
        let said = telling_line(&said, &String::from_utf8_lossy(&logged));
        Err(ClusterError::Failed { program, said, log: home.log() })
    }

    /// Makes the cluster under another name first: one that was left half-made never counts.
    fn create_data(&self, home: &Home, durability: Durability) -> Result<()> {
        let (data, unfinished) = (home.data(), home.folder.join("data.new"));
        if data.exists() {
            return Ok(());
        }
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).about(&unfinished),
            _ => {}
        }
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(&unfinished);
        // Whoever can reach the socket is trusted: its folder is closed to everybody else.
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        initdb.args(["--locale-provider=icu", "--icu-locale=kk", "--no-instructions"]);
        if durability == Durability::TestOnly {
            initdb.arg("--no-sync");
        }
        self.run("initdb", initdb, home)?;
        fs::rename(&unfinished, &data).about(&data)
    }

    /// Starts the server and waits until it answers. The caller holds the lock.
    fn bring_up(&self, home: &Home, durability: Durability) -> Result<()> {
        let patience = Instant::now() + PATIENCE;
        let mut refusals = 0;
        while !self.answers(home) {
            let postmaster = home.postmaster();
            if postmaster == Some(Postmaster::Ours) {
                // Whoever was starting it was killed; the server itself goes on.
                if Instant::now() > patience {
                    return Err(ClusterError::Silent { folder: home.folder.clone() });
                }
            } else {
                if postmaster == Some(Postmaster::Somebody) {
                    let stale = home.data().join("postmaster.pid");
                    fs::remove_file(&stale).about(&stale)?;
                }
                match self.start(home, durability) {
                    Err(error) if refusals == REFUSALS_BORNE => return Err(error),
                    Err(_) => refusals += 1,
                    Ok(()) => return Ok(()),
                }
            }
            thread::sleep(BETWEEN_TRIES);
        }
        Ok(())
    }

    fn answers(&self, home: &Home) -> bool {
        let mut ready = self.command("pg_isready");
        ready.args(["-q", "-U", "postgres", "-d", "postgres", "-h"]).arg(&home.socket);
        ready.status().is_ok_and(|status| status.success())
    }

    fn start(&self, home: &Home, durability: Durability) -> Result<()> {
        let file = home.data().join("postgresql.conf");
        fs::write(&file, settings(&home.socket, durability)).about(&file)?;
        let mut start = self.command("pg_ctl");
        start.arg("-D").arg(home.data()).arg("-l").arg(home.log()).args(["-w", "-t", "60", "start"]);
        self.run("pg_ctl", start, home).map(drop)
    }

    fn shut_down(&self, home: &Home, mode: &str) -> Result<()> {
        let mut stop = self.command("pg_ctl");
        stop.arg("-D").arg(home.data()).args(["-m", mode, "-w", "-t", "60", "stop"]);
        self.run("pg_ctl", stop, home).map(drop)
    }
}

/// The releases that can serve us, oldest first: Debian's, else the one whose `pg_config` is on the PATH.
fn installed_releases(debian: &Path) -> Vec<(u32, PathBuf)> {
    let serves =
        |(release, programs): &(u32, PathBuf)| *release >= OLDEST_RELEASE && programs.join("initdb").exists();
    let folders = fs::read_dir(debian).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = folders
        .filter_map(|folder| Some((folder.file_name().to_str()?.parse().ok()?, folder.path().join("bin"))))
        .filter(serves)
        .collect();
    found.sort();
    if found.is_empty() {
        found.extend(release_on_the_path().filter(serves));
    }
    found
}

fn release_on_the_path() -> Option<(u32, PathBuf)> {
    let ask = |what: &str| -> Option<OsString> {
        let out = Command::new("pg_config").arg(what).output().ok()?;
        Some(OsStr::from_bytes(out.stdout.trim_ascii()).to_owned())
    };
    // "PostgreSQL 17.2 (Debian 17.2-1)"
    let version = ask("--version")?.into_string().ok()?;
    let release = version.split([' ', '.']).nth(1)?.parse().ok()?;
    Some((release, PathBuf::from(ask("--bindir")?)))
}

/// The whole of `postgresql.conf`; what is not named here is PostgreSQL's default.
fn settings(socket: &Path, durability: Durability) -> String {
    let mut lines = vec![
        "# Written anew at each start by src/sandbox/cluster.rs.".to_owned(),
        "listen_addresses = ''".to_owned(),
        format!("unix_socket_directories = '{}'", socket.display()),
        "unix_socket_permissions = 0700".to_owned(),
        format!("max_connections = {MAX_CONNECTIONS}"),
        "timezone = 'UTC'".to_owned(),
        "log_timezone = 'UTC'".to_owned(),
    ];
    if durability == Durability::TestOnly {
        let careless = ["fsync = off", "synchronous_commit = off", "full_page_writes = off"];
        lines.extend(careless.map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

/// The line that tells most: `pg_ctl` itself only says where to look.
fn telling_line(said: &str, logged: &str) -> String {
    let fatal = |line: &&str| line.contains("FATAL:") || line.contains("ERROR:") || line.contains("error:");
    let in_what_it_said = said.lines().rfind(fatal);
    let in_the_log = || logged.lines().rfind(fatal);
    let last = || said.lines().rfind(|line| !line.trim().is_empty());
    in_what_it_said.or_else(in_the_log).or_else(last).unwrap_or("no reason given").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postmaster_pid(cluster: &Cluster) -> String {
        let file = fs::read_to_string(cluster.home.data().join("postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_owned()
    }

    fn kill_9(pid: &str) {
        assert!(Command::new("kill").args(["-9", pid]).status().unwrap().success());
    }

    #[test]
    fn a_cluster_is_made_used_stopped_and_found_again_with_its_data() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path(), Durability::Kept).unwrap();
        cluster.ensure_database("city").unwrap();
        cluster.ensure_database("city").unwrap();
        assert_eq!(cluster.sql("SHOW fsync").unwrap().trim(), "on");
        assert_eq!(cluster.sql("SHOW listen_addresses").unwrap().trim(), "");
        // Ә comes right after А in Kazakh, and after Я where the locale is not Kazakh.
        assert_eq!(cluster.sql("SELECT 'Ә' < 'Б'").unwrap().trim(), "t");
        let home = cluster.home.data();
        cluster.stop().unwrap();
        assert!(!home.join("postmaster.pid").exists(), "the last to leave stops the server");

        let again = Cluster::start(folder.path(), Durability::Kept).unwrap();
        let cities = again.sql("SELECT count(*) FROM pg_database WHERE datname = 'city'").unwrap();
        assert_eq!(cities.trim(), "1");
        again.stop().unwrap();
        assert!(remove_unused(folder.path()).unwrap());
    }

    #[tokio::test]
    async fn the_address_is_understood_by_the_client_that_the_portal_uses() {
        use sqlx::{Connection, PgConnection};
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path(), Durability::TestOnly).unwrap();
        cluster.ensure_database("city").unwrap();
        let mut connection = PgConnection::connect(&cluster.url("city")).await.unwrap();
        let name: String =
            sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut connection).await.unwrap();
        assert_eq!(name, "city");
        connection.close().await.unwrap();
        cluster.stop().unwrap();
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn many_starters_at_once_share_one_server_and_the_last_to_leave_stops_it() {
        let folder = tempfile::tempdir().unwrap();
        let start = || Cluster::start(folder.path(), Durability::TestOnly).unwrap();
        let mut clusters: Vec<Cluster> = thread::scope(|scope| {
            let starters: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            starters.into_iter().map(|starter| starter.join().unwrap()).collect()
        });
        let last = clusters.pop().unwrap();
        let pid = postmaster_pid(&last);
        assert!(clusters.iter().all(|cluster| postmaster_pid(cluster) == pid));
        assert!(!remove_unused(folder.path()).unwrap(), "a cluster in use is not removed");
        for cluster in clusters {
            cluster.stop().unwrap();
            assert!(last.server.answers(&last.home), "it runs while somebody uses it");
        }
        let (server, home) = (Server::find(&last.home).unwrap(), Home::find(folder.path()).unwrap());
        last.stop().unwrap();
        assert!(!server.answers(&home));
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn a_killed_server_comes_back_with_what_was_committed() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path(), Durability::Kept).unwrap();
        cluster.sql("CREATE TABLE child (name text)").unwrap();
        cluster.sql("INSERT INTO child VALUES ('Әлия')").unwrap();
        kill_9(&postmaster_pid(&cluster));

        let again = Cluster::start(folder.path(), Durability::Kept).unwrap();
        assert_eq!(again.sql("SELECT name FROM child").unwrap().trim(), "Әлия");
        drop(cluster);
        again.stop().unwrap();
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn a_pid_file_that_names_somebody_else_does_not_stop_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path(), Durability::TestOnly).unwrap();
        let stale = cluster.home.data().join("postmaster.pid");
        cluster.stop().unwrap();
        // This very process: alive, and no server of ours.
        fs::write(&stale, format!("{}\n", std::process::id())).unwrap();
        let again = Cluster::start(folder.path(), Durability::TestOnly).unwrap();
        assert_ne!(postmaster_pid(&again), std::process::id().to_string());
        again.stop().unwrap();
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn a_half_made_cluster_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = Home::find(folder.path()).unwrap().folder.join("data.new");
        fs::create_dir_all(&unfinished).unwrap();
        fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
        let home = Home::find(folder.path()).unwrap();
        home.give(&home.folder).unwrap();
        Cluster::start(folder.path(), Durability::TestOnly).unwrap().stop().unwrap();
        assert!(!unfinished.exists());
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn a_path_too_long_or_too_odd_for_a_socket_gets_a_short_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["балабақша мен 'бала'".to_owned(), "long".repeat(30)] {
            let odd = folder.path().join(name);
            let cluster = Cluster::start(&odd, Durability::TestOnly).unwrap();
            assert!(cluster.home.socket.starts_with(LASTING_TEMPORARY_FOLDER));
            cluster.ensure_database("city").unwrap();
            let socket = cluster.home.socket.clone();
            cluster.stop().unwrap();
            assert!(remove_unused(&odd).unwrap());
            assert!(!socket.exists() && !odd.exists(), "nothing is left behind");
        }
    }

    #[test]
    fn under_a_closed_folder_the_data_goes_where_its_account_can_reach_it() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed");
        DirBuilder::new().mode(0o700).create(&closed).unwrap();
        let home = Home::find(&closed.join("db")).unwrap();
        if home.own.is_root() {
            assert!(home.folder.starts_with(LASTING_TEMPORARY_FOLDER), "{home:?}");
        } else {
            assert_eq!(home.folder, closed.join("db"), "an ordinary user reaches its own closed folder");
        }
    }

    #[test]
    fn a_database_name_that_would_need_quoting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(folder.path(), Durability::TestOnly).unwrap();
        for name in ["", "Қала", "a-b", "1a", "a'; DROP DATABASE postgres; --"] {
            let refused = cluster.ensure_database(name);
            assert!(matches!(refused, Err(ClusterError::BadDatabaseName(_))), "{name}");
        }
        cluster.stop().unwrap();
        remove_unused(folder.path()).unwrap();
    }

    #[test]
    fn the_account_is_postgres_else_nobody_else_none() {
        let all = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:101:104:::";
        assert_eq!(Account::unprivileged(all), Some(Account { uid: 101, gid: 104 }));
        let without: String = all.lines().take(2).collect::<Vec<_>>().join("\n");
        assert_eq!(Account::unprivileged(&without), Some(Account { uid: 65534, gid: 65533 }));
        assert_eq!(Account::unprivileged("root:x:0:0::/root:/bin/sh"), None);
    }

    #[test]
    fn only_releases_that_know_icu_and_have_their_server_are_taken() {
        let debian = tempfile::tempdir().unwrap();
        for (release, with_server) in [("9.6", true), ("14", true), ("15", true), ("17", true), ("18", false)]
        {
            let programs = debian.path().join(release).join("bin");
            fs::create_dir_all(&programs).unwrap();
            if with_server {
                File::create(programs.join("initdb")).unwrap();
            }
        }
        let found: Vec<u32> =
            installed_releases(debian.path()).into_iter().map(|(release, _)| release).collect();
        assert_eq!(found, [15, 17]);
    }

    #[test]
    fn every_error_is_one_line_and_a_missing_server_names_the_command() {
        assert!(ClusterError::NoServer.to_string().contains("apt-get install postgresql-15"));
        let data = PathBuf::from("/d");
        let gone = ClusterError::NoSuchRelease { release: "14".into(), data };
        assert!(gone.to_string().contains("apt-get install postgresql-14"));
        assert!(!ClusterError::NoAccount.to_string().contains('\n'));
    }

    #[test]
    fn the_reason_is_taken_from_the_log_where_pg_ctl_gives_none() {
        let pg_ctl = "pg_ctl: could not start server\nExamine the log output.\n";
        let log = "LOG:  starting\nFATAL:  could not bind\nLOG:  shut down\n";
        assert_eq!(telling_line(pg_ctl, log), "FATAL:  could not bind");
        assert_eq!(telling_line(pg_ctl, ""), "Examine the log output.");
    }
}
