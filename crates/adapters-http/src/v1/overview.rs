//! The whole app at one moment.

use application::{Occupied, Overview, ports::Tally};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    call::Call,
    endpoint::{Work, data},
};

#[derive(Serialize)]
struct Shown {
    at: u64,
    #[serde(flatten)]
    counted: Option<Counted>,
    channels: usize,
    largest: Vec<Entry>,
}

#[derive(Serialize)]
struct Counted {
    connections: u64,
    subscriptions: u64,
    published: u64,
    published_bytes: u64,
    delivered: u64,
    delivered_bytes: u64,
    refused: u64,
}

#[derive(Serialize)]
struct Entry {
    channel: String,
    subscribers: usize,
}

impl Counted {
    const fn of(tally: Tally) -> Self {
        let Tally { connections, subscriptions, published, published_bytes, .. } = tally;
        let Tally { delivered, delivered_bytes, refused, .. } = tally;
        Self {
            connections,
            subscriptions,
            published,
            published_bytes,
            delivered,
            delivered_bytes,
            refused,
        }
    }
}

/// `GET overview`
pub(super) fn overview(call: Call) -> Work {
    Box::pin(async move {
        let Overview { at, tally, channels, largest } = call.backend.overview(&call.app.id);
        let entry = |Occupied { channel, subscribers }| Entry {
            channel: String::from(channel.as_str()),
            subscribers,
        };
        data(&Shown {
            at: at.as_millis(),
            counted: tally.map(Counted::of),
            channels,
            largest: largest.into_iter().map(entry).collect(),
        })
    })
}

pub(super) fn schema() -> Value {
    let count = |about: &str| json!({ "type": "integer", "description": about });
    json!({
        "type": "object",
        "required": ["at", "channels", "largest"],
        "properties": {
            "at": count("The moment, Unix milliseconds."),
            "connections": count("Authenticated ones. This and the six below are missing where the app is not among the first 1,000 that did anything: they have no figures of their own."),
            "subscriptions": count("Of all connections."),
            "published": count("Messages that were taken since the server began."),
            "published_bytes": count("Bytes of their data."),
            "delivered": count("Messages handed to subscribers, each counted for each, since the server began."),
            "delivered_bytes": count("Bytes of their frames."),
            "refused": count("Requests over a connection that were refused since the server began."),
            "channels": count("Channels that somebody subscribes to."),
            "largest": {
                "type": "array",
                "description": "Those with the most subscribers, the largest first; at most 20.",
                "items": {
                    "type": "object",
                    "required": ["channel", "subscribers"],
                    "properties": {
                        "channel": { "type": "string" },
                        "subscribers": { "type": "integer" }
                    }
                }
            }
        }
    })
}
