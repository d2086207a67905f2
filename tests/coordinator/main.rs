//! The coordinator against two venues that misbehave at event level: every outcome, every order of arrival.

mod venues;

use hedge_fast::coordinator::{ExitReason, Imbalance, Notice, Settings};
use hedge_fast::domain::{PerVenue, Purpose, Qty, Side, Usd, Venue};
use venues::{Closed, Fate, MS, Rehearsed, RunEnd, run, run_closed, run_scripted, settings};

fn assert_sound(seed: u64, end: &RunEnd) {
    assert!(end.world.violations.is_empty(), "seed {seed}: {:?}", end.world.violations);
    let flat = end.world.truth.all(|truth| truth.position.is_zero());
    assert!(flat || end.exit == ExitReason::Exposure, "seed {seed}: left a position with {:?}", end.exit);
    let mut stands = false;
    for notice in &end.notices {
        match notice {
            Notice::NakedAlarm { .. } => stands = true,
            Notice::HedgedAgain => {
                assert!(std::mem::take(&mut stands), "seed {seed}: an end without an alarm")
            }
            _ => {}
        }
    }
    assert!(!stands || end.exit == ExitReason::Exposure, "seed {seed}: the end of the alarm was not told");
}

#[test]
fn two_complete_cycles_without_faults_end_flat_in_both_directions() {
    for reverse in [false, true] {
        let end = run(1, 0, settings(2, reverse), None);
        assert_sound(1, &end);
        assert_eq!(end.exit, ExitReason::Done);
        let opened = end.notices.iter().filter(|notice| matches!(notice, Notice::PairOpened)).count();
        let closed = end.notices.iter().filter(|notice| matches!(notice, Notice::PairClosed)).count();
        assert_eq!((opened, closed), (2, 2));
        let first = end.notices.iter().find_map(|notice| match notice {
            Notice::LegOpened { venue: Venue::Paradex, side, .. } => Some(*side),
            _ => None,
        });
        assert_eq!(first, Some(if reverse { Side::Sell } else { Side::Buy }));
    }
}

#[test]
fn a_rehearsal_names_the_orders_that_the_decision_sends() {
    let end = run(1, 0, settings(2, false), None);
    // The first pair, too, which is opened by the news that its last gate waited for.
    let both = Rehearsed { sent: 4, foreseen: 4 };
    assert_eq!(end.orders, [(Purpose::Open, both), (Purpose::Close, both)].into());
    // One leg fails after the other has filled: what takes that back was rehearsed, too.
    let opening = PerVenue { paradex: Fate::Full, lighter: Fate::LostBeforeVenue };
    let end = run_scripted(settings(1, false), opening);
    assert_eq!(end.orders[&Purpose::Unwind], Rehearsed { sent: 1, foreseen: 1 });
}

#[test]
fn whatever_the_venues_do_nothing_is_doubled_flipped_or_left_naked_in_silence() {
    for seed in 0..3_000 {
        let end = run(
            seed,
            [100, 400, 900][usize::try_from(seed % 3).expect("small")],
            settings(3, seed % 2 == 0),
            None,
        );
        assert_sound(seed, &end);
        assert!(matches!(end.exit, ExitReason::Done | ExitReason::Exposure), "seed {seed}: {:?}", end.exit);
    }
}

/// Sizes closed at the end of the pair that was held; nothing when none was.
fn held(end: &RunEnd) -> Vec<Qty> {
    let opened = end.notices.iter().position(|notice| matches!(notice, Notice::PairOpened));
    let closed = |notice: &Notice| match notice {
        Notice::LegClosed { qty, .. } => Some(*qty),
        _ => None,
    };
    opened.map(|at| end.notices[at..].iter().filter_map(closed).take(2).collect()).unwrap_or_default()
}

#[test]
fn the_outcome_matrix_of_an_opening() {
    let whole: Qty = "0.00103".parse().expect("a size");
    let (third, most): (Qty, Qty) = ("0.00034".parse().expect("a size"), "0.00068".parse().expect("a size"));
    let ends = [
        (Fate::Full, whole),
        (Fate::Most, most),
        (Fate::Partial, third),
        (Fate::Nothing, Qty::ZERO),
        (Fate::Refused, Qty::ZERO),
        (Fate::AckLostFilled, whole),
        (Fate::AckLostPartial, third),
        (Fate::LostBeforeVenue, Qty::ZERO),
    ];
    for imbalance in [Imbalance::Reduce, Imbalance::TopUp] {
        for ((first, a), (second, b)) in ends.into_iter().flat_map(|one| ends.map(|other| (one, other))) {
            let wanted = Settings { imbalance, ..settings(1, false) };
            let end = run_scripted(wanted, PerVenue { paradex: first, lighter: second });
            assert_sound(1, &end);
            assert_eq!(end.exit, ExitReason::Done, "{first:?} and {second:?}");
            let pair = match imbalance {
                Imbalance::Reduce => a.min(b),
                Imbalance::TopUp if a.is_positive() && b.is_positive() => a.max(b),
                Imbalance::TopUp => Qty::ZERO,
            };
            // Where nothing of the first attempt can be held, the second, which meets no trouble, is whole.
            let pair = if pair.is_zero() { whole } else { pair };
            let failed = end.notices.iter().filter(|notice| matches!(notice, Notice::OpeningFailed { .. }));
            let retried = a.is_zero() || b.is_zero();
            assert_eq!(failed.count(), usize::from(retried), "{first:?} and {second:?}, {imbalance:?}");
            assert_eq!(held(&end), [pair, pair], "{first:?} and {second:?}, {imbalance:?}");
        }
    }
}

#[test]
fn a_pair_too_small_to_hold_is_closed_on_both_sides() {
    // A third of twenty dollars is below the ten that a venue asks for.
    let small = Settings { margin: Usd::from_whole(20), ..settings(1, false) };
    for opening in [Fate::Full, Fate::Partial] {
        let end = run_scripted(small, PerVenue { paradex: Fate::Partial, lighter: opening });
        assert_sound(1, &end);
        let whole: Qty = "0.0002".parse().expect("a size");
        assert_eq!(held(&end), [whole, whole], "the second attempt");
    }
}

#[test]
fn a_venue_that_takes_nothing_for_a_quarter_of_an_hour_is_waited_for_with_a_standing_alarm() {
    for venue in Venue::ALL {
        for (minutes, reverse) in [(2, false), (8, true), (14, false)] {
            let until = minutes * 60_000 * MS;
            let closed = Closed { venue, from: 2_500 * MS, until, told: false };
            let end = run_closed(3, 0, settings(1, reverse), None, Some(closed));
            assert_sound(3, &end);
            assert_eq!(end.exit, ExitReason::Done, "closed for {minutes} minutes");
            let sent = end.world.truth[venue].seen.len();
            assert!(sent < 34, "{sent} orders at a closed venue");
            let (naked, shut) = (end.world.longest_naked / MS, until / MS);
            assert!((shut - 10_000..shut + 1_000).contains(&naked), "naked for {naked} of {shut} ms");
        }
    }
}

#[test]
fn a_pair_stays_hedged_while_one_venue_says_that_it_is_closed() {
    for venue in Venue::ALL {
        let closed = Closed { venue, from: 2_500 * MS, until: 300_000 * MS, told: true };
        let end = run_closed(3, 0, settings(1, false), None, Some(closed));
        assert_sound(3, &end);
        assert_eq!(end.exit, ExitReason::Done);
        assert!(end.world.longest_naked < 1_000 * MS, "naked for {} ms", end.world.longest_naked / MS);
        let postponed = |notice: &Notice| matches!(notice, Notice::ClosePostponed(at) if *at == venue);
        assert_eq!(end.notices.iter().filter(|notice| postponed(notice)).count(), 1);
    }
}

#[test]
fn a_stop_request_at_any_step_ends_flat() {
    let whole = run(5, 0, settings(1, false), None).stepped;
    for step in 0..whole {
        let end = run(5, 0, settings(9, false), Some(step));
        assert_sound(step, &end);
        assert_eq!(end.exit, ExitReason::Done, "stopped after step {step}");
        assert!(end.world.truth.all(|truth| truth.position.is_zero()), "stopped after step {step}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let (a, b) = (run(seed, 500, settings(2, false), None), run(seed, 500, settings(2, false), None));
        assert_eq!(a.notices, b.notices, "seed {seed}");
    }
}
