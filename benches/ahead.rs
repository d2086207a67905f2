//! `decision_to_wire_both` without the sockets: from the quote that makes the coordinator decide until the texts of both orders
//! are in the outboxes, ready for the transport. With orders made ahead, and with the same orders made on the spot.

#[path = "support/mod.rs"]
mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use hedge_fast::coordinator::{Action, Coordinator, Event};
use hedge_fast::domain::{Bbo, Mono, Now, PerVenue, Venue};
use hedge_fast::venue::{AheadNews, Input, LinkId, Outbox, Output, VenueCommand};
use std::time::{Duration, Instant};
use support::Ready;

/// Pieces of idle work a session may need before its orders are ready and its pools are full.
const PIECES: u32 = 40;

/// Runs before both sessions are replaced: their venues say nothing, and silence is noticed after seconds.
const RUNS: u32 = 16;

/// What became of the orders of one kind of run.
#[derive(Default)]
struct Counts {
    used: u64,
    missed: u64,
}

struct Rig {
    sessions: PerVenue<Ready>,
    template: Coordinator,
    now: Now,
    cycle: u32,
    actions: Vec<Action>,
    outs: PerVenue<Outbox>,
    counts: Counts,
}

impl Rig {
    fn new() -> Self {
        let sessions = PerVenue { paradex: support::paradex(), lighter: support::lighter() };
        let market = |ready: &Ready| (ready.contract.clone(), ready.spec);
        let markets = PerVenue { paradex: market(&sessions.paradex), lighter: market(&sessions.lighter) };
        let quotes = PerVenue { paradex: sessions.paradex.quote, lighter: sessions.lighter.quote };
        let template = support::waiting_coordinator(&markets, quotes, Mono(1_000_000_000));
        // Both worlds began at the same moment of the same day.
        let Now { mono, wall } = sessions.paradex.now;
        let later = sessions.lighter.now.mono.since(mono) + Duration::from_secs(1);
        let now = Now { mono: mono.after(later), wall: wall.after(later) };
        let (actions, outs) = (Vec::with_capacity(64), PerVenue::default());
        Self { sessions, template, now, cycle: 1, actions, outs, counts: Counts::default() }
    }

    fn pass(&mut self, by: Duration) {
        self.now = Now { mono: self.now.mono.after(by), wall: self.now.wall.after(by) };
    }

    /// Idle time of both sessions.
    fn idle(&mut self) {
        for _ in 0..PIECES {
            self.pass(Duration::from_millis(3));
            for venue in Venue::ALL {
                self.sessions[venue].session.handle(self.now, Input::Wake, &mut self.outs[venue]);
                self.outs[venue].drain().for_each(drop);
            }
        }
    }

    /// A coordinator that waits for one quote; what it names ahead is named to the sessions, if `ahead`.
    fn waiting(&mut self, ahead: bool) -> Coordinator {
        self.cycle += 1;
        if self.cycle.is_multiple_of(RUNS) {
            let (cycle, counts) = (self.cycle, std::mem::take(&mut self.counts));
            *self = Self { cycle, counts, ..Self::new() };
        }
        let mut coordinator = self.template.clone();
        let lighter = Bbo { received: self.now.mono, ..self.sessions.lighter.quote };
        coordinator.step(self.now.mono, &Event::Ledger(support::reserved(self.cycle)), &mut self.actions);
        coordinator.step(self.now.mono, &Event::Quote(Venue::Lighter, Ok(lighter)), &mut self.actions);
        for action in self.actions.drain(..) {
            if let Action::Command(venue, command @ VenueCommand::Prepare(_)) = action
                && ahead
            {
                let session = &mut self.sessions[venue].session;
                session.handle(self.now, Input::Command(command), &mut self.outs[venue]);
            }
        }
        self.idle();
        coordinator
    }

    /// Decides and makes both orders once; the time it took.
    fn run(&mut self, ahead: bool) -> Duration {
        let mut coordinator = self.waiting(ahead);
        let quote = Bbo { received: self.now.mono, ..self.sessions.paradex.quote };
        let event = Event::Quote(Venue::Paradex, Ok(quote));
        let begun = Instant::now();
        coordinator.step(self.now.mono, &event, &mut self.actions);
        for action in &self.actions {
            if let Action::Command(venue, command @ VenueCommand::Submit(_)) = action {
                let session = &mut self.sessions[*venue].session;
                session.handle(self.now, Input::Command(*command), &mut self.outs[*venue]);
            }
        }
        let took = begun.elapsed();
        self.actions.clear();
        self.answer();
        took
    }

    /// What the venues would say, so that nothing waits for it.
    fn answer(&mut self) {
        for venue in Venue::ALL {
            let mut answers = Vec::new();
            for output in self.outs[venue].drain() {
                match output {
                    Output::Text(link, text) => answers.push((link, support::answer_to(venue, &text))),
                    Output::Ahead(AheadNews::Used) => self.counts.used += 1,
                    Output::Ahead(AheadNews::Missed) => self.counts.missed += 1,
                    Output::Report(report) => panic!("{venue}: {report:?}"),
                    _ => {}
                }
            }
            assert_eq!(answers.len(), 1, "{venue}: one order each");
            for (link, text) in answers {
                self.answer_one(venue, link, &text);
            }
        }
    }

    fn answer_one(&mut self, venue: Venue, link: LinkId, text: &str) {
        let session = &mut self.sessions[venue].session;
        session.handle(self.now, Input::Text(link, text), &mut self.outs[venue]);
        self.outs[venue].drain().for_each(drop);
    }
}

fn decision_to_wire_both(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("decision_to_wire_both_inprocess");
    // Every sample needs orders of its own, with all their preparation.
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for (name, ahead) in [("prepared", true), ("online", false)] {
        let mut rig = Rig::new();
        let mut all = Vec::new();
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                let samples: Vec<Duration> = (0..n).map(|_| rig.run(ahead)).collect();
                all.extend_from_slice(&samples);
                samples.into_iter().sum()
            });
        });
        all.sort_unstable();
        if let (Some(p50), Some(p99)) = (all.get(all.len() / 2), all.get(all.len() * 99 / 100)) {
            let Counts { used, missed } = rig.counts;
            println!("{name}: p50 {p50:?}, p99 {p99:?} of {}; {used} orders ready, {missed} not", all.len());
        }
    }
}

criterion_group!(benches, decision_to_wire_both);
criterion_main!(benches);
