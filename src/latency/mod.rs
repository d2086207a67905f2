//! How long the steps of an order take in this process: histograms that are always on, shared by the trading threads, read by
//! whoever reports. Holds numbers only: reads no clock, writes no file, decides nothing.

mod count;
mod histogram;
mod pairing;

pub use count::{AheadCounts, Count};
pub use histogram::{Histogram, Summary};

use crate::domain::{Mono, PerVenue, Venue};
use pairing::Pairing;
use std::time::Duration;

/// All histograms of a run. Every sample is a duration in nanoseconds.
#[derive(Debug, Default)]
pub struct Latencies {
    /// From the event that made the coordinator decide to the return of the write that carried the order.
    pub decision_to_write: PerVenue<Histogram>,
    /// From that write to the venue's word that it has the order.
    pub write_to_ack: PerVenue<Histogram>,
    /// From that word to the first execution; not counted where the execution is reported first.
    pub ack_to_fill: PerVenue<Histogram>,
    /// Between the writes of two orders of one decision, whichever was first.
    pub leg_skew: Histogram,
    /// How old the quote was that an order was made from.
    pub quote_age: PerVenue<Histogram>,
    /// What a session does by its own clock, signing ahead above all, piece by piece: an event that comes meanwhile waits so long.
    pub upkeep: PerVenue<Histogram>,
    /// Orders that were ready when they were wanted, those that were not, and what that took.
    pub ahead: PerVenue<AheadCounts>,
    pairing: Pairing,
}

impl Latencies {
    /// An order of the decision at `decided` was written to `venue` at `written`.
    pub fn written(&self, venue: Venue, decided: Mono, written: Mono) {
        self.decision_to_write[venue].record(written.since(decided));
        if let Some(skew) = self.pairing.written(venue, decided, written) {
            self.leg_skew.record(skew);
        }
    }

    /// Every stage with its name, and its venue where it has one, in the order of an order's life.
    pub fn stages(&self) -> Vec<(&'static str, Option<Venue>, Summary)> {
        let of = |name, stage: &PerVenue<Histogram>| {
            Venue::ALL.map(|venue| (name, Some(venue), stage[venue].summary())).to_vec()
        };
        let mut stages = of("quote_age", &self.quote_age);
        stages.extend(of("decision_to_write", &self.decision_to_write));
        stages.push(("leg_skew", None, self.leg_skew.summary()));
        stages.extend(of("write_to_ack", &self.write_to_ack));
        stages.extend(of("ack_to_fill", &self.ack_to_fill));
        stages.extend(of("upkeep", &self.upkeep));
        stages
    }
}

/// Time between two moments of one clock, whichever was first.
fn apart(a: Mono, b: Mono) -> Duration {
    a.since(b).max(b.since(a))
}
