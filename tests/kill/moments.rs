//! When a run is killed.

use super::live::{Running, Stage, ledger_file};
use hedge_fast::domain::Venue;
use hedge_fast::sim::faults::Strike;
use hedge_fast::sim::rng::Rng;
use rusqlite::Connection;
use std::time::{Duration, Instant};

/// A line or fill that does not come is not waited for longer.
const TIMEOUT: Duration = Duration::from_secs(6);

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// So many milliseconds after it was started.
    After(u64),
    /// Up to so many milliseconds after the next line with this text.
    Line(&'static str, u64),
    /// Up to so many milliseconds after legs differed, which is provoked.
    Uneven(u64),
    /// At once when an order has reached a venue: what the ledger knows of it may not be on disk yet.
    Sent,
    /// After an order was sent of which the ledger could write nothing: another process has it.
    Unwritten,
    /// Within a millisecond after a position moved at a venue.
    Fill,
}

impl Moment {
    /// Spread over all phases.
    pub fn draw(rng: &mut Rng) -> Self {
        match rng.below(20) {
            0..=1 => Self::After(rng.below(6_000)),
            2 => Self::Sent,
            3..=5 => Self::Unwritten,
            6..=8 => Self::Line("Placing", rng.below(120)),
            9..=10 => Self::Line("=== Closing", rng.below(120)),
            11..=12 => Self::Line("Opened Successfully", rng.below(900)),
            13..=14 => Self::Line("An earlier run ended", rng.below(3_500)),
            15 => Self::Line("Recovered: ", rng.below(50)),
            16 => Self::Line("Rolling back", rng.below(60)),
            17 => Self::Uneven(rng.below(60)),
            _ => Self::Fill,
        }
    }

    /// Returns when it has come, or will not come soon.
    /// What is returned is to be kept until the run is killed.
    pub fn wait(self, stage: &Stage, bot: &mut Running, rng: &mut Rng) -> Option<Connection> {
        match self {
            Self::After(millis) => std::thread::sleep(Duration::from_millis(millis)),
            Self::Line(text, millis) => {
                if bot.saw(&[text], TIMEOUT) {
                    std::thread::sleep(Duration::from_micros(rng.below(millis * 1_000 + 1)));
                }
            }
            Self::Uneven(millis) => {
                let begun = Instant::now();
                let mut seen = false;
                while !seen && begun.elapsed() < TIMEOUT {
                    // Somebody else's order may have taken the last one.
                    stage.venues.strike(Venue::Paradex, Strike::PartialFill);
                    seen = bot.saw(&["Legs differ"], Duration::from_millis(4));
                }
                std::thread::sleep(Duration::from_micros(rng.below(millis * 1_000 + 1)));
            }
            Self::Sent => {
                let (before, begun) = (sent(stage), Instant::now());
                while sent(stage) == before && begun.elapsed() < TIMEOUT {
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
            Self::Unwritten => return unwritten(stage),
            Self::Fill => {
                let (before, begun) = (stage.positions(), Instant::now());
                while stage.positions() == before && begun.elapsed() < TIMEOUT {
                    std::thread::sleep(Duration::from_micros(300));
                }
                std::thread::sleep(Duration::from_micros(rng.below(1_000)));
            }
        }
        None
    }
}

/// Orders that have reached the venues.
fn sent(stage: &Stage) -> usize {
    stage.venues.orders("BTC").map_or(0, |both| both.paradex.len() + both.lighter.len())
}

/// Holds the ledger, for no longer than a writer waits, until an order is sent and filled meanwhile; holds it still.
pub fn unwritten(stage: &Stage) -> Option<Connection> {
    if !stage.state().join("ledger").exists() {
        std::thread::sleep(Duration::from_secs(1));
    }
    let begun = Instant::now();
    while begun.elapsed() < TIMEOUT {
        let ledger = Connection::open(ledger_file(&stage.state())).expect("a ledger");
        let before = sent(stage);
        if ledger.execute_batch("BEGIN IMMEDIATE").is_ok() {
            let held = Instant::now();
            while held.elapsed() < HELD {
                if sent(stage) > before {
                    std::thread::sleep(FILLED);
                    return Some(ledger);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        drop(ledger);
        std::thread::sleep(FREE);
    }
    None
}

/// A writer of the ledger waits half a second for another.
const HELD: Duration = Duration::from_millis(300);
/// So long it can write: the next cycle's ids must be on disk before anything is sent.
const FREE: Duration = Duration::from_millis(150);
/// By then both legs are filled.
const FILLED: Duration = Duration::from_millis(60);

/// The phase in which a run was killed, by the last line that tells one.
pub fn phase_of(text: &str) -> &'static str {
    const MARKS: [(&str, &str); 11] = [
        ("An earlier run ended", "recovering"),
        ("Recovered: ", "recovered"),
        ("=== Opening", "opening"),
        ("Legs differ", "evening"),
        ("Rolling back", "unwinding"),
        ("Opened Successfully", "holding"),
        ("=== Closing", "closing"),
        ("closing again", "closing"),
        ("Positions Closed", "cooling"),
        ("Failed to open", "cooling"),
        ("before next cycle", "cooling"),
    ];
    let mark = |line: &str| MARKS.iter().find(|(text, _)| line.contains(text)).map(|(_, phase)| *phase);
    text.lines().rev().find_map(mark).unwrap_or("starting")
}
