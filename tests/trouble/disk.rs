//! A ledger that cannot grow: nothing new is opened, what is held is closed. A state folder that cannot be written: no start.

use super::live::{Running, Stage, ledger_file};
use std::time::Duration;

const BOT: [&str; 5] = ["BTC", "--hold-time", "1", "--cooldown", "0"];

/// Room for a growing file, in KiB, chosen so that the ledger meets it in different phases.
const ROOMS: [u64; 4] = [30, 70, 150, 260];

#[test]
fn a_ledger_without_room_stops_openings_and_no_closing() {
    for room in ROOMS {
        let stage = Stage::new(81, "");
        stage.run(&["BTC", "--cycles", "1", "--hold-time", "0", "--cooldown", "0"]).expect(0, &["Exit 0"]);
        let size = std::fs::metadata(ledger_file(&stage.state())).expect("a ledger").len();
        let limit = size / 1_024 + room;
        let limited = format!(r#"ulimit -f {limit}; exec "$0" "$@""#);
        let mut bot = Running::start(stage.script(&limited, &BOT));
        bot.until("The ledger cannot be written");
        // Whatever was open at that moment is closed in its time.
        std::thread::sleep(Duration::from_millis(4_000));
        assert!(stage.is_flat(), "room {room}: {:?}", stage.positions());
        let ended = bot.stop();
        ended.expect(0, &["nothing is opened until it can", "Paradex flat, Lighter flat"]);
        let (_, after) = ended.text.split_once("The ledger cannot be written").expect("it said so");
        assert!(!after.contains("=== Opening"), "room {room}: opened without a record:\n{}", ended.text);
        // With room again, what could not be recorded is found at the venues.
        stage.run(&["BTC", "--cycles", "1", "--hold-time", "0"]).expect(0, &["Opened Successfully"]);
        assert!(stage.is_flat());
    }
}

#[test]
fn a_state_folder_that_cannot_be_written_is_named_and_nothing_is_sent() {
    let mut stage = Stage::new(82, "");
    // Nobody can make a folder there, not even root.
    stage.set("HEDGE_STATE_DIR", "/proc/hedge-fast");
    stage.run(&BOT).expect(2, &["cannot lock /proc/hedge-fast", "HEDGE_STATE_DIR"]);
    // The locks can be kept and the ledger cannot.
    let state = stage.folder.path().join("half");
    std::fs::create_dir(&state).expect("made");
    std::fs::write(state.join("ledger"), "a file where a folder should be").expect("written");
    stage.set("HEDGE_STATE_DIR", state.to_str().expect("text"));
    let ended = stage.run(&BOT);
    ended.expect(3, &["ledger"]);
    let orders = stage.venues.orders("BTC").expect("both venues are there");
    assert!(orders.all(Vec::is_empty), "{orders:?}");
}
