//! What can be wrong with a ledger, in the operator's words.

use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder or the file cannot be made or opened.
    #[error("cannot use {path} for the ledger: {cause}; set HEDGE_STATE_DIR to a folder that can be written")]
    Unusable {
        /// Folder or file.
        path: PathBuf,
        /// The system's word.
        cause: io::Error,
    },
    /// What is in the file cannot be trusted.
    #[error(
        "the ledger {path} is damaged: {cause}; nothing was changed. Put a good copy back (with its -wal file), or look \
         at both venues for open positions and orders, close them by hand, and move the file away: the next start \
         begins a new ledger"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        cause: String,
    },
    /// A newer program has written there.
    #[error(
        "the ledger {path} was written by a newer hedge-fast (format {found}, this program knows {known}); nothing was \
         changed. Start that newer program"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// A database, but not one of ours.
    #[error(
        "{path} is no ledger of hedge-fast; nothing was changed. Move it away, or set another HEDGE_STATE_DIR"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The ledger of other accounts under this name.
    #[error(
        "the ledger {path} belongs to {found}, not to {wanted}; nothing was changed. Give each pair of accounts its own \
         HEDGE_STATE_DIR, or put the right file there"
    )]
    OtherAccount {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// The file is no longer where it was: what is written to it would be lost with the process.
    #[error(
        "the ledger {path} was moved, replaced or deleted while it was in use; put it back, or stop and start again"
    )]
    Gone {
        /// Where it was.
        path: PathBuf,
    },
    /// It cannot be read or written at the moment.
    #[error(
        "the ledger {path} cannot be read or written: {cause}; free the disk, check its rights, and stop other programs \
         that hold the file"
    )]
    Failed {
        /// The file.
        path: PathBuf,
        /// The database's word.
        cause: rusqlite::Error,
    },
    /// The run ended before everything was on disk.
    #[error(
        "{count} records of this run are not in the ledger: {cause}; the next start asks the venues about them"
    )]
    Unwritten {
        /// How many; at least this many when the disk does not answer.
        count: usize,
        /// Why.
        cause: String,
    },
}

impl LedgerError {
    /// Sorts what the database says by what the reader can do.
    pub(super) fn of(path: &Path, cause: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match (&cause, cause.sqlite_error_code()) {
            (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            | (
                rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::IntegralValueOutOfRange(..),
                _,
            ) => Self::Damaged { path, cause: cause.to_string() },
            _ => Self::Failed { path, cause },
        }
    }

    /// What happened, without what to do about it: for a line that says that itself.
    pub fn short(&self) -> String {
        match self {
            Self::Failed { path, cause } => format!("{cause}: {}", path.display()),
            Self::Unusable { path, cause } => format!("{cause}: {}", path.display()),
            Self::Damaged { path, cause } => format!("damaged, {cause}: {}", path.display()),
            Self::Gone { path } => format!("moved, replaced or deleted: {}", path.display()),
            Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::OtherAccount { .. }
            | Self::Unwritten { .. } => self.to_string(),
        }
    }
}
