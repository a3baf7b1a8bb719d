//! The whole node at one moment.

use std::time::Duration;

use application::{NodeOverview, ports::Spread};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    super::endpoint::{Work, data},
    Order,
};

#[derive(Serialize)]
struct Shown {
    version: &'static str,
    at: u64,
    started_at: u64,
    draining: bool,
    connections: usize,
    authenticated: u64,
    subscriptions: u64,
    channels: usize,
    opened: u64,
    published: u64,
    published_bytes: u64,
    delivered: u64,
    delivered_bytes: u64,
    refused: u64,
    received_bytes: u64,
    queue_bytes: usize,
    queue_bytes_limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    resident_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_ms: Option<u64>,
    latency: Latency,
}

#[derive(Serialize)]
struct Latency {
    bounds_ms: Vec<f64>,
    delivery: Shape,
    commands: Map<String, Value>,
    store_commit: Shape,
}

#[derive(Serialize)]
struct Shape {
    cumulative: Vec<u64>,
    sum_ms: f64,
}

impl Shape {
    fn of(spread: Spread) -> Self {
        Self { cumulative: spread.cumulative, sum_ms: millis(spread.sum) }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Shown {
    fn of(node: NodeOverview) -> Self {
        let (apps, tally) = (node.tally.apps, node.tally);
        let command = |(kind, spread): (application::ports::Kind, Spread)| {
            (kind.name().to_owned(), json!(Shape::of(spread)))
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            at: node.at.as_millis(),
            started_at: node.at.before(tally.up).as_millis(),
            draining: node.draining,
            connections: node.connections,
            authenticated: apps.connections,
            subscriptions: apps.subscriptions,
            channels: node.channels,
            opened: tally.opened,
            published: apps.published,
            published_bytes: apps.published_bytes,
            delivered: apps.delivered,
            delivered_bytes: apps.delivered_bytes,
            refused: apps.refused,
            received_bytes: tally.received_bytes,
            queue_bytes: node.queue_bytes,
            queue_bytes_limit: node.queue_bytes_limit,
            resident_bytes: tally.resident_bytes,
            cpu_ms: tally.computed.map(whole),
            latency: Latency {
                bounds_ms: tally.bounds.into_iter().map(millis).collect(),
                delivery: Shape::of(tally.delivery),
                commands: tally.commands.into_iter().map(command).collect(),
                store_commit: Shape::of(tally.commits),
            },
        }
    }
}

/// `GET overview`
pub(super) fn overview(order: Order) -> Work {
    Box::pin(async move { data(&Shown::of(order.operator.overview())) })
}

pub(super) fn schema() -> Value {
    let count = |about: &str| json!({ "type": "integer", "description": about });
    let shape = |about: &str| {
        json!({
            "type": "object",
            "description": about,
            "required": ["cumulative", "sum_ms"],
            "properties": {
                "cumulative": { "type": "array", "items": { "type": "integer" }, "description": "How often no longer than each bound, at last how often at all, since the server began." },
                "sum_ms": { "type": "number" }
            }
        })
    };
    let required = [
        "version",
        "at",
        "started_at",
        "draining",
        "connections",
        "authenticated",
        "subscriptions",
        "channels",
        "opened",
        "published",
        "published_bytes",
        "delivered",
        "delivered_bytes",
        "refused",
        "received_bytes",
        "queue_bytes",
        "queue_bytes_limit",
        "latency",
    ];
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "version": { "type": "string" },
            "at": count("The moment, Unix milliseconds."),
            "started_at": count("When the server began, Unix milliseconds."),
            "draining": { "type": "boolean", "description": "Whether it shuts down." },
            "connections": count("Open now, also those without a client yet."),
            "authenticated": count("Those with one."),
            "subscriptions": count("Of all connections."),
            "channels": count("Channels that somebody subscribes to."),
            "opened": count("Connections, since the server began."),
            "published": count("Messages that were taken since the server began."),
            "published_bytes": count("Bytes of their data."),
            "delivered": count("Messages handed to subscribers, each counted for each, since the server began."),
            "delivered_bytes": count("Bytes of their frames."),
            "refused": count("Requests over a connection that were refused since the server began."),
            "received_bytes": count("Bytes of frames that came since the server began."),
            "queue_bytes": count("Bytes that wait to be sent, but for less than 4 KiB in each place."),
            "queue_bytes_limit": count("How many may: beyond that the slowest readers are let go."),
            "resident_bytes": count("Memory of the process, where the system tells."),
            "cpu_ms": count("Time that the process computed since it began, where the system tells."),
            "latency": {
                "type": "object",
                "required": ["bounds_ms", "delivery", "commands", "store_commit"],
                "properties": {
                    "bounds_ms": { "type": "array", "items": { "type": "number" }, "description": "The bounds of all that follow, in milliseconds, ascending." },
                    "delivery": shape("From a message's stamp until its last subscriber was written it."),
                    "commands": { "type": "object", "description": "From a request over a connection to its answer, by its kind; each as delivery." },
                    "store_commit": shape("Writing and syncing a group of the durable store.")
                }
            }
        }
    })
}
