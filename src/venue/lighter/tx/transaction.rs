//! The transactions themselves, and one of them complete but for its signature.

use super::attributes::{Attribute, Attributes};
use super::change_pub_key::ChangePubKey;
use super::group::OrderGroup;
use super::header::TxHeader;
use super::invalid::InvalidTx;
use super::limits::MAX_MASTER_ACCOUNT;
use super::order::Order;
use super::requests::{CancelAll, CancelOrder, ModifyOrder, UpdateLeverage, UpdateMargin, Withdraw};

/// The transaction types known here, numbered as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TxType {
    ChangePubKey = 8,
    CreateSubAccount = 9,
    Withdraw = 13,
    CreateOrder = 14,
    CancelOrder = 15,
    CancelAllOrders = 16,
    ModifyOrder = 17,
    UpdateLeverage = 20,
    CreateGroupedOrders = 28,
    UpdateMargin = 29,
    UpdateAccountConfig = 41,
}

impl TxType {
    const ALL: [Self; 11] = [
        Self::ChangePubKey,
        Self::CreateSubAccount,
        Self::Withdraw,
        Self::CreateOrder,
        Self::CancelOrder,
        Self::CancelAllOrders,
        Self::ModifyOrder,
        Self::UpdateLeverage,
        Self::CreateGroupedOrders,
        Self::UpdateMargin,
        Self::UpdateAccountConfig,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The type of a number, if known here.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tx_type| tx_type.code() == code)
    }

    /// Whether a transaction of this type takes the attribute (lighter.md 4.2, "used on").
    fn takes(self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::SkipNonce => true,
            Attribute::CancelAllMarket => self == Self::CancelAllOrders,
            Attribute::OrderVersion => self == Self::ModifyOrder,
            Attribute::IntegratorAccount
            | Attribute::IntegratorTakerFee
            | Attribute::IntegratorMakerFee
            | Attribute::SelfTradeBehavior
            | Attribute::SelfTradeEquality => {
                matches!(self, Self::CreateOrder | Self::CreateGroupedOrders | Self::ModifyOrder)
            }
        }
    }
}

/// What a transaction asks for. Each payload was checked when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// Registers an API key.
    ChangePubKey(ChangePubKey),
    /// Opens a sub-account of a master account.
    CreateSubAccount,
    /// Takes assets out.
    Withdraw(Withdraw),
    /// Places an order.
    CreateOrder(Order),
    /// Cancels one order.
    CancelOrder(CancelOrder),
    /// Cancels all orders, now or later.
    CancelAllOrders(CancelAll),
    /// Changes a resting order.
    ModifyOrder(ModifyOrder),
    /// Sets leverage and margin mode.
    UpdateLeverage(UpdateLeverage),
    /// Places orders that depend on each other.
    CreateGroupedOrders(OrderGroup),
    /// Moves margin of an isolated position.
    UpdateMargin(UpdateMargin),
    /// Switches between classic (0) and unified (1) trading.
    UpdateAccountConfig {
        /// Whether trading is unified.
        unified: bool,
    },
}

impl Transaction {
    /// The type on the wire.
    pub fn tx_type(&self) -> TxType {
        match self {
            Self::ChangePubKey(_) => TxType::ChangePubKey,
            Self::CreateSubAccount => TxType::CreateSubAccount,
            Self::Withdraw(_) => TxType::Withdraw,
            Self::CreateOrder(_) => TxType::CreateOrder,
            Self::CancelOrder(_) => TxType::CancelOrder,
            Self::CancelAllOrders(_) => TxType::CancelAllOrders,
            Self::ModifyOrder(_) => TxType::ModifyOrder,
            Self::UpdateLeverage(_) => TxType::UpdateLeverage,
            Self::CreateGroupedOrders(_) => TxType::CreateGroupedOrders,
            Self::UpdateMargin(_) => TxType::UpdateMargin,
            Self::UpdateAccountConfig { .. } => TxType::UpdateAccountConfig,
        }
    }
}

/// A transaction with header and attributes that lacks only a signature: valid by every rule the signer enforces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTx {
    transaction: Transaction,
    header: TxHeader,
    attributes: Attributes,
}

impl UnsignedTx {
    /// Checks what binds the parts together: attributes to the type, sub-accounts to a master account.
    pub fn new(
        transaction: Transaction,
        header: TxHeader,
        attributes: Attributes,
    ) -> Result<Self, InvalidTx> {
        let tx_type = transaction.tx_type();
        if let Some((attribute, _)) = attributes.iter().find(|(attribute, _)| !tx_type.takes(*attribute)) {
            return Err(InvalidTx::AttributeNotUsed { attribute, tx_type });
        }
        match &transaction {
            Transaction::CancelAllOrders(cancel_all) => cancel_all.check_attributes(&attributes)?,
            Transaction::CreateSubAccount if header.slot().account() > MAX_MASTER_ACCOUNT as u64 => {
                return Err(InvalidTx::NotAMasterAccount);
            }
            _ => {}
        }
        Ok(Self { transaction, header, attributes })
    }

    /// What it asks for.
    pub fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// Who sends it and until when it holds.
    pub fn header(&self) -> &TxHeader {
        &self.header
    }

    /// The set attributes.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}
