//! Signing a transaction.

use super::hash::TxHash;
use super::transaction::{TxType, UnsignedTx};
use crate::signing::Entropy;
use crate::signing::ecgfp5::{SchnorrKey, verify};
use std::fmt;
use thiserror::Error;

/// A transaction ready to send. The same text may be sent again; another text of the same intent may not.
/// Whoever holds the text can send it, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedTx {
    /// The type, sent beside the text.
    pub tx_type: TxType,
    /// The text `tx_info`.
    pub info: String,
    /// What the venue will call it.
    pub hash: TxHash,
}

impl fmt::Debug for SignedTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedTx({:?} {})", self.tx_type, self.hash)
    }
}

/// A fresh signature did not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the signature just made does not verify, so nothing was sent: the machine's memory or processor is faulty"
)]
pub struct SelfCheckFailed;

impl UnsignedTx {
    /// Signs, and verifies the signature before handing it out: a wrong one would give the key away or be refused.
    pub fn sign(&self, key: &SchnorrKey, entropy: &mut dyn Entropy) -> Result<SignedTx, SelfCheckFailed> {
        let hash = self.hash();
        let signature = key.sign(hash.to_quintic(), entropy);
        if !verify(&key.public_key(), hash.to_quintic(), &signature) {
            return Err(SelfCheckFailed);
        }
        Ok(SignedTx { tx_type: self.transaction().tx_type(), info: self.info(&signature), hash })
    }
}
