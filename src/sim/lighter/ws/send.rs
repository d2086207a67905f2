//! Frames of the client: control, subscriptions, transactions (lighter.md 5.1, 5.3).

use super::super::LighterSim;
use super::super::refusal::Refusal;
use super::super::submit::{Receipt, Submission, read_batch};
use super::super::switches::SendReply;
use super::frames;
use crate::domain::Wall;
use crate::transport::service::ConnId;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::time::Duration;

const SEND_TX: &str = "jsonapi/sendtx";
const SEND_TX_BATCH: &str = "jsonapi/sendtxbatch";

/// A client frame, its data unread.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    channel: Option<String>,
    auth: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SendData<'a> {
    tx_type: Option<u8>,
    #[serde(borrow)]
    tx_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BatchData {
    tx_types: Option<String>,
    tx_infos: Option<String>,
}

/// The id alone: it is echoed even when the rest is unreadable.
#[derive(Deserialize)]
struct IdOnly {
    id: Option<Value>,
}

impl LighterSim {
    /// Reacts to a text frame.
    pub(in super::super) fn read_frame(&mut self, now: Wall, conn: ConnId, text: &str) {
        let frame: Frame<'_> = match serde_json::from_str(text) {
            Ok(frame) => frame,
            Err(_) => return self.refuse_frame(conn, &unreadable(text)),
        };
        let kind = frame.kind.as_deref().unwrap_or_default();
        let is_send = matches!(kind, SEND_TX | SEND_TX_BATCH);
        let within_limit = self.hub.connections.get_mut(&conn).is_none_or(|c| is_send || c.count_frame(now));
        if !within_limit {
            return self.refuse_frame(conn, &Refusal::WsTooManyMessages);
        }
        let channel = frame.channel.as_deref().unwrap_or_default();
        match kind {
            "subscribe" => self.subscribe(now, conn, channel, frame.auth.as_deref()),
            "unsubscribe" => self.unsubscribe(conn, channel),
            "ping" => self.hub.send_now(conn, &json!({ "type": "pong" })),
            "pong" => {}
            SEND_TX | SEND_TX_BATCH => self.read_send(now, conn, kind, frame.data),
            _ => self.refuse_frame(conn, &Refusal::WsInvalidType),
        }
    }

    /// Answers with an error that belongs to no request.
    pub(in super::super) fn refuse_frame(&mut self, conn: ConnId, refusal: &Refusal) {
        self.hub.send_now(conn, &frames::error(refusal));
    }

    fn read_send(&mut self, now: Wall, conn: ConnId, kind: &str, data: Option<&RawValue>) {
        let data = data.map_or("null", RawValue::get);
        let id = serde_json::from_str::<IdOnly>(data).ok().and_then(|data| data.id);
        let read_only = self.hub.connections.get(&conn).is_some_and(|connection| connection.read_only);
        let outcome = if read_only {
            Err(Refusal::WsNotSupported)
        } else {
            read_submissions(kind, data).and_then(|submissions| self.submit(now, &submissions))
        };
        let single = kind == SEND_TX;
        match outcome {
            Ok(receipt) => {
                let frame = accepted(kind, id, &receipt, single);
                self.reply(now, conn, &frame);
            }
            Err(refusal) => self.refuse_send(now, conn, id, &refusal),
        }
    }

    fn refuse_send(&mut self, now: Wall, conn: ConnId, id: Option<Value>, refusal: &Refusal) {
        let reply = self.options.switches.send_reply;
        let nameless = *refusal == Refusal::UnreadableTxInfo || reply == SendReply::RefusalWithoutId;
        let mut frame =
            if reply == SendReply::RefusalAtTopLevel { refusal.body() } else { frames::error(refusal) };
        if let (Some(id), Some(members), false) = (id, frame.as_object_mut(), nameless) {
            members.insert("id".to_owned(), id);
        }
        self.reply(now, conn, &frame);
    }

    /// Sends the answer to a transaction, as switch 1 wants it.
    fn reply(&mut self, now: Wall, conn: ConnId, frame: &Value) {
        match self.options.switches.send_reply {
            SendReply::Silent => {}
            SendReply::Late(millis) => {
                let due = now.after(Duration::from_millis(millis.max(0).unsigned_abs()));
                self.hub.send_later(due, conn, frame);
            }
            SendReply::Recorded | SendReply::RefusalWithoutId | SendReply::RefusalAtTopLevel => {
                self.hub.send_now(conn, frame);
            }
        }
    }
}

/// What is wrong with a frame that is no frame: not JSON at all, or JSON of the wrong shape.
fn unreadable(text: &str) -> Refusal {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Refusal::WsInvalidData,
        Err(_) => Refusal::WsInvalidJson,
    }
}

fn read_submissions(kind: &str, data: &str) -> Result<Vec<Submission>, Refusal> {
    if kind == SEND_TX {
        let data: SendData<'_> = serde_json::from_str(data).map_err(|_| Refusal::UnreadableTxInfo)?;
        let info = data.tx_info.ok_or(Refusal::UnreadableTxInfo)?.get().to_owned();
        let tx_type = data.tx_type.ok_or(Refusal::UnreadableTxInfo)?;
        return Ok(vec![Submission { tx_type, info }]);
    }
    let data: BatchData = serde_json::from_str(data).map_err(|_| Refusal::UnreadableTxInfo)?;
    let types = data.tx_types.ok_or(Refusal::UnreadableTxInfo)?;
    read_batch(&types, &data.tx_infos.ok_or(Refusal::UnreadableTxInfo)?)
}

fn accepted(kind: &str, id: Option<Value>, receipt: &Receipt, single: bool) -> Value {
    let hash = if single { json!(receipt.hashes.first()) } else { json!(receipt.hashes) };
    let mut frame = json!({
        "code": 200,
        "predicted_execution_time_ms": receipt.due.millis(),
        "tx_hash": hash,
        "type": kind,
    });
    if let (Some(id), Some(members)) = (id, frame.as_object_mut()) {
        members.insert("id".to_owned(), id);
    }
    frame
}
