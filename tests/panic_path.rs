//! A thread that trades, or one beside it, panics while a pair is held: everything is closed in the same process, the result
//! says that not all was done (4), and both venues are flat. Invariant I13.

use crossbeam_channel::{Receiver, never, unbounded};
use hedge_fast::coordinator::journal::Memory;
use hedge_fast::coordinator::{Coordinator, ExitReason, Imbalance, Mission, Notice, Settings};
use hedge_fast::domain::{Mono, Now, OrderIntent, PerVenue, Purpose, Usd, Venue};
use hedge_fast::ledger::{Birth, Ledger};
use hedge_fast::runtime::engine::{Parts, Surroundings};
use hedge_fast::runtime::entropy::{self, OsEntropy};
use hedge_fast::runtime::heartbeat::Beats;
use hedge_fast::runtime::panics::{self, Panicked};
use hedge_fast::runtime::tuning::{Threads, Tuning};
use hedge_fast::runtime::{clock, supervisor};
use hedge_fast::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use hedge_fast::sim::faults::FaultPlan;
use hedge_fast::sim::launch::{SimSettings, Simulators};
use hedge_fast::transport::client::{Outbound, TlsConfig};
use hedge_fast::venue::lighter::nonce::NonceRule;
use hedge_fast::venue::lighter::quota::Limits;
use hedge_fast::venue::lighter::session::{LighterConfig, LighterSession, Timing};
use hedge_fast::venue::lighter::tx::KeySlot;
use hedge_fast::venue::paradex::session::{ParadexConfig, ParadexSession};
use hedge_fast::venue::{Input, Outbox, Session, VenueCommand};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The hook for panics belongs to the process: one case at a time.
static ONE: Mutex<()> = Mutex::new(());

/// What makes a session panic, once.
#[derive(Default)]
struct Fuse {
    /// With the next input.
    now: AtomicBool,
    /// With the next order that opens.
    at_opening: AtomicBool,
    /// No fuse: the session was told to open.
    ordered: AtomicBool,
}

/// A session whose thread panics when its fuse is lit.
struct Fragile {
    session: Box<dyn Session>,
    fuse: Arc<Fuse>,
}

impl Session for Fragile {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        let opens = |intent: &OrderIntent| intent.purpose == Purpose::Open;
        let opening = matches!(&input, Input::Command(VenueCommand::Submit(intent)) if opens(intent));
        self.fuse.ordered.fetch_or(opening, Ordering::SeqCst);
        let at_opening = opening && self.fuse.at_opening.swap(false, Ordering::SeqCst);
        assert!(!at_opening && !self.fuse.now.swap(false, Ordering::SeqCst), "a defect in a session");
        self.session.handle(now, input, out);
    }

    fn deadline(&self) -> Option<Mono> {
        self.session.deadline()
    }
}

fn venues() -> Simulators {
    let settings = SimSettings {
        seed: 41,
        balance: Usd::from_whole(10_000),
        delay: Some(Duration::from_millis(20)),
        port_base: None,
        faults: FaultPlan::default(),
        json_market_data: false,
    };
    Simulators::start(&settings, clock::wall()).expect("the venues start")
}

fn settings() -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::from_secs(600),
        take_profit_ppm: None,
        stop_loss_ppm: None,
        reverse: false,
        cooldown: Duration::from_secs(1),
        retry_wait: Duration::from_secs(1),
        cycles: None,
        mission: Mission::Trade,
        on_restart: hedge_fast::coordinator::OnRestart::Flatten,
        on_venue_down: hedge_fast::coordinator::OnVenueDown::Hold,
        halt_for: Duration::from_secs(1),
        slippage_ppm: 3_000,
        imbalance: Imbalance::Reduce,
        order_validity: Duration::from_secs(1),
        outcome_deadline: Duration::from_secs(3),
        ready_deadline: Duration::from_secs(30),
        quote_age_max: Duration::from_secs(3),
        failures_max: 10,
        day_loss_max: None,
    }
}

fn sessions(environment: &BTreeMap<&str, String>) -> PerVenue<Box<dyn Session>> {
    let keys = Credentials::of_seed(41);
    let text = |name: &str| environment[name].clone();
    let account = i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small");
    let paradex = ParadexConfig {
        rest_url: text("PARADEX_REST_URL"),
        ws_url: text("PARADEX_WS_URL"),
        market: "BTC-USD-PERP".to_owned(),
        key: keys.paradex_key,
        account: None,
        retail: true,
        sent_before: Vec::new(),
    };
    let lighter = LighterConfig {
        rest_url: text("LIGHTER_REST_URL"),
        ws_url: text("LIGHTER_WS_URL"),
        chain_id: 304,
        slot: KeySlot::new(account, i64::from(LIGHTER_API_KEY_INDEX)).expect("in range"),
        key: keys.lighter_key,
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    };
    PerVenue {
        paradex: Box::new(ParadexSession::new(paradex, Box::new(OsEntropy))),
        lighter: Box::new(LighterSession::new(lighter, Box::new(OsEntropy))),
    }
}

/// Runs until the end, which finds nothing open; where something was open before and was closed.
///
/// `on_notice` is called on the coordinator's thread with every notice and the fuses of both sessions.
fn run(
    threads: Threads,
    panicked: Receiver<Panicked>,
    on_notice: impl Fn(&Notice, &PerVenue<Arc<Fuse>>) + Clone + Send + 'static,
) -> (ExitReason, Vec<Notice>, PerVenue<bool>) {
    let venues = venues();
    let environment: BTreeMap<&str, String> = venues.environment().into_iter().collect();
    let fuses: PerVenue<Arc<Fuse>> = PerVenue::from_fn(|_| Arc::default());
    let dir = tempfile::tempdir().expect("a folder");
    let birth = Birth { now: clock::wall(), entropy: entropy::bytes() };
    let mut ledger = Ledger::open(dir.path(), "Paradex 0x1, Lighter 7", birth).expect("a ledger");
    let (_keep, stop_requests) = unbounded();
    let outbound = Outbound::from(TlsConfig::public_roots().expect("roots"));
    let (tuning, latencies) = (Tuning { threads, ..Tuning::default() }, Arc::default());
    let around = Surroundings {
        stop_requests,
        panics: panicked,
        outbound,
        beats: Beats::default(),
        tuning,
        latencies,
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let (heard, wires) = (Arc::clone(&told), fuses.clone());
    let tell = move |notice: Notice| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone());
        on_notice(&notice, &wires);
    };
    let make = |life| {
        let settings = match life {
            supervisor::Life::First => settings(),
            supervisor::Life::Rescue => Settings { cycles: Some(0), ..settings() },
        };
        let memory: Memory = ledger.memory("BTC", clock::wall()).map_err(io::Error::other)?;
        let PerVenue { paradex, lighter } = sessions(&environment);
        let fragile = |session, venue: Venue| -> Box<dyn Session> {
            Box::new(Fragile { session, fuse: Arc::clone(&fuses[venue]) })
        };
        let sessions =
            PerVenue { paradex: fragile(paradex, Venue::Paradex), lighter: fragile(lighter, Venue::Lighter) };
        Ok(Parts { coordinator: Coordinator::new(settings, memory), sessions, ledger: ledger.link("BTC")? })
    };
    let reason = supervisor::run(make, &around, tell).expect("threads");
    ledger.finish().expect("written");
    let positions = venues.positions("BTC").expect("both venues are there");
    assert_eq!(positions, PerVenue::default(), "left open after {reason:?}");
    let held = venues.trades("BTC").expect("both venues are there").map(|trades| trades.len() >= 2);
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (reason, told, held)
}

/// However many threads trade.
const BOTH: [Threads; 2] = [Threads::One, Threads::Three];

fn is_rescue(told: &[Notice]) -> bool {
    told.iter().any(|notice| matches!(notice, Notice::Rescuing))
}

#[test]
fn a_session_that_panics_while_a_pair_is_held_costs_the_run_and_no_leg() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (threads, venue) in BOTH.into_iter().flat_map(|threads| Venue::ALL.map(|venue| (threads, venue))) {
        let (reason, told, held) = run(threads, never(), move |notice, fuses| {
            if matches!(notice, Notice::PairOpened) {
                fuses[venue].now.store(true, Ordering::SeqCst);
            }
        });
        assert!(held.all(|held| *held), "nothing was open when it happened");
        assert_eq!(reason, ExitReason::Limit, "{venue}");
        assert!(is_rescue(&told), "{venue}: {told:?}");
    }
}

#[test]
fn a_session_that_panics_between_the_two_legs_costs_the_run_and_no_leg() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for threads in BOTH {
        let (reason, told, held) = run(threads, never(), |_, fuses| {
            fuses.lighter.at_opening.store(true, Ordering::SeqCst);
        });
        // In one thread both orders are made before either is written: the other leg never leaves.
        assert!(held.paradex != (threads == Threads::One), "{threads:?}: {held:?}");
        assert!(is_rescue(&told) && reason == ExitReason::Limit, "{reason:?} {told:?}");
    }
}

#[test]
fn in_one_thread_both_orders_are_on_their_way_before_a_word_is_said_of_them() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let early = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&early);
    let (reason, _, held) = run(Threads::One, never(), move |notice, fuses| {
        let opens = |intent: &OrderIntent| intent.purpose == Purpose::Open;
        if matches!(notice, Notice::Placing { intent, .. } if opens(intent)) {
            let on_their_way = fuses.all(|fuse| fuse.ordered.load(Ordering::SeqCst));
            noted.fetch_or(!on_their_way, Ordering::SeqCst);
        }
        assert!(!matches!(notice, Notice::PairOpened), "the end of this run");
    });
    assert!(held.all(|held| *held) && reason == ExitReason::Limit, "{reason:?}");
    assert!(!early.load(Ordering::SeqCst), "the words came before the orders");
}

#[test]
fn a_coordinator_that_panics_while_a_pair_is_held_costs_the_run_and_no_leg() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for threads in BOTH {
        let (reason, told, held) = run(threads, never(), |notice, _| {
            assert!(!matches!(notice, Notice::PairOpened), "a defect on the coordinator's thread");
        });
        assert!(held.all(|held| *held), "nothing was open when it happened");
        assert_eq!(reason, ExitReason::Limit);
        assert!(is_rescue(&told), "{told:?}");
    }
}

#[test]
fn a_thread_beside_the_trading_ones_that_panics_ends_the_run_flat_without_a_rescue() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for threads in BOTH {
        let (reason, told, held) = run(threads, panics::watch(), |notice, _| {
            if matches!(notice, Notice::PairOpened) {
                let beside = std::thread::Builder::new().name("narrator".to_owned());
                let _ = beside.spawn(|| panic!("a defect in a line")).expect("a thread").join();
            }
        });
        drop(std::panic::take_hook());
        assert!(held.all(|held| *held), "nothing was open when it happened");
        assert_eq!(reason, ExitReason::Limit);
        let named = |notice: &Notice| matches!(notice, Notice::ThreadDied(what) if what.contains("narrator"));
        assert!(told.iter().any(named) && !is_rescue(&told), "{told:?}");
    }
}
