//! Bad days of the machine and the network, with the real program: asked to stop in any phase, a disk without room, a venue
//! that nobody reaches.

#[path = "../live/mod.rs"]
#[allow(dead_code, reason = "each test file uses its part of it")]
mod live;

mod disk;
mod out_of_reach;
mod stop;
