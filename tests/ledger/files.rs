//! Files that must not be used are left as they are, and the refusal says what to do.

use super::{ACCOUNT, birth, file, note, open, reserved};
use hedge_fast::domain::Wall;
use hedge_fast::ledger::{Ledger, LedgerError};
use rusqlite::Connection;
use std::path::Path;

/// A ledger with something in it, closed.
fn used(dir: &Path) {
    let mut ledger = open(dir);
    let link = ledger.link("BTC").expect("a thread");
    (0..2_000).for_each(|number| note(&link, number));
    reserved(&link);
    ledger.finish().expect("the disk works");
}

/// Opens after `change`; the file must be refused and stay as it is.
fn refused_after(change: impl FnOnce(&Path)) -> LedgerError {
    let dir = tempfile::tempdir().expect("a folder");
    used(dir.path());
    let path = file(dir.path());
    change(&path);
    let before = std::fs::read(&path).expect("readable");
    let refused = Ledger::open(dir.path(), ACCOUNT, birth()).expect_err("must not be used");
    assert_eq!(std::fs::read(&path).expect("readable"), before, "it was changed");
    assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
    refused
}

fn overwrite(path: &Path, from: usize, with: &[u8]) {
    let mut bytes = std::fs::read(path).expect("readable");
    bytes[from..from + with.len()].copy_from_slice(with);
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_damaged_file_is_refused_with_what_to_do() {
    let torn = refused_after(|path| {
        let length = std::fs::metadata(path).expect("there").len();
        let open = std::fs::OpenOptions::new().write(true).open(path).expect("ours");
        open.set_len(length / 2).expect("cut");
    });
    let scribbled = refused_after(|path| overwrite(path, 5 * 4_096, &[0xff; 4_096]));
    let headless = refused_after(|path| overwrite(path, 0, &[0; 100]));
    for refused in [torn, scribbled, headless] {
        assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused:?}");
        let words = refused.to_string();
        assert!(words.contains("good copy") && words.contains("look at both venues"), "{words}");
    }
}

#[test]
fn a_newer_format_and_a_database_of_others_are_refused() {
    let change = |sql: &'static str| {
        refused_after(move |path| {
            let database = Connection::open(path).expect("a database");
            database.execute_batch(sql).expect("changed");
        })
    };
    let newer = change("PRAGMA user_version = 99");
    assert!(matches!(newer, LedgerError::Newer { found: 99, known: 1, .. }), "{newer:?}");
    assert!(newer.to_string().contains("newer program"), "{newer}");
    assert!(matches!(change("PRAGMA application_id = 7"), LedgerError::Foreign { .. }));
    let other = change("UPDATE ledger SET account = 'somebody else'");
    assert!(matches!(other, LedgerError::OtherAccount { .. }) && other.to_string().contains("somebody else"));
}

#[test]
fn a_value_nobody_here_wrote_is_damage_and_not_a_guess() {
    let dir = tempfile::tempdir().expect("a folder");
    used(dir.path());
    let database = Connection::open(file(dir.path())).expect("a database");
    database.execute_batch("UPDATE records SET kind = 'odd' WHERE kind = 'reserved'").expect("changed");
    let refused = open(dir.path()).memory("BTC", Wall(9)).expect_err("unreadable");
    assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused:?}");
}

#[test]
fn without_a_file_a_new_ledger_with_a_tag_of_its_own_begins() {
    let (first, second) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let tag = |dir: &Path| open(dir).memory("BTC", Wall(9)).expect("readable").ledger;
    let before = tag(first.path());
    assert_eq!(tag(first.path()), before, "opened again, the same");
    assert_ne!(before, 0);
    assert_ne!(tag(second.path()), before);
    std::fs::remove_dir_all(first.path().join("ledger")).expect("deleted");
    assert_ne!(tag(first.path()), before);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let place = tempfile::NamedTempFile::new().expect("a file");
    let refused = Ledger::open(place.path(), ACCOUNT, birth()).expect_err("a file is no folder");
    assert!(refused.to_string().contains("HEDGE_STATE_DIR"), "{refused}");
}
