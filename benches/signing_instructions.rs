//! Signs a given number of orders and does nothing else, for an instruction counter: `benches/count_instructions` runs it twice
//! with different numbers, and the difference is what one order costs.

mod signing_work;

use signing_work::work;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, orders] = &arguments[..] else {
        // Also what `cargo bench` without a filter arrives at.
        println!("usage: signing_instructions <mode> <orders>; see benches/count_instructions");
        return;
    };
    let orders: u64 = orders.parse().expect("a number of orders");
    let Some(mut run) = work(mode) else {
        println!("no such mode: {mode}");
        return;
    };
    (0..orders).for_each(&mut run);
}
