//! The order book of one market, kept level by level and trusted only while no message is missing
//! (lighter.md 5.2, paradex.md 7.3).

use crate::domain::{Price, Qty, Side};
use std::collections::BTreeMap;

/// A level of one side, `Buy` for bids; `None` when the message holds no readable price and size. Size zero removes it.
pub type SidedLevel = (Side, Option<(Price, Qty)>);

/// A message about the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<L> {
    /// The venue's number of the state after this message.
    pub seq: Option<i64>,
    /// `None` for a snapshot, which replaces everything; else the number the message before must have had.
    pub follows: Option<Option<i64>>,
    /// What the message sets.
    pub levels: L,
}

/// Levels by price.
#[derive(Debug, Default)]
pub struct Book {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    /// Number of the last applied message; `None` while there is no snapshot.
    seq: Option<i64>,
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
        self.seq.is_some()
    }

    /// Number of the last applied message.
    pub fn seq(&self) -> Option<i64> {
        self.seq
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
        self.seq = None;
    }

    /// Takes a snapshot, or an update of what is there. Updates that precede the first snapshot are dropped.
    pub fn apply(&mut self, change: Change<impl Iterator<Item = SidedLevel>>) -> Result<(), BookFault> {
        match (change.follows, self.seq) {
            (None, _) => self.clear(),
            (Some(_), None) => return Ok(()),
            (Some(before), Some(_)) if before != self.seq => {
                self.clear();
                return Err(BookFault::Gap);
            }
            (Some(_), Some(_)) => {}
        }
        let outcome = self
            .write(change.levels)
            .and_then(|()| change.seq.ok_or(BookFault::Corrupt))
            .and_then(|seq| if self.is_crossed() { Err(BookFault::Crossed) } else { Ok(seq) });
        match outcome {
            Ok(seq) => self.seq = Some(seq),
            Err(_) => self.clear(),
        }
        outcome.map(|_| ())
    }

    /// Sizes are absolute; zero removes the level.
    fn write(&mut self, levels: impl Iterator<Item = SidedLevel>) -> Result<(), BookFault> {
        for (side, level) in levels {
            let (price, size) = level.ok_or(BookFault::Corrupt)?;
            if !price.is_positive() || size < Qty::ZERO {
                return Err(BookFault::Corrupt);
            }
            let side = match side {
                Side::Buy => &mut self.bids,
                Side::Sell => &mut self.asks,
            };
            if size.is_zero() {
                side.remove(&price);
            } else {
                side.insert(price, size);
            }
            if side.len() > Self::MOST_LEVELS {
                return Err(BookFault::Corrupt);
            }
        }
        Ok(())
    }

    fn is_crossed(&self) -> bool {
        matches!(self.best(), (Some((bid, _)), Some((ask, _))) if bid >= ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Pairs<'a> = &'a [(i64, i64)];

    fn level(side: Side) -> impl Fn(&(i64, i64)) -> SidedLevel {
        move |(price, size)| (side, Some((Price::from_whole(*price), Qty::from_whole(*size))))
    }

    fn change(
        follows: Option<i64>,
        seq: i64,
        bids: Pairs,
        asks: Pairs,
    ) -> Change<std::vec::IntoIter<SidedLevel>> {
        let levels: Vec<SidedLevel> =
            bids.iter().map(level(Side::Buy)).chain(asks.iter().map(level(Side::Sell))).collect();
        Change { seq: Some(seq), follows: follows.map(Some), levels: levels.into_iter() }
    }

    #[test]
    fn a_missing_message_empties_the_book_until_the_next_snapshot() {
        let mut book = Book::default();
        assert_eq!(book.apply(change(Some(1), 2, &[(9, 1)], &[])), Ok(()), "before the snapshot: dropped");
        assert!(!book.is_synced());
        assert_eq!(book.apply(change(None, 5, &[(9, 1)], &[(11, 1)])), Ok(()));
        assert_eq!(book.apply(change(Some(5), 8, &[(10, 2)], &[])), Ok(()));
        assert_eq!(book.best().0, Some((Price::from_whole(10), Qty::from_whole(2))));
        assert_eq!(book.apply(change(Some(9), 12, &[], &[])), Err(BookFault::Gap));
        assert_eq!((book.is_synced(), book.best()), (false, (None, None)));
    }

    #[test]
    fn an_update_that_does_not_say_what_it_follows_is_a_gap() {
        let mut book = Book::default();
        book.apply(change(None, 5, &[(9, 1)], &[(11, 1)])).expect("applies");
        let unnamed = Change { seq: Some(6), follows: Some(None), levels: std::iter::empty() };
        assert_eq!(book.apply(unnamed), Err(BookFault::Gap));
    }

    #[test]
    fn a_crossed_result_means_a_lost_message() {
        let mut book = Book::default();
        book.apply(change(None, 5, &[(9, 1)], &[(11, 1)])).expect("applies");
        assert_eq!(book.apply(change(Some(5), 6, &[(11, 1)], &[])), Err(BookFault::Crossed));
        assert!(!book.is_synced());
    }

    #[test]
    fn levels_that_are_no_levels_are_refused() {
        let bad = |price, size| Some((Price::from_whole(price), Qty::from_whole(size)));
        for bad in [bad(0, 1), bad(-1, 1), bad(1, -1), None] {
            let mut book = Book::default();
            let levels = std::iter::once((Side::Buy, bad));
            assert_eq!(book.apply(Change { seq: Some(1), follows: None, levels }), Err(BookFault::Corrupt));
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
                let follows = (i > 0).then_some(n);
                prop_assert_eq!(book.apply(change(follows, n + 3, bids, asks)), Ok(()));
                for (is_bid, (price, size)) in bids.iter().map(|l| (true, l)).chain(asks.iter().map(|l| (false, l))) {
                    naive.retain(|(side, p, _)| (*side, p) != (is_bid, price));
                    if *size > 0 {
                        naive.push((is_bid, *price, *size));
                    }
                }
                let top = |is_bid: bool| naive.iter().filter(move |l| l.0 == is_bid).map(|l| (Price::from_whole(l.1), Qty::from_whole(l.2)));
                prop_assert_eq!(book.best(), (top(true).max(), top(false).min()));
                prop_assert_eq!(book.seq(), Some(n + 3));
            }
        }
    }
}
