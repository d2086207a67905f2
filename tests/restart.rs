//! A run that was killed, with the real program against venues that live on: the next start knows what it left.

#[allow(dead_code, reason = "each test file uses its part of it")]
mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Venues, finish, program};

/// The program against running venues, with its state in `dir`.
fn bot(dir: &Path, more: &[&str]) -> Command {
    bot_for("BTC", dir, more)
}

fn bot_for(ticker: &str, dir: &Path, more: &[&str]) -> Command {
    let fixed = [ticker, "--env-file", "bot.env", "--cycles", "1", "--cooldown", "0"];
    let mut command = program(dir, &[&fixed, more].concat());
    command.env("HEDGE_STATE_DIR", dir.join("state"));
    command
}

/// Starts it and kills it, with no chance to say goodbye, at the first line that has this text.
fn killed_at(dir: &Path, text: &str) {
    let mut child = bot(dir, &["--hold-time", "60"]).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let seen = lines.by_ref().map_while(Result::ok).any(|line| line.contains(text));
    child.kill().expect("kill -9");
    child.wait().expect("a child of ours");
    assert!(seen, "no \"{text}\"");
}

fn ledger(dir: &Path) -> PathBuf {
    let entries = std::fs::read_dir(dir.join("state/ledger")).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|end| end == "sqlite")).expect("a file")
}

fn count(dir: &Path, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(ledger(dir)).expect("a database");
    database.query_row(sql, [], |row| row.get(0)).expect("a number")
}

#[test]
fn a_pair_that_a_killed_run_left_is_closed_or_held_on_by_the_next_one_and_the_ledger_knows_it_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let venues = Venues::start(dir, 3);
    venues.env_file(&dir.join("bot.env"), None);
    killed_at(dir, "Opened Successfully");
    let closing = finish(bot(dir, &["--hold-time", "1"]).spawn().expect("starts"));
    closing.expect(
        0,
        &[
            "An earlier run ended in the middle of cycle",
            "the pair is whole and is closed",
            "Paradex flat, Lighter flat",
        ],
    );
    killed_at(dir, "Opened Successfully");
    let adopting = ["--hold-time", "1", "--on-restart", "adopt"];
    let adopted = finish(bot_for("btc", dir, &adopting).spawn().expect("starts"));
    adopted.expect(0, &["the pair is whole and is held on", "Paradex flat, Lighter flat"]);
    // Opened, killed and closed; opened and closed as asked; and the same with the adopted one.
    assert_eq!(count(dir, "SELECT count(*) FROM cycles WHERE state IN ('reserved', 'open')"), 0);
    assert_eq!(count(dir, "SELECT count(*) FROM order_results WHERE NOT ended"), 0);
    let net = "SELECT sum(CASE side WHEN 'buy' THEN filled ELSE -filled END) FROM order_results";
    for venue in ["paradex", "lighter"] {
        assert_eq!(count(dir, &format!("{net} WHERE venue = '{venue}'")), 0, "{venue}: bought is not sold");
    }
    assert_eq!(count(dir, "SELECT count(*) FROM runs"), 4);
    assert!(count(dir, "SELECT count(*) FROM fills") >= 8);
    venues.stop();
}

#[test]
fn a_damaged_ledger_refuses_the_start_before_anything_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let venues = Venues::start(dir, 4);
    venues.env_file(&dir.join("bot.env"), None);
    let first = finish(bot(dir, &["--hold-time", "1"]).spawn().expect("starts"));
    first.expect(0, &["Paradex flat, Lighter flat"]);
    std::fs::write(ledger(dir), "not any more").expect("written");
    let refused = finish(bot(dir, &["--hold-time", "1"]).spawn().expect("starts"));
    refused.expect(3, &["is damaged", "look at both venues", &ledger(dir).display().to_string()]);
    venues.stop();
}
