//! The best bid and offer out of two channels: the ticker is fast, the book proves that nothing is missing.
//!
//! A quote is only given while the book is in sync. Whichever channel speaks of the later engine number is believed.

use super::super::wire::book::{BookMessage, Level, Ticker};
use super::book::{Best, Book, BookFault};
use crate::domain::{Bbo, Mono, Price, Qty, QuoteFault};
use std::time::Duration;

/// State of the market channels of one connection.
#[derive(Debug, Default)]
pub struct Quotes {
    book: Book,
    ticker: Option<(Option<i64>, Result<Top, QuoteFault>)>,
    published: Option<Result<Bbo, QuoteFault>>,
    jump: JumpGuard,
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

/// What silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// First: ask for new snapshots.
    Resubscribe,
    /// Still nothing: the connection is no good.
    Reconnect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Top {
    bid: (Price, Qty),
    ask: (Price, Qty),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Ticker,
    Book,
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

    /// Takes a ticker message. One that is older than the last is ignored.
    pub fn ticker(&mut self, now: Mono, ticker: &Ticker, nonce: Option<i64>) -> Consequence {
        self.heard(now);
        let last = self.ticker.as_ref().and_then(|(last, _)| *last);
        if nonce.is_some() && nonce < last {
            return Consequence { quote: None, resubscribe: false };
        }
        self.ticker = Some((nonce, ticker_top(ticker)));
        self.evaluate(now, Source::Ticker)
    }

    /// Takes a book message.
    pub fn book(&mut self, now: Mono, message: &BookMessage, snapshot: bool) -> Consequence {
        let applied = if snapshot { self.book.snapshot(message) } else { self.book.update(message) };
        match applied {
            Ok(()) => {
                if self.book.is_synced() {
                    self.heard(now);
                    self.lost_messages = false;
                }
                self.evaluate(now, Source::Book)
            }
            Err(BookFault::Gap | BookFault::Crossed) => self.mistrust(QuoteFault::Gap),
            Err(BookFault::Corrupt) => self.mistrust(QuoteFault::Corrupt),
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

    fn evaluate(&mut self, now: Mono, source: Source) -> Consequence {
        let Some(book_nonce) = self.book.nonce() else {
            let fault = if self.lost_messages { QuoteFault::Gap } else { QuoteFault::Missing };
            return self.publish(Err(fault));
        };
        let book_top = book_top(self.book.best());
        if self.disagree(book_nonce, book_top) {
            return self.mistrust(QuoteFault::Gap);
        }
        let (nonce, top) = match self.ticker {
            Some((nonce, top)) if nonce.is_none_or(|nonce| nonce >= book_nonce) => (nonce, top),
            _ => (Some(book_nonce), book_top),
        };
        let judged = top.and_then(|top| {
            let bbo = top.bbo(now);
            self.jump.judge(bbo.mid(), source, nonce).map(|()| bbo)
        });
        self.publish(judged)
    }

    /// Whether both channels have spoken differently of the same state too often.
    fn disagree(&mut self, book_nonce: i64, book_top: Result<Top, QuoteFault>) -> bool {
        let Some((Some(nonce), ticker)) = self.ticker else { return false };
        if nonce != book_nonce {
            return false;
        }
        let prices = |top: Top| (top.bid.0, top.ask.0);
        let same = ticker.map(prices) == book_top.map(prices);
        self.disagreements = if same { 0 } else { self.disagreements + 1 };
        self.disagreements >= DISAGREEMENTS
    }

    /// Good quotes are always passed on (their age counts), faults when they are new.
    fn publish(&mut self, quote: Result<Bbo, QuoteFault>) -> Consequence {
        let repeated_fault = quote.is_err() && self.published == Some(quote);
        self.published = Some(quote);
        Consequence { quote: (!repeated_fault).then_some(quote), resubscribe: false }
    }
}

impl Top {
    fn checked(bid: (Price, Qty), ask: (Price, Qty)) -> Result<Self, QuoteFault> {
        let positive = |(price, size): (Price, Qty)| price.is_positive() && size.is_positive();
        if !positive(bid) || !positive(ask) {
            return Err(QuoteFault::NotPositive);
        }
        if bid.0 >= ask.0 { Err(QuoteFault::Crossed) } else { Ok(Self { bid, ask }) }
    }

    fn bbo(self, received: Mono) -> Bbo {
        Bbo { bid: self.bid.0, bid_qty: self.bid.1, ask: self.ask.0, ask_qty: self.ask.1, received }
    }
}

fn ticker_top(ticker: &Ticker) -> Result<Top, QuoteFault> {
    let side = |level: &Level| level.price.zip(level.size).ok_or(QuoteFault::EmptySide);
    Top::checked(side(&ticker.b)?, side(&ticker.a)?)
}

fn book_top((bid, ask): Best) -> Result<Top, QuoteFault> {
    Top::checked(bid.ok_or(QuoteFault::EmptySide)?, ask.ok_or(QuoteFault::EmptySide)?)
}

/// Holds back a price that moved further than a market does within one message, until another message agrees with it.
#[derive(Debug, Default)]
struct JumpGuard {
    good: Option<Price>,
    suspect: Option<Suspect>,
}

#[derive(Clone, Copy, Debug)]
struct Suspect {
    mid: Price,
    seen: (Source, Option<i64>),
    agreeing: u8,
}

impl JumpGuard {
    /// A larger move within one message is a jump, in 1e-6.
    const JUMP_PPM: i64 = 100_000;
    /// What counts as the same price as the suspect one, in 1e-6.
    const AGREE_PPM: i64 = 10_000;
    /// Points needed to believe a jump: the other channel gives two, another message of the same channel one.
    const BELIEVED: u8 = 2;

    fn judge(&mut self, mid: Price, source: Source, nonce: Option<i64>) -> Result<(), QuoteFault> {
        if self.good.is_none_or(|good| within(good, mid, Self::JUMP_PPM))
            || self.believes(mid, (source, nonce))
        {
            self.good = Some(mid);
            self.suspect = None;
            return Ok(());
        }
        Err(QuoteFault::Jump)
    }

    fn believes(&mut self, mid: Price, seen: (Source, Option<i64>)) -> bool {
        match &mut self.suspect {
            Some(suspect) if within(suspect.mid, mid, Self::AGREE_PPM) => {
                suspect.agreeing += match (suspect.seen.0 == seen.0, suspect.seen.1 == seen.1) {
                    (false, _) => 2,
                    (true, false) => 1,
                    (true, true) => 0,
                };
                suspect.seen.1 = seen.1;
                suspect.agreeing >= Self::BELIEVED
            }
            _ => {
                self.suspect = Some(Suspect { mid, seen, agreeing: 0 });
                false
            }
        }
    }
}

fn within(from: Price, to: Price, ppm: i64) -> bool {
    from.scaled_ppm(-ppm) <= to && to <= from.scaled_ppm(ppm)
}
