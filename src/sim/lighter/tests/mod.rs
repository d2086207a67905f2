//! The simulated venue driven as a service, without sockets.
