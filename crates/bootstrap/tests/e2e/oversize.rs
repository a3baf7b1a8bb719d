//! Frames that are too large.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::{
    client::Client,
    raw::{self, Raw, TEXT},
    server::Server,
    soon,
    tokens::Token,
};

const FIN_TEXT: u8 = 0x80 | TEXT;
const TEN_MB: usize = 10 * 1024 * 1024;

async fn stranger(server: &Server) -> Raw {
    Raw::open(server).await
}

async fn known(server: &Server) -> Raw {
    Raw::open(server).await.enter("demo-app", &Token::demo("alice").sign()).await
}

#[tokio::test]
async fn ten_megabytes_are_refused_while_they_are_still_being_sent() {
    let server = Server::demo().await;
    for mut client in [stranger(&server).await, known(&server).await] {
        // The head and a little: enough for the server to know.
        client.write(&raw::header(FIN_TEXT, TEN_MB)).await;
        client.write(&[b'x'; 1000]).await;
        let goodbye = client.goodbye_while_sending(TEN_MB - 1000).await;
        goodbye.is(1009, "frame_too_large");
    }
}

#[tokio::test]
async fn a_client_that_only_reads_after_it_has_sent_all_is_told_as_well() {
    let server = Server::demo().await;
    let frame = raw::frame(FIN_TEXT, &vec![b'x'; TEN_MB]);
    for mut client in [stranger(&server).await, known(&server).await] {
        soon("sending it all", client.stream.write_all(&frame)).await.unwrap();
        client.goodbye().await.is(1009, "frame_too_large");
    }
}

#[tokio::test]
async fn before_auth_frames_are_small() {
    let server = Server::demo().await;
    let ping = |bytes: usize| {
        let frame = r#"{"event":"ping","id":1}"#;
        format!("{frame}{}", " ".repeat(bytes - frame.len()))
    };
    let mut client = Client::connect(&server).await;
    client.send(&ping(16 * 1024)).await;
    assert_eq!(client.reply(&json!(1)).await["code"], 200);
    client.send(&ping(16 * 1024 + 1)).await;
    client.sent_away(1009, "frame_too_large").await;

    let mut client = Client::demo(&server, "alice").await;
    for bytes in [16 * 1024 + 1, 128 * 1024] {
        client.send(&ping(bytes)).await;
        assert_eq!(client.reply(&json!(1)).await["code"], 200);
    }
    client.send(&ping(128 * 1024 + 1)).await;
    client.sent_away(1009, "frame_too_large").await;
}

#[tokio::test]
async fn fragments_count_together() {
    let server = Server::demo().await;
    let mut client = stranger(&server).await;
    client.write(&raw::frame(TEXT, &[b' '; 10_000])).await;
    client.write(&raw::frame(0, &[b' '; 10_000])).await;
    client.goodbye().await.is(1009, "frame_too_large");
}

#[tokio::test]
async fn a_payload_has_a_limit_of_its_own_and_costs_only_the_request() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    let data = |bytes: usize| json!({"channel": "chat", "data": "x".repeat(bytes - 2)});
    client.done("messageSend", data(64 * 1024)).await;
    let refused = client.refused("messageSend", data(64 * 1024 + 1)).await;
    assert_eq!(refused, (413, "payload_too_large".to_owned()));
    client.hears_nothing().await;
}
