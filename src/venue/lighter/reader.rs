//! Reads the position over REST alone, for whoever watches an account without trading on it: no stream, no key, no nonce. Asks
//! through a function it is handed and opens no socket itself.

use super::session::LighterConfig;
use super::wire::account::AccountReply;
use super::wire::market::MarketList;
use super::wire::reply;
use super::wire::request::Addresses;
use crate::domain::Qty;
use crate::venue::http::{HttpFailure, HttpReply};

/// Reads one account's position in one market.
#[derive(Clone, Debug)]
pub struct PositionReader {
    addresses: Addresses,
    account: u64,
    symbol: String,
    market: Option<u64>,
}

impl PositionReader {
    /// Asks nothing yet.
    pub fn new(config: &LighterConfig) -> Self {
        let account = config.slot.account();
        let addresses = Addresses::new(&config.rest_url, account);
        Self { addresses, account, symbol: config.symbol.clone(), market: None }
    }

    /// The signed position now. `get` fetches one address.
    ///
    /// # Errors
    /// Why there is no answer, in words; never evidence of zero.
    pub fn read(
        &mut self,
        mut get: impl FnMut(String) -> Result<HttpReply, HttpFailure>,
    ) -> Result<Qty, String> {
        let market = match self.market {
            Some(market) => market,
            None => {
                let list = reply::read::<MarketList>(get(self.addresses.markets()));
                let list = list.map_err(|cause| cause.to_string())?;
                list.find(&self.symbol).map_err(|cause| cause.to_string())?.id
            }
        };
        self.market = Some(market);
        let answer = reply::read::<AccountReply>(get(self.addresses.account()));
        answer.map_err(|cause| cause.to_string())?.of(self.account)?.position(market)
    }
}
