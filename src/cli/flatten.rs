//! `hedge-fast flatten BTC`: brings whatever position stands in the market to zero on both venues, reduce-only, and leaves.

use super::access::AccessError;
use super::arguments::FlattenArguments;
use super::setup::{Setup, Wish};
use super::{USAGE, trade};
use crate::coordinator::{ExitReason, Mission};
use crate::runtime::engine::Surroundings;
use crate::runtime::heartbeat::Beats;
use crate::runtime::instance::InstanceLock;
use crate::runtime::{panics, signals};
use crate::venue::lighter::session::Timing;

/// Runs until flat or given up; returns the exit code.
pub fn run(arguments: FlattenArguments) -> u8 {
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

fn start(arguments: &FlattenArguments) -> Result<ExitReason, AccessError> {
    let stop_requests =
        signals::stop_requests().map_err(|cause| format!("cannot listen for signals: {cause}"))?;
    let panics = panics::watch();
    let setup = Setup::prepare(Wish {
        ticker: &arguments.symbol,
        flags: Vec::new(),
        simulated: Vec::new(),
        env_file: arguments.env_file.as_deref(),
        cycles: None,
        timing: Timing::default(),
    })?;
    let lock = InstanceLock::take_patiently(&setup.state_dir, &setup.accounts.claims)
        .map_err(|cause| cause.to_string())?;
    let mut ledger = setup.open_ledger(false)?;
    let (tell, narrator) = setup.open_log()?;
    log::warn!("Flattening {} on both venues, whoever opened it", setup.config.ticker);
    let outbound = setup.outbound.clone();
    let around = Surroundings { stop_requests, panics, outbound, beats: Beats::default() };
    let notifications = setup.notify(false, &ledger)?;
    let alert = notifications.teller();
    let ended = trade::trade(&setup, &mut ledger, Mission::Flatten, &around, move |notice| {
        alert(&notice);
        tell.tell(notice);
    });
    notifications.finish(&ended);
    let written = ledger.finish();
    if ended.as_ref().is_ok_and(|reason| *reason == ExitReason::Done) {
        // Nothing is left for a watchdog to look after.
        let _ = std::fs::remove_file(setup.accounts.heartbeat(&setup.state_dir));
    }
    drop(lock);
    narrator.finish();
    if let Err(cause) = written {
        log::error!("{cause}");
    }
    let reason = ended?;
    log::info!("Exit {}: {}", reason.code(), trade::words(reason));
    log::logger().flush();
    Ok(reason)
}
