//! From a request to an order that counts: what is refused at the door, and the risk check behind it (paradex.md 2.3, 4.1).

use super::order::{Instruction, Kind, Order, OrderRequest, Status};
use super::rules::{Class, MARKETS, Rules};
use super::{Due, Event, Exchange};
use crate::domain::{Price, Qty, Side, Usd, Wall};

/// A refusal at the door: the venue's code and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Such as `INVALID_ORDER_SIZE`.
    pub code: &'static str,
    /// In words.
    pub message: String,
}

impl Reject {
    /// A refusal.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A signature may be ahead of the venue's clock by this much, ms; how far is not documented.
const AHEAD_MAX_MS: i64 = 10_000;
const RECV_WINDOW_MIN_MS: i64 = 10;

impl Exchange {
    /// Takes an order in as NEW, or refuses it. The signature was checked before.
    pub fn submit(
        &mut self,
        now: Wall,
        account: usize,
        request: OrderRequest,
        class: Class,
        conn: Option<u64>,
    ) -> Result<Order, Reject> {
        self.check_state(&request)?;
        self.check_time(now, &request)?;
        self.check_shape(&request)?;
        self.check_client_id(account, &request)?;
        let open = self.live_orders(account).filter(|order| order.request.market == request.market).count();
        if open >= MARKETS[request.market].max_open_orders {
            return Err(Reject::new("VALIDATION_ERROR", "too many open orders in this market"));
        }
        let no = self.number();
        let order = Order {
            no,
            // Milliseconds and a counter, 28 digits as the venue's ids.
            id: format!("{}{no:015}", now.millis()),
            account,
            remaining: request.size,
            request,
            class,
            status: Status::New,
            filled_value: Usd::ZERO,
            cancel_reason: "",
            created: now,
            updated: now,
            conn,
        };
        self.orders.insert(no, order.clone());
        self.events.push(Event::Order(Box::new(order.clone())));
        self.schedule(now, class, Due::Activate(no));
        Ok(order)
    }

    fn check_state(&self, request: &OrderRequest) -> Result<(), Reject> {
        match self.state {
            "cancel_only" => Err(Reject::new("SYSTEM_STATUS_CANCEL_ONLY", "only cancels are accepted")),
            "post_only" if request.instruction != Instruction::PostOnly => {
                Err(Reject::new("SYSTEM_STATUS_POST_ONLY", "only post-only orders are accepted"))
            }
            "maintenance" => Err(Reject::new("SERVICE_UNAVAILABLE", "maintenance")),
            _ => Ok(()),
        }
    }

    fn check_time(&self, now: Wall, request: &OrderRequest) -> Result<(), Reject> {
        let (signed, window) = (request.signature_timestamp, request.recv_window);
        if window < RECV_WINDOW_MIN_MS {
            return Err(Reject::new("VALIDATION_ERROR", "recv_window must be at least 10 ms"));
        }
        if now.millis() > signed.saturating_add(window) {
            return Err(Reject::new("INVALID_TIMESTAMP", "the order arrived after its recv_window"));
        }
        if signed > now.millis() + AHEAD_MAX_MS {
            return Err(Reject::new("INVALID_TIMESTAMP", "signature_timestamp is in the future"));
        }
        Ok(())
    }

    pub(super) fn check_shape(&self, request: &OrderRequest) -> Result<(), Reject> {
        let rules = &MARKETS[request.market];
        if !request.size.is_positive() || !request.size.is_multiple_of(rules.step) {
            let text = format!("size must be a positive multiple of {}", rules.step);
            return Err(Reject::new("INVALID_ORDER_SIZE", text));
        }
        if request.size > rules.max_order_size {
            return Err(Reject::new("INVALID_ORDER_SIZE", format!("size is above {}", rules.max_order_size)));
        }
        match (request.kind, request.instruction) {
            (Kind::Market, Instruction::PostOnly) => {
                return Err(Reject::new("VALIDATION_ERROR", "a MARKET order cannot be POST_ONLY"));
            }
            (Kind::Market, _) if !request.price.is_zero() => {
                return Err(Reject::new("VALIDATION_ERROR", "a MARKET order has no price"));
            }
            (Kind::Market, _) => return Ok(()),
            (Kind::Limit, _) => {}
        }
        if !request.price.is_positive() || !request.price.is_multiple_of(rules.tick) {
            let text = format!("price must be a positive multiple of {}", rules.tick);
            return Err(Reject::new("VALIDATION_ERROR", text));
        }
        self.check_band(request, rules)
    }

    /// The band stops only the aggressive side.
    fn check_band(&self, request: &OrderRequest, rules: &Rules) -> Result<(), Reject> {
        let mark = self.markets[request.market].mark;
        let outside = match request.side {
            Side::Buy => request.price > mark.scaled_ppm(rules.band_ppm),
            Side::Sell => request.price < mark.scaled_ppm(-rules.band_ppm),
        };
        if outside {
            return Err(Reject::new("VALIDATION_ERROR", "price is outside the price band"));
        }
        Ok(())
    }

    fn check_client_id(&self, account: usize, request: &OrderRequest) -> Result<(), Reject> {
        if request.client_id.len() > 64 {
            return Err(Reject::new("VALIDATION_ERROR", "client_id is longer than 64"));
        }
        let taken =
            !request.client_id.is_empty() && self.order_by_client_id(account, &request.client_id).is_some();
        if taken {
            return Err(Reject::new("DUPLICATED_CLIENT_ID", "an order of this client_id exists"));
        }
        Ok(())
    }

    /// The delay has passed: risk checks, then the book.
    pub(super) fn activate(&mut self, now: Wall, no: u64) {
        let Some(order) = self.orders.get(&no).filter(|order| order.status == Status::New) else { return };
        match self.risk(order) {
            Err(reason) => self.close(now, no, reason),
            Ok(()) => self.execute(now, no),
        }
    }

    /// Why the risk check closes an order.
    fn risk(&self, order: &Order) -> Result<(), &'static str> {
        let request = &order.request;
        let (rules, mark) = (&MARKETS[request.market], self.markets[request.market].mark);
        let position = self.accounts[order.account].position(request.market);
        if request.reduce_only {
            self.risk_reduce_only(order, position)?;
        }
        let whole = request.reduce_only && request.size == position.abs();
        let price = if request.kind == Kind::Market { mark } else { request.price.max(mark) };
        if !whole && price.notional(request.size) < rules.min_notional {
            return Err("ORDER_SIZE_BELOW_MIN");
        }
        if !request.reduce_only {
            self.risk_limit(order, position, rules)?;
        }
        self.risk_margin(order)
    }

    /// Accepted only when it reduces; never trimmed (paradex.md 4.1).
    fn risk_reduce_only(&self, order: &Order, position: Qty) -> Result<(), &'static str> {
        let side = order.request.side;
        let reducible =
            if Side::of_position(position) == Some(side.opposite()) { position.abs() } else { Qty::ZERO };
        let same_side = |other: &&Order| {
            other.no != order.no
                && other.status == Status::Open
                && other.request.reduce_only
                && other.request.market == order.request.market
                && other.request.side == side
        };
        let used: Qty = self.live_orders(order.account).filter(same_side).map(|other| other.remaining).sum();
        if order.request.size > reducible - used { Err("REDUCE_ONLY_WILL_INCREASE") } else { Ok(()) }
    }

    fn risk_limit(&self, order: &Order, position: Qty, rules: &Rules) -> Result<(), &'static str> {
        let side = order.request.side;
        let same = |other: &&Order| {
            other.no != order.no
                && other.status == Status::Open
                && other.request.market == order.request.market
                && other.request.side == side
        };
        let open: Qty = self.live_orders(order.account).filter(same).map(|other| other.remaining).sum();
        let directed = match side {
            Side::Buy => position,
            Side::Sell => -position,
        };
        if order.request.size + open + directed > rules.position_limit {
            Err("POSITION_LIMIT_EXCEEDED")
        } else {
            Ok(())
        }
    }

    /// Accepted if the account value covers the initial margin with the order, or the order does not raise it.
    fn risk_margin(&self, order: &Order) -> Result<(), &'static str> {
        let marks = self.marks();
        let account = &self.accounts[order.account];
        let open: Vec<(usize, Qty)> = self
            .live_orders(order.account)
            .filter(|other| other.status == Status::Open && !other.request.reduce_only)
            .map(|other| (other.request.market, other.request.side.signed(other.remaining)))
            .collect();
        let mut with = open.clone();
        with.push((order.request.market, order.request.side.signed(order.request.size)));
        let (before, after) = (account.margin(&marks, &open), account.margin(&marks, &with));
        if after.initial > before.initial && after.value < after.initial {
            Err("NOT_ENOUGH_MARGIN")
        } else {
            Ok(())
        }
    }

    /// Worst price a taker may trade at, and the worst average, where there is one.
    pub(super) fn taker_bounds(&self, order: &Order) -> (Price, Option<Price>) {
        let request = &order.request;
        if request.kind == Kind::Limit {
            return (request.price, None);
        }
        let (rules, market) = (&MARKETS[request.market], &self.markets[request.market]);
        let touch = market.book.best(request.side.opposite()).map_or(market.mark, |(price, _)| price);
        match request.side {
            Side::Buy => {
                (market.mark.scaled_ppm(rules.band_ppm), Some(touch.scaled_ppm(rules.max_slippage_ppm)))
            }
            Side::Sell => {
                (market.mark.scaled_ppm(-rules.band_ppm), Some(touch.scaled_ppm(-rules.max_slippage_ppm)))
            }
        }
    }
}
