//! All private-key arithmetic: Stark signatures for Paradex, ECgFp5 Schnorr signatures for Lighter.
//! Pure: no I/O, no clock, no randomness of its own. Not a place that decides what is signed.

pub mod ecgfp5;
pub mod ethereum;
pub mod hex_text;
pub mod stark;

/// A source of random bytes, handed in so that signing stays pure: the operating system in production, a seed in simulation.
pub trait Entropy: Send {
    /// Fills `buffer` with bytes nobody can predict (in simulation: that only the seed predicts).
    fn fill(&mut self, buffer: &mut [u8]);

    /// The process this randomness belongs to. What was drawn in another one may be known there too, as after a fork, and must
    /// not be used. Zero where there is only one, as in simulation.
    fn process(&self) -> u32 {
        0
    }
}
