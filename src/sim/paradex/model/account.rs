//! Accounts and their positions. What may be done with them is decided elsewhere.

use super::Symbol;
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::signing::stark::Felt;
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::exchange::position::PositionState;
use std::collections::BTreeSet;

/// A position with its funding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Size, entry and profit.
    pub state: PositionState,
    /// The funding index it was last settled at.
    pub funding_index: Price,
    /// Funding settled since it was opened.
    pub realized_funding: Usd,
    /// Value and size of what was closed, for the average exit.
    pub closed: (Usd, Qty),
    /// When it was opened.
    pub created_at: Wall,
    /// When it became flat, if it is.
    pub closed_at: Option<Wall>,
    /// When it last changed.
    pub updated_at: Wall,
    /// The fill that changed it last; empty for a market never traded.
    pub last_fill_id: String,
    /// Rises with every change.
    pub seq: i64,
}

impl Position {
    /// Funding not yet settled: longs pay when the index rises.
    pub fn accrued_funding(&self, index: Price) -> Usd {
        let moved = index - self.funding_index;
        -moved.notional(self.state.qty)
    }

    /// Settles funding up to `index`; returns what was paid to (below zero: by) the account.
    pub fn settle_funding(&mut self, index: Price) -> Usd {
        let paid = self.accrued_funding(index);
        self.funding_index = index;
        self.realized_funding = self.realized_funding + paid;
        paid
    }

    /// Takes an execution in; returns the profit it realized. Funding is settled before.
    pub fn take(&mut self, now: Wall, side: Side, qty: Qty, price: Price, fill_id: &str) -> Usd {
        let before = Side::of_position(self.state.qty);
        let held = self.state.qty.abs();
        let profit = self.state.apply(side, qty, price);
        if before.is_some_and(|held_side| held_side != side) {
            let closing = qty.min(held);
            self.closed = (self.closed.0 + price.notional(closing), self.closed.1 + closing);
        }
        let after = Side::of_position(self.state.qty);
        if after.is_some() && after != before {
            self.created_at = now;
            self.closed_at = None;
            self.closed = Default::default();
            self.realized_funding = Usd::ZERO;
        }
        if after.is_none() {
            self.closed_at = Some(now);
            self.state.realized = Usd::ZERO;
        }
        self.updated_at = now;
        fill_id.clone_into(&mut self.last_fill_id);
        profit
    }

    /// True once the account has traded here.
    pub fn known(&self) -> bool {
        !self.last_fill_id.is_empty()
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub owner: Owner,
    /// Its address.
    pub address: Felt,
    /// Owner on Ethereum.
    pub l1_address: String,
    /// Main public key.
    pub public_key: Felt,
    /// Public keys of its subkeys.
    pub subkeys: Vec<Felt>,
    /// USDC.
    pub collateral: Usd,
    /// By market.
    pub positions: [Position; 3],
    /// Chosen leverage by market.
    pub leverage: [i64; 3],
    /// Orders that have not ended.
    pub alive: BTreeSet<OrderNo>,
    /// When the account last changed.
    pub updated_at: Wall,
    /// Rises with every change.
    pub seq: i64,
    /// When the account was made.
    pub created_at: Wall,
    /// The venue is closing its positions.
    pub liquidating: bool,
}

impl Account {
    /// A fresh account.
    pub fn new(owner: Owner, address: Felt, public_key: Felt, l1_address: String, collateral: Usd) -> Self {
        Self {
            owner,
            address,
            l1_address,
            public_key,
            subkeys: Vec::new(),
            collateral,
            positions: Default::default(),
            leverage: Symbol::ALL.map(|symbol| 1_000_000 / symbol.listing().initial_margin_ppm),
            alive: BTreeSet::new(),
            updated_at: Wall::default(),
            seq: 0,
            created_at: Wall::default(),
            liquidating: false,
        }
    }

    /// The position in a market.
    pub fn position(&self, symbol: Symbol) -> &Position {
        &self.positions[symbol.index()]
    }

    /// Its address as the venue writes it.
    pub fn address_text(&self) -> String {
        format!("{:#x}", self.address)
    }

    /// True for the main key and every subkey.
    pub fn owns_key(&self, key: &Felt) -> bool {
        self.public_key == *key || self.subkeys.contains(key)
    }

    /// All keys that may sign for the account.
    pub fn keys(&self) -> impl Iterator<Item = &Felt> {
        std::iter::once(&self.public_key).chain(&self.subkeys)
    }
}
