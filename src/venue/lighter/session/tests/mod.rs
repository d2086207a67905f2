//! The session against scripted venues, by promise.

mod asking;
mod connection;
mod orders;
mod quotes;
mod robustness;
mod start;
mod truth;
