//! hedge-fast: opens and closes neutral pairs on Paradex and Lighter at the same instant.
#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod coordinator;
pub mod domain;
pub mod dst;
pub mod latency;
pub mod ledger;
pub mod notify;
pub mod observe;
pub mod runtime;
pub mod signing;
pub mod sim;
pub mod transport;
pub mod venue;
