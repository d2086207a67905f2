//! Requests of a connection: sign-in and dispatch (paradex.md 5, 6).

use super::frames::{self, RpcCode, RpcError, RpcRequest};
use super::hub::Conn;
use crate::domain::Wall;
use crate::sim::paradex::ParadexSim;
use crate::sim::service::{ConnId, Sent};
use serde_json::{Value, json};

/// A method's answer.
pub type Answer = Result<Value, RpcError>;

impl ParadexSim {
    /// Answers one text frame.
    pub(in crate::sim::paradex) fn take_text(
        &mut self,
        now: Wall,
        conn: ConnId,
        text: &str,
        out: &mut Vec<Sent>,
    ) {
        let Some(connection) = self.hub.conns.get_mut(&conn) else { return };
        connection.alive();
        let request = match frames::read(text) {
            Ok(request) => request,
            Err((id, error)) => return out.push(Sent::Text(conn, frames::error(now, &id, &error))),
        };
        let subscribing = request.method == "subscribe";
        match self.dispatch(now, conn, &request) {
            Ok(result) => {
                out.push(Sent::Text(conn, frames::result(now, &request.id, result)));
                if subscribing {
                    self.first_message(now, conn, &request.params, out);
                }
            }
            Err(error) => out.push(Sent::Text(conn, frames::error(now, &request.id, &error))),
        }
    }

    fn dispatch(&mut self, now: Wall, conn: ConnId, request: &RpcRequest) -> Answer {
        let params = &request.params;
        match request.method.as_str() {
            "auth" => self.auth(now, conn, params),
            "subscribe" => self.subscribe(conn, params),
            "unsubscribe" => self.unsubscribe(conn, params),
            "modify_subscription" => self.modify_subscription(conn, params),
            method => match method.strip_prefix("order.") {
                Some(action) => self.order_method(now, conn, action, params),
                None => Err(RpcError::new(RpcCode::MethodNotFound, format!("method {method} not found"))),
            },
        }
    }

    fn auth(&mut self, now: Wall, conn: ConnId, params: &Value) -> Answer {
        let token = params.get("bearer").and_then(Value::as_str).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| RpcError::new(RpcCode::MalformedBearer, "malformed bearer token"))?;
        let bearer = self.bearer_of(now, token).map_err(|refusal| {
            RpcError::because(RpcCode::InvalidBearer, "invalid bearer token", refusal.message)
        })?;
        let interactive = bearer.interactive && self.options.switches.retail_over_ws;
        let connection = self.connection(conn)?;
        connection.bearer = Some(crate::sim::paradex::sign_in::Bearer { interactive, ..bearer });
        Ok(json!({"node_id": "sim-1"}))
    }

    /// The connection a frame came on.
    pub(super) fn connection(&mut self, conn: ConnId) -> Result<&mut Conn, RpcError> {
        let gone = || RpcError::new(RpcCode::InvalidRequest, "the connection is closed");
        self.hub.conns.get_mut(&conn).ok_or_else(gone)
    }
}
