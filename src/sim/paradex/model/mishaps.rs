//! What goes wrong inside the exchange, on demand: odd books, orders carried out in part, late or never, fills taken back.

use super::event::{Bust, Event};
use super::{Exchange, Levels, Symbol};
use crate::domain::{Price, Qty, Wall};
use crate::sim::exchange::book::{OrderNo, Owner};
use std::time::Duration;

/// How a market's book looks instead of how it is. Matching goes on by the true one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No levels.
    Empty,
    /// Best bid above best ask.
    Crossed,
    /// Every price off by these basis points.
    Off(i64),
}

/// What waits for the next order of a client.
#[derive(Clone, Debug, Default)]
pub struct Mishaps {
    percent: Option<u8>,
    late: Option<Duration>,
    swallow: bool,
}

impl Mishaps {
    /// The most that an order of this size may take now; asked once per order.
    pub(super) fn cap(&mut self, size: Qty, step: Qty) -> Option<Qty> {
        let percent = self.percent.take()?;
        Some(Qty::from_units(size.units() / 100 * i64::from(percent)).floor_to(step))
    }

    /// How much later the next order is carried out; `None` when it never is.
    pub(super) fn delay(&mut self) -> Option<Duration> {
        if std::mem::take(&mut self.swallow) {
            return None;
        }
        Some(self.late.take().unwrap_or_default())
    }
}

/// A shape and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Warp {
    shape: Shape,
    until: Wall,
}

impl Warp {
    /// The levels as they are shown at `now`.
    pub(super) fn shown(self, now: Wall, (bids, asks): (Levels, Levels), tick: Price) -> (Levels, Levels) {
        if now >= self.until {
            return (bids, asks);
        }
        match self.shape {
            Shape::Empty => (Levels::new(), Levels::new()),
            Shape::Crossed => (moved(&bids, CROSSED_PPM, tick), moved(&asks, -CROSSED_PPM, tick)),
            Shape::Off(bps) => (moved(&bids, bps * 100, tick), moved(&asks, bps * 100, tick)),
        }
    }
}

/// Half of how far a crossed book is crossed.
const CROSSED_PPM: i64 = 2_000;

/// Levels whose prices moved; those that fall on one price become one.
fn moved(levels: &Levels, ppm: i64, tick: Price) -> Levels {
    let mut shown: Levels = Vec::with_capacity(levels.len());
    for (price, size) in levels {
        let price = price.scaled_ppm(ppm).floor_to(tick);
        match shown.last_mut().filter(|(last, _)| *last == price) {
            Some((_, total)) => *total = *total + *size,
            None => shown.push((price, *size)),
        }
    }
    shown
}

impl Exchange {
    /// A market's book looks like this until then.
    pub fn warp(&mut self, symbol: Symbol, shape: Shape, until: Wall) {
        self.market_mut(symbol).warp = Some(Warp { shape, until });
        self.commit(symbol);
    }

    /// A market's book skips a number: a message that nobody gets.
    pub fn skip_book_number(&mut self, symbol: Symbol) {
        let now = self.now;
        self.market_mut(symbol).commit(now);
    }

    /// The next order that takes fills at most this many percent of its size.
    pub fn fill_next_in_part(&mut self, percent: u8) {
        self.mishaps.percent = Some(percent);
    }

    /// The next order reaches the book so much later than its class lets expect.
    pub fn run_next_late(&mut self, by: Duration) {
        self.mishaps.late = Some(by);
    }

    /// The next order stays NEW until it is cancelled.
    pub fn swallow_next(&mut self) {
        self.mishaps.swallow = true;
    }

    /// Takes the newest fill of an account back: position, collateral and the order's size are as if it had not been
    /// (paradex.md 7.2). False when there is none.
    pub fn bust_newest_fill(&mut self, owner: Owner) -> bool {
        let Some(index) = self.fills.iter().rposition(|fill| fill.owner == owner) else { return false };
        let fill = self.fills.remove(index);
        let (now, seq) = (self.now, self.next_seq());
        let account = self.account_mut(owner);
        let position = &mut account.positions[fill.symbol.index()];
        let undone = position.take(now, fill.side.opposite(), fill.size, fill.price, &fill.id);
        position.seq = seq;
        // What the way back realizes at the price of the fill, and what the fill itself had realized and cost, cancel out.
        account.collateral = account.collateral + undone + fill.fee - fill.realized_pnl;
        self.fees = self.fees - fill.fee;
        self.reopen_order(&fill.order_id, fill.size, fill.price);
        let bust = Bust { owner, fill_id: fill.id.clone(), at: now };
        self.busts.push(bust.clone());
        self.events.push(Event::Bust(bust));
        self.show_position(owner, fill.symbol);
        self.show_account(owner);
        true
    }

    /// Fills of an account that were taken back, newest first.
    pub fn busts(&self, owner: Owner) -> impl Iterator<Item = &Bust> {
        self.busts.iter().rev().filter(move |bust| bust.owner == owner)
    }

    /// The order's record as before the fill; one that has ended stays ended, with less filled.
    fn reopen_order(&mut self, id: &str, size: Qty, price: Price) {
        let Some(no) = self.ids.get(id).copied() else { return };
        let status = self.orders.get_mut(&no).map(|order| {
            order.remaining = order.remaining + size;
            order.filled_value = order.filled_value - price.notional(size);
            order.status
        });
        if let Some(status) = status {
            self.set_status(no, status);
        }
    }

    /// What an order may still take at most when it is to be filled in part.
    pub(super) fn partial_cap(&mut self, no: OrderNo) -> Option<Qty> {
        let order = self.orders.get(&no)?;
        let (size, step) = (order.remaining, order.asked.symbol.listing().step);
        self.mishaps.cap(size, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_book_lasts_until_its_end() {
        let level = |price: i64| (Price::from_whole(price), Qty::from_whole(1));
        let book = || (vec![level(100), level(99)], vec![level(101), level(102)]);
        let tick = "0.1".parse().expect("a price");
        let shown = |shape, now| Warp { shape, until: Wall(10) }.shown(Wall(now), book(), tick);
        assert_eq!(shown(Shape::Empty, 9), (Vec::new(), Vec::new()));
        assert_eq!(shown(Shape::Empty, 10), book());
        let (bids, asks) = shown(Shape::Off(100), 0);
        assert_eq!((bids[0].0, asks[0].0), (Price::from_whole(101), Price::from_whole(102)));
        let narrow = || (vec![level(10_000)], vec![level(10_001)]);
        let (bids, asks) = Warp { shape: Shape::Crossed, until: Wall(10) }.shown(Wall(0), narrow(), tick);
        assert!(bids[0].0 > asks[0].0, "{bids:?} {asks:?}");
    }
}
