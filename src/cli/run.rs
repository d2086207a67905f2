//! `hedge-fast BTC`: the main job, against the venues or against simulated ones inside the process.

use super::access::AccessError;
use super::arguments::RunArguments;
use super::setup::{Setup, Wish};
use super::{USAGE, sim_settings, trade};
use crate::coordinator::{ExitReason, Mission};
use crate::runtime::engine::Surroundings;
use crate::runtime::heartbeat::{Beats, Heartbeat};
use crate::runtime::instance::InstanceLock;
use crate::runtime::{clock, panics, signals};
use crate::sim::launch::Simulators;
use crate::venue::lighter::session::Timing;

/// Runs until done or stopped; returns the exit code.
pub fn run(arguments: RunArguments) -> u8 {
    match start(&arguments) {
        Ok(reason) => reason.code(),
        Err(AccessError::Unreachable(sentence)) => {
            eprintln!("{sentence}");
            ExitReason::Refused.code()
        }
        Err(AccessError::Wrong(sentence)) => {
            eprintln!("{}", sentence.trim_end());
            USAGE
        }
    }
}

fn start(arguments: &RunArguments) -> Result<ExitReason, AccessError> {
    let ticker = arguments.ticker()?.to_owned();
    // First of all: a request to stop must never find the system's default, which ends the process at once.
    let stop_requests =
        signals::stop_requests().map_err(|cause| format!("cannot listen for signals: {cause}"))?;
    let panics = panics::watch();
    let simulators = simulators(arguments)?;
    let mut timing = Timing::default();
    if let Some(life) = simulators.as_ref().and_then(Simulators::lighter_token_life) {
        timing.token_life = life;
    }
    let setup = Setup::prepare(Wish {
        ticker: &ticker,
        flags: arguments.settings(),
        simulated: simulators.as_ref().map(Simulators::environment).unwrap_or_default(),
        env_file: arguments.env_file.as_deref(),
        cycles: arguments.cycles,
        timing,
    })?;
    let beats = Beats::default();
    // Simulated accounts live and die with this process.
    let held = match simulators {
        None => Some(hold(&setup, beats.clone())?),
        Some(_) => None,
    };
    let mut ledger = setup.open_ledger(simulators.is_some())?;
    let (tell, narrator) = setup.open_log()?;
    if simulators.is_some() {
        log::info!("Simulated venues inside this process: no keys, no network, no money");
    }
    let around = Surroundings { stop_requests, panics, outbound: setup.outbound.clone(), beats };
    let notifications = setup.notify(simulators.is_some(), &ledger)?;
    let alert = notifications.teller();
    let ended = trade::trade(&setup, &mut ledger, Mission::Trade, &around, move |notice| {
        alert(&notice);
        tell.tell(notice);
    });
    notifications.finish(&ended);
    // While the lock is held: the next process of this market reads what this one writes.
    let written = ledger.finish();
    if let Some(held) = held {
        held.release(ended.as_ref().is_ok_and(|reason| *reason != ExitReason::Exposure));
    }
    narrator.finish();
    if let Err(cause) = written {
        log::error!("{cause}");
    }
    if let Some(simulators) = &simulators {
        tell_tally(simulators);
    }
    let reason = ended?;
    log::info!("Exit {}: {}", reason.code(), trade::words(reason));
    log::logger().flush();
    Ok(reason)
}

/// The market is ours, and we show that we live.
struct Held {
    _lock: InstanceLock,
    heartbeat: Heartbeat,
}

impl Held {
    /// A run that ends clean takes its sign of life with it; one that does not leaves it for the watchdog to find.
    fn release(self, clean: bool) {
        self.heartbeat.stop(clean);
    }
}

fn hold(setup: &Setup, beats: Beats) -> Result<Held, String> {
    let lock = InstanceLock::take_patiently(&setup.state_dir, &setup.accounts.claims)
        .map_err(|cause| cause.to_string())?;
    let path = setup.accounts.heartbeat(&setup.state_dir);
    let heartbeat = Heartbeat::start(&path, beats)
        .map_err(|cause| format!("cannot keep a sign of life in {}: {cause}", path.display()))?;
    Ok(Held { _lock: lock, heartbeat })
}

/// What a fault plan did, so that a run can be judged by what it lived through.
fn tell_tally(simulators: &Simulators) {
    for (venue, tally) in simulators.tally().iter().filter(|(_, tally)| !tally.is_empty()) {
        let list: Vec<String> = tally.iter().map(|(word, times)| format!("{word} {times}")).collect();
        log::info!("Faults at {venue}: {}", list.join(", "));
    }
}

fn simulators(arguments: &RunArguments) -> Result<Option<Simulators>, String> {
    let only_with_sim = [
        (arguments.seed.is_some(), "--seed"),
        (arguments.sim_delay_ms.is_some(), "--sim-delay-ms"),
        (arguments.sim_balance.is_some(), "--sim-balance"),
        (arguments.faults.is_some(), "--faults"),
    ];
    if !arguments.sim {
        let misplaced = only_with_sim.iter().find(|(given, _)| *given);
        return misplaced.map_or(Ok(None), |(_, flag)| Err(format!("{flag} needs --sim")));
    }
    let settings = sim_settings(
        arguments.seed,
        arguments.sim_delay_ms,
        arguments.sim_balance.as_deref(),
        arguments.faults.as_deref(),
    )?;
    Simulators::start(&settings, clock::wall()).map(Some).map_err(|cause| cause.to_string())
}
