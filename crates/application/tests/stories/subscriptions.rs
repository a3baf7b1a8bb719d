//! Coming to channels and leaving them.

use std::pin::pin;

use futures_util::poll;
use serde_json::{Value, json};
use testkit::Stage;

#[tokio::test]
async fn a_subscriber_hears_what_is_said() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    bob.says("chat:lobby", json!("too early")).await;
    alice.subscribes("chat:lobby").await;
    bob.says("chat:lobby", json!("hello")).await;
    assert_eq!(alice.hears(), ["#chat:lobby 200", r#"message chat:lobby "hello""#]);
    alice.unsubscribes("chat:lobby").await;
    bob.says("chat:lobby", json!("too late")).await;
    assert_eq!(alice.hears(), ["#chat:lobby 200"]);
    assert_eq!(bob.hears(), ["200"; 3], "sending needs no subscription");
}

#[tokio::test]
async fn a_message_says_who_sent_it() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:lobby").await;
    let connection = alice.session().connection().id.to_string();
    let send = json!({ "channel": "chat:lobby", "data": [1, 2], "name": "typing" });
    alice.asks("messageSend", send).await;
    let [_, message, receipt] = &alice.reads()[..] else { panic!("three frames") };
    let payload = &message["payload"];
    assert_eq!((&payload["name"], &payload["data"]), (&json!("typing"), &json!([1, 2])));
    assert_eq!(payload["from"], json!({ "client": "alice", "connection": connection }));
    assert_eq!((&payload["id"], &payload["ts"]), (&receipt["data"]["id"], &receipt["data"]["ts"]));
}

#[tokio::test]
async fn a_second_subscribe_changes_nothing() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:lobby").await;
    alice.subscribes("chat:lobby").await;
    stage.announces("chat:lobby", "1");
    assert_eq!(alice.hears(), ["#chat:lobby 200", "#chat:lobby 200", "message chat:lobby 1"]);
    alice.unsubscribes("chat:lobby").await;
    alice.unsubscribes("chat:lobby").await;
    assert_eq!(alice.hears(), ["#chat:lobby 200", "#chat:lobby 404 not_subscribed"]);
    stage.announces("chat:lobby", "2");
    assert!(alice.hears().is_empty());
    assert_eq!(stage.fanout.channels(), 0, "the last one closes the room");
}

#[tokio::test]
async fn what_is_no_channel_or_has_no_history_is_refused() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let position = json!({ "epoch": "0000000000000001", "offset": 0 });
    alice.asks_as("1", "subscribe", json!({ "channel": "not one" })).await;
    alice.asks_as("2", "subscribe", json!({ "channel": "chat:a", "position": position })).await;
    alice.asks_as("3", "subscribe", json!({ "channel": "chat:a", "rewind": 5 })).await;
    alice.asks_as("4", "subscribe", json!({ "channel": "chat:a", "presence": true })).await;
    alice.asks_as("5", "history", json!({ "channel": "chat:a" })).await;
    alice.asks_as("6", "presence", json!({ "channel": "chat:a" })).await;
    let expected = ["#1 400 invalid_channel", "#2 404 not_enabled", "#3 404 not_enabled"];
    let heard = alice.hears();
    assert_eq!(heard[..3], expected);
    assert_eq!(heard[3..], ["#4 404 not_enabled", "#5 404 not_enabled", "#6 404 not_enabled"]);
    assert_eq!(stage.fanout.channels(), 0, "nothing is left of what was refused");
}

#[tokio::test]
async fn many_channels_come_under_one_reply_each_by_itself() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let channels = ["chat:a", "forbidden", "not one", "news", "chat:a"];
    alice.sends(many(&channels)).await;
    let replies = alice.reads();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0]["data"]["channels"][1]["channel"], "forbidden", "named where it has one");
    let gist = testkit::gist(&replies[0]);
    let each = "200 chat:a, 403 permission_denied, 400 invalid_channel, 200 news, 200 chat:a";
    assert_eq!(gist, format!("#many 200 [{each}]"));
    stage.announces("chat:a", "1");
    stage.announces("news", "2");
    assert_eq!(alice.hears(), ["message chat:a 1", "message news 2"]);
}

fn many(channels: &[&str]) -> Value {
    let channels: Vec<_> = channels.iter().map(|name| json!({ "channel": name })).collect();
    json!({ "event": "subscribe", "payload": { "channels": channels }, "id": "many" })
}

/// P1: while one of many channels is still being attached, the others' messages wait for the
/// reply.
#[tokio::test]
async fn the_reply_comes_before_the_first_push() {
    let (stage, broker) = Stage::held();
    broker.hold_attach("chat:b");
    let mut alice = stage.enter("alice").await;
    let outbound = alice.outbound();
    {
        let mut subscribing = pin!(alice.sends(many(&["chat:a", "chat:b"])));
        assert!(poll!(&mut subscribing).is_pending());
        stage.announces("chat:a", "1");
        stage.announces("chat:a", "2");
        assert!(outbound.take().is_empty(), "the messages wait");
        broker.release("chat:b");
        subscribing.await;
    }
    stage.announces("chat:b", "3");
    let reply = "#many 200 [200 chat:a, 200 chat:b]";
    let messages = ["message chat:a 1", "message chat:a 2", "message chat:b 3"];
    let heard = alice.hears();
    assert_eq!((heard[0].as_str(), &heard[1..]), (reply, &messages.map(str::to_owned)[..]));
}

/// More messages than the gate holds, or more bytes, before the reply could go.
#[tokio::test]
async fn what_the_gate_cannot_hold_ends_the_subscription() {
    let large = format!("\"{}\"", "x".repeat(60_000));
    let cases: [(usize, &str); 2] = [(257, "0"), (5, &large)];
    for (messages, data) in cases {
        let (stage, broker) = Stage::held();
        broker.hold_attach("chat:b");
        let mut alice = stage.enter("alice").await;
        {
            let mut subscribing = pin!(alice.sends(many(&["chat:a", "chat:b"])));
            assert!(poll!(&mut subscribing).is_pending());
            (0..messages).for_each(|_| stage.announces("chat:a", data));
            broker.release("chat:b");
            subscribing.await;
        }
        let reply = "#many 200 [200 chat:a, 200 chat:b]";
        assert_eq!(alice.hears(), [reply, "unsubscribed chat:a overflow resubscribe"]);
        stage.announces("chat:a", "1");
        assert!(alice.hears().is_empty());
        assert_eq!(stage.fanout.channels(), 1, "chat:a has no room any more");
        alice.subscribes("chat:a").await;
        stage.announces("chat:a", "2");
        assert_eq!(alice.hears(), ["#chat:a 200", "message chat:a 2"]);
    }
}

#[tokio::test]
async fn a_full_gate_is_no_overflow() {
    let (stage, broker) = Stage::held();
    broker.hold_attach("chat:b");
    let mut alice = stage.enter("alice").await;
    {
        let mut subscribing = pin!(alice.sends(many(&["chat:a", "chat:b"])));
        assert!(poll!(&mut subscribing).is_pending());
        (0..256).for_each(|n| stage.announces("chat:a", &n.to_string()));
        broker.release("chat:b");
        subscribing.await;
    }
    let heard = alice.hears();
    assert_eq!((heard.len(), heard[256].as_str()), (257, "message chat:a 255"));
}

#[tokio::test]
async fn echo_false_hides_from_the_sending_connection_only() {
    let stage = Stage::new();
    let mut phone = stage.enter("alice").await;
    let mut laptop = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    for listener in [&mut phone, &mut laptop, &mut bob] {
        listener.subscribes("chat:lobby").await;
        listener.hears();
    }
    let hidden = json!({ "channel": "chat:lobby", "data": 1, "echo": false });
    phone.asks("messageSend", hidden).await;
    assert_eq!(phone.hears(), ["200"]);
    assert_eq!(laptop.hears(), ["message chat:lobby 1"]);
    assert_eq!(bob.hears(), ["message chat:lobby 1"]);
    phone.says("chat:lobby", json!(2)).await;
    assert_eq!(phone.hears(), ["message chat:lobby 2", "200"]);
}

#[tokio::test]
async fn two_apps_do_not_hear_each_other() {
    let stage = Stage::new();
    let mut ours = stage.enter("alice").await;
    let mut theirs = stage.connect();
    theirs.auth("bazaar", &stage.token("alice")).await;
    for one in [&mut ours, &mut theirs] {
        one.subscribes("chat:lobby").await;
        one.hears();
    }
    ours.says("chat:lobby", json!("ours")).await;
    assert_eq!(ours.hears(), [r#"message chat:lobby "ours""#, "200"]);
    assert!(theirs.hears().is_empty());
    ours.unsubscribes("chat:lobby").await;
    theirs.says("chat:lobby", json!("theirs")).await;
    assert_eq!(theirs.hears(), [r#"message chat:lobby "theirs""#, "200"]);
}

#[tokio::test]
async fn a_send_still_under_way_is_hidden_from_who_continues_its_connection() {
    let (stage, broker) = Stage::held();
    let mut before = stage.connect();
    before.auth("shop", &stage.token("alice")).await;
    let shown = before.reads()[0]["data"]["session"].clone();
    let mut bob = stage.enter("bob").await;
    bob.subscribes("chat:lobby").await;
    bob.hears();
    before.asks("messageSend", json!({"channel": "chat:lobby", "data": 1, "echo": false})).await;
    // Her connection broke, which the server does not know yet.
    let mut again = stage.connect();
    let token = stage.token("alice");
    again.asks("auth", json!({"appId": "shop", "token": token, "session": shown})).await;
    again.subscribes("chat:lobby").await;
    let mut other = stage.connect();
    let token = stage.token("bob");
    other.asks("auth", json!({"appId": "shop", "token": token, "session": shown})).await;
    other.subscribes("chat:lobby").await;
    again.hears();
    other.hears();
    broker.release("1");
    before.catches_up();
    assert_eq!(bob.hears(), ["message chat:lobby 1"]);
    assert_eq!(other.hears(), ["message chat:lobby 1"], "a session is its client's own");
    assert_eq!(again.hears(), [""; 0]);
}
