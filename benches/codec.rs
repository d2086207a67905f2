//! What a quote costs to decode.

use criterion::{Criterion, criterion_group, criterion_main};
use hedge_fast::domain::{Price, Qty, Wall};
use hedge_fast::venue::paradex::sbe;
use std::hint::black_box;

fn sbe_bbo(bench: &mut Criterion) {
    let message = sbe::Message::Bbo(sbe::Bbo {
        ts: Wall(1_791_421_923_325_000),
        seq: 7_687_292_570,
        bid_price: Some(Price::from_units(8_342_270_000_000)),
        bid_size: Some(Qty::from_units(15_000)),
        ask_price: Some(Price::from_units(8_345_290_000_000)),
        ask_size: Some(Qty::from_units(31_000)),
        market: "BTC-USD-PERP",
    });
    let mut frame = Vec::new();
    sbe::encode(&message, 1, &mut frame).expect("encodes");
    bench.bench_function("sbe_bbo_decode", |b| b.iter(|| black_box(sbe::decode(black_box(&frame)))));
}

criterion_group!(benches, sbe_bbo);
criterion_main!(benches);
