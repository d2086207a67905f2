//! What a session tells its driver, with the time.

use crate::domain::{Bbo, Mono, QuoteFault};
use crate::venue::{AheadNews, VenueReport};

/// Something the session told its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Mono,
    /// What.
    pub what: What,
}

/// What a session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// To the coordinator.
    Report(VenueReport),
    /// The newest quote.
    Quote(Result<Bbo, QuoteFault>),
    /// To the log.
    Log(log::Level, String),
    /// To be counted.
    Ahead(AheadNews),
}
