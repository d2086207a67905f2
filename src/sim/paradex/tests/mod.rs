//! Promises of the simulated Paradex, kept or broken by driving it as a client.

mod desk;
mod hedge;
mod mishaps;
