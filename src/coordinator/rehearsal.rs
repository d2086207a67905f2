//! The next decision, made by a double: what makes it, and what follows, is in the processor's caches when the real one comes.
//! The coordinator is a value, so its double can be let decide on anything; nothing of that is ever carried out.

use super::phase::Phase;
use super::{Action, Coordinator, Event};
use crate::domain::{Bbo, ClientOrderId, Mono, OrderIntent, Venue};
use crate::venue::{Reaction, Refusal, VenueCommand, VenueReport};

impl Coordinator {
    /// Decides as if the moment for it had come at `now`, with the last good quotes, and gives back the orders that would go
    /// out. Where something else still stands in the way of an opening, those that were named for it; empty while no decision
    /// is near.
    pub fn rehearse(&self, now: Mono) -> Vec<OrderIntent> {
        let mut actions = Vec::new();
        if let Some((mut double, event)) = self.on_the_eve(now) {
            double.step(now, &event, &mut actions);
        }
        let order = |action| match action {
            Action::Command(_, VenueCommand::Submit(intent)) => Some(intent),
            _ => None,
        };
        let orders: Vec<OrderIntent> = actions.into_iter().filter_map(order).collect();
        if orders.is_empty() { self.desk.named_openings().collect() } else { orders }
    }

    /// A double that decides on the event that comes with it.
    fn on_the_eve(&self, now: Mono) -> Option<(Self, Event)> {
        let near = match &self.phase {
            Phase::Idle(_) | Phase::Holding(_) => true,
            Phase::Cooling(cooling) => cooling.ends_soon(now),
            Phase::Opening(opening) => opening.ended_first().next().is_some(),
            Phase::Starting(_)
            | Phase::Recovering(_)
            | Phase::Evening(_)
            | Phase::Flattening(_)
            | Phase::Halted(_)
            | Phase::Ended => false,
        };
        if !near {
            return None;
        }
        let mut double = self.clone();
        match &mut double.phase {
            Phase::Cooling(cooling) => cooling.end(now),
            Phase::Holding(holding) => holding.end(now),
            Phase::Opening(opening) => {
                let (venue, cid) = opening.unresolved().pop()?;
                return Some((double, Event::Report(venue, refused(cid))));
            }
            _ => {}
        }
        for venue in Venue::ALL {
            let view = &mut double.desk.venues[venue];
            view.quote = Ok(Bbo { received: now, ..view.last_good? });
        }
        let quote = double.desk.venues[Venue::ALL[0]].quote;
        Some((double, Event::Quote(Venue::ALL[0], quote)))
    }
}

/// What makes an opening fail whose other leg stands.
fn refused(cid: ClientOrderId) -> VenueReport {
    let refusal = Refusal { code: String::new(), text: String::new(), reaction: Reaction::Unknown };
    VenueReport::OrderRefused { cid, refusal }
}
