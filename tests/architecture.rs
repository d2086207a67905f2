//! The rules of ARCHITECTURE.md that a compiler does not check: who may use whom, who may read clocks, open sockets, round.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the tree with the modules it may use. Anything else is an arrow in the wrong direction.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("latency", &["domain"]),
    ("signing", &["domain"]),
    ("venue", &["domain", "signing"]),
    ("coordinator", &["domain", "venue"]),
    ("notify", &["domain", "coordinator", "venue::http"]),
    ("config", &["domain", "coordinator", "notify", "runtime::tuning"]),
    ("observe", &["domain", "coordinator", "latency"]),
    ("ledger", &["domain", "coordinator"]),
    ("transport", &["domain", "venue"]),
    ("sim", &["domain", "signing", "venue", "transport"]),
    ("runtime", &["domain", "coordinator", "latency", "ledger", "notify", "venue", "signing", "transport"]),
    ("dst", &["domain", "coordinator", "venue", "signing", "sim", "transport"]),
    (
        "cli",
        &[
            "domain",
            "coordinator",
            "config",
            "latency",
            "ledger",
            "notify",
            "observe",
            "venue",
            "signing",
            "transport",
            "runtime",
            "sim",
            "dst",
        ],
    ),
];

/// What one module must not use although it may use its parent.
const MUST_NOT_USE: &[(&str, &[&str])] = &[
    ("coordinator", &["venue::paradex", "venue::lighter", "venue::http"]),
    ("transport", &["venue::paradex", "venue::lighter"]),
    ("runtime", &["venue::paradex", "venue::lighter"]),
];

/// A text that may stand only under these folders of `src`.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("Instant::now", &["runtime", "transport"]),
    ("SystemTime::now", &["runtime", "transport/server"]),
    ("TcpStream", &["transport"]),
    ("TcpListener", &["transport"]),
    ("getrandom::", &["runtime"]),
    ("f64", &["observe"]),
    ("f32", &["observe"]),
];

/// A file longer than this is hard to hold in the head; a list of test cases may be a little longer.
const LINES_MAX: usize = 420;
const TEST_LINES_MAX: usize = 450;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder of the tree") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Code lines: comments do not count.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path after `crate::` in a file.
fn uses(code: &str) -> Vec<String> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c| !is_path(c)).next().unwrap_or("").to_owned())
        .collect()
}

fn begins_with(path: &str, prefix: &str) -> bool {
    path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn every_folder_of_the_tree_has_a_rule() {
    for entry in fs::read_dir(source()).expect("src") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            assert!(MAY_USE.iter().any(|(module, _)| *module == name), "src/{name} has no rule here");
        }
    }
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_USE {
        let dir = source().join(module);
        if !dir.exists() {
            continue;
        }
        for file in files(&dir) {
            for path in uses(&code(&file)) {
                let own = begins_with(&path, module);
                let permitted = allowed.iter().any(|prefix| begins_with(&path, prefix));
                let denied = MUST_NOT_USE
                    .iter()
                    .any(|(of, paths)| of == module && paths.iter().any(|p| begins_with(&path, p)));
                if !own && (!permitted || denied) {
                    wrong.push(format!("{}: crate::{path}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows in the wrong direction:\n{}", wrong.join("\n"));
}

#[test]
fn clocks_sockets_randomness_and_floats_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for file in files(&source()) {
        let relative = file.strip_prefix(source()).expect("below src").to_string_lossy().into_owned();
        let code = code(&file);
        for (word, homes) in ONLY_IN {
            let found = code.match_indices(word).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let after = code[at + word.len()..].chars().next();
                let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                word.contains(':') || (!part(before) && !part(after))
            });
            if found && !homes.iter().any(|home| relative.starts_with(home)) {
                wrong.push(format!("{relative}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "found where it must not be:\n{}", wrong.join("\n"));
}

#[test]
fn the_coordinator_names_no_venue() {
    for file in files(&source().join("coordinator")) {
        // Tests play both venues.
        let code = if file.ends_with("tests.rs") { continue } else { code(&file) };
        assert!(!code.contains("Venue::Paradex") && !code.contains("Venue::Lighter"), "{}", file.display());
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for file in files(&source()) {
        let text = fs::read_to_string(&file).expect("a source file");
        assert!(text.starts_with("//!"), "{} does not say what it is for", file.display());
        let lines = text.lines().count();
        let is_test = file.components().any(|part| part.as_os_str() == "tests");
        assert!(
            lines <= if is_test { TEST_LINES_MAX } else { LINES_MAX },
            "{} has {lines} lines",
            file.display()
        );
    }
}
