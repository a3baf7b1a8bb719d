//! The server goes.

use std::collections::HashSet;

use domain::CloseReason;
use futures_util::poll;
use testkit::{Actor, Stage};

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
    stage.hub.shut_down();
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
    stage.hub.shut_down();
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
    stage.hub.shut_down();
    let mut drained = std::pin::pin!(stage.hub.connections().drained());
    assert!(poll!(&mut drained).is_pending());
    alice.leaves().await;
    assert!(poll!(&mut drained).is_pending());
    drop(bob);
    assert!(poll!(&mut drained).is_ready());
}
