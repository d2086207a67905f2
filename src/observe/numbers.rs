//! Numbers as the log shows them: cut, never rounded up. The only place for presentation arithmetic.

use crate::domain::Usd;

/// Decimals needed to write a step of this many units of 1e-8.
pub fn places(units: i64) -> usize {
    let mut places = 8;
    let mut units = units;
    while places > 0 && units % 10 == 0 {
        units /= 10;
        places -= 1;
    }
    places
}

/// Parts per million as a percentage with two decimals, cut toward zero.
pub fn percent(ppm: i64) -> String {
    let hundredths = ppm / 100;
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.abs() / 100, hundredths.abs() % 100)
}

/// Parts per million as a percentage without trailing zeros.
pub fn percent_exact(ppm: i64) -> String {
    Usd::from_units(ppm.saturating_mul(10_000)).to_string()
}

/// Dollars for people: at most two decimals, none when there are none.
pub fn cents(amount: Usd) -> Usd {
    amount.floor_to(Usd::from_units(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_cut_and_signed_as_users_expect() {
        assert_eq!(percent(-1_234), "-0.12");
        assert_eq!(percent(1_599), "0.15");
        assert_eq!(percent(-99), "0.00");
        assert_eq!(percent(-501_000), "-50.10");
        assert_eq!(percent_exact(500_000), "50");
        assert_eq!(percent_exact(125_000), "12.5");
    }

    #[test]
    fn steps_decide_the_decimals() {
        assert_eq!(places(10_000_000), 1);
        assert_eq!(places(1_000), 5);
        assert_eq!(places(100_000_000), 0);
    }
}
