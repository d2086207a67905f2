//! Venue simulators: exchange models that speak the real wire protocols. Pure; `transport::server` gives them sockets.
//! Not a mock: signatures, nonces and limits are enforced, and nothing here shares code with the coordinator.

pub mod credentials;
pub mod exchange;
pub mod faults;
pub mod launch;
pub mod lighter;
pub mod market;
mod outlet;
pub mod paradex;
pub mod rng;
pub mod truth;
pub mod world;

pub use crate::transport::service;
