//! What becomes of orders, however the news of them arrives.

use crate::run::*;
use proptest::prelude::*;

#[test]
fn an_order_fills_and_a_reduce_only_order_takes_it_back() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Sell, "0.01", 3_000));
    let mut acked = 0;
    run.wait_for("the ack", |report| matches!(report, VenueReport::OrderAcked { .. }).then(|| acked += 1));
    run.pass(Duration::from_secs(1));
    let fills = run.fills();
    assert_eq!(fills.iter().map(|fill| fill.qty).sum::<Qty>(), qty("0.01"), "{:?}", run.reports);
    assert!(fills.iter().all(|fill| fill.side == Side::Sell && fill.cid == cid(1)));
    assert_eq!(run.end(1), qty("0.01"));
    assert_eq!(run.position(), qty("-0.01"));
    run.submit(run.order(2, Purpose::Close, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(2), qty("0.01"));
    assert_eq!(run.position(), Qty::ZERO);
    let (_, answer) = run.ask(2);
    assert!(matches!(answer, OrderAnswer::Ended { filled, .. } if filled == qty("0.01")), "{answer:?}");
}

#[test]
fn an_order_larger_than_what_lies_inside_its_bound_ends_with_a_partial_fill() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "1.5", 100));
    let filled = run.end(1);
    run.pass(Duration::from_millis(100));
    assert!(filled.is_positive() && filled < qty("1.5"), "{filled}");
    assert_eq!(run.position(), filled);
}

#[test]
fn a_reduce_only_order_without_a_position_is_refused_by_the_sequencer() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Close, Side::Buy, "0.01", 3_000));
    run.wait_for("the ack", |report| matches!(report, VenueReport::OrderAcked { .. }).then_some(()));
    let (code, reaction) = run.refused();
    assert!(reaction == Reaction::ReadPosition, "{code}");
    let (_, answer) = run.ask(1);
    assert!(matches!(answer, OrderAnswer::Ended { filled, .. } if filled.is_zero()), "{answer:?}");
}

#[test]
fn a_cut_after_the_order_arrived_is_resolved_by_asking() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.pass(DELAY + Duration::from_millis(1));
    run.world.network.dial = DialFate::Unreachable;
    run.world.cut();
    run.wait_for("the doubt", |report| matches!(report, VenueReport::OrderUnknown { .. }).then_some(()));
    run.pass(Duration::from_secs(1));
    run.world.network.dial = DialFate::Arrives;
    run.pass(Duration::from_secs(4));
    let before = run.world.now().mono;
    run.reports.clear();
    run.command(VenueCommand::AskOrder(cid(1)));
    run.pass(Duration::from_secs(1));
    assert_eq!(
        run.fills().iter().map(|fill| fill.qty).sum::<Qty>(),
        qty("0.01"),
        "missed executions are told"
    );
    let answered = run.wait_for("the answer", |report| match report {
        VenueReport::OrderAnswer { asked, answer: OrderAnswer::Ended { filled, average, .. }, .. } => {
            Some((*asked, *filled, average.is_some()))
        }
        _ => None,
    });
    assert_eq!(answered, (before, qty("0.01"), true));
    run.submit(run.order(2, Purpose::Close, Side::Sell, "0.01", 3_000));
    assert_eq!(run.end(2), qty("0.01"), "the nonce was read again");
}

#[test]
fn a_cut_before_the_order_arrived_ends_as_not_found_and_the_nonce_is_used_again() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.world.cut();
    run.pass(Duration::from_secs(4));
    let before = run.world.now().mono;
    assert_eq!(run.ask(1), (before, OrderAnswer::NotFound));
    assert_eq!(run.position(), Qty::ZERO);
    run.submit(run.order(2, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(2), qty("0.01"));
}

#[test]
fn an_order_delayed_beyond_its_validity_is_never_executed() {
    let mut run = Run::ready();
    run.world.network.delay = Duration::from_secs(3);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    run.world.network.delay = DELAY;
    run.pass(Duration::from_secs(6));
    assert_eq!(run.position(), Qty::ZERO);
    assert!(run.fills().is_empty());
}

#[test]
fn every_way_the_socket_may_answer_leads_to_the_same_truth() {
    for reply in [
        SendReply::Recorded,
        SendReply::Silent,
        SendReply::Late(700),
        SendReply::Late(2_500),
        SendReply::RefusalWithoutId,
        SendReply::RefusalAtTopLevel,
    ] {
        let mut options = options(SEED);
        options.switches.send_reply = reply;
        let mut run = Run::ready_with(config(), options);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.end(1), qty("0.01"), "{reply:?}");
        run.pass(Duration::from_secs(3));
        run.submit(run.order(2, Purpose::Close, Side::Sell, "0.01", 3_000));
        assert_eq!(run.end(2), qty("0.01"), "{reply:?}");
    }
}

#[test]
fn with_skipping_nonces_an_order_without_an_answer_does_not_hold_up_the_next() {
    for (nonces, held_up) in [(NonceRule::Consecutive, true), (NonceRule::Skipping, false)] {
        let mut options = options(SEED);
        options.switches.send_reply = SendReply::Silent;
        let mut run = Run::ready_with(LighterConfig { nonces, ..config() }, options);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        run.pass(Timing::default().answer_within + Duration::from_millis(100));
        assert_eq!(run.end(1), qty("0.01"));
        run.submit(run.order(2, Purpose::Open, Side::Buy, "0.02", 3_000));
        if held_up {
            assert_eq!(run.refused().1, Reaction::NotSent, "until the nonce is read again");
        } else {
            assert_eq!(run.end(2), qty("0.02"));
        }
    }
}

#[test]
fn a_wrong_chain_id_is_refused_by_the_venue_with_words_that_help() {
    for reply in [SendReply::Recorded, SendReply::RefusalWithoutId, SendReply::RefusalAtTopLevel] {
        let mut options = options(SEED);
        options.switches.send_reply = reply;
        let mut run = Run::ready_with(LighterConfig { chain_id: 300, ..config() }, options);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.refused(), ("21120".to_owned(), Reaction::Stop), "{reply:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut run = Run::ready();
        run.world.network.jitter = Duration::from_millis(3);
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        run.pass(Duration::from_secs(5));
        (run.reports, run.quote)
    };
    assert_eq!(run(), run());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens to the connection: once every order was asked for, the executions told add up to the position.
    #[test]
    fn after_any_cuts_the_executions_told_add_up_to_the_position_of_the_venue(
        seed in any::<u64>(), jitter_ms in 0u64..20,
        steps in proptest::collection::vec((any::<bool>(), 0u64..700, prop_oneof![4 => Just(None), 1 => (0u64..400).prop_map(Some)]), 1..8),
    ) {
        let mut run = Run::ready_with(config(), options(seed));
        run.world.network.jitter = Duration::from_millis(jitter_ms);
        let mut number = 0;
        for (buy, pause_ms, cut_after_ms) in steps {
            if run.quote.is_none() {
                run.pass(Duration::from_secs(3));
                continue;
            }
            number += 1;
            let side = if buy { Side::Buy } else { Side::Sell };
            run.submit(run.order(number, Purpose::Open, side, "0.01", 500));
            if let Some(after_ms) = cut_after_ms {
                run.pass(Duration::from_millis(after_ms));
                run.world.cut();
            }
            run.pass(Duration::from_millis(pause_ms));
        }
        run.pass(Duration::from_secs(40));
        let mut fills = run.fills();
        for number in 1..=number {
            run.command(VenueCommand::AskOrder(cid(number)));
            run.pass(Duration::from_secs(2));
        }
        let failed: Vec<_> = run.reports.iter().filter(|(_, r)| matches!(r, VenueReport::OrderAnswer { answer: OrderAnswer::Failed(_) | OrderAnswer::Working { .. }, .. })).collect();
        prop_assert!(failed.is_empty(), "{failed:?}");
        fills.extend(run.fills());
        fills.sort_by_key(|fill| fill.key);
        fills.dedup_by_key(|fill| fill.key);
        let told: Qty = fills.iter().map(|fill| fill.side.signed(fill.qty)).sum();
        prop_assert_eq!(told, run.position());
    }
}
