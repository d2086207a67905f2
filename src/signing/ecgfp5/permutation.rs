//! The permutation Poseidon2 over Goldilocks, width 12, as fast as portable code gets.
//!
//! Inside, an element is any of its representatives below 2^64, and sums are collected in 128 bits before one reduction: the
//! elements leave in canonical form only at the end. Takes the same time for every input.

use super::goldilocks::Goldilocks;
use super::poseidon2::{State, WIDTH};
use super::poseidon2_constants::{EXTERNAL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, INTERNAL_ROUND_CONSTANTS};

/// 2^32 - 1: what 2^64 is congruent to.
const EPSILON: u64 = 0xffff_ffff;

/// Elements as representatives below 2^64.
type Loose = [u64; WIDTH];

const HALF: usize = 4;
const NO_CONSTANTS: Loose = [0; WIDTH];

/// Permutes the state.
pub fn permute(state: &mut State) {
    let mut loose = state.map(Goldilocks::value);
    // The constants of a round are added at the end of the layer before it, where a sum is reduced anyway.
    external_layer(&mut loose, &EXTERNAL_ROUND_CONSTANTS[0]);
    for round in 0..HALF {
        loose = loose.map(s_box);
        let next = if round + 1 < HALF { &EXTERNAL_ROUND_CONSTANTS[round + 1] } else { &NO_CONSTANTS };
        external_layer(&mut loose, next);
    }
    for constant in INTERNAL_ROUND_CONSTANTS {
        internal_round(&mut loose, constant);
    }
    for (element, constant) in loose.iter_mut().zip(EXTERNAL_ROUND_CONSTANTS[HALF]) {
        *element = reduce_small(u128::from(*element) + u128::from(constant));
    }
    for round in HALF..2 * HALF {
        loose = loose.map(s_box);
        let next = if round + 1 < 2 * HALF { &EXTERNAL_ROUND_CONSTANTS[round + 1] } else { &NO_CONSTANTS };
        external_layer(&mut loose, next);
    }
    *state = loose.map(Goldilocks::new);
}

/// The seventh power, three multiplications deep.
#[inline(always)]
fn s_box(x: u64) -> u64 {
    let square = multiply(x, x);
    multiply(multiply(square, square), multiply(square, x))
}

#[inline(always)]
fn internal_round(state: &mut Loose, constant: u64) {
    state[0] = s_box(reduce_small(u128::from(state[0]) + u128::from(constant)));
    let sum = reduce_small(state.iter().map(|element| u128::from(*element)).sum());
    for (element, diagonal) in state.iter_mut().zip(INTERNAL_DIAGONAL) {
        // (2^64 - 1)^2 + 2^64 is below 2^128.
        *element = reduce(u128::from(*element) * u128::from(diagonal) + u128::from(sum));
    }
}

/// Each block of four times the circulant matrix with rows 2 3 1 1, then the sum of all blocks on top of each; then `constants`.
#[inline(always)]
fn external_layer(state: &mut Loose, constants: &Loose) {
    let mut wide = [0u128; WIDTH];
    for block in [0, 4, 8] {
        let [a, b, c, d] = std::array::from_fn(|i| u128::from(state[block + i]));
        let sum = a + b + c + d;
        wide[block] = sum + a + 2 * b;
        wide[block + 1] = sum + b + 2 * c;
        wide[block + 2] = sum + c + 2 * d;
        wide[block + 3] = sum + d + 2 * a;
    }
    for column in 0..4 {
        let total = wide[column] + wide[column + 4] + wide[column + 8];
        for i in [column, column + 4, column + 8] {
            state[i] = reduce_small(wide[i] + total + u128::from(constants[i]));
        }
    }
}

#[inline(always)]
fn multiply(a: u64, b: u64) -> u64 {
    reduce(u128::from(a) * u128::from(b))
}

/// Any 128-bit integer below 2^64, using 2^64 = 2^32 - 1 and 2^96 = -1.
#[inline(always)]
fn reduce(value: u128) -> u64 {
    let (low, high) = (value as u64, (value >> 64) as u64);
    let (difference, below) = low.overflowing_sub(high >> 32);
    // After a borrow the difference is at least 2^64 - 2^32.
    let difference = difference.wrapping_sub(EPSILON * u64::from(below));
    let (sum, above) = difference.overflowing_add((high & EPSILON) * EPSILON);
    sum.wrapping_add(EPSILON * u64::from(above))
}

/// The same for integers below 2^96.
#[inline(always)]
fn reduce_small(value: u128) -> u64 {
    let (sum, above) = (value as u64).overflowing_add((value >> 64) as u64 * EPSILON);
    sum.wrapping_add(EPSILON * u64::from(above))
}

#[cfg(test)]
mod tests {
    use super::super::strategies::element;
    use super::*;
    use proptest::prelude::*;

    /// The permutation as its definition says, in canonical arithmetic.
    fn by_definition(state: &mut State) {
        let layer = |state: &mut State| {
            let (blocks, _) = state.as_chunks_mut::<4>();
            for block in blocks.iter_mut() {
                let [a, b, c, d] = *block;
                let rows = [[a, b, c, d], [b, c, d, a], [c, d, a, b], [d, a, b, c]];
                *block = rows.map(|[a, b, c, d]| a + a + b + b + b + c + d);
            }
            let totals: [_; 4] = std::array::from_fn(|i| state[i] + state[i + 4] + state[i + 8]);
            for (i, element) in state.iter_mut().enumerate() {
                *element = *element + totals[i % 4];
            }
        };
        let seventh = |x: Goldilocks| x.pow(7);
        let (first, last) = EXTERNAL_ROUND_CONSTANTS.split_at(HALF);
        let external = |state: &mut State, rounds: &[Loose]| {
            for constants in rounds {
                *state = std::array::from_fn(|i| seventh(state[i] + Goldilocks::new(constants[i])));
                layer(state);
            }
        };
        layer(state);
        external(state, first);
        for constant in INTERNAL_ROUND_CONSTANTS {
            state[0] = seventh(state[0] + Goldilocks::new(constant));
            let sum = state.iter().fold(Goldilocks::ZERO, |sum, element| sum + *element);
            *state = std::array::from_fn(|i| sum + state[i] * Goldilocks::new(INTERNAL_DIAGONAL[i]));
        }
        external(state, last);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_fast_permutation_is_the_one_of_the_definition(state in proptest::array::uniform12(element())) {
            let (mut fast, mut plain) = (state, state);
            permute(&mut fast);
            by_definition(&mut plain);
            prop_assert_eq!(fast, plain);
        }

        #[test]
        fn reduction_keeps_the_residue(value in any::<u128>()) {
            let modulus = u128::from(Goldilocks::MODULUS);
            prop_assert_eq!(u128::from(reduce(value)) % modulus, value % modulus);
            let small = value >> 32;
            prop_assert_eq!(u128::from(reduce_small(small)) % modulus, small % modulus);
        }
    }

    #[test]
    fn reduction_holds_at_the_edges() {
        for high in [0, 1, EPSILON, EPSILON + 1, u64::MAX - EPSILON, u64::MAX] {
            for low in [0, 1, EPSILON, u64::MAX - EPSILON, u64::MAX] {
                let value = u128::from(high) << 64 | u128::from(low);
                let modulus = u128::from(Goldilocks::MODULUS);
                assert_eq!(u128::from(reduce(value)) % modulus, value % modulus, "{value:x}");
            }
        }
    }
}
