//! Writing pushes.

use application::Push;
use domain::{ChannelName, Message, Movement, PresenceChange};
use json_writer::string;

use crate::{
    ChannelKind, DEFAULT_EVENT, close_code,
    close_code::message,
    frame::{EachFrame, begin, write_error, write_object_data, write_text_data},
    reply::write_subscribed,
};

/// Gives each frame of the push a buffer of its own. Positions, and times of tokens, are no words of
/// this protocol.
pub(crate) fn write(push: &Push<'_>, frame: EachFrame<'_>) {
    match push {
        Push::Message(publication) => {
            frame(&|out| write_message(out, &publication.channel.channel, &publication.message));
        }
        Push::Presence(change) => frame(&|out| write_change(out, change)),
        Push::Subscribers { channel, count } => frame(&|out| {
            let event = "pusher_internal:subscription_count";
            write_text_data(out, event, Some(channel.as_str()), |data| {
                data.number("subscription_count", u64::try_from(*count).unwrap_or(u64::MAX));
            });
        }),
        Push::Subscribed(subscribed) => write_subscribed(subscribed, frame),
        Push::Unsubscribed { channel, reason, .. } => frame(&|out| {
            let event = "pusher:subscription_error";
            write_object_data(out, event, Some(channel.as_str()), |data| {
                data.text("type", "Unsubscribed");
                data.text("error", reason);
                data.number("status", 503u64);
            });
        }),
        Push::Disconnect { reason, .. } => frame(&|out| {
            write_error(out, Some(close_code(*reason)), message(*reason));
        }),
        Push::Position { .. }
        | Push::PresenceCount(_)
        | Push::TokenExpiring { .. }
        | Push::Heartbeat { .. } => {}
    }
}

/// A message as an event: `data` is the text that it came as, or its JSON as text.
pub(crate) fn write_message(out: &mut Vec<u8>, channel: &ChannelName, message: &Message) {
    let name = message.name.as_ref().map_or(DEFAULT_EVENT, |name| name.as_str());
    let mut frame = begin(out, name, Some(channel.as_str()));
    string(frame.key("data"), message.data.text());
    if let Some(from) = message.from.as_ref().filter(|_| ChannelKind::of(channel).presence) {
        frame.text("user_id", from.client.as_str());
    }
    frame.end();
}

fn write_change(out: &mut Vec<u8>, change: &PresenceChange) {
    let channel = Some(change.channel.channel.as_str());
    match change.movement {
        Movement::Joined => {
            write_text_data(out, "pusher_internal:member_added", channel, |data| {
                data.text("user_id", change.client.as_str());
                if let Some(info) = &change.info {
                    data.raw("user_info", info.as_str());
                }
            });
        }
        Movement::Left => {
            write_text_data(out, "pusher_internal:member_removed", channel, |data| {
                data.text("user_id", change.client.as_str());
            });
        }
    }
}
