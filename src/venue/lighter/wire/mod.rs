//! Lighter's JSON as typed values: bytes in, checked values out (lighter.md 2 and 5).
//!
//! Lenient where the venue is loose (absent fields, containers of several shapes, unknown words), strict where money is
//! concerned: an amount is exact or the record is refused. Wire types never leave `venue::lighter`.

pub mod account;
pub mod book;
pub mod container;
pub mod frame;
pub mod market;
pub mod number;
pub mod order;
pub mod quick;
pub mod reply;
pub mod request;
pub mod send;
pub mod trade;
pub mod transaction;

#[cfg(test)]
mod recorded;
