//! Events as they are told: the same words in webhooks and in the server API.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    backend::things_of,
    record::{LogEvent, What},
};

#[derive(Deserialize)]
struct Line {
    sequence: u64,
    #[serde(rename = "type")]
    kind: String,
    channel: Option<String>,
    client: Option<String>,
    connection: Option<String>,
    message: Option<MessageLine>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct MessageLine {
    id: String,
    offset: Option<u64>,
    data: Option<String>,
}

/// The body of a request.
#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) number: u64,
    pub(super) epoch: String,
    pub(super) events: Vec<Box<RawValue>>,
}

/// A number that is the same for the same text.
pub(super) fn digest(text: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Reads an event; nothing where it is none.
pub(super) fn read(raw: &RawValue) -> Option<LogEvent> {
    let line: Line = serde_json::from_str(raw.get()).ok()?;
    let connection = |line: &Line| {
        Some(things_of::connection(line.connection.as_deref()?, line.client.as_deref()?))
    };
    let channel = |line: &Line| Some(things_of::channel(line.channel.as_deref()?));
    let member =
        |line: &Line| Some(things_of::member(line.channel.as_deref()?, line.client.as_deref()?));
    let what = match line.kind.as_str() {
        "connection.opened" => What::Comes(connection(&line)?),
        "connection.closed" => What::Goes(connection(&line)?),
        "channel.occupied" => What::Comes(channel(&line)?),
        "channel.vacated" => What::Goes(channel(&line)?),
        "member.joined" => What::Comes(member(&line)?),
        "member.left" => What::Goes(member(&line)?),
        "message.published" => {
            let MessageLine { id, offset, data } = line.message?;
            What::Message { channel: line.channel?, id, body: data?, offset: offset? }
        }
        "events.dropped" => What::Dropped(line.reason.unwrap_or_else(|| "too many".to_owned())),
        _ => What::Other(line.kind),
    };
    Some(LogEvent { sequence: line.sequence, digest: digest(raw.get()), what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<What> {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        Some(read(&raw)?.what)
    }

    #[test]
    fn the_words_of_the_documents_are_understood() {
        let joined = r#"{"sequence":41,"type":"member.joined","ts":1790000000000,"channel":"room:1","client":"alice","info":{"name":"Alice"}}"#;
        assert_eq!(of(joined), Some(What::Comes("member room:1 alice".to_owned())));
        let gone = r#"{"sequence":2,"type":"connection.closed","ts":1,"connection":"c1","client":"a","reason":"server_lost"}"#;
        assert_eq!(of(gone), Some(What::Goes("connection c1 a".to_owned())));
        let message = r#"{"sequence":3,"type":"message.published","ts":1,"channel":"log:a","message":{"id":"m","ts":1,"offset":9,"data":"b"}}"#;
        let (channel, id) = ("log:a".to_owned(), "m".to_owned());
        let wanted = What::Message { channel, id, body: "b".to_owned(), offset: 9 };
        assert_eq!(of(message), Some(wanted));
        let expired = r#"{"sequence":9,"type":"events.dropped","ts":5,"reason":"expired","first":4,"count":6}"#;
        assert_eq!(of(expired), Some(What::Dropped("expired".to_owned())));
        assert_eq!(of(r#"{"sequence":9,"type":"channel.occupied","ts":5}"#), None);
    }
}
