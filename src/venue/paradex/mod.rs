//! Paradex: wire formats, session, errors (paradex.md).

pub mod sbe;
