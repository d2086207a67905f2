//! Plans are read as written, and what they say happens.

mod around;
mod reading;
