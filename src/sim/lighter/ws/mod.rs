//! The socket side: connections, subscriptions, feeds (lighter.md 5). Collects what is to be sent; [`super::service`]
//! hands it out.

mod channel;
mod feed;
mod frames;
mod hub;
mod publish;
mod send;
mod snapshot;
mod subscribe;

pub use hub::Hub;
