//! What is told of the account's own truth: what rests, and what old news must not say.

use crate::domain::{ClientOrderId, CycleId, Purpose, Venue};
use crate::venue::lighter::session::testing::{Rig, cid};
use crate::venue::{ForeignMove, OrderAnswer, VenueCommand, VenueReport};

const OWN: &str = r#"{"client_order_index":77,"owner_account_index":10,"market_index":1,"filled_base_amount":"0","status":"open"}"#;

/// The answer to the list, by the body of the venue's answer.
fn listed(body: &str) -> VenueReport {
    let mut rig = Rig::ready();
    rig.command(VenueCommand::AskOpenOrders);
    rig.answer("accountActiveOrders", 200, body);
    assert_eq!(rig.reports.len(), 1, "{:?}", rig.reports);
    rig.reports.remove(0)
}

#[test]
fn what_rests_is_counted_only_from_a_whole_answer_about_this_account() {
    let list = |rows: &str| listed(&format!(r#"{{"code":200,"orders":[{rows}]}}"#));
    let is = |report: &VenueReport, ids: &[ClientOrderId], others: usize| matches!(report, VenueReport::OpenOrders { own, foreign, .. } if own == ids && *foreign == others);
    let by_hand = OWN.replace("77", "0");
    assert!(is(&list(""), &[], 0));
    assert!(is(&listed(r#"{"code":200,"orders":null}"#), &[], 0), "an empty list may be written so");
    assert!(is(&list(&format!("{OWN},{by_hand},{by_hand}")), &[cid(77)], 2));
    assert!(is(&list(&OWN.replace("\"market_index\":1", "\"market_index\":0")), &[], 0), "another market");
    for broken in [
        r#"{"code":200}"#.to_owned(),
        r#"{"code":29500,"message":"internal"}"#.to_owned(),
        format!(
            r#"{{"code":200,"orders":[{}]}}"#,
            OWN.replace("\"owner_account_index\":10", "\"owner_account_index\":11")
        ),
        format!(r#"{{"code":200,"orders":[{OWN},{{"x":1}}]}}"#),
        format!(r#"{{"code":200,"orders":[{OWN}],"next_cursor":"abc"}}"#),
    ] {
        assert!(matches!(listed(&broken), VenueReport::AskFailed { .. }), "{broken}");
    }
}

fn trade(id: u64, client: u64, kind: &str) -> String {
    format!(
        r#"{{"trade_id":{id},"type":"{kind}","market_id":1,"size":"0.001","price":"80000.0","usd_amount":"80","ask_client_id":{client},
            "ask_account_id":10,"bid_account_id":2,"is_maker_ask":false,"timestamp":1}}"#
    )
}

fn trades(kind: &str, rows: &str) -> String {
    format!(
        r#"{{"channel":"account_all_trades:10","trades":{{"1":[{rows}]}},"type":"{kind}/account_all_trades"}}"#
    )
}

#[test]
fn a_snapshot_that_repeats_old_trades_moves_nothing_and_fills_only_orders_of_this_session() {
    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    let rows =
        [trade(1, 0, "trade"), trade(2, 0, "liquidation"), trade(3, old(3), "trade"), trade(4, 41, "trade")];
    rig.text(&trades("subscribed", &rows.join(",")));
    let told = rig.picked(|report| match report {
        VenueReport::Filled(fill) => Some(fill.cid.number()),
        VenueReport::Moved(_) => Some(0),
        _ => None,
    });
    assert_eq!(told, [41]);
}

#[test]
fn a_live_trade_is_ours_by_its_id_and_otherwise_told_by_its_kind() {
    let mut rig = Rig::ready();
    for (number, kind) in ["trade", "liquidation", "deleverage", "market-settlement"].into_iter().enumerate()
    {
        rig.text(&trades("update", &trade(10 + number as u64, 0, kind)));
    }
    rig.text(&trades("update", &trade(20, 5, "trade")));
    rig.text(&trades("update", &trade(21, old(3), "trade")));
    let moved = rig.picked(|report| if let VenueReport::Moved(what) = report { Some(*what) } else { None });
    let settled = [ForeignMove::Liquidation, ForeignMove::Deleveraging, ForeignMove::Settlement];
    assert_eq!(moved[0], ForeignMove::Trade);
    assert_eq!(moved[1..4], settled);
    assert_eq!(moved[4..], [ForeignMove::Trade], "an id that we never make");
    let filled = rig
        .picked(|report| if let VenueReport::Filled(fill) = report { Some(fill.cid.number()) } else { None });
    assert_eq!(filled, [old(3)], "an order of an earlier run is still ours");
}

/// The opening order of a cycle of an earlier run.
fn old(cycle: u32) -> u64 {
    let cycle = CycleId::new(3, cycle).expect("in range");
    ClientOrderId::new(cycle, Venue::Lighter, Purpose::Open, 0).expect("in range").number()
}

/// Asks for an order of an earlier run and answers its look-up by id with nothing.
fn asked_for_an_old_order() -> Rig {
    let mut rig = Rig::ready();
    rig.command(VenueCommand::AskOrder(cid(old(9))));
    rig.answer("accountOrders", 200, r#"{"code":200,"orders":[]}"#);
    rig
}

fn ended(client: u64, cursor: &str) -> String {
    format!(
        r#"{{"code":200,"next_cursor":"{cursor}","orders":[{{"client_order_index":{client},"order_index":5,
            "filled_base_amount":"0.001","filled_quote_amount":"80","status":"filled"}}]}}"#
    )
}

fn answers(rig: &Rig) -> Vec<OrderAnswer> {
    rig.picked(|report| match report {
        VenueReport::OrderAnswer { answer, .. } => Some(answer.clone()),
        _ => None,
    })
}

#[test]
fn ended_orders_are_read_until_the_order_is_found_and_its_executions_are_told() {
    let mut rig = asked_for_an_old_order();
    rig.answer("accountInactiveOrders", 200, &ended(old(12), "p/2"));
    assert!(rig.requests.iter().any(|request| request.url.ends_with("&cursor=p%2F2")), "{:?}", rig.requests);
    rig.answer("cursor=p%2F2", 200, &ended(old(9), ""));
    rig.answer("order_index=5", 200, &format!(r#"{{"code":200,"trades":[{}]}}"#, trade(1, old(9), "trade")));
    assert!(
        matches!(answers(&rig)[..], [OrderAnswer::Ended { filled, .. }] if filled.to_string() == "0.001")
    );
    let filled = rig
        .picked(|report| if let VenueReport::Filled(fill) = report { Some(fill.cid.number()) } else { None });
    assert_eq!(filled, [old(9)]);
}

#[test]
fn an_order_of_an_earlier_cycle_ends_the_search() {
    let mut rig = asked_for_an_old_order();
    rig.answer("accountInactiveOrders", 200, &ended(old(8), "more"));
    assert!(answers(&rig).is_empty(), "trades are heard, too");
    rig.answer(
        "/trades",
        200,
        &format!(r#"{{"code":200,"next_cursor":"more","trades":[{}]}}"#, trade(1, old(8), "trade")),
    );
    assert_eq!(answers(&rig), [OrderAnswer::NotFound]);
}

#[test]
fn a_witness_that_is_not_heard_never_makes_an_order_not_found() {
    let mut rig = asked_for_an_old_order();
    rig.answer("accountInactiveOrders", 200, r#"{"code":200,"orders":[]}"#);
    rig.answer("/trades", 502, "<html>");
    assert!(matches!(answers(&rig)[..], [OrderAnswer::Failed(_)]));
}
