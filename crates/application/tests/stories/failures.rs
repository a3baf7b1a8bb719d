//! Ports that fail: the client may try again, the log gets the cause.

use std::sync::Arc;

use application::ports::{BrokerError, MockBroker};
use serde_json::json;
use testkit::{Scenery, Stage};

fn stage_of(broker: MockBroker) -> Stage {
    Stage::with(Scenery::default().around_broker(|_| Arc::new(broker)))
}

fn gone<T>() -> Result<T, BrokerError> {
    Err(BrokerError::Unavailable("the disk is gone".into()))
}

const CAUSE: &str = "the broker is unavailable: the disk is gone";

#[tokio::test]
async fn a_publish_that_fails_is_unavailable() {
    let mut broker = MockBroker::new();
    broker.expect_publish_at_once().returning(|draft| Err(Box::new(draft)));
    broker.expect_publish().once().returning(|_| gone());
    let stage = stage_of(broker);
    let mut alice = stage.enter("alice").await;
    let send = json!({ "channel": "chat:a", "data": 1 });
    alice.sends(json!({ "event": "messageSend", "payload": send, "id": 7 })).await;
    let replies = alice.reads();
    assert_eq!(testkit::gist(&replies[0]), "#7 503 unavailable");
    assert_eq!(replies[0]["retry_after_ms"], 1000);
    assert!(!replies[0].to_string().contains("disk"), "the client never reads a cause");
    assert_eq!(stage.events.take_of("failed"), [format!("failed publish: {CAUSE}")]);
}

#[tokio::test]
async fn what_may_not_be_sent_never_reaches_the_broker() {
    let mut broker = MockBroker::new();
    broker.expect_publish().never();
    broker.expect_attach().never();
    let stage = stage_of(broker);
    let mut alice = stage.enter("alice").await;
    alice.asks_as("1", "messageSend", json!({ "channel": "news", "data": 1 })).await;
    alice.subscribes("elsewhere").await;
    assert_eq!(alice.hears(), ["#1 403 permission_denied", "#elsewhere 403 permission_denied"]);
}

#[tokio::test]
async fn an_attach_that_fails_can_be_tried_again() {
    let mut broker = MockBroker::new();
    broker.expect_attach().once().returning(|_| gone());
    broker.expect_attach().once().returning(|_| Ok(()));
    broker.expect_detach().once().returning(|_| Ok(()));
    let stage = stage_of(broker);
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:a").await;
    assert_eq!(alice.hears(), ["#chat:a 503 unavailable"]);
    assert_eq!(stage.events.take_of("failed"), [format!("failed subscribe: {CAUSE}")]);
    assert_eq!(stage.fanout.channels(), 0);
    alice.subscribes("chat:a").await;
    stage.announces("chat:a", "1");
    assert_eq!(alice.hears(), ["#chat:a 200", "message chat:a 1"]);
    alice.leaves().await;
}

/// One attach for all who come, one detach for the last who goes.
#[tokio::test]
async fn the_broker_hears_of_the_first_and_of_the_last() {
    let mut broker = MockBroker::new();
    broker.expect_attach().times(2).returning(|_| Ok(()));
    broker.expect_detach().once().returning(|_| gone());
    broker.expect_detach().once().returning(|_| Ok(()));
    let stage = stage_of(broker);
    for _ in 0..2 {
        let mut alice = stage.enter("alice").await;
        let mut bob = stage.enter("bob").await;
        alice.subscribes("chat:a").await;
        bob.subscribes("chat:a").await;
        alice.leaves().await;
        stage.announces("chat:a", "1");
        assert_eq!(bob.hears().last().map(String::as_str), Some("message chat:a 1"));
        bob.unsubscribes("chat:a").await;
        assert_eq!(bob.hears(), ["#chat:a 200"], "a detach that fails is not the client's matter");
    }
    assert_eq!(stage.events.take_of("failed"), [format!("failed detach: {CAUSE}")]);
}
