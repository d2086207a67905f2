//! Evening out. Waits for: the larger leg brought down to the smaller, or the smaller topped up once. Leaves to: holding
//! the smaller (or the topped-up) pair, flattening when that does not work out. Deadlines: those of its order. On restart:
//! recovering.

use super::reducer::Reducer;
use super::{Phase, flattening::Flattening, holding::Holding};
use crate::coordinator::desk::{Desk, OrderWish};
use crate::coordinator::event::{Action, Event};
use crate::coordinator::inflight::OrderTrack;
use crate::coordinator::notice::Notice;
use crate::coordinator::settings::Imbalance;
use crate::domain::{ClientOrderId, Mono, PerVenue, Price, Purpose, Qty, Venue};

/// An opening that filled both legs, but not alike.
#[derive(Clone, Debug)]
pub struct Evening {
    entries: PerVenue<Price>,
    step: Step,
}

/// What is under way.
#[derive(Clone, Debug)]
enum Step {
    /// The smaller leg is topped up, once.
    ToppingUp(OrderTrack),
    /// The larger leg is brought down to the smaller.
    Reducing(Reducer),
}

impl Evening {
    /// Both legs hold something, and not the same; `qty` was wanted.
    pub fn enter(
        desk: &mut Desk,
        now: Mono,
        qty: Qty,
        entries: PerVenue<Price>,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let Some((larger, smaller_size)) = worth_holding(desk, &entries) else {
            return Flattening::unwind(desk, now, actions);
        };
        if sizes_agree(desk) {
            return Holding::enter(desk, now, smaller_size, entries, actions);
        }
        // A leg that is larger than was wanted is no measure for the other.
        if desk.settings.imbalance == Imbalance::TopUp
            && desk.own(larger).abs() <= qty
            && let Some(track) = top_up(desk, now, larger.other(), actions)
        {
            return Phase::Evening(Self { entries, step: Step::ToppingUp(track) });
        }
        Self::reduce(desk, now, entries, larger, smaller_size, actions)
    }

    fn reduce(
        desk: &mut Desk,
        now: Mono,
        entries: PerVenue<Price>,
        larger: Venue,
        to: Qty,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let excess = desk.own(larger).abs() - to;
        actions.push(Action::Notice(Notice::Evening { venue: larger, excess, to }));
        let reducer = Reducer::new(larger, Purpose::Unwind, to, now);
        Self { entries, step: Step::Reducing(reducer) }.advance(desk, now, None, actions)
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
        match &mut self.step {
            Step::ToppingUp(track) => {
                if let Some(event) = event {
                    desk.follow(now, track, event, actions);
                }
                let Some(outcome) = track.outcome() else { return Phase::Evening(self) };
                let track = track.clone();
                desk.settle(now, &track, &outcome, actions);
                self.judge_top_up(desk, now, actions)
            }
            Step::Reducing(reducer) => {
                reducer.step(desk, now, event, actions);
                if reducer.is_done() {
                    return self.judge(desk, now, actions);
                }
                if reducer.gave_up() {
                    return Flattening::unwind(desk, now, actions);
                }
                Phase::Evening(self)
            }
        }
    }

    /// Topped up or not, there is one try: what still differs is reduced.
    fn judge_top_up(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        match worth_holding(desk, &self.entries) {
            Some(_) if sizes_agree(desk) => self.judge(desk, now, actions),
            Some((larger, to)) => Self::reduce(desk, now, self.entries, larger, to, actions),
            None => Flattening::unwind(desk, now, actions),
        }
    }

    fn judge(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        let [first, _] = Venue::ALL;
        let size = desk.own(first).abs();
        let ours = |venue: Venue| desk.open_side(venue).signed(size) == desk.own(venue);
        if size.is_positive() && Venue::ALL.into_iter().all(ours) && !desk.stopping && desk.broken.is_none() {
            return Holding::enter(desk, now, size, self.entries, actions);
        }
        Flattening::unwind(desk, now, actions)
    }

    /// Next look at its order.
    pub fn deadline(&self, desk: &Desk) -> Option<Mono> {
        match &self.step {
            Step::ToppingUp(track) => track.deadline(),
            Step::Reducing(reducer) => reducer.deadline(desk),
        }
    }

    /// The order whose end is not known.
    pub fn unresolved(&self) -> Option<(Venue, ClientOrderId)> {
        match &self.step {
            Step::ToppingUp(track) => Some((track.venue(), track.intent().cid)),
            Step::Reducing(reducer) => reducer.unresolved(),
        }
    }
}

fn sizes_agree(desk: &Desk) -> bool {
    let [first, second] = Venue::ALL;
    desk.own(first).abs() == desk.own(second).abs()
}

/// The larger leg and the size of the smaller, when a pair of that size may be held and the larger can be brought down to
/// it: both legs on their own side, the smaller above every minimum, and so is what has to go.
fn worth_holding(desk: &Desk, entries: &PerVenue<Price>) -> Option<(Venue, Qty)> {
    let sizes = PerVenue::from_fn(|venue| {
        let signed = desk.own(venue);
        if desk.open_side(venue).signed(signed.abs()) == signed { signed.abs() } else { Qty::ZERO }
    });
    let [first, second] = Venue::ALL;
    let larger = if sizes[first] >= sizes[second] { first } else { second };
    let smaller = sizes[larger.other()];
    let excess = sizes[larger] - smaller;
    let takes = |venue: Venue, qty: Qty| {
        desk.venues[venue].spec.is_some_and(|spec| spec.accepts(venue, qty, entries[venue]).is_ok())
    };
    let holdable = smaller.is_positive() && Venue::ALL.into_iter().all(|venue| takes(venue, smaller));
    (holdable && (excess.is_zero() || takes(larger, excess))).then_some((larger, smaller))
}

/// Sends the missing part of the smaller leg, if every gate that the moment allows is open and the venue takes such a size.
fn top_up(desk: &mut Desk, now: Mono, venue: Venue, actions: &mut Vec<Action>) -> Option<OrderTrack> {
    let view = &desk.venues[venue];
    let (spec, quote) = (view.spec?, view.quote.ok()?);
    let fresh = now.since(quote.received) <= desk.settings.quote_age_max;
    if !fresh || !view.ready || view.trading.reason().is_some() || desk.stopping || desk.broken.is_some() {
        return None;
    }
    let qty = desk.own(venue.other()).abs() - desk.own(venue).abs();
    spec.accepts(venue, qty, quote.mid()).ok()?;
    let side = desk.open_side(venue);
    let bound_ppm = desk.settings.slippage_ppm;
    desk.submit(now, OrderWish { venue, purpose: Purpose::Open, side, qty, bound_ppm }, actions)
}
