//! Everything that the server says in this protocol.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use application::{About, Push, Refusal, Replay, Reply, ReplyData, Subscribed, ports::Codec};
use bytes::Bytes;
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Epoch, ErrorCode, Member,
    Message, MessageId, MessageName, Movement, Offset, Payload, Position, PresenceChange,
    PresenceVersion, Publication, Record, Roster, Sender, Timestamp,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);
const CONNECTION: ConnectionId = ConnectionId::from_random((123 << 64) | 456);

/// The frames by name.
pub(crate) fn all() -> BTreeMap<String, String> {
    let codec = super::codec();
    let mut all = BTreeMap::new();
    let greeting = codec.greeting(CONNECTION, Duration::from_secs(25));
    all.insert("greeting".to_owned(), lines(&greeting));
    for (name, reply) in replies() {
        all.insert(format!("reply-{name}"), lines(&codec.reply(&reply)));
    }
    let mut refused = String::new();
    for reply in refusals() {
        refused += &lines(&codec.reply(&reply));
    }
    all.insert("refusals".to_owned(), refused);
    let publications = publications();
    let messages = publications.iter().map(|publication| codec.push(&Push::Message(publication)));
    all.insert("push-message".to_owned(), messages.map(|frame| lines(&frame)).collect());
    for (name, push) in pushes(&change(Movement::Joined), &change(Movement::Left)) {
        all.insert(format!("push-{name}"), lines(&codec.push(&push)));
    }
    let reasons = CloseReason::TOLD.map(|reason| {
        let farewell = codec.push(&Push::Disconnect { reason, retry_after: None });
        format!("{} {} {}", codec.close_code(reason), reason.name(), lines(&farewell))
    });
    all.insert("push-disconnect".to_owned(), reasons.concat());
    all
}

fn lines(frames: &Bytes) -> String {
    String::from_utf8(frames.to_vec()).expect("UTF-8")
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("a channel's name")
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("a client's name")
}

fn json(text: &str) -> Payload {
    Payload::parse(text, 1024).expect("JSON")
}

fn message(name: Option<&str>, data: Payload, from: Option<&str>) -> Message {
    let name = name.and_then(|name| MessageName::parse_pusher(name).ok());
    let sender = |name| Sender { client: client(name), connection: CONNECTION, info: None };
    let offset = Some(Offset(3));
    Message { id: MessageId::new("m1"), ts: NOW, offset, name, data, from: from.map(sender) }
}

/// Of native clients, of backends with their own spelling, of members.
fn publications() -> Vec<Publication> {
    let text = |text: &str| Payload::from_text(text, 1024).expect("small");
    let of = |name: &str, message| Publication {
        channel: ChannelKey {
            app: AppId::parse("shop").expect("an app's name"),
            channel: channel(name),
        },
        message,
        hidden_from: None,
    };
    vec![
        of("news", message(None, json(r#"{"text":"a\"b\n"}"#), Some("alice"))),
        of("news", message(Some("greeting"), json("\"hi\""), None)),
        of("news", message(Some("spelled"), text("{ \"a\" : 1 }"), None)),
        of("news", message(Some("plain"), text("hé \"you\""), None)),
        of("presence-room", message(Some("client-typing"), json("[1,2]"), Some("alice"))),
        of("#server-to-user-alice", message(Some("note"), text("x"), None)),
    ]
}

fn roster(members: bool) -> Roster {
    let member = |name, info: Option<&str>| Member {
        client: client(name),
        info: info.map(|info| Arc::new(json(info))),
        connections: 1,
    };
    let list = vec![member("1", Some(r#"{"name":"A"}"#)), member("alice@example.com", None)];
    let (members, version) = (members.then_some(list), PresenceVersion(3));
    Roster { members, count: 2, version }
}

fn subscribed(name: &str) -> Subscribed {
    Subscribed { channel: channel(name), recovered: None, stream: None, presence: None }
}

fn replies() -> Vec<(&'static str, Reply)> {
    let position = Position { epoch: Epoch::from_random(255), offset: Offset(3) };
    let message = message(Some("price"), json("7"), None);
    let messages = vec![Arc::new(Record { message, hidden_from: None })];
    let cached = Replay { position, messages };
    let presence = |members| Some(roster(members));
    let reply = |data| Reply { id: None, about: About::Other, outcome: Ok(data) };
    let subscribe = |subscribed| reply(ReplyData::Subscribed(subscribed));
    vec![
        ("pong", reply(ReplyData::Pong(NOW))),
        ("signed-in", reply(ReplyData::SignedIn(r#"{"id":"alice"}"#.into()))),
        ("unsubscribed", reply(ReplyData::Unsubscribed(channel("news")))),
        ("subscribed", subscribe(subscribed("news"))),
        (
            "subscribed-presence",
            subscribe(Subscribed { presence: presence(true), ..subscribed("presence-room") }),
        ),
        (
            "subscribed-presence-large",
            subscribe(Subscribed { presence: presence(false), ..subscribed("presence-room") }),
        ),
        (
            "subscribed-cache",
            subscribe(Subscribed { stream: Some(cached), ..subscribed("cache-price") }),
        ),
        ("subscribed-cache-miss", subscribe(subscribed("cache-price"))),
    ]
}

fn refusals() -> Vec<Reply> {
    let refuse = |about, code| Reply { id: None, about, outcome: Err(Refusal::plain(code)) };
    let subscribe = |name| About::Subscribe(channel(name));
    let send = |name| About::Send(channel(name));
    vec![
        refuse(subscribe("private-room"), ErrorCode::SignatureInvalid),
        refuse(subscribe("private-room"), ErrorCode::PermissionDenied),
        refuse(subscribe("presence-room"), ErrorCode::QuotaExceeded),
        refuse(subscribe("news"), ErrorCode::Conflict),
        refuse(subscribe("news"), ErrorCode::TooManyChannels),
        refuse(send("news"), ErrorCode::PermissionDenied),
        refuse(send("private-room"), ErrorCode::PermissionDenied),
        refuse(send("private-room"), ErrorCode::RateLimited),
        refuse(send("private-room"), ErrorCode::PayloadTooLarge),
        refuse(About::SignIn, ErrorCode::SignatureInvalid),
        refuse(About::Other, ErrorCode::NotSubscribed),
        refuse(About::Other, ErrorCode::InvalidParams),
    ]
}

fn change(movement: Movement) -> PresenceChange {
    PresenceChange {
        channel: ChannelKey {
            app: AppId::parse("shop").expect("an app's name"),
            channel: channel("presence-room"),
        },
        client: client("alice"),
        info: Some(Arc::new(json(r#"{"name":"A"}"#))),
        movement,
        version: PresenceVersion(4),
        count: 2,
    }
}

fn pushes<'a>(
    joined: &'a PresenceChange,
    left: &'a PresenceChange,
) -> Vec<(&'static str, Push<'a>)> {
    let channel = &joined.channel.channel;
    vec![
        ("member-added", Push::Presence(joined)),
        ("member-removed", Push::Presence(left)),
        ("subscription-count", Push::Subscribers { channel, count: 3 }),
        ("position", Push::Position { channel, offset: Offset(14) }),
        (
            "unsubscribed",
            Push::Unsubscribed {
                channel,
                reason: "overflow",
                resubscribe: true,
                retry_after: None,
            },
        ),
        ("token-expiring", Push::TokenExpiring { expires_at: NOW }),
        ("heartbeat", Push::Heartbeat { ts: NOW }),
    ]
}
