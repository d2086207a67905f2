//! The exchange behind the simulated Lighter: accounts, queue, matching, margin, order life cycle (lighter.md 4, 6).
//! Pure: time and seed come in, events go out. Knows no JSON, no signature, no connection.

mod account;
mod action;
mod checks;
mod conditional;
mod crowd;
mod execute;
mod forced;
mod lifecycle;
mod liquidation;
mod margin;
mod market;
mod matching;
mod mishaps;
mod order;
mod quota;
mod record;
mod rules;
mod sequencer;
mod settle;
mod shape;
mod store;
#[cfg(test)]
mod tests;

pub use account::{Account, AccountKind, MarginMode, Position, Slot, nonce_fits};
pub use action::{Action, CancelAll, Modify};
pub use margin::Health;
pub use market::{Levels, Market, Quote, Trading};
pub use mishaps::Mishaps;
pub use order::{
    NewOrder, Order, OrderKind, OrderStatus, SelfTrade, SelfTradeEquality, SelfTradeMode, TimeInForce,
};
pub use record::{Before, Effect, Event, Outcome, Trade, TradeLeg, TxRecord, TxStatus};
pub use rules::{
    MARKETS, MarketId, MarketRules, OPEN_INTEREST_LIMIT, ORDER_QUOTE_LIMIT, Tier, market_rules,
    market_rules_by_symbol,
};
pub use sequencer::{MAX_PENDING, Queued, delay_of};
pub use shape::{Shape, Warp};
pub use store::{FIRST_ORDER_INDEX, OrderStore};

use super::options::{Delays, Options};
use super::switches::Switches;
use crate::domain::{Side, Wall};
use crate::sim::market::TICK_MS;
use crate::sim::rng::Rng;
use sequencer::Sequencer;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Account of the market maker.
pub const MARKET_MAKER: i64 = 281_474_976_509_475;
/// Account of the crowd that trades now and then.
pub const CROWD: i64 = 281_474_976_509_476;
/// Account that receives fees.
pub const FEE_COLLECTOR: i64 = 281_474_976_509_477;
/// Trades remembered over all markets.
const REMEMBERED_TRADES: usize = 20_000;
/// Market ticks per block.
const TICKS_PER_BLOCK: i64 = 4;

/// The whole state of the venue.
pub struct Exchange {
    /// Markets by number.
    pub markets: BTreeMap<MarketId, Market>,
    /// Accounts by number.
    pub accounts: BTreeMap<i64, Account>,
    /// Orders of the accounts.
    pub orders: OrderStore,
    /// Accepted transactions by number.
    pub txs: BTreeMap<i64, TxRecord>,
    /// Trades, newest first.
    pub trades: VecDeque<Trade>,
    /// Current block.
    pub block_height: i64,
    /// What goes wrong with the next orders.
    pub mishaps: Mishaps,
    /// Tokens that no longer hold, whatever their deadline.
    pub expired_tokens: BTreeSet<String>,
    tx_numbers: BTreeMap<String, i64>,
    sequencer: Sequencer,
    events: Vec<Event>,
    delays: Option<Delays>,
    switches: Switches,
    rng: Rng,
    crowd: bool,
    next_trade: i64,
    next_tick: Wall,
    ticks: i64,
}

/// A transaction that passed the API's checks.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// 80 hex digits.
    pub hash: String,
    /// Type number.
    pub tx_type: u8,
    /// JSON text as received.
    pub info: String,
    /// Whose.
    pub account: i64,
    /// Which key.
    pub slot: u8,
    /// Its nonce.
    pub nonce: i64,
    /// True when nonces may be skipped.
    pub skip_nonce: bool,
    /// Unix milliseconds.
    pub expire_at: i64,
    /// What it does.
    pub action: Action,
}

impl Exchange {
    /// A venue that opens at `start`.
    pub fn new(options: &Options, start: Wall) -> Self {
        let params = |symbol: &str| crate::sim::market::MARKETS.iter().find(|market| market.symbol == symbol);
        let markets = MARKETS
            .iter()
            .filter_map(|rules| {
                let params = params(rules.symbol)?;
                Some((rules.id, Market::new(rules, params, options.seed, start)))
            })
            .collect();
        Self {
            markets,
            accounts: account::at_start(options, start),
            orders: OrderStore::default(),
            txs: BTreeMap::new(),
            trades: VecDeque::new(),
            block_height: 365_159_557,
            mishaps: Mishaps::default(),
            expired_tokens: BTreeSet::new(),
            tx_numbers: BTreeMap::new(),
            sequencer: Sequencer::default(),
            events: Vec::new(),
            delays: options.delays,
            switches: options.switches.clone(),
            rng: Rng::stream(options.seed, "lighter/exchange"),
            crowd: options.crowd,
            next_trade: 36_388_690_000,
            next_tick: start.after(Duration::from_millis(TICK_MS.unsigned_abs())),
            ticks: 0,
        }
    }

    /// Takes a checked transaction into the queue, spends its nonce in the API's view, and says when it will run.
    pub fn accept(&mut self, now: Wall, tx: Accepted, extra_delay: i64) -> Wall {
        let delay = self.delay_for(&tx) + extra_delay;
        let departure = self.mishaps.departure(&tx.action);
        let sequence_index = 1 + self.txs.last_key_value().map_or(7_000_000_000, |(index, _)| *index);
        if let Some(account) = self.accounts.get_mut(&tx.account) {
            account.slots.entry(tx.slot).or_insert_with(|| Slot::new([0; 40])).accepted = tx.nonce + 1;
        }
        self.tx_numbers.insert(tx.hash.clone(), sequence_index);
        self.txs.insert(
            sequence_index,
            TxRecord {
                hash: tx.hash,
                tx_type: tx.tx_type,
                info: tx.info,
                outcome: None,
                status: TxStatus::Pending,
                account: tx.account,
                slot: tx.slot,
                nonce: tx.nonce,
                expire_at: tx.expire_at,
                queued: now,
                executed: None,
                sequence_index,
                block_height: self.block_height,
            },
        );
        let queued = Queued {
            sequence_index,
            account: tx.account,
            slot: tx.slot,
            nonce: tx.nonce,
            skip_nonce: tx.skip_nonce,
            expire_at: tx.expire_at,
            action: tx.action,
        };
        self.sequencer.push(now, delay, departure, queued)
    }

    fn delay_for(&self, tx: &Accepted) -> i64 {
        let tier = self.accounts.get(&tx.account).map_or(Tier::Standard, |account| account.tier);
        let delays = self.delays.unwrap_or_else(|| Delays::of_tier(tier));
        let crosses = match &tx.action {
            Action::Create(order) => self.crosses(order.market, order.side, order.price),
            _ => false,
        };
        delay_of(&tx.action, delays, crosses)
    }

    /// True when a limit of this price would meet a resting order.
    pub fn crosses(&self, market: MarketId, side: Side, price: i64) -> bool {
        let best = self.markets.get(&market).and_then(|market| market.best(side.opposite()));
        best.is_some_and(|(best, _)| match side {
            Side::Buy => best <= price,
            Side::Sell => best >= price,
        })
    }

    /// A transaction by its hash.
    pub fn tx_by_hash(&self, hash: &str) -> Option<&TxRecord> {
        self.tx_numbers.get(hash).and_then(|index| self.txs.get(index))
    }

    /// Transactions a slot has waiting.
    pub fn waiting(&self, account: i64, slot: u8) -> usize {
        self.sequencer.waiting(account, slot).count()
    }

    /// When something happens next.
    pub fn next_due(&self) -> Wall {
        self.sequencer.next_due().map_or(self.next_tick, |due| due.min(self.next_tick))
    }

    /// Does what is due at `now`, which must not be later than [`Exchange::next_due`] by more than the caller wants to see
    /// collapsed into one moment.
    pub fn run(&mut self, now: Wall) {
        while let Some(tx) = self.sequencer.pop_due(now) {
            self.execute(now, tx);
        }
        if self.next_tick <= now {
            self.tick(now);
            self.next_tick = self.next_tick.after(Duration::from_millis(TICK_MS.unsigned_abs()));
        }
    }

    fn tick(&mut self, now: Wall) {
        self.ticks += 1;
        let markets: Vec<MarketId> = self.markets.keys().copied().collect();
        for market in markets {
            self.move_market(now, market);
        }
        self.sweep(now);
        self.fire_triggers(now);
        self.liquidate(now);
        if self.ticks % TICKS_PER_BLOCK == 0 {
            self.block_height += 1;
            self.events.push(Event::Block(self.block_height));
        }
    }

    /// What happened since the last call, in order.
    pub fn drain_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn market_mut(&mut self, market: MarketId) -> Option<&mut Market> {
        self.markets.get_mut(&market)
    }

    fn note_book(&mut self, now: Wall, market: MarketId) {
        if self.market_mut(market).is_some_and(|market| market.note_change(now)) {
            self.events.push(Event::Book(market));
        }
    }
}
