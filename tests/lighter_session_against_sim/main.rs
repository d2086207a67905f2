//! The Lighter session against the simulated venue in virtual time: what the bot will live through, without sockets.

mod ahead;
mod life;
mod orders;
mod run;
mod truth;
