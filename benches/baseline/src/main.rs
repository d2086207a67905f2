//! The same work the usual way: tokio, a task per connection, a channel to the task that decides, `serde_json::Value`, and the
//! signing libraries as they are. Reads the bench venue's ticks, and when both quotes are whole signs and sends two orders.

use futures_util::{SinkExt, StreamExt};
use goldilocks_crypto::ScalarField;
use poseidon_hash::{Goldilocks, hash_to_quintic_extension};
use serde_json::{Value, json};
use starknet_crypto::{Felt, pedersen_hash, rfc6979_generate_k, sign};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async, tungstenite};

/// Best bid and ask of one venue in 1e-8; the bid is missing where nothing may be traded on.
#[derive(Clone, Copy, Debug)]
struct Quote {
    lighter: bool,
    bid: Option<i64>,
    ask: i64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let url = std::env::args().nth(1).expect("the venue's address");
    let (quotes, incoming) = unbounded_channel();
    let (public, _no_orders) = connect(format!("{url}/Paradex/0"), quotes.clone()).await;
    let (private, to_paradex) = connect(format!("{url}/Paradex/1"), quotes.clone()).await;
    let (lighter, to_lighter) = connect(format!("{url}/Lighter/0"), quotes).await;
    tokio::select! {
        () = public => {}
        () = private => {}
        () = lighter => {}
        () = decide(incoming, to_paradex, to_lighter) => {}
    }
}

type Orders = UnboundedSender<String>;

/// A connection, its reading and writing, as one future; and the way to send on it.
async fn connect(
    url: String,
    quotes: UnboundedSender<Quote>,
) -> (impl std::future::Future<Output = ()>, Orders) {
    let (mut socket, _) = connect_async(url).await.expect("the venue listens");
    let (orders, mut outgoing) = unbounded_channel::<String>();
    let carrying = tokio::spawn(async move {
        loop {
            tokio::select! {
                arrived = socket.next() => match arrived {
                    Some(Ok(message)) => {
                        if let Some(quote) = read(&message) {
                            let _ = quotes.send(quote);
                        }
                    }
                    _ => return,
                },
                order = outgoing.recv() => {
                    let Some(order) = order else { return };
                    if socket.send(tungstenite::Message::text(order)).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    let ended = async move {
        let _ = carrying.await;
    };
    (ended, orders)
}

fn read(message: &Message) -> Option<Quote> {
    match message {
        Message::Binary(bytes) => {
            let number = |at: usize| Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
            let (bid, ask) = (number(24)?, number(40)?);
            (bytes.get(2..4)? == [2, 0]).then_some(Quote {
                lighter: false,
                bid: (bid != i64::MIN).then_some(bid),
                ask,
            })
        }
        Message::Text(text) => {
            let value: Value = serde_json::from_str(text).ok()?;
            let ticker = value.get("ticker")?;
            let price = |side: &str| ticker.get(side)?.get("price")?.as_str().map(units);
            let bid = price("b")?;
            Some(Quote { lighter: true, bid, ask: price("a")?? })
        }
        _ => None,
    }
}

fn units(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<8}").parse().ok()?;
    Some(whole * 100_000_000 + fraction)
}

async fn decide(mut quotes: UnboundedReceiver<Quote>, to_paradex: Orders, to_lighter: Orders) {
    let (mut paradex, mut lighter, mut sent): (Option<Quote>, Option<Quote>, bool) = (None, None, false);
    let mut signer = Signer::new();
    while let Some(quote) = quotes.recv().await {
        if quote.lighter { lighter = Some(quote) } else { paradex = Some(quote) }
        let (Some(first), Some(second)) = (paradex, lighter) else { continue };
        let whole = first.bid.is_some() && second.bid.is_some();
        if whole && !sent {
            let (buy, sell) = (first.ask / 1_000 * 1_003, second.bid.unwrap_or_default() / 1_000 * 997);
            let (a, b) = tokio::join!(
                tokio::task::spawn_blocking(move || paradex_order(buy, 103_000, signer.nonce)),
                tokio::task::spawn_blocking(move || lighter_order(sell, 103_000, signer.nonce)),
            );
            signer.nonce += 1;
            let _ = to_paradex.send(a.expect("signed"));
            let _ = to_lighter.send(b.expect("signed"));
        }
        sent = whole;
    }
}

#[derive(Clone, Copy)]
struct Signer {
    nonce: u64,
}

impl Signer {
    fn new() -> Self {
        Self { nonce: 1 }
    }
}

/// SNIP-12 order: a struct of eight and a message of five members, each hash a chain of Pedersen hashes.
fn paradex_order(price: i64, size: i64, nonce: u64) -> String {
    let chain = |members: &[Felt]| {
        let hash = members.iter().fold(Felt::ZERO, |hash, member| pedersen_hash(&hash, member));
        pedersen_hash(&hash, &Felt::from(members.len()))
    };
    let timestamp = 1_795_000_000_000 + nonce;
    let order = chain(&[
        Felt::from(11_u64),
        Felt::from(timestamp),
        Felt::from(22_u64),
        Felt::from(1_u64),
        Felt::from(33_u64),
        Felt::from(size.unsigned_abs()),
        Felt::from(price.unsigned_abs()),
    ]);
    let hash = chain(&[Felt::from(44_u64), Felt::from(55_u64), Felt::from(66_u64), order]);
    let key = Felt::from(0x1234_5678_90ab_cdef_u64);
    let mut seed = None;
    let signature = loop {
        let k = rfc6979_generate_k(&hash, &key, seed.as_ref());
        if let Ok(signature) = sign(&key, &hash, &k) {
            break signature;
        }
        seed = Some(seed.map_or(Felt::ONE, |before| before + Felt::ONE));
    };
    json!({
        "jsonrpc": "2.0", "id": nonce, "method": "order.create",
        "params": {
            "market": "BTC-USD-PERP", "side": "BUY", "type": "LIMIT", "instruction": "IOC", "flags": [],
            "size": decimal(size), "price": decimal(price), "client_id": format!("hf{nonce:012x}"),
            "recv_window": 2000, "signature_timestamp": timestamp,
            "signature": json!([signature.r.to_string(), signature.s.to_string()]).to_string(),
        },
    })
    .to_string()
}

/// Create order: Poseidon2 over the fields, then a Schnorr signature.
fn lighter_order(price: i64, size: i64, nonce: u64) -> String {
    let expires = 1_795_000_002_000 + nonce;
    let fields = [304, 14, nonce, expires, 700_001, 5, 1, nonce, size.unsigned_abs(), price.unsigned_abs(), 1, 0, 0, 0, 0, expires];
    let elements: Vec<Goldilocks> = fields.into_iter().map(Goldilocks::from_canonical_u64).collect();
    let hash = hash_to_quintic_extension(&elements).to_bytes_le();
    let key = ScalarField::sample_crypto().to_bytes_le();
    let signature = goldilocks_crypto::sign(&key, &hash).expect("signs");
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let info = json!({
        "AccountIndex": 700_001, "ApiKeyIndex": 5, "MarketIndex": 1, "ClientOrderIndex": nonce,
        "BaseAmount": size, "Price": price, "IsAsk": 1, "Type": 0, "TimeInForce": 0, "ReduceOnly": 0,
        "TriggerPrice": 0, "OrderExpiry": 0, "ExpiredAt": expires, "Nonce": nonce, "Sig": signature,
    });
    json!({"type": "jsonapi/sendtx", "data": {"id": nonce.to_string(), "tx_type": 14, "tx_info": info}}).to_string()
}

fn decimal(units: i64) -> String {
    format!("{}.{:08}", units / 100_000_000, units % 100_000_000)
}
