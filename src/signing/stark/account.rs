//! Addresses of Paradex accounts: they follow from the key and the contract classes of the network (paradex.md 3.4).
//! Never hard-code a class: both hashes come from `/system/config`.

use super::{Felt, hash_on_elements, short_string, starknet_keccak};
use crate::signing::ethereum::EthAddress;

/// Contract classes of accounts owned by a Stark key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountClasses {
    /// `paraclear_account_proxy_hash`.
    pub proxy: Felt,
    /// `paraclear_account_hash`.
    pub account: Felt,
}

impl AccountClasses {
    /// The account that belongs to a public key.
    pub fn account_address(&self, public_key: Felt) -> Felt {
        let initialize = starknet_keccak("initialize");
        let calldata = [self.account, initialize, Felt::TWO, public_key, Felt::ZERO];
        contract_address(public_key, self.proxy, &calldata)
    }
}

/// The account that belongs to an Ethereum address; `class` is `paraclear_evm_account_hash`.
pub fn evm_account_address(class: Felt, owner: EthAddress) -> Felt {
    let owner = Felt::from_bytes_be_slice(owner.as_bytes());
    contract_address(owner, class, &[Felt::THREE, owner, Felt::ONE])
}

/// A Starknet contract address for deployer 0.
fn contract_address(salt: Felt, class: Felt, calldata: &[Felt]) -> Felt {
    let prefix = short_string("STARKNET_CONTRACT_ADDRESS").expect("25 ASCII characters");
    let hash = hash_on_elements(&[prefix, Felt::ZERO, salt, class, hash_on_elements(calldata)]);
    let addresses = Felt::TWO.pow(251u32) - Felt::from(256u32);
    // Below the field's prime the number of addresses fits once, not twice.
    if hash < addresses { hash } else { hash - addresses }
}
