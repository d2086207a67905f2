//! `hedge-fast latency`: what the runs of this machine wrote about their own speed.

use super::arguments::LatencyArguments;
use super::setup::{ENV_FILE, state_dir};
use crate::config::RawConfig;
use crate::observe::latency::{self, FRESH};
use crate::runtime::clock;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Nothing was found, or it could not be read.
const NOTHING: u8 = 2;

/// Prints every report there is; returns the exit code.
pub fn run(arguments: LatencyArguments) -> u8 {
    let dir = match folder(&arguments) {
        Ok(dir) => dir,
        Err(sentence) => {
            eprintln!("{sentence}");
            return NOTHING;
        }
    };
    let reports = latency::reports(&dir);
    if reports.is_empty() {
        eprintln!(
            "no run has left a report in {}; start one, or name its folder with --state-dir",
            dir.display()
        );
        return NOTHING;
    }
    for path in reports {
        match std::fs::read_to_string(&path) {
            Ok(text) => println!("{}\n{text}", standing(&path)),
            Err(cause) => {
                eprintln!("cannot read {}: {cause}", path.display());
                return NOTHING;
            }
        }
    }
    0
}

fn folder(arguments: &LatencyArguments) -> Result<PathBuf, String> {
    if let Some(dir) = &arguments.state_dir {
        return Ok(dir.clone());
    }
    let file = arguments.env_file.clone().unwrap_or_else(|| PathBuf::from(ENV_FILE));
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let raw = RawConfig::collect(&[], &[], &file, arguments.env_file.is_some(), environment)
        .map_err(|cause| cause.to_string())?;
    let named = raw.get("HEDGE_STATE_DIR").map(|(dir, _)| PathBuf::from(dir.expose()));
    Ok(named.unwrap_or_else(state_dir))
}

/// How old a report is: a process that runs renews it every second.
fn standing(path: &Path) -> String {
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let now = Duration::from_micros(u64::try_from(clock::wall().0).unwrap_or_default());
    let age = now.saturating_sub(modified);
    if age <= FRESH {
        "running".to_owned()
    } else {
        format!("not renewed for {} s: that run has ended, or hangs", age.as_secs())
    }
}
