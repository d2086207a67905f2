//! Holding. Waits for: hold time, a stop, a wish to stop, a position that is no longer ours. Leaves to: flattening.
//! Deadlines: end of the hold, the P&L line once a second. On restart: recovering, which adopts or closes the pair.

use super::{Phase, flattening::Flattening};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, Event, ExitReason};
use crate::coordinator::journal::Record;
use crate::coordinator::notice::{Notice, Stop};
use crate::coordinator::settings::{OnVenueDown, Settings};
use crate::domain::{Bbo, Mono, PerVenue, Price, Qty, Side, Venue};
use std::time::Duration;

/// The P&L line comes this often.
const PNL_LINE: Duration = Duration::from_secs(1);

/// A venue away for this long is down, where the operator wants pairs closed then.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// A pair is held.
#[derive(Clone, Debug)]
pub struct Holding {
    qty: Qty,
    entries: PerVenue<Price>,
    until: Mono,
    next_line: Mono,
    postponed: bool,
}

impl Holding {
    /// Both legs are filled with `qty` at these average prices.
    pub fn enter(
        desk: &mut Desk,
        now: Mono,
        qty: Qty,
        entries: PerVenue<Price>,
        actions: &mut Vec<Action>,
    ) -> Phase {
        if std::mem::take(&mut desk.failures) > 0 {
            actions.push(Action::Record(Record::Failures(0)));
        }
        if let Some(cycle) = desk.cycle_id() {
            actions.push(Action::Record(Record::Held { cycle, qty, entries }));
        }
        actions.push(Action::Notice(Notice::PairOpened));
        let left = desk.settings.hold_time;
        Self::adopt(desk, now, qty, entries, left, actions)
    }

    /// A pair stands and is held for the time `left` of its hold.
    pub fn adopt(
        desk: &mut Desk,
        now: Mono,
        qty: Qty,
        entries: PerVenue<Price>,
        left: Duration,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let next_line = now.after(PNL_LINE);
        let held = Self { qty, entries, until: now.after(left), next_line, postponed: false };
        if left.is_zero() { held.close(desk, now, None, actions) } else { Phase::Holding(held) }
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        if desk.settle_contradiction(now, actions) {
            // Somebody else trades here, or a leg was liquidated: close what is ours and stop opening.
            desk.broken.get_or_insert(ExitReason::Limit);
            return Flattening::close(desk, now, actions);
        }
        if !self.still_ours(desk) {
            return Flattening::close(desk, now, actions);
        }
        if let Some(venue) = self.given_up(desk, now) {
            actions.push(Action::Notice(Notice::VenueDownFlatten(venue)));
            return Flattening::close(desk, now, actions);
        }
        let ended = self.ending(desk, now, event);
        if let Some(reason) = ended {
            return self.close(desk, now, reason, actions);
        }
        let ppm = self.profit_ppm(desk);
        if now >= self.next_line {
            self.next_line = now.after(PNL_LINE);
            if let PerVenue { paradex: Some(paradex), lighter: Some(lighter) } = ppm {
                actions.push(Action::Notice(Notice::ProfitLoss { ppm: PerVenue { paradex, lighter } }));
            }
        }
        Phase::Holding(self)
    }

    /// A venue that has been away for so long that the operator wants no pair any more.
    fn given_up(&self, desk: &Desk, now: Mono) -> Option<Venue> {
        if desk.settings.on_venue_down == OnVenueDown::Hold {
            return None;
        }
        let away =
            |venue: &Venue| desk.venues[*venue].away_since.is_some_and(|at| now.since(at) >= GIVE_UP_AFTER);
        Venue::ALL.into_iter().find(away)
    }

    /// Why the hold ends now, if it does; the notice that says so, where one is due.
    fn ending(&self, desk: &Desk, now: Mono, event: &Event) -> Option<Option<Notice>> {
        if desk.stopping || desk.broken.is_some() {
            return Some(None);
        }
        if now >= self.until {
            return Some(Some(Notice::HoldTimeExpired(desk.settings.hold_time)));
        }
        let Event::Quote(venue, Ok(_)) = event else {
            return None;
        };
        let ppm = self.profit_ppm(desk)[*venue]?;
        let stop = stop_crossed(&desk.settings, ppm)?;
        Some(Some(Notice::StopTriggered { venue: *venue, stop, ppm }))
    }

    /// Closes both legs, unless one venue takes no orders: then the other leg is the hedge and stays.
    fn close(
        mut self,
        desk: &mut Desk,
        now: Mono,
        reason: Option<Notice>,
        actions: &mut Vec<Action>,
    ) -> Phase {
        if let Some(venue) = desk.someone_is_away() {
            if !std::mem::replace(&mut self.postponed, true) {
                actions.push(Action::Notice(Notice::ClosePostponed(venue)));
            }
            self.next_line = self.next_line.max(now.after(PNL_LINE));
            self.until = self.until.max(now.after(PNL_LINE));
            return Phase::Holding(self);
        }
        actions.extend(reason.map(Action::Notice));
        Flattening::close(desk, now, actions)
    }

    /// A fill that came late changes a leg: the pair is no longer neutral.
    fn still_ours(&self, desk: &Desk) -> bool {
        Venue::ALL.into_iter().all(|venue| desk.own(venue) == desk.open_side(venue).signed(self.qty))
    }

    /// Per leg: what closing now would bring, in 1e-6 of the entry price; `None` without a usable quote.
    fn profit_ppm(&self, desk: &Desk) -> PerVenue<Option<i64>> {
        PerVenue::from_fn(|venue| {
            let quote = desk.venues[venue].quote.ok()?;
            profit_ppm(desk.open_side(venue), self.entries[venue], &quote)
        })
    }

    /// The pair was held long enough.
    pub fn end(&mut self, now: Mono) {
        self.until = now;
    }

    /// End of the hold or next line.
    pub fn deadline(&self) -> Mono {
        self.until.min(self.next_line)
    }
}

/// Profit of a leg at the price it could be closed at now, in 1e-6 of its entry; `None` when the entry is not positive.
pub fn profit_ppm(side: Side, entry: Price, quote: &Bbo) -> Option<i64> {
    if !entry.is_positive() {
        return None;
    }
    let close = quote.touch(side.opposite());
    let gain = i128::from(close.units()) - i128::from(entry.units());
    let gain = match side {
        Side::Buy => gain,
        Side::Sell => -gain,
    };
    i64::try_from(gain * 1_000_000 / i128::from(entry.units())).ok()
}

/// The stop a leg has crossed, if any. Both bounds are inclusive.
pub fn stop_crossed(settings: &Settings, ppm: i64) -> Option<Stop> {
    if settings.stop_loss_ppm.is_some_and(|limit| ppm <= -limit) {
        return Some(Stop::Loss);
    }
    settings.take_profit_ppm.is_some_and(|limit| ppm >= limit).then_some(Stop::Profit)
}
