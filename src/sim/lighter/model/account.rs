//! Accounts: keys and nonces per slot, collateral, positions. The arithmetic of one trade on one position lives here.

use super::super::decimal::{product, saturate};
use super::super::options::{AccountSetup, Options};
use super::order::OrderKind;
use super::rules::{MarketId, Tier};
use super::{CROWD, FEE_COLLECTOR, MARKET_MAKER};
use crate::domain::{Side, Wall};
use std::collections::{BTreeMap, BTreeSet};

/// Account numbers from here on are sub-accounts.
const FIRST_SUB_ACCOUNT: i64 = 1 << 47;
/// Volume quota of a new account (lighter.md 2.4).
const FIRST_QUOTA: i64 = 1_000;
/// Nonces end here (lighter.md 4.6).
pub const NONCE_LIMIT: i64 = (1 << 48) - 1;
/// Skipping nonces end here.
pub const SKIP_NONCE_LIMIT: i64 = (1 << 47) - 1;

/// One API key slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Registered public key; all zeros after a revocation.
    pub key: [u8; 40],
    /// Nonce the sequencer executes next.
    pub executed: i64,
    /// Nonce the API takes next; ahead of `executed` while transactions are queued.
    pub accepted: i64,
    /// When the last transaction of this slot was executed.
    pub updated: Wall,
}

impl Slot {
    /// A slot with this key and no history.
    pub fn new(key: [u8; 40]) -> Self {
        Self { key, executed: 0, accepted: 0, updated: Wall(0) }
    }

    /// True when no key is registered.
    pub fn is_empty(&self) -> bool {
        self.key == [0; 40]
    }
}

/// The nonce rule: the next one, or with skipping any later one below 2^47-1 (lighter.md 4.6).
pub fn nonce_fits(nonce: i64, next: i64, skip: bool) -> bool {
    if skip { nonce >= next && nonce < SKIP_NONCE_LIMIT } else { nonce == next && nonce <= NONCE_LIMIT }
}

/// Whose margin backs a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginMode {
    /// The whole account.
    Cross,
    /// What was set aside for it.
    Isolated,
}

/// A position in one market, or the memory of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Signed size in steps: below zero is short.
    pub size: i64,
    /// Value at which it was entered, never negative.
    pub entry_quote: i64,
    /// Profit taken since the account exists.
    pub realized: i64,
    /// Initial margin the owner chose, in 1e-4.
    pub initial_margin: i64,
    /// True once the owner has set leverage.
    pub margin_set: bool,
    /// Whose margin backs it.
    pub mode: MarginMode,
    /// Set aside for it when isolated.
    pub allocated: i64,
}

impl Position {
    /// Nothing held yet, at the market's default leverage.
    pub fn flat(initial_margin: i64) -> Self {
        Self {
            size: 0,
            entry_quote: 0,
            realized: 0,
            initial_margin,
            margin_set: false,
            mode: MarginMode::Cross,
            allocated: 0,
        }
    }

    /// `sign`: -1 for a short, else 1, also when flat.
    pub fn sign(&self) -> i64 {
        if self.size < 0 { -1 } else { 1 }
    }

    /// Size a reduce-only order of this side may still fill.
    pub fn reducible(&self, side: Side) -> i64 {
        match side {
            Side::Sell => self.size.max(0),
            Side::Buy => (-self.size).max(0),
        }
    }

    /// Profit at the mark price, in millionths of a USDC.
    pub fn unrealized(&self, mark: i64) -> i64 {
        product(self.size, mark) - self.sign() * self.entry_quote
    }

    /// Books one trade and returns the profit it realised. A trade through zero closes first and opens the rest.
    pub fn trade(&mut self, side: Side, base: i64, price: i64) -> i64 {
        let closing = base.min(self.reducible(side));
        let opening = base - closing;
        let realized = self.close(closing, price);
        if opening > 0 {
            self.open(side, opening, price);
        }
        self.realized += realized;
        realized
    }

    fn close(&mut self, base: i64, price: i64) -> i64 {
        if base == 0 {
            return 0;
        }
        let held = self.size.abs();
        let share = |part: i64| saturate(i128::from(part) * i128::from(base) / i128::from(held));
        let entry = share(self.entry_quote);
        let released = share(self.allocated);
        let realized = self.sign() * (product(base, price) - entry);
        self.entry_quote -= entry;
        self.allocated -= released;
        self.size -= self.sign() * base;
        realized
    }

    fn open(&mut self, side: Side, base: i64, price: i64) {
        let quote = product(base, price);
        self.entry_quote += quote;
        self.size += match side {
            Side::Buy => base,
            Side::Sell => -base,
        };
        if self.mode == MarginMode::Isolated {
            self.allocated += margin_of(quote, self.initial_margin);
        }
    }
}

/// `quote * fraction / 1e4`, rounded up: a margin requirement is never understated.
pub fn margin_of(quote: i64, fraction: i64) -> i64 {
    let wide = i128::from(quote.abs()) * i128::from(fraction);
    saturate((wide + 9_999) / 10_000)
}

/// Who an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Of an L1 address, first one.
    Master,
    /// Of an L1 address, further one.
    Sub,
    /// Of the venue: the market maker, the crowd, the fee collector. Trades without margin.
    Venue,
}

impl AccountKind {
    /// `account_type`.
    pub fn number(self) -> i64 {
        match self {
            Self::Master => 0,
            Self::Sub => 1,
            Self::Venue => 3,
        }
    }
}

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The venue's number.
    pub index: i64,
    /// Whose it is.
    pub kind: AccountKind,
    /// Owner's Ethereum address, `0x` and 40 hex digits as registered.
    pub l1_address: String,
    /// API keys by slot.
    pub slots: BTreeMap<u8, Slot>,
    /// Slots restricted to the fast lane (lighter.md 4.7).
    pub maker_only: BTreeSet<u8>,
    /// Fees, speed and limits.
    pub tier: Tier,
    /// When the tier last changed.
    pub tier_changed: Option<Wall>,
    /// USDC without unrealised profit, in millionths.
    pub collateral: i64,
    /// Positions by market, for every market ever touched.
    pub positions: BTreeMap<MarketId, Position>,
    /// Scheduled cancel-all in unix milliseconds, 0 for none.
    pub cancel_all_at: i64,
    /// Orders ever created.
    pub order_count: i64,
    /// Volume quota left (lighter.md 2.4).
    pub quota: i64,
    /// Volume not yet turned into quota.
    pub quota_volume: i64,
    /// When the last free transaction was used.
    pub quota_free_at: Option<Wall>,
    /// Value traded since the account exists.
    pub volume: i64,
    /// Trades since the account exists.
    pub trade_count: i64,
    /// When it was created.
    pub created: Wall,
    /// When it last changed.
    pub updated: Wall,
}

impl Account {
    fn new(setup: &AccountSetup, start: Wall) -> Self {
        let kind = match setup.index {
            MARKET_MAKER | CROWD | FEE_COLLECTOR => AccountKind::Venue,
            index if index < FIRST_SUB_ACCOUNT => AccountKind::Master,
            _ => AccountKind::Sub,
        };
        Self {
            index: setup.index,
            kind,
            l1_address: setup.l1_address.clone(),
            slots: setup.api_keys.iter().map(|(slot, key)| (*slot, Slot::new(*key))).collect(),
            maker_only: setup.maker_only.iter().copied().collect(),
            tier: setup.tier,
            tier_changed: None,
            collateral: setup.balance,
            positions: BTreeMap::new(),
            cancel_all_at: 0,
            order_count: 0,
            quota: FIRST_QUOTA,
            quota_volume: 0,
            quota_free_at: None,
            volume: 0,
            trade_count: 0,
            created: start,
            updated: start,
        }
    }

    /// The position in a market, flat when never touched.
    pub fn position(&self, market: MarketId) -> Option<&Position> {
        self.positions.get(&market)
    }

    /// The position in a market, made when missing.
    pub fn position_mut(&mut self, market: MarketId, default_margin: i64) -> &mut Position {
        self.positions.entry(market).or_insert_with(|| Position::flat(default_margin))
    }

    /// Size a reduce-only order may still fill.
    pub fn reducible(&self, market: MarketId, side: Side) -> i64 {
        self.position(market).map_or(0, |position| position.reducible(side))
    }

    /// Fee in 1e-6 of the value, as maker or as taker.
    pub fn fee_rate(&self, maker: bool) -> i64 {
        if maker { self.tier.maker_fee() } else { self.tier.taker_fee() }
    }
}

/// The accounts of a venue that opens: those asked for and the venue's own.
pub fn at_start(options: &Options, start: Wall) -> BTreeMap<i64, Account> {
    let own = [MARKET_MAKER, CROWD, FEE_COLLECTOR].map(|index| AccountSetup {
        index,
        l1_address: format!("0x{index:040x}"),
        api_keys: Vec::new(),
        balance: 0,
        tier: if index == MARKET_MAKER { Tier::Premium(7) } else { Tier::Standard },
        maker_only: Vec::new(),
    });
    let mut accounts = BTreeMap::new();
    for setup in own.iter().chain(&options.accounts) {
        accounts.insert(setup.index, Account::new(setup, start));
    }
    accounts
}

/// True for a stop that fires when the mark moves against a long (a sell) or against a short (a buy).
pub fn trigger_reached(kind: OrderKind, side: Side, trigger: i64, mark: i64) -> bool {
    let falling = match (kind, side) {
        (OrderKind::StopLoss | OrderKind::StopLossLimit, Side::Sell) => true,
        (OrderKind::StopLoss | OrderKind::StopLossLimit, Side::Buy) => false,
        (OrderKind::TakeProfit | OrderKind::TakeProfitLimit, Side::Sell) => false,
        (OrderKind::TakeProfit | OrderKind::TakeProfitLimit, Side::Buy) => true,
        (OrderKind::Limit | OrderKind::Market | OrderKind::Liquidation, _) => return false,
    };
    if falling { mark <= trigger } else { mark >= trigger }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_trade_through_zero_realises_the_old_side_and_opens_the_new_one() {
        let mut position = Position::flat(500);
        assert_eq!(position.trade(Side::Buy, 10, 100), 0);
        assert_eq!(position.trade(Side::Sell, 15, 110), 100);
        assert_eq!((position.size, position.entry_quote, position.realized), (-5, 550, 100));
        assert_eq!(position.unrealized(100), 50);
        assert_eq!(position.trade(Side::Buy, 5, 120), -50);
        assert_eq!((position.size, position.entry_quote, position.sign()), (0, 0, 1));
    }

    #[test]
    fn isolated_margin_is_set_aside_when_opening_and_released_in_proportion() {
        let mut position = Position { mode: MarginMode::Isolated, ..Position::flat(1_000) };
        position.trade(Side::Sell, 10, 1_000);
        assert_eq!(position.allocated, 1_000);
        position.trade(Side::Buy, 4, 900);
        assert_eq!(position.allocated, 600);
    }

    #[test]
    fn nonces_are_consecutive_unless_skipping() {
        assert!(nonce_fits(7, 7, false) && !nonce_fits(8, 7, false) && !nonce_fits(6, 7, false));
        assert!(
            nonce_fits(9_000, 7, true) && !nonce_fits(6, 7, true) && !nonce_fits(SKIP_NONCE_LIMIT, 7, true)
        );
    }

    proptest! {
        #[test]
        fn profit_taken_plus_profit_open_is_the_value_of_the_cash_flows(
            trades in proptest::collection::vec((any::<bool>(), 1i64..1_000, 1i64..100_000), 1..40), mark in 1i64..100_000,
        ) {
            let mut position = Position::flat(500);
            let (mut cash, mut realized, mut held) = (0i64, 0i64, 0i64);
            for (buy, base, price) in trades {
                let side = if buy { Side::Buy } else { Side::Sell };
                realized += position.trade(side, base, price);
                cash += if buy { -base * price } else { base * price };
                held += if buy { base } else { -base };
            }
            prop_assert_eq!(position.size, held);
            prop_assert!(position.entry_quote >= 0);
            prop_assert_eq!(realized + position.unrealized(mark), cash + held * mark);
        }
    }
}
