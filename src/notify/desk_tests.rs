//! Pacing, order, bounds and survival in virtual time, with a service that answers as the test says.

use super::*;
use crate::coordinator::{Notice, TradingState};
use crate::domain::{SecretText, Wall};
use crate::notify::spool::MemorySpool;
use crate::notify::{Language, meaning};
use crate::venue::http::Body;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

/// A spool the test can look into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<MemorySpool>>);

impl Spool for Shared {
    fn keep(&mut self, message: &Kept) {
        self.0.lock().expect("unpoisoned").keep(message);
    }
    fn done(&mut self, id: u64) {
        self.0.lock().expect("unpoisoned").done(id);
    }
    fn pending(&self) -> Vec<Kept> {
        self.0.lock().expect("unpoisoned").pending()
    }
}

/// A desk with its clock and everything that was delivered.
struct Bench {
    desk: Desk,
    spool: Shared,
    at_ms: u64,
    /// Time in milliseconds, channel, text.
    delivered: Vec<(u64, u64, String)>,
    lines: Vec<String>,
}

fn channels() -> Vec<Channel> {
    let token = SecretText::new("1:CANARY".to_owned());
    let base = "http://127.0.0.1:1".to_owned();
    vec![
        Channel::Telegram { base: base.clone(), token: token.clone(), chat: "1".to_owned() },
        Channel::Lark { base, token },
    ]
}

const START_S: i64 = 1_800_000_000;
/// Monotonic time at the start: nothing may rest on its being zero.
const UP_MS: u64 = 1_000_000;

fn now(at_ms: u64) -> Now {
    let wall = Wall::from_millis(START_S * 1_000 + i64::try_from(at_ms).expect("small"));
    Now { mono: Mono((UP_MS + at_ms) * 1_000_000), wall }
}

fn ok() -> Result<HttpReply, HttpFailure> {
    Ok(HttpReply::plain(200, br#"{"ok":true,"code":0}"#.to_vec()))
}

fn status(status: u16) -> Result<HttpReply, HttpFailure> {
    Ok(HttpReply::plain(status, Vec::new()))
}

impl Bench {
    /// With the first so many of the two channels; the word of the start is out of the way.
    fn new(count: usize) -> Self {
        let mut bench = Self::with_spool(count, Shared::default());
        bench.run_until(0, |_, _| ok());
        bench.delivered.clear();
        bench
    }

    fn with_spool(count: usize, spool: Shared) -> Self {
        let words = Words::new(Language::English, "BTC", None, false, TimeZone::UTC);
        let channels = channels().into_iter().take(count).collect();
        let desk = Desk::new(now(0), channels, words, Box::new(spool.clone()));
        Self { desk, spool, at_ms: 0, delivered: Vec::new(), lines: Vec::new() }
    }

    fn hear(&mut self, notice: Notice) {
        self.desk.hear(now(self.at_ms), meaning(&notice));
    }

    /// Lets time pass; every request is answered at once by `answer(ms, channel)`.
    fn run_until(&mut self, end_ms: u64, answer: impl Fn(u64, u64) -> Result<HttpReply, HttpFailure>) {
        loop {
            while let Some(request) = self.desk.next(now(self.at_ms)) {
                let outcome = answer(self.at_ms, request.ticket);
                if outcome == ok() {
                    let Body::Json(text) = &request.body else { panic!("no JSON") };
                    let body: serde_json::Value = serde_json::from_str(text).expect("JSON");
                    let text = body["text"].as_str().or_else(|| body["content"]["text"].as_str());
                    self.delivered.push((self.at_ms, request.ticket, text.expect("a text").to_owned()));
                }
                self.desk.on_answer(now(self.at_ms), request.ticket, &outcome);
            }
            self.lines.extend(self.desk.take_lines().into_iter().map(|(_, line)| line));
            let due = self.desk.deadline();
            let due = due.map_or(u64::MAX, |due| due.0.div_ceil(1_000_000).saturating_sub(UP_MS));
            if due > end_ms {
                self.at_ms = end_ms;
                return;
            }
            self.at_ms = due.max(self.at_ms);
        }
    }

    fn texts(&self, channel: u64) -> Vec<&str> {
        let mine = self.delivered.iter().filter(|(_, at, _)| *at == channel);
        mine.map(|(_, _, text)| text.as_str()).collect()
    }
}

fn naked(since_s: u64) -> Notice {
    let positions = PerVenue { paradex: Qty::from_units(103_000), lighter: Qty::ZERO };
    Notice::NakedAlarm { positions, unresolved: PerVenue::default(), since: Duration::from_secs(since_s) }
}

#[test]
fn a_standing_alarm_is_told_at_once_every_minute_and_then_every_ten_and_its_end_once() {
    let mut bench = Bench::new(1);
    for second in (5..=35 * 60).step_by(10) {
        bench.run_until((second - 5) * 1_000, |_, _| ok());
        bench.hear(naked(second));
    }
    bench.hear(Notice::HedgedAgain);
    bench.hear(Notice::HedgedAgain);
    bench.run_until(3_600_000, |_, _| ok());
    let minutes: Vec<u64> = bench.delivered.iter().map(|(at, ..)| at / 60_000).collect();
    assert_eq!(minutes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 34]);
    assert!(bench.delivered[0].2.contains("Not surely hedged for 5 s: Paradex LONG 0.00103"));
    assert!(bench.delivered[1].2.contains("for 1 min 5 s"), "{:?}", bench.delivered[1]);
    assert!(bench.delivered[13].2.contains("Hedged or flat again"), "{:?}", bench.delivered[13]);
    assert_eq!(bench.spool.pending(), []);
}

#[test]
fn a_reconnect_of_two_seconds_wakes_nobody_and_a_longer_one_is_told_with_its_end() {
    let mut bench = Bench::new(1);
    let down = |cause: &str| Notice::VenueNotReady(Venue::Lighter, cause.to_owned());
    bench.hear(Notice::VenueReady(Venue::Lighter));
    bench.hear(down("reset"));
    bench.run_until(2_000, |_, _| ok());
    bench.hear(Notice::VenueReady(Venue::Lighter));
    bench.run_until(60_000, |_, _| ok());
    assert_eq!(bench.texts(0), [""; 0]);
    bench.hear(down("reset"));
    bench.hear(Notice::VenueTrading(Venue::Paradex, TradingState::Closed("maintenance".to_owned())));
    bench.run_until(68_000, |_, _| ok());
    bench.hear(Notice::VenueReady(Venue::Lighter));
    bench.hear(Notice::VenueTrading(Venue::Paradex, TradingState::ClosingOnly("post only".to_owned())));
    bench.run_until(3_600_000, |_, _| ok());
    let expected = [
        "Lighter is down for 5 s: reset",
        "Paradex takes no orders at all for 5 s: maintenance",
        "Lighter is back after 8 s",
        "Paradex takes orders again after 8 s",
    ];
    assert_eq!(bench.texts(0).len(), expected.len(), "{:?}", bench.delivered);
    for (text, part) in bench.texts(0).iter().zip(expected) {
        assert!(text.contains(part), "no \"{part}\" in {text}");
    }
}

#[test]
fn pauses_double_up_to_a_minute_and_what_the_service_asks_for_is_obeyed() {
    let mut bench = Bench::new(1);
    bench.hear(Notice::FailureLimit(3));
    let tries = std::cell::RefCell::new(Vec::new());
    bench.run_until(400_000, |at, _| {
        tries.borrow_mut().push(at / 1_000);
        status(500)
    });
    assert_eq!(*tries.borrow(), [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363]);
    let complaints = bench.lines.iter().filter(|line| line.contains("takes no notifications")).count();
    assert_eq!(complaints, 1, "{:?}", bench.lines);
    tries.borrow_mut().clear();
    bench.run_until(1_000_000, |at, _| {
        let first = tries.borrow().is_empty();
        tries.borrow_mut().push(at / 1_000);
        let reply = HttpReply { retry_after_s: Some(100), ..HttpReply::plain(429, Vec::new()) };
        if first { Ok(reply) } else { ok() }
    });
    assert_eq!(*tries.borrow(), [423, 523]);
    assert!(bench.lines.iter().any(|line| line.contains("takes notifications again")), "{:?}", bench.lines);
    assert!(
        bench.texts(0)[0].starts_with("[late, from 2027-01-15 08:00:00 UTC] ALARM"),
        "{:?}",
        bench.delivered
    );
}

#[test]
fn alarms_overtake_the_rest_and_keep_their_order() {
    let mut bench = Bench::new(1);
    bench.hear(Notice::Stopping);
    for count in 1..=5 {
        bench.hear(Notice::FailureLimit(count));
    }
    bench.run_until(60_000, |at, _| if at < 500 { status(502) } else { ok() });
    let texts = bench.texts(0).join("\n");
    let places: Vec<_> = (1..=5).map(|count| texts.find(&format!("{count} openings"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{texts}");
    assert!(texts.find("Stopping: closing") > places[4], "{texts}");
}

#[test]
fn too_much_drops_the_least_first_says_so_and_loses_no_alarm_for_good() {
    let mut bench = Bench::new(1);
    bench.hear(Notice::Stopping);
    for count in 0..70 {
        bench.hear(Notice::FailureLimit(count));
    }
    bench.run_until(1, |_, _| status(500));
    let dropped: Vec<_> = bench.lines.iter().filter(|line| line.contains("dropped")).collect();
    assert!(dropped[0].contains("Stopping") && dropped.len() == 7, "{dropped:?}");
    assert_eq!(bench.spool.pending().len(), 70, "every alarm, and not the word that was dropped");
    bench.run_until(60_000, |_, _| ok());
    assert_eq!(bench.delivered.len(), 64);
    assert!(
        bench.delivered[0].2.contains("7 earlier messages could not be sent"),
        "{:?}",
        bench.delivered[0]
    );
    assert!(!bench.delivered[1].2.contains("earlier messages"), "told once: {:?}", bench.delivered[1]);
    assert_eq!(bench.spool.pending().len(), 6, "the dropped alarms wait for the next start");
}

#[test]
fn repeats_that_wait_replace_each_other_but_never_across_an_end() {
    let mut bench = Bench::new(1);
    for minute in 0..5 {
        bench.hear(naked(5));
        bench.run_until(minute * 60_000 + 59_000, |_, _| status(500));
    }
    bench.hear(Notice::HedgedAgain);
    bench.hear(naked(5));
    bench.run_until(600_000, |_, _| ok());
    let texts = bench.texts(0);
    let end = texts.iter().position(|text| text.contains("Hedged or flat")).expect("told");
    assert!(end <= 2, "{texts:?}");
    assert!(texts[end + 1..].iter().all(|text| text.contains("Not surely hedged")), "{texts:?}");
    assert!(texts.len() > end + 1);
}

#[test]
fn a_channel_that_can_never_pass_is_named_once_and_the_other_goes_on() {
    let mut bench = Bench::new(2);
    for count in 1..=3 {
        bench.hear(Notice::FailureLimit(count));
    }
    bench.run_until(600_000, |_, channel| if channel == 0 { status(401) } else { ok() });
    bench.hear(Notice::FailureLimit(4));
    bench.run_until(700_000, |_, channel| {
        assert_eq!(channel, 1, "a closed channel is not asked again");
        ok()
    });
    assert_eq!((bench.texts(0).len(), bench.texts(1).len()), (0, 4));
    let lines: Vec<_> = bench.lines.iter().filter(|line| line.contains("No more notifications")).collect();
    assert!(lines.len() == 1 && lines[0].contains("Telegram") && lines[0].contains("TELEGRAM_BOT_TOKEN"));
    assert_eq!(bench.spool.pending(), [], "one channel is enough");
}

#[test]
fn an_alarm_that_stands_for_hours_without_a_channel_is_kept_once_and_its_end_too() {
    let mut bench = Bench::new(1);
    bench.hear(Notice::FailureLimit(1));
    bench.run_until(1_000, |_, _| status(401));
    bench.hear(naked(5));
    bench.run_until(7_200_000, |_, _| status(401));
    bench.hear(Notice::HedgedAgain);
    let kept = bench.spool.pending();
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept[1].text.contains("1 h ") && kept[2].text.contains("Hedged or flat again"), "{kept:?}");
}

#[test]
fn answers_that_make_no_sense_do_not_block_what_comes_after() {
    let mut bench = Bench::new(1);
    bench.hear(Notice::FailureLimit(1));
    bench.hear(Notice::FailureLimit(2));
    bench.run_until(600_000, |at, _| if at < 32_000 { status(200) } else { ok() });
    assert!(
        bench.lines.iter().any(|line| line.contains("does not take this notification")),
        "{:?}",
        bench.lines
    );
    assert_eq!(bench.texts(0).len(), 1);
    assert!(bench.texts(0)[0].contains("2 openings") && bench.texts(0)[0].contains("1 earlier messages"));
}

#[test]
fn what_did_not_arrive_is_in_the_spool_and_goes_first_and_late_at_the_next_start() {
    let spool = Shared::default();
    let mut bench = Bench::with_spool(2, spool.clone());
    bench.hear(Notice::InsufficientBalance {
        venue: Venue::Lighter,
        free: crate::domain::Usd::from_whole(50),
        required: crate::domain::Usd::from_whole(200),
    });
    let flat = PerVenue::default();
    bench.hear(Notice::FinalPositions { positions: flat, unresolved: Vec::new() });
    bench.desk.ended(now(0), Ok(ExitReason::Refused));
    bench.run_until(5_000, |_, _| Err(HttpFailure::Timeout));
    bench.desk.leave();
    let left: Vec<_> = bench.desk.take_lines().into_iter().map(|(_, line)| line).collect();
    assert!(left.iter().any(|line| line.contains("Not delivered to Lark: ALARM")), "{left:?}");
    assert_eq!(spool.pending().len(), 2, "not the word of the start: {:?}", spool.pending());

    let mut next = Bench::with_spool(2, spool.clone());
    next.run_until(1_000, |_, _| ok());
    for channel in [0, 1] {
        let texts = next.texts(channel);
        assert!(texts[0].starts_with("[late, from 2027-01-15 08:00:00 UTC] ALARM"), "{texts:?}");
        assert!(texts[0].contains("50 USDC free") && texts[1].contains("exit code 3"), "{texts:?}");
        assert!(texts[2].contains("Started") && texts.len() == 3, "{texts:?}");
    }
    assert!(next.lines.iter().filter(|line| line.contains("Not delivered by an earlier run")).count() == 2);
    assert_eq!(spool.pending(), []);
}

#[test]
fn the_end_of_a_run_does_not_wait_for_pauses_of_our_own_but_for_those_asked_for() {
    for (asked, expected) in [(None, 1), (Some(30), 0)] {
        let mut bench = Bench::new(1);
        bench.hear(Notice::FailureLimit(1));
        bench.run_until(20_000, |_, _| {
            Ok(HttpReply { retry_after_s: asked, ..HttpReply::plain(429, Vec::new()) })
        });
        bench.desk.ended(now(20_000), Ok(ExitReason::Limit));
        bench.run_until(25_000, |_, _| ok());
        assert_eq!(bench.texts(0).len(), expected * 2, "{:?}", bench.delivered);
        assert!(bench.desk.is_done(now(25_000).mono), "asked {asked:?}");
    }
}

proptest! {
    /// Whatever the service does, every alarm arrives, or is in the spool, or was given up with a line; in order, not twice.
    #[test]
    fn no_alarm_is_lost_doubled_or_overtaken(
        answers in prop::collection::vec(0u8..7, 1..60),
        waits in prop::collection::vec(0u64..20_000, 1..40),
    ) {
        let mut bench = Bench::new(1);
        let turn = std::cell::Cell::new(0);
        let answer = |_: u64, _: u64| {
            let which = answers[turn.get() % answers.len()];
            turn.set(turn.get() + 1);
            match which {
                0 | 1 => ok(),
                2 => status(500),
                3 => status(200),
                4 => Err(HttpFailure::Timeout),
                5 => status(400),
                _ => Ok(HttpReply { retry_after_s: Some(7), ..HttpReply::plain(429, Vec::new()) }),
            }
        };
        for (count, wait) in waits.iter().enumerate() {
            bench.hear(Notice::FailureLimit(u32::try_from(count).expect("small") + 1_000));
            let end = bench.at_ms + wait;
            bench.run_until(end, answer);
        }
        let number = |text: &str| {
            let at = text.find(" openings").expect("a count");
            text[at - 4..at].parse::<usize>().expect("a count")
        };
        let arrived: Vec<usize> = bench.texts(0).into_iter().map(number).collect();
        prop_assert!(arrived.windows(2).all(|pair| pair[0] < pair[1]), "{arrived:?}");
        let kept: Vec<usize> = bench.spool.pending().iter().map(|kept| number(&kept.text)).collect();
        for count in 0..waits.len() {
            let count = count + 1_000;
            let given_up = |line: &String| line.contains("does not take") && number(line) == count;
            let places = usize::from(arrived.contains(&count))
                + usize::from(kept.contains(&count))
                + usize::from(bench.lines.iter().any(given_up));
            prop_assert_eq!(places, 1, "alarm {} of {}: {:?} {:?}", count, waits.len(), arrived, kept);
        }
    }
}
