//! The only sockets of the program: client links and HTTP for the venue threads, the live server for simulated venues.
//! No venue protocol and no decisions here.

pub mod client;
pub mod server;
pub mod service;
