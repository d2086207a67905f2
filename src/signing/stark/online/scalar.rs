//! Integers modulo n, the order of the STARK curve: keys, nonces, proofs. All arithmetic takes the same time for every value.

use super::field::{add, doubled, subtract};
use starknet_crypto::Felt;
use zeroize::Zeroize;

/// The order n, least limb first.
const ORDER: [u64; 4] =
    [0x1e66_a241_adc6_4d2f, 0xb781_126d_cae7_b232, 0xffff_ffff_ffff_ffff, 0x0800_0000_0000_0010];

/// -1 / n modulo 2^64.
const MONTGOMERY_FACTOR: u64 = {
    let mut inverse = 1u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(ORDER[0].wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg()
};

/// An integer below n. It may be a secret, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Scalar([u64; 4]);

/// A scalar times 2^256, the form in which one multiplication costs one reduction.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Scaled([u64; 4]);

/// 2^512 mod n.
const SQUARE: [u64; 4] = power_of_two(512);

impl Scalar {
    /// Zero.
    pub const ZERO: Self = Self([0; 4]);
    /// (2^252 - 1) / 2 modulo n, that is 2^251 - 1/2.
    pub const HALF_OF_252_ONES: Self = {
        let [a, b, c, d] = power_of_two(251);
        // 1/2 is (n + 1) / 2; both are written out because constants cannot call the operators.
        let (a, first) = a.overflowing_sub(0x0f33_5120_d6e3_2698);
        let (b, second) = b.overflowing_sub(0xdbc0_8936_e573_d919);
        let (b, third) = b.overflowing_sub(first as u64);
        let (c, fourth) = c.overflowing_sub(0x7fff_ffff_ffff_ffff);
        let (c, fifth) = c.overflowing_sub((second | third) as u64);
        Self([a, b, c, d - 0x0400_0000_0000_0008 - (fourth | fifth) as u64])
    };

    /// The integer, if it is below n.
    pub fn from_limbs(limbs: [u64; 4]) -> Option<Self> {
        subtract(&limbs, &ORDER).1.then_some(Self(limbs))
    }

    /// Big-endian bytes, if they are below n.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let (chunks, _) = bytes.as_chunks::<8>();
        Self::from_limbs(std::array::from_fn(|i| u64::from_be_bytes(chunks[3 - i])))
    }

    /// The limbs, least first.
    pub const fn limbs(&self) -> [u64; 4] {
        self.0
    }

    /// As a felt; every scalar is below p.
    pub fn to_felt(self) -> Felt {
        super::felt_of(&self.0)
    }

    /// True from 1 to 2^251 - 1, what Starknet takes as part of a signature.
    pub fn is_signature_part(&self) -> bool {
        self.0 != [0; 4] && self.0[3] >> 59 == 0
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Self {
        // Twice n is below 2^256.
        Self(reduce_once(add(&self.0, &other.0)))
    }

    /// The same number as a factor.
    pub fn scaled(&self) -> Scaled {
        Scaled(multiply(&self.0, &SQUARE))
    }

    /// The product.
    pub fn times(&self, factor: &Scaled) -> Self {
        Self(multiply(&self.0, &factor.0))
    }
}

impl Scaled {
    /// One.
    pub const ONE: Self = Self(power_of_two(256));

    /// The product, again as a factor.
    pub fn times(&self, factor: &Self) -> Self {
        Self(multiply(&self.0, &factor.0))
    }

    /// The inverse by Fermat; zero for zero.
    pub fn inverse(&self) -> Self {
        let exponent = subtract(&ORDER, &[2, 0, 0, 0]).0;
        (0..252).rev().fold(Self::ONE, |power, bit| {
            let squared = power.times(&power);
            if exponent[bit / 64] >> (bit % 64) & 1 == 1 { squared.times(self) } else { squared }
        })
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[scalar]")
    }
}

/// a b / 2^256 mod n, for a below 2^256 and b below n.
fn multiply(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut sum = [0u64; 5];
    for limb in a {
        add_multiple(&mut sum, *limb, b);
        let multiple = sum[0].wrapping_mul(MONTGOMERY_FACTOR);
        add_multiple(&mut sum, multiple, &ORDER);
        sum = [sum[1], sum[2], sum[3], sum[4], 0];
    }
    // Below 2 n, which fits four limbs.
    reduce_once([sum[0], sum[1], sum[2], sum[3]])
}

/// sum + factor * value; the sum stays below 2^320.
fn add_multiple(sum: &mut [u64; 5], factor: u64, value: &[u64; 4]) {
    let mut carry = 0;
    for (limb, value) in sum.iter_mut().zip(value) {
        let wide = u128::from(*limb) + u128::from(factor) * u128::from(*value) + u128::from(carry);
        *limb = wide as u64;
        carry = (wide >> 64) as u64;
    }
    sum[4] += carry;
}

/// Subtracts n if that does not go below zero, without a branch.
fn reduce_once(value: [u64; 4]) -> [u64; 4] {
    let (reduced, below) = subtract(&value, &ORDER);
    let keep = u64::from(below).wrapping_neg();
    std::array::from_fn(|i| value[i] & keep | reduced[i] & !keep)
}

const fn power_of_two(exponent: u32) -> [u64; 4] {
    let mut value = [1, 0, 0, 0];
    let mut done = 0;
    while done < exponent {
        value = doubled(value, &ORDER);
        done += 1;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::testing::any_scalar;
    use super::*;
    use crate::signing::stark::scalar::order;
    use proptest::prelude::*;

    #[test]
    fn the_constants_are_what_they_say() {
        let twice = Scalar::HALF_OF_252_ONES.plus(&Scalar::HALF_OF_252_ONES).plus(&Scalar([1, 0, 0, 0]));
        assert_eq!(twice, Scalar(power_of_two(252)));
        assert_eq!(ORDER[0].wrapping_mul(MONTGOMERY_FACTOR), u64::MAX);
        assert_eq!(super::super::felt_of(&ORDER), order());
        assert_eq!(Scalar::from_limbs(ORDER), None);
    }

    #[test]
    fn signature_parts_end_at_2_to_the_251() {
        let bound = [0, 0, 0, 1 << 59];
        assert!(!Scalar(bound).is_signature_part() && !Scalar::ZERO.is_signature_part());
        assert!(Scalar(subtract(&bound, &[1, 0, 0, 0]).0).is_signature_part());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn arithmetic_agrees_with_the_library(a in any_scalar(), b in any_scalar()) {
            let n = order().try_into().expect("not zero");
            let (x, y) = (a.to_felt(), b.to_felt());
            prop_assert_eq!(a.times(&b.scaled()).to_felt(), x.mul_mod(&y, &n));
            prop_assert!(a.scaled().times(&b.scaled()) == a.times(&b.scaled()).scaled());
            prop_assert_eq!(a.plus(&b).to_felt(), x.mul_mod(&Felt::ONE, &n) + y - if below(&a, &b) { Felt::ZERO } else { order() });
        }

        #[test]
        fn inverses_agree_with_the_library(a in any_scalar()) {
            let n = order().try_into().expect("not zero");
            let expected = a.to_felt().mod_inverse(&n).unwrap_or_default();
            prop_assert_eq!(Scalar([1, 0, 0, 0]).times(&a.scaled().inverse()).to_felt(), expected);
        }
    }

    /// Whether a + b is below n.
    fn below(a: &Scalar, b: &Scalar) -> bool {
        subtract(&add(&a.0, &b.0), &ORDER).1
    }
}
