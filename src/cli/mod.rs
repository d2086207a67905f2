//! The command line: which verb, which flags, which exit code. Wires the parts together; holds no logic of theirs.

mod access;
mod arguments;
mod chaos;
mod flatten;
mod latency;
mod notifications;
mod run;
mod setup;
mod sim;
mod trade;
mod watchdog;

use crate::domain::Usd;
use crate::sim::faults::{self, FaultPlan};
use crate::sim::launch::SimSettings;
use std::process::ExitCode;
use std::time::Duration;

/// Exit code for wrong usage or configuration.
const USAGE: u8 = 2;

/// Runs the program with these arguments (without the program name) and returns its exit code.
pub fn main(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let code = match words.first() {
        Some(&"chaos") => dispatch(arguments::chaos(&words[1..]), |arguments| chaos::run(&arguments)),
        Some(&"latency") => dispatch(arguments::latency(&words[1..]), latency::run),
        Some(&"sim") => dispatch(arguments::sim(&words[1..]), sim::run),
        Some(&"flatten") => dispatch(arguments::flatten(&words[1..]), flatten::run),
        Some(&"watchdog") => dispatch(arguments::watchdog(&words[1..]), watchdog::run),
        Some(&("--version" | "-V")) => {
            println!("hedge-fast {}", env!("CARGO_PKG_VERSION"));
            0
        }
        _ => dispatch(arguments::run(&words), run::run),
    };
    ExitCode::from(code)
}

fn dispatch<T>(parsed: Result<T, arguments::Early>, verb: impl FnOnce(T) -> u8) -> u8 {
    match parsed {
        Ok(arguments) => verb(arguments),
        Err(arguments::Early::Help(text)) => {
            println!("{text}");
            0
        }
        Err(arguments::Early::Wrong(text)) => {
            eprintln!("{text}");
            USAGE
        }
    }
}

/// Settings of the simulated venues from flags; ports are free ones.
fn sim_settings(
    seed: Option<u64>,
    delay_ms: Option<u64>,
    balance: Option<&str>,
    faults: Option<&str>,
) -> Result<SimSettings, String> {
    let text = balance.unwrap_or("10000");
    let balance = text
        .parse::<Usd>()
        .ok()
        .filter(|amount| *amount >= Usd::ZERO && *amount <= Usd::from_whole(1_000_000_000));
    let balance =
        balance.ok_or_else(|| format!("--sim-balance must be an amount of USDC, not \"{text}\""))?;
    if delay_ms.is_some_and(|millis| millis > 60_000) {
        return Err("--sim-delay-ms must be at most 60000".to_owned());
    }
    let delay = delay_ms.map(Duration::from_millis);
    let faults = faults.map(fault_plan).transpose()?.unwrap_or_default();
    Ok(SimSettings {
        seed: seed.unwrap_or(1),
        balance,
        delay,
        port_base: None,
        faults,
        json_market_data: false,
    })
}

/// A preset by its name, or the plan in the file of this path.
fn fault_plan(given: &str) -> Result<FaultPlan, String> {
    let plan = match faults::preset(given) {
        Some(plan) => plan,
        None => {
            let text = std::fs::read_to_string(given).map_err(|cause| {
                let names = faults::PRESETS.map(|(name, _)| name).join(", ");
                format!("--faults {given}: neither a preset ({names}) nor a file that can be read: {cause}")
            })?;
            faults::parse(&text)
        }
    };
    plan.map_err(|cause| format!("--faults {given}, {cause}"))
}
