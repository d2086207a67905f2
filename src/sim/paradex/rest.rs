//! REST of the simulated Paradex: routing, sign-in checks, limits, and everything that only reads (paradex.md 2).

use super::auth::{ACCOUNT_CLASS, Caller, PROXY_CLASS};
use super::model::order::Order;
use super::model::rules::MARKETS;
use super::model::{Reject, market_index};
use super::rate::{Scope, Standing};
use super::{ParadexSim, json_out, rest_orders};
use crate::domain::Wall;
use crate::sim::service::{Request, Response};
use serde_json::{Value, json};

/// How a request ends: a body with its status, or a refusal with its status.
pub type Answer = Result<(u16, Value), (u16, Reject)>;

/// Answers one request.
pub fn answer(sim: &mut ParadexSim, now: Wall, request: &Request) -> Response {
    let Some(path) = request.path.strip_prefix("/v1").map(str::to_owned) else {
        return refusal(404, &Reject::new("NOT_FOUND", "unknown path"), None);
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if let Some(done) = sign_in(sim, now, request, &parts) {
        let standing = sim.limits.count(now, Scope::Auth);
        return finish(done, standing);
    }
    if let Some(done) = public(sim, now, request, &parts) {
        let standing = sim.limits.count(now, Scope::Public);
        return finish(done, standing);
    }
    let token =
        request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(caller) = sim.sign_in.caller(now, token) else {
        return refusal(
            401,
            &Reject::new("INVALID_TOKEN", "missing, expired or malformed bearer token"),
            None,
        );
    };
    let scope =
        if request.method == "GET" { Scope::Private(caller.account) } else { Scope::Orders(caller.account) };
    let standing = sim.limits.count(now, scope);
    if standing.exceeded {
        return finish(Ok((200, Value::Null)), standing);
    }
    finish(private(sim, now, request, &parts, caller), standing)
}

fn finish(answer: Answer, standing: Standing) -> Response {
    if standing.exceeded {
        let mut response =
            refusal(429, &Reject::new("RATE_LIMIT_EXCEEDED", "too many requests"), Some(standing));
        response.headers.push(("retry-after", "1".to_owned()));
        return response;
    }
    match answer {
        Ok((204, _)) => Response { status: 204, headers: headers(Some(standing)), body: Vec::new() },
        Ok((status, body)) => {
            let mut response = Response::json(status, &body);
            response.headers = headers(Some(standing));
            response
        }
        Err((status, reject)) => refusal(status, &reject, Some(standing)),
    }
}

fn headers(standing: Option<Standing>) -> Vec<(&'static str, String)> {
    let Some(standing) = standing else { return Vec::new() };
    vec![
        ("x-ratelimit-limit", standing.limit.to_string()),
        ("x-ratelimit-remaining", standing.remaining.to_string()),
        ("x-ratelimit-reset", standing.reset.to_string()),
        ("x-ratelimit-window", "60".to_owned()),
    ]
}

fn refusal(status: u16, reject: &Reject, standing: Option<Standing>) -> Response {
    let body = json!({"error": reject.code, "message": reject.message, "data": Value::Null});
    let mut response = Response::json(status, &body);
    response.headers = headers(standing);
    response
}

/// A refusal with the usual status.
pub fn bad<T>(code: &'static str, message: impl Into<String>) -> Result<T, (u16, Reject)> {
    Err((400, Reject::new(code, message)))
}

fn sign_in(sim: &mut ParadexSim, now: Wall, request: &Request, parts: &[&str]) -> Option<Answer> {
    let refused = |reject| Err((400, reject));
    match (request.method.as_str(), parts) {
        ("POST", ["auth"]) => Some(sim.sign_in.auth(now, request, None).map_or_else(refused, token)),
        ("POST", ["auth", key]) => {
            Some(sim.sign_in.auth(now, request, Some(key)).map_or_else(refused, token))
        }
        ("POST", ["onboarding"]) => Some(onboard(sim, request)),
        ("GET", ["onboarding"]) => Some(onboarding_state(sim, request)),
        _ => None,
    }
}

fn token(text: String) -> Answer {
    Ok((200, json!({"jwt_token": text})))
}

fn onboard(sim: &mut ParadexSim, request: &Request) -> Answer {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let Some(public_key) = body.get("public_key").and_then(Value::as_str) else {
        return bad("VALIDATION_ERROR", "public_key is required");
    };
    let added = sim.sign_in.onboard(request, public_key).map_err(|reject| (400, reject))?;
    if let Some(setup) = added {
        sim.exchange.accounts.push(super::model::account::Account::new(setup));
    }
    Ok((200, json!({})))
}

fn onboarding_state(sim: &ParadexSim, request: &Request) -> Answer {
    let key = request.query("public_key").unwrap_or_default();
    let (address, exists) = sim.sign_in.lookup(key).map_err(|reject| (400, reject))?;
    let body = json!({
        "address": format!("{address:#x}"), "exists": exists, "account_signer_type": "starknet", "derivation_info": Value::Null,
    });
    Ok((200, body))
}

/// The market of a path or query.
fn market_of(text: &str) -> Result<usize, (u16, Reject)> {
    market_index(text)
        .ok_or_else(|| (400, Reject::new("MARKET_NOT_FOUND", format!("market {text} does not exist"))))
}

/// Markets a query names: one, or all.
fn markets_of(request: &Request) -> Result<Vec<usize>, (u16, Reject)> {
    match request.query("market") {
        None | Some("" | "ALL") => Ok((0..MARKETS.len()).collect()),
        Some(symbol) => Ok(vec![market_of(symbol)?]),
    }
}

/// A list under `results`.
pub fn results(list: Vec<Value>) -> Answer {
    Ok((200, json!({"results": list})))
}

fn public(sim: &ParadexSim, now: Wall, request: &Request, parts: &[&str]) -> Option<Answer> {
    if request.method != "GET" {
        return None;
    }
    let exchange = &sim.exchange;
    Some(match parts {
        ["system", "config"] => Ok((200, config(sim.options.chain_id))),
        ["system", "time"] => Ok((200, json!({"server_time": now.millis().to_string()}))),
        ["system", "state"] => Ok((200, json!({"status": exchange.state}))),
        ["markets"] => markets_of(request).and_then(|list| {
            results(list.into_iter().map(|index| json_out::market(&MARKETS[index])).collect())
        }),
        ["markets", "summary"] => markets_of(request).and_then(|list| {
            results(list.into_iter().map(|index| json_out::summary(exchange, index, now)).collect())
        }),
        ["bbo", symbol] | ["bbo", symbol, "interactive"] => {
            market_of(symbol).map(|index| (200, json_out::bbo(exchange, index, now)))
        }
        ["orderbook", symbol] | ["orderbook", symbol, "interactive"] => market_of(symbol).map(|index| {
            let depth = request.query("depth").and_then(|text| text.parse().ok()).unwrap_or(20);
            (200, json_out::orderbook(exchange, index, depth, now))
        }),
        ["trades"] => market_of(request.query("market").unwrap_or_default()).and_then(|index| {
            let limit = page_size(request, 100, 1_000)?;
            let list = exchange.markets[index].trades.iter().take(limit);
            paged(list.map(|trade| json_out::trade(index, trade)).collect())
        }),
        ["funding", "data"] => market_of(request.query("market").unwrap_or_default())
            .and_then(|index| paged(vec![json_out::funding(index, exchange.markets[index].index, now)])),
        ["jwks.json"] => Ok((200, json!({"keys": []}))),
        _ => return None,
    })
}

/// A page that is the last one.
fn paged(list: Vec<Value>) -> Answer {
    Ok((200, json!({"results": list, "next": Value::Null, "prev": Value::Null})))
}

fn page_size(request: &Request, standard: usize, most: usize) -> Result<usize, (u16, Reject)> {
    match request.query("page_size") {
        None | Some("") => Ok(standard),
        Some(text) => match text.parse::<usize>() {
            Ok(size) if (1..=most).contains(&size) => Ok(size),
            _ => bad("INVALID_REQUEST_PARAMETER", format!("page_size must be from 1 to {most}")),
        },
    }
}

fn config(chain_id: &str) -> Value {
    json!({
        "starknet_chain_id": chain_id, "starknet_fullnode_rpc_url": "http://127.0.0.1/rpc/v0_10",
        "starknet_fullnode_rpc_base_url": "http://127.0.0.1/rpc", "starknet_gateway_url": "http://127.0.0.1",
        "block_explorer_url": "http://127.0.0.1",
        "paraclear_address": "0x3ca9388f8d4e04adecbd7b06b9b24a33030a593522248a7bddd87afc0b61a0c", "paraclear_decimals": 8,
        "paraclear_account_proxy_hash": PROXY_CLASS, "paraclear_account_hash": ACCOUNT_CLASS,
        "paraclear_evm_account_hash": "0x73414441639dcd11d1846f287650a00c60c416b9d3ba45d31c651672125b2c2",
        "oracle_address": "0x47c3637b57c2b079b93c61539950c17e868a28f46cdef28f88521067f21e943",
        "bridged_tokens": [{
            "name": "TEST USDC", "symbol": "USDC", "decimals": 6,
            "l1_token_address": "0x29A873159D5e14AcBd63913D4A7E2df04570c666",
            "l1_bridge_address": "0x8586e05adc0C35aa11609023d4Ae6075Cb813b4C",
            "l2_token_address": "0x6f373b346561036d98ea10fb3e60d2f459c872b1933b50b21fe6ef4fda3b75e",
            "l2_bridge_address": "0x46e9237f5408b5f899e72125dd69bd55485a287aaf24663d3ebe00d237fc7ef",
        }],
        "l1_core_contract_address": "0x582CC5d9b509391232cd544cDF9da036e55833Af",
        "l1_operator_address": "0x11bACdFbBcd3Febe5e8CEAa75E0Ef6444d9B45FB", "l1_chain_id": "1",
        "l1_relayer_address": "0x8268C7A0bC2e9CD7f4f5E83bAC4C6BE18b9B4cD6",
        "l2_relayer_address": "0x35c1d1e5ce3f3f4f5a1d6dd4f2ac7e7a77bd4a4ac1d5d5b1c3b1e6bb8a7a9b1", "liquidation_fee": "0.2",
        "partial_liquidation_buffer": "0.2", "partial_liquidation_share_increment": "0.05",
        "universal_deployer_address": "0x41a78e741e5af2fec34b695679bc6891742439f7afb8484ecd7766661ad02bf",
        "dime_staking_contract_address": "", "environment": "prod", "assets_limit_per_account": 50,
    })
}

fn private(sim: &mut ParadexSim, now: Wall, request: &Request, parts: &[&str], caller: Caller) -> Answer {
    let index = caller.account;
    let exchange = &sim.exchange;
    match (request.method.as_str(), parts) {
        ("GET", ["account"]) => Ok((200, json_out::account(exchange, index))),
        ("GET", ["account", "info"]) => results(vec![json_out::account_info(&exchange.accounts[index])]),
        ("GET", ["account", "margin"]) => margin(sim, request, index),
        ("GET", ["account", "subaccounts" | "tokens"]) | ("GET", ["account", "keys", "subkeys"]) => {
            results(Vec::new())
        }
        ("GET", ["balance"]) => results(vec![json!({
            "token": "USDC", "size": exchange.accounts[index].cash.to_string(),
            "last_updated_at": exchange.accounts[index].updated.millis(),
        })]),
        ("GET", ["positions"]) => {
            results((0..MARKETS.len()).filter_map(|m| json_out::position(exchange, index, m)).collect())
        }
        ("GET", ["tradebusts"] | ["funding", "payments"] | ["transactions"] | ["transfers"]) => {
            paged(Vec::new())
        }
        ("GET", ["fills"]) => fills(sim, request, index),
        ("GET", ["orders"]) => {
            let markets = markets_of(request)?;
            let live = exchange.live_orders(index).filter(|order| markets.contains(&order.request.market));
            results(live.map(|order| json_out::order(exchange, order, now)).collect())
        }
        ("GET", ["orders", "by_client_id", id]) => {
            match exchange.order_by_client_id(index, id).filter(|o| o.is_live()) {
                Some(order) => Ok((200, json_out::order(exchange, order, now))),
                None => bad("CLIENT_ORDER_ID_NOT_FOUND", format!("no open order with client id {id}")),
            }
        }
        ("GET", ["orders", id]) => match exchange.order_by_id(index, id) {
            Some(order) => Ok((200, json_out::order(exchange, order, now))),
            None => bad("ORDER_ID_NOT_FOUND", format!("order {id} not found")),
        },
        ("GET", ["orders-history"]) => history(sim, now, request, index),
        (_, ["orders", ..]) => rest_orders::answer(sim, now, request, &parts[1..], caller),
        _ => Err((404, Reject::new("NOT_FOUND", "unknown path"))),
    }
}

fn margin(sim: &ParadexSim, request: &Request, index: usize) -> Answer {
    let configs: Vec<Value> = markets_of(request)?
        .into_iter()
        .map(|market| json!({"market": MARKETS[market].symbol, "leverage": 50, "margin_type": "CROSS"}))
        .collect();
    let account = format!("{:#x}", sim.exchange.accounts[index].setup.address);
    Ok((200, json!({"account": account, "margin_methodology": "cross_margin", "configs": configs})))
}

/// `start_at` and `end_at` of a query, ms.
fn window(request: &Request) -> (i64, i64) {
    let at = |name: &str, standard: i64| {
        request.query(name).and_then(|text| text.parse().ok()).unwrap_or(standard)
    };
    (at("start_at", 0), at("end_at", i64::MAX))
}

fn fills(sim: &ParadexSim, request: &Request, index: usize) -> Answer {
    let markets = markets_of(request)?;
    let limit = page_size(request, 100, 5_000)?;
    let (from, to) = window(request);
    let own = sim.exchange.fills.iter().rev().filter(|fill| {
        fill.account == index && markets.contains(&fill.market) && (from..=to).contains(&fill.at.millis())
    });
    paged(own.take(limit).map(|fill| json_out::fill(&sim.exchange, fill)).collect())
}

fn history(sim: &ParadexSim, now: Wall, request: &Request, index: usize) -> Answer {
    let markets = markets_of(request)?;
    let limit = page_size(request, 100, 5_000)?;
    let (from, to) = window(request);
    let is =
        |name: &str, word: &str| request.query(name).is_none_or(|asked| asked.is_empty() || asked == word);
    let fits = |order: &&Order| {
        order.account == index
            && markets.contains(&order.request.market)
            && is("client_id", &order.request.client_id)
            && is("status", order.status.word())
            && is("type", order.request.kind.word())
            && (from..=to).contains(&order.created.millis())
    };
    let list = sim.exchange.orders.values().rev().filter(fits).take(limit);
    paged(list.map(|order| json_out::order(&sim.exchange, order, now)).collect())
}
