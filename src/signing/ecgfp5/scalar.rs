//! Integers modulo the order of the group: private keys, nonces, challenges (lighter.md 3.4, 3.5).
//! All arithmetic takes the same time for every value.

use super::quintic::Quintic;
use zeroize::Zeroize;

const LIMBS: usize = 5;

/// The order n of the group, a prime of 319 bits, least limb first.
const ORDER: [u64; LIMBS] = [
    0xe80f_d996_948b_ffe1,
    0xe888_5c39_d724_a09c,
    0x7fff_ffe6_cfb8_0639,
    0x7fff_fff1_0000_0016,
    0x7fff_fffd_8000_0007,
];

/// 2^640 mod n: multiplying by it in Montgomery's way is multiplying by 2^320.
const MONTGOMERY_SQUARE: Scalar = Scalar([
    0xa010_01dc_e33d_c739,
    0x6c32_28d3_3f62_accf,
    0xd1d7_96cc_91cf_8525,
    0xaadf_ff5d_1574_c1d8,
    0x4aca_13b2_8ca2_51f5,
]);

/// -1/n mod 2^64.
const MONTGOMERY_FACTOR: u64 = 0xd78b_ef72_057b_7bdf;

/// An integer below the group order. It may be a private key or a nonce, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Scalar([u64; LIMBS]);

impl Scalar {
    /// Length of the serialised form.
    pub const BYTES: usize = 40;
    /// The neutral element of addition.
    pub const ZERO: Self = Self([0; LIMBS]);

    /// A small integer.
    pub const fn from_u64(value: u64) -> Self {
        Self([value, 0, 0, 0, 0])
    }

    /// Reads 320 little-endian bits; values from n upward are reduced instead of refused, as the venue's reader does.
    pub fn from_le_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (chunks, _) = bytes.as_chunks::<8>();
        // 2^320 is less than three times n.
        let once = Self::reduce_once(std::array::from_fn(|i| u64::from_le_bytes(chunks[i])), 0);
        Self::reduce_once(once.0, 0)
    }

    /// Reads 320 little-endian bits, if they are below n.
    pub fn from_canonical_le_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (chunks, _) = bytes.as_chunks::<8>();
        let limbs = std::array::from_fn(|i| u64::from_le_bytes(chunks[i]));
        subtract(limbs, ORDER).1.then_some(Self(limbs))
    }

    /// Reads 512 little-endian bits and reduces them. Of random bytes this makes a scalar without measurable bias.
    pub fn from_wide_le_bytes(bytes: &[u8; 64]) -> Self {
        let mut low = [0; Self::BYTES];
        let mut high = [0; Self::BYTES];
        low.copy_from_slice(&bytes[..Self::BYTES]);
        high[..64 - Self::BYTES].copy_from_slice(&bytes[Self::BYTES..]);
        let reduced =
            Self::from_le_bytes(&high).montgomery_multiply(MONTGOMERY_SQUARE) + Self::from_le_bytes(&low);
        low.zeroize();
        high.zeroize();
        reduced
    }

    /// The integer sum of coefficient i times 2^(64 i), mod n: how a hash becomes a challenge.
    pub fn from_quintic(element: Quintic) -> Self {
        Self::from_le_bytes(&element.to_le_bytes())
    }

    /// The canonical 320 little-endian bits.
    pub fn to_le_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (chunks, _) = bytes.as_chunks_mut::<8>();
        for (chunk, limb) in chunks.iter_mut().zip(self.0) {
            *chunk = limb.to_le_bytes();
        }
        bytes
    }

    /// The base-16 digits, least first.
    pub(super) fn digits(&self) -> [u8; 16 * LIMBS] {
        std::array::from_fn(|i| (self.0[i / 16] >> (4 * (i % 16)) & 0xf) as u8)
    }

    /// Subtracts n from `value` + `carry` * 2^320 if that does not go below zero.
    fn reduce_once(value: [u64; LIMBS], carry: u64) -> Self {
        let (reduced, borrow) = subtract(value, ORDER);
        let keep = u64::from(borrow & (carry == 0)).wrapping_neg();
        Self(std::array::from_fn(|i| value[i] & keep | reduced[i] & !keep))
    }

    /// self * other / 2^320 mod n.
    fn montgomery_multiply(self, other: Self) -> Self {
        let mut sum = [0; LIMBS];
        let mut top = 0;
        for limb in self.0 {
            let product_top = add_multiple(&mut sum, limb, &other.0);
            let multiple = sum[0].wrapping_mul(MONTGOMERY_FACTOR);
            let order_top = add_multiple(&mut sum, multiple, &ORDER);
            // The lowest limb is zero now: divide by 2^64.
            let above = u128::from(top) + u128::from(product_top) + u128::from(order_top);
            sum.rotate_left(1);
            sum[LIMBS - 1] = above as u64;
            top = (above >> 64) as u64;
        }
        Self::reduce_once(sum, top)
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[scalar]")
    }
}

impl std::ops::Add for Scalar {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let mut sum = self.0;
        let carry = add_multiple(&mut sum, 1, &other.0);
        Self::reduce_once(sum, carry)
    }
}

impl std::ops::Sub for Scalar {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let (mut difference, borrow) = subtract(self.0, other.0);
        let correction = ORDER.map(|limb| limb & u64::from(borrow).wrapping_neg());
        add_multiple(&mut difference, 1, &correction);
        Self(difference)
    }
}

impl std::ops::Mul for Scalar {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        self.montgomery_multiply(other).montgomery_multiply(MONTGOMERY_SQUARE)
    }
}

/// a - b mod 2^320, and whether it went below zero.
fn subtract(a: [u64; LIMBS], b: [u64; LIMBS]) -> ([u64; LIMBS], bool) {
    let mut borrow = false;
    let difference = std::array::from_fn(|i| {
        let (partial, first) = a[i].overflowing_sub(b[i]);
        let (limb, second) = partial.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        limb
    });
    (difference, borrow)
}

/// Adds `factor` * `value` to `sum` and returns what exceeds 320 bits.
fn add_multiple(sum: &mut [u64; LIMBS], factor: u64, value: &[u64; LIMBS]) -> u64 {
    let mut carry = 0;
    for (limb, value) in sum.iter_mut().zip(value) {
        let wide = u128::from(*limb) + u128::from(factor) * u128::from(*value) + u128::from(carry);
        *limb = wide as u64;
        carry = (wide >> 64) as u64;
    }
    carry
}

#[cfg(test)]
mod tests {
    use super::super::strategies::scalar;
    use super::*;
    use proptest::prelude::*;

    /// Doubling and adding: multiplication as its definition says, without Montgomery's trick.
    fn slow_product(a: Scalar, b: Scalar) -> Scalar {
        (0..320).rev().fold(Scalar::ZERO, |sum, bit| {
            let doubled = sum + sum;
            if a.0[bit / 64] >> (bit % 64) & 1 == 1 { doubled + b } else { doubled }
        })
    }

    proptest! {
        #[test]
        fn the_field_laws_hold(a in scalar(), b in scalar(), c in scalar()) {
            prop_assert_eq!(a + b, b + a);
            prop_assert_eq!(a + b - b, a);
            prop_assert_eq!(a * (b + c), a * b + a * c);
            prop_assert_eq!(a * Scalar::from_u64(1), a);
            prop_assert_eq!(Scalar::ZERO - a + a, Scalar::ZERO);
        }

        #[test]
        fn products_agree_with_doubling_and_adding(a in scalar(), b in scalar()) {
            prop_assert_eq!(a * b, slow_product(a, b));
        }

        #[test]
        fn written_values_are_canonical_and_read_back(a in scalar()) {
            prop_assert!(subtract(a.0, ORDER).1);
            prop_assert_eq!(Scalar::from_le_bytes(&a.to_le_bytes()), a);
        }

        #[test]
        fn wide_bytes_reduce_to_low_part_plus_shifted_high_part(low in any::<[u8; 32]>(), high in any::<[u8; 32]>()) {
            let mut wide = [0; 64];
            wide[..32].copy_from_slice(&low);
            wide[32..].copy_from_slice(&high);
            let narrow = |bytes: [u8; 32]| {
                let mut padded = [0; 40];
                padded[..32].copy_from_slice(&bytes);
                Scalar::from_le_bytes(&padded)
            };
            let shift = Scalar([0, 0, 0, 0, 1]);
            prop_assert_eq!(Scalar::from_wide_le_bytes(&wide), narrow(low) + slow_product(shift, narrow(high)));
        }
    }

    #[test]
    fn the_montgomery_constants_are_what_they_say() {
        assert_eq!(ORDER[0].wrapping_mul(MONTGOMERY_FACTOR), u64::MAX);
        let doubled = (0..640).fold(Scalar::from_u64(1), |power, _| power + power);
        assert_eq!(MONTGOMERY_SQUARE, doubled);
    }

    #[test]
    fn values_from_the_order_upward_are_reduced_on_reading() {
        let order = Scalar(ORDER).to_le_bytes();
        assert_eq!(Scalar::from_le_bytes(&order), Scalar::ZERO);
        let almost_two_to_the_320 = Scalar::from_le_bytes(&[0xff; 40]);
        let power = (0..320).fold(Scalar::from_u64(1), |power, _| power + power);
        assert_eq!(almost_two_to_the_320, power - Scalar::from_u64(1));
    }
}
