//! Sign-in of the simulated Paradex: Stark signatures in, bearer tokens out (paradex.md 3.2, 3.3).

use super::ParadexOptions;
use super::model::Reject;
use super::model::account::AccountSetup;
use super::model::rules::Class;
use crate::domain::Wall;
use crate::signing::stark::{AccountClasses, Felt, Message, Signature, SigningDomain, felt_from_hex, verify};
use crate::sim::service::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Class hashes of section 1.
pub const PROXY_CLASS: &str = "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9";
/// See above.
pub const ACCOUNT_CLASS: &str = "0x41cb0280ebadaa75f996d8d92c6f265f6d040bb3ba442e5f86a554f1765244e";
/// A signature may live a week.
const SIGNATURE_LIFE_MAX_S: i64 = 7 * 86_400;
/// How far a timestamp may be ahead.
const AHEAD_MAX_S: i64 = 60;

/// Who a request is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Index of the account.
    pub account: usize,
    /// Fee class of its token.
    pub class: Class,
    /// When the token ends, unix seconds.
    pub expires: i64,
}

/// Accounts by address, and the secret that marks our own tokens.
pub struct SignIn {
    domain: SigningDomain,
    classes: AccountClasses,
    accounts: Vec<AccountSetup>,
    by_address: BTreeMap<[u8; 32], usize>,
    secret: String,
    token_life_s: i64,
    issued: u64,
}

impl SignIn {
    /// Everybody who may sign in.
    pub fn new(options: &ParadexOptions) -> Self {
        let class = |text| felt_from_hex(text).expect("the class hashes of the reference are numbers");
        let accounts = options.accounts.clone();
        let keyed =
            accounts.iter().enumerate().map(|(index, account)| (account.address.to_bytes_be(), index));
        Self {
            domain: SigningDomain::new(options.chain_id)
                .expect("a chain id of the reference is a short string"),
            classes: AccountClasses { proxy: class(PROXY_CLASS), account: class(ACCOUNT_CLASS) },
            by_address: keyed.collect(),
            accounts,
            secret: format!("hedge-fast simulator tokens/{}", options.seed),
            token_life_s: options.token_life_s,
            issued: 0,
        }
    }

    /// POST /auth, with a subkey in the path or not.
    pub fn auth(
        &mut self,
        now: Wall,
        request: &Request,
        key_in_path: Option<&str>,
    ) -> Result<String, Reject> {
        let address = header_felt(request, "paradex-starknet-account", "INVALID_STARKNET_ADDRESS")?;
        let Some(account) = self.by_address.get(&address.to_bytes_be()).copied() else {
            return Err(Reject::new("NOT_ONBOARDED", "User has never called /onboarding endpoint"));
        };
        let key = self.key_for(account, key_in_path)?;
        let timestamp = header_number(request, "paradex-timestamp", "INVALID_TIMESTAMP")?;
        let expiration = header_number(request, "paradex-signature-expiration", "INVALID_BLOCK_EXPIRATION")?;
        check_life(now, timestamp, expiration)?;
        let message = Message::Auth {
            timestamp_s: u64::try_from(timestamp).unwrap_or_default(),
            expiration_s: u64::try_from(expiration).unwrap_or_default(),
        };
        self.check(address, &key, &message, request)?;
        let class = match request.query("token_usage") {
            Some("interactive") => Class::Retail,
            None | Some("") => Class::Pro,
            Some(_) => {
                return Err(Reject::new("INVALID_REQUEST_PARAMETER", "token_usage must be interactive"));
            }
        };
        Ok(self.mint(now, account, class))
    }

    fn key_for(&self, account: usize, key_in_path: Option<&str>) -> Result<Felt, Reject> {
        let setup = &self.accounts[account];
        let Some(text) = key_in_path else { return Ok(setup.public_key) };
        let key =
            felt_from_hex(text).map_err(|cause| Reject::new("PUBLIC_KEY_INVALID", cause.to_string()))?;
        if key == setup.public_key || setup.subkeys.contains(&key) {
            Ok(key)
        } else {
            Err(Reject::new("INVALID_SUBKEY", "the key is not registered for this account"))
        }
    }

    fn check(&self, address: Felt, key: &Felt, message: &Message, request: &Request) -> Result<(), Reject> {
        let text = request.header("paradex-starknet-signature").unwrap_or_default();
        let signature = Signature::from_wire(text)
            .map_err(|cause| Reject::new("INVALID_STARKNET_SIGNATURE", cause.to_string()))?;
        let hash = self.domain.for_account(address).message_hash(message);
        if verify(key, &hash, &signature) {
            Ok(())
        } else {
            Err(Reject::new(
                "STARKNET_SIGNATURE_VERIFICATION_FAILED",
                "starknet signature verification failed",
            ))
        }
    }

    /// POST /onboarding: the account must be the one the key makes. Repeating it changes nothing.
    pub fn onboard(&mut self, request: &Request, public_key: &str) -> Result<Option<AccountSetup>, Reject> {
        let address = header_felt(request, "paradex-starknet-account", "INVALID_STARKNET_ADDRESS")?;
        let key = felt_from_hex(public_key)
            .map_err(|cause| Reject::new("PUBLIC_KEY_INVALID", cause.to_string()))?;
        if self.classes.account_address(key) != address {
            return Err(Reject::new(
                "INVALID_STARKNET_ADDRESS",
                "the address does not belong to the public key",
            ));
        }
        self.check(address, &key, &Message::Onboarding, request)?;
        if self.by_address.contains_key(&address.to_bytes_be()) {
            return Ok(None);
        }
        let l1_address = request.header("paradex-ethereum-account").unwrap_or_default().to_owned();
        let balance = crate::domain::Usd::ZERO;
        let setup = AccountSetup { l1_address, address, public_key: key, subkeys: Vec::new(), balance };
        self.by_address.insert(address.to_bytes_be(), self.accounts.len());
        self.accounts.push(setup.clone());
        Ok(Some(setup))
    }

    /// GET /onboarding: the derived address, and whether somebody onboarded it.
    pub fn lookup(&self, public_key: &str) -> Result<(Felt, bool), Reject> {
        let key = felt_from_hex(public_key)
            .map_err(|cause| Reject::new("PUBLIC_KEY_INVALID", cause.to_string()))?;
        let address = self.classes.account_address(key);
        Ok((address, self.by_address.contains_key(&address.to_bytes_be())))
    }

    /// True when an order was signed by the account or one of its subkeys.
    pub fn signed(&self, account: usize, message: &Message, signature: &Signature) -> bool {
        let setup = &self.accounts[account];
        let hash = self.domain.for_account(setup.address).message_hash(message);
        std::iter::once(&setup.public_key).chain(&setup.subkeys).any(|key| verify(key, &hash, signature))
    }

    fn mint(&mut self, now: Wall, account: usize, class: Class) -> String {
        self.issued += 1;
        let iat = now.secs();
        let mut payload = serde_json::json!({
            "typ": "at+JWT", "exp": iat + self.token_life_s, "iat": iat, "iss": "Paradex simulator",
            "sub": format!("{:#x}", self.accounts[account].address), "jti": self.issued.to_string(),
        });
        if class == Class::Retail {
            payload["token_usage"] = "interactive".into();
        }
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let head = format!("{}.{}", encode(r#"{"alg":"ES384","typ":"JWT"}"#), encode(&payload.to_string()));
        let mark = self.mark(&head);
        format!("{head}.{mark}")
    }

    /// Clients read nothing of a token's signature; to us it proves that the token is ours.
    fn mark(&self, head: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{}/{head}", self.secret)))
    }

    /// Who a token is from, while it lives.
    pub fn caller(&self, now: Wall, token: &str) -> Option<Caller> {
        let (head, mark) = token.rsplit_once('.')?;
        if mark != self.mark(head) {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(head.split('.').nth(1)?).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
        let expires = claims.get("exp")?.as_i64()?;
        let address = felt_from_hex(claims.get("sub")?.as_str()?).ok()?;
        let account = *self.by_address.get(&address.to_bytes_be())?;
        let class = if claims.get("token_usage").is_some() { Class::Retail } else { Class::Pro };
        (now.secs() < expires).then_some(Caller { account, class, expires })
    }
}

fn check_life(now: Wall, timestamp: i64, expiration: i64) -> Result<(), Reject> {
    let now_s = now.secs();
    if timestamp > now_s + AHEAD_MAX_S {
        return Err(Reject::new("INVALID_TIMESTAMP", "the timestamp is in the future"));
    }
    if expiration <= now_s || expiration <= timestamp || expiration - timestamp > SIGNATURE_LIFE_MAX_S {
        return Err(Reject::new(
            "INVALID_BLOCK_EXPIRATION",
            "the signature has expired or lives longer than a week",
        ));
    }
    Ok(())
}

fn header_felt(request: &Request, name: &str, code: &'static str) -> Result<Felt, Reject> {
    let text = request.header(name).unwrap_or_default();
    felt_from_hex(text).map_err(|cause| Reject::new(code, format!("{name}: {cause}")))
}

fn header_number(request: &Request, name: &str, code: &'static str) -> Result<i64, Reject> {
    let text = request.header(name).unwrap_or_default();
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Reject::new(code, format!("{name} must be unix seconds")))
}
