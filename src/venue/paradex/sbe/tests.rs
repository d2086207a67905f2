//! Promises of the codec that no single vector can show.
