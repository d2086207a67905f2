//! A leg that filled alone is on its way back within 50 ms of the moment the facts were there, on the wire and by the venue's
//! own account. Generous for a busy machine; what it takes on a quiet one is in BENCHMARKS.md (`fill_to_rollback`).

#[allow(dead_code, reason = "each test file uses its part of it")]
mod live;

use hedge_fast::domain::{ClientOrderId, Purpose, Venue};
use live::Stage;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const ROLLBACKS: usize = 5;
const LIMIT: Duration = Duration::from_millis(50);

/// From the moment an opening order was filled at the venue to the moment the order that takes it back is there.
fn rollbacks(venue: Venue, plan: &str) -> Vec<Duration> {
    let mut stage = Stage::with_delay(9, plan, Duration::ZERO);
    // Paradex takes three orders a second from this class of account.
    stage.set("HEDGE_RETRY_WAIT", "1");
    let bot = stage.start(&["BTC", "--cycles", "1", "--hold-time", "60", "--cooldown", "0"]);
    let mut filled: BTreeMap<u64, Instant> = BTreeMap::new();
    let mut back: BTreeMap<u64, Instant> = BTreeMap::new();
    let begun = Instant::now();
    while back.len() < ROLLBACKS {
        assert!(begun.elapsed() < Duration::from_secs(60), "only {} rollbacks:\n{}", back.len(), bot.kill());
        let orders = stage.venues.orders("BTC").expect("both venues are there");
        for order in &orders[venue] {
            let Some(cid) = order.cid.filter(|_| order.ended || order.filled.is_positive()) else { continue };
            let (cycle, purpose): (u64, Purpose) = (cycle_of(cid), cid.purpose());
            let seen = if purpose == Purpose::Open { &mut filled } else { &mut back };
            seen.entry(cycle).or_insert_with(Instant::now);
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    drop(bot);
    back.iter().filter_map(|(cycle, at)| Some(at.duration_since(*filled.get(cycle)?))).collect()
}

fn cycle_of(cid: ClientOrderId) -> u64 {
    cid.cycle().expect("an id of ours").number()
}

fn assert_prompt(venue: Venue, plan: &str) {
    let mut took = rollbacks(venue, plan);
    took.sort_unstable();
    println!("{venue}: rolled back after {took:?}");
    let median = took[took.len() / 2];
    assert!(median <= LIMIT, "{venue}: half of the rollbacks took longer than {LIMIT:?}: {took:?}");
}

#[test]
fn a_leg_that_filled_alone_is_on_its_way_back_within_fifty_milliseconds_on_either_venue() {
    assert_prompt(Venue::Paradex, "lighter on send 100% refuse 21739");
    assert_prompt(Venue::Lighter, "paradex on send 100% refuse NOT_ENOUGH_MARGIN");
}
