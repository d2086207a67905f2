//! SIGINT, SIGTERM and SIGHUP as messages: the first asks to finish, the second to stop at once. A file size limit is an
//! error of the write that meets it, not the end of the process.

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One message for every request to stop from now on.
///
/// # Errors
/// When the system takes no handler or has no thread for it.
pub fn stop_requests() -> io::Result<Receiver<()>> {
    // The system's default would end the process between two legs because of a log line.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    // Under nohup a terminal that closes is no request to stop.
    if !is_ignored(SIGHUP) {
        signals.add_signal(SIGHUP)?;
    }
    let (sender, receiver) = unbounded();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            if sender.send(()).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// Whether whoever started this process had the signal ignored, by the system's own account of it.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}
