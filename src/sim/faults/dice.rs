//! Which rule of a plan applies now: chances, windows, counts and the next strikes.

use super::plan::{Class, Mishap, Rule, Span, Strike};
use crate::domain::Wall;
use crate::sim::rng::Rng;
use std::time::Duration;

/// The rules of one venue with what is left of them.
#[derive(Debug)]
pub(super) struct Dice {
    rules: Vec<Loaded>,
    start: Wall,
    rng: Rng,
}

#[derive(Debug)]
struct Loaded {
    rule: Rule,
    left: u64,
    /// For strikes: when next.
    due: Option<Wall>,
}

impl Dice {
    pub(super) fn new(rules: Vec<Rule>, start: Wall, mut rng: Rng) -> Self {
        let load = |rule: Rule| match &rule {
            Rule::On { window, .. } => Loaded { left: window.times, due: None, rule },
            Rule::Every { window, pause, .. } => {
                let due = Some(start.after(window.from).after(drawn(&mut rng, *pause)));
                Loaded { left: window.times, due, rule }
            }
        };
        let rules = rules.into_iter().map(load).collect();
        Self { rules, start, rng }
    }

    /// True when there is no rule at all, and so nothing to ask for.
    pub(super) fn is_calm(&self) -> bool {
        self.rules.is_empty()
    }

    /// What happens to a message of this class: the first rule whose chance comes up.
    pub(super) fn mishap(&mut self, now: Wall, class: Class) -> Option<Mishap> {
        let start = self.start;
        for loaded in &mut self.rules {
            let Rule::On { class: of, ppm, mishap, window } = &loaded.rule else { continue };
            let holds = *of == class
                && loaded.left > 0
                && now >= start.after(window.from)
                && now < start.after(window.until);
            if holds && self.rng.chance_ppm(*ppm) {
                loaded.left -= 1;
                return Some(mishap.clone());
            }
        }
        None
    }

    /// When the next strike comes.
    pub(super) fn next_due(&self) -> Option<Wall> {
        self.rules.iter().filter_map(|loaded| loaded.due).min()
    }

    /// A strike that is due, its successor drawn.
    pub(super) fn strike(&mut self, now: Wall) -> Option<Strike> {
        let start = self.start;
        let loaded = self.rules.iter_mut().find(|loaded| loaded.due.is_some_and(|due| due <= now))?;
        let Rule::Every { pause, strike, window } = &loaded.rule else { return None };
        loaded.left = loaded.left.saturating_sub(1);
        let next = now.after(drawn(&mut self.rng, *pause));
        loaded.due = (loaded.left > 0 && next < start.after(window.until)).then_some(next);
        Some(strike.clone())
    }

    /// A time of the span.
    pub(super) fn draw(&mut self, span: Span) -> Duration {
        drawn(&mut self.rng, span)
    }
}

fn drawn(rng: &mut Rng, span: Span) -> Duration {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let (from, to) = (micros(span.from), micros(span.to));
    Duration::from_micros(from.saturating_add(rng.below(to.saturating_sub(from).saturating_add(1))))
}
