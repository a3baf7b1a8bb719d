//! Subscriptions that a backend makes and ends for its clients.

use application::{Obeyed, Refusal};
use domain::{ChannelName, ClientId, Language};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    batch::Item,
    body,
    call::{Call, channel, invalid},
    endpoint::{Outcome, Param, Work, data},
};

/// The most bytes of a body.
const BODY: usize = 1024;

#[derive(Deserialize)]
struct Wanted {
    channel: String,
}

#[derive(Serialize)]
struct Told {
    client: String,
    channel: String,
    connections: Vec<Item<At>>,
}

#[derive(Serialize)]
struct At {
    connection: String,
}

/// `POST clients/{client}/subscriptions`
pub(super) fn subscribe(call: Call) -> Work {
    Box::pin(async move {
        let client = call.client()?;
        let body = body::read(&call.headers, call.body, BODY).await?;
        let channel = channel(&body::object::<Wanted>(&body)?.channel)?;
        let (app, trace) = (&call.app.id, call.trace.as_ref());
        let obeyed = call.backend.subscribe(app, &client, channel.clone(), trace).await?;
        told(call.language, &client, &channel, obeyed)
    })
}

/// `DELETE clients/{client}/subscriptions`
pub(super) fn unsubscribe(call: Call) -> Work {
    Box::pin(async move {
        let client = call.client()?;
        let name = call.query.text("channel").ok_or_else(|| invalid("channel is missing"))?;
        let (channel, app, trace) = (channel(name)?, &call.app.id, call.trace.as_ref());
        let obeyed = call.backend.unsubscribe(app, &client, channel.clone(), trace).await?;
        told(call.language, &client, &channel, obeyed)
    })
}

fn told(
    language: Language,
    client: &ClientId,
    channel: &ChannelName,
    obeyed: Vec<Obeyed>,
) -> Outcome {
    let item = |Obeyed { connection, outcome }: Obeyed| {
        let done: Result<At, Refusal> = outcome.map(|()| At { connection: connection.to_string() });
        Item::of(language, done)
    };
    let connections = obeyed.into_iter().map(item).collect();
    data(&Told { client: client.to_string(), channel: channel.to_string(), connections })
}

pub(super) const CHANNEL: &[Param] = &[Param {
    name: "channel",
    place: "query",
    required: true,
    about: "Which channel.",
    schema: channel_schema,
}];

fn channel_schema() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 200 })
}

pub(super) fn body_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel"],
        "properties": { "channel": channel_schema() }
    })
}

pub(super) fn data_schema() -> Value {
    let at = json!({
        "type": "object",
        "required": ["connection"],
        "properties": { "connection": { "type": "string" } }
    });
    json!({
        "type": "object",
        "required": ["client", "channel", "connections"],
        "properties": {
            "client": { "type": "string" },
            "channel": { "type": "string" },
            "connections": { "type": "array", "items": super::batch::item_schema(&at) }
        }
    })
}
