//! One market: its book, prices, funding and the numbering of everything it publishes (paradex.md 7.3, 7.4).

use super::event::{BookStep, ChangedLevel, LevelChange, Touch};
use super::mishaps::Warp;
use super::{Listing, Symbol, Trade};
use crate::domain::{Price, Qty, Side, Usd, Venue, Wall};
use crate::sim::exchange::book::{Book, OrderNo};
use crate::sim::market::{Crossed, MarketParams, Quoter, requote};
use crate::sim::rng::Rng;
use std::collections::VecDeque;

/// Public trades kept for the trades call.
const TRADES_KEPT: usize = 1_000;
/// Interest part of the funding rate for 8 hours, in 1e-8.
const INTEREST_E8: i64 = 10_000;
/// Largest funding rate for 8 hours, in 1e-8.
const FUNDING_RATE_MAX_E8: i64 = 4_000_000;
const SECONDS_OF_8_HOURS: i64 = 28_800;

/// Price levels of one side, best first.
pub type Levels = Vec<(Price, Qty)>;

/// Funding of one market: accrues every second into an index (paradex.md 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// Rate for 8 hours, in 1e-8.
    pub rate_e8: i64,
    /// USDC per unit of base for 8 hours.
    pub premium: Price,
    /// USDC per unit of base since the market opened.
    pub index: Price,
    /// When it was last computed.
    pub at: Wall,
}

impl Funding {
    fn accrue(&mut self, now: Wall, mark: Price, index_price: Price) {
        let apart = Usd::from_units((mark - index_price).units()).fraction(100_000_000, index_price.units());
        self.rate_e8 = (apart.units() + INTEREST_E8).clamp(-FUNDING_RATE_MAX_E8, FUNDING_RATE_MAX_E8);
        let premium = Usd::from_units(index_price.units()).fraction(self.rate_e8, 100_000_000);
        self.premium = Price::from_units(premium.units());
        self.index = self.index + Price::from_units(premium.fraction(1, SECONDS_OF_8_HOURS).units());
        self.at = now;
    }
}

/// One market.
#[derive(Clone, Debug)]
pub struct Market {
    symbol: Symbol,
    quoter: Quoter,
    /// Resting orders.
    pub book: Book,
    /// Mark price.
    pub mark: Price,
    /// Index price.
    pub index_price: Price,
    /// Funding.
    pub funding: Funding,
    /// Latest trades, oldest first.
    pub trades: VecDeque<Trade>,
    /// Value traded since the start.
    pub volume: Usd,
    /// Size of all long positions.
    pub open_interest: Qty,
    first_mark: Price,
    seq: i64,
    shown: (Levels, Levels),
    touch: Touch,
    pub(super) warp: Option<Warp>,
}

impl Market {
    /// A market whose market maker has quoted once.
    pub fn new(
        seed: u64,
        symbol: Symbol,
        params: &MarketParams,
        at: Wall,
        next_no: &mut impl FnMut() -> OrderNo,
    ) -> Self {
        let listing = symbol.listing();
        let mut quoter = Quoter::new(seed, Venue::Paradex, params, listing.tick, listing.step);
        let ladder = quoter.step();
        let mut book = Book::default();
        requote(&mut book, &ladder, next_no);
        let seq = Rng::stream(seed, listing.name).between(1_000_000_000, 8_000_000_000);
        let mut market = Self {
            symbol,
            quoter,
            book,
            mark: ladder.mark,
            index_price: ladder.index,
            funding: Funding { rate_e8: INTEREST_E8, premium: Price::ZERO, index: Price::ZERO, at },
            trades: VecDeque::new(),
            volume: Usd::ZERO,
            open_interest: Qty::ZERO,
            first_mark: ladder.mark,
            seq,
            shown: Default::default(),
            touch: Touch { symbol, seq, at, bid: None, ask: None },
            warp: None,
        };
        market.commit(at);
        market
    }

    /// Its rules.
    pub fn listing(&self) -> &'static Listing {
        self.symbol.listing()
    }

    /// The number the next change of the book will have.
    pub fn next_seq(&self) -> i64 {
        self.seq + 1
    }

    /// Best bid and offer as published.
    pub fn touch(&self) -> Touch {
        self.touch
    }

    /// The whole book as published, bids and asks, best first.
    pub fn shown(&self) -> &(Levels, Levels) {
        &self.shown
    }

    /// The market maker quotes anew; returns the resting orders of accounts that it takes.
    pub fn requote(&mut self, next_no: &mut impl FnMut() -> OrderNo) -> Vec<Crossed> {
        let ladder = self.quoter.step();
        (self.mark, self.index_price) = (ladder.mark, ladder.index);
        requote(&mut self.book, &ladder, next_no)
    }

    /// Publishes the book as it is now: one number further, with what changed.
    pub fn commit(&mut self, now: Wall) -> BookStep {
        let bids = self.book.levels(Side::Buy, usize::MAX);
        let asks = self.book.levels(Side::Sell, usize::MAX);
        let (bids, asks) = match self.warp {
            Some(warp) => warp.shown(now, (bids, asks), self.listing().tick),
            None => (bids, asks),
        };
        let mut changes = changed(Side::Buy, &self.shown.0, &bids);
        changes.extend(changed(Side::Sell, &self.shown.1, &asks));
        self.seq += 1;
        let (bid, ask) = (bids.first().copied(), asks.first().copied());
        let touch_moved = (bid, ask) != (self.touch.bid, self.touch.ask);
        self.shown = (bids, asks);
        self.touch = Touch { symbol: self.symbol, seq: self.seq, at: now, bid, ask };
        BookStep { touch: self.touch, touch_moved, changes }
    }

    /// Notes a trade.
    pub fn traded(&mut self, trade: Trade) {
        self.volume = self.volume + trade.price.notional(trade.size);
        if self.trades.len() == TRADES_KEPT {
            self.trades.pop_front();
        }
        self.trades.push_back(trade);
    }

    /// Price of the last trade; the mark before the first.
    pub fn last_price(&self) -> Price {
        self.trades.back().map_or(self.mark, |trade| trade.price)
    }

    /// Change of the mark since the start, in 1e-8.
    pub fn change_rate_e8(&self) -> i64 {
        let moved = Usd::from_units((self.mark - self.first_mark).units());
        moved.fraction(100_000_000, self.first_mark.units()).units()
    }

    /// One second of funding.
    pub fn accrue_funding(&mut self, now: Wall) {
        self.funding.accrue(now, self.mark, self.index_price);
    }
}

/// Levels of one side that differ. Both lists are best first, so a map by price suffices.
fn changed(side: Side, before: &Levels, after: &Levels) -> Vec<ChangedLevel> {
    let size_in = |levels: &Levels, price| levels.iter().find(|(at, _)| *at == price).map(|(_, size)| *size);
    let mut changes = Vec::new();
    for (price, _) in before {
        if size_in(after, *price).is_none() {
            let change = LevelChange::Delete;
            changes.push(ChangedLevel { side, price: *price, size: Qty::ZERO, change });
        }
    }
    for (price, size) in after {
        let change = match size_in(before, *price) {
            None => LevelChange::Insert,
            Some(known) if known != *size => LevelChange::Update,
            Some(_) => continue,
        };
        changes.push(ChangedLevel { side, price: *price, size: *size, change });
    }
    changes
}
