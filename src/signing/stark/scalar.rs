//! The numbers signatures are made of: integers below the STARK curve's order, and the stricter bound of signatures.

use super::Felt;
use zeroize::Zeroizing;

/// The order n of the STARK curve, big endian.
const ORDER: [u8; 32] = [
    0x08, 0, 0, 0, 0, 0, 0, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xb7, 0x81, 0x12, 0x6d,
    0xca, 0xe7, 0xb2, 0x32, 0x1e, 0x66, 0xa2, 0x41, 0xad, 0xc6, 0x4d, 0x2f,
];

/// How many whole n fit into 2^256.
const ORDERS_IN_256_BITS: usize = 31;

/// The order as a felt; it is below the field's prime.
pub(super) fn order() -> Felt {
    Felt::from_bytes_be(&ORDER)
}

/// True for 1 to n - 1.
pub(super) fn is_private_key(bytes: &[u8; 32]) -> bool {
    *bytes != [0; 32] && *bytes < ORDER
}

/// True for 1 to 2^251 - 1: what Starknet accepts as `r` or `s`.
pub(super) fn is_signature_part(felt: &Felt) -> bool {
    *felt != Felt::ZERO && fits_251_bits(felt)
}

/// True below 2^251: what Starknet accepts as a message hash.
pub(super) fn fits_251_bits(felt: &Felt) -> bool {
    felt.to_bytes_be()[0] < 0x08
}

/// `value mod n`, or `None` in the last, incomplete multiple of n below 2^256, where the remainder would be biased.
pub(super) fn unbiased_remainder(mut value: Zeroizing<[u8; 32]>) -> Option<Zeroizing<[u8; 32]>> {
    for _ in 0..ORDERS_IN_256_BITS {
        if *value < ORDER {
            return Some(value);
        }
        subtract_order(&mut value);
    }
    None
}

fn subtract_order(value: &mut [u8; 32]) {
    let mut borrow = false;
    for (byte, order_byte) in value.iter_mut().zip(ORDER).rev() {
        let (partial, below) = byte.overflowing_sub(order_byte);
        let (difference, below_again) = partial.overflowing_sub(u8::from(borrow));
        (*byte, borrow) = (difference, below || below_again);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remainder(value: [u8; 32]) -> Option<[u8; 32]> {
        unbiased_remainder(Zeroizing::new(value)).map(|rest| *rest)
    }

    /// `factor * n + addend` in 256 bits.
    fn multiple(factor: u16, addend: u16) -> [u8; 32] {
        let (mut value, mut carry) = ([0; 32], addend);
        for (byte, order_byte) in value.iter_mut().zip(ORDER).rev() {
            let [high, low] = (u16::from(order_byte) * factor + carry).to_be_bytes();
            (*byte, carry) = (low, u16::from(high));
        }
        assert_eq!(carry, 0, "fits 256 bits");
        value
    }

    #[test]
    fn remainders_are_exact_below_31_orders_and_none_above() {
        for factor in 0..31 {
            assert_eq!(remainder(multiple(factor, 0)), Some([0; 32]), "{factor} n");
            assert_eq!(remainder(multiple(factor, 77)), Some(multiple(0, 77)), "{factor} n + 77");
        }
        assert_eq!(remainder(multiple(31, 0)), None);
        assert_eq!(remainder([0xff; 32]), None);
    }

    #[test]
    fn signature_parts_end_at_2_to_the_251() {
        let mut bound = [0; 32];
        bound[0] = 0x08;
        let bound = Felt::from_bytes_be(&bound);
        assert!(is_signature_part(&(bound - Felt::ONE)));
        assert!(!is_signature_part(&bound));
        assert!(!is_signature_part(&Felt::MAX));
        assert!(!is_signature_part(&Felt::ZERO));
    }
}
