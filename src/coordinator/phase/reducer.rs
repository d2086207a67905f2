//! Brings one leg down to a size, mostly zero: reduce-only orders sized from the recorded position, wider bounds with every
//! attempt, and in the end the venue's own confirmation. Used by flattening and evening; knows nothing of the other leg.

use crate::coordinator::desk::{Desk, OrderWish};
use crate::coordinator::event::{Action, Event};
use crate::coordinator::evidence::Verdict;
use crate::coordinator::inflight::{OrderTrack, Outcome};
use crate::coordinator::notice::Notice;
use crate::domain::{ClientOrderId, Mono, Price, Purpose, Qty, Side, Usd, Venue};
use crate::venue::{Reaction, TradingState, VenueReport};
use std::time::Duration;

/// Orders for one leg that the venue took without closing it before a person has to look.
const ATTEMPTS_MAX: u8 = 12;
/// Orders a venue did not take for reasons that pass (maintenance, limits): some fifteen minutes of them.
const PUT_OFF_MAX: u8 = 30;
/// The first wait after such an order, doubled each time up to the second.
const PUT_OFF_FIRST: Duration = Duration::from_secs(1);
const PUT_OFF_LONGEST: Duration = Duration::from_secs(40);
/// Bounds of later attempts, in 1e-6; the first uses the operator's slippage.
const WIDER_PPM: i64 = 10_000;
const WIDEST_PPM: i64 = 30_000;

/// How long ids may take to be reserved before they are looked for again.
const IDS_SOON: Duration = Duration::from_millis(20);

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "closing asks for no memory")]
enum State {
    /// An order may be sent from this moment on; earlier when it only waits for the venue and the venue is back.
    Pending { not_before: Mono, for_venue: bool },
    /// One order is out.
    InFlight(OrderTrack),
    /// Nothing more to send by our records; the venue has to say so too.
    Verifying,
    /// The venue confirmed it.
    Done,
    /// Out of attempts.
    GaveUp,
}

fn pending(not_before: Mono) -> State {
    State::Pending { not_before, for_venue: false }
}

/// One leg on its way down.
#[derive(Clone, Debug)]
pub struct Reducer {
    venue: Venue,
    purpose: Purpose,
    /// Size to be left.
    target: Qty,
    attempts: u8,
    put_off: u8,
    /// The venue refused a size: only multiples of its step are tried from now on.
    on_grid: bool,
    closed: Qty,
    value: Usd,
    state: State,
}

impl Reducer {
    /// Starts at once when the leg holds anything.
    pub fn new(venue: Venue, purpose: Purpose, target: Qty, now: Mono) -> Self {
        let state = pending(now);
        let (closed, value) = (Qty::ZERO, Usd::ZERO);
        Self { venue, purpose, target, attempts: 0, put_off: 0, on_grid: false, closed, value, state }
    }

    /// Does what can be done now.
    pub fn step(&mut self, desk: &mut Desk, now: Mono, event: Option<&Event>, actions: &mut Vec<Action>) {
        if let (State::InFlight(track), Some(event)) = (&mut self.state, event) {
            desk.follow(now, track, event, actions);
            if let Some(outcome) = track.outcome() {
                let track = track.clone();
                self.on_outcome(desk, now, &track, &outcome, actions);
            }
        }
        if let State::Verifying = self.state {
            self.verify(desk, now, actions);
        }
        if let State::Pending { not_before, for_venue } = self.state
            && (now >= not_before || (for_venue && self.is_back(event)))
        {
            self.send(desk, now, actions);
        }
    }

    /// The venue says that it takes orders again, or is connected again.
    fn is_back(&self, event: Option<&Event>) -> bool {
        let Some(Event::Report(venue, report)) = event else { return false };
        let back = match report {
            VenueReport::Trading(state) => !matches!(state, TradingState::Closed(_)),
            VenueReport::Ready => true,
            _ => false,
        };
        *venue == self.venue && back
    }

    fn send(&mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
        let position = desk.own(self.venue);
        let excess = position.abs() - self.target;
        let Some(held) = Side::of_position(position).filter(|_| !self.is_there(desk)) else {
            self.state = State::Verifying;
            return self.verify(desk, now, actions);
        };
        if !desk.venues[self.venue].ready {
            return;
        }
        if !desk.has_ids() {
            self.state = pending(now.after(IDS_SOON));
            return;
        }
        if self.attempts >= ATTEMPTS_MAX || self.put_off >= PUT_OFF_MAX {
            self.state = State::GaveUp;
            return;
        }
        if self.on_grid && self.target.is_zero() && self.is_dust(desk) {
            desk.carry(self.venue, actions);
            self.state = State::Verifying;
            return self.verify(desk, now, actions);
        }
        let attempt = self.attempts + self.put_off + 1;
        if attempt > 1 {
            let again = Notice::ClosingAgain { venue: self.venue, left: excess, attempt };
            actions.push(Action::Notice(again));
        }
        let (venue, purpose, qty) = (self.venue, self.purpose, self.order_size(desk, excess));
        let bound_ppm = self.bound_ppm(desk);
        let wish = OrderWish { venue, purpose, side: held.opposite(), qty, bound_ppm };
        self.state = match desk.submit(now, wish, actions) {
            Some(track) => State::InFlight(track),
            None => State::GaveUp,
        };
    }

    fn bound_ppm(&self, desk: &Desk) -> i64 {
        let by_attempt = match self.attempts {
            0 => desk.settings.slippage_ppm,
            1 => WIDER_PPM,
            _ => WIDEST_PPM,
        };
        // Without a usable quote the last good one is the reference, and the market may have moved since.
        if desk.venues[self.venue].quote.is_err() { by_attempt.max(WIDER_PPM) } else { by_attempt }
    }

    fn on_outcome(
        &mut self,
        desk: &mut Desk,
        now: Mono,
        track: &OrderTrack,
        outcome: &Outcome,
        actions: &mut Vec<Action>,
    ) {
        desk.settle(now, track, outcome, actions);
        let price = outcome.average.unwrap_or(track.intent().bound);
        self.closed = self.closed + outcome.filled;
        self.value = self.value + price.notional(outcome.filled);
        self.state = match outcome.refusal.as_ref().map(|refusal| refusal.reaction) {
            // Nothing to reduce there, says the venue: its position decides, not another order.
            Some(Reaction::ReadPosition) => State::Verifying,
            // Too little for an order of its own, says the venue: it is carried.
            Some(Reaction::ReloadMarket) if self.target.is_zero() && self.is_dust(desk) => {
                desk.carry(self.venue, actions);
                State::Verifying
            }
            // Or opened on another grid than the venue has now.
            Some(Reaction::ReloadMarket) => {
                self.on_grid = true;
                self.again_after(now, Duration::from_millis(200))
            }
            Some(Reaction::VenueClosed | Reaction::BackOff | Reaction::NotSent) => self.put_off(now),
            Some(_) => self.again_after(now, Duration::from_millis(200)),
            None => self.again_after(now, Duration::ZERO),
        };
        if self.is_there(desk) {
            self.state = State::Verifying;
        }
    }

    /// By our records nothing is left to reduce.
    fn is_there(&self, desk: &Desk) -> bool {
        let own = desk.own(self.venue);
        own.abs() <= self.target || (self.target.is_zero() && desk.flat_at(self.venue))
    }

    /// What is asked for: all, as a rule in one piece, even where it was opened on another grid.
    fn order_size(&self, desk: &Desk, excess: Qty) -> Qty {
        let whole = desk.venues[self.venue].spec.map(|spec| excess.floor_to(spec.step));
        whole.filter(|whole| self.on_grid && whole.is_positive()).unwrap_or(excess)
    }

    /// No part of it is as much as the venue takes as an order of its own.
    fn is_dust(&self, desk: &Desk) -> bool {
        let view = &desk.venues[self.venue];
        let price = view.last_good.map_or(Price::ZERO, |bbo| bbo.mid());
        view.spec.is_some_and(|spec| {
            let whole = desk.own(self.venue).abs().floor_to(spec.step);
            whole < spec.min_qty || price.notional(whole) < spec.min_notional
        })
    }

    /// The venue took the order and something is left: the next one follows soon.
    fn again_after(&mut self, now: Mono, at_least: Duration) -> State {
        self.attempts += 1;
        pending(now.after(self.pause().max(at_least)))
    }

    /// The venue takes nothing for now. That is no attempt: the market has not refused our price.
    fn put_off(&mut self, now: Mono) -> State {
        let wait = PUT_OFF_FIRST.saturating_mul(1 << self.put_off.min(8)).min(PUT_OFF_LONGEST);
        self.put_off += 1;
        State::Pending { not_before: now.after(wait), for_venue: true }
    }

    fn pause(&self) -> Duration {
        match self.attempts {
            0 | 1 => Duration::ZERO,
            2 => Duration::from_millis(200),
            3 => Duration::from_millis(500),
            _ => Duration::from_secs(1),
        }
    }

    fn verify(&mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
        match desk.watch[self.venue].verdict() {
            Verdict::Open => {}
            Verdict::Confirmed if self.is_there(desk) => self.finish(actions),
            Verdict::Confirmed => self.state = pending(now.after(self.pause())),
            Verdict::Contradicted(actual) => {
                desk.accept_word(now, self.venue, actual, actions);
                self.state = pending(now);
            }
        }
    }

    fn finish(&mut self, actions: &mut Vec<Action>) {
        self.state = State::Done;
        if self.closed.is_positive() && self.target.is_zero() {
            let price = Price::average(self.value, self.closed);
            actions.push(Action::Notice(Notice::LegClosed { venue: self.venue, qty: self.closed, price }));
        }
    }

    /// The venue confirmed that no more than the target is left.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Out of attempts with something left.
    pub fn gave_up(&self) -> bool {
        matches!(self.state, State::GaveUp)
    }

    /// When [`Reducer::step`] is next needed.
    pub fn deadline(&self, desk: &Desk) -> Option<Mono> {
        match &self.state {
            // Not ready: the venue's word wakes us, not time.
            State::Pending { not_before, .. } => desk.venues[self.venue].ready.then_some(*not_before),
            State::InFlight(track) => track.deadline(),
            State::Verifying | State::Done | State::GaveUp => None,
        }
    }

    /// The order whose end is not known.
    pub fn unresolved(&self) -> Option<(Venue, ClientOrderId)> {
        match &self.state {
            State::InFlight(track) => Some((self.venue, track.intent().cid)),
            State::Pending { .. } | State::Verifying | State::Done | State::GaveUp => None,
        }
    }
}
