//! The whole way in this process, without sockets: frame bytes, session, slot, decision, command, session, order text. Each
//! piece can be run alone, for its time and for its instructions.

use super::support::{self, Ready};
use hedge_fast::coordinator::{Action, Coordinator, Event};
use hedge_fast::domain::{Bbo, Mono, Now, PerVenue, Venue};
use hedge_fast::latency::Histogram;
use hedge_fast::runtime::feed::{FeedReader, FeedWriter, feed};
use hedge_fast::runtime::venue_thread::{Commands, Nobody};
use hedge_fast::venue::lighter::wire::frame::Frame;
use hedge_fast::venue::paradex::sbe;
use hedge_fast::venue::{AheadNews, Input, LinkId, Outbox, Output, VenueCommand};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Pieces that are too short for one reading of the clock.
pub const SHORT: [&str; 4] =
    ["sbe_bbo_decode", "lighter_bbo_parse", "lighter_book_100_parse", "histogram_record"];
/// Pieces of the way, in order; the orders are made on the spot.
pub const STAGES: [&str; 5] =
    ["frame_to_slot_sbe", "frame_to_slot_json", "quote_to_commands", "order_paradex", "order_lighter"];
/// The last two pieces with orders that were signed ahead.
pub const AHEAD: [&str; 2] = ["order_paradex_ahead", "order_lighter_ahead"];
/// The whole chain, by the venue whose quote sets it off, with orders that were signed ahead, and rehearsed as the engine does it.
pub const WHOLE: [&str; 2] = ["tick_to_wire_inprocess_sbe", "tick_to_wire_inprocess_json"];
/// The same with nothing in the caches: the last thing that was done is to sign something else.
pub const COLD: [&str; 2] = ["tick_to_wire_inprocess_sbe_cold", "tick_to_wire_inprocess_json_cold"];
/// Ticks that decide nothing before the one that does.
const TICKS_BEFORE: u32 = 3;

const SECOND: Duration = Duration::from_secs(1);
/// Idle moments a session may need before its orders are ready and its pools are full.
const IDLE_MOMENTS: u32 = 40;
const IDLE_MOMENT: Duration = Duration::from_millis(3);

/// Whether the orders of a stage are signed ahead.
pub fn is_ahead(stage: &str) -> bool {
    AHEAD.contains(&stage) || WHOLE.contains(&stage) || COLD.contains(&stage)
}

/// The bid in tenths at a sequence number: it moves a little.
fn price_at(seq: i64) -> i64 {
    968_100 + seq % 7
}

fn venue_of(stage: &str) -> Venue {
    if stage.contains("json") { Venue::Lighter } else { Venue::Paradex }
}

/// Everything between the first byte of a tick and the last of an order.
pub struct Chain {
    sessions: PerVenue<Ready>,
    template: Coordinator,
    writers: PerVenue<FeedWriter>,
    reader: FeedReader,
    commands: PerVenue<Commands>,
    nobody: [Nobody; 2],
    actions: Vec<Action>,
    out: Outbox,
    now: Now,
    seq: i64,
    cycle: u32,
    histogram: Histogram,
    /// Orders that were ready when they were needed, and those that were not.
    pub ready: (u64, u64),
    /// The last orders, as they went out.
    pub texts: PerVenue<String>,
}

impl Chain {
    pub fn new() -> Self {
        let sessions = PerVenue { paradex: support::paradex(), lighter: support::lighter() };
        let market = |ready: &Ready| (ready.contract.clone(), ready.spec);
        let markets = PerVenue { paradex: market(&sessions.paradex), lighter: market(&sessions.lighter) };
        let quotes = PerVenue { paradex: sessions.paradex.quote, lighter: sessions.lighter.quote };
        let template = support::waiting_coordinator(&markets, quotes, Mono(1_000_000_000));
        let (writers, reader) = feed();
        let [(to_paradex, a), (to_lighter, b)] = Venue::ALL.map(|_| Commands::to_nobody().expect("a poll"));
        let mut now = sessions.paradex.now;
        // Both worlds began at the same moment: the later of them, and a second, by both clocks.
        now = if sessions.lighter.now.mono > now.mono { sessions.lighter.now } else { now };
        now = Now { mono: now.mono.after(SECOND), wall: now.wall.after(SECOND) };
        let mut chain = Self {
            sessions,
            template,
            writers,
            reader,
            commands: PerVenue { paradex: to_paradex, lighter: to_lighter },
            nobody: [a, b],
            actions: Vec::with_capacity(64),
            out: Outbox::default(),
            now,
            seq: 1 << 40,
            cycle: 1,
            histogram: Histogram::default(),
            ready: (0, 0),
            texts: PerVenue::default(),
        };
        chain.keep_books();
        chain
    }

    /// Idle time, in which sessions make ready what the next order needs.
    pub fn idle(&mut self, time: Duration) {
        let step = Duration::from_millis(2);
        let until = self.now.mono.after(time);
        while self.now.mono < until {
            self.now = Now { mono: self.now.mono.after(step), wall: self.now.wall.after(step) };
            for venue in Venue::ALL {
                let session = &mut self.sessions[venue].session;
                if session.deadline().is_some_and(|at| at <= self.now.mono) {
                    session.handle(self.now, Input::Wake, &mut self.out);
                }
            }
        }
        self.out.drain().for_each(drop);
    }

    fn pass(&mut self) {
        let by = Duration::from_millis(2);
        self.now = Now { mono: self.now.mono.after(by), wall: self.now.wall.after(by) };
        self.seq += 1;
    }

    /// The books keep up with the touches, so that quotes are believed.
    fn keep_books(&mut self) {
        // The book of the last touch: one that says otherwise of the same state is not believed for long.
        let at = price_at(self.seq - 1);
        let book = support::paradex_book(self.seq - 1, at);
        self.sessions.paradex.session.handle(self.now, Input::Binary(LinkId(0), &book), &mut self.out);
        let book = support::lighter_book(self.seq - 1, at);
        self.sessions.lighter.session.handle(self.now, Input::Text(LinkId(0), &book), &mut self.out);
        self.out.drain().for_each(drop);
    }

    /// A coordinator that waits for a quote, with ids nobody used. What it names ahead is made ready, if that is wanted.
    fn waiting(&mut self, for_lighter: bool, ahead: bool) -> Coordinator {
        self.cycle += 1;
        let mut coordinator = self.template.clone();
        coordinator.step(self.now.mono, &Event::Ledger(support::reserved(self.cycle)), &mut self.actions);
        if for_lighter {
            let paradex = Bbo { received: self.now.mono, ..self.sessions.paradex.quote };
            coordinator.step(self.now.mono, &Event::Quote(Venue::Lighter, support::EMPTY), &mut self.actions);
            coordinator.step(self.now.mono, &Event::Quote(Venue::Paradex, Ok(paradex)), &mut self.actions);
        } else {
            let lighter = Bbo { received: self.now.mono, ..self.sessions.lighter.quote };
            coordinator.step(self.now.mono, &Event::Quote(Venue::Lighter, Ok(lighter)), &mut self.actions);
        }
        assert!(support::orders(&self.actions).is_empty(), "opened too early");
        for action in self.actions.drain(..) {
            if let Action::Command(venue, command @ VenueCommand::Prepare(_)) = action
                && ahead
            {
                self.sessions[venue].session.handle(self.now, Input::Command(command), &mut self.out);
            }
        }
        for _ in 0..if ahead { IDLE_MOMENTS } else { 0 } {
            self.now = Now { mono: self.now.mono.after(IDLE_MOMENT), wall: self.now.wall.after(IDLE_MOMENT) };
            for venue in Venue::ALL {
                self.sessions[venue].session.handle(self.now, Input::Wake, &mut self.out);
            }
        }
        self.out.drain().for_each(drop);
        coordinator
    }

    /// What an engine does before the tick that decides: it takes in others, and rehearses.
    fn ticks_before(&mut self, coordinator: &mut Coordinator, venue: Venue) {
        for _ in 0..TICKS_BEFORE {
            self.pass();
            let (bytes, text) = self.frames(false);
            self.frame_to_slot(venue, &bytes, &text);
            let _ = self.reader.quotes().try_recv();
            let event = Event::Quote(venue, self.reader.quote(venue));
            coordinator.step(self.now.mono, &event, &mut self.actions);
            assert!(support::orders(&self.actions).is_empty(), "opened too early on {event:?}");
            self.actions.clear();
            let orders = coordinator.rehearse(self.now.mono);
            assert_eq!(orders.len(), 2, "nothing is rehearsed");
            orders.iter().for_each(|intent| self.commands[intent.venue].put_rehearsal(*intent));
            self.nobody.iter().for_each(|nobody| assert!(nobody.forget() <= 2));
            for intent in &orders {
                let text = self.sessions[intent.venue].session.rehearse(self.now, intent);
                assert!(black_box(text).is_some(), "nothing is ready");
            }
        }
    }

    fn frame_to_slot(&mut self, venue: Venue, bytes: &[u8], text: &str) {
        let input = match venue {
            Venue::Paradex => Input::Binary(LinkId(0), bytes),
            Venue::Lighter => Input::Text(LinkId(0), text),
        };
        self.sessions[venue].session.handle(self.now, input, &mut self.out);
        for output in self.out.drain() {
            if let Output::Quote(quote) = output {
                self.writers[venue].quote(&quote);
            }
        }
    }

    fn quote_to_commands(&mut self, coordinator: &mut Coordinator, venue: Venue) {
        let event = Event::Quote(venue, self.reader.quote(venue));
        coordinator.step(self.now.mono, &event, &mut self.actions);
        for action in &self.actions {
            if let Action::Command(venue, command) = action {
                self.commands[*venue].put(*command, self.now.mono);
            }
        }
        Venue::ALL.into_iter().for_each(|venue| self.commands[venue].wake());
    }

    fn order(&mut self, venue: Venue) {
        let command = self.actions.iter().find_map(|action| match action {
            Action::Command(to, command @ VenueCommand::Submit(_)) if *to == venue => Some(*command),
            _ => None,
        });
        let command = command.expect("an order was decided");
        self.sessions[venue].session.handle(self.now, Input::Command(command), &mut self.out);
        for output in self.out.drain() {
            match output {
                Output::Text(_, text) => self.texts[venue] = text,
                Output::Ahead(AheadNews::Used) => self.ready.0 += 1,
                Output::Ahead(AheadNews::Missed) => self.ready.1 += 1,
                Output::Report(report) => panic!("{venue}: {report:?}"),
                _ => {}
            }
        }
    }

    /// What venues would answer, so that nothing waits for it.
    fn clean_up(&mut self) {
        for venue in Venue::ALL {
            let answer = super::warm::answer_to(venue, &self.texts[venue]);
            let link = LinkId(if venue == Venue::Paradex { 1 } else { 0 });
            self.sessions[venue].session.handle(self.now, Input::Text(link, &answer), &mut self.out);
        }
        self.out.drain().for_each(drop);
        self.nobody.iter().for_each(|nobody| assert!(nobody.forget() <= 2));
        self.actions.clear();
        self.idle(Duration::from_millis(40));
    }

    /// The time of one run of a stage, or of the whole chain.
    pub fn run(&mut self, stage: &str) -> Duration {
        let venue = venue_of(stage);
        self.pass();
        if self.seq % 16 == 0 || is_ahead(stage) {
            self.keep_books();
        }
        let mut coordinator = self.waiting(venue == Venue::Lighter, is_ahead(stage));
        if WHOLE.contains(&stage) {
            self.ticks_before(&mut coordinator, venue);
        }
        let (bytes, text) = self.frames(true);
        let begun = Instant::now();
        self.frame_to_slot(venue, &bytes, &text);
        let in_slot = Instant::now();
        self.quote_to_commands(&mut coordinator, venue);
        let commanded = Instant::now();
        self.order(Venue::Paradex);
        let first = Instant::now();
        self.order(Venue::Lighter);
        let ended = Instant::now();
        let _ = self.reader.quotes().try_recv();
        self.clean_up();
        match stage {
            "frame_to_slot_sbe" | "frame_to_slot_json" => in_slot - begun,
            "quote_to_commands" => commanded - in_slot,
            "order_paradex" | "order_paradex_ahead" => first - commanded,
            "order_lighter" | "order_lighter_ahead" => ended - first,
            _ => ended - begun,
        }
    }

    /// Runs the way up to and including `stage` `n` times, for counting instructions: a stage costs what it adds to the one
    /// before it ([`Chain::before`]).
    pub fn repeat(&mut self, stage: &str, n: u32) {
        let (bytes, text) =
            (support::paradex_touch(7, 968_100, true), support::lighter_ticker(7, 968_100, true));
        let book = support::lighter_long_book();
        // Pieces this short would be outweighed by the question which of them it is.
        match stage {
            "sbe_bbo_decode" => (0..n).for_each(|_| {
                let _ = black_box(sbe::bbo(black_box(&bytes)));
            }),
            "lighter_bbo_parse" => (0..n).for_each(|_| {
                let _ = black_box(Frame::parse(black_box(&text)));
            }),
            "lighter_book_100_parse" => (0..n).for_each(|_| {
                let _ = black_box(Frame::parse(black_box(&book)));
            }),
            "histogram_record" => {
                (0..n).for_each(|i| self.histogram.record(black_box(Duration::from_nanos(u64::from(i)))));
            }
            _ if WHOLE.contains(&stage) => (0..n).for_each(|_| self.whole_way(stage)),
            _ => (0..n).for_each(|_| self.way_to(stage)),
        }
    }

    /// What has to be subtracted to leave a stage alone.
    pub fn before(stage: &str) -> Option<&'static str> {
        match stage {
            "frame_to_slot_sbe" => Some("prepare_sbe"),
            "frame_to_slot_json" => Some("prepare_json"),
            "quote_to_commands" => Some("frame_to_slot_sbe"),
            "order_paradex" => Some("quote_to_commands"),
            "order_lighter" => Some("order_paradex"),
            _ => None,
        }
    }

    /// The whole way, as callgrind looks at it: what happens in here, and nothing else, is counted.
    #[inline(never)]
    pub fn measured_way(&mut self, coordinator: &mut Coordinator, venue: Venue, bytes: &[u8], text: &str) {
        self.frame_to_slot(venue, bytes, text);
        self.quote_to_commands(coordinator, venue);
        self.order(Venue::Paradex);
        self.order(Venue::Lighter);
    }

    fn whole_way(&mut self, stage: &str) {
        let venue = venue_of(stage);
        self.pass();
        self.keep_books();
        let mut coordinator = self.waiting(venue == Venue::Lighter, true);
        self.ticks_before(&mut coordinator, venue);
        let (bytes, text) = self.frames(true);
        self.measured_way(&mut coordinator, venue, &bytes, &text);
        let _ = self.reader.quotes().try_recv();
        self.clean_up();
    }

    fn way_to(&mut self, stage: &str) {
        let venue = venue_of(stage);
        self.pass();
        let mut coordinator = self.waiting(venue == Venue::Lighter, false);
        let (bytes, text) = self.frames(true);
        if stage.starts_with("prepare") {
            return drop(black_box((bytes, text, coordinator)));
        }
        self.frame_to_slot(venue, &bytes, &text);
        let announced = self.reader.quotes().try_recv();
        assert_eq!(announced, Ok(venue), "no new quote");
        if stage.starts_with("frame") {
            let _ = self.reader.quote(venue);
            return;
        }
        self.quote_to_commands(&mut coordinator, venue);
        if stage != "quote_to_commands" {
            self.order(Venue::Paradex);
        }
        if stage == "order_lighter" {
            self.order(Venue::Lighter);
        }
        self.nobody.iter().for_each(|nobody| assert!(nobody.forget() <= 2));
        self.actions.clear();
    }

    fn frames(&self, whole: bool) -> (Vec<u8>, String) {
        let at = price_at(self.seq);
        (support::paradex_touch(self.seq, at, whole), support::lighter_ticker(self.seq, at, whole))
    }
}
