//! The standing alarm: exposure without a hedge is told after five seconds and again while it lasts, over restarts.

use super::Desk;
use crate::coordinator::event::Action;
use crate::coordinator::journal::Record;
use crate::coordinator::notice::Notice;
use crate::domain::{Mono, Venue};
use std::time::Duration;

/// Naked longer than this is an alarm.
const NAKED_ALARM_AFTER: Duration = Duration::from_secs(5);
/// A standing alarm is repeated this often.
const ALARM_REPEAT: Duration = Duration::from_secs(10);
/// A venue that stays away while a pair is held is told this often.
const AWAY_REPEAT: Duration = Duration::from_secs(300);
/// And for the first time after this: shorter absences are what reconnecting is for.
const AWAY_AFTER: Duration = Duration::from_secs(10);

/// What is standing.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm {
    /// How long exposure had been standing when this run began.
    before: Option<Duration>,
    naked_since: Option<Mono>,
    next: Option<Mono>,
    /// The alarm was raised and its end was not told yet.
    told: bool,
    next_away: Option<Mono>,
}

impl Alarm {
    pub(super) fn new(naked_for: Option<Duration>) -> Self {
        Self { before: naked_for, ..Self::default() }
    }

    pub(super) fn deadline(&self) -> Option<Mono> {
        [self.next, self.next_away].into_iter().flatten().min()
    }
}

impl Desk {
    /// Keeps the alarms standing.
    pub(super) fn keep_alarm(&mut self, now: Mono, actions: &mut Vec<Action>) {
        self.keep_naked_alarm(now, actions);
        self.keep_away_alarm(now, actions);
    }

    fn keep_naked_alarm(&mut self, now: Mono, actions: &mut Vec<Action>) {
        let positions = self.positions();
        // An order without a known end counts as exposure: what it did is not recorded yet.
        if self.balanced() && !self.in_doubt && !self.busy.any(|busy| *busy) {
            if self.alarm.naked_since.take().is_some() {
                actions.push(Action::Record(Record::Naked(false)));
            }
            if std::mem::take(&mut self.alarm.told) {
                actions.push(Action::Notice(Notice::HedgedAgain));
            }
            (self.alarm.next, self.alarm.before) = (None, None);
            return;
        }
        if self.alarm.naked_since.is_none() {
            self.alarm.naked_since = Some(now);
            actions.push(Action::Record(Record::Naked(true)));
        }
        let since = self.alarm.naked_since.unwrap_or(now);
        let before = self.alarm.before.unwrap_or_default();
        // What an earlier run left standing is told at once.
        let patience = NAKED_ALARM_AFTER.saturating_sub(before);
        let due = *self.alarm.next.get_or_insert(since.after(patience));
        if now >= due {
            self.alarm.next = Some(now.after(ALARM_REPEAT));
            self.alarm.told = true;
            actions.push(Action::Notice(Notice::NakedAlarm {
                positions,
                unresolved: self.busy,
                since: now.since(since) + before,
            }));
        }
    }

    /// Both legs of ours cancel out, but for what the venues are too coarse to close.
    fn balanced(&self) -> bool {
        let left = Venue::ALL.map(|venue| self.left(venue));
        self.net().is_zero() || (self.flat() && left.iter().any(|qty| !qty.is_zero()))
    }

    fn keep_away_alarm(&mut self, now: Mono, actions: &mut Vec<Action>) {
        let away = |venue: &Venue| {
            let since = self.venues[*venue].away_since.filter(|_| !self.own(*venue).is_zero());
            since.map(|since| (*venue, since))
        };
        let Some((venue, since)) = Venue::ALL.iter().find_map(away) else {
            self.alarm.next_away = None;
            return;
        };
        let due = *self.alarm.next_away.get_or_insert(since.after(AWAY_AFTER));
        if now >= due {
            self.alarm.next_away = Some(now.after(AWAY_REPEAT));
            actions.push(Action::Notice(Notice::VenueAway { venue, since: now.since(since) }));
        }
    }
}
