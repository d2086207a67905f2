//! The list of resting orders of our market, page by page (paradex.md 2). Nothing is counted that was not read: a page that
//! fails, an order of another account or one that cannot be read makes the whole answer a failure.

use super::{Ask, ParadexSession};
use crate::domain::{ClientOrderId, Mono, Now};
use crate::venue::http::HttpReply;
use crate::venue::paradex::{rejects, wire};
use crate::venue::{Outbox, VenueReport};
use std::collections::BTreeMap;
use std::time::Duration;

/// Lists being read, by number.
#[derive(Debug, Default)]
pub struct Lists {
    open: BTreeMap<u64, List>,
    last: u64,
}

/// What the pages read so far said.
#[derive(Debug, Default)]
struct List {
    own: Vec<ClientOrderId>,
    foreign: usize,
    pages: usize,
    cursor: Option<String>,
}

/// An account has at most 150 open orders in a market (paradex.md 2.2): more pages than this are an endless list.
const PAGES: usize = 16;

impl Lists {
    /// Where a list goes on, as the end of a query.
    pub fn continuation(&self, number: u64) -> String {
        let cursor = self.open.get(&number).and_then(|list| list.cursor.as_deref());
        cursor.map(|cursor| format!("&cursor={}", escaped(cursor))).unwrap_or_default()
    }
}

/// Cursors are opaque: whatever could end a parameter is escaped.
fn escaped(cursor: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    cursor.bytes().map(escape).collect()
}

impl ParadexSession {
    pub(super) fn ask_open_orders(&mut self, now: Now, out: &mut Outbox) {
        self.lists.last += 1;
        let number = self.lists.last;
        self.lists.open.insert(number, List::default());
        self.request(now, Ask::OpenOrders(number), out);
    }

    /// One page came, or did not.
    pub(super) fn list_answer(
        &mut self,
        now: Now,
        number: u64,
        asked: Mono,
        reply: &HttpReply,
        out: &mut Outbox,
    ) {
        let page = match reply.status {
            200 => wire::open_orders(&reply.body).map_err(|cause| cause.to_string()),
            status => Err(rejects::of_rest(status, &wire::rest_error(&reply.body)).to_string()),
        };
        if reply.status == 401 {
            self.later(now, Duration::ZERO, Ask::Auth);
        }
        match page.and_then(|page| self.take_page(number, page)) {
            Ok(true) => self.request_dated(now, asked, Ask::OpenOrders(number), out),
            Ok(false) => {
                let List { own, foreign, .. } = self.lists.open.remove(&number).unwrap_or_default();
                out.report(VenueReport::OpenOrders { asked, own, foreign });
            }
            Err(cause) => self.list_unanswered(number, &cause, out),
        }
    }

    /// Adds a page; true when another follows.
    fn take_page(&mut self, number: u64, page: wire::OrderPage) -> Result<bool, String> {
        if page.orders.iter().any(|order| !self.is_ours(&order.account)) {
            return Err("the answer lists orders of another account".to_owned());
        }
        let Some(list) = self.lists.open.get_mut(&number) else {
            return Err("the list is not being read any more".to_owned());
        };
        let market = &self.config.market;
        for order in page.orders.iter().filter(|order| !order.closed && order.market == *market) {
            match ClientOrderId::from_text(&order.client_id) {
                Some(cid) if !list.own.contains(&cid) => list.own.push(cid),
                Some(_) => {}
                None => list.foreign += 1,
            }
        }
        list.pages += 1;
        list.cursor = page.next;
        if list.cursor.is_some() && list.pages >= PAGES {
            return Err("the list does not end".to_owned());
        }
        Ok(list.cursor.is_some())
    }

    pub(super) fn list_unanswered(&mut self, number: u64, cause: &str, out: &mut Outbox) {
        self.lists.open.remove(&number);
        out.report(VenueReport::AskFailed { cause: cause.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_back_as_one_parameter_whatever_is_in_it() {
        let mut lists = Lists::default();
        lists.open.insert(1, List { cursor: Some("a+b/c=&market=X".to_owned()), ..List::default() });
        assert_eq!(lists.continuation(1), "&cursor=a%2Bb%2Fc%3D%26market%3DX");
        assert_eq!(lists.continuation(2), "");
    }
}
