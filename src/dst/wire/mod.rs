//! Depth 2 of the simulation: the real coordinator, the real sessions and the simulated venues with their signatures, nonces,
//! validity and quotas, joined by a network, in virtual time. The ledger is the modelled one of depth 1.
//!
//! What goes wrong is drawn as rules of `sim::faults` and as states of the network; the judge sees the venues' own truth.

mod judge;
mod place;
mod plan;
mod stage;

pub use plan::WirePlan;
pub use stage::run;
