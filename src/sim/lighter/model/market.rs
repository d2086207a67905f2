//! One market: its book, its numbers, its day. The shared book counts in the domain's units of 1e-8; here one unit of a
//! book price is one tick and one unit of a book quantity is one size step, so nothing is ever rounded.

use super::super::decimal::product;
use super::record::Trade;
use super::rules::MarketRules;
use super::shape::Warp;
use crate::domain::{Price, Qty, Side, Venue, Wall};
use crate::sim::exchange::book::{Book, OrderNo, Owner, Resting};
use crate::sim::market::{Crossed, Ladder, MarketParams, Quoter, requote};
use std::collections::VecDeque;

/// Public trades remembered per market.
const REMEMBERED_TRADES: usize = 100;
/// Order numbers of one market start here times (market + 1).
const ORDER_SPACE: i64 = 1 << 48;
/// Where the numbers of the matching engine start, so that they look like the venue's.
const FIRST_ENGINE_NONCE: i64 = 25_652_000_000;

/// Price and total size of each level, best first.
pub type Levels = Vec<(i64, i64)>;

/// What happened in a market since the simulation started, as the venue reports a day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Day {
    /// Trades.
    pub trades: i64,
    /// Size traded.
    pub base: i64,
    /// Value traded.
    pub quote: i64,
    /// Lowest price.
    pub low: i64,
    /// Highest price.
    pub high: i64,
    /// First price.
    pub open: i64,
}

/// One resting order, in venue units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Order number.
    pub index: i64,
    /// Owner; `None` is the market maker.
    pub account: Option<i64>,
    /// Ticks.
    pub price: i64,
    /// Steps.
    pub remaining: i64,
}

impl Quote {
    fn of(resting: &Resting) -> Self {
        let account =
            (resting.owner != Owner::MAKER).then(|| i64::try_from(resting.owner.0).unwrap_or(i64::MAX));
        Self {
            index: i64::try_from(resting.no.0).unwrap_or(i64::MAX),
            account,
            price: resting.price.units(),
            remaining: resting.remaining.units(),
        }
    }
}

fn number(index: i64) -> OrderNo {
    OrderNo(index.unsigned_abs())
}

/// Whether a market trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trading {
    /// As usual.
    #[default]
    Active,
    /// Listed, without trading.
    Inactive,
    /// Stopped for the time being.
    Frozen,
}

/// One market.
pub struct Market {
    /// What it demands.
    pub rules: &'static MarketRules,
    book: Book,
    quoter: Quoter,
    /// Mark price in ticks.
    pub mark: i64,
    /// Index price in ticks.
    pub index: i64,
    /// Price of the last trade in ticks, 0 before the first.
    pub last_price: i64,
    /// Grows with every change of the book.
    pub engine_nonce: i64,
    /// When the book last changed.
    pub updated: Wall,
    /// The session's numbers.
    pub day: Day,
    /// Newest first.
    pub trades: VecDeque<Trade>,
    /// Whether it trades.
    pub trading: Trading,
    /// An odd shape of its quotes, until it ends.
    pub warp: Option<Warp>,
    levels: [Levels; 2],
    next_ask: i64,
    next_bid: i64,
}

impl Market {
    /// A market with the maker's first ladder in its book.
    pub fn new(rules: &'static MarketRules, params: &MarketParams, seed: u64, now: Wall) -> Self {
        let unit = |decimals: u32| 10i64.pow(8 - decimals);
        let (tick, step) = (unit(rules.price_decimals), unit(rules.size_decimals));
        let mut market = Self {
            rules,
            book: Book::default(),
            quoter: Quoter::new(seed, Venue::Lighter, params, Price::from_units(tick), Qty::from_units(step)),
            mark: 0,
            index: 0,
            last_price: 0,
            engine_nonce: FIRST_ENGINE_NONCE,
            updated: now,
            day: Day::default(),
            trades: VecDeque::new(),
            trading: Trading::Active,
            warp: None,
            levels: Default::default(),
            next_ask: 0,
            next_bid: 0,
        };
        market.step(now);
        market
    }

    /// Moves the market by one tick; returns what the maker's new quotes crossed.
    pub fn step(&mut self, now: Wall) -> Vec<Crossed> {
        let (tick, step) =
            (10i64.pow(8 - self.rules.price_decimals), 10i64.pow(8 - self.rules.size_decimals));
        let ladder = self.quoter.step();
        let scale = |levels: Vec<(Price, Qty)>| {
            let scaled = |(price, qty): (Price, Qty)| {
                (Price::from_units(price.units() / tick), Qty::from_units(qty.units() / step))
            };
            levels.into_iter().map(scaled).collect()
        };
        let ladder = Ladder {
            mark: Price::from_units(ladder.mark.units() / tick),
            index: Price::from_units(ladder.index.units() / tick),
            bids: scale(ladder.bids),
            asks: scale(ladder.asks),
        };
        self.warp = self.warp.filter(|warp| warp.until > now);
        let ladder = match self.warp {
            Some(warp) => warp.shape.bend(ladder),
            None => ladder,
        };
        self.mark = ladder.mark.units();
        self.index = ladder.index.units();
        let space = (self.rules.id + 1) * ORDER_SPACE;
        let next_ask = &mut self.next_ask;
        let crossed = requote(&mut self.book, &ladder, &mut || {
            *next_ask += 1;
            number(space + *next_ask)
        });
        self.note_change(now);
        crossed
    }

    /// Compares the book with what was last noted; true when it changed. Call after everything that touches the book.
    pub fn note_change(&mut self, now: Wall) -> bool {
        let mut changes = 0;
        for (side, known) in [Side::Buy, Side::Sell].into_iter().zip(&mut self.levels) {
            let levels: Levels = self
                .book
                .levels(side, usize::MAX)
                .into_iter()
                .map(|(price, qty)| (price.units(), qty.units()))
                .collect();
            let levels = match (side, self.warp) {
                (Side::Buy, Some(warp)) => warp.shape.shown_bids(levels),
                _ => levels,
            };
            let differing = known.iter().zip(&levels).filter(|(old, new)| old != new).count();
            changes += differing + known.len().abs_diff(levels.len());
            *known = levels;
        }
        if changes > 0 {
            self.engine_nonce += i64::try_from(changes).unwrap_or(1);
            self.updated = now;
        }
        changes > 0
    }

    /// Price levels with their total size, best first, as last noted.
    pub fn levels(&self, side: Side) -> &Levels {
        &self.levels[usize::from(side == Side::Sell)]
    }

    /// Best price and its total size.
    pub fn best(&self, side: Side) -> Option<(i64, i64)> {
        self.book.best(side).map(|(price, qty)| (price.units(), qty.units()))
    }

    /// Mean of the best prices, or the mark price when a side is empty.
    pub fn mid(&self) -> i64 {
        match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some((bid, _)), Some((ask, _))) => (bid + ask) / 2,
            _ => self.mark,
        }
    }

    /// A number for a new order of this side and its place in the book: asks count up, bids count down (lighter.md 2.2).
    pub fn number_order(&mut self, side: Side) -> (i64, i64) {
        let nonce = self.next_book_nonce(side);
        ((self.rules.id + 1) * ORDER_SPACE + nonce, nonce)
    }

    /// A new place in the book.
    pub fn next_book_nonce(&mut self, side: Side) -> i64 {
        match side {
            Side::Sell => {
                self.next_ask += 1;
                self.next_ask
            }
            Side::Buy => {
                self.next_bid += 1;
                ORDER_SPACE - self.next_bid
            }
        }
    }

    /// The resting order a taker of this side meets first.
    pub fn front_for(&self, taker: Side) -> Option<Quote> {
        self.book.front(taker.opposite()).map(Quote::of)
    }

    /// Takes size from the order at the front.
    pub fn take_front(&mut self, taker: Side, base: i64) {
        self.book.take_front(taker.opposite(), Qty::from_units(base));
    }

    /// Puts an order of an account at the end of its price level.
    pub fn rest(&mut self, index: i64, account: i64, side: Side, price: i64, remaining: i64) {
        self.book.rest(Resting {
            no: number(index),
            owner: Owner(account.unsigned_abs()),
            side,
            price: Price::from_units(price),
            remaining: Qty::from_units(remaining),
        });
    }

    /// Takes an order out of the book; false when it does not rest.
    pub fn remove(&mut self, index: i64) -> bool {
        self.book.cancel(number(index)).is_some()
    }

    /// Makes a resting order smaller and keeps its place.
    pub fn shrink(&mut self, index: i64, base: i64) {
        self.book.reduce(number(index), Qty::from_units(base));
    }

    /// Resting orders of one side, best first.
    pub fn quotes(&self, side: Side) -> impl Iterator<Item = Quote> {
        self.book.orders(side).map(Quote::of)
    }

    /// An empty book.
    #[cfg(test)]
    pub fn clear(&mut self, now: Wall) {
        self.book = Book::default();
        self.note_change(now);
    }

    /// Remembers a trade.
    pub fn note_trade(&mut self, trade: &Trade) {
        let day = &mut self.day;
        day.trades += 1;
        day.base += trade.base;
        day.quote += trade.quote();
        day.low = if day.low == 0 { trade.price } else { day.low.min(trade.price) };
        day.high = day.high.max(trade.price);
        if day.open == 0 {
            day.open = trade.price;
        }
        self.last_price = trade.price;
        self.trades.push_front(trade.clone());
        self.trades.truncate(REMEMBERED_TRADES);
    }

    /// Value of a size at the mark price.
    pub fn mark_value(&self, base: i64) -> i64 {
        product(base.abs(), self.mark)
    }
}
