//! Orders named to the venues before they are decided on, so that a session can have them built and signed. A name is no
//! intent: it is recorded nowhere, uses no id up and sends nothing. When the decision comes and the order it wants is the one
//! that was named, the order leaves with the named bound.

use super::{Desk, OrderWish};
use crate::coordinator::event::Action;
use crate::domain::{ClientOrderId, MarketSpec, Mono, OrderIntent, PerVenue, Price, Purpose, Side, Venue};
use crate::venue::VenueCommand;
use std::time::Duration;

/// Least time before an order is named anew because price or size moved: signing ahead is for idle time.
const PAUSE: Duration = Duration::from_millis(300);
/// A session forgets what is not named again for a while ([`VenueCommand::Prepare`]); this is well before.
const SAY_AGAIN: Duration = Duration::from_secs(2);

/// A named bound lies this many eighths of the slippage beyond the touch: in the middle of where it may be used.
const AIM: i64 = 6;
/// It is named anew when it has come nearer than this, or gone further: before it is of no use.
const COMFORT: std::ops::RangeInclusive<i64> = 5..=7;
const EIGHTHS: i64 = 8;

/// Whose ids the named orders get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// The cycle under way.
    Current,
    /// The cycle that is reserved, and begins with these orders.
    Next,
}

/// What was named last.
#[derive(Clone, Copy, Debug)]
struct Named {
    intent: OrderIntent,
    at: Mono,
}

/// What was named for each leg: the way forward, and the way back.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    named: PerVenue<[Option<Named>; 2]>,
    not_before: PerVenue<Mono>,
}

fn slot(purpose: Purpose) -> usize {
    usize::from(purpose == Purpose::Unwind)
}

impl Ahead {
    /// The bound under which exactly this order was named, if the order may still go out with it: a bound is only a worst
    /// price, so what counts is that it is no looser than the one wanted now, and not so near the touch that it would miss.
    pub(super) fn bound(&self, order: &OrderIntent, touch: Price, bound_ppm: i64) -> Option<Price> {
        let Named { intent, .. } = self.named[order.venue][slot(order.purpose)]?;
        let is_it = OrderIntent { bound: intent.bound, ..*order } == intent;
        (is_it && serves(order.side, intent.bound, order.bound, touch, bound_ppm)).then_some(intent.bound)
    }
}

/// Whether `bound` lies between the bound `wanted` and the point half as far beyond the touch.
fn serves(side: Side, bound: Price, wanted: Price, touch: Price, bound_ppm: i64) -> bool {
    bound == wanted
        || match side {
            Side::Buy => bound < wanted && bound >= touch.scaled_ppm(bound_ppm / 2),
            Side::Sell => bound > wanted && bound <= touch.scaled_ppm(-bound_ppm / 2),
        }
}

/// Whether a named bound need not be named anew.
fn is_comfortable(side: Side, bound: Price, touch: Price, bound_ppm: i64) -> bool {
    let at = |eighths: &i64| {
        let ppm = bound_ppm * *eighths / EIGHTHS;
        touch.scaled_ppm(if side == Side::Buy { ppm } else { -ppm })
    };
    let (near, far) = (at(COMFORT.start()), at(COMFORT.end()));
    (near.min(far)..=near.max(far)).contains(&bound)
}

impl Desk {
    /// Whether an order of this purpose may be named now: the venue takes orders, none of ours is out there, and it is another
    /// one than the last, or some time has passed.
    pub fn may_prepare(&self, now: Mono, venue: Venue, cycle: Cycle, purpose: Purpose) -> bool {
        let is_new = || {
            let named = self.ahead.named[venue][slot(purpose)];
            named.is_none_or(|named| Some(named.intent.cid) != self.id_to_come(cycle, venue, purpose))
        };
        self.venues[venue].ready && !self.busy[venue] && (now >= self.ahead.not_before[venue] || is_new())
    }

    fn id_to_come(&self, cycle: Cycle, venue: Venue, purpose: Purpose) -> Option<ClientOrderId> {
        match cycle {
            Cycle::Current => self.ids.coming(venue, purpose),
            Cycle::Next => self.ids.first_of_next(venue, purpose),
        }
    }

    /// Names an order that may be decided on next, unless what was named last for it still serves.
    pub fn prepare(&mut self, now: Mono, cycle: Cycle, wish: OrderWish, actions: &mut Vec<Action>) {
        let Some(intent) = self.to_be_named(now, cycle, &wish) else { return };
        self.ahead.named[wish.venue][slot(wish.purpose)] = Some(Named { intent, at: now });
        self.ahead.not_before[wish.venue] = now.after(PAUSE);
        actions.push(Action::Command(wish.venue, VenueCommand::Prepare(intent)));
    }

    /// The opening orders that are named for the cycle to come.
    pub fn named_openings(&self) -> impl Iterator<Item = OrderIntent> {
        Venue::ALL.into_iter().filter_map(|venue| {
            let named = self.ahead.named[venue][slot(Purpose::Open)]?.intent;
            let to_come = self.id_to_come(Cycle::Next, venue, Purpose::Open);
            (named.purpose == Purpose::Open && to_come == Some(named.cid)).then_some(named)
        })
    }

    fn to_be_named(&self, now: Mono, cycle: Cycle, wish: &OrderWish) -> Option<OrderIntent> {
        let OrderWish { venue, purpose, side, qty, bound_ppm } = *wish;
        let view = &self.venues[venue];
        let (spec, quote) = (view.spec?, view.quote.ok().or(view.last_good)?);
        let cid = self.id_to_come(cycle, venue, purpose)?;
        let touch = quote.touch(side);
        let bound = aim(&spec, side, touch, bound_ppm);
        let valid_for = self.settings.order_validity;
        let fresh = OrderIntent { cid, venue, purpose, side, qty, bound, valid_for };
        match self.ahead.named[venue][slot(purpose)] {
            Some(Named { intent, at })
                if OrderIntent { bound: intent.bound, ..fresh } == intent
                    && (intent.bound == bound || is_comfortable(side, intent.bound, touch, bound_ppm)) =>
            {
                // Said again it is the same order: a session need not sign it anew for a bound that still serves.
                (now.since(at) >= SAY_AGAIN).then_some(intent)
            }
            _ => Some(fresh),
        }
    }
}

fn aim(spec: &MarketSpec, side: Side, touch: Price, bound_ppm: i64) -> Price {
    spec.bound(side, touch, bound_ppm * AIM / EIGHTHS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Qty, Usd};
    use proptest::prelude::*;

    fn spec(tick: i64) -> MarketSpec {
        let (tick, step) = (Price::from_units(tick), Qty::from_units(1));
        let (max_qty, max_notional) = (Qty::from_whole(1), Usd::from_whole(1));
        MarketSpec { tick, step, min_qty: step, min_notional: Usd::ZERO, max_qty, max_notional }
    }

    fn side() -> impl Strategy<Value = Side> {
        prop_oneof![Just(Side::Buy), Just(Side::Sell)]
    }

    proptest! {
        #[test]
        fn a_bound_that_serves_is_never_looser_than_the_cap_and_never_near_the_touch(
            side in side(), touch in 1_000_000i64..10_000_000_000_000, tick in 1i64..1_000_000, ppm in 0i64..30_000,
            off in -40_000i64..40_000,
        ) {
            let spec = spec(tick);
            let touch = Price::from_units(touch);
            let (wanted, bound) = (spec.bound(side, touch, ppm), touch.scaled_ppm(off));
            if serves(side, bound, wanted, touch, ppm) && bound != wanted {
                let beyond = match side {
                    Side::Buy => bound.units() - touch.units(),
                    Side::Sell => touch.units() - bound.units(),
                };
                let cap = (wanted.units() - touch.units()).abs();
                prop_assert!(beyond <= cap, "{beyond} beyond a cap of {cap}");
                // In units and 1e-6: `ppm / 2` is cut to whole millionths, prices to whole units.
                prop_assert!(i128::from(beyond + 1) * 1_000_000 >= i128::from(touch.units()) * i128::from(ppm / 2));
            }
        }

        #[test]
        fn what_is_comfortable_serves(side in side(), touch in 1_000_000_000i64..10_000_000_000_000, off in -5_000i64..5_000) {
            let spec = spec(1);
            let touch = Price::from_units(touch);
            let bound = touch.scaled_ppm(off);
            if is_comfortable(side, bound, touch, 3_000) {
                prop_assert!(serves(side, bound, spec.bound(side, touch, 3_000), touch, 3_000));
            }
            prop_assert!(is_comfortable(side, aim(&spec, side, touch, 3_000), touch, 3_000));
        }
    }
}
