//! What every `Codec` guarantees.

use application::{
    About, Push, Refusal, Reply, ReplyData,
    ports::{Bounds, Codec},
};
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ErrorCode, Message, MessageId, Movement,
    Payload, PresenceChange, PresenceVersion, Publication, Timestamp,
};

/// What the suite needs of a protocol.
pub trait CodecFixture {
    /// Codecs of one encoding, as different as they can be (language, ...); at least two.
    fn codecs(&self) -> Vec<Box<dyn Codec>>;

    /// Requests that are understood, one of each kind.
    fn requests(&self) -> Vec<Vec<u8>>;

    /// The texts of the frames that these bytes are, in the framing of the codecs.
    ///
    /// # Panics
    /// The bytes are not whole frames.
    fn frames(&self, bytes: &[u8]) -> Vec<Vec<u8>>;
}

const BOUNDS: Bounds = Bounds { payload_bytes: 64 * 1024 };

/// Guarantee 1: decoding never panics, whatever became of a frame on the way: cut anywhere, a
/// byte changed anywhere, a piece twice, deep nesting.
///
/// # Panics
/// The codec breaks the guarantee.
pub fn decoding_never_panics(fixture: &dyn CodecFixture) {
    let codecs = fixture.codecs();
    let codec = &codecs[0];
    for request in fixture.requests() {
        codec.decode(&request, BOUNDS).expect("understood as it is");
        for at in 0..request.len() {
            let _ = codec.decode(&request[..at], BOUNDS);
            let _ = codec.decode(&request[at..], BOUNDS);
            let twice = [&request[..at], &request[at / 2..]].concat();
            let _ = codec.decode(&twice, BOUNDS);
            for byte in [0, b'"', b'\\', b'{', b'[', b'9', b'-', 0xC3, 0xFF] {
                let mut changed = request.clone();
                changed[at] = byte;
                let _ = codec.decode(&changed, BOUNDS);
            }
        }
    }
    for opening in [&b"["[..], b"{\"a\":", b"{\"event\":\"ping\",\"payload\":{\"a\":["] {
        let _ = codec.decode(&opening.repeat(100_000 / opening.len()), BOUNDS);
    }
}

/// Guarantee 2: codecs of one encoding make the same bytes of a push.
///
/// # Panics
/// The codec breaks the guarantee.
pub fn pushes_are_shared(fixture: &dyn CodecFixture) {
    let codecs = fixture.codecs();
    assert!(codecs.len() > 1, "one codec alone shares nothing");
    let (first, others) = codecs.split_first().expect("codecs");
    let publication = publication();
    let change = change();
    for push in pushes(&publication, &change) {
        for other in others {
            assert_eq!(other.encoding(), first.encoding());
            assert_eq!(other.push(&push), first.push(&push), "{push:?}");
        }
    }
}

/// Guarantee 3: what it makes are whole frames, mostly one, and nothing where its protocol has no
/// word: frames one behind the other come apart again.
///
/// # Panics
/// The codec breaks the guarantee.
pub fn frames_are_whole(fixture: &dyn CodecFixture) {
    let (publication, change) = (publication(), change());
    for codec in fixture.codecs() {
        let mut made: Vec<_> =
            pushes(&publication, &change).iter().map(|push| codec.push(push)).collect();
        made.extend(replies().iter().map(|reply| codec.reply(reply)));
        made.retain(|frame| !frame.is_empty());
        let apart: Vec<_> = made.iter().flat_map(|frame| fixture.frames(frame)).collect();
        assert!(apart.len() >= made.len(), "whatever says something is a frame, or more");
        assert_eq!(fixture.frames(&made.concat()), apart);
    }
}

fn channel() -> ChannelName {
    ChannelName::parse("chat:lobby").expect("a channel's name")
}

/// A message with everything that could look like the end of a frame.
fn publication() -> Publication {
    let data = r#"{"text":"a\nb\r\n\u0000 \u2028 😀","n":[1.50,-0,1e400]}"#;
    let message = Message {
        id: MessageId::new("m1"),
        ts: Timestamp::from_millis(1),
        offset: None,
        name: None,
        data: Payload::parse(data, 1024).expect("JSON"),
        from: None,
    };
    let app = AppId::parse("shop").expect("an app's name");
    Publication { channel: ChannelKey { app, channel: channel() }, message, hidden_from: None }
}

fn change() -> PresenceChange {
    PresenceChange {
        channel: publication().channel,
        client: ClientId::parse("alice").expect("a client's name"),
        info: Payload::parse(r#"{"text":"a\nb"}"#, 1024).ok().map(std::sync::Arc::new),
        movement: Movement::Joined,
        version: PresenceVersion(3),
        count: 7,
    }
}

fn pushes<'a>(publication: &'a Publication, change: &'a PresenceChange) -> Vec<Push<'a>> {
    vec![
        Push::Message(publication),
        Push::Presence(change),
        Push::Subscribers { channel: &publication.channel.channel, count: 3 },
        Push::Unsubscribed {
            channel: &publication.channel.channel,
            reason: "overflow",
            resubscribe: true,
            retry_after: None,
        },
        Push::TokenExpiring { expires_at: Timestamp::from_millis(2) },
        Push::Heartbeat { ts: Timestamp::from_millis(3) },
        Push::Disconnect { reason: CloseReason::Reconnect, retry_after: None },
    ]
}

fn reply(outcome: Result<ReplyData, Refusal>) -> Reply {
    Reply { id: None, about: About::Other, outcome }
}

fn replies() -> Vec<Reply> {
    let refusal = Refusal::because(ErrorCode::InvalidParams, "a\nb");
    vec![
        reply(Ok(ReplyData::Pong(Timestamp::from_millis(4)))),
        reply(Ok(ReplyData::Unsubscribed(channel()))),
        reply(Err(refusal)),
    ]
}
