//! Book levels: read in place from a frame, or given as a slice to be written.

use super::field::Field;
use crate::domain::{Price, Qty};

/// One price level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: Price,
    /// Size at this price; zero in a delta removes the level.
    pub size: Qty,
}

impl Level {
    /// Bytes of a group entry this schema knows; later versions may append to it.
    pub(super) const SIZE: usize = Price::SIZE + Qty::SIZE;

    fn read(entry: &[u8]) -> Self {
        let (price, size) = entry.split_at(Price::SIZE);
        Self { price: Price::read(price), size: Qty::read(&size[..Qty::SIZE]) }
    }

    pub(super) fn bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (price, size) = bytes.split_at_mut(Price::SIZE);
        self.price.write(price);
        self.size.write(size);
        bytes
    }
}

/// One side of a book message, in the order of the frame. Nothing is copied.
#[derive(Clone, Copy)]
pub struct Levels<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    /// Whole entries of `entry_length` bytes, at least [`Level::SIZE`] each.
    Frame {
        entries: &'a [u8],
        entry_length: usize,
    },
    Slice(&'a [Level]),
}

impl<'a> Levels<'a> {
    /// Entries of a frame; the caller has checked that they are whole and that each holds a level.
    pub(super) fn in_frame(entries: &'a [u8], entry_length: usize) -> Self {
        Self(Source::Frame { entries, entry_length: entry_length.max(Level::SIZE) })
    }

    /// How many levels.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Frame { entries, entry_length } => entries.len() / entry_length,
            Source::Slice(levels) => levels.len(),
        }
    }

    /// True without levels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The levels in the order of the frame.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Level> + use<'a> {
        let source = self.0;
        (0..self.len()).map(move |index| match source {
            Source::Frame { entries, entry_length } => {
                Level::read(&entries[index * entry_length..][..entry_length])
            }
            Source::Slice(levels) => levels[index],
        })
    }
}

impl<'a> From<&'a [Level]> for Levels<'a> {
    fn from(levels: &'a [Level]) -> Self {
        Self(Source::Slice(levels))
    }
}

impl PartialEq for Levels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Levels<'_> {}

impl std::fmt::Debug for Levels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
