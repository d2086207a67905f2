//! Questions about an order, the position and the balance.

use crate::domain::{Mono, Purpose, Qty};
use crate::venue::http::HttpFailure;
use crate::venue::lighter::session::testing::{ACCOUNT, Rig, cid};
use crate::venue::{Input, OrderAnswer, VenueCommand, VenueReport};
use std::time::Duration;

fn answers(rig: &Rig) -> Vec<(Mono, OrderAnswer)> {
    rig.picked(|report| match report {
        VenueReport::OrderAnswer { asked, answer, .. } => Some((*asked, answer.clone())),
        _ => None,
    })
}

fn last_answer(rig: &Rig) -> OrderAnswer {
    answers(rig).pop().expect("an answer").1
}

fn asked() -> (Rig, String, Mono) {
    let mut rig = Rig::ready();
    let (_, hash) = rig.submit(41, Purpose::Open);
    rig.wait(Duration::from_secs(1));
    let at = rig.now.mono;
    rig.command(VenueCommand::AskOrder(cid(41)));
    rig.wait(Duration::from_millis(100));
    (rig, hash, at)
}

fn record(hash: &str, status: i64, ae: &str) -> String {
    let event = if ae == "none" { String::new() } else { serde_json::json!({ "ae": ae }).to_string() };
    serde_json::json!({"code": 200, "hash": hash, "status": status, "event_info": event}).to_string()
}

const NOT_FOUND: &str = r#"{"code":21500,"message":"transaction not found"}"#;
const NO_ORDERS: &str = r#"{"code":200,"orders":[]}"#;
const NO_TRADES: &str = r#"{"code":200,"trades":[]}"#;

fn order(status: &str, filled: &str, owner: u64) -> String {
    format!(
        r#"{{"code":200,"orders":[{{"client_order_index":41,"owner_account_index":{owner},"status":"{status}",
        "filled_base_amount":"{filled}","filled_quote_amount":"80.441700"}}]}}"#
    )
}

const TRADE: &str = r#"{"code":200,"trades":[{"trade_id":5,"market_id":1,"size":"0.00100","price":"80441.7","usd_amount":"80.441700",
    "ask_account_id":3,"bid_account_id":10,"ask_client_id":0,"bid_client_id":41,"is_maker_ask":true,"timestamp":1795000001000}]}"#;

#[test]
fn nobody_knows_the_order_and_the_answer_is_dated_by_the_first_question() {
    let (mut rig, _, at) = asked();
    rig.answer("tx?by=hash", 400, NOT_FOUND);
    rig.wait(Duration::from_millis(100));
    rig.answer("accountOrders", 200, NO_ORDERS);
    rig.answer("accountInactiveOrders", 200, NO_ORDERS);
    rig.answer("trades?", 200, NO_TRADES);
    assert_eq!(answers(&rig), vec![(at, OrderAnswer::NotFound)]);
}

#[test]
fn an_ioc_executed_and_refused_has_ended_with_nothing_filled() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 2, r#"{"code":21739,"message":"not enough margin"}"#));
    let OrderAnswer::Ended { filled, reason, .. } = last_answer(&rig) else { panic!("{:?}", answers(&rig)) };
    assert!(filled.is_zero() && reason.contains("21739"), "{reason}");
}

#[test]
fn a_pending_transaction_is_still_working() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 1, "none"));
    assert_eq!(last_answer(&rig), OrderAnswer::Working { filled: Qty::ZERO });
}

#[test]
fn a_filled_order_is_told_with_the_executions_that_were_missed() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 2, ""));
    rig.answer("accountOrders", 200, &order("canceled-not-enough-liquidity", "0.00100", 10));
    rig.answer("trades?", 200, TRADE);
    let fills =
        rig.picked(|r| if let VenueReport::Filled(fill) = r { Some(fill.qty.to_string()) } else { None });
    assert_eq!(fills, vec!["0.001"]);
    let OrderAnswer::Ended { filled, average, .. } = last_answer(&rig) else { panic!("{:?}", answers(&rig)) };
    assert_eq!(
        (filled.to_string(), average.expect("average").to_string()),
        ("0.001".to_owned(), "80441.7".to_owned())
    );
}

#[test]
fn the_end_counts_even_when_its_executions_cannot_be_read() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 2, ""));
    rig.answer("accountOrders", 200, &order("filled", "0.00100", 10));
    rig.answer("trades?", 503, "");
    assert!(matches!(last_answer(&rig), OrderAnswer::Ended { .. }));
}

#[test]
fn an_order_only_in_the_history_is_found_there() {
    let (mut rig, _, _) = asked();
    rig.answer("tx?by=hash", 400, NOT_FOUND);
    rig.answer("accountOrders", 400, r#"{"code":20001,"message":"invalid param"}"#);
    rig.answer("accountInactiveOrders", 200, &order("canceled", "0.00000", 10));
    assert!(matches!(last_answer(&rig), OrderAnswer::Ended { filled, .. } if filled.is_zero()));
}

#[test]
fn an_accepted_order_without_a_record_is_never_called_missing() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 2, ""));
    rig.answer("accountOrders", 200, NO_ORDERS);
    rig.answer("accountInactiveOrders", 200, NO_ORDERS);
    rig.answer("trades?", 200, NO_TRADES);
    assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)));
}

#[test]
fn executions_without_a_record_are_an_end_only_long_after_the_validity() {
    let (mut rig, hash, _) = asked();
    let testify = |rig: &mut Rig| {
        rig.answer("tx?by=hash", 200, &record(&hash, 2, ""));
        rig.answer("accountOrders", 200, NO_ORDERS);
        rig.answer("accountInactiveOrders", 200, NO_ORDERS);
        rig.answer("trades?", 200, TRADE);
        last_answer(rig)
    };
    assert!(matches!(testify(&mut rig), OrderAnswer::Failed(_)));
    rig.wait(Duration::from_secs(10));
    rig.command(VenueCommand::AskOrder(cid(41)));
    assert!(matches!(testify(&mut rig), OrderAnswer::Ended { filled, .. } if filled.to_string() == "0.001"));
}

#[test]
fn strange_witnesses_prove_nothing() {
    let (mut rig, _, _) = asked();
    rig.answer("tx?by=hash", 200, &record("ffff", 2, ""));
    assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)), "another transaction");
    let (mut rig, _, _) = asked();
    rig.answer("tx?by=hash", 400, NOT_FOUND);
    rig.answer("accountOrders", 200, &order("filled", "0.00100", 11));
    assert!(matches!(last_answer(&rig), OrderAnswer::Failed(words) if words.contains("another account")));
    let (mut rig, _, _) = asked();
    rig.answer("tx?by=hash", 400, NOT_FOUND);
    rig.answer("accountOrders", 200, &order("vanished", "0.00100", 10));
    assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)), "an unknown word");
    let (mut rig, _, _) = asked();
    let ticket = rig.requests.last().expect("asked").ticket;
    rig.input(Input::Http(ticket, Err(HttpFailure::Timeout)));
    assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)));
}

#[test]
fn an_order_of_an_earlier_run_is_asked_for_by_its_id() {
    let mut rig = Rig::ready();
    rig.command(VenueCommand::AskOrder(cid(9)));
    rig.answer("client_order_indexes=9", 200, NO_ORDERS);
    rig.answer("accountInactiveOrders", 200, NO_ORDERS);
    rig.answer("trades?", 200, NO_TRADES);
    assert_eq!(last_answer(&rig), OrderAnswer::NotFound);
}

#[test]
fn every_question_is_answered_and_a_failed_read_is_never_zero() {
    let mut rig = Rig::ready();
    let at = rig.now.mono;
    rig.command(VenueCommand::AskPosition);
    rig.wait(Duration::from_millis(50));
    rig.answer("account?", 200, ACCOUNT);
    let qty: Qty = "-0.001".parse().expect("qty");
    assert_eq!(rig.reports.pop(), Some(VenueReport::Position { qty, asked: at, answer: true }));
    for (status, body) in [
        (200, ACCOUNT.replace("\"index\":10", "\"index\":11")),
        (200, ACCOUNT.replace("0.00100", "plenty")),
        (200, r#"{"code":200,"accounts":[]}"#.to_owned()),
        (400, r#"{"code":29404,"message":"not found"}"#.to_owned()),
        (502, "<html>".to_owned()),
    ] {
        rig.command(VenueCommand::AskPosition);
        rig.answer("account?", status, &body);
        assert!(matches!(rig.reports.pop(), Some(VenueReport::AskFailed { .. })), "{body}");
    }
    rig.command(VenueCommand::AskBalance);
    rig.answer("account?", 200, ACCOUNT);
    assert!(matches!(rig.reports.pop(), Some(VenueReport::Balance { .. })));
    rig.command(VenueCommand::Shutdown);
    rig.command(VenueCommand::AskPosition);
    rig.command(VenueCommand::AskOrder(cid(1)));
    assert!(matches!(&rig.reports[..], [.., VenueReport::AskFailed { .. }, VenueReport::OrderAnswer { .. }]));
}

#[test]
fn after_too_many_requests_questions_fail_at_once_instead_of_making_it_worse() {
    let mut rig = Rig::ready();
    rig.command(VenueCommand::AskPosition);
    rig.answer("account?", 405, "<html>firewall</html>");
    rig.command(VenueCommand::AskPosition);
    assert!(
        matches!(rig.reports.last(), Some(VenueReport::AskFailed { cause }) if cause.contains("rate limit"))
    );
    assert!(rig.requests.is_empty());
}

#[test]
fn a_refusal_that_is_about_the_question_proves_nothing_about_the_order() {
    for refusal in [
        r#"{"code":23000,"message":"Too Many Requests!"}"#,
        r#"{"code":20013,"message":"invalid auth: expired"}"#,
        r#"{"code":29500,"message":"internal server error"}"#,
        r#"{"code":20001,"message":"invalid param : auth query param and Authorization header are empty"}"#,
    ] {
        let (mut rig, _, _) = asked();
        rig.answer("tx?by=hash", 400, refusal);
        assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)), "{refusal}: {:?}", answers(&rig));
        let (mut rig, _, _) = asked();
        rig.answer("tx?by=hash", 400, NOT_FOUND);
        rig.wait(Duration::from_millis(100));
        rig.answer("accountOrders", 400, refusal);
        // A refused token is tried once more with a new one.
        if refusal.contains("20013") {
            rig.answer("accountOrders", 400, refusal);
        }
        assert!(matches!(last_answer(&rig), OrderAnswer::Failed(_)), "{refusal}: {:?}", answers(&rig));
    }
}

#[test]
fn pending_long_after_the_validity_is_not_believed_and_an_order_nobody_knows_puts_the_nonce_in_doubt() {
    let (mut rig, hash, _) = asked();
    rig.answer("tx?by=hash", 200, &record(&hash, 1, "none"));
    assert_eq!(last_answer(&rig), OrderAnswer::Working { filled: Qty::ZERO });
    rig.forget();
    rig.wait(Duration::from_secs(40));
    rig.command(VenueCommand::AskOrder(cid(41)));
    rig.wait(Duration::from_millis(100));
    rig.answer("tx?by=hash", 200, &record(&hash, 1, "none"));
    rig.wait(Duration::from_millis(100));
    rig.answer("accountOrders", 200, NO_ORDERS);
    rig.answer("accountInactiveOrders", 200, NO_ORDERS);
    rig.answer("trades?", 200, NO_TRADES);
    assert_eq!(last_answer(&rig), OrderAnswer::NotFound);
    rig.wait(Duration::from_secs(1));
    rig.answer("nextNonce", 200, r#"{"code":200,"nonce":722}"#);
}
