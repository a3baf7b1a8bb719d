//! Channels: which are occupied, how one stands, who is in it.

use application::Occupied;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    call::Call,
    endpoint::{Param, Work, data},
    history::raw,
};

/// Channels of a page, unless asked for otherwise, and at most.
const LIMIT: u64 = 100;
const MOST: u64 = 1000;

#[derive(Serialize)]
struct Listed {
    channels: Vec<Entry>,
    more: bool,
}

#[derive(Serialize)]
struct Entry {
    channel: String,
    subscribers: usize,
}

/// `GET channels`
pub(super) fn list(call: Call) -> Work {
    Box::pin(async move {
        let limit = call.query.number("limit", 1, MOST)?.unwrap_or(LIMIT);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let prefix = call.query.text("prefix").unwrap_or_default();
        let mut occupied = call.backend.channels(&call.app.id, prefix);
        if let Some(after) = call.query.text("after") {
            occupied.retain(|occupied| occupied.channel.as_str() > after);
        }
        let more = occupied.len() > limit;
        occupied.truncate(limit);
        let entry = |Occupied { channel, subscribers }| Entry {
            channel: String::from(channel.as_str()),
            subscribers,
        };
        data(&Listed { channels: occupied.into_iter().map(entry).collect(), more })
    })
}

#[derive(Serialize)]
struct State {
    channel: String,
    subscribers: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<u32>,
}

/// `GET channels/{channel}`
pub(super) fn show(call: Call) -> Work {
    Box::pin(async move {
        let channel = call.channel()?;
        let state = call.backend.channel(&call.app, &channel).await?;
        data(&State {
            channel: channel.to_string(),
            subscribers: state.subscribers,
            epoch: state.position.map(|position| position.epoch.to_string()),
            offset: state.position.map(|position| position.offset.0),
            members: state.members,
        })
    })
}

#[derive(Serialize)]
struct Present<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Member<'a>>>,
    count: u32,
    version: u64,
}

#[derive(Serialize)]
struct Member<'a> {
    client: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<&'a RawValue>,
    connections: u32,
}

impl<'a> Member<'a> {
    fn of(member: &'a domain::Member) -> Self {
        Self {
            client: member.client.as_str(),
            info: member.info.as_ref().and_then(|info| raw(info.as_str())),
            connections: member.connections,
        }
    }
}

/// `GET channels/{channel}/presence`
pub(super) fn present(call: Call) -> Work {
    Box::pin(async move {
        let channel = call.channel()?;
        let roster = call.backend.roster(&call.app, &channel).await?;
        let members = roster.members.as_ref();
        let members = members.map(|members| members.iter().map(Member::of).collect());
        let (count, version) = (roster.count, roster.version.0);
        data(&Present { channel: channel.as_str(), members, count, version })
    })
}

pub(super) const LIST_PARAMS: &[Param] = &[
    Param {
        name: "prefix",
        place: "query",
        required: false,
        about: "Only channels whose names begin so.",
        schema: || json!({ "type": "string" }),
    },
    Param {
        name: "after",
        place: "query",
        required: false,
        about: "Only channels behind this name: the last one of the page before.",
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
        "required": ["channels", "more"],
        "properties": {
            "channels": {
                "type": "array",
                "description": "In the order of their names.",
                "items": {
                    "type": "object",
                    "required": ["channel", "subscribers"],
                    "properties": {
                        "channel": { "type": "string" },
                        "subscribers": { "type": "integer" }
                    }
                }
            },
            "more": { "type": "boolean", "description": "Whether there are more behind these." }
        }
    })
}

pub(super) fn state_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel", "subscribers"],
        "properties": {
            "channel": { "type": "string" },
            "subscribers": { "type": "integer", "description": "Connections." },
            "epoch": { "type": "string", "description": "With history." },
            "offset": { "type": "integer", "description": "With history: of the last message." },
            "members": { "type": "integer", "description": "With presence: clients." }
        }
    })
}

pub(super) fn present_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel", "count", "version"],
        "properties": {
            "channel": { "type": "string" },
            "members": {
                "type": "array",
                "description": "In the order in which they joined.",
                "items": {
                    "type": "object",
                    "required": ["client", "connections"],
                    "properties": {
                        "client": { "type": "string" },
                        "info": {},
                        "connections": { "type": "integer", "description": "0 while a return is waited for." }
                    }
                }
            },
            "count": { "type": "integer" },
            "version": { "type": "integer" }
        }
    })
}
