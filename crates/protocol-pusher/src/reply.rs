//! Writing replies. Most requests of this protocol are not answered.

use application::{About, Refusal, Reply, ReplyData, Subscribed};
use domain::{ChannelName, ErrorCode, Language, Roster};
use json_writer::{Object, string};

use crate::{
    ChannelKind,
    frame::{EachFrame, begin, write_error, write_object_data, write_text_data},
    push::write_message,
};

/// "Client event rejected due to rate limit".
const TOO_MANY_EVENTS: u16 = 4301;
/// "Connection is unauthorized".
const UNAUTHORIZED: u16 = 4009;

/// Gives each frame of the reply a buffer of its own.
pub(crate) fn write(reply: &Reply, frame: EachFrame<'_>) {
    match &reply.outcome {
        Ok(data) => write_data(data, frame),
        Err(refusal) => write_refusal(&reply.about, refusal, frame),
    }
}

fn write_data(data: &ReplyData, frame: EachFrame<'_>) {
    match data {
        ReplyData::Subscribed(subscribed) => write_subscribed(subscribed, frame),
        ReplyData::Pong(_) => frame(&|out| write_object_data(out, "pusher:pong", None, |_| ())),
        ReplyData::SignedIn(user_data) => frame(&|out| {
            write_text_data(out, "pusher:signin_success", None, |data| {
                data.text("user_data", user_data);
            });
        }),
        ReplyData::Sent(..) | ReplyData::Unsubscribed(_) => {}
        // Never asked for in this protocol.
        ReplyData::Authenticated(_)
        | ReplyData::SubscribedMany(_)
        | ReplyData::History(_)
        | ReplyData::Present(_) => {}
    }
}

/// That it is subscribed, then what the channel has for a new subscriber.
pub(crate) fn write_subscribed(subscribed: &Subscribed, frame: EachFrame<'_>) {
    let channel = &subscribed.channel;
    frame(&|out| {
        let event = "pusher_internal:subscription_succeeded";
        write_text_data(out, event, Some(channel.as_str()), |data| {
            if let Some(roster) = &subscribed.presence {
                data.object("presence", |presence| write_roster(presence, roster));
            }
        });
    });
    let messages = subscribed.stream.as_ref().map(|stream| &stream.messages[..]);
    for record in messages.unwrap_or_default() {
        frame(&|out| write_message(out, channel, &record.message));
    }
    if ChannelKind::of(channel).cache && messages.unwrap_or_default().is_empty() {
        frame(&|out| begin(out, "pusher:cache_miss", Some(channel.as_str())).end());
    }
}

/// `count`, and where the members are listed `ids` and `hash`.
fn write_roster(object: &mut Object<'_>, roster: &Roster) {
    object.number("count", roster.count);
    let members = roster.members.as_deref().unwrap_or_default();
    let out = object.key("ids");
    out.push(b'[');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(out, member.client.as_str());
    }
    out.push(b']');
    object.object("hash", |hash| {
        for member in members {
            // No name of a client needs an escape.
            hash.raw(
                member.client.as_str(),
                member.info.as_ref().map_or("null", |info| info.as_str()),
            );
        }
    });
}

fn write_refusal(about: &About, refusal: &Refusal, frame: EachFrame<'_>) {
    match about {
        About::Subscribe(channel) => frame(&|out| write_subscription_error(out, channel, refusal)),
        About::Send(channel) => frame(&|out| {
            let (code, message) = event_rejected(channel, refusal);
            write_error(out, code, &message);
        }),
        About::SignIn => frame(&|out| {
            write_error(out, Some(UNAUTHORIZED), &refusal.message(Language::English));
        }),
        // Leaving where one is not is no fault.
        About::Other if refusal.code == ErrorCode::NotSubscribed => {}
        About::Other => frame(&|out| write_error(out, None, &refusal.message(Language::English))),
    }
}

fn write_subscription_error(out: &mut Vec<u8>, channel: &ChannelName, refusal: &Refusal) {
    if refusal.code == ErrorCode::Conflict {
        return write_error(out, None, &format!("Existing subscription to channel {channel}"));
    }
    let unsigned = ChannelKind::of(channel).signed && refusal.code == ErrorCode::PermissionDenied;
    let forged = refusal.code == ErrorCode::SignatureInvalid;
    let message = if forged {
        "Invalid signature: it is not one of the app's for this connection and channel".into()
    } else if unsigned {
        "Auth value for subscription is missing".into()
    } else {
        refusal.message(Language::English)
    };
    let auth = unsigned || forged;
    write_object_data(out, "pusher:subscription_error", Some(channel.as_str()), |data| {
        data.text("type", if auth { "AuthError" } else { "SubscriptionError" });
        data.text("error", &message);
        data.number("status", if auth { 401 } else { refusal.code.class() });
    });
}

fn event_rejected(channel: &ChannelName, refusal: &Refusal) -> (Option<u16>, String) {
    if refusal.code == ErrorCode::RateLimited {
        return (Some(TOO_MANY_EVENTS), "Client event rejected due to rate limit".into());
    }
    if refusal.code != ErrorCode::PermissionDenied {
        let why = refusal.message(Language::English);
        return (None, format!("Client event rejected - {why}"));
    }
    let why = if ChannelKind::of(channel).signed {
        "you must be subscribed to the channel, and client events must be enabled for the app"
    } else {
        "only supported on private and presence channels"
    };
    (None, format!("Client event rejected - {why}"))
}
