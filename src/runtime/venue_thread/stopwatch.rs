//! Times the orders of one venue thread, for the histograms. Neither slows an order nor decides anything about it.

use crate::domain::{ClientOrderId, Mono, OrderIntent, Venue};
use crate::latency::Latencies;
use crate::venue::{AheadNews, VenueReport};
use std::sync::Arc;
use std::time::Duration;

/// Orders that are timed at once; far more than one venue ever has in flight.
const KEPT: usize = 8;

/// The orders in flight.
pub(super) struct Stopwatch {
    venue: Venue,
    latencies: Arc<Latencies>,
    /// The newest replaces the oldest.
    orders: [Option<Timed>; KEPT],
    next: usize,
}

#[derive(Clone, Copy)]
struct Timed {
    cid: ClientOrderId,
    written: Mono,
    acked: Option<Mono>,
    filled: bool,
}

impl Stopwatch {
    pub(super) fn new(venue: Venue, latencies: Arc<Latencies>) -> Self {
        Self { venue, latencies, orders: [None; KEPT], next: 0 }
    }

    /// The order of a decision was given to the socket.
    pub(super) fn written(&mut self, intent: &OrderIntent, decided: Mono, written: Mono) {
        self.latencies.written(self.venue, decided, written);
        self.orders[self.next] = Some(Timed { cid: intent.cid, written, acked: None, filled: false });
        self.next = (self.next + 1) % KEPT;
    }

    /// The session reports something.
    pub(super) fn reported(&mut self, now: Mono, report: &VenueReport) {
        match report {
            VenueReport::OrderAcked { cid } => {
                if let Some(order) = self.order(*cid).filter(|order| order.acked.is_none()) {
                    order.acked = Some(now);
                    let waited = now.since(order.written);
                    self.latencies.write_to_ack[self.venue].record(waited);
                }
            }
            VenueReport::Filled(fill) => {
                if let Some(order) = self.order(fill.cid).filter(|order| !order.filled) {
                    order.filled = true;
                    if let Some(acked) = order.acked {
                        self.latencies.ack_to_fill[self.venue].record(now.since(acked));
                    }
                }
            }
            _ => {}
        }
    }

    /// The session did what was due by its clock.
    pub(super) fn woken(&self, took: Duration) {
        self.latencies.upkeep[self.venue].record(took);
    }

    /// Counts what orders made ahead were good for.
    pub(super) fn ahead(&self, news: AheadNews) {
        let counts = &self.latencies.ahead[self.venue];
        match news {
            AheadNews::Made => counts.made.add(),
            AheadNews::Used => counts.used.add(),
            AheadNews::Missed => counts.missed.add(),
        }
    }

    fn order(&mut self, cid: ClientOrderId) -> Option<&mut Timed> {
        self.orders.iter_mut().flatten().find(|order| order.cid == cid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CycleId, Fill, Price, Purpose, Qty, Side, TradeKey, Usd, Wall};

    fn intent(cycle: u32) -> OrderIntent {
        let cycle = CycleId::new(1, cycle).expect("a cycle");
        let cid = ClientOrderId::new(cycle, Venue::Lighter, Purpose::Open, 0).expect("an id");
        OrderIntent {
            cid,
            venue: Venue::Lighter,
            purpose: Purpose::Open,
            side: Side::Buy,
            qty: Qty::from_whole(1),
            bound: Price::from_whole(1),
            valid_for: Duration::from_secs(2),
        }
    }

    fn fill(cid: ClientOrderId) -> VenueReport {
        let (qty, price) = (Qty::from_whole(1), Price::from_whole(1));
        VenueReport::Filled(Fill {
            cid,
            key: TradeKey::from_text(1, "7"),
            side: Side::Buy,
            qty,
            price,
            fee: Usd::ZERO,
            at: Wall(0),
        })
    }

    #[test]
    fn every_order_is_timed_once_from_write_to_ack_to_first_fill() {
        let latencies = Arc::new(Latencies::default());
        let mut watch = Stopwatch::new(Venue::Lighter, Arc::clone(&latencies));
        let (first, second) = (intent(1), intent(2));
        watch.written(&first, Mono(100), Mono(150));
        for (now, report) in [
            (1_150, VenueReport::OrderAcked { cid: second.cid }),
            (1_150, VenueReport::OrderAcked { cid: first.cid }),
            (1_160, VenueReport::OrderAcked { cid: first.cid }),
            (1_450, fill(first.cid)),
            (1_950, fill(first.cid)),
        ] {
            watch.reported(Mono(now), &report);
        }
        let told = |stage: &crate::latency::Histogram| (stage.summary().count, stage.summary().max);
        assert_eq!(told(&latencies.decision_to_write.lighter), (1, 50));
        assert_eq!(told(&latencies.write_to_ack.lighter), (1, 1_000));
        assert_eq!(told(&latencies.ack_to_fill.lighter), (1, 300));
        // An execution that comes first leaves no time between.
        watch.written(&second, Mono(2_000), Mono(2_050));
        watch.reported(Mono(2_060), &fill(second.cid));
        watch.reported(Mono(2_070), &VenueReport::OrderAcked { cid: second.cid });
        assert_eq!(told(&latencies.ack_to_fill.lighter), (1, 300));
        assert_eq!(told(&latencies.leg_skew), (0, 0));
    }
}
