//! What both simulated venues share: a price-time book and position arithmetic. No venue rules.

pub mod book;
pub mod position;
