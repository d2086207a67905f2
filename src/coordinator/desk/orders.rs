//! Orders on behalf of the phases: ids, bounds, executions recorded once, and what comes after an order's end.

use super::Desk;
use crate::coordinator::event::{Action, Event};
use crate::coordinator::inflight::{OrderTrack, Outcome};
use crate::coordinator::journal::{PastOrder, Record};
use crate::coordinator::notice::Notice;
use crate::domain::{ClientOrderId, Fill, Mono, OrderIntent, Purpose, Qty, Side, TradeKey, Venue};
use crate::venue::{VenueCommand, VenueReport};
use std::collections::VecDeque;

/// Ended orders whose late fills and busts are still recognised.
const REMEMBERED_ORDERS: usize = 64;

/// An order a phase wants sent.
#[derive(Clone, Copy, Debug)]
pub struct OrderWish {
    /// Where.
    pub venue: Venue,
    /// Why.
    pub purpose: Purpose,
    /// Direction.
    pub side: Side,
    /// Size.
    pub qty: Qty,
    /// How far beyond the touch it may trade, in 1e-6.
    pub bound_ppm: i64,
}

/// An order that has ended, remembered for what comes late.
#[derive(Clone, Debug)]
struct EndedOrder {
    venue: Venue,
    cid: ClientOrderId,
    side: Side,
    fills: Vec<(TradeKey, Qty)>,
    by_fills: Qty,
    accounted: Qty,
}

/// The last orders that have ended, and the last executions that never were.
#[derive(Clone, Debug, Default)]
pub(super) struct EndedOrders {
    orders: VecDeque<EndedOrder>,
    busted: VecDeque<(Venue, TradeKey)>,
}

impl EndedOrders {
    fn push(&mut self, order: EndedOrder) {
        if self.orders.len() == REMEMBERED_ORDERS {
            self.orders.pop_front();
        }
        self.orders.push_back(order);
    }

    fn push_busted(&mut self, venue: Venue, key: TradeKey) {
        if self.busted.len() == REMEMBERED_ORDERS {
            self.busted.pop_front();
        }
        self.busted.push_back((venue, key));
    }
}

impl Desk {
    /// Sends one order bounded `bound_ppm` beyond the touch. `None` when ids or prices to make it from are missing.
    pub fn submit(&mut self, now: Mono, wish: OrderWish, actions: &mut Vec<Action>) -> Option<OrderTrack> {
        let OrderWish { venue, purpose, side, qty, bound_ppm } = wish;
        let spec = self.venues[venue].spec?;
        let quote = self.venues[venue].quote.ok().or(self.venues[venue].last_good)?;
        let cid = self.ids.next(venue, purpose)?;
        let purpose = cid.purpose();
        let (touch, valid_for) = (quote.touch(side), self.settings.order_validity);
        let bound = spec.bound(side, touch, bound_ppm);
        let mut intent = OrderIntent { cid, venue, purpose, side, qty, bound, valid_for };
        intent.bound = self.ahead.bound(&intent, touch, bound_ppm).unwrap_or(bound);
        actions.push(Action::Command(venue, VenueCommand::Submit(intent)));
        actions.push(Action::Record(Record::Sent(intent)));
        actions.push(Action::Notice(Notice::Placing { intent, quote }));
        self.positions.intend(venue, purpose, qty);
        self.busy[venue] = true;
        Some(OrderTrack::new(intent, now, self.settings.outcome_deadline))
    }

    /// Whether an order could be given an id now. While not, a reservation is under way.
    pub fn has_ids(&self) -> bool {
        self.ids.ready()
    }

    /// An order of an earlier run that is known to have ended: what comes late for it is recognised.
    pub fn remember(&mut self, order: &PastOrder) {
        let Some(accounted) = order.ended else { return };
        let OrderIntent { venue, cid, side, .. } = order.intent;
        let fills = order.fills.iter().map(|fill| (fill.key, fill.qty)).collect();
        self.ended.push(EndedOrder { venue, cid, side, fills, by_fills: order.by_fills(), accounted });
    }

    /// An earlier run sent this order, and the ledger does not know of it: its id is not used again.
    pub fn used(&mut self, cid: ClientOrderId) {
        self.ids.used(cid);
    }

    /// What earlier orders on `venue` did is not known yet: exposure until it is.
    pub fn set_unresolved(&mut self, venue: Venue, unresolved: bool) {
        self.busy[venue] = unresolved;
    }

    /// Passes a report to an order in flight and records what it executed; asks what is due.
    pub fn follow(&mut self, now: Mono, track: &mut OrderTrack, event: &Event, actions: &mut Vec<Action>) {
        self.hear(now, track, event, actions);
        track.on_time(now, actions);
    }

    /// As [`Desk::follow`], for an order that must not ask anything now.
    pub fn hear(&mut self, now: Mono, track: &mut OrderTrack, event: &Event, actions: &mut Vec<Action>) {
        let venue = track.venue();
        if let Event::Report(from, report) = event
            && *from == venue
        {
            if let Some(fill) = track.on_report(now, report, actions) {
                self.watch[venue].record(track.intent().side.signed(fill.qty));
                self.tally.fill(&fill);
                actions.push(Action::Record(Record::Filled { venue, fill }));
                actions.push(Action::Notice(Notice::Filled { venue, intent: *track.intent(), fill }));
            }
            if let Some(fill) = track.take_busted() {
                self.undo(now, venue, track.intent().side, fill.cid, fill.key, fill.qty, actions);
            }
        }
    }

    /// Books the final result of an order: what its fills did not tell is recorded from the venue's total.
    pub fn settle(&mut self, now: Mono, track: &OrderTrack, outcome: &Outcome, actions: &mut Vec<Action>) {
        let (venue, side, cid) = (track.venue(), track.intent().side, track.intent().cid);
        let by_fills = track.filled_so_far();
        let untold = outcome.filled - by_fills;
        if untold.is_positive() {
            self.watch[venue].record(side.signed(untold));
            self.tally.untold(side, untold, outcome.average.unwrap_or(track.intent().bound));
        }
        if outcome.filled > track.intent().qty {
            self.on_overfill(venue, track.intent().qty, outcome.filled, actions);
        }
        self.busy[venue] = false;
        self.watch[venue].quiet(now);
        let (filled, average, reason) = (outcome.filled, outcome.average, outcome.reason.clone());
        actions.push(Action::Record(Record::Ended { venue, cid, filled, average, reason }));
        let fills = track.fills().iter().map(|fill| (fill.key, fill.qty)).collect();
        self.ended.push(EndedOrder { venue, cid, side, fills, by_fills, accounted: filled });
    }

    /// A venue that fills more than was asked cannot be traded with: what is open is closed and the run ends.
    fn on_overfill(&mut self, venue: Venue, asked: Qty, filled: Qty, actions: &mut Vec<Action>) {
        actions.push(Action::Notice(Notice::Overfilled { venue, asked, filled }));
        let text = format!("{venue} filled {filled} of an order for {asked}");
        actions.push(Action::Record(Record::Incident { kind: "overfill", text }));
        self.broken.get_or_insert(super::ExitReason::Limit);
    }

    pub(super) fn on_late_fill(&mut self, venue: Venue, fill: &Fill, actions: &mut Vec<Action>) {
        let known = |order: &&mut EndedOrder| order.venue == venue && order.cid == fill.cid;
        let Some(order) = self.ended.orders.iter_mut().find(known) else { return };
        if order.fills.iter().any(|(key, _)| *key == fill.key) {
            return;
        }
        order.fills.push((fill.key, fill.qty));
        order.by_fills = order.by_fills + fill.qty;
        let excess = order.by_fills - order.accounted;
        if excess.is_positive() {
            order.accounted = order.by_fills;
            let change = order.side.signed(excess);
            self.watch[venue].record(change);
            actions.push(Action::Notice(Notice::LateFill { venue, qty: excess }));
            self.book_late(venue, fill.cid, change, actions);
        }
        actions.push(Action::Record(Record::Filled { venue, fill: *fill }));
        self.tally.fill(fill);
    }

    /// What changes an order of a cycle that is over belongs to no open cycle, and without one the next run would not know
    /// that something is open: it is booked on the cycle under way, or on one begun for it.
    fn book_late(&mut self, venue: Venue, cid: ClientOrderId, change: Qty, actions: &mut Vec<Action>) {
        if cid.cycle().is_some_and(|cycle| self.ids.is_open(cycle)) {
            return;
        }
        if self.ids.current().is_none() {
            self.ids.begin();
        }
        let cycle = self.ids.current();
        actions.extend(cycle.map(|cycle| Action::Record(Record::Corrected { cycle, venue, change })));
    }

    /// Whether this is a fill that the venue has undone already: messages overtake each other.
    pub fn is_undone(&self, event: &Event) -> bool {
        let Event::Report(venue, VenueReport::Filled(fill)) = event else { return false };
        self.ended.busted.contains(&(*venue, fill.key))
    }

    /// A fill of an order that has ended was undone by the venue.
    pub(super) fn on_bust(&mut self, now: Mono, venue: Venue, key: TradeKey, actions: &mut Vec<Action>) {
        self.ended.push_busted(venue, key);
        let known =
            |order: &&mut EndedOrder| order.venue == venue && order.fills.iter().any(|(own, _)| *own == key);
        let Some(order) = self.ended.orders.iter_mut().find(known) else {
            return self.watch[venue].look_now(now);
        };
        let undone: Qty = order.fills.iter().filter(|(own, _)| *own == key).map(|(_, qty)| *qty).sum();
        order.fills.retain(|(own, _)| *own != key);
        order.by_fills = order.by_fills - undone;
        order.accounted = order.accounted - undone;
        let (side, cid) = (order.side, order.cid);
        self.undo(now, venue, side, cid, key, undone, actions);
    }

    #[expect(clippy::too_many_arguments, reason = "one execution in its parts")]
    fn undo(
        &mut self,
        now: Mono,
        venue: Venue,
        side: Side,
        cid: ClientOrderId,
        key: TradeKey,
        qty: Qty,
        actions: &mut Vec<Action>,
    ) {
        let change = -side.signed(qty);
        self.watch[venue].record(change);
        self.watch[venue].look_now(now);
        actions.push(Action::Notice(Notice::FillBusted { venue, side, qty }));
        actions.push(Action::Record(Record::Busted { venue, cid, key }));
        self.book_late(venue, cid, change, actions);
    }
}
