//! The Lighter session against the simulated venue in virtual time: what the bot will live through, without sockets.

use hedge_fast::domain::{Bbo, ClientOrderId, Fill, Mono, OrderIntent, Purpose, Qty, Side, Usd, Venue, Wall};
use hedge_fast::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use hedge_fast::sim::lighter::{AccountSetup, Fault, LighterSim, Options, SendReply, Tier};
use hedge_fast::sim::rng::Rng;
use hedge_fast::sim::world::{DialFate, HttpFate, Network, What, World};
use hedge_fast::venue::lighter::quota::Limits;
use hedge_fast::venue::lighter::tx::KeySlot;
use hedge_fast::venue::lighter::{LighterConfig, LighterSession, Timing};
use hedge_fast::venue::{OrderAnswer, Reaction, Session, VenueCommand, VenueReport};
use proptest::prelude::*;
use std::time::Duration;

const SEED: u64 = 5;
const EPOCH: Wall = Wall(1_795_000_000_250_000);
const DELAY: Duration = Duration::from_millis(5);

fn slot() -> KeySlot {
    let account = i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small");
    KeySlot::new(account, i64::from(LIGHTER_API_KEY_INDEX)).expect("in range")
}

fn options(seed: u64) -> Options {
    let keys = Credentials::of_seed(SEED);
    let account = AccountSetup {
        index: i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small"),
        l1_address: keys.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, keys.lighter_key.public_key().0)],
        balance: 10_000_000_000,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    };
    Options { accounts: vec![account], ..Options::new(seed) }
}

fn config() -> LighterConfig {
    LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: 304,
        slot: slot(),
        key: Credentials::of_seed(SEED).lighter_key,
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    }
}

/// A world and everything told in it so far.
struct Run {
    world: World<LighterSession, LighterSim>,
    reports: Vec<(Mono, VenueReport)>,
    quote: Option<Bbo>,
}

impl Run {
    fn new(config: LighterConfig, options: Options) -> Self {
        let seed = options.seed;
        let session = LighterSession::new(config, Box::new(Rng::stream(seed, "entropy")));
        let network = Network::new(seed, DELAY);
        let world = World::new(session, LighterSim::new(options, EPOCH), network, EPOCH);
        let mut run = Self { world, reports: Vec::new(), quote: None };
        run.command(VenueCommand::Start);
        run
    }

    fn ready() -> Self {
        Self::ready_with(config(), options(SEED))
    }

    fn ready_with(config: LighterConfig, options: Options) -> Self {
        let mut run = Self::new(config, options);
        run.until_ready();
        run
    }

    fn until_ready(&mut self) {
        self.wait_for("Ready", |report| (*report == VenueReport::Ready).then_some(()));
        self.pass(Duration::from_millis(500));
        assert!(self.quote.is_some(), "no quote");
    }

    fn command(&mut self, command: VenueCommand) {
        self.world.command(command);
        self.collect();
    }

    fn pass(&mut self, time: Duration) {
        self.world.run_for(time).expect("not stuck");
        self.collect();
    }

    fn collect(&mut self) {
        for told in self.world.take_told() {
            match told.what {
                What::Report(report) => self.reports.push((told.at, report)),
                What::Quote(quote) => self.quote = quote.ok(),
                What::Log(..) => {}
            }
        }
    }

    /// The first report that `pick` takes, waiting up to half a minute for it; it and all before it are dropped.
    fn wait_for<T>(&mut self, what: &str, mut pick: impl FnMut(&VenueReport) -> Option<T>) -> T {
        for _ in 0..30_000 {
            let found = self.reports.iter().enumerate().find_map(|(i, (_, report))| Some((i, pick(report)?)));
            if let Some((i, found)) = found {
                self.reports.drain(..=i);
                return found;
            }
            self.pass(Duration::from_millis(1));
        }
        panic!("{what} never came; told: {:?}", self.reports);
    }

    fn order(&self, number: u64, purpose: Purpose, side: Side, qty: &str, bound_ppm: i64) -> OrderIntent {
        let touch = self.quote.expect("a quote").touch(side);
        let tick = "0.1".parse().expect("price");
        let bound = match side {
            Side::Buy => touch.scaled_ppm(bound_ppm).floor_to(tick),
            Side::Sell => touch.scaled_ppm(-bound_ppm).ceil_to(tick),
        };
        OrderIntent {
            cid: cid(number),
            venue: Venue::Lighter,
            purpose,
            side,
            qty: qty.parse().expect("qty"),
            bound,
            valid_for: Duration::from_secs(2),
        }
    }

    fn submit(&mut self, intent: OrderIntent) {
        self.command(VenueCommand::Submit(intent));
    }

    fn end(&mut self, number: u64) -> Qty {
        self.wait_for("the end of the order", |report| match report {
            VenueReport::OrderEnded { cid, filled, .. } if cid.number() == number => Some(*filled),
            _ => None,
        })
    }

    fn refused(&mut self) -> (String, Reaction) {
        self.wait_for("the refusal", |report| match report {
            VenueReport::OrderRefused { refusal, .. } => Some((refusal.code.clone(), refusal.reaction)),
            _ => None,
        })
    }

    fn position(&mut self) -> Qty {
        self.command(VenueCommand::AskPosition);
        self.wait_for("the position", |report| match report {
            VenueReport::Position { qty, answer: true, .. } => Some(*qty),
            _ => None,
        })
    }

    fn ask(&mut self, number: u64) -> (Mono, OrderAnswer) {
        self.command(VenueCommand::AskOrder(cid(number)));
        self.wait_for("the answer", |report| match report {
            VenueReport::OrderAnswer { asked, answer, .. } => Some((*asked, answer.clone())),
            _ => None,
        })
    }

    fn fills(&self) -> Vec<Fill> {
        let fill = |(_, report): &(Mono, VenueReport)| {
            if let VenueReport::Filled(fill) = report { Some(*fill) } else { None }
        };
        self.reports.iter().filter_map(fill).collect()
    }
}

fn cid(number: u64) -> ClientOrderId {
    ClientOrderId::from_number(number).expect("in range")
}

fn qty(text: &str) -> Qty {
    text.parse().expect("qty")
}

#[test]
fn a_session_gets_ready_with_rules_balance_position_and_a_quote() {
    let mut run = Run::new(config(), options(SEED));
    run.pass(Duration::from_secs(2));
    let told: Vec<&VenueReport> = run.reports.iter().map(|(_, report)| report).collect();
    assert!(told.contains(&&VenueReport::Ready) && told.contains(&&VenueReport::Trading(Ok(()))), "{told:?}");
    assert!(told.contains(&&VenueReport::Balance { free: Usd::from_whole(10_000) }), "{told:?}");
    assert!(told.iter().any(|report| matches!(report, VenueReport::Position { qty, .. } if qty.is_zero())));
    assert!(
        told.iter().any(|report| matches!(report, VenueReport::Market { contract, .. } if contract == "1"))
    );
    assert!(run.quote.is_some());
}

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
fn a_wrong_key_account_or_market_stops_the_start_with_words_that_help() {
    let fatal = |config: LighterConfig| {
        let mut run = Run::new(config, options(SEED));
        let words = run.wait_for("the end", |report| {
            if let VenueReport::Fatal(words) = report { Some(words.clone()) } else { None }
        });
        assert_eq!(run.world.session().deadline(), None);
        words
    };
    let wrong_key = LighterConfig { key: Credentials::of_seed(SEED + 1).lighter_key, ..config() };
    assert!(fatal(wrong_key).contains("API_KEY_PRIVATE_KEY"));
    let empty_slot = LighterConfig { slot: KeySlot::new(700_001, 77).expect("in range"), ..config() };
    assert!(fatal(empty_slot).contains("LIGHTER_API_KEY_INDEX"));
    let nobody = LighterConfig { slot: KeySlot::new(999_999, 5).expect("in range"), ..config() };
    assert!(fatal(nobody).contains("LIGHTER_ACCOUNT_INDEX"));
    let no_market = LighterConfig { symbol: "NOSUCH".to_owned(), ..config() };
    assert!(fatal(no_market).contains("NOSUCH"));
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
fn quiet_running_keeps_the_connection_and_renews_the_sign_in() {
    let timing = Timing { token_life: Duration::from_secs(240), ..Timing::default() };
    let mut run = Run::ready_with(LighterConfig { timing, ..config() }, options(SEED));
    run.reports.clear();
    run.pass(Duration::from_secs(900));
    let harm =
        |report: &VenueReport| matches!(report, VenueReport::OrderUnknown { .. } | VenueReport::Fatal(_));
    let harmed: Vec<_> = run.reports.iter().filter(|(_, report)| harm(report)).collect();
    assert!(harmed.is_empty(), "{harmed:?}");
    let renewals = run.reports.iter().filter(|(_, report)| *report == VenueReport::Ready).count();
    assert!((6..=8).contains(&renewals), "a renewal every two minutes, not {renewals}");
    run.submit(run.order(1, Purpose::Open, Side::Buy, "0.01", 3_000));
    assert_eq!(run.end(1), qty("0.01"));
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
