//! What one order costs to sign on each venue, as the sessions sign it today.

use criterion::{Criterion, criterion_group, criterion_main};
use hedge_fast::domain::Side;
use hedge_fast::signing::Entropy;
use hedge_fast::signing::ecgfp5::SchnorrKey;
use hedge_fast::signing::stark::{Felt, Message, Nonce, OrderFields, SigningDomain, StarkKey};
use hedge_fast::sim::rng::Rng;
use hedge_fast::venue::lighter::tx::{Attributes, KeySlot, Order, Transaction, TxHeader, UnsignedTx};
use std::hint::black_box;

fn paradex(bench: &mut Criterion) {
    let key = StarkKey::from_hex("0x1234567890abcdef1234567890abcdef").expect("a key");
    let hasher =
        SigningDomain::new("PRIVATE_SN_PARACLEAR_MAINNET").expect("a chain").for_account(Felt::from(77_u64));
    let fields = |timestamp_ms| {
        OrderFields::from_wire(timestamp_ms, "BTC-USD-PERP", Side::Buy, "LIMIT", "0.00103", Some("97114.7"))
            .expect("an order")
    };
    let mut timestamp_ms = 1_790_000_000_000;
    bench.bench_function("paradex_order_hash_and_sign", |b| {
        b.iter(|| {
            timestamp_ms += 1;
            let hash = hasher.message_hash(&Message::Order(fields(timestamp_ms)));
            black_box(key.sign(&hash, Nonce::Plain).expect("signs"))
        });
    });
}

fn lighter(bench: &mut Criterion) {
    let key = SchnorrKey::parse(&"5a".repeat(40)).expect("a key");
    let slot = KeySlot::new(700_001, 5).expect("a slot");
    let order = Order::new(hedge_fast::venue::lighter::tx::OrderFields {
        market_index: 1,
        client_order_index: 42,
        base_amount: 103,
        price: 971_147,
        ..hedge_fast::venue::lighter::tx::OrderFields::LIMIT_IOC
    })
    .expect("an order");
    let mut entropy = Rng::new(1);
    entropy.fill(&mut [0; 8]);
    let mut nonce = 0;
    bench.bench_function("lighter_create_order_sign_and_verify", |b| {
        b.iter(|| {
            nonce += 1;
            let header = TxHeader::new(304, slot, nonce, 1_790_000_002_000).expect("a header");
            let tx =
                UnsignedTx::new(Transaction::CreateOrder(order), header, Attributes::NONE).expect("a tx");
            black_box(tx.sign(&key, &mut entropy))
        });
    });
}

criterion_group!(benches, paradex, lighter);
criterion_main!(benches);
