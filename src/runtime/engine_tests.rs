//! The engine with sessions that do as they are told, in one thread and in three.

use super::*;
use crate::coordinator::journal::Memory;
use crate::coordinator::{Imbalance, Mission, OnRestart, OnVenueDown, Settings};
use crate::domain::{Mono, Now, Usd, Wall};
use crate::ledger::{Birth, Ledger};
use crate::runtime::tuning::Threads;
use crate::transport::client::TlsConfig;
use crate::venue::{Input, Outbox, VenueCommand, VenueReport};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What the sessions heard.
type Heard = Arc<Mutex<Vec<(Venue, &'static str)>>>;

struct Puppet {
    venue: Venue,
    heard: Heard,
    panics: bool,
    /// Says so when it starts.
    fatal: bool,
}

impl Session for Puppet {
    fn handle(&mut self, _now: Now, input: Input<'_>, out: &mut Outbox) {
        let Input::Command(command) = input else { return };
        let word = match command {
            VenueCommand::Start => "start",
            VenueCommand::Shutdown => "shutdown",
            _ => "other",
        };
        self.heard.lock().expect("nobody panics while writing").push((self.venue, word));
        if word == "start" {
            assert!(!self.panics, "as told");
            if self.fatal {
                out.report(VenueReport::Fatal("as told".to_owned()));
            }
        }
    }

    fn deadline(&self) -> Option<Mono> {
        None
    }
}

fn settings() -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::ZERO,
        take_profit_ppm: None,
        stop_loss_ppm: None,
        reverse: false,
        cooldown: Duration::ZERO,
        retry_wait: Duration::ZERO,
        cycles: None,
        mission: Mission::Trade,
        on_restart: OnRestart::Flatten,
        on_venue_down: OnVenueDown::Hold,
        halt_for: Duration::ZERO,
        slippage_ppm: 3_000,
        imbalance: Imbalance::Reduce,
        order_validity: Duration::from_secs(2),
        outcome_deadline: Duration::from_secs(3),
        ready_deadline: Duration::from_secs(20),
        quote_age_max: Duration::from_secs(3),
        failures_max: 1,
        day_loss_max: None,
    }
}

struct Stage {
    stop: crossbeam_channel::Sender<()>,
    running: std::thread::JoinHandle<Ended>,
    heard: Heard,
    /// Keeps as long as it is there.
    _ledger: Ledger,
}

fn stage(threads: Threads, wait: Wait, panics: Option<Venue>, fatal: Option<Venue>) -> Stage {
    let heard = Heard::default();
    let session = |venue| -> Box<dyn Session> {
        let (panics, fatal) = (panics == Some(venue), fatal == Some(venue));
        Box::new(Puppet { venue, heard: Arc::clone(&heard), panics, fatal })
    };
    let sessions = PerVenue::from_fn(session);
    let birth = Birth { now: Wall(0), entropy: [7; 16] };
    let mut ledger = Ledger::in_memory(birth).expect("a ledger");
    let memory: Memory = ledger.memory("BTC", Wall(0)).expect("a memory");
    let parts = Parts {
        coordinator: Coordinator::new(settings(), memory),
        sessions,
        ledger: ledger.link("BTC").expect("a thread"),
    };
    let (stop, stop_requests) = crossbeam_channel::unbounded();
    let around = Surroundings {
        stop_requests,
        panics: crossbeam_channel::never(),
        outbound: TlsConfig::public_roots().expect("TLS").into(),
        beats: Beats::default(),
        tuning: Tuning { wait, threads, cores: Vec::new() },
        latencies: Arc::default(),
    };
    let running = std::thread::spawn(move || run(parts, &around, |_| ()).expect("threads"));
    Stage { stop, running, heard, _ledger: ledger }
}

impl Stage {
    fn ended(self) -> (Ended, Vec<(Venue, &'static str)>) {
        let ended = self.running.join().expect("the engine ends");
        let heard = self.heard.lock().expect("nobody panics while writing").clone();
        (ended, heard)
    }
}

const BOTH: [Threads; 2] = [Threads::One, Threads::Three];

#[test]
fn a_session_that_panics_breaks_the_engine_and_the_other_venue_says_goodbye() {
    for (threads, venue) in BOTH.into_iter().flat_map(|threads| Venue::ALL.map(|venue| (threads, venue))) {
        let (ended, heard) = stage(threads, Wait::Hybrid, Some(venue), None).ended();
        match ended {
            Ended::Broken(why) => {
                assert!(why.contains(&venue.to_string()) && why.ends_with("panicked: as told"), "{why}");
            }
            Ended::Left(reason) => panic!("{threads:?}, {venue}: left with {reason:?}"),
        }
        assert!(heard.contains(&(venue.other(), "shutdown")), "{threads:?}, {venue}: {heard:?}");
    }
}

#[test]
fn what_a_venue_reports_ends_the_run_however_it_is_waited_for() {
    for threads in BOTH {
        for wait in [Wait::Block, Wait::Hybrid, Wait::Spin] {
            let (ended, heard) = stage(threads, wait, None, Some(Venue::Lighter)).ended();
            assert_eq!(ended, Ended::Left(ExitReason::Configuration), "{threads:?}, {wait:?}");
            let shut_down = heard.iter().filter(|(_, word)| *word == "shutdown").count();
            assert_eq!(shut_down, 2, "{threads:?}, {wait:?}: {heard:?}");
        }
    }
}

#[test]
fn a_request_to_stop_wakes_a_thread_that_sleeps_in_its_sockets() {
    for (threads, wait) in
        BOTH.into_iter().flat_map(|threads| [(threads, Wait::Block), (threads, Wait::Spin)])
    {
        let stage = stage(threads, wait, None, None);
        // Long enough to have gone to sleep.
        std::thread::sleep(Duration::from_millis(150));
        let asked = Instant::now();
        stage.stop.send(()).expect("somebody listens");
        assert_eq!(stage.ended().0, Ended::Left(ExitReason::Done));
        assert!(asked.elapsed() < Duration::from_millis(700), "{threads:?}, {wait:?}: {:?}", asked.elapsed());
    }
}
