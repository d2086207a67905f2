//! The log of a run: console and file at once, timestamps in the operator's time zone.
//! A log that cannot be written never stops trading: it is said once on the console.

use jiff::tz::TimeZone;
use log::LevelFilter;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder or file cannot be created.
    #[error("cannot write the log {path}: {cause}; set HEDGE_LOG_DIR to a folder that can be written")]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// The system's word.
        cause: io::Error,
    },
    /// No such time zone.
    #[error("TIMEZONE must be an IANA name such as Europe/Berlin, not \"{0}\"")]
    TimeZone(String),
    /// Another logger is installed already.
    #[error("logging was set up twice")]
    Twice,
}

/// Names of the files of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPaths {
    /// Every line.
    pub activity: PathBuf,
    /// One row per fill.
    pub orders: PathBuf,
}

impl LogPaths {
    /// `cross_hedge_<TICKER>[_<ACCOUNT_NAME>]_activity.log` and `..._orders.csv` under `dir`.
    pub fn new(dir: &Path, ticker: &str, account_name: Option<&str>) -> Self {
        let suffix = account_name.map(|name| format!("_{name}")).unwrap_or_default();
        let stem = format!("cross_hedge_{ticker}{suffix}");
        Self {
            activity: dir.join(format!("{stem}_activity.log")),
            orders: dir.join(format!("{stem}_orders.csv")),
        }
    }
}

/// Opens a file to append to, creating its folder.
pub fn open_append(path: &Path) -> Result<File, LogError> {
    let unwritable = |cause| LogError::Unwritable { path: path.to_owned(), cause };
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(unwritable)?;
    }
    OpenOptions::new().create(true).append(true).open(path).map_err(unwritable)
}

/// The time zone of this IANA name.
pub fn time_zone(name: &str) -> Result<TimeZone, LogError> {
    TimeZone::get(name).map_err(|_| LogError::TimeZone(name.to_owned()))
}

/// Sends this program's own records to the console and to `file`, at `level`. Records of libraries are never shown: at
/// their finer levels they print frames and headers, and those carry tokens and signatures.
pub fn install(file: File, zone: TimeZone, level: LevelFilter) -> Result<(), LogError> {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(LevelFilter::Off).filter_module("hedge_fast", level);
    builder.format(move |out, record| {
        let stamp = jiff::Timestamp::now().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f");
        writeln!(out, "{stamp} {:<5} {}", record.level(), record.args())
    });
    builder.target(env_logger::Target::Pipe(Box::new(Tee { file, failing: false })));
    builder.try_init().map_err(|_| LogError::Twice)
}

/// Writes to the console and to the file. A file that cannot be written is said once, and so is its return.
struct Tee {
    file: File,
    failing: bool,
}

impl Write for Tee {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A closed console (a detached terminal) must not end the file log, and the other way round.
        let console = io::stdout().write_all(line);
        let written = self.file.write_all(line);
        let news = written.is_err() != std::mem::replace(&mut self.failing, written.is_err());
        let _ = match &written {
            Err(cause) if news => {
                writeln!(io::stderr(), "the log file cannot be written ({cause}); trading goes on")
            }
            Ok(()) if news => writeln!(io::stderr(), "the log file is written again"),
            Err(_) | Ok(()) => Ok(()),
        };
        written.or(console).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stdout().flush();
        Ok(())
    }
}
