//! The main job with the real program: whole cycles over real sockets, both directions, every market, stopped at any time.

#[allow(dead_code, reason = "each test file uses its part of it")]
mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Finished, finish, program, run, signal};

const QUICK: [&str; 7] = ["--sim", "--cycles", "1", "--hold-time", "1", "--cooldown", "0"];

fn quick(ticker: &str, more: &[&str]) -> Finished {
    let dir = tempfile::tempdir().expect("a folder");
    let arguments: Vec<&str> = [ticker].iter().chain(&QUICK).chain(more).copied().collect();
    run(dir.path(), &arguments)
}

#[test]
fn two_complete_cycles_end_flat_with_the_lines_users_grep_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let ended = run(dir.path(), &["BTC", "--sim", "--cycles", "2", "--hold-time", "2", "--cooldown", "1"]);
    ended.expect(
        0,
        &[
            "=== Cross-Exchange Hedge Bot Configuration ===",
            "Ticker: BTC",
            "Paradex Contract: BTC-USD-PERP",
            "Lighter Contract: 1",
            "Margin per trade: 100 USDC",
            "Hold time: 2s",
            "Take Profit: 50%",
            "Stop Loss: 50%",
            "Reverse mode: False",
            "Normal mode: Paradex LONG + Lighter SHORT",
            "[MARKET] Placing buy market order: ",
            "[MARKET] Placing sell market order: ",
            "✓ Paradex LONG: ",
            "✓ Lighter SHORT: ",
            "P&L: Paradex=",
            "Hold time expired (2s)",
            "Waiting 1 seconds before next cycle...",
            "Final positions: Paradex flat, Lighter flat",
        ],
    );
    assert_eq!(ended.count("=== Cross-Exchange Hedge Positions Opened Successfully ==="), 2);
    assert_eq!(ended.count("=== Cross-Exchange Hedge Positions Closed ==="), 2);
    let log =
        std::fs::read_to_string(dir.path().join("logs/cross_hedge_BTC_activity.log")).expect("the log file");
    assert!(log.contains("Positions Opened Successfully") && log.contains("Exit 0: done, flat"));
    let rows =
        std::fs::read_to_string(dir.path().join("logs/cross_hedge_BTC_orders.csv")).expect("the order file");
    assert!(rows.lines().count() > 8, "a header and at least one fill for each of eight orders:\n{rows}");
}

#[test]
fn reverse_mode_takes_the_opposite_sides() {
    quick("BTC", &["--reverse"]).expect(
        0,
        &[
            "Reverse mode: Paradex SHORT + Lighter LONG",
            "✓ Paradex SHORT: ",
            "✓ Lighter LONG: ",
            "Paradex flat, Lighter flat",
        ],
    );
}

#[test]
fn eth_and_sol_trade_as_btc_does() {
    for ticker in ["ETH", "SOL"] {
        quick(ticker, &[]).expect(0, &["Positions Opened Successfully", "Paradex flat, Lighter flat"]);
    }
}

#[test]
fn without_the_balance_it_refuses_to_start_and_names_both_venues() {
    quick("BTC", &["--sim-balance", "50"]).expect(
        3,
        &[
            "Insufficient Paradex balance: 50 USDC (required: 200 USDC)",
            "Insufficient Lighter balance: 50 USDC (required: 200 USDC)",
        ],
    );
}

#[test]
fn a_margin_below_the_smallest_order_is_refused_before_anything_is_sent() {
    let ended = quick("BTC", &["--margin", "5"]);
    ended.expect(2, &["No order size possible", "raise --margin"]);
    assert_eq!(ended.count("Placing"), 0, "{}", ended.text);
}

#[test]
fn an_unknown_ticker_is_named() {
    quick("NOSUCH", &[]).expect(2, &["NOSUCH"]);
}

/// Sends SIGTERM when a line with this text was printed.
fn stopped_at(text: &str) -> Finished {
    stopped_by("TERM", text)
}

/// Starts a long hold and sends the signal at the first line that has this text.
fn stopped_by(name: &str, text: &str) -> Finished {
    let dir = tempfile::tempdir().expect("a folder");
    let program = program(dir.path(), &["BTC", "--sim", "--hold-time", "60", "--cooldown", "60"]);
    // These tests may be run by something that ignores signals, which children would inherit.
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal").arg(program.get_program()).args(program.get_args());
    heeding.current_dir(dir.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    heeding.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = heeding.spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut seen = String::new();
    while let Some(Ok(line)) = lines.next() {
        seen.push_str(&line);
        seen.push('\n');
        if line.contains(text) {
            break;
        }
    }
    signal(&child, name);
    seen.extend(lines.map_while(Result::ok).map(|line| line + "\n"));
    child.stdout = Some(std::process::ChildStdout::from(
        std::fs::File::open("/dev/null").map(std::os::fd::OwnedFd::from).expect("a file"),
    ));
    let mut ended = finish(child);
    ended.text = format!("{seen}{}", ended.text);
    ended
}

#[test]
fn a_stop_request_in_any_phase_ends_flat() {
    for phase in
        ["Simulated venues", "quote usable", "Placing buy", "✓ Paradex LONG", "Opened Successfully", "P&L: "]
    {
        let ended = stopped_at(phase);
        assert_eq!(ended.code, Some(0), "stopped at \"{phase}\":\n{}", ended.text);
        assert!(ended.text.contains("Paradex flat, Lighter flat"), "stopped at \"{phase}\":\n{}", ended.text);
    }
}

#[test]
fn a_terminal_that_closes_is_a_request_to_stop_unless_it_was_to_be_ignored() {
    let ended = stopped_by("HUP", "Opened Successfully");
    ended.expect(0, &["Stopping", "Paradex flat, Lighter flat"]);

    let dir = tempfile::tempdir().expect("a folder");
    let ignoring = r#"trap "" HUP; exec "$0" BTC --sim --cycles 1 --hold-time 2 --cooldown 0"#;
    let child = shell(dir.path(), ignoring).spawn().expect("starts");
    std::thread::sleep(Duration::from_millis(1_000));
    signal(&child, "HUP");
    let ended = finish(child);
    ended.expect(0, &["Hold time expired", "Paradex flat, Lighter flat"]);
    assert_eq!(ended.count("Stopping"), 0, "{}", ended.text);
}

#[test]
fn a_file_size_limit_costs_log_lines_and_no_leg() {
    let dir = tempfile::tempdir().expect("a folder");
    let limited = r#"ulimit -f 2; exec "$0" BTC --sim --cycles 2 --hold-time 1 --cooldown 0"#;
    let ended = finish(shell(dir.path(), limited).spawn().expect("starts"));
    ended.expect(0, &["the log file cannot be written", "Cycle 2 done", "Paradex flat, Lighter flat"]);
}

/// A shell script run with the program as `$0`.
fn shell(dir: &Path, script: &str) -> Command {
    let program = program(dir, &[]);
    let mut command = Command::new("bash");
    command.args(["-c", script]).arg(program.get_program()).current_dir(dir).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_second_stop_request_says_what_is_open_and_exits_with_five() {
    let dir = tempfile::tempdir().expect("a folder");
    let arguments = ["BTC", "--sim", "--hold-time", "60", "--sim-delay-ms", "1500"];
    let mut child = program(dir.path(), &arguments).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("Opened Successfully"))));
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    let rest: String = lines.map_while(Result::ok).map(|line| line + "\n").collect();
    let status = child.wait().expect("a child of ours");
    assert_eq!(status.code(), Some(5), "{rest}");
    assert!(rest.contains("Final positions: Paradex LONG"), "{rest}");
}

#[test]
fn a_cycle_is_the_same_in_one_thread_and_in_three_and_its_speed_is_told() {
    for (threads, wait) in [("one", "block"), ("one", "spin"), ("three", "hybrid")] {
        let dir = tempfile::tempdir().expect("a folder");
        let choice = ["--threads", threads, "--wait", wait];
        let arguments: Vec<&str> = ["BTC"].iter().chain(&QUICK).chain(&choice).copied().collect();
        run(dir.path(), &arguments).expect(
            0,
            &[
                "Positions Opened Successfully",
                "Final positions: Paradex flat, Lighter flat",
                "Latency, decision to write Paradex: p50 ",
                "Latency, leg skew: p50 ",
            ],
        );
        let told = run(dir.path(), &["latency"]);
        told.expect(0, &["BTC, process ", "leg_skew            both             2 "]);
    }
    let dir = tempfile::tempdir().expect("a folder");
    run(dir.path(), &["latency"]).expect(2, &["no run has left a report in state"]);
    run(dir.path(), &["BTC", "--sim", "--wait", "doze"]).expect(2, &["HEDGE_WAIT", "--wait"]);
}
