//! The operating system's randomness for signing, and for names that must be nobody else's.

use crate::signing::Entropy;

/// Randomness nobody can predict.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        // Without randomness a signature would reveal its key: not signing at all is the only safe way on.
        getrandom::fill(buffer).expect("the operating system provides randomness");
    }

    fn process(&self) -> u32 {
        std::process::id()
    }
}

/// Bytes nobody else draws.
pub fn bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes);
    bytes
}
