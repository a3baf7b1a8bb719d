//! Clients that keep the server waiting.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::{
    client::Client,
    http,
    raw::{self, PING, Raw},
    server::{Server, Start},
};

const SECOND: Duration = Duration::from_secs(1);

/// A server that waits two seconds for this.
async fn impatient(key: &str) -> Server {
    Start::new().env(key, "2s").serve().await
}

/// That it took about two seconds: not at once, and nowhere near the default of ten.
fn about_two_seconds(begun: Instant, ended: Instant) {
    let took = ended - begun;
    assert!(took > SECOND * 15 / 10 && took < SECOND * 7, "{took:?}");
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = impatient("RTMATE__LIMITS__HEADER_TIMEOUT").await;
    let begun = Instant::now();
    let (received, ended) = Raw::connect(&server).await.rest().await;
    about_two_seconds(begun, ended);
    assert!(received.is_empty(), "{}", String::from_utf8_lossy(&received));
}

#[tokio::test]
async fn half_a_request_is_closed() {
    let server = impatient("RTMATE__LIMITS__HEADER_TIMEOUT").await;
    let mut client = Raw::connect(&server).await;
    let begun = Instant::now();
    client.write(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgr").await;
    let (_, ended) = client.rest().await;
    about_two_seconds(begun, ended);
}

#[tokio::test]
async fn a_request_byte_by_byte_is_closed() {
    let server = impatient("RTMATE__LIMITS__HEADER_TIMEOUT").await;
    let mut client = Raw::connect(&server).await;
    let begun = Instant::now();
    let (reading, mut writing) = client.stream.split();
    let dripping = async {
        for byte in b"GET /ws HTTP/1.1\r\n".iter().chain(std::iter::repeat(&b'x')) {
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::future::pending().await
    };
    let mut received = Vec::new();
    tokio::select! {
        () = dripping => {}
        () = crate::soon("the end", raw::read_all(reading, &mut received)) => {}
    }
    about_two_seconds(begun, Instant::now());
}

#[tokio::test]
async fn an_answered_connection_that_falls_silent_is_closed() {
    let server = impatient("RTMATE__LIMITS__HEADER_TIMEOUT").await;
    let mut client = Raw::connect(&server).await;
    client.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200 "));
    let begun = Instant::now();
    let (_, ended) = client.rest().await;
    about_two_seconds(begun, ended);
}

#[tokio::test]
async fn who_does_not_authenticate_in_time_is_sent_away() {
    let server = impatient("RTMATE__LIMITS__AUTH_TIMEOUT").await;
    let begun = Instant::now();
    let mut silent = Client::connect(&server).await;
    let (mut talking, mut pinging) = (Raw::open(&server).await, Raw::open(&server).await);
    // Signs of life, requests, a bad token: none of them is an authentication.
    talking.send(r#"{"event":"auth","payload":{"appId":"demo-app","token":"x"}}"#).await;
    pinging.write(&raw::frame(0x80 | PING, b"")).await;
    let (disconnect, talking, pinging) = tokio::join!(
        silent.sent_away(4104, "auth_timeout"),
        talking.goodbye_while_talking(),
        pinging.goodbye(),
    );
    about_two_seconds(begun, Instant::now());
    assert!(disconnect["retryAfterMs"].is_null(), "{disconnect}");
    assert!(talking.before.len() > 1, "{talking:?}");
    talking.is(4104, "auth_timeout");
    pinging.is(4104, "auth_timeout");
}

#[tokio::test]
async fn who_has_authenticated_has_all_the_time() {
    let server = impatient("RTMATE__LIMITS__AUTH_TIMEOUT").await;
    let mut known = Client::demo(&server, "alice").await;
    // Comes after it and goes: so the time is over.
    Client::connect(&server).await.sent_away(4104, "auth_timeout").await;
    known.hears_nothing().await;
}

#[tokio::test]
async fn half_open_connections_delay_nobody() {
    let server = Server::demo().await;
    let mut waiting = Vec::new();
    for number in 0..600 {
        let mut client = Raw::connect(&server).await;
        match number % 3 {
            0 => {}
            1 => client.write(b"GET /ws HTTP/1.1\r\nHost: ").await,
            _ => client = client.upgrade(&server).await,
        }
        waiting.push(client);
    }
    let begun = Instant::now();
    let mut client = Client::demo(&server, "alice").await;
    client.subscribe("chat").await;
    client.say("chat", "hi").await;
    assert_eq!(client.hears().await, "hi");
    assert_eq!(http::get(&server, "/readyz", &[]).await.status, 200);
    assert!(begun.elapsed() < SECOND * 3, "{:?}", begun.elapsed());
    drop(waiting);
}
