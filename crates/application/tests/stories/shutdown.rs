//! The server goes.

use std::collections::HashSet;

use domain::CloseReason;
use futures_util::poll;
use serde_json::json;
use testkit::{Actor, Scenery, Stage};

/// The delay that a farewell gives.
fn delay(actor: &mut Actor) -> u64 {
    let heard = actor.reads();
    let farewell = &heard.last().expect("a farewell")["payload"];
    assert_eq!(farewell["code"], 4200);
    assert_eq!(farewell["reason"], "shutting_down");
    farewell["retryAfterMs"].as_u64().expect("a delay")
}

#[tokio::test]
async fn everybody_is_told_when_to_come_back() {
    let stage = Stage::new();
    let mut known = stage.enter("alice").await;
    let mut unknown = stage.connect();
    let mut more: Vec<_> = (0..20).map(|_| stage.connect()).collect();
    stage.hub.shut_down().await;
    let delays: Vec<u64> =
        [&mut known, &mut unknown].into_iter().chain(&mut more).map(delay).collect();
    let window = u64::try_from(stage.hub.rules().shutdown_window.as_millis()).unwrap();
    assert!(delays.iter().all(|delay| *delay < window), "{delays:?}");
    let different: HashSet<_> = delays.iter().collect();
    assert!(different.len() > 10, "they do not come back all at once: {delays:?}");
}

#[tokio::test]
async fn who_comes_during_a_shutdown_is_told_the_same() {
    let stage = Stage::new();
    stage.hub.shut_down().await;
    let mut late = stage.connect();
    assert!(delay(&mut late) < 30_000);
    late.auth("shop", &stage.token("late")).await;
    assert!(late.hears().is_empty());
    assert_eq!(late.closed(), Some(CloseReason::ShuttingDown));
}

#[tokio::test]
async fn a_drain_ends_with_the_last_connection() {
    let stage = Stage::new();
    let (alice, bob) = (stage.enter("alice").await, stage.connect());
    stage.hub.shut_down().await;
    let mut drained = std::pin::pin!(stage.hub.connections().drained());
    assert!(poll!(&mut drained).is_pending());
    alice.leaves().await;
    assert!(poll!(&mut drained).is_pending());
    drop(bob);
    assert!(poll!(&mut drained).is_ready());
}

#[tokio::test]
async fn what_was_acknowledged_comes_before_the_goodbye() {
    let stage = Stage::with(Scenery::default().gathering());
    let mut listener = stage.enter("listener").await;
    listener.subscribes("chat:x").await;
    listener.hears();
    let mut sender = stage.enter("sender").await;
    sender.says("chat:x", json!("the last")).await;
    assert_eq!(sender.hears(), ["200"]);
    assert!(listener.hears().is_empty(), "it waits to be written");
    stage.hub.shut_down().await;
    let heard = listener.hears();
    assert_eq!(heard[0], "message chat:x \"the last\"");
    assert!(heard[1].starts_with("disconnect 4200"), "{heard:?}");
}

#[tokio::test]
async fn what_comes_during_a_shutdown_is_not_acknowledged() {
    let stage = Stage::with(Scenery::default().gathering());
    let mut listener = stage.enter("listener").await;
    listener.subscribes("chat:x").await;
    listener.hears();
    let mut sender = stage.enter("sender").await;
    sender.says("chat:x", json!("the last")).await;
    sender.hears();
    let mut ending = std::pin::pin!(stage.hub.shut_down());
    assert!(poll!(&mut ending).is_pending());
    sender.says("chat:x", json!("too late")).await;
    assert!(sender.hears().is_empty());
    ending.await;
    assert!(sender.hears()[0].starts_with("disconnect 4200"));
    assert_eq!(listener.hears().len(), 2, "the last and the goodbye");
}
