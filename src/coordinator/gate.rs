//! The entry gates: every condition that must hold before a pair is opened. Closing never passes here (invariant I8).

use super::desk::Desk;
use super::evidence::Verdict;
use crate::domain::{
    Bbo, MarketSpec, Mono, PerVenue, Price, Qty, QuoteFault, SizeRefusal, Usd, Venue, common_quantity,
};

/// Why no pair may be opened now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateRefusal {
    /// Market rules not read yet.
    #[error("the market rules of {0} are not known yet")]
    NoRules(Venue),
    /// Private streams or order entry down.
    #[error("{0} is not ready for orders")]
    NotReady(Venue),
    /// The venue says so itself.
    #[error("{0} does not take opening orders: {1}")]
    NotTrading(Venue, String),
    /// No usable quote.
    #[error("the quote of {0} is unusable: {1}")]
    Quote(Venue, QuoteFault),
    /// The quote is older than allowed.
    #[error("the quote of {0} is too old")]
    OldQuote(Venue),
    /// Balance not read yet.
    #[error("the balance of {0} is not known yet")]
    NoBalance(Venue),
    /// Not enough free collateral.
    #[error("not enough free collateral on {venue}: {free}")]
    Balance {
        /// Where.
        venue: Venue,
        /// What is there.
        free: Usd,
    },
    /// The venue has not confirmed that we are flat there.
    #[error("{0} has not confirmed yet that no position is open")]
    Unconfirmed(Venue),
    /// The ledger cannot be written, so that a crash would be forgotten.
    #[error("the ledger cannot be written: {0}")]
    Ledger(String),
    /// The ids of the next cycle are not on disk yet.
    #[error("the ids of the next cycle are not on disk yet")]
    NoIds,
    /// A recorded position is left from before.
    #[error("a position of {1} is still open on {0}")]
    NotFlat(Venue, Qty),
    /// No size fits both.
    #[error(transparent)]
    Size(#[from] SizeRefusal),
}

/// What an opening is made from once every gate is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Quotes of the decision.
    pub quotes: PerVenue<Bbo>,
    /// Mean of both mids.
    pub average: Price,
    /// Size of one leg.
    pub qty: Qty,
    /// Size of the opening orders: less or more than the leg by what was carried.
    pub orders: PerVenue<Qty>,
}

/// Passes every gate or names the first that is closed.
pub fn entry(desk: &Desk, now: Mono) -> Result<Entry, GateRefusal> {
    desk.ledger_gate().map_err(|cause| cause.map_or(GateRefusal::NoIds, GateRefusal::Ledger))?;
    let [first, second] = Venue::ALL;
    let (first, second) = (gates_of(desk, now, first)?, gates_of(desk, now, second)?);
    let quotes = PerVenue { paradex: first.0, lighter: second.0 };
    let specs = PerVenue { paradex: first.1, lighter: second.1 };
    Ok(sized(desk, quotes, &specs)?)
}

/// What an opening would be made from if it came now, while gates that will open by themselves are still closed: balances,
/// confirmations, a quote that is unusable for a moment, the end of a pause. For orders named ahead; nothing is opened on it.
pub fn preview(desk: &Desk, now: Mono) -> Option<Entry> {
    desk.ledger_gate().ok()?;
    let of = |venue: Venue| {
        let view = &desk.venues[venue];
        let (quote, spec) = (view.quote.ok().or(view.last_good)?, view.spec?);
        let near = view.trading.reason().is_none()
            && now.since(quote.received) <= desk.settings.quote_age_max
            && desk.flat_at(venue);
        near.then_some((quote, spec))
    };
    let [first, second] = Venue::ALL;
    let (first, second) = (of(first)?, of(second)?);
    let quotes = PerVenue { paradex: first.0, lighter: second.0 };
    sized(desk, quotes, &PerVenue { paradex: first.1, lighter: second.1 }).ok()
}

fn sized(desk: &Desk, quotes: PerVenue<Bbo>, specs: &PerVenue<MarketSpec>) -> Result<Entry, SizeRefusal> {
    let average = quotes.paradex.mid().midpoint(quotes.lighter.mid());
    let qty = common_quantity(desk.settings.margin, average, specs)?;
    let orders = PerVenue::from_fn(|venue| order_size(desk, venue, qty));
    for (venue, spec) in specs.iter() {
        spec.accepts(venue, orders[venue], average)?;
    }
    Ok(Entry { quotes, average, qty, orders })
}

/// What brings the position from what was carried to a whole leg.
fn order_size(desk: &Desk, venue: Venue, qty: Qty) -> Qty {
    let side = desk.settings.open_side(venue);
    side.signed(side.signed(qty) - desk.own(venue))
}

fn gates_of(desk: &Desk, now: Mono, venue: Venue) -> Result<(Bbo, MarketSpec), GateRefusal> {
    let view = &desk.venues[venue];
    let spec = view.spec.ok_or(GateRefusal::NoRules(venue))?;
    let free = view.free.ok_or(GateRefusal::NoBalance(venue))?;
    if !view.ready {
        return Err(GateRefusal::NotReady(venue));
    }
    if let Some(reason) = view.trading.reason() {
        return Err(GateRefusal::NotTrading(venue, reason.to_owned()));
    }
    let quote = view.quote.map_err(|fault| GateRefusal::Quote(venue, fault))?;
    if now.since(quote.received) > desk.settings.quote_age_max {
        return Err(GateRefusal::OldQuote(venue));
    }
    if free < desk.settings.required_balance() {
        return Err(GateRefusal::Balance { venue, free });
    }
    if !desk.flat_at(venue) {
        return Err(GateRefusal::NotFlat(venue, desk.own(venue)));
    }
    match desk.watch[venue].verdict() {
        Verdict::Confirmed => Ok((quote, spec)),
        Verdict::Open | Verdict::Contradicted(_) => Err(GateRefusal::Unconfirmed(venue)),
    }
}
