//! What one execution changes: positions, collateral, fees, quota, the record of the trade.

use super::super::decimal::product;
use super::account::Position;
use super::record::{Before, Event, Trade, TradeLeg};
use super::rules::{MarketId, fee};
use super::{Exchange, FEE_COLLECTOR, REMEMBERED_TRADES};
use crate::domain::{Side, Wall};

/// Value in millionths of a USDC that earns one unit of volume quota (lighter.md 2.4).
const VOLUME_PER_QUOTA: i64 = 5_000_000;
/// Most quota one can hold.
const QUOTA_LIMIT: i64 = 5_000_000;

/// Taker's fee of a forced close in 1e-6 (1 %).
const LIQUIDATION_FEE: i64 = 10_000;

/// One participant of an execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Participant {
    /// Whose order.
    pub account: i64,
    /// The venue's number of the order.
    pub order_index: i64,
    /// The owner's number of the order.
    pub client_index: i64,
    /// Version of the order.
    pub version: i64,
}

/// One execution.
#[derive(Clone, Debug)]
pub(super) struct Execution<'a> {
    pub market: MarketId,
    pub base: i64,
    pub price: i64,
    /// Direction of the taker.
    pub taker_side: Side,
    pub taker: Participant,
    pub maker: Participant,
    pub tx_hash: &'a str,
    pub liquidation: bool,
}

impl Exchange {
    /// Books an execution on both participants and records it. The book itself is the caller's business.
    pub(super) fn settle(&mut self, now: Wall, execution: &Execution<'_>) -> Trade {
        let taker_side = execution.taker_side;
        let (taker, taker_leg) = self.settle_leg(now, execution, execution.taker, taker_side, false);
        let (maker, maker_leg) =
            self.settle_leg(now, execution, execution.maker, taker_side.opposite(), true);
        let is_maker_ask = taker_side == Side::Buy;
        let (ask, bid) = if is_maker_ask { (maker_leg, taker_leg) } else { (taker_leg, maker_leg) };
        self.next_trade += 1;
        let trade = Trade {
            id: self.next_trade,
            tx_hash: execution.tx_hash.to_owned(),
            market: execution.market,
            base: execution.base,
            price: execution.price,
            ask,
            bid,
            is_maker_ask,
            taker,
            maker,
            block_height: self.block_height,
            at: now,
            liquidation: execution.liquidation,
        };
        if let Some(market) = self.market_mut(execution.market) {
            market.note_trade(&trade);
        }
        self.trades.push_front(trade.clone());
        self.trades.truncate(REMEMBERED_TRADES);
        self.events.push(Event::Trade(Box::new(trade.clone())));
        for account in [execution.taker.account, execution.maker.account] {
            self.events.push(Event::Position { account, market: execution.market });
            self.events.push(Event::Balance { account });
        }
        trade
    }

    fn settle_leg(
        &mut self,
        now: Wall,
        execution: &Execution<'_>,
        who: Participant,
        side: Side,
        maker: bool,
    ) -> (Before, TradeLeg) {
        let default_margin =
            self.markets.get(&execution.market).map_or(0, |market| market.rules.default_initial_margin);
        let mut before = Before::of(&Position::flat(default_margin), 0);
        let (mut realized, mut cost) = (0, 0);
        if let Some(account) = self.accounts.get_mut(&who.account) {
            let quote = product(execution.base, execution.price);
            let rate =
                if execution.liquidation && !maker { LIQUIDATION_FEE } else { account.fee_rate(maker) };
            let position = account.position_mut(execution.market, default_margin);
            before = Before::of(position, rate);
            realized = position.trade(side, execution.base, execution.price);
            before.note_after(position);
            cost = fee(quote, rate);
            account.collateral += realized - cost;
            account.volume += quote;
            account.trade_count += 1;
            if account.tier.has_quota() {
                account.quota_volume += quote;
                account.quota = (account.quota + account.quota_volume / VOLUME_PER_QUOTA).min(QUOTA_LIMIT);
                account.quota_volume %= VOLUME_PER_QUOTA;
            }
            account.updated = now;
        }
        if let Some(collector) = self.accounts.get_mut(&FEE_COLLECTOR) {
            collector.collateral += cost;
        }
        let leg = TradeLeg {
            order_index: who.order_index,
            client_index: who.client_index,
            account: who.account,
            version: who.version,
            realized,
        };
        (before, leg)
    }
}

impl Before {
    fn of(position: &Position, fee_rate: i64) -> Self {
        Self {
            size: position.size,
            entry_quote: position.entry_quote,
            initial_margin: position.initial_margin,
            allocated_before: position.allocated,
            allocated_after: position.allocated,
            sign_changed: false,
            fee_rate,
        }
    }

    fn note_after(&mut self, position: &Position) {
        self.allocated_after = position.allocated;
        self.sign_changed = self.size.signum() * position.size.signum() < 0;
    }
}
