//! Fault plans that have names. Their text shows the format at work.

use super::parse::{PlanError, parse};
use super::plan::FaultPlan;

/// Name and text of each.
pub const PRESETS: [(&str, &str); 5] = [
    ("storm", include_str!("presets/storm.faults")),
    ("drizzle", include_str!("presets/drizzle.faults")),
    ("outage", include_str!("presets/outage.faults")),
    ("market", include_str!("presets/market.faults")),
    ("busts", include_str!("presets/busts.faults")),
];

/// The plan of a preset, by its name.
pub fn preset(name: &str) -> Option<Result<FaultPlan, PlanError>> {
    PRESETS.iter().find(|(known, _)| *known == name).map(|(_, text)| parse(text))
}
