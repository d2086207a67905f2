//! Orders and cancels: what leaves, and what every kind of answer is reported as.

use super::super::LINK;
use crate::domain::{ClientOrderId, Purpose, TradeKey};
use crate::signing::ecgfp5::NoncePool;
use crate::venue::lighter::session::testing::{Rig, cid, intent, sent};
use crate::venue::{
    Input, LinkFailure, OrderAnswer, Reaction, Session, TradingState, VenueCommand, VenueReport,
};
use std::time::Duration;

fn refusals(rig: &Rig) -> Vec<(ClientOrderId, String, Reaction)> {
    rig.picked(|report| match report {
        VenueReport::OrderRefused { cid, refusal } => Some((*cid, refusal.code.clone(), refusal.reaction)),
        _ => None,
    })
}

fn unknown(rig: &Rig) -> Vec<ClientOrderId> {
    rig.picked(|report| if let VenueReport::OrderUnknown { cid, .. } = report { Some(*cid) } else { None })
}

fn nonce_of(frame: &str) -> u64 {
    let value: serde_json::Value = serde_json::from_str(frame).expect("json");
    value["data"]["tx_info"]["Nonce"].as_u64().expect("a nonce")
}

const FILL: &str = r#"{"trades":{"1":[{"trade_id":5,"market_id":1,"size":"0.00200","price":"80441.7","usd_amount":"160.883400",
    "ask_account_id":3,"bid_account_id":10,"ask_client_id":0,"bid_client_id":41,"is_maker_ask":true,"timestamp":1795000001000,
    "taker_fee":280,"maker_fee":40}]},"channel":"account_all_trades:10","type":"update/account_all_trades"}"#;

const END: &str = r#"{"channel":"account_all_orders:10","orders":{"1":[{"order_index":1,"client_order_index":41,"market_index":1,
    "owner_account_index":10,"filled_base_amount":"0.00200","filled_quote_amount":"160.883400","remaining_base_amount":"0.00000",
    "status":"filled"}]},"type":"update/account_all_orders"}"#;

#[test]
fn an_order_is_a_limit_ioc_with_our_id_a_short_life_and_the_next_nonce() {
    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    let value: serde_json::Value = serde_json::from_str(&rig.texts[0]).expect("json");
    let info = &value["data"]["tx_info"];
    let expected = serde_json::json!({"AccountIndex":10,"ApiKeyIndex":4,"MarketIndex":1,"ClientOrderIndex":41,"BaseAmount":200,
        "Price":804_419,"IsAsk":0,"Type":0,"TimeInForce":0,"ReduceOnly":0,"TriggerPrice":0,"OrderExpiry":0,
        "ExpiredAt":rig.now.wall.millis() + 2_000,"Nonce":722,"Sig":info["Sig"],"L2TxAttributes":null});
    assert_eq!(*info, expected);
    rig.submit(42, Purpose::Close);
    let close: serde_json::Value = serde_json::from_str(&rig.texts[1]).expect("json");
    assert_eq!(close["data"]["tx_info"]["ReduceOnly"], 1);
    assert_eq!(nonce_of(&rig.texts[1]), 723);
}

#[test]
fn ack_fill_and_end_are_told_with_exact_numbers() {
    let mut rig = Rig::ready();
    let (id, hash) = rig.submit(41, Purpose::Open);
    rig.text(FILL);
    rig.text(&format!(r#"{{"code":200,"id":"{id}","tx_hash":"{hash}","type":"jsonapi/sendtx"}}"#));
    rig.text(END);
    rig.text(FILL);
    let [
        VenueReport::Filled(fill),
        VenueReport::OrderAcked { .. },
        VenueReport::OrderEnded { filled, average, reason, .. },
    ] = &rig.reports[..]
    else {
        panic!("{:?}", rig.reports)
    };
    assert_eq!(
        (fill.cid, fill.key, fill.fee.to_string()),
        (cid(41), TradeKey::from_text(1, "5"), "0.04504735".to_owned())
    );
    assert_eq!(
        (filled.to_string(), average.expect("average").to_string(), reason.as_str()),
        ("0.002".into(), "80441.7".into(), "filled")
    );
    rig.command(VenueCommand::AskOrder(cid(41)));
    assert!(
        rig.requests.iter().all(|request| !request.url.contains("tx?")),
        "the end is proven, nothing to ask"
    );
    assert!(matches!(
        rig.reports.last(),
        Some(VenueReport::OrderAnswer { answer: OrderAnswer::Ended { .. }, .. })
    ));
}

#[test]
fn the_same_id_is_never_signed_twice_and_no_repeat_is_called_dead() {
    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    rig.command(VenueCommand::Submit(intent(41, Purpose::Open)));
    assert_eq!((rig.texts.len(), refusals(&rig).len(), unknown(&rig)), (1, 0, vec![cid(41)]));
    rig.text(END);
    rig.command(VenueCommand::Submit(intent(41, Purpose::Open)));
    assert!(matches!(rig.reports.last(), Some(VenueReport::OrderEnded { .. })));
    assert_eq!(rig.texts.len(), 1);
}

#[test]
fn a_refusal_gives_the_nonce_back_and_names_what_helps() {
    let mut rig = Rig::ready();
    let (id, _) = rig.submit(41, Purpose::Open);
    rig.text(&format!(r#"{{"error":{{"code":21733,"message":"price too far"}},"id":"{id}"}}"#));
    assert_eq!(refusals(&rig), vec![(cid(41), "21733".to_owned(), Reaction::Reprice)]);
    rig.submit(42, Purpose::Open);
    assert_eq!(nonce_of(&rig.texts[1]), 722);
}

#[test]
fn a_refused_nonce_is_read_again_once_and_orders_wait_meanwhile() {
    let mut rig = Rig::ready();
    let (id, _) = rig.submit(41, Purpose::Open);
    rig.text(&format!(r#"{{"error":{{"code":21104,"message":"invalid nonce"}},"id":"{id}"}}"#));
    assert_eq!(refusals(&rig)[0].2, Reaction::ResyncNonce);
    assert!(matches!(rig.reports.last(), Some(VenueReport::NotReady(_))));
    rig.command(VenueCommand::Submit(intent(42, Purpose::Open)));
    assert_eq!(refusals(&rig)[1].2, Reaction::NotSent);
    rig.wait(Duration::from_secs(1));
    assert_eq!(rig.requests.iter().filter(|request| request.url.contains("nextNonce")).count(), 1);
    rig.answer("nextNonce", 200, r#"{"code":200,"nonce":730}"#);
    assert_eq!(rig.reports.last(), Some(&VenueReport::Ready));
    rig.submit(42, Purpose::Open);
    assert_eq!(nonce_of(rig.texts.last().expect("sent")), 730);
}

#[test]
fn two_refused_nonces_in_a_row_mean_that_somebody_shares_the_slot() {
    let mut rig = Rig::ready();
    for number in [41, 42] {
        let (id, _) = rig.submit(number, Purpose::Open);
        rig.text(&format!(r#"{{"error":{{"code":21104,"message":"invalid nonce"}},"id":"{id}"}}"#));
        rig.wait(Duration::from_secs(1));
        rig.answer("nextNonce", 200, r#"{"code":200,"nonce":730}"#);
    }
    assert!(rig.reports.iter().any(
        |r| matches!(r, VenueReport::Trading(TradingState::ClosingOnly(words)) if words.contains("slot 4"))
    ));
    let (id, _) = rig.submit(43, Purpose::Close);
    rig.text(&format!(r#"{{"code":200,"id":{id}}}"#));
    assert_eq!(rig.reports.last(), Some(&VenueReport::Trading(TradingState::Open)));
}

#[test]
fn a_cut_between_send_and_answer_leaves_the_outcome_unknown_and_the_nonce_is_read_first() {
    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    rig.input(Input::Closed(LINK, LinkFailure::Lost("reset".to_owned())));
    assert_eq!(unknown(&rig), vec![cid(41)]);
    rig.wait(Duration::from_secs(1));
    rig.connect();
    assert!(!rig.reports.contains(&VenueReport::Ready), "the nonce is not known yet");
    rig.answer("nextNonce", 200, r#"{"code":200,"nonce":723}"#);
    assert_eq!(rig.reports.last(), Some(&VenueReport::Ready));
    rig.text(END);
    assert!(matches!(rig.reports.last(), Some(VenueReport::OrderEnded { .. })), "late evidence still counts");
}

#[test]
fn an_answer_that_does_not_come_leaves_the_outcome_unknown() {
    let mut rig = Rig::ready();
    let (id, hash) = rig.submit(41, Purpose::Open);
    rig.wait(Duration::from_millis(1_900));
    assert_eq!(unknown(&rig), vec![]);
    rig.wait(Duration::from_millis(200));
    assert_eq!(unknown(&rig), vec![cid(41)]);
    rig.text(&format!(r#"{{"code":200,"id":"{id}","tx_hash":"{hash}","type":"jsonapi/sendtx"}}"#));
    assert!(rig.reports.contains(&VenueReport::OrderAcked { cid: cid(41) }));
}

#[test]
fn an_internal_error_of_the_venue_proves_nothing() {
    let mut rig = Rig::ready();
    let (id, _) = rig.submit(41, Purpose::Open);
    rig.text(&format!(r#"{{"error":{{"code":29500,"message":"internal server error"}},"id":"{id}"}}"#));
    assert_eq!((refusals(&rig).len(), unknown(&rig)), (0, vec![cid(41)]));
}

#[test]
fn the_verdict_of_the_sequencer_refuses_what_the_api_had_taken() {
    let mut rig = Rig::ready();
    let (id, hash) = rig.submit(41, Purpose::Close);
    rig.text(&format!(r#"{{"code":200,"id":"{id}","tx_hash":"{hash}","type":"jsonapi/sendtx"}}"#));
    let verdict = |ae: &str| {
        let event = serde_json::json!({"m": 1, "ae": ae}).to_string();
        serde_json::json!({"channel": "account_tx:10", "type": "update/account_tx",
            "txs": [{"hash": hash, "type": 14, "status": 2, "event_info": event, "account_index": 10}]})
        .to_string()
    };
    rig.text(&verdict(""));
    assert_eq!(refusals(&rig), vec![]);
    let frame = verdict(r#"{"code":21738,"message":"invalid reduce only direction"}"#);
    rig.text(&frame);
    rig.text(&frame);
    assert_eq!(refusals(&rig), vec![(cid(41), "21738".to_owned(), Reaction::ReadPosition)]);
}

#[test]
fn orders_that_cannot_be_written_or_sent_never_leave() {
    let mut rig = Rig::ready();
    let mut odd = intent(41, Purpose::Open);
    odd.qty = "0.000001".parse().expect("qty");
    rig.command(VenueCommand::Submit(odd));
    let mut off_tick = intent(42, Purpose::Open);
    off_tick.bound = "80441.95".parse().expect("price");
    rig.command(VenueCommand::Submit(off_tick));
    let mut hasty = intent(43, Purpose::Open);
    hasty.valid_for = Duration::from_millis(1);
    rig.command(VenueCommand::Submit(hasty));
    assert!(rig.texts.is_empty());
    assert!(refusals(&rig).iter().all(|(.., reaction)| *reaction == Reaction::NotSent));
    assert_eq!(refusals(&rig).len(), 3);
    rig.submit(41, Purpose::Open);
    assert_eq!(nonce_of(&rig.texts[0]), 722, "what was not sent used no nonce");
}

#[test]
fn a_long_validity_is_cut_to_the_longest_allowed() {
    let mut rig = Rig::ready();
    let mut long = intent(41, Purpose::Open);
    long.valid_for = Duration::from_secs(3_600);
    rig.command(VenueCommand::Submit(long));
    let value: serde_json::Value = serde_json::from_str(&rig.texts[0]).expect("json");
    assert_eq!(value["data"]["tx_info"]["ExpiredAt"], rig.now.wall.millis() + 30_000);
}

#[test]
fn when_the_budget_is_used_up_openings_stop_and_closings_pass() {
    let mut rig = Rig::ready();
    let mut last = None;
    for number in 1..60 {
        rig.command(VenueCommand::Submit(intent(number, Purpose::Open)));
        if let Some(refused) = refusals(&rig).pop() {
            last = Some(refused);
            break;
        }
    }
    let (refused, code, reaction) = last.expect("a limit");
    assert_eq!((code.as_str(), reaction), ("local rate limit", Reaction::BackOff));
    let close = intent(100, Purpose::Close);
    rig.command(VenueCommand::Submit(close));
    assert_eq!(refusals(&rig).len(), 1, "{:?}", refusals(&rig));
    rig.wait(Duration::from_secs(61));
    rig.input(Input::Closed(LINK, LinkFailure::ByUs));
    rig.wait(Duration::from_secs(1));
    rig.connect();
    rig.answer("nextNonce", 200, r#"{"code":200,"nonce":1}"#);
    rig.submit(refused.number(), Purpose::Open);
}

#[test]
fn after_a_jump_of_our_clock_closings_still_carry_the_venues_time() {
    let mut rig = Rig::ready();
    let venue_ms = rig.now.wall.millis();
    rig.now.wall = rig.now.wall.after(Duration::from_secs(3_600));
    rig.command(VenueCommand::Submit(intent(41, Purpose::Open)));
    assert_eq!(refusals(&rig)[0].1, "clock");
    rig.submit(42, Purpose::Close);
    let value: serde_json::Value = serde_json::from_str(rig.texts.last().expect("sent")).expect("json");
    let expiry = value["data"]["tx_info"]["ExpiredAt"].as_i64().expect("a time");
    assert!((expiry - venue_ms - 2_000).abs() <= 1_000, "{}", expiry - venue_ms);
}

#[test]
fn a_cancel_names_the_order_by_our_id() {
    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    rig.command(VenueCommand::Cancel(cid(41)));
    let value: serde_json::Value = serde_json::from_str(&rig.texts[1]).expect("json");
    assert_eq!((&value["data"]["tx_type"], &value["data"]["tx_info"]["Index"]), (&15.into(), &41.into()));
    let (id, _) = sent(&rig.texts[1]);
    rig.text(&format!(r#"{{"error":{{"code":21600,"message":"not an active order"}},"id":"{id}"}}"#));
    assert!(rig.reports.is_empty(), "the end of an order is told by its record: {:?}", rig.reports);
}

#[test]
fn idle_time_fills_the_pool_and_orders_use_it_up() {
    let mut rig = Rig::ready();
    assert_eq!(rig.session.nonces_ready(), 0);
    rig.submit(1, Purpose::Open);
    rig.wait(Duration::from_millis(100));
    assert_eq!(rig.session.nonces_ready(), NoncePool::DEPTH);
    // `submit` checks the signature.
    let (_, first) = rig.submit(2, Purpose::Open);
    let (_, second) = rig.submit(3, Purpose::Open);
    assert_ne!(first, second);
    assert_eq!(rig.session.nonces_ready(), NoncePool::DEPTH - 2);
    rig.wait(Duration::from_millis(100));
    assert_eq!(rig.session.nonces_ready(), NoncePool::DEPTH);
}

#[test]
fn what_an_order_changes_is_looked_at_in_the_next_moment() {
    let mut rig = Rig::ready();
    rig.wait(Duration::from_millis(100));
    let now = rig.now.mono;
    assert!(rig.session.deadline().is_none_or(|due| due > now), "nothing is due");
    rig.submit(41, Purpose::Open);
    assert!(rig.session.deadline().is_some_and(|due| due <= now), "the upkeep was put off, not dropped");
    rig.wait(Duration::ZERO);
    assert!(rig.session.deadline().is_none_or(|due| due > now), "and is done once");
}
