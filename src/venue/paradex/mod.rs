//! Paradex: wire formats, session, errors (paradex.md).

mod budget;
mod identity;
mod quota;
pub mod reader;
mod rejects;
pub mod sbe;
pub mod session;
mod views;
pub mod wire;
