//! A message as it lies on disk.

use std::sync::Arc;

use domain::{
    ClientId, ConnectionId, Hidden, Message, MessageId, MessageName, Offset, Payload, Publication,
    Record, Sender, SessionToken, Timestamp,
};

use crate::encoding::{Reader, Writer};

const HAS_NAME: u8 = 1;
const HAS_SENDER: u8 = 2;
const HAS_INFO: u8 = 4;
const HAS_HIDDEN: u8 = 8;
const HAS_TEXT: u8 = 16;

/// A message with what lets a reader find the policy's bounds without reading all that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRecord {
    pub(crate) record: Arc<Record>,
    /// The cost of all messages of the stream before this one.
    pub(crate) before: u64,
    /// The latest time that a message up to this one was stamped with: it never falls along a
    /// stream, though the clock may.
    pub(crate) latest: Timestamp,
}

/// The bytes of a message under its key.
pub(crate) fn encode(
    key: &[u8],
    publication: &Publication,
    before: u64,
    latest: Timestamp,
) -> Vec<u8> {
    let Publication { message, hidden_from, .. } = publication;
    let info = message.from.as_ref().and_then(|from| from.info.as_ref());
    let flag = |there: bool, flag: u8| if there { flag } else { 0 };
    let mut to = Writer::with_capacity(message.data.bytes() + 256);
    to.u64(before);
    to.u64(latest.as_millis());
    to.u64(message.ts.as_millis());
    to.u8(flag(message.name.is_some(), HAS_NAME)
        | flag(message.from.is_some(), HAS_SENDER)
        | flag(info.is_some(), HAS_INFO)
        | flag(hidden_from.is_some(), HAS_HIDDEN)
        | flag(message.data.own_text().is_some(), HAS_TEXT));
    to.text(message.id.as_str());
    to.text(message.data.as_str());
    if let Some(text) = message.data.own_text() {
        to.text(text);
    }
    if let Some(name) = &message.name {
        to.text(name.as_str());
    }
    if let Some(from) = &message.from {
        to.text(from.client.as_str());
        to.u128(from.connection.bits());
    }
    if let Some(info) = info {
        to.text(info.as_str());
    }
    if let Some(hidden) = hidden_from {
        to.text(hidden.client.as_str());
        to.u128(hidden.connection.bits());
        to.u128(hidden.session.bits());
    }
    to.sealed(key)
}

/// The message of these bytes. Nothing where they are not what was written.
pub(crate) fn decode(key: &[u8], value: &[u8], offset: Offset) -> Option<StoredRecord> {
    let mut from = Reader::unsealed(key, value)?;
    let before = from.u64()?;
    let latest = Timestamp::from_millis(from.u64()?);
    let ts = Timestamp::from_millis(from.u64()?);
    let flags = from.u8()?;
    let has = |flag: u8| flags & flag != 0;
    let id = MessageId::new(from.text()?);
    let data = payload(from.text()?)?;
    let data = if has(HAS_TEXT) { data.with_text(Some(from.text()?)) } else { data };
    // Of all protocols: the widest of their rules.
    let name =
        if has(HAS_NAME) { Some(MessageName::parse_pusher(from.text()?).ok()?) } else { None };
    let mut sender = None;
    if has(HAS_SENDER) {
        let client = ClientId::parse(from.text()?).ok()?;
        let connection = ConnectionId::from_random(from.u128()?);
        let info = if has(HAS_INFO) { Some(Arc::new(payload(from.text()?)?)) } else { None };
        sender = Some(Sender { client, connection, info });
    }
    let mut hidden_from = None;
    if has(HAS_HIDDEN) {
        let client = ClientId::parse(from.text()?).ok()?;
        let connection = ConnectionId::from_random(from.u128()?);
        let session = SessionToken::from_random(from.u128()?);
        hidden_from = Some(Hidden { connection, client, session });
    }
    let message = Message { id, ts, offset: Some(offset), name, data, from: sender };
    Some(StoredRecord { record: Arc::new(Record { message, hidden_from }), before, latest })
}

fn payload(text: &str) -> Option<Payload> {
    Payload::parse(text, text.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AppId, ChannelKey, ChannelName};

    #[test]
    fn a_message_comes_back_as_it_was() {
        let payload = |text| Payload::parse(text, 100).unwrap();
        let client = ClientId::parse("alice").unwrap();
        let connection = ConnectionId::from_random(5);
        let (name, info) = (MessageName::parse("typing").ok(), Some(Arc::new(payload("[1]"))));
        let bare = Message {
            id: MessageId::new("m1"),
            ts: Timestamp::from_millis(3),
            offset: Some(Offset(9)),
            name: None,
            data: payload(r#"{"a":"\u00e9","n":1.50}"#),
            from: None,
        };
        let anonymous = Sender { client: client.clone(), connection, info: None };
        let known = Sender { info, ..anonymous.clone() };
        let hidden = Hidden { connection, client, session: SessionToken::from_random(6) };
        for (from, hidden_from) in [
            (None, None),
            (Some(anonymous), None),
            (None, Some(hidden.clone())),
            (Some(known), Some(hidden)),
        ] {
            for name in [None, name.clone()] {
                let message = Message { name, from: from.clone(), ..bare.clone() };
                let channel = ChannelKey {
                    app: AppId::parse("shop").unwrap(),
                    channel: ChannelName::parse("lobby").unwrap(),
                };
                let sent = Publication { channel, message, hidden_from: hidden_from.clone() };
                let value = encode(b"key", &sent, 77, Timestamp::from_millis(8));
                let read = decode(b"key", &value, Offset(9)).unwrap();
                assert_eq!(
                    (&read.record.message, &read.record.hidden_from),
                    (&sent.message, &hidden_from)
                );
                assert_eq!((read.before, read.latest.as_millis()), (77, 8));
                assert!(decode(b"kez", &value, Offset(9)).is_none());
            }
        }
    }
}
