//! Who meets whom, at which price, how far.

use super::*;

#[test]
fn fills_come_at_the_makers_price_best_price_first_and_oldest_first() {
    let mut lab = Lab::new();
    let late = lab.rest(BOB, Side::Sell, 20, 100);
    let first = lab.rest(BOB, Side::Sell, 10, 100);
    let second = lab.rest(BOB_SUB, Side::Sell, 10, 100);
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 20, 250));
    assert_eq!((taker.status, taker.filled), (OrderStatus::Filled, 250));
    assert_eq!(taker.filled_quote, 200 * (lab.mark() + 10) + 50 * (lab.mark() + 20));
    assert_eq!(
        (lab.state(&first), lab.state(&second), lab.state(&late)),
        (OrderStatus::Filled, OrderStatus::Filled, OrderStatus::Open)
    );
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
