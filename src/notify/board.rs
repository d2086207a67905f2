//! What stands right now, and when it is said again: at once, every minute up to ten minutes, then every ten minutes.
//! The coordinator repeats itself far more often; people are told at this pace.

use super::alarm::{Alarm, Standing};
use crate::domain::Mono;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Something to tell now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// What.
    pub alarm: Alarm,
    /// How long it has stood; zero for what does not last.
    pub lasting: Duration,
    /// The state it speaks of, and whether it says that it is over.
    pub standing: Option<(Standing, bool)>,
}

#[derive(Clone, Debug)]
struct Stands {
    what: Standing,
    alarm: Alarm,
    since: Mono,
    first_told: Option<Mono>,
    next: Mono,
}

/// Everything that stands.
#[derive(Clone, Debug, Default)]
pub struct Board {
    stands: Vec<Stands>,
}

impl Board {
    /// It stands, or still stands. What is due is told by [`Board::due`].
    pub fn begins(&mut self, now: Mono, what: Standing, alarm: Alarm, already: Duration) {
        if let Some(known) = self.stands.iter_mut().find(|stands| stands.what == what) {
            known.alarm = alarm;
            return;
        }
        let since = Mono(now.0.saturating_sub(u64::try_from(already.as_nanos()).unwrap_or(u64::MAX)));
        let next = now.after(what.patience());
        self.stands.push(Stands { what, alarm, since, first_told: None, next });
    }

    /// It is over; worth a word only when its beginning was told.
    pub fn ends(&mut self, now: Mono, what: Standing, alarm: Alarm) -> Option<Telling> {
        let index = self.stands.iter().position(|stands| stands.what == what)?;
        let over = self.stands.remove(index);
        over.first_told?;
        Some(Telling { alarm, lasting: now.since(over.since), standing: Some((what, true)) })
    }

    /// What is due to be told, first time or again.
    pub fn due(&mut self, now: Mono) -> Vec<Telling> {
        let due = self.stands.iter_mut().filter(|stands| stands.next <= now);
        due.map(|stands| {
            let first = *stands.first_told.get_or_insert(now);
            stands.next = now.after(if now.since(first) < TEN_MINUTES { MINUTE } else { TEN_MINUTES });
            Telling {
                alarm: stands.alarm.clone(),
                lasting: now.since(stands.since),
                standing: Some((stands.what, false)),
            }
        })
        .collect()
    }

    /// When something is due next.
    pub fn deadline(&self) -> Option<Mono> {
        self.stands.iter().map(|stands| stands.next).min()
    }
}
