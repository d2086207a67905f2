//! One CSV row per fill, for spreadsheets and taxes. Not a ledger: nothing is ever read back from it.

use super::log_file::{LogError, open_append};
use crate::domain::{Fill, OrderIntent, Purpose, Venue};
use jiff::tz::TimeZone;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

const HEADER: &str = "timestamp,cycle,exchange,contract,purpose,side,quantity,price,fee,client_order_id\n";

/// The open file.
pub struct OrderFile {
    file: File,
    zone: TimeZone,
}

impl OrderFile {
    /// Opens the file to append to; a new one gets the header.
    pub fn open(path: &Path, zone: TimeZone) -> Result<Self, LogError> {
        let mut file = open_append(path)?;
        let unwritable = |cause| LogError::Unwritable { path: path.to_owned(), cause };
        if file.metadata().map_err(unwritable)?.len() == 0 {
            file.write_all(HEADER.as_bytes()).map_err(unwritable)?;
        }
        Ok(Self { file, zone })
    }

    /// Appends one row in one write, so that a reader never sees half of it.
    pub fn row(
        &mut self,
        cycle: u64,
        venue: Venue,
        contract: &str,
        intent: &OrderIntent,
        fill: &Fill,
    ) -> io::Result<()> {
        let at = jiff::Timestamp::from_microsecond(fill.at.0).unwrap_or_else(|_| jiff::Timestamp::now());
        let stamp = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f");
        let purpose = match intent.purpose {
            Purpose::Open => "open",
            Purpose::Close => "close",
            Purpose::Unwind => "rollback",
            Purpose::Flatten => "flatten",
        };
        let row = format!(
            "{stamp},{cycle},{venue},{contract},{purpose},{},{},{},{},{}\n",
            fill.side, fill.qty, fill.price, fill.fee, fill.cid
        );
        self.file.write_all(row.as_bytes())
    }
}
