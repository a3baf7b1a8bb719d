//! In which order replies come while sends wait for their commit.

use std::{pin::pin, sync::Arc};

use futures_util::poll;
use serde_json::{Value, json};
use testkit::{Actor, HeldBroker, Stage};

/// Alice on a stage whose broker commits when the test says so.
async fn alice() -> (Stage, Arc<HeldBroker>, Actor) {
    let (stage, broker) = Stage::held();
    let alice = stage.enter("alice").await;
    (stage, broker, alice)
}

fn message(channel: &str, data: u32) -> Value {
    json!({ "channel": channel, "data": data })
}

/// The channels of the receipts since the last look.
fn receipts(alice: &mut Actor) -> Vec<Value> {
    alice.catches_up();
    alice.reads().into_iter().map(|reply| reply["data"]["channel"].clone()).collect()
}

#[tokio::test]
async fn replies_without_id_come_in_request_order() {
    let (_stage, broker, mut alice) = alice().await;
    for (channel, data) in [("chat:a", 1), ("chat:b", 2), ("chat:c", 3)] {
        alice.asks("messageSend", message(channel, data)).await;
    }
    assert_eq!(broker.waiting(), ["1", "2", "3"], "none waits for the commit of another");
    broker.release("3");
    broker.release("2");
    assert!(receipts(&mut alice).is_empty());
    broker.release("1");
    assert_eq!(receipts(&mut alice), ["chat:a", "chat:b", "chat:c"]);
}

#[tokio::test]
async fn a_reply_with_an_id_overtakes() {
    let (_stage, broker, mut alice) = alice().await;
    alice.asks_as("slow", "messageSend", message("chat:a", 1)).await;
    alice.asks("messageSend", message("chat:b", 2)).await;
    alice.asks_as("quick", "messageSend", message("chat:c", 3)).await;
    broker.release("3");
    alice.catches_up();
    assert_eq!(alice.hears(), ["#quick 200"]);
    broker.release("2");
    alice.catches_up();
    assert_eq!(alice.hears(), ["200"], "the one before it has an id");
    broker.release("1");
    alice.catches_up();
    assert_eq!(alice.hears(), ["#slow 200"]);
}

#[tokio::test]
async fn requests_about_one_channel_are_answered_in_order() {
    let (_stage, broker, mut alice) = alice().await;
    alice.asks_as("1", "messageSend", message("chat:a", 1)).await;
    alice.asks_as("2", "messageSend", message("chat:a", 2)).await;
    alice.asks_as("3", "history", json!({ "channel": "chat:a" })).await;
    broker.release("2");
    alice.catches_up();
    assert!(alice.hears().is_empty());
    broker.release("1");
    alice.catches_up();
    assert_eq!(alice.hears(), ["#1 200", "#2 200", "#3 404 not_enabled"]);
}

#[tokio::test]
async fn a_subscribe_takes_effect_behind_the_answers_before_it() {
    let (stage, broker, mut alice) = alice().await;
    alice.asks_as("1", "messageSend", message("chat:a", 1)).await;
    {
        let mut subscribing = pin!(alice.subscribes("chat:a"));
        assert!(poll!(&mut subscribing).is_pending());
        stage.announces("chat:a", "0");
        broker.release("1");
        subscribing.await;
    }
    stage.announces("chat:a", "2");
    assert_eq!(alice.hears(), ["#1 200", "#chat:a 200", "message chat:a 2"]);
}

#[tokio::test]
async fn another_channel_does_not_wait() {
    let (_stage, _broker, mut alice) = alice().await;
    alice.asks_as("1", "messageSend", message("chat:a", 1)).await;
    alice.subscribes("chat:b").await;
    alice.unsubscribes("chat:b").await;
    assert_eq!(alice.hears(), ["#chat:b 200", "#chat:b 200"]);
}

#[tokio::test]
async fn a_ping_overtakes_a_slow_commit() {
    let (_stage, broker, mut alice) = alice().await;
    alice.asks_as("1", "messageSend", message("chat:a", 1)).await;
    alice.asks("ping", json!({})).await;
    assert_eq!(alice.hears(), ["200"]);
    alice.asks("messageSend", message("chat:b", 2)).await;
    alice.asks_as("ping", "ping", json!({})).await;
    assert_eq!(alice.hears(), ["#ping 200"]);
    alice.asks("ping", json!({})).await;
    assert!(alice.hears().is_empty(), "without an id it comes behind the one without");
    broker.release("2");
    alice.catches_up();
    assert_eq!(alice.hears(), ["200", "200"]);
}

#[tokio::test]
async fn behind_sixty_four_sends_the_server_stops_reading() {
    let (_stage, broker, mut alice) = alice().await;
    for n in 0..64 {
        alice.asks_as("n", "messageSend", message("chat:a", n)).await;
    }
    {
        let mut one_more = pin!(alice.asks_as("last", "messageSend", message("chat:a", 64)));
        assert!(poll!(&mut one_more).is_pending());
        assert_eq!(broker.waiting().len(), 64, "it is not under way");
        broker.release("0");
        one_more.await;
    }
    assert_eq!(broker.waiting().len(), 64);
    assert_eq!(alice.hears(), ["#n 200"]);
    for n in 1..=64 {
        broker.release(&n.to_string());
    }
    alice.catches_up();
    assert_eq!(alice.hears().last().map(String::as_str), Some("#last 200"));
}

/// Answers that only wait for others are bounded just the same.
#[tokio::test]
async fn refusals_behind_a_slow_commit_are_bounded_too() {
    let (_stage, broker, mut alice) = alice().await;
    alice.asks("messageSend", message("chat:a", 0)).await;
    for _ in 0..63 {
        alice.asks("ping", json!({})).await;
    }
    {
        let mut one_more = pin!(alice.asks("ping", json!({})));
        assert!(poll!(&mut one_more).is_pending());
        broker.release("0");
        one_more.await;
    }
    assert_eq!(alice.hears(), ["200"; 65]);
}

#[tokio::test]
async fn a_commit_that_fails_is_answered_in_its_place() {
    let (stage, broker, mut alice) = alice().await;
    alice.asks_as("1", "messageSend", message("chat:a", 1)).await;
    alice.asks_as("2", "messageSend", message("chat:a", 2)).await;
    broker.release("2");
    broker.fail("1");
    alice.catches_up();
    assert_eq!(alice.hears(), ["#1 503 unavailable", "#2 200"]);
    let cause = "failed publish: the broker is unavailable: made to fail";
    assert_eq!(stage.events.take_of("failed"), [cause]);
}
