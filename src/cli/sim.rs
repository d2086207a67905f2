//! `hedge-fast sim`: the two simulated venues on their own, for any program to trade against.

use super::arguments::SimArguments;
use super::{USAGE, sim_settings};
use crate::runtime::{clock, signals};
use crate::sim::launch::Simulators;
use std::fmt::Write as _;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Runs until SIGTERM or SIGINT; returns the exit code.
pub fn run(arguments: SimArguments) -> u8 {
    match serve(&arguments) {
        Ok(()) => 0,
        Err(sentence) => {
            eprintln!("{sentence}");
            USAGE
        }
    }
}

fn serve(arguments: &SimArguments) -> Result<(), String> {
    let mut settings = sim_settings(
        Some(arguments.seed),
        arguments.sim_delay_ms,
        arguments.sim_balance.as_deref(),
        arguments.faults.as_deref(),
    )?;
    settings.port_base = Some(arguments.port_base);
    settings.json_market_data = arguments.json_market_data;
    let stop = signals::stop_requests().map_err(|cause| format!("cannot listen for signals: {cause}"))?;
    let simulators = Simulators::start(&settings, clock::wall()).map_err(|cause| cause.to_string())?;
    let mut lines = String::new();
    for (name, value) in simulators.environment() {
        let _ = writeln!(lines, "{name}={value}");
    }
    if let Some(path) = &arguments.env_out {
        write_private(path, &lines).map_err(|cause| format!("cannot write {}: {cause}", path.display()))?;
    }
    say(&format!("{lines}ready\n"));
    // A closed channel and a signal both mean the end.
    let _ = stop.recv();
    drop(simulators);
    say("stopped\n");
    Ok(())
}

/// Nobody may be reading; that is no reason to end.
fn say(text: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Test keys too are for the owner's eyes only: the file looks like one with real keys. One that stood here before may be
/// open to others, so it is closed to them before anything is in it; a pipe or a terminal keeps its rights.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    if !file.metadata()?.is_file() {
        return file.write_all(text.as_bytes());
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
