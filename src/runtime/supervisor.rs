//! One run in at most two lives: when a thread that trades is gone, what is open is found out anew from the ledger and the
//! venues and closed, as after a crash, but at once and in the same process.

use super::engine::{self, Ended, Parts, Surroundings};
use crate::coordinator::{ExitReason, Notice};
use std::io;

/// Which life parts are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// The run the operator asked for.
    First,
    /// Closes what the first one left open, and leaves.
    Rescue,
}

/// Runs until the coordinator leaves. `make` builds the parts of each life; `tell` gets every notice and must not block.
///
/// # Errors
/// When the system has no threads, or the parts of a life cannot be made.
pub fn run(
    mut make: impl FnMut(Life) -> io::Result<Parts>,
    around: &Surroundings,
    tell: impl Fn(Notice) + Clone + Send + 'static,
) -> io::Result<ExitReason> {
    let broken = match engine::run(make(Life::First)?, around, tell.clone())? {
        Ended::Left(reason) => return Ok(reason),
        Ended::Broken(what) => what,
    };
    tell(Notice::ThreadDied(broken));
    tell(Notice::Rescuing);
    match engine::run(make(Life::Rescue)?, around, tell.clone())? {
        Ended::Left(ExitReason::Exposure) => Ok(ExitReason::Exposure),
        Ended::Left(ExitReason::Configuration | ExitReason::Refused) => Ok(ExitReason::Exposure),
        // Flat, but not because all was done.
        Ended::Left(ExitReason::Done | ExitReason::Limit) => Ok(ExitReason::Limit),
        Ended::Broken(what) => {
            tell(Notice::ThreadDied(what));
            Ok(ExitReason::Exposure)
        }
    }
}
