//! Start, tokens, connections, quotes and gates.

use crate::run::{Run, SECOND, config, ended, options, qty};
use hedge_fast::domain::{Purpose, Qty, QuoteFault, Side, Usd};
use hedge_fast::sim::credentials::Credentials;
use hedge_fast::sim::faults::Strike;
use hedge_fast::sim::paradex::{ParadexOptions, PlainPublic, Switches};
use hedge_fast::sim::world::DialFate;
use hedge_fast::venue::paradex::session::ParadexConfig;
use hedge_fast::venue::{TradingState, VenueCommand, VenueReport};
use std::time::Duration;

#[test]
fn a_session_gets_ready_with_rules_balance_position_and_a_quote() {
    let mut run = Run::new(config(), options(), "");
    run.pass(SECOND * 2);
    let told: Vec<&VenueReport> = run.reports.iter().map(|(_, report)| report).collect();
    assert!(
        told.contains(&&VenueReport::Ready) && told.contains(&&VenueReport::Trading(TradingState::Open)),
        "{told:?}"
    );
    assert!(told.contains(&&VenueReport::Balance { free: Usd::from_whole(10_000) }), "{told:?}");
    assert!(told.iter().any(|report| matches!(report, VenueReport::Position { qty, .. } if qty.is_zero())));
    assert!(told.iter().any(|report| matches!(report, VenueReport::Market { .. })));
    assert!(run.quotes.iter().any(|(_, quote)| quote.is_ok()));
}

#[test]
fn a_lost_connection_is_signed_in_and_subscribed_again_and_cancels_on_disconnect_again() {
    let mut run = Run::ready();
    for round in 0..3 {
        run.world.cut();
        run.wait_for("not ready", |report| matches!(report, VenueReport::NotReady(_)).then_some(()));
        run.until_ready();
        run.round_trip(10 * round + 1);
        // An order that is alive when the connection breaks is cancelled by the venue.
        run.world.meddle(|venue, now, out| venue.strike(now, &Strike::Swallow, out));
        run.submit(run.order(10 * round + 5, Purpose::Open, Side::Buy, "0.01", 3_000));
        run.pass(Duration::from_millis(50));
        run.world.cut();
        run.pass(SECOND * 5);
        assert_eq!(run.truth(), Qty::ZERO, "round {round}");
        assert_eq!(ended(&run.ask(10 * round + 5)), Some(Qty::ZERO));
    }
}

#[test]
fn a_token_of_twenty_seconds_is_renewed_for_minutes_without_a_hiccup() {
    let mut options = options();
    options.jwt_lifetime_s = 20;
    let mut run = Run::ready_with(options, "");
    run.quotes.clear();
    for round in 0..18 {
        run.pass(SECOND * 10);
        run.round_trip(2 * round + 1);
        run.command(VenueCommand::AskPosition);
        run.wait_for("the position", |report| match report {
            VenueReport::Position { answer: true, .. } => Some(()),
            VenueReport::AskFailed { cause } => panic!("{cause}"),
            _ => None,
        });
    }
    let bad: Vec<_> = run.quotes.iter().filter(|(_, quote)| quote.is_err()).collect();
    assert!(bad.is_empty(), "hiccups in quotes: {bad:?}");
    assert_eq!(run.count(|report| matches!(report, VenueReport::NotReady(_))), 0, "a hiccup in orders");
}

#[test]
fn tokens_that_die_early_cost_a_question_and_not_the_session() {
    let mut run = Run::ready();
    for round in 0..3 {
        run.world.meddle(|venue, now, out| venue.strike(now, &Strike::ExpireTokens, out));
        run.command(VenueCommand::AskPosition);
        run.pass(SECOND * 3);
        run.reports.clear();
        run.command(VenueCommand::AskPosition);
        run.wait_for("the position", |report| match report {
            VenueReport::Position { answer: true, .. } => Some(()),
            VenueReport::AskFailed { cause } => panic!("{cause}"),
            _ => None,
        });
        run.world.cut();
        run.until_ready();
        run.round_trip(2 * round + 1);
    }
}

#[test]
fn lost_answers_while_signing_in_and_subscribing_only_delay_the_start() {
    for times in 1..=6 {
        let plan = format!("paradex on answer 100% drop times {times}");
        let mut run = Run::new(config(), options(), &plan);
        run.until_ready();
        run.round_trip(1);
    }
}

#[test]
fn an_hour_of_outage_costs_few_attempts_and_ends_by_itself() {
    let mut run = Run::ready_with(options(), "paradex at 10s away 503 60m");
    run.pass(SECOND * 3_600);
    let tally: u64 = run.world.venue().tally().values().sum();
    assert_eq!(tally, 1, "the outage alone");
    run.reports.clear();
    run.quotes.clear();
    run.until_ready();
    run.round_trip(1);
    let attempts = run.world.dials();
    assert!((100..600).contains(&attempts), "{attempts} attempts to connect in an hour");
}

#[test]
fn a_silent_connection_is_noticed_and_replaced() {
    let mut run = Run::ready();
    run.world.network.muted = true;
    run.quotes.clear();
    run.pass(SECOND * 30);
    let stale = run.quotes.iter().find(|(_, quote)| *quote == Err(QuoteFault::Stale));
    assert!(stale.is_some(), "{:?}", run.quotes);
    run.world.network.muted = false;
    run.reports.clear();
    run.until_ready();
    run.round_trip(1);
}

#[test]
fn quotes_that_nobody_may_trade_on_are_told_with_their_reason_and_heal() {
    for (strike, fault) in [
        (Strike::EmptyBook(SECOND * 2), QuoteFault::EmptySide),
        (Strike::CrossedBook(SECOND * 2), QuoteFault::Crossed),
        (Strike::PriceGap(2_000, Duration::from_millis(150)), QuoteFault::Jump),
    ] {
        let mut run = Run::ready();
        run.quotes.clear();
        run.world.meddle(|venue, now, out| venue.strike(now, &strike, out));
        run.pass(SECOND);
        assert!(run.quotes.iter().any(|(_, quote)| *quote == Err(fault)), "{strike:?}: {:?}", run.quotes);
        run.pass(SECOND * 3);
        assert!(run.quotes.last().is_some_and(|(_, quote)| quote.is_ok()), "{strike:?} heals");
    }
}

#[test]
fn the_state_of_the_venue_gates_openings() {
    for word in ["maintenance", "cancel-only", "post-only"] {
        let mut run = Run::ready_with(options(), &format!("paradex at 5s {word} 60s"));
        run.reports.clear();
        let reason = run.wait_for("the gate", |report| match report {
            VenueReport::Trading(TradingState::Closed(reason)) => Some(reason.clone()),
            _ => None,
        });
        assert!(reason.contains(&word.replace('-', "_")), "{reason}");
        run.reports.clear();
        run.pass(SECOND * 90);
        assert_eq!(
            run.count(|report| *report == VenueReport::Trading(TradingState::Open)),
            1,
            "{word}: {:?}",
            run.reports
        );
    }
}

#[test]
fn a_certificate_that_does_not_fit_ends_the_session_with_words() {
    let mut run = Run::ready();
    run.world.network.dial = DialFate::WrongCertificate;
    run.world.cut();
    let words = run.wait_for("the end", |report| match report {
        VenueReport::Fatal(words) => Some(words.clone()),
        _ => None,
    });
    assert!(words.contains("certificate"), "{words}");
}

#[test]
fn a_session_opens_and_closes_with_every_switch_in_every_position() {
    let usual = Switches::default();
    let positions: Vec<(&str, Switches)> = vec![
        ("private sbe", Switches { private_sbe: true, ..usual }),
        ("plain silence", Switches { plain_public: PlainPublic::Silence, ..usual }),
        ("plain json", Switches { plain_public: PlainPublic::Json, ..usual }),
        ("bbo at subscribe", Switches { bbo_at_subscribe: true, ..usual }),
        ("private snapshots", Switches { private_snapshots: true, ..usual }),
        ("pro over ws", Switches { retail_over_ws: false, ..usual }),
        ("delay counts", Switches { delay_counts_in_recv_window: true, ..usual }),
        ("trim", Switches { trim_reduce_only: true, ..usual }),
        ("client ids come back", Switches { client_id_taken_for_ever: false, ..usual }),
        ("closed by id", Switches { closed_orders_by_id: true, ..usual }),
        ("cancel on close", Switches { cancel_on_clean_close: true, ..usual }),
        ("deltas with parameters", Switches { deltas_with_parameters: true, ..usual }),
        ("time as number", Switches { server_time_as_number: true, ..usual }),
        ("packed batches", Switches { packed_batches: true, ..usual }),
        ("taker side", Switches { maker_fill_has_taker_side: true, ..usual }),
        ("cancels count", Switches { cancels_count_as_retail: true, ..usual }),
        ("strict clock", Switches { timestamp_ahead_max_ms: 0, ..usual }),
        ("small batches", Switches { batch_max: 1, ..usual }),
    ];
    for (name, switches) in positions {
        for retail in [true, false] {
            let mut run =
                Run::new(ParadexConfig { retail, ..config() }, ParadexOptions { switches, ..options() }, "");
            run.until_ready();
            run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
            assert_eq!(run.end(1), qty("0.01"), "{name}");
            run.world.cut();
            run.until_ready();
            run.submit(run.order(2, Purpose::Close, Side::Sell, "0.01", 3_000));
            assert_eq!(run.end(2), qty("0.01"), "{name}");
            assert_eq!(run.truth(), Qty::ZERO, "{name}");
            assert_eq!(ended(&run.ask(1)), Some(qty("0.01")), "{name}");
        }
    }
}

#[test]
fn a_subkey_trades_for_the_account_it_belongs_to_and_a_stranger_is_told_what_to_check() {
    let mut options = options();
    let subkey = Credentials::of_seed(77).paradex_key;
    let account = options.accounts[0].address;
    options.accounts[0].subkeys.push(subkey.public_key());
    let mut run =
        Run::new(ParadexConfig { key: subkey, account: Some(account), ..config() }, options.clone(), "");
    run.until_ready();
    run.round_trip(1);
    let stranger = Credentials::of_seed(78).paradex_key;
    let mut run = Run::new(ParadexConfig { key: stranger, account: Some(account), ..config() }, options, "");
    let words = run.wait_for("the end", |report| match report {
        VenueReport::Fatal(words) => Some(words.clone()),
        _ => None,
    });
    assert!(words.contains("PARADEX_L2_PRIVATE_KEY"), "{words}");
}
