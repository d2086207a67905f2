//! An account: collateral, positions, margin (paradex.md 2, AccountSummary and Position).

use super::rules::MARKETS;
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::signing::stark::Felt;
use crate::sim::exchange::position::PositionState;

/// One account as it is set up.
#[derive(Clone, Debug)]
pub struct AccountSetup {
    /// Owner's Ethereum address.
    pub l1_address: String,
    /// Account address.
    pub address: Felt,
    /// Main public key.
    pub public_key: Felt,
    /// Registered subkeys.
    pub subkeys: Vec<Felt>,
    /// USDC at the start.
    pub balance: Usd,
}

/// A position with what the venue shows of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Size and entry.
    pub state: PositionState,
    /// Number of the last fill; zero before the first.
    pub last_fill: u64,
    /// When it was first opened.
    pub created: Wall,
    /// When it last changed.
    pub updated: Wall,
}

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// How it was set up.
    pub setup: AccountSetup,
    /// USDC: deposits, realized profit, fees.
    pub cash: Usd,
    /// Positions by market.
    pub positions: [Option<Held>; MARKETS.len()],
    /// When anything last changed.
    pub updated: Wall,
}

/// Margin figures at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margin {
    /// Cash and unrealized profit.
    pub value: Usd,
    /// Needed to open.
    pub initial: Usd,
    /// Needed to stay.
    pub maintenance: Usd,
}

impl Account {
    /// A fresh account.
    pub fn new(setup: AccountSetup) -> Self {
        let cash = setup.balance;
        Self { setup, cash, positions: [None; MARKETS.len()], updated: Wall(0) }
    }

    /// Signed position in a market.
    pub fn position(&self, market: usize) -> Qty {
        self.positions[market].map_or(Qty::ZERO, |held| held.state.qty)
    }

    /// Takes an execution in; returns the profit it realized.
    pub fn fill(
        &mut self,
        now: Wall,
        market: usize,
        no: u64,
        side: Side,
        qty: Qty,
        price: Price,
        fee: Usd,
    ) -> Usd {
        let held = self.positions[market].get_or_insert(Held { created: now, ..Held::default() });
        let realized = held.state.apply(side, qty, price);
        held.last_fill = no;
        held.updated = now;
        if held.state.qty.is_zero() {
            held.state.realized = Usd::ZERO;
        }
        self.cash = self.cash + realized - fee;
        self.updated = now;
        realized
    }

    /// Margin at these marks, with `extra` (signed, per market) as if it were held too.
    pub fn margin(&self, marks: &[Price; MARKETS.len()], extra: &[(usize, Qty)]) -> Margin {
        let mut margin = Margin { value: self.cash, initial: Usd::ZERO, maintenance: Usd::ZERO };
        for (market, rules) in MARKETS.iter().enumerate() {
            let state = self.positions[market].map(|held| held.state).unwrap_or_default();
            margin.value = margin.value + state.unrealized(marks[market]);
            let added: Qty = extra.iter().filter(|(of, _)| *of == market).map(|(_, qty)| *qty).sum();
            let size = state.qty.abs().max((state.qty + added).abs());
            let notional = marks[market].notional(size);
            let initial = notional.fraction(rules.imf_ppm, 1_000_000);
            margin.initial = margin.initial + initial;
            let held = marks[market].notional(state.qty.abs()).fraction(rules.imf_ppm, 1_000_000);
            margin.maintenance = margin.maintenance + held.fraction(rules.mmf_ppm, 1_000_000);
        }
        margin
    }
}

impl Margin {
    /// What can still be used; may be below zero.
    pub fn free(&self) -> Usd {
        self.value - self.initial
    }

    /// Distance to liquidation.
    pub fn cushion(&self) -> Usd {
        self.value - self.maintenance
    }
}
