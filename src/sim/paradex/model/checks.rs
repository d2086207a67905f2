//! What the API looks at before it takes an order: form and rules that need no risk engine (paradex.md 2, 2.3, 4.1).

use super::{Exchange, NewOrder, SystemStatus};
use crate::domain::{Price, Qty, Side};
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::paradex::words::{Instruction, Kind};

/// Longest `client_id`.
const CLIENT_ID_MAX: usize = 64;

impl Exchange {
    /// Refuses what the API refuses at once. What is taken is NEW and meets the risk check later.
    pub fn admit(&self, owner: Owner, asked: &NewOrder) -> Result<(), Refusal> {
        self.admit_change(owner, asked)?;
        self.client_id_is_free(owner, &asked.client_id)?;
        self.room_for_one_more(owner, asked)
    }

    /// The part of [`Exchange::admit`] that a modified order meets too.
    pub fn admit_change(&self, owner: Owner, asked: &NewOrder) -> Result<(), Refusal> {
        self.status_allows(asked)?;
        instruction_fits(asked)?;
        numbers_fit(asked)?;
        self.size_is_worth_it(owner, asked)?;
        self.price_is_in_band(asked)
    }

    fn status_allows(&self, asked: &NewOrder) -> Result<(), Refusal> {
        let rests = matches!(asked.instruction, Instruction::PostOnly | Instruction::Rpi);
        match self.status {
            SystemStatus::Ok => Ok(()),
            SystemStatus::PostOnly if rests => Ok(()),
            SystemStatus::PostOnly => {
                Err(Refusal::new(Code::StatusPostOnly, "only POST_ONLY and RPI orders are taken now"))
            }
            SystemStatus::CancelOnly => {
                Err(Refusal::new(Code::StatusCancelOnly, "only cancels are taken now"))
            }
            SystemStatus::Maintenance => Err(Refusal::new(Code::ServiceUnavailable, "maintenance")),
        }
    }

    fn client_id_is_free(&self, owner: Owner, client_id: &str) -> Result<(), Refusal> {
        if client_id.is_empty() {
            return Ok(());
        }
        if client_id.len() > CLIENT_ID_MAX {
            return Err(Refusal::new(Code::ValidationError, "client_id has more than 64 characters"));
        }
        let known = self.by_client_id(owner, client_id);
        let taken = known.is_some_and(|order| order.alive() || self.switches.client_id_taken_for_ever);
        if taken {
            let message = format!("an order with client_id {client_id} exists");
            return Err(Refusal::new(Code::DuplicatedClientId, message));
        }
        Ok(())
    }

    /// Least notional by the mark; a reduce-only order may close the whole of a smaller position.
    fn size_is_worth_it(&self, owner: Owner, asked: &NewOrder) -> Result<(), Refusal> {
        let held = self.account(owner).position(asked.symbol).state.qty.abs();
        if asked.reduce_only && asked.size == held {
            return Ok(());
        }
        let least = asked.symbol.listing().min_notional;
        let notional = self.market(asked.symbol).mark.notional(asked.size);
        if notional < least {
            let message = format!("order notional {notional} is below the minimum of {least}");
            return Err(Refusal::new(Code::InvalidOrderSize, message));
        }
        Ok(())
    }

    /// The band stops the aggressive side only.
    fn price_is_in_band(&self, asked: &NewOrder) -> Result<(), Refusal> {
        if asked.kind.at_market() || asked.kind.conditional() {
            return Ok(());
        }
        let bound = self.band(asked.symbol, asked.side);
        let beyond = match asked.side {
            Side::Buy => asked.price > bound,
            Side::Sell => asked.price < bound,
        };
        if beyond {
            let message = format!("price {} is beyond the price band, which ends at {bound}", asked.price);
            return Err(Refusal::new(Code::ValidationError, message));
        }
        Ok(())
    }

    fn room_for_one_more(&self, owner: Owner, asked: &NewOrder) -> Result<(), Refusal> {
        let rests = asked.instruction != Instruction::Ioc && asked.kind != Kind::Market;
        let here = |no| self.orders.get(no).is_some_and(|order| order.asked.symbol == asked.symbol);
        let open = self.account(owner).alive.iter().filter(|no| here(no)).count();
        if rests && open >= asked.symbol.listing().max_open_orders {
            return Err(Refusal::new(Code::MaxOpenOrders, "too many open orders in this market"));
        }
        Ok(())
    }
}

fn instruction_fits(asked: &NewOrder) -> Result<(), Refusal> {
    let fits = match asked.instruction {
        Instruction::Gtc => asked.kind != Kind::Market,
        // The official client sends MARKET with IOC; conditional orders become plain ones only later.
        Instruction::Ioc => matches!(asked.kind, Kind::Limit | Kind::Market),
        Instruction::PostOnly => matches!(asked.kind, Kind::Limit | Kind::StopLimit),
        Instruction::Rpi => {
            return Err(Refusal::new(Code::RpiNotWhitelisted, "this account may not post RPI orders"));
        }
    };
    if !fits {
        let message =
            format!("instruction {} does not go with type {}", asked.instruction.word(), asked.kind.word());
        return Err(Refusal::new(Code::ValidationError, message));
    }
    if asked.kind.conditional() != asked.trigger.is_some() {
        return Err(Refusal::new(
            Code::ValidationError,
            "trigger_price goes with stop and take-profit orders only",
        ));
    }
    Ok(())
}

fn numbers_fit(asked: &NewOrder) -> Result<(), Refusal> {
    let listing = asked.symbol.listing();
    let size = |message: String| Err(Refusal::new(Code::InvalidOrderSize, message));
    if asked.size <= Qty::ZERO {
        return size("size must be above zero".to_owned());
    }
    if !asked.size.is_multiple_of(listing.step) {
        return size(format!("size {} is not a multiple of {}", asked.size, listing.step));
    }
    if asked.size > listing.max_order {
        return size(format!("size {} is above the maximum of {}", asked.size, listing.max_order));
    }
    if asked.kind.at_market() {
        if !asked.price.is_zero() {
            return Err(Refusal::new(Code::ValidationError, "an order at market has no price"));
        }
    } else {
        on_tick("price", asked.price, listing.tick)?;
    }
    asked.trigger.map_or(Ok(()), |trigger| on_tick("trigger_price", trigger, listing.tick))
}

fn on_tick(field: &str, price: Price, tick: Price) -> Result<(), Refusal> {
    if !price.is_positive() {
        return Err(Refusal::new(Code::ValidationError, format!("{field} must be above zero")));
    }
    if !price.is_multiple_of(tick) {
        let message = format!("{field} {price} is not a multiple of {tick}");
        return Err(Refusal::new(Code::ValidationError, message));
    }
    Ok(())
}
