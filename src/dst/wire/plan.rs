//! What a seed decides at depth 2: settings, latency, and the rules by which venues and network go wrong.

use crate::coordinator::Settings;
use crate::domain::{PerVenue, Usd, Venue, Wall};
use crate::dst::plan::{SECOND, draw_settings};
use crate::sim::faults::{Class, FaultPlan, Mishap, Rule, Span, State, Strike, Window};
use crate::sim::rng::Rng;
use std::time::Duration;

/// The venues' clocks at virtual zero.
pub(super) const EPOCH: Wall = Wall(1_795_000_000_250_000);

/// One run.
#[derive(Clone, Debug)]
pub struct WirePlan {
    /// Decides markets, chances and entropy.
    pub seed: u64,
    /// What the operator wants.
    pub settings: Settings,
    /// What goes wrong at the venues and with single messages.
    pub faults: FaultPlan,
    /// One way to each venue.
    pub delay: PerVenue<Duration>,
    /// Drawn on top for every message.
    pub jitter: Duration,
    /// How far our clock is ahead of the venues'.
    pub clock_ahead_us: i64,
    /// How long faults are on, in nanoseconds.
    pub safety: u64,
    /// Time the ledger takes to write, in nanoseconds.
    pub disk_delay: u64,
    /// Highest chance per second, in a million, that the process dies.
    pub crash_ppm: u32,
    /// The same for each state of the network.
    pub network_ppm: u32,
    /// The same for a request to stop.
    pub stop_ppm: u32,
}

impl WirePlan {
    /// The plan of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Rng::stream(seed, "wire-plan");
        // Both venues ask for more than ten dollars; small accounts are no subject here.
        let margin = Usd::from_whole(dice.between(40, 400));
        let settings = Settings { margin, ..draw_settings(&mut dice) };
        let millis = |dice: &mut Rng, most| Duration::from_millis(1 + dice.below(most));
        let delay = PerVenue::from_fn(|_| millis(&mut dice, 40));
        let safety = (20 + dice.below(50)) * SECOND;
        let swarm = |dice: &mut Rng, most: u64| {
            let rate = u32::try_from(dice.below(most)).unwrap_or(0);
            if dice.chance_ppm(500_000) { rate } else { 0 }
        };
        Self {
            seed,
            settings,
            delay,
            jitter: millis(&mut dice, 20),
            clock_ahead_us: dice.between(-200_000, 200_000),
            crash_ppm: swarm(&mut dice, 60_000),
            network_ppm: swarm(&mut dice, 30_000),
            stop_ppm: swarm(&mut dice, 10_000),
            disk_delay: (1 + dice.below(20)) * crate::dst::plan::MS,
            faults: draw_faults(&mut dice, Duration::from_nanos(safety)),
            safety,
        }
    }
}

fn draw_faults(dice: &mut Rng, until: Duration) -> FaultPlan {
    let mut plan = FaultPlan::default();
    let window = Window { until, ..Window::ALWAYS };
    for venue in Venue::ALL {
        for (class, most_ppm, mishap) in mishaps(venue) {
            let (off, ppm) = (dice.chance_ppm(500_000), dice.below(most_ppm));
            if !off {
                let ppm = u32::try_from(ppm).unwrap_or(0) + 1;
                plan.add(Some(venue), Rule::On { class, ppm, mishap, window });
            }
        }
        for (seconds, strike) in strikes(venue, dice) {
            let (off, from) = (dice.chance_ppm(700_000), 5 + dice.below(seconds));
            if !off {
                let pause = Span { from: Duration::from_secs(from), to: Duration::from_secs(from + seconds) };
                plan.add(Some(venue), Rule::Every { pause, strike, window });
            }
        }
    }
    plan
}

fn span(from: u64, to: u64) -> Span {
    Span { from: Duration::from_millis(from), to: Duration::from_millis(to) }
}

fn mishaps(venue: Venue) -> Vec<(Class, u64, Mishap)> {
    let news = [Class::Order, Class::Fill, Class::Position, Class::Answer];
    let mut all = vec![
        (Class::Quote, 20_000, Mishap::Drop),
        (Class::Book, 10_000, Mishap::Reorder(span(50, 200))),
        (Class::Send, 40_000, Mishap::Drop),
        (Class::Send, 40_000, Mishap::Cut),
        (Class::Send, 40_000, Mishap::CutAfter),
        (Class::Send, 40_000, Mishap::Delay(span(100, 3_000))),
        (Class::Send, 40_000, Mishap::Duplicate),
        (Class::HttpRead, 80_000, Mishap::Status(429)),
        (Class::HttpRead, 80_000, Mishap::Status(503)),
        (Class::HttpRead, 60_000, Mishap::Drop),
        (Class::HttpRead, 60_000, Mishap::Delay(span(200, 3_000))),
        (Class::HttpAuth, 100_000, Mishap::Status(503)),
        (Class::Connect, 200_000, Mishap::Status(503)),
        (Class::Order, 60_000, Mishap::NewFields),
    ];
    for class in news {
        all.push((class, 60_000, Mishap::Drop));
        all.push((class, 80_000, Mishap::Duplicate));
        all.push((class, 80_000, Mishap::Reorder(span(20, 300))));
        all.push((class, 60_000, Mishap::Delay(span(100, 2_000))));
    }
    let codes: &[&str] = match venue {
        Venue::Paradex => &["RATE_LIMIT_EXCEEDED", "SOMETHING_NEW"],
        Venue::Lighter => &["21104", "23000", "29999"],
    };
    for code in codes {
        all.push((Class::Send, 40_000, Mishap::Refuse((*code).to_owned())));
    }
    all
}

/// Each with the longest pause between two, in seconds.
fn strikes(venue: Venue, dice: &mut Rng) -> Vec<(u64, Strike)> {
    let mut up_to = |seconds: u64| Duration::from_millis(500 + dice.below(seconds * 1_000));
    let mut all = vec![
        (40, Strike::Cut),
        (40, Strike::Stall(up_to(10))),
        (60, Strike::Away(503, up_to(15))),
        (60, Strike::Status(429, up_to(5))),
        (40, Strike::ExpireTokens),
        (30, Strike::SkipSequence),
        (30, Strike::EmptyBook(up_to(4))),
        (30, Strike::CrossedBook(up_to(4))),
        (40, Strike::PriceGap(300, up_to(4))),
        (60, Strike::State(State::Maintenance, up_to(15))),
        (60, Strike::State(State::CancelOnly, up_to(15))),
        (15, Strike::PartialFill),
        (30, Strike::LateFill(up_to(2))),
        (30, Strike::Swallow),
        (90, Strike::Liquidate),
        (90, Strike::ForeignTrade),
    ];
    match venue {
        Venue::Paradex => {
            all.push((90, Strike::BustFill));
            all.push((60, Strike::State(State::PostOnly, up_to(15))));
        }
        Venue::Lighter => all.push((60, Strike::Shutdown(up_to(2)))),
    }
    all
}
