//! Matching, margin and order life cycle on a book that holds only what the test puts there.

mod margin;
mod matching;
mod orders;

use super::super::options::{AccountSetup, Options};
use super::super::refusal::Refusal;
use super::super::switches::{EndedClientIndex, PartialStatus, RefusedTx, SecondSchedule};
use super::*;
use std::time::Duration;

const BTC: MarketId = 1;
const ALICE: i64 = 10;
const BOB: i64 = 20;
/// A second account of Bob's owner.
const BOB_SUB: i64 = 1 << 47;

/// An exchange whose BTC book is empty, stopped before the market moves.
struct Lab {
    exchange: Exchange,
    now: Wall,
    nonces: BTreeMap<i64, i64>,
}

impl Lab {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::new(7);
        options.crowd = false;
        options.delays = Some(Delays::flat(0));
        let address = |digit: char| format!("0x{}", digit.to_string().repeat(40));
        options.accounts = [(ALICE, 'a'), (BOB, 'b'), (BOB_SUB, 'b')]
            .map(|(index, digit)| AccountSetup {
                index,
                l1_address: address(digit),
                api_keys: vec![(4, [1; 40])],
                balance: 10_000_000_000,
                tier: Tier::Standard,
                maker_only: Vec::new(),
            })
            .to_vec();
        change(&mut options);
        let now = Wall::from_millis(1_795_000_000_000);
        let mut exchange = Exchange::new(&options, now);
        exchange.markets.get_mut(&BTC).expect("BTC").clear(now);
        exchange.drain_events();
        Self { exchange, now, nonces: BTreeMap::new() }
    }

    fn mark(&self) -> i64 {
        self.exchange.markets[&BTC].mark
    }

    fn submit(&mut self, account: i64, action: Action) -> TxRecord {
        let nonce = self.nonces.entry(account).or_default();
        let tx = Accepted {
            hash: format!("{account:040x}{nonce:040x}"),
            tx_type: 14,
            info: String::new(),
            account,
            slot: 4,
            nonce: *nonce,
            skip_nonce: false,
            expire_at: i64::MAX,
            action,
        };
        *nonce += 1;
        let hash = tx.hash.clone();
        self.exchange.accept(self.now, tx, 0);
        self.exchange.run(self.now);
        self.exchange.tx_by_hash(&hash).expect("a record").clone()
    }

    fn refusal(&mut self, account: i64, action: Action) -> Option<Refusal> {
        self.submit(account, action).outcome.expect("an outcome").refusal
    }

    /// Sends an order and returns it as it came out of matching.
    fn order(&mut self, account: i64, request: NewOrder) -> Order {
        let outcome = self.submit(account, Action::Create(request)).outcome.expect("an outcome");
        assert_eq!(outcome.refusal, None);
        match outcome.effect {
            Effect::Placed { order, .. } => *order.expect("an order"),
            other => panic!("no order: {other:?}"),
        }
    }

    /// Rests an order of `base` at `mark + ticks`.
    fn rest(&mut self, account: i64, side: Side, ticks: i64, base: i64) -> Order {
        let order = self.order(account, self.limit(side, ticks, base, TimeInForce::GoodTillTime));
        assert_eq!(order.status, OrderStatus::Open);
        order
    }

    fn limit(&self, side: Side, ticks: i64, base: i64, time_in_force: TimeInForce) -> NewOrder {
        let rests = time_in_force != TimeInForce::ImmediateOrCancel;
        NewOrder {
            market: BTC,
            client_index: 0,
            base,
            price: self.mark() + ticks,
            side,
            kind: OrderKind::Limit,
            time_in_force,
            reduce_only: false,
            trigger_price: 0,
            expiry: if rests { self.now.millis() + 3_600_000 } else { 0 },
            self_trade: SelfTrade::default(),
        }
    }

    fn ioc(&self, side: Side, ticks: i64, base: i64) -> NewOrder {
        self.limit(side, ticks, base, TimeInForce::ImmediateOrCancel)
    }

    fn market_order(&self, side: Side, ticks: i64, base: i64) -> NewOrder {
        NewOrder { kind: OrderKind::Market, ..self.ioc(side, ticks, base) }
    }

    fn position(&self, account: i64) -> i64 {
        self.exchange.accounts[&account].position(BTC).map_or(0, |position| position.size)
    }

    fn state(&self, order: &Order) -> OrderStatus {
        self.exchange.orders.get(order.index).expect("remembered").status
    }

    fn modify(&mut self, account: i64, order: &Order, base: i64, ticks: i64) -> Option<Refusal> {
        let modify = Modify {
            market: BTC,
            index: order.index,
            base,
            price: self.mark() + ticks,
            trigger_price: 0,
            self_trade: SelfTrade::default(),
            version: 0,
        };
        self.refusal(account, Action::Modify(modify))
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.after(Duration::from_millis(millis));
        self.exchange.sweep(self.now);
    }
}
