//! Signatures of Paradex: felts, typed-data hashes, STARK-curve ECDSA, account addresses (paradex.md 3).
//! Not the wire: headers, bodies and the decision what to sign belong to `venue::paradex`.

mod account;
mod element_hash;
mod felt_text;
mod key;
mod l1;
pub mod online;
mod order_fields;
mod quanta;
mod scalar;
mod signature;
mod typed_data;

pub use account::{AccountClasses, evm_account_address};
pub use element_hash::{ElementHash, hash_on_elements, starknet_keccak};
pub use felt_text::{FeltTextError, felt_from_decimal, felt_from_hex, felt_from_text, short_string};
pub use key::{Nonce, SignError, StarkKey, StarkKeyError};
pub use l1::{GrindSeed, L1SignIn};
pub use order_fields::{OrderFields, OrderFieldsError};
pub use quanta::{Quanta, QuantaError};
pub use signature::{Signature, SignatureTextError, verify};
pub use starknet_crypto::{Felt, pedersen_hash};
pub use typed_data::{Message, MessageHasher, MessageKind, SigningDomain};
