//! What happens when: a heap of dated items. Items of the same instant come out in the order in which they were put in.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Items in the order of their time.
#[derive(Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Reverse<Dated<T>>>,
    sequence: u64,
}

#[derive(Debug)]
struct Dated<T> {
    at: u64,
    sequence: u64,
    item: T,
}

impl<T> Agenda<T> {
    /// Nothing to do.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::with_capacity(64), sequence: 0 }
    }

    /// Adds an item for `at` (virtual nanoseconds).
    pub fn add(&mut self, at: u64, item: T) {
        self.sequence += 1;
        self.heap.push(Reverse(Dated { at, sequence: self.sequence, item }));
    }

    /// When the next item is due.
    pub fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(dated)| dated.at)
    }

    /// Takes the next item.
    pub fn take(&mut self) -> Option<(u64, T)> {
        self.heap.pop().map(|Reverse(dated)| (dated.at, dated.item))
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Ord for Dated<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl<T> PartialOrd for Dated<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Dated<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Dated<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_by_time_and_then_in_the_order_they_went_in() {
        let mut agenda = Agenda::new();
        for (at, item) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            agenda.add(at, item);
        }
        let order: String = std::iter::from_fn(|| agenda.take()).map(|(_, item)| item).collect();
        assert_eq!(order, "abcd");
    }
}
