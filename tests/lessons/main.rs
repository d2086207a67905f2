//! What the Python predecessor got wrong, one test for each of its known bugs, and the incidents of its peers.

mod ahead;
mod busts;
mod recovery;
mod stage;

use hedge_fast::coordinator::journal::{Memory, Record};
use hedge_fast::coordinator::{Event, ExitReason, GateRefusal, Notice, Settings, Stop};
use hedge_fast::domain::{MarketSpec, PerVenue, Purpose, Qty, QuoteFault, Side, Usd, Venue};
use hedge_fast::venue::{OrderAnswer, Reaction, TradingState, VenueReport};
use stage::{Stage, price, qty, settings};
use std::time::Duration;

const PARADEX: Venue = Venue::Paradex;
const LIGHTER: Venue = Venue::Lighter;

fn opened() -> Stage {
    let mut stage = Stage::new(settings(), Memory::default());
    stage.up();
    assert_eq!(stage.sent.len(), 2, "both legs leave at once");
    stage
}

/// A pair of 0.00098 is held.
fn held() -> Stage {
    let mut stage = opened();
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    assert!(stage.has(|notice| matches!(notice, Notice::PairOpened)));
    stage
}

#[test]
fn lesson_1_opening_orders_cross_the_touch_so_that_they_can_fill() {
    let stage = opened();
    assert!(stage.last(PARADEX).bound > price("100001"), "a buy reaches beyond the best ask");
    assert!(stage.last(LIGHTER).bound < price("100000"), "a sell reaches beyond the best bid");
}

#[test]
fn lesson_2_a_leg_that_times_out_takes_the_other_back_and_stacks_nothing() {
    for silent in Venue::ALL {
        let mut stage = opened();
        let (lost, good) = (stage.last(silent), stage.last(silent.other()));
        stage.complete(&good);
        stage.report(silent, VenueReport::OrderUnknown { cid: lost.cid, cause: "no answer".to_owned() });
        stage.pass(Duration::from_secs(10));
        assert_eq!(stage.count(Purpose::Open), 2, "nothing is opened while one outcome is unknown");
        let answer =
            VenueReport::OrderAnswer { cid: lost.cid, asked: stage.now, answer: OrderAnswer::NotFound };
        stage.report(silent, answer);
        let back = stage.last(silent.other());
        assert_eq!((back.purpose, back.qty), (Purpose::Unwind, good.qty));
        stage.complete(&back);
        stage.pass(Duration::from_secs(2));
        assert!(stage.has(|notice| matches!(notice, Notice::OpeningFailed { .. })));
    }
}

#[test]
fn lesson_3_a_partial_leg_brings_the_full_one_down_to_its_size() {
    for partial in Venue::ALL {
        let mut stage = opened();
        let (part, whole) = (stage.last(partial), stage.last(partial.other()));
        stage.complete(&whole);
        stage.fill(&part, "0.0004");
        stage.end(&part, "0.0004");
        let cut = stage.last(partial.other());
        assert_eq!((cut.purpose, cut.qty), (Purpose::Unwind, whole.qty - qty("0.0004")));
        stage.complete(&cut);
        stage.pass(Duration::from_secs(2));
        assert!(stage.has(|notice| matches!(notice, Notice::PairOpened)), "the smaller pair is held");
    }
}

#[test]
fn lesson_4_a_timeout_without_a_size_is_asked_about_and_its_fills_count() {
    let mut stage = opened();
    let (lost, good) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&good);
    stage.execute(&lost, "0.0005");
    stage.pass(Duration::from_secs(4));
    assert!(stage.cancelled.contains(&lost.cid) && stage.asked.contains(&lost.cid));
    for _ in 0..2 {
        let answer = OrderAnswer::Ended { filled: qty("0.0005"), average: None, reason: "closed".to_owned() };
        let asked = stage.now;
        stage.report(PARADEX, VenueReport::OrderAnswer { cid: lost.cid, asked, answer });
        stage.pass(Duration::from_secs(1));
    }
    let cut = stage.last(LIGHTER);
    assert_eq!((cut.purpose, cut.qty), (Purpose::Unwind, good.qty - qty("0.0005")));
}

#[test]
fn lesson_5_an_order_that_may_still_fill_is_never_taken_for_dead() {
    let mut stage = opened();
    let (late, good) = (stage.last(LIGHTER), stage.last(PARADEX));
    stage.complete(&good);
    // Asked before its validity has passed, "not found" proves nothing.
    stage.report(LIGHTER, VenueReport::OrderUnknown { cid: late.cid, cause: "no answer".to_owned() });
    let asked = stage.now;
    stage.report(LIGHTER, VenueReport::OrderAnswer { cid: late.cid, asked, answer: OrderAnswer::NotFound });
    assert_eq!(stage.count(Purpose::Unwind), 0, "the good leg is the hedge of whatever the late one does");
    stage.complete(&late);
    assert!(stage.has(|notice| matches!(notice, Notice::PairOpened)));
}

#[test]
fn lesson_6_an_unknown_outcome_is_never_answered_with_a_second_order() {
    let mut stage = opened();
    for venue in Venue::ALL {
        let cid = stage.last(venue).cid;
        stage.report(venue, VenueReport::OrderUnknown { cid, cause: "exception".to_owned() });
    }
    for _ in 0..30 {
        stage.pass(Duration::from_secs(1));
    }
    assert_eq!(stage.sent.len(), 2);
    assert!(stage.has(|notice| matches!(notice, Notice::NakedAlarm { .. })), "and people know");
}

#[test]
fn lesson_7_closing_and_rolling_back_reduce_only_and_never_more_than_is_there() {
    let mut stage = held();
    stage.pass(Duration::from_secs(61));
    for venue in Venue::ALL {
        let close = stage.last(venue);
        assert_eq!(close.purpose, Purpose::Close);
        assert!(close.purpose.reduce_only());
        // A partial close: the next order asks for the rest, not for the whole again.
        stage.fill(&close, "0.0003");
        stage.end(&close, "0.0003");
        let rest = stage.last(venue);
        assert_eq!(rest.qty, close.qty - qty("0.0003"));
        stage.complete(&rest);
    }
    stage.pass(Duration::from_secs(2));
    assert_eq!(stage.exit, Some(ExitReason::Done));
}

#[test]
fn lesson_8_a_close_that_fails_is_repeated_and_no_cycle_begins_on_its_residue() {
    let mut stage = Stage::new(Settings { cycles: Some(2), ..settings() }, Memory::default());
    stage.up();
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    stage.pass(Duration::from_secs(61));
    let (paradex, lighter) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&lighter);
    stage.refuse(&paradex, Reaction::Unknown);
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.count(Purpose::Open), 2, "no new pair on top of the old leg");
    let again = stage.last(PARADEX);
    assert_ne!(again.cid, paradex.cid);
    stage.complete(&again);
    for venue in Venue::ALL {
        stage.quote(venue, "100000", "100001");
    }
    stage.pass(Duration::from_secs(3));
    assert_eq!(stage.count(Purpose::Open), 4, "the next pair follows once both are flat");
}

#[test]
fn lesson_8_a_close_that_can_never_be_had_ends_in_a_repeated_alarm_and_exit_5() {
    let mut stage = held();
    stage.pass(Duration::from_secs(61));
    let lighter = stage.last(LIGHTER);
    stage.complete(&lighter);
    let mut refused = 0;
    while refused < 40 && !stage.has(|notice| matches!(notice, Notice::Halted { .. })) {
        let order = stage.last(PARADEX);
        stage.refuse(&order, Reaction::Unknown);
        stage.pass(Duration::from_secs(2));
        refused += 1;
    }
    let bounds: Vec<_> =
        stage.sent.iter().filter(|order| order.venue == PARADEX).map(|order| order.bound).collect();
    assert!(bounds.last() < bounds.get(1), "later attempts reach further");
    stage.pass(Duration::from_secs(40));
    let halts = stage.notices.iter().filter(|notice| matches!(notice, Notice::Halted { .. })).count();
    assert!(halts >= 5, "repeated while the halt stands: {halts}");
    assert_eq!(stage.exit, Some(ExitReason::Exposure));
}

#[test]
fn lesson_9_without_a_fill_price_the_entry_is_the_bound_and_stops_stay_on() {
    let mut stage = opened();
    let (silent, good) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&good);
    let size = silent.qty.to_string();
    stage.execute(&silent, &size);
    stage.end(&silent, &size);
    for _ in 0..3 {
        stage.pass(Duration::from_secs(1));
        let (asked, cid) = (stage.now, silent.cid);
        let answer = OrderAnswer::Ended { filled: silent.qty, average: None, reason: "closed".to_owned() };
        stage.report(PARADEX, VenueReport::OrderAnswer { cid, asked, answer });
    }
    assert!(stage.has(|notice| matches!(notice, Notice::PairOpened)));
    stage.quote(PARADEX, "98000", "98001");
    assert!(stage.has(|notice| matches!(
        notice,
        Notice::StopTriggered { venue: Venue::Paradex, stop: Stop::Loss, .. }
    )));
}

#[test]
fn lesson_10_a_feed_that_is_down_blinds_one_leg_only_and_the_hold_still_ends() {
    let mut stage = held();
    stage.no_quote(PARADEX, QuoteFault::Disconnected);
    stage.quote(LIGHTER, "102000", "102001");
    assert!(stage.has(|notice| matches!(notice, Notice::StopTriggered { venue: Venue::Lighter, .. })));
    let mut blind = held();
    for venue in Venue::ALL {
        blind.no_quote(venue, QuoteFault::Disconnected);
    }
    blind.pass(Duration::from_secs(61));
    assert_eq!(blind.count(Purpose::Close), 2, "closing uses the last good price");
    let widest = blind.last(PARADEX).bound;
    assert!(widest <= price("99000.1"), "and a wider bound: {widest}");
}

#[test]
fn lesson_11_only_fills_of_our_own_id_are_ours() {
    let mut stage = opened();
    let (mut stranger, order) = (stage.last(LIGHTER), stage.last(LIGHTER));
    stranger.cid = hedge_fast::domain::ClientOrderId::from_number(12_345).expect("in range");
    let fill = stage.execute(&stranger, "0.0005");
    stage.positions.lighter = Qty::ZERO;
    stage.report(LIGHTER, VenueReport::Filled(fill));
    assert_eq!(stage.coordinator.positions().lighter, Qty::ZERO);
    let ours = stage.execute(&order, "0.0005");
    stage.report(LIGHTER, VenueReport::Filled(ours));
    stage.report(LIGHTER, VenueReport::Filled(ours));
    assert_eq!(stage.coordinator.positions().lighter, -qty("0.0005"), "once, however often it is told");
}

#[test]
fn lesson_12_each_leg_is_measured_against_its_own_entry() {
    let mut stage = held();
    // Both legs move by half a percent: neutral, and no reason to stop at one percent.
    stage.quote(PARADEX, "100500", "100501");
    stage.quote(LIGHTER, "100500", "100501");
    stage.pass(Duration::from_secs(2));
    assert!(!stage.has(|notice| matches!(notice, Notice::StopTriggered { .. })));
    let told = stage.notices.iter().rev().find_map(|notice| match notice {
        Notice::ProfitLoss { ppm } => Some(*ppm),
        _ => None,
    });
    let ppm = told.expect("a line a second");
    // Filled at the bounds they were named with, three quarters of 0.3 % from the touch.
    assert!((2_700..2_800).contains(&ppm.paradex), "{ppm:?}");
    assert!((-7_400..-7_200).contains(&ppm.lighter), "{ppm:?}");
}

#[test]
fn lesson_13_both_legs_have_the_same_size_on_the_coarser_step_rounded_down() {
    let stage = opened();
    let (paradex, lighter) = (stage.last(PARADEX).qty, stage.last(LIGHTER).qty);
    assert_eq!(paradex, lighter);
    assert_eq!(paradex, qty("0.00098"), "0.00099999 in steps of 0.00002");
}

#[test]
fn lesson_14_nothing_opens_before_both_venues_are_ready_and_their_quotes_fresh() {
    let mut stage = Stage::new(settings(), Memory::default());
    stage.up_at(PARADEX);
    stage.pass(Duration::from_secs(5));
    assert!(stage.sent.is_empty());
    stage.up_at(LIGHTER);
    stage.pass(Duration::from_secs(2));
    assert!(stage.sent.is_empty(), "Paradex's quote is five seconds old");
    stage.pass(Duration::from_secs(4));
    assert!(stage.has(|notice| matches!(notice, Notice::NotOpening(GateRefusal::OldQuote(Venue::Paradex)))));
    stage.quote(PARADEX, "100000", "100001");
    stage.quote(LIGHTER, "100000", "100001");
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.sent.len(), 2);
}

#[test]
fn lesson_15_a_position_of_somebody_else_refuses_the_start() {
    let mut stage = Stage::new(settings(), Memory::default());
    stage.positions.paradex = qty("0.5");
    stage.up();
    assert_eq!(stage.exit, Some(ExitReason::Refused));
    assert!(stage.has(|notice| matches!(notice, Notice::ForeignPosition { venue: Venue::Paradex, .. })));
    assert!(stage.sent.is_empty());
}

#[test]
fn lesson_15_a_resting_order_of_somebody_else_refuses_the_start_too() {
    for venue in Venue::ALL {
        let mut stage = Stage::new(settings(), Memory::default());
        stage.foreign[venue] = 1;
        stage.up();
        assert_eq!(stage.exit, Some(ExitReason::Refused));
        let told =
            |notice: &Notice| matches!(notice, Notice::ForeignOrders { venue: at, count: 1 } if *at == venue);
        assert!(stage.has(told));
        assert!(stage.sent.is_empty() && stage.cancelled.is_empty());
    }
}

#[test]
fn lesson_16_a_fill_that_races_with_the_cancel_counts() {
    let mut stage = opened();
    let (racing, refused) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.refuse(&refused, Reaction::Unknown);
    assert_eq!(stage.cancelled, [racing.cid], "the other leg is cancelled at once");
    stage.fill(&racing, "0.0002");
    stage.end(&racing, "0.0002");
    let back = stage.last(PARADEX);
    assert_eq!((back.purpose, back.side, back.qty), (Purpose::Unwind, Side::Sell, qty("0.0002")));
}

#[test]
fn lesson_17_and_18_the_stops_in_force_are_the_ones_shown_and_zero_is_off() {
    let off = Settings { take_profit_ppm: None, stop_loss_ppm: Some(20_000), ..settings() };
    let mut lines = hedge_fast::observe::lines::Lines::new("BTC", off);
    let spec =
        |venue| Notice::Market { venue, contract: "X".to_owned(), tick: price("0.1"), step: qty("0.001") };
    let shown: Vec<_> = Venue::ALL.into_iter().flat_map(|venue| lines.render(&spec(venue))).collect();
    let has = |text: &str| shown.iter().any(|(_, line)| line.contains(text));
    assert!(has("Take Profit: off") && has("Stop Loss: 2%"), "{shown:?}");
}

#[test]
fn incident_1_a_leg_that_is_gone_closes_the_other_and_ends_the_run() {
    for gone in Venue::ALL {
        let mut stage = held();
        stage.positions[gone] = Qty::ZERO;
        stage.report(gone, VenueReport::Position { qty: Qty::ZERO, asked: stage.now, answer: false });
        stage.pass(Duration::from_secs(5));
        assert!(
            stage.has(|notice| matches!(notice, Notice::PositionMismatch { venue, .. } if *venue == gone))
        );
        let close = stage.last(gone.other());
        assert_eq!(close.purpose, Purpose::Close);
        assert!(stage.sent.iter().all(|order| order.venue != gone || order.purpose == Purpose::Open));
        stage.complete(&close);
        stage.pass(Duration::from_secs(5));
        assert_eq!(stage.exit, Some(ExitReason::Limit));
    }
}

#[test]
fn incident_24_what_somebody_else_added_is_left_alone() {
    let mut stage = held();
    let ours = stage.last(PARADEX).qty;
    stage.positions.paradex = ours + qty("0.5");
    let more = stage.positions.paradex;
    stage.report(PARADEX, VenueReport::Position { qty: more, asked: stage.now, answer: false });
    stage.pass(Duration::from_secs(5));
    for venue in Venue::ALL {
        let close = stage.last(venue);
        assert_eq!((close.purpose, close.qty), (Purpose::Close, ours), "ours and no more");
        stage.complete(&close);
    }
    stage.pass(Duration::from_secs(60));
    assert_eq!(stage.positions.paradex, qty("0.5"));
    assert_eq!(stage.exit, Some(ExitReason::Exposure), "there is still something open, not ours");
}

#[test]
fn dust_is_carried_shown_and_netted_into_the_next_cycle() {
    let mut stage = Stage::new(Settings { cycles: Some(2), ..settings() }, Memory::default());
    stage.up();
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    stage.pass(Duration::from_secs(61));
    let (paradex, lighter) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&paradex);
    // All but 0.00006 is closed, and the venue takes no order for so little.
    stage.fill(&lighter, "0.00092");
    stage.end(&lighter, "0.00092");
    let rest = stage.last(LIGHTER);
    assert_eq!(rest.qty, qty("0.00006"));
    stage.refuse(&rest, Reaction::ReloadMarket);
    stage.pass(Duration::from_secs(3));
    assert!(stage.has(|notice| matches!(notice, Notice::DustCarried { venue: Venue::Lighter, .. })));
    let left = PerVenue { paradex: Qty::ZERO, lighter: -qty("0.00006") };
    assert!(
        stage
            .records
            .iter()
            .any(|record| matches!(record, Record::Finished { left: kept, .. } if *kept == left))
    );
    for venue in Venue::ALL {
        stage.quote(venue, "100000", "100001");
    }
    stage.pass(Duration::from_secs(2));
    assert_eq!(stage.last(LIGHTER).qty, qty("0.00092"), "the next leg is whole with what is there already");
    assert_eq!(stage.last(PARADEX).qty, qty("0.00098"));
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    stage.pass(Duration::from_secs(61));
    assert_eq!(stage.last(LIGHTER).qty, qty("0.00098"), "and is closed whole");
}

#[test]
fn dust_is_known_to_the_next_run() {
    let mut stage = held();
    stage.pass(Duration::from_secs(61));
    let (paradex, lighter) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&paradex);
    stage.fill(&lighter, "0.00092");
    stage.end(&lighter, "0.00092");
    let rest = stage.last(LIGHTER);
    stage.refuse(&rest, Reaction::ReloadMarket);
    stage.pass(Duration::from_secs(3));

    stage.event(Event::StopRequested);
    let memory = stage.remembered();
    assert_eq!(memory.cycles, Vec::new(), "its cycle is over");
    let mut next = Stage::new(settings(), memory);
    next.positions.lighter = -qty("0.00006");
    next.up();
    assert_eq!(next.exit, None, "what an earlier cycle left is nobody else's");
    assert_eq!(next.last(LIGHTER).qty, qty("0.00092"));
    assert_eq!(next.last(PARADEX).qty, qty("0.00098"));
}

#[test]
fn what_was_opened_on_another_grid_is_closed_in_multiples_of_the_new_step() {
    let mut stage = held();
    let spec = MarketSpec { step: qty("0.00005"), ..stage::spec(LIGHTER) };
    stage.report(LIGHTER, VenueReport::Market { contract: "BTC".to_owned(), spec });
    stage.pass(Duration::from_secs(61));
    let (paradex, lighter) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&paradex);
    assert_eq!(lighter.qty, qty("0.00098"), "in one piece where the venue takes that");
    stage.refuse(&lighter, Reaction::ReloadMarket);
    stage.pass(Duration::from_secs(1));
    let close = stage.last(LIGHTER);
    assert_eq!((close.purpose, close.qty), (Purpose::Close, qty("0.00095")));
    stage.complete(&close);
    stage.pass(Duration::from_secs(3));
    assert_eq!(stage.last(LIGHTER).cid, close.cid, "what is left is no order of its own");
    let dust = -qty("0.00003");
    assert!(stage.has(|notice| matches!(notice, Notice::DustCarried { qty, .. } if *qty == dust)));
    let finished = |record: &Record| matches!(record, Record::Finished { left, .. } if left.lighter == dust);
    assert!(stage.records.iter().any(finished));
}

#[test]
fn the_filled_leg_of_a_failed_opening_is_taken_back_at_once_told_and_counted_once() {
    for filled in Venue::ALL {
        let mut stage = opened();
        let (good, bad) = (stage.last(filled), stage.last(filled.other()));
        stage.complete(&good);
        stage.refuse(&bad, Reaction::Unknown);
        let back = stage.last(filled);
        assert_eq!((back.purpose, back.qty), (Purpose::Unwind, good.qty), "no time has passed");
        assert!(stage.has(|notice| matches!(notice, Notice::RollingBack { venue, .. } if *venue == filled)));
        stage.complete(&back);
        stage.pass(Duration::from_millis(1_500));
        let counts = stage.records.iter().filter_map(|record| match record {
            Record::Failures(count) => Some(*count),
            _ => None,
        });
        assert_eq!(counts.max(), Some(1));
    }
}

#[test]
fn what_a_day_may_lose_ends_the_run_and_keeps_the_next_one_from_opening() {
    let most = "0.5".parse::<Usd>().expect("an amount");
    let limited = Settings { day_loss_max: Some(most), cycles: Some(2), ..settings() };
    // Every order here is executed at its bound: a cycle loses more than half a dollar.
    let mut stage = one_cycle(limited);
    quoted(&mut stage, 3);
    let told = |notice: &Notice| matches!(notice, Notice::LossLimit(loss, _) if *loss > most);
    assert!(stage.has(|notice| matches!(notice, Notice::PairClosed)) && stage.has(told));
    assert_eq!(stage.exit, Some(ExitReason::Limit));

    let mut next = Stage::new(limited, stage.remembered());
    next.up();
    quoted(&mut next, 3);
    assert!(next.has(told) && next.sent.is_empty());
    assert_eq!(next.exit, Some(ExitReason::Limit));
}

#[test]
fn a_busted_close_reopens_the_position_and_is_closed_again() {
    let mut stage = Stage::new(
        Settings { cycles: Some(2), cooldown: Duration::from_secs(30), ..settings() },
        Memory::default(),
    );
    stage.up();
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
    stage.pass(Duration::from_secs(61));
    let paradex = stage.last(PARADEX);
    let lighter = stage.last(LIGHTER);
    stage.complete(&lighter);
    let size = paradex.qty.to_string();
    let fill = stage.execute(&paradex, &size);
    stage.report(PARADEX, VenueReport::Filled(fill));
    stage.end(&paradex, &size);
    stage.pass(Duration::from_secs(3));
    assert!(stage.has(|notice| matches!(notice, Notice::PairClosed)));
    stage.positions.paradex = paradex.qty;
    stage.report(PARADEX, VenueReport::Busted { key: fill.key });
    let again = stage.last(PARADEX);
    assert_ne!(again.cid, paradex.cid);
    assert_eq!((again.purpose, again.qty), (Purpose::Unwind, paradex.qty));
}

#[test]
fn not_found_is_dated_by_its_question_however_late_its_answer_comes() {
    let mut stage = opened();
    let (late, good) = (stage.last(LIGHTER), stage.last(PARADEX));
    stage.complete(&good);
    stage.report(LIGHTER, VenueReport::OrderUnknown { cid: late.cid, cause: "no answer".to_owned() });
    let asked = stage.now;
    stage.pass(Duration::from_secs(5));
    stage.report(LIGHTER, VenueReport::OrderAnswer { cid: late.cid, asked, answer: OrderAnswer::NotFound });
    assert_eq!(stage.count(Purpose::Unwind), 0, "asked while the order could still be executed");
    let asked = stage.now;
    stage.report(LIGHTER, VenueReport::OrderAnswer { cid: late.cid, asked, answer: OrderAnswer::NotFound });
    assert_eq!(stage.count(Purpose::Unwind), 1, "asked when it no longer could");
}

#[test]
fn a_position_asked_for_before_the_last_order_ended_closes_nothing() {
    let mut stage = opened();
    let asked = stage.now;
    stage.pass(Duration::from_millis(100));
    for venue in Venue::ALL {
        stage.mute[venue] = true;
        let order = stage.last(venue);
        stage.complete(&order);
    }
    for _ in 0..20 {
        stage.pass(Duration::from_millis(600));
        let old = VenueReport::Position { qty: Qty::ZERO, asked, answer: true };
        stage.report(PARADEX, old);
    }
    assert!(!stage.has(|notice| matches!(notice, Notice::PositionMismatch { .. })));
    assert_eq!(stage.count(Purpose::Close), 0, "the pair is held");
}

#[test]
fn a_refusal_that_follows_a_fill_is_asked_about_and_not_believed() {
    let mut stage = opened();
    let (torn, good) = (stage.last(PARADEX), stage.last(LIGHTER));
    let size = torn.qty.to_string();
    stage.fill(&torn, &size);
    stage.refuse(&torn, Reaction::Unknown);
    stage.complete(&good);
    assert_eq!(stage.count(Purpose::Unwind), 0, "the venue contradicts itself");
    for _ in 0..2 {
        stage.pass(Duration::from_millis(500));
        let answer = OrderAnswer::Ended { filled: torn.qty, average: None, reason: "closed".to_owned() };
        let asked = stage.now;
        stage.report(PARADEX, VenueReport::OrderAnswer { cid: torn.cid, asked, answer });
    }
    assert!(stage.has(|notice| matches!(notice, Notice::PairOpened)));
}

#[test]
fn a_fill_that_comes_after_everything_said_there_was_none_is_taken_back_at_once() {
    let mut stage = opened();
    let (late, refused) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.refuse(&refused, Reaction::Unknown);
    stage.end(&late, "0");
    assert!(stage.has(|notice| matches!(notice, Notice::OpeningFailed { .. })));
    stage.fill(&late, "0.0003");
    let back = stage.last(PARADEX);
    assert_eq!((back.purpose, back.qty), (Purpose::Unwind, qty("0.0003")));
}

/// One pair is opened, held for its time and closed.
fn one_cycle(settings: Settings) -> Stage {
    let mut stage = Stage::new(settings, Memory::default());
    stage.up();
    complete_both(&mut stage);
    stage.pass(Duration::from_secs(61));
    complete_both(&mut stage);
    stage
}

fn complete_both(stage: &mut Stage) {
    for venue in Venue::ALL {
        let order = stage.last(venue);
        stage.complete(&order);
    }
}

/// A pair was held and closed; the next opening is a few seconds away.
fn cooling() -> Stage {
    let mut stage = one_cycle(Settings { cycles: Some(2), ..settings() });
    stage.pass(Duration::from_secs(2));
    assert!(stage.has(|notice| matches!(notice, Notice::PairClosed)));
    stage
}

/// Time passes with fresh quotes.
fn quoted(stage: &mut Stage, seconds: u64) {
    for _ in 0..seconds * 2 {
        for venue in Venue::ALL {
            stage.quote(venue, "100000", "100001");
        }
        stage.pass(Duration::from_millis(500));
    }
}

#[test]
fn a_venue_that_is_not_ready_is_waited_for_before_anything_opens() {
    for venue in Venue::ALL {
        let mut stage = cooling();
        stage.report(venue, VenueReport::NotReady("the private stream is gone".to_owned()));
        quoted(&mut stage, 60);
        assert_eq!(stage.count(Purpose::Open), 2, "{venue} is not ready");
        stage.report(venue, VenueReport::Ready);
        quoted(&mut stage, 15);
        assert_eq!(stage.count(Purpose::Open), 4);
    }
}

#[test]
fn a_close_is_not_done_before_the_venue_says_so_too() {
    for silent in Venue::ALL {
        let mut stage = held();
        stage.pass(Duration::from_secs(61));
        stage.mute[silent] = true;
        for venue in Venue::ALL {
            let close = stage.last(venue);
            stage.complete(&close);
        }
        quoted(&mut stage, 20);
        let finished = |record: &Record| matches!(record, Record::Finished { .. });
        assert!(
            !stage.records.iter().any(finished) && !stage.has(|notice| matches!(notice, Notice::PairClosed))
        );
        assert_eq!(stage.count(Purpose::Open), 2);
        stage.mute[silent] = false;
        quoted(&mut stage, 20);
        assert!(
            stage.records.iter().any(finished) && stage.has(|notice| matches!(notice, Notice::PairClosed))
        );
    }
}

#[test]
fn legs_that_hedge_each_other_are_unwound_together_or_not_yet() {
    let mut stage = opened();
    let orders = Venue::ALL.map(|venue| stage.last(venue));
    stage.report(LIGHTER, VenueReport::Trading(TradingState::Closed("maintenance".to_owned())));
    stage.event(Event::StopRequested);
    for order in &orders {
        stage.fill(order, "0.0005");
        stage.end(order, "0.0005");
    }
    quoted(&mut stage, 10);
    assert_eq!(stage.sent.len(), 2, "each is the hedge of the other");
    assert!(stage.has(|notice| matches!(notice, Notice::ClosePostponed(Venue::Lighter))));
    stage.report(LIGHTER, VenueReport::Trading(TradingState::Open));
    quoted(&mut stage, 1);
    assert_eq!(stage.count(Purpose::Unwind), 2);
}
