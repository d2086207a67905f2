//! `hedge-fast BTC`: configuration, log, simulated venues if asked for, sessions, engine, exit code.

use super::access::{self, AccessError};
use super::arguments::RunArguments;
use super::{USAGE, sim_settings};
use crate::config::{RawConfig, RunConfig};
use crate::coordinator::{Coordinator, ExitReason, OnRestart, Settings};
use crate::latency::Latencies;
use crate::ledger::Volatile;
use crate::observe::latency::Reporter;
use crate::observe::lines::Lines;
use crate::observe::log_file::{self, LogPaths};
use crate::observe::narrator::Narrator;
use crate::observe::order_file::OrderFile;
use crate::runtime::engine::{Parts, Surroundings};
use crate::runtime::heartbeat::Beats;
use crate::runtime::instance::InstanceLock;
use crate::runtime::supervisor::{self, Life};
use crate::runtime::{clock, panics, signals};
use crate::sim::launch::Simulators;
use crate::transport::client::{Outbound, Proxy, TlsConfig};
use crate::venue::lighter::session::Timing;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Env file that is read when none is named.
pub const ENV_FILE: &str = ".env";

/// Runs until done or stopped; returns the exit code.
pub fn run(arguments: RunArguments) -> u8 {
    match start(&arguments) {
        Ok(reason) => reason.code(),
        Err(sentence) => {
            eprintln!("{}", sentence.trim_end());
            USAGE
        }
    }
}

fn start(arguments: &RunArguments) -> Result<ExitReason, String> {
    let ticker = arguments.ticker()?.to_owned();
    // First of all: a request to stop must never find the system's default, which ends the process at once.
    let stop = signals::stop_requests().map_err(|cause| format!("cannot listen for signals: {cause}"))?;
    let panics = panics::watch();
    let simulators = simulators(arguments)?;
    let raw = collect(arguments, simulators.as_ref())?;
    let config = RunConfig::validate(&raw, &ticker, arguments.cycles).map_err(|cause| cause.to_string())?;
    let mut timing = Timing::default();
    if let Some(life) = simulators.as_ref().and_then(Simulators::lighter_token_life) {
        timing.token_life = life;
    }
    let outbound = outbound()?;
    let accounts = match access::accounts(&config, timing, &outbound) {
        Ok(accounts) => accounts,
        Err(AccessError::Wrong(sentence)) => return Err(sentence),
        Err(AccessError::Unreachable(sentence)) => {
            eprintln!("{sentence}");
            return Ok(ExitReason::Refused);
        }
    };
    let state_dir = config.state_dir.clone().unwrap_or_else(state_dir);
    // Simulated accounts live and die with this process.
    let lock = match simulators {
        None => Some(InstanceLock::take(&state_dir, &accounts.claims).map_err(|cause| cause.to_string())?),
        Some(_) => None,
    };
    let telling = open_log(&config)?;
    for warning in raw.warnings() {
        log::warn!("{warning}");
    }
    if simulators.is_some() {
        log::info!("Simulated venues inside this process: no keys, no network, no money");
    }
    if let Some(proxy) = &outbound.proxy {
        log::info!("Everything but this machine is reached through the proxy {proxy}");
    }
    let (tell, narrator) = telling;
    let ledger = Volatile::new();
    let beats = Beats::default();
    let latencies = Arc::new(Latencies::default());
    let reporter = Reporter::spawn(&state_dir, &report_name(&config), &latencies)
        .map_err(|cause| format!("cannot start the latency report: {cause}"))?;
    let tuning = config.tuning.clone();
    let around = Surroundings { stop_requests: stop, panics, outbound, beats, tuning, latencies };
    let make = |life| {
        let settings = match life {
            Life::First => config.settings,
            Life::Rescue => Settings { cycles: Some(0), on_restart: OnRestart::Flatten, ..config.settings },
        };
        let coordinator = Coordinator::new(settings, ledger.memory(clock::wall()));
        Ok(Parts { coordinator, sessions: accounts.sessions(), ledger: ledger.link()? })
    };
    let ended = supervisor::run(make, &around, move |notice| tell.tell(notice));
    drop(lock);
    narrator.finish();
    reporter.finish();
    if let Some(simulators) = &simulators {
        tell_tally(simulators);
    }
    let reason = ended.map_err(|cause| format!("the engine failed: {cause}"))?;
    log::info!("Exit {}: {}", reason.code(), words(reason));
    log::logger().flush();
    Ok(reason)
}

/// As the log files are named.
fn report_name(config: &RunConfig) -> String {
    match &config.account_name {
        Some(account) => format!("{}_{account}", config.ticker),
        None => config.ticker.clone(),
    }
}

/// Where the user's programs keep state; the working folder where there is no user to speak of.
pub fn state_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("XDG_STATE_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".local").join("state")))
        .map_or_else(|| PathBuf::from("state"), |base| base.join("hedge-fast"))
}

/// Public roots, and the proxy that the environment names.
fn outbound() -> Result<Outbound, String> {
    let tls = TlsConfig::public_roots().map_err(|cause| format!("TLS cannot be set up: {cause}"))?;
    let proxy =
        Proxy::from_environment(|name| std::env::var(name).ok()).map_err(|cause| cause.to_string())?;
    Ok(Outbound { tls, proxy })
}

/// What a fault plan did, so that a run can be judged by what it lived through.
fn tell_tally(simulators: &Simulators) {
    for (venue, tally) in simulators.tally().iter().filter(|(_, tally)| !tally.is_empty()) {
        let list: Vec<String> = tally.iter().map(|(word, times)| format!("{word} {times}")).collect();
        log::info!("Faults at {venue}: {}", list.join(", "));
    }
}

fn words(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::Done => "done, flat",
        ExitReason::Configuration => "the configuration does not work",
        ExitReason::Refused => "refused to start",
        ExitReason::Limit => "stopped by a limit, flat",
        ExitReason::Exposure => "exposure may be left, look at both venues",
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

fn collect(arguments: &RunArguments, simulators: Option<&Simulators>) -> Result<RawConfig, String> {
    let named = arguments.env_file.clone();
    let file = named.clone().unwrap_or_else(|| PathBuf::from(ENV_FILE));
    let simulated = simulators.map(Simulators::environment).unwrap_or_default();
    // A name or value that is no text cannot be a setting of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    warn_open_file(&file);
    RawConfig::collect(&arguments.settings(), &simulated, &file, named.is_some(), environment)
        .map_err(|cause| cause.to_string())
}

/// Keys in a file that others can read are keys of others.
fn warn_open_file(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(meta) = std::fs::metadata(file) else { return };
    if meta.permissions().mode() & 0o077 != 0 {
        eprintln!("warning: {} can be read by others; chmod 600 {}", file.display(), file.display());
    }
}

fn open_log(config: &RunConfig) -> Result<(crate::observe::narrator::Telling, Narrator), String> {
    let zone = log_file::time_zone(&config.time_zone).map_err(|cause| cause.to_string())?;
    let paths = LogPaths::new(&config.log_dir, &config.ticker, config.account_name.as_deref());
    let file = log_file::open_append(&paths.activity).map_err(|cause| cause.to_string())?;
    let orders = OrderFile::open(&paths.orders, zone.clone()).map_err(|cause| cause.to_string())?;
    log_file::install(file, zone, log_level()).map_err(|cause| cause.to_string())?;
    let lines = Lines::new(&config.ticker, config.settings);
    Narrator::spawn(lines, orders).map_err(|cause| format!("cannot start the log writer: {cause}"))
}

/// `RUST_LOG` as one word (`error` to `trace`); anything else means `info`.
fn log_level() -> log::LevelFilter {
    let asked = std::env::var("RUST_LOG").ok().and_then(|word| word.parse().ok());
    asked.unwrap_or(log::LevelFilter::Info)
}
