//! Price-time matching of one coming order against the book (paradex.md 2.3, 4.1).

use super::{Event, Exchange, Symbol, Trade};
use crate::domain::{Price, Qty, Side, Usd};
use crate::sim::exchange::book::{OrderNo, Owner, Resting};
use crate::sim::paradex::words::{CancelReason, Instruction, SelfTrade, Status};
use std::collections::BTreeSet;

/// How far an order may go.
#[derive(Clone, Copy, Debug)]
struct Reach {
    side: Side,
    /// Worst price of any fill.
    worst: Price,
    /// Worst average price of all fills of an order at market.
    average: Option<Price>,
}

impl Reach {
    /// What may trade at `price` after `filled` for `value`, up to `wanted`.
    fn allows(&self, price: Price, wanted: Qty, filled: Qty, value: Usd, step: Qty) -> Qty {
        let beyond = |bound: Price| match self.side {
            Side::Buy => price > bound,
            Side::Sell => price < bound,
        };
        if beyond(self.worst) {
            return Qty::ZERO;
        }
        let Some(bound) = self.average.filter(|bound| beyond(*bound)) else { return wanted };
        // What earlier fills saved against the bound pays for what this price is beyond it.
        let saved = (bound.notional(filled) - value).units() * if self.side == Side::Buy { 1 } else { -1 };
        let over = Price::from_units((price - bound).units().abs());
        Usd::from_units(saved.max(0)).quantity_at(over).floor_to(step).min(wanted)
    }
}

impl Exchange {
    /// An order that passed the risk check takes what it may, then rests or ends.
    pub(super) fn trade(&mut self, no: OrderNo) {
        let Some(order) = self.orders.get(&no) else { return };
        let (symbol, owner, asked) = (order.asked.symbol, order.owner, order.asked.clone());
        if asked.instruction == Instruction::PostOnly
            && self.market(symbol).book.crossing(asked.side, asked.price)
        {
            return self.close(no, Some(CancelReason::PostOnly));
        }
        let mut touched = BTreeSet::new();
        let stopped = self.take(no, &mut touched);
        let remaining = self.orders.get(&no).map_or(Qty::ZERO, |order| order.remaining);
        let rests = asked.instruction != Instruction::Ioc && !asked.kind.at_market();
        if remaining.is_zero() {
            self.close(no, None);
        } else if stopped || !rests {
            let reason = if stopped { CancelReason::SelfTrade } else { CancelReason::Unfilled };
            self.close(no, Some(reason));
        } else {
            let (side, price) = (asked.side, asked.price);
            self.market_mut(symbol).book.rest(Resting { no, owner, side, price, remaining });
            self.set_status(no, Status::Open);
        }
        self.commit(symbol);
        self.after_fills(symbol, &touched);
        if rests && !touched.contains(&owner) {
            self.show_account(owner);
        }
    }

    /// Trades an order against the book; true when self-trade prevention ended it.
    fn take(&mut self, no: OrderNo, touched: &mut BTreeSet<Owner>) -> bool {
        let Some(reach) = self.reach(no) else { return false };
        let mut cap = self.partial_cap(no);
        loop {
            let Some(order) = self.orders.get(&no).filter(|order| order.remaining.is_positive()) else {
                return false;
            };
            let symbol = order.asked.symbol;
            let market = self.market(symbol);
            let Some(front) = market.book.front(reach.side.opposite()).copied() else { return false };
            let wanted = order.remaining.min(front.remaining);
            let step = symbol.listing().step;
            let qty = reach.allows(front.price, wanted, order.filled(), order.filled_value, step);
            let qty = cap.map_or(qty, |cap| qty.min(cap));
            if !qty.is_positive() {
                return false;
            }
            if front.owner == order.owner {
                let mode = order.asked.self_trade;
                if mode != SelfTrade::ExpireTaker {
                    self.close(front.no, Some(CancelReason::SelfTrade));
                }
                if mode != SelfTrade::ExpireMaker {
                    return true;
                }
                continue;
            }
            touched.extend([order.owner, front.owner]);
            self.meet(symbol, Some(no), front, qty);
            cap = cap.map(|cap| cap - qty);
        }
    }

    fn reach(&self, no: OrderNo) -> Option<Reach> {
        let order = self.orders.get(&no)?;
        let (symbol, side) = (order.asked.symbol, order.asked.side);
        if !order.asked.kind.at_market() {
            return Some(Reach { side, worst: order.asked.price, average: None });
        }
        let market = self.market(symbol);
        let touch = market.book.best(side.opposite()).map_or(market.mark, |(price, _)| price);
        let slippage = symbol.listing().max_slippage_ppm;
        let average = match side {
            Side::Buy => touch.scaled_ppm(slippage),
            Side::Sell => touch.scaled_ppm(-slippage),
        };
        Some(Reach { side, worst: self.band(symbol, side), average: Some(average) })
    }

    /// One execution between a taker (`None` is the market maker) and a resting order.
    fn meet(&mut self, symbol: Symbol, taker: Option<OrderNo>, maker: Resting, qty: Qty) {
        self.market_mut(symbol).book.reduce(maker.no, qty);
        let side = maker.side.opposite();
        let (id, at, book_seq) = (self.next_id(), self.now, self.market(symbol).next_seq());
        let trade = Trade { id, symbol, side, price: maker.price, size: qty, book_seq, at };
        self.settle(&trade, taker, Some(maker.no));
        self.market_mut(symbol).traded(trade.clone());
        self.events.push(Event::Trade(trade));
        self.maker_moved(maker.no);
    }

    /// Tells what became of a resting order that was hit.
    fn maker_moved(&mut self, no: OrderNo) {
        let Some(order) = self.orders.get(&no) else { return };
        if order.remaining.is_zero() {
            self.close(no, None);
        } else {
            self.set_status(no, Status::Open);
        }
    }

    /// The market maker quotes anew and takes what its quotes cross.
    pub(super) fn requote(&mut self, symbol: Symbol) {
        let mut counter = self.counter;
        let mut next_no = || {
            counter += 1;
            OrderNo(counter)
        };
        let taken = self.market_mut(symbol).requote(&mut next_no);
        self.counter = counter;
        let mut touched = BTreeSet::new();
        for crossed in taken {
            let Some(order) = self.orders.get(&crossed.no) else { continue };
            let (owner, side, price) = (order.owner, order.asked.side, order.asked.price);
            touched.insert(owner);
            let maker = Resting { no: crossed.no, owner, side, price, remaining: crossed.qty };
            self.meet(symbol, None, maker, crossed.qty);
        }
        self.commit(symbol);
        self.events.push(Event::Mark(symbol));
        self.after_fills(symbol, &touched);
    }

    /// Publishes a market's book as it is now.
    pub(super) fn commit(&mut self, symbol: Symbol) {
        let now = self.now;
        let step = self.market_mut(symbol).commit(now);
        self.events.push(Event::Book(step));
    }

    /// What follows executions: reduce-only orders without cover end; positions and accounts are told.
    fn after_fills(&mut self, symbol: Symbol, touched: &BTreeSet<Owner>) {
        for owner in touched.iter().filter(|owner| **owner != Owner::MAKER) {
            self.sweep_reduce_only(*owner, symbol);
            self.show_position(*owner, symbol);
            self.show_account(*owner);
        }
    }
}
