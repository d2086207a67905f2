//! The watchdog and the `flatten` verb, as the real program beside the real program: who acts, who does not, who is refused.

#[path = "../live/mod.rs"]
#[allow(dead_code, reason = "each test file uses its part of it")]
mod live;

mod flatten;
mod telegram;

use hedge_fast::domain::{Qty, Venue};
use hedge_fast::sim::faults::{State, Strike};
use live::{Running, Stage, truth};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(40);
const HOLD: [&str; 3] = ["BTC", "--hold-time", "600"];

/// Looks every second, with the least patience.
fn watchdog(stage: &Stage) -> Running {
    let patience = ["--naked-seconds", "2", "--silence-seconds", "3", "--poll-seconds", "1"];
    let mut watchdog = stage.start(&[&["watchdog", "BTC"][..], &patience].concat());
    watchdog.until("Watchdog of BTC");
    watchdog
}

fn holding(stage: &Stage) -> Running {
    let mut bot = stage.start(&HOLD);
    // A second later it is on record, too.
    bot.until("P&L: ");
    bot
}

fn flattened(stage: &Stage) {
    stage.wait_for("flat", SOON, |both| both.all(|qty| qty.is_zero()));
}

#[test]
fn a_bot_that_died_while_it_held_a_pair_is_buried_and_the_alarm_reaches_people() {
    let (mut stage, people) = (Stage::new(51, ""), telegram::serve());
    let watchdog = {
        let (url, watched) = (format!("http://{}", people.addr()), &mut stage);
        watched.set("TELEGRAM_BOT_TOKEN", "700:token");
        watched.set("TELEGRAM_CHAT_ID", "42");
        watched.set("TELEGRAM_API_URL", &url);
        watchdog(watched)
    };
    holding(&stage).kill();
    flattened(&stage);
    std::thread::sleep(Duration::from_millis(1_500));
    watchdog.stop().expect(0, &["the bot has been gone for", "flattening both sides", "Exit 0"]);
    let told = telegram::texts(&people);
    for words in ["gone", "flat"] {
        assert!(told.iter().any(|text| text.contains(words)), "no \"{words}\" in {told:?}");
    }
    assert_eq!(truth::differences(&stage, &["BTC"]), Vec::<String>::new());
    // Nothing is left to recover, and nothing was opened twice.
    stage.run(&["BTC", "--cycles", "1", "--hold-time", "1"]).expect(0, &["Opened Successfully"]);
}

#[test]
fn a_bot_that_hangs_is_ended_and_replaced() {
    let stage = Stage::new(52, "");
    let watchdog = watchdog(&stage);
    let mut bot = holding(&stage);
    bot.signal("STOP");
    flattened(&stage);
    let pid = bot.pid();
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(!bot.is_running(), "a bot that was only asleep would wake up and trade");
    let ending = format!("ending the bot (process {pid}) at once");
    watchdog.stop().expect(0, &["runs without a sign of life", &ending]);
    assert_eq!(truth::differences(&stage, &["BTC"]), Vec::<String>::new());
}

#[test]
fn a_position_without_counterpart_and_without_a_bot_is_closed() {
    let stage = Stage::new(53, "");
    let watchdog = watchdog(&stage);
    stage.venues.strike(Venue::Paradex, Strike::ForeignTrade);
    stage.wait_for("naked", SOON, |both| !both.paradex.is_zero());
    flattened(&stage);
    watchdog.stop().expect(0, &["a position has had no counterpart for 2s", "flattening both sides"]);
}

#[test]
fn a_healthy_bot_with_a_hedged_pair_is_never_interfered_with() {
    let stage = Stage::new(54, "");
    let watchdog = watchdog(&stage);
    let mut bot = holding(&stage);
    let before = stage.venues.orders("BTC").expect("both venues are there");
    std::thread::sleep(Duration::from_secs(15));
    assert_eq!(stage.venues.orders("BTC"), Some(before), "somebody sent an order");
    assert!(bot.is_running());
    let said = watchdog.stop();
    said.expect(0, &["Exit 0"]);
    assert_eq!(said.count("WATCHDOG"), 0, "{}", said.text);
    bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
}

#[test]
fn a_bot_that_starts_while_the_watchdog_acts_is_refused_and_one_that_starts_between_its_looks_is_not() {
    let stage = Stage::new(55, "");
    let mut watchdog = watchdog(&stage);
    // Looks at a free lock are no obstacle, whenever they come.
    for _ in 0..3 {
        stage.run(&["BTC", "--cycles", "1", "--hold-time", "0", "--cooldown", "0"]).expect(0, &["Exit 0"]);
    }
    holding(&stage).kill();
    stage.venues.strike(Venue::Paradex, Strike::State(State::Maintenance, Duration::from_secs(12)));
    watchdog.until("flattening both sides");
    stage.run(&HOLD).expect(2, &["another hedge-fast"]);
    assert_ne!(stage.positions().paradex, Qty::ZERO, "the venue was to be away");
    flattened(&stage);
    watchdog.stop().expect(0, &["Exit 0"]);
}

#[test]
fn a_bot_that_came_back_recovers_by_itself_and_is_not_ended() {
    let stage = Stage::new(56, "");
    let mut watchdog = watchdog(&stage);
    holding(&stage).kill();
    watchdog.until("the bot has been gone for");
    let mut bot = stage.start(&[&HOLD[..], &["--on-restart", "adopt"]].concat());
    bot.until("the pair is whole and is held on");
    std::thread::sleep(Duration::from_secs(6));
    assert!(bot.is_running() && !stage.is_flat(), "{}", bot.text());
    let said = watchdog.stop();
    said.expect(0, &["Exit 0"]);
    assert_eq!(said.count("flattening") + said.count("ending the bot"), 0, "{}", said.text);
    bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
}
