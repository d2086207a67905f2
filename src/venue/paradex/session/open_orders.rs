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
pub(super) fn escaped(cursor: &str) -> String {
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
            200 => wire::order_page(&reply.body).map_err(|cause| cause.to_string()),
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
    fn take_page(&mut self, number: u64, page: wire::Page<wire::OrderView>) -> Result<bool, String> {
        if page.rows.iter().any(|order| !self.is_ours(&order.account)) {
            return Err("the answer lists orders of another account".to_owned());
        }
        let Some(list) = self.lists.open.get_mut(&number) else {
            return Err("the list is not being read any more".to_owned());
        };
        let market = &self.config.market;
        for order in page.rows.iter().filter(|order| !order.closed && order.market == *market) {
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
    use crate::domain::Wall;
    use crate::signing::Entropy;
    use crate::signing::stark::StarkKey;
    use crate::venue::Output;
    use crate::venue::paradex::session::ParadexConfig;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&mut self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    /// The answer to the list by the venue's answer, in a session that knows no account yet: every named one is another's.
    fn listed(body: &str) -> VenueReport {
        let config = ParadexConfig {
            rest_url: String::new(),
            ws_url: String::new(),
            market: "BTC-USD-PERP".to_owned(),
            key: StarkKey::from_hex("0x1234").expect("a key"),
            account: None,
            retail: true,
            sent_before: Vec::new(),
        };
        let mut session = ParadexSession::new(config, Box::new(Zeros));
        session.lists.open.insert(1, List::default());
        let (now, mut out) = (Now { mono: Mono(9), wall: Wall(9) }, Outbox::default());
        session.list_answer(now, 1, Mono(7), &HttpReply::plain(200, body.as_bytes().to_vec()), &mut out);
        let mut told = out.drain().filter_map(|output| match output {
            Output::Report(report) => Some(report),
            _ => None,
        });
        told.next().expect("an answer")
    }

    #[test]
    fn nothing_is_counted_from_an_answer_of_another_account_or_one_that_cannot_be_read() {
        let order = |account: &str, size: &str| {
            format!(
                r#"{{"results":[{{"account":"{account}","client_id":"","market":"BTC-USD-PERP","status":"OPEN",
                    "size":"{size}","remaining_size":"{size}"}}]}}"#
            )
        };
        let one = VenueReport::OpenOrders { asked: Mono(7), own: Vec::new(), foreign: 1 };
        assert_eq!(listed(&order("", "1")), one);
        let none = VenueReport::OpenOrders { asked: Mono(7), own: Vec::new(), foreign: 0 };
        assert_eq!(listed(r#"{"results":[],"next":null}"#), none);
        for broken in [&order("0x99", "1"), &order("", "x"), "{}", r#"{"results":null}"#, "<html>"] {
            assert!(matches!(listed(broken), VenueReport::AskFailed { .. }), "{broken}");
        }
    }

    #[test]
    fn a_cursor_goes_back_as_one_parameter_whatever_is_in_it() {
        let mut lists = Lists::default();
        lists.open.insert(1, List { cursor: Some("a+b/c=&market=X".to_owned()), ..List::default() });
        assert_eq!(lists.continuation(1), "&cursor=a%2Bb%2Fc%3D%26market%3DX");
        assert_eq!(lists.continuation(2), "");
    }
}
