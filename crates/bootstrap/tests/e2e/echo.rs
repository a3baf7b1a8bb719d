//! `/debug/echo`: the same transport, without a protocol on it.

use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    http::UPGRADE,
    raw::{self, BINARY, CLOSE, Raw, TEXT},
    server::{Server, Start},
};

async fn echoing() -> Server {
    Start::new().env("RTMATE__DEBUG__ECHO", "true").serve().await
}

async fn open(server: &Server) -> Raw {
    let mut raw = Raw::connect(server).await;
    let head = raw.ask_for(server, "/debug/echo", &UPGRADE).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    raw
}

#[tokio::test]
async fn what_is_sent_comes_back() {
    let server = echoing().await;
    let (mut client, _) = Client::dial_path(&server, "/debug/echo", &[]).await;
    for message in [
        Message::text(""),
        Message::text("hello, 世界"),
        Message::binary(vec![]),
        Message::binary(vec![0, 255, 128]),
        Message::text("x".repeat(70_000)),
    ] {
        client.send_message(message.clone()).await;
        assert_eq!(client.message().await, Some(message));
    }
    client.leave().await;
}

#[tokio::test]
async fn sixteen_megabytes_in_fragments_come_back() {
    let server = echoing().await;
    let mut raw = open(&server).await;
    let piece = vec![b'x'; 64 * 1024];
    for opcode in [TEXT, BINARY] {
        for number in 0..256 {
            let first = match number {
                0 => opcode,
                255 => 0x80,
                _ => 0,
            };
            raw.write(&raw::frame(first, &piece)).await;
        }
        let frame = raw.frame().await.unwrap();
        assert_eq!((frame.opcode, frame.payload.len()), (opcode, 16 * 1024 * 1024));
        assert!(frame.payload.iter().all(|byte| *byte == b'x'));
    }
}

#[tokio::test]
async fn its_close_codes_are_those_of_the_rfc() {
    let server = echoing().await;
    for (bytes, code) in [
        (raw::frame(0x80 | CLOSE, &3000u16.to_be_bytes()), Some(3000)),
        (raw::frame(0x80 | CLOSE, b""), None),
        (raw::frame(0x80 | TEXT, b"\xff"), Some(1007)),
        (raw::frame(0x80 | 0x40 | TEXT, b""), Some(1002)),
        (raw::header(0x80 | BINARY, 33 * 1024 * 1024), Some(1009)),
    ] {
        let mut raw = open(&server).await;
        raw.write(&bytes).await;
        let goodbye = raw.goodbye().await;
        assert_eq!((goodbye.code, goodbye.before.len()), (code, 0), "{goodbye:?}");
    }
}
