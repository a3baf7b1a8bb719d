//! Clients: who is connected, how, and the end of it.

use std::sync::LazyLock;

use application::OpenConnection;
use domain::CloseReason;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    call::Call,
    endpoint::{Param, Work, data},
    turns::Turns,
};

/// Clients of a page, unless asked for otherwise, and at most.
const LIMIT: u64 = 100;
const MOST: u64 = 1000;

/// Lists are made one at a time: each looks at every connection.
static TURNS: LazyLock<Turns> = LazyLock::new(Turns::new);

#[derive(Serialize)]
struct Listed {
    clients: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    client: String,
    connections: usize,
    opened_at: u64,
    guest: bool,
    watcher: bool,
}

/// `GET clients`
pub(super) fn list(call: Call) -> Work {
    Box::pin(async move {
        let limit = call.query.number("limit", 1, MOST)?.unwrap_or(LIMIT);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let prefix = call.query.text("prefix").unwrap_or_default();
        let after = call.query.text("cursor");
        let _turn = TURNS.take(&call.app.id).await;
        let connected = call.backend.connected(&call.app.id, prefix, after, limit);
        let (connected, more) = connected.await;
        let last = connected.last().map(|last| last.client.to_string());
        let entry = |one: application::Connected| Entry {
            client: one.client.to_string(),
            connections: one.connections,
            opened_at: one.opened.as_millis(),
            guest: one.guest,
            watcher: one.watcher,
        };
        let clients = connected.into_iter().map(entry).collect();
        data(&Listed { clients, next: last.filter(|_| more) })
    })
}

#[derive(Serialize)]
struct Shown {
    client: String,
    connections: Vec<Connection>,
}

#[derive(Serialize)]
struct Connection {
    connection: String,
    opened_at: u64,
    heard_at: u64,
    queued_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    channels: Vec<String>,
}

impl Connection {
    fn of(open: OpenConnection) -> Self {
        Self {
            connection: open.id.to_string(),
            opened_at: open.opened.as_millis(),
            heard_at: open.heard.as_millis(),
            queued_bytes: open.queued_bytes,
            token: open.token.map(String::from),
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

pub(super) const LIST_PARAMS: &[Param] = &[
    Param {
        name: "prefix",
        place: "query",
        required: false,
        about: "Only clients whose ids begin so.",
        schema: || json!({ "type": "string" }),
    },
    Param {
        name: "cursor",
        place: "query",
        required: false,
        about: "Only clients behind this one: next of the page before.",
        schema: || json!({ "type": "string" }),
    },
    Param {
        name: "limit",
        place: "query",
        required: false,
        about: "At most so many.",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT }),
    },
];

pub(super) fn list_schema() -> Value {
    json!({
        "type": "object",
        "required": ["clients"],
        "properties": {
            "clients": {
                "type": "array",
                "description": "Who is connected to this node, in the order of their ids.",
                "items": {
                    "type": "object",
                    "required": ["client", "connections", "opened_at", "guest", "watcher"],
                    "properties": {
                        "client": { "type": "string" },
                        "connections": { "type": "integer" },
                        "opened_at": { "type": "integer", "description": "Of the oldest connection." },
                        "guest": { "type": "boolean", "description": "No token says who it is." },
                        "watcher": { "type": "boolean", "description": "It only watches a channel, by a token of this API's." }
                    }
                }
            },
            "next": { "type": "string", "description": "Where there are more: the cursor of the next page." }
        }
    })
}

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
                    "required": ["connection", "opened_at", "heard_at", "queued_bytes", "channels"],
                    "properties": {
                        "connection": { "type": "string" },
                        "opened_at": { "type": "integer" },
                        "heard_at": { "type": "integer", "description": "When something last came from it, if only a pong." },
                        "queued_bytes": { "type": "integer", "description": "Bytes that wait to be sent to it, with what it costs to keep them." },
                        "token": { "type": "string", "description": "Its token's id (jti), where it has one." },
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
