//! The network, the clock, the state of the venue (paradex.md 1).

use super::{Answer, ok};
use crate::domain::Wall;
use crate::sim::paradex::options::{EVM_ACCOUNT_CLASS, USDC_ADDRESS};
use crate::sim::paradex::{ParadexSim, json_out};
use serde_json::json;

/// `paraclear_address` of production.
const PARACLEAR: &str = "0x3ca9388f8d4e04adecbd7b06b9b24a33030a593522248a7bddd87afc0b61a0c";
/// The simulation has no chain: contracts nobody trades through are made up.
const ORACLE: &str = "0x51301";
const DEPLOYER: &str = "0x51302";
const L2_BRIDGE: &str = "0x51303";
const L1_CORE: &str = "0x0000000000000000000000000000000000051311";
const L1_OPERATOR: &str = "0x0000000000000000000000000000000000051312";
const L1_BRIDGE: &str = "0x0000000000000000000000000000000000051313";
const L1_USDC: &str = "0x0000000000000000000000000000000000051314";

impl ParadexSim {
    pub(super) fn system_config(&self) -> Answer {
        let rpc = "https://pathfinder.api.prod.paradex.trade";
        ok(&json!({
            "starknet_chain_id": self.options.network.chain_id(),
            "starknet_gateway_url": "",
            "starknet_fullnode_rpc_url": format!("{rpc}/rpc/v0_10"),
            "starknet_fullnode_rpc_base_url": rpc,
            "block_explorer_url": "https://voyager.prod.paradex.trade/",
            "paraclear_address": PARACLEAR,
            "paraclear_decimals": 8,
            "paraclear_account_proxy_hash": json_out::address(&self.options.classes.proxy),
            "paraclear_account_hash": json_out::address(&self.options.classes.account),
            "paraclear_evm_account_hash": EVM_ACCOUNT_CLASS,
            "oracle_address": ORACLE,
            "bridged_tokens": [{
                "name": "USD Coin",
                "symbol": "USDC",
                "decimals": 6,
                "l1_token_address": L1_USDC,
                "l1_bridge_address": L1_BRIDGE,
                "l2_token_address": USDC_ADDRESS,
                "l2_bridge_address": L2_BRIDGE,
            }],
            "l1_core_contract_address": L1_CORE,
            "l1_operator_address": L1_OPERATOR,
            "l1_chain_id": self.options.network.l1_chain_id(),
            "l1_relayer_address": L1_OPERATOR,
            "l2_relayer_address": PARACLEAR,
            "liquidation_fee": "0.20",
            "partial_liquidation_buffer": "0.2",
            "partial_liquidation_share_increment": "0.05",
            "universal_deployer_address": DEPLOYER,
            "dime_staking_contract_address": "",
            "environment": self.options.network.environment(),
            "assets_limit_per_account": 8,
        }))
    }

    pub(super) fn system_time(&self, now: Wall) -> Answer {
        let millis = now.millis() + self.clock_off_ms;
        let as_number = self.options.switches.server_time_as_number;
        ok(&if as_number {
            json!({"server_time": millis})
        } else {
            json!({"server_time": millis.to_string()})
        })
    }
}
