//! How values of ours are written into columns, and read back. What is read back and is none of ours is an error: somebody
//! else has written there.

use crate::coordinator::journal::{Finish, Record};
use crate::domain::{ClientOrderId, CycleId, Purpose, Side, TradeKey, Venue};
use rusqlite::Row;
use rusqlite::types::Type;
use std::time::Duration;

/// What kind of record a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reserved,
    Released,
    Sent,
    Filled,
    Busted,
    Ended,
    Held,
    Corrected,
    Finished,
    Naked,
    Failures,
    Incident,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Reserved,
        Self::Released,
        Self::Sent,
        Self::Filled,
        Self::Busted,
        Self::Ended,
        Self::Held,
        Self::Corrected,
        Self::Finished,
        Self::Naked,
        Self::Failures,
        Self::Incident,
    ];

    pub(super) fn of(record: &Record) -> Self {
        match record {
            Record::Reserved { .. } => Self::Reserved,
            Record::Released(_) => Self::Released,
            Record::Sent(_) => Self::Sent,
            Record::Filled { .. } => Self::Filled,
            Record::Busted { .. } => Self::Busted,
            Record::Ended { .. } => Self::Ended,
            Record::Held { .. } => Self::Held,
            Record::Corrected { .. } => Self::Corrected,
            Record::Finished { .. } => Self::Finished,
            Record::Naked(_) => Self::Naked,
            Record::Failures(_) => Self::Failures,
            Record::Incident { .. } => Self::Incident,
        }
    }
}

/// A closed enum with a word for each value.
pub(super) trait Word: Copy + 'static {
    /// Every value.
    const VALUES: &'static [Self];
    /// The word of one.
    fn word(self) -> &'static str;
}

impl Word for Kind {
    const VALUES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Released => "released",
            Self::Sent => "sent",
            Self::Filled => "filled",
            Self::Busted => "busted",
            Self::Ended => "ended",
            Self::Held => "held",
            Self::Corrected => "corrected",
            Self::Finished => "finished",
            Self::Naked => "naked",
            Self::Failures => "failures",
            Self::Incident => "incident",
        }
    }
}

impl Word for Venue {
    const VALUES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        match self {
            Self::Paradex => "paradex",
            Self::Lighter => "lighter",
        }
    }
}

impl Word for Purpose {
    const VALUES: &'static [Self] = &Self::ALL;
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Unwind => "unwind",
            Self::Flatten => "flatten",
        }
    }
}

impl Word for Side {
    const VALUES: &'static [Self] = &[Self::Buy, Self::Sell];
    fn word(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

impl Word for Finish {
    const VALUES: &'static [Self] = &[Self::Complete, Self::RolledBack, Self::Nothing, Self::Recovered];
    fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::RolledBack => "rolled back",
            Self::Nothing => "nothing",
            Self::Recovered => "recovered",
        }
    }
}

/// Numbers of ours are below 2^48.
pub(super) fn cid(cid: ClientOrderId) -> i64 {
    cid.number().cast_signed()
}

/// Numbers of ours are below 2^40.
pub(super) fn cycle(cycle: CycleId) -> i64 {
    cycle.number().cast_signed()
}

pub(super) fn key(key: TradeKey) -> String {
    format!("{:032x}", key.number())
}

pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Reads what this module wrote.
pub(super) trait Read {
    fn word<T: Word>(&self, column: &str) -> rusqlite::Result<T>;
    fn cid(&self, column: &str) -> rusqlite::Result<ClientOrderId>;
    fn cycle(&self, column: &str) -> rusqlite::Result<CycleId>;
    fn key(&self, column: &str) -> rusqlite::Result<TradeKey>;
    fn duration(&self, column: &str) -> rusqlite::Result<Duration>;
}

impl Read for Row<'_> {
    fn word<T: Word>(&self, column: &str) -> rusqlite::Result<T> {
        let text: String = self.get(column)?;
        let known = T::VALUES.iter().find(|value| value.word() == text);
        known.copied().ok_or_else(|| strange(self, column, Type::Text, &text))
    }

    fn cid(&self, column: &str) -> rusqlite::Result<ClientOrderId> {
        let number: i64 = self.get(column)?;
        let cid = u64::try_from(number).ok().and_then(ClientOrderId::from_number);
        cid.ok_or_else(|| strange(self, column, Type::Integer, &number.to_string()))
    }

    fn cycle(&self, column: &str) -> rusqlite::Result<CycleId> {
        let number: i64 = self.get(column)?;
        let cycle = u64::try_from(number).ok().and_then(CycleId::from_number);
        cycle.ok_or_else(|| strange(self, column, Type::Integer, &number.to_string()))
    }

    fn key(&self, column: &str) -> rusqlite::Result<TradeKey> {
        let text: String = self.get(column)?;
        let number = u128::from_str_radix(&text, 16);
        number.map(TradeKey::from_number).map_err(|_| strange(self, column, Type::Text, &text))
    }

    fn duration(&self, column: &str) -> rusqlite::Result<Duration> {
        let micros: i64 = self.get(column)?;
        let known = u64::try_from(micros).map(Duration::from_micros);
        known.map_err(|_| strange(self, column, Type::Integer, &micros.to_string()))
    }
}

fn strange(row: &Row<'_>, column: &str, of: Type, found: &str) -> rusqlite::Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, of, format!("{column} is \"{found}\"").into())
}
