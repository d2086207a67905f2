//! Matching, margin and order life cycle on a book that holds only what the test puts there.

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

#[test]
fn fills_come_at_the_makers_price_best_price_first_and_oldest_first() {
    let mut lab = Lab::new();
    let late = lab.rest(BOB, Side::Sell, 20, 100);
    let first = lab.rest(BOB, Side::Sell, 10, 100);
    let second = lab.rest(BOB_SUB, Side::Sell, 10, 100);
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 20, 250));
    assert_eq!((taker.status, taker.filled), (OrderStatus::Filled, 250));
    assert_eq!(taker.filled_quote, 200 * (lab.mark() + 10) + 50 * (lab.mark() + 20));
    assert_eq!((lab.state(&first), lab.state(&second), lab.state(&late)), (
        OrderStatus::Filled,
        OrderStatus::Filled,
        OrderStatus::Open
    ));
    let trades: Vec<i64> = lab.exchange.trades.iter().rev().map(|trade| trade.ask.order_index).collect();
    assert_eq!(trades, [first.index, second.index, late.index]);
    assert_eq!((lab.position(ALICE), lab.position(BOB), lab.position(BOB_SUB)), (250, -150, -100));
}

#[test]
fn a_limit_ioc_stops_at_its_bound_and_shows_nothing_remaining() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 10, 100);
    lab.rest(BOB, Side::Sell, 11, 100);
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 10, 150));
    assert_eq!((taker.filled, taker.remaining), (100, 0));
    assert_eq!(taker.status, OrderStatus::CanceledNotEnoughLiquidity);
}

#[test]
fn a_market_order_spends_beyond_its_price_what_better_fills_earned() {
    // Earned 100 * 10 = 1000; 40 at 20 beyond cost 800; of the rest at 30 beyond floor(200 / 30) = 6 fill.
    for side in [Side::Buy, Side::Sell] {
        let mut lab = Lab::new();
        let sign = if side == Side::Buy { 1 } else { -1 };
        for (ticks, base) in [(-10, 100), (20, 40), (30, 100)] {
            lab.rest(BOB, side.opposite(), sign * ticks, base);
        }
        let taker = lab.order(ALICE, lab.market_order(side, 0, 500));
        assert_eq!((taker.filled, taker.status), (146, OrderStatus::CanceledTooMuchSlippage), "{side}");
        let mark = lab.mark();
        let expected = 100 * (mark - sign * 10) + 40 * (mark + sign * 20) + 6 * (mark + sign * 30);
        assert_eq!(taker.filled_quote, expected);
        let bound_on_average = 146 * mark;
        assert!(sign * (bound_on_average - taker.filled_quote) >= 0);
    }
}

#[test]
fn a_market_order_without_earnings_does_not_cross_its_price() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 1, 100);
    let taker = lab.order(ALICE, lab.market_order(Side::Buy, 0, 50));
    assert_eq!((taker.filled, taker.status), (0, OrderStatus::CanceledTooMuchSlippage));
    let empty = lab.order(ALICE, lab.market_order(Side::Sell, 0, 50));
    assert_eq!(empty.status, OrderStatus::CanceledNotEnoughLiquidity);
}

#[test]
fn the_status_of_a_partial_fill_can_be_plain() {
    let mut lab = Lab::with(|options| options.switches.partial_status = PartialStatus::Canceled);
    lab.rest(BOB, Side::Sell, 10, 100);
    assert_eq!(lab.order(ALICE, lab.ioc(Side::Buy, 10, 150)).status, OrderStatus::Canceled);
    assert_eq!(lab.order(ALICE, lab.ioc(Side::Buy, 10, 150)).status, OrderStatus::CanceledNotEnoughLiquidity);
}

#[test]
fn reduce_only_is_refused_without_a_position_and_in_its_direction() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 1_000);
    let reduce = |lab: &Lab, side, base| NewOrder { reduce_only: true, ..lab.ioc(side, 0, base) };
    let flat = reduce(&lab, Side::Sell, 10);
    assert_eq!(lab.refusal(ALICE, Action::Create(flat)), Some(Refusal::ReduceOnlyIncreases));
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    let same_side = reduce(&lab, Side::Buy, 10);
    assert_eq!(lab.refusal(ALICE, Action::Create(same_side)), Some(Refusal::ReduceOnlyDirection));
    assert_eq!(lab.exchange.orders.ended_of(ALICE).count(), 1, "a refused order leaves no record");
}

#[test]
fn reduce_only_is_clipped_to_the_position_and_never_flips_it() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    lab.rest(BOB, Side::Buy, -5, 1_000);
    let order = NewOrder { reduce_only: true, ..lab.ioc(Side::Sell, -5, 300) };
    let closed = lab.order(ALICE, order);
    assert_eq!((closed.filled, closed.status), (100, OrderStatus::CanceledReduceOnly));
    assert_eq!(lab.position(ALICE), 0);
}

#[test]
fn size_zero_with_reduce_only_closes_the_whole_position() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 70);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 70));
    lab.rest(BOB, Side::Buy, 0, 100);
    let whole = NewOrder { reduce_only: true, ..lab.ioc(Side::Sell, 0, 0) };
    let closed = lab.order(ALICE, whole);
    assert_eq!((closed.request.base, closed.filled, closed.status), (70, 70, OrderStatus::Filled));
}

#[test]
fn a_resting_reduce_only_order_is_clipped_too_and_ends_when_nothing_is_left_to_reduce() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 50);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 50));
    let request = NewOrder { reduce_only: true, ..lab.limit(Side::Sell, 5, 200, TimeInForce::GoodTillTime) };
    let resting = lab.order(ALICE, request);
    let taker = lab.order(BOB, lab.ioc(Side::Buy, 5, 120));
    assert_eq!(taker.filled, 50);
    assert_eq!(lab.state(&resting), OrderStatus::CanceledReduceOnly);
    assert_eq!(lab.position(ALICE), 0);
}

#[test]
fn a_post_only_order_that_would_take_ends_at_once() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 100);
    let crossing = lab.order(ALICE, lab.limit(Side::Buy, 0, 100, TimeInForce::PostOnly));
    assert_eq!((crossing.status, crossing.filled), (OrderStatus::CanceledPostOnly, 0));
    let behind = lab.order(ALICE, lab.limit(Side::Buy, -1, 100, TimeInForce::PostOnly));
    assert_eq!(behind.status, OrderStatus::Open);
}

#[test]
fn a_post_only_order_first_removes_an_own_order_in_its_way() {
    let mut lab = Lab::new();
    let own = lab.rest(ALICE, Side::Sell, 0, 100);
    let order = lab.order(ALICE, lab.limit(Side::Buy, 0, 100, TimeInForce::PostOnly));
    assert_eq!(lab.state(&own), OrderStatus::CanceledSelfTrade);
    assert_eq!(order.status, OrderStatus::Open);
}

#[test]
fn a_good_till_time_order_takes_what_crosses_and_rests_with_the_remainder() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 60);
    let order = lab.order(ALICE, lab.limit(Side::Buy, 0, 100, TimeInForce::GoodTillTime));
    assert_eq!((order.status, order.filled, order.remaining), (OrderStatus::Open, 60, 40));
    assert_eq!(lab.exchange.markets[&BTC].best(Side::Buy), Some((lab.mark(), 40)));
}

#[test]
fn the_four_self_trade_modes_do_what_they_say() {
    let modes = [
        (SelfTradeMode::ExpireMaker, OrderStatus::CanceledSelfTrade, OrderStatus::CanceledNotEnoughLiquidity),
        (SelfTradeMode::ExpireTaker, OrderStatus::Open, OrderStatus::CanceledSelfTrade),
        (SelfTradeMode::ExpireBoth, OrderStatus::CanceledSelfTrade, OrderStatus::CanceledSelfTrade),
        (SelfTradeMode::Reduce, OrderStatus::Open, OrderStatus::CanceledSelfTrade),
    ];
    for (mode, maker_status, taker_status) in modes {
        let mut lab = Lab::new();
        let own = lab.rest(ALICE, Side::Sell, 0, 100);
        let self_trade = SelfTrade { mode, equality: SelfTradeEquality::Account };
        let taker = lab.order(ALICE, NewOrder { self_trade, ..lab.ioc(Side::Buy, 0, 60) });
        assert_eq!((lab.state(&own), taker.status), (maker_status, taker_status), "{mode:?}");
        assert_eq!((taker.filled, lab.exchange.trades.len()), (0, 0));
        if mode == SelfTradeMode::Reduce {
            assert_eq!(lab.exchange.markets[&BTC].best(Side::Sell), Some((lab.mark(), 40)));
        }
    }
}

#[test]
fn accounts_of_one_master_trade_with_each_other_unless_told_otherwise() {
    let mut lab = Lab::new();
    lab.rest(BOB_SUB, Side::Sell, 0, 100);
    assert_eq!(lab.order(BOB, lab.ioc(Side::Buy, 0, 40)).filled, 40);
    let self_trade = SelfTrade { mode: SelfTradeMode::ExpireTaker, equality: SelfTradeEquality::Master };
    let taker = lab.order(BOB, NewOrder { self_trade, ..lab.ioc(Side::Buy, 0, 40) });
    assert_eq!((taker.filled, taker.status), (0, OrderStatus::CanceledSelfTrade));
}

#[test]
fn a_modify_sets_the_total_size_and_loses_the_place_in_the_queue() {
    let mut lab = Lab::new();
    let first = lab.rest(BOB, Side::Sell, 0, 100);
    let second = lab.rest(BOB_SUB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 30));
    assert_eq!(lab.modify(BOB, &first, 90, 0), None);
    let changed = lab.exchange.orders.get(first.index).expect("kept").clone();
    assert_eq!((changed.request.base, changed.filled, changed.remaining), (90, 30, 60));
    assert_ne!(changed.book_nonce, first.book_nonce);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    assert_eq!((lab.state(&second), lab.state(&first)), (OrderStatus::Filled, OrderStatus::Open));
}

#[test]
fn a_modify_down_to_the_filled_part_ends_the_order_as_filled() {
    let mut lab = Lab::new();
    let order = lab.rest(BOB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 30));
    assert_eq!(lab.modify(BOB, &order, 30, 0), None);
    assert_eq!(lab.state(&order), OrderStatus::Filled);
    assert_eq!(lab.exchange.markets[&BTC].best(Side::Sell), None);
}

#[test]
fn a_modify_may_take_and_a_bad_one_leaves_the_order_as_it_was() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 10, 50);
    let bid = lab.rest(ALICE, Side::Buy, -10, 50);
    assert_eq!(lab.modify(ALICE, &bid, 0, 0), Some(Refusal::InvalidBaseAmount));
    assert_eq!(lab.modify(BOB, &bid, 60, 0), Some(Refusal::NotOrderOwner));
    let too_high = lab.mark() / 10;
    assert_eq!(lab.modify(ALICE, &bid, 50, too_high), Some(Refusal::PriceTooFarFromMark));
    assert_eq!(lab.state(&bid), OrderStatus::Open);
    assert_eq!(lab.modify(ALICE, &bid, 50, 10), None);
    assert_eq!((lab.state(&bid), lab.position(ALICE)), (OrderStatus::Filled, 50));
    assert_eq!(lab.modify(ALICE, &bid, 60, 10), Some(Refusal::NotAnActiveOrder));
}

#[test]
fn a_live_client_order_index_is_taken_and_an_ended_one_is_free() {
    let mut lab = Lab::new();
    let request = NewOrder { client_index: 5, ..lab.limit(Side::Buy, -10, 50, TimeInForce::GoodTillTime) };
    lab.order(ALICE, request.clone());
    assert_eq!(lab.refusal(ALICE, Action::Create(request.clone())), Some(Refusal::ClientOrderIndexExists));
    let other = lab.refusal(BOB, Action::Create(request.clone()));
    assert_eq!(other, None, "another account may use the same index");
    assert_eq!(lab.refusal(ALICE, Action::Cancel { market: BTC, index: 5 }), None);
    assert_eq!(lab.refusal(ALICE, Action::Create(request)), None);
}

#[test]
fn an_ended_client_order_index_can_be_refused_by_a_switch() {
    let mut lab = Lab::with(|options| options.switches.ended_client_index = EndedClientIndex::Refused);
    let request = NewOrder { client_index: 5, ..lab.ioc(Side::Buy, 0, 50) };
    lab.order(ALICE, request.clone());
    assert_eq!(lab.refusal(ALICE, Action::Create(request)), Some(Refusal::ClientOrderIndexExists));
}

#[test]
fn an_ioc_sent_twice_under_two_nonces_executes_twice() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 200);
    let request = NewOrder { client_index: 9, ..lab.ioc(Side::Buy, 0, 50) };
    lab.order(ALICE, request.clone());
    lab.order(ALICE, request);
    assert_eq!(lab.position(ALICE), 100);
}

#[test]
fn minimum_amounts_bind_orders_that_rest_and_the_quote_limit_binds_all() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 1_000);
    let dust = lab.limit(Side::Buy, 0, 7, TimeInForce::GoodTillTime);
    assert_eq!(lab.refusal(ALICE, Action::Create(dust)), Some(Refusal::InvalidOrderAmount));
    assert_eq!(lab.order(ALICE, lab.ioc(Side::Buy, 0, 1)).filled, 1, "an immediate order may be dust");
    let huge = lab.ioc(Side::Buy, 0, ORDER_QUOTE_LIMIT / lab.mark() + 1);
    assert_eq!(lab.refusal(ALICE, Action::Create(huge)), Some(Refusal::InvalidOrderAmount));
}

#[test]
fn prices_outside_five_percent_are_refused_on_the_far_side_only() {
    let mut lab = Lab::new();
    let five = lab.mark() / 20;
    lab.rest(BOB, Side::Sell, 0, 100);
    let far = lab.ioc(Side::Buy, five + 2, 10);
    assert_eq!(lab.refusal(ALICE, Action::Create(far)), Some(Refusal::PriceTooFarFromMark));
    assert_eq!(lab.refusal(ALICE, Action::Create(lab.ioc(Side::Buy, five - 2, 10))), None);
    let low_bid = lab.limit(Side::Buy, -2 * five, 100, TimeInForce::GoodTillTime);
    assert_eq!(lab.refusal(ALICE, Action::Create(low_bid)), None);
    let low_ask = lab.ioc(Side::Sell, -five - 2, 10);
    assert_eq!(lab.refusal(ALICE, Action::Create(low_ask)), Some(Refusal::PriceTooFarFromMark));
}

#[test]
fn margin_is_checked_per_fill_and_a_closing_trade_is_always_allowed() {
    let mut lab = Lab::new();
    // 10,000 USDC at 20x carry 200,000 USDC.
    let most = 200_000_000_000 / lab.mark();
    for _ in 0..4 {
        lab.rest(BOB, Side::Sell, 0, most / 3);
    }
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 0, most / 3 * 4));
    assert_eq!((taker.filled, taker.status), (most / 3 * 2 + most / 3, OrderStatus::CanceledMarginNotAllowed));
    lab.rest(BOB_SUB, Side::Buy, -10, most);
    let closing = lab.order(ALICE, NewOrder { reduce_only: true, ..lab.ioc(Side::Sell, -10, 0) });
    assert_eq!(closing.status, OrderStatus::Filled);
}

#[test]
fn a_maker_without_margin_is_removed_and_matching_goes_on() {
    let mut lab = Lab::new();
    let most = 200_000_000_000 / lab.mark();
    let poor = lab.rest(BOB, Side::Sell, 0, most / 10 * 9);
    let spent = lab.rest(BOB, Side::Sell, 1, most / 10 * 9);
    let rich = lab.rest(BOB_SUB, Side::Sell, 2, most / 2);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, most / 10 * 9));
    lab.exchange.accounts.get_mut(&ALICE).expect("alice").collateral *= 10;
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 2, most / 2));
    assert_eq!(lab.state(&poor), OrderStatus::Filled);
    assert_eq!(lab.state(&spent), OrderStatus::CanceledMarginNotAllowed);
    assert_eq!((lab.state(&rich), taker.status), (OrderStatus::Filled, OrderStatus::Filled));
}

#[test]
fn expired_orders_never_match_even_before_they_are_swept() {
    let mut lab = Lab::new();
    let old = lab.rest(BOB, Side::Sell, 0, 100);
    lab.now = lab.now.after(Duration::from_secs(3_600));
    let taker = lab.order(ALICE, NewOrder { client_index: 1, ..lab.ioc(Side::Buy, 0, 50) });
    assert_eq!((taker.filled, lab.state(&old)), (0, OrderStatus::CanceledExpired));
}

#[test]
fn the_dead_mans_switch_stops_matching_blocks_orders_and_then_cancels_everything() {
    let mut lab = Lab::new();
    let touched = lab.rest(BOB, Side::Sell, 0, 100);
    let untouched = lab.rest(BOB, Side::Sell, 50, 100);
    let at = lab.now.millis() + 300_000;
    assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::At(at))), None);
    lab.now = Wall::from_millis(at + 1);
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 0, 50));
    assert_eq!((taker.filled, lab.state(&touched)), (0, OrderStatus::Canceled));
    let blocked = lab.ioc(Side::Buy, 0, 50);
    assert_eq!(lab.refusal(BOB, Action::Create(blocked.clone())), Some(Refusal::DeadMansSwitchDue));
    assert_eq!(lab.modify(BOB, &untouched, 90, 50), Some(Refusal::DeadMansSwitchDue));
    lab.pass(1_000);
    assert_eq!(lab.state(&untouched), OrderStatus::Canceled);
    assert_eq!(lab.exchange.accounts[&BOB].cancel_all_at, 0);
    assert_eq!(lab.refusal(BOB, Action::Create(blocked)), None);
}

#[test]
fn a_second_schedule_replaces_the_first_or_is_refused_and_abort_forgets_it() {
    for (switch, expected) in
        [(SecondSchedule::Replaces, None), (SecondSchedule::Refused, Some(Refusal::CancelAllQueued))]
    {
        let mut lab = Lab::with(|options| options.switches.second_schedule = switch);
        let at = lab.now.millis() + 400_000;
        assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::At(at))), None);
        assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::At(at + 1))), expected);
        assert_eq!(lab.exchange.accounts[&BOB].cancel_all_at, at + i64::from(expected.is_none()));
        assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::Abort)), None);
        assert_eq!(lab.exchange.accounts[&BOB].cancel_all_at, 0);
    }
}

#[test]
fn cancel_all_can_be_limited_to_one_market() {
    let mut lab = Lab::new();
    let order = lab.rest(BOB, Side::Sell, 0, 100);
    assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::Now(Some(0)))), None);
    assert_eq!(lab.state(&order), OrderStatus::Open);
    assert_eq!(lab.refusal(BOB, Action::CancelAll(CancelAll::Now(None))), None);
    assert_eq!(lab.state(&order), OrderStatus::Canceled);
}

#[test]
fn leverage_changes_the_requirement_and_the_mode_only_when_nothing_is_open() {
    let mut lab = Lab::new();
    let set = |initial_margin, mode| Action::Leverage { market: BTC, initial_margin, mode };
    assert_eq!(lab.refusal(ALICE, set(200, MarginMode::Cross)), None);
    lab.rest(BOB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    let health = lab.exchange.health(&lab.exchange.accounts[&ALICE]);
    assert_eq!(health.initial, (100 * lab.mark() * 200 + 9_999) / 10_000);
    assert_eq!(lab.refusal(ALICE, set(200, MarginMode::Isolated)), Some(Refusal::MarginModeInUse));
    lab.exchange.accounts.get_mut(&ALICE).expect("alice").collateral = 10_000_000;
    assert_eq!(lab.refusal(ALICE, set(5_000, MarginMode::Cross)), Some(Refusal::BelowInitialMargin));
}

#[test]
fn isolated_margin_moves_within_what_the_position_needs() {
    let mut lab = Lab::new();
    let set = Action::Leverage { market: BTC, initial_margin: 500, mode: MarginMode::Isolated };
    assert_eq!(lab.refusal(ALICE, set), None);
    lab.rest(BOB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    let move_margin = |amount, add| Action::MoveMargin { market: BTC, amount, add };
    assert_eq!(lab.refusal(ALICE, move_margin(5_000_000, true)), None);
    assert_eq!(lab.refusal(ALICE, move_margin(5_000_000, false)), None);
    assert_eq!(lab.refusal(ALICE, move_margin(5_000_000, false)), Some(Refusal::NotEnoughCollateral));
    assert_eq!(lab.refusal(BOB, move_margin(1, true)), Some(Refusal::NoPositionFound));
}

#[test]
fn an_account_below_its_maintenance_margin_is_closed_at_a_fee() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 1_000);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 1_000));
    let resting = lab.rest(ALICE, Side::Buy, -500, 100);
    lab.rest(BOB, Side::Buy, -10, 5_000);
    lab.exchange.accounts.get_mut(&ALICE).expect("alice").collateral = 1_000_000;
    lab.exchange.liquidate(lab.now);
    assert_eq!(lab.position(ALICE), 0);
    assert_eq!(lab.state(&resting), OrderStatus::CanceledLiquidation);
    let trade = lab.exchange.trades.front().expect("a trade");
    assert!(trade.liquidation);
    assert_eq!(trade.taker.fee_rate, 10_000);
}

#[test]
fn a_stop_waits_for_the_mark_price_and_then_takes() {
    let mut lab = Lab::new();
    lab.rest(BOB, Side::Sell, 0, 100);
    lab.order(ALICE, lab.ioc(Side::Buy, 0, 100));
    lab.rest(BOB, Side::Buy, -20, 200);
    let stop = NewOrder {
        kind: OrderKind::StopLoss,
        reduce_only: true,
        trigger_price: lab.mark() - 10,
        expiry: lab.now.millis() + 3_600_000,
        ..lab.ioc(Side::Sell, -100, 100)
    };
    let stop = lab.order(ALICE, stop);
    assert_eq!(stop.status, OrderStatus::Pending);
    lab.exchange.fire_triggers(lab.now);
    assert_eq!(lab.state(&stop), OrderStatus::Pending);
    lab.exchange.markets.get_mut(&BTC).expect("BTC").mark -= 10;
    lab.exchange.fire_triggers(lab.now);
    assert_eq!((lab.state(&stop), lab.position(ALICE)), (OrderStatus::Filled, 0));
}

#[test]
fn a_refused_transaction_is_executed_with_the_reason_or_failed_by_a_switch() {
    for (switch, status) in [(RefusedTx::Executed, TxStatus::Executed), (RefusedTx::Failed, TxStatus::Failed)] {
        let mut lab = Lab::with(|options| options.switches.refused_tx = switch);
        let record = lab.submit(ALICE, Action::Cancel { market: BTC, index: 77 });
        assert_eq!(record.status, status);
        assert_eq!(record.outcome.and_then(|outcome| outcome.refusal), Some(Refusal::NotAnActiveOrder));
    }
}

#[test]
fn open_orders_are_limited_per_market() {
    let mut lab = Lab::new();
    for _ in 0..30 {
        lab.rest(BOB, Side::Buy, -10, 20);
    }
    let request = lab.limit(Side::Buy, -10, 20, TimeInForce::PostOnly);
    assert_eq!(lab.refusal(BOB, Action::Create(request)), Some(Refusal::TooManyOrdersInMarket));
}
