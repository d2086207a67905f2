//! Hashes of Starknet: the pedersen chain over a list of felts and keccak cut to 250 bits (paradex.md 3.1).

use sha3::{Digest, Keccak256};
use starknet_crypto::{Felt, pedersen_hash};

/// A pedersen chain in the making: start at 0, absorb each element, and at the end their number.
/// Copy it after a common beginning to hash that beginning only once.
#[derive(Clone, Copy, Debug, Default)]
pub struct ElementHash {
    state: Felt,
    length: u64,
}

impl ElementHash {
    /// The chain over no elements yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Absorbs the next element.
    #[must_use]
    pub fn with(self, element: Felt) -> Self {
        Self { state: pedersen_hash(&self.state, &element), length: self.length + 1 }
    }

    /// Absorbs several elements in order.
    #[must_use]
    pub fn with_all(self, elements: &[Felt]) -> Self {
        elements.iter().fold(self, |chain, element| chain.with(*element))
    }

    /// The chain's value before its number of elements ends it.
    pub(super) fn state(&self) -> Felt {
        self.state
    }

    /// The hash of everything absorbed.
    pub fn finish(self) -> Felt {
        pedersen_hash(&self.state, &Felt::from(self.length))
    }
}

/// The hash of a whole list of elements.
pub fn hash_on_elements(elements: &[Felt]) -> Felt {
    ElementHash::new().with_all(elements).finish()
}

/// keccak256 of the text without its top six bits, which always fits a felt: type hashes and entry point selectors.
pub fn starknet_keccak(text: &str) -> Felt {
    let mut digest: [u8; 32] = Keccak256::digest(text.as_bytes()).into();
    digest[0] &= 0b0000_0011;
    Felt::from_bytes_be(&digest)
}
