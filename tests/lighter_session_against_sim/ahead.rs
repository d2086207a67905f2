//! Orders made before they are commanded: the venue checks signature, nonce and end of each that leaves.

use crate::run::*;
use hedge_fast::domain::Now;
use hedge_fast::venue::{Input, Outbox, Output};

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

fn ready(run: &Run) -> usize {
    run.world.session().orders_ready()
}

#[test]
fn prepared_orders_use_no_nonce_up_and_share_the_next_one() {
    let mut run = Run::ready();
    for number in 1..=3 {
        let order = buy(&run, number);
        prepare(&mut run, order);
    }
    run.pass(Duration::from_secs(3));
    assert_eq!(ready(&run), 3);
    assert!(run.fills().is_empty() && run.position().is_zero(), "nothing was sent");
    for number in 1..=3 {
        let order = buy(&run, number);
        prepare(&mut run, order);
        run.submit(order);
        assert_eq!(run.end(number), qty("0.01"));
    }
    assert_eq!(uses(&run), [3, 0]);
    run.submit(run.order(4, Purpose::Close, Side::Sell, "0.03", 3_000));
    assert_eq!((run.end(4), uses(&run)), (qty("0.03"), [3, 1]), "the sequence has no gap");
    assert!(run.position().is_zero());
}

#[test]
fn an_order_leaves_once() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    run.submit(order);
    run.submit(order);
    assert_eq!(run.end(1), qty("0.01"));
    prepare(&mut run, order);
    assert_eq!(ready(&run), 0, "its id is used");
    run.submit(order);
    run.pass(Duration::from_secs(1));
    assert_eq!(run.position(), qty("0.01"));
    assert_eq!(uses(&run), [1, 0]);
}

#[test]
fn another_send_makes_the_others_stale_until_they_are_made_again() {
    let mut run = Run::ready();
    let (order, back) = (buy(&run, 1), run.order(2, Purpose::Unwind, Side::Sell, "0.02", 3_000));
    prepare(&mut run, order);
    prepare(&mut run, back);
    assert_eq!(ready(&run), 2);
    // No moment of idle time between the two: the second order's nonce is gone.
    run.submit(buy(&run, 3));
    run.submit(order);
    assert_eq!(uses(&run), [0, 2]);
    assert_eq!((run.end(3), run.end(1)), (qty("0.01"), qty("0.01")));
    run.pass(Duration::from_millis(100));
    run.submit(back);
    assert_eq!((run.end(2), uses(&run)), (qty("0.02"), [1, 2]), "the way back was made again meanwhile");
}

#[test]
fn after_a_resync_only_orders_with_the_new_nonce_leave() {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    // What becomes of this one nobody knows: the counter is in doubt.
    run.submit(buy(&run, 2));
    run.world.cut();
    run.collect();
    run.reports.clear();
    run.until_ready();
    let order = OrderIntent { bound: buy(&run, 1).bound, ..order };
    prepare(&mut run, order);
    run.submit(order);
    assert_eq!((run.end(1), uses(&run)), (qty("0.01"), [1, 1]));
}

#[test]
fn nonces_that_follow_the_clock_are_not_fixed_ahead() {
    let mut run = Run::ready_with(LighterConfig { nonces: NonceRule::Skipping, ..config() }, options(SEED));
    let order = buy(&run, 1);
    prepare(&mut run, order);
    assert_eq!(ready(&run), 0);
    run.submit(order);
    assert_eq!((run.end(1), uses(&run)), (qty("0.01"), [0, 1]));
}

/// What a session sends for an order of which it was told to make it ready, when time then passes that it could not use.
fn text_after(wait: Duration) -> (Now, String, AheadNews) {
    let mut run = Run::ready();
    let order = buy(&run, 1);
    prepare(&mut run, order);
    let now = run.world.now();
    let now = Now { mono: now.mono.after(wait), wall: now.wall.after(wait) };
    let mut session = run.world.into_session();
    let mut out = Outbox::default();
    session.handle(now, Input::Command(VenueCommand::Submit(order)), &mut out);
    // What became of it is told with the next input.
    session.handle(now, Input::Wake, &mut out);
    let (mut sent, mut told) = (None, None);
    for output in out.drain() {
        match output {
            Output::Text(_, text) if text.contains("sendtx") => sent = Some(text),
            Output::Ahead(news) => told = Some(news),
            _ => {}
        }
    }
    (now, sent.expect("an order left"), told.expect("counted"))
}

#[test]
fn whatever_its_age_an_order_dies_within_its_validity_and_not_before_the_venues_own_delay() {
    for (wait_ms, news) in [
        (0, AheadNews::Used),
        (500, AheadNews::Used),
        (799, AheadNews::Used),
        (1_100, AheadNews::Missed),
        (2_500, AheadNews::Missed),
    ] {
        let (now, text, told) = text_after(Duration::from_millis(wait_ms));
        assert_eq!(told, news, "{wait_ms}");
        let (_, rest) = text.split_once("\"ExpiredAt\":").expect("an end");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let left = digits.parse::<i64>().expect("a number") - now.wall.millis();
        assert!((990..=2_010).contains(&left), "{wait_ms}: {left} ms");
    }
}

#[test]
fn a_validity_too_short_to_age_is_made_on_the_spot() {
    let mut run = Run::ready();
    let order = OrderIntent { valid_for: Duration::from_millis(850), ..buy(&run, 1) };
    prepare(&mut run, order);
    assert_eq!(ready(&run), 0);
    run.submit(order);
    assert_eq!((run.end(1), uses(&run)), (qty("0.01"), [0, 1]));
}
