//! News of executions: ours, others', and those the venue takes back (paradex.md 2, 7.2).

use super::{Ask, ParadexSession};
use crate::domain::{ClientOrderId, Fill, Now, Qty, TradeKey, Wall};
use crate::venue::http::HttpReply;
use crate::venue::paradex::rejects;
use crate::venue::paradex::wire::{self, Bust, FillKind, FillView};
use crate::venue::{ForeignMove, Outbox, Output, VenueReport};
use std::collections::VecDeque;
use std::time::Duration;

/// After a fee that should not be, openings wait this long: how the fee-free class returns is not documented.
const FEES_PAUSE: Duration = Duration::from_secs(900);
/// Busts come in series: openings wait this long after each (paradex.md 7.2).
const BUSTS_PAUSE: Duration = Duration::from_secs(30);
/// A new process asks for the busts of so long.
const BUSTS_BACK: Duration = Duration::from_secs(86_400);
/// Readings overlap by this, for the venue's delay in listing.
const OVERLAP: Duration = Duration::from_secs(60);
/// Busts remembered, to be told once.
const REMEMBERED: usize = 512;

/// What is known of fills taken back.
#[derive(Debug, Default)]
pub struct Busts {
    ids: VecDeque<String>,
    keys: VecDeque<TradeKey>,
    /// Everything before is known.
    read_until: Option<Wall>,
}

impl Busts {
    /// From when on a reading has to list, unix milliseconds.
    pub fn since_ms(&self, now: Now) -> i64 {
        let back = |wall: Wall, by: Duration| wall.millis() - i64::try_from(by.as_millis()).unwrap_or(0);
        self.read_until.map_or(back(now.wall, BUSTS_BACK), |until| back(until, OVERLAP)).max(0)
    }

    /// Notes a bust; false when it is known.
    fn insert(&mut self, id: &str) -> bool {
        if self.ids.iter().any(|known| known == id) {
            return false;
        }
        self.ids.push_back(id.to_owned());
        if self.ids.len() > REMEMBERED {
            self.ids.pop_front();
        }
        true
    }

    fn remember(&mut self, key: TradeKey) {
        self.keys.push_back(key);
        if self.keys.len() > REMEMBERED {
            self.keys.pop_front();
        }
    }
}

impl ParadexSession {
    /// News of an execution, from either encoding. A fill that was taken back before it was told never was.
    pub(super) fn fill_news(&mut self, now: Now, view: &FillView, out: &mut Outbox) {
        if view.market != self.config.market
            || !self.is_ours(&view.account)
            || self.busts.keys.contains(&view.key)
        {
            return;
        }
        let cid =
            ClientOrderId::from_text(&view.client_id).filter(|_| FillKind::ORDINARY.contains(&view.kind));
        let Some(cid) = cid else { return self.foreign_news(view, out) };
        if view.qty <= Qty::ZERO {
            return;
        }
        let order = self.orders.get_mut(&cid);
        // The side of a maker fill is disputed: an own order knows its side (paradex.md 2).
        let side = order.as_ref().map_or(view.side, |order| order.side);
        if let Some(order) = order {
            order.fills.insert(view.key, view.qty);
        }
        self.watch_fee(now, view, out);
        let FillView { key, qty, price, fee, at, .. } = *view;
        out.report(VenueReport::Filled(Fill { cid, key, side, qty, price, fee, at }));
    }

    /// The position moved without an order of ours. Only news counts: what happened before this connection is history, and
    /// the position that was read behind it contains it.
    fn foreign_news(&mut self, view: &FillView, out: &mut Outbox) {
        let what = match view.kind {
            FillKind::Liquidation => ForeignMove::Liquidation,
            FillKind::UnwindTransfer => ForeignMove::Deleveraging,
            FillKind::SettleMarket => ForeignMove::Settlement,
            FillKind::Fill | FillKind::Rpi | FillKind::BlockTrade | FillKind::Unknown => ForeignMove::Trade,
        };
        if view.at >= self.private_since {
            out.report(VenueReport::Moved(what));
        }
    }

    /// A fee where none was agreed, or in a currency that is not counted. Nobody announces either (paradex.md 2.3).
    fn watch_fee(&mut self, now: Now, view: &FillView, out: &mut Outbox) {
        let charged = view.fee.is_positive() || view.fee_currency.is_some();
        if self.config.retail && charged {
            if self.trading.fees.is_none() {
                let text = "Paradex charges fees although PARADEX_PROFILE is retail: the fee-free class is lost, or \
                            does not hold for these orders";
                out.push(Output::Log(log::Level::Error, text.to_owned()));
            }
            self.trading.fees = Some(now.mono.after(FEES_PAUSE));
            self.tell_trading(now, out);
        }
        if let Some(currency) = &view.fee_currency
            && !std::mem::replace(&mut self.trading.fee_currency_told, true)
        {
            let text = format!("Paradex fees are paid in {currency} and not counted in the results");
            out.push(Output::Log(log::Level::Warn, text));
        }
    }

    /// Fills were taken back: told once each under the key they were told with, or under every key they could have, and
    /// account and position are read anew.
    pub(super) fn bust_news(&mut self, now: Now, busts: &[Bust], out: &mut Outbox) {
        if !self.tell_busts(now, busts, out) {
            return;
        }
        self.trading.busts = Some(now.mono.after(BUSTS_PAUSE));
        self.tell_trading(now, out);
    }

    /// True when there was one that was not known.
    fn tell_busts(&mut self, now: Now, busts: &[Bust], out: &mut Outbox) -> bool {
        let mut news = false;
        for bust in busts {
            if self.is_ours(&bust.account) && self.busts.insert(&bust.fill_id) {
                news = true;
                self.undo(&bust.fill_id, out);
            }
        }
        if !news {
            return false;
        }
        let text = "Paradex took a fill back (trade bust): reading account and position";
        out.push(Output::Log(log::Level::Error, text.to_owned()));
        self.request(now, Ask::Account, out);
        self.request(now, Ask::Positions { answer: false }, out);
        true
    }

    /// The venue names the fill but not its kind, and ids repeat across kinds.
    fn undo(&mut self, id: &str, out: &mut Outbox) {
        let possible = FillKind::ORDINARY.map(|kind| kind.key(id));
        let told: Vec<TradeKey> = possible
            .into_iter()
            .filter(|key| self.orders.values().any(|o| o.fills.contains_key(key)))
            .collect();
        for key in if told.is_empty() { possible.to_vec() } else { told } {
            self.orders.values_mut().for_each(|order| {
                order.fills.remove(&key);
            });
            self.busts.remember(key);
            out.report(VenueReport::Busted { key });
        }
    }

    /// What was taken back while nobody listened. Openings are not held for what a new process finds.
    pub(super) fn busts_answer(&mut self, now: Now, asked: Wall, reply: &HttpReply, out: &mut Outbox) {
        let read = match reply.status {
            200 => wire::busts(&reply.body).map_err(|cause| cause.to_string()),
            status => Err(rejects::of_rest(status, &wire::rest_error(&reply.body)).to_string()),
        };
        match read {
            Ok(busts) => {
                let first = self.busts.read_until.replace(asked).is_none();
                if first {
                    self.tell_busts(now, &busts, out);
                } else {
                    self.bust_news(now, &busts, out);
                }
            }
            Err(cause) => self.failed(now, Ask::Busts, now.mono, &cause, out),
        }
    }
}
