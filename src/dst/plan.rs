//! Everything a seed decides before a run begins: what the operator wants, what the venues are like, how long faults last.

use super::fate::Script;
use super::fault::FaultSet;
use crate::coordinator::{Imbalance, Mission, OnRestart, OnVenueDown, Settings};
use crate::domain::{MarketSpec, PerVenue, Price, Qty, Usd};
use crate::sim::rng::Rng;
use std::time::Duration;

/// One millisecond of virtual time.
pub const MS: u64 = 1_000_000;
/// One second of virtual time.
pub const SECOND: u64 = 1_000 * MS;

/// How a venue is, in ways the documentation leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// How long an order waits inside the venue before it is matched.
    pub order_delay: u64,
    /// The way there or back.
    pub latency: u64,
    /// A reduce-only order that finds nothing is refused (else it ends unfilled).
    pub refuses_empty_reduce: bool,
    /// Questions are answered while the private stream is down.
    pub answers_while_down: bool,
    /// The position is told by the stream after every execution.
    pub tells_position: bool,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides everything else that is drawn.
    pub seed: u64,
    /// What the operator wants.
    pub settings: Settings,
    /// The venues' rules at the beginning.
    pub specs: PerVenue<MarketSpec>,
    /// What the venues are like.
    pub habits: PerVenue<Habits>,
    /// How long faults are on.
    pub safety: u64,
    /// Time between two quotes of one venue.
    pub quote_gap: u64,
    /// Time the ledger takes to write.
    pub disk_delay: u64,
    /// Classes of faults that may be on.
    pub allowed: FaultSet,
    /// Instead of dice, for the exhaustive layer.
    pub script: Option<Script>,
}

impl Plan {
    /// The plan of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Rng::stream(seed, "dst-plan");
        let settings = draw_settings(&mut dice);
        let specs = PerVenue::from_fn(|_| draw_spec(&mut dice));
        let habits = PerVenue::from_fn(|_| Habits {
            order_delay: [0, 5, 300][pick(&mut dice, 3)] * MS,
            latency: (1 + dice.below(30)) * MS,
            refuses_empty_reduce: dice.chance_ppm(500_000),
            answers_while_down: dice.chance_ppm(500_000),
            tells_position: dice.chance_ppm(800_000),
        });
        Self {
            seed,
            settings,
            specs,
            habits,
            safety: (10 + dice.below(60)) * SECOND,
            quote_gap: (300 + dice.below(700)) * MS,
            disk_delay: (1 + dice.below(20)) * MS,
            allowed: FaultSet::ALL,
            script: None,
        }
    }

    /// A calm world in which two venues answer at once, for scripts.
    pub fn scripted(script: Script, settings: Settings) -> Self {
        let habits = Habits {
            order_delay: 0,
            latency: 5 * MS,
            refuses_empty_reduce: true,
            answers_while_down: true,
            tells_position: true,
        };
        Self {
            seed: 1,
            settings,
            specs: PerVenue::from_fn(|_| spec(1_000, 7_000)),
            habits: PerVenue::from_fn(|_| habits),
            safety: 10 * SECOND,
            quote_gap: 500 * MS,
            disk_delay: MS,
            allowed: FaultSet::NONE,
            script: Some(script),
        }
    }
}

/// Settings of a short run that nothing disturbs.
pub fn calm_settings() -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::from_secs(2),
        take_profit_ppm: None,
        stop_loss_ppm: None,
        reverse: false,
        cooldown: Duration::from_secs(1),
        retry_wait: Duration::from_secs(1),
        cycles: Some(1),
        mission: Mission::Trade,
        on_restart: OnRestart::Flatten,
        on_venue_down: OnVenueDown::Hold,
        halt_for: Duration::from_secs(60),
        slippage_ppm: 3_000,
        imbalance: Imbalance::Reduce,
        order_validity: Duration::from_secs(2),
        outcome_deadline: Duration::from_secs(3),
        ready_deadline: Duration::from_secs(30),
        quote_age_max: Duration::from_secs(3),
        failures_max: 10,
        day_loss_max: None,
    }
}

/// Settings an operator might choose; also for a process that starts again with others.
pub fn draw_settings(dice: &mut Rng) -> Settings {
    let coin = |dice: &mut Rng| dice.chance_ppm(500_000);
    let limit = |dice: &mut Rng| coin(dice).then(|| dice.between(300, 500_000));
    Settings {
        margin: Usd::from_whole(dice.between(25, 400)),
        hold_time: Duration::from_millis(500 + dice.below(12_000)),
        take_profit_ppm: limit(dice),
        stop_loss_ppm: limit(dice),
        reverse: coin(dice),
        cooldown: Duration::from_millis(200 + dice.below(3_000)),
        retry_wait: Duration::from_millis(200 + dice.below(3_000)),
        cycles: dice.chance_ppm(800_000).then(|| 1 + dice.below(5)),
        mission: Mission::Trade,
        on_restart: if coin(dice) { OnRestart::Adopt } else { OnRestart::Flatten },
        on_venue_down: if coin(dice) { OnVenueDown::Flatten } else { OnVenueDown::Hold },
        halt_for: Duration::from_secs(20 + dice.below(60)),
        slippage_ppm: dice.between(500, 5_000),
        imbalance: if coin(dice) { Imbalance::TopUp } else { Imbalance::Reduce },
        failures_max: 2 + u32::try_from(dice.below(20)).unwrap_or_default(),
        day_loss_max: None,
        ..calm_settings()
    }
}

fn draw_spec(dice: &mut Rng) -> MarketSpec {
    spec([1_000, 2_000, 5_000][pick(dice, 3)], [1_000, 7_000, 20_000][pick(dice, 3)])
}

/// Rules with this step and smallest size, in size units.
pub fn spec(step: i64, min_qty: i64) -> MarketSpec {
    MarketSpec {
        tick: Price::from_units(10_000_000),
        step: Qty::from_units(step),
        min_qty: Qty::from_units(min_qty).ceil_to(Qty::from_units(step)),
        min_notional: Usd::from_whole(10),
        max_qty: Qty::from_whole(100),
        max_notional: Usd::from_whole(1_000_000),
    }
}

fn pick(dice: &mut Rng, of: u64) -> usize {
    usize::try_from(dice.below(of)).unwrap_or_default()
}
