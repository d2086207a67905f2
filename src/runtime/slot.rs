//! The newest quote of one venue: one writer that never waits, readers that always get a whole quote.
//!
//! A sequence lock over atomics, so it needs no `unsafe`: the sequence is odd while the writer is at work, and a reader
//! that saw it odd or changed reads again.

use crate::domain::{Bbo, Mono, Price, Qty, QuoteFault};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};

/// Looks at a busy slot before the core is given up.
const SPINS: u32 = 64;

type Quote = Result<Bbo, QuoteFault>;

/// A latest-value slot, on cache lines of its own.
#[repr(align(128))]
#[derive(Debug)]
pub struct QuoteSlot {
    sequence: AtomicU64,
    fault: AtomicU64,
    bid: AtomicI64,
    bid_qty: AtomicI64,
    ask: AtomicI64,
    ask_qty: AtomicI64,
    received: AtomicU64,
}

const FAULTS: [QuoteFault; 9] = [
    QuoteFault::Missing,
    QuoteFault::EmptySide,
    QuoteFault::Crossed,
    QuoteFault::NotPositive,
    QuoteFault::Gap,
    QuoteFault::Jump,
    QuoteFault::Stale,
    QuoteFault::Disconnected,
    QuoteFault::Corrupt,
];

/// Number of a fault in the slot; 0 is a good quote.
fn fault_number(fault: QuoteFault) -> u64 {
    let index = FAULTS.iter().position(|known| *known == fault).unwrap_or(0);
    u64::try_from(index).unwrap_or_default() + 1
}

impl QuoteSlot {
    /// A slot without a quote.
    pub fn new() -> Self {
        Self {
            sequence: AtomicU64::new(0),
            fault: AtomicU64::new(fault_number(QuoteFault::Missing)),
            bid: AtomicI64::new(0),
            bid_qty: AtomicI64::new(0),
            ask: AtomicI64::new(0),
            ask_qty: AtomicI64::new(0),
            received: AtomicU64::new(0),
        }
    }

    /// Replaces the quote. Only the owning venue thread may call this.
    pub fn store(&self, quote: &Quote) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        match quote {
            Ok(bbo) => {
                self.fault.store(0, Ordering::Relaxed);
                self.bid.store(bbo.bid.units(), Ordering::Relaxed);
                self.bid_qty.store(bbo.bid_qty.units(), Ordering::Relaxed);
                self.ask.store(bbo.ask.units(), Ordering::Relaxed);
                self.ask_qty.store(bbo.ask_qty.units(), Ordering::Relaxed);
                self.received.store(bbo.received.0, Ordering::Relaxed);
            }
            Err(fault) => self.fault.store(fault_number(*fault), Ordering::Relaxed),
        }
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// The newest whole quote.
    pub fn load(&self) -> Quote {
        let mut tries = 0_u32;
        loop {
            let before = self.sequence.load(Ordering::Acquire);
            let fault = self.fault.load(Ordering::Relaxed);
            let bbo = Bbo {
                bid: Price::from_units(self.bid.load(Ordering::Relaxed)),
                bid_qty: Qty::from_units(self.bid_qty.load(Ordering::Relaxed)),
                ask: Price::from_units(self.ask.load(Ordering::Relaxed)),
                ask_qty: Qty::from_units(self.ask_qty.load(Ordering::Relaxed)),
                received: Mono(self.received.load(Ordering::Relaxed)),
            };
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before {
                let index = usize::try_from(fault).unwrap_or_default();
                return match index.checked_sub(1) {
                    None => Ok(bbo),
                    Some(index) => Err(FAULTS.get(index).copied().unwrap_or(QuoteFault::Missing)),
                };
            }
            // A writer that lost its core in the middle gets it back only if we give ours up.
            tries += 1;
            if tries.is_multiple_of(SPINS) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

impl Default for QuoteSlot {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn quote(n: i64) -> Bbo {
        let (price, qty) = (Price::from_units(n), Qty::from_units(n));
        Bbo { bid: price, bid_qty: qty, ask: price, ask_qty: qty, received: Mono(n.unsigned_abs()) }
    }

    #[test]
    fn faults_and_quotes_come_back_as_they_went_in() {
        let slot = QuoteSlot::new();
        assert_eq!(slot.load(), Err(QuoteFault::Missing));
        for fault in FAULTS {
            slot.store(&Err(fault));
            assert_eq!(slot.load(), Err(fault));
        }
        slot.store(&Ok(quote(5)));
        assert_eq!(slot.load(), Ok(quote(5)));
    }

    #[test]
    fn a_reader_never_sees_half_a_quote() {
        const READS: u32 = 200_000;
        let slot = Arc::new(QuoteSlot::new());
        slot.store(&Ok(quote(1)));
        let done = Arc::new(AtomicBool::new(false));
        let reader = {
            let (slot, done) = (Arc::clone(&slot), Arc::clone(&done));
            std::thread::spawn(move || {
                let whole = (0..READS).all(|_| slot.load().is_ok_and(|bbo| bbo == quote(bbo.bid.units())));
                done.store(true, Ordering::Relaxed);
                whole
            })
        };
        let mut written = 1;
        while !done.load(Ordering::Relaxed) {
            written += 1;
            slot.store(&Ok(quote(written)));
        }
        assert!(reader.join().expect("the reader ends"), "a torn quote");
        assert_eq!(slot.load(), Ok(quote(written)));
    }
}
