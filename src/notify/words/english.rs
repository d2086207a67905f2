//! English.

use super::{Words, parts, position, quoted};
use crate::coordinator::watch::Trouble;
use crate::coordinator::{ExitReason, RecoveryOutcome};
use crate::domain::{ClientOrderId, PerVenue, Qty, Side, Venue};
use crate::notify::alarm::Alarm;
use std::time::Duration;

pub(super) fn body(words: &Words, alarm: &Alarm, lasting: Duration) -> String {
    let lasting = duration(lasting);
    match alarm {
        Alarm::Started => "Started. Alarms of this run come here.".to_owned(),
        Alarm::InsufficientBalance { venue, free, required } => format!(
            "Insufficient {venue} balance: {free} USDC free, {required} USDC required. Nothing is opened. \
             Deposit on {venue} or lower the margin, then start again."
        ),
        Alarm::ForeignPosition { venue, position: held } => format!(
            "{venue} already holds {} in {}, which this program did not open. Close it there, then start again.",
            position(*held, "nothing"),
            words.contract(*venue)
        ),
        Alarm::NotReadyInTime(missing) => {
            format!("Not ready in time, nothing was opened. Still missing: {}", quoted(missing))
        }
        Alarm::NoSize(refusal) => format!("No order size possible: {}", quoted(&refusal.to_string())),
        Alarm::RollingBack { venue, qty } => format!(
            "An opening failed on one side. Rolling back {venue}: {qty} {} at once, reduce-only.",
            words.contract(*venue)
        ),
        Alarm::PositionMismatch { venue, expected, actual, cause } => format!(
            "{venue} position is {}, expected {}: {cause}.",
            position(*actual, "flat"),
            position(*expected, "flat")
        ),
        Alarm::ForeignOrders { venue, count } => format!(
            "{venue} has {count} resting orders in {} that are not ours. Cancel them there, then start again.",
            words.contract(*venue)
        ),
        Alarm::Recovering { positions } => format!(
            "The run before this one ended in the middle. On record: {}. Finding out what is open.",
            both(positions)
        ),
        Alarm::Recovered { positions, outcome } => {
            let what = match outcome {
                RecoveryOutcome::Flat => "nothing is open",
                RecoveryOutcome::Adopted => "the pair is held on",
                RecoveryOutcome::Closing => "the pair is being closed",
                RecoveryOutcome::Unwinding => "the legs do not match and are being closed",
            };
            format!("Recovered: {}; {what}.", both(positions))
        }
        Alarm::FillBusted { venue, qty } => {
            format!("{venue} took a fill of {qty} back. It is being evened out.")
        }
        Alarm::Overfilled { venue, asked, filled } => {
            format!("{venue} filled {filled} of an order for {asked}. Closing everything, then leaving.")
        }
        Alarm::DustCarried { venue, qty } => format!(
            "{venue}: {} is too little to be closed by itself; carried into the next cycle.",
            position(*qty, "nothing")
        ),
        Alarm::VenueDownFlatten(venue) => {
            format!(
                "{venue} stays away: the other leg is being closed, as HEDGE_ON_VENUE_DOWN=flatten asks for."
            )
        }
        Alarm::LedgerFailing(cause) => format!(
            "The ledger cannot be written for {lasting}: {}. Nothing is opened; closing goes on. Look at the disk.",
            quoted(cause)
        ),
        Alarm::LedgerWorking => format!("The ledger is written again, after {lasting}."),
        Alarm::Rescuing => "Finding out what is open, closing it, then leaving.".to_owned(),
        Alarm::WatchdogWarns { trouble, positions } => {
            let what = match trouble {
                Trouble::Naked(_) => "a position has no counterpart",
                Trouble::Silent => "the bot runs without a sign of life",
                Trouble::Abandoned(_) => "the bot is gone and left positions",
            };
            let at = positions.map(|qty| qty.map_or("unknown".to_owned(), |qty| position(qty, "flat")));
            format!("Watchdog, for {lasting}: {what}. Paradex {}, Lighter {}.", at.paradex, at.lighter)
        }
        Alarm::WatchdogStopsBot { pid, at_once: false } => {
            format!("Watchdog: asking the bot (process {pid}) to close and leave.")
        }
        Alarm::WatchdogStopsBot { pid, at_once: true } => {
            format!("Watchdog: ending the bot (process {pid}) at once.")
        }
        Alarm::WatchdogActs => "Watchdog: flattening both sides, reduce-only.".to_owned(),
        Alarm::LateFill { venue, qty } => {
            format!("{venue}: {qty} filled after the order had ended. It is being evened out.")
        }
        Alarm::Naked { positions, unresolved } => format!(
            "Not surely hedged for {lasting}: {}{}. The program keeps trying; look at both venues.",
            both(positions),
            unresolved
                .iter()
                .filter(|(_, open)| **open)
                .map(|(venue, _)| format!("; outcome of an order on {venue} unknown"))
                .collect::<String>()
        ),
        Alarm::HedgedAgain => format!("Hedged or flat again, after {lasting}."),
        Alarm::Halted { positions, foreign } => halted(words, positions, foreign),
        Alarm::VenueDown { venue, cause } => {
            format!("{venue} is down for {lasting}: {}. Reconnecting; open legs are kept.", quoted(cause))
        }
        Alarm::VenueBack(venue) => format!("{venue} is back after {lasting}."),
        Alarm::VenueClosed { venue, cause } => {
            format!("{venue} takes no orders at all for {lasting}: {}. Open legs are kept.", quoted(cause))
        }
        Alarm::VenueOpen(venue) => format!("{venue} takes orders again after {lasting}."),
        Alarm::ClosePostponed(venue) => {
            format!("Closing is postponed: {venue} takes no orders. The pair stays hedged until it does.")
        }
        Alarm::Fatal { venue, text } => {
            format!(
                "{venue}: {}. The program closes what it can and ends.",
                quoted(text).trim_end_matches('.')
            )
        }
        Alarm::ThreadDied(what) => format!(
            "A part of the program failed: {}. It closes what is open and leaves; look at both venues.",
            quoted(what)
        ),
        Alarm::LossLimit { loss, limit } => {
            format!("Stopped: the cycles of the last 24 hours lost {loss} USDC; the limit is {limit}.")
        }
        Alarm::FailureLimit(count) => format!("Stopped: {count} openings failed in a row."),
        Alarm::Stopping => "Stopping: closing what is open, then leaving flat.".to_owned(),
        Alarm::StoppedAtOnce => {
            "Stopped at once on the second request; no further orders are sent.".to_owned()
        }
        Alarm::Ended { reason, positions, unresolved } => ended(*reason, positions.as_ref(), unresolved),
        Alarm::Broken(what) => format!(
            "The program broke and ended: {}. Look at both venues now and close by hand what is open.",
            quoted(what)
        ),
    }
}

fn both(positions: &PerVenue<Qty>) -> String {
    let parts: Vec<String> =
        positions.iter().map(|(venue, qty)| format!("{venue} {}", position(*qty, "flat"))).collect();
    parts.join(", ")
}

fn halted(words: &Words, positions: &PerVenue<Qty>, foreign: &PerVenue<Qty>) -> String {
    let mut text = "HALTED: the positions could not be brought to zero. Do this by hand now:".to_owned();
    for (venue, held) in positions.iter() {
        let contract = words.contract(venue);
        text.push_str(&match Side::of_position(*held) {
            Some(side) => format!(
                "\n- {venue}: {} {} {contract} with a reduce-only market order",
                side.opposite(),
                held.abs()
            ),
            None => format!("\n- {venue}: check that {contract} shows no position and no open order"),
        });
        if !foreign[venue].is_zero() {
            let held = position(foreign[venue], "nothing");
            text.push_str(&format!("\n- {venue}: {held} in {contract} is not ours; close it or leave it"));
        }
    }
    text
}

fn ended(
    reason: ExitReason,
    positions: Option<&PerVenue<Qty>>,
    unresolved: &[(Venue, ClientOrderId)],
) -> String {
    let why = match reason {
        ExitReason::Done => "done, flat",
        ExitReason::Configuration => "the configuration does not work",
        ExitReason::Refused => "refused to start",
        ExitReason::Limit => "stopped by a limit, flat",
        ExitReason::Exposure => "exposure may be left, look at both venues",
    };
    let at = positions.map_or_else(|| "unknown, look at both venues".to_owned(), both);
    let mut text = format!("Stopped, exit code {}: {why}. Final positions: {at}.", reason.code());
    for (venue, cid) in unresolved {
        text.push_str(&format!("\n- {venue}: the outcome of order {cid} is not known; check it there"));
    }
    text
}

fn duration(lasting: Duration) -> String {
    match parts(lasting) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
