//! From what happened to what subscribers are told (lighter.md 5.2, 6.1).

use super::super::LighterSim;
use super::super::decimal::text;
use super::super::json_out::{assets, market_stats, positions, trade, tx, user_stats};
use super::super::model::{Event, MarketId, Order, Trade, market_rules};
use super::super::switches::{ExpiredToken, PositionUpdate};
use super::channel::Channel;
use super::frames::{stamped, update};
use super::snapshot::ticker_body;
use crate::domain::{Side, Wall};
use crate::transport::service::ConnId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What happened to one account.
#[derive(Default)]
struct News {
    orders: Vec<Order>,
    trades: Vec<Trade>,
    markets: BTreeSet<MarketId>,
    txs: Vec<i64>,
    balance: bool,
    notices: Vec<Value>,
}

/// What happened to everybody.
#[derive(Default)]
struct Digest {
    accounts: BTreeMap<i64, News>,
    books: BTreeSet<MarketId>,
    trades: BTreeMap<MarketId, Vec<Trade>>,
    height: Option<i64>,
}

impl Digest {
    fn of(events: Vec<Event>) -> Self {
        let mut digest = Self::default();
        for event in events {
            digest.add(event);
        }
        digest
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Book(market) => {
                self.books.insert(market);
            }
            Event::Trade(trade) => {
                for account in BTreeSet::from([trade.ask.account, trade.bid.account]) {
                    self.of_account(account).trades.insert(0, (*trade).clone());
                }
                self.trades.entry(trade.market).or_default().insert(0, *trade);
            }
            Event::Order(order) => {
                let orders = &mut self.of_account(order.account).orders;
                orders.retain(|earlier| earlier.index != order.index);
                orders.push(*order);
            }
            Event::Position { account, market } => {
                self.of_account(account).markets.insert(market);
            }
            Event::Balance { account } => self.of_account(account).balance = true,
            Event::Tx { account, sequence_index } => self.of_account(account).txs.push(sequence_index),
            Event::Liquidation { account, market, base, side } => {
                let notice = liquidation_notice(account, market, base, side);
                self.of_account(account).notices.push(notice);
            }
            Event::Block(height) => self.height = Some(height),
        }
    }

    fn of_account(&mut self, account: i64) -> &mut News {
        self.accounts.entry(account).or_default()
    }
}

impl LighterSim {
    /// Tells subscribers what happened since the last call.
    pub(in super::super) fn publish_events(&mut self, now: Wall) {
        let digest = Digest::of(self.exchange.drain_events());
        for market in &digest.books {
            self.publish_ticker(now, *market);
        }
        for (market, trades) in &digest.trades {
            self.publish_trades(now, *market, trades);
        }
        if let Some(height) = digest.height {
            self.publish(now, Channel::Height, || stamped(json!({ "height": height }), now));
        }
        for (account, news) in &digest.accounts {
            self.publish_account(now, *account, news);
        }
    }

    fn publish(&mut self, now: Wall, channel: Channel, body: impl FnOnce() -> Value) {
        if self.hub.listens(channel) {
            self.hub.publish(now, channel, &update(channel, body()));
        }
    }

    fn publish_ticker(&mut self, now: Wall, market: MarketId) {
        let channel = Channel::Ticker(market);
        if !self.hub.listens(channel) {
            return;
        }
        if let Some(state) = self.exchange.markets.get(&market) {
            self.hub.publish(now, channel, &update(channel, ticker_body(state, now)));
        }
    }

    fn publish_trades(&mut self, now: Wall, market: MarketId, trades: &[Trade]) {
        let nonce = self.exchange.markets.get(&market).map_or(0, |state| state.engine_nonce);
        let of_kind = |liquidation: bool| -> Vec<Value> {
            trades
                .iter()
                .filter(|entry| entry.liquidation == liquidation)
                .map(|entry| trade(entry, None))
                .collect()
        };
        self.publish(
            now,
            Channel::Trade(market),
            || json!({ "nonce": nonce, "trades": of_kind(false), "liquidation_trades": of_kind(true) }),
        );
    }

    fn publish_account(&mut self, now: Wall, account: i64, news: &News) {
        if !self
            .hub
            .connections
            .values()
            .any(|other| other.subscriptions.keys().any(|c| c.account() == Some(account)))
        {
            return;
        }
        self.publish_orders(now, account, news);
        self.publish_account_trades(now, account, news);
        self.publish_positions(now, account, news);
        self.publish_txs(now, account, news);
        if news.balance {
            self.publish_user_stats(now, account);
            self.publish_assets(now, account);
        }
        self.publish_account_all(now, account, news);
        self.publish_account_markets(now, account, news);
        if !news.notices.is_empty() {
            let notices = &news.notices;
            self.publish(now, Channel::Notification(account), || json!({ "notifs": notices }));
        }
    }

    fn publish_orders(&mut self, now: Wall, account: i64, news: &News) {
        if news.orders.is_empty() {
            return;
        }
        let mut by_market: BTreeMap<MarketId, Vec<Value>> = BTreeMap::new();
        for order in &news.orders {
            by_market.entry(order.request.market).or_default().push(self.show_order(order, false));
        }
        let all: BTreeMap<String, &Vec<Value>> =
            by_market.iter().map(|(market, orders)| (market.to_string(), orders)).collect();
        self.publish(now, Channel::AccountAllOrders(account), || json!({ "orders": all }));
        for (market, orders) in &by_market {
            let nonce = self.exchange.markets.get(market).map_or(0, |state| state.engine_nonce);
            self.publish(
                now,
                Channel::AccountOrders(*market, account),
                || json!({ "account": account, "nonce": nonce, "orders": { market.to_string(): orders } }),
            );
        }
    }

    fn publish_account_trades(&mut self, now: Wall, account: i64, news: &News) {
        if !news.trades.is_empty() {
            let trades = trades_by_market(account, &news.trades);
            self.publish(now, Channel::AccountAllTrades(account), || json!({ "trades": trades }));
        }
    }

    /// The markets of a position update (switch 10).
    fn told_positions(&self, account: i64, changed: &BTreeSet<MarketId>) -> Value {
        let Some(owner) = self.exchange.accounts.get(&account) else { return json!({}) };
        let changed: Vec<MarketId> = changed.iter().copied().collect();
        let only = match self.options.switches.position_update {
            PositionUpdate::Changed => Some(changed.as_slice()),
            PositionUpdate::Whole => None,
        };
        positions(&self.exchange, owner, only)
    }

    fn publish_positions(&mut self, now: Wall, account: i64, news: &News) {
        if news.markets.is_empty() {
            return;
        }
        let body = json!({
            "positions": self.told_positions(account, &news.markets),
            "bo_positions": {},
            "shares": [],
            "last_funding_round": null,
            "last_funding_discount": null,
            "transaction_time": now.0,
        });
        self.publish(now, Channel::AccountAllPositions(account), || body);
    }

    fn publish_txs(&mut self, now: Wall, account: i64, news: &News) {
        if news.txs.is_empty() {
            return;
        }
        let owner = self.exchange.accounts.get(&account);
        let finality = self.options.switches.final_status;
        let records = news.txs.iter().filter_map(|index| self.exchange.txs.get(index));
        let txs: Vec<Value> = records.map(|record| tx(record, owner, now, finality)).collect();
        self.publish(now, Channel::AccountTx(account), || json!({ "txs": txs }));
    }

    fn publish_user_stats(&mut self, now: Wall, account: i64) {
        let Some(owner) = self.exchange.accounts.get(&account) else { return };
        let body = stamped(json!({ "stats": user_stats(&self.exchange, owner) }), now);
        self.publish(now, Channel::UserStats(account), || body);
    }

    fn publish_assets(&mut self, now: Wall, account: i64) {
        let Some(owner) = self.exchange.accounts.get(&account) else { return };
        let body = stamped(json!({ "assets": assets(owner), "account_id": account }), now);
        self.publish(now, Channel::AccountAllAssets(account), || body);
    }

    fn publish_account_all(&mut self, now: Wall, account: i64, news: &News) {
        if news.trades.is_empty() && news.markets.is_empty() && !news.balance {
            return;
        }
        let Some(owner) = self.exchange.accounts.get(&account) else { return };
        let body = json!({
            "account": account,
            "assets": news.balance.then(|| assets(owner)),
            "positions": self.told_positions(account, &news.markets),
            "trades": trades_by_market(account, &news.trades),
            "funding_histories": {},
            "shares": [],
            "bo_positions": {},
            "transaction_time": now.0,
        });
        self.publish(now, Channel::AccountAll(account), || body);
    }

    fn publish_account_markets(&mut self, now: Wall, account: i64, news: &News) {
        let mut markets = news.markets.clone();
        markets.extend(news.orders.iter().map(|order| order.request.market));
        for market in markets {
            let channel = Channel::AccountMarket(market, account);
            let Some(owner) = self.exchange.accounts.get(&account).filter(|_| self.hub.listens(channel))
            else {
                continue;
            };
            let here = |order: &&Order| order.request.market == market;
            let orders: Vec<Value> =
                news.orders.iter().filter(here).map(|order| self.show_order(order, false)).collect();
            let own = news.trades.iter().filter(|entry| entry.market == market);
            let trades: Vec<Value> = own.map(|entry| trade(entry, Some(account))).collect();
            let body = json!({
                "account": account,
                "assets": news.balance.then(|| assets(owner)),
                "orders": orders,
                "position": super::super::json_out::position(&self.exchange, owner, market),
                "trades": trades,
                "funding_histories": [],
            });
            self.publish(now, channel, || body);
        }
    }

    /// Every 50 ms: changed book levels.
    pub(in super::super) fn publish_books(&mut self, now: Wall) {
        for market in self.exchange.markets.values() {
            let id = market.rules.id;
            let channel = Channel::OrderBook(id);
            if !self.hub.listens(channel) {
                continue;
            }
            let frame = self.hub.feeds.get_mut(&id).and_then(|feed| feed.next_frame(market, now));
            let Some(frame) = frame else { continue };
            if self.hub.gaps.remove(&id) {
                continue;
            }
            self.hub.publish(now, channel, &frame);
            if self.hub.duplicates.remove(&id) {
                self.hub.publish(now, channel, &frame);
            }
        }
    }

    /// Every second: statistics, the worth of accounts that hold something, tokens that ran out.
    pub(in super::super) fn publish_second(&mut self, now: Wall) {
        let markets: Vec<MarketId> = self.exchange.markets.keys().copied().collect();
        for id in markets {
            let channel = Channel::MarketStats(Some(id));
            let Some(market) = self.exchange.markets.get(&id).filter(|_| self.hub.listens(channel)) else {
                continue;
            };
            let body = stamped(json!({ "market_stats": market_stats(&self.exchange, market, now) }), now);
            self.publish(now, channel, || body);
        }
        if self.hub.listens(Channel::MarketStats(None)) {
            let body = stamped(json!({ "market_stats": self.all_market_stats(now) }), now);
            self.publish(now, Channel::MarketStats(None), || body);
        }
        let holding =
            self.exchange.accounts.values().filter(|owner| owner.positions.values().any(|p| p.size != 0));
        let holding: Vec<i64> = holding.map(|owner| owner.index).collect();
        for account in holding
            .into_iter()
            .filter(|account| self.hub.listens(Channel::UserStats(*account)))
            .collect::<Vec<_>>()
        {
            self.publish_user_stats(now, account);
        }
        self.hub.check_idle(now);
        self.cut_expired(now);
    }

    /// Closes connections with a subscription whose token ran out (switch 9).
    fn cut_expired(&mut self, now: Wall) {
        if self.options.switches.expired_token == ExpiredToken::Ignored {
            return;
        }
        let expired = |until: Option<i64>| until.is_some_and(|until| until <= now.secs());
        let due: Vec<ConnId> = self
            .hub
            .connections
            .iter()
            .filter(|(_, other)| other.subscriptions.values().any(|one| expired(one.token_until_s)))
            .map(|(conn, _)| *conn)
            .collect();
        for conn in due {
            self.hub.close(conn, 1008, "auth token expired");
        }
    }
}

/// What the owner reads of a forced close. The reference names the kinds of notices but not their fields.
fn liquidation_notice(account: i64, market: MarketId, base: i64, side: Side) -> Value {
    let size = market_rules(market).map(|rules| text(base, rules.size_decimals));
    json!({
        "kind": "liquidation",
        "account_index": account,
        "content": { "market_index": market, "is_ask": side == Side::Sell, "size": size },
        "ack": false,
    })
}

fn trades_by_market(account: i64, trades: &[Trade]) -> BTreeMap<String, Vec<Value>> {
    let mut by_market: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in trades {
        by_market.entry(entry.market.to_string()).or_default().push(trade(entry, Some(account)));
    }
    by_market
}
