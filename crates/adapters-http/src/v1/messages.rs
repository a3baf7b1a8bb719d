//! Publishing one message, and what a message of a backend is.

use application::{BackendMessage, Refusal};
use domain::{
    AppLimits, ChannelName, ConnectionId, ErrorCode, MessageKey, MessageName, Payload,
    PayloadError, Receipt,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{
    body,
    call::{Call, channel, invalid},
    endpoint::{Work, data},
};

/// What a body may have beside its `data`: names, keys, spaces.
const BESIDE_DATA: usize = 4096;

/// A message as it comes.
#[derive(Deserialize)]
pub(super) struct Written<'a> {
    /// Only in a batch.
    channel: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
    name: Option<String>,
    key: Option<String>,
    exclude: Option<String>,
}

/// What became of a message.
#[derive(Serialize)]
pub(super) struct Published {
    channel: String,
    id: String,
    ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    /// Whether an earlier message with the same key is meant.
    repeated: bool,
}

impl Published {
    pub(super) fn of(channel: &ChannelName, receipt: &Receipt) -> Self {
        Self {
            channel: channel.to_string(),
            id: receipt.id.as_str().to_owned(),
            ts: receipt.ts.as_millis(),
            epoch: receipt.position.map(|position| position.epoch.to_string()),
            offset: receipt.position.map(|position| position.offset.0),
            repeated: receipt.repeated,
        }
    }
}

impl Written<'_> {
    /// The message for a channel that the address names.
    fn to(self, channel: ChannelName, limits: &AppLimits) -> Result<BackendMessage, Refusal> {
        let limit = limits.payload_bytes;
        let data = Payload::compact(self.data, limit).map_err(|error| refusal_of(&error))?;
        let name = self.name.as_deref().map(MessageName::parse).transpose();
        let key = self.key.as_deref().map(MessageKey::parse).transpose();
        let exclude = self.exclude.as_deref().map(|text| {
            ConnectionId::parse(text).ok_or_else(|| invalid("exclude is not a connection's id"))
        });
        Ok(BackendMessage {
            channel,
            data,
            name: name.map_err(|error| invalid(format!("name {error}")))?,
            key: key.map_err(|error| invalid(format!("key {error}")))?,
            exclude: exclude.transpose()?,
        })
    }

    /// The message for the channel that it names itself.
    pub(super) fn addressed(mut self, limits: &AppLimits) -> Result<BackendMessage, Refusal> {
        let name = self.channel.take().ok_or_else(|| invalid("channel is missing"))?;
        let channel = channel(&name)?;
        self.to(channel, limits)
    }
}

fn refusal_of(error: &PayloadError) -> Refusal {
    let code = match error {
        PayloadError::TooLarge { .. } => ErrorCode::PayloadTooLarge,
        PayloadError::TooDeep | PayloadError::LoneSurrogate | PayloadError::NotJson => {
            ErrorCode::InvalidParams
        }
    };
    Refusal::because(code, format!("data {error}"))
}

/// The header by which a key may be given, too.
pub(super) const KEY_HEADER: &str = "idempotency-key";

/// `Idempotency-Key`.
pub(super) fn key_of(call: &Call) -> Result<Option<String>, Refusal> {
    let mut values = call.headers.get_all(KEY_HEADER).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(key)), None) => Ok(Some(key.to_owned())),
        _ => Err(invalid("Idempotency-Key is not one plain text")),
    }
}

/// `POST channels/{channel}/messages`
pub(super) fn publish(call: Call) -> Work {
    Box::pin(async move {
        let (channel, header) = (call.channel()?, key_of(&call)?);
        let limits = call.app.limits;
        let body = body::read(&call.headers, call.body, limits.payload_bytes + BESIDE_DATA).await?;
        let mut written: Written<'_> = body::object(&body)?;
        if written.key.is_some() && header.is_some() && written.key != header {
            return Err(invalid("key and Idempotency-Key differ"));
        }
        written.key = written.key.or(header);
        let message = written.to(channel.clone(), &limits)?;
        let receipt = call.backend.publish(&call.app, message, call.trace.as_ref()).await?;
        data(&Published::of(&channel, &receipt))
    })
}

/// The schema of a message, for a body that names the channel or not.
pub(super) fn written_schema(names_channel: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": { "description": "Any JSON. At most the app's limits.payload bytes, without the spaces between values." },
            "name": { "type": "string", "minLength": 1, "maxLength": 200, "description": "What kind of message, in the application's own words." },
            "key": { "type": "string", "minLength": 1, "maxLength": 64, "description": "Idempotency key: the same key with the same content publishes once." },
            "exclude": { "type": "string", "pattern": "^[0-9a-f]{32}$", "description": "The connection that shall not see it." }
        }
    });
    if names_channel {
        schema["required"] = json!(["channel", "data"]);
        schema["properties"]["channel"] = json!({ "type": "string", "maxLength": 200 });
    }
    schema
}

pub(super) fn body_schema() -> Value {
    written_schema(false)
}

pub(super) fn published_schema() -> Value {
    json!({
        "type": "object",
        "required": ["channel", "id", "ts", "repeated"],
        "properties": {
            "channel": { "type": "string" },
            "id": { "type": "string" },
            "ts": { "type": "integer", "description": "When it was stamped, Unix milliseconds." },
            "epoch": { "type": "string", "description": "With history: the stream's life." },
            "offset": { "type": "integer", "description": "With history: its place." },
            "repeated": { "type": "boolean", "description": "Whether this is the outcome of an earlier request with the same key." }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<BackendMessage, Refusal> {
        let limits = AppLimits { payload_bytes: 10, ..AppLimits::default() };
        body::object::<Written<'_>>(json.as_bytes())?.addressed(&limits)
    }

    #[test]
    fn a_message_says_where_to_and_what() {
        let message = read(r#"{"channel":"chat:a/b#c","data": null,"name":"n","more":1}"#).unwrap();
        assert_eq!((message.channel.as_str(), message.data.as_str()), ("chat:a/b#c", "null"));
        for (json, code) in [
            (r#"{"channel":"a"}"#, ErrorCode::InvalidParams),
            (r#"{"data":1}"#, ErrorCode::InvalidParams),
            (r#"{"channel":"a b","data":1}"#, ErrorCode::InvalidChannel),
            (r#"{"channel":"a","data":"0123456789"}"#, ErrorCode::PayloadTooLarge),
            (r#"{"channel":"a","data":1,"name":"client-x"}"#, ErrorCode::InvalidParams),
            (r#"{"channel":"a","data":1,"key":""}"#, ErrorCode::InvalidParams),
            (r#"{"channel":"a","data":1,"exclude":"me"}"#, ErrorCode::InvalidParams),
        ] {
            assert_eq!(read(json).unwrap_err().code, code, "{json}");
        }
    }
}
