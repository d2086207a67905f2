//! What this client asks: REST paths and client frames (lighter.md 2.2, 5.1).

use super::frame::Channel;
use crate::domain::ClientOrderId;
use serde_json::json;

/// Largest page of orders and trades.
const PAGE: u32 = 100;

/// REST addresses below one base URL (without `/api/v1`).
#[derive(Clone, Debug)]
pub struct Addresses {
    base: String,
    account: u64,
}

impl Addresses {
    /// Addresses for one account.
    pub fn new(base: &str, account: u64) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), account }
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.base)
    }

    /// Server time.
    pub fn status(&self) -> String {
        format!("{}/", self.base)
    }

    /// Rules of all perpetual markets.
    pub fn markets(&self) -> String {
        self.api("orderBookDetails?filter=perp")
    }

    /// Balance and positions.
    pub fn account(&self) -> String {
        self.api(&format!("account?by=index&value={}", self.account))
    }

    /// The public key registered in a slot.
    pub fn api_keys(&self, slot: u8) -> String {
        self.api(&format!("apikeys?account_index={}&api_key_index={slot}", self.account))
    }

    /// The nonce expected next.
    pub fn next_nonce(&self, slot: u8) -> String {
        self.api(&format!("nextNonce?account_index={}&api_key_index={slot}", self.account))
    }

    /// Tier and fees. Needs the token.
    pub fn account_limits(&self) -> String {
        self.api(&format!("accountLimits?account_index={}", self.account))
    }

    /// Slots that may only make. Needs the token.
    pub fn maker_only_keys(&self) -> String {
        self.api(&format!("getMakerOnlyApiKeys?account_index={}", self.account))
    }

    /// One transaction.
    pub fn transaction(&self, hash: &str) -> String {
        self.api(&format!("tx?by=hash&value={hash}"))
    }

    /// One own order by our id. Needs the token.
    pub fn order(&self, cid: ClientOrderId) -> String {
        let number = cid.number();
        self.api(&format!("accountOrders?account_index={}&client_order_indexes={number}", self.account))
    }

    /// Orders that rest in a market. Needs the token.
    pub fn open_orders(&self, market: u64) -> String {
        self.api(&format!("accountActiveOrders?account_index={}&market_id={market}", self.account))
    }

    /// Ended orders, newest first. Needs the token.
    pub fn ended_orders(&self, market: u64, cursor: Option<&str>) -> String {
        let (account, cursor) = (self.account, continuation(cursor));
        self.api(&format!(
            "accountInactiveOrders?account_index={account}&market_id={market}&limit={PAGE}{cursor}"
        ))
    }

    /// Own executions, newest first, of all orders or of the one with this number of the venue. Needs the token.
    pub fn trades(&self, market: u64, order: Option<u64>, cursor: Option<&str>) -> String {
        let (account, cursor) = (self.account, continuation(cursor));
        let order = order.map(|index| format!("&order_index={index}")).unwrap_or_default();
        self.api(&format!(
            "trades?sort_by=timestamp&sort_dir=desc&limit={PAGE}&market_id={market}&account_index={account}{order}{cursor}"
        ))
    }
}

/// Cursors are opaque: whatever could end a parameter is escaped.
fn continuation(cursor: Option<&str>) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    cursor
        .map(|cursor| cursor.bytes().map(escape).collect())
        .map_or(String::new(), |cursor: String| format!("&cursor={cursor}"))
}

/// The accounts of an owner, below a REST base.
pub fn accounts_of(base: &str, l1_address: &str) -> String {
    format!("{}/api/v1/accountsByL1Address?l1_address={l1_address}", base.trim_end_matches('/'))
}

/// The public key registered in a slot of any account, below a REST base.
pub fn api_keys_of(base: &str, account: u64, slot: u8) -> String {
    Addresses::new(base, account).api_keys(slot)
}

/// Channel address as the client writes it.
fn address(channel: Channel, market: u64, account: u64) -> String {
    let id = if channel.is_private() { account } else { market };
    format!("{}/{id}", channel.name())
}

/// Subscribes; private channels carry the token even where it is optional.
pub fn subscribe(channel: Channel, market: u64, account: u64, token: &str) -> String {
    let address = address(channel, market, account);
    if channel.is_private() {
        json!({"type": "subscribe", "channel": address, "auth": token}).to_string()
    } else {
        json!({"type": "subscribe", "channel": address}).to_string()
    }
}

/// Ends a subscription: the only way to a new snapshot is to subscribe again.
pub fn unsubscribe(channel: Channel, market: u64, account: u64) -> String {
    json!({"type": "unsubscribe", "channel": address(channel, market, account)}).to_string()
}

/// The venue's own ping; also counts as a frame sent, without which the server closes after two minutes.
pub const PING: &str = r#"{"type":"ping"}"#;
/// Answer to the venue's ping.
pub const PONG: &str = r#"{"type":"pong"}"#;

/// Sends a signed transaction under an id of ours (digits). `tx_info` stays byte for byte as it was written when signed.
pub fn send_transaction(id: u64, tx_type: u8, tx_info: &str) -> String {
    format!(r#"{{"type":"jsonapi/sendtx","data":{{"id":"{id}","tx_type":{tx_type},"tx_info":{tx_info}}}}}"#)
}
