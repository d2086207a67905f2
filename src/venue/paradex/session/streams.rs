//! The two connections: opening, sign-in, subscriptions, what arrives on them (paradex.md 5, 7, 8.1).

use super::care::LinkCare;
use super::{Ask, PRIVATE, PUBLIC, ParadexSession};
use crate::domain::{ClientOrderId, Mono, Now};
use crate::venue::paradex::wire::{self, Answer, Frame, RpcError, RpcRequest};
use crate::venue::paradex::{rejects, sbe, views};
use crate::venue::{LinkFailure, LinkId, Outbox, Output, Reaction, VenueReport};
use std::time::Duration;

/// Schema versions in the order they are tried (paradex.md 8.1).
pub const SBE_VERSIONS: [u16; 3] = [1, 2, 0];
/// How long a new connection may take to sign in and subscribe.
const SETUP_WITHIN: Duration = Duration::from_secs(5);

/// What a JSON-RPC request of ours was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rpc {
    /// Sign-in of the private connection.
    Auth,
    /// The touch.
    SubscribeBbo,
    /// The book.
    SubscribeBook,
    /// The book, to begin with a new snapshot.
    UnsubscribeBook,
    /// One of the private channels.
    SubscribePrivate,
    /// Cancel on disconnect.
    CancelOnDisconnect,
    /// A new order.
    Create(ClientOrderId),
    /// A cancel.
    Cancel(ClientOrderId),
}

impl Rpc {
    /// Whether it was sent on the public connection.
    pub fn is_public(self) -> bool {
        match self {
            Self::SubscribeBbo | Self::SubscribeBook | Self::UnsubscribeBook => true,
            Self::Auth | Self::SubscribePrivate | Self::CancelOnDisconnect => false,
            Self::Create(_) | Self::Cancel(_) => false,
        }
    }
}

impl ParadexSession {
    pub(super) fn care_of(&mut self, link: LinkId) -> &mut LinkCare {
        if link == PUBLIC { &mut self.public } else { &mut self.private }
    }

    pub(super) fn links_deadline(&self) -> Option<Mono> {
        let data = self.market_data_deadline();
        [self.public.deadline(), self.private.deadline(), data].into_iter().flatten().min()
    }

    pub(super) fn care_for_links(&mut self, now: Now, out: &mut Outbox) {
        if self.public.take_opening(now.mono) {
            let url = format!("{}?sbeSchemaId=1&sbeSchemaVersion={}", self.config.ws_url, self.sbe_version);
            out.push(Output::Open { link: PUBLIC, url, headers: Vec::new() });
        }
        if self.private.take_opening(now.mono) {
            out.push(Output::Open { link: PRIVATE, url: self.config.ws_url.clone(), headers: Vec::new() });
        }
        self.care_for_market_data(now, out);
        self.public.on_time(now.mono, out);
        self.private.on_time(now.mono, out);
    }

    pub(super) fn opened(&mut self, now: Now, link: LinkId, out: &mut Outbox) {
        self.care_of(link).opened(now.mono);
        self.care_of(link).expect(now.mono.after(SETUP_WITHIN));
        if link == PUBLIC {
            self.subscribe_public(now, out);
        } else {
            self.private_since = self.clock.venue_wall(now);
            self.sign_in(out);
        }
    }

    pub(super) fn sign_in(&mut self, out: &mut Outbox) {
        let Some(token) = self.token.as_ref().map(|token| token.text.clone()) else { return };
        self.send_rpc(PRIVATE, Rpc::Auth, &RpcRequest::Auth { token: token.expose() }, out);
    }

    pub(super) fn send_rpc(
        &mut self,
        link: LinkId,
        purpose: Rpc,
        request: &RpcRequest<'_>,
        out: &mut Outbox,
    ) {
        let id = self.next_rpc_id(purpose);
        out.push(Output::Text(link, request.text(id)));
    }

    pub(super) fn next_rpc_id(&mut self, purpose: Rpc) -> u64 {
        let id = self.free_rpc_id();
        self.rpc.insert(id, purpose);
        id
    }

    /// A number for a request that may never leave.
    pub(super) fn free_rpc_id(&mut self) -> u64 {
        self.next_rpc += 1;
        self.next_rpc
    }

    pub(super) fn public_closed(&mut self, now: Now, failure: &LinkFailure, out: &mut Outbox) {
        if *failure == LinkFailure::Upgrade(400) {
            self.sbe_refused = self.sbe_refused.saturating_add(1);
            let Some(next) = SBE_VERSIONS.get(usize::from(self.sbe_refused)) else {
                let text = "the venue takes none of the SBE versions 0, 1, 2; a newer hedge-fast is needed";
                return out.report(VenueReport::Fatal(text.to_owned()));
            };
            self.sbe_version = *next;
        }
        self.public.closed(now.mono, &mut *self.entropy);
        self.public_lost(now, out);
        out.push(Output::Log(log::Level::Warn, format!("Paradex market data: {failure}, connecting again")));
    }

    pub(super) fn private_closed(&mut self, now: Now, failure: &LinkFailure, out: &mut Outbox) {
        self.private.closed(now.mono, &mut *self.entropy);
        self.rpc.retain(|_, purpose| purpose.is_public());
        (self.signed_in, self.account_read, self.positions_read) = (false, false, false);
        self.subscriptions_open = 0;
        self.ready = false;
        out.report(VenueReport::NotReady(failure.to_string()));
        self.orders_cut(&failure.to_string(), out);
    }

    pub(super) fn text(&mut self, now: Now, text: &str, out: &mut Outbox) {
        match wire::frame(text) {
            Ok(Frame::Answer(id, answer)) => {
                if let Some(purpose) = self.rpc.remove(&id) {
                    self.rpc_answered(now, purpose, answer, out);
                }
            }
            Ok(Frame::Channel { channel, data }) => self.channel(now, &channel, data.get(), out),
            Ok(Frame::Other) => {}
            Err(cause) => {
                out.push(Output::Log(log::Level::Warn, format!("Paradex sent an unreadable frame: {cause}")))
            }
        }
    }

    fn rpc_answered(&mut self, now: Now, purpose: Rpc, answer: Answer<'_>, out: &mut Outbox) {
        match (purpose, answer) {
            (Rpc::Create(cid), answer) => self.create_answered(now, cid, answer, out),
            (Rpc::Cancel(_) | Rpc::CancelOnDisconnect, Answer::Result(_)) => {}
            (Rpc::Cancel(cid), Answer::Error(error)) => {
                // An order that has ended cannot be cancelled: the usual answer to a cancel that comes late.
                let text = format!("Paradex refused the cancel of {cid}: {}", rejects::of_rpc(&error));
                out.push(Output::Log(log::Level::Debug, text));
            }
            (Rpc::CancelOnDisconnect, Answer::Error(error)) => {
                let refusal = rejects::of_rpc(&error);
                let text = format!("Paradex does not arm cancel-on-disconnect: {refusal}");
                out.push(Output::Log(log::Level::Warn, text));
            }
            (Rpc::Auth, Answer::Result(_)) => self.subscribe_private(out),
            (Rpc::Auth, Answer::Error(error)) => self.sign_in_refused(now, &error, out),
            (Rpc::SubscribeBbo | Rpc::SubscribeBook, Answer::Result(_)) | (Rpc::UnsubscribeBook, _) => {
                self.public_answered(now, purpose, out);
            }
            (Rpc::SubscribePrivate, Answer::Result(_)) => {
                self.subscriptions_open = self.subscriptions_open.saturating_sub(1);
                if self.subscriptions_open == 0 {
                    self.private.met();
                    self.read_account(now, out);
                }
            }
            (Rpc::SubscribeBook, Answer::Error(error)) => self.book_refused(now, &error, out),
            (Rpc::SubscribeBbo, Answer::Error(error)) => self.subscription_refused(PUBLIC, &error, out),
            (Rpc::SubscribePrivate, Answer::Error(error)) => self.subscription_refused(PRIVATE, &error, out),
        }
    }

    fn sign_in_refused(&mut self, now: Now, error: &RpcError, out: &mut Outbox) {
        let refusal = rejects::of_rpc(error);
        if refusal.reaction == Reaction::Stop {
            return out.report(VenueReport::Fatal(format!("sign-in refused: {refusal}")));
        }
        // A newer token, then sign-in on the same connection.
        self.later(now, Duration::from_secs(1), Ask::Auth);
    }

    pub(super) fn subscription_refused(&mut self, link: LinkId, error: &RpcError, out: &mut Outbox) {
        let text = format!("Paradex refused a subscription: {}", rejects::of_rpc(error));
        out.push(Output::Log(log::Level::Error, text));
        out.push(Output::Close(link));
    }

    fn subscribe_private(&mut self, out: &mut Outbox) {
        self.signed_in = true;
        let market = self.config.market.clone();
        self.send_rpc(PRIVATE, Rpc::CancelOnDisconnect, &RpcRequest::CancelOnDisconnect, out);
        let channels = [
            format!("orders.{market}"),
            format!("fills.{market}"),
            "positions".to_owned(),
            "account".to_owned(),
            "tradebusts".to_owned(),
        ];
        self.subscriptions_open = channels.len();
        for channel in &channels {
            self.send_rpc(PRIVATE, Rpc::SubscribePrivate, &RpcRequest::Subscribe { channel }, out);
        }
    }

    fn channel(&mut self, now: Now, channel: &str, data: &str, out: &mut Outbox) {
        let kind = channel.split('.').next().unwrap_or_default();
        let body = data.as_bytes();
        let done = match kind {
            "orders" => {
                wire::orders(body).map(|list| list.iter().for_each(|view| self.order_news(view, out)))
            }
            "fills" => {
                wire::fills(body).map(|list| list.iter().for_each(|view| self.fill_news(now, view, out)))
            }
            "positions" => wire::positions(body).map(|list| self.position_news(now, &list, out)),
            "account" => wire::account(body).map(|view| {
                self.on_account(now, &view, out);
            }),
            "tradebusts" => wire::busts(body).map(|list| self.bust_news(now, &list, out)),
            "bbo" | "order_book" => {
                self.market_data_as_text(out);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(cause) = done {
            self.unreadable_news(channel, &cause, out);
        }
    }

    /// A private message we cannot read may have been a fill: nothing is known any more until the venue is asked.
    fn unreadable_news(&mut self, channel: &str, cause: &wire::WireError, out: &mut Outbox) {
        out.push(Output::Log(log::Level::Error, format!("Paradex {channel}: {cause}")));
        self.orders_cut("a message could not be read", out);
    }

    pub(super) fn binary(&mut self, now: Now, link: LinkId, bytes: &[u8], out: &mut Outbox) {
        // By far the most frequent frame, and the one that orders wait for.
        if let Some(bbo) = sbe::bbo(bytes) {
            return self.touch(now, &bbo, out);
        }
        let message = match sbe::decode(bytes) {
            Ok(message) => message,
            Err(cause) if link == PRIVATE => {
                let text = format!("Paradex sent an unreadable private SBE frame: {cause}");
                out.push(Output::Log(log::Level::Error, text));
                return self.orders_cut("a message could not be read", out);
            }
            Err(cause) => {
                out.push(Output::Log(
                    log::Level::Warn,
                    format!("Paradex sent an unreadable SBE frame: {cause}"),
                ));
                return self.market_data_unreadable(now, out);
            }
        };
        let done = match message {
            sbe::Message::Bbo(bbo) => {
                self.touch(now, &bbo, out);
                Ok(())
            }
            sbe::Message::Book(book) => {
                self.book(now, &book, out);
                Ok(())
            }
            sbe::Message::Order(order) => views::order(&order).map(|view| self.order_news(&view, out)),
            sbe::Message::Fill(fill) => views::fill(&fill).map(|view| self.fill_news(now, &view, out)),
            sbe::Message::Position(position) => {
                views::position(&position).map(|view| self.position_news(now, &[view], out))
            }
            sbe::Message::Account(account) => {
                self.on_account(now, &views::account(&account), out);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(cause) = done {
            self.unreadable_news("SBE", &cause, out);
        }
    }
}
