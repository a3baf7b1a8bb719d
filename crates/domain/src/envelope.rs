//! The one JSON shape of the native protocol.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a client sends, and what the server pushes (then without `id` and `metadata`):
/// `{"event":"...","payload":{...},"id":"...","metadata":{...}}`.
///
/// `payload` is left as it is: what must be in it depends on the event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// What is asked or told.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// An object, its keys by event.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<&'a RawValue>,
    /// Correlates the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// Only `traceId` is used.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<&'a RawValue>,
}

/// The `id` of a request: a string or an integer of at most 64 characters, given back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Box<RequestIdText>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum RequestIdText {
    Text(Box<str>),
    Integer(Box<str>),
}

impl RequestId {
    /// The most characters of an id.
    pub const LIMIT: usize = 64;

    /// Reads the JSON value of an `id`: a string, or an integer in its own spelling.
    ///
    /// Nothing where it is anything else or too long.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        if json.starts_with('"') {
            let text: String = serde_json::from_str(json).ok()?;
            let fits = text.chars().count() <= Self::LIMIT;
            return fits.then(|| Self(Box::new(RequestIdText::Text(text.into()))));
        }
        let digits = json.strip_prefix('-').unwrap_or(json);
        let integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (integer && json.len() <= Self::LIMIT)
            .then(|| Self(Box::new(RequestIdText::Integer(json.into()))))
    }

    /// The id as JSON, in the kind it came in.
    #[must_use]
    pub fn to_json(&self) -> Cow<'_, str> {
        match &*self.0 {
            RequestIdText::Text(text) => Cow::Owned(serde_json::Value::from(&**text).to_string()),
            RequestIdText::Integer(digits) => Cow::Borrowed(digits),
        }
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0 {
            RequestIdText::Text(text) => serializer.serialize_str(text),
            RequestIdText::Integer(digits) => serde_json::from_str::<&RawValue>(digits)
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).ok_or_else(|| {
            serde::de::Error::custom("id: a string or integer of at most 64 characters")
        })
    }
}

/// A trace id that a client gave: `[A-Za-z0-9_-]{1,64}`. It goes into the log lines and spans
/// that the request causes, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TraceId(Box<str>);

impl TraceId {
    /// The most characters of a trace id.
    pub const LIMIT: usize = 64;

    /// Nothing where the text is not of the form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::LIMIT).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        (fits && plain).then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_reads_the_founding_frame() {
        let text = r#"{"event":"auth","payload":{"appId":"demo-app","token":"<JWT>"}}"#;
        let envelope: Envelope<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(envelope.event, "auth");
        assert!(envelope.id.is_none());
        assert_eq!(serde_json::to_string(&envelope).unwrap(), text);
    }

    #[test]
    fn ids_come_back_as_they_came() {
        for json in [r#""7""#, "7", "-3", "123456789012345678901234567890", r#""a\"b""#, r#""""#] {
            let id = RequestId::parse(json).unwrap();
            assert_eq!(id.to_json(), json);
            assert_eq!(serde_json::to_string(&id).unwrap(), json);
        }
        let long = format!("\"{}\"", "x".repeat(65));
        for bad in ["1.5", "1e3", "null", "true", "{}", "[]", "-", long.as_str()] {
            assert_eq!(RequestId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn trace_ids_are_plain() {
        assert!(TraceId::parse("4bf9_-A").is_some());
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(TraceId::parse(bad).is_none(), "{bad}");
        }
    }
}
