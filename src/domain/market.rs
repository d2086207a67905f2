//! Trading rules of one market on one venue, and the one size both venues accept.

use super::{PerVenue, Price, Qty, Side, Usd, Venue};

/// What one venue demands of an order in one market. Read from the venue at start, never assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketSpec {
    /// Prices are multiples of this, above zero.
    pub tick: Price,
    /// Sizes are multiples of this, above zero.
    pub step: Qty,
    /// Smallest size of an opening order.
    pub min_qty: Qty,
    /// Smallest size times price of an opening order.
    pub min_notional: Usd,
    /// Largest size of one order.
    pub max_qty: Qty,
    /// Largest size times price of one order.
    pub max_notional: Usd,
}

impl MarketSpec {
    /// The worst price allowed `bound_ppm` beyond `touch`, rounded to the tick *toward* the touch, so it is never looser.
    pub fn bound(&self, side: Side, touch: Price, bound_ppm: i64) -> Price {
        match side {
            Side::Buy => touch.scaled_ppm(bound_ppm).floor_to(self.tick).max(touch),
            Side::Sell => touch.scaled_ppm(-bound_ppm).ceil_to(self.tick).min(touch),
        }
    }

    /// Whether the venue takes an order of this size at about this price.
    ///
    /// # Errors
    /// Which limit it breaks.
    pub fn accepts(&self, venue: Venue, qty: Qty, price: Price) -> Result<(), SizeRefusal> {
        let notional = price.notional(qty);
        if !qty.is_multiple_of(self.step) {
            return Err(SizeRefusal::OffStep { venue, qty, step: self.step });
        }
        if qty < self.min_qty {
            return Err(SizeRefusal::BelowMinimum { venue, qty, minimum: self.min_qty });
        }
        if notional < self.min_notional {
            return Err(SizeRefusal::BelowNotional { venue, notional, minimum: self.min_notional });
        }
        if qty > self.max_qty || notional > self.max_notional {
            return Err(SizeRefusal::AboveMaximum { venue, qty });
        }
        Ok(())
    }
}

/// Why no size fits both venues. Shown to the operator; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeRefusal {
    /// Rounded down to both steps nothing is left.
    #[error("the margin buys less than one common size step of {step}; raise --margin")]
    BelowStep {
        /// Coarsest step both venues accept.
        step: Qty,
    },
    /// No multiple of a venue's size step.
    #[error("{qty} is no multiple of the size step of {venue} ({step})")]
    OffStep {
        /// Who would refuse.
        venue: Venue,
        /// The size.
        qty: Qty,
        /// What it must be a multiple of.
        step: Qty,
    },
    /// Below a venue's smallest size.
    #[error("{qty} is below the minimum size of {venue} ({minimum}); raise --margin")]
    BelowMinimum {
        /// Who would refuse.
        venue: Venue,
        /// What the margin buys.
        qty: Qty,
        /// What the venue asks for.
        minimum: Qty,
    },
    /// Below a venue's smallest value.
    #[error(
        "{notional:.2} USDC is below the minimum order value of {venue} ({minimum} USDC); raise --margin"
    )]
    BelowNotional {
        /// Who would refuse.
        venue: Venue,
        /// Value of the size the margin buys.
        notional: Usd,
        /// What the venue asks for.
        minimum: Usd,
    },
    /// Above a venue's largest order.
    #[error("{qty} is above the largest order of {venue}; lower --margin")]
    AboveMaximum {
        /// Who would refuse.
        venue: Venue,
        /// What the margin buys.
        qty: Qty,
    },
    /// The steps have no usable common multiple, or a price is not positive.
    #[error("the venues have no common order size in this market")]
    NoCommonStep,
}

/// Size of one leg: `margin / average`, rounded **down** to both steps, checked against both venues' limits.
pub fn common_quantity(
    margin: Usd,
    average: Price,
    specs: &PerVenue<MarketSpec>,
) -> Result<Qty, SizeRefusal> {
    let step = common_step(specs.paradex.step, specs.lighter.step).ok_or(SizeRefusal::NoCommonStep)?;
    if !average.is_positive() {
        return Err(SizeRefusal::NoCommonStep);
    }
    let qty = margin.quantity_at(average).floor_to(step);
    if !qty.is_positive() {
        return Err(SizeRefusal::BelowStep { step });
    }
    for (venue, spec) in specs.iter() {
        spec.accepts(venue, qty, average)?;
    }
    Ok(qty)
}

/// Least common multiple of two steps, or `None` when one is not positive or the multiple is out of range.
pub fn common_step(a: Qty, b: Qty) -> Option<Qty> {
    let (a, b) = (a.units(), b.units());
    if a <= 0 || b <= 0 {
        return None;
    }
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).checked_mul(b).map(Qty::from_units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec(step: i64, min_qty: i64, min_notional: i64) -> MarketSpec {
        MarketSpec {
            tick: Price::from_units(10_000_000),
            step: Qty::from_units(step),
            min_qty: Qty::from_units(min_qty),
            min_notional: Usd::from_whole(min_notional),
            max_qty: Qty::from_whole(100),
            max_notional: Usd::from_whole(1_000_000),
        }
    }

    #[test]
    fn the_bound_is_never_looser_than_asked_and_never_inside_the_touch() {
        let spec = spec(1_000, 1_000, 10);
        let touch: Price = "96824.5".parse().expect("price");
        assert_eq!(spec.bound(Side::Buy, touch, 3_000).to_string(), "97114.9");
        assert_eq!(spec.bound(Side::Sell, touch, 3_000).to_string(), "96534.1");
        assert_eq!(spec.bound(Side::Buy, touch, 0), touch);
    }

    #[test]
    fn a_size_one_venue_would_refuse_is_refused_before_sending() {
        let price = Price::from_whole(96_000);
        let specs = PerVenue { paradex: spec(1_000, 1_000, 10), lighter: spec(1_000, 7_000, 10) };
        let below_notional = common_quantity(Usd::from_whole(9), price, &specs);
        assert!(
            matches!(below_notional, Err(SizeRefusal::BelowNotional { venue: Venue::Paradex, .. })),
            "{below_notional:?}"
        );
        let nothing = common_quantity(Usd::from_units(1), price, &specs);
        assert!(matches!(nothing, Err(SizeRefusal::BelowStep { .. })), "{nothing:?}");
        let huge = common_quantity(Usd::from_whole(50_000_000), price, &specs);
        assert!(matches!(huge, Err(SizeRefusal::AboveMaximum { .. })), "{huge:?}");
    }

    #[test]
    fn a_size_between_two_steps_is_refused() {
        let coarse = spec(5_000, 5_000, 0);
        let price = Price::from_whole(96_000);
        let between = coarse.accepts(Venue::Lighter, Qty::from_units(21_000), price);
        assert!(matches!(between, Err(SizeRefusal::OffStep { .. })), "{between:?}");
        assert_eq!(coarse.accepts(Venue::Lighter, Qty::from_units(20_000), price), Ok(()));
    }

    proptest! {
        #[test]
        fn the_size_is_a_multiple_of_both_steps_and_never_above_the_margin(
            margin in 1_000_000i64..10_000_000_000_000, price in 100_000_000i64..10_000_000_000_000, a in 1i64..5_000, b in 1i64..5_000,
        ) {
            let specs = PerVenue { paradex: spec(a, 1, 0), lighter: spec(b, 1, 0) };
            let (margin, price) = (Usd::from_units(margin), Price::from_units(price));
            if let Ok(qty) = common_quantity(margin, price, &specs) {
                prop_assert!(qty.is_multiple_of(specs.paradex.step) && qty.is_multiple_of(specs.lighter.step));
                prop_assert!(price.notional(qty) <= margin);
            }
        }
    }
}
