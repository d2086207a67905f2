//! Messages under way: each connection is a lane per direction on which nothing overtakes, unless it is meant to.

use super::Frame;
use crate::domain::Wall;
use crate::transport::service::{ConnId, Sent};
use std::collections::BTreeMap;

/// Something that is waiting.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// On its way to a client.
    ToClient(Sent),
    /// On its way to the venue.
    ToVenue(ConnId, Frame),
}

#[derive(Clone, Copy, Debug)]
struct Lane {
    to_client: Wall,
    to_venue: Wall,
}

/// Open connections and what is under way on them.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<ConnId, Lane>,
    waiting: BTreeMap<(Wall, u64), Waiting>,
    sequence: u64,
}

/// The connection a sent thing is for.
pub(super) fn conn_of(sent: &Sent) -> ConnId {
    match sent {
        Sent::Text(conn, _)
        | Sent::Binary(conn, _)
        | Sent::Ping(conn)
        | Sent::Close(conn, ..)
        | Sent::Cut(conn) => *conn,
    }
}

impl Lanes {
    pub(super) fn open(&mut self, conn: ConnId) {
        let free = Wall(i64::MIN);
        self.lanes.insert(conn, Lane { to_client: free, to_venue: free });
    }

    /// False for one that was cut and whose end the driver has not told yet.
    pub(super) fn is_open(&self, conn: ConnId) -> bool {
        self.lanes.contains_key(&conn)
    }

    pub(super) fn conns(&self) -> Vec<ConnId> {
        self.lanes.keys().copied().collect()
    }

    /// Forgets a connection and everything under way on it; false when it was not known.
    pub(super) fn close(&mut self, conn: ConnId) -> bool {
        let on_it = |waiting: &Waiting| match waiting {
            Waiting::ToClient(sent) => conn_of(sent) == conn,
            Waiting::ToVenue(of, _) => *of == conn,
        };
        self.waiting.retain(|_, waiting| !on_it(waiting));
        self.lanes.remove(&conn).is_some()
    }

    /// When something that wants to go to the client now can go, behind what is before it.
    pub(super) fn leaves_at(&mut self, conn: ConnId, wish: Wall) -> Option<Wall> {
        let lane = self.lanes.get_mut(&conn)?;
        lane.to_client = lane.to_client.max(wish);
        Some(lane.to_client)
    }

    /// As [`Self::leaves_at`] for the other direction.
    pub(super) fn arrives_at(&mut self, conn: ConnId, wish: Wall) -> Option<Wall> {
        let lane = self.lanes.get_mut(&conn)?;
        lane.to_venue = lane.to_venue.max(wish);
        Some(lane.to_venue)
    }

    pub(super) fn wait(&mut self, until: Wall, what: Waiting) {
        self.sequence += 1;
        self.waiting.insert((until, self.sequence), what);
    }

    pub(super) fn next_due(&self) -> Option<Wall> {
        self.waiting.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is due first, when it is due.
    pub(super) fn take_due(&mut self, now: Wall) -> Option<Waiting> {
        self.waiting.first_entry().filter(|entry| entry.key().0 <= now).map(|entry| entry.remove())
    }
}
