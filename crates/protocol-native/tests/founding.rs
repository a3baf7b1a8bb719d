//! The frames of the founding document, which never change.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::time::Duration;

use application::{
    About, Command, Refusal, Reply, ReplyData, Welcome, WelcomeLimits,
    ports::{Bounds, Codec},
};
use domain::{ClientId, ConnectionId, ErrorCode, Language, RequestId, SessionToken, Timestamp};
use protocol_native::NativeCodec;
use testkit::LineFraming;

const CODEC: NativeCodec<LineFraming> = NativeCodec::new(Language::Chinese);

fn reply(id: Option<RequestId>, outcome: Result<ReplyData, Refusal>) -> String {
    String::from_utf8(CODEC.reply(&Reply { id, about: About::Other, outcome }).to_vec()).unwrap()
}

#[test]
fn the_auth_request() {
    let frame = br#"{"event":"auth","payload":{"appId":"demo-app","token":"<JWT>"}}"#;
    let request = CODEC.decode(frame, Bounds { payload_bytes: 1 }).unwrap();
    let Command::Auth(auth) = request.command else { panic!("{:?}", request.command) };
    assert_eq!(auth.app.unwrap().as_str(), "demo-app");
    assert!(request.id.is_none() && auth.heartbeat.is_none() && auth.positions.is_empty());
}

/// `data` may carry more keys, behind the two.
#[test]
fn the_reply_of_success() {
    let welcome = Welcome {
        client: ClientId::parse("alice").unwrap(),
        connection: ConnectionId::from_random(1),
        session: SessionToken::from_random(2),
        expires_at: Some(Timestamp::from_secs(3)),
        ping_interval: Duration::from_secs(25),
        limits: WelcomeLimits {
            frame_bytes: 1,
            payload_bytes: 1,
            channels: 1,
            requests_per_second: 1,
            requests_burst: 1,
        },
        ts: Timestamp::from_secs(4),
    };
    let frame = reply(None, Ok(ReplyData::Authenticated(Box::new(welcome))));
    let founding = r#"{"code":200,"message":"success","data":{"state":true,"client_id":"alice"}}"#;
    let more = frame.strip_prefix(founding.strip_suffix("}}").unwrap()).unwrap();
    assert!(more.starts_with(','), "{frame}");
    let value: std::collections::BTreeMap<String, &serde_json::value::RawValue> =
        serde_json::from_str(&frame).unwrap();
    assert_eq!(value.keys().collect::<Vec<_>>(), ["code", "data", "message"]);
}

#[test]
fn the_reply_of_an_expired_token() {
    let frame = reply(None, Err(Refusal::plain(ErrorCode::TokenExpired)));
    assert_eq!(frame, "{\"code\":401,\"message\":\"token 已过期\",\"data\":null}\n");
}

/// What an `id` adds stands behind the three keys.
#[test]
fn the_reply_to_a_request_with_an_id() {
    let id = RequestId::parse("\"a\"");
    let frame = reply(id, Err(Refusal::plain(ErrorCode::TokenExpired)));
    let expected =
        r#"{"code":401,"message":"token 已过期","data":null,"id":"a","reason":"token_expired"}"#;
    assert_eq!(frame.trim_end(), expected);
}
