//! Mutants: the source is broken on purpose, once per law, gate and dedupe, and the simulation has to notice.
//!
//! `cargo test` checks that every mutant still fits the source. `HEDGE_FAST_MUTANTS=all cargo test --test mutants -- --nocapture`
//! builds each of them in a copy of the project and runs the simulation against it; part of a name, or a range of numbers such
//! as `10..20`, instead of `all` runs those. `HEDGE_FAST_MUTANT_SEEDS` says how many seeds each has to survive (default 3000).

mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use table::{MUTANTS, Mutant};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(mutant: &Mutant) -> String {
    std::fs::read_to_string(project().join(mutant.file)).expect("a source file")
}

#[test]
fn every_mutant_fits_the_source_exactly_once() {
    assert!(MUTANTS.len() >= 30, "{} mutants", MUTANTS.len());
    let unfit: Vec<&str> = MUTANTS
        .iter()
        .filter(|mutant| source(mutant).matches(mutant.from).count() != 1)
        .map(|mutant| mutant.name)
        .collect();
    assert!(unfit.is_empty(), "the source has changed under these: {unfit:#?}");
    let mut names: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), MUTANTS.len(), "two mutants have the same name");
}

/// Known to survive, and why that breaks no promise.
const SURVIVORS: &[(&str, &str)] = &[(
    "gate: a position that is still open",
    "a second net: before any gate is looked at, an idle run takes back whatever of its own is open",
)];

/// What became of a mutant.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// The simulation broke a rule, or hung.
    Killed(&'static str),
    Survived,
    /// It does not compile: no mutant at all.
    Stillborn(String),
}

#[test]
fn every_mutant_is_killed() {
    let Ok(wanted) = std::env::var("HEDGE_FAST_MUTANTS") else {
        println!("skipped: set HEDGE_FAST_MUTANTS=all to build and run {} mutants", MUTANTS.len());
        return;
    };
    let seeds =
        std::env::var("HEDGE_FAST_MUTANT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let copy = Copy::of_project();
    assert_eq!(copy.judge(seeds), Fate::Survived, "the source as it is must pass");
    let mut unexpected = Vec::new();
    for (_, mutant) in MUTANTS.iter().enumerate().filter(|(at, mutant)| is_wanted(&wanted, *at, mutant)) {
        // From the copy: the project itself may be worked on meanwhile.
        let whole = std::fs::read_to_string(copy.root.join(mutant.file)).expect("a source file");
        copy.write(mutant.file, &whole.replacen(mutant.from, mutant.to, 1));
        let fate = copy.judge(seeds);
        copy.write(mutant.file, &whole);
        let reason = SURVIVORS.iter().find(|(name, _)| *name == mutant.name).map(|(_, why)| *why);
        println!("| {} | {} | {fate:?} | {} |", mutant.law, mutant.name, reason.unwrap_or_default());
        if matches!(fate, Fate::Killed(_)) == reason.is_some() {
            unexpected.push(mutant.name);
        }
    }
    assert!(unexpected.is_empty(), "not killed, or killed and expected to survive: {unexpected:#?}");
}

fn is_wanted(wanted: &str, at: usize, mutant: &Mutant) -> bool {
    let range = wanted.split_once("..").and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match range {
        Some((first, end)) => (first..end).contains(&at),
        None => wanted == "all" || mutant.name.contains(wanted),
    }
}

/// The project once more, with a build folder that all mutants share.
struct Copy {
    root: PathBuf,
    _guard: tempfile::TempDir,
}

impl Copy {
    fn of_project() -> Self {
        let guard = tempfile::tempdir().expect("a folder");
        let root = guard.path().join("project");
        std::fs::create_dir(&root).expect("a folder");
        for name in ["Cargo.toml", "Cargo.lock"] {
            std::fs::copy(project().join(name), root.join(name)).expect("copied");
        }
        for name in ["src", "tests", "benches", "fuzz"] {
            copy_folder(&project().join(name), &root.join(name));
        }
        Self { root, _guard: guard }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root.join(file), text).expect("written");
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.root);
        let target = std::env::temp_dir().join("hedge-fast-mutants");
        command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "0");
        // Building takes longer than running.
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0");
        command
    }

    /// The simulation first: it is what the promise rests on. What it leaves alive meets the tests on the stage.
    fn judge(&self, seeds: u32) -> Fate {
        let built = self.cargo(&["build", "--quiet", "--offline"]).output().expect("cargo runs");
        if !built.status.success() {
            return Fate::Stillborn(String::from_utf8_lossy(&built.stderr).into_owned());
        }
        let range = format!("0..{seeds}");
        let run = ["run", "--quiet", "--offline", "--", "chaos", "--seeds", &range];
        if !self.within_time(&mut self.cargo(&run)) {
            return Fate::Killed("simulation");
        }
        for test in ["lessons", "coordinator"] {
            if !self.within_time(&mut self.cargo(&["test", "--quiet", "--offline", "--test", test])) {
                return Fate::Killed(test);
            }
        }
        Fate::Survived
    }

    /// Whether the command ended well, in time: a mutant that hangs is noticed, too.
    fn within_time(&self, command: &mut Command) -> bool {
        let quiet = || std::process::Stdio::null();
        let mut child = command.stdout(quiet()).stderr(quiet()).spawn().expect("cargo runs");
        for _ in 0..6_000 {
            if let Some(status) = child.try_wait().expect("a child of ours") {
                return status.success();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() && entry.file_name() != "target" {
            copy_folder(&path, &target);
        } else if path.is_file() {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}
