//! Signs a given number of orders and does nothing else, for an instruction counter: `benches/count_instructions` runs it twice
//! with different numbers, and the difference is what one order costs.

mod signing_work;

use signing_work::{Lighter, Paradex};
use std::hint::black_box;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, orders] = &arguments[..] else {
        // Also what `cargo bench` without a filter arrives at.
        println!("usage: signing_instructions <mode> <orders>; see benches/count_instructions");
        return;
    };
    let orders: u64 = orders.parse().expect("a number of orders");
    let (mut paradex, mut lighter) = (Paradex::new(), Lighter::new());
    let mut run: Box<dyn FnMut(u64)> = match mode.as_str() {
        // Nonces have to be drawn for the online modes; drawing alone is subtracted.
        "paradex_nonces" => Box::new(|_| drop(black_box(paradex.nonce()))),
        "paradex_sign_online" => Box::new(|i| {
            let nonce = paradex.nonce();
            black_box(paradex.online(i, nonce));
        }),
        "paradex_sign_online_from_timestamp" => Box::new(|i| {
            let nonce = paradex.nonce();
            black_box(paradex.online_from_timestamp(i, nonce));
        }),
        "paradex_sign_plain" => Box::new(|i| {
            black_box(paradex.plain(i));
        }),
        "lighter_nonces" => Box::new(|_| drop(black_box(lighter.nonce()))),
        "lighter_sign_online" => Box::new(|i| {
            let nonce = lighter.nonce();
            black_box(lighter.online(i, nonce));
        }),
        "lighter_sign_online_from_scratch" => Box::new(|i| {
            let nonce = lighter.nonce();
            drop(black_box(lighter.online_from_scratch(i, nonce)));
        }),
        "lighter_sign_plain" => Box::new(|i| drop(black_box(lighter.plain(i)))),
        _ => {
            println!("no such mode: {mode}");
            return;
        }
    };
    (0..orders).for_each(&mut run);
}
