//! Decides whether a venue's best bid and offer may be traded on. Pure; one per market data source.

use crate::domain::{Bbo, Mono, Price, Qty, QuoteFault};

/// A mid that moved further than this in one message has to be repeated before it counts, in parts per million.
const JUMP_PPM: i64 = 100_000;

/// The last good mid, and a far one that waits for confirmation.
#[derive(Clone, Debug, Default)]
pub struct QuoteGuard {
    last: Option<Price>,
    suspect: Option<Price>,
}

impl QuoteGuard {
    /// Checks one message: price and size of both sides, absent where the venue says so.
    pub fn check(
        &mut self,
        bid: Option<(Price, Qty)>,
        ask: Option<(Price, Qty)>,
        received: Mono,
    ) -> Result<Bbo, QuoteFault> {
        let (Some((bid, bid_qty)), Some((ask, ask_qty))) = (bid, ask) else {
            return Err(QuoteFault::EmptySide);
        };
        if !bid.is_positive() || !bid_qty.is_positive() || !ask.is_positive() || !ask_qty.is_positive() {
            return Err(QuoteFault::NotPositive);
        }
        if bid >= ask {
            return Err(QuoteFault::Crossed);
        }
        let bbo = Bbo { bid, bid_qty, ask, ask_qty, received };
        self.jumped(bbo.mid())?;
        Ok(bbo)
    }

    fn jumped(&mut self, mid: Price) -> Result<(), QuoteFault> {
        let near = |before: Price| (mid - before).abs() <= before.scaled_ppm(JUMP_PPM) - before;
        if self.last.is_none_or(near) || self.suspect.is_some_and(near) {
            self.last = Some(mid);
            self.suspect = None;
            return Ok(());
        }
        self.suspect = Some(mid);
        Err(QuoteFault::Jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(price: i64, qty: i64) -> Option<(Price, Qty)> {
        Some((Price::from_whole(price), Qty::from_whole(qty)))
    }

    #[test]
    fn quotes_nobody_may_trade_on_are_named() {
        let mut guard = QuoteGuard::default();
        assert_eq!(guard.check(None, side(2, 1), Mono(0)), Err(QuoteFault::EmptySide));
        assert_eq!(guard.check(side(0, 1), side(2, 1), Mono(0)), Err(QuoteFault::NotPositive));
        assert_eq!(guard.check(side(1, 0), side(2, 1), Mono(0)), Err(QuoteFault::NotPositive));
        assert_eq!(guard.check(side(2, 1), side(2, 1), Mono(0)), Err(QuoteFault::Crossed));
        assert_eq!(guard.check(side(3, 1), side(2, 1), Mono(0)), Err(QuoteFault::Crossed));
        assert!(guard.check(side(1, 1), side(2, 1), Mono(0)).is_ok());
    }

    #[test]
    fn a_far_price_counts_only_when_it_is_repeated() {
        let mut guard = QuoteGuard::default();
        assert!(guard.check(side(1_000, 1), side(1_001, 1), Mono(0)).is_ok());
        assert_eq!(guard.check(side(1_200, 1), side(1_201, 1), Mono(0)), Err(QuoteFault::Jump));
        assert!(guard.check(side(1_001, 1), side(1_002, 1), Mono(0)).is_ok());
        assert_eq!(guard.check(side(1_200, 1), side(1_201, 1), Mono(0)), Err(QuoteFault::Jump));
        assert!(guard.check(side(1_199, 1), side(1_202, 1), Mono(0)).is_ok());
    }
}
