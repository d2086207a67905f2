//! Random inputs for the property tests of this module, with the edges of the field well represented.

use super::{Goldilocks, Point, Quintic, Scalar};
use crate::signing::Entropy;
use proptest::prelude::*;

/// Field elements, half of them near 0, 2^32 and p.
pub fn element() -> impl Strategy<Value = Goldilocks> {
    let edges =
        prop_oneof![0u64..4, 0xffff_fffeu64..0x1_0000_0002, Goldilocks::MODULUS - 4..Goldilocks::MODULUS];
    prop_oneof![edges, any::<u64>()].prop_map(Goldilocks::new)
}

/// Extension elements.
pub fn quintic() -> impl Strategy<Value = Quintic> {
    proptest::array::uniform5(element()).prop_map(Quintic)
}

/// Integers modulo the group order, a few of them near its ends.
pub fn scalar() -> impl Strategy<Value = Scalar> {
    let wide = (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(low, high)| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&low);
        bytes[32..].copy_from_slice(&high);
        Scalar::from_wide_le_bytes(&bytes)
    });
    let small = any::<u8>().prop_map(|value| Scalar::from_u64(value.into()));
    let negative = any::<u8>().prop_map(|value| Scalar::ZERO - Scalar::from_u64(value.into()));
    prop_oneof![8 => wide, 1 => small, 1 => negative]
}

/// Group elements.
pub fn point() -> impl Strategy<Value = Point> {
    scalar().prop_map(|scalar| Point::mul_generator(&scalar))
}

/// Randomness that repeats with its seed; for tests only.
pub struct SeededEntropy(pub u64);

impl Entropy for SeededEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}
