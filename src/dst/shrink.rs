//! Makes a failing run smaller: takes fault classes away one by one, then ends the faults as early as the failure allows.

use super::fault::Fault;
use super::plan::{Plan, SECOND};
use super::subject::Maker;
use super::trace::Trace;
use super::world::run_with;

/// The smallest plan found that still breaks the same rule first.
pub fn shrink(plan: &Plan, make: &Maker<'_>) -> Plan {
    let Some(rule) = first_rule(plan, make) else { return plan.clone() };
    let fails = |plan: &Plan| first_rule(plan, make) == Some(rule);
    let mut small = plan.clone();
    for fault in Fault::ALL {
        let without = Plan { allowed: small.allowed.without(*fault), ..small.clone() };
        if fails(&without) {
            small = without;
        }
    }
    let (mut good, mut bad) = (0, small.safety);
    while bad - good > SECOND {
        let middle = good.midpoint(bad);
        let shorter = Plan { safety: middle, ..small.clone() };
        if fails(&shorter) {
            (bad, small) = (middle, shorter);
        } else {
            good = middle;
        }
    }
    small
}

fn first_rule(plan: &Plan, make: &Maker<'_>) -> Option<super::oracle::Invariant> {
    run_with(plan, Trace::Off, make).violations.first().map(|violation| violation.rule)
}
