//! The text form of a fault plan: one rule a line, `#` begins a comment.
//!
//! ```text
//! VENUE on CLASS CHANCE MISHAP [from TIME] [until TIME] [times N]
//! VENUE every TIME[..TIME] STRIKE [from TIME] [until TIME] [times N]
//! VENUE at TIME STRIKE
//! VENUE tokens TIME
//! ```

use super::plan::{Class, FaultPlan, Mishap, Rule, Span, State, Strike, Way, Window};
use crate::domain::Venue;
use std::str::SplitWhitespace;
use std::time::Duration;

/// Why a plan cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct PlanError {
    /// Counted from one.
    pub line: usize,
    /// In words.
    pub problem: String,
}

/// Reads a plan.
pub fn parse(text: &str) -> Result<FaultPlan, PlanError> {
    let mut plan = FaultPlan::default();
    for (index, line) in text.lines().enumerate() {
        let rule = line.split('#').next().unwrap_or_default();
        let mut words = Words(rule.split_whitespace());
        if let Some(venue) = words.0.next() {
            read_line(venue, &mut words, &mut plan)
                .map_err(|problem| PlanError { line: index + 1, problem })?;
        }
    }
    Ok(plan)
}

struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn need(&mut self, what: &str) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| format!("{what} is missing"))
    }

    fn time(&mut self, what: &str) -> Result<Duration, String> {
        let word = self.need(what)?;
        time(word).ok_or_else(|| format!("\"{word}\" is no time such as 200ms, 3s or 5m"))
    }

    fn span(&mut self, what: &str) -> Result<Span, String> {
        let word = self.need(what)?;
        span(word).ok_or_else(|| format!("\"{word}\" is no time such as 3s, or two such as 20s..1m"))
    }

    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, String> {
        let word = self.need(what)?;
        word.parse().map_err(|_| format!("\"{word}\" is no {what}"))
    }
}

fn read_line(venue: &str, words: &mut Words<'_>, plan: &mut FaultPlan) -> Result<(), String> {
    let venue = match venue {
        "paradex" => Some(Venue::Paradex),
        "lighter" => Some(Venue::Lighter),
        "both" => None,
        other => return Err(format!("\"{other}\" is not paradex, lighter or both")),
    };
    match words.need("on, every, at or tokens")? {
        "on" => plan.add(venue, read_on(words)?),
        "every" => plan.add(venue, read_every(words)?),
        "at" => plan.add(venue, read_at(words)?),
        "tokens" => {
            let life = words.time("a time")?;
            for of in Venue::ALL.into_iter().filter(|of| venue.is_none_or(|venue| venue == *of)) {
                plan.token_life[of] = Some(life);
            }
        }
        other => return Err(format!("\"{other}\" is not on, every, at or tokens")),
    }
    words.0.next().map_or(Ok(()), |extra| Err(format!("\"{extra}\" is one word too many")))
}

fn read_every(words: &mut Words<'_>) -> Result<Rule, String> {
    let pause = words.span("a time")?;
    if pause.from.is_zero() {
        return Err("there must be time between two strikes".to_owned());
    }
    let strike = read_strike(words)?;
    Ok(Rule::Every { pause, strike, window: read_window(words)? })
}

fn read_at(words: &mut Words<'_>) -> Result<Rule, String> {
    let at = words.time("a time")?;
    let strike = read_strike(words)?;
    let window = Window { times: 1, ..Window::ALWAYS };
    Ok(Rule::Every { pause: Span { from: at, to: at }, strike, window })
}

fn read_on(words: &mut Words<'_>) -> Result<Rule, String> {
    let word = words.need("a message class")?;
    let known = || Class::ALL.map(Class::word).join(", ");
    let class = Class::ALL.into_iter().find(|class| class.word() == word);
    let class = class.ok_or_else(|| format!("\"{word}\" is no message class; there are {}", known()))?;
    let chance = words.need("a chance")?;
    let ppm = ppm(chance).ok_or_else(|| format!("\"{chance}\" is no chance such as 2% or 0.5%"))?;
    let mishap = read_mishap(words)?;
    if !fits(&mishap, class) {
        return Err(format!("that cannot happen to messages of the class {word}"));
    }
    Ok(Rule::On { class, ppm, mishap, window: read_window(words)? })
}

fn read_mishap(words: &mut Words<'_>) -> Result<Mishap, String> {
    Ok(match words.need("a mishap")? {
        "drop" => Mishap::Drop,
        "delay" => Mishap::Delay(words.span("a time")?),
        "duplicate" => Mishap::Duplicate,
        "reorder" => Mishap::Reorder(words.span("a time")?),
        "cut" => Mishap::Cut,
        "cut-after" => Mishap::CutAfter,
        "refuse" => Mishap::Refuse(words.need("a code of the venue")?.to_owned()),
        "status" => Mishap::Status(status(words)?),
        "new-fields" => Mishap::NewFields,
        "new-words" => Mishap::NewWords,
        other => return Err(format!("\"{other}\" is no mishap")),
    })
}

fn fits(mishap: &Mishap, class: Class) -> bool {
    match (mishap, class.way()) {
        (Mishap::Drop | Mishap::Cut | Mishap::Status(_), Way::Http) => true,
        (Mishap::Delay(_) | Mishap::Duplicate | Mishap::CutAfter | Mishap::Refuse(_), Way::Http) => {
            class != Class::Connect
        }
        (Mishap::NewFields | Mishap::NewWords, way) => way == Way::ToClient || class == Class::HttpRead,
        (Mishap::Refuse(_), Way::ToVenue) => class == Class::Send,
        (Mishap::Status(_), _) | (Mishap::Reorder(_), Way::Http) | (Mishap::Refuse(_), Way::ToClient) => {
            false
        }
        (
            Mishap::Drop
            | Mishap::Delay(_)
            | Mishap::Duplicate
            | Mishap::Reorder(_)
            | Mishap::Cut
            | Mishap::CutAfter,
            Way::ToClient | Way::ToVenue,
        ) => true,
    }
}

fn read_strike(words: &mut Words<'_>) -> Result<Strike, String> {
    Ok(match words.need("a strike")? {
        "cut" => Strike::Cut,
        "shutdown" => Strike::Shutdown(words.time("a time")?),
        "stall" => Strike::Stall(words.time("a time")?),
        "away" => Strike::Away(status(words)?, words.time("a time")?),
        "status" => Strike::Status(status(words)?, words.time("a time")?),
        "expire-tokens" => Strike::ExpireTokens,
        "skip-sequence" => Strike::SkipSequence,
        "empty-book" => Strike::EmptyBook(words.time("a time")?),
        "crossed-book" => Strike::CrossedBook(words.time("a time")?),
        "price-gap" => Strike::PriceGap(words.number("number of basis points")?, words.time("a time")?),
        "maintenance" => Strike::State(State::Maintenance, words.time("a time")?),
        "cancel-only" => Strike::State(State::CancelOnly, words.time("a time")?),
        "post-only" => Strike::State(State::PostOnly, words.time("a time")?),
        "partial-fill" => Strike::PartialFill,
        "late-fill" => Strike::LateFill(words.time("a time")?),
        "bust-fill" => Strike::BustFill,
        "swallow" => Strike::Swallow,
        "liquidate" => Strike::Liquidate,
        "foreign-trade" => Strike::ForeignTrade,
        "clock-off" => Strike::ClockOff(words.number("number of milliseconds")?, words.time("a time")?),
        other => return Err(format!("\"{other}\" is no strike")),
    })
}

fn status(words: &mut Words<'_>) -> Result<u16, String> {
    let status = words.number("HTTP status")?;
    (400..600)
        .contains(&status)
        .then_some(status)
        .ok_or_else(|| format!("{status} is no status of a failure"))
}

fn read_window(words: &mut Words<'_>) -> Result<Window, String> {
    let mut window = Window::ALWAYS;
    while let Some(word) = words.0.clone().next() {
        match word {
            "from" | "until" | "times" => words.0.next(),
            _ => break,
        };
        match word {
            "from" => window.from = words.time("a time")?,
            "until" => window.until = words.time("a time")?,
            _ => window.times = words.number("number of times")?,
        }
    }
    Ok(window)
}

fn time(word: &str) -> Option<Duration> {
    let digits = word.find(|letter: char| !letter.is_ascii_digit())?;
    let number: u64 = word[..digits].parse().ok()?;
    let millis = match &word[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    // A year is longer than any run, and adds to any clock.
    number.checked_mul(millis).filter(|time| *time <= 366 * 86_400_000).map(Duration::from_millis)
}

fn span(word: &str) -> Option<Span> {
    let (from, to) = word.split_once("..").unwrap_or((word, word));
    let (from, to) = (time(from)?, time(to)?);
    (from <= to).then_some(Span { from, to })
}

/// Percent with up to four decimals, as parts of a million.
fn ppm(word: &str) -> Option<u32> {
    let percent = word.strip_suffix('%')?;
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 4 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let parts: u32 = format!("{whole}{fraction:0<4}").parse().ok()?;
    (parts <= 1_000_000).then_some(parts)
}
