//! Position arithmetic: average entry, realized and unrealized profit. No margin rules.

use crate::domain::{Price, Qty, Side, Usd};

/// A position in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionState {
    /// Signed size.
    pub qty: Qty,
    /// What the open size was bought or sold for, always positive.
    pub entry_value: Usd,
    /// Profit taken since the position was last flat or flipped, as venues show it.
    pub realized: Usd,
}

impl PositionState {
    /// Average price of the open size; zero when flat.
    pub fn entry(&self) -> Price {
        Price::average(self.entry_value, self.qty.abs()).unwrap_or_default()
    }

    /// Takes an execution in; returns the profit it realized.
    pub fn apply(&mut self, side: Side, qty: Qty, price: Price) -> Usd {
        let held = self.qty.abs();
        let same = Side::of_position(self.qty).is_none_or(|current| current == side);
        if same {
            self.qty = self.qty + side.signed(qty);
            self.entry_value = self.entry_value + price.notional(qty);
            return Usd::ZERO;
        }
        let closed = qty.min(held);
        let cost = share(self.entry_value, closed, held);
        let value = price.notional(closed);
        let profit = match side {
            Side::Sell => value - cost,
            Side::Buy => cost - value,
        };
        self.qty = self.qty + side.signed(qty);
        self.entry_value = self.entry_value - cost;
        self.realized = self.realized + profit;
        let opened = qty - closed;
        if opened.is_positive() {
            self.entry_value = price.notional(opened);
            self.realized = Usd::ZERO;
        } else if self.qty.is_zero() {
            self.entry_value = Usd::ZERO;
        }
        profit
    }

    /// Profit if the whole position were closed at `mark`.
    pub fn unrealized(&self, mark: Price) -> Usd {
        let value = mark.notional(self.qty.abs());
        match Side::of_position(self.qty) {
            None => Usd::ZERO,
            Some(Side::Buy) => value - self.entry_value,
            Some(Side::Sell) => self.entry_value - value,
        }
    }
}

/// `part / whole` of a value, cut toward zero; all of it when the part is the whole.
fn share(value: Usd, part: Qty, whole: Qty) -> Usd {
    if part == whole { value } else { value.fraction(part.units(), whole.units()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cash_and_position_value_are_conserved(
            trades in proptest::collection::vec((any::<bool>(), 1i64..1_000, 1i64..1_000), 1..30),
            mark in 1i64..1_000,
        ) {
            // Whole units make every notional exact; cutting the cost share loses at most one unit per trade.
            let mut position = PositionState::default();
            let (mut cash, mut profit, mut count) = (Usd::ZERO, Usd::ZERO, 0);
            for (buy, qty, price) in trades {
                let side = if buy { Side::Buy } else { Side::Sell };
                let (qty, price) = (Qty::from_whole(qty), Price::from_whole(price));
                profit = profit + position.apply(side, qty, price);
                cash = cash - price.notional(side.signed(qty));
                count += 1;
            }
            let mark = Price::from_whole(mark);
            let worth = cash + mark.notional(position.qty);
            let shown = profit + position.unrealized(mark);
            prop_assert!((worth - shown).abs().units() <= count, "{worth} {shown}");
        }
    }

    #[test]
    fn a_flip_closes_first_and_opens_the_rest_at_the_new_price() {
        let mut position = PositionState::default();
        position.apply(Side::Buy, Qty::from_whole(2), Price::from_whole(100));
        let profit = position.apply(Side::Sell, Qty::from_whole(3), Price::from_whole(110));
        assert_eq!(profit, Usd::from_whole(20));
        assert_eq!((position.qty, position.entry()), (Qty::from_whole(-1), Price::from_whole(110)));
        assert_eq!(position.realized, Usd::ZERO);
    }
}
