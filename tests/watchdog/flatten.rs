//! `hedge-fast flatten BTC`: whatever stands is brought to zero, whoever opened it; never beside a bot.

use super::live::Stage;
use super::{HOLD, SOON, holding};
use hedge_fast::domain::Venue;
use hedge_fast::sim::faults::Strike;

#[test]
fn a_naked_position_nobody_knows_is_brought_to_zero() {
    let stage = Stage::new(61, "");
    stage.venues.strike(Venue::Lighter, Strike::ForeignTrade);
    stage.wait_for("naked", SOON, |both| !both.lighter.is_zero());
    stage.run(&HOLD).expect(3, &["already holds a position"]);
    stage.run(&["flatten", "BTC"]).expect(0, &["Exit 0"]);
    assert!(stage.is_flat(), "{:?}", stage.positions());
}

#[test]
fn a_hedged_pair_is_brought_to_zero_but_not_beside_its_bot() {
    let stage = Stage::new(62, "");
    let bot = holding(&stage);
    stage.run(&["flatten", "BTC"]).expect(2, &["another hedge-fast"]);
    assert!(!stage.is_flat());
    bot.kill();
    stage.run(&["flatten", "BTC"]).expect(0, &["Exit 0"]);
    assert!(stage.is_flat(), "{:?}", stage.positions());
    stage.run(&["BTC", "--cycles", "1", "--hold-time", "0"]).expect(0, &["Opened Successfully"]);
}
