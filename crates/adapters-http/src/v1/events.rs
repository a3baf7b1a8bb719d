//! What happened in an app, and what is there.

use application::{Backend, Refusal};
use domain::{Epoch, ErrorCode, FactKind, FactKinds, Sequence};
use event_json::{event, list, live};
use serde_json::{Value, json, value::RawValue};

use super::{
    call::{Call, invalid},
    endpoint::{Data, Outcome, Param, Work},
    history::message_schema,
};

/// `GET events`
pub(super) fn read(call: Call) -> Work {
    Box::pin(async move {
        let query = &call.query;
        let after = query.number("after", 0, u64::MAX)?.unwrap_or(0);
        let most = query.number("limit", 1, Backend::EVENTS.into())?;
        let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(Backend::EVENTS_USUAL);
        let kinds = query.text("types").map(kinds).transpose()?;
        let known = query.text("epoch").map(|text| {
            Epoch::parse(text).ok_or_else(|| invalid("epoch is not 16 lower-case hex digits"))
        });
        let known = known.transpose()?;
        let page = call.backend.events(&call.app, Sequence(after), most, kinds).await?;
        if known.is_some_and(|known| known != page.epoch) {
            return Err(Refusal::plain(ErrorCode::EpochChanged));
        }
        let (first, last, next) = (page.first.0, page.last.0, page.through.0);
        // What was between is no longer kept, or the place is of another log.
        let missed = after.saturating_add(1) < first || after > last;
        object(|to| {
            to.shown("epoch", &page.epoch);
            to.number("first", first);
            to.number("last", last);
            to.number("next", next);
            to.flag("missed", missed);
            list(to.key("events"), &page.events, event);
        })
    })
}

fn kinds(text: &str) -> Result<FactKinds, Refusal> {
    let kind = |name: &str| {
        FactKind::parse(name).ok_or_else(|| invalid(format!("types: no kind of event is `{name}`")))
    };
    text.split(',').map(kind).collect()
}

/// `GET snapshot`
pub(super) fn snapshot(call: Call) -> Work {
    Box::pin(async move {
        let snapshot = call.backend.snapshot(&call.app).await?;
        // It may be large: too much work for a thread that drives connections.
        let written = tokio::task::spawn_blocking(move || {
            object(|to| {
                to.shown("epoch", &snapshot.epoch);
                to.number("cursor", snapshot.cursor.0);
                live(to, &snapshot.live);
            })
        });
        written.await.unwrap_or_else(|_| Err(Refusal::plain(ErrorCode::Internal)))
    })
}

fn object(fill: impl FnOnce(&mut json_writer::Object<'_>)) -> Outcome {
    let mut out = Vec::new();
    let mut object = json_writer::Object::begin(&mut out);
    fill(&mut object);
    object.end();
    let written = String::from_utf8(out).ok().and_then(|text| RawValue::from_string(text).ok());
    written.map(Data::Json).ok_or_else(|| {
        tracing::error!(target: "rtmate", error = "no JSON", "an answer of the server API can't be written");
        Refusal::plain(ErrorCode::Internal)
    })
}

pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "after",
        place: "query",
        required: false,
        about: "Only events behind this one: a snapshot's cursor, or next of the page before.",
        schema: || json!({ "type": "integer", "minimum": 0, "default": 0 }),
    },
    Param {
        name: "limit",
        place: "query",
        required: false,
        about: "At most so many are looked at; a page has 1 MiB at most.",
        schema: || {
            json!({
                "type": "integer",
                "minimum": 1,
                "maximum": Backend::EVENTS,
                "default": Backend::EVENTS_USUAL
            })
        },
    },
    Param {
        name: "types",
        place: "query",
        required: false,
        about: "Only these kinds, with commas between them. Go on behind next all the same.",
        schema: || json!({ "type": "string", "minLength": 1 }),
    },
    Param {
        name: "epoch",
        place: "query",
        required: false,
        about: "The log's life that you know: another one is not answered from.",
        schema: || json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }),
    },
];

pub(super) fn page_schema() -> Value {
    json!({
        "type": "object",
        "required": ["epoch", "first", "last", "next", "missed", "events"],
        "properties": {
            "epoch": { "type": "string" },
            "first": { "type": "integer", "description": "The oldest event that is kept." },
            "last": { "type": "integer", "description": "The last event." },
            "next": { "type": "integer", "description": "Go on behind this one." },
            "missed": {
                "type": "boolean",
                "description": "Whether events between after and first are no longer kept: take a snapshot."
            },
            "events": { "type": "array", "items": event_schema() }
        }
    })
}

fn event_schema() -> Value {
    let kinds: Vec<_> = FactKind::ALL.iter().map(|kind| kind.name()).collect();
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let mut message = message_schema();
    // Its data only where the namespace says so.
    message["required"] = json!(["id", "ts"]);
    json!({
        "type": "object",
        "required": ["sequence", "type", "ts"],
        "properties": {
            "sequence": number,
            "type": { "type": "string", "enum": kinds },
            "ts": number,
            "channel": text,
            "connection": text,
            "client": text,
            "guest": { "type": "boolean" },
            "reason": text,
            "info": {},
            "count": number,
            "message": message,
            "name": text,
            "data": {},
            "quota": text,
            "limit": number,
            "token": text,
            "issued_before": number
        },
        "description": "Which of these its type has: docs/webhooks.md."
    })
}

pub(super) fn snapshot_schema() -> Value {
    let of = |properties: Value, required: &[&str]| {
        json!({
            "type": "array",
            "items": { "type": "object", "required": required, "properties": properties }
        })
    };
    let text = || json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["epoch", "cursor", "connections", "channels", "members"],
        "properties": {
            "epoch": text(),
            "cursor": { "type": "integer", "description": "The last event that is part of it." },
            "connections": of(
                json!({ "connection": text(), "client": text(), "guest": { "type": "boolean" } }),
                &["connection", "client", "guest"]
            ),
            "channels": of(
                json!({ "channel": text(), "subscribers": { "type": "integer" } }),
                &["channel"]
            ),
            "members": of(
                json!({ "channel": text(), "client": text(), "info": {} }),
                &["channel", "client"]
            )
        }
    })
}
