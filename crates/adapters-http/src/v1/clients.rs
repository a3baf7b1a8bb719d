//! Clients: their connections, and the end of them.

use application::OpenConnection;
use domain::CloseReason;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    call::Call,
    endpoint::{Param, Work, data},
};

#[derive(Serialize)]
struct Shown {
    client: String,
    connections: Vec<Connection>,
}

#[derive(Serialize)]
struct Connection {
    connection: String,
    opened_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    channels: Vec<String>,
}

impl Connection {
    fn of(open: OpenConnection) -> Self {
        Self {
            connection: open.id.to_string(),
            opened_at: open.opened.as_millis(),
            expires_at: open.expires_at.map(|expires_at| expires_at.as_millis()),
            channels: open.channels.iter().map(ToString::to_string).collect(),
        }
    }
}

/// `GET clients/{client}`
pub(super) fn show(call: Call) -> Work {
    Box::pin(async move {
        let client = call.client()?;
        let connections = call.backend.connections(&call.app.id, &client);
        let connections = connections.into_iter().map(Connection::of).collect();
        data(&Shown { client: client.to_string(), connections })
    })
}

#[derive(Serialize)]
struct Disconnected {
    client: String,
    closed: usize,
}

/// `DELETE clients/{client}`
pub(super) fn disconnect(call: Call) -> Work {
    Box::pin(async move {
        let client = call.client()?;
        let reason = match call.query.flag("come_back")? {
            true => CloseReason::Reconnect,
            false => CloseReason::Disconnected,
        };
        let closed = call.backend.disconnect(&call.app.id, &client, reason, call.trace.as_ref());
        data(&Disconnected { client: client.to_string(), closed })
    })
}

pub(super) const DISCONNECT_PARAMS: &[Param] = &[Param {
    name: "come_back",
    place: "query",
    required: false,
    about: "Whether the client shall come back after a moment (4202), or not at all (4003).",
    schema: || json!({ "type": "boolean", "default": false }),
}];

pub(super) fn shown_schema() -> Value {
    json!({
        "type": "object",
        "required": ["client", "connections"],
        "properties": {
            "client": { "type": "string" },
            "connections": {
                "type": "array",
                "description": "The oldest first.",
                "items": {
                    "type": "object",
                    "required": ["connection", "opened_at", "channels"],
                    "properties": {
                        "connection": { "type": "string" },
                        "opened_at": { "type": "integer" },
                        "expires_at": { "type": "integer", "description": "The end of its token." },
                        "channels": { "type": "array", "items": { "type": "string" } }
                    }
                }
            }
        }
    })
}

pub(super) fn disconnected_schema() -> Value {
    json!({
        "type": "object",
        "required": ["client", "closed"],
        "properties": {
            "client": { "type": "string" },
            "closed": { "type": "integer", "description": "How many connections it had." }
        }
    })
}
