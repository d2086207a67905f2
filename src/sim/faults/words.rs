//! The words of the file format for what can go wrong.

use super::plan::{Mishap, State, Strike};

/// The word of a mishap.
pub(super) fn mishap_word(mishap: &Mishap) -> &'static str {
    match mishap {
        Mishap::Drop => "drop",
        Mishap::Delay(_) => "delay",
        Mishap::Duplicate => "duplicate",
        Mishap::Reorder(_) => "reorder",
        Mishap::Cut => "cut",
        Mishap::CutAfter => "cut-after",
        Mishap::Refuse(_) => "refuse",
        Mishap::Status(_) => "status",
        Mishap::NewFields => "new-fields",
        Mishap::NewWords => "new-words",
    }
}

/// The word of a strike.
pub(super) fn strike_word(strike: &Strike) -> &'static str {
    match strike {
        Strike::Cut => "cut",
        Strike::Shutdown(_) => "shutdown",
        Strike::Stall(_) => "stall",
        Strike::Away(..) => "away",
        Strike::Status(..) => "status",
        Strike::ExpireTokens => "expire-tokens",
        Strike::SkipSequence => "skip-sequence",
        Strike::EmptyBook(_) => "empty-book",
        Strike::CrossedBook(_) => "crossed-book",
        Strike::PriceGap(..) => "price-gap",
        Strike::State(State::Maintenance, _) => "maintenance",
        Strike::State(State::CancelOnly, _) => "cancel-only",
        Strike::State(State::PostOnly, _) => "post-only",
        Strike::PartialFill => "partial-fill",
        Strike::LateFill(_) => "late-fill",
        Strike::BustFill => "bust-fill",
        Strike::Swallow => "swallow",
        Strike::Liquidate => "liquidate",
        Strike::ForeignTrade => "foreign-trade",
        Strike::ClockOff(..) => "clock-off",
    }
}
