//! What margin allows, and what happens without it.

use super::*;

#[test]
fn margin_is_checked_per_fill_and_a_closing_trade_is_always_allowed() {
    let mut lab = Lab::new();
    // 10,000 USDC at 20x carry 200,000 USDC.
    let most = 200_000_000_000 / lab.mark();
    for _ in 0..4 {
        lab.rest(BOB, Side::Sell, 0, most / 3);
    }
    let taker = lab.order(ALICE, lab.ioc(Side::Buy, 0, most / 3 * 4));
    assert_eq!(
        (taker.filled, taker.status),
        (most / 3 * 2 + most / 3, OrderStatus::CanceledMarginNotAllowed)
    );
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
