//! Lighter transactions: typed, checked, hashed, signed, written as `tx_info` and read back (lighter.md 4).
//!
//! A client builds a [`Transaction`], puts it under a [`TxHeader`] as an [`UnsignedTx`] and signs it. The simulated venue reads
//! a [`ReceivedTx`] from the same text. Everything a constructor accepts the official signer accepts too, and what it refuses
//! is refused in its words ([`InvalidTx`]). State rules (nonce order, funds, live orders) belong to the venue, not here.

mod attributes;
mod auth_token;
mod change_pub_key;
mod field;
mod group;
mod hash;
mod header;
mod info;
mod invalid;
mod limits;
mod object;
mod order;
mod order_rules;
mod parse;
mod prepared;
mod received;
mod requests;
mod signed;
mod transaction;

#[cfg(test)]
mod strict_reading;

pub use attributes::{Attribute, Attributes};
pub use auth_token::{AuthToken, AuthTokenError, mint_auth_token};
pub use change_pub_key::{ChangePubKey, change_pub_key_message};
pub use group::{Grouping, OrderGroup};
pub use hash::TxHash;
pub use header::{KeySlot, TxHeader};
pub use invalid::InvalidTx;
pub use limits::MarketIndex;
pub use object::ParseError;
pub use order::{Order, OrderFields, OrderType, TimeInForce};
pub use prepared::PreparedOrder;
pub use received::ReceivedTx;
pub use requests::{
    CancelAll, CancelOrder, ModifyOrder, ScheduledTime, UpdateLeverage, UpdateMargin, Withdraw,
};
pub use signed::{SelfCheckFailed, SignedTx};
pub use transaction::{Transaction, TxType, UnsignedTx};
