//! The only sockets of the program: client links and HTTP for the venue threads, the live server for simulated venues.
//!
//! Carries bytes and frames, classifies failures, enforces size and time limits. Knows no venue, decides nothing.

pub mod client;
pub mod server;
pub mod service;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
