//! SIGTERM in the phases that need a venue's help to be met: flat and 0, or told and 5.

use super::live::{Stage, truth};
use hedge_fast::domain::Venue;
use hedge_fast::sim::faults::Strike;
use std::time::Duration;

const QUICK: [&str; 5] = ["BTC", "--hold-time", "600", "--cooldown", "60"];

#[test]
fn while_an_earlier_run_is_looked_into_it_is_closed_first() {
    for phase in ["An earlier run ended", "quote usable", "Recovered: "] {
        let stage = Stage::new(71, "");
        let mut bot = stage.start(&QUICK);
        bot.until("Opened Successfully");
        bot.kill();
        let mut next = stage.start(&[&QUICK[..], &["--on-restart", "adopt"]].concat());
        next.until(phase);
        next.stop().expect(0, &["Stopping", "Paradex flat, Lighter flat"]);
        assert!(stage.is_flat(), "{phase}");
        assert_eq!(truth::differences(&stage, &["BTC"]), Vec::<String>::new(), "{phase}");
    }
}

#[test]
fn while_an_earlier_run_is_looked_into_and_a_venue_is_gone_what_is_open_is_told() {
    let mut stage = Stage::new(72, "");
    let mut bot = stage.start(&QUICK);
    bot.until("P&L: ");
    bot.kill();
    stage.venues.close(Venue::Paradex);
    let mut next = stage.start(&QUICK);
    next.until("An earlier run ended");
    next.stop().expect(5, &["Stopping", "Final positions: Paradex LONG", "Exit 5"]);
    stage.venues.reopen(Venue::Paradex).expect("the port is free");
    stage.run(&["flatten", "BTC"]).expect(0, &["Exit 0"]);
    assert!(stage.is_flat());
}

#[test]
fn while_legs_are_made_equal_or_taken_back_or_after_that() {
    let evening = "paradex every 3ms..6ms partial-fill until 4s\n";
    let unwinding = "lighter on send 100% refuse 23000 times 1\n";
    for (plan, phase) in
        [(evening, "Legs differ"), (unwinding, "Rolling back"), (unwinding, "Failed to open")]
    {
        let mut stage = Stage::new(73, plan);
        stage.set("HEDGE_RETRY_WAIT", "60");
        stage.set("CROSS_HEDGE_MARGIN", "90");
        let mut bot = stage.start(&QUICK);
        bot.until(phase);
        bot.stop().expect(0, &["Stopping", "Paradex flat, Lighter flat"]);
        assert!(stage.is_flat(), "{phase}");
        assert_eq!(truth::differences(&stage, &["BTC"]), Vec::<String>::new(), "{phase}");
    }
}

#[test]
fn while_it_cools_down_it_leaves_at_once() {
    let stage = Stage::new(74, "");
    let mut bot = stage.start(&["BTC", "--hold-time", "0", "--cooldown", "600"]);
    bot.until("before next cycle");
    bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
    assert!(stage.is_flat());
}

#[test]
fn while_it_is_halted_it_leaves_with_five_and_says_what_to_do() {
    // Whatever closes is refused by one venue for good.
    let mut stage = Stage::new(75, "lighter on send 100% refuse 21706 from 6s\n");
    stage.set("HEDGE_HALT_SECONDS", "600");
    let mut bot = stage.start(&["BTC", "--hold-time", "7"]);
    bot.until("HALTED");
    bot.stop().expect(5, &["Do this by hand now", "Final positions", "Exit 5"]);
}

#[test]
fn while_a_venue_takes_nothing_the_pair_stays_hedged_until_it_does() {
    let stage = Stage::new(76, "");
    let mut bot = stage.start(&QUICK);
    bot.until("Opened Successfully");
    stage.venues.strike(Venue::Paradex, Strike::Away(503, Duration::from_secs(6)));
    bot.until("Paradex not ready");
    bot.stop().expect(0, &["Closing postponed", "Paradex flat, Lighter flat"]);
    assert!(stage.is_flat());
}
