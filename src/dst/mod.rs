//! Deterministic simulation: the real coordinator against two modelled venues, a modelled ledger and a hostile world, in
//! virtual time, at the level of venue reports. One seed is one run; everything a run does follows from its [`plan::Plan`].
//!
//! A run has two phases: *safety* (faults on, every invariant checked after every step) and *liveness* (faults off: within a
//! bound the run must be flat, hedged, halted with an alarm, or over with a truthful exit code). The [`oracle`] sees the
//! venues' truth, the commands at the boundary, notices and the journal; it shares no code with the coordinator.
//!
//! What cannot exist at this level (sockets, TLS, bytes, signatures, nonces) is listed in [`fault::ELSEWHERE`]; bytes, signatures,
//! nonces, validity and quotas are what depth 2, [`wire`], adds with the real sessions and the simulated venues.

pub mod agenda;
pub mod campaign;
pub mod disk;
pub mod exchange;
pub mod fate;
pub mod fault;
pub mod figures;
pub mod histogram;
pub mod market;
pub mod oracle;
pub mod plan;
pub mod shrink;
pub mod subject;
pub mod trace;
pub mod wire;
pub mod world;

pub use fault::Fault;
pub use figures::Figures;
pub use oracle::{Invariant, Violation};
pub use plan::Plan;
pub use subject::{Maker, Subject, real};
pub use world::{End, run, run_with};
