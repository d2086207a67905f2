//! The orders a session has ready before they are commanded ([`super::VenueCommand::Prepare`]). Keeps and hands out, once each;
//! how one is made, checked and judged fresh is the session's own.

use crate::domain::{ClientOrderId, Mono, OrderIntent};
use std::time::Duration;

/// So many are kept: the way forward and the way back, and one of each from before.
const KEPT: usize = 4;
/// One that is not named again for so long is not wanted any more.
const WANTED_FOR: Duration = Duration::from_secs(5);
/// What could not be made is tried again after this: it lacks nonces, or the connection is not ready.
const AGAIN: Duration = Duration::from_millis(50);

/// An order ready to leave.
pub trait MadeAhead {
    /// When it should be made anew, so that a good one is always there.
    fn renew_at(&self) -> Mono;
}

/// The orders of one session.
#[derive(Debug)]
pub struct Shelf<T> {
    places: Vec<Place<T>>,
    /// Nothing is made before: what an order caused comes first.
    not_before: Mono,
}

#[derive(Debug)]
struct Place<T> {
    intent: OrderIntent,
    wanted_until: Mono,
    /// Made and checked.
    ready: Option<T>,
    /// Made and not checked: not to be used.
    unchecked: Option<T>,
}

/// The next piece of work on a shelf.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<T> {
    /// Make this order.
    Make(OrderIntent),
    /// Look at this one, which was made for this intent, as if a stranger had made it.
    Check(OrderIntent, T),
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { places: Vec::with_capacity(KEPT), not_before: Mono(0) }
    }
}

impl<T: MadeAhead> Shelf<T> {
    /// An order is wanted ready, or still is. What was there under its id for another order is gone; when there is no room,
    /// so is what was named longest ago.
    pub fn want(&mut self, now: Mono, intent: OrderIntent) {
        let wanted_until = now.after(WANTED_FOR);
        if let Some(place) = self.places.iter_mut().find(|place| place.intent == intent) {
            place.wanted_until = wanted_until;
            return;
        }
        self.drop_id(intent.cid);
        if self.places.len() == KEPT
            && let Some(oldest) = (0..KEPT).min_by_key(|at| self.places[*at].wanted_until)
        {
            self.places.swap_remove(oldest);
        }
        self.places.push(Place { intent, wanted_until, ready: None, unchecked: None });
    }

    /// The order made for exactly this intent, left where it is.
    pub fn look_at(&self, intent: &OrderIntent) -> Option<&T> {
        self.places.iter().find(|place| place.intent == *intent)?.ready.as_ref()
    }

    /// The order made for exactly this intent. Whatever was kept under its id is gone afterwards: an id is used once.
    pub fn take(&mut self, intent: &OrderIntent) -> Option<T> {
        let at = self.places.iter().position(|place| place.intent.cid == intent.cid)?;
        let place = self.places.swap_remove(at);
        place.ready.filter(|_| place.intent == *intent)
    }

    fn drop_id(&mut self, cid: ClientOrderId) {
        self.places.retain(|place| place.intent.cid != cid);
    }

    /// No work before `until`.
    pub fn rest(&mut self, until: Mono) {
        self.not_before = self.not_before.max(until);
    }

    /// The next piece of work, if one is due. `is_good` says whether an order could still be used.
    pub fn piece(&mut self, now: Mono, is_good: impl Fn(&T) -> bool) -> Option<Piece<T>> {
        if now < self.not_before {
            return None;
        }
        self.places.retain(|place| now < place.wanted_until);
        for place in &mut self.places {
            match place.unchecked.take() {
                Some(made) if is_good(&made) => return Some(Piece::Check(place.intent, made)),
                Some(_) => {
                    // Overtaken before it was looked at. Should that repeat itself, nobody is kept busy by it.
                    self.not_before = now.after(AGAIN);
                    return None;
                }
                None => {}
            }
            if place.ready.as_ref().is_none_or(|made| now >= made.renew_at() || !is_good(made)) {
                return Some(Piece::Make(place.intent));
            }
        }
        None
    }

    /// The order was made; `None` when it could not be, which is tried again later.
    pub fn made(&mut self, now: Mono, intent: &OrderIntent, made: Option<T>) {
        match (self.places.iter_mut().find(|place| place.intent == *intent), made) {
            (Some(place), Some(made)) => place.unchecked = Some(made),
            (_, None) => self.rest(now.after(AGAIN)),
            (None, Some(_)) => {}
        }
    }

    /// The order passed its check and may be used.
    pub fn checked(&mut self, intent: &OrderIntent, made: T) {
        if let Some(place) = self.places.iter_mut().find(|place| place.intent == *intent) {
            place.ready = Some(made);
        }
    }

    /// When [`Shelf::piece`] may have something next. `is_good` as there.
    pub fn deadline(&self, is_good: impl Fn(&T) -> bool) -> Option<Mono> {
        let due = |place: &Place<T>| match (&place.unchecked, &place.ready) {
            (None, Some(made)) if is_good(made) => made.renew_at(),
            (Some(_), _) | (None, _) => Mono(0),
        };
        let soonest = self.places.iter().map(due).min()?;
        Some(soonest.max(self.not_before))
    }

    /// Orders that are made and checked.
    pub fn ready(&self) -> usize {
        self.places.iter().filter(|place| place.ready.is_some()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Price, Purpose, Qty, Side, Venue};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Made(u64);

    impl MadeAhead for Made {
        fn renew_at(&self) -> Mono {
            Mono(self.0 + 100)
        }
    }

    fn intent(number: u64, bound: i64) -> OrderIntent {
        OrderIntent {
            cid: ClientOrderId::from_number(number).expect("in range"),
            venue: Venue::Lighter,
            purpose: Purpose::Open,
            side: Side::Buy,
            qty: Qty::from_whole(1),
            bound: Price::from_whole(bound),
            valid_for: Duration::from_secs(2),
        }
    }

    /// Does one piece of work; false when there is none.
    fn work(shelf: &mut Shelf<Made>, now: u64) -> bool {
        match shelf.piece(Mono(now), |_| true) {
            None => return false,
            Some(Piece::Make(intent)) => shelf.made(Mono(now), &intent, Some(Made(now))),
            Some(Piece::Check(intent, made)) => shelf.checked(&intent, made),
        }
        true
    }

    #[test]
    fn an_order_is_usable_once_and_only_after_its_check() {
        let mut shelf = Shelf::default();
        shelf.want(Mono(0), intent(1, 5));
        assert!(work(&mut shelf, 1));
        shelf.want(Mono(1), intent(1, 5));
        assert_eq!(shelf.ready(), 0, "not checked yet");
        assert!(work(&mut shelf, 2) && !work(&mut shelf, 3));
        assert_eq!(shelf.take(&intent(1, 5)), Some(Made(1)));
        assert_eq!(shelf.take(&intent(1, 5)), None);
        shelf.want(Mono(5), intent(2, 5));
        work(&mut shelf, 5);
        assert_eq!(shelf.take(&intent(2, 5)), None, "made and not checked");
        assert_eq!(shelf.deadline(|_| true), None);
    }

    #[test]
    fn another_order_under_the_same_id_gets_nothing_and_leaves_nothing() {
        let mut shelf = Shelf::default();
        shelf.want(Mono(0), intent(1, 5));
        while work(&mut shelf, 1) {}
        assert_eq!(shelf.take(&intent(1, 6)), None);
        assert_eq!(shelf.take(&intent(1, 5)), None, "the id is used");
        shelf.want(Mono(1), intent(1, 5));
        while work(&mut shelf, 1) {}
        shelf.want(Mono(1), intent(1, 6));
        assert_eq!((shelf.ready(), shelf.take(&intent(1, 5))), (0, None), "renamed with another bound");
    }

    #[test]
    fn it_is_made_anew_in_time_and_the_old_one_serves_until_then() {
        let mut shelf = Shelf::default();
        shelf.want(Mono(0), intent(1, 5));
        while work(&mut shelf, 1) {}
        assert_eq!(shelf.deadline(|_| true), Some(Mono(101)));
        assert!(!work(&mut shelf, 100));
        assert!(work(&mut shelf, 101));
        assert_eq!(shelf.deadline(|_| true), Some(Mono(0)), "the check is due");
        assert_eq!(shelf.places[0].ready, Some(Made(1)));
        assert!(work(&mut shelf, 102));
        assert_eq!(shelf.take(&intent(1, 5)), Some(Made(101)));
    }

    #[test]
    fn memory_is_bounded_and_what_nobody_wants_any_more_is_dropped() {
        let mut shelf = Shelf::default();
        for number in 1..=9 {
            shelf.want(Mono(number), intent(number, 5));
        }
        while work(&mut shelf, 10) {}
        assert_eq!(shelf.ready(), KEPT);
        assert_eq!(shelf.take(&intent(5, 5)), None);
        assert_eq!(shelf.take(&intent(6, 5)), Some(Made(10)));
        let end = Mono(9).after(WANTED_FOR);
        assert!(!work(&mut shelf, end.0) && shelf.places.is_empty());
    }

    #[test]
    fn what_cannot_be_made_or_is_held_back_does_not_keep_anyone_busy() {
        let mut shelf = Shelf::default();
        shelf.want(Mono(0), intent(1, 5));
        shelf.made(Mono(7), &intent(1, 5), None);
        let again = Mono(7).after(AGAIN);
        assert_eq!(shelf.deadline(|_: &Made| true), Some(again));
        assert!(!work(&mut shelf, again.0 - 1) && work(&mut shelf, again.0));
        shelf.rest(again.after(AGAIN));
        assert!(!work(&mut shelf, again.0 + 1));
        let later = again.after(AGAIN);
        assert_eq!(shelf.piece(later, |_| false), None, "gone bad unchecked");
        assert_eq!(shelf.deadline(|_| true), Some(later.after(AGAIN)));
    }
}
