//! Nothing asks for memory between a frame and the quote slot, nor between a quote and both commands being handed over.
//! A test binary of its own: it counts what the whole process asks for.

#[path = "../benches/support/mod.rs"]
mod support;

use hedge_fast::coordinator::{Action, Event};
use hedge_fast::domain::{Mono, PerVenue, Venue};
use hedge_fast::runtime::clock::Clock;
use hedge_fast::runtime::feed::feed;
use hedge_fast::runtime::venue_thread::Commands;
use hedge_fast::venue::{AheadNews, Input, LinkId, Outbox, Output, VenueCommand};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static ASKED: Cell<Option<u64>> = const { Cell::new(None) };
}

struct Counting;

// SAFETY: everything is passed on unchanged to the system's allocator; counting touches a cell of this thread that needs
// neither memory nor a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.with(|asked| asked.set(asked.get().map(|count| count + 1)));
        // SAFETY: the caller's promise about `layout` is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` asked for memory.
fn asked_by<R>(work: impl FnOnce() -> R) -> (u64, R) {
    ASKED.with(|asked| asked.set(Some(0)));
    let result = work();
    (ASKED.with(|asked| asked.take()).unwrap_or_default(), result)
}

#[test]
fn the_count_counts() {
    assert_eq!(asked_by(|| 5).0, 0);
    assert_eq!(asked_by(|| drop(vec![1_u8])).0, 1);
}

#[test]
fn a_frame_becomes_the_quote_in_the_slot_without_memory() {
    let (writers, reader) = feed();
    for venue in Venue::ALL {
        let mut ready = match venue {
            Venue::Paradex => support::paradex(),
            Venue::Lighter => support::lighter(),
        };
        let mut out = Outbox::default();
        let mut now = ready.now;
        let seq = 1 << 40;
        // What the first quotes ask for is theirs: the market is quoted for hours before an order.
        let mut asked = 0;
        for n in 0..200 {
            let (bytes, text) = (
                support::paradex_touch(seq + n, 968_100 + n % 7, n % 5 != 0),
                support::lighter_ticker(seq + n, 968_100 + n % 7, n % 5 != 0),
            );
            now.mono = now.mono.after(Duration::from_millis(1));
            let (count, ()) = asked_by(|| {
                let input = match venue {
                    Venue::Paradex => Input::Binary(LinkId(0), &bytes),
                    Venue::Lighter => Input::Text(LinkId(0), &text),
                };
                ready.session.handle(now, input, &mut out);
                for output in out.drain() {
                    let Output::Quote(quote) = output else { panic!("{output:?}") };
                    writers[venue].quote(&quote);
                }
            });
            asked += if n < 10 { 0 } else { count };
            assert_eq!(reader.quotes().try_recv(), Ok(venue));
            assert_eq!(reader.quote(venue).is_ok(), n % 5 != 0);
        }
        assert_eq!(asked, 0, "{venue}");
    }
}

#[test]
fn a_quote_becomes_two_handed_over_orders_without_memory() {
    let (paradex, lighter) = (support::paradex(), support::lighter());
    let markets = PerVenue {
        paradex: (paradex.contract.clone(), paradex.spec),
        lighter: (lighter.contract.clone(), lighter.spec),
    };
    let quotes = PerVenue { paradex: paradex.quote, lighter: lighter.quote };
    let clock = Clock::start();
    let ready = support::waiting_coordinator(&markets, quotes, Mono(1_000_000_000));
    let [(to_paradex, at_paradex), (to_lighter, at_lighter)] =
        Venue::ALL.map(|_| Commands::to_nobody().expect("a poll"));
    let mut commands = PerVenue { paradex: to_paradex, lighter: to_lighter };
    let mut actions = Vec::with_capacity(64);
    for cycle in 2..40 {
        let mut coordinator = ready.clone();
        let now = Mono(20_000_000_000);
        coordinator.step(now, &Event::Ledger(support::reserved(cycle)), &mut actions);
        actions.clear();
        let event = Event::Quote(Venue::Paradex, Ok(paradex.quote));
        let (asked, ()) = asked_by(|| {
            coordinator.step(now, &event, &mut actions);
            for action in &actions {
                if let Action::Command(venue, command) = action {
                    commands[*venue].put(*command, clock.mono());
                }
            }
            Venue::ALL.into_iter().for_each(|venue| commands[venue].wake());
        });
        let sent: Vec<Venue> = support::orders(&actions).into_iter().map(|(venue, _)| venue).collect();
        assert_eq!(sent, [Venue::Paradex, Venue::Lighter]);
        assert_eq!((at_paradex.forget(), at_lighter.forget()), (1, 1));
        assert_eq!(asked, 0, "cycle {cycle}");
        actions.clear();
    }
}

#[test]
fn an_order_that_was_made_ahead_leaves_without_memory() {
    for venue in Venue::ALL {
        let mut ready = match venue {
            Venue::Paradex => support::paradex(),
            Venue::Lighter => support::lighter(),
        };
        let (mut now, mut out) = (ready.now, Outbox::default());
        let mut used = 0;
        for cycle in 2..42 {
            let intent = support::intent(venue, cycle, &ready);
            ready.session.handle(now, Input::Command(VenueCommand::Prepare(intent)), &mut out);
            for _ in 0..40 {
                now.mono = now.mono.after(Duration::from_millis(3));
                now.wall = now.wall.after(Duration::from_millis(3));
                ready.session.handle(now, Input::Wake, &mut out);
            }
            out.drain().for_each(drop);
            let submit = Input::Command(VenueCommand::Submit(intent));
            let (count, ()) = asked_by(|| ready.session.handle(now, submit, &mut out));
            assert_eq!(count, 0, "{venue}, cycle {cycle}");
            let outputs: Vec<Output> = out.drain().collect();
            let order = outputs.iter().find_map(|output| match output {
                Output::Text(link, text) => Some((*link, support::answer_to(venue, text))),
                _ => None,
            });
            let (link, answer) = order.expect("an order left");
            // It is noted with the next input, and only then asks for memory.
            ready.session.handle(now, Input::Text(link, &answer), &mut out);
            used += out.drain().filter(|out| matches!(out, Output::Ahead(AheadNews::Used))).count();
        }
        assert_eq!(used, 40, "{venue}");
    }
}
