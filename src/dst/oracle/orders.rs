//! Rules about what is sent and what it does.

use super::{Invariant, Known, Oracle};
use crate::domain::{ClientOrderId, MarketSpec, OrderIntent, PerVenue, Price, Purpose, Qty, Side, Venue};
use crate::dst::disk::Disk;
use crate::dst::exchange::{Exchange, Execution, Order, Stage};
use crate::venue::VenueCommand;

/// Furthest a closing order may reach beyond the touch, in 1e-6.
const CLOSING_CAP_PPM: i64 = 30_000;
/// Commands to both venues within one second that nobody needs more of.
const COMMANDS_PER_SECOND: u32 = 60;
/// Price and size units in one.
const SCALE: i128 = 100_000_000;

impl Oracle {
    /// A command leaves the process.
    pub fn on_command(
        &mut self,
        now: u64,
        venue: Venue,
        command: &VenueCommand,
        venues: &PerVenue<Exchange>,
        disk: &Disk,
    ) {
        if let VenueCommand::Prepare(intent) = command {
            return self.on_prepare(now, venue, intent, venues);
        }
        let second = now / 1_000_000_000;
        self.commands = if self.commands.0 == second { (second, self.commands.1 + 1) } else { (second, 1) };
        if self.commands.1 == COMMANDS_PER_SECOND {
            self.broken(Invariant::Bounded, now, format!("{COMMANDS_PER_SECOND} commands in one second"));
        }
        match command {
            VenueCommand::Submit(intent) => self.on_submit(now, venue, intent, venues, disk),
            VenueCommand::Cancel(cid) => {
                if cid.cycle().is_none_or(|cycle| cycle.ledger() != disk.ledger()) {
                    self.broken(Invariant::OnlyOwnOrders, now, format!("cancels {cid}, which is not ours"));
                }
            }
            VenueCommand::Start
            | VenueCommand::Prepare(_)
            | VenueCommand::AskOrder(_)
            | VenueCommand::AskPosition
            | VenueCommand::AskOpenOrders
            | VenueCommand::AskBalance
            | VenueCommand::Shutdown => {}
        }
    }

    /// An order is named ahead. Nothing leaves, so nothing is counted; but an id that is out already must not be named again.
    fn on_prepare(&mut self, now: u64, venue: Venue, intent: &OrderIntent, venues: &PerVenue<Exchange>) {
        if venues[venue].order(intent.cid).is_some() {
            self.broken(
                Invariant::OneIntentOneOrder,
                now,
                format!("{} was sent and is named again", intent.cid),
            );
        }
    }

    fn on_submit(
        &mut self,
        now: u64,
        venue: Venue,
        intent: &OrderIntent,
        venues: &PerVenue<Exchange>,
        disk: &Disk,
    ) {
        let cid = intent.cid;
        self.unrecorded.push(cid);
        // What an earlier process sent in vain, and could not record, may be sent again: it was never accepted.
        let earlier = |order: &Order| {
            order.stage == Stage::Void && self.up_since.is_some_and(|since| order.sent < since)
        };
        if venues[venue].order(cid).is_some_and(|order| !earlier(order)) {
            self.broken(Invariant::OneIntentOneOrder, now, format!("{cid} is sent again"));
        }
        if !cid.cycle().is_some_and(|cycle| disk.has_reserved(cycle)) {
            self.broken(Invariant::ReservedBeforeSent, now, format!("{cid} was never reserved"));
        }
        if cid.venue() != venue || intent.venue != venue {
            self.broken(Invariant::PriceAndSize, now, format!("{cid} is meant for the other venue"));
        }
        if let Some(live) = venues[venue].live_order(now) {
            let text = format!("{cid} is sent to {venue} while {} may still be executed", live.intent.cid);
            self.broken(Invariant::OneOpenOrder, now, text);
        }
        self.check_price_and_size(now, venue, intent);
        if cid.purpose() != intent.purpose {
            self.broken(Invariant::NeverFlips, now, format!("{cid} says another purpose than it has"));
        }
        match intent.purpose {
            Purpose::Open => self.on_opening(now, venue, intent, venues),
            Purpose::Close | Purpose::Unwind | Purpose::Flatten => {
                self.on_reducing(now, venue, intent, &venues[venue]);
            }
        }
    }

    fn check_price_and_size(&mut self, now: u64, venue: Venue, intent: &OrderIntent) {
        let Known { quote: Some(quote), spec: Some(spec), .. } = self.known[venue] else {
            let text = format!("{} was made without rules or quote", intent.cid);
            return self.broken(Invariant::PriceAndSize, now, text);
        };
        let reduces = intent.purpose.reduce_only();
        // What was opened on another grid is closed as it is.
        let size_fits = intent.qty.is_multiple_of(spec.step) || (reduces && self.known[venue].regridded);
        let on_grid = intent.qty.is_positive()
            && size_fits
            && intent.bound.is_positive()
            && intent.bound.is_multiple_of(spec.tick);
        if !on_grid {
            let text = format!("{} of {} at {} is off the grid", intent.cid, intent.qty, intent.bound);
            self.broken(Invariant::PriceAndSize, now, text);
        }
        let slippage = self.settings.slippage_ppm;
        let cap = if reduces { slippage.max(CLOSING_CAP_PPM) } else { slippage };
        let touch = quote.touch(intent.side);
        if beyond_ppm(intent.side, touch, intent.bound) > i128::from(cap) {
            let text = format!("{} may trade at {}, the touch is {touch}", intent.cid, intent.bound);
            self.broken(Invariant::PriceAndSize, now, text);
        }
        if !reduces && below_minimum(&spec, intent.qty, quote.ask) {
            let text = format!("{} of {} is below the minimum of {venue}", intent.cid, intent.qty);
            self.broken(Invariant::PriceAndSize, now, text);
        }
    }

    fn on_opening(&mut self, now: u64, venue: Venue, intent: &OrderIntent, venues: &PerVenue<Exchange>) {
        let first = intent.cid.attempt() == 0;
        if first && let Some(most) = self.most_a_leg_may_be() {
            self.clip[venue] = most;
        }
        let after = venues[venue].own() + intent.side.signed(intent.qty);
        if self.answerable(venue) && after.abs() > self.clip[venue] {
            let text = format!("{} would make a leg of {after}, not {}", intent.cid, self.clip[venue]);
            self.broken(Invariant::Clip, now, text);
        }
        if first && venue == Venue::ALL[0] {
            self.openings_in_row += 1;
            if self.openings_in_row > self.settings.failures_max {
                self.broken(Invariant::Budget, now, format!("{} openings in a row", self.openings_in_row));
            }
        }
        if first && self.thread_died {
            self.broken(Invariant::DeadThreadEnds, now, format!("{} opens all the same", intent.cid));
        }
        let closed = self.closed_gates(now, venue, intent, first, venues);
        if !closed.is_empty() {
            let text = format!("{} is sent although {}", intent.cid, closed.join(", "));
            self.broken(Invariant::GatesBeforeOpening, now, text);
        }
    }

    /// What should have kept this opening from being sent.
    fn closed_gates(
        &self,
        now: u64,
        venue: Venue,
        intent: &OrderIntent,
        first: bool,
        venues: &PerVenue<Exchange>,
    ) -> Vec<&'static str> {
        let known = &self.known[venue];
        let age = known.quote.map_or(u64::MAX, |quote| now - quote.received.0);
        let other = venues[venue.other()].live_order(now);
        let flat = |venue: Venue| !self.answerable(venue) || self.is_dust(venues, venues[venue].own());
        let rules = [
            (known.quote_ok, "its quote is unusable"),
            (u128::from(age) <= self.settings.quote_age_max.as_nanos(), "its quote is old"),
            (known.ready, "the venue is not ready"),
            (known.takes_openings, "the venue takes no openings"),
            (self.stopping == 0, "the operator wants to stop"),
            (!first || !self.fatal, "a venue said that nothing helps"),
            (!first || !self.ledger_failing, "the ledger cannot be written"),
            (
                !first || known.free.is_some_and(|free| free >= self.settings.margin + self.settings.margin),
                "money is short",
            ),
            (!first || (flat(venue) && flat(venue.other())), "something is open"),
            (
                other.is_none_or(|order| first && same_cycle(order.intent.cid, intent.cid)),
                "an order has no end yet",
            ),
        ];
        rules.into_iter().filter(|(open, _)| !open).map(|(_, why)| why).collect()
    }

    fn on_reducing(&mut self, now: u64, venue: Venue, intent: &OrderIntent, exchange: &Exchange) {
        let own = exchange.own();
        let fits = Side::of_position(own) == Some(intent.side.opposite()) && intent.qty <= own.abs();
        if self.answerable(venue) && !fits {
            let text =
                format!("{:?} {} of {} is sent while {own} is held", intent.side, intent.qty, intent.cid);
            self.broken(Invariant::NeverFlips, now, text);
        }
    }

    /// The venue executed something of an order of ours.
    pub fn on_execution(&mut self, now: u64, venue: Venue, intent: &OrderIntent, done: &Execution) {
        if !self.answerable(venue) {
            return;
        }
        let (before, after) = (done.before, done.after);
        if intent.purpose.reduce_only() {
            let same_side = after.is_zero() || Side::of_position(after) == Side::of_position(before);
            if !same_side || after.abs() > before.abs() {
                let text = format!("{} took {before} to {after}", intent.cid);
                self.broken(Invariant::NeverFlips, now, text);
            }
        } else if after.abs() > self.clip[venue] {
            let text = format!("{} made a leg of {after}, not {}", intent.cid, self.clip[venue]);
            self.broken(Invariant::Clip, now, text);
        }
    }

    /// The size that the margin buys at the mean of both quotes.
    fn most_a_leg_may_be(&self) -> Option<Qty> {
        let mid = |venue: Venue| {
            self.known[venue].quote.map(|quote| i128::from(quote.bid.units()) + i128::from(quote.ask.units()))
        };
        let quadruple = mid(Venue::Paradex)? + mid(Venue::Lighter)?;
        // One unit of rounding in each mid and in their mean.
        let average = quadruple / 4 - 2;
        let qty = i128::from(self.settings.margin.units()) * SCALE / average;
        i64::try_from(qty).ok().map(Qty::from_units)
    }

    /// Too little for the coarser venue to take as an order of its own.
    pub(super) fn is_dust(&self, venues: &PerVenue<Exchange>, qty: Qty) -> bool {
        let price =
            self.known.iter().find_map(|(_, known)| known.quote).map_or(Price::ZERO, |quote| quote.bid);
        venues.iter().any(|(_, venue)| below_minimum(&venue.spec, qty.abs(), price))
    }
}

fn same_cycle(a: ClientOrderId, b: ClientOrderId) -> bool {
    a.cycle() == b.cycle() && b.purpose() == Purpose::Open && a.purpose() == Purpose::Open
}

fn below_minimum(spec: &MarketSpec, qty: Qty, price: Price) -> bool {
    let value = i128::from(qty.units()) * i128::from(price.units()) / SCALE;
    qty < spec.min_qty || value < i128::from(spec.min_notional.units())
}

/// How far `bound` lies beyond `touch`, in 1e-6 rounded down.
fn beyond_ppm(side: Side, touch: Price, bound: Price) -> i128 {
    let beyond = match side {
        Side::Buy => i128::from(bound.units()) - i128::from(touch.units()),
        Side::Sell => i128::from(touch.units()) - i128::from(bound.units()),
    };
    // Rounding may move the bound by less than the millionth that is tested.
    (beyond - 1) * 1_000_000 / i128::from(touch.units().max(1))
}
