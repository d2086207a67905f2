//! Every official vector holds: keys, hashes, signatures and frames exactly as the venues' own clients make them.
//! `HEDGE_FAST_VECTORS` names another folder of the same shape (`paradex/*.json`, `lighter/*.json`), with other keys.

use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

mod vectors {
    pub mod case;
    pub mod lighter;
    pub mod paradex_signing;
    pub mod sbe;
    pub mod sdk_wire;
}

/// Checks every case of one parsed file and returns how many there were; panics with file and case on a mismatch.
type Check = fn(&serde_json::Value) -> usize;

/// Checks by file name.
type Checks = &'static [(&'static str, Check)];

/// The checks of each folder; a file without an entry here is a failure, not a file to skip.
const FOLDERS: &[(&str, &[Checks])] = &[
    ("paradex", &[vectors::paradex_signing::CHECKS, vectors::sbe::CHECKS, vectors::sdk_wire::CHECKS]),
    ("lighter", &[vectors::lighter::CHECKS]),
];

#[test]
fn every_official_vector_holds() {
    let root = vectors_root();
    let mut failures = Vec::new();
    let mut files = 0;
    for (folder, checks) in FOLDERS {
        // Straight to the terminal: the harness would swallow `println!`, and the counts are part of the promise.
        let mut report = std::io::stdout();
        files += check_folder(&root.join(folder), folder, &checks.concat(), &mut report, &mut failures);
    }
    assert!(files > 0, "no vector file in {}", root.display());
    assert!(failures.is_empty(), "{} of {files} files failed:\n{}", failures.len(), failures.join("\n"));
}

fn vectors_root() -> PathBuf {
    match std::env::var_os("HEDGE_FAST_VECTORS") {
        Some(named) if !named.is_empty() => PathBuf::from(named),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/vectors"),
    }
}

/// Runs all checks of a folder, so that one broken file does not hide the next; returns the number of files read.
fn check_folder(
    path: &Path,
    folder: &str,
    checks: &[(&str, Check)],
    report: &mut impl Write,
    failures: &mut Vec<String>,
) -> usize {
    let mut say = |line: &str| writeln!(report, "vectors {folder}/{line}").expect("a writable report");
    let present = json_files(path);
    for (name, _) in checks.iter().filter(|(name, _)| !present.contains(*name)) {
        say(&format!("{name}: absent"));
    }
    for name in &present {
        let outcome = match checks.iter().find(|(known, _)| known == name) {
            Some((_, check)) => check_file(&path.join(name), *check),
            None => Err("no check knows this file".to_owned()),
        };
        match outcome {
            Ok(cases) => say(&format!("{name}: {cases} cases checked")),
            Err(reason) => {
                say(&format!("{name}: FAILED"));
                failures.push(format!("{folder}/{name}: {reason}"));
            }
        }
    }
    present.len()
}

fn json_files(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let names = entries.map(|entry| entry.expect("a readable folder").file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".json")).collect()
}

fn check_file(path: &Path, check: Check) -> Result<usize, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let parsed = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match catch_unwind(AssertUnwindSafe(|| check(&parsed))) {
        Ok(0) => Err("not one case was checked".to_owned()),
        Ok(cases) => Ok(cases),
        Err(panic) => Err(panic_text(panic.as_ref())),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let fixed = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    fixed.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}

#[test]
fn a_file_nobody_knows_a_file_without_cases_and_a_wrong_case_all_fail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["unknown.json", "empty.json", "wrong.json", "right.json", "notes.txt"] {
        std::fs::write(folder.path().join(name), "[1, 2]").expect("a writable folder");
    }
    let checks: [(&str, Check); 4] = [
        ("empty.json", |_| 0),
        ("wrong.json", |_| panic!("case 7 differs")),
        ("right.json", |file| file.as_array().map_or(0, Vec::len)),
        ("missing.json", |_| 1),
    ];
    let (mut report, mut failures) = (Vec::new(), Vec::new());
    assert_eq!(check_folder(folder.path(), "self-test", &checks, &mut report, &mut failures), 4);
    let expected_failures = [
        "self-test/empty.json: not one case was checked",
        "self-test/unknown.json: no check knows this file",
        "self-test/wrong.json: case 7 differs",
    ];
    assert_eq!(failures, expected_failures);
    let expected_report = "vectors self-test/missing.json: absent\n\
        vectors self-test/empty.json: FAILED\n\
        vectors self-test/right.json: 2 cases checked\n\
        vectors self-test/unknown.json: FAILED\n\
        vectors self-test/wrong.json: FAILED\n";
    assert_eq!(String::from_utf8_lossy(&report), expected_report);
}
