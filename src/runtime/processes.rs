//! Signals to another process of this machine.

use rustix::process::{Pid, Signal, kill_process};
use std::io;

/// Asks a process to close and leave.
///
/// # Errors
/// There is no such process, or it is not ours.
pub fn ask_to_stop(pid: u32) -> io::Result<()> {
    send(pid, Signal::TERM)
}

/// Ends a process without asking.
///
/// # Errors
/// There is no such process, or it is not ours.
pub fn end_at_once(pid: u32) -> io::Result<()> {
    send(pid, Signal::KILL)
}

fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = number.ok_or_else(|| io::Error::other("no process has this number"))?;
    Ok(kill_process(pid, signal)?)
}
