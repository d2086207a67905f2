//! The prime field of 2^64 - 2^32 + 1 elements, always in canonical form (lighter.md 3.1).

use std::ops::{Add, Mul, Neg, Sub};

/// 2^32 - 1: what 2^64 is congruent to.
const EPSILON: u64 = 0xffff_ffff;

/// One field element. The inner value is always below [`Goldilocks::MODULUS`], so equality is equality of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Goldilocks(u64);

impl Goldilocks {
    /// The number of elements, p.
    pub const MODULUS: u64 = 0xffff_ffff_0000_0001;
    /// The neutral element of addition.
    pub const ZERO: Self = Self(0);
    /// The neutral element of multiplication.
    pub const ONE: Self = Self(1);
    /// p - 1 = 2^32 * 4294967295.
    const TWO_ADICITY: u32 = 32;
    /// 7^((p-1)/2^32), a root of unity of order 2^32.
    const ROOT_OF_UNITY: Self = Self(0x1856_29dc_da58_878c);

    /// The element congruent to `value`: every integer is accepted and reduced, as the venue's readers do.
    pub const fn new(value: u64) -> Self {
        Self(if value >= Self::MODULUS { value - Self::MODULUS } else { value })
    }

    /// The canonical integer, below p.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// This element times itself.
    pub fn square(self) -> Self {
        self * self
    }

    /// This element to the power of `exponent`, in time that depends on the exponent only.
    pub fn pow(self, exponent: u64) -> Self {
        let mut result = Self::ONE;
        for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
            result = result.square();
            if exponent >> bit & 1 == 1 {
                result = result * self;
            }
        }
        result
    }

    /// The multiplicative inverse; zero for zero.
    pub fn inverse(self) -> Self {
        self.pow(Self::MODULUS - 2)
    }

    /// 0 for zero, 1 for other squares, p - 1 for non-squares.
    pub fn legendre(self) -> Self {
        self.pow((Self::MODULUS - 1) / 2)
    }

    /// One of the two square roots, or `None` for a non-square (Tonelli-Shanks; time depends on the value).
    pub fn sqrt(self) -> Option<Self> {
        if self == Self::ZERO {
            return Some(Self::ZERO);
        }
        // With p - 1 = 2^32 * q: self^q has order 2^k, and each step lowers k until it is 0.
        const Q: u64 = (Goldilocks::MODULUS - 1) >> Goldilocks::TWO_ADICITY;
        let mut root = self.pow(Q.div_ceil(2));
        let mut residue = self.pow(Q);
        let mut generator = Self::ROOT_OF_UNITY;
        let mut generator_log = Self::TWO_ADICITY;
        while residue != Self::ONE {
            let order_log = residue.order_log(generator_log)?;
            let factor = generator.square_times(generator_log - order_log - 1);
            generator = factor.square();
            generator_log = order_log;
            root = root * factor;
            residue = residue * generator;
        }
        Some(root)
    }

    /// The least k with self^(2^k) = 1, if it is below `bound`.
    fn order_log(self, bound: u32) -> Option<u32> {
        let powers = std::iter::successors(Some(self), |power| Some(power.square()));
        (0..bound).zip(powers).find_map(|(log, power)| (power == Self::ONE).then_some(log))
    }

    /// This element to the power of 2^`times`.
    fn square_times(self, times: u32) -> Self {
        (0..times).fold(self, |power, _| power.square())
    }

    /// Reduces any 128-bit integer, using 2^64 = 2^32 - 1 and 2^96 = -1.
    fn reduce(value: u128) -> Self {
        let low = value as u64;
        let high = (value >> 64) as u64;
        let (difference, borrow) = low.overflowing_sub(high >> 32);
        let difference = difference.wrapping_sub(wrapped(borrow));
        let (sum, carry) = difference.overflowing_add((high & EPSILON) * EPSILON);
        Self::canonical(sum.wrapping_add(wrapped(carry)))
    }

    /// Subtracts p once where needed, without a branch.
    fn canonical(value: u64) -> Self {
        let (reduced, borrow) = value.overflowing_sub(Self::MODULUS);
        Self(reduced.wrapping_add(Self::MODULUS & u64::from(borrow).wrapping_neg()))
    }
}

/// What a carry out of 64 bits is worth, or a borrow costs; without a branch.
fn wrapped(happened: bool) -> u64 {
    EPSILON * u64::from(happened)
}

impl Add for Goldilocks {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (sum, carry) = self.0.overflowing_add(other.0);
        Self::canonical(sum.wrapping_add(wrapped(carry)))
    }
}

impl Sub for Goldilocks {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let (difference, borrow) = self.0.overflowing_sub(other.0);
        Self(difference.wrapping_sub(wrapped(borrow)))
    }
}

impl Mul for Goldilocks {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::reduce(u128::from(self.0) * u128::from(other.0))
    }
}

impl Neg for Goldilocks {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

/// A sum of up to 2^31 products that is reduced only once, at the end.
#[derive(Clone, Copy, Default)]
pub(super) struct ProductSum {
    low: u128,
    carries: u64,
}

impl ProductSum {
    /// Adds `a * b`.
    pub(super) fn plus(self, a: Goldilocks, b: Goldilocks) -> Self {
        let (low, carry) = self.low.overflowing_add(u128::from(a.0) * u128::from(b.0));
        Self { low, carries: self.carries + u64::from(carry) }
    }

    /// The sum as a field element; each carry stands for 2^128 = -2^32.
    pub(super) fn reduce(self) -> Goldilocks {
        Goldilocks::reduce(self.low) - Goldilocks(self.carries << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategies::element;
    use super::{Goldilocks, ProductSum};
    use proptest::prelude::*;

    const P: u128 = Goldilocks::MODULUS as u128;

    proptest! {
        #[test]
        fn arithmetic_agrees_with_integers_modulo_p(a in element(), b in element()) {
            let (x, y) = (u128::from(a.value()), u128::from(b.value()));
            prop_assert_eq!(u128::from((a + b).value()), (x + y) % P);
            prop_assert_eq!(u128::from((a - b).value()), (x + P - y) % P);
            prop_assert_eq!(u128::from((a * b).value()), x * y % P);
            prop_assert_eq!(u128::from((-a).value()), (P - x) % P);
        }

        #[test]
        fn any_128_bit_integer_reduces_to_its_remainder(value in any::<u128>()) {
            prop_assert_eq!(u128::from(Goldilocks::reduce(value).value()), value % P);
        }

        #[test]
        fn sums_of_products_agree_with_single_products(pairs in proptest::collection::vec((element(), element()), 0..12)) {
            let at_once = pairs.iter().fold(ProductSum::default(), |sum, (a, b)| sum.plus(*a, *b)).reduce();
            let one_by_one = pairs.iter().fold(Goldilocks::ZERO, |sum, (a, b)| sum + *a * *b);
            prop_assert_eq!(at_once, one_by_one);
        }

        #[test]
        fn inverse_times_element_is_one(a in element()) {
            let expected = if a == Goldilocks::ZERO { Goldilocks::ZERO } else { Goldilocks::ONE };
            prop_assert_eq!(a * a.inverse(), expected);
        }

        #[test]
        fn a_root_exists_exactly_for_squares(a in element()) {
            match a.sqrt() {
                Some(root) => prop_assert_eq!(root.square(), a),
                None => prop_assert_eq!(a.legendre(), -Goldilocks::ONE),
            }
            prop_assert!(a.square().sqrt().is_some());
        }
    }

    #[test]
    fn integers_from_p_upward_are_reduced() {
        assert_eq!(Goldilocks::new(Goldilocks::MODULUS), Goldilocks::ZERO);
        assert_eq!(Goldilocks::new(u64::MAX).value(), 0xffff_fffe);
    }

    #[test]
    fn the_root_of_unity_has_order_two_to_the_32() {
        let root = Goldilocks::new(7).pow((Goldilocks::MODULUS - 1) >> Goldilocks::TWO_ADICITY);
        assert_eq!(root, Goldilocks::ROOT_OF_UNITY);
        assert_eq!(root.square_times(31), -Goldilocks::ONE);
    }
}
