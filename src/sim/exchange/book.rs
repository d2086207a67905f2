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

    #[derive(Clone, Debug)]
    enum Step {
        Rest(Side, i64, i64),
        Cancel(u64),
        Reduce(u64, i64),
        Take(Side, i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let side = || any::<bool>().prop_map(|buy| if buy { Side::Buy } else { Side::Sell });
        let step = prop_oneof![
            3 => (side(), 1i64..6, 1i64..9).prop_map(|(side, price, qty)| Step::Rest(side, price, qty)),
            1 => (0u64..40).prop_map(Step::Cancel),
            1 => (0u64..40, 1i64..9).prop_map(|(no, qty)| Step::Reduce(no, qty)),
            1 => (side(), 1i64..9).prop_map(|(side, qty)| Step::Take(side, qty)),
        ];
        proptest::collection::vec(step, 1..40)
    }

    /// A list in order of arrival, sorted anew for each question.
    #[derive(Default)]
    struct Naive(Vec<Resting>);

    impl Naive {
        fn side(&self, side: Side) -> Vec<Resting> {
            let mut orders: Vec<Resting> =
                self.0.iter().filter(|order| order.side == side).copied().collect();
            orders.sort_by_key(|order| order.price.units() * if side == Side::Buy { -1 } else { 1 });
            orders
        }

        fn reduce(&mut self, no: OrderNo, qty: Qty) {
            for order in self.0.iter_mut().filter(|order| order.no == no) {
                order.remaining = order.remaining - qty;
            }
            self.0.retain(|order| order.remaining.is_positive());
        }

        fn levels(&self, side: Side) -> Vec<(Price, Qty)> {
            let orders = self.side(side);
            let mut prices: Vec<Price> = orders.iter().map(|order| order.price).collect();
            prices.dedup();
            let total =
                |price| orders.iter().filter(move |order| order.price == price).map(|order| order.remaining);
            prices.into_iter().map(|price| (price, total(price).sum())).collect()
        }
    }

    fn play(book: &mut Book, naive: &mut Naive, no: u64, step: Step) {
        match step {
            Step::Rest(side, price, qty) => {
                book.rest(order(no, side, price, qty));
                naive.0.push(order(no, side, price, qty));
            }
            Step::Cancel(no) => {
                let known = naive.0.iter().position(|order| order.no == OrderNo(no));
                assert_eq!(book.cancel(OrderNo(no)), known.map(|at| naive.0.remove(at)));
            }
            Step::Reduce(no, qty) => {
                book.reduce(OrderNo(no), Qty::from_units(qty));
                naive.reduce(OrderNo(no), Qty::from_units(qty));
            }
            Step::Take(side, qty) => {
                let front = naive.side(side).first().copied();
                let qty = front.map_or(Qty::ZERO, |order| order.remaining.min(Qty::from_units(qty)));
                assert_eq!(book.take_front(side, qty), front);
                if let Some(order) = front {
                    naive.reduce(order.no, qty);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn price_comes_first_then_time_whatever_was_cancelled_or_taken(steps in steps(), limit in 0i64..7) {
            let (mut book, mut naive) = (Book::default(), Naive::default());
            for (no, step) in (0u64..).zip(steps) {
                play(&mut book, &mut naive, no, step);
            }
            let limit = Price::from_units(limit);
            for side in [Side::Buy, Side::Sell] {
                let (orders, levels) = (naive.side(side), naive.levels(side));
                prop_assert_eq!(book.orders(side).copied().collect::<Vec<_>>(), orders.clone());
                prop_assert_eq!(book.front(side), orders.first());
                prop_assert_eq!(book.best(side), levels.first().copied());
                for depth in 0..=levels.len() {
                    prop_assert_eq!(book.levels(side, depth), &levels[..depth]);
                }
                let met = orders.iter().any(|order| match side {
                    Side::Buy => order.price >= limit,
                    Side::Sell => order.price <= limit,
                });
                prop_assert_eq!(book.crossing(side.opposite(), limit), met);
                for order in &orders {
                    prop_assert_eq!(book.get(order.no), Some(order));
                }
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
