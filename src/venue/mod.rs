//! What every venue client is made of. Sans-I/O: bytes in, events and bytes out.

pub mod lighter;
pub mod paradex;
