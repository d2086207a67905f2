//! Matching: price-time priority at the maker's price, self-trade rules, bounds of MARKET orders (paradex.md 2.3, 4).

use super::order::{FillRecord, Instruction, Kind, Order, SelfTrade, Status};
use super::rules::Class;
use super::{Event, Exchange, PublicTrade, TRADES_KEPT};
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::sim::exchange::book::{OrderNo, Owner, Resting};

/// Accounts own book orders under their index + 1: 0 is the market maker.
fn owner(account: usize) -> Owner {
    Owner(u64::try_from(account).unwrap_or(u64::MAX - 1) + 1)
}

impl Exchange {
    /// An order that passed the risk check meets the book.
    pub(super) fn execute(&mut self, now: Wall, no: u64) {
        let Some(order) = self.orders.get(&no).cloned() else { return };
        let (worst, worst_average) = self.taker_bounds(&order);
        let crosses = self.markets[order.request.market].book.crossing(order.request.side, worst);
        if order.request.instruction == Instruction::PostOnly && crosses {
            return self.close(now, no, "POST_ONLY_WOULD_CROSS");
        }
        let stopped = self.take(now, no, worst, worst_average);
        self.after_taking(now, no, stopped);
    }

    /// Trades as far as bounds, size and self-trade rules allow; a reason when the rest has to end.
    fn take(
        &mut self,
        now: Wall,
        no: u64,
        worst: Price,
        worst_average: Option<Price>,
    ) -> Option<&'static str> {
        loop {
            let order = self.orders.get(&no)?;
            let (market, side) = (order.request.market, order.request.side);
            if order.remaining.is_zero() || !self.markets[market].book.crossing(side, worst) {
                return None;
            }
            let front = *self.markets[market].book.front(side.opposite())?;
            if front.owner == owner(order.account) {
                let rule = order.request.stp;
                if rule != SelfTrade::ExpireTaker {
                    self.close(now, front.no.0, "SELF_TRADE");
                }
                if rule != SelfTrade::ExpireMaker {
                    return Some("SELF_TRADE");
                }
                continue;
            }
            let qty = match worst_average {
                None => front.remaining.min(order.remaining),
                Some(bound) => within_average(order, &front, bound),
            };
            if !qty.is_positive() {
                return None;
            }
            self.trade(now, no, &front, qty);
        }
    }

    fn after_taking(&mut self, now: Wall, no: u64, stopped: Option<&'static str>) {
        let Some(order) = self.orders.get(&no).filter(|order| order.is_live()).cloned() else { return };
        let taker_only = order.request.instruction == Instruction::Ioc || order.request.kind == Kind::Market;
        if let Some(reason) = stopped {
            return self.close(now, no, reason);
        }
        if order.remaining.is_zero() {
            return self.close(now, no, "");
        }
        if taker_only {
            // The word for the rest of an IOC is not documented (paradex.md 4.3).
            return self.close(now, no, "IMMEDIATE_OR_CANCEL");
        }
        let (market, side, price) = (order.request.market, order.request.side, order.request.price);
        let resting =
            Resting { no: OrderNo(no), owner: owner(order.account), side, price, remaining: order.remaining };
        self.markets[market].book.rest(resting);
        if let Some(order) = self.orders.get_mut(&no) {
            order.status = Status::Open;
            order.updated = now;
            self.events.push(Event::Order(Box::new(order.clone())));
        }
        self.events.push(Event::Book(market));
        self.events.push(Event::Account(order.account, market));
    }

    /// One match at the maker's price.
    fn trade(&mut self, now: Wall, taker: u64, front: &Resting, qty: Qty) {
        let Some((market, side)) =
            self.orders.get(&taker).map(|order| (order.request.market, order.request.side))
        else {
            return;
        };
        self.markets[market].book.take_front(side.opposite(), qty);
        let trade = self.print(now, market, side, front.price, qty);
        self.fill(now, taker, front.price, qty, true, trade);
        if front.owner != Owner::MAKER {
            self.fill(now, front.no.0, front.price, qty, false, trade);
            self.end_filled_maker(now, front.no.0);
        }
        self.events.push(Event::Book(market));
    }

    /// The market maker's quotes reached a resting order: all of it trades, at its own price.
    pub(super) fn maker_takes(&mut self, now: Wall, market: usize, no: u64, qty: Qty) {
        let Some(order) = self.orders.get(&no).filter(|order| order.is_live()) else { return };
        let (side, price) = (order.request.side, order.request.price);
        let trade = self.print(now, market, side.opposite(), price, qty);
        self.fill(now, no, price, qty, false, trade);
        self.end_filled_maker(now, no);
    }

    fn end_filled_maker(&mut self, now: Wall, no: u64) {
        if self.orders.get(&no).is_some_and(|order| order.remaining.is_zero()) {
            self.close(now, no, "");
        } else if let Some(order) = self.orders.get(&no) {
            self.events.push(Event::Order(Box::new(order.clone())));
        }
    }

    fn print(&mut self, now: Wall, market: usize, side: Side, price: Price, qty: Qty) -> u64 {
        let no = self.number();
        let state = &mut self.markets[market];
        state.last = price;
        let trade = PublicTrade { no, side, price, qty, at: now, seq: state.seq };
        state.trades.insert(0, trade.clone());
        state.trades.truncate(TRADES_KEPT);
        self.events.push(Event::Trade(market, trade));
        no
    }

    fn fill(&mut self, now: Wall, no: u64, price: Price, qty: Qty, taker: bool, trade_no: u64) {
        let fill_no = self.number();
        let Some(order) = self.orders.get_mut(&no) else { return };
        let value = price.notional(qty);
        order.remaining = order.remaining - qty;
        order.filled_value = order.filled_value + value;
        order.updated = now;
        let (account, market, side, class) =
            (order.account, order.request.market, order.request.side, order.class);
        let fee = fee_of(value, class, taker);
        let realized = self.accounts[account].fill(now, market, fill_no, side, qty, price, fee);
        let record = FillRecord {
            no: fill_no,
            trade_no,
            order_no: no,
            order_id: order.id.clone(),
            client_id: order.request.client_id.clone(),
            account,
            market,
            side,
            taker,
            price,
            qty,
            fee,
            realized,
            remaining: order.remaining,
            class,
            book_seq: self.markets[market].seq,
            mark: self.markets[market].mark,
            at: now,
        };
        self.fills.push(record.clone());
        self.events.push(Event::Fill(Box::new(record)));
        self.events.push(Event::Account(account, market));
    }
}

fn fee_of(value: Usd, class: Class, taker: bool) -> Usd {
    value.fraction(class.fee_ppm(taker), 1_000_000)
}

/// Size that keeps the average of a MARKET order within its bound.
fn within_average(order: &Order, front: &Resting, bound: Price) -> Qty {
    let most = front.remaining.min(order.remaining);
    let worse = match order.request.side {
        Side::Buy => front.price.units() - bound.units(),
        Side::Sell => bound.units() - front.price.units(),
    };
    if worse <= 0 {
        return most;
    }
    // What earlier fills were better than the bound pays for what this one is worse.
    let credit = match order.request.side {
        Side::Buy => bound.notional(order.filled()) - order.filled_value,
        Side::Sell => order.filled_value - bound.notional(order.filled()),
    };
    credit.max(Usd::ZERO).quantity_at(Price::from_units(worse)).min(most)
}
