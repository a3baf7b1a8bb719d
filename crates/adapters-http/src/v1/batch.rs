//! Publishing many messages at once.

use application::{BackendMessage, Refusal};
use domain::{ChannelName, Language, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    body,
    call::{Call, invalid},
    endpoint::{Work, data},
    messages::{Published, Written, key_of, published_schema, written_schema},
};

/// Messages of a batch.
const MOST: usize = 100;
/// A batch may have as many bytes as so many of the largest messages.
const LARGEST: usize = 16;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

/// What became of one of many.
#[derive(Serialize)]
pub(super) struct Item<T> {
    code: u16,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl<T> Item<T> {
    pub(super) fn of(language: Language, outcome: Result<T, Refusal>) -> Self {
        match outcome {
            Ok(data) => Self {
                code: 200,
                message: language.success().to_owned(),
                data: Some(data),
                reason: None,
                retry_after_ms: None,
            },
            Err(refusal) => Self {
                code: refusal.code.class(),
                message: refusal.message(language).into_owned(),
                data: None,
                reason: Some(refusal.code.reason()),
                retry_after_ms: refusal
                    .retry_after
                    .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            },
        }
    }
}

#[derive(Serialize)]
struct Results {
    results: Vec<Item<Published>>,
}

/// `POST messages`
pub(super) fn publish_many(call: Call) -> Work {
    Box::pin(async move {
        if key_of(&call)?.is_some() {
            return Err(invalid("in a batch each message has a key of its own"));
        }
        let limits = call.app.limits;
        let limit = limits.payload_bytes.saturating_mul(LARGEST) + MOST * 512;
        let body = body::read(&call.headers, call.body, limit).await?;
        let Batch { messages } = body::object(&body)?;
        if messages.is_empty() || messages.len() > MOST {
            return Err(invalid(format!("messages has not from 1 to {MOST} entries")));
        }
        let read = |json: &&RawValue| {
            body::object::<Written<'_>>(json.get().as_bytes())?.addressed(&limits)
        };
        let read: Vec<Result<BackendMessage, Refusal>> = messages.iter().map(read).collect();
        let good: Vec<_> = read.iter().filter_map(|read| read.as_ref().ok()).cloned().collect();
        let receipts = call.backend.publish_all(&call.app, good, call.trace.as_ref()).await;
        let outcomes = outcomes(read, receipts);
        for (channel, outcome) in &outcomes {
            let Err(refusal) = outcome else { continue };
            let (app, code, trace) = (&call.app.id, refusal.code, call.trace.as_ref());
            call.backend.note_refused(app, "publishMany", channel.as_ref(), code, trace);
        }
        let results = outcomes.into_iter();
        let results = results.map(|(_, outcome)| Item::of(call.language, outcome)).collect();
        data(&Results { results })
    })
}

/// A message's channel, where it is one, and what became of it.
type Become = (Option<ChannelName>, Result<Published, Refusal>);

/// Each in its place: those that were no messages, and what became of those that were.
fn outcomes(
    read: Vec<Result<BackendMessage, Refusal>>,
    receipts: Vec<Result<Receipt, Refusal>>,
) -> Vec<Become> {
    let mut receipts = receipts.into_iter();
    let mut published = |channel: &ChannelName| {
        let internal = || Err(Refusal::plain(domain::ErrorCode::Internal));
        receipts.next().unwrap_or_else(internal).map(|receipt| Published::of(channel, &receipt))
    };
    let outcome = |read: Result<BackendMessage, Refusal>| match read {
        Ok(message) => (Some(message.channel.clone()), published(&message.channel)),
        Err(refusal) => (None, Err(refusal)),
    };
    read.into_iter().map(outcome).collect()
}

pub(super) fn body_schema() -> Value {
    json!({
        "type": "object",
        "required": ["messages"],
        "properties": {
            "messages": { "type": "array", "minItems": 1, "maxItems": MOST, "items": written_schema(true) }
        }
    })
}

/// The schema of one of many outcomes.
pub(super) fn item_schema(data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "integer" },
            "message": { "type": "string" },
            "data": data,
            "reason": { "type": "string", "description": "Only of a refusal." },
            "retry_after_ms": { "type": "integer" }
        }
    })
}

pub(super) fn data_schema() -> Value {
    json!({
        "type": "object",
        "required": ["results"],
        "properties": {
            "results": {
                "type": "array",
                "description": "In the order of the messages.",
                "items": item_schema(&published_schema())
            }
        }
    })
}
