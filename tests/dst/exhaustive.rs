//! Every outcome of two legs, opening and closing, in every order of arrival, with one crash at every action index.

use hedge_fast::coordinator::{Imbalance, OnRestart, Settings};
use hedge_fast::domain::{PerVenue, Venue};
use hedge_fast::dst::fate::{Fate, Part, Road, Script};
use hedge_fast::dst::plan::{MS, SECOND, calm_settings};
use hedge_fast::dst::trace::Trace;
use hedge_fast::dst::{Plan, run};
use hedge_fast::venue::Reaction;

const FATES: [Fate; 12] = [
    Fate::GOOD,
    Fate { part: Part::Some(500), ..Fate::GOOD },
    Fate { part: Part::Nothing, ..Fate::GOOD },
    Fate { refusal: Some(Reaction::Unknown), ..Fate::GOOD },
    Fate { refusal: Some(Reaction::NotSent), ..Fate::GOOD },
    Fate { unknown: true, silent: true, ..Fate::GOOD },
    Fate { unknown: true, silent: true, part: Part::Some(500), ..Fate::GOOD },
    Fate { unknown: true, road: Road::Lost, ..Fate::GOOD },
    Fate { unknown: true, silent: true, road: Road::Late(1_500 * MS), ..Fate::GOOD },
    Fate { unknown: true, road: Road::Late(2_500 * MS), ..Fate::GOOD },
    Fate { hangs: Some(5 * SECOND), ..Fate::GOOD },
    Fate { fills_late: SECOND, ..Fate::GOOD },
];

/// Which leg's reports come first.
const LATE: [PerVenue<u64>; 3] = [
    PerVenue { paradex: 0, lighter: 0 },
    PerVenue { paradex: 60 * MS, lighter: 0 },
    PerVenue { paradex: 0, lighter: 60 * MS },
];

fn check(script: &Script, settings: Settings) -> u64 {
    let plan = Plan { quote_gap: 2 * SECOND, ..Plan::scripted(script.clone(), settings) };
    let end = run(&plan, Trace::Off);
    if let Some(violation) = end.violations.first() {
        let traced = run(&plan, Trace::Text(String::new()));
        let Trace::Text(text) = traced.trace else { unreachable!("asked for a text") };
        panic!("{script:?}\n{text}\n{violation}");
    }
    let (left, exits) = (end.figures.left_naked, end.figures.exits);
    assert_eq!((left, exits[0]), (0, 1), "not flat with exit code 0: {script:?}");
    end.actions
}

/// Every case of one leg's fate at Paradex; returns how many there were.
fn cases(first: usize) -> u64 {
    let mut count = 0;
    for (second, late, opening) in (0..FATES.len()).flat_map(|second| {
        LATE.into_iter().flat_map(move |late| [(second, late, true), (second, late, false)])
    }) {
        let fates = PerVenue { paradex: FATES[first], lighter: FATES[second] };
        let fates = PerVenue::from_fn(|venue: Venue| Fate { reports_late: late[venue], ..fates[venue] });
        let good = PerVenue { paradex: Fate::GOOD, lighter: Fate::GOOD };
        let (open, close) = if opening { (fates, good) } else { (good, fates) };
        let settings = Settings {
            imbalance: if second % 2 == 0 { Imbalance::Reduce } else { Imbalance::TopUp },
            on_restart: if first.is_multiple_of(2) { OnRestart::Flatten } else { OnRestart::Adopt },
            ..calm_settings()
        };
        let whole = Script { open, close, crash_at: None, survives: 0 };
        let actions = check(&whole, settings);
        count += 1;
        for crash_at in 0..actions {
            let survives = [0, 500, 1_000][usize::try_from(crash_at % 3).expect("small")];
            check(&Script { crash_at: Some(crash_at), survives, ..whole.clone() }, settings);
            count += 1;
        }
    }
    count
}

#[test]
fn every_outcome_of_two_legs_in_every_order_with_one_crash_at_every_action_ends_flat_and_known() {
    let halves = std::thread::scope(|scope| {
        let work = |from: usize| scope.spawn(move || (from..FATES.len()).step_by(2).map(cases).sum::<u64>());
        let (even, odd) = (work(0), work(1));
        [even.join().expect("no case fails"), odd.join().expect("no case fails")]
    });
    let count: u64 = halves.iter().sum();
    println!(
        "{count} cases: {0} x {0} fates, opening and closing, 3 orders, a crash at every action",
        FATES.len()
    );
    assert!(count > 20_000, "only {count} cases");
}
