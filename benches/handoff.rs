//! What it costs to hand something from one thread to another: a quote through its slot, a command through its way, each
//! there and back between two threads on two cores, spinning and sleeping.

use criterion::{Criterion, criterion_group, criterion_main};
use hedge_fast::domain::{Bbo, Mono, Price, Qty, Venue};
use hedge_fast::runtime::feed::feed;
use hedge_fast::runtime::slot::QuoteSlot;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn quote(n: u64) -> Bbo {
    let (price, qty) = (Price::from_whole(96_800), Qty::from_whole(1));
    Bbo { bid: price, bid_qty: qty, ask: price, ask_qty: qty, received: Mono(n) }
}

fn slot_alone(bench: &mut Criterion) {
    let slot = QuoteSlot::new();
    let mut n = 0;
    bench.bench_function("slot_store_and_load", |b| {
        b.iter(|| {
            n += 1;
            slot.store(&Ok(quote(n)));
            black_box(slot.load())
        });
    });
}

/// Runs `partner` on the second core while `measured` runs on the first.
fn beside(partner: impl FnOnce(&AtomicBool) + Send + 'static, measured: impl FnOnce()) {
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    let thread = std::thread::spawn(move || {
        core_affinity::set_for_current(core_affinity::CoreId { id: 1 });
        partner(&stop);
    });
    core_affinity::set_for_current(core_affinity::CoreId { id: 0 });
    measured();
    over.store(true, Ordering::Relaxed);
    thread.join().expect("ends");
}

/// Two hops: a quote there, a quote back.
fn slot_between_threads(bench: &mut Criterion) {
    let (there, back) = (Arc::new(QuoteSlot::new()), Arc::new(QuoteSlot::new()));
    let (theirs, to_us) = (Arc::clone(&there), Arc::clone(&back));
    let echo = move |over: &AtomicBool| {
        let mut seen = 0;
        while !over.load(Ordering::Relaxed) {
            if let Ok(bbo) = theirs.load()
                && bbo.received.0 != seen
            {
                seen = bbo.received.0;
                to_us.store(&Ok(bbo));
            }
            std::hint::spin_loop();
        }
    };
    beside(echo, || {
        let mut n = 0;
        bench.bench_function("slot_there_and_back_spin", |b| {
            b.iter(|| {
                n += 1;
                there.store(&Ok(quote(n)));
                while back.load().map_or(0, |bbo| bbo.received.0) != n {
                    std::hint::spin_loop();
                }
            });
        });
    });
}

/// Two hops over the announcements of the feed, the way quotes reach the coordinator.
fn feed_between_threads(bench: &mut Criterion, name: &'static str, sleeps: bool) {
    let (mut to_them, at_them) = feed();
    let (mut to_us, at_us) = feed();
    let answer = std::mem::replace(&mut to_us.paradex, to_us.lighter.clone());
    let ask = std::mem::replace(&mut to_them.paradex, to_them.lighter.clone());
    let echo = move |over: &AtomicBool| {
        while !over.load(Ordering::Relaxed) {
            let heard = if sleeps {
                at_them.quotes().recv_timeout(std::time::Duration::from_millis(50)).ok()
            } else {
                at_them.quotes().try_recv().ok()
            };
            if heard.is_some() {
                answer.quote(&at_them.quote(Venue::Paradex));
            }
        }
    };
    beside(echo, || {
        let mut n = 0;
        bench.bench_function(name, |b| {
            b.iter(|| {
                n += 1;
                ask.quote(&Ok(quote(n)));
                while if sleeps { at_us.quotes().recv().is_err() } else { at_us.quotes().try_recv().is_err() }
                {
                    std::hint::spin_loop();
                }
                black_box(at_us.quote(Venue::Paradex))
            });
        });
    });
}

fn handoff(bench: &mut Criterion) {
    slot_alone(bench);
    if std::thread::available_parallelism().map_or(1, std::num::NonZero::get) < 2 {
        eprintln!("one core only: nothing can be handed to another");
        return;
    }
    slot_between_threads(bench);
    feed_between_threads(bench, "feed_there_and_back_spin", false);
    feed_between_threads(bench, "feed_there_and_back_block", true);
}

criterion_group!(benches, handoff);
criterion_main!(benches);
