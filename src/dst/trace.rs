//! What a run looked like: nothing, a hash for comparing two runs, or a sequence diagram in text.

use std::fmt::Write as _;

/// Where the lines of a run go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nowhere.
    Off,
    /// Into one number.
    Hash(u64),
    /// Into a text.
    Text(String),
}

impl Trace {
    /// A hash of nothing.
    pub const EMPTY_HASH: Self = Self::Hash(0xcbf2_9ce4_8422_2325);

    /// Adds a line; it is only made when somebody wants it.
    pub fn line(&mut self, at: u64, line: impl FnOnce() -> String) {
        match self {
            Self::Off => {}
            Self::Hash(hash) => {
                for byte in at.to_le_bytes().iter().chain(line().as_bytes()) {
                    *hash = (*hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
                }
            }
            Self::Text(text) => {
                let _ = writeln!(text, "{:>5}.{:03} {}", at / 1_000_000_000, at / 1_000_000 % 1_000, line());
            }
        }
    }
}
