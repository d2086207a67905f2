//! Simulated Lighter.

mod admission;
mod auth;
mod decimal;
mod model;
mod options;
mod refusal;
mod switches;
