//! The engine with everything around it that one verb needs: ledger, sign of life, rescue.

use super::setup::Setup;
use crate::coordinator::{Coordinator, ExitReason, Mission, Notice, OnRestart, Settings};
use crate::domain::{Venue, Wall};
use crate::ledger::Ledger;
use crate::runtime::clock;
use crate::runtime::engine::{Parts, Surroundings};
use crate::runtime::supervisor::{self, Life};
use std::io;

/// One day in microseconds: the longest window of a venue's order limit (paradex.md 5).
const DAY_US: i64 = 86_400_000_000;

/// Runs the engine until it leaves; `tell` gets every notice and must not block.
///
/// # Errors
/// A sentence for the operator: the system has no threads, or the ledger cannot be used.
pub fn trade(
    setup: &Setup,
    ledger: &mut Ledger,
    mission: Mission,
    around: &Surroundings,
    tell: impl Fn(Notice) + Clone + Send + 'static,
) -> Result<ExitReason, String> {
    let market = setup.config.ticker.as_str();
    let make = |life| {
        let settings = Settings { mission, ..setup.config.settings };
        let settings = match life {
            Life::First => settings,
            Life::Rescue => Settings { cycles: Some(0), on_restart: OnRestart::Flatten, ..settings },
        };
        let now = clock::wall();
        let memory = ledger.memory(market, now).map_err(io::Error::other)?;
        let yesterday = Wall(now.0 - DAY_US);
        let sent = ledger.orders_sent_since(Venue::Paradex, yesterday).map_err(io::Error::other)?;
        let coordinator = Coordinator::new(settings, memory);
        Ok(Parts { coordinator, sessions: setup.accounts.sessions(sent), ledger: ledger.link(market)? })
    };
    supervisor::run(make, around, tell).map_err(|cause| format!("the engine failed: {cause}"))
}

/// The result of a run in words.
pub fn words(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Done => "done, flat",
        ExitReason::Configuration => "the configuration does not work",
        ExitReason::Refused => "refused to start",
        ExitReason::Limit => "stopped by a limit, flat",
        ExitReason::Exposure => "exposure may be left, look at both venues",
    }
}
