//! Lighter: wire formats, transactions, session, errors (lighter.md).
//!
//! [`LighterSession`] is the whole client as a state machine; [`wire`] turns JSON into checked values and [`tx`] makes and
//! reads signed transactions. [`discovery`] finds the account before there is a session. [`nonce`], [`quota`] and [`rejects`] each hold one rule of the venue. Nothing here opens a
//! socket or reads a clock.

pub mod discovery;
pub mod nonce;
pub mod quota;
pub mod reader;
pub mod rejects;
pub mod session;
pub mod tx;
pub mod wire;

pub use session::{LighterConfig, LighterSession, Timing};
