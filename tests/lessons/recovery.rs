//! A run that begins where another one ended in the middle: what it finds, what it believes, what it does.

use crate::stage::{LEDGER, Stage, price, qty, settings};
use hedge_fast::coordinator::journal::{HeldPair, Memory, OpenCycle, PastOrder, Record, Reservation};
use hedge_fast::coordinator::{ExitReason, Notice, OnRestart, RecoveryOutcome, Settings};
use hedge_fast::domain::{ClientOrderId, CycleId, OrderIntent, PerVenue, Purpose, Qty, Side, Venue};
use hedge_fast::venue::{OrderAnswer, TradingState, VenueReport};
use std::time::Duration;

const SIZE: &str = "0.00098";

fn cycle() -> CycleId {
    CycleId::new(LEDGER, 9).expect("in range")
}

fn opening(venue: Venue) -> OrderIntent {
    OrderIntent {
        cid: ClientOrderId::new(cycle(), venue, Purpose::Open, 0).expect("in range"),
        venue,
        purpose: Purpose::Open,
        side: if venue == Venue::Paradex { Side::Buy } else { Side::Sell },
        qty: qty(SIZE),
        bound: price("100000"),
        valid_for: Duration::from_secs(2),
    }
}

/// A cycle of which the ledger knows these openings, with their ends.
fn memory(ends: PerVenue<Option<Option<&str>>>, held: bool) -> Memory {
    let mut open = OpenCycle {
        id: cycle(),
        wish: Reservation { reverse: false, valid_for: Duration::from_secs(2) },
        orders: Vec::new(),
        held: None,
        net: PerVenue::default(),
    };
    for venue in Venue::ALL {
        let Some(ended) = ends[venue] else { continue };
        let (intent, ended) = (opening(venue), ended.map(qty));
        open.net[venue] = intent.side.signed(ended.unwrap_or_default());
        open.orders.push(PastOrder { intent, fills: Vec::new(), ended });
    }
    if held {
        let entries = PerVenue { paradex: price("100000"), lighter: price("100000") };
        open.held = Some(HeldPair { qty: qty(SIZE), entries, age: Duration::from_secs(20) });
    }
    Memory { ledger: LEDGER, cycles: vec![open], ..Memory::default() }
}

fn both(end: Option<&'static str>) -> PerVenue<Option<Option<&'static str>>> {
    PerVenue { paradex: Some(end), lighter: Some(end) }
}

/// Time passes; whatever is asked about an order is answered by the venues' truth.
fn answer(stage: &mut Stage, truth: impl Fn(ClientOrderId) -> Option<Qty>, seconds: u64) {
    for _ in 0..seconds * 10 {
        for cid in std::mem::take(&mut stage.asked) {
            let answer = match truth(cid) {
                Some(filled) => OrderAnswer::Ended { filled, average: None, reason: "closed".to_owned() },
                None => OrderAnswer::NotFound,
            };
            let asked = stage.now;
            stage.report(cid.venue(), VenueReport::OrderAnswer { cid, asked, answer });
        }
        for venue in Venue::ALL {
            stage.quote(venue, "100000", "100001");
        }
        stage.pass(Duration::from_millis(100));
    }
}

fn start(settings: Settings, memory: Memory, positions: (&str, &str)) -> Stage {
    let mut stage = Stage::new(settings, memory);
    stage.positions = PerVenue { paradex: qty(positions.0), lighter: qty(positions.1) };
    stage.up();
    stage
}

fn outcome(stage: &Stage) -> Option<RecoveryOutcome> {
    stage.notices.iter().find_map(|notice| match notice {
        Notice::Recovered { outcome, .. } => Some(*outcome),
        _ => None,
    })
}

fn adopting() -> Settings {
    Settings { on_restart: OnRestart::Adopt, ..settings() }
}

#[test]
fn a_whole_pair_is_adopted_for_the_rest_of_its_hold() {
    let mut stage = start(adopting(), memory(both(Some(SIZE)), true), (SIZE, "-0.00098"));
    answer(&mut stage, |_| None, 6);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Adopted));
    assert!(stage.sent.is_empty(), "it is held");
    answer(&mut stage, |_| None, 36);
    assert_eq!(stage.count(Purpose::Close), 2, "forty of its sixty seconds were left");
    assert!(stage.sent.iter().all(|order| order.cid.cycle() != Some(cycle())), "closed under new ids");
}

#[test]
fn by_default_a_whole_pair_is_closed_at_once_and_its_cycle_is_finished() {
    let mut stage = start(settings(), memory(both(Some(SIZE)), true), (SIZE, "-0.00098"));
    answer(&mut stage, |_| None, 4);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Closing));
    assert_eq!(stage.count(Purpose::Close), 2);
    for venue in Venue::ALL {
        let close = stage.last(venue);
        stage.complete(&close);
    }
    answer(&mut stage, |_| None, 1);
    let finished = |record: &Record| matches!(record, Record::Finished { cycle: of, .. } if *of == cycle());
    assert_eq!(stage.records.iter().filter(|record| finished(record)).count(), 1);
    answer(&mut stage, |_| None, 2);
    assert_eq!(stage.count(Purpose::Open), 2, "and the run goes on with its own cycle");
}

#[test]
fn orders_the_crash_swallowed_are_found_by_their_reserved_ids() {
    // Nothing but the reservation is on record, yet both legs were sent and one filled.
    let mut stage = start(settings(), memory(PerVenue::default(), false), ("0", "-0.00098"));
    let lighter = opening(Venue::Lighter).cid;
    answer(&mut stage, |cid| (cid == lighter).then(|| qty(SIZE)), 8);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Unwinding));
    let back = stage.last(Venue::Lighter);
    assert_eq!((back.purpose, back.side, back.qty), (Purpose::Flatten, Side::Buy, qty(SIZE)));
    let found = |record: &Record| matches!(record, Record::Sent(order) if order.cid == lighter && order.qty == qty(SIZE));
    assert!(stage.records.iter().any(found), "and get into the record");
}

#[test]
fn an_order_of_the_dead_process_is_not_given_up_before_its_validity_has_passed() {
    let mut stage = start(settings(), memory(both(None), false), ("0", "0"));
    let begun = stage.now;
    answer(&mut stage, |_| None, 1);
    assert_eq!(outcome(&stage), None, "it may still arrive");
    answer(&mut stage, |_| None, 6);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Flat));
    assert!(stage.now.since(begun) >= Duration::from_secs(3));
}

#[test]
fn a_leg_that_was_closed_without_a_record_is_taken_from_the_venue() {
    // On record both legs are open; the crash swallowed that one was closed.
    let mut stage = start(settings(), memory(both(Some(SIZE)), true), ("0", "-0.00098"));
    answer(&mut stage, |_| None, 12);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Unwinding));
    assert_eq!(stage.last(Venue::Lighter).qty, qty(SIZE));
    assert!(stage.sent.iter().all(|order| order.venue == Venue::Lighter));
}

#[test]
fn what_our_openings_cannot_have_made_is_not_ours() {
    let mut stage = start(settings(), memory(both(Some(SIZE)), true), ("0.5", "-0.00098"));
    answer(&mut stage, |_| None, 12);
    assert!(stage.has(|notice| matches!(notice, Notice::ForeignPosition { venue: Venue::Paradex, .. })));
    assert!(stage.sent.is_empty());
    assert_eq!(stage.exit, Some(ExitReason::Exposure), "our own legs are still open");
}

#[test]
fn a_recovery_begins_with_an_alarm_and_waits_for_a_venue_as_long_as_it_takes() {
    let mut stage = Stage::new(settings(), memory(both(Some(SIZE)), true));
    stage.positions = PerVenue { paradex: qty(SIZE), lighter: qty("-0.00098") };
    assert!(stage.has(|notice| matches!(notice, Notice::Recovering { sent: true, .. })));
    stage.up_at(Venue::Paradex);
    stage.pass(Duration::from_secs(300));
    assert_eq!(stage.exit, None, "something may be open: no time limit");
    let alarms = stage.notices.iter().filter(|notice| matches!(notice, Notice::NakedAlarm { .. })).count();
    assert!(alarms > 20, "{alarms} alarms in five minutes");
    assert!(stage.sent.is_empty(), "the leg within reach is the hedge of the other");
    stage.up_at(Venue::Lighter);
    answer(&mut stage, |_| None, 2);
    assert_eq!(stage.count(Purpose::Close), 2);
}

#[test]
fn a_pair_stays_hedged_while_one_venue_takes_no_orders_after_a_restart() {
    let mut stage = Stage::new(settings(), memory(both(Some("0.0005")), false));
    stage.positions = PerVenue { paradex: qty("0.0005"), lighter: qty("-0.0005") };
    stage.report(Venue::Lighter, VenueReport::Trading(TradingState::Closed("maintenance".to_owned())));
    stage.up();
    answer(&mut stage, |_| None, 30);
    assert!(stage.sent.is_empty());
    assert!(stage.has(|notice| matches!(notice, Notice::ClosePostponed(Venue::Lighter))));
    stage.report(Venue::Lighter, VenueReport::Trading(TradingState::Open));
    answer(&mut stage, |_| None, 3);
    assert_eq!(stage.sent.len(), 2);
}

#[test]
fn naked_time_counts_across_restarts() {
    let known = Memory { naked_for: Some(Duration::from_secs(90)), ..memory(both(Some(SIZE)), false) };
    let stage = Stage::new(settings(), known);
    let told = stage.notices.iter().find_map(|notice| match notice {
        Notice::NakedAlarm { since, .. } => Some(*since),
        _ => None,
    });
    assert_eq!(told, Some(Duration::from_secs(90)), "at once, not after five more seconds");
}

#[test]
fn without_reserved_ids_nothing_opens_and_a_ledger_that_fails_keeps_nobody_from_closing() {
    let mut stage = Stage::without_ids(settings(), Memory { ledger: LEDGER, ..Memory::default() });
    stage.up();
    answer(&mut stage, |_| None, 15);
    assert!(stage.sent.is_empty());
    let mut failing = Stage::without_ids(settings(), memory(both(Some(SIZE)), true));
    failing.positions = PerVenue { paradex: qty(SIZE), lighter: qty("-0.00098") };
    failing.event(disk_full());
    failing.up();
    answer(&mut failing, |_| None, 4);
    assert_eq!(failing.count(Purpose::Flatten), 2, "spare ids all flatten");
}

#[test]
fn a_swallowed_order_is_put_on_record_before_its_fills() {
    let mut stage = start(settings(), memory(PerVenue::default(), false), ("0.00098", "0"));
    let order = opening(Venue::Paradex);
    stage.positions.paradex = Qty::ZERO;
    let fill = stage.execute(&order, SIZE);
    stage.report(Venue::Paradex, VenueReport::Filled(fill));
    answer(&mut stage, |cid| (cid == order.cid).then(|| qty(SIZE)), 8);
    let mut book = hedge_fast::coordinator::journal::Book::new();
    let wish = Reservation { reverse: false, valid_for: Duration::from_secs(2) };
    let reserved = Record::Reserved { cycle: cycle(), wish };
    for record in std::iter::once(&reserved).chain(&stage.records) {
        book.apply(&hedge_fast::coordinator::journal::Entry {
            at: hedge_fast::domain::Wall(0),
            record: record.clone(),
        });
    }
    let known = book.memory(LEDGER, hedge_fast::domain::Wall(0));
    let found = known.cycles.iter().find(|open| open.id == cycle()).expect("its cycle is open");
    assert_eq!(found.net.paradex, qty(SIZE));
    assert_eq!(found.orders[0].fills.len(), 1, "with its fill, so that a bust of it can be subtracted");
}

#[test]
fn where_one_attempt_was_swallowed_the_next_one_is_looked_for_too() {
    // Both closes of a leg were sent and filled in part; nothing of that is on record.
    let mut stage = start(settings(), memory(both(Some(SIZE)), true), ("0.00028", "-0.00098"));
    let close = |attempt| ClientOrderId::new(cycle(), Venue::Paradex, Purpose::Close, attempt);
    let truth = |cid| match Some(cid) {
        cid if cid == close(0) => Some(qty("0.0004")),
        cid if cid == close(1) => Some(qty("0.0003")),
        _ => None,
    };
    answer(&mut stage, truth, 10);
    let unwound = stage.sent.iter().find(|order| order.venue == Venue::Paradex).map(|order| order.qty);
    assert_eq!(unwound, Some(qty("0.00028")));
    assert!(
        !stage.has(|notice| matches!(notice, Notice::PositionMismatch { .. })),
        "nothing had to be guessed"
    );
}

/// Whether every order that was sent has an id of its own and none that `truth` knows already.
fn fresh(stage: &Stage, used: &[ClientOrderId]) -> bool {
    let mut seen = used.to_vec();
    stage.sent.iter().all(|order| {
        let new = !seen.contains(&order.cid);
        seen.push(order.cid);
        new
    })
}

fn disk_full() -> hedge_fast::coordinator::Event {
    hedge_fast::coordinator::Event::Ledger(hedge_fast::coordinator::journal::LedgerReport::Failing(
        "disk full".to_owned(),
    ))
}

#[test]
fn ids_that_were_used_while_nothing_could_be_written_are_found_and_not_used_again() {
    // The run before this one found the disk full, closed a part with the first spare ids, and was killed.
    let spare = |venue| {
        let attempt = ClientOrderId::ATTEMPTS / 2;
        ClientOrderId::new(cycle(), venue, Purpose::Flatten, attempt).expect("in range")
    };
    let used = Venue::ALL.map(spare);
    let mut stage = Stage::without_ids(settings(), memory(both(Some(SIZE)), true));
    stage.positions = PerVenue { paradex: qty("0.0005"), lighter: qty("-0.0005") };
    stage.event(disk_full());
    stage.up();
    answer(&mut stage, |cid| used.contains(&cid).then(|| qty("0.00048")), 12);
    assert!(stage.sent.len() >= 2, "{:?}", stage.sent);
    assert!(stage.sent.iter().all(|order| order.qty == qty("0.0005")), "{:?}", stage.sent);
    assert!(fresh(&stage, &used), "{:?}", stage.sent);
    assert!(
        !stage.has(|notice| matches!(notice, Notice::PositionMismatch { .. })),
        "nothing had to be guessed"
    );
}

#[test]
fn spare_ids_on_record_are_not_used_again_either() {
    let mut known = memory(both(Some(SIZE)), true);
    let spare = ClientOrderId::new(cycle(), Venue::Paradex, Purpose::Flatten, ClientOrderId::ATTEMPTS / 2);
    let cid = spare.expect("in range");
    let (purpose, side) = (Purpose::Flatten, Side::Sell);
    let intent = OrderIntent { cid, purpose, side, ..opening(Venue::Paradex) };
    known.cycles[0].orders.push(PastOrder { intent, fills: Vec::new(), ended: Some(Qty::ZERO) });
    let mut stage = Stage::without_ids(settings(), known);
    stage.positions = PerVenue { paradex: qty(SIZE), lighter: qty("-0.00098") };
    stage.event(disk_full());
    stage.up();
    answer(&mut stage, |_| None, 12);
    assert!(stage.sent.len() >= 2, "{:?}", stage.sent);
    assert!(fresh(&stage, &[cid]), "{:?}", stage.sent);
}

#[test]
fn that_a_pair_was_held_may_have_been_swallowed_together_with_its_close() {
    let mut stage = start(settings(), memory(both(Some(SIZE)), false), ("0", "0"));
    let closes = Venue::ALL.map(|venue| ClientOrderId::new(cycle(), venue, Purpose::Close, 0));
    answer(&mut stage, |cid| closes.contains(&Some(cid)).then(|| qty(SIZE)), 12);
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Flat));
    for close in closes.into_iter().flatten() {
        let found = |record: &Record| matches!(record, Record::Sent(order) if order.cid == close);
        assert!(stage.records.iter().any(found), "{close} gets into the record");
    }
}

#[test]
fn where_a_close_was_swallowed_what_came_after_it_is_looked_for_too() {
    // A close filled in part, and an order that flattened the rest; nothing of either is on record.
    let mut stage = start(settings(), memory(both(Some(SIZE)), true), ("0", "-0.00098"));
    let order = |purpose| ClientOrderId::new(cycle(), Venue::Paradex, purpose, 0);
    let (close, flatten) = (order(Purpose::Close), order(Purpose::Flatten));
    let truth = |cid| match Some(cid) {
        cid if cid == close => Some(qty("0.0004")),
        cid if cid == flatten => Some(qty("0.00058")),
        _ => None,
    };
    answer(&mut stage, truth, 12);
    assert!(
        !stage.has(|notice| matches!(notice, Notice::PositionMismatch { .. })),
        "nothing had to be guessed"
    );
    assert!(stage.sent.iter().all(|order| order.venue == Venue::Lighter));
}

#[test]
fn many_questions_are_asked_at_a_pace_the_venues_bear() {
    let mut known = memory(PerVenue::default(), false);
    for count in 10..16 {
        let id = CycleId::new(LEDGER, count).expect("in range");
        known.cycles.push(OpenCycle { id, ..known.cycles[0].clone() });
    }
    let mut stage = start(settings(), known, ("0", "0"));
    let (mut second, mut most, mut all) = (0, 0, 0);
    for tenth in 0..200 {
        second = if tenth % 10 == 0 { 0 } else { second };
        // Answered at once: nothing but the pace holds questions back.
        for _ in 0..20 {
            for cid in std::mem::take(&mut stage.asked) {
                (second, all) = (second + 1, all + 1);
                let (asked, answer) = (stage.now, OrderAnswer::NotFound);
                stage.report(cid.venue(), VenueReport::OrderAnswer { cid, asked, answer });
            }
        }
        most = most.max(second);
        stage.pass(Duration::from_millis(100));
    }
    assert!(all >= 50, "{all} questions");
    assert!(most <= 24, "{most} questions in a second");
    assert_eq!(outcome(&stage), Some(RecoveryOutcome::Flat));
}
