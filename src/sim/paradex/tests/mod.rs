//! Promises of the simulated Paradex, kept or broken by driving it as a client.

mod books;
mod desk;
mod hedge;
mod lifecycle;
mod limits;
mod mishaps;
mod refusals;
mod switching;
