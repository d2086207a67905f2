//! The text form.

use super::super::*;
use crate::domain::Venue;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn every_preset_can_be_read_and_says_something_to_both_venues() {
    for (name, _) in PRESETS {
        let plan = preset(name).expect("listed").unwrap_or_else(|cause| panic!("{name}: {cause}"));
        assert!(Venue::ALL.iter().all(|venue| !plan.rules_of(*venue).is_empty()), "{name}");
    }
    assert!(preset("sunshine").is_none());
}

#[test]
fn a_rule_is_read_word_for_word() {
    let plan = parse("lighter on fill 0.5% delay 100ms..2s from 3s until 1m times 4 # and a word on why");
    let window = Window { from: SECOND * 3, until: SECOND * 60, times: 4 };
    let span = Span { from: Duration::from_millis(100), to: SECOND * 2 };
    let rule = Rule::On { class: Class::Fill, ppm: 5_000, mishap: Mishap::Delay(span), window };
    assert_eq!(plan.as_ref().map(|plan| plan.rules_of(Venue::Lighter)), Ok(vec![rule]));
    assert_eq!(plan.map(|plan| plan.rules_of(Venue::Paradex)), Ok(Vec::new()));
}

#[test]
fn a_strike_at_a_time_comes_once_and_token_lives_are_set() {
    let plan = parse("\n# nothing\nboth at 30s away 503 1m\nparadex tokens 20s\n").expect("a plan");
    let once = Window { times: 1, ..Window::ALWAYS };
    let pause = Span { from: SECOND * 30, to: SECOND * 30 };
    let rule = Rule::Every { pause, strike: Strike::Away(503, SECOND * 60), window: once };
    assert_eq!(plan.rules_of(Venue::Paradex), vec![rule]);
    assert_eq!((plan.token_life.paradex, plan.token_life.lighter), (Some(SECOND * 20), None));
}

#[test]
fn what_others_do_to_an_account_and_a_wrong_clock_can_be_planned() {
    let plan =
        parse("paradex at 5s liquidate\nboth every 9s foreign-trade\nlighter at 7s clock-off -800 30s");
    let rules = |venue| {
        let rules = plan.clone().expect("a plan").rules_of(venue);
        let strike = |rule| if let Rule::Every { strike, .. } = rule { Some(strike) } else { None };
        rules.into_iter().filter_map(strike).collect::<Vec<Strike>>()
    };
    assert_eq!(rules(Venue::Paradex), [Strike::Liquidate, Strike::ForeignTrade]);
    assert_eq!(rules(Venue::Lighter), [Strike::ForeignTrade, Strike::ClockOff(-800, SECOND * 30)]);
}

#[test]
fn a_mistake_is_named_with_its_line() {
    for (text, problem) in [
        ("binance on fill 1% drop", "line 1: \"binance\" is not paradex, lighter or both"),
        ("\nboth", "line 2: on, every, at or tokens is missing"),
        ("both on fill 1% drop extra", "line 1: \"extra\" is one word too many"),
        ("both on fill 101% drop", "line 1: \"101%\" is no chance such as 2% or 0.5%"),
        ("both on fill 1 drop", "line 1: \"1\" is no chance such as 2% or 0.5%"),
        ("both on fill 1% delay 3s..1s", "line 1: \"3s..1s\" is no time such as 3s, or two such as 20s..1m"),
        ("both on fill 1% status 429", "line 1: that cannot happen to messages of the class fill"),
        ("both on connect 1% duplicate", "line 1: that cannot happen to messages of the class connect"),
        ("both every 0s cut", "line 1: there must be time between two strikes"),
        ("both every 5 cut", "line 1: \"5\" is no time such as 3s, or two such as 20s..1m"),
        ("both at 5s status 200 3s", "line 1: 200 is no status of a failure"),
        ("both at 5s earthquake", "line 1: \"earthquake\" is no strike"),
        ("both at 99999999999999999999s cut", "is no time such as"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
}
