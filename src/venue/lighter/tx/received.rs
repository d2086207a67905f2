//! A transaction as the venue receives it.

use super::transaction::UnsignedTx;
use crate::signing::ecgfp5::{PublicKey, SchnorrSignature, verify};

/// A transaction that passed every field rule, with a signature yet to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedTx {
    /// The transaction.
    pub tx: UnsignedTx,
    /// The signature that came with it.
    pub signature: SchnorrSignature,
}

impl ReceivedTx {
    /// Whether the key registered for the slot made the signature. A wrong chain id shows here too.
    pub fn is_signed_by(&self, registered: &PublicKey) -> bool {
        verify(registered, self.tx.hash().to_quintic(), &self.signature)
    }
}
