//! The simulated Paradex: REST, WebSocket, SBE and the exchange behind them, as paradex.md describes the venue.
//! Refuses what the venue refuses: signatures are verified, tokens expire, limits count. Shares nothing with the client but
//! the signing primitives and the SBE tables.

pub mod model;
mod options;
mod refusal;
mod words;

pub use options::{AccountSetup, ParadexOptions, PlainPublic, Switches};
