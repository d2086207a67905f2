//! Orders named ahead of their decision: they send nothing, they are what is sent when they still serve, and never otherwise.

use crate::stage::{Stage, price, qty, settings};
use crate::{LIGHTER, PARADEX, held, opened};
use hedge_fast::coordinator::journal::{Memory, Record};
use hedge_fast::coordinator::{Event, Settings};
use hedge_fast::domain::{OrderIntent, Price, Purpose, Side, Venue};
use hedge_fast::venue::{Reaction, VenueReport};
use std::time::Duration;

fn named(stage: &Stage, venue: Venue, purpose: Purpose) -> Vec<OrderIntent> {
    let of = |order: &&OrderIntent| order.venue == venue && order.purpose == purpose;
    stage.named.iter().map(|(_, order)| order).filter(of).copied().collect()
}

fn last_named(stage: &Stage, venue: Venue, purpose: Purpose) -> OrderIntent {
    *named(stage, venue, purpose).last().expect("an order was named")
}

/// How far beyond the touch an order reaches, in 1e-6 of it.
fn reach_ppm(order: &OrderIntent, touch: &str) -> i64 {
    let touch = price(touch).units();
    let beyond = match order.side {
        Side::Buy => order.bound.units() - touch,
        Side::Sell => touch - order.bound.units(),
    };
    i64::try_from(i128::from(beyond) * 1_000_000 / i128::from(touch)).expect("small")
}

#[test]
fn what_is_named_is_neither_sent_nor_recorded_and_the_opening_is_what_was_named() {
    let mut stage = Stage::new(settings(), Memory::default());
    for venue in Venue::ALL {
        stage.up_at(venue);
    }
    for venue in Venue::ALL {
        assert_eq!(named(&stage, venue, Purpose::Open).len(), 1, "{venue}");
        let back = last_named(&stage, venue, Purpose::Unwind);
        assert!(back.purpose.reduce_only() && back.qty == last_named(&stage, venue, Purpose::Open).qty);
    }
    let reserved = |record: &Record| matches!(record, Record::Reserved { .. });
    assert!(stage.sent.is_empty() && stage.records.iter().all(reserved), "{:?}", stage.records);
    stage.pass(Duration::from_millis(1_100));
    assert_eq!(stage.sent.len(), 2);
    for venue in Venue::ALL {
        assert_eq!(stage.last(venue), last_named(&stage, venue, Purpose::Open));
    }
    let recorded = stage.records.iter().filter(|record| matches!(record, Record::Sent(_))).count();
    assert_eq!(recorded, 2, "only what was sent");
}

#[test]
fn a_close_is_named_while_the_pair_is_held_and_leaves_as_it_was_named() {
    let mut stage = held();
    stage.pass(Duration::from_secs(61));
    for venue in Venue::ALL {
        let close = stage.last(venue);
        assert_eq!((close.purpose, close), (Purpose::Close, last_named(&stage, venue, Purpose::Close)));
        assert_eq!(close.qty, qty("0.00098"));
    }
}

#[test]
fn a_rollback_was_named_before_the_opening_it_takes_back() {
    for refused in Venue::ALL {
        let mut stage = opened();
        let (good, bad) = (stage.last(refused.other()), stage.last(refused));
        // The leg that is refused ends first: the other's order was never seen without one of its own in flight.
        stage.refuse(&bad, Reaction::Reprice);
        stage.complete(&good);
        let back = stage.last(refused.other());
        assert_eq!(back.purpose, Purpose::Unwind);
        assert_eq!(back, last_named(&stage, refused.other(), Purpose::Unwind));
    }
}

#[test]
fn what_a_partly_filled_leg_holds_is_named_once_its_order_has_ended() {
    let mut stage = opened();
    let (first, second) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.fill(&first, "0.0004");
    let before = stage.named.len();
    stage.quote(PARADEX, "100100", "100101");
    assert_eq!(stage.named.len(), before, "its order is out");
    stage.end(&first, "0.0004");
    assert_eq!(last_named(&stage, PARADEX, Purpose::Unwind).qty, qty("0.0004"));
    stage.refuse(&second, Reaction::Reprice);
    assert_eq!(stage.last(PARADEX), last_named(&stage, PARADEX, Purpose::Unwind));
}

#[test]
fn nothing_is_named_while_an_order_of_the_leg_is_out_or_its_venue_is_not_ready() {
    let mut stage = opened();
    let before = stage.named.len();
    for step in 0..20 {
        let bid = (100_000 + step * 50).to_string();
        for venue in Venue::ALL {
            stage.quote(venue, &bid, &(100_001 + step * 50).to_string());
        }
        stage.pass(Duration::from_millis(40));
    }
    assert_eq!(stage.named.len(), before, "both orders are out");

    let mut stage = held();
    stage.report(LIGHTER, VenueReport::NotReady("away".to_owned()));
    let before = [PARADEX, LIGHTER].map(|venue| named(&stage, venue, Purpose::Close).len());
    for step in 1..6 {
        stage.pass(Duration::from_millis(400));
        for venue in Venue::ALL {
            stage.quote(venue, &(100_000 + step * 80).to_string(), &(100_001 + step * 80).to_string());
        }
    }
    let after = [PARADEX, LIGHTER].map(|venue| named(&stage, venue, Purpose::Close).len());
    assert!(after[0] > before[0] && after[1] == before[1], "{before:?} {after:?}");
}

/// Ends the hold at once at these touches of Paradex, where the long leg is sold, before anything could be named anew.
fn close_at(bid: &str, ask: &str) -> (OrderIntent, OrderIntent) {
    let quiet = Settings { take_profit_ppm: None, stop_loss_ppm: None, ..settings() };
    let mut stage = Stage::new(quiet, Memory::default());
    stage.up();
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    let before = last_named(&stage, PARADEX, Purpose::Close);
    assert_eq!(reach_ppm(&before, "100000"), 2_250);
    stage.quote(PARADEX, bid, ask);
    assert_eq!(last_named(&stage, PARADEX, Purpose::Close), before, "not so soon again");
    stage.event(Event::StopRequested);
    (before, stage.last(PARADEX))
}

#[test]
fn a_bound_is_used_while_it_is_within_the_cap_and_half_the_slippage_away_from_the_touch() {
    for (bid, ask, serves) in [
        ("100000", "100001", true),
        // The market rises: the bound would be looser than the 0.3 % from here.
        ("100070", "100071", true),
        ("100080", "100081", false),
        ("101000", "101001", false),
        // It falls: the bound comes too near the touch to be filled.
        ("99930", "99931", true),
        ("99920", "99921", false),
        ("99000", "99001", false),
    ] {
        let (named, sent) = close_at(bid, ask);
        assert_eq!(sent == named, serves, "{bid}: {sent:?}");
        assert_eq!(OrderIntent { bound: named.bound, ..sent }, named, "all but the bound is the same");
        let reach = reach_ppm(&sent, bid);
        assert!((1_500..=3_000).contains(&reach), "{bid}: {reach}");
        if !serves {
            let cap: Price = price(bid).scaled_ppm(-3_000).ceil_to(price("0.1"));
            assert_eq!(sent.bound, cap, "{bid}: the bound of an order nobody named");
        }
    }
}

#[test]
fn orders_are_named_anew_a_few_times_a_second_at_most() {
    let mut stage = held();
    let before = named(&stage, PARADEX, Purpose::Close).len();
    let (begun, mut step) = (stage.now, 0);
    while stage.now.since(begun) < Duration::from_secs(2) {
        step += 1;
        let bid = 100_000 + step % 2 * 300;
        stage.quote(PARADEX, &bid.to_string(), &(bid + 1).to_string());
        stage.pass(Duration::from_millis(10));
    }
    let again = named(&stage, PARADEX, Purpose::Close).len() - before;
    assert!((3..=8).contains(&again), "{again} times in two seconds");
}

#[test]
fn over_many_cycles_no_id_is_used_twice_and_nothing_is_named_after_it_was_sent() {
    let mut stage = Stage::new(Settings { cycles: Some(4), ..settings() }, Memory::default());
    stage.up();
    for cycle in 0..4 {
        for purpose in [Purpose::Open, Purpose::Close] {
            for venue in Venue::ALL {
                let order = stage.last(venue);
                assert_eq!((order.purpose, order), (purpose, last_named(&stage, venue, purpose)), "{cycle}");
                stage.complete(&order);
            }
            let wait = if purpose == Purpose::Open { 61 } else { 2 };
            stage.pass(Duration::from_secs(wait));
            for venue in Venue::ALL {
                stage.quote(venue, "100000", "100001");
            }
            stage.pass(Duration::from_millis(1_100));
        }
    }
    assert_eq!(stage.sent.len(), 16);
}
