//! Paradex signing vectors.

use super::super::Check;

/// The files checked here.
pub const CHECKS: &[(&str, Check)] = &[];
