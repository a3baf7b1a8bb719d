//! Every frame that the server makes, by name: replies in both languages, one frame a line.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use application::{
    About, HistoryPage, Push, Refusal, Replay, Reply, ReplyData, Subscribed, Welcome,
    WelcomeLimits,
    ports::{Codec, Page},
};
use bytes::Bytes;
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Epoch, ErrorCode, Family,
    Language, Member, Message, MessageId, MessageName, Movement, Offset, Payload, Position,
    PresenceChange, PresenceCount, PresenceVersion, Publication, Receipt, Record, RequestId,
    Roster, Sender, SessionToken, Timestamp,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

/// The frames by name.
pub(crate) fn all() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (tag, language) in [("zh", Language::Chinese), ("en", Language::English)] {
        let codec = super::codec(language);
        let write =
            |replies: Vec<Reply>| replies.iter().map(|reply| line(&codec.reply(reply))).collect();
        for (name, data) in data() {
            let id = RequestId::parse("\"7\"");
            let reply = Reply { id, about: About::Other, outcome: Ok(data) };
            all.insert(format!("reply-{name}.{tag}"), write(vec![reply]));
        }
        all.insert(format!("errors.{tag}"), write(errors(None)));
        all.insert(format!("errors-of-requests-with-id.{tag}"), write(errors(Some("7"))));
    }
    for (name, pushes) in pushes(&publications(), &changes(), &count(), &subscribed(Some(false))) {
        let codec = super::codec(Language::English);
        let frames = pushes.iter().map(|push| line(&codec.push(push))).collect();
        all.insert(format!("push-{name}"), frames);
    }
    all
}

fn line(frame: &Bytes) -> String {
    String::from_utf8(frame.to_vec()).expect("UTF-8")
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("a channel's name")
}

fn client() -> ClientId {
    ClientId::parse("alice").expect("a client's name")
}

fn json(text: &str) -> Payload {
    Payload::parse(text, 1024).expect("JSON")
}

fn subscribed(recovered: Option<bool>) -> Subscribed {
    Subscribed { channel: channel("chat:lobby"), recovered, stream: None, presence: None }
}

/// One of each kind of data; a new kind does not compile until it is here.
fn data() -> Vec<(&'static str, ReplyData)> {
    let name = |data: &ReplyData| match data {
        ReplyData::Authenticated(_) => "auth",
        ReplyData::Subscribed(subscribed) if subscribed.stream.is_some() => "subscribe-recovered",
        ReplyData::Subscribed(Subscribed { presence: Some(_), .. }) => "subscribe-presence",
        ReplyData::Subscribed(subscribed) if subscribed.recovered.is_some() => "subscribe-position",
        ReplyData::Subscribed(_) => "subscribe",
        ReplyData::SubscribedMany(_) => "subscribe-many",
        ReplyData::Unsubscribed(_) => "unsubscribe",
        ReplyData::Sent(_, receipt) if receipt.position.is_some() => "send-with-history",
        ReplyData::Sent(..) => "send",
        ReplyData::History(_) => "history",
        ReplyData::Present(roster) if roster.members.is_none() => "presence-large",
        ReplyData::Present(_) => "presence",
        ReplyData::Pong(_) => "ping",
        ReplyData::SignedIn(_) => "not-a-word-of-this-protocol",
    };
    let position = Position { epoch: Epoch::from_random(255), offset: Offset(12) };
    let receipt =
        |position, repeated| Receipt { id: MessageId::new("m1"), ts: NOW, position, repeated };
    let data = vec![
        ReplyData::Authenticated(Box::new(welcome())),
        ReplyData::Subscribed(subscribed(None)),
        ReplyData::Subscribed(subscribed(Some(false))),
        ReplyData::Subscribed(Subscribed {
            stream: Some(Replay { position, messages: records() }),
            ..subscribed(Some(true))
        }),
        ReplyData::History(HistoryPage {
            channel: channel("chat:lobby"),
            page: Page { position, first: Offset(3), messages: records(), more: true },
        }),
        ReplyData::Subscribed(Subscribed { presence: Some(roster()), ..subscribed(None) }),
        ReplyData::Present(roster()),
        ReplyData::Present(Roster { members: None, count: 5000, ..roster() }),
        ReplyData::SubscribedMany(many()),
        ReplyData::Unsubscribed(channel("chat:lobby")),
        ReplyData::Sent(channel("chat:lobby"), receipt(None, false)),
        ReplyData::Sent(channel("chat:lobby"), receipt(Some(position), true)),
        ReplyData::Pong(NOW),
    ];
    data.into_iter().map(|data| (name(&data), data)).collect()
}

/// A plain member, and one with everything whose leave waits for a return.
fn roster() -> Roster {
    let bob = ClientId::parse("bob").expect("a client's name");
    let info = Some(Arc::new(json(r#"{"name":"A"}"#)));
    let members = vec![
        Member { client: bob, info: None, connections: 3 },
        Member { client: client(), info, connections: 0 },
    ];
    Roster { members: Some(members), count: 2, version: PresenceVersion(7) }
}

/// A client joins and leaves.
fn changes() -> [PresenceChange; 2] {
    let change = |movement, info, version| PresenceChange {
        channel: publications()[0].channel.clone(),
        client: client(),
        info,
        movement,
        version: PresenceVersion(version),
        count: 2,
    };
    let info = Some(Arc::new(json(r#"{"name":"A"}"#)));
    [change(Movement::Joined, info, 8), change(Movement::Left, None, 9)]
}

/// Of a large channel.
fn count() -> PresenceCount {
    let channel = publications()[0].channel.clone();
    PresenceCount { channel, count: 1234, version: PresenceVersion(2345) }
}

fn welcome() -> Welcome {
    Welcome {
        client: client(),
        connection: ConnectionId::from_random(1),
        session: SessionToken::from_random(2),
        expires_at: Some(NOW),
        ping_interval: Duration::from_secs(25),
        limits: WelcomeLimits {
            frame_bytes: 131_072,
            payload_bytes: 65_536,
            channels: 128,
            requests_per_second: 100,
            requests_burst: 200,
        },
        ts: NOW,
    }
}

fn many() -> Vec<(Option<ChannelName>, Result<Subscribed, Refusal>)> {
    let detail = "payload.channel is missing";
    vec![
        (Some(channel("chat:lobby")), Ok(subscribed(None))),
        (Some(channel("secret")), Err(Refusal::plain(ErrorCode::PermissionDenied))),
        (None, Err(Refusal::because(ErrorCode::InvalidParams, detail))),
        (
            Some(channel("busy")),
            Err(Refusal::later(ErrorCode::Unavailable, Duration::from_secs(1))),
        ),
    ]
}

/// Every row of the table, then one with a detail and one with a time to wait.
fn errors(id: Option<&str>) -> Vec<Reply> {
    let mut refusals: Vec<_> = ErrorCode::ALL.map(Refusal::plain).into();
    refusals.push(Refusal::because(ErrorCode::InvalidParams, "payload.channel is missing"));
    refusals.push(Refusal::later(ErrorCode::RateLimited, Duration::from_millis(10)));
    let reply = |refusal| Reply {
        id: id.and_then(RequestId::parse),
        about: About::Other,
        outcome: Err(refusal),
    };
    refusals.into_iter().map(reply).collect()
}

/// A plain message, and one with everything.
fn publications() -> [Publication; 2] {
    let channel = ChannelKey {
        app: AppId::parse("shop").expect("an app's name"),
        channel: channel("chat:lobby"),
    };
    let info = Some(Arc::new(json(r#"{"name":"A"}"#)));
    let from = Sender { client: client(), connection: ConnectionId::from_random(1), info };
    let plain = Message {
        id: MessageId::new("m1"),
        ts: NOW,
        offset: None,
        name: None,
        data: json(r#"{"text":"hi"}"#),
        from: None,
    };
    let full = Message {
        offset: Some(Offset(13)),
        name: MessageName::parse("say \"hi\"").ok(),
        from: Some(from),
        ..plain.clone()
    };
    [plain, full].map(|message| Publication {
        channel: channel.clone(),
        message,
        hidden_from: None,
    })
}

fn records() -> Vec<Arc<Record>> {
    publications()
        .map(|publication| Arc::new(Record { message: publication.message, hidden_from: None }))
        .into()
}

/// Some of each kind of push; a new kind does not compile until it is here.
fn pushes<'a>(
    publications: &'a [Publication; 2],
    changes: &'a [PresenceChange; 2],
    count: &'a PresenceCount,
    subscribed: &'a Subscribed,
) -> BTreeMap<&'static str, Vec<Push<'a>>> {
    let name = |push: &Push<'_>| match push {
        Push::Message(_) => "message",
        Push::Position { .. } => "position",
        Push::Presence(change) if change.movement == Movement::Joined => "memberJoined",
        Push::Presence(_) => "memberLeft",
        Push::Subscribers { .. } => "subscribers",
        Push::PresenceCount(_) => "presence",
        Push::Subscribed(_) => "subscribed",
        Push::Unsubscribed { .. } => "unsubscribed",
        Push::TokenExpiring { .. } => "tokenExpiring",
        Push::Heartbeat { .. } => "heartbeat",
        Push::Disconnect { .. } => "disconnect",
    };
    let channel = &subscribed.channel;
    let mut pushes: Vec<_> = publications.iter().map(Push::Message).collect();
    pushes.extend(changes.iter().map(Push::Presence));
    pushes.extend([
        Push::PresenceCount(count),
        Push::Position { channel, offset: Offset(14) },
        Push::Subscribers { channel, count: 3 },
        Push::Subscribed(subscribed),
        Push::Unsubscribed { channel, reason: "overflow", resubscribe: true, retry_after: None },
        Push::Unsubscribed {
            channel,
            reason: "permission_denied",
            resubscribe: false,
            retry_after: None,
        },
        Push::TokenExpiring { expires_at: NOW },
        Push::Heartbeat { ts: NOW },
    ]);
    pushes.extend(CloseReason::TOLD.map(|reason| {
        let given = reason.family() == Family::AfterDelay;
        Push::Disconnect { reason, retry_after: given.then_some(Duration::from_millis(1500)) }
    }));
    let mut by_name = BTreeMap::<_, Vec<_>>::new();
    for push in pushes {
        by_name.entry(name(&push)).or_default().push(push);
    }
    by_name
}
