//! Orders made before they are commanded: the venue checks signature, time and id of each that leaves.

use crate::run::{Run, SECOND, cid, qty};
use hedge_fast::domain::{Now, OrderIntent, Purpose, Side};
use hedge_fast::venue::paradex::session::ParadexSession;
use hedge_fast::venue::paradex::wire::read_order_create;
use hedge_fast::venue::{AheadNews, Input, Outbox, Output, Reaction, Session, VenueCommand};
use std::time::Duration;

fn buy(run: &Run, number: u64) -> OrderIntent {
    run.order(number, Purpose::Open, Side::Buy, "0.01", 3_000)
}

fn prepare(run: &mut Run, order: OrderIntent) {
    run.command(VenueCommand::Prepare(order));
    run.pass(Duration::from_millis(200));
}

fn uses(run: &Run) -> [usize; 2] {
    [AheadNews::Used, AheadNews::Missed].map(|kind| run.ahead.iter().filter(|news| **news == kind).count())
}

#[test]
fn a_prepared_order_sends_nothing_until_it_is_commanded_and_then_leaves_once() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    run.pass(SECOND);
    assert_eq!((run.world.session().orders_ready(), run.orders_at_venue()), (1, 0));
    run.submit(order);
    assert_eq!(run.end(1), qty("0.01"));
    assert_eq!((uses(&run), run.world.session().orders_ready()), ([1, 0], 0));
    run.submit(order);
    assert_eq!(run.refused().1, Reaction::NotSent, "the same id is never sent twice");
    run.command(VenueCommand::Prepare(order));
    run.pass(SECOND);
    assert_eq!((run.orders_at_venue(), run.world.session().orders_ready()), (1, 0));
}

#[test]
fn an_order_named_for_a_long_time_is_renewed_and_one_nobody_names_any_more_is_dropped() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    for _ in 0..6 {
        prepare(&mut run, order);
        run.pass(SECOND * 2);
    }
    let made = run.ahead.iter().filter(|news| **news == AheadNews::Made).count();
    assert!((12..=20).contains(&made), "{made} times in 13 s");
    run.submit(order);
    assert_eq!((run.end(1), uses(&run)), (qty("0.01"), [1, 0]));
    let order = run.order(2, Purpose::Close, Side::Sell, "0.01", 3_000);
    prepare(&mut run, order);
    run.pass(SECOND * 6);
    assert_eq!(run.world.session().orders_ready(), 0);
    run.submit(order);
    assert_eq!((run.end(2), uses(&run)), (qty("0.01"), [1, 1]));
}

#[test]
fn the_way_back_made_before_the_way_forward_is_ready_when_that_is_filled() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    let back = run.order(2, Purpose::Unwind, Side::Sell, "0.01", 2_250);
    prepare(&mut run, order);
    prepare(&mut run, back);
    run.submit(order);
    assert_eq!(run.end(1), qty("0.01"));
    run.submit(back);
    assert_eq!((run.end(2), uses(&run)), (qty("0.01"), [2, 0]));
}

#[test]
fn another_order_than_the_prepared_one_is_made_on_the_spot() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 2_900));
    assert_eq!((run.end(1), uses(&run)), (qty("0.01"), [0, 1]));
    assert_eq!(run.world.session().orders_ready(), 0, "its id is used");
}

/// What a session sends for an order of which it was told to make it ready, when time then passes that it could not use.
fn text_after(wait: Duration) -> (Now, String, AheadNews) {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    let now = run.world.now();
    let now = Now { mono: now.mono.after(wait), wall: now.wall.after(wait) };
    let mut session: ParadexSession = run.world.into_session();
    let mut out = Outbox::default();
    session.handle(now, Input::Command(VenueCommand::Submit(order)), &mut out);
    // What became of it is told with the next input.
    session.handle(now, Input::Wake, &mut out);
    let mut sent = None;
    let mut told = None;
    for output in out.drain() {
        match output {
            Output::Text(_, text) if text.contains("order.create") => sent = Some(text),
            Output::Ahead(news) => told = Some(news),
            _ => {}
        }
    }
    (now, sent.expect("an order left"), told.expect("counted"))
}

#[test]
fn whatever_its_age_an_order_dies_when_the_intent_says_and_too_old_a_one_never_leaves() {
    for (wait_ms, news) in [
        (0, AheadNews::Used),
        (500, AheadNews::Used),
        (799, AheadNews::Used),
        (1_100, AheadNews::Missed),
        (60_000, AheadNews::Missed),
    ] {
        let (now, text, told) = text_after(Duration::from_millis(wait_ms));
        assert_eq!(told, news, "{wait_ms}");
        let order = read_order_create(&text).expect("an order");
        assert_eq!(order.cid, cid(1));
        let now_ms = u64::try_from(now.wall.millis()).expect("after 1970");
        let window = u64::try_from(order.valid_for.as_millis()).expect("small");
        assert!((order.timestamp_ms + window).abs_diff(now_ms + 2_000) <= 10, "{wait_ms}: {text}");
        assert!(now_ms - order.timestamp_ms <= 1_000, "{wait_ms}: {text}");
    }
}

#[test]
fn a_cut_connection_and_a_new_one_change_nothing_about_what_may_leave() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    run.world.cut();
    run.collect();
    run.submit(order);
    assert_eq!(run.refused().1, Reaction::NotSent);
    run.reports.clear();
    run.until_ready();
    let order = buy(&run, 2);
    prepare(&mut run, order);
    run.submit(order);
    assert_eq!((run.end(2), run.orders_at_venue(), uses(&run)), (qty("0.01"), 1, [1, 0]));
}
