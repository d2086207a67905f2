//! Test keys of the simulated accounts, made from the seed: the same seed gives the same keys, so that any other process can
//! trade against them. Worth nothing anywhere else.

use crate::domain::Venue;
use crate::signing::ecgfp5::SchnorrKey;
use crate::signing::ethereum::EthKey;
use crate::signing::stark::StarkKey;
use sha2::{Digest, Sha512};

/// The account index on the simulated Lighter.
pub const LIGHTER_ACCOUNT_INDEX: u64 = 700_001;
/// The slot of its key.
pub const LIGHTER_API_KEY_INDEX: u8 = 5;

/// Keys of the one trader both venues know.
pub struct Credentials {
    /// Paradex key as text.
    pub paradex_key_text: String,
    /// Paradex key.
    pub paradex_key: StarkKey,
    /// Lighter key as text.
    pub lighter_key_text: String,
    /// Lighter key.
    pub lighter_key: SchnorrKey,
    /// Owner of both accounts.
    pub l1_key: EthKey,
}

impl Credentials {
    /// The keys of a seed.
    pub fn of_seed(seed: u64) -> Self {
        let paradex = first_usable(seed, &Venue::Paradex.to_string(), |bytes| {
            // 251 bits keep the number below the order of the curve.
            let text = format!("0x{}", hex::encode(mask_high(&bytes[..32], 0x07)));
            Some((StarkKey::from_hex(&text).ok()?, text))
        });
        let lighter = first_usable(seed, &Venue::Lighter.to_string(), |bytes| {
            let text = hex::encode(&bytes[..40]);
            Some((SchnorrKey::parse(&text).ok()?, text))
        });
        let l1_key = first_usable(seed, "owner", |bytes| {
            EthKey::from_hex(&format!("0x{}", hex::encode(&bytes[..32]))).ok()
        });
        Self {
            paradex_key_text: paradex.1,
            paradex_key: paradex.0,
            lighter_key_text: lighter.1,
            lighter_key: lighter.0,
            l1_key,
        }
    }
}

fn mask_high(bytes: &[u8], mask: u8) -> Vec<u8> {
    let mut masked = bytes.to_vec();
    if let Some(first) = masked.first_mut() {
        *first &= mask;
    }
    masked
}

/// Bytes that are no key (zero, out of range) are skipped; there is always a usable one among the next.
fn first_usable<T>(seed: u64, label: &str, make: impl Fn(&[u8]) -> Option<T>) -> T {
    let candidate = |attempt: u32| {
        let bytes = Sha512::digest(format!("hedge-fast simulator/{seed}/{label}/{attempt}"));
        make(&bytes)
    };
    (0..).find_map(candidate).expect("one of four billion hashes is a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_keys_and_another_seed_has_others() {
        let texts = |seed| {
            let keys = Credentials::of_seed(seed);
            (keys.paradex_key_text, keys.lighter_key_text, keys.l1_key.address().to_string())
        };
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1).0, texts(2).0);
        assert_ne!(texts(1).1, texts(2).1);
        assert_ne!(texts(1).2, texts(2).2);
    }
}
