//! The best bid and offer out of two channels: the ticker is fast, the book proves that nothing is missing.
//!
//! A quote is only given while the book is in sync. Whichever channel speaks of the later engine number is believed.

use super::super::wire::book::{BookMessage, Level, Ticker};
use super::book::{Best, Book, BookFault};
use crate::domain::{Bbo, Mono, QuoteFault};
use crate::venue::quote_guard::QuoteGuard;
use std::cmp::Ordering;
use std::time::Duration;

/// State of the market channels of one connection.
#[derive(Debug, Default)]
pub struct Quotes {
    book: Book,
    ticker: Option<(Option<i64>, Best)>,
    published: Option<Result<Bbo, QuoteFault>>,
    guard: QuoteGuard,
    disagreements: u8,
    lost_messages: bool,
    watch: Option<Watch>,
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

/// Ticker and book of the same engine number may differ this often in a row before the book counts as wrong.
const DISAGREEMENTS: u8 = 3;

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

    /// Takes a ticker message. One that is older than the last, or the last again, says nothing.
    pub fn ticker(&mut self, now: Mono, ticker: &Ticker, nonce: Option<i64>) -> Consequence {
        self.heard(now);
        let best = best_of(ticker);
        let last = self.ticker;
        let is_old = |(last, seen): (Option<i64>, Best)| nonce < last || (nonce == last && best == seen);
        if nonce.is_some() && last.is_some_and(is_old) {
            return Consequence::NOTHING;
        }
        self.ticker = Some((nonce, best));
        let Some(book_nonce) = self.book.nonce() else { return self.without_book() };
        match nonce {
            Some(nonce) if nonce < book_nonce => Consequence::NOTHING,
            Some(nonce) if nonce == book_nonce && self.disagree() => self.mistrust(QuoteFault::Gap),
            Some(_) | None => self.judge(now, best),
        }
    }

    /// Takes a book message.
    pub fn book(&mut self, now: Mono, message: &BookMessage, snapshot: bool) -> Consequence {
        let was_synced = self.book.is_synced();
        let applied = if snapshot { self.book.snapshot(message) } else { self.book.update(message) };
        match applied {
            Ok(()) => {}
            Err(BookFault::Gap | BookFault::Crossed) => return self.mistrust(QuoteFault::Gap),
            Err(BookFault::Corrupt) => return self.mistrust(QuoteFault::Corrupt),
        }
        let Some(book_nonce) = self.book.nonce() else { return self.without_book() };
        self.heard(now);
        self.lost_messages = false;
        let ticker = self.ticker.and_then(|(nonce, best)| nonce.map(|nonce| (nonce.cmp(&book_nonce), best)));
        match ticker {
            // The ticker was first; it only has to be judged when it could not be before.
            Some((Ordering::Greater, _)) if was_synced => Consequence::NOTHING,
            Some((Ordering::Greater, best)) => self.judge(now, best),
            Some((Ordering::Equal, _)) if self.disagree() => self.mistrust(QuoteFault::Gap),
            Some((Ordering::Equal | Ordering::Less, _)) | None => self.judge(now, self.book.best()),
        }
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
        self.ticker = None;
        self.lost_messages = false;
        let step = if resubscribed == 0 { Silence::Resubscribe } else { Silence::Reconnect };
        (self.publish(Err(QuoteFault::Stale)), step)
    }

    /// A message while the book is in sync is a sign of life; a ticker beside a lost book is none.
    fn heard(&mut self, now: Mono) {
        if self.book.is_synced() {
            self.watch = Some(Watch { since: now, resubscribed: 0 });
        }
    }

    fn mistrust(&mut self, fault: QuoteFault) -> Consequence {
        self.book.clear();
        self.disagreements = 0;
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

    /// Whether both channels have spoken differently of the same state too often.
    fn disagree(&mut self) -> bool {
        let prices = |(bid, ask): Best| (bid.map(|(price, _)| price), ask.map(|(price, _)| price));
        let same = self.ticker.is_some_and(|(_, best)| prices(best) == prices(self.book.best()));
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

fn best_of(ticker: &Ticker) -> Best {
    let side = |level: &Level| level.price.zip(level.size);
    (side(&ticker.b), side(&ticker.a))
}
