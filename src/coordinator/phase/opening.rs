//! Opening. Waits for: the final result of both orders. Leaves to: holding when both filled completely, evening
//! when both filled otherwise, flattening when one did, cooling when nothing was. Deadline: `outcome_deadline`, then cancel and ask. On restart:
//! recovering, which asks for both orders.

use super::{
    Phase, commands_first, cooling::Cooling, evening::Evening, flattening::Flattening, holding::Holding,
};
use crate::coordinator::desk::{Desk, OrderWish};
use crate::coordinator::event::{Action, Event, ExitReason};
use crate::coordinator::gate::Entry;
use crate::coordinator::inflight::{OrderTrack, Outcome};
use crate::coordinator::notice::Notice;
use crate::domain::{ClientOrderId, Mono, PerVenue, Purpose, Qty, Venue};
use crate::venue::{Reaction, VenueCommand};

/// Both opening orders are out.
#[derive(Clone, Debug)]
pub struct Opening {
    qty: Qty,
    orders: PerVenue<Qty>,
    tracks: PerVenue<OrderTrack>,
    outcomes: PerVenue<Option<Outcome>>,
}

impl Opening {
    /// Sends both legs at once.
    pub fn enter(desk: &mut Desk, now: Mono, entry: Entry, actions: &mut Vec<Action>) -> Phase {
        if !desk.new_cycle() {
            return super::idle::Idle::wait(now);
        }
        let wish = |venue| OrderWish {
            venue,
            purpose: Purpose::Open,
            side: desk.open_side(venue),
            qty: entry.orders[venue],
            bound_ppm: desk.settings.slippage_ppm,
        };
        let wishes = PerVenue::from_fn(wish);
        let first_line = actions.len();
        let paradex = desk.submit(now, wishes.paradex, actions);
        let lighter = desk.submit(now, wishes.lighter, actions);
        let (Some(paradex), Some(lighter)) = (paradex, lighter) else {
            // Ids are used up: nothing may be sent. Take the half-made opening back before anyone sees it.
            actions.truncate(first_line);
            return super::leave(desk, ExitReason::Limit, actions);
        };
        commands_first(&mut actions[first_line..]);
        let opening = Notice::Opening {
            cycle: desk.cycle,
            mids: entry.quotes.map(|quote| quote.mid()),
            average: entry.average,
            qty: entry.qty,
            margin: desk.settings.margin,
            reverse: desk.settings.reverse,
        };
        let after_commands = first_line + Venue::ALL.len();
        actions.insert(after_commands, Action::Notice(opening));
        let tracks = PerVenue { paradex, lighter };
        let (qty, orders) = (entry.qty, entry.orders);
        Phase::Opening(Self { qty, orders, tracks, outcomes: PerVenue::default() })
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        for venue in Venue::ALL {
            if self.outcomes[venue].is_some() {
                continue;
            }
            desk.follow(now, &mut self.tracks[venue], event, actions);
            self.outcomes[venue] = self.tracks[venue].outcome();
            if let Some(outcome) = self.outcomes[venue].clone() {
                self.on_outcome(desk, now, venue, &outcome, actions);
            }
        }
        if self.outcomes.all(Option::is_some) { self.judge(desk, now, actions) } else { Phase::Opening(self) }
    }

    fn on_outcome(
        &mut self,
        desk: &mut Desk,
        now: Mono,
        venue: Venue,
        outcome: &Outcome,
        actions: &mut Vec<Action>,
    ) {
        desk.settle(now, &self.tracks[venue], outcome, actions);
        if let Some(refusal) = &outcome.refusal {
            note_refusal(desk, venue, refusal.reaction, actions);
        }
        if outcome.filled == self.orders[venue] {
            let side = self.tracks[venue].intent().side;
            let opened = Notice::LegOpened { venue, side, qty: outcome.filled, price: outcome.average };
            actions.push(Action::Notice(opened));
            return;
        }
        let (filled, asked, reason) = (outcome.filled, self.orders[venue], outcome.reason.clone());
        actions.push(Action::Notice(Notice::LegNotFilled { venue, filled, asked, reason }));
        // This pair will not be held: the sooner the other order ends, the shorter it stands naked.
        if self.outcomes[venue.other()].is_none() {
            self.tracks[venue.other()].cancel(now, actions);
        }
    }

    fn judge(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        let filled = PerVenue::from_fn(|venue| outcome_filled(&self.outcomes[venue]));
        let entries = PerVenue::from_fn(|venue| self.entry_price(venue));
        if Venue::ALL.into_iter().all(|venue| filled[venue] == self.orders[venue]) && desk.broken.is_none() {
            return Holding::enter(desk, now, self.qty, entries, actions);
        }
        if desk.flat() {
            return Cooling::after_failure(desk, now, actions);
        }
        if filled.all(|leg| leg.is_positive()) && !desk.stopping && desk.broken.is_none() {
            return Evening::enter(desk, now, self.qty, entries, actions);
        }
        self.roll_back(desk, now, actions)
    }

    fn roll_back(&self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        for venue in Venue::ALL.into_iter().filter(|venue| !desk.flat_at(*venue)) {
            let qty = desk.own(venue).abs();
            let price = self.outcomes[venue].as_ref().and_then(|outcome| outcome.average);
            actions.push(Action::Notice(Notice::RollingBack { venue, qty, price }));
        }
        Flattening::unwind(desk, now, actions)
    }

    /// Average fill price; where the venue never told it, the bound: the worst it can have been.
    fn entry_price(&self, venue: Venue) -> crate::domain::Price {
        let told = self.outcomes[venue].as_ref().and_then(|outcome| outcome.average);
        told.unwrap_or(self.tracks[venue].intent().bound)
    }

    /// Legs whose order has ended while the other's has not: what they hold may have to be taken back at any moment.
    pub fn ended_first(&self) -> impl Iterator<Item = Venue> {
        let ended = |venue: &Venue| self.outcomes[*venue].is_some();
        Venue::ALL.into_iter().filter(move |venue| ended(venue) && !ended(&venue.other()))
    }

    /// Next look at an order without an end.
    pub fn deadline(&self) -> Option<Mono> {
        Venue::ALL
            .into_iter()
            .filter(|venue| self.outcomes[*venue].is_none())
            .filter_map(|venue| self.tracks[venue].deadline())
            .min()
    }

    /// Orders whose end is not known.
    pub fn unresolved(&self) -> Vec<(Venue, ClientOrderId)> {
        let open = Venue::ALL.into_iter().filter(|venue| self.outcomes[*venue].is_none());
        open.map(|venue| (venue, self.tracks[venue].intent().cid)).collect()
    }
}

fn outcome_filled(outcome: &Option<Outcome>) -> Qty {
    outcome.as_ref().map_or(Qty::ZERO, |outcome| outcome.filled)
}

/// What a refused opening means for the openings after it.
fn note_refusal(desk: &mut Desk, venue: Venue, reaction: Reaction, actions: &mut Vec<Action>) {
    match reaction {
        Reaction::Stop => desk.broken = Some(ExitReason::Configuration),
        Reaction::Margin => actions.push(Action::Command(venue, VenueCommand::AskBalance)),
        Reaction::ReadPosition => actions.push(Action::Command(venue, VenueCommand::AskPosition)),
        Reaction::Reauthenticate
        | Reaction::ResyncNonce
        | Reaction::BackOff
        | Reaction::Reprice
        | Reaction::ReloadMarket
        | Reaction::VenueClosed
        | Reaction::NotSent
        | Reaction::Unknown => {}
    }
}
