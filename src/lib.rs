//! hedge-fast: opens and closes neutral pairs on Paradex and Lighter at the same instant.
#![forbid(unsafe_code)]

pub mod domain;
pub mod signing;
pub mod sim;
pub mod venue;
