//! The order book of one market, kept level by level and trusted only while no message is missing (lighter.md 5.2).

use super::super::wire::book::{BookMessage, Level};
use crate::domain::{Price, Qty};
use std::collections::BTreeMap;

/// Levels by price.
#[derive(Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    /// Engine number of the last applied message; `None` while there is no snapshot.
    nonce: Option<i64>,
}

/// Why a message was not applied. The book is empty afterwards and needs a new snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookFault {
    /// The message does not follow the last one.
    Gap,
    /// Afterwards a bid would be at or above an ask: a message was lost.
    Crossed,
    /// A level without price or size, or of absurd size.
    Corrupt,
}

/// Best prices with sizes; a side is `None` while empty.
pub type Best = (Option<(Price, Qty)>, Option<(Price, Qty)>);

impl Book {
    /// More levels than any real book has; more than this is not stored.
    const MOST_LEVELS: usize = 50_000;

    /// Whether there was a snapshot and nothing is missing since.
    pub fn is_synced(&self) -> bool {
        self.nonce.is_some()
    }

    /// Engine number of the last applied message.
    pub fn nonce(&self) -> Option<i64> {
        self.nonce
    }

    /// Best bid and best ask.
    pub fn best(&self) -> Best {
        let level = |(price, size): (&Price, &Qty)| (*price, *size);
        (self.bids.last_key_value().map(level), self.asks.first_key_value().map(level))
    }

    /// Forgets everything until the next snapshot.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
        self.nonce = None;
    }

    /// Starts over from a whole book.
    pub fn snapshot(&mut self, message: &BookMessage) -> Result<(), BookFault> {
        self.clear();
        self.write(message)
    }

    /// Applies changed levels. Updates that precede the snapshot are dropped.
    pub fn update(&mut self, message: &BookMessage) -> Result<(), BookFault> {
        let Some(nonce) = self.nonce else { return Ok(()) };
        if message.begin_nonce != Some(nonce) {
            self.clear();
            return Err(BookFault::Gap);
        }
        self.write(message)
    }

    fn write(&mut self, message: &BookMessage) -> Result<(), BookFault> {
        let outcome = set(&mut self.bids, &message.bids)
            .and_then(|()| set(&mut self.asks, &message.asks))
            .and_then(|()| message.nonce.ok_or(BookFault::Corrupt))
            .and_then(|nonce| if self.is_crossed() { Err(BookFault::Crossed) } else { Ok(nonce) });
        match outcome {
            Ok(nonce) => self.nonce = Some(nonce),
            Err(_) => self.clear(),
        }
        outcome.map(|_| ())
    }

    fn is_crossed(&self) -> bool {
        matches!(self.best(), (Some((bid, _)), Some((ask, _))) if bid >= ask)
    }
}

/// Sizes are absolute; zero removes the level.
fn set(side: &mut BTreeMap<Price, Qty>, levels: &[Level]) -> Result<(), BookFault> {
    for level in levels {
        let (Some(price), Some(size)) = (level.price, level.size) else { return Err(BookFault::Corrupt) };
        if !price.is_positive() || size < Qty::ZERO {
            return Err(BookFault::Corrupt);
        }
        if size.is_zero() {
            side.remove(&price);
        } else {
            side.insert(price, size);
        }
    }
    if side.len() > Book::MOST_LEVELS { Err(BookFault::Corrupt) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(price: i64, size: i64) -> Level {
        Level { price: Some(Price::from_whole(price)), size: Some(Qty::from_whole(size)) }
    }

    fn message(begin: i64, nonce: i64, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> BookMessage {
        let levels = |side: &[(i64, i64)]| side.iter().map(|(price, size)| level(*price, *size)).collect();
        BookMessage { bids: levels(bids), asks: levels(asks), nonce: Some(nonce), begin_nonce: Some(begin) }
    }

    #[test]
    fn a_missing_message_empties_the_book_until_the_next_snapshot() {
        let mut book = Book::default();
        assert_eq!(book.update(&message(1, 2, &[(9, 1)], &[])), Ok(()), "before the snapshot: dropped");
        assert!(!book.is_synced());
        assert_eq!(book.snapshot(&message(0, 5, &[(9, 1)], &[(11, 1)])), Ok(()));
        assert_eq!(book.update(&message(5, 8, &[(10, 2)], &[])), Ok(()));
        assert_eq!(book.best().0, Some((Price::from_whole(10), Qty::from_whole(2))));
        assert_eq!(book.update(&message(9, 12, &[], &[])), Err(BookFault::Gap));
        assert_eq!((book.is_synced(), book.best()), (false, (None, None)));
    }

    #[test]
    fn a_crossed_result_means_a_lost_message() {
        let mut book = Book::default();
        book.snapshot(&message(0, 5, &[(9, 1)], &[(11, 1)])).expect("applies");
        assert_eq!(book.update(&message(5, 6, &[(11, 1)], &[])), Err(BookFault::Crossed));
        assert!(!book.is_synced());
    }

    #[test]
    fn levels_that_are_no_levels_are_refused() {
        let nothing = Level { price: None, size: Some(Qty::from_whole(1)) };
        for bad in [level(0, 1), level(-1, 1), level(1, -1), nothing] {
            let mut book = Book::default();
            let message = BookMessage { bids: vec![bad], asks: vec![], nonce: Some(1), begin_nonce: Some(0) };
            assert_eq!(book.snapshot(&message), Err(BookFault::Corrupt));
        }
    }

    proptest! {
        #[test]
        fn a_book_rebuilt_from_deltas_equals_the_book_written_down_naively(
            frames in proptest::collection::vec(
                (proptest::collection::vec((1i64..50, 0i64..4), 0..6), proptest::collection::vec((51i64..100, 0i64..4), 0..6)), 1..40),
        ) {
            let mut book = Book::default();
            let mut naive: Vec<(bool, i64, i64)> = Vec::new();
            for (i, (bids, asks)) in frames.iter().enumerate() {
                let n = i64::try_from(i).expect("small") * 3;
                let frame = message(if i == 0 { 0 } else { n }, n + 3, bids, asks);
                prop_assert_eq!(if i == 0 { book.snapshot(&frame) } else { book.update(&frame) }, Ok(()));
                for (is_bid, (price, size)) in bids.iter().map(|l| (true, l)).chain(asks.iter().map(|l| (false, l))) {
                    naive.retain(|(side, p, _)| (*side, p) != (is_bid, price));
                    if *size > 0 {
                        naive.push((is_bid, *price, *size));
                    }
                }
                let top = |is_bid: bool| naive.iter().filter(move |l| l.0 == is_bid).map(|l| (Price::from_whole(l.1), Qty::from_whole(l.2)));
                prop_assert_eq!(book.best(), (top(true).max(), top(false).min()));
                prop_assert_eq!(book.nonce(), Some(n + 3));
            }
        }
    }
}
