//! The real program against `hedge-fast sim` in another process: how soon it has quotes, what it takes of memory, and what it
//! takes of a core while it holds a pair. Adds `ready_ms`, `rss_mib` and `cpu_hold_percent` to `target/latency/report.json`.

#[path = "cycle/report.rs"]
mod report;

use report::Report;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hedge-fast");
/// How long the held pair is watched.
const HELD: Duration = Duration::from_secs(20);
const STARTS: usize = 5;

fn main() {
    let dir = std::env::temp_dir().join(format!("hedge-fast-live-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a folder");
    let mut report = Report::default();
    let mut venues = start(&dir, &["sim", "--port-base", "28650", "--env-out", "sim.env"]);
    wait_for(&mut venues, |line| line == "ready").expect("the simulated venues start");
    let mut ready: Vec<f64> = (0..STARTS).filter_map(|_| time_to_quotes(&dir)).collect();
    ready.sort_by(f64::total_cmp);
    if let Some(median) = ready.get(ready.len() / 2) {
        report.set("ready_ms", "value", json!((median * 10.0).round() / 10.0));
        report.set("ready_ms", "n", json!(ready.len()));
    }
    hold(&dir, &mut report);
    let _ = venues.kill();
    let _ = venues.wait();
    let _ = fs::remove_dir_all(&dir);
    report.print();
    report.write();
}

fn start(dir: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(dir).env_clear().env("HEDGE_STATE_DIR", dir.join("state"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Reads lines of either stream until one fits; the rest is read over by a thread.
fn wait_for(child: &mut Child, fits: impl Fn(&str) -> bool) -> Option<String> {
    let (sender, lines) = std::sync::mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] =
        [Box::new(child.stdout.take()?), Box::new(child.stderr.take()?)];
    for stream in streams {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    drop(sender);
    let until = Instant::now() + Duration::from_secs(40);
    loop {
        let line = lines.recv_timeout(until.saturating_duration_since(Instant::now())).ok()?;
        if fits(&line) {
            return Some(line);
        }
    }
}

/// From the start of the process to usable quotes of both venues, in milliseconds.
fn time_to_quotes(dir: &Path) -> Option<f64> {
    let begun = Instant::now();
    let mut bot =
        start(dir, &["BTC", "--env-file", "sim.env", "--cycles", "1", "--hold-time", "1", "--wait", "block"]);
    let seen = std::cell::Cell::new(0);
    let both = |line: &str| {
        seen.set(seen.get() + u32::from(line.ends_with("quote usable")));
        seen.get() == 2
    };
    let found = wait_for(&mut bot, both).map(|_| begun.elapsed().as_secs_f64() * 1e3);
    // A whole cycle, so that nothing is left for the next start.
    let _ = bot.wait();
    found
}

/// Memory, and time on a core, of a bot that holds a pair and sleeps while it waits.
fn hold(dir: &Path, report: &mut Report) {
    let seconds = (HELD.as_secs() + 6).to_string();
    let words = ["BTC", "--env-file", "sim.env", "--cycles", "1", "--hold-time", &seconds, "--wait", "block"];
    let mut bot = start(dir, &words);
    let id = bot.id();
    if wait_for(&mut bot, |line| line.contains("Positions Opened Successfully")).is_none() {
        report.remarks.push("no pair was opened: memory and load of a held pair are not measured".to_owned());
        let _ = bot.kill();
        return;
    }
    std::thread::sleep(Duration::from_secs(2));
    let (before, begun) = (ticks(id), Instant::now());
    std::thread::sleep(HELD);
    let (after, passed) = (ticks(id), begun.elapsed());
    if let (Some(before), Some(after)) = (before, after) {
        // The kernel counts hundredths of a second.
        let percent = (after - before) as f64 / passed.as_secs_f64();
        report.set("cpu_hold_percent", "value", json!((percent * 100.0).round() / 100.0));
    }
    if let Some(kib) = resident(id) {
        report.set("rss_mib", "value", json!((kib as f64 / 1024.0 * 100.0).round() / 100.0));
    }
    let _ = bot.wait();
}

fn ticks(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

fn resident(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().trim_end_matches(" kB").parse().ok()
}
