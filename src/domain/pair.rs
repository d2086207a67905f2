//! The two venues of a pair and a value for each of them.

use std::fmt;
use std::ops::{Index, IndexMut};

/// One of the two venues. The coordinator uses it as an index only; names matter at the edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Venue {
    /// paradex.md
    Paradex,
    /// lighter.md
    Lighter,
}

impl Venue {
    /// Both, in the order in which orders are handed out: the venue whose signature takes longer comes first.
    pub const ALL: [Self; 2] = [Self::Paradex, Self::Lighter];

    /// The venue of the opposite leg.
    pub fn other(self) -> Self {
        match self {
            Self::Paradex => Self::Lighter,
            Self::Lighter => Self::Paradex,
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Paradex => "Paradex",
            Self::Lighter => "Lighter",
        })
    }
}

/// One value for each venue, indexed by [`Venue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PerVenue<T> {
    /// The Paradex value.
    pub paradex: T,
    /// The Lighter value.
    pub lighter: T,
}

impl<T> PerVenue<T> {
    /// Builds both values.
    pub fn from_fn(mut make: impl FnMut(Venue) -> T) -> Self {
        Self { paradex: make(Venue::Paradex), lighter: make(Venue::Lighter) }
    }

    /// Both values with their venue, in [`Venue::ALL`] order.
    pub fn iter(&self) -> impl Iterator<Item = (Venue, &T)> {
        Venue::ALL.into_iter().map(|venue| (venue, &self[venue]))
    }

    /// Applies `change` to both values.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> PerVenue<U> {
        PerVenue { paradex: change(self.paradex), lighter: change(self.lighter) }
    }

    /// True when `test` holds for both values.
    pub fn all(&self, mut test: impl FnMut(&T) -> bool) -> bool {
        test(&self.paradex) && test(&self.lighter)
    }

    /// True when `test` holds for at least one value.
    pub fn any(&self, mut test: impl FnMut(&T) -> bool) -> bool {
        test(&self.paradex) || test(&self.lighter)
    }
}

impl<T> Index<Venue> for PerVenue<T> {
    type Output = T;
    fn index(&self, venue: Venue) -> &T {
        match venue {
            Venue::Paradex => &self.paradex,
            Venue::Lighter => &self.lighter,
        }
    }
}

impl<T> IndexMut<Venue> for PerVenue<T> {
    fn index_mut(&mut self, venue: Venue) -> &mut T {
        match venue {
            Venue::Paradex => &mut self.paradex,
            Venue::Lighter => &mut self.lighter,
        }
    }
}
