//! Random inputs for the property tests of this module, with the edges of the fields well represented.

use super::scalar::Scalar;
use crate::signing::Entropy;
use proptest::prelude::*;
use starknet_crypto::Felt;

/// Integers of 256 bits, many of them near 0, powers of two and the ends of both fields.
pub fn any_residue() -> impl Strategy<Value = [u64; 4]> {
    let limb = || prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
    let edge = (0u8..4, 0i8..3).prop_map(|(which, step)| {
        let base = match which {
            0 => Felt::ZERO,
            1 => crate::signing::stark::scalar::order(),
            2 => Felt::TWO.pow(251u32),
            _ => Felt::from(u64::MAX),
        };
        (base + Felt::from(step) - Felt::ONE).to_le_digits()
    });
    prop_oneof![3 => any::<[u64; 4]>(), 2 => [limb(), limb(), limb(), limb()], 1 => edge]
}

/// The felt congruent to these limbs.
pub fn felt(limbs: [u64; 4]) -> Felt {
    let mut bytes = [0; 32];
    let (chunks, _) = bytes.as_chunks_mut::<8>();
    for (chunk, limb) in chunks.iter_mut().zip(limbs) {
        *chunk = limb.to_le_bytes();
    }
    Felt::from_bytes_le(&bytes)
}

/// Sizes and prices of every length.
pub fn any_short() -> impl Strategy<Value = u64> {
    let cut = (any::<u64>(), 0u32..64).prop_map(|(value, shift)| value >> shift);
    prop_oneof![4 => cut, 1 => Just(0), 1 => Just(u64::MAX)]
}

/// Integers modulo the group's order, a few of them near its ends.
pub fn any_scalar() -> impl Strategy<Value = Scalar> {
    let near_top = (1u64..4).prop_map(|step| {
        let order = crate::signing::stark::scalar::order() - Felt::from(step);
        Scalar::from_limbs(order.to_le_digits()).expect("below the order")
    });
    let near_zero = (0u64..4).prop_map(|value| Scalar::from_limbs([value, 0, 0, 0]).expect("small"));
    let wide = any::<[u64; 4]>()
        .prop_filter_map("below the order", |[a, b, c, d]| Scalar::from_limbs([a, b, c, d >> 4]));
    prop_oneof![8 => wide, 1 => near_top, 1 => near_zero]
}

/// Randomness that repeats with its seed.
pub struct Seeded(pub u64);

impl Entropy for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}
