//! Odd shapes of one market's quotes, for a while.

use super::market::Levels;
use crate::domain::{Price, Wall};
use crate::sim::market::Ladder;

/// What is wrong with the quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The market maker has left.
    Empty,
    /// Feeds show bids above the asks; matching goes on as before.
    Crossed,
    /// Every price is off by this many basis points.
    Off(i64),
}

/// A shape and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warp {
    /// What is wrong.
    pub shape: Shape,
    /// Until when.
    pub until: Wall,
}

/// Basis points in one.
const BASIS: i64 = 10_000;

impl Shape {
    /// What the maker quotes instead.
    pub fn bend(self, ladder: Ladder) -> Ladder {
        match self {
            Self::Empty => Ladder { bids: Vec::new(), asks: Vec::new(), ..ladder },
            Self::Crossed => ladder,
            Self::Off(points) => {
                let off =
                    |price: Price| Price::from_units((price.units() + price.units() * points / BASIS).max(1));
                let moved = |levels: Vec<(Price, _)>| {
                    levels.into_iter().map(|(price, qty)| (off(price), qty)).collect()
                };
                Ladder {
                    mark: off(ladder.mark),
                    index: off(ladder.index),
                    bids: moved(ladder.bids),
                    asks: moved(ladder.asks),
                }
            }
        }
    }

    /// What feeds show of the bids: half a percent too high when crossed.
    pub fn shown_bids(self, bids: Levels) -> Levels {
        match self {
            Self::Crossed => bids.into_iter().map(|(price, size)| (price + price / 200, size)).collect(),
            Self::Empty | Self::Off(_) => bids,
        }
    }
}
