//! What a watchdog makes of what it sees: the bot's sign of life and both venues' positions. Pure like the rest: readings and
//! time come in, a verdict goes out. Knows no order; whoever carries a verdict out does.
//!
//! It acts only on what two readings in a row say, and never beside a bot that is at work: first the bot is asked to stop, then
//! it is stopped, and only whoever holds the lock of the market sends anything.

use crate::domain::{Mono, PerVenue, Qty};
use std::time::Duration;

/// How long a bot that was asked to stop may take to close what it holds.
const GRACE: Duration = Duration::from_secs(30);

/// What can be seen of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bot {
    /// It holds the lock and shows signs of life.
    Alive,
    /// It holds the lock and shows none.
    Silent,
    /// It ended without saying goodbye: its sign of life is there and old, the lock is free.
    Gone,
    /// No bot: nobody holds the lock, and none left a sign of life behind.
    Absent,
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The bot.
    pub bot: Bot,
    /// Signed positions, where they could be read.
    pub positions: PerVenue<Option<Qty>>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Rest,
    /// Tell people: this is wrong, and not for long enough yet to act.
    Warn(Trouble),
    /// Ask the bot to close and leave.
    AskToStop(Trouble),
    /// End the bot if it is there, take the lock, flatten both sides.
    TakeOver(Trouble),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A position has had no counterpart for this long.
    Naked(Duration),
    /// The bot has shown no sign of life although it runs.
    Silent,
    /// The bot is gone and left positions.
    Abandoned(Duration),
}

/// Limits, in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long a position may stand without a counterpart.
    pub naked: Duration,
    /// How long positions of a bot that is gone may wait for it to be started again.
    pub abandoned: Duration,
}

/// What was seen so far.
#[derive(Clone, Debug)]
pub struct Watch {
    patience: Patience,
    last: PerVenue<Option<Qty>>,
    confirmed: PerVenue<Option<Qty>>,
    naked_since: Option<Mono>,
    gone_since: Option<Mono>,
    asked: Option<Mono>,
}

impl Watch {
    /// Nothing seen yet.
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            last: PerVenue::default(),
            confirmed: PerVenue::default(),
            naked_since: None,
            gone_since: None,
            asked: None,
        }
    }

    /// Positions that two readings in a row have agreed on.
    pub fn confirmed(&self) -> PerVenue<Option<Qty>> {
        self.confirmed
    }

    /// Takes one look in and says what follows.
    pub fn look(&mut self, now: Mono, sight: &Sight) -> Verdict {
        self.note(now, sight);
        let naked = self.naked_since.map(|since| now.since(since));
        let too_long = naked.is_some_and(|naked| naked >= self.patience.naked);
        let exposed = Trouble::Naked(naked.unwrap_or_default());
        match sight.bot {
            Bot::Silent => Verdict::TakeOver(Trouble::Silent),
            Bot::Gone => self.judge_gone(now),
            Bot::Absent if too_long => Verdict::TakeOver(exposed),
            Bot::Alive if too_long => self.judge_alive(now, exposed),
            Bot::Alive | Bot::Absent if naked.is_some() => Verdict::Warn(exposed),
            Bot::Alive | Bot::Absent => Verdict::Rest,
        }
    }

    fn note(&mut self, now: Mono, sight: &Sight) {
        for (venue, qty) in sight.positions.iter() {
            // A reading that failed says nothing: what was confirmed before stands.
            let Some(qty) = *qty else { continue };
            if self.last[venue] == Some(qty) {
                self.confirmed[venue] = Some(qty);
            }
            self.last[venue] = Some(qty);
        }
        let net = match (self.confirmed.paradex, self.confirmed.lighter) {
            (Some(a), Some(b)) => a + b,
            _ => Qty::ZERO,
        };
        self.naked_since = if net.is_zero() { None } else { self.naked_since.or(Some(now)) };
        if self.naked_since.is_none() || sight.bot != Bot::Alive {
            self.asked = None;
        }
        self.gone_since = match sight.bot {
            Bot::Gone => self.gone_since.or(Some(now)),
            Bot::Alive | Bot::Silent | Bot::Absent => None,
        };
    }

    /// It works on it, as far as anybody can see: it is asked first.
    fn judge_alive(&mut self, now: Mono, trouble: Trouble) -> Verdict {
        match self.asked {
            None => {
                self.asked = Some(now);
                Verdict::AskToStop(trouble)
            }
            Some(asked) if now.since(asked) < GRACE => Verdict::Warn(trouble),
            Some(_) => Verdict::TakeOver(trouble),
        }
    }

    /// Whoever starts it again gets a moment to do so.
    fn judge_gone(&self, now: Mono) -> Verdict {
        let gone = self.gone_since.map_or(Duration::ZERO, |since| now.since(since));
        let open = self.confirmed.any(|qty| qty.is_some_and(|qty| !qty.is_zero()));
        match open {
            false => Verdict::Rest,
            true if gone < self.patience.abandoned => Verdict::Warn(Trouble::Abandoned(gone)),
            true => Verdict::TakeOver(Trouble::Abandoned(gone)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { naked: Duration::from_secs(60), abandoned: Duration::from_secs(15) };

    fn at(seconds: u64) -> Mono {
        Mono(seconds * 1_000_000_000)
    }

    fn sight(bot: Bot, paradex: i64, lighter: i64) -> Sight {
        let qty = |whole| Some(Qty::from_whole(whole));
        Sight { bot, positions: PerVenue { paradex: qty(paradex), lighter: qty(lighter) } }
    }

    /// Verdicts of the same sight every ten seconds.
    fn watch(sight: &Sight, looks: u64) -> Vec<Verdict> {
        let mut watch = Watch::new(PATIENCE);
        (0..looks).map(|look| watch.look(at(look * 10), sight)).collect()
    }

    #[test]
    fn a_hedged_pair_of_a_living_bot_is_left_alone() {
        assert!(watch(&sight(Bot::Alive, 1, -1), 100).iter().all(|verdict| *verdict == Verdict::Rest));
        assert!(watch(&sight(Bot::Absent, 1, -1), 100).iter().all(|verdict| *verdict == Verdict::Rest));
    }

    #[test]
    fn a_single_reading_is_no_reason_for_anything() {
        let mut watch = Watch::new(PATIENCE);
        assert_eq!(watch.look(at(0), &sight(Bot::Absent, 1, 0)), Verdict::Rest);
        assert_eq!(watch.look(at(100), &sight(Bot::Absent, 0, 0)), Verdict::Rest);
        assert_eq!(watch.look(at(200), &sight(Bot::Absent, 1, 0)), Verdict::Rest);
    }

    #[test]
    fn a_living_bot_that_stays_naked_is_asked_first_and_replaced_when_that_does_not_help() {
        let verdicts = watch(&sight(Bot::Alive, 1, 0), 12);
        let naked = |seconds| Trouble::Naked(Duration::from_secs(seconds));
        assert_eq!(verdicts[6], Verdict::Warn(naked(50)));
        assert_eq!(verdicts[7], Verdict::AskToStop(naked(60)));
        assert_eq!(verdicts[9], Verdict::Warn(naked(80)));
        assert_eq!(verdicts[10], Verdict::TakeOver(naked(90)));
    }

    #[test]
    fn a_bot_that_hangs_is_replaced_at_once_and_one_that_is_gone_after_a_moment() {
        assert_eq!(watch(&sight(Bot::Silent, 0, 0), 1), [Verdict::TakeOver(Trouble::Silent)]);
        let verdicts = watch(&sight(Bot::Gone, 1, -1), 4);
        assert!(matches!(verdicts[1], Verdict::Warn(Trouble::Abandoned(_))));
        assert!(matches!(verdicts[2], Verdict::TakeOver(Trouble::Abandoned(_))), "{verdicts:?}");
        assert!(watch(&sight(Bot::Gone, 0, 0), 50).iter().all(|verdict| *verdict == Verdict::Rest));
    }

    #[test]
    fn a_reading_that_failed_neither_starts_nor_ends_an_exposure() {
        let mut watch = Watch::new(PATIENCE);
        watch.look(at(0), &sight(Bot::Absent, 1, 0));
        watch.look(at(10), &sight(Bot::Absent, 1, 0));
        let blind = Sight { bot: Bot::Absent, positions: PerVenue::default() };
        assert!(matches!(watch.look(at(40), &blind), Verdict::Warn(_)));
        assert!(matches!(watch.look(at(70), &blind), Verdict::TakeOver(Trouble::Naked(_))));
    }
}
