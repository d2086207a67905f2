//! Two bots, two markets, one pair of accounts, one ledger, at the same time.

use super::live::{Stage, truth};
use std::time::Duration;

#[test]
fn two_markets_share_accounts_and_ledger_and_never_a_number_even_when_both_are_killed() {
    let mut stage = Stage::new(77, "");
    stage.set("LIGHTER_SKIP_NONCE", "true");
    // Without a pause two bots need more than the three orders a second of a retail account when a nonce of one overtakes that
    // of the other and a leg is rolled back.
    let start = |market| stage.start(&[market, "--hold-time", "1", "--cooldown", "2"]);
    let (mut btc, mut eth) = (start("BTC"), start("ETH"));
    for _ in 0..2 {
        btc.until("Opened Successfully");
        eth.until("Opened Successfully");
    }
    drop(btc.kill());
    drop(eth.kill());
    let (mut btc, mut eth) = (start("BTC"), start("ETH"));
    btc.until("Recovered: ");
    eth.until("Recovered: ");
    btc.until("=== Opening");
    eth.until("=== Opening");
    std::thread::sleep(Duration::from_millis(300));
    for bot in [btc, eth] {
        bot.stop().expect(0, &["Paradex flat, Lighter flat"]);
    }
    for market in ["BTC", "ETH"] {
        assert!(stage.venues.positions(market).is_some_and(|both| both.all(|qty| qty.is_zero())));
        assert_eq!(truth::broken(&stage, market), Vec::<String>::new());
    }
    assert_eq!(truth::differences(&stage, &["BTC", "ETH"]), Vec::<String>::new());
}
