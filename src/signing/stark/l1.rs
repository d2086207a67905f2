//! From an Ethereum key to the Stark key of its Paradex account (paradex.md 3.6).
//! A stored Stark key is better: the official clients disagree here for one account in 256.

use super::scalar::unbiased_remainder;
use super::{StarkKey, StarkKeyError};
use crate::signing::ethereum::{EthKey, EthSignature, keccak256};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How `r` of the Ethereum signature enters the derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrindSeed {
    /// All 32 bytes, as the web app and the JavaScript client do.
    AllBytes,
    /// Without leading zero bytes, as the Python client does.
    WithoutLeadingZeros,
}

/// The EIP-712 message whose Ethereum signature yields the Stark key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1SignIn {
    /// Hash of the domain: Paradex, version 1, the Ethereum chain.
    pub domain_separator: [u8; 32],
    /// Hash of the constant message `STARK Key`.
    pub struct_hash: [u8; 32],
}

impl L1SignIn {
    /// The message for an Ethereum chain, `l1_chain_id` of `/system/config`.
    pub fn new(l1_chain_id: u64) -> Self {
        let mut chain = [0; 32];
        chain[24..].copy_from_slice(&l1_chain_id.to_be_bytes());
        let domain_type = keccak256(b"EIP712Domain(string name,string version,uint256 chainId)");
        let domain = [domain_type, keccak256(b"Paradex"), keccak256(b"1"), chain];
        let message = [keccak256(b"Constant(string action)"), keccak256(b"STARK Key")];
        Self { domain_separator: keccak256(&domain.concat()), struct_hash: keccak256(&message.concat()) }
    }

    /// What the Ethereum key signs.
    pub fn digest(&self) -> [u8; 32] {
        keccak256(&[&[0x19, 0x01], &self.domain_separator[..], &self.struct_hash[..]].concat())
    }

    /// The wallet's signature of this message. It is as secret as the keys: never log it.
    pub fn sign(&self, owner: &EthKey) -> EthSignature {
        owner.sign_digest(&self.digest())
    }

    /// The Stark key of the account that `owner` controls.
    pub fn stark_key(&self, owner: &EthKey, seed: GrindSeed) -> Result<StarkKey, StarkKeyError> {
        let r = Zeroizing::new(self.sign(owner).r());
        let leading_zeros = match seed {
            GrindSeed::AllBytes => 0,
            GrindSeed::WithoutLeadingZeros => r.iter().take_while(|byte| **byte == 0).count(),
        };
        StarkKey::from_bytes(&grind(&r[leading_zeros..]))
    }
}

/// The first unbiased number below the curve's order among the hashes of `seed` and a counter byte.
fn grind(seed: &[u8]) -> Zeroizing<[u8; 32]> {
    let attempt = |counter: u8| {
        let hash: [u8; 32] = Sha256::new().chain_update(seed).chain_update([counter]).finalize().into();
        unbiased_remainder(Zeroizing::new(hash))
    };
    (0..=u8::MAX).find_map(attempt).expect("each try fails with probability 1/32, all 256 never do")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grinding_counts_up_until_the_number_is_unbiased() {
        let published = "86f3e7293141f20a8baff320e8ee4accb9d4a4bf2b4d295e8cee784db46e0519";
        let first_try = "05c8c8683596c732541a59e03007b2d30dbbbb873556fe65b5fb63c16688f941";
        let seed = hex::decode(published).expect("hexadecimal digits");
        assert_eq!(hex::encode(*grind(&seed)), first_try);
        let third_try = "064b3280e56e2e4a83f414a6e3dabea352279595c04322436ea6cb697716ff21";
        assert_eq!(hex::encode(*grind(&[0, 1])), third_try);
    }
}
