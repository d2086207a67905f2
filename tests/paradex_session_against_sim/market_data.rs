//! The touch and the book beside it: what may be traded on, and what is done when it may not.

use crate::run::{Run, SECOND, config, options};
use hedge_fast::domain::{Mono, QuoteFault};
use hedge_fast::sim::faults::Strike;
use hedge_fast::sim::paradex::{ParadexOptions, ParadexSim, Switches};
use std::time::Duration;

/// How many subscriptions to channels whose name holds `part` the venue has.
fn subscribed(run: &Run, part: &str) -> usize {
    let venue: &ParadexSim = run.world.venue().venue();
    venue.subscriptions().filter(|name| name.contains(part)).count()
}

fn strike(run: &mut Run, strike: &Strike) {
    run.world.meddle(|venue, now, out| venue.strike(now, strike, out));
}

#[test]
fn a_missing_book_message_makes_the_quote_unusable_until_a_new_snapshot() {
    let mut run = Run::ready();
    run.quotes.clear();
    strike(&mut run, &Strike::SkipSequence);
    run.pass(SECOND * 2);
    let gap = run.quotes.iter().position(|(_, quote)| *quote == Err(QuoteFault::Gap)).expect("a gap is told");
    let healed = run.quotes[gap..].iter().find(|(_, quote)| quote.is_ok()).expect("it heals");
    assert!(healed.0.since(run.quotes[gap].0) < Duration::from_millis(300), "with the next snapshot");
    assert_eq!((subscribed(&run, "order_book"), subscribed(&run, "bbo")), (1, 1));
    assert!(run.world.dials() == 2, "the connection stands");
}

#[test]
fn either_spelling_of_the_book_channel_gives_a_checked_quote() {
    let usual = Switches::default();
    for switches in [usual, Switches { bare_deltas: false, deltas_with_parameters: true, ..usual }] {
        let mut run = Run::ready_with(ParadexOptions { switches, ..options() }, "");
        assert_eq!(subscribed(&run, "order_book"), 1);
        run.quotes.clear();
        strike(&mut run, &Strike::SkipSequence);
        run.pass(SECOND * 2);
        assert!(run.quotes.iter().any(|(_, quote)| *quote == Err(QuoteFault::Gap)));
        run.round_trip(1);
    }
}

#[test]
fn without_any_book_the_touch_is_traded_on() {
    let switches = Switches { bare_deltas: false, deltas_with_parameters: false, ..Switches::default() };
    for bbo_at_subscribe in [true, false] {
        let switches = Switches { bbo_at_subscribe, ..switches };
        let mut run = Run::ready_with(ParadexOptions { switches, ..options() }, "");
        assert_eq!(subscribed(&run, "order_book"), 0);
        run.round_trip(1);
        run.world.cut();
        run.until_ready();
        run.round_trip(3);
    }
}

#[test]
fn a_book_that_stops_beside_a_living_touch_is_noticed() {
    let mut run = Run::new(config(), options(), "paradex on book 100% drop");
    run.pass(SECOND * 3);
    assert!(run.quotes.iter().all(|(_, quote)| quote.is_err()), "never a quote without its book");
    run.pass(SECOND * 60);
    assert!(run.world.dials() > 3, "the connection is replaced, as nothing else helps");
    assert!(run.world.dials() < 40, "with pauses: {}", run.world.dials());
    assert!(run.quotes.iter().all(|(_, quote)| quote.is_err()));
}

#[test]
fn a_book_that_dies_later_takes_the_quote_with_it_until_it_is_back() {
    let mut run = Run::ready_with(options(), "paradex on book 100% drop from 10s until 40s");
    run.pass(SECOND * 13);
    assert!(run.quotes.last().is_some_and(|(_, quote)| quote.is_err()), "{:?}", run.quotes.last());
    run.quotes.clear();
    run.pass(SECOND * 20);
    assert!(run.quotes.iter().all(|(_, quote)| quote.is_err()), "the touch alone is not believed");
    run.pass(SECOND * 10);
    run.until_quoted();
    run.round_trip(1);
}

#[test]
fn old_and_doubled_book_messages_change_nothing() {
    let plan = "paradex on book 30% duplicate";
    let mut run = Run::ready_with(options(), plan);
    run.quotes.clear();
    run.pass(SECOND * 20);
    let wrong: Vec<&(Mono, _)> = run.quotes.iter().filter(|(_, quote)| quote.is_err()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(run.quotes.len() > 20);
}

#[test]
fn a_lost_touch_channel_leaves_the_book_to_trade_on() {
    let mut run = Run::ready_with(options(), "paradex on quote 100% drop");
    run.quotes.clear();
    run.pass(SECOND * 20);
    assert!(run.quotes.len() > 20 && run.quotes.iter().all(|(_, quote)| quote.is_ok()));
    run.round_trip(1);
}
