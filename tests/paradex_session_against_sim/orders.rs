//! What becomes of orders, however the news of them arrives.

use crate::run::{Run, SECOND, TRADER, cid, ended, options, qty};
use hedge_fast::domain::{Purpose, Qty, Side};
use hedge_fast::sim::faults::Strike;
use hedge_fast::sim::paradex::{ParadexOptions, Switches};
use hedge_fast::sim::world::HttpFate;
use hedge_fast::venue::{OrderAnswer, Reaction, TradingState, VenueCommand, VenueReport};

#[test]
fn an_order_fills_and_a_reduce_only_order_takes_it_back() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Sell, "0.01", 3_000));
    run.pass(SECOND);
    let fills = run.fills();
    assert_eq!(fills.iter().map(|fill| fill.qty).sum::<Qty>(), qty("0.01"), "{:?}", run.reports);
    assert!(fills.iter().all(|fill| fill.side == Side::Sell && fill.cid == cid(1) && fill.fee.is_zero()));
    assert_eq!((run.end(1), run.truth()), (qty("0.01"), qty("-0.01")));
    run.submit(run.order(2, Purpose::Close, Side::Buy, "0.01", 3_000));
    assert_eq!((run.end(2), run.truth()), (qty("0.01"), Qty::ZERO));
    assert_eq!(ended(&run.ask(2)), Some(qty("0.01")));
}

#[test]
fn partly_filled_not_filled_and_refused_are_three_different_ends() {
    let mut run = Run::ready();
    run.world.meddle(|venue, now, out| venue.strike(now, &Strike::PartialFill, out));
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.004"));
    run.submit(run.order(2, Purpose::Open, Side::Buy, "0.01", -3_000));
    assert_eq!(run.end(2), Qty::ZERO);
    run.submit(run.order(3, Purpose::Open, Side::Buy, "900", 3_000));
    let (text, reaction) = run.refused();
    assert!(matches!(reaction, Reaction::Margin | Reaction::ReloadMarket), "{text}");
    run.submit(run.order(4, Purpose::Close, Side::Buy, "0.01", 3_000));
    let (text, reaction) = run.refused();
    assert_eq!(reaction, Reaction::ReadPosition, "{text}");
    assert_eq!(run.truth(), qty("0.004"));
}

#[test]
fn news_that_is_doubled_overtaken_or_without_an_acknowledgement_tells_the_same() {
    for plan in [
        "paradex on answer 100% drop from 2s",
        "paradex on fill 100% duplicate\nparadex on order 100% duplicate",
        "paradex on order 100% reorder 200ms",
        "paradex on fill 100% delay 300ms from 2s",
        "paradex on answer 100% delay 400ms from 2s",
        "paradex on order 100% new-fields\nparadex on fill 100% new-fields\nparadex on http-read 100% new-fields",
        "paradex on order 100% new-words\nparadex on position 100% new-words",
    ] {
        let mut run = Run::ready_with(options(), plan);
        run.pass(SECOND * 2);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.end(1), qty("0.01"), "{plan}");
        run.pass(SECOND);
        assert_eq!((run.truth(), run.orders_at_venue()), (qty("0.01"), 1), "{plan}");
    }
}

#[test]
fn lost_news_is_found_by_asking_and_nothing_is_sent_twice() {
    for plan in [
        "paradex on order 100% drop from 2s",
        "paradex on order 100% drop from 2s\nparadex on fill 100% drop from 2s",
        "paradex on send 100% cut-after from 2s times 1",
        "paradex on answer 100% drop from 2s\nparadex on order 100% drop from 2s\nparadex on fill 100% drop from 2s",
    ] {
        let mut run = Run::ready_with(options(), plan);
        run.pass(SECOND * 2);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        run.pass(SECOND * 2);
        assert_eq!(ended(&run.ask(1)), Some(qty("0.01")), "{plan}");
        assert_eq!((run.truth(), run.orders_at_venue()), (qty("0.01"), 1), "{plan}");
    }
}

#[test]
fn an_order_that_never_arrived_is_not_found() {
    let mut run = Run::ready_with(options(), "paradex on send 100% cut from 2s times 1");
    run.pass(SECOND * 2);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.wait_for("the doubt", |report| matches!(report, VenueReport::OrderUnknown { .. }).then_some(()));
    run.pass(SECOND * 4);
    assert_eq!(run.ask(1), OrderAnswer::NotFound);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.refused().1, Reaction::NotSent, "the same id is never sent twice");
    run.round_trip(2);
}

#[test]
fn an_order_delayed_beyond_its_validity_is_refused_by_the_venue() {
    let mut run = Run::ready_with(options(), "paradex on send 100% delay 5s from 2s times 1");
    run.pass(SECOND * 2);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(SECOND * 8);
    assert_eq!((run.truth(), run.fills().len()), (Qty::ZERO, 0));
}

#[test]
fn a_swallowed_order_ends_when_it_is_cancelled() {
    let mut run = Run::ready();
    run.world.meddle(|venue, now, out| venue.strike(now, &Strike::Swallow, out));
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(SECOND * 3);
    assert!(matches!(run.ask(1), OrderAnswer::Working { filled } if filled.is_zero()));
    run.command(VenueCommand::Cancel(cid(1)));
    assert_eq!(run.end(1), Qty::ZERO);
}

#[test]
fn a_fill_taken_back_is_told_by_a_position_that_disagrees() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
    run.pass(SECOND);
    run.reports.clear();
    run.world.meddle(|venue, now, out| {
        while venue.venue_mut().exchange_mut().bust_newest_fill(TRADER) {}
        venue.strike(now, &Strike::SkipSequence, out);
    });
    run.pass(SECOND);
    let told = run.count(|report| matches!(report, VenueReport::Position { qty, .. } if qty.is_zero()));
    assert!(told >= 1, "{:?}", run.reports);
    assert_eq!(run.truth(), Qty::ZERO);
}

#[test]
fn a_lost_answer_over_http_is_a_failed_question_and_never_a_zero() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
    for fate in [HttpFate::AnswerLost, HttpFate::Unreachable] {
        run.world.network.http = fate;
        run.reports.clear();
        run.command(VenueCommand::AskPosition);
        run.wait_for("the failure", |report| matches!(report, VenueReport::AskFailed { .. }).then_some(()));
        assert!(matches!(run.ask(1), OrderAnswer::Failed(_)));
        run.world.network.http = HttpFate::Answered;
    }
}

#[test]
fn a_fee_where_none_was_agreed_stops_openings_for_a_while_and_never_closings() {
    for retail_over_ws in [true, false] {
        let switches = Switches { retail_over_ws, ..Switches::default() };
        let mut run = Run::ready_with(ParadexOptions { switches, ..options() }, "");
        run.reports.clear();
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        run.pass(SECOND * 2);
        let gated = run.count(|report| matches!(report, VenueReport::Trading(TradingState::ClosingOnly(_))));
        assert_eq!(gated, usize::from(!retail_over_ws), "{:?}", run.reports);
        run.submit(run.order(2, Purpose::Close, Side::Sell, "0.01", 3_000));
        assert_eq!(run.end(1), qty("0.01"));
        assert_eq!(run.end(2), qty("0.01"));
        run.reports.clear();
        run.pass(SECOND * 910);
        let opened = run.count(|report| *report == VenueReport::Trading(TradingState::Open));
        assert_eq!(opened, usize::from(!retail_over_ws), "{:?}", run.reports);
    }
}
