//! The full state that answers a subscribe (lighter.md 5.2).

use super::super::LighterSim;
use super::super::decimal::number;
use super::super::json_out::{
    assets, market_stats, merge, object, order, positions, ticker_levels, trade, tx, user_stats,
};
use super::super::model::{Account, Market, MarketId, Order};
use super::channel::Channel;
use super::frames::{stamped, subscribed};
use crate::domain::Wall;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Public trades in a snapshot.
const TRADES: usize = 50;
/// Transactions in a snapshot.
const TXS: usize = 50;

impl LighterSim {
    pub(super) fn snapshot(&self, now: Wall, channel: Channel) -> Value {
        match channel {
            Channel::OrderBook(id) => {
                let feed = self.hub.feeds.get(&id).zip(self.exchange.markets.get(&id));
                feed.map_or(Value::Null, |(feed, market)| feed.snapshot(market.rules, now))
            }
            other => subscribed(other, self.snapshot_body(now, other)),
        }
    }

    fn snapshot_body(&self, now: Wall, channel: Channel) -> Value {
        let market = |id: MarketId| self.exchange.markets.get(&id);
        match channel {
            Channel::OrderBook(_) => Value::Null,
            Channel::Ticker(id) => market(id).map_or(Value::Null, |market| ticker_body(market, now)),
            Channel::Trade(id) => market(id).map_or(Value::Null, trade_body),
            Channel::MarketStats(Some(id)) => {
                let stats = market(id).map(|market| market_stats(&self.exchange, market, now));
                stamped(json!({ "market_stats": stats }), now)
            }
            Channel::MarketStats(None) => stamped(json!({ "market_stats": self.all_market_stats(now) }), now),
            Channel::Height => stamped(json!({ "height": self.exchange.block_height }), now),
            Channel::AccountAll(_)
            | Channel::AccountAllPositions(_)
            | Channel::AccountAllTrades(_)
            | Channel::UserStats(_)
            | Channel::AccountAllOrders(_)
            | Channel::AccountOrders(..)
            | Channel::AccountMarket(..)
            | Channel::AccountTx(_)
            | Channel::AccountAllAssets(_)
            | Channel::Notification(_) => {
                let owner = channel.account().and_then(|account| self.exchange.accounts.get(&account));
                owner.map_or(Value::Null, |owner| self.account_snapshot(now, channel, owner))
            }
        }
    }

    /// Statistics of all markets by number.
    pub(super) fn all_market_stats(&self, now: Wall) -> Value {
        let all = self.exchange.markets.values();
        object(all.map(|market| (market.rules.id.to_string(), market_stats(&self.exchange, market, now))))
    }

    fn account_snapshot(&self, now: Wall, channel: Channel, owner: &Account) -> Value {
        match channel {
            Channel::AccountAll(account) => {
                let body = json!({
                    "account": account,
                    "assets": assets(owner),
                    "positions": positions(&self.exchange, owner, None),
                    "trades": {},
                    "funding_histories": {},
                    "shares": [],
                    "bo_positions": {},
                    "transaction_time": owner.updated.0,
                });
                merge(merge(body, volumes(owner)), trade_counts(owner))
            }
            Channel::AccountAllPositions(_) => json!({
                "positions": positions(&self.exchange, owner, None),
                "bo_positions": {},
                "shares": [],
                "transaction_time": owner.updated.0,
            }),
            Channel::AccountAllTrades(_) => merge(json!({ "trades": {} }), volumes(owner)),
            Channel::UserStats(_) => stamped(json!({ "stats": user_stats(&self.exchange, owner) }), now),
            Channel::AccountAllOrders(account) => json!({ "orders": self.live_orders(account, None) }),
            Channel::AccountOrders(market, account) => json!({
                "account": account,
                "nonce": self.exchange.markets.get(&market).map_or(0, |market| market.engine_nonce),
                "orders": self.live_orders(account, Some(market)),
            }),
            Channel::AccountMarket(market, account) => {
                let live =
                    self.exchange.orders.live_of(account).filter(|order| order.request.market == market);
                let orders: Vec<Value> = live.map(|order| self.show_order(order, true)).collect();
                json!({
                    "account": account,
                    "assets": assets(owner),
                    "orders": orders,
                    "position": super::super::json_out::position(&self.exchange, owner, market),
                    "trades": [],
                    "funding_histories": [],
                })
            }
            Channel::AccountTx(account) => {
                let finality = self.options.switches.final_status;
                let own = self.exchange.txs.values().rev().filter(|record| record.account == account);
                let txs: Vec<Value> =
                    own.take(TXS).map(|record| tx(record, Some(owner), now, finality)).collect();
                json!({ "txs": txs })
            }
            Channel::AccountAllAssets(account) => {
                stamped(json!({ "assets": assets(owner), "account_id": account }), now)
            }
            _ => json!({ "notifs": [] }),
        }
    }

    /// One order as frames show it.
    pub(super) fn show_order(&self, entry: &Order, snapshot: bool) -> Value {
        order(entry, self.options.switches.order_time, snapshot)
    }

    fn live_orders(&self, account: i64, only: Option<MarketId>) -> Value {
        let mut by_market: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for order in self.exchange.orders.live_of(account) {
            if only.is_none_or(|market| order.request.market == market) {
                let market = order.request.market.to_string();
                by_market.entry(market).or_default().push(self.show_order(order, true));
            }
        }
        json!(by_market)
    }
}

/// The body of a ticker frame.
pub(super) fn ticker_body(market: &Market, now: Wall) -> Value {
    let body = json!({
        "last_updated_at": market.updated.0,
        "nonce": market.engine_nonce,
        "ticker": ticker_levels(market),
    });
    stamped(body, now)
}

fn trade_body(market: &Market) -> Value {
    let newest = |liquidation: bool| -> Vec<Value> {
        let wanted = market.trades.iter().filter(|entry| entry.liquidation == liquidation);
        wanted.take(TRADES).map(|entry| trade(entry, None)).collect()
    };
    json!({ "nonce": market.engine_nonce, "trades": newest(false), "liquidation_trades": newest(true) })
}

/// Volumes of an account; the simulation is younger than a day, so all four are the same.
fn volumes(owner: &Account) -> Value {
    let volume = number(owner.volume, 6);
    json!({
        "daily_volume": volume,
        "weekly_volume": volume,
        "monthly_volume": volume,
        "total_volume": volume,
    })
}

fn trade_counts(owner: &Account) -> Value {
    json!({
        "daily_trades_count": owner.trade_count,
        "weekly_trades_count": owner.trade_count,
        "monthly_trades_count": owner.trade_count,
        "total_trades_count": owner.trade_count,
    })
}
