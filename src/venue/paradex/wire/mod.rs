//! Paradex JSON (paradex.md 2, 4 to 6): bytes in, checked values out, and the requests we send. Pure.
//! A malformed number is an error, never a zero; unknown fields and words are ignored where they cannot cost money.

mod fills;
mod objects;
mod order_text;
mod requests;
mod rpc;

pub use fills::{Bust, FillKind, FillView, busts, fill_page, fills, other_currency};
pub use objects::{
    AccountView, MarketView, OrderView, Page, PositionView, SystemConfig, account, auth_token, bbo, config,
    market, order_page, orders, positions, server_time, system_state,
};
pub use order_text::{CreateOrder, push_millis, read_order_create, recv_window_place};
pub use requests::{RpcRequest, order_create};
pub use rpc::{Answer, Frame, RestError, RpcError, frame, rest_error};

/// Why bytes of the venue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not the JSON the reference describes.
    #[error("unexpected JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A field that must be a number of ours is not.
    #[error("{field} is not usable: {cause}")]
    Amount {
        /// Which field.
        field: &'static str,
        /// Why.
        cause: crate::domain::AmountError,
    },
    /// A field has a value that makes the object useless.
    #[error("{0}")]
    Content(&'static str),
}
