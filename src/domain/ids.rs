//! Identities: our own order ids, which both venues accept, and keys that tell two fills apart.

use super::{Purpose, Venue};
use std::fmt;

/// Number of one cycle, unique for the life of the ledger that counted it: 16 bits that tell ledgers apart, 24 bits counted.
///
/// Committed to disk before any order of the cycle may be sent (law R6), so that no id is ever used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CycleId(u64);

impl CycleId {
    const COUNT_BITS: u32 = 24;

    /// The `count`-th cycle of a ledger. Both from 1; `None` where a number would repeat an earlier one or has no room.
    pub fn new(ledger: u16, count: u32) -> Option<Self> {
        if ledger == 0 || count == 0 || count >= 1 << Self::COUNT_BITS {
            return None;
        }
        Some(Self(u64::from(ledger) << Self::COUNT_BITS | u64::from(count)))
    }

    /// The number itself, 1..2^40.
    pub fn number(self) -> u64 {
        self.0
    }

    /// A number read back from a record; `None` for what [`CycleId::new`] cannot have made.
    pub fn from_number(number: u64) -> Option<Self> {
        let ledger = u16::try_from(number >> Self::COUNT_BITS).ok()?;
        let count = u32::try_from(number & ((1 << Self::COUNT_BITS) - 1)).ok()?;
        Self::new(ledger, count)
    }

    /// Which ledger counted it.
    pub fn ledger(self) -> u16 {
        u16::try_from(self.0 >> Self::COUNT_BITS).unwrap_or_default()
    }

    /// How many cycles that ledger had counted, this one included.
    pub fn count(self) -> u32 {
        u32::try_from(self.0 & ((1 << Self::COUNT_BITS) - 1)).unwrap_or_default()
    }
}

/// `3-17`: the seventeenth cycle of ledger 3.
impl fmt::Display for CycleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ledger(), self.count())
    }
}

/// Our id of one order, unique for the life of the account, at most 48 bits so that Lighter takes it as a client order index.
///
/// Layout from the high end: cycle (40 bits: ledger 16, count 24), venue (1), purpose (2), attempt (5). The same intent
/// therefore always has the same id, and a resend is recognisable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientOrderId(u64);

impl ClientOrderId {
    /// Attempts an id can count within one cycle, leg and purpose.
    pub const ATTEMPTS: u8 = 32;
    /// What our ids start with where a venue takes text. Orders without it are foreign and never touched.
    pub const PREFIX: &'static str = "hf";

    /// The id of the `attempt`-th order of one purpose on one leg, attempts from 0.
    ///
    /// Returns `None` where the id would repeat an earlier one: attempt beyond its bits.
    pub fn new(cycle: CycleId, venue: Venue, purpose: Purpose, attempt: u8) -> Option<Self> {
        if attempt >= Self::ATTEMPTS {
            return None;
        }
        let venue_bit = match venue {
            Venue::Paradex => 0,
            Venue::Lighter => 1,
        };
        Some(Self(cycle.number() << 8 | venue_bit << 7 | purpose.bits() << 5 | u64::from(attempt)))
    }

    /// The cycle it belongs to; `None` for a number that only looks like ours.
    pub fn cycle(self) -> Option<CycleId> {
        CycleId::from_number(self.0 >> 8)
    }

    /// The leg it belongs to.
    pub fn venue(self) -> Venue {
        if self.0 >> 7 & 1 == 0 { Venue::Paradex } else { Venue::Lighter }
    }

    /// Why it was sent.
    pub fn purpose(self) -> Purpose {
        Purpose::from_bits(self.0 >> 5)
    }

    /// Which attempt of its purpose on its leg it was, from 0.
    pub fn attempt(self) -> u8 {
        u8::try_from(self.0 & 0x1f).unwrap_or_default()
    }

    /// The number itself, 1..2^48.
    pub fn number(self) -> u64 {
        self.0
    }

    /// An id read back from a venue that takes numbers; `None` outside 1..2^48.
    pub fn from_number(number: u64) -> Option<Self> {
        (1..1 << 48).contains(&number).then_some(Self(number))
    }

    /// An id read back from a venue that takes text; `None` for anything we did not write.
    pub fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        if digits.len() != 12 || digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        Self::from_number(u64::from_str_radix(digits, 16).ok()?)
    }
}

/// The text form: prefix and twelve hexadecimal digits.
impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:012x}", Self::PREFIX, self.0)
    }
}

/// Tells two fills of one account apart; equal for two reports of the same fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TradeKey(u128);

impl TradeKey {
    /// From the venue's id text and the kind within which it is unique (Paradex ids repeat across fill types).
    pub fn from_text(kind: u8, id: &str) -> Self {
        const TAG_SHIFT: u32 = 120;
        let number = id.parse::<u128>().ok().filter(|number| number >> TAG_SHIFT == 0);
        Self(
            u128::from(kind) << TAG_SHIFT
                | number.unwrap_or_else(|| fnv_1a(id.as_bytes()) >> (128 - TAG_SHIFT)),
        )
    }

    /// The number itself, to be kept.
    pub fn number(self) -> u128 {
        self.0
    }

    /// A key read back from a record.
    pub fn from_number(number: u128) -> Self {
        Self(number)
    }
}

fn fnv_1a(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_out_of_range_are_refused_instead_of_repeating() {
        assert_eq!(CycleId::new(0, 1), None);
        assert_eq!(CycleId::new(1, 0), None);
        assert_eq!(CycleId::new(1, 1 << 24), None);
        let cycle = CycleId::new(u16::MAX, (1 << 24) - 1).expect("the largest");
        assert_eq!(CycleId::from_number(cycle.number()), Some(cycle));
        assert_eq!(CycleId::from_number(1 << 40), None);
        assert_eq!(ClientOrderId::new(cycle, Venue::Paradex, Purpose::Open, ClientOrderId::ATTEMPTS), None);
    }

    #[test]
    fn foreign_texts_are_not_ours() {
        for text in [
            "",
            "hf",
            "hf00000000000",
            "hf0000000000000",
            "hf00000000000G",
            "hf00000000000A",
            "xy000000000001",
            "hf000000000000",
        ] {
            assert_eq!(ClientOrderId::from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn two_different_intents_never_share_an_id(
            a in (1u16.., 1u32..1 << 24, any::<bool>(), 0u8..4, 0u8..32),
            b in (1u16.., 1u32..1 << 24, any::<bool>(), 0u8..4, 0u8..32),
        ) {
            let make = |(ledger, count, second, purpose, attempt): (u16, u32, bool, u8, u8)| {
                let venue = if second { Venue::Lighter } else { Venue::Paradex };
                let purpose = Purpose::ALL[usize::from(purpose)];
                let cycle = CycleId::new(ledger, count).expect("in range");
                let id = ClientOrderId::new(cycle, venue, purpose, attempt).expect("in range");
                assert_eq!((id.cycle(), id.venue(), id.purpose(), id.attempt()), (Some(cycle), venue, purpose, attempt));
                id
            };
            prop_assert_eq!(make(a) == make(b), a == b);
            prop_assert_eq!(ClientOrderId::from_text(&make(a).to_string()), Some(make(a)));
            prop_assert!(make(a).number() < 1 << 48);
        }
    }
}
