//! Orders on their way, at the venue, and what is told of them.

use super::{Item, World};
use crate::domain::{ClientOrderId, OrderIntent, Price, Qty, Side, Usd, Venue};
use crate::dst::exchange::{Order, Stage};
use crate::dst::fate::{Fate, Part, Road};
use crate::dst::fault::Fault;
use crate::dst::plan::MS;
use crate::venue::{Reaction, Refusal, VenueReport};

/// How far the venue's clock may be behind ours when it drops what is too old.
const CLOCKS_APART: u64 = 150 * MS;

impl World<'_> {
    /// An order leaves the process.
    pub(super) fn submit(&mut self, venue: Venue, intent: OrderIntent) {
        self.figures.orders += 1;
        let fate = self.fate_of(venue, &intent);
        let valid_for = u64::try_from(intent.valid_for.as_nanos()).unwrap_or(u64::MAX / 4);
        let order = Order {
            intent,
            sent: self.now,
            dead_at: self.now + valid_for + CLOCKS_APART,
            fate,
            stage: Stage::UnderWay,
            filled: Qty::ZERO,
            fills: Vec::new(),
            changed: self.now,
            told: false,
            tampered: false,
        };
        self.venues[venue].orders.push(order);
        let cid = intent.cid;
        if !self.lines[venue].up || fate.refusal == Some(Reaction::NotSent) {
            return self.refuse(venue, cid, Reaction::NotSent);
        }
        if fate.unknown {
            let at = self.now + self.latency(venue);
            self.tell(at, venue, VenueReport::OrderUnknown { cid, cause: "connection lost".to_owned() });
        }
        let way = self.latency(venue);
        match fate.road {
            Road::Arrives => self.agenda.add(self.now + way, Item::Arrive(venue, cid)),
            Road::Late(by) => self.agenda.add(self.now + by, Item::Arrive(venue, cid)),
            Road::Lost => self.set_stage(venue, cid, Stage::Void),
        }
    }

    fn fate_of(&mut self, venue: Venue, intent: &OrderIntent) -> Fate {
        if let Some(script) = &mut self.plan.script {
            return script.fate(intent);
        }
        let (mut fate, struck) = Fate::draw(&mut self.faults, intent);
        for fault in struck {
            self.struck(fault, Some(venue));
        }
        let small = intent.purpose.reduce_only() && self.is_small(venue, intent.qty);
        if small && self.faults.strikes(Fault::RejectSmall) {
            self.struck(Fault::RejectSmall, Some(venue));
            fate.refusal = Some(Reaction::ReloadMarket);
        }
        fate
    }

    fn is_small(&self, venue: Venue, qty: Qty) -> bool {
        let spec = self.venues[venue].spec;
        let quote = self.market.quote(venue, &spec, self.mono());
        qty < spec.min_qty || quote.bid.notional(qty) < spec.min_notional
    }

    fn set_stage(&mut self, venue: Venue, cid: ClientOrderId, stage: Stage) {
        let now = self.now;
        if let Some(order) = self.venues[venue].order_mut(cid) {
            (order.stage, order.changed) = (stage, now);
        }
    }

    fn refuse(&mut self, venue: Venue, cid: ClientOrderId, reaction: Reaction) {
        self.set_stage(venue, cid, Stage::Void);
        if reaction != Reaction::NotSent && !self.lines[venue].up {
            return;
        }
        if let Some(order) = self.venues[venue].order_mut(cid) {
            order.told = true;
        }
        let at = self.now + if reaction == Reaction::NotSent { MS } else { self.latency(venue) };
        let refusal = Refusal { code: "refused".to_owned(), text: "no".to_owned(), reaction };
        self.tell(at, venue, VenueReport::OrderRefused { cid, refusal });
    }

    /// The venue looks at a new order.
    pub(super) fn order_arrives(&mut self, venue: Venue, cid: ClientOrderId) {
        let Some(order) = self.venues[venue].order(cid) else { return };
        let (intent, fate, dead_at) = (order.intent, order.fate, order.dead_at);
        if self.now >= dead_at {
            return self.set_stage(venue, cid, Stage::Void);
        }
        let line = &self.lines[venue];
        let closed = self.now < line.closed_until
            || (self.now < line.closing_only_until && !intent.purpose.reduce_only());
        let refusal = if closed { Some(Reaction::VenueClosed) } else { fate.refusal };
        if let Some(reaction) = refusal {
            return if fate.silent {
                self.set_stage(venue, cid, Stage::Void)
            } else {
                self.refuse(venue, cid, reaction)
            };
        }
        let empty = intent.purpose.reduce_only() && self.venues[venue].reducible(&intent).is_zero();
        if empty && self.plan.habits[venue].refuses_empty_reduce && !fate.silent {
            return self.refuse(venue, cid, Reaction::ReadPosition);
        }
        self.set_stage(venue, cid, Stage::Working);
        let wait = self.plan.habits[venue].order_delay + fate.hangs.unwrap_or(0);
        let at = self.now + wait;
        if wait == 0 {
            return self.match_order(venue, cid);
        }
        self.agenda.add(at.min(dead_at), Item::Match(venue, cid));
    }

    /// An order that has waited is matched, or has died.
    pub(super) fn working_order(&mut self, venue: Venue, cid: ClientOrderId) {
        let Some(order) = self.venues[venue].order(cid) else { return };
        if order.stage != Stage::Working {
            return;
        }
        if self.now >= order.dead_at { self.end_order(venue, cid) } else { self.match_order(venue, cid) }
    }

    /// What may be executed, at which price.
    fn executable(&self, venue: Venue, intent: &OrderIntent, part: Part) -> (Qty, Price) {
        let spec = self.venues[venue].spec;
        let touch = self.market.quote(venue, &spec, self.mono()).touch(intent.side);
        let crosses = match intent.side {
            Side::Buy => touch <= intent.bound,
            Side::Sell => touch >= intent.bound,
        };
        let most =
            if intent.purpose.reduce_only() { self.venues[venue].reducible(intent) } else { intent.qty };
        let step = spec.step;
        let qty = match part {
            _ if !crosses => Qty::ZERO,
            Part::All => most,
            Part::Some(thousandths) => Qty::from_units(most.units() * thousandths / 1_000).floor_to(step),
            Part::Nothing => Qty::ZERO,
            Part::Over => most + step,
        };
        (qty, touch)
    }

    fn match_order(&mut self, venue: Venue, cid: ClientOrderId) {
        let Some(order) = self.venues[venue].order(cid) else { return };
        let (intent, fate) = (order.intent, order.fate);
        let (qty, price) = self.executable(venue, &intent, fate.part);
        if qty > intent.qty {
            self.oracle.disturbed(self.now, venue);
            if let Some(order) = self.venues[venue].order_mut(cid) {
                order.tampered = true;
            }
        }
        let step = self.venues[venue].spec.step;
        let mut left = qty;
        let mut pieces = if left > step + step + step { 1 + self.dice.below(3) } else { 1 };
        while left.is_positive() {
            let share = Qty::from_units(left.units() / i64::try_from(pieces).unwrap_or(1).max(1));
            let piece = if pieces <= 1 { left } else { share.floor_to(step) };
            pieces = pieces.saturating_sub(1).max(1);
            left = left - piece;
            let Some(done) = self.venues[venue].execute(self.now, cid, piece, price) else { return };
            self.trace.line(self.now, || {
                format!("      {venue} executes {piece} of {cid}: {} -> {}", done.before, done.after)
            });
            self.oracle.on_execution(self.now, venue, &intent, &done);
            if !fate.silent {
                self.stream(
                    venue,
                    VenueReport::Filled(done.fill),
                    fate.fills_late + fate.reports_late,
                    fate.fills_late == 0,
                );
            }
        }
        self.end_order(venue, cid);
        self.oracle.look(self.now, &self.venues, &mut self.figures);
    }

    /// A cancellation ends an order that works.
    pub(super) fn cancel_arrives(&mut self, venue: Venue, cid: ClientOrderId) {
        if self.venues[venue].order(cid).is_some_and(|order| order.stage == Stage::Working) {
            self.end_order(venue, cid);
        }
    }

    fn end_order(&mut self, venue: Venue, cid: ClientOrderId) {
        self.set_stage(venue, cid, Stage::Ended);
        let Some(order) = self.venues[venue].order(cid) else { return };
        let (fate, filled, average) = (order.fate, order.filled, order.fills.first().map(|fill| fill.price));
        if fate.silent {
            return;
        }
        let late = fate.reports_late;
        self.stream(venue, VenueReport::OrderAcked { cid }, fate.ack_late + late, fate.ack_late == 0);
        if fate.wrong_total {
            let wrong = if filled.units() > 1_000 {
                filled - Qty::from_units(1_000)
            } else {
                filled + Qty::from_units(1_000)
            };
            if let Some(order) = self.venues[venue].order_mut(cid) {
                order.tampered = true;
            }
            self.oracle.disturbed(self.now, venue);
            let reason = "closed".to_owned();
            self.stream(venue, VenueReport::OrderEnded { cid, filled: wrong, average, reason }, late, true);
        }
        let reason = "closed".to_owned();
        let told = self.stream(venue, VenueReport::OrderEnded { cid, filled, average, reason }, late, true);
        if let Some(order) = self.venues[venue].order_mut(cid) {
            order.told |= told;
        }
        if self.plan.habits[venue].tells_position {
            let (qty, asked) = (self.venues[venue].position(), self.mono());
            self.stream(venue, VenueReport::Position { qty, asked, answer: false }, late, true);
        }
        if self.dice.chance_ppm(500_000) {
            let report = VenueReport::Balance { free: Usd::from_whole(10_000) };
            self.stream(venue, report, late, true);
        }
    }
}
