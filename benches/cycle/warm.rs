//! A session that was made ready in virtual time, in the live engine: it speaks to the bench's own venue over real sockets.
//! Quotes, orders and refusals take the whole real way; what a venue would tell about fills is told by this stand-in.

use super::support::Ready;
pub use super::support::{answer_to, digits_after};
use hedge_fast::domain::{Fill, Mono, Now, OrderIntent, Qty, TradeKey, Usd, Venue, Wall};
use hedge_fast::venue::{Input, LinkId, Outbox, Output, Session, TradingState, VenueCommand, VenueReport};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the stand-in takes to tell of a fill.
const ANSWER: Duration = Duration::from_micros(200);

pub struct Warm {
    venue: Venue,
    ready: Ready,
    url: String,
    links: usize,
    opened: usize,
    /// The session's time at the engine's zero.
    base: Now,
    position: Qty,
    fills: u64,
    /// The order that left with the last input, as it was written: what follows from it is thought of after it is on its way.
    left: Option<(Now, OrderIntent, String)>,
    /// Told, or answered to the session itself, when the time has come.
    due: VecDeque<(Mono, Due)>,
    /// Orders that open are left to the venue, which refuses them.
    refuses: Arc<AtomicBool>,
}

enum Due {
    Report(VenueReport),
    Answer(String),
}

impl Warm {
    pub fn new(venue: Venue, ready: Ready, url: String, refuses: &Arc<AtomicBool>) -> Self {
        let links = match venue {
            Venue::Paradex => 2,
            Venue::Lighter => 1,
        };
        let (base, refuses) = (ready.now, Arc::clone(refuses));
        Self {
            venue,
            ready,
            url,
            links,
            opened: 0,
            base,
            position: Qty::ZERO,
            fills: 0,
            left: None,
            due: VecDeque::new(),
            refuses,
        }
    }

    /// When the session wants to be woken, in the engine's time.
    fn session_due(&self) -> Option<Mono> {
        self.ready.session.deadline().map(|at| Mono(at.0.saturating_sub(self.base.mono.0)))
    }

    /// The session's time.
    fn shifted(&self, now: Now) -> Now {
        let since = Duration::from_nanos(now.mono.0);
        Now { mono: self.base.mono.after(since), wall: self.base.wall.after(since) }
    }

    fn hand(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        let mut own = Outbox::default();
        let theirs = self.shifted(now);
        self.ready.session.handle(theirs, input, &mut own);
        for output in own.drain() {
            match output {
                Output::Quote(Ok(mut bbo)) => {
                    bbo.received = Mono(bbo.received.0 - self.base.mono.0);
                    out.push(Output::Quote(Ok(bbo)));
                }
                Output::Quote(_) | Output::Text(..) | Output::Ping(_) | Output::Ahead(_) => out.push(output),
                Output::Report(VenueReport::OrderAcked { .. } | VenueReport::OrderRefused { .. }) => {
                    out.push(output);
                }
                Output::Log(level, text) if level <= log::Level::Warn => eprintln!("{}: {text}", self.venue),
                Output::Report(_) | Output::Log(..) => {}
                // Its world has no HTTP and no new connections.
                Output::Open { .. } | Output::Close(_) | Output::Http(_) => {}
            }
        }
    }

    fn submit(&mut self, now: Now, intent: OrderIntent, out: &mut Outbox) {
        self.ready.session.handle(self.shifted(now), Input::Command(VenueCommand::Submit(intent)), out);
        let mut own = std::mem::take(out);
        for output in own.drain() {
            if let Output::Text(_, text) = &output {
                self.left = Some((now, intent, text.clone()));
            }
            out.push(output);
        }
    }

    fn think_of_what_left(&mut self) {
        let Some((now, intent, text)) = self.left.take() else { return };
        let at = now.mono.after(ANSWER);
        if intent.purpose.reduce_only() || !self.refuses.load(Ordering::Relaxed) {
            self.due.push_back((at, Due::Answer(answer_to(self.venue, &text))));
            self.fill(at, now.wall, &intent);
        }
    }

    fn fill(&mut self, at: Mono, wall: Wall, intent: &OrderIntent) {
        self.fills += 1;
        self.position = self.position + intent.side.signed(intent.qty);
        let (cid, qty, price) = (intent.cid, intent.qty, intent.bound);
        let key = TradeKey::from_text(1, &self.fills.to_string());
        let fill = Fill { cid, key, side: intent.side, qty, price, fee: Usd::ZERO, at: wall };
        let ended =
            VenueReport::OrderEnded { cid, filled: qty, average: Some(price), reason: "closed".to_owned() };
        for report in [VenueReport::Filled(fill), ended, self.stated(at, false)] {
            self.due.push_back((at, Due::Report(report)));
        }
    }

    fn stated(&self, asked: Mono, answer: bool) -> VenueReport {
        VenueReport::Position { qty: self.position, asked, answer }
    }

    fn introduce(&self, now: Now, out: &mut Outbox) {
        let market = VenueReport::Market { contract: self.ready.contract.clone(), spec: self.ready.spec };
        for report in [
            market,
            VenueReport::Trading(TradingState::Open),
            VenueReport::Balance { free: Usd::from_whole(10_000) },
            self.stated(now.mono, true),
            VenueReport::Ready,
        ] {
            out.report(report);
        }
    }
}

impl Session for Warm {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        self.think_of_what_left();
        match input {
            Input::Command(VenueCommand::Start) => {
                for link in 0..self.links {
                    let link = LinkId(u8::try_from(link).expect("few"));
                    let url = format!("{}/{}/{}", self.url, self.venue, link.0);
                    out.push(Output::Open { link, url, headers: Vec::new() });
                }
            }
            Input::Command(VenueCommand::Submit(intent)) => self.submit(now, intent, out),
            Input::Command(VenueCommand::Prepare(_)) => self.hand(now, input, out),
            Input::Command(VenueCommand::AskPosition) => out.report(self.stated(now.mono, true)),
            Input::Command(VenueCommand::AskBalance) => {
                out.report(VenueReport::Balance { free: Usd::from_whole(10_000) });
            }
            Input::Command(VenueCommand::AskOpenOrders) => {
                out.report(VenueReport::OpenOrders { asked: now.mono, own: Vec::new(), foreign: 0 });
            }
            Input::Command(VenueCommand::AskOrder(_) | VenueCommand::Cancel(_)) => {}
            Input::Command(VenueCommand::Shutdown) => {
                for link in 0..self.links {
                    out.push(Output::Close(LinkId(u8::try_from(link).expect("few"))));
                }
            }
            Input::Opened(_) => {
                self.opened += 1;
                if self.opened == self.links {
                    self.introduce(now, out);
                }
            }
            Input::Text(..) | Input::Binary(..) | Input::Alive(_) => self.hand(now, input, out),
            // The session's own: it uses idle time to make ready what the next order needs.
            Input::Wake if self.session_due().is_some_and(|at| at <= now.mono) => {
                self.hand(now, Input::Wake, out);
            }
            Input::Closed(..) | Input::Http(..) | Input::Wake => {}
        }
        while self.due.front().is_some_and(|(at, _)| *at <= now.mono) {
            match self.due.pop_front() {
                Some((_, Due::Report(report))) => out.report(report),
                Some((_, Due::Answer(text))) => {
                    let link = LinkId(u8::try_from(self.links - 1).expect("few"));
                    self.hand(now, Input::Text(link, &text), out);
                }
                None => {}
            }
        }
    }

    fn rehearse(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        self.ready.session.rehearse(self.shifted(now), intent)
    }

    fn deadline(&self) -> Option<Mono> {
        if self.left.is_some() {
            return Some(Mono(0));
        }
        let told = self.due.front().map(|(at, _)| *at);
        told.into_iter().chain(self.session_due()).min()
    }
}
