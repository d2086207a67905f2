//! English.

use super::{Words, parts, position, quoted};
use crate::coordinator::ExitReason;
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
        Alarm::PositionMismatch { venue, expected, actual } => format!(
            "{venue} position is {}, expected {}. Closed by hand, liquidated, or changed by another program?",
            position(*actual, "flat"),
            position(*expected, "flat")
        ),
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
        Alarm::Halted { positions } => halted(words, positions),
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
            "A part of the program failed: {}. Look at both venues now and close by hand what is open.",
            quoted(what)
        ),
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

fn halted(words: &Words, positions: &PerVenue<Qty>) -> String {
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
