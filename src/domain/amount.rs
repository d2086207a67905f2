//! Exact money: prices, quantities and dollars as checked integers of 1e-8.
//! Not a decimal library: anything finer than 1e-8 is refused, never rounded silently.

use std::fmt;
use std::str::FromStr;

/// Units of the fixed scale in one whole: 1e8, which is also the scale of Paradex SBE mantissas and signatures.
pub const SCALE: i64 = 100_000_000;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a plain decimal number.
    #[error("not a decimal number")]
    Malformed,
    /// More than eight significant decimals.
    #[error("finer than 0.00000001")]
    TooFine,
    /// Beyond about 92 billion.
    #[error("out of range")]
    OutOfRange,
}

fn parse_scaled(text: &str) -> Result<i64, AmountError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(AmountError::Malformed);
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::Malformed);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 8 {
        return Err(AmountError::TooFine);
    }
    let mut value: i64 = 0;
    let padding = std::iter::repeat_n(b'0', 8 - fraction.len());
    for digit in whole.bytes().chain(fraction.bytes()).chain(padding) {
        value = value
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(i64::from(digit - b'0')))
            .ok_or(AmountError::OutOfRange)?;
    }
    Ok(if negative { -value } else { value })
}

fn write_scaled(value: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    let scale = SCALE.unsigned_abs();
    let (whole, fraction) = (magnitude / scale, magnitude % scale);
    let digits = format!("{fraction:08}");
    let shown = match f.precision() {
        Some(places) => &digits[..places.min(8)],
        None => digits.trim_end_matches('0'),
    };
    let text = if shown.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{shown}") };
    if f.width().is_some() {
        return fmt::Formatter::pad_integral(f, true, "", &text);
    }
    f.write_str(&text)
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// The largest amount; stands for "as much as there is" and is never sent.
            pub const MAX: Self = Self(i64::MAX);

            /// From units of 1e-8.
            pub const fn from_units(units: i64) -> Self {
                Self(units)
            }

            /// From whole numbers; saturates far beyond any real amount.
            pub const fn from_whole(whole: i64) -> Self {
                Self(whole.saturating_mul(SCALE))
            }

            /// Units of 1e-8.
            pub const fn units(self) -> i64 {
                self.0
            }

            /// True for exactly zero.
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// True above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Magnitude, saturating.
            pub const fn abs(self) -> Self {
                Self(self.0.saturating_abs())
            }

            /// Sum, or `None` out of range.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Difference, or `None` out of range.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// Largest multiple of `unit` not above this amount (`unit` > 0; amounts below zero round away from it).
            pub fn floor_to(self, unit: Self) -> Self {
                if unit.0 <= 0 { self } else { Self(self.0.div_euclid(unit.0).saturating_mul(unit.0)) }
            }

            /// Smallest multiple of `unit` not below this amount (`unit` > 0).
            pub fn ceil_to(self, unit: Self) -> Self {
                let floor = self.floor_to(unit);
                if floor == self { self } else { Self(floor.0.saturating_add(unit.0)) }
            }

            /// True when this amount is a whole number of `unit`s (`unit` > 0).
            pub fn is_multiple_of(self, unit: Self) -> bool {
                unit.0 > 0 && self.0 % unit.0 == 0
            }
        }

        /// Parses a plain decimal text; no exponent, no leading `+`, at most eight significant decimals.
        impl FromStr for $name {
            type Err = AmountError;
            fn from_str(text: &str) -> Result<Self, AmountError> {
                parse_scaled(text).map(Self)
            }
        }

        /// Plain decimal text without trailing zeros; with a precision exactly that many decimals, the rest cut off.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_scaled(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_scaled(self.0, f)
            }
        }

        /// Saturating: a sum of real amounts cannot come near the range, and a wrap must never happen.
        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        /// Saturating, as addition.
        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::ZERO, |total, part| total + part)
            }
        }
    };
}

amount! {
    /// A price in quote currency per unit of base, in units of 1e-8.
    Price
}
amount! {
    /// A quantity of base currency in units of 1e-8; signed where it is a position (below zero is short).
    Qty
}
amount! {
    /// An amount of quote currency (USDC) in units of 1e-8.
    Usd
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

impl Price {
    /// Value of `qty` at this price, cut toward zero to 1e-8.
    pub fn notional(self, qty: Qty) -> Usd {
        Usd(saturate(i128::from(self.0) * i128::from(qty.0) / i128::from(SCALE)))
    }

    /// This price times `(1e6 + parts_per_million) / 1e6`, rounded down.
    pub fn scaled_ppm(self, parts_per_million: i64) -> Self {
        // Rounding down is the same for the part that is added. It fits wherever prices and parts are those of a market.
        if let Some(part) = self.0.checked_mul(parts_per_million) {
            return Self(self.0.saturating_add(part.div_euclid(1_000_000)));
        }
        let parts = 1_000_000 + i128::from(parts_per_million);
        Self(saturate((i128::from(self.0) * parts).div_euclid(1_000_000)))
    }

    /// Mean of two prices, rounded down.
    pub fn midpoint(self, other: Self) -> Self {
        Self(saturate((i128::from(self.0) + i128::from(other.0)).div_euclid(2)))
    }

    /// Volume weighted price of a total: `value / qty`, rounded down; `None` when `qty` is zero.
    pub fn average(value: Usd, qty: Qty) -> Option<Self> {
        if qty.is_zero() {
            return None;
        }
        Some(Self(saturate((i128::from(value.0) * i128::from(SCALE)).div_euclid(i128::from(qty.0)))))
    }
}

impl Usd {
    /// Quantity this amount buys at `price`, cut toward zero to 1e-8; zero when the price is not positive.
    pub fn quantity_at(self, price: Price) -> Qty {
        if price.0 <= 0 {
            return Qty::ZERO;
        }
        Qty(saturate(i128::from(self.0) * i128::from(SCALE) / i128::from(price.0)))
    }

    /// `numerator / denominator` of this amount, cut toward zero (`denominator` > 0).
    pub fn fraction(self, numerator: i64, denominator: i64) -> Self {
        Self(saturate(i128::from(self.0) * i128::from(numerator) / i128::from(denominator.max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_are_not_plain_decimals_are_refused() {
        for text in ["", ".", "-", "+1", "1e5", "1.2.3", "NaN", " 1", "0x10", "--1", "1_000"] {
            assert_eq!(text.parse::<Price>(), Err(AmountError::Malformed), "{text:?}");
        }
        assert_eq!("0.000000001".parse::<Price>(), Err(AmountError::TooFine));
        assert_eq!("1e309".parse::<Price>(), Err(AmountError::Malformed));
        assert_eq!("999999999999999".parse::<Usd>(), Err(AmountError::OutOfRange));
    }

    #[test]
    fn precision_cuts_and_never_rounds_up() {
        let price: Price = "96824.59".parse().expect("a price");
        assert_eq!(format!("{price:.1}"), "96824.5");
        assert_eq!(format!("{price:.0}"), "96824");
        assert_eq!(price.to_string(), "96824.59");
    }

    proptest! {
        #[test]
        fn a_part_of_a_price_is_rounded_down_whatever_its_size(
            units in prop_oneof![any::<i64>(), -1_000_000_000_000_000i64..1_000_000_000_000_000],
            ppm in prop_oneof![any::<i64>(), -2_000_000i64..2_000_000],
        ) {
            let exact = (i128::from(units) * (1_000_000 + i128::from(ppm))).div_euclid(1_000_000);
            let exact = exact.clamp(i64::MIN.into(), i64::MAX.into());
            prop_assert_eq!(i128::from(Price::from_units(units).scaled_ppm(ppm).units()), exact);
        }

        #[test]
        fn every_amount_survives_its_own_text(units in any::<i64>().prop_filter("has a negation", |v| *v != i64::MIN)) {
            let amount = Qty::from_units(units);
            prop_assert_eq!(amount.to_string().parse::<Qty>(), Ok(amount));
        }

        #[test]
        fn floor_and_ceil_bracket_the_amount(units in -1_000_000_000_000i64..1_000_000_000_000, step in 1i64..1_000_000) {
            let (amount, step) = (Price::from_units(units), Price::from_units(step));
            prop_assert!(amount.floor_to(step) <= amount && amount <= amount.ceil_to(step));
            prop_assert!(amount.floor_to(step).is_multiple_of(step));
            prop_assert!((amount.ceil_to(step) - amount.floor_to(step)).units() <= step.units());
        }
    }
}
