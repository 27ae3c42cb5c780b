//! The command line; nothing else.
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use balabaqsha::app::SharedApp;
use balabaqsha::config::Config;
use balabaqsha::domain::staff::{self, Added, NewStaff};
use balabaqsha::fault::Fault;
use balabaqsha::integrations::eds::{self, Trust};
use balabaqsha::integrations::reader;
use balabaqsha::rules::calendar::Calendar;
use balabaqsha::rules::deadline::{LastDay, last_good_day};
use balabaqsha::rules::iin::{Bin, Iin};
use balabaqsha::rules::ledger::{LONGEST_LINE, Mark, Places, Verifier, digest};
use balabaqsha::rules::phone::Phone;
use balabaqsha::start::Database;
use balabaqsha::{background, clock, domain, start, telemetry, web};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The portal through which parents get a kindergarten voucher.
#[derive(Parser)]
#[command(name = "balabaqsha", version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal (what happens without a command); settings are in .env.example
    Serve,
    /// Bring the database to this version's schema
    Migrate,
    /// Fill an empty database with the demo city; refuses one that is not empty
    Demo,
    /// Print the last good day of a term of working days; needs no database
    Deadline(DeadlineArgs),
    /// Print every route: method, path, who may; needs no database
    Routes,
    /// People with a role besides being a parent
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The chained ledger of order, vouchers and places (docs/ledger.md)
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Signature files
    #[command(subcommand)]
    Signature(SignatureCommand),
    /// What the portal starts for each upload
    #[command(name = reader::COMMAND, hide = true)]
    ReadUpload,
}

#[derive(Args)]
struct DeadlineArgs {
    /// The day of the event, YYYY-MM-DD: it does not count
    day: NaiveDate,
    /// How many working days the term has
    #[arg(value_parser = clap::value_parser!(u32).range(0..=2000))]
    working_days: u32,
    /// A calendar to use instead of the one in the program
    #[arg(long, value_name = "FILE.csv")]
    calendar: Option<PathBuf>,
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Give a person a role; the account is made if there is none, and its password is set by SMS
    Add(StaffArgs),
}

#[derive(Args)]
struct StaffArgs {
    #[arg(long)]
    role: StaffRole,
    #[arg(long)]
    iin: String,
    #[arg(long)]
    phone: String,
    /// The kindergarten, for its staff
    #[arg(long, required_if_eq("role", "kindergarten"))]
    bin: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StaffRole {
    Doctor,
    Kindergarten,
    Operator,
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Write the whole ledger, without personal data
    Export {
        /// Where to; `-` or nothing: standard output
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
    },
    /// Compute chain and order again from the file alone; exit 0 only when every entry is right; needs no database
    Verify(VerifyArgs),
}

#[derive(Args)]
struct VerifyArgs {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Marks kept outside the database (LEDGER_ANCHORS): an end that was cut off is found
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Print the handles of each queue in order, too
    #[arg(long)]
    order: bool,
}

#[derive(Subcommand)]
enum SignatureCommand {
    /// Print what a signature says as one JSON object; exit 0 only when it is valid; needs no database
    Check(SignatureArgs),
}

#[derive(Args)]
struct SignatureArgs {
    /// The signature: CMS in DER, PEM or base64
    #[arg(value_name = "FILE.cms")]
    file: PathBuf,
    /// The signed document, when the signature does not carry it
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// Certificates of the authorities whose signatures count (.pem .crt .cer .der; lists of the revoked: .crl)
    #[arg(long, value_name = "DIR")]
    trust: PathBuf,
    /// Accept ECDSA P-256, too, in which nobody signs contracts: for tests
    #[arg(long)]
    ecdsa: bool,
    /// The moment by which certificates are judged (RFC 3339); now, if not given
    #[arg(long, value_name = "RFC3339")]
    at: Option<DateTime<Utc>>,
}

fn main() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(line) => line.command.unwrap_or(Command::Serve),
        Err(error) => return explain(&error),
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            let cause = match error {
                Fault::Setup(cause) => cause,
                other => other.to_string(),
            };
            eprintln!("balabaqsha: {}", one_line(&cause));
            ExitCode::FAILURE
        }
    }
}

/// Help goes to standard output; a mistake is one line.
fn explain(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        say(error.to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let cause = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    eprintln!("balabaqsha: {} (see --help)", one_line(cause));
    ExitCode::from(2)
}

/// Prints a line; a reader who has gone away is no trouble.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn run(command: Command) -> Result<ExitCode, Fault> {
    match command {
        Command::Deadline(asked) => deadline(&asked),
        Command::Routes => {
            routes();
            Ok(ExitCode::SUCCESS)
        }
        Command::Signature(SignatureCommand::Check(asked)) => check_signature(&asked),
        Command::Ledger(LedgerCommand::Verify(asked)) => verify_ledger(&asked),
        Command::Ledger(LedgerCommand::Export { file }) => wait_for(export_ledger(file)),
        Command::ReadUpload => reader::serve().map(|()| ExitCode::SUCCESS),
        Command::Serve => wait_for(serve()),
        Command::Migrate => wait_for(migrate()),
        Command::Demo => wait_for(demo()),
        Command::Staff(StaffCommand::Add(asked)) => wait_for(add_staff(asked)),
    }
}

fn wait_for(work: impl Future<Output = Result<ExitCode, Fault>>) -> Result<ExitCode, Fault> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|error| Fault::Setup(format!("{}: {error}", path.display())))
}

fn deadline(asked: &DeadlineArgs) -> Result<ExitCode, Fault> {
    let calendar = match &asked.calendar {
        Some(path) => {
            let text = String::from_utf8(read(path)?);
            let text = text.map_err(|_| Fault::Setup(format!("{}: not UTF-8", path.display())))?;
            Calendar::from_csv(&text).map_err(|error| Fault::Setup(format!("{}: {error}", path.display())))?
        }
        None => Calendar::shipped(),
    };
    match last_good_day(&calendar, asked.day, asked.working_days, &[]) {
        Ok(LastDay::On(day)) => {
            say(&day.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Ok(LastDay::NotBefore(day)) => Err(Fault::Setup(format!(
            "the term reaches into a year that the calendar does not know; not before {day}"
        ))),
        Err(stands_still) => Err(Fault::Setup(stands_still.to_string())),
    }
}

fn routes() {
    for line in web::table() {
        say(&format!("{:<6} {:<60} {}", line.method.as_str(), line.path, line.who.as_str()));
    }
}

fn check_signature(asked: &SignatureArgs) -> Result<ExitCode, Fault> {
    let cms = read(&asked.file)?;
    let content = asked.content.as_deref().map(read).transpose()?;
    let trust = Trust::load_any(&asked.trust).map_err(|error| Fault::Setup(error.to_string()))?;
    let trust = if asked.ecdsa { trust.with_ecdsa() } else { trust };
    let at = asked.at.unwrap_or_else(clock::of_this_machine);
    let found = eds::check(&cms, content.as_deref(), &trust, at);
    say(&found.to_string());
    Ok(if found["verdict"] == "valid" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The root, how many entries, and what the ledger tells of queues, vouchers and places.
fn verify_ledger(asked: &VerifyArgs) -> Result<ExitCode, Fault> {
    let about = |path: &Path, error: &std::io::Error| Fault::Setup(format!("{}: {error}", path.display()));
    let marks = match &asked.anchors {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| about(path, &error))?;
            text.lines().filter_map(Mark::parse).collect()
        }
        None => Vec::new(),
    };
    let file = std::fs::File::open(&asked.file).map_err(|error| about(&asked.file, &error))?;
    let mut file = std::io::BufReader::new(file);
    let mut verifier = Verifier::new(marks);
    let mut line = Vec::new();
    loop {
        line.clear();
        let longest = LONGEST_LINE as u64;
        let read = std::io::Read::by_ref(&mut file).take(longest).read_until(b'\n', &mut line);
        if read.map_err(|error| about(&asked.file, &error))? == 0 {
            break;
        }
        // A line without its end is no line: the rest of it is missing.
        let whole = line.strip_suffix(b"\n").unwrap_or_default();
        verifier.line(whole).map_err(|wrong| Fault::Setup(wrong.to_string()))?;
    }
    verifier.finish().map_err(|wrong| Fault::Setup(wrong.to_string()))?;
    tell_ledger(&verifier, asked.order);
    Ok(ExitCode::SUCCESS)
}

fn tell_ledger(verifier: &Verifier, order: bool) {
    let (entries, root) = verifier.root();
    say(&format!("entries {entries}"));
    say(&format!("root {root}"));
    for (queue, handles) in verifier.replay.orders() {
        say(&format!("queue {queue} waiting {} order {}", handles.len(), digest(&handles)));
        for (handle, place) in handles.iter().zip(1..).filter(|_| order) {
            say(&format!("  {place} {handle}"));
        }
    }
    let sum = |count: fn(&Places) -> i32| verifier.replay.groups().values().map(count).sum::<i32>();
    say(&format!("vouchers {}", verifier.replay.vouchers()));
    say(&format!(
        "groups {} places {} enrolled {} held {}",
        verifier.replay.groups().len(),
        sum(|it| it.capacity),
        sum(|it| it.enrolled),
        sum(|it| it.held)
    ));
}

async fn export_ledger(file: PathBuf) -> Result<ExitCode, Fault> {
    let database = Database::open(&Config::from_env()?).await?;
    let exported = async {
        if file.as_os_str() == "-" {
            return domain::ledger::export(&database.pool, &mut std::io::BufWriter::new(std::io::stdout()))
                .await;
        }
        let mut out = std::io::BufWriter::new(std::fs::File::create(&file)?);
        domain::ledger::export(&database.pool, &mut out).await?;
        Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
    }
    .await;
    database.close().await?;
    exported.map(|()| ExitCode::SUCCESS)
}

async fn migrate() -> Result<ExitCode, Fault> {
    let database = Database::open(&Config::from_env()?).await?;
    let migrated = database.migrate().await;
    database.close().await?;
    migrated.map(|()| ExitCode::SUCCESS)
}

/// Everything a deed on the command line needs, and the way out of it.
async fn with_app<T>(work: impl AsyncFnOnce(&SharedApp) -> Result<T, Fault>) -> Result<T, Fault> {
    let config = Config::from_env()?;
    telemetry::start(config.sandbox);
    let database = Database::open(&config).await?;
    let done = async {
        database.migrate().await?;
        work(&start::app(config, database.pool.clone()).await?).await
    }
    .await;
    database.close().await?;
    done
}

async fn demo() -> Result<ExitCode, Fault> {
    with_app(async |app| {
        if !domain::upkeep::is_empty(app).await? {
            return Err(Fault::Setup("the database is not empty".to_owned()));
        }
        fill_demo_city(app).await?;
        if domain::upkeep::is_empty(app).await? {
            return Err(Fault::Setup("the demo city was not filled".to_owned()));
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

#[cfg(feature = "sandbox")]
async fn fill_demo_city(app: &SharedApp) -> Result<(), Fault> {
    if !app.config.sandbox {
        return Err(Fault::Setup("the demo city belongs into a sandbox: set SANDBOX=1".to_owned()));
    }
    // A new city begins a new ledger: the sandbox's anchors of the one before would tell of a cut.
    let _ = std::fs::remove_file(app.config.local_dir.join("ledger-anchors"));
    balabaqsha::demo::fill(app).await
}

#[cfg(not(feature = "sandbox"))]
async fn fill_demo_city(_: &SharedApp) -> Result<(), Fault> {
    Err(Fault::Setup("this build has no demo city".to_owned()))
}

async fn add_staff(asked: StaffArgs) -> Result<ExitCode, Fault> {
    let wrong = |name: &str, error: &dyn std::fmt::Display| Fault::Setup(format!("--{name}: {error}"));
    let bin = asked.bin.as_deref().filter(|_| asked.role == StaffRole::Kindergarten);
    let new = NewStaff {
        role: match asked.role {
            StaffRole::Doctor => "doctor",
            StaffRole::Kindergarten => "kindergarten",
            StaffRole::Operator => "operator",
        },
        iin: Iin::parse(&asked.iin).map_err(|error| wrong("iin", &error))?,
        phone: Phone::parse(&asked.phone).map_err(|error| wrong("phone", &error))?,
        bin: bin.map(Bin::parse).transpose().map_err(|error| wrong("bin", &error))?,
    };
    let said = match with_app(async |app| staff::add_by_system(app, &new).await).await? {
        Added::NewAccount => "added; the password is set at the portal, under recovery",
        Added::RoleOfKnownPerson => "the person had an account and has the role now",
        Added::HadItAlready => "the person had the role already",
        Added::NoSuchKindergarten => return Err(wrong("bin", &"no such kindergarten")),
        Added::PhoneTaken => return Err(wrong("phone", &"it is another account's")),
    };
    say(said);
    Ok(ExitCode::SUCCESS)
}

async fn serve() -> Result<ExitCode, Fault> {
    let config = Config::from_env()?;
    telemetry::start(config.sandbox);
    // Before anything is started: whoever asks to stop from here on is heard.
    let (stop, stopped) = watch::channel(false);
    listen_to_signals(stop)?;
    // A port that is taken is told before a database is started.
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| Fault::Setup(format!("{}: {error}", config.listen)))?;
    let database = Database::open(&config).await?;
    let served = serve_on(listener, config, &database, stopped).await;
    database.close().await?;
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve_on(
    listener: TcpListener,
    config: Config,
    database: &Database,
    stopped: watch::Receiver<bool>,
) -> Result<(), Fault> {
    database.migrate().await?;
    let address = listener.local_addr()?;
    let app = start::app(config, database.pool.clone()).await?;
    if app.config.sandbox && domain::upkeep::is_empty(&app).await? {
        fill_demo_city(&app).await?;
    }
    let jobs = tokio::spawn(background::run(app.clone(), stopped.clone()));
    say(&format!("ready http://{address}"));
    let mut asked = stopped;
    web::server::serve(listener, web::router(app), async move {
        // The sender lives as long as the process: an error cannot come.
        let _ = asked.wait_for(|stop| *stop).await;
    })
    .await;
    // A job under way may end; none takes longer than an outside system's patience.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(5), jobs).await;
    Ok(())
}

fn listen_to_signals(stop: watch::Sender<bool>) -> Result<(), Fault> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // Kept by this task until the process ends.
        stop.send_replace(true);
        std::future::pending::<()>().await;
    });
    Ok(())
}
