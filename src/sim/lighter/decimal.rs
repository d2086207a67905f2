//! Venue integers as the decimal texts and JSON numbers the venue writes. Formatting only, no floating point.

use serde_json::{Number, Value};

/// USDC decimals.
pub const USDC_DECIMALS: u32 = 6;

/// `value / 10^decimals` with exactly that many decimals, as amounts, prices and balances are written.
pub fn text(value: i64, decimals: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    if decimals == 0 {
        return format!("{sign}{magnitude}");
    }
    let scale = 10u64.pow(decimals);
    let width = decimals as usize;
    format!("{sign}{}.{:0width$}", magnitude / scale, magnitude % scale)
}

/// USDC with six decimals.
pub fn usdc(micros: i64) -> String {
    text(micros, USDC_DECIMALS)
}

/// The same value as a JSON number, as daily statistics are written; trailing zeros are dropped.
pub fn number(value: i64, decimals: u32) -> Value {
    let full = text(value, decimals);
    let short = if full.contains('.') { full.trim_end_matches('0').trim_end_matches('.') } else { &full };
    short.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// `numerator / denominator` with `decimals` decimals, rounded half away from zero; zero for a zero denominator.
pub fn ratio(numerator: i128, denominator: i128, decimals: u32) -> i64 {
    if denominator == 0 {
        return 0;
    }
    let scaled = numerator * 10i128.pow(decimals);
    let half = denominator.abs() / 2;
    let rounded =
        if (scaled < 0) == (denominator < 0) { scaled.abs() + half } else { -(scaled.abs() + half) };
    saturate(rounded / denominator.abs())
}

/// Size in steps times price in ticks: exact money, at the border of 64 bits when it does not fit.
pub fn product(base: i64, price: i64) -> i64 {
    saturate(i128::from(base) * i128::from(price))
}

/// A wide intermediate back into 64 bits, at the border when it does not fit.
pub fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_all_their_decimals_and_numbers_drop_trailing_zeros() {
        assert_eq!(text(20, 5), "0.00020");
        assert_eq!(text(-804_409, 1), "-80440.9");
        assert_eq!(usdc(1_945_003_244), "1945.003244");
        assert_eq!(number(239_800, 2).to_string(), "2398");
        assert_eq!(number(236_131, 2).to_string(), "2361.31");
        assert_eq!(number(0, 3).to_string(), "0");
    }

    #[test]
    fn ratios_round_half_away_from_zero_on_both_sides() {
        assert_eq!(ratio(1, 3, 2), 33);
        assert_eq!(ratio(1, 8, 2), 13);
        assert_eq!(ratio(-1, 8, 2), -13);
        assert_eq!(ratio(1, -8, 2), -13);
        assert_eq!(ratio(5, 0, 2), 0);
    }
}
