//! The operating system's randomness for signing.

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
