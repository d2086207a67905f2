//! What was measured, as a table and as `target/latency/report.json`.
#![allow(dead_code, reason = "each bench uses its part of it")]

use serde_json::{Map, Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Metrics and ratios by name.
#[derive(Default)]
pub struct Report {
    metrics: Map<String, Value>,
    ratios: Map<String, Value>,
    pub remarks: Vec<String>,
}

impl Report {
    fn metric(&mut self, name: &str) -> &mut Map<String, Value> {
        let entry = self.metrics.entry(name.to_owned()).or_insert_with(|| json!({}));
        entry.as_object_mut().expect("an object")
    }

    /// Samples of one metric, in any order.
    pub fn samples(&mut self, name: &str, mut samples: Vec<Duration>) {
        if samples.is_empty() {
            self.remarks.push(format!("{name}: nothing could be measured"));
            return;
        }
        samples.sort_unstable();
        let at = |thousandths: usize| {
            let rank = (samples.len() * thousandths).div_ceil(1000).max(1) - 1;
            u64::try_from(samples[rank].as_nanos()).expect("short")
        };
        let told = [("p50_ns", 500), ("p90_ns", 900), ("p99_ns", 990), ("p999_ns", 999), ("max_ns", 1000)];
        let told = told.map(|(key, thousandths)| (key.to_owned(), json!(at(thousandths))));
        let n = samples.len();
        let metric = self.metric(name);
        metric.extend(told);
        metric.insert("n".to_owned(), json!(n));
    }

    /// A time that was measured over many runs at once, in nanoseconds with a fraction.
    pub fn mean_of_batches(&mut self, name: &str, mut batches: Vec<f64>, per_batch: u32) {
        batches.sort_by(f64::total_cmp);
        let at = |share: f64| round(batches[((batches.len() - 1) as f64 * share) as usize]);
        let (p50, p90, p99) = (at(0.5), at(0.9), at(0.99));
        let n = batches.len() as u64 * u64::from(per_batch);
        let metric = self.metric(name);
        for (key, value) in [("p50_ns", p50), ("p90_ns", p90), ("p99_ns", p99), ("max_ns", at(1.0))] {
            metric.insert(key.to_owned(), json!(value));
        }
        metric.insert("n".to_owned(), json!(n));
    }

    pub fn summary(&mut self, name: &str, summary: hedge_fast::latency::Summary) {
        let metric = self.metric(name);
        for (key, value) in [
            ("p50_ns", summary.p50),
            ("p90_ns", summary.p90),
            ("p99_ns", summary.p99),
            ("p999_ns", summary.p999),
            ("max_ns", summary.max),
            ("n", summary.count),
        ] {
            metric.insert(key.to_owned(), json!(value));
        }
    }

    pub fn set(&mut self, name: &str, key: &str, value: Value) {
        self.metric(name).insert(key.to_owned(), value);
    }

    pub fn p50(&self, name: &str) -> Option<f64> {
        self.metrics.get(name)?.get("p50_ns")?.as_f64()
    }

    /// `a` over `b`, both medians.
    pub fn ratio(&mut self, a: &str, b: &str) {
        if let (Some(over), Some(under)) = (self.p50(a), self.p50(b)) {
            self.ratios.insert(format!("{a}/{b}"), json!(round(over / under.max(1.0))));
        }
    }

    pub fn print(&self) {
        println!(
            "{:<38}{:>12}{:>12}{:>12}{:>12}{:>8}{:>14}",
            "name", "p50 ns", "p90 ns", "p99 ns", "max ns", "n", "instructions"
        );
        for (name, metric) in &self.metrics {
            let cell = |key: &str| metric.get(key).map_or(String::new(), ToString::to_string);
            println!(
                "{name:<38}{:>12}{:>12}{:>12}{:>12}{:>8}{:>14}",
                cell("p50_ns"),
                cell("p90_ns"),
                cell("p99_ns"),
                cell("max_ns"),
                cell("n"),
                cell("instructions")
            );
            if let Some(value) = metric.get("value") {
                println!("{:<38}{value:>12}", "");
            }
        }
        for (name, ratio) in &self.ratios {
            println!("{name:<70}{ratio:>8}");
        }
        self.remarks.iter().for_each(|remark| println!("{remark}"));
    }

    /// Writes the file; what other benches wrote there stays.
    pub fn write(self) {
        let path = folder().join("report.json");
        let before =
            fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let kept = |key: &str| {
            let part = before.as_ref().and_then(|report| report.get(key)).and_then(Value::as_object);
            part.cloned().unwrap_or_default()
        };
        let (mut metrics, mut ratios) = (kept("metrics"), kept("ratios"));
        metrics.extend(self.metrics);
        ratios.extend(self.ratios);
        let report = json!({
            "metrics": metrics,
            "ratios": ratios,
            "machine": machine(),
            "remarks": self.remarks,
        });
        fs::create_dir_all(folder()).expect("a folder");
        fs::write(&path, format!("{report:#}\n")).expect("a file");
        println!("written to {}", path.display());
    }
}

fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target"))).join("latency")
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn machine() -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|name| name.trim_matches([' ', '\t', ':']).to_owned());
    let output = |program: &str, arguments: &[&str]| {
        let done = std::process::Command::new(program).args(arguments).output().ok()?;
        Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    json!({
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load": read("/proc/loadavg").trim(),
        "commit": output("git", &["rev-parse", "--short", "HEAD"]),
        "rustc": output("rustc", &["--version"]),
    })
}
