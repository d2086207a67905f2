//! Tokens as the venue issues them (paradex.md 3.2): shaped like ES384, sealed by a keyed hash only this simulator knows.
//! Nobody outside can make one; nobody outside can check the seal either.

use super::refusal::{Code, Refusal};
use crate::domain::Wall;
use crate::sim::rng::Rng;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha384};

/// Block size of SHA-384.
const BLOCK: usize = 128;

/// What a token says of its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account's address.
    pub account: String,
    /// Issued with `token_usage=interactive`.
    pub interactive: bool,
    /// Unix seconds.
    pub expires_s: i64,
}

/// Issues and checks tokens.
#[derive(Clone)]
pub struct Mint {
    secret: [u8; BLOCK],
    lifetime_s: i64,
}

impl Mint {
    /// A mint of the seed.
    pub fn new(seed: u64, lifetime_s: i64) -> Self {
        let mut rng = Rng::stream(seed, "paradex/jwt");
        let mut secret = [0; BLOCK];
        for chunk in secret.chunks_mut(8) {
            chunk.copy_from_slice(&rng.next_u64().to_be_bytes());
        }
        Self { secret, lifetime_s }
    }

    /// A token that lives from `now` on.
    pub fn issue(&self, now: Wall, account: &str, interactive: bool) -> String {
        let issued = now.secs();
        let mut claims = json!({
            "typ": "at+JWT",
            "iat": issued,
            "exp": issued + self.lifetime_s,
            "iss": "Paradex",
            "sub": account,
        });
        if interactive {
            claims["token_usage"] = json!("interactive");
        }
        let header = json!({"alg": "ES384", "typ": "JWT"});
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let seal = URL_SAFE_NO_PAD.encode(self.seal(&signed));
        format!("{signed}.{seal}")
    }

    /// Every token issued so far is worth nothing any more.
    pub fn renew_secret(&mut self) {
        let old = self.seal("renewed");
        for (byte, next) in self.secret.iter_mut().zip(old.iter().cycle()) {
            *byte ^= next;
        }
    }

    /// What a token says, if it is ours and alive.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] for anything else; the message says why.
    pub fn check(&self, now: Wall, token: &str) -> Result<Claims, Refusal> {
        let invalid = |why: &str| Refusal::new(Code::InvalidToken, format!("token is {why}"));
        let (signed, seal) = token.rsplit_once('.').ok_or_else(|| invalid("malformed"))?;
        let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| invalid("malformed"))?;
        if seal != self.seal(signed) {
            return Err(invalid("malformed: signature is invalid"));
        }
        let (_, claims) = signed.split_once('.').ok_or_else(|| invalid("malformed"))?;
        let claims = decode(claims).ok_or_else(|| invalid("malformed"))?;
        let expires_s = claims["exp"].as_i64().unwrap_or_default();
        if now.secs() >= expires_s {
            return Err(invalid("expired"));
        }
        let account = claims["sub"].as_str().unwrap_or_default().to_owned();
        Ok(Claims { account, interactive: claims["token_usage"] == "interactive", expires_s })
    }

    /// 96 bytes, as long as an ES384 signature: two keyed hashes (HMAC-SHA-384) of the text.
    fn seal(&self, text: &str) -> Vec<u8> {
        [1u8, 2].iter().flat_map(|part| self.hmac(*part, text.as_bytes())).collect()
    }

    fn hmac(&self, part: u8, text: &[u8]) -> Vec<u8> {
        let inner = Sha384::new().chain_update(self.secret.map(|byte| byte ^ 0x36)).chain_update([part]);
        let inner = inner.chain_update(text).finalize();
        Sha384::new()
            .chain_update(self.secret.map(|byte| byte ^ 0x5c))
            .chain_update(inner)
            .finalize()
            .to_vec()
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(text: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

impl Mint {
    /// A short seal for texts that only this venue shall write, such as cursors.
    pub fn stamp(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(&self.hmac(3, text.as_bytes())[..12])
    }
}
