//! The hash Poseidon2 over Goldilocks, width 12, and its sponge without padding (lighter.md 3.3).

use super::goldilocks::Goldilocks;
use super::poseidon2_constants::{EXTERNAL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, INTERNAL_ROUND_CONSTANTS};
use super::quintic::Quintic;

/// Elements in the state of the permutation.
pub const WIDTH: usize = 12;
/// Elements taken in and given out per permutation.
pub const RATE: usize = 8;

/// The state of the permutation.
pub type State = [Goldilocks; WIDTH];

/// The permutation itself.
pub fn permute(state: &mut State) {
    let (first, last) = EXTERNAL_ROUND_CONSTANTS.split_at(4);
    external_layer(state);
    first.iter().for_each(|constants| external_round(state, constants));
    INTERNAL_ROUND_CONSTANTS.iter().for_each(|constant| internal_round(state, *constant));
    last.iter().for_each(|constants| external_round(state, constants));
}

/// `M` elements of hash over any number of inputs. No padding, no length: the caller's inputs have a fixed shape.
pub fn hash_no_pad<const M: usize>(input: &[Goldilocks]) -> [Goldilocks; M] {
    let mut state = [Goldilocks::ZERO; WIDTH];
    for chunk in input.chunks(RATE) {
        // A short last chunk leaves the rest of the rate as it was.
        state[..chunk.len()].copy_from_slice(chunk);
        permute(&mut state);
    }
    std::array::from_fn(|i| {
        if i > 0 && i % RATE == 0 {
            permute(&mut state);
        }
        state[i % RATE]
    })
}

/// Five elements of hash, read as one element of the extension field: what is signed.
pub fn hash_to_quintic(input: &[Goldilocks]) -> Quintic {
    Quintic(hash_no_pad(input))
}

fn external_round(state: &mut State, constants: &[u64; WIDTH]) {
    for (element, constant) in state.iter_mut().zip(constants) {
        *element = s_box(*element + Goldilocks::new(*constant));
    }
    external_layer(state);
}

fn internal_round(state: &mut State, constant: u64) {
    state[0] = s_box(state[0] + Goldilocks::new(constant));
    let sum = state.iter().fold(Goldilocks::ZERO, |sum, element| sum + *element);
    for (element, diagonal) in state.iter_mut().zip(INTERNAL_DIAGONAL) {
        *element = sum + *element * Goldilocks::new(diagonal);
    }
}

/// The seventh power.
fn s_box(x: Goldilocks) -> Goldilocks {
    let square = x.square();
    square.square() * square * x
}

fn external_layer(state: &mut State) {
    let (blocks, _) = state.as_chunks_mut::<4>();
    blocks.iter_mut().for_each(multiply_by_m4);
    let totals: [Goldilocks; 4] = std::array::from_fn(|i| state[i] + state[i + 4] + state[i + 8]);
    for (i, element) in state.iter_mut().enumerate() {
        *element = *element + totals[i % 4];
    }
}

/// The circulant matrix with rows 2 3 1 1: each output is the block's sum plus the element plus twice its successor.
fn multiply_by_m4(block: &mut [Goldilocks; 4]) {
    let [a, b, c, d] = *block;
    let sum = a + b + c + d;
    *block = [sum + a + b + b, sum + b + c + c, sum + c + d + d, sum + d + a + a];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_input_hashes_to_zeros() {
        assert_eq!(hash_no_pad::<5>(&[]), [Goldilocks::ZERO; 5]);
    }

    #[test]
    fn a_longer_output_starts_with_the_shorter_one() {
        let input: Vec<_> = (0..20).map(Goldilocks::new).collect();
        let long = hash_no_pad::<17>(&input);
        assert_eq!(hash_no_pad::<5>(&input), long[..5]);
        assert_eq!(hash_no_pad::<8>(&input), long[..8]);
        assert_ne!(long[..8], long[8..16]);
    }
}
