//! Flattening. Waits for: both venues' confirmation that nothing of ours is left. Leaves to: cooling, the end of the run, or a
//! halt when a leg cannot be closed or what is left is not ours. Deadlines: those of its orders. On restart: recovering.

use super::reducer::Reducer;
use super::{Phase, commands_first, cooling::Cooling, halted::Halted};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, Event};
use crate::coordinator::journal::Finish;
use crate::coordinator::notice::Notice;
use crate::domain::{ClientOrderId, Mono, PerVenue, Purpose, Qty, Venue};

/// Why everything is brought to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// A held pair ends.
    Close,
    /// An opening failed in part.
    Unwind,
    /// An earlier run left it.
    Recovery,
}

/// Both legs on their way to zero.
#[derive(Clone, Debug)]
pub struct Flattening {
    why: Why,
    purpose: Purpose,
    legs: PerVenue<Reducer>,
    /// Nothing was sent yet: the legs hedge each other and one venue takes nothing.
    held_back: bool,
    wake: Option<Mono>,
}

impl Flattening {
    /// Closes a held pair: both legs at once.
    pub fn close(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        let why = if desk.recovering { Why::Recovery } else { Why::Close };
        let first_line = actions.len();
        let phase = Self::enter(why, Purpose::Close, false, desk, now, actions);
        commands_first(&mut actions[first_line..]);
        let after_commands = actions[first_line..]
            .iter()
            .position(|action| !matches!(action, Action::Command(..)))
            .map_or(actions.len(), |offset| first_line + offset);
        actions.insert(after_commands, Action::Notice(Notice::Closing));
        phase
    }

    /// Takes back what a failed opening filled.
    pub fn unwind(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        Self::enter(Why::Unwind, Purpose::Unwind, true, desk, now, actions)
    }

    /// Closes what an earlier run left.
    pub fn recover(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        Self::enter(Why::Recovery, Purpose::Flatten, true, desk, now, actions)
    }

    fn enter(
        why: Why,
        purpose: Purpose,
        may_hold_back: bool,
        desk: &mut Desk,
        now: Mono,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let legs = PerVenue::from_fn(|venue| Reducer::new(venue, purpose, Qty::ZERO, now));
        let held_back = may_hold_back && desk.hedged() && desk.someone_is_away().is_some();
        if let Some(venue) = desk.someone_is_away().filter(|_| held_back) {
            actions.push(Action::Notice(Notice::ClosePostponed(venue)));
        }
        Self { why, purpose, legs, held_back, wake: None }.advance(desk, now, None, actions)
    }

    /// One event.
    pub fn step(self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        self.advance(desk, now, Some(event), actions)
    }

    fn advance(
        mut self,
        desk: &mut Desk,
        now: Mono,
        event: Option<&Event>,
        actions: &mut Vec<Action>,
    ) -> Phase {
        if self.held_back {
            desk.settle_contradiction(now, actions);
            self.held_back = desk.hedged() && desk.someone_is_away().is_some();
            if self.held_back {
                return Phase::Flattening(self);
            }
        }
        for venue in Venue::ALL {
            self.legs[venue].step(desk, now, event, actions);
            if self.legs[venue].is_done() && !desk.flat_at(venue) {
                // A late fill, or one taken back, after this leg was confirmed closed.
                self.legs[venue] = Reducer::new(venue, self.purpose, Qty::ZERO, now);
                self.legs[venue].step(desk, now, None, actions);
            }
        }
        if self.legs.all(Reducer::is_done) {
            return self.done(desk, now, actions);
        }
        if self.legs.all(|leg| leg.is_done() || leg.gave_up()) {
            return Halted::enter(desk, now, actions);
        }
        self.wake = Venue::ALL.into_iter().filter_map(|venue| self.legs[venue].deadline(desk)).min();
        Phase::Flattening(self)
    }

    fn done(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        if !Venue::ALL.into_iter().all(|venue| desk.foreign(venue).is_zero()) {
            // Nothing of ours is left, and somebody else trades here: that is no place to open anything.
            desk.finish(now, Finish::RolledBack, actions);
            return Halted::enter(desk, now, actions);
        }
        match self.why {
            Why::Unwind => Cooling::after_failure(desk, now, actions),
            Why::Recovery => Cooling::after_recovery(desk, now, actions),
            Why::Close => {
                desk.completed += 1;
                actions.push(Action::Notice(Notice::PairClosed));
                let (volume, fees, result) = (desk.tally.volume(), desk.tally.fees(), desk.tally.result());
                actions.push(Action::Notice(Notice::CycleDone { cycle: desk.cycle, volume, fees, result }));
                Cooling::after_cycle(desk, now, actions)
            }
        }
    }

    /// Next look at an order or the next attempt.
    pub fn deadline(&self) -> Option<Mono> {
        self.wake.filter(|_| !self.held_back)
    }

    /// Orders whose end is not known.
    pub fn unresolved(&self) -> Vec<(Venue, ClientOrderId)> {
        self.legs.iter().filter_map(|(_, leg)| leg.unresolved()).collect()
    }
}
