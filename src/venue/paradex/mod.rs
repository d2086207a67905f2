//! Paradex: wire formats, session, errors (paradex.md).

mod budget;
mod quota;
mod rejects;
pub mod sbe;
pub mod session;
mod views;
pub mod wire;
