//! Money moved within one cycle: volume, fees, cash result. Counts; decides nothing.

use crate::domain::{Fill, Price, Qty, Side, Usd};

/// Sums over both venues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    volume: Usd,
    fees: Usd,
    cash: Usd,
}

impl Tally {
    /// Counts one execution.
    pub fn fill(&mut self, fill: &Fill) {
        self.trade(fill.side, fill.qty, fill.price);
        self.fees = self.fees + fill.fee;
    }

    /// Counts a size whose executions were never told, at the best price known for it; its fee is unknown.
    pub fn untold(&mut self, side: Side, qty: Qty, price: Price) {
        self.trade(side, qty, price);
    }

    fn trade(&mut self, side: Side, qty: Qty, price: Price) {
        let value = price.notional(qty);
        self.volume = self.volume + value;
        self.cash = match side {
            Side::Buy => self.cash - value,
            Side::Sell => self.cash + value,
        };
    }

    /// Traded value.
    pub fn volume(&self) -> Usd {
        self.volume
    }

    /// Fees paid.
    pub fn fees(&self) -> Usd {
        self.fees
    }

    /// Cash in minus cash out minus fees: the result of the cycle once it is flat.
    pub fn result(&self) -> Usd {
        self.cash - self.fees
    }
}
