//! What people read: complete in both languages, exact in sizes and steps, short enough.

use super::*;
use crate::coordinator::ExitReason;
use crate::coordinator::watch::Trouble;
use crate::coordinator::{ForeignMove, MismatchCause, RecoveryOutcome};
use crate::domain::{ClientOrderId, CycleId, Purpose, SizeRefusal, Usd};

fn words(language: Language) -> Words {
    let mut words = Words::new(language, "BTC", Some("main"), false, TimeZone::UTC);
    words.set_contract(Venue::Paradex, "BTC-USD-PERP".to_owned());
    words.set_contract(Venue::Lighter, "1".to_owned());
    words
}

fn qty(text: &str) -> Qty {
    text.parse().expect("a size")
}

fn positions() -> PerVenue<Qty> {
    PerVenue { paradex: qty("0.00103"), lighter: Qty::ZERO }
}

/// One of each kind, with words of others as long as `cause`.
fn all(cause: &str) -> Vec<Alarm> {
    let venue = Venue::Paradex;
    let cause = cause.to_owned();
    let cid = CycleId::new(1, 1).and_then(|cycle| ClientOrderId::new(cycle, venue, Purpose::Open, 0));
    let cid = cid.expect("an id");
    let mismatch = |cause| {
        let (expected, actual) = (qty("0.00103"), Qty::ZERO);
        Alarm::PositionMismatch { venue, expected, actual, cause }
    };
    let ended =
        |reason| Alarm::Ended { reason, positions: Some(positions()), unresolved: vec![(venue, cid)] };
    vec![
        Alarm::Started,
        Alarm::InsufficientBalance { venue, free: Usd::from_whole(50), required: Usd::from_whole(200) },
        Alarm::ForeignPosition { venue, position: qty("-0.5") },
        Alarm::NotReadyInTime(cause.clone()),
        Alarm::NoSize(SizeRefusal::NoCommonStep),
        Alarm::RollingBack { venue, qty: qty("0.00103") },
        mismatch(MismatchCause::Gone),
        mismatch(MismatchCause::Told(ForeignMove::Liquidation)),
        Alarm::LateFill { venue, qty: qty("0.00103") },
        Alarm::Naked { positions: positions(), unresolved: PerVenue { paradex: false, lighter: true } },
        Alarm::HedgedAgain,
        Alarm::Halted { positions: positions(), foreign: positions() },
        Alarm::ForeignOrders { venue, count: 2 },
        Alarm::Recovering { positions: positions() },
        Alarm::Recovered { positions: positions(), outcome: RecoveryOutcome::Unwinding },
        Alarm::FillBusted { venue, qty: qty("0.00103") },
        Alarm::Overfilled { venue, asked: qty("1"), filled: qty("2") },
        Alarm::DustCarried { venue, qty: qty("0.00001") },
        Alarm::VenueDownFlatten(venue),
        Alarm::LedgerFailing(cause.clone()),
        Alarm::LedgerWorking,
        Alarm::Rescuing,
        Alarm::WatchdogWarns { trouble: Trouble::Silent, positions: positions().map(Some) },
        Alarm::WatchdogStopsBot { pid: 1, at_once: true },
        Alarm::WatchdogStopsBot { pid: 1, at_once: false },
        Alarm::WatchdogActs,
        Alarm::VenueDown { venue, cause: cause.clone() },
        Alarm::VenueBack(venue),
        Alarm::VenueClosed { venue, cause: cause.clone() },
        Alarm::VenueOpen(venue),
        Alarm::ClosePostponed(venue),
        Alarm::Fatal { venue, text: cause.clone() },
        Alarm::ThreadDied(cause.clone()),
        Alarm::FailureLimit(10),
        Alarm::LossLimit { loss: Usd::from_whole(12), limit: Usd::from_whole(10) },
        Alarm::Stopping,
        Alarm::StoppedAtOnce,
        ended(ExitReason::Done),
        ended(ExitReason::Configuration),
        ended(ExitReason::Refused),
        ended(ExitReason::Limit),
        ended(ExitReason::Exposure),
        Alarm::Broken(cause),
    ]
}

#[test]
fn every_alarm_has_words_in_both_languages_that_name_the_market_and_the_account() {
    let lasting = Duration::from_secs(3_725);
    for (alarm, long) in all("cause").iter().zip(all(&"x".repeat(9_000))) {
        let (english, chinese) = (words(Language::English), words(Language::Chinese));
        let texts = [english.message(alarm, lasting), chinese.message(alarm, lasting)];
        for text in &texts {
            assert!(text.contains("hedge-fast BTC (main)") && text.lines().count() > 1, "{text}");
        }
        assert!(texts[0].is_ascii(), "{}", texts[0]);
        let body = texts[1].lines().skip(1).collect::<String>();
        assert!(body.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{body}");
        for words in [english, chinese] {
            assert!(words.message(&long, lasting).encode_utf16().count() < 1_000, "{long:?}");
        }
    }
}

#[test]
fn a_halt_carries_the_exact_steps() {
    let positions = PerVenue { paradex: qty("0.00103"), lighter: qty("-2.5") };
    let halted = Alarm::Halted { positions, foreign: PerVenue::default() };
    let text = words(Language::English).message(&halted, Duration::ZERO);
    assert!(text.starts_with("ALARM: hedge-fast BTC (main)\nHALTED"), "{text}");
    assert!(
        text.contains("\n- Paradex: sell 0.00103 BTC-USD-PERP with a reduce-only market order"),
        "{text}"
    );
    assert!(text.contains("\n- Lighter: buy 2.5 1 with a reduce-only market order"), "{text}");
    let text = words(Language::Chinese).message(&halted, Duration::ZERO);
    assert!(text.contains("卖出 (sell) 0.00103 BTC-USD-PERP") && text.contains("买入 (buy) 2.5 1"), "{text}");
}

#[test]
fn sizes_codes_and_durations_are_exact() {
    let english = words(Language::English);
    let naked =
        Alarm::Naked { positions: positions(), unresolved: PerVenue { paradex: false, lighter: true } };
    let text = english.message(&naked, Duration::from_secs(125));
    assert!(text.contains("2 min 5 s: Paradex LONG 0.00103, Lighter flat; outcome of an order on Lighter"));
    let ended = Alarm::Ended { reason: ExitReason::Refused, positions: None, unresolved: Vec::new() };
    let text = english.message(&ended, Duration::ZERO);
    assert!(text.contains("Stopped, exit code 3: refused to start. Final positions: unknown"), "{text}");
    let balance = Alarm::InsufficientBalance {
        venue: Venue::Lighter,
        free: "50.12345678".parse().expect("an amount"),
        required: Usd::from_whole(200),
    };
    let text = english.message(&balance, Duration::ZERO);
    assert!(text.contains("Lighter balance: 50.12345678 USDC free, 200 USDC required"), "{text}");
}

#[test]
fn a_simulated_run_says_so_and_good_news_is_no_alarm() {
    let simulated = Words { simulated: true, account: None, ..words(Language::English) };
    let text = simulated.message(&Alarm::VenueBack(Venue::Lighter), Duration::from_secs(60));
    assert_eq!(text, "hedge-fast BTC, simulated\nLighter is back after 1 min.");
    assert_eq!(simulated.late(Wall(1_000_000_000_000_000)), "[late, from 2001-09-09 01:46:40 UTC]");
}
