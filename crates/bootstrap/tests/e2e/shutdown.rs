//! The end of the server.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    client::Client,
    raw::Raw,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, Token, app, token},
};

#[tokio::test]
async fn fifty_clients_are_told_to_come_back_one_after_the_other() {
    let mut server = Server::demo().await;
    let mut clients = Vec::new();
    for number in 0..49 {
        clients.push(Client::demo(&server, &format!("client-{number}")).await);
    }
    // One that has not said yet who it is.
    clients.push(Client::connect(&server).await);
    clients[49].hears_nothing().await;

    server.signal("TERM").await;
    let mut delays = Vec::new();
    for client in &mut clients {
        let disconnect = client.sent_away(4200, "shutting_down").await;
        delays.push(disconnect["retryAfterMs"].as_u64().unwrap());
    }
    assert!(delays.iter().all(|delay| *delay < 30_000), "{delays:?}");
    delays.sort_unstable();
    delays.dedup();
    assert!(delays.len() > 25, "spread over the window: {delays:?}");
    assert!(delays.last().unwrap() - delays[0] > 10_000, "{delays:?}");

    assert_eq!(server.ended().await.code(), Some(0));
    let log = server.log.all().await;
    let closed = log.lines().filter(|line| line.contains("reason=\"shutting_down\""));
    // All but the one who never said who it was.
    assert_eq!(closed.count(), 49, "{log}");
    assert!(log.contains("signal=\"SIGTERM\" connections=50"), "{log}");
}

#[tokio::test]
async fn an_interrupt_is_the_same() {
    let start = Start::new().env("RTMATE__SERVER__SHUTDOWN_WINDOW", "1s");
    let mut server = start.serve().await;
    let mut client = Client::demo(&server, "alice").await;
    server.signal("INT").await;
    let disconnect = client.sent_away(4200, "shutting_down").await;
    assert!(disconnect["retryAfterMs"].as_u64().unwrap() < 1000, "{disconnect}");
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn who_is_talking_is_told_as_well() {
    let mut server = Server::demo().await;
    let mut talking = Vec::new();
    for number in 0..20 {
        let token = Token::demo(&format!("client-{number}")).sign();
        let mut raw = Raw::open(&server).await.enter("demo-app", &token).await;
        talking.push(tokio::spawn(async move { raw.goodbye_while_talking().await }));
    }
    server.log.expect("client-19").await;
    server.signal("TERM").await;
    for goodbye in talking {
        soon("the goodbye", goodbye).await.unwrap().is(4200, "shutting_down");
    }
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn who_reads_a_moment_later_is_told_as_well() {
    let mut server = Server::demo().await;
    let slow = Raw::connect_narrow(&server).await.upgrade(&server).await;
    let mut slow = slow.enter("demo-app", &Token::demo("alice").sign()).await;
    slow.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    assert_eq!(slow.json().await["code"], 200);
    // More than the client's buffer holds: the rest waits on the server's side.
    let mut alice = Client::demo(&server, "alice").await;
    for _ in 0..4 {
        alice.say("chat", "x".repeat(8_000)).await;
    }
    alice.leave().await;
    server.signal("TERM").await;
    server.log.expect("reason=\"shutting_down\"").await;
    // Comes when the goodbye is said: a server that is gone would answer it with a reset.
    slow.send(r#"{"event":"ping"}"#).await;
    let goodbye = slow.goodbye().await;
    assert_eq!(goodbye.before.len(), 4, "all that came before");
    goodbye.is(4200, "shutting_down");
    drop(slow);
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn silent_connections_and_half_requests_do_not_delay_the_end() {
    let mut server = Server::demo().await;
    let silent = Raw::connect(&server).await;
    let mut half = Raw::connect(&server).await;
    half.write(b"GET /ws HTTP/1.1\r\nHost:").await;
    let mut answered = Raw::connect(&server).await;
    answered.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    answered.head().await;
    let begun = Instant::now();
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop((silent, half));
}

/// A server with a client that has megabytes waiting for it and does not read.
async fn stuck(deadline: &str) -> (Server, Raw, Client) {
    let limits = "limits = { requests_per_second = 100000, requests_burst = 100000, \
                  queue = \"64MiB\" }";
    let server = Start::new()
        .toml(&app("shop", &format!("{ALLOW_ALL}\n{limits}")))
        .env("RTMATE__SERVER__SHUTDOWN_DEADLINE", deadline)
        .serve()
        .await;
    let stuck = Raw::connect_narrow(&server).await.upgrade(&server).await;
    let mut stuck = stuck.enter("shop", &token("shop", "stuck").sign()).await;
    stuck.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    assert_eq!(stuck.json().await["code"], 200);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for _ in 0..120 {
        alice.say("chat", json!("x".repeat(60_000))).await;
    }
    (server, stuck, alice)
}

#[tokio::test]
async fn who_does_not_read_delays_the_end_up_to_the_deadline() {
    let (mut server, stuck, mut alice) = stuck("2s").await;
    let begun = Instant::now();
    server.signal("TERM").await;
    alice.sent_away(4200, "shutting_down").await;
    assert!(begun.elapsed() < Duration::from_secs(2), "the others are told at once");
    // Its socket counts until it is closed.
    drop(alice);
    // Nobody else comes in meanwhile.
    soon("a refusal", async {
        loop {
            match tokio::net::TcpStream::connect(server.address).await {
                Err(_) => break,
                Ok(stream) => drop(stream),
            }
        }
    })
    .await;
    assert_eq!(server.ended().await.code(), Some(0));
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(6), "{took:?}");
    server.log.expect("the deadline cut connections off connections=1").await;
    drop(stuck);
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let (mut server, stuck, _alice) = stuck("10m").await;
    server.signal("TERM").await;
    server.log.expect("shutting down").await;
    let begun = Instant::now();
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(stuck);
}

#[tokio::test]
async fn a_probe_sees_the_end_coming() {
    let (server, stuck, _alice) = stuck("10m").await;
    let mut probe = Raw::connect(&server).await;
    probe.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(probe.head().await.starts_with("HTTP/1.1 200 "));
    assert_eq!(probe.bytes(6).await, b"ready\n");
    server.signal("TERM").await;
    server.log.expect("shutting down").await;
    // On a connection that it kept: closed, or the answer that it is not ready.
    while probe.try_write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await {
        match probe.try_head().await {
            Some(head) if head.starts_with("HTTP/1.1 200 ") => probe.bytes(6).await,
            Some(head) if head.starts_with("HTTP/1.1 503 ") => break,
            Some(head) => panic!("{head}"),
            None => break,
        };
    }
    // On a new one: refused.
    soon("a refusal", async {
        while tokio::net::TcpStream::connect(server.address).await.is_ok() {}
    })
    .await;
    drop(stuck);
}

#[tokio::test]
async fn a_request_under_way_is_answered() {
    let mut server = Server::demo().await;
    let mut asking = Raw::connect(&server).await;
    let head = format!(
        "POST /demo/token HTTP/1.1\r\nHost: {}\r\nContent-Length: 18\r\n\r\n{{\"client\"",
        server.address
    );
    asking.write(head.as_bytes()).await;
    // The head has arrived when an answer on another connection has.
    let mut other = Raw::connect(&server).await;
    other.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(other.head().await.starts_with("HTTP/1.1 200 "));
    server.signal("TERM").await;
    server.log.expect("shutting down").await;
    asking.write(b":\"alice\"}").await;
    let answer = asking.head().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(server.ended().await.code(), Some(0));
}
