//! What flows from the venues to the coordinator: reports, queued and never dropped, and the news that a quote changed, of
//! which at most one per venue waits. A flood of quotes can neither fill a queue nor hold a socket up, and asks for no memory.

use super::slot::QuoteSlot;
use crate::domain::{Bbo, PerVenue, QuoteFault, Venue};
use crate::venue::VenueReport;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One message to the coordinator.
#[derive(Debug)]
pub enum FromVenue {
    /// A report, in order.
    Report(Venue, VenueReport),
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
    reports: Sender<FromVenue>,
    quotes: Sender<Venue>,
}

impl FeedWriter {
    /// Queues a report.
    pub fn report(&self, report: VenueReport) {
        // The coordinator is gone only when the process is ending.
        let _ = self.reports.send(FromVenue::Report(self.venue, report));
    }

    /// Replaces the quote and announces it, unless an announcement is waiting already.
    pub fn quote(&self, quote: &Result<Bbo, QuoteFault>) {
        self.shared.slot.store(quote);
        if !self.shared.announced.swap(true, Ordering::AcqRel) {
            // There is room: an announcement has left the queue before the next can be made.
            let _ = self.quotes.try_send(self.venue);
        }
    }

    /// Tells that this venue's thread is ending unexpectedly.
    pub fn died(&self, why: String) {
        let _ = self.reports.send(FromVenue::ThreadDied(self.venue, why));
    }
}

/// The reading end of both venues.
pub struct FeedReader {
    shared: PerVenue<Arc<VenueFeed>>,
    reports: Receiver<FromVenue>,
    quotes: Receiver<Venue>,
}

impl FeedReader {
    /// Reports to wait for.
    pub fn reports(&self) -> &Receiver<FromVenue> {
        &self.reports
    }

    /// Venues whose quote changed, to wait for; [`FeedReader::quote`] follows each.
    pub fn quotes(&self) -> &Receiver<Venue> {
        &self.quotes
    }

    /// The newest quote of a venue that [`FeedReader::quotes`] named; later changes are announced anew.
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
    let (reporter, reports) = unbounded();
    let (announcer, quotes) = bounded(Venue::ALL.len());
    let make = |_| Arc::new(VenueFeed { slot: QuoteSlot::new(), announced: AtomicBool::new(false) });
    let shared = PerVenue::from_fn(make);
    let writer = |venue| {
        let shared = Arc::clone(&shared[venue]);
        FeedWriter { venue, shared, reports: reporter.clone(), quotes: announcer.clone() }
    };
    let writers = PerVenue::from_fn(writer);
    (writers, FeedReader { shared, reports, quotes })
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
        assert_eq!(reader.quotes().try_iter().collect::<Vec<_>>(), [Venue::Paradex]);
        let all_ready = |message| matches!(message, FromVenue::Report(Venue::Lighter, VenueReport::Ready));
        assert_eq!(reader.reports().try_iter().map(all_ready).filter(|ready| *ready).count(), 1_000);
        assert_eq!(reader.quote(Venue::Paradex), Err(QuoteFault::Stale));
        writers.paradex.quote(&Err(QuoteFault::Gap));
        assert_eq!(reader.quotes().try_recv(), Ok(Venue::Paradex));
    }

    #[test]
    fn the_last_of_many_quotes_is_always_announced() {
        const QUOTES: u64 = 50_000;
        let (writers, reader) = feed();
        let writing = [writers.paradex, writers.lighter].map(|writer| {
            std::thread::spawn(move || {
                for n in 0..QUOTES {
                    writer.quote(&Err(if n + 1 == QUOTES { QuoteFault::Stale } else { QuoteFault::Gap }));
                }
            })
        });
        let mut last = PerVenue { paradex: QuoteFault::Missing, lighter: QuoteFault::Missing };
        while !last.all(|fault| *fault == QuoteFault::Stale) {
            let venue =
                reader.quotes().recv_timeout(std::time::Duration::from_secs(5)).expect("is announced");
            last[venue] = reader.quote(venue).expect_err("a fault");
        }
        for thread in writing {
            thread.join().expect("ends");
        }
    }
}
