//! Sizes and prices as they are signed: whole numbers of 1e-8 (paradex.md 3.5).
//! Not the domain's amounts: this reads whatever decimal text a client may sign, and cuts off what is finer.

use crate::domain::{Price, Qty};
use starknet_crypto::Felt;
use std::str::FromStr;

/// Decimals of the signed scale.
const DECIMALS: i64 = 8;

/// Why a decimal has no signed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantaError {
    /// Not a decimal number.
    #[error("not a decimal number")]
    Malformed,
    /// Sizes and prices of orders are never below zero.
    #[error("below zero")]
    Negative,
    /// Beyond 128 bits, far outside any order.
    #[error("out of range")]
    TooLarge,
}

/// A size or price in units of 1e-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quanta(u128);

impl Quanta {
    /// Nothing; the signed price of a MARKET order.
    pub const ZERO: Self = Self(0);

    /// So many units of 1e-8.
    pub const fn from_units(units: u128) -> Self {
        Self(units)
    }

    /// Units of 1e-8.
    pub const fn units(self) -> u128 {
        self.0
    }
}

impl From<Quanta> for Felt {
    fn from(quanta: Quanta) -> Self {
        Self::from(quanta.0)
    }
}

impl TryFrom<Price> for Quanta {
    type Error = QuantaError;
    fn try_from(price: Price) -> Result<Self, QuantaError> {
        u128::try_from(price.units()).map(Self).map_err(|_| QuantaError::Negative)
    }
}

impl TryFrom<Qty> for Quanta {
    type Error = QuantaError;
    fn try_from(qty: Qty) -> Result<Self, QuantaError> {
        u128::try_from(qty.units()).map(Self).map_err(|_| QuantaError::Negative)
    }
}

/// Reads `1.5`, `.5`, `5.` and the scientific form the official client emits (`1E-8`); cuts toward zero.
impl FromStr for Quanta {
    type Err = QuantaError;

    fn from_str(text: &str) -> Result<Self, QuantaError> {
        if text.starts_with('-') {
            return Err(QuantaError::Negative);
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if digits().count() == 0 || !digits().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantaError::Malformed);
        }
        let leading_zeros = digits().take_while(|byte| *byte == b'0').count();
        if leading_zeros == digits().count() {
            return Ok(Self::ZERO);
        }
        let whole_digits = whole.len() as i64 - leading_zeros as i64 + DECIMALS + exponent;
        let kept = usize::try_from(whole_digits.max(0)).map_err(|_| QuantaError::TooLarge)?;
        let padded = digits().skip(leading_zeros).chain(std::iter::repeat(b'0'));
        padded.take(kept).try_fold(0, push_digit).map(Self)
    }
}

fn push_digit(value: u128, digit: u8) -> Result<u128, QuantaError> {
    let shifted = value.checked_mul(10).ok_or(QuantaError::TooLarge)?;
    shifted.checked_add(u128::from(digit - b'0')).ok_or(QuantaError::TooLarge)
}

/// An exponent of ten; anything beyond five digits is no number a client writes.
fn read_exponent(text: &str) -> Result<i64, QuantaError> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => (-1, &text[1..]),
        [b'+', ..] => (1, &text[1..]),
        _ => (1, text),
    };
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuantaError::Malformed);
    }
    digits.parse::<i64>().map(|value| sign * value).map_err(|_| QuantaError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finer_than_the_scale_is_cut_toward_zero() {
        for (text, units) in [
            ("0.123456789", 12_345_678),
            ("1.999999999", 199_999_999),
            ("0.000000009", 0),
            ("1E-8", 1),
            ("1e-9", 0),
            ("19E-9", 1),
            ("1.5E+2", 15_000_000_000),
            ("1.5e2", 15_000_000_000),
            ("0E-8", 0),
            ("0E+99999", 0),
            ("1E-99999", 0),
            (".5", 50_000_000),
            ("5.", 500_000_000),
            ("00012.50", 1_250_000_000),
            ("0.00", 0),
            ("92233720368.54775807", 9_223_372_036_854_775_807),
        ] {
            assert_eq!(text.parse(), Ok(Quanta(units)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let malformed =
            ["", ".", "+1", " 1", "1 ", "1_0", "0x1", "NaN", "inf", "1e", "E5", "1e1.5", "1.2.3", "1e--1"];
        for text in malformed {
            assert_eq!(text.parse::<Quanta>(), Err(QuantaError::Malformed), "{text:?}");
        }
        assert_eq!("-0.1".parse::<Quanta>(), Err(QuantaError::Negative));
        assert_eq!("1e99999".parse::<Quanta>(), Err(QuantaError::TooLarge));
        assert_eq!("1e999999".parse::<Quanta>(), Err(QuantaError::Malformed));
        assert_eq!("9".repeat(40).parse::<Quanta>(), Err(QuantaError::TooLarge));
        assert_eq!(Quanta::try_from(Price::from_units(-1)), Err(QuantaError::Negative));
    }

    proptest! {
        #[test]
        fn the_texts_our_own_amounts_print_sign_as_those_amounts(units in 0..=i64::MAX) {
            let text = Qty::from_units(units).to_string();
            prop_assert_eq!(text.parse(), Quanta::try_from(Qty::from_units(units)));
        }

        #[test]
        fn moving_the_point_and_the_exponent_together_changes_nothing(units in 0..=u64::MAX, shift in 0u32..12) {
            let moved = format!("{units}{}E-{}", "0".repeat(shift as usize), 8 + shift);
            prop_assert_eq!(moved.parse(), Ok(Quanta(u128::from(units))));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[-+0-9.eEé]{0,30}") {
            let _ = text.parse::<Quanta>();
        }
    }
}
