//! Too fast, and too slow.

use serde_json::{Value, json};

use crate::{
    client::Client,
    raw::Raw,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, app, token},
};

#[tokio::test]
async fn who_asks_too_fast_is_told_when_to_come_again() {
    let limits = "limits = { requests_per_second = 1, requests_burst = 5 }";
    let server = Server::with(&app("shop", &format!("{ALLOW_ALL}\n{limits}"))).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    for _ in 0..5 {
        alice.done("ping", json!({})).await;
    }
    let reply = alice.ask("ping", json!({})).await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(429), &json!("rate_limited")));
    let wait = reply["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&wait), "{reply}");
    // Waiting helps, and others were never concerned.
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    alice.done("ping", json!({})).await;
    bob.hears_nothing().await;
}

#[tokio::test]
async fn who_goes_on_all_the_same_is_sent_away() {
    let limits = "limits = { requests_per_second = 1, requests_burst = 5 }";
    let server = Server::with(&app("shop", &format!("{ALLOW_ALL}\n{limits}"))).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for _ in 0..40 {
        alice.feed(r#"{"event":"ping"}"#).await;
    }
    alice.flush().await;
    let goodbye = alice.goodbye().await;
    let codes = |code: u64| goodbye.before.iter().filter(|reply| reply["code"] == code).count();
    assert!(codes(200) >= 5 && codes(429) >= 5, "{goodbye:?}");
    assert!(codes(200) + codes(429) < 40, "{goodbye:?}");
    goodbye.is(4102, "rate_limited");
}

/// An app whose clients may send a lot.
fn busy() -> String {
    let limits = "limits = { requests_per_second = 100000, requests_burst = 100000 }";
    app("shop", &format!("{ALLOW_ALL}\n{limits}"))
}

/// Nine megabytes: more than the buffers of the system and the queue of a connection hold.
const MESSAGES: usize = 150;
const BYTES: usize = 60_000;

/// Alice publishes, Bob listens; each of them gets everything.
async fn chat_of_the_others(server: &Server) {
    let mut alice = Client::enter(server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(server, "shop", &token("shop", "bob")).await;
    bob.subscribe("chat").await;
    let text = "x".repeat(BYTES);
    let publishing = async {
        for number in 0..MESSAGES {
            alice.say("chat", json!([number, text])).await;
        }
    };
    let listening = async {
        for number in 0..MESSAGES {
            assert_eq!(bob.hears().await[0], number);
        }
    };
    soon("all messages", async { tokio::join!(publishing, listening) }).await;
}

async fn slow_subscriber(server: &Server) -> Raw {
    let slow = Raw::connect_narrow(server).await.upgrade(server).await;
    let mut slow = slow.enter("shop", &token("shop", "slow").sign()).await;
    slow.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    assert_eq!(slow.json().await["code"], 200);
    slow
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_and_nobody_waits_for_it() {
    let server = Server::with(&busy()).await;
    let mut slow = slow_subscriber(&server).await;
    chat_of_the_others(&server).await;
    // What was on the wire comes whole and in order, then the goodbye.
    let goodbye = slow.goodbye().await;
    let numbers = goodbye.before.iter().map(|push| &push["payload"]["data"][0]);
    assert!(numbers.eq((0..goodbye.before.len()).map(|n| json!(n)).collect::<Vec<Value>>().iter()));
    assert!(goodbye.before.len() < MESSAGES);
    goodbye.is(4101, "too_slow");
}

#[tokio::test]
async fn who_does_not_read_at_all_is_cut_off() {
    let server = Server::with(&busy()).await;
    let mut slow = slow_subscriber(&server).await;
    chat_of_the_others(&server).await;
    let line = server.log.expect("reason=\"too_slow\"").await;
    assert!(line.contains("client=slow"), "{line}");
    let goodbye = slow.goodbye_or_reset().await;
    assert_eq!(goodbye, None, "reset: the goodbye was thrown away with the rest");
}

#[tokio::test]
async fn a_client_that_answers_no_pings_is_sent_away() {
    let server = quick_pings().await;
    let mut silent = Raw::open(&server).await.enter("demo-app", &demo("silent")).await;
    let mut good = Client::demo(&server, "alice").await;
    let ping = silent.frame().await.unwrap();
    assert_eq!(ping.opcode, crate::raw::PING);
    let reading = async {
        // Answers pings because it reads, and says nothing else for two more rounds.
        let heartbeat = good
            .ask("auth", json!({"appId": "demo-app", "token": demo("alice"), "heartbeat": true}));
        assert_eq!(heartbeat.await["code"], 200);
        for _ in 0..3 {
            assert!(good.push("heartbeat").await["ts"].is_u64());
        }
    };
    let leaving = async { silent.goodbye().await.is(4201, "no_sign_of_life") };
    let ((), disconnect) = tokio::join!(reading, leaving);
    assert!(disconnect["retryAfterMs"].as_u64().unwrap() < 2000, "{disconnect}");
    good.hears_nothing().await;
}

#[tokio::test]
async fn anything_at_all_is_a_sign_of_life() {
    let server = quick_pings().await;
    let mut client = Raw::open(&server).await.enter("demo-app", &demo("alice")).await;
    // Never a pong: a byte of a frame is as good.
    let frame = crate::raw::frame(0x81, br#"{"event":"ping","id":"at last"}"#);
    let (first, rest) = frame.split_at(1);
    for piece in [first, rest] {
        assert_eq!(client.frame().await.unwrap().opcode, crate::raw::PING);
        client.write(piece).await;
    }
    assert_eq!(client.json().await["id"], "at last");
}

fn demo(client: &str) -> String {
    crate::tokens::Token::demo(client).sign()
}

async fn quick_pings() -> Server {
    Start::new()
        .env("RTMATE__LIMITS__PING_INTERVAL", "2s")
        .env("RTMATE__LIMITS__PING_TIMEOUT", "1s")
        .serve()
        .await
}

/// Frames that carry no message, without an end: pieces of a message that say nothing, or pongs.
async fn flood(server: &Server, begin: &[u8], frame: &[u8]) -> Option<u16> {
    let mut stranger = Raw::open(server).await;
    stranger.write(begin).await;
    stranger.goodbye_while(&frame.repeat(4096), 4096, std::time::Duration::ZERO).await.code
}

#[tokio::test]
async fn a_flood_of_frames_that_say_nothing_ends_and_delays_nobody() {
    // Strangers are told of at this level only.
    let server = Start::new().env("RTMATE__LOG__FILTER", "debug").serve().await;
    let mut alice = Client::demo(&server, "alice").await;
    // The first piece of a text and empty continuations; pongs that nobody asked for.
    let piece = [0x01, 0x81, 0, 0, 0, 0, b'a'];
    let (empty, pong) = ([0x00, 0x80, 0, 0, 0, 0], [0x8a, 0x80, 0, 0, 0, 0]);
    let pinging = async {
        for _ in 0..20 {
            alice.done("ping", json!({})).await;
        }
    };
    let (pieces, pongs, ()) = soon("the floods", async {
        tokio::join!(flood(&server, &piece, &empty), flood(&server, &[], &pong), pinging)
    })
    .await;
    // The code may be lost where the flood goes on for longer than the server listens.
    assert!([pieces, pongs].iter().all(|code| code.is_none_or(|code| code == 4102)));
    server.log.expect("reason=\"rate_limited\"").await;
    alice.done("ping", json!({})).await;
}

#[tokio::test]
async fn a_burst_does_not_end_a_reader_who_reads() {
    let server = Server::with(&busy()).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    bob.subscribe("chat").await;
    let text = "x".repeat(20_000);
    let frame = |number: usize| json!({"event": "publish", "payload": {"channel": "chat", "data": [number, text]}});
    // More than a queue holds, in one go.
    for number in 0..60 {
        alice.feed(&frame(number).to_string()).await;
    }
    alice.flush().await;
    for number in 0..60 {
        assert_eq!(bob.hears().await[0], number);
    }
}
