//! What a channel has kept: pages of it, and emptying it.

use application::{History, HistoryPage, Refusal, ports::Order};
use domain::{Epoch, Message, Offset, Position, Sender};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    call::{Call, invalid},
    endpoint::{Param, Work, data},
};

#[derive(Serialize)]
struct Page<'a> {
    channel: &'a str,
    epoch: String,
    offset: u64,
    first: u64,
    messages: Vec<Kept<'a>>,
    more: bool,
}

#[derive(Serialize)]
struct Kept<'a> {
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<From<'a>>,
}

#[derive(Serialize)]
struct From<'a> {
    client: &'a str,
    connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<&'a RawValue>,
}

/// JSON that was read once is JSON.
pub(super) fn raw(json: &str) -> Option<&RawValue> {
    serde_json::from_str(json).ok()
}

impl<'a> Page<'a> {
    fn of(history: &'a HistoryPage) -> Self {
        let page = &history.page;
        let kept = |message: &'a Message| Kept {
            data: raw(message.data.as_str()),
            name: message.name.as_ref().map(|name| name.as_str()),
            id: message.id.as_str(),
            offset: message.offset.map(|offset| offset.0),
            ts: message.ts.as_millis(),
            from: message.from.as_ref().map(From::of),
        };
        Self {
            channel: history.channel.as_str(),
            epoch: page.position.epoch.to_string(),
            offset: page.position.offset.0,
            first: page.first.0,
            messages: page.messages.iter().map(|record| kept(&record.message)).collect(),
            more: page.more,
        }
    }
}

impl<'a> From<'a> {
    fn of(sender: &'a Sender) -> Self {
        Self {
            client: sender.client.as_str(),
            connection: sender.connection.to_string(),
            info: sender.info.as_ref().and_then(|info| raw(info.as_str())),
        }
    }
}

/// `GET channels/{channel}/messages`
pub(super) fn read(call: Call) -> Work {
    Box::pin(async move {
        let page = call.backend.history(&call.app, wish(&call)?).await?;
        data(&Page::of(&page))
    })
}

fn wish(call: &Call) -> Result<History, Refusal> {
    let query = &call.query;
    let epoch = query.text("epoch").map(|text| {
        Epoch::parse(text).ok_or_else(|| invalid("epoch is not 16 lower-case hex digits"))
    });
    let offset = |key| Ok::<_, Refusal>(query.number(key, 0, u64::MAX)?.map(Offset));
    let limit = query.number("limit", 1, History::MOST.into())?;
    let order = match query.text("order") {
        None | Some("asc") => Order::Ascending,
        Some("desc") => Order::Descending,
        Some(_) => return Err(invalid("order is not asc or desc")),
    };
    let limit = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(History::LIMIT);
    let (after, before) = (offset("after")?, offset("before")?);
    Ok(History { channel: call.channel()?, epoch: epoch.transpose()?, after, before, limit, order })
}

#[derive(Serialize)]
struct Purged {
    channel: String,
    epoch: String,
    offset: u64,
}

/// `DELETE channels/{channel}/messages`
pub(super) fn purge(call: Call) -> Work {
    Box::pin(async move {
        let channel = call.channel()?;
        let Position { epoch, offset } = call.backend.purge(&call.app, &channel).await?;
        let (channel, epoch) = (channel.to_string(), epoch.to_string());
        data(&Purged { channel, epoch, offset: offset.0 })
    })
}

pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "after",
        place: "query",
        required: false,
        about: "Only messages behind this offset.",
        schema: offset_schema,
    },
    Param {
        name: "before",
        place: "query",
        required: false,
        about: "Only messages before this offset.",
        schema: offset_schema,
    },
    Param {
        name: "limit",
        place: "query",
        required: false,
        about: "At most so many; the app's limits may give fewer.",
        schema: limit_schema,
    },
    Param {
        name: "order",
        place: "query",
        required: false,
        about: "The oldest or the newest first.",
        schema: || json!({ "type": "string", "enum": ["asc", "desc"], "default": "asc" }),
    },
    Param {
        name: "epoch",
        place: "query",
        required: false,
        about: "The stream's life that you know: another one is not answered from.",
        schema: || json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }),
    },
];

fn offset_schema() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn limit_schema() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": History::MOST, "default": History::LIMIT })
}

pub(super) fn page_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel", "epoch", "offset", "first", "messages", "more"],
        "properties": {
            "channel": { "type": "string" },
            "epoch": { "type": "string" },
            "offset": { "type": "integer", "description": "Of the stream's last message." },
            "first": { "type": "integer", "description": "Of the oldest message that is kept." },
            "messages": { "type": "array", "items": message_schema() },
            "more": { "type": "boolean", "description": "Whether more of what was asked for is kept." }
        }
    })
}

pub(super) fn message_schema() -> Value {
    json!({
        "type": "object",
        "required": ["data", "id", "ts"],
        "properties": {
            "data": {},
            "name": { "type": "string" },
            "id": { "type": "string" },
            "offset": { "type": "integer" },
            "ts": { "type": "integer" },
            "from": {
                "type": "object",
                "required": ["client", "connection"],
                "properties": {
                    "client": { "type": "string" },
                    "connection": { "type": "string" },
                    "info": {}
                }
            }
        }
    })
}

pub(super) fn purged_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel", "epoch", "offset"],
        "properties": {
            "channel": { "type": "string" },
            "epoch": { "type": "string" },
            "offset": { "type": "integer", "description": "The place, which is what it was." }
        }
    })
}
