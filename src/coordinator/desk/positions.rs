//! Whose position it is: ours, too small to close, or somebody else's. The watch counts the whole account; only what our own
//! orders made is ever closed (invariant I14).

use super::Desk;
use crate::coordinator::event::Action;
use crate::coordinator::evidence::Verdict;
use crate::coordinator::journal::{Memory, Record};
use crate::coordinator::notice::{MismatchCause, Notice};
use crate::domain::{Mono, PerVenue, Purpose, Qty, Side, Venue};
use crate::venue::ForeignMove;
use std::time::Duration;

/// A venue's word that it moved a position explains a mismatch found within this time.
const EXPLAINS_FOR: Duration = Duration::from_secs(120);

/// Shares of the account's positions.
#[derive(Clone, Debug)]
pub(super) struct Positions {
    /// Of ours, what the venues are too coarse to close; carried into the next cycle.
    left: PerVenue<Qty>,
    /// Not ours: never touched.
    foreign: PerVenue<Qty>,
    /// What our opening orders of this cycle could have made.
    intended: PerVenue<Qty>,
    /// What the venue last said moved the position without us.
    moved: PerVenue<Option<(ForeignMove, Mono)>>,
    /// What earlier runs recorded.
    remembered: PerVenue<Qty>,
}

impl Positions {
    pub(super) fn new(memory: &Memory) -> Self {
        let net = |venue: Venue| memory.cycles.iter().map(|cycle| cycle.net[venue]).sum::<Qty>();
        Self {
            left: memory.left,
            foreign: PerVenue::default(),
            intended: PerVenue::default(),
            moved: PerVenue::default(),
            remembered: PerVenue::from_fn(|venue| memory.left[venue] + net(venue)),
        }
    }

    pub(super) fn remembered(&self, venue: Venue) -> Qty {
        self.remembered[venue]
    }

    pub(super) fn new_cycle(&mut self) {
        self.intended = PerVenue::default();
    }

    pub(super) fn intend(&mut self, venue: Venue, purpose: Purpose, qty: Qty) {
        if purpose == Purpose::Open {
            self.intended[venue] = self.intended[venue] + qty;
        }
    }
}

impl Desk {
    /// The signed position on `venue` that is ours.
    pub fn own(&self, venue: Venue) -> Qty {
        self.watch[venue].expected() - self.positions.foreign[venue]
    }

    /// Of it, what the venue is too coarse to close.
    pub fn left(&self, venue: Venue) -> Qty {
        self.positions.left[venue]
    }

    /// Not ours, as far as we know.
    pub fn foreign(&self, venue: Venue) -> Qty {
        self.positions.foreign[venue]
    }

    /// Nothing of ours is open on `venue` that could be closed.
    pub fn flat_at(&self, venue: Venue) -> bool {
        let own = self.own(venue);
        own.is_zero() || own == self.left(venue)
    }

    /// Nothing of ours is open that could be closed.
    pub fn flat(&self) -> bool {
        Venue::ALL.into_iter().all(|venue| self.flat_at(venue))
    }

    /// The venue does not take an order for so little: what is open there is carried.
    pub fn carry(&mut self, venue: Venue, actions: &mut Vec<Action>) {
        let qty = self.own(venue);
        self.positions.left[venue] = qty;
        actions.push(Action::Notice(Notice::DustCarried { venue, qty }));
        let text = format!("{qty} is below what {venue} takes; carried into the next cycle");
        actions.push(Action::Record(Record::Incident { kind: "dust", text }));
    }

    /// What was carried is never more than what is there: once it is gone, a position of that size is no dust any more. Nor
    /// is it once the venue takes orders of its size, because its rules or the price have changed.
    pub(super) fn shrink_left(&mut self) {
        for venue in Venue::ALL {
            let left = share(self.own(venue), self.positions.left[venue]);
            let view = &self.venues[venue];
            let closable = view.spec.zip(view.last_good).is_some_and(|(spec, quote)| {
                let whole = left.abs().floor_to(spec.step);
                !left.is_zero() && spec.accepts(venue, whole, quote.mid()).is_ok()
            });
            self.positions.left[venue] = if closable { Qty::ZERO } else { left };
        }
    }

    /// A venue whose repeated word contradicts our records, if any.
    pub fn contradiction(&self) -> Option<(Venue, Qty)> {
        Venue::ALL.into_iter().find_map(|venue| match self.watch[venue].verdict() {
            Verdict::Contradicted(actual) => Some((venue, actual)),
            Verdict::Open | Verdict::Confirmed => None,
        })
    }

    /// Takes the venue's repeated word over our records. Of what is there, ours is at most what our records or this cycle's
    /// opening orders explain; the rest belongs to somebody else and is left alone.
    pub fn accept_word(&mut self, now: Mono, venue: Venue, actual: Qty, actions: &mut Vec<Action>) {
        let intended = self.open_side(venue).signed(self.positions.intended[venue]);
        let (before, foreign) = (self.own(venue), self.foreign(venue));
        let explained = share(actual - foreign, before);
        let own = if explained.abs() >= share(actual - foreign, intended).abs() {
            explained
        } else {
            share(actual - foreign, intended)
        };
        self.take_over(now, venue, actual, own, actions);
    }

    /// Takes the venue's word and everything there as ours.
    pub fn claim_all(&mut self, now: Mono, venue: Venue, actual: Qty, actions: &mut Vec<Action>) {
        self.take_over(now, venue, actual, actual, actions);
    }

    fn take_over(&mut self, now: Mono, venue: Venue, actual: Qty, own: Qty, actions: &mut Vec<Action>) {
        let (expected, before) = (self.watch[venue].expected(), self.own(venue));
        let cause = self.cause_of(now, venue, before, actual - self.foreign(venue));
        actions.push(Action::Notice(Notice::PositionMismatch { venue, expected, actual, cause }));
        let text = format!("{venue} states {actual}, our records said {expected}: {cause}");
        actions.push(Action::Record(Record::Incident { kind: "mismatch", text }));
        self.watch[venue].accept(actual, now);
        self.positions.foreign[venue] = actual - own;
        if own.abs() < self.left(venue).abs() {
            self.positions.left[venue] = own;
        }
        let change = own - before;
        if let Some(cycle) = self.cycle_id().filter(|_| !change.is_zero()) {
            actions.push(Action::Record(Record::Corrected { cycle, venue, change }));
        }
    }

    /// What made the difference, as far as it can be told.
    fn cause_of(&self, now: Mono, venue: Venue, before: Qty, actual: Qty) -> MismatchCause {
        let told = self.positions.moved[venue].filter(|(_, at)| now.since(*at) <= EXPLAINS_FOR);
        if let Some((what, _)) = told {
            return MismatchCause::Told(what);
        }
        match (Side::of_position(before), Side::of_position(actual)) {
            (_, None) => MismatchCause::Gone,
            (None, Some(_)) => MismatchCause::Appeared,
            (Some(was), Some(is)) if was != is => MismatchCause::Turned,
            (Some(_), Some(_)) if actual.abs() < before.abs() => MismatchCause::Smaller,
            (Some(_), Some(_)) => MismatchCause::Larger,
        }
    }

    /// The venue says that it moved the position: the readings will show it.
    pub(super) fn on_moved(&mut self, now: Mono, venue: Venue, what: ForeignMove, actions: &mut Vec<Action>) {
        let known = self.positions.moved[venue].replace((what, now));
        if known.is_none_or(|(before, at)| before != what || now.since(at) > EXPLAINS_FOR) {
            actions.push(Action::Notice(Notice::PositionMoved { venue, what }));
        }
        self.watch[venue].look_now(now);
    }

    /// Judges a confirmed contradiction; true when there was one and records were replaced.
    pub fn settle_contradiction(&mut self, now: Mono, actions: &mut Vec<Action>) -> bool {
        let mut found = false;
        while let Some((venue, actual)) = self.contradiction() {
            self.accept_word(now, venue, actual, actions);
            found = true;
        }
        found
    }
}

/// Of `actual`, what a record of `bound` explains: same direction, and no more than it.
fn share(actual: Qty, bound: Qty) -> Qty {
    match (Side::of_position(actual), Side::of_position(bound)) {
        (Some(is), Some(may)) if is == may => is.signed(actual.abs().min(bound.abs())),
        _ => Qty::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_what_our_records_explain_and_never_more() {
        let qty = Qty::from_whole;
        for (actual, bound, ours) in
            [(3, 3, 3), (5, 3, 3), (2, 3, 2), (0, 3, 0), (-1, 3, 0), (-5, -3, -3), (4, 0, 0)]
        {
            assert_eq!(share(qty(actual), qty(bound)), qty(ours), "{actual} of {bound}");
        }
    }
}
