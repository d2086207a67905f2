//! kill -9 for real: the real program is killed at any instant, again and again, and whatever it left is found, closed and
//! recorded by the next one. Judged by venue truth alone.
//!
//! `HEDGE_FAST_KILLS=250 cargo test --test kill -- --nocapture` runs the full campaign and prints a summary line.

#[path = "../live/mod.rs"]
#[allow(dead_code, reason = "each test file uses its part of it")]
mod live;

mod moments;
mod two_markets;

use hedge_fast::sim::rng::Rng;
use live::{Stage, truth};
use moments::{Moment, phase_of};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Kills in `cargo test`.
const KILLS: usize = 12;
/// Longest a recovery or an end may take. In a storm Lighter's sixty requests a minute run out over the questions of several
/// crashes in a row: minutes, seen in the summary.
const PATIENCE: Duration = Duration::from_secs(400);

/// What goes wrong at the venues of each lane: nothing; legs that fill differently or are refused; the two presets.
const UNEVEN: &str = "both every 2s..5s partial-fill\nparadex on send 7% refuse RATE_LIMIT_EXCEEDED\n\
                      lighter on send 7% refuse 23000\n";
const PLANS: [(&str, &str); 4] = [
    ("calm", ""),
    ("uneven", UNEVEN),
    ("drizzle", include_str!("../../src/sim/faults/presets/drizzle.faults")),
    ("storm", include_str!("../../src/sim/faults/presets/storm.faults")),
];

/// What a lane lived through.
#[derive(Default)]
struct Tally {
    kills: usize,
    restarts: usize,
    phases: BTreeMap<&'static str, usize>,
    recoveries: Vec<Duration>,
    violations: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.restarts += other.restarts;
        for (phase, times) in other.phases {
            *self.phases.entry(phase).or_default() += times;
        }
        self.recoveries.extend(other.recoveries);
        self.violations.extend(other.violations);
    }
}

#[test]
fn killed_at_any_instant_the_next_run_finds_the_truth_and_leaves_flat() {
    let kills = std::env::var("HEDGE_FAST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let seed = std::env::var("HEDGE_FAST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    let begun = Instant::now();
    let lanes: Vec<_> = PLANS
        .into_iter()
        .zip(seed * 100..)
        .map(|(plan, seed)| std::thread::spawn(move || lane(plan, seed, kills.div_ceil(PLANS.len()))))
        .collect();
    let mut total = Tally::default();
    for lane in lanes {
        // A run that hangs ends its lane: the others still count.
        match lane.join() {
            Ok(tally) => total.add(tally),
            Err(_) => total.violations.push("a lane ended in a panic".to_owned()),
        }
    }
    total.recoveries.sort();
    let at = |share: usize| {
        let index = (total.recoveries.len() * share).div_ceil(100).saturating_sub(1);
        total.recoveries.get(index).copied().unwrap_or_default().as_millis()
    };
    println!(
        "kill -9: {} kills, {} restarts in {}s, phases hit {:?}, {} recoveries p50 {} ms p99 {} ms max {} ms, {} violations",
        total.kills,
        total.restarts,
        begun.elapsed().as_secs(),
        total.phases,
        total.recoveries.len(),
        at(50),
        at(99),
        at(100),
        total.violations.len()
    );
    assert!(total.kills >= kills && !total.recoveries.is_empty());
    assert!(total.violations.is_empty(), "{}", total.violations.join("\n"));
}

/// The ledger is held by another process while orders are sent and filled, and then the run is killed: all that is on disk
/// is the number that was reserved.
#[test]
fn orders_of_which_nothing_could_be_recorded_are_found_by_their_reserved_ids() {
    let stage = Stage::with_delay(7, "", Duration::ZERO);
    let (mut rng, mut tally, mut hit) = (Rng::stream(7, "kills"), Tally::default(), 0);
    for _ in 0..12 {
        let bot = stage.start(&words(tally.restarts));
        let held = moments::unwritten(&stage);
        let unrecorded = held.is_some();
        bot.kill();
        drop(held);
        tally.restarts += 1;
        last(&stage, "unwritten", 7, &mut rng, &mut tally);
        hit += usize::from(unrecorded);
        if hit == 2 {
            break;
        }
    }
    assert!(hit > 0, "no order was sent while the ledger was held");
    assert!(tally.violations.is_empty(), "{}", tally.violations.join("\n"));
}

/// One pair of venues: episodes of kills, each ended by a run that is stopped by SIGTERM.
fn lane((name, plan): (&'static str, &'static str), seed: u64, kills: usize) -> Tally {
    // Without delay an order is filled before anything of it can be on disk.
    let delay = if name == "calm" { Duration::ZERO } else { Duration::from_millis(20) };
    let stage = Stage::with_delay(seed, plan, delay);
    let (mut rng, mut tally) = (Rng::stream(seed, "kills"), Tally::default());
    while tally.kills < kills {
        for _ in 0..=rng.below(3) {
            let mut bot = stage.start(&words(tally.restarts));
            tally.restarts += 1;
            let moment = Moment::draw(&mut rng);
            let held = moment.wait(&stage, &mut bot, &mut rng);
            if !bot.is_running() {
                let text = bot.kill();
                tally.violations.push(format!("{name} {seed}: ended by itself before {moment:?}\n{text}"));
                continue;
            }
            let text = bot.kill();
            drop(held);
            tally.kills += 1;
            *tally.phases.entry(phase_of(&text)).or_default() += 1;
            note(&mut tally, name, seed, &text, truth::broken(&stage, "BTC"));
        }
        last(&stage, name, seed, &mut rng, &mut tally);
    }
    tally
}

fn words(count: usize) -> [&'static str; 7] {
    let on_restart = if count.is_multiple_of(2) { "flatten" } else { "adopt" };
    ["BTC", "--hold-time", "1", "--cooldown", "0", "--on-restart", on_restart]
}

/// The run after the last kill: it recovers, goes on for a moment, and leaves flat when it is asked to.
fn last(stage: &Stage, name: &str, seed: u64, rng: &mut Rng, tally: &mut Tally) {
    let mut bot = stage.start(&words(tally.restarts));
    tally.restarts += 1;
    let told = bot.saw(&["Recovered: ", "=== Opening"], PATIENCE);
    let (took, text) = (bot.born.elapsed(), bot.text());
    if text.contains("Recovered: ") {
        tally.recoveries.push(took);
    }
    std::thread::sleep(Duration::from_millis(rng.below(1_500)));
    bot.signal("TERM");
    let ended = bot.end(PATIENCE);
    let mut wrong = Vec::new();
    if !told {
        wrong.push("neither recovered nor opened in time".to_owned());
    }
    if ended.code != Some(0) {
        wrong.push(format!("exit code {:?}", ended.code));
    }
    if !stage.is_flat() {
        wrong.push(format!("left {:?}", stage.positions()));
    }
    wrong.extend(truth::broken(stage, "BTC"));
    wrong.extend(truth::differences(stage, &["BTC"]));
    note(tally, name, seed, &ended.text, wrong);
}

fn note(tally: &mut Tally, name: &str, seed: u64, text: &str, wrong: Vec<String>) {
    for what in wrong {
        tally.violations.push(format!("{name} {seed}, kill {}: {what}\n{text}", tally.kills));
    }
}
