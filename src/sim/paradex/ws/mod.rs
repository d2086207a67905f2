//! The WebSocket: frames, methods, channels (paradex.md 5 to 8).

pub mod channel;
mod frames;
pub mod hub;
mod message;
mod methods;
mod orders;
mod publish;
mod subscribe;
