//! The four messages Paradex asks us to sign, and their hashes (paradex.md 3.1 to 3.3).
//! What never changes in a session is hashed once: domain and account, and each struct's type.

use super::{ElementHash, Felt, FeltTextError, OrderFields, hash_on_elements, short_string, starknet_keccak};

/// Paradex's own order of the domain's fields, and its version as a number (not the order of SNIP-12).
const DOMAIN_TYPE: &str = "StarkNetDomain(name:felt,chainId:felt,version:felt)";

/// Which struct a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Sign-in request.
    Auth,
    /// Registration of the account.
    Onboarding,
    /// New order.
    Order,
    /// Change of an open order.
    ModifyOrder,
}

impl MessageKind {
    /// The struct's type text as it is hashed.
    pub const fn type_text(self) -> &'static str {
        match self {
            Self::Auth => "Request(method:felt,path:felt,body:felt,timestamp:felt,expiration:felt)",
            Self::Onboarding => "Constant(action:felt)",
            Self::Order => "Order(timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt)",
            Self::ModifyOrder => {
                "ModifyOrder(timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt,id:felt)"
            }
        }
    }

    /// Hash of the type text.
    pub fn type_hash(self) -> Felt {
        starknet_keccak(self.type_text())
    }
}

/// One message to sign or to check.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// `POST /v1/auth`, whatever the URL's tail; both times in **seconds**.
    Auth {
        /// PARADEX-TIMESTAMP.
        timestamp_s: u64,
        /// PARADEX-SIGNATURE-EXPIRATION.
        expiration_s: u64,
    },
    /// `POST /v1/onboarding`.
    Onboarding,
    /// `order.create` or `POST /v1/orders`.
    Order(OrderFields),
    /// `order.modify` or `PUT /v1/orders/{id}`.
    ModifyOrder {
        /// The order as it shall be.
        order: OrderFields,
        /// The venue's order id as an integer.
        order_id: Felt,
    },
}

impl Message {
    /// Which struct this is.
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Auth { .. } => MessageKind::Auth,
            Self::Onboarding => MessageKind::Onboarding,
            Self::Order(_) => MessageKind::Order,
            Self::ModifyOrder { .. } => MessageKind::ModifyOrder,
        }
    }
}

/// The network part of every hash: computed once from `starknet_chain_id`, shared by all accounts.
#[derive(Clone, Debug)]
pub struct SigningDomain {
    hash: Felt,
    structs: StructHasher,
}

impl SigningDomain {
    /// The domain of a chain such as `PRIVATE_SN_PARACLEAR_MAINNET`; the id comes from `/system/config`.
    pub fn new(chain_id: &str) -> Result<Self, FeltTextError> {
        let members = [starknet_keccak(DOMAIN_TYPE), ascii("Paradex"), short_string(chain_id)?, Felt::ONE];
        Ok(Self { hash: hash_on_elements(&members), structs: StructHasher::new() })
    }

    /// The domain's hash.
    pub fn hash(&self) -> Felt {
        self.hash
    }

    /// The hasher of everything signed for `account`; with a subkey that is the main account.
    pub fn for_account(&self, account: Felt) -> MessageHasher {
        let envelope = ElementHash::new().with_all(&[ascii("StarkNet Message"), self.hash, account]);
        MessageHasher { envelope, structs: self.structs.clone() }
    }
}

/// Hashes the messages of one account on one network.
#[derive(Clone, Debug)]
pub struct MessageHasher {
    envelope: ElementHash,
    structs: StructHasher,
}

impl MessageHasher {
    /// The felt to sign.
    pub fn message_hash(&self, message: &Message) -> Felt {
        self.envelope.with(self.struct_hash(message)).finish()
    }

    /// The beginnings of an order's two chains: around the struct (network, account) and within it (type).
    pub(super) fn order_states(&self) -> (Felt, Felt) {
        (self.envelope.state(), self.structs.order_start.state())
    }

    /// The inner hash, without network and account.
    pub fn struct_hash(&self, message: &Message) -> Felt {
        self.structs.hash(message)
    }
}

/// Struct hashing with the types already absorbed and the constant words already encoded.
#[derive(Clone, Debug)]
struct StructHasher {
    /// Type, method, path and (empty) body of the sign-in request.
    auth_start: ElementHash,
    onboarding: Felt,
    order_start: ElementHash,
    modify_start: ElementHash,
}

impl StructHasher {
    fn new() -> Self {
        let start = |kind: MessageKind| ElementHash::new().with(kind.type_hash());
        Self {
            auth_start: start(MessageKind::Auth).with_all(&[ascii("POST"), ascii("/v1/auth"), Felt::ZERO]),
            onboarding: start(MessageKind::Onboarding).with(ascii("Onboarding")).finish(),
            order_start: start(MessageKind::Order),
            modify_start: start(MessageKind::ModifyOrder),
        }
    }

    fn hash(&self, message: &Message) -> Felt {
        match message {
            Message::Auth { timestamp_s, expiration_s } => {
                self.auth_start.with_all(&[Felt::from(*timestamp_s), Felt::from(*expiration_s)]).finish()
            }
            Message::Onboarding => self.onboarding,
            Message::Order(order) => self.order_start.with_all(&order.members()).finish(),
            Message::ModifyOrder { order, order_id } => {
                self.modify_start.with_all(&order.members()).with(*order_id).finish()
            }
        }
    }
}

fn ascii(text: &'static str) -> Felt {
    short_string(text).expect("the protocol's own words are short ASCII texts")
}
