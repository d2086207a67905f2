//! docs/failures.md says what is tested: every name in it exists, and every fault class of the simulation stands in its rows.

use hedge_fast::dst::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Rows of the fault catalogue.
const ROWS: u32 = 82;

/// Names of the last column, by row.
fn shown_by() -> BTreeMap<u32, BTreeSet<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/failures.md");
    let text = fs::read_to_string(path).expect("docs/failures.md");
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, does, you, shown] = cells[..] else { continue };
        let Ok(number) = number.parse() else { continue };
        assert!(!does.is_empty() && !you.is_empty(), "row {number} leaves something out");
        let names: BTreeSet<String> = shown.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!names.is_empty(), "row {number} is shown by nothing");
        assert!(rows.insert(number, names).is_none(), "row {number} stands twice");
    }
    rows
}

fn tests_below(dir: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            for after in text.split("#[test]").skip(1).chain(text.split("proptest!").skip(1)) {
                let names = after.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
                found.extend(names.take(1).map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_row_of_the_catalogue_is_there() {
    assert_eq!(shown_by().into_keys().collect::<Vec<_>>(), (1..=ROWS).collect::<Vec<_>>());
}

#[test]
fn every_named_test_and_fault_class_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    tests_below(&root.join("src"), &mut tests);
    tests_below(&root.join("tests"), &mut tests);
    let classes: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    let unknown: Vec<String> = shown_by()
        .into_values()
        .flatten()
        .filter(|name| match name.strip_prefix("dst:") {
            Some(class) => !classes.contains(class),
            None => !tests.contains(name),
        })
        .collect();
    assert!(unknown.is_empty(), "no such tests or fault classes: {unknown:#?}");
}

#[test]
fn every_fault_class_stands_in_the_rows_it_is_for() {
    let shown = shown_by();
    for fault in Fault::ALL {
        for row in fault.rows().split_whitespace().filter_map(|row| row.parse().ok()) {
            let name = format!("dst:{}", fault.name());
            let there = shown.get(&row).is_some_and(|names| names.contains(&name));
            assert!(there, "row {row} does not name {name}");
        }
    }
}
