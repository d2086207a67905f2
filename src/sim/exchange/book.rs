//! One market's book in price-time priority. Keeps orders; a venue's model walks it and decides what may trade.

use crate::domain::{Price, Qty, Side};
use std::collections::BTreeMap;

/// Number of an order within one venue; a higher number came later only within one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderNo(pub u64);

/// Whose order it is, as the venue's model numbers accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u64);

impl Owner {
    /// The market maker of the simulation.
    pub const MAKER: Self = Self(0);
}

/// One resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Its number.
    pub no: OrderNo,
    /// Its owner.
    pub owner: Owner,
    /// Its side.
    pub side: Side,
    /// Its limit.
    pub price: Price,
    /// What is left, above zero.
    pub remaining: Qty,
}

/// Where an order stands: price rank (lower is better), then arrival.
type Place = (i64, u64);

/// Resting orders of one market.
#[derive(Clone, Debug, Default)]
pub struct Book {
    bids: BTreeMap<Place, Resting>,
    asks: BTreeMap<Place, Resting>,
    places: BTreeMap<OrderNo, (Side, Place)>,
    arrivals: u64,
}

impl Book {
    fn side(&self, side: Side) -> &BTreeMap<Place, Resting> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Place, Resting> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Adds an order behind everything at its price. A number that rests already is replaced.
    pub fn rest(&mut self, order: Resting) {
        self.cancel(order.no);
        self.arrivals += 1;
        let rank = match order.side {
            Side::Buy => -order.price.units(),
            Side::Sell => order.price.units(),
        };
        let place = (rank, self.arrivals);
        self.places.insert(order.no, (order.side, place));
        self.side_mut(order.side).insert(place, order);
    }

    /// Takes an order out.
    pub fn cancel(&mut self, no: OrderNo) -> Option<Resting> {
        let (side, place) = self.places.remove(&no)?;
        self.side_mut(side).remove(&place)
    }

    /// A resting order.
    pub fn get(&self, no: OrderNo) -> Option<&Resting> {
        let (side, place) = self.places.get(&no)?;
        self.side(*side).get(place)
    }

    /// Best price of the resting orders of `side`, with everything that rests there.
    pub fn best(&self, side: Side) -> Option<(Price, Qty)> {
        self.levels(side, 1).into_iter().next()
    }

    /// The order of `side` that a taker of the other side meets first.
    pub fn front(&self, side: Side) -> Option<&Resting> {
        self.side(side).values().next()
    }

    /// Takes `qty` (at most what is left) from the first order of `side`; returns the order as it was before.
    pub fn take_front(&mut self, side: Side, qty: Qty) -> Option<Resting> {
        let before = *self.front(side)?;
        self.reduce(before.no, qty);
        Some(before)
    }

    /// Takes `qty` from an order, which leaves the book when nothing is left; it keeps its place otherwise.
    pub fn reduce(&mut self, no: OrderNo, qty: Qty) {
        let Some((side, place)) = self.places.get(&no).copied() else { return };
        let Some(order) = self.side_mut(side).get_mut(&place) else { return };
        order.remaining = order.remaining - qty;
        if !order.remaining.is_positive() {
            self.cancel(no);
        }
    }

    /// Price levels of `side`, best first.
    pub fn levels(&self, side: Side, depth: usize) -> Vec<(Price, Qty)> {
        let mut levels: Vec<(Price, Qty)> = Vec::new();
        for order in self.orders(side) {
            let full = levels.len() == depth;
            match levels.last_mut().filter(|(price, _)| *price == order.price) {
                Some((_, qty)) => *qty = *qty + order.remaining,
                None if full => break,
                None => levels.push((order.price, order.remaining)),
            }
        }
        levels
    }

    /// Orders of `side`, best first, earlier first.
    pub fn orders(&self, side: Side) -> impl Iterator<Item = &Resting> {
        self.side(side).values()
    }

    /// True when a taker of `taker` with this limit would meet a resting order.
    pub fn crossing(&self, taker: Side, limit: Price) -> bool {
        self.front(taker.opposite()).is_some_and(|order| match taker {
            Side::Buy => order.price <= limit,
            Side::Sell => order.price >= limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(no: u64, side: Side, price: i64, remaining: i64) -> Resting {
        let (price, remaining) = (Price::from_units(price), Qty::from_units(remaining));
        Resting { no: OrderNo(no), owner: Owner(1), side, price, remaining }
    }

    proptest! {
        #[test]
        fn price_comes_before_time_and_time_before_nothing(
            orders in proptest::collection::vec((any::<bool>(), 1i64..6, 1i64..9), 1..40),
            cancelled in proptest::collection::vec(0u64..40, 0..10),
        ) {
            let mut book = Book::default();
            let mut naive = Vec::new();
            for (no, (buy, price, qty)) in (0u64..).zip(orders) {
                let order = order(no, if buy { Side::Buy } else { Side::Sell }, price, qty);
                book.rest(order);
                naive.push(order);
            }
            for no in cancelled {
                book.cancel(OrderNo(no));
                naive.retain(|order| order.no != OrderNo(no));
            }
            for side in [Side::Buy, Side::Sell] {
                let mut expected: Vec<Resting> = naive.iter().filter(|order| order.side == side).copied().collect();
                expected.sort_by_key(|order| if side == Side::Buy { -order.price.units() } else { order.price.units() });
                prop_assert_eq!(book.orders(side).copied().collect::<Vec<_>>(), expected.clone());
                let total: Qty = expected.iter().map(|order| order.remaining).sum();
                let by_levels: Qty = book.levels(side, usize::MAX).into_iter().map(|(_, qty)| qty).sum();
                prop_assert_eq!(total, by_levels);
            }
        }
    }

    #[test]
    fn a_partly_taken_order_keeps_its_place_and_an_empty_one_leaves() {
        let mut book = Book::default();
        book.rest(order(1, Side::Sell, 10, 5));
        book.rest(order(2, Side::Sell, 10, 5));
        book.take_front(Side::Sell, Qty::from_units(3));
        assert_eq!(
            book.front(Side::Sell).map(|order| (order.no, order.remaining.units())),
            Some((OrderNo(1), 2))
        );
        book.take_front(Side::Sell, Qty::from_units(2));
        assert_eq!(book.front(Side::Sell).map(|order| order.no), Some(OrderNo(2)));
        assert!(book.get(OrderNo(1)).is_none());
    }
}
