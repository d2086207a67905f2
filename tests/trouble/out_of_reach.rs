//! One venue out of reach while a pair is held: its port is closed, and it comes back as it was.

use super::live::Stage;
use hedge_fast::domain::Venue;
use hedge_fast::sim::faults::{State, Strike};
use std::time::Duration;

#[test]
fn the_healthy_leg_is_kept_as_the_hedge_and_both_are_closed_when_the_venue_is_back() {
    for venue in Venue::ALL {
        let mut stage = Stage::new(91, "");
        let mut bot = stage.start(&["BTC", "--hold-time", "3", "--cooldown", "60"]);
        bot.until("Opened Successfully");
        let orders = stage.venues.orders("BTC").expect("both venues are there");
        stage.venues.close(venue);
        bot.until(&format!("{venue} not ready"));
        bot.until("Closing postponed");
        bot.until(&format!("ALARM: {venue} has been taking no orders"));
        stage.venues.reopen(venue).expect("the port is free");
        assert_eq!(stage.venues.orders("BTC"), Some(orders), "a leg was closed alone");
        bot.until("Positions Closed ===");
        bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
        assert!(stage.is_flat());
    }
}

#[test]
fn a_market_that_was_closed_when_the_bot_came_back_is_noticed_when_it_opens() {
    let stage = Stage::new(93, "");
    let mut bot = stage.start(&["BTC", "--hold-time", "600"]);
    bot.until("P&L: ");
    bot.kill();
    stage.venues.strike(Venue::Lighter, Strike::State(State::Maintenance, Duration::from_secs(8)));
    let mut next = stage.start(&["BTC", "--cooldown", "60"]);
    next.until("Lighter takes no orders at all");
    next.until("Closing postponed");
    next.until("✓ Lighter closed");
    next.stop().expect(0, &["Paradex flat, Lighter flat"]);
    assert!(stage.is_flat());
}

#[test]
fn the_healthy_leg_is_closed_after_a_minute_where_the_operator_wants_that() {
    let mut stage = Stage::new(92, "");
    stage.set("HEDGE_ON_VENUE_DOWN", "flatten");
    let mut bot = stage.start(&["BTC", "--hold-time", "600", "--cooldown", "60"]);
    bot.until("Opened Successfully");
    stage.venues.close(Venue::Paradex);
    assert!(!bot.saw(&["Lighter closed"], Duration::from_secs(50)), "closed too early:\n{}", bot.text());
    bot.until("Paradex stays away: closing the other leg");
    bot.until("✓ Lighter closed");
    stage.venues.reopen(Venue::Paradex).expect("the port is free");
    bot.until("Paradex closed");
    bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
    assert!(stage.is_flat());
}
