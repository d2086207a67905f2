//! The orders that the signing benches sign, online and by the plain libraries: the same work for the clock and for the
//! instruction counter.

use hedge_fast::domain::Side;
use hedge_fast::signing::Entropy;
use hedge_fast::signing::ecgfp5::{self, SchnorrKey};
use hedge_fast::signing::stark::online::{NonceEntry, NoncePool, OrderHasher, PreparedOrder};
use hedge_fast::signing::stark::{
    Felt, Message, MessageHasher, Nonce, OrderFields, Quanta, Signature, SigningDomain, StarkKey,
    hash_on_elements, short_string, starknet_keccak,
};
use hedge_fast::sim::rng::Rng;
use hedge_fast::venue::lighter::tx;
use std::hint::black_box;

const CHAIN: &str = "PRIVATE_SN_PARACLEAR_MAINNET";
const TIMESTAMP_MS: u64 = 1_790_000_000_000;

/// Size and price of order number `i`, in units of 1e-8: about 0.1 BTC at about 97,000.
fn amounts(i: u64) -> (u64, u64) {
    (10_000_000 + i * 7_919 % 1_000_000, 9_711_470_000_000 + i * 10_000_000)
}

/// One Paradex account.
pub struct Paradex {
    pub key: StarkKey,
    hasher: MessageHasher,
    pub orders: OrderHasher,
    pub prepared: PreparedOrder,
    pub nonces: NoncePool,
    pub entropy: Rng,
    domain: Felt,
    market: Felt,
    order_type: Felt,
}

impl Paradex {
    pub fn new() -> Self {
        let key = StarkKey::from_hex("0x1234567890abcdef1234567890abcdef").expect("a key");
        let domain = SigningDomain::new(CHAIN).expect("a chain");
        let hasher = domain.for_account(Felt::from(77_u64));
        let (market, order_type) =
            (short_string("BTC-USD-PERP").expect("short"), short_string("LIMIT").expect("short"));
        let orders = OrderHasher::new(&hasher, &market, &order_type).expect("an account");
        let prepared = orders.prepare(Side::Buy, TIMESTAMP_MS).expect("a prefix");
        let (nonces, entropy) = (NoncePool::new(), Rng::new(1));
        Self { key, hasher, orders, prepared, nonces, entropy, domain: domain.hash(), market, order_type }
    }

    /// A fresh nonce, drawn and checked.
    pub fn nonce(&mut self) -> NonceEntry {
        if self.nonces.depth() == 0 {
            self.nonces.refill(&self.key, &mut self.entropy).expect("refills");
        }
        self.nonces.take(0).expect("a nonce")
    }

    /// What is left to do once size and price are known.
    pub fn online(&self, i: u64, nonce: NonceEntry) -> Signature {
        let (size, price) = amounts(i);
        self.prepared.sign(size, price, nonce).expect("signs")
    }

    /// The same with a timestamp that was not prepared.
    pub fn online_from_timestamp(&self, i: u64, nonce: NonceEntry) -> Signature {
        let (size, price) = amounts(i);
        let prepared = self.orders.prepare(Side::Buy, TIMESTAMP_MS + i).expect("a prefix");
        prepared.sign(size, price, nonce).expect("signs")
    }

    /// As a client signs that leaves everything to starknet-crypto: thirteen hashes, RFC 6979, signature.
    pub fn plain(&self, i: u64) -> Signature {
        let (size, price) = amounts(i);
        let kind = hedge_fast::signing::stark::MessageKind::Order.type_text();
        let members = [
            starknet_keccak(kind),
            TIMESTAMP_MS.into(),
            self.market,
            Felt::ONE,
            self.order_type,
            size.into(),
            price.into(),
        ];
        let message = short_string("StarkNet Message").expect("short");
        let hash = hash_on_elements(&[message, self.domain, Felt::from(77_u64), hash_on_elements(&members)]);
        self.key.sign(&hash, Nonce::Plain).expect("signs")
    }

    #[allow(dead_code)] // not every bench signs this way
    /// The plain path of the session: the library with the message's constant beginnings kept.
    pub fn plain_with_kept_beginnings(&self, i: u64) -> Signature {
        let (size, price) = amounts(i);
        let quanta = |units| Quanta::from_units(u128::from(units));
        let fields = OrderFields {
            timestamp_ms: TIMESTAMP_MS,
            market: self.market,
            side: Side::Buy,
            order_type: self.order_type,
            size: quanta(size),
            price: quanta(price),
        };
        self.key.sign(&self.hasher.message_hash(&Message::Order(fields)), Nonce::Plain).expect("signs")
    }
}

/// One Lighter account.
pub struct Lighter {
    pub key: SchnorrKey,
    pub nonces: ecgfp5::NoncePool,
    pub entropy: Rng,
    header: tx::TxHeader,
    prepared: tx::PreparedOrder,
}

/// The private key as bytes, for the library.
const SECRET: [u8; 40] = [0x5a; 40];

impl Lighter {
    pub fn new() -> Self {
        let key = SchnorrKey::parse(&hex::encode(SECRET)).expect("a key");
        let slot = tx::KeySlot::new(700_001, 5).expect("a slot");
        let header = tx::TxHeader::new(304, slot, 722, 1_790_000_002_000).expect("a header");
        let prepared = prepare(header);
        Self { key, nonces: ecgfp5::NoncePool::new(), entropy: Rng::new(1), header, prepared }
    }

    /// A fresh nonce, drawn and checked.
    pub fn nonce(&mut self) -> ecgfp5::NonceEntry {
        if self.nonces.depth() == 0 {
            self.nonces.refill(&self.key, &mut self.entropy).expect("refills");
        }
        self.nonces.take(0).expect("a nonce")
    }

    /// What is left to do once size and price are known: the order checked, hashed and signed, not written.
    pub fn online(&self, i: u64, nonce: ecgfp5::NonceEntry) -> ecgfp5::SchnorrSignature {
        let (_, hash) = self.prepared.complete(terms(i)).expect("valid");
        nonce.sign(&self.key, hash.to_quintic())
    }

    /// The same with a header that was not prepared, and with the text written.
    pub fn online_from_scratch(&self, i: u64, nonce: ecgfp5::NonceEntry) -> tx::SignedTx {
        prepare(self.header).sign(terms(i), &self.key, nonce).expect("valid")
    }

    /// The signature alone, by goldilocks-crypto, with a nonce given and the hash known.
    pub fn plain(&self, i: u64) -> Vec<u8> {
        let (mut message, mut k) = ([1; 40], [3; 40]);
        message[..8].copy_from_slice(&i.to_le_bytes());
        k[..8].copy_from_slice(&i.to_le_bytes());
        goldilocks_crypto::sign_with_nonce(&SECRET, &message, &k).expect("signs")
    }
}

fn prepare(header: tx::TxHeader) -> tx::PreparedOrder {
    tx::PreparedOrder::new(header, 1, 42, tx::Attributes::NONE).expect("valid")
}

fn terms(i: u64) -> tx::OrderFields {
    let i = i64::try_from(i % 1_000_000).expect("small");
    tx::OrderFields { base_amount: 10_000 + i, price: 971_147 + i, ..tx::OrderFields::LIMIT_IOC }
}

/// What signs one order in the way of this name; the number of the order is given each time. Nonces have to be drawn for the
/// online ways: drawing alone is to be subtracted.
#[allow(dead_code)]
pub fn work(name: &str) -> Option<Box<dyn FnMut(u64)>> {
    let (mut paradex, mut lighter) = (Paradex::new(), Lighter::new());
    Some(match name {
        "paradex_nonces" => Box::new(move |_| drop(black_box(paradex.nonce()))),
        "paradex_sign_online" => Box::new(move |i| {
            let nonce = paradex.nonce();
            black_box(paradex.online(i, nonce));
        }),
        "paradex_sign_online_from_timestamp" => Box::new(move |i| {
            let nonce = paradex.nonce();
            black_box(paradex.online_from_timestamp(i, nonce));
        }),
        "paradex_sign_plain" => Box::new(move |i| {
            black_box(paradex.plain(i));
        }),
        "lighter_nonces" => Box::new(move |_| drop(black_box(lighter.nonce()))),
        "lighter_sign_online" => Box::new(move |i| {
            let nonce = lighter.nonce();
            black_box(lighter.online(i, nonce));
        }),
        "lighter_sign_online_from_scratch" => Box::new(move |i| {
            let nonce = lighter.nonce();
            drop(black_box(lighter.online_from_scratch(i, nonce)));
        }),
        "lighter_sign_plain" => Box::new(move |i| drop(black_box(lighter.plain(i)))),
        _ => return None,
    })
}

/// Bytes nobody has to predict here.
#[allow(dead_code)]
pub fn bytes<const N: usize>(entropy: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
