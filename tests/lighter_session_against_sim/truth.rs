//! What is true at the venue, whoever caused it: what rests, orders of a process that is gone, positions moved by others,
//! clocks.

use crate::run::*;

const BTC: i64 = 1;
const ETH: i64 = 0;

fn rest(run: &mut Run, market: i64, client_index: i64) {
    run.world.meddle(|venue, now, _| venue.rest_by_hand(now, market, client_index));
    run.pass(Duration::from_secs(1));
}

fn is_clock(report: &VenueReport) -> bool {
    matches!(report, VenueReport::Trading(TradingState::ClosingOnly(text)) if text.starts_with("clock"))
}

#[test]
fn what_rests_in_this_market_is_listed_ours_by_id_and_others_by_number() {
    let mut run = Run::ready();
    assert_eq!(run.resting(), Some((Vec::new(), 0)));
    rest(&mut run, BTC, 0);
    rest(&mut run, ETH, 0);
    assert_eq!(run.resting(), Some((Vec::new(), 1)), "another market is not this one");
    rest(&mut run, BTC, 77);
    assert_eq!(run.resting(), Some((vec![cid(77)], 1)));
    run.world.cut();
    run.until_ready();
    assert_eq!(run.resting(), Some((vec![cid(77)], 1)));
    run.world.network.http = HttpFate::Unreachable;
    assert_eq!(run.resting(), None, "an answer that did not come is no empty list");
}

#[test]
fn an_order_of_a_process_that_is_gone_is_found_with_its_fills() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(Duration::from_secs(1));
    let before = run.fills();
    run.submit(run.order(2, Purpose::Open, Side::Buy, "0.01", -3_000));
    assert_eq!(run.end(2), Qty::ZERO);
    run.restart();
    run.reports.clear();
    run.command(VenueCommand::AskOrder(cid(1)));
    run.pass(Duration::from_secs(1));
    let fills = run.fills();
    assert_eq!(fills.iter().map(|fill| fill.qty).sum::<Qty>(), qty("0.01"), "{:?}", run.reports);
    assert!(
        fills.iter().all(|fill| fill.cid == cid(1) && fill.side == Side::Buy && fill.price.is_positive())
    );
    assert!(before.iter().all(|fill| fills.iter().any(|again| again.key == fill.key)), "the same keys");
    let ends: Vec<_> = run.reports.iter().filter(|(_, report)| {
        matches!(report, VenueReport::OrderAnswer { answer: OrderAnswer::Ended { filled, average: Some(_), .. }, .. } if *filled == qty("0.01"))
    }).collect();
    assert_eq!(ends.len(), 1, "{:?}", run.reports);
    run.reports.clear();
    assert!(matches!(run.ask(2).1, OrderAnswer::Ended { filled, .. } if filled.is_zero()));
    assert_eq!(run.ask(3).1, OrderAnswer::NotFound);
    run.world.network.http = HttpFate::Unreachable;
    assert!(
        matches!(run.ask(3).1, OrderAnswer::Failed(_)),
        "not found is said only by witnesses that were heard"
    );
}

#[test]
fn a_liquidation_and_a_trade_by_hand_are_told_as_such_and_own_orders_never_are() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(Duration::from_secs(1));
    assert_eq!(run.moves(), []);
    run.world.meddle(|venue, now, _| venue.trade_by_hand(now, BTC));
    run.pass(Duration::from_secs(1));
    assert!(!run.moves().is_empty() && run.moves().iter().all(|what| *what == ForeignMove::Trade));
    assert_eq!(run.position(), qty("0.005"), "half by hand");
    run.reports.clear();
    run.world.meddle(|venue, now, _| venue.liquidate(now));
    run.pass(Duration::from_secs(1));
    assert!(!run.moves().is_empty() && run.moves().iter().all(|what| *what == ForeignMove::Liquidation));
    assert_eq!(run.position(), Qty::ZERO);
    run.reports.clear();
    run.world.cut();
    run.until_ready();
    run.restart();
    assert_eq!((run.moves(), run.fills()), (Vec::new(), Vec::new()), "history is no news");
}

#[test]
fn a_clock_half_a_second_off_takes_no_openings_until_it_is_back() {
    for (ahead_us, bad) in [(400_000, false), (-400_000, false), (900_000, true), (-900_000, true)] {
        let mut run = Run::ready();
        run.pass(Duration::from_secs(10));
        assert!(!run.reports.iter().any(|(_, report)| is_clock(report)), "no false alarm");
        run.reports.clear();
        run.world.client_clock_ahead_us = ahead_us;
        run.pass(Duration::from_secs(1));
        assert_eq!(run.reports.iter().any(|(_, report)| is_clock(report)), bad, "{ahead_us}");
        run.reports.clear();
        run.world.client_clock_ahead_us = 0;
        run.pass(Duration::from_secs(1));
        let open = VenueReport::Trading(TradingState::Open);
        assert_eq!(run.reports.iter().any(|(_, report)| *report == open), bad, "{ahead_us}");
    }
}

#[test]
fn a_venue_whose_clock_goes_wrong_is_noticed_at_the_next_comparison() {
    let timing = Timing { clock_every: Duration::from_secs(30), ..Timing::default() };
    let mut run = Run::ready_with(LighterConfig { timing, ..config() }, options(SEED));
    run.world.meddle(|venue, _, _| venue.set_clock_off(3_000));
    run.wait_for("the gate", |report| is_clock(report).then_some(()));
    run.world.meddle(|venue, _, _| venue.set_clock_off(0));
    run.wait_for("it is back", |report| (*report == VenueReport::Trading(TradingState::Open)).then_some(()));
}
