//! A disk that fails: nothing is lost, nothing changes its place, ids wait, and the coordinator is told twice.

use super::child::Running;
use super::{PATIENCE, ask, file, note, notes, open, report, reserved};
use hedge_fast::coordinator::journal::LedgerReport;
use hedge_fast::ledger::LedgerError;
use rusqlite::Connection;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn a_locked_file_is_waited_for_and_nothing_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    (0..10).for_each(|number| note(&link, number));
    let first = reserved(&link);
    let other = Connection::open(file(dir.path())).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("free");
    (10..20).for_each(|number| note(&link, number));
    ask(&link);
    let LedgerReport::Failing(cause) = report(&link) else { panic!("the file is locked") };
    assert!(cause.contains("locked") && cause.contains(".sqlite"), "{cause}");
    (20..1_500).for_each(|number| note(&link, number));
    let quiet = link.reports.recv_timeout(Duration::from_millis(1_500));
    assert!(quiet.is_err(), "told once, and no ids from a file that cannot be written: {quiet:?}");
    other.execute_batch("COMMIT").expect("ours");
    assert_eq!(
        report(&link),
        LedgerReport::Reserved(super::CycleId::new(first.ledger(), 2).expect("in range"))
    );
    assert_eq!(report(&link), LedgerReport::Working);
    assert_eq!(notes(&open(dir.path())), (0..1_500).collect::<Vec<_>>(), "all of it before it is told");
    (1_500..1_600).for_each(|number| note(&link, number));
    ledger.finish().expect("the file is free");
    assert_eq!(notes(&open(dir.path())), (0..1_600).collect::<Vec<_>>());
}

#[test]
fn a_full_disk_is_told_once_and_everything_is_written_in_order_when_there_is_room_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let limit = r#"trap "" XFSZ; ulimit -S -f 300;"#;
    let mut child = Running::start("write", dir.path(), "BTC", limit);
    let failing = child.next().expect("it says something");
    assert!(failing.starts_with("failing "), "{failing}");
    child.tell("reserve");
    std::thread::sleep(Duration::from_millis(700));
    let id = child.child.id().to_string();
    let more = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status();
    assert!(more.expect("prlimit of util-linux").success());
    assert_eq!(child.next().as_deref(), Some("reserved"), "only now");
    assert_eq!(child.next().as_deref(), Some("working"));
    child.tell("end");
    let end = child.next().expect("it says how it ended");
    let sent = end.strip_prefix("sent ").and_then(|rest| rest.strip_suffix(" kept"));
    let sent: usize = sent.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{end}"));
    assert!(sent > 600, "it went on while the disk was full: {sent}");
    assert_eq!(notes(&open(dir.path())), (0..sent).collect::<Vec<_>>());
}

#[test]
fn the_end_of_a_run_waits_for_the_disk_but_not_for_ever_and_counts_what_is_missing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    note(&link, 0);
    reserved(&link);
    let other = Connection::open(file(dir.path())).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("free");
    (1..8).for_each(|number| note(&link, number));
    let begun = Instant::now();
    let refused = ledger.finish().expect_err("locked to the end");
    assert!(begun.elapsed() < PATIENCE);
    let LedgerError::Unwritten { count: 7, cause } = &refused else { panic!("{refused}") };
    assert!(cause.contains("locked"), "{cause}");
    drop(other);
    assert_eq!(notes(&open(dir.path())), [0]);
}

#[test]
fn ids_that_nobody_waits_for_any_more_are_not_given_away_at_the_end_of_a_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    note(&link, 0);
    reserved(&link);
    let other = Connection::open(file(dir.path())).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("free");
    ask(&link);
    assert!(matches!(report(&link), LedgerReport::Failing(_)));
    note(&link, 1);
    let finishing = std::thread::spawn(move || ledger.finish());
    // Longer than one try: the end of the run is noticed before the file is free.
    std::thread::sleep(Duration::from_millis(1_500));
    drop(other);
    finishing.join().expect("no panic").expect("free in time");
    let ledger = open(dir.path());
    let memory = ledger.memory("BTC", hedge_fast::domain::Wall(9)).expect("readable");
    assert_eq!((memory.cycles.len(), notes(&ledger)), (1, vec![0, 1]));
}

#[test]
fn a_file_that_was_deleted_or_moved_takes_nothing_until_it_is_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    note(&link, 0);
    reserved(&link);
    let (path, away) = (file(dir.path()), dir.path().join("away"));
    std::fs::rename(&path, &away).expect("moved");
    note(&link, 1);
    ask(&link);
    let LedgerReport::Failing(cause) = report(&link) else { panic!("the file is gone") };
    assert!(cause.contains("moved, replaced or deleted"), "{cause}");
    std::fs::rename(&away, &path).expect("put back");
    assert!(matches!(report(&link), LedgerReport::Reserved(cycle) if cycle.count() == 2));
    assert_eq!(report(&link), LedgerReport::Working);
    ledger.finish().expect("it is back");
    assert_eq!(notes(&open(dir.path())), [0, 1]);
}
