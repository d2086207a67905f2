//! Orders over their life: numbers, limits, changes, schedules, triggers.

use super::*;

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
    for (switch, status) in [(RefusedTx::Executed, TxStatus::Executed), (RefusedTx::Failed, TxStatus::Failed)]
    {
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
