//! The native protocol: no bytes break the codec, and nothing that came in breaks a frame.

use application::{
    About, Command, Push, Refusal, Reply, Request,
    ports::{BadRequest, Bounds, Codec, Framing},
};
use bytes::Bytes;
use domain::{
    AppId, ChannelKey, ChannelName, ErrorCode, Language, Message, MessageId, Payload, Publication,
    Timestamp,
};
use protocol_native::NativeCodec;
use serde_json::value::RawValue;

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

const CODEC: NativeCodec<Plain> = NativeCodec::new(Language::Chinese);

/// The data as a frame: decoded, and what came of it encoded.
pub fn check(data: &[u8]) {
    match CODEC.decode(data, BOUNDS) {
        Err(bad) => check_refusal(bad),
        Ok(request) => check_request(request, data.len()),
    }
}

fn check_refusal(bad: BadRequest) {
    let printable = bad.detail.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    assert!(printable, "a detail has words of ours only");
    let outcome = Err(Refusal::because(bad.code, bad.detail));
    check_frame(&CODEC.reply(&Reply { id: bad.id, about: About::Other, outcome }));
}

fn check_request(request: Request, frame_bytes: usize) {
    let id = request.id.as_ref().map(|id| id.to_json().into_owned());
    let outcome = Err(Refusal::plain(ErrorCode::NotFound));
    let reply = CODEC.reply(&Reply { id: request.id, about: About::Other, outcome });
    check_frame(&reply);
    if let Some(id) = id {
        let text = str::from_utf8(&reply).expect("UTF-8");
        assert!(text.contains(&format!(r#","id":{id},"#)), "the id comes back as it was");
    }
    if let Command::Send(send) = request.command {
        let size = send.data.as_str().len();
        assert!(size <= BOUNDS.payload_bytes && size <= frame_bytes, "data only shrinks");
        check_frame(&CODEC.push(&Push::Message(&publication(send.channel, send.data))));
    }
}

fn publication(channel: ChannelName, data: Payload) -> Publication {
    let app = AppId::parse("fuzz").expect("a name");
    let (id, ts) = (MessageId::new("m"), Timestamp::from_millis(1));
    let message = Message { id, ts, offset: None, name: None, data, from: None };
    Publication { channel: ChannelKey { app, channel }, message, hidden_from: None }
}

/// One line of JSON: no payload can forge a frame on a line-based transport.
fn check_frame(frame: &[u8]) {
    assert!(frame.iter().all(|byte| *byte >= 0x20), "a control byte");
    let parsed: Result<&RawValue, _> = serde_json::from_slice(frame);
    assert!(parsed.is_ok_and(|value| value.get().starts_with('{')), "an object");
}
