//! Threads, clocks, channels, slots, signals: what makes the pure parts live. No decisions here.

pub mod clock;
pub mod engine;
pub mod entropy;
pub mod feed;
pub mod instance;
pub mod notifier;
pub mod pinning;
pub mod signals;
pub mod slot;
pub mod venue_thread;
