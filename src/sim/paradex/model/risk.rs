//! The risk check between acceptance and book: reduce-only, position limit, margin (paradex.md 2.3, 4.1).

use super::{Exchange, Order, Symbol};
use crate::domain::{Qty, Side};
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::paradex::words::{CancelReason, Instruction, Status};

impl Exchange {
    /// Why an order may not go on, if it may not.
    pub(super) fn risk(&mut self, no: OrderNo) -> Option<CancelReason> {
        if self.orders.get(&no)?.asked.reduce_only {
            return self.reduces(no);
        }
        let order = self.orders.get(&no)?;
        if self.beyond_position_limit(order) {
            return Some(CancelReason::PositionLimit);
        }
        let (before, with) = (self.margin(order.owner, None), self.margin(order.owner, Some(no)));
        let carried = with.value >= with.initial || with.initial <= before.initial;
        (!carried).then_some(CancelReason::Margin)
    }

    /// Reduce-only orders are cancelled, not trimmed, unless the switch says otherwise for IOC.
    fn reduces(&mut self, no: OrderNo) -> Option<CancelReason> {
        let order = self.orders.get(&no)?;
        let held = self.account(order.owner).position(order.asked.symbol).state.qty;
        if Side::of_position(held) != Some(order.asked.side.opposite()) {
            return Some(CancelReason::WillIncrease);
        }
        if order.remaining > held.abs() {
            let trims = self.switches.trim_reduce_only && order.asked.instruction == Instruction::Ioc;
            if !trims {
                return Some(CancelReason::WillIncrease);
            }
            let order = self.orders.get_mut(&no)?;
            let cut = order.remaining - held.abs();
            (order.asked.size, order.remaining) = (order.asked.size - cut, held.abs());
        }
        let order = self.orders.get(&no)?;
        let ahead = self.ahead_of(order);
        (ahead + order.remaining > held.abs()).then_some(CancelReason::WillDecrease)
    }

    /// What the owner's open orders of the same side at better or equal prices still want.
    fn ahead_of(&self, order: &Order) -> Qty {
        let better = |other: &&Order| {
            let here = other.asked.symbol == order.asked.symbol && other.asked.side == order.asked.side;
            let first = order.asked.kind.at_market()
                || match order.asked.side {
                    Side::Buy => other.asked.price < order.asked.price,
                    Side::Sell => other.asked.price > order.asked.price,
                };
            other.no != order.no && other.status == Status::Open && here && !first
        };
        self.alive(order.owner).filter(better).map(|other| other.remaining).sum()
    }

    fn beyond_position_limit(&self, order: &Order) -> bool {
        let (symbol, side) = (order.asked.symbol, order.asked.side);
        let account = self.account(order.owner);
        let held = side.signed(account.position(symbol).state.qty);
        let open = self.open_size(account, symbol, side, None);
        order.remaining + open + held > symbol.listing().position_limit
    }

    /// Resting reduce-only orders that the position no longer covers, best price first, are cancelled.
    pub(super) fn sweep_reduce_only(&mut self, owner: Owner, symbol: Symbol) {
        let held = self.account(owner).position(symbol).state.qty;
        for side in [Side::Buy, Side::Sell] {
            let mut left =
                if Side::of_position(held) == Some(side.opposite()) { held.abs() } else { Qty::ZERO };
            let resting: Vec<(OrderNo, Qty)> = self
                .market(symbol)
                .book
                .orders(side)
                .filter(|resting| resting.owner == owner)
                .map(|resting| (resting.no, resting.remaining))
                .collect();
            for (no, remaining) in resting {
                let reduce_only = self.orders.get(&no).is_some_and(|order| order.asked.reduce_only);
                if remaining <= left {
                    left = left - remaining;
                } else if reduce_only {
                    let reason =
                        if held.is_zero() { CancelReason::WillIncrease } else { CancelReason::WillDecrease };
                    self.close(no, Some(reason));
                } else {
                    left = Qty::ZERO;
                }
            }
        }
    }
}
