//! REST: paths to handlers, parameters, tokens, limits, refusals (lighter.md 2.1, 2.2, 2.5).

mod accounts;
mod endpoint;
mod history;
mod markets;
mod params;
mod send;

use super::LighterSim;
use super::auth::{Grant, check_token};
use super::rate::Caller;
use super::refusal::Refusal;
use super::switches::LimitStatus;
use crate::domain::Wall;
use crate::transport::service::{Request, Response};
use endpoint::Endpoint;
use params::Params;
use serde_json::Value;

/// One request being answered.
struct Call<'a> {
    sim: &'a mut LighterSim,
    now: Wall,
    params: Params,
    token: Option<String>,
}

impl LighterSim {
    /// Answers a request; frames it causes stay in the hub.
    pub(super) fn answer(&mut self, now: Wall, request: &Request) -> Response {
        let Some(endpoint) = Endpoint::find(&request.method, &request.path) else {
            return Response::json(404, &Refusal::NotFound.body());
        };
        let params = Params::of(request);
        let header = request.header("authorization").map(str::to_owned);
        let token =
            header.filter(|token| !token.is_empty()).or_else(|| params.get("auth").map(str::to_owned));
        self.remember_token(now, token.as_deref());
        let mut call = Call { sim: self, now, params, token };
        match call.run(endpoint) {
            Ok(body) => Response::json(200, &body),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let firewall = self.options.switches.limit_status == LimitStatus::Firewall;
        if *refusal == Refusal::TooManyRequests && firewall {
            let headers = vec![("content-type", "text/html".to_owned())];
            let page = b"<html><body>Not Allowed</body></html>".to_vec();
            return Response { headers, ..Response::plain(405, page) };
        }
        Response::json(refusal.http_status(), &refusal.body())
    }
}

impl Call<'_> {
    fn run(&mut self, endpoint: Endpoint) -> Result<Value, Refusal> {
        if let Some(weight) = endpoint.weight() {
            let caller = self.caller();
            self.sim.limits.read(self.now, &caller, weight)?;
        }
        match endpoint {
            Endpoint::Status => Ok(self.status()),
            Endpoint::Info => Ok(markets::info()),
            Endpoint::OrderBooks => self.order_books(),
            Endpoint::OrderBookDetails => self.order_book_details(),
            Endpoint::OrderBookOrders => self.order_book_orders(),
            Endpoint::RecentTrades => self.recent_trades(),
            Endpoint::ExchangeStats => Ok(super::json_out::exchange_stats(&self.sim.exchange)),
            Endpoint::FundingRates => Ok(self.funding_rates()),
            Endpoint::Fundings => self.fundings(),
            Endpoint::SystemConfig => Ok(markets::system_config()),
            Endpoint::FeeTiers => Ok(markets::fee_tiers()),
            Endpoint::Announcement => Ok(markets::announcement()),
            Endpoint::Account => self.account(),
            Endpoint::AccountsByL1Address => self.accounts_by_l1_address(),
            Endpoint::ApiKeys => self.api_keys(),
            Endpoint::NextNonce => self.next_nonce(),
            Endpoint::AccountLimits => self.account_limits(),
            Endpoint::ChangeAccountTier => self.change_account_tier(),
            Endpoint::GetMakerOnlyApiKeys => self.maker_only_api_keys(),
            Endpoint::SetMakerOnlyApiKeys => self.set_maker_only_api_keys(),
            Endpoint::Trades => self.trades(),
            Endpoint::Tx => self.tx(),
            Endpoint::AccountTxs => self.account_txs(),
            Endpoint::AccountActiveOrders => self.account_active_orders(),
            Endpoint::AccountInactiveOrders => self.account_inactive_orders(),
            Endpoint::AccountOrders => self.account_orders(),
            Endpoint::SendTx => self.send_tx(),
            Endpoint::SendTxBatch => self.send_tx_batch(),
        }
    }

    /// Who the request counts for: the owner behind a good token, else the network address.
    fn caller(&self) -> Caller {
        let grant =
            self.token.as_deref().and_then(|token| check_token(&self.sim.exchange, self.now, token).ok());
        let account = grant.and_then(|grant| self.sim.exchange.accounts.get(&grant.account));
        account.map_or(Caller::Network, |account| self.sim.owner_of(account))
    }

    /// The token of a private call.
    fn grant(&self) -> Result<Grant, Refusal> {
        let token = self.token.as_deref().ok_or_else(Refusal::missing_token)?;
        check_token(&self.sim.exchange, self.now, token)
    }

    /// The account of a private call, opened by its token.
    fn private_account(&self, name: &str) -> Result<i64, Refusal> {
        let grant = self.grant()?;
        let account = self.params.required_integer(name)?;
        grant.opens(&self.sim.exchange, account)?;
        Ok(account)
    }
}
