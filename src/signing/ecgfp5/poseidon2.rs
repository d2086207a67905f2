//! The hash Poseidon2 over Goldilocks, width 12, and its sponge without padding (lighter.md 3.3).

use super::goldilocks::Goldilocks;
use super::permutation;
use super::quintic::Quintic;

/// Elements in the state of the permutation.
pub const WIDTH: usize = 12;
/// Elements taken in and given out per permutation.
pub const RATE: usize = 8;

/// The state of the permutation.
pub type State = [Goldilocks; WIDTH];

/// The permutation itself.
pub fn permute(state: &mut State) {
    permutation::permute(state);
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

/// A first block of input that was hashed ahead.
#[derive(Clone)]
pub struct Absorbed(State);

impl Absorbed {
    /// Hashes the first block.
    pub fn new(block: &[Goldilocks; RATE]) -> Self {
        let mut state = [Goldilocks::ZERO; WIDTH];
        state[..RATE].copy_from_slice(block);
        permute(&mut state);
        Self(state)
    }

    /// The hash of the first block and a second one, as [`hash_to_quintic`] makes it of both.
    pub fn hash_with(&self, block: &[Goldilocks; RATE]) -> Quintic {
        let mut state = self.0;
        state[..RATE].copy_from_slice(block);
        permute(&mut state);
        Quintic(std::array::from_fn(|i| state[i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_input_hashes_to_zeros() {
        assert_eq!(hash_no_pad::<5>(&[]), [Goldilocks::ZERO; 5]);
    }

    #[test]
    fn a_block_hashed_ahead_changes_nothing() {
        let input: Vec<_> = (1..=16).map(Goldilocks::new).collect();
        let (blocks, _) = input.as_chunks::<RATE>();
        assert_eq!(Absorbed::new(&blocks[0]).hash_with(&blocks[1]), hash_to_quintic(&input));
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
