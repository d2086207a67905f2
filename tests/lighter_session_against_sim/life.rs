//! Start, sign-in, connections, clocks and budgets.

use crate::run::*;
use hedge_fast::sim::lighter::{
    ChannelOrder, EndedClientIndex, ExpiredNonce, FinalStatus, LimitStatus, OrderTime, PartialStatus,
    PositionUpdate, QuotaExhausted, RefusedTx, SecondSchedule, Switches,
};

#[test]
fn a_session_gets_ready_with_rules_balance_position_and_a_quote() {
    let mut run = Run::new(config(), options(SEED));
    run.pass(Duration::from_secs(2));
    let told: Vec<&VenueReport> = run.reports.iter().map(|(_, report)| report).collect();
    assert!(
        told.contains(&&VenueReport::Ready) && told.contains(&&VenueReport::Trading(TradingState::Open)),
        "{told:?}"
    );
    assert!(told.contains(&&VenueReport::Balance { free: Usd::from_whole(10_000) }), "{told:?}");
    assert!(told.iter().any(|report| matches!(report, VenueReport::Position { qty, .. } if qty.is_zero())));
    assert!(
        told.iter().any(|report| matches!(report, VenueReport::Market { contract, .. } if contract == "1"))
    );
    assert!(run.quote.is_some());
}

#[test]
fn a_wrong_key_account_or_market_stops_the_start_with_words_that_help() {
    let fatal_at = |options, config: LighterConfig| {
        let mut run = Run::new(config, options);
        let words = run.wait_for("the end", |report| {
            if let VenueReport::Fatal(words) = report { Some(words.clone()) } else { None }
        });
        assert_eq!(run.world.session().deadline(), None);
        words
    };
    let fatal = |config| fatal_at(options(SEED), config);
    let wrong_key = LighterConfig { key: Credentials::of_seed(SEED + 1).lighter_key, ..config() };
    assert!(fatal(wrong_key).contains("API_KEY_PRIVATE_KEY"));
    let empty_slot = LighterConfig { slot: KeySlot::new(700_001, 77).expect("in range"), ..config() };
    assert!(fatal(empty_slot).contains("LIGHTER_API_KEY_INDEX"));
    let nobody = LighterConfig { slot: KeySlot::new(999_999, 5).expect("in range"), ..config() };
    assert!(fatal(nobody).contains("LIGHTER_ACCOUNT_INDEX"));
    let no_market = LighterConfig { symbol: "NOSUCH".to_owned(), ..config() };
    assert!(fatal(no_market).contains("NOSUCH"));
    let mut maker_only = options(SEED);
    maker_only.accounts[0].maker_only = vec![LIGHTER_API_KEY_INDEX];
    assert!(fatal_at(maker_only, config()).contains("maker orders"));
}

#[test]
fn a_clock_an_hour_off_takes_no_openings_and_still_closes() {
    let mut run = Run::ready();
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
    for ahead_us in [3_600_000_000, -3_600_000_000] {
        run.world.client_clock_ahead_us = ahead_us;
        run.submit(run.order(10, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.refused().0, "clock");
        let number = if ahead_us > 0 { 11 } else { 12 };
        run.submit(run.order(number, Purpose::Close, Side::Sell, "0.005", 3_000));
        assert_eq!(run.end(number), qty("0.005"));
    }
    assert_eq!(run.position(), Qty::ZERO);
}

#[test]
fn what_goes_wrong_on_the_way_is_noticed_and_mended() {
    type Mishap = fn(&mut Run);
    let mishaps: [(&str, Mishap); 7] = [
        ("a lost book frame", |run| {
            run.world.meddle(|venue, now, out| venue.inject(now, Fault::BookGap(1), out))
        }),
        ("a repeated book frame", |run| {
            run.world.meddle(|venue, now, out| venue.inject(now, Fault::BookDuplicate(1), out))
        }),
        ("a stalled venue", |run| {
            run.world.meddle(|venue, now, out| venue.inject(now, Fault::Stall(7_000), out))
        }),
        ("a broken connection", |run| {
            run.world.meddle(|venue, now, out| venue.inject(now, Fault::Disconnect, out))
        }),
        ("an announced shutdown", |run| {
            run.world.meddle(|venue, now, out| venue.inject(now, Fault::Shutdown(5_000), out))
        }),
        ("a half-open connection", |run| {
            run.world.network.muted = true;
            run.pass(Duration::from_secs(11));
            assert!(run.quote.is_none(), "a quote without messages");
            run.world.network.muted = false;
        }),
        ("a venue that cannot be reached", |run| {
            run.world.network.dial = DialFate::Unreachable;
            run.world.network.http = HttpFate::Unreachable;
            run.world.cut();
            run.pass(Duration::from_secs(20));
            assert!(run.quote.is_none());
            run.world.network.dial = DialFate::Arrives;
            run.world.network.http = HttpFate::Answered;
        }),
    ];
    for (name, mishap) in mishaps {
        let mut run = Run::ready();
        mishap(&mut run);
        run.pass(Duration::from_secs(30));
        assert!(run.quote.is_some(), "no quote after {name}");
        run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.end(1), qty("0.01"), "after {name}");
    }
}

#[test]
fn quiet_running_keeps_the_connection_and_tells_nothing_of_renewals() {
    let timing = Timing { token_life: Duration::from_secs(240), ..Timing::default() };
    let mut run = Run::ready_with(LighterConfig { timing, ..config() }, options(SEED));
    run.reports.clear();
    run.pass(Duration::from_secs(900));
    let harm =
        |report: &VenueReport| matches!(report, VenueReport::OrderUnknown { .. } | VenueReport::Fatal(_));
    let harmed: Vec<_> = run.reports.iter().filter(|(_, report)| harm(report)).collect();
    assert!(harmed.is_empty(), "{harmed:?}");
    let hiccups = run.reports.iter().filter(|(_, report)| matches!(report, VenueReport::NotReady(_))).count();
    assert_eq!(hiccups, 0, "{:?}", run.reports);
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
}

#[test]
fn a_token_of_thirty_seconds_is_renewed_for_minutes_without_a_hiccup() {
    let mut options = options(SEED);
    options.switches.expired_token = ExpiredToken::Cuts;
    let timing = Timing { token_life: Duration::from_secs(30), ..Timing::default() };
    let mut run = Run::ready_with(LighterConfig { timing, ..config() }, options);
    run.reports.clear();
    for round in 0..12 {
        run.pass(Duration::from_secs(15));
        run.submit(run.order(2 * round + 1, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(run.end(2 * round + 1), qty("0.01"));
        run.submit(run.order(2 * round + 2, Purpose::Close, Side::Sell, "0.01", 3_000));
        let hiccup = |report: &VenueReport| matches!(report, VenueReport::NotReady(_));
        assert!(!run.reports.iter().any(|(_, report)| hiccup(report)), "{:?}", run.reports);
        assert_eq!(run.end(2 * round + 2), qty("0.01"));
    }
}

#[test]
fn openings_are_gated_before_the_request_budget_would_refuse_them() {
    let mut run = Run::ready();
    run.pass(Duration::from_secs(60));
    for _ in 0..46 {
        run.command(VenueCommand::AskPosition);
    }
    let gated = run.wait_for("the gate", |report| match report {
        VenueReport::Trading(state) => state.reason().map(str::to_owned),
        _ => None,
    });
    assert!(gated.contains("budget"), "{gated}");
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.refused().1, Reaction::BackOff);
    run.pass(Duration::from_secs(61));
    run.wait_for("the gate to open", |report| {
        (*report == VenueReport::Trading(TradingState::Open)).then_some(())
    });
    run.submit(run.order(2, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(2), qty("0.01"));
}

#[test]
fn a_session_opens_and_closes_with_every_switch_in_every_position() {
    let usual = Switches::default();
    let positions: Vec<(&str, Switches)> = vec![
        ("recorded replies", Switches { send_reply: SendReply::Recorded, ..usual }),
        ("silent replies", Switches { send_reply: SendReply::Silent, ..usual }),
        ("late replies", Switches { send_reply: SendReply::Late(800), ..usual }),
        ("nameless refusals", Switches { send_reply: SendReply::RefusalWithoutId, ..usual }),
        ("flat refusals", Switches { send_reply: SendReply::RefusalAtTopLevel, ..usual }),
        ("partial by cause", Switches { partial_status: PartialStatus::ByCause, ..usual }),
        ("partial canceled", Switches { partial_status: PartialStatus::Canceled, ..usual }),
        ("refused executed", Switches { refused_tx: RefusedTx::Executed, ..usual }),
        ("refused failed", Switches { refused_tx: RefusedTx::Failed, ..usual }),
        ("expired nonce kept", Switches { expired_nonce: ExpiredNonce::Kept, ..usual }),
        ("expired nonce spent", Switches { expired_nonce: ExpiredNonce::Spent, ..usual }),
        ("ids come back", Switches { ended_client_index: EndedClientIndex::Accepted, ..usual }),
        ("ids stay taken", Switches { ended_client_index: EndedClientIndex::Refused, ..usual }),
        ("schedule replaced", Switches { second_schedule: SecondSchedule::Replaces, ..usual }),
        ("schedule refused", Switches { second_schedule: SecondSchedule::Refused, ..usual }),
        ("tokens outlived", Switches { expired_token: ExpiredToken::Ignored, ..usual }),
        ("tokens cut", Switches { expired_token: ExpiredToken::Cuts, ..usual }),
        ("positions changed", Switches { position_update: PositionUpdate::Changed, ..usual }),
        ("positions whole", Switches { position_update: PositionUpdate::Whole, ..usual }),
        ("quota refused", Switches { quota_exhausted: QuotaExhausted::Refused, ..usual }),
        ("quota delayed", Switches { quota_exhausted: QuotaExhausted::Delayed, ..usual }),
        ("final after", Switches { final_status: FinalStatus::After(2_000), ..usual }),
        ("never final", Switches { final_status: FinalStatus::Never, ..usual }),
        ("shuffled", Switches { channel_order: ChannelOrder::ShuffledWithin(400), ..usual }),
        ("in order", Switches { channel_order: ChannelOrder::Kept, ..usual }),
        ("seconds", Switches { order_time: OrderTime::Seconds, ..usual }),
        ("milliseconds", Switches { order_time: OrderTime::Millis, ..usual }),
        ("429", Switches { limit_status: LimitStatus::TooManyRequests, ..usual }),
        ("405", Switches { limit_status: LimitStatus::Firewall, ..usual }),
    ];
    let rules = [NonceRule::Consecutive, NonceRule::Skipping];
    for ((name, switches), nonces) in positions.iter().flat_map(|one| rules.map(|rule| (one, rule))) {
        let config = LighterConfig { nonces, ..config() };
        let mut run = Run::ready_with(config, Options { switches: switches.clone(), ..options(SEED) });
        let step = |run: &mut Run, number, purpose, side, size: &str, bound| {
            run.submit(run.order(number, purpose, side, size, bound));
            let end = run.wait_for(&format!("an end with {name}"), |report| match report {
                VenueReport::OrderEnded { filled, .. } => Some(*filled),
                VenueReport::OrderRefused { .. } => Some(Qty::ZERO),
                _ => None,
            });
            run.pass(Duration::from_secs(4));
            end
        };
        assert_eq!(step(&mut run, 1, Purpose::Open, Side::Buy, "0.01", 3_000), qty("0.01"), "{name}");
        let refused = step(&mut run, 2, Purpose::Close, Side::Buy, "0.01", 3_000);
        assert_eq!(refused, Qty::ZERO, "{name}: nothing to reduce on that side");
        let partly = step(&mut run, 3, Purpose::Open, Side::Buy, "1.5", 100);
        run.world.cut();
        run.until_ready();
        let (_, answer) = run.ask(3);
        assert!(
            matches!(answer, OrderAnswer::Ended { filled, .. } if filled == partly),
            "{name}: {answer:?}"
        );
        let held = run.position();
        assert_eq!(held, qty("0.01") + partly, "{name}");
        let closed = step(&mut run, 4, Purpose::Close, Side::Sell, &held.to_string(), 20_000);
        assert_eq!((closed, run.position()), (held, Qty::ZERO), "{name}");
    }
}
