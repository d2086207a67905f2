//! What a ledger on this disk takes: the time until the ids of a cycle are durable, which a cycle waits for once and ahead of
//! time, and the records that can be written behind.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hedge_fast::coordinator::journal::{Entry, LedgerReport, Record, Reservation};
use hedge_fast::domain::{ClientOrderId, CycleId, OrderIntent, Price, Purpose, Qty, Side, Venue, Wall};
use hedge_fast::ledger::{Birth, Ledger, LedgerLink, ToLedger};
use std::time::Duration;

const RECORDS: u64 = 10_000;
const WISH: Reservation = Reservation { reverse: false, valid_for: Duration::from_secs(2) };

fn reserve(link: &LedgerLink) -> LedgerReport {
    link.requests.send(ToLedger::Reserve(Wall(1), WISH)).expect("the thread lives");
    link.reports.recv().expect("the thread lives")
}

/// An order of a cycle of its own; records of orders are the longest but one.
fn sent(count: u64) -> Record {
    let cycle = CycleId::new(1, u32::try_from(count % 1_000_000).expect("in range") + 1).expect("in range");
    let (venue, purpose) = (Venue::Paradex, Purpose::Open);
    Record::Sent(OrderIntent {
        cid: ClientOrderId::new(cycle, venue, purpose, 0).expect("in range"),
        venue,
        purpose,
        side: Side::Buy,
        qty: Qty::from_whole(1),
        bound: Price::from_whole(100),
        valid_for: WISH.valid_for,
    })
}

fn ledger(c: &mut Criterion) {
    // Beside the build, so on a disk; the system's folder for temporary files may be memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let birth = Birth { now: Wall(1), entropy: [7; 16] };
    let mut ledger = Ledger::open(dir.path(), "bench", birth).expect("a ledger");
    let link = ledger.link("BTC").expect("a thread");
    let mut group = c.benchmark_group("ledger");
    group.bench_function("reservation until durable", |b| b.iter(|| reserve(&link)));
    let mut count = 0;
    let mut next = || {
        count += 1;
        ToLedger::Keep(Entry { at: Wall(1), record: sent(count) })
    };
    group.bench_function("record, on the coordinator's thread", |b| {
        b.iter_batched(&mut next, |request| link.requests.send(request), BatchSize::SmallInput);
    });
    reserve(&link);
    group.throughput(Throughput::Elements(RECORDS));
    group.sample_size(10).bench_function("records until durable", |b| {
        b.iter_batched(
            || (0..RECORDS).map(|_| next()).collect::<Vec<_>>(),
            |requests| {
                requests
                    .into_iter()
                    .for_each(|request| link.requests.send(request).expect("the thread lives"));
                reserve(&link)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    ledger.finish().expect("the disk works");
}

criterion_group!(benches, ledger);
criterion_main!(benches);
