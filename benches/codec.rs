//! What a quote costs to decode, and an order to become the bytes of a frame.

use criterion::{Criterion, criterion_group, criterion_main};
use hedge_fast::domain::{Price, Qty, Wall};
use hedge_fast::venue::lighter::wire::frame::Frame;
use hedge_fast::venue::paradex::sbe;
use std::fmt::Write;
use std::hint::black_box;

fn sbe_bbo(bench: &mut Criterion) {
    let message = sbe::Message::Bbo(sbe::Bbo {
        ts: Wall(1_791_421_923_325_000),
        seq: 7_687_292_570,
        bid_price: Some(Price::from_units(8_342_270_000_000)),
        bid_size: Some(Qty::from_units(15_000)),
        ask_price: Some(Price::from_units(8_345_290_000_000)),
        ask_size: Some(Qty::from_units(31_000)),
        market: "BTC-USD-PERP".into(),
    });
    let mut frame = Vec::new();
    sbe::encode(&message, 1, &mut frame).expect("encodes");
    bench.bench_function("sbe_bbo_decode", |b| b.iter(|| black_box(sbe::bbo(black_box(&frame)))));
    bench.bench_function("sbe_any_decode", |b| b.iter(|| black_box(sbe::decode(black_box(&frame)))));
}

fn lighter_ticker(bench: &mut Criterion) {
    let frame = r#"{"channel":"ticker:1","last_updated_at":1795000007250000,"nonce":25652002844,"ticker":{"a":{"price":"96811.7","size":"0.07313"},"b":{"price":"96806.4","size":"0.04462"},"last_updated_at":1795000007250000,"s":"BTC"},"timestamp":1795000007250,"type":"update/ticker"}"#;
    bench.bench_function("lighter_bbo_parse", |b| b.iter(|| black_box(Frame::parse(black_box(frame)))));
    bench.bench_function("lighter_bbo_parse_strict", |b| {
        b.iter(|| black_box(Frame::parse_strictly(black_box(frame))));
    });
}

fn lighter_book(bench: &mut Criterion) {
    let side = |from: i64, step: i64| {
        let mut text = String::new();
        for i in 0..50 {
            let comma = if i == 0 { "" } else { "," };
            let (price, size) = (from + step * i, 7_313 + 17 * i);
            write!(text, r#"{comma}{{"price":"{price}.4","size":"0.0{size}"}}"#).expect("to a text");
        }
        text
    };
    let frame = format!(
        r#"{{"channel":"order_book:1","last_updated_at":1795000007250000,"offset":37354073,"order_book":{{"asks":[{}],"begin_nonce":25652002800,"bids":[{}],"code":0,"last_updated_at":1795000007250000,"nonce":25652002844,"offset":37354073}},"timestamp":1795000007250,"type":"update/order_book"}}"#,
        side(96_812, 1),
        side(96_806, -1)
    );
    bench.bench_function("lighter_book_100_parse", |b| b.iter(|| black_box(Frame::parse(black_box(&frame)))));
    bench.bench_function("lighter_book_100_parse_strict", |b| {
        b.iter(|| black_box(Frame::parse_strictly(black_box(&frame))));
    });
}

criterion_group!(benches, sbe_bbo, lighter_ticker, lighter_book);
criterion_main!(benches);
