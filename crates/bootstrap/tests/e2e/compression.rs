//! permessage-deflate (RFC 7692), with a client that compresses by hand.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::{Value, json};

use crate::{
    http::UPGRADE,
    raw::{self, Frame, PING, Raw, TEXT},
    server::{Server, Start},
    tokens::{ALLOW_ALL, app, token},
};

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;

/// Two apps: `zip` compresses, `plain` does not.
async fn server() -> Server {
    let zip = app("zip", &format!("compression = true\n{ALLOW_ALL}"));
    Server::with(&format!("{zip}{}", app("plain", ALLOW_ALL))).await
}

/// Upgrades, and says what was agreed to.
async fn dial(server: &Server, target: &str, offers: &[&str]) -> (Raw, Option<String>) {
    let mut headers = UPGRADE.to_vec();
    headers.extend(offers.iter().map(|offer| ("Sec-WebSocket-Extensions", *offer)));
    let mut raw = Raw::connect(server).await;
    let head = raw.ask_for(server, target, &headers).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let lines: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
    let mut agreed =
        lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-extensions"));
    let first = agreed.next().map(|(_, value)| (*value).to_owned());
    assert!(agreed.next().is_none(), "{head}");
    (raw, first)
}

/// A client of `zip` with this offer, which is agreed to.
async fn dial_zip(server: &Server, offer: &str) -> Raw {
    let (raw, agreed) = dial(server, "/ws?app=zip", &[offer]).await;
    assert!(agreed.is_some(), "{offer}");
    raw
}

/// The same, authenticated and subscribed to `chat`.
async fn enter_zip(server: &Server, client: &str, offer: &str) -> Raw {
    let mut raw = dial_zip(server, offer).await.enter("zip", &token("zip", client).sign()).await;
    raw.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    let reply = data(&mut raw).await;
    assert!(!reply.compressed);
    assert_eq!(plain_json(&reply)["code"], 200);
    raw
}

const OFFER: &str = "permessage-deflate";

/// The next data frame.
async fn data(raw: &mut Raw) -> Frame {
    loop {
        let frame = raw.frame().await.unwrap();
        if frame.opcode != PING {
            assert_eq!(frame.opcode, TEXT, "{frame:?}");
            return frame;
        }
    }
}

fn plain_json(frame: &Frame) -> Value {
    assert!(!frame.compressed, "{frame:?}");
    serde_json::from_slice(&frame.payload).unwrap()
}

/// A compressed frame, read by a client that has a window of `2^bits` bytes and nothing else.
fn zip_json(frame: &Frame, bits: u8) -> Value {
    assert!(frame.compressed, "{frame:?}");
    let mut state = Decompress::new_with_window_bits(false, bits);
    let mut text = Vec::new();
    let payload = [&frame.payload[..], b"\x00\x00\xff\xff"].concat();
    for piece in payload.chunks(8) {
        let mut room = Vec::with_capacity(64 * 1024);
        state.decompress_vec(piece, &mut room, FlushDecompress::None).unwrap();
        text.extend(room);
    }
    serde_json::from_slice(&text).unwrap()
}

fn zip(message: &[u8]) -> Vec<u8> {
    let mut state = Compress::new(Compression::best(), false);
    let mut output = Vec::with_capacity(message.len() + 1000);
    state.compress_vec(message, &mut output, FlushCompress::Sync).unwrap();
    assert!(output.ends_with(b"\x00\x00\xff\xff"));
    output.truncate(output.len() - 4);
    output
}

fn publish(data: &str, id: u32) -> String {
    json!({"event": "messageSend", "payload": {"channel": "chat", "data": data}, "id": id})
        .to_string()
}

/// Takes the reply and the push of a client's own message, in any order: the push's frame.
async fn own_push(raw: &mut Raw, id: u32) -> Frame {
    let (one, other) = (data(raw).await, data(raw).await);
    let (reply, push) = if one.compressed { (other, one) } else { (one, other) };
    let reply = plain_json(&reply);
    assert_eq!((&reply["code"], &reply["id"]), (&json!(200), &json!(id)));
    push
}

#[tokio::test]
async fn it_is_agreed_to_where_the_app_allows_it() {
    let server = server().await;
    let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let nine = format!("{none}; server_max_window_bits=9");
    for (offers, agreed) in [
        (&[OFFER][..], Some(none)),
        (&["permessage-deflate; client_max_window_bits"], Some(none)),
        (&["permessage-deflate; server_max_window_bits=\"9\""], Some(&*nine)),
        (
            &["x-other", "permessage-deflate; server_max_window_bits=9, permessage-deflate"],
            Some(&nine),
        ),
        (&["permessage-deflate; server_max_window_bits=8, permessage-deflate"], Some(none)),
        (&["permessage-deflate; server_max_window_bits=8"], None),
        (&["permessage-deflate; unknown"], None),
        (&["x-other"], None),
        (&[], None),
    ] {
        let (_, answer) = dial(&server, "/ws?app=zip", offers).await;
        assert_eq!(answer.as_deref(), agreed, "{offers:?}");
    }
    for target in ["/ws", "/ws?app=plain"] {
        assert_eq!(dial(&server, target, &[OFFER]).await.1, None, "{target}");
    }
}

#[tokio::test]
async fn messages_are_compressed_and_nothing_else() {
    let server = server().await;
    let mut alice = enter_zip(&server, "alice", OFFER).await;
    let text = "a rose is ".repeat(100);
    // Each message for itself: the second is no shorter for the first.
    let mut sizes = Vec::new();
    for id in [1, 2] {
        alice.send(&publish(&text, id)).await;
        let push = own_push(&mut alice, id).await;
        assert!(push.payload.len() < 300, "{} bytes", push.payload.len());
        sizes.push(push.payload.len());
        let push = zip_json(&push, 15);
        assert_eq!((&push["event"], &push["payload"]["data"]), (&json!("message"), &json!(text)));
    }
    assert!(sizes[0].abs_diff(sizes[1]) < 20, "{sizes:?}");
    let long = json!({"event": "unsubscribe", "payload": {"channel": "a".repeat(150)}, "id": 3});
    alice.send(&long.to_string()).await;
    assert_eq!(plain_json(&data(&mut alice).await)["id"], 3);
    server.signal("TERM").await;
    let disconnect = plain_json(&data(&mut alice).await);
    assert_eq!(disconnect["event"], "disconnect");
}

#[tokio::test]
async fn each_window_has_its_frame_and_shares_it() {
    let server = server().await;
    let small = "permessage-deflate; server_max_window_bits=9";
    let mut one = enter_zip(&server, "one", small).await;
    let mut two = enter_zip(&server, "two", small).await;
    let mut large = enter_zip(&server, "large", OFFER).await;
    // Without the app in the address there is no compression, and the channel is the same.
    let (plain, agreed) = dial(&server, "/ws", &[OFFER]).await;
    assert_eq!(agreed, None);
    let mut plain = plain.enter("zip", &token("zip", "plain").sign()).await;
    // The same again, out of reach of the smaller window.
    let half: String =
        (0..2000u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    let text = format!("{half}{half}");
    plain.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    assert_eq!(plain_json(&data(&mut plain).await)["code"], 200);
    plain.send(&json!({"event": "messageSend", "payload": {"channel": "chat", "data": text, "echo": false}}).to_string()).await;
    assert_eq!(plain_json(&data(&mut plain).await)["code"], 200);

    let (one, two, large) = (data(&mut one).await, data(&mut two).await, data(&mut large).await);
    assert_eq!(one.payload, two.payload);
    assert!(large.payload.len() < one.payload.len() * 3 / 4, "the larger window sees the half");
    for (frame, bits) in [(one, 9), (two, 9), (large, 15)] {
        assert_eq!(zip_json(&frame, bits)["payload"]["data"], text);
    }
}

#[tokio::test]
async fn clients_may_compress_what_they_send() {
    let server = server().await;
    let mut alice = enter_zip(&server, "alice", OFFER).await;
    let text = "a rose is ".repeat(100);
    alice.write(&raw::frame(FIN | RSV1 | TEXT, &zip(publish(&text, 1).as_bytes()))).await;
    assert_eq!(zip_json(&own_push(&mut alice, 1).await, 15)["payload"]["data"], text);

    let whole = zip(publish(&text, 2).as_bytes());
    let (front, back) = whole.split_at(whole.len() / 2);
    alice.write(&raw::frame(RSV1 | TEXT, front)).await;
    alice.write(&raw::frame(FIN | PING, b"")).await;
    alice.write(&raw::frame(FIN, back)).await;
    let pong = alice.frame().await.unwrap();
    assert_eq!((pong.opcode, pong.compressed), (10, false));
    assert_eq!(zip_json(&own_push(&mut alice, 2).await, 15)["payload"]["data"], text);

    // Or not, message by message.
    alice.send(r#"{"event":"ping","id":3}"#).await;
    assert_eq!(plain_json(&data(&mut alice).await)["id"], 3);
}

#[tokio::test]
async fn a_bomb_is_refused_at_the_limit() {
    let server = server().await;
    let bomb = |bytes: usize| raw::frame(FIN | RSV1 | TEXT, &zip(&vec![b' '; bytes]));
    let megabytes = bomb(10 << 20);
    assert!(megabytes.len() < 12 * 1024, "within the limit as it is sent");
    for bytes in [megabytes, bomb(16 * 1024 + 1)] {
        let mut stranger = dial_zip(&server, OFFER).await;
        stranger.write(&bytes).await;
        stranger.goodbye().await.is(1009, "frame_too_large");
    }
    let mut alice = enter_zip(&server, "alice", OFFER).await;
    let text = "x".repeat(60 * 1024);
    alice.write(&raw::frame(FIN | RSV1 | TEXT, &zip(publish(&text, 1).as_bytes()))).await;
    assert_eq!(zip_json(&own_push(&mut alice, 1).await, 15)["payload"]["data"], text);
    alice.write(&bomb(128 * 1024 + 1)).await;
    alice.goodbye().await.is(1009, "frame_too_large");
}

#[tokio::test]
async fn what_breaks_the_rules_has_its_code() {
    let server = server().await;
    let hello = zip(b"Hello");
    for (bytes, code, reason) in [
        (raw::frame(FIN | RSV1 | PING, b""), 1002, "protocol_violation"),
        (raw::frame(FIN | RSV1, &hello), 1002, "protocol_violation"),
        (raw::frame(FIN | 0x20 | TEXT, &hello), 1002, "protocol_violation"),
        (raw::frame(FIN | RSV1 | TEXT, b"\xff\xff"), 1007, "invalid_text"),
        (raw::frame(FIN | RSV1 | TEXT, &hello[..3]), 1007, "invalid_text"),
        (raw::frame(FIN | RSV1 | TEXT, &zip(b"\xff")), 1007, "invalid_text"),
    ] {
        let mut raw = dial_zip(&server, OFFER).await;
        raw.write(&bytes).await;
        raw.goodbye().await.is(code, reason);
    }
    for target in ["/ws", "/ws?app=plain"] {
        let (mut raw, _) = dial(&server, target, &[OFFER]).await;
        raw.write(&raw::frame(FIN | RSV1 | TEXT, &hello)).await;
        raw.goodbye().await.is(1002, "protocol_violation");
    }
}

#[tokio::test]
async fn an_echo_is_compressed_where_that_helps() {
    let server = Start::new().env("RTMATE__DEBUG__ECHO", "true").serve().await;
    let offer = "permessage-deflate; server_max_window_bits=10";
    let (mut raw, agreed) = dial(&server, "/debug/echo", &[offer]).await;
    assert!(agreed.unwrap().ends_with("; server_max_window_bits=10"));
    let text = json!("a rose is ".repeat(100)).to_string();
    raw.write(&raw::frame(FIN | RSV1 | TEXT, &zip(text.as_bytes()))).await;
    assert_eq!(zip_json(&data(&mut raw).await, 10).to_string(), text);
    raw.send("7").await;
    assert_eq!(plain_json(&data(&mut raw).await), 7);
    let (mut raw, agreed) = dial(&server, "/debug/echo", &[]).await;
    assert_eq!(agreed, None);
    raw.send(&text).await;
    assert_eq!(plain_json(&data(&mut raw).await).to_string(), text);
}
