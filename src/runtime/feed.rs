//! What flows from the venue threads to the coordinator: reports, queued and never dropped, and the news that a quote
//! changed, of which at most one per venue waits. A flood of quotes can neither fill the queue nor hold a socket up.

use super::slot::QuoteSlot;
use crate::domain::{Bbo, PerVenue, QuoteFault, Venue};
use crate::venue::VenueReport;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One message to the coordinator.
#[derive(Debug)]
pub enum FromVenue {
    /// A report, in order.
    Report(Venue, VenueReport),
    /// The slot of this venue has a new quote.
    QuoteChanged(Venue),
    /// The venue's thread is gone; why.
    ThreadDied(Venue, String),
}

struct VenueFeed {
    slot: QuoteSlot,
    announced: AtomicBool,
}

/// The writing end of one venue.
#[derive(Clone)]
pub struct FeedWriter {
    venue: Venue,
    shared: Arc<VenueFeed>,
    queue: Sender<FromVenue>,
}

impl FeedWriter {
    /// Queues a report.
    pub fn report(&self, report: VenueReport) {
        // The coordinator is gone only when the process is ending.
        let _ = self.queue.send(FromVenue::Report(self.venue, report));
    }

    /// Replaces the quote and announces it, unless an announcement is waiting already.
    pub fn quote(&self, quote: &Result<Bbo, QuoteFault>) {
        self.shared.slot.store(quote);
        if !self.shared.announced.swap(true, Ordering::AcqRel) {
            let _ = self.queue.send(FromVenue::QuoteChanged(self.venue));
        }
    }

    /// Tells that this venue's thread is ending unexpectedly.
    pub fn died(&self, why: String) {
        let _ = self.queue.send(FromVenue::ThreadDied(self.venue, why));
    }
}

/// The reading end of both venues.
pub struct FeedReader {
    shared: PerVenue<Arc<VenueFeed>>,
    queue: Receiver<FromVenue>,
}

impl FeedReader {
    /// The queue to wait on.
    pub fn queue(&self) -> &Receiver<FromVenue> {
        &self.queue
    }

    /// The newest quote after [`FromVenue::QuoteChanged`]; later changes are announced anew.
    pub fn quote(&self, venue: Venue) -> Result<Bbo, QuoteFault> {
        let feed = &self.shared[venue];
        // Cleared before reading, by a swap: it either sees the writer's announcement, and with it the quote, or comes
        // first, and the writer announces anew.
        feed.announced.swap(false, Ordering::AcqRel);
        feed.slot.load()
    }
}

/// Both ends.
pub fn feed() -> (PerVenue<FeedWriter>, FeedReader) {
    let (sender, queue) = unbounded();
    let make = |_| Arc::new(VenueFeed { slot: QuoteSlot::new(), announced: AtomicBool::new(false) });
    let shared = PerVenue::from_fn(make);
    let writer = |venue| FeedWriter { venue, shared: Arc::clone(&shared[venue]), queue: sender.clone() };
    let writers = PerVenue::from_fn(writer);
    (writers, FeedReader { shared, queue })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_quotes_wait_as_one_and_reports_are_all_kept() {
        let (writers, reader) = feed();
        for _ in 0..1_000 {
            writers.paradex.quote(&Err(QuoteFault::Stale));
            writers.lighter.report(VenueReport::Ready);
        }
        let (mut quotes, mut reports) = (0, 0);
        while let Ok(message) = reader.queue().try_recv() {
            match message {
                FromVenue::QuoteChanged(Venue::Paradex) => quotes += 1,
                FromVenue::Report(Venue::Lighter, VenueReport::Ready) => reports += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((quotes, reports), (1, 1_000));
        assert_eq!(reader.quote(Venue::Paradex), Err(QuoteFault::Stale));
        writers.paradex.quote(&Err(QuoteFault::Gap));
        assert!(matches!(reader.queue().try_recv(), Ok(FromVenue::QuoteChanged(Venue::Paradex))));
    }
}
