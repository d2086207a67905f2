//! The STARK field, p = 2^251 + 17 * 2^192 + 1, in Montgomery form and 64-bit limbs.
//!
//! The prime leaves five bits of the four limbs free. They are used: a value is any number below 32 p = 2^256, products are
//! never reduced below p, and sums and differences are not reduced at all. Every formula states what bound it needs; with
//! inputs below a p and b p a product is below (a b / 32 + 1) p. No operation here branches on a value.

use starknet_crypto::Felt;
use std::array::from_fn;

/// The upper limb of the prime. The lowest is 1, those between are 0.
const TOP: u64 = 0x0800_0000_0000_0011;

/// The prime, least limb first.
pub const PRIME: [u64; 4] = [1, 0, 0, TOP];

/// A residue modulo p times 2^256, as some number below 2^256.
#[derive(Clone, Copy, Debug)]
pub struct Fp([u64; 4]);

/// 2^512 mod p: multiplying an integer by it makes it a residue in Montgomery form.
const TO_MONTGOMERY: Fp = Fp(power_of_two(512));

impl Fp {
    /// One.
    pub const ONE: Self = Self(power_of_two(256));

    /// The residue of a canonical integer.
    pub fn from_integer(limbs: [u64; 4]) -> Self {
        Self(limbs).times(&TO_MONTGOMERY)
    }

    /// The residue of a library felt, which is kept in the same form.
    pub fn from_felt(felt: &Felt) -> Self {
        let [a, b, c, d] = felt.to_raw();
        Self([d, c, b, a])
    }

    /// As the library keeps it.
    pub fn to_felt(self) -> Felt {
        let [a, b, c, d] = self.canonical().0;
        Felt::from_raw([d, c, b, a])
    }

    /// Limbs as they are, in Montgomery form.
    pub const fn from_limbs(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// Limbs as they are.
    pub const fn limbs(self) -> [u64; 4] {
        self.0
    }

    /// The same residue below p.
    pub fn canonical(self) -> Self {
        // The quotient by 2^251 is the quotient by p or one more.
        let quotient = self.0[3] >> 59;
        let (rest, below) = subtract(&self.0, &multiple_of_prime(quotient));
        let correction = u64::from(below);
        Self(add(&rest, &[correction, 0, 0, TOP & correction.wrapping_neg()]))
    }

    /// The product; see the module for its bound.
    #[inline(always)]
    pub fn times(&self, other: &Self) -> Self {
        reduce(&multiply(&self.0, &other.0))
    }

    /// The square.
    #[inline(always)]
    pub fn square(&self) -> Self {
        reduce(&square(&self.0))
    }

    /// `self * a + b * c` with one reduction; the bounds of both products add up.
    #[inline(always)]
    pub fn times_plus(&self, a: &Self, b: &Self, c: &Self) -> Self {
        let (first, second) = (multiply(&self.0, &a.0), multiply(&b.0, &c.0));
        let mut carry = false;
        reduce(&from_fn(|i| {
            let (limb, next) = first[i].carrying_add(second[i], carry);
            carry = next;
            limb
        }))
    }

    /// The sum, which must stay below 32 p.
    #[inline(always)]
    pub fn plus(&self, other: &Self) -> Self {
        Self(add(&self.0, &other.0))
    }

    /// `self - other + K p`. `other` must be below K p, the result below 32 p.
    #[inline(always)]
    pub fn minus<const K: u64>(&self, other: &Self) -> Self {
        Self(add(&subtract(&self.0, &other.0).0, &multiple_of_prime(K)))
    }

    /// `-self` for a canonical value where `mask` is all ones, `self` where it is zero.
    #[inline(always)]
    pub fn negated_if(&self, mask: u64) -> Self {
        let negative = subtract(&PRIME, &self.0).0;
        Self(from_fn(|i| self.0[i] ^ ((self.0[i] ^ negative[i]) & mask)))
    }

    /// The inverse by Fermat, zero for zero: slow, but the time says nothing about the value.
    pub fn inverse_in_constant_time(&self) -> Self {
        let mut exponent = PRIME;
        exponent = subtract(&exponent, &[2, 0, 0, 0]).0;
        (0..252).rev().fold(Self::ONE, |power, bit| {
            let squared = power.square();
            if exponent[bit / 64] >> (bit % 64) & 1 == 1 { squared.times(self) } else { squared }
        })
    }
}

impl PartialEq for Fp {
    fn eq(&self, other: &Self) -> bool {
        self.canonical().0 == other.canonical().0
    }
}

/// A product of two values, least limb first.
type Wide = [u64; 8];

/// The upper limb of a product of two limbs.
#[inline(always)]
fn high(product: u128) -> u64 {
    (product >> 64) as u64
}

/// The product: a row of limb products at a time, so that two carry chains run through each.
#[inline(always)]
fn multiply(a: &[u64; 4], b: &[u64; 4]) -> Wide {
    let [t0, t1, t2, t3, t4] = row(a[0], b);
    let mut wide = [t0, t1, t2, t3, t4, 0, 0, 0];
    for i in 1..4 {
        let row = row(a[i], b);
        let mut carry = false;
        for j in 0..4 {
            (wide[i + j], carry) = wide[i + j].carrying_add(row[j], carry);
        }
        wide[i + 4] = row[4] + u64::from(carry);
    }
    wide
}

#[inline(always)]
fn row(a: u64, b: &[u64; 4]) -> [u64; 5] {
    let [p0, p1, p2, p3] = b.map(|b| u128::from(a) * u128::from(b));
    let (r1, carry) = high(p0).carrying_add(p1 as u64, false);
    let (r2, carry) = high(p1).carrying_add(p2 as u64, carry);
    let (r3, carry) = high(p2).carrying_add(p3 as u64, carry);
    [p0 as u64, r1, r2, r3, high(p3) + u64::from(carry)]
}

/// The square: every product of two different limbs counts twice.
#[inline(always)]
fn square(a: &[u64; 4]) -> Wide {
    let product = |i: usize, j: usize| u128::from(a[i]) * u128::from(a[j]);
    let [p01, p02, p03] = [product(0, 1), product(0, 2), product(0, 3)];
    let [p12, p13, p23] = [product(1, 2), product(1, 3), product(2, 3)];
    let (x2, carry) = high(p01).carrying_add(p02 as u64, false);
    let (x3, carry) = high(p02).carrying_add(p03 as u64, carry);
    let (x4, carry) = high(p03).carrying_add(p13 as u64, carry);
    let (x5, carry) = high(p13).carrying_add(p23 as u64, carry);
    let x6 = high(p23) + u64::from(carry);
    let (x3, carry) = x3.carrying_add(p12 as u64, false);
    let (x4, carry) = x4.carrying_add(high(p12), carry);
    let (x5, carry) = x5.carrying_add(0, carry);
    let x6 = x6 + u64::from(carry);
    let mut carry = false;
    let [d1, d2, d3, d4, d5, d6] = [p01 as u64, x2, x3, x4, x5, x6].map(|limb| {
        let (double, next) = limb.carrying_add(limb, carry);
        carry = next;
        double
    });
    let d7 = u64::from(carry);
    let [s0, s1, s2, s3] = from_fn(|i| product(i, i));
    let (w1, carry) = d1.carrying_add(high(s0), false);
    let (w2, carry) = d2.carrying_add(s1 as u64, carry);
    let (w3, carry) = d3.carrying_add(high(s1), carry);
    let (w4, carry) = d4.carrying_add(s2 as u64, carry);
    let (w5, carry) = d5.carrying_add(high(s2), carry);
    let (w6, carry) = d6.carrying_add(s3 as u64, carry);
    [s0 as u64, w1, w2, w3, w4, w5, w6, d7 + high(s3) + u64::from(carry)]
}

/// `value` / 2^256 mod p, below value / 2^256 + p, for values below 2^512 - 2^508.
///
/// Since p is 1 modulo 2^64, subtracting limb i times p clears limb i and changes the limbs from i + 3 on only.
#[inline(always)]
fn reduce(value: &Wide) -> Fp {
    let wide = |limb: u64| u128::from(limb) * u128::from(TOP);
    let [t0, t1, t2, t3, t4, t5, t6, t7] = *value;
    let (q0, q1, q2) = (wide(t0), wide(t1), wide(t2));
    let (t3, below) = t3.overflowing_sub(q0 as u64);
    let q3 = wide(t3);
    // The multiples of p above 2^256; no top half reaches 2^60, so that nothing overflows.
    let (s0, carry) = high(q0).carrying_add(q1 as u64, below);
    let (s1, carry) = high(q1).carrying_add(q2 as u64, carry);
    let (s2, carry) = high(q2).carrying_add(q3 as u64, carry);
    let s3 = high(q3) + u64::from(carry);
    // The difference is above -p.
    Fp(add(&subtract(&[t4, t5, t6, t7], &[s0, s1, s2, s3]).0, &PRIME))
}

const fn multiple_of_prime(factor: u64) -> [u64; 4] {
    [factor, 0, 0, factor.wrapping_mul(TOP)]
}

/// a + b mod 2^256.
#[inline(always)]
pub(super) fn add(a: &[u64; 4], b: &[u64; 4]) -> [u64; 4] {
    let mut carry = false;
    from_fn(|i| {
        let (limb, next) = a[i].carrying_add(b[i], carry);
        carry = next;
        limb
    })
}

/// a - b mod 2^256, and whether it went below zero.
#[inline(always)]
pub(super) fn subtract(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut borrow = false;
    let difference = from_fn(|i| {
        let (limb, next) = a[i].borrowing_sub(b[i], borrow);
        borrow = next;
        limb
    });
    (difference, borrow)
}

/// 2^`exponent` mod p.
pub(super) const fn power_of_two(exponent: u32) -> [u64; 4] {
    let mut value = [1, 0, 0, 0];
    let mut done = 0;
    while done < exponent {
        value = doubled(value, &PRIME);
        done += 1;
    }
    value
}

/// 2 * `value` mod `modulus`, for values below the modulus.
pub(super) const fn doubled(value: [u64; 4], modulus: &[u64; 4]) -> [u64; 4] {
    let [a, b, c, d] = value;
    let twice = [a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63];
    let mut reduced = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (partial, first) = twice[i].overflowing_sub(modulus[i]);
        let (limb, second) = partial.overflowing_sub(borrow as u64);
        reduced[i] = limb;
        borrow = first | second;
        i += 1;
    }
    if borrow { twice } else { reduced }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{any_residue, felt};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_constants_are_what_they_say() {
        assert_eq!(Fp::ONE.to_felt(), Felt::ONE);
        assert_eq!(Fp::from_integer([5, 0, 0, 0]).to_felt(), Felt::from(5u8));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn arithmetic_agrees_with_the_library(a in any_residue(), b in any_residue(), c in any_residue(), d in any_residue()) {
            let [x, y, z, w] = [a, b, c, d].map(felt);
            let [a, b, c, d] = [a, b, c, d].map(|limbs| Fp::from_felt(&felt(limbs)));
            prop_assert_eq!(a.times(&b).to_felt(), x * y);
            prop_assert_eq!(a.square().to_felt(), x * x);
            prop_assert_eq!(a.times_plus(&b, &c, &d).to_felt(), x * y + z * w);
            prop_assert_eq!(a.plus(&b).to_felt(), x + y);
            prop_assert_eq!(a.minus::<1>(&b).to_felt(), x - y);
            prop_assert_eq!(a.negated_if(u64::MAX).to_felt(), -x);
            prop_assert_eq!(a.negated_if(0).to_felt(), x);
            prop_assert_eq!(Fp::from_integer(x.to_le_digits()).to_felt(), x);
        }

        #[test]
        fn unreduced_factors_give_the_same_product_within_the_bound(
            a in any_residue(), b in any_residue(), c in any_residue(), d in any_residue(), k in 0u64..10, l in 0u64..4, m in 0u64..3,
        ) {
            let raised = |limbs, times| Fp(add(&Fp::from_felt(&felt(limbs)).0, &multiple_of_prime(times)));
            let (x, y, z, w) = (raised(a, k), raised(b, l), raised(c, m), raised(d, 1));
            let product = x.times_plus(&y, &z, &w);
            let [a, b, c, d] = [a, b, c, d].map(felt);
            prop_assert_eq!(product.to_felt(), a * b + c * d);
            // (10 * 4 + 3 * 2) / 32 + 1 is below 2.5.
            prop_assert!(subtract(&product.0, &multiple_of_prime(2)).1 || product.0[3] < TOP * 2 + TOP / 2);
            prop_assert_eq!(x.canonical().to_felt(), a);
            prop_assert!(subtract(&x.canonical().0, &PRIME).1);
            prop_assert_eq!(x.minus::<13>(&z).to_felt(), a - c);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_slow_inverse_is_one(a in any_residue()) {
            let a = felt(a);
            let inverse = Fp::from_felt(&a).inverse_in_constant_time().to_felt();
            prop_assert_eq!(inverse, a.inverse().unwrap_or_default());
        }
    }
}
