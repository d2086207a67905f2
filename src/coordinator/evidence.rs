//! What we believe about the position on one venue and how well the venue confirms it (laws R2 and R3).
//!
//! Belief comes from recorded fills. A reading counts only when it was asked after every own order there had ended; one
//! reading that agrees needs the stream or a second reading beside it, one that disagrees needs to be repeated.

use crate::domain::{Mono, Qty};
use std::time::Duration;

/// Readings in a row that must agree before the belief counts as confirmed.
const AGREEING: u8 = 2;
/// Equal readings in a row that must disagree before the venue's word replaces the belief, when the stream says the same.
const DISAGREEING: u8 = 3;
/// The same when the stream does not say so: readings may come from one replica that lags.
const DISAGREEING_ALONE: u8 = 8;
/// Pause between two readings while something is unconfirmed.
const PAUSE: Duration = Duration::from_millis(500);
/// Pause after a reading that failed, doubled with every failure up to the second.
const PAUSE_FAILED: Duration = Duration::from_secs(1);
const PAUSE_FAILED_LONGEST: Duration = Duration::from_secs(8);
/// A reading the session never answered is asked for again after this.
const LOST: Duration = Duration::from_secs(15);
/// Pause between two readings while all is confirmed. Lighter's standard tier allows 60 requests a minute for everything.
const ROUTINE: Duration = Duration::from_secs(10);

/// How the venue's word compares with our records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not enough evidence yet.
    Open,
    /// The venue confirms what we recorded.
    Confirmed,
    /// The venue repeatedly says something else.
    Contradicted(Qty),
}

/// Belief and evidence for one venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionWatch {
    expected: Qty,
    quiet_since: Mono,
    stream: Option<(Qty, Mono)>,
    stated: Option<Qty>,
    agreeing: u8,
    disagreeing: Option<(Qty, u8)>,
    asked: Option<Mono>,
    next_ask: Option<Mono>,
    failures: u32,
}

impl PositionWatch {
    /// The position that earlier runs recorded, with nothing confirmed yet.
    pub fn new(expected: Qty) -> Self {
        Self {
            expected,
            quiet_since: Mono(0),
            stream: None,
            stated: None,
            agreeing: 0,
            disagreeing: None,
            asked: None,
            next_ask: Some(Mono(0)),
            failures: 0,
        }
    }

    /// The signed position our records add up to.
    pub fn expected(&self) -> Qty {
        self.expected
    }

    /// When the last own order ended.
    pub fn quiet_since(&self) -> Mono {
        self.quiet_since
    }

    /// The venue's latest word, whatever it is worth; `None` before the first.
    pub fn stated(&self) -> Option<Qty> {
        self.stated
    }

    /// An execution of ours changed the position by `change` (signed).
    pub fn record(&mut self, change: Qty) {
        self.expected = self.expected + change;
        self.reset();
    }

    /// The last own order on this venue has ended: readings asked from now on count.
    pub fn quiet(&mut self, now: Mono) {
        self.quiet_since = now;
        self.reset();
        self.next_ask = Some(now);
    }

    /// Takes the venue's repeated word over our records.
    pub fn accept(&mut self, actual: Qty, now: Mono) {
        self.expected = actual;
        self.quiet(now);
    }

    /// Something may have moved the position: the next reading is due now.
    pub fn look_now(&mut self, now: Mono) {
        self.agreeing = 0;
        self.next_ask = Some(self.next_ask.map_or(now, |planned| planned.min(now)));
    }

    fn reset(&mut self) {
        self.agreeing = 0;
        self.disagreeing = None;
    }

    /// A position message nobody asked for. It cannot be dated, so it only supports a reading or causes one.
    pub fn on_stream(&mut self, now: Mono, qty: Qty) {
        self.stream = Some((qty, now));
        self.stated = Some(qty);
        if qty != self.expected {
            self.agreeing = 0;
            self.next_ask = Some(self.next_ask.map_or(now, |planned| planned.min(now)));
        } else if self.agreeing > 0 && self.disagreeing.is_none() {
            // A reading has agreed and now the stream does: as good as the other way round, and a request less.
            self.agreeing = self.agreeing.max(AGREEING);
            self.next_ask = self.next_ask.map(|planned| planned.max(now.after(ROUTINE)));
        }
    }

    /// The answer to a reading asked for at `asked`.
    pub fn on_reading(&mut self, now: Mono, qty: Qty, asked: Mono) {
        (self.asked, self.failures) = (None, 0);
        self.stated = Some(qty);
        if asked < self.quiet_since {
            self.next_ask = Some(now);
            return;
        }
        if qty == self.expected {
            self.disagreeing = None;
            self.agreeing = self.agreeing.saturating_add(if self.stream_says(qty) { AGREEING } else { 1 });
        } else {
            self.agreeing = 0;
            let count = match self.disagreeing {
                Some((before, count)) if before == qty => count.saturating_add(1),
                _ => 1,
            };
            self.disagreeing = Some((qty, count));
        }
        let pause = if self.verdict() == Verdict::Confirmed { ROUTINE } else { PAUSE };
        self.next_ask = Some(now.after(pause));
    }

    /// A reading failed. Never evidence of anything.
    pub fn on_failed(&mut self, now: Mono) {
        self.asked = None;
        let pause = PAUSE_FAILED.saturating_mul(1 << self.failures.min(8)).min(PAUSE_FAILED_LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.next_ask = Some(now.after(pause));
    }

    /// What the evidence amounts to.
    pub fn verdict(&self) -> Verdict {
        match self.disagreeing {
            Some((qty, count)) if count >= self.readings_to_contradict(qty) => Verdict::Contradicted(qty),
            Some(_) => Verdict::Open,
            None if self.agreeing >= AGREEING => Verdict::Confirmed,
            None => Verdict::Open,
        }
    }

    fn readings_to_contradict(&self, qty: Qty) -> u8 {
        let supported = self.stream.is_some_and(|(said, at)| said == qty && at >= self.quiet_since);
        if supported { DISAGREEING } else { DISAGREEING_ALONE }
    }

    fn stream_says(&self, qty: Qty) -> bool {
        self.stream.is_some_and(|(said, _)| said == qty)
    }

    /// True when it is time to ask for a reading; notes that it was asked for.
    pub fn ask(&mut self, now: Mono) -> bool {
        if self.asked.is_some_and(|asked| now.since(asked) >= LOST) {
            self.asked = None;
            self.next_ask = Some(now);
        }
        let due = self.asked.is_none() && self.next_ask.is_some_and(|due| now >= due);
        if due {
            self.asked = Some(now);
            self.next_ask = None;
        }
        due
    }

    /// When [`PositionWatch::ask`] is next worth calling.
    pub fn deadline(&self) -> Option<Mono> {
        match self.asked {
            Some(asked) => Some(asked.after(LOST)),
            None => self.next_ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono(ms * 1_000_000)
    }

    #[test]
    fn a_single_agreeing_reading_is_not_enough_and_the_stream_makes_it_so() {
        let mut watch = PositionWatch::new(Qty::ZERO);
        watch.quiet(at(10));
        watch.on_reading(at(20), Qty::ZERO, at(11));
        assert_eq!(watch.verdict(), Verdict::Open);
        watch.on_stream(at(30), Qty::ZERO);
        watch.on_reading(at(40), Qty::ZERO, at(35));
        assert_eq!(watch.verdict(), Verdict::Confirmed);
    }

    #[test]
    fn a_stream_that_follows_an_agreeing_reading_confirms_without_another() {
        let mut watch = PositionWatch::new(Qty::ZERO);
        watch.record(Qty::from_whole(1));
        watch.quiet(at(10));
        watch.on_reading(at(20), Qty::from_whole(1), at(11));
        watch.on_stream(at(30), Qty::from_whole(1));
        assert_eq!(watch.verdict(), Verdict::Confirmed);
        assert_eq!(watch.deadline(), Some(at(30).after(ROUTINE)));
        watch.record(-Qty::from_whole(1));
        assert_eq!(watch.verdict(), Verdict::Open, "what was confirmed before an execution is not after it");
    }

    #[test]
    fn a_reading_asked_before_the_last_order_ended_counts_for_nothing() {
        let mut watch = PositionWatch::new(Qty::ZERO);
        watch.quiet(at(100));
        for _ in 0..5 {
            watch.on_reading(at(110), Qty::from_whole(1), at(99));
        }
        assert_eq!(watch.verdict(), Verdict::Open);
    }

    #[test]
    fn a_stale_zero_does_not_replace_a_recorded_position() {
        let mut watch = PositionWatch::new(Qty::ZERO);
        watch.record(Qty::from_whole(1));
        watch.quiet(at(10));
        watch.on_reading(at(20), Qty::ZERO, at(11));
        watch.on_reading(at(30), Qty::from_whole(1), at(21));
        watch.on_reading(at(40), Qty::ZERO, at(31));
        assert_eq!(watch.verdict(), Verdict::Open);
        watch.on_reading(at(50), Qty::ZERO, at(41));
        watch.on_reading(at(60), Qty::ZERO, at(51));
        assert_eq!(watch.verdict(), Verdict::Open, "the stream has not said so");
        watch.on_stream(at(70), Qty::ZERO);
        assert_eq!(watch.verdict(), Verdict::Contradicted(Qty::ZERO));
    }

    #[test]
    fn a_failed_reading_is_never_evidence() {
        let mut watch = PositionWatch::new(Qty::ZERO);
        watch.record(Qty::from_whole(1));
        for ms in 0..10 {
            watch.on_failed(at(ms));
        }
        assert_eq!(watch.verdict(), Verdict::Open);
        assert_eq!(watch.expected(), Qty::from_whole(1));
    }
}
