//! Writing replies.

use std::{sync::Arc, time::Duration};

use application::{
    HistoryPage, Refusal, Replay, Reply, ReplyData, Subscribed, Welcome, ports::Page,
};
use domain::{ChannelName, Language, Position, Receipt, Record};

use json_writer::Object;

use crate::{VERSION, presence::write_roster, push::write_content};

/// `{"code":...,"message":...,"data":...}`; for a request with an `id` also that, and on an error
/// `reason` and, where waiting helps, `retry_after_ms`.
pub(crate) fn write(out: &mut Vec<u8>, reply: &Reply, language: Language) {
    let mut frame = Object::begin(out);
    match &reply.outcome {
        Ok(data) => {
            frame.number("code", 200u64);
            frame.text("message", language.success());
            frame.object("data", |object| write_data(object, data, language));
        }
        Err(refusal) => {
            frame.number("code", refusal.code.class());
            frame.text("message", &refusal.message(language));
            frame.raw("data", "null");
        }
    }
    if let Some(id) = &reply.id {
        frame.raw("id", &id.to_json());
        if let Err(refusal) = &reply.outcome {
            write_reason(&mut frame, refusal);
        }
    }
    frame.end();
}

fn write_reason(frame: &mut Object<'_>, refusal: &Refusal) {
    frame.text("reason", refusal.code.reason());
    if let Some(wait) = refusal.retry_after {
        frame.number("retry_after_ms", millis(wait));
    }
}

fn write_data(object: &mut Object<'_>, data: &ReplyData, language: Language) {
    match data {
        ReplyData::Authenticated(welcome) => write_welcome(object, welcome),
        ReplyData::Subscribed(subscribed) => write_subscribed(object, subscribed),
        ReplyData::SubscribedMany(list) => write_many(object, list, language),
        ReplyData::Unsubscribed(channel) => object.text("channel", channel.as_str()),
        ReplyData::Sent(channel, receipt) => write_receipt(object, channel, receipt),
        ReplyData::History(history) => write_history(object, history),
        ReplyData::Present(roster) => write_roster(object, roster),
        // Never asked for in this protocol.
        ReplyData::SignedIn(_) => {}
        ReplyData::Pong(ts) => object.number("ts", ts.as_millis()),
    }
}

fn write_welcome(object: &mut Object<'_>, welcome: &Welcome) {
    object.flag("state", true);
    object.text("client_id", welcome.client.as_str());
    object.text("connection_id", &welcome.connection.to_string());
    object.text("session", &welcome.session.reveal());
    if let Some(expires_at) = welcome.expires_at {
        object.number("expires_at", expires_at.as_millis());
    }
    object.number("ping_interval_ms", millis(welcome.ping_interval));
    let limits = welcome.limits;
    object.object("limits", |object| {
        object.number("frame_bytes", limits.frame_bytes as u64);
        object.number("payload_bytes", limits.payload_bytes as u64);
        object.number("channels", limits.channels);
        object.number("requests_per_second", limits.requests_per_second);
        object.number("requests_burst", limits.requests_burst);
    });
    object.number("protocol", VERSION);
    object.text("server", concat!("rtmate/", env!("CARGO_PKG_VERSION")));
    object.number("ts", welcome.ts.as_millis());
}

pub(crate) fn write_subscribed(object: &mut Object<'_>, subscribed: &Subscribed) {
    object.text("channel", subscribed.channel.as_str());
    if let Some(recovered) = subscribed.recovered {
        object.flag("recovered", recovered);
    }
    if let Some(Replay { position, messages }) = &subscribed.stream {
        write_position(object, *position);
        write_messages(object, messages);
    }
    if let Some(roster) = &subscribed.presence {
        write_roster(object, roster);
    }
}

fn write_position(object: &mut Object<'_>, position: Position) {
    object.text("epoch", &position.epoch.to_string());
    object.number("offset", position.offset.0);
}

fn write_messages(object: &mut Object<'_>, messages: &[Arc<Record>]) {
    let out = object.key("messages");
    out.push(b'[');
    for (index, record) in messages.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut item = Object::begin(out);
        write_content(&mut item, &record.message);
        item.end();
    }
    out.push(b']');
}

fn write_history(object: &mut Object<'_>, history: &HistoryPage) {
    let Page { position, first, messages, more } = &history.page;
    object.text("channel", history.channel.as_str());
    write_position(object, *position);
    object.number("first", first.0);
    write_messages(object, messages);
    object.flag("more", *more);
}

fn write_many(
    object: &mut Object<'_>,
    list: &[(Option<ChannelName>, Result<Subscribed, Refusal>)],
    language: Language,
) {
    let out = object.key("channels");
    out.push(b'[');
    for (index, (channel, outcome)) in list.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut item = Object::begin(out);
        match outcome {
            Ok(subscribed) => {
                item.number("code", 200u64);
                write_subscribed(&mut item, subscribed);
            }
            Err(refusal) => {
                item.number("code", refusal.code.class());
                if let Some(channel) = channel {
                    item.text("channel", channel.as_str());
                }
                item.text("message", &refusal.message(language));
                write_reason(&mut item, refusal);
            }
        }
        item.end();
    }
    out.push(b']');
}

fn write_receipt(object: &mut Object<'_>, channel: &ChannelName, receipt: &Receipt) {
    object.text("channel", channel.as_str());
    object.text("id", receipt.id.as_str());
    object.number("ts", receipt.ts.as_millis());
    if let Some(position) = receipt.position {
        write_position(object, position);
    }
    if receipt.repeated {
        object.flag("repeated", true);
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
