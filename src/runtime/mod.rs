//! Threads, clocks, channels, slots, signals: what makes the pure parts live. No decisions here.

pub mod clock;
mod desk;
pub mod engine;
pub mod entropy;
pub mod feed;
pub mod heartbeat;
pub mod instance;
pub mod notifier;
pub mod panics;
pub mod patience;
pub mod pinning;
pub mod processes;
mod rehearsals;
pub mod signals;
mod single;
pub mod slot;
pub mod supervisor;
pub mod tuning;
pub mod venue_thread;
