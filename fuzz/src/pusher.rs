//! The Pusher protocol: no bytes break the codec, and nothing that came in breaks a frame.

use application::{
    About, Command, Push, Refusal, Reply, Request,
    ports::{BadRequest, Bounds, Codec, Framing},
};
use bytes::Bytes;
use domain::{AppId, ChannelKey, ErrorCode, Message, MessageId, Payload, Publication, Timestamp};
use protocol_pusher::PusherCodec;

/// Small, so that short inputs can cross it.
const BOUNDS: Bounds = Bounds { payload_bytes: 256 };

/// Frames without any mark: what the codec makes is all there is.
struct Plain;

impl Framing for Plain {
    const HEAD: usize = 0;

    fn seal(buffer: Vec<u8>) -> Bytes {
        buffer.into()
    }
}

fn codec() -> PusherCodec<Plain> {
    PusherCodec::default()
}

/// The data as a frame: decoded, and what came of it encoded.
pub fn check(data: &[u8]) {
    match codec().decode(data, BOUNDS) {
        Err(bad) => check_refusal(bad),
        Ok(request) => check_request(request),
    }
}

fn check_refusal(bad: BadRequest) {
    let printable = bad.detail.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    assert!(printable, "a detail has words of ours only");
    let outcome = Err(Refusal::because(bad.code, bad.detail));
    check_frame(&codec().reply(&Reply { id: bad.id, about: About::Other, outcome }));
}

fn check_request(request: Request) {
    assert!(request.id.is_none(), "this protocol has no ids");
    let about = match &request.command {
        Command::Subscribe(subscribe) => About::Subscribe(subscribe.channel.clone()),
        Command::Send(send) => About::Send(send.channel.clone()),
        Command::Auth(_)
        | Command::SubscribeMany(_)
        | Command::Unsubscribe(_)
        | Command::History(_)
        | Command::Presence(_)
        | Command::Ping
        | Command::Alive
        | Command::SignIn(_) => About::Other,
    };
    let outcome = Err(Refusal::plain(ErrorCode::PayloadTooLarge));
    check_frame(&codec().reply(&Reply { id: None, about, outcome }));
    if let Command::Send(send) = request.command {
        assert!(send.data.text().len() <= BOUNDS.payload_bytes, "data is within its bound");
        assert!(!send.echo, "a client event is not for its sender");
        let again = Payload::parse(send.data.as_str(), usize::MAX).expect("JSON");
        assert_eq!(again.as_str(), send.data.as_str(), "data is compact");
        let text = send.data.text().to_owned();
        let channel = ChannelKey { app: AppId::parse("a").expect("a name"), channel: send.channel };
        let message = Message {
            id: MessageId::new("m"),
            ts: Timestamp::from_millis(0),
            offset: None,
            name: send.name,
            data: send.data,
            from: None,
        };
        let frame =
            codec().push(&Push::Message(&Publication { channel, message, hidden_from: None }));
        let frame: serde_json::Value = serde_json::from_slice(&frame).expect("JSON");
        assert_eq!(frame["data"], text.as_str(), "the text is given back unchanged");
    }
}

fn check_frame(frame: &[u8]) {
    let frame: serde_json::Value = serde_json::from_slice(frame).expect("one JSON object");
    assert!(frame["event"].is_string());
}
