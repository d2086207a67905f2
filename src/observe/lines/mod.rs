//! Notices as the lines users grep for. Pure: one notice in, lines out. The texts are a contract with existing habits.

mod exposure;

use super::numbers::{cents, percent, percent_exact, places};
use crate::coordinator::{Notice, Settings, Stop, TradingState};
use crate::domain::{PerVenue, Price, Qty, Side, Usd, Venue};
use log::Level;

/// One line with its level.
pub type Line = (Level, String);

/// Renders notices of one run.
#[derive(Clone, Debug)]
pub struct Lines {
    ticker: String,
    settings: Settings,
    contracts: PerVenue<Option<String>>,
    price_places: usize,
    qty_places: usize,
    banner_shown: bool,
}

impl Lines {
    /// Lines of a run in one market.
    pub fn new(ticker: &str, settings: Settings) -> Self {
        Self {
            ticker: ticker.to_owned(),
            settings,
            contracts: PerVenue::default(),
            price_places: 2,
            qty_places: 4,
            banner_shown: false,
        }
    }

    /// The venue's own name of the market, once known.
    pub fn contract(&self, venue: Venue) -> &str {
        self.contracts[venue].as_deref().unwrap_or(&self.ticker)
    }

    /// The lines of one notice, in order.
    pub fn render(&mut self, notice: &Notice) -> Vec<Line> {
        match notice {
            Notice::Market { venue, contract, tick, step } => self.market(*venue, contract, *tick, *step),
            Notice::Opening { .. }
            | Notice::Placing { .. }
            | Notice::LegOpened { .. }
            | Notice::PairOpened
            | Notice::LegNotFilled { .. }
            | Notice::Evening { .. }
            | Notice::RollingBack { .. }
            | Notice::OpeningFailed { .. } => self.opening(notice),
            Notice::ProfitLoss { .. }
            | Notice::HoldTimeExpired(_)
            | Notice::StopTriggered { .. }
            | Notice::ClosePostponed(_)
            | Notice::Closing
            | Notice::LegClosed { .. }
            | Notice::PairClosed
            | Notice::ClosingAgain { .. }
            | Notice::CycleDone { .. }
            | Notice::CoolingDown(_) => self.closing(notice),
            Notice::Filled { .. }
            | Notice::Refused { .. }
            | Notice::NotFilledInTime { .. }
            | Notice::OutcomeUnknown { .. }
            | Notice::LateFill { .. } => self.order(notice),
            Notice::VenueReady(_)
            | Notice::VenueNotReady(..)
            | Notice::VenueTrading(..)
            | Notice::QuoteState(..)
            | Notice::Waiting { .. }
            | Notice::NotOpening(_) => Self::venue(notice),
            Notice::NotReadyInTime(_)
            | Notice::InsufficientBalance { .. }
            | Notice::ForeignPosition { .. }
            | Notice::ForeignOrders { .. }
            | Notice::NoSize(_)
            | Notice::FailureLimit(_)
            | Notice::LossLimit(..)
            | Notice::Fatal(..)
            | Notice::ThreadDied(_)
            | Notice::Rescuing
            | Notice::Stopping
            | Notice::StoppedAtOnce => self.end(notice),
            Notice::WatchdogWarns { .. } | Notice::WatchdogStopsBot { .. } | Notice::WatchdogActs => {
                self.watchdog(notice)
            }
            Notice::Recovering { .. }
            | Notice::Recovered { .. }
            | Notice::AdoptedAsRecorded { .. }
            | Notice::LedgerFailing(_)
            | Notice::LedgerWorking
            | Notice::DustCarried { .. } => self.memory(notice),
            Notice::PositionMoved { .. }
            | Notice::FillBusted { .. }
            | Notice::Overfilled { .. }
            | Notice::VenueAway { .. }
            | Notice::VenueDownFlatten(_)
            | Notice::PositionMismatch { .. }
            | Notice::NakedAlarm { .. }
            | Notice::HedgedAgain
            | Notice::Halted { .. }
            | Notice::FinalPositions { .. } => self.exposure(notice),
        }
    }

    fn market(&mut self, venue: Venue, contract: &str, tick: Price, step: Qty) -> Vec<Line> {
        self.contracts[venue] = Some(contract.to_owned());
        self.price_places = self.price_places.max(places(tick.units()));
        self.qty_places = self.qty_places.max(places(step.units()));
        if self.banner_shown || self.contracts.any(Option::is_none) {
            return Vec::new();
        }
        self.banner_shown = true;
        self.banner()
    }

    fn banner(&self) -> Vec<Line> {
        let settings = &self.settings;
        let stop =
            |ppm: Option<i64>| ppm.map_or_else(|| "off".to_owned(), |ppm| format!("{}%", percent_exact(ppm)));
        [
            "=== Cross-Exchange Hedge Bot Configuration ===".to_owned(),
            format!("Ticker: {}", self.ticker),
            format!("Paradex Contract: {}", self.contract(Venue::Paradex)),
            format!("Lighter Contract: {}", self.contract(Venue::Lighter)),
            format!("Margin per trade: {} USDC", settings.margin),
            format!(
                "(margin is the notional of one leg; each venue must have {} USDC of free collateral)",
                settings.required_balance()
            ),
            format!("Hold time: {}s", settings.hold_time.as_secs()),
            format!("Take Profit: {}", stop(settings.take_profit_ppm)),
            format!("Stop Loss: {}", stop(settings.stop_loss_ppm)),
            format!("Reverse mode: {}", if settings.reverse { "True" } else { "False" }),
            "==============================================".to_owned(),
        ]
        .into_iter()
        .map(info)
        .collect()
    }

    fn opening(&self, notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::Opening { mids, average, qty, margin, reverse, .. } => {
                return self.opening_block(mids, *average, *qty, *margin, *reverse);
            }
            Notice::Placing { intent, quote } => format!(
                "[MARKET] Placing {} market order: {} @ {} (bid={}, ask={})",
                intent.side,
                self.qty(intent.qty),
                self.price(intent.bound),
                self.price(quote.bid),
                self.price(quote.ask)
            ),
            Notice::LegOpened { venue, side, qty, price } => {
                format!(
                    "✓ {venue} {}: {} @ {}",
                    side.position_name(),
                    self.qty(*qty),
                    self.maybe_price(*price)
                )
            }
            Notice::PairOpened => "=== Cross-Exchange Hedge Positions Opened Successfully ===".to_owned(),
            Notice::LegNotFilled { venue, filled, asked, reason } => {
                let (filled, asked) = (self.qty(*filled), self.qty(*asked));
                return vec![warn(format!("✗ {venue} filled {filled} of {asked}: {reason}"))];
            }
            Notice::Evening { venue, excess, to } => {
                let (excess, to) = (self.qty(*excess), self.qty(*to));
                let text = format!("Legs differ: reducing {venue} by {excess}, both legs to {to}");
                return vec![warn(text)];
            }
            Notice::RollingBack { venue, qty, price } => {
                let (qty, price) = (self.qty(*qty), self.maybe_price(*price));
                return vec![warn(format!("Rolling back {venue} position: {qty} @ {price}"))];
            }
            Notice::OpeningFailed { retry_in } => {
                let seconds = retry_in.as_secs();
                return vec![warn(format!("Failed to open positions, retrying in {seconds} seconds..."))];
            }
            _ => return Vec::new(),
        };
        vec![info(line)]
    }

    fn opening_block(
        &self,
        mids: &PerVenue<Price>,
        average: Price,
        qty: Qty,
        margin: Usd,
        reverse: bool,
    ) -> Vec<Line> {
        let direction = if reverse {
            "Reverse mode: Paradex SHORT + Lighter LONG"
        } else {
            "Normal mode: Paradex LONG + Lighter SHORT"
        };
        let (qty, average) = (self.qty(qty), self.price(average));
        [
            "=== Opening Cross-Exchange Hedge Positions ===".to_owned(),
            format!(
                "Prices: Paradex={}, Lighter={}, Avg={average}",
                self.price(mids.paradex),
                self.price(mids.lighter)
            ),
            format!("Calculated quantity: {qty} (margin={margin}, avg_price={average})"),
            direction.to_owned(),
            format!("Target: {qty} @ avg_price {average}"),
        ]
        .into_iter()
        .map(info)
        .collect()
    }

    fn closing(&self, notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::ProfitLoss { ppm } => {
                format!("P&L: Paradex={}%, Lighter={}%", percent(ppm.paradex), percent(ppm.lighter))
            }
            Notice::HoldTimeExpired(after) => format!("Hold time expired ({}s)", after.as_secs()),
            Notice::StopTriggered { venue, stop, ppm } => {
                let name = match stop {
                    Stop::Loss => "Stop Loss",
                    Stop::Profit => "Take Profit",
                };
                format!("Stop condition met: {venue} {name} triggered ({}%)", percent(*ppm))
            }
            Notice::ClosePostponed(venue) => {
                let text = "cannot take orders: the pair is kept hedged until it can";
                return vec![warn(format!("Closing postponed, {venue} {text}"))];
            }
            Notice::Closing => "=== Closing Cross-Exchange Hedge Positions ===".to_owned(),
            Notice::LegClosed { venue, qty, price } => {
                format!("✓ {venue} closed: {} @ {}", self.qty(*qty), self.maybe_price(*price))
            }
            Notice::PairClosed => "=== Cross-Exchange Hedge Positions Closed ===".to_owned(),
            Notice::ClosingAgain { venue, left, attempt } => {
                let left = self.qty(*left);
                let text = "still open, closing again with a wider bound";
                return vec![warn(format!("{venue}: {left} {text} (attempt {attempt})"))];
            }
            Notice::CycleDone { cycle, volume, fees, result } => {
                format!(
                    "Cycle {cycle} done: volume {volume:.2} USDC, fees {fees:.4} USDC, result {result:.4} USDC"
                )
            }
            Notice::CoolingDown(wait) => format!("Waiting {} seconds before next cycle...", wait.as_secs()),
            _ => return Vec::new(),
        };
        vec![info(line)]
    }

    fn order(&self, notice: &Notice) -> Vec<Line> {
        match notice {
            Notice::Filled { venue, fill, .. } => {
                let (qty, price) = (self.qty(fill.qty), self.price(fill.price));
                vec![(Level::Debug, format!("{venue} {} fill: {qty} @ {price}, fee {}", fill.side, fill.fee))]
            }
            Notice::Refused { venue, refusal, .. } => {
                vec![warn(format!("{venue} refused the order: {refusal}"))]
            }
            Notice::NotFilledInTime { after, .. } => {
                vec![warn(format!("[MARKET] Order not filled within {}s, cancelling", after.as_secs()))]
            }
            Notice::OutcomeUnknown { venue, cause } => {
                vec![warn(format!("{venue}: outcome of the order unknown ({cause}), asking the venue"))]
            }
            Notice::LateFill { venue, qty } => {
                vec![error(format!("{venue}: {} filled after the order had ended", self.qty(*qty)))]
            }
            _ => Vec::new(),
        }
    }

    fn venue(notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::VenueReady(venue) => info(format!("{venue} ready: private streams confirmed")),
            Notice::VenueNotReady(venue, cause) => warn(format!("{venue} not ready: {cause}")),
            Notice::VenueTrading(venue, TradingState::Open) => {
                info(format!("{venue} takes all orders again"))
            }
            Notice::VenueTrading(venue, TradingState::ClosingOnly(cause)) => {
                warn(format!("{venue} takes no opening orders: {cause}"))
            }
            Notice::VenueTrading(venue, TradingState::Closed(cause)) => {
                warn(format!("{venue} takes no orders at all: {cause}"))
            }
            Notice::QuoteState(venue, Ok(())) => info(format!("{venue} quote usable")),
            Notice::QuoteState(venue, Err(fault)) => warn(format!("{venue} quote unusable: {fault}")),
            Notice::Waiting { attempt, of } => {
                info(format!("Waiting for WebSocket data... ({attempt}/{of})"))
            }
            Notice::NotOpening(refusal) => info(format!("Not opening yet: {refusal}")),
            _ => return Vec::new(),
        };
        vec![line]
    }

    fn end(&self, notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::NotReadyInTime(missing) => format!("Not ready in time, still missing: {missing}"),
            Notice::InsufficientBalance { venue, free, required } => {
                format!(
                    "Insufficient {venue} balance: {} USDC (required: {} USDC)",
                    cents(*free),
                    cents(*required)
                )
            }
            Notice::ForeignPosition { venue, position } => format!(
                "{venue} already holds a position in {} ({}): close it there first, hedge-fast touches only its own",
                self.contract(*venue),
                self.position(*position)
            ),
            Notice::ForeignOrders { venue, count } => format!(
                "{venue} has {count} resting order(s) in {} that are not ours: cancel them there first, \
                 hedge-fast touches only its own",
                self.contract(*venue)
            ),
            Notice::NoSize(refusal) => format!("No order size possible: {refusal}"),
            Notice::LossLimit(loss, limit) => format!(
                "Stopped: the cycles of the last 24 hours lost {loss} USDC, the limit is {limit} (HEDGE_DAY_LOSS_MAX)"
            ),
            Notice::FailureLimit(count) => format!("Stopped: {count} openings failed in a row"),
            Notice::Fatal(venue, text) => format!("{venue}: {text}"),
            Notice::ThreadDied(what) => format!("A part of the program failed: {what}"),
            Notice::Rescuing => "Finding out what is open, closing it, then leaving".to_owned(),
            Notice::Stopping => {
                return vec![info("Stopping: finishing what is open, then leaving flat".to_owned())];
            }
            Notice::StoppedAtOnce => {
                "Stopped at once on the second request; no further orders are sent".to_owned()
            }
            _ => return Vec::new(),
        };
        vec![error(line)]
    }

    fn positions(&self, positions: &PerVenue<Qty>) -> String {
        format!("Paradex {}, Lighter {}", self.position(positions.paradex), self.position(positions.lighter))
    }

    fn position(&self, qty: Qty) -> String {
        match Side::of_position(qty) {
            Some(side) => format!("{} {}", side.position_name(), self.qty(qty.abs())),
            None => "flat".to_owned(),
        }
    }

    fn price(&self, price: Price) -> String {
        format!("{price:.*}", self.price_places)
    }

    fn maybe_price(&self, price: Option<Price>) -> String {
        price.map_or_else(|| "unknown price".to_owned(), |price| self.price(price))
    }

    fn qty(&self, qty: Qty) -> String {
        format!("{qty:.*}", self.qty_places)
    }
}

fn info(text: String) -> Line {
    (Level::Info, text)
}

fn warn(text: String) -> Line {
    (Level::Warn, text)
}

fn error(text: String) -> Line {
    (Level::Error, text)
}
