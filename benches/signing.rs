//! What one order costs to sign on each venue: online, by the plain libraries, and piece by piece, all in one run.

mod signing_work;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hedge_fast::domain::Side;
use hedge_fast::signing::ecgfp5::poseidon2::{WIDTH, permute};
use hedge_fast::signing::ecgfp5::{Goldilocks, NoncePool as SchnorrNonces};
use hedge_fast::signing::stark::online::{NoncePool, Tables};
use hedge_fast::signing::stark::{Felt, pedersen_hash};
use signing_work::{Lighter, Paradex, bytes};
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::time::Duration;

/// A nonce costs twenty times what the signature does that uses it up: short runs, or most of the time goes into drawing.
fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        .sample_size(60)
}

/// Counts up, so that no two orders are alike.
fn number(counter: &Cell<u64>) -> u64 {
    counter.set(counter.get() + 1);
    counter.get()
}

fn paradex(bench: &mut Criterion) {
    let desk = RefCell::new(Paradex::new());
    let count = Cell::new(0);
    bench.bench_function("paradex_sign_online", |b| {
        let draw = || desk.borrow_mut().nonce();
        b.iter_batched(draw, |nonce| desk.borrow().online(number(&count), nonce), BatchSize::SmallInput);
    });
    bench.bench_function("paradex_sign_online_from_timestamp", |b| {
        let draw = || desk.borrow_mut().nonce();
        let sign = |nonce| desk.borrow().online_from_timestamp(number(&count), nonce);
        b.iter_batched(draw, sign, BatchSize::SmallInput);
    });
    bench.bench_function("paradex_sign_plain", |b| b.iter(|| desk.borrow().plain(number(&count))));
    bench.bench_function("paradex_sign_plain_with_kept_beginnings", |b| {
        b.iter(|| desk.borrow().plain_with_kept_beginnings(number(&count)));
    });
    bench.bench_function("paradex_order_hash", |b| {
        let desk = desk.borrow();
        b.iter(|| desk.prepared.hash(number(&count), 9_711_470_000_000 + count.get()));
    });
    bench.bench_function("paradex_prepare_order", |b| {
        b.iter(|| desk.borrow().orders.prepare(Side::Sell, 1_790_000_000_000 + number(&count)));
    });
    bench.bench_function("paradex_refill_nonces", |b| {
        let desk = &mut *desk.borrow_mut();
        let fill = |mut pool: NoncePool| pool.refill(&desk.key, &mut desk.entropy);
        b.iter_batched(NoncePool::new, fill, BatchSize::SmallInput);
    });
}

fn pedersen(bench: &mut Criterion) {
    let mut entropy = hedge_fast::sim::rng::Rng::new(2);
    let [a, b] = [(); 2].map(|()| Felt::from_bytes_be(&bytes(&mut entropy)));
    bench.bench_function("pedersen_tables", |bench| {
        let (a, b) = (a.to_le_digits(), b.to_le_digits());
        bench.iter(|| Tables::shared().hash(black_box(&a), black_box(&b)));
    });
    bench.bench_function("pedersen_library", |bench| {
        bench.iter(|| pedersen_hash(black_box(&a), black_box(&b)))
    });
    bench.bench_function("build_tables", |bench| bench.iter(Tables::build));
}

fn lighter(bench: &mut Criterion) {
    let desk = RefCell::new(Lighter::new());
    let count = Cell::new(0);
    bench.bench_function("lighter_sign_online", |b| {
        let draw = || desk.borrow_mut().nonce();
        b.iter_batched(draw, |nonce| desk.borrow().online(number(&count), nonce), BatchSize::SmallInput);
    });
    bench.bench_function("lighter_sign_online_from_scratch", |b| {
        let draw = || desk.borrow_mut().nonce();
        let sign = |nonce| desk.borrow().online_from_scratch(number(&count), nonce);
        b.iter_batched(draw, sign, BatchSize::SmallInput);
    });
    bench.bench_function("lighter_sign_plain", |b| b.iter(|| desk.borrow().plain(number(&count))));
    bench.bench_function("poseidon2_permutation", |b| {
        let mut state = [Goldilocks::ONE; WIDTH];
        b.iter(|| permute(black_box(&mut state)));
    });
    bench.bench_function("lighter_refill_nonces", |b| {
        let desk = &mut *desk.borrow_mut();
        let fill = |mut pool: SchnorrNonces| pool.refill(&desk.key, &mut desk.entropy);
        b.iter_batched(SchnorrNonces::new, fill, BatchSize::SmallInput);
    });
}

criterion_group! { name = benches; config = quick(); targets = paradex, pedersen, lighter }
criterion_main!(benches);
