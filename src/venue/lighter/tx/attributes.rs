//! Optional additions to a transaction, hashed at a second level (lighter.md 4.2).

use super::invalid::InvalidTx;
use super::limits::*;

/// The kinds of attribute, numbered as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// Account that collects integrator fees.
    IntegratorAccount = 1,
    /// Integrator's taker fee, 1e-6 of notional.
    IntegratorTakerFee = 2,
    /// Integrator's maker fee, 1e-6 of notional.
    IntegratorMakerFee = 3,
    /// 1: the nonce may jump ahead.
    SkipNonce = 4,
    /// The one market an immediate cancel-all is limited to.
    CancelAllMarket = 5,
    /// What happens when own orders meet: 0 expire maker, 1 expire taker, 2 both, 3 reduce.
    SelfTradeBehavior = 6,
    /// Whose orders are own: 0 the account's, 1 the master account's.
    SelfTradeEquality = 7,
    /// A modify takes effect only with a greater version than the stored one.
    OrderVersion = 8,
}

impl Attribute {
    const ALL: [Self; 8] = [
        Self::IntegratorAccount,
        Self::IntegratorTakerFee,
        Self::IntegratorMakerFee,
        Self::SkipNonce,
        Self::CancelAllMarket,
        Self::SelfTradeBehavior,
        Self::SelfTradeEquality,
        Self::OrderVersion,
    ];

    /// The number on the wire.
    pub fn code(self) -> u8 {
        self as u8
    }

    fn from_code(code: i64) -> Result<Self, InvalidTx> {
        Self::ALL
            .into_iter()
            .find(|kind| i64::from(kind.code()) == code)
            .ok_or(InvalidTx::AttributeType(code))
    }

    /// The value that means "not set" and is left out of the hash.
    fn nil(self) -> u64 {
        match self {
            Self::CancelAllMarket => NIL_MARKET as u64,
            _ => 0,
        }
    }

    fn check(self, value: i64) -> Result<u64, InvalidTx> {
        let (min, max, invalid) = match self {
            Self::IntegratorAccount => (0, MAX_ACCOUNT, InvalidTx::IntegratorAccountRange),
            Self::IntegratorTakerFee | Self::IntegratorMakerFee => {
                (0, MAX_INTEGRATOR_FEE, InvalidTx::IntegratorFeeRange)
            }
            Self::SkipNonce => (1, 1, InvalidTx::SkipNonce),
            Self::CancelAllMarket => (0, MAX_MARKET, InvalidTx::CancelAllMarketRange),
            Self::SelfTradeBehavior => (0, 3, InvalidTx::SelfTradeBehaviorRange),
            Self::SelfTradeEquality => (0, 1, InvalidTx::SelfTradeEqualityRange),
            Self::OrderVersion => (0, MAX_ORDER_VERSION, InvalidTx::OrderVersionRange),
        };
        in_range(value, min..=max, [invalid; 2])
    }
}

/// A checked set of attributes, ascending by kind, without those that mean "not set".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(Attribute, u64)>);

impl Attributes {
    const REDUCE: u64 = 3;
    const SAME_MASTER: u64 = 1;

    /// No attributes.
    pub const NONE: Self = Self(Vec::new());

    /// Checks attributes given as (kind, value) pairs of distinct kinds, as on the wire.
    ///
    /// At most four, those meaning "not set" included; these are then dropped.
    pub fn new(entries: &[(i64, i64)]) -> Result<Self, InvalidTx> {
        if entries.len() > MAX_ATTRIBUTES {
            return Err(InvalidTx::TooManyAttributes);
        }
        let mut ascending = entries.to_vec();
        ascending.sort_unstable();
        let mut checked = Vec::with_capacity(ascending.len());
        for (code, value) in ascending {
            let kind = Attribute::from_code(code)?;
            let value = kind.check(value)?;
            if value != kind.nil() {
                checked.push((kind, value));
            }
        }
        let attributes = Self(checked);
        attributes.check_combination()?;
        Ok(attributes)
    }

    /// Only "the nonce may jump ahead".
    pub fn skip_nonce() -> Self {
        Self(vec![(Attribute::SkipNonce, 1)])
    }

    /// The value of one kind, if set.
    pub fn get(&self, kind: Attribute) -> Option<u64> {
        self.0.iter().find(|(present, _)| *present == kind).map(|(_, value)| *value)
    }

    /// The set attributes, ascending by kind.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, u64)> {
        self.0.iter().copied()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn check_combination(&self) -> Result<(), InvalidTx> {
        let set = |kind| self.get(kind).is_some();
        let fees = set(Attribute::IntegratorTakerFee) || set(Attribute::IntegratorMakerFee);
        if fees && !set(Attribute::IntegratorAccount) {
            return Err(InvalidTx::FeesWithoutIntegrator);
        }
        if fees && (set(Attribute::SelfTradeBehavior) || set(Attribute::SelfTradeEquality)) {
            return Err(InvalidTx::SelfTradeWithFees);
        }
        let reduce = self.get(Attribute::SelfTradeBehavior) == Some(Self::REDUCE);
        let same_master = self.get(Attribute::SelfTradeEquality) == Some(Self::SAME_MASTER);
        if reduce && same_master {
            return Err(InvalidTx::ReduceWithMasterEquality);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_meaning_not_set_are_dropped_and_the_rest_is_ascending() {
        let attributes = Attributes::new(&[(5, 255), (4, 1), (1, 7), (2, 0)]).expect("valid");
        assert_eq!(
            attributes.iter().collect::<Vec<_>>(),
            [(Attribute::IntegratorAccount, 7), (Attribute::SkipNonce, 1)]
        );
        assert_eq!(Attributes::new(&[(1, 0), (2, 0), (3, 0)]), Ok(Attributes::NONE));
        assert_eq!(Attributes::new(&[(5, 0)]).map(|a| a.get(Attribute::CancelAllMarket)), Ok(Some(0)));
    }

    #[test]
    fn every_range_and_combination_rule_is_enforced() {
        for (entries, expected) in [
            (&[(9, 1)][..], InvalidTx::AttributeType(9)),
            (&[(0, 1)], InvalidTx::AttributeType(0)),
            (&[(1, (1 << 48) - 1)], InvalidTx::IntegratorAccountRange),
            (&[(2, -1)], InvalidTx::IntegratorFeeRange),
            (&[(3, 1_000_001)], InvalidTx::IntegratorFeeRange),
            (&[(4, 0)], InvalidTx::SkipNonce),
            (&[(4, 2)], InvalidTx::SkipNonce),
            (&[(5, 1 << 48)], InvalidTx::CancelAllMarketRange),
            (&[(6, 4)], InvalidTx::SelfTradeBehaviorRange),
            (&[(7, 2)], InvalidTx::SelfTradeEqualityRange),
            (&[(8, 1 << 48)], InvalidTx::OrderVersionRange),
            (&[(3, 1)], InvalidTx::FeesWithoutIntegrator),
            (&[(1, 0), (3, 1)], InvalidTx::FeesWithoutIntegrator),
            (&[(1, 5), (3, 1), (7, 1)], InvalidTx::SelfTradeWithFees),
            (&[(6, 3), (7, 1)], InvalidTx::ReduceWithMasterEquality),
            (&[(1, 0), (2, 0), (3, 0), (6, 0), (7, 0)], InvalidTx::TooManyAttributes),
        ] {
            assert_eq!(Attributes::new(entries), Err(expected), "{entries:?}");
        }
    }
}
