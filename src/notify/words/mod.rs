//! The texts people get, in their language. One catalogue per language; the compiler sees that none leaves an alarm out.

mod chinese;
mod english;

use super::alarm::{Alarm, Severity};
use super::channel::cut;
use crate::domain::{PerVenue, Qty, Side, Venue, Wall};
use jiff::tz::TimeZone;
use std::time::Duration;

/// Words of others inside our texts are cut here, so that the steps a person must take always fit.
const QUOTED_MAX: usize = 300;

/// Language of the messages. The log stays English: people grep for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// From the setting's value.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            _ => None,
        }
    }
}

/// Writes the messages of one run.
#[derive(Clone, Debug)]
pub struct Words {
    /// Their language.
    pub language: Language,
    /// Base symbol of the market.
    pub ticker: String,
    /// The operator's name for the account, when there is one.
    pub account: Option<String>,
    /// No money is at stake.
    pub simulated: bool,
    /// Time zone of the times in them.
    pub zone: TimeZone,
    contracts: PerVenue<Option<String>>,
}

impl Words {
    /// Words about one market in one language.
    pub fn new(
        language: Language,
        ticker: &str,
        account: Option<&str>,
        simulated: bool,
        zone: TimeZone,
    ) -> Self {
        let (ticker, account) = (ticker.to_owned(), account.map(str::to_owned));
        Self { language, ticker, account, simulated, zone, contracts: PerVenue::default() }
    }

    /// How a venue calls the market.
    pub fn set_contract(&mut self, venue: Venue, contract: String) {
        self.contracts[venue] = Some(contract);
    }

    /// One message: which bot on which account, then what happened and what to do.
    pub fn message(&self, alarm: &Alarm, lasting: Duration) -> String {
        let body = match self.language {
            Language::English => english::body(self, alarm, lasting),
            Language::Chinese => chinese::body(self, alarm, lasting),
        };
        format!("{}\n{body}", self.headline(alarm))
    }

    fn headline(&self, alarm: &Alarm) -> String {
        let urgent = match (alarm.severity(), is_good_news(alarm), self.language) {
            (Severity::Info, ..) | (_, true, _) => "",
            (Severity::Alarm, false, Language::English) => "ALARM: ",
            (Severity::Alarm, false, Language::Chinese) => "警报：",
        };
        let account = self.account.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let simulated = match (self.simulated, self.language) {
            (false, _) => "",
            (true, Language::English) => ", simulated",
            (true, Language::Chinese) => "，模拟",
        };
        format!("{urgent}hedge-fast {}{account}{simulated}", self.ticker)
    }

    /// What is put before a message that reaches people long after it was meant to.
    pub fn late(&self, created: Wall) -> String {
        let at = jiff::Timestamp::from_microsecond(created.0).unwrap_or_default();
        let at = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z");
        match self.language {
            Language::English => format!("[late, from {at}]"),
            Language::Chinese => format!("[延迟送达，原时间 {at}]"),
        }
    }

    /// What is put after a message that follows dropped ones.
    pub fn dropped(&self, count: u32) -> String {
        match self.language {
            Language::English => format!("[{count} earlier messages could not be sent here; see the log]"),
            Language::Chinese => format!("[此前有 {count} 条消息未能发送，请查看日志]"),
        }
    }

    fn contract(&self, venue: Venue) -> &str {
        self.contracts[venue].as_deref().unwrap_or(&self.ticker)
    }
}

/// An end of an alarm is no alarm, although it travels like one.
fn is_good_news(alarm: &Alarm) -> bool {
    matches!(alarm, Alarm::HedgedAgain | Alarm::VenueBack(_) | Alarm::VenueOpen(_) | Alarm::LedgerWorking)
}

fn quoted(text: &str) -> String {
    cut(text, QUOTED_MAX)
}

/// `LONG 0.001` or the language's word for no position. Sizes are exact: people type them into order forms.
fn position(qty: Qty, flat: &str) -> String {
    match Side::of_position(qty) {
        Some(side) => format!("{} {}", side.position_name(), qty.abs()),
        None => flat.to_owned(),
    }
}

/// Hours, minutes and seconds of which the two largest count.
fn parts(lasting: Duration) -> (u64, u64, u64) {
    let seconds = lasting.as_secs();
    (seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
