//! What goes wrong on real venues, on demand (lighter.md 5.1, 11 point 5).

use super::LighterSim;
use super::model::MarketId;
use crate::domain::Wall;
use crate::transport::service::Sent;
use serde_json::json;
use std::time::Duration;

/// Something that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next book frame of a market is lost.
    BookGap(MarketId),
    /// The next book frame of a market comes twice.
    BookDuplicate(MarketId),
    /// Nothing is sent for this many milliseconds, then everything.
    Stall(i64),
    /// Every connection breaks.
    Disconnect,
    /// A shutdown is announced and closes every connection after this many milliseconds.
    Shutdown(i64),
}

impl LighterSim {
    /// Makes something go wrong.
    pub fn inject(&mut self, now: Wall, fault: Fault, out: &mut Vec<Sent>) {
        let after = |millis: i64| now.after(Duration::from_millis(millis.max(0).unsigned_abs()));
        match fault {
            Fault::BookGap(market) => {
                self.hub.gaps.insert(market);
            }
            Fault::BookDuplicate(market) => {
                self.hub.duplicates.insert(market);
            }
            Fault::Stall(millis) => self.hub.stalled_until = Some(after(millis)),
            Fault::Disconnect => self.hub.cut_all(),
            Fault::Shutdown(millis) => {
                let frame = json!({ "type": "shutdown", "close_in_ms": millis });
                for conn in self.hub.connections.keys().copied().collect::<Vec<_>>() {
                    self.hub.send_now(conn, &frame);
                }
                self.hub.closing_at = Some(after(millis));
            }
        }
        self.hub.drain_into(out);
    }
}
