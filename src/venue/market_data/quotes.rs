//! The best bid and offer out of two channels: the touch is fast, the book proves that nothing is missing.
//!
//! A quote is only given while the book is in sync. Whichever channel speaks of the later number is believed.

use super::book::{Best, Book, BookFault, Change, SidedLevel};
use super::guard::QuoteGuard;
use crate::domain::{Bbo, Mono, Price, QuoteFault};
use std::cmp::Ordering;
use std::time::Duration;

/// State of the market channels of one connection.
#[derive(Debug, Default)]
pub struct Quotes {
    book: Book,
    touch: Option<Touch>,
    /// The venue gives no book: the touch is all there is.
    bookless: bool,
    /// Since when the touch is ahead of a book that does not move.
    behind: Option<Mono>,
    published: Option<Result<Bbo, QuoteFault>>,
    guard: QuoteGuard,
    disagreements: u8,
    lost_messages: bool,
    watch: Option<Watch>,
}

/// What a message of the touch channel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The venue's number of the state, counted as in the book.
    pub seq: Option<i64>,
    /// Best bid and best ask; a side is `None` while empty.
    pub best: Best,
}

/// What the caller has to do after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Pass this on; `None` when nothing new is to be said.
    pub quote: Option<Result<Bbo, QuoteFault>>,
    /// Subscribe to the book again.
    pub resubscribe: bool,
}

impl Consequence {
    const NOTHING: Self = Self { quote: None, resubscribe: false };
}

/// What silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// First: ask for new snapshots.
    Resubscribe,
    /// Still nothing: the connection is no good.
    Reconnect,
}

/// Since when there was no market message, or no book in sync, and how often that was answered by resubscribing.
#[derive(Clone, Copy, Debug)]
struct Watch {
    since: Mono,
    resubscribed: u8,
}

/// Touch and book of the same number may differ this often in a row before the book counts as wrong.
const DISAGREEMENTS: u8 = 3;
/// The book may lie behind the touch this long before it counts as dead.
const BEHIND_MAX: Duration = Duration::from_secs(2);

impl Quotes {
    /// A connection begins: nothing is known, and silence counts from here.
    pub fn connected(&mut self, now: Mono) {
        *self = Self { watch: Some(Watch { since: now, resubscribed: 0 }), ..Self::default() };
    }

    /// The connection is gone; the quote with it.
    pub fn disconnected(&mut self) -> Consequence {
        *self = Self { published: self.published, ..Self::default() };
        self.publish(Err(QuoteFault::Disconnected))
    }

    /// Takes a touch. One that is older than the last, or the last again, says nothing.
    pub fn touch(&mut self, now: Mono, touch: Touch) -> Consequence {
        self.heard(now);
        let is_old = |last: Touch| touch.seq < last.seq || touch == last;
        if touch.seq.is_some() && self.touch.is_some_and(is_old) {
            return Consequence::NOTHING;
        }
        self.touch = Some(touch);
        if self.bookless {
            return self.judge(now, touch.best);
        }
        let Some(book_seq) = self.book.seq() else { return self.without_book() };
        match touch.seq.map(|seq| seq.cmp(&book_seq)) {
            Some(Ordering::Less) => Consequence::NOTHING,
            Some(Ordering::Equal) if self.disagree() => self.mistrust(QuoteFault::Gap),
            Some(Ordering::Greater) if self.is_left_behind(now) => self.mistrust(QuoteFault::Gap),
            Some(Ordering::Equal | Ordering::Greater) | None => self.judge(now, touch.best),
        }
    }

    /// Takes a book message. `stated` is what the message itself says the best bid and ask are, where it does.
    pub fn book(
        &mut self,
        now: Mono,
        change: Change<impl Iterator<Item = SidedLevel>>,
        stated: (Option<Price>, Option<Price>),
    ) -> Consequence {
        let was_synced = self.book.is_synced();
        self.bookless = false;
        match self.book.apply(change) {
            Ok(()) => {}
            Err(BookFault::Gap | BookFault::Crossed) => return self.mistrust(QuoteFault::Gap),
            Err(BookFault::Corrupt) => return self.mistrust(QuoteFault::Corrupt),
        }
        let Some(book_seq) = self.book.seq() else { return self.without_book() };
        let (bid, ask) = prices(self.book.best());
        let differs = |stated: Option<Price>, ours| stated.is_some() && stated != ours;
        if differs(stated.0, bid) || differs(stated.1, ask) {
            return self.mistrust(QuoteFault::Gap);
        }
        self.heard(now);
        (self.lost_messages, self.behind) = (false, None);
        let touch = self.touch.and_then(|touch| touch.seq.map(|seq| (seq.cmp(&book_seq), touch.best)));
        match touch {
            // The touch was first; it only has to be judged when it could not be before.
            Some((Ordering::Greater, _)) if was_synced => Consequence::NOTHING,
            Some((Ordering::Greater, best)) => self.judge(now, best),
            Some((Ordering::Equal, _)) if self.disagree() => self.mistrust(QuoteFault::Gap),
            Some((Ordering::Equal | Ordering::Less, _)) | None => self.judge(now, self.book.best()),
        }
    }

    /// The venue gives no book on this connection: from now on the touch alone is the quote.
    pub fn without_any_book(&mut self, now: Mono) -> Consequence {
        self.bookless = true;
        match self.touch {
            Some(touch) => self.judge(now, touch.best),
            None => Consequence::NOTHING,
        }
    }

    /// The number the book has reached; `None` while it is not in sync.
    pub fn book_seq(&self) -> Option<i64> {
        self.book.seq()
    }

    /// A market message did not decode: whatever it said is missing now.
    pub fn undecodable(&mut self) -> Consequence {
        self.mistrust(QuoteFault::Corrupt)
    }

    /// When silence becomes too long.
    pub fn deadline(&self, stale_after: Duration) -> Option<Mono> {
        self.watch.map(|watch| watch.since.after(stale_after * u32::from(watch.resubscribed + 1)))
    }

    /// Judges silence; call when [`Quotes::deadline`] has passed.
    pub fn silent(&mut self) -> (Consequence, Silence) {
        let resubscribed = self.watch.map_or(0, |watch| watch.resubscribed);
        if let Some(watch) = &mut self.watch {
            watch.resubscribed = watch.resubscribed.saturating_add(1);
        }
        self.book.clear();
        (self.touch, self.behind) = (None, None);
        self.lost_messages = false;
        let step = if resubscribed == 0 { Silence::Resubscribe } else { Silence::Reconnect };
        (self.publish(Err(QuoteFault::Stale)), step)
    }

    /// A message while the book is in sync is a sign of life; a touch beside a lost book is none.
    fn heard(&mut self, now: Mono) {
        if self.book.is_synced() || self.bookless {
            self.watch = Some(Watch { since: now, resubscribed: 0 });
        }
    }

    fn mistrust(&mut self, fault: QuoteFault) -> Consequence {
        self.book.clear();
        (self.disagreements, self.behind) = (0, None);
        self.lost_messages = true;
        Consequence { resubscribe: true, ..self.publish(Err(fault)) }
    }

    fn without_book(&mut self) -> Consequence {
        self.publish(Err(if self.lost_messages { QuoteFault::Gap } else { QuoteFault::Missing }))
    }

    fn judge(&mut self, now: Mono, (bid, ask): Best) -> Consequence {
        let judged = self.guard.check(bid, ask, now);
        self.publish(judged)
    }

    /// Whether the book has been behind the touch for too long: its channel is dead, although the connection is not.
    fn is_left_behind(&mut self, now: Mono) -> bool {
        now.since(*self.behind.get_or_insert(now)) > BEHIND_MAX
    }

    /// Whether both channels have spoken differently of the same state too often.
    fn disagree(&mut self) -> bool {
        let same = self.touch.is_some_and(|touch| prices(touch.best) == prices(self.book.best()));
        self.disagreements = if same { 0 } else { self.disagreements.saturating_add(1) };
        self.disagreements >= DISAGREEMENTS
    }

    /// Good quotes are always passed on (their age counts), faults when they are new.
    fn publish(&mut self, quote: Result<Bbo, QuoteFault>) -> Consequence {
        let repeated_fault = quote.is_err() && self.published == Some(quote);
        self.published = Some(quote);
        Consequence { quote: (!repeated_fault).then_some(quote), resubscribe: false }
    }
}

fn prices((bid, ask): Best) -> (Option<Price>, Option<Price>) {
    (bid.map(|(price, _)| price), ask.map(|(price, _)| price))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Qty, Side};

    fn level(price: i64) -> (Price, Qty) {
        (Price::from_whole(price), Qty::from_whole(1))
    }

    fn snapshot(seq: i64) -> Change<impl Iterator<Item = SidedLevel>> {
        let levels = [(Side::Buy, Some(level(9))), (Side::Sell, Some(level(11)))];
        Change { seq: Some(seq), follows: None, levels: levels.into_iter() }
    }

    fn quote(consequence: Consequence) -> Option<Result<Price, QuoteFault>> {
        consequence.quote.map(|quote| quote.map(|bbo| bbo.bid))
    }

    #[test]
    fn a_message_that_contradicts_the_book_it_makes_voids_it() {
        for (stated, fits) in [
            ((None, None), true),
            ((Some(level(9).0), Some(level(11).0)), true),
            ((Some(level(8).0), None), false),
            ((None, Some(level(10).0)), false),
        ] {
            let mut quotes = Quotes::default();
            let consequence = quotes.book(Mono(1), snapshot(5), stated);
            let expected = if fits { Ok(level(9).0) } else { Err(QuoteFault::Gap) };
            assert_eq!((quote(consequence), consequence.resubscribe), (Some(expected), !fits));
        }
    }

    #[test]
    fn without_any_book_the_touch_is_the_quote_and_a_book_takes_over_again() {
        let mut quotes = Quotes::default();
        let touch = |seq| Touch { seq: Some(seq), best: (Some(level(8)), Some(level(12))) };
        assert_eq!(quote(quotes.touch(Mono(1), touch(3))), Some(Err(QuoteFault::Missing)));
        assert_eq!(quote(quotes.without_any_book(Mono(2))), Some(Ok(level(8).0)));
        assert_eq!(quote(quotes.touch(Mono(3), touch(4))), Some(Ok(level(8).0)));
        assert_eq!(quote(quotes.book(Mono(4), snapshot(5), (None, None))), Some(Ok(level(9).0)));
        assert_eq!(quotes.touch(Mono(5), touch(4)), Consequence::NOTHING, "older than the book");
    }
}
