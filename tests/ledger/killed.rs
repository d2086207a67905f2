//! kill -9, and processes beside each other.

use super::child::Running;
use super::{ACCOUNT, birth, file, open, reserved};
use hedge_fast::domain::{CycleId, Wall};
use hedge_fast::ledger::Ledger;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

fn number(line: &str) -> CycleId {
    line.parse().ok().and_then(CycleId::from_number).expect("a cycle number")
}

#[test]
fn what_was_answered_is_on_disk_when_the_process_is_killed_at_that_moment() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut answered: Vec<CycleId> = Vec::new();
    let mut followed: Vec<CycleId> = Vec::new();
    for round in 0..40 {
        let before = answered.len();
        let mut child = Running::start("reserve for ever", dir.path(), "BTC", "");
        for _ in 0..=round % 4 {
            answered.push(number(&child.next().expect("it reserves")));
        }
        child.child.kill().expect("kill -9");
        let last_words = std::iter::from_fn(|| child.next()).map(|line| number(&line)).collect::<Vec<_>>();
        answered.extend(last_words);
        // Each order was recorded before the next reservation of the same process was asked for.
        followed.extend(&answered[before..answered.len() - 1]);
        let memory = open(dir.path()).memory("BTC", Wall(9)).expect("readable");
        for cycle in &answered {
            let kept = memory.cycles.iter().find(|open| open.id == *cycle);
            let kept = kept.unwrap_or_else(|| panic!("round {round}: {cycle} was answered and is not kept"));
            assert!(
                kept.orders.len() == 1 || !followed.contains(cycle),
                "round {round}: an order of {cycle} is lost"
            );
        }
    }
    assert_eq!(answered.len(), answered.iter().collect::<BTreeSet<_>>().len(), "ids were given twice");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    assert!(answered.iter().all(|cycle| *cycle < reserved(&link)));
}

#[test]
fn processes_that_begin_a_ledger_together_share_it_and_never_get_the_same_ids() {
    let dir = tempfile::tempdir().expect("a folder");
    let start = |market: &&str| Running::start("reserve 60", dir.path(), market, "");
    let mut children: Vec<Running> = ["BTC", "ETH", "SOL", "HYPE"].iter().map(start).collect();
    let read = |child: &mut Running| std::iter::from_fn(|| child.next()).map(|line| number(&line)).collect();
    let given: Vec<Vec<CycleId>> = children.iter_mut().map(read).collect();
    let all: BTreeSet<CycleId> = given.iter().flatten().copied().collect();
    assert_eq!(given.iter().map(Vec::len).collect::<Vec<_>>(), [60; 4]);
    assert_eq!(all.len(), 240, "ids were given twice");
    assert!(all.iter().all(|cycle| cycle.ledger() == given[0][0].ledger()), "one ledger, one tag");
    for child in &mut children {
        assert!(child.child.wait().expect("a child of ours").success());
    }
    let ledger = open(dir.path());
    for (market, given) in ["BTC", "ETH", "SOL", "HYPE"].iter().zip(&given) {
        let memory = ledger.memory(market, Wall(9)).expect("readable");
        assert_eq!(&memory.cycles.iter().map(|open| open.id).collect::<Vec<_>>(), given, "{market}");
    }
    for path in std::fs::read_dir(dir.path().join("ledger")).expect("a folder") {
        let path = path.expect("an entry").path();
        let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}

/// The database's log stays behind with a crash, larger than what may be written here. What the next start needs to read it
/// is smaller, and given back by the crash.
#[test]
fn after_a_crash_the_records_can_be_read_although_the_disk_is_full() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = Running::start("reserve for ever", dir.path(), "BTC", "");
    let cycle = number(&child.next().expect("it reserves"));
    drop(child);
    assert!(file(dir.path()).with_extension("sqlite-wal").exists());
    let full = r#"trap "" XFSZ; ulimit -S -f 64;"#;
    let mut child = Running::start("write", dir.path(), "BTC", full);
    child.tell("end");
    let end = std::iter::from_fn(|| child.next()).last().expect("it says how it ended");
    assert!(end.contains("records of this run are not in the ledger"), "{end}");
    let ledger = Ledger::open(dir.path(), ACCOUNT, birth()).expect("a ledger");
    let memory = ledger.memory("BTC", Wall(9)).expect("readable");
    assert!(memory.cycles.iter().any(|open| open.id == cycle));
}

/// Entropy that repeats is no excuse to give away ids twice.
#[test]
fn two_runs_that_drew_the_same_number_are_still_two_runs() {
    let dir = tempfile::tempdir().expect("a folder");
    let same = birth();
    let mut given = BTreeSet::new();
    for _ in 0..3 {
        let mut ledger = Ledger::open(dir.path(), ACCOUNT, same).expect("a ledger");
        let links = [ledger.link("BTC").expect("a thread"), ledger.link("ETH").expect("a thread")];
        given.extend(links.iter().map(reserved));
        ledger.finish().expect("the disk works");
    }
    assert_eq!(given.len(), 6);
}
