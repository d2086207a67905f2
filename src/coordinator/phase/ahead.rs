//! Which orders a phase is likely to want next. Named to the venues so that they can be built and signed before the decision;
//! nothing here decides, and nothing depends on it.

use super::Phase;
use crate::coordinator::desk::{Cycle, Desk, OrderWish};
use crate::coordinator::event::Action;
use crate::coordinator::gate;
use crate::coordinator::settings::Mission;
use crate::domain::{Mono, PerVenue, Purpose, Side, Venue};

impl Phase {
    /// Names what may be decided next. Called after the event was dealt with: no decision waits for it.
    pub fn prepare(&self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
        match self {
            Self::Starting(phase) if phase.is_recovery() => {}
            Self::Starting(_) | Self::Idle(_) => openings(desk, now, actions),
            Self::Cooling(phase) if phase.ends_soon(now) => openings(desk, now, actions),
            Self::Opening(phase) => phase.ended_first().for_each(|venue| {
                reduction(desk, now, venue, Purpose::Unwind, actions);
            }),
            Self::Holding(_) => Venue::ALL.into_iter().for_each(|venue| {
                reduction(desk, now, venue, Purpose::Close, actions);
            }),
            // Flattening and evening out send at once whatever there is to send, and later attempts are not urgent.
            Self::Cooling(_)
            | Self::Recovering(_)
            | Self::Evening(_)
            | Self::Flattening(_)
            | Self::Halted(_)
            | Self::Ended => {}
        }
    }
}

/// Both legs of the next opening, and for each the order that takes it back: when that is needed there is no time, and the
/// leg's own order is still out.
fn openings(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
    let wanted = desk.settings.mission == Mission::Trade && !desk.stopping && desk.broken.is_none();
    let due = PerVenue::from_fn(|venue| wanted && desk.may_prepare(now, venue, Cycle::Next, Purpose::Open));
    if !due.any(|due| *due) {
        return;
    }
    let Some(entry) = gate::preview(desk, now) else { return };
    for venue in Venue::ALL.into_iter().filter(|venue| due[*venue]) {
        let side = desk.settings.open_side(venue);
        let bound_ppm = desk.settings.slippage_ppm;
        let open = OrderWish { venue, purpose: Purpose::Open, side, qty: entry.orders[venue], bound_ppm };
        let back = OrderWish { purpose: Purpose::Unwind, side: side.opposite(), qty: entry.qty, ..open };
        desk.prepare(now, Cycle::Next, open, actions);
        desk.prepare(now, Cycle::Next, back, actions);
    }
}

/// The reduce-only order that brings what a leg holds to zero.
fn reduction(desk: &mut Desk, now: Mono, venue: Venue, purpose: Purpose, actions: &mut Vec<Action>) {
    if !desk.may_prepare(now, venue, Cycle::Current, purpose) || desk.flat_at(venue) {
        return;
    }
    let own = desk.own(venue);
    let Some(held) = Side::of_position(own) else { return };
    let (side, qty) = (held.opposite(), own.abs());
    let wish = OrderWish { venue, purpose, side, qty, bound_ppm: desk.settings.slippage_ppm };
    desk.prepare(now, Cycle::Current, wish, actions);
}
