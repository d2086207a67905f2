//! Who is asking: sign-in, onboarding, tokens (paradex.md 3.2, 3.3). Every signature is verified.

use super::ParadexSim;
use super::jwt::Claims;
use super::options::AccountSetup;
use super::refusal::{Code, Refusal};
use crate::domain::Wall;
use crate::signing::stark::{Felt, Message, Signature, felt_from_hex, verify};
use crate::sim::exchange::book::Owner;
use crate::sim::service::{Request, Response};
use serde_json::{Value, json};

/// Validity of a sign-in signature without its own expiration, and the most it may have, in seconds.
const EXPIRATION_DEFAULT_S: u64 = 1_800;
const EXPIRATION_MAX_S: u64 = 7 * 86_400;

/// A bearer whose token was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The account.
    pub owner: Owner,
    /// Issued for retail.
    pub interactive: bool,
}

impl ParadexSim {
    /// The bearer of a REST call.
    pub(super) fn bearer(&self, now: Wall, request: &Request) -> Result<Bearer, Refusal> {
        let header = request.header("authorization");
        let token = header.and_then(|value| value.strip_prefix("Bearer "));
        let missing = || Refusal::new(Code::Unauthorized, "Authorization: Bearer <jwt> is missing");
        self.bearer_of(now, token.ok_or_else(missing)?)
    }

    /// The bearer of a token.
    pub(super) fn bearer_of(&self, now: Wall, token: &str) -> Result<Bearer, Refusal> {
        let Claims { account, interactive, .. } = self.mint.check(now, token)?;
        let address = felt_from_hex(&account).ok();
        let known = address.and_then(|address| self.exchange.account_at(&address));
        let unknown = || Refusal::new(Code::InvalidToken, "token is of an unknown account");
        known.map(|account| Bearer { owner: account.owner, interactive }).ok_or_else(unknown)
    }

    /// `POST /auth` and `POST /auth/{public_key}`.
    pub(super) fn sign_in(
        &self,
        now: Wall,
        request: &Request,
        key: Option<&str>,
    ) -> Result<Response, Refusal> {
        let address = account_header(request)?;
        let signature = signature_header(request)?;
        let timestamp_s = seconds(request, "paradex-timestamp")?
            .ok_or_else(|| Refusal::new(Code::InvalidTimestamp, "PARADEX-TIMESTAMP is missing"))?;
        let asked_expiration = seconds(request, "paradex-signature-expiration")?;
        let expiration_s = asked_expiration.unwrap_or(timestamp_s.saturating_add(EXPIRATION_DEFAULT_S));
        self.times_hold(now, timestamp_s, expiration_s)?;
        let account = self.exchange.account_at(&address).ok_or_else(not_onboarded)?;
        let hash =
            self.domain.for_account(address).message_hash(&Message::Auth { timestamp_s, expiration_s });
        let signs = |key: &Felt| verify(key, &hash, &signature);
        let verified = match key {
            None => signs(&account.public_key),
            Some(text) => {
                let key = felt_from_hex(text).map_err(|reason| {
                    Refusal::new(Code::PublicKeyInvalid, format!("public key: {reason}"))
                })?;
                if !account.owns_key(&key) {
                    let message = "the key is not registered with this account";
                    return Err(Refusal::new(Code::InvalidSubkey, message));
                }
                signs(&key)
            }
        };
        if !verified {
            let message = "signature does not match account, timestamp and expiration";
            return Err(Refusal::new(Code::SignatureVerificationFailed, message));
        }
        let interactive = match request.query("token_usage") {
            None | Some("") => false,
            Some("interactive") => true,
            Some(other) => {
                let message = format!("token_usage {other} is unknown");
                return Err(Refusal::new(Code::InvalidRequestParameter, message));
            }
        };
        let token = self.mint.issue(now, &account.address_text(), interactive);
        Ok(Response::json(200, &json!({"jwt_token": token})))
    }

    fn times_hold(&self, now: Wall, timestamp_s: u64, expiration_s: u64) -> Result<(), Refusal> {
        let now_s = u64::try_from(now.secs()).unwrap_or_default();
        let ahead_s = u64::try_from(self.options.switches.timestamp_ahead_max_ms / 1_000).unwrap_or_default();
        if timestamp_s > now_s + ahead_s {
            return Err(Refusal::new(Code::InvalidTimestamp, "timestamp is in the future"));
        }
        if expiration_s <= now_s {
            return Err(Refusal::new(Code::InvalidBlockExpiration, "signature has expired"));
        }
        if expiration_s <= timestamp_s || expiration_s - timestamp_s > EXPIRATION_MAX_S {
            let message = "signature may live one week at most, from its timestamp on";
            return Err(Refusal::new(Code::InvalidBlockExpiration, message));
        }
        Ok(())
    }

    /// `POST /onboarding`: idempotent.
    pub(super) fn onboard(&mut self, request: &Request) -> Result<Response, Refusal> {
        let address = account_header(request)?;
        let signature = signature_header(request)?;
        let l1_address = request.header("paradex-ethereum-account").unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body)
            .map_err(|cause| Refusal::new(Code::BindingError, format!("body: {cause}")))?;
        let key_text = body["public_key"].as_str().unwrap_or_default();
        let public_key = felt_from_hex(key_text)
            .map_err(|reason| Refusal::new(Code::PublicKeyInvalid, format!("public_key: {reason}")))?;
        let known = self.exchange.account_at(&address);
        let belongs = match known {
            Some(account) => account.public_key == public_key,
            None => self.classes.account_address(public_key) == address,
        };
        if !belongs {
            let message = "the account address does not belong to the public key";
            return Err(Refusal::new(Code::InvalidStarknetAddress, message));
        }
        let hash = self.domain.for_account(address).message_hash(&Message::Onboarding);
        if !verify(&public_key, &hash, &signature) {
            let message = "signature does not match the onboarding message";
            return Err(Refusal::new(Code::SignatureVerificationFailed, message));
        }
        if known.is_none() {
            let (l1_address, balance) = (l1_address.to_owned(), self.options.onboarding_balance);
            let setup = AccountSetup { l1_address, public_key, address, subkeys: Vec::new(), balance };
            self.exchange.add_account(&setup);
        }
        Ok(Response::json(200, &json!({"address": format!("{address:#x}")})))
    }

    /// `GET /onboarding?account_signer_type=starknet&public_key=`.
    pub(super) fn onboarding(&self, request: &Request) -> Result<Response, Refusal> {
        let signer = request.query("account_signer_type").unwrap_or("starknet");
        if signer != "starknet" {
            let message = format!("account_signer_type {signer} is not served");
            return Err(Refusal::new(Code::InvalidRequestParameter, message));
        }
        let key = felt_from_hex(request.query("public_key").unwrap_or_default())
            .map_err(|reason| Refusal::new(Code::PublicKeyInvalid, format!("public_key: {reason}")))?;
        let known = self.exchange.accounts().iter().find(|account| account.public_key == key);
        let address = known.map_or_else(|| self.classes.account_address(key), |account| account.address);
        let body = json!({
            "address": format!("{address:#x}"),
            "exists": known.is_some(),
            "account_signer_type": "starknet",
            "derivation_info": null,
        });
        Ok(Response::json(200, &body))
    }
}

fn not_onboarded() -> Refusal {
    Refusal::new(Code::NotOnboarded, "user has never called /onboarding endpoint")
}

fn account_header(request: &Request) -> Result<Felt, Refusal> {
    let text = request.header("paradex-starknet-account").unwrap_or_default();
    felt_from_hex(text).map_err(|reason| {
        Refusal::new(Code::InvalidStarknetAddress, format!("PARADEX-STARKNET-ACCOUNT: {reason}"))
    })
}

fn signature_header(request: &Request) -> Result<Signature, Refusal> {
    let text = request.header("paradex-starknet-signature").unwrap_or_default();
    Signature::from_wire(text).map_err(|reason| {
        Refusal::new(Code::InvalidStarknetSignature, format!("PARADEX-STARKNET-SIGNATURE: {reason}"))
    })
}

fn seconds(request: &Request, name: &str) -> Result<Option<u64>, Refusal> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Refusal::new(Code::InvalidTimestamp, format!("{name} is not a unix time in seconds"))
        })
    };
    request.header(name).map(parse).transpose()
}
