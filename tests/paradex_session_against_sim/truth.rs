//! What is true at the venue, whoever caused it: what rests, orders of a process that is gone, fills taken back, positions
//! moved by others, clocks.

use crate::run::{EPOCH, Run, SECOND, TRADER, cid, config, ended, options, qty};
use hedge_fast::domain::{Purpose, Qty, Side, TradeKey, Usd, Wall};
use hedge_fast::sim::faults::Strike;
use hedge_fast::sim::paradex::model::Symbol;
use hedge_fast::sim::world::DialFate;
use hedge_fast::venue::paradex::session::ParadexConfig;
use hedge_fast::venue::{ForeignMove, OrderAnswer, TradingState, VenueReport};

fn symbol(name: &str) -> Symbol {
    Symbol::from_name(name).expect("listed")
}

fn rest(run: &mut Run, market: &str, client_id: &str) {
    run.world.meddle(|venue, _, _| {
        venue.venue_mut().exchange_mut().rest_by_hand(TRADER, symbol(market), client_id);
    });
    run.pass(SECOND);
}

fn strike(run: &mut Run, strike: &Strike) {
    run.world.meddle(|venue, now, out| venue.strike(now, strike, out));
}

fn moves(run: &Run) -> Vec<ForeignMove> {
    let moved = |(_, report): &(_, VenueReport)| {
        if let VenueReport::Moved(what) = report { Some(*what) } else { None }
    };
    run.reports.iter().filter_map(moved).collect()
}

fn busted(run: &Run) -> Vec<TradeKey> {
    let bust = |(_, report): &(_, VenueReport)| {
        if let VenueReport::Busted { key } = report { Some(*key) } else { None }
    };
    run.reports.iter().filter_map(bust).collect()
}

fn wait_for_trading(run: &mut Run, what: &str, pick: impl Fn(&TradingState) -> bool) {
    run.wait_for(what, |report| match report {
        VenueReport::Trading(state) => pick(state).then_some(()),
        _ => None,
    });
}

#[test]
fn what_rests_in_this_market_is_listed_ours_by_id_and_others_by_number() {
    let mut run = Run::ready();
    assert_eq!(run.resting(), Some((Vec::new(), 0)));
    rest(&mut run, "BTC-USD-PERP", "");
    rest(&mut run, "BTC-USD-PERP", "bot-17");
    rest(&mut run, "ETH-USD-PERP", "");
    assert_eq!(run.resting(), Some((Vec::new(), 2)), "another market is not this one");
    rest(&mut run, "BTC-USD-PERP", &cid(77).to_string());
    assert_eq!(run.resting(), Some((vec![cid(77)], 2)));
    run.world.cut();
    run.until_ready();
    assert_eq!(run.resting(), Some((vec![cid(77)], 2)));
    strike(&mut run, &Strike::Status(503, SECOND * 5));
    assert_eq!(run.resting(), None, "an answer that did not come is no empty list");
}

#[test]
fn an_order_of_a_process_that_is_gone_is_found_with_its_fills() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
    let before = run.fills();
    run.submit(run.order(2, Purpose::Open, Side::Buy, "0.01", -3_000));
    assert_eq!(run.end(2), Qty::ZERO);
    run.restart();
    run.reports.clear();
    run.command(hedge_fast::venue::VenueCommand::AskOrder(cid(1)));
    run.pass(SECOND);
    let fills = run.fills();
    assert_eq!(fills.iter().map(|fill| fill.qty).sum::<Qty>(), qty("0.01"), "{:?}", run.reports);
    assert!(
        fills.iter().all(|fill| fill.cid == cid(1) && fill.side == Side::Buy && fill.price.is_positive())
    );
    assert!(before.iter().all(|fill| fills.iter().any(|again| again.key == fill.key)), "the same keys");
    let answer = run.wait_for("the answer", |report| match report {
        VenueReport::OrderAnswer { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    let OrderAnswer::Ended { filled, average, .. } = answer else { panic!("{answer:?}") };
    assert!(filled == qty("0.01") && average.is_some());
    assert_eq!(ended(&run.ask(2)), Some(Qty::ZERO));
    assert_eq!(run.ask(3), OrderAnswer::NotFound);
    strike(&mut run, &Strike::Status(503, SECOND * 5));
    assert!(
        matches!(run.ask(3), OrderAnswer::Failed(_)),
        "not found is said only by witnesses that were heard"
    );
}

#[test]
fn a_fill_taken_back_is_told_once_under_its_key_and_openings_wait() {
    let mut run = Run::ready_with(options(), "paradex on other 100% duplicate from 3s");
    run.pass(SECOND * 3);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(SECOND);
    let keys: Vec<TradeKey> = run.fills().iter().map(|fill| fill.key).collect();
    run.reports.clear();
    for _ in &keys {
        strike(&mut run, &Strike::BustFill);
        run.pass(SECOND);
    }
    let mut told = busted(&run);
    told.reverse();
    assert_eq!((told, run.truth()), (keys, Qty::ZERO), "{:?}", run.reports);
    let position = run.reports.iter().rev().find_map(|(_, report)| match report {
        VenueReport::Position { qty, .. } => Some(*qty),
        _ => None,
    });
    assert_eq!(position, Some(Qty::ZERO));
    let held = |state: &TradingState| matches!(state, TradingState::ClosingOnly(text) if text.contains("taken back"));
    wait_for_trading(&mut run, "openings held", held);
    wait_for_trading(&mut run, "openings again", |state| *state == TradingState::Open);
    assert_eq!(ended(&run.ask(1)), Some(Qty::ZERO), "the order's record follows");
}

#[test]
fn fills_taken_back_while_nobody_listened_are_told_after_the_reconnect_and_to_a_new_process() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(SECOND);
    let key = run.fills().last().expect("filled").key;
    run.world.network.dial = DialFate::Unreachable;
    run.world.cut();
    strike(&mut run, &Strike::BustFill);
    run.pass(SECOND * 3);
    run.world.network.dial = DialFate::Arrives;
    run.reports.clear();
    run.pass(SECOND * 30);
    assert_eq!(busted(&run), [key]);
    run.restart();
    run.pass(SECOND);
    run.world.cut();
    run.pass(SECOND * 30);
    let told = busted(&run).iter().filter(|told| **told == key).count();
    assert_eq!(told, 1, "a new process hears of it, and not again with every connection");
}

#[test]
fn a_liquidation_and_a_trade_by_hand_are_told_as_such_and_own_orders_never_are() {
    let mut run = Run::ready();
    run.round_trip(1);
    run.submit(run.order(5, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(SECOND);
    assert_eq!(moves(&run), []);
    strike(&mut run, &Strike::ForeignTrade);
    run.pass(SECOND);
    assert!(!moves(&run).is_empty() && moves(&run).iter().all(|what| *what == ForeignMove::Trade));
    assert_eq!(run.truth(), qty("0.005"), "half by hand");
    run.reports.clear();
    strike(&mut run, &Strike::Liquidate);
    run.pass(SECOND);
    assert_eq!((moves(&run), run.truth()), (vec![ForeignMove::Liquidation], Qty::ZERO));
    let held = |state: &TradingState| matches!(state, TradingState::ClosingOnly(text) if text.contains("LIQUIDATION"));
    wait_for_trading(&mut run, "openings held", held);
    wait_for_trading(&mut run, "openings again", |state| *state == TradingState::Open);
    run.reports.clear();
    run.world.cut();
    run.until_ready();
    assert_eq!(moves(&run), [], "history is no news");
}

#[test]
fn a_clock_half_a_second_off_takes_no_openings_until_it_is_back() {
    let off =
        |state: &TradingState| matches!(state, TradingState::ClosingOnly(text) if text.starts_with("clock"));
    let open = |state: &TradingState| *state == TradingState::Open;
    let mut run = Run::ready();
    strike(&mut run, &Strike::ClockOff(800, SECOND * 90));
    wait_for_trading(&mut run, "the venue's clock is off", off);
    wait_for_trading(&mut run, "it is back", open);
    for (ours, bad) in [(400_000, false), (-400_000, false), (600_000, true), (-600_000, true)] {
        run.world.client_clock_ahead_us = ours;
        run.reports.clear();
        run.pass(SECOND);
        assert_eq!(
            run.count(|report| matches!(report, VenueReport::Trading(state) if off(state))),
            usize::from(bad),
            "{ours}"
        );
        run.world.client_clock_ahead_us = 0;
        run.pass(SECOND);
    }
    run.world.client_clock_ahead_us = 3_600_000_000;
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"), "signed by the venue's time, whatever ours shows");
}

#[test]
fn what_earlier_processes_sent_counts_against_the_quota() {
    let sent_before: Vec<Wall> =
        (0..980).map(|order| Wall(EPOCH.0 - 80_000_000_000 + order * 1_000_000)).collect();
    let mut run = Run::new(ParadexConfig { sent_before, ..config() }, options(), "");
    let held =
        |state: &TradingState| matches!(state, TradingState::ClosingOnly(text) if text.contains("quota"));
    wait_for_trading(&mut run, "the quota", held);
    run.until_ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.refused();
    assert_eq!(run.world.venue().venue().exchange().account(TRADER).collateral, Usd::from_whole(10_000));
}
