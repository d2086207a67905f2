//! The truth at one venue: orders by client id, executions, the position and whose it is. It knows its rules and nothing of
//! networks; when and whether anybody learns of it is the world's affair.

use super::fate::Fate;
use crate::domain::{
    ClientOrderId, Fill, MarketSpec, OrderIntent, Price, Qty, Side, TradeKey, Usd, Venue, Wall,
};

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On its way: it may still arrive.
    UnderWay,
    /// Taken and alive.
    Working,
    /// Ended.
    Ended,
    /// It never became an order and never will.
    Void,
}

/// One order as the venue knows it, or will.
#[derive(Clone, Debug)]
pub struct Order {
    /// What was sent.
    pub intent: OrderIntent,
    /// When it was sent.
    pub sent: u64,
    /// From here on it cannot be executed (law R1).
    pub dead_at: u64,
    /// What becomes of it.
    pub fate: Fate,
    /// Where it is.
    pub stage: Stage,
    /// Cumulative fill.
    pub filled: Qty,
    /// Executions.
    pub fills: Vec<Fill>,
    /// When it last changed.
    pub changed: u64,
    /// The session has told the end.
    pub told: bool,
    /// An execution was undone, or its total was misreported: what is believed of it may differ.
    pub tampered: bool,
}

impl Order {
    /// Whether it can still change a position.
    pub fn can_execute(&self, now: u64) -> bool {
        match self.stage {
            Stage::UnderWay => now < self.dead_at,
            Stage::Working => true,
            Stage::Ended | Stage::Void => false,
        }
    }
}

/// The truth at one venue.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Which.
    pub venue: Venue,
    /// Its rules.
    pub spec: MarketSpec,
    /// Every order ever sent.
    pub orders: Vec<Order>,
    /// Signed position of the account.
    position: Qty,
    /// Of it, what our orders made.
    own: Qty,
    /// Positions over time, for readings that lag.
    history: Vec<(u64, Qty)>,
    trades: u64,
    /// How often something else than our orders moved our position.
    pub disturbances: u32,
}

/// One execution and what it did to our position.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    /// What the venue reports.
    pub fill: Fill,
    /// Our position before.
    pub before: Qty,
    /// And after.
    pub after: Qty,
}

impl Exchange {
    /// A venue without orders.
    pub fn new(venue: Venue, spec: MarketSpec) -> Self {
        Self {
            venue,
            spec,
            orders: Vec::with_capacity(32),
            position: Qty::ZERO,
            own: Qty::ZERO,
            history: Vec::with_capacity(64),
            trades: 0,
            disturbances: 0,
        }
    }

    /// Signed position of the account.
    pub fn position(&self) -> Qty {
        self.position
    }

    /// Of it, what our orders made.
    pub fn own(&self) -> Qty {
        self.own
    }

    /// The position as it was at `at`.
    pub fn position_at(&self, at: u64) -> Qty {
        let later = self.history.partition_point(|(when, _)| *when <= at);
        later.checked_sub(1).map_or(Qty::ZERO, |index| self.history[index].1)
    }

    /// The order of this id.
    pub fn order(&self, cid: ClientOrderId) -> Option<&Order> {
        self.orders.iter().rev().find(|order| order.intent.cid == cid)
    }

    /// The order of this id.
    pub fn order_mut(&mut self, cid: ClientOrderId) -> Option<&mut Order> {
        self.orders.iter_mut().rev().find(|order| order.intent.cid == cid)
    }

    /// An order of ours that can still change the position.
    pub fn live_order(&self, now: u64) -> Option<&Order> {
        self.orders.iter().rev().find(|order| order.can_execute(now))
    }

    /// What a reduce-only order of this intent may fill at most.
    pub fn reducible(&self, intent: &OrderIntent) -> Qty {
        let opposite = Side::of_position(self.position) == Some(intent.side.opposite());
        if opposite { intent.qty.min(self.position.abs()) } else { Qty::ZERO }
    }

    /// Executes part of an order.
    pub fn execute(&mut self, now: u64, cid: ClientOrderId, qty: Qty, price: Price) -> Option<Execution> {
        self.trades += 1;
        let key = TradeKey::from_text(0, &self.trades.to_string());
        let order = self.order_mut(cid)?;
        let side = order.intent.side;
        let fill = Fill { cid, key, side, qty, price, fee: Usd::ZERO, at: Wall(0) };
        order.filled = order.filled + qty;
        order.fills.push(fill);
        order.changed = now;
        let before = self.own;
        let after = before + side.signed(qty);
        self.own = after;
        self.moved(now, side.signed(qty));
        Some(Execution { fill, before, after })
    }

    /// Undoes an execution: as if it had never been.
    pub fn bust(&mut self, now: u64, key: TradeKey) {
        let found = self.orders.iter_mut().rev().find(|order| order.fills.iter().any(|fill| fill.key == key));
        let Some(order) = found else { return };
        let undone: Qty = order.fills.iter().filter(|fill| fill.key == key).map(|fill| fill.qty).sum();
        order.fills.retain(|fill| fill.key != key);
        order.filled = order.filled - undone;
        (order.changed, order.tampered) = (now, true);
        let change = -order.intent.side.signed(undone);
        self.own = self.own + change;
        self.disturbances += 1;
        self.moved(now, change);
    }

    /// Somebody else trades.
    pub fn foreign_trade(&mut self, now: u64, change: Qty) {
        self.disturbances += 1;
        self.moved(now, change);
    }

    /// What is ours is nobody's any more: the ledger that knew it is gone.
    pub fn disown(&mut self) {
        self.own = Qty::ZERO;
        self.disturbances += 1;
    }

    /// Positions cannot be told apart: ours is what our orders made, but no more than is there.
    fn moved(&mut self, now: u64, change: Qty) {
        self.position = self.position + change;
        self.history.push((now, self.position));
        let same = Side::of_position(self.own) == Side::of_position(self.position);
        self.own = match Side::of_position(self.own) {
            Some(side) if same => side.signed(self.own.abs().min(self.position.abs())),
            _ => Qty::ZERO,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CycleId, Purpose};
    use std::time::Duration;

    fn sent(exchange: &mut Exchange, purpose: Purpose, side: Side, qty: i64) -> OrderIntent {
        let cycle = CycleId::new(1, 1).expect("in range");
        let intent = OrderIntent {
            cid: ClientOrderId::new(cycle, Venue::Paradex, purpose, 0).expect("in range"),
            venue: Venue::Paradex,
            purpose,
            side,
            qty: Qty::from_whole(qty),
            bound: Price::from_whole(100),
            valid_for: Duration::from_secs(2),
        };
        exchange.orders.push(Order {
            intent,
            sent: 0,
            dead_at: 2_000_000_000,
            fate: Fate::GOOD,
            stage: Stage::Working,
            filled: Qty::ZERO,
            fills: Vec::new(),
            changed: 0,
            told: false,
            tampered: false,
        });
        intent
    }

    #[test]
    fn ours_is_what_our_orders_made_and_never_more_than_is_there() {
        let qty = Qty::from_whole;
        let mut venue = Exchange::new(Venue::Paradex, super::super::plan::spec(1_000, 1_000));
        let open = sent(&mut venue, Purpose::Open, Side::Buy, 3);
        let price = Price::from_whole(100);
        let execution = venue.execute(10, open.cid, qty(3), price).expect("an order");
        assert_eq!((venue.position(), venue.own(), execution.after), (qty(3), qty(3), qty(3)));
        venue.foreign_trade(20, qty(2));
        assert_eq!((venue.position(), venue.own()), (qty(5), qty(3)));
        venue.foreign_trade(30, qty(-4));
        assert_eq!((venue.position(), venue.own()), (qty(1), qty(1)));
        let close = sent(&mut venue, Purpose::Close, Side::Sell, 3);
        assert_eq!(venue.reducible(&close), qty(1));
        venue.bust(40, execution.fill.key);
        assert_eq!((venue.position(), venue.own()), (qty(-2), qty(-2)));
        assert_eq!([5, 10, 25, 99].map(|at| venue.position_at(at)), [qty(0), qty(3), qty(5), qty(-2)]);
    }
}
