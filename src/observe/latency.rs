//! The run's own speed for people: a table in a file that is renewed every second, and lines for the log at the end. Written by
//! a thread that does not trade; a disk that is slow or full costs nothing but the table.

use crate::domain::Venue;
use crate::latency::{Count, Latencies, Summary};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The file is renewed this often.
const PERIOD: Duration = Duration::from_secs(1);
/// A report that was renewed within this time belongs to a process that runs.
pub const FRESH: Duration = Duration::from_secs(4);
const PREFIX: &str = "latency_";
const SUFFIX: &str = ".txt";

/// The running thread.
pub struct Reporter {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    latencies: Arc<Latencies>,
}

impl Reporter {
    /// Starts to write the report of a run in `dir`. `name` tells runs apart that may go on at the same time.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn spawn(dir: &Path, name: &str, latencies: &Arc<Latencies>) -> io::Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let path = dir.join(format!("{PREFIX}{name}{SUFFIX}"));
        let heading = format!("{name}, process {}", std::process::id());
        let (stop, source) = (Arc::clone(&ended), Arc::clone(latencies));
        let thread = std::thread::Builder::new()
            .name("latency".to_owned())
            .spawn(move || report(&path, &heading, &source, &stop))?;
        Ok(Self { ended, thread, latencies: Arc::clone(latencies) })
    }

    /// Writes the last report and logs what was counted.
    pub fn finish(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            log::error!("the latency report failed");
        }
        for (stage, venue, summary) in self.latencies.stages().into_iter().filter(|(_, _, of)| of.count > 0) {
            let Summary { count, p50, p99, max, .. } = summary;
            let stage = stage.replace('_', " ");
            let venue = venue.map_or(String::new(), |venue| format!(" {venue}"));
            let [p50, p99, max] = [p50, p99, max].map(micros);
            log::info!("Latency, {stage}{venue}: p50 {p50} us, p99 {p99} us, max {max} us ({count} times)");
        }
        for (venue, [used, missed, made]) in ahead(&self.latencies) {
            if used + missed > 0 {
                let all = used + missed;
                log::info!(
                    "Signed ahead, {venue}: {used} of {all} orders were ready, {made} were signed in idle time"
                );
            }
        }
    }
}

fn report(path: &Path, heading: &str, latencies: &Latencies, ended: &AtomicBool) {
    let mut told = false;
    loop {
        let last = ended.load(Ordering::Relaxed);
        let text = table(heading, &latencies.stages()) + &ahead_table(latencies);
        if let Err(cause) = replace(path, &text)
            && !std::mem::replace(&mut told, true)
        {
            log::warn!(
                "{} cannot be written ({cause}): `hedge-fast latency` shows nothing of this run",
                path.display()
            );
        }
        if last {
            return;
        }
        std::thread::park_timeout(PERIOD);
    }
}

/// Nobody ever reads half a report.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}

fn table(heading: &str, stages: &[(&'static str, Option<Venue>, Summary)]) -> String {
    let mut text = format!("{heading}; microseconds\n");
    let _ = writeln!(
        text,
        "{:<20}{:<9}{:>9}{:>11}{:>11}{:>11}{:>11}{:>11}",
        "stage", "venue", "count", "p50", "p90", "p99", "p99.9", "max"
    );
    for (stage, venue, of) in stages {
        let venue = venue.map_or_else(|| "both".to_owned(), |venue| venue.to_string());
        let _ = write!(text, "{stage:<20}{venue:<9}{:>9}", of.count);
        for nanos in [of.p50, of.p90, of.p99, of.p999, of.max] {
            let _ = write!(text, "{:>11}", micros(nanos));
        }
        text.push('\n');
    }
    text
}

/// Per venue: orders that were ready when wanted, those that were not, and how many were signed in idle time.
fn ahead(latencies: &Latencies) -> [(Venue, [u64; 3]); 2] {
    Venue::ALL.map(|venue| {
        let counts = &latencies.ahead[venue];
        (venue, [&counts.used, &counts.missed, &counts.made].map(Count::get))
    })
}

fn ahead_table(latencies: &Latencies) -> String {
    let mut text =
        format!("{:<20}{:<9}{:>9}{:>11}{:>11}\n", "signed ahead", "venue", "used", "missed", "made");
    for (venue, [used, missed, made]) in ahead(latencies) {
        let _ = writeln!(text, "{:<20}{:<9}{used:>9}{missed:>11}{made:>11}", "orders", venue.to_string());
    }
    text
}

fn micros(nanos: u64) -> String {
    format!("{}.{}", nanos / 1_000, nanos % 1_000 / 100)
}

/// The reports in `dir`, by name.
pub fn reports(dir: &Path) -> Vec<PathBuf> {
    let is_report = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(PREFIX) && name.ends_with(SUFFIX)
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_report).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Mono;

    #[test]
    fn a_run_leaves_its_table_and_no_half_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let latencies = Arc::new(Latencies::default());
        let reporter = Reporter::spawn(&dir.path().join("state"), "BTC", &latencies).expect("a thread");
        latencies.written(Venue::Paradex, Mono(1_000), Mono(8_500));
        latencies.written(Venue::Lighter, Mono(1_000), Mono(10_000));
        latencies.ahead.lighter.used.add();
        latencies.ahead.lighter.made.add();
        latencies.ahead.lighter.made.add();
        reporter.finish();
        let found = reports(&dir.path().join("state"));
        assert_eq!(found.len(), 1, "{found:?}");
        let text = fs::read_to_string(&found[0]).expect("a table");
        let row = |start: &str| text.lines().find(|line| line.starts_with(start)).map(str::to_owned);
        let skew = row("leg_skew").expect("a row");
        assert!(skew.contains(" 1 ") && skew.trim_end().ends_with("1.5"), "{skew}");
        assert!(row("decision_to_write   Lighter").expect("a row").trim_end().ends_with("9.0"), "{text}");
        let ready = row("orders              Lighter").expect("a row");
        assert_eq!(ready.split_whitespace().skip(2).collect::<Vec<_>>(), ["1", "0", "2"]);
        assert_eq!(fs::read_dir(dir.path().join("state")).expect("a folder").count(), 1);
    }
}
