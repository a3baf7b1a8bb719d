//! Writing pushes.

use application::Push;
use domain::{Message, Publication, Sender};

use json_writer::Object;

use crate::{
    close_code, presence,
    reply::{millis, write_subscribed},
};

/// `{"event":...,"payload":{...}}`: an envelope without `id`.
pub(crate) fn write(out: &mut Vec<u8>, push: &Push<'_>) {
    let mut frame = Object::begin(out);
    frame.text("event", event(push));
    frame.object("payload", |payload| write_payload(payload, push));
    frame.end();
}

fn event(push: &Push<'_>) -> &'static str {
    match push {
        Push::Message(_) => "message",
        Push::Position { .. } => "position",
        Push::Presence(change) => presence::event(change),
        Push::Subscribers { .. } => "subscribers",
        Push::PresenceCount(_) => "presence",
        Push::Subscribed(_) => "subscribed",
        Push::Unsubscribed { .. } => "unsubscribed",
        Push::TokenExpiring { .. } => "tokenExpiring",
        Push::Heartbeat { .. } => "heartbeat",
        Push::Disconnect { .. } => "disconnect",
    }
}

fn write_payload(payload: &mut Object<'_>, push: &Push<'_>) {
    match push {
        Push::Message(publication) => write_message(payload, publication),
        Push::Position { channel, offset } => {
            payload.text("channel", channel.as_str());
            payload.number("offset", offset.0);
        }
        Push::Presence(change) => presence::write_change(payload, change),
        Push::Subscribers { channel, count } => {
            payload.text("channel", channel.as_str());
            payload.number("count", u64::try_from(*count).unwrap_or(u64::MAX));
        }
        Push::PresenceCount(count) => presence::write_count(payload, count),
        Push::Subscribed(subscribed) => write_subscribed(payload, subscribed),
        Push::Unsubscribed { channel, reason, resubscribe, retry_after } => {
            payload.text("channel", channel.as_str());
            payload.text("reason", reason);
            payload.flag("resubscribe", *resubscribe);
            if let Some(wait) = retry_after {
                payload.number("retryAfterMs", millis(*wait));
            }
        }
        Push::TokenExpiring { expires_at } => payload.number("expiresAt", expires_at.as_millis()),
        Push::Heartbeat { ts } => payload.number("ts", ts.as_millis()),
        Push::Disconnect { reason, retry_after } => {
            payload.number("code", close_code(*reason));
            payload.text("reason", reason.name());
            if let Some(wait) = retry_after {
                payload.number("retryAfterMs", millis(*wait));
            }
        }
    }
}

fn write_message(payload: &mut Object<'_>, publication: &Publication) {
    payload.text("channel", publication.channel.channel.as_str());
    write_content(payload, &publication.message);
}

/// A message without its channel.
pub(crate) fn write_content(payload: &mut Object<'_>, message: &Message) {
    let Message { id, ts, offset, name, data, from } = message;
    payload.raw("data", data.as_str());
    if let Some(name) = name {
        payload.text("name", name.as_str());
    }
    payload.text("id", id.as_str());
    if let Some(offset) = offset {
        payload.number("offset", offset.0);
    }
    payload.number("ts", ts.as_millis());
    if let Some(from) = from {
        payload.object("from", |object| write_sender(object, from));
    }
}

fn write_sender(object: &mut Object<'_>, from: &Sender) {
    object.text("client", from.client.as_str());
    object.shown("connection", &from.connection);
    if let Some(info) = &from.info {
        object.raw("info", info.as_str());
    }
}
