//! Events of a backend, heard by clients of both protocols.

use serde_json::{Value, json};

use super::{backend::Backend, guest::Guest};
use crate::{client::Client, server::Server};

fn event(name: &str, data: &str, channel: &str) -> Value {
    json!({"name": name, "data": data, "channel": channel})
}

#[tokio::test]
async fn an_event_reaches_both_protocols_as_it_was_sent() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let mut guest = Guest::connect(&server).await;
    guest.subscribe("room").await;
    let mut native = Client::demo(&server, "alice").await;
    native.subscribe("room").await;

    for (text, value) in [
        (r#"{"a": 1}"#, json!({"a": 1})),
        ("plain", json!("plain")),
        ("", json!("")),
        ("7", json!("7")),
        (r#""quoted""#, json!(r#""quoted""#)),
        ("[1,  2", json!("[1,  2")),
    ] {
        assert_eq!(backend.done("/events", event("greeting", text, "room")).await, json!({}));
        let heard = guest.hears("greeting").await;
        assert_eq!(heard, json!({"event": "greeting", "channel": "room", "data": text}));
        let push = native.push("message").await;
        assert_eq!((&push["name"], &push["data"]), (&json!("greeting"), &value));
    }
}

#[tokio::test]
async fn what_a_native_client_sends_reaches_guests() {
    let server = Server::demo().await;
    let mut guest = Guest::connect(&server).await;
    guest.subscribe("room").await;
    let mut native = Client::demo(&server, "alice").await;
    native.done("messageSend", json!({"channel": "room", "name": "hi", "data": {"a": [1]}})).await;
    assert_eq!(guest.hears("hi").await["data"], r#"{"a":[1]}"#);
    native.say("room", 7).await;
    assert_eq!(guest.hears("message").await["data"], "7");
}

#[tokio::test]
async fn who_sent_it_need_not_hear_it() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let (mut one, mut other) = (Guest::connect(&server).await, Guest::connect(&server).await);
    one.subscribe("room").await;
    other.subscribe("room").await;
    let mut hidden = event("e", "x", "room");
    hidden["socket_id"] = json!(one.socket);
    backend.done("/events", hidden.clone()).await;
    other.hears("e").await;
    one.hears_nothing().await;
    // A connection that is not there excludes nobody.
    hidden["socket_id"] = json!("1.2");
    backend.done("/events", hidden).await;
    one.hears("e").await;
    other.hears("e").await;
}

#[tokio::test]
async fn many_channels_and_batches_are_sent_in_order_and_counted() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let mut guest = Guest::connect(&server).await;
    guest.subscribe("a").await;
    guest.enter(&server, "presence-b", "alice").await;
    let many = json!({"name": "e", "data": "x", "channels": ["a", "presence-b", "c"],
        "info": "user_count,subscription_count"});
    assert_eq!(
        backend.done("/events", many).await,
        json!({"channels": {
            "a": {"subscription_count": 1},
            "presence-b": {"user_count": 1, "subscription_count": 1},
            "c": {"subscription_count": 0},
        }})
    );
    let mut heard = [guest.hears("e").await, guest.hears("e").await];
    heard.sort_by_key(|frame| frame["channel"].as_str().unwrap().to_owned());
    assert_eq!((&heard[0]["channel"], &heard[1]["channel"]), (&json!("a"), &json!("presence-b")));

    let mut batch: Vec<_> =
        (0..10).map(|n| event("n", &n.to_string(), if n % 2 == 0 { "a" } else { "c" })).collect();
    assert_eq!(backend.done("/batch_events", json!({"batch": batch})).await, json!({}));
    for n in [0, 2, 4, 6, 8] {
        assert_eq!(guest.hears("n").await["data"], n.to_string());
    }
    batch.truncate(2);
    batch[0]["info"] = json!("subscription_count");
    let answer = backend.done("/batch_events", json!({"batch": batch})).await;
    assert_eq!(answer, json!({"batch": [{"subscription_count": 1}, {}]}));
}

#[tokio::test]
async fn what_is_no_event_is_refused_as_a_whole() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let mut guest = Guest::connect(&server).await;
    guest.subscribe("room").await;
    let large = "x".repeat(10 * 1024 + 1);
    let good = || event("e", "x", "room");
    for (path, body, status, part) in [
        ("/events", json!([]), 400, "JSON object"),
        ("/events", json!({"name": "e", "data": {"a": 1}, "channel": "room"}), 400, "not a text"),
        ("/events", event("pusher:x", "x", "room"), 400, "reserved"),
        ("/events", event("e", "x", "#news"), 400, "begins with #"),
        ("/events", event("e", "x", "ro om"), 400, "not allowed"),
        ("/events", event("e", &large, "room"), 413, "exceeds the allowed maximum (10240 bytes)"),
        ("/batch_events", json!({"batch": [good(), event("e", &large, "x")]}), 413, "event 1"),
        ("/batch_events", json!({"batch": [good(), event("", "x", "x")]}), 400, "event 1"),
        ("/batch_events", json!({"batch": vec![good(); 11]}), 400, "1 to 10 events"),
        ("/events", event("e", &"x".repeat(250 * 1024), "room"), 413, "the body exceeds"),
    ] {
        backend.refused(path, body, status, part).await;
    }
    guest.hears_nothing().await;
    backend.done("/events", event("e", &large[1..], "room")).await;
    guest.hears("e").await;
}
