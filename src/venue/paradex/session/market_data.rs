//! The public connection's data: the touch, the book beside it that proves nothing is missing, and their subscriptions.
//! What may be believed is judged by `venue::market_data`; this file speaks the venue's side of it (paradex.md 7.1, 7.3).

use super::{Ask, PUBLIC, ParadexSession};
use crate::domain::{Mono, Now, Side};
use crate::venue::market_data::{Change, Consequence, Quotes, Silence, Touch};
use crate::venue::paradex::sbe;
use crate::venue::paradex::session::streams::Rpc;
use crate::venue::paradex::wire::{self, RpcError, RpcRequest};
use crate::venue::{Outbox, Output};
use std::time::Duration;

/// Without any market message for this long the quote is not traded on.
const STALE: Duration = Duration::from_secs(5);
/// How long a subscription may stay unanswered.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// A book that stays wrong is fetched again this often at most.
const BOOK_AGAIN: Duration = Duration::from_secs(1);
/// The spellings of the book channel in the order they are tried: the documentation's own one was refused live.
const BOOK_FORMS: [&str; 2] = ["deltas", "deltas@15@50ms"];
/// JSON-RPC's "invalid request", which is also how a channel name is refused (paradex.md 5).
const CHANNEL_REFUSED: i64 = -32600;

/// Quotes of the running connection and where its book subscription stands.
#[derive(Debug, Default)]
pub struct MarketData {
    quotes: Quotes,
    /// Index into [`BOOK_FORMS`]; beyond it the venue gives no book.
    form: usize,
    /// When the book is to be fetched again.
    renew_at: Option<Mono>,
    renewed: Option<Mono>,
    json_told: bool,
}

impl ParadexSession {
    fn book_channel(&self) -> Option<String> {
        let form = BOOK_FORMS.get(self.data.form)?;
        Some(format!("order_book.{}.{form}", self.config.market))
    }

    pub(super) fn subscribe_public(&mut self, now: Now, out: &mut Outbox) {
        self.data = MarketData::default();
        self.data.quotes.connected(now.mono);
        let channel = format!("bbo.{}", self.config.market);
        self.send_rpc(PUBLIC, Rpc::SubscribeBbo, &RpcRequest::Subscribe { channel: &channel }, out);
        self.subscribe_book(now, out);
    }

    fn subscribe_book(&mut self, now: Now, out: &mut Outbox) {
        let Some(channel) = self.book_channel() else { return };
        self.public.expect(now.mono.after(ANSWER_WITHIN));
        self.send_rpc(PUBLIC, Rpc::SubscribeBook, &RpcRequest::Subscribe { channel: &channel }, out);
    }

    /// Ends the book subscription; its answer starts the next, which begins with a snapshot.
    fn renew_book(&mut self, now: Now, out: &mut Outbox) {
        (self.data.renew_at, self.data.renewed) = (None, Some(now.mono));
        let under_way = |purpose: &Rpc| matches!(purpose, Rpc::SubscribeBook | Rpc::UnsubscribeBook);
        if self.rpc.values().any(under_way) {
            return;
        }
        let Some(channel) = self.book_channel() else { return };
        self.public.expect(now.mono.after(ANSWER_WITHIN));
        self.send_rpc(PUBLIC, Rpc::UnsubscribeBook, &RpcRequest::Unsubscribe { channel: &channel }, out);
    }

    /// An answer to one of the requests above that is no refusal.
    pub(super) fn public_answered(&mut self, now: Now, purpose: Rpc, out: &mut Outbox) {
        if purpose == Rpc::UnsubscribeBook {
            self.subscribe_book(now, out);
        }
        if !self.rpc.values().any(|purpose| purpose.is_public()) {
            self.public.met();
        }
    }

    pub(super) fn book_refused(&mut self, now: Now, error: &RpcError, out: &mut Outbox) {
        if error.code != CHANNEL_REFUSED {
            return self.subscription_refused(PUBLIC, error, out);
        }
        self.data.form += 1;
        if self.book_channel().is_some() {
            return self.subscribe_book(now, out);
        }
        let text = format!("Paradex gives no order book ({}): quotes are not cross-checked", error.message);
        out.push(Output::Log(log::Level::Warn, text));
        let consequence = self.data.quotes.without_any_book(now.mono);
        self.follow(now, consequence, out);
        // Whether a subscription begins with the present touch is not settled.
        self.request(now, Ask::Bbo, out);
    }

    pub(super) fn public_lost(&mut self, now: Now, out: &mut Outbox) {
        self.rpc.retain(|_, purpose| !purpose.is_public());
        let consequence = self.data.quotes.disconnected();
        self.follow(now, consequence, out);
    }

    pub(super) fn market_data_deadline(&self) -> Option<Mono> {
        let silence = self.data.quotes.deadline(STALE);
        [silence, self.data.renew_at].into_iter().flatten().min().filter(|_| self.public.is_open())
    }

    /// A gap is answered by a new snapshot, silence by a question first and by a new connection then.
    pub(super) fn care_for_market_data(&mut self, now: Now, out: &mut Outbox) {
        if self.public.is_open() && self.data.renew_at.is_some_and(|at| now.mono >= at) {
            self.renew_book(now, out);
        }
        let silent = self.data.quotes.deadline(STALE).is_some_and(|at| now.mono >= at);
        if !self.public.is_open() || !silent {
            return;
        }
        let (consequence, step) = self.data.quotes.silent();
        self.follow(now, consequence, out);
        match step {
            Silence::Resubscribe if self.book_channel().is_none() => self.request(now, Ask::Bbo, out),
            Silence::Resubscribe => self.renew_book(now, out),
            Silence::Reconnect => self.public.expect(now.mono),
        }
    }

    fn follow(&mut self, now: Now, consequence: Consequence, out: &mut Outbox) {
        if let Some(quote) = consequence.quote {
            if quote.is_ok() {
                self.public.served();
            }
            out.push(Output::Quote(quote));
        }
        if consequence.resubscribe && self.book_channel().is_some() {
            let earliest = self.data.renewed.map_or(now.mono, |last| last.after(BOOK_AGAIN));
            self.data.renew_at.get_or_insert(earliest.max(now.mono));
        }
    }

    pub(super) fn touch(&mut self, now: Now, bbo: &sbe::Bbo<'_>, out: &mut Outbox) {
        if bbo.market != self.config.market {
            return;
        }
        let best = (bbo.bid_price.zip(bbo.bid_size), bbo.ask_price.zip(bbo.ask_size));
        let consequence = self.data.quotes.touch(now.mono, Touch { seq: Some(bbo.seq), best });
        self.follow(now, consequence, out);
    }

    pub(super) fn book(&mut self, now: Now, book: &sbe::Book<'_>, out: &mut Outbox) {
        let snapshot = book.pkg_type == sbe::PkgType::Snapshot;
        let is_old = |last| !snapshot && book.seq <= last;
        if book.market != self.config.market || self.data.quotes.book_seq().is_some_and(is_old) {
            return;
        }
        let sided = |side: Side| move |level: sbe::Level| (side, Some((level.price, level.size)));
        let levels = book.bids.iter().map(sided(Side::Buy)).chain(book.asks.iter().map(sided(Side::Sell)));
        let follows = (!snapshot).then_some(Some(book.seq - 1));
        let change = Change { seq: Some(book.seq), follows, levels };
        let stated = (book.best_bid_api_price, book.best_ask_api_price);
        let consequence = self.data.quotes.book(now.mono, change, stated);
        self.follow(now, consequence, out);
    }

    /// A frame that cannot be read: whatever it said is missing now.
    pub(super) fn market_data_unreadable(&mut self, now: Now, out: &mut Outbox) {
        let consequence = self.data.quotes.undecodable();
        self.follow(now, consequence, out);
    }

    /// Public data is SBE; text would mean that the venue does not do what was agreed (paradex.md 10).
    pub(super) fn market_data_as_text(&mut self, out: &mut Outbox) {
        if !std::mem::replace(&mut self.data.json_told, true) {
            let text = "Paradex sends market data as JSON although SBE was agreed; it is not used";
            out.push(Output::Log(log::Level::Error, text.to_owned()));
        }
    }

    /// The touch over HTTP: all there is on a quiet market without a book.
    pub(super) fn on_seed(&mut self, now: Now, body: &[u8], out: &mut Outbox) -> Result<(), wire::WireError> {
        let [bid, ask] = wire::bbo(body)?;
        if self.public.is_open() && self.book_channel().is_none() {
            let consequence = self.data.quotes.touch(now.mono, Touch { seq: None, best: (bid, ask) });
            self.follow(now, consequence, out);
        }
        Ok(())
    }
}
