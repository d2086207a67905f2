//! Lighter: wire formats, transactions, session, errors (lighter.md).

pub mod tx;
