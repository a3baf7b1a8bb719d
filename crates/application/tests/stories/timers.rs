//! What time does to a connection.

use std::time::Duration;

use application::Wheel;
use domain::CloseReason;
use serde_json::json;
use testkit::Stage;

const SECOND: Duration = Duration::from_secs(1);
/// A visit is never early and at most two ticks late.
const TICKS: Duration = Duration::from_millis(200);

#[tokio::test]
async fn who_does_not_authenticate_in_time_is_closed() {
    let stage = Stage::new();
    let mut nobody = stage.connect();
    stage.passes(9 * SECOND);
    nobody.asks("ping", json!({})).await;
    stage.passes(SECOND - TICKS);
    assert_eq!(nobody.hears(), ["200"]);
    stage.passes(2 * TICKS);
    assert_eq!(nobody.hears(), ["disconnect 4104"], "a sign of life is no auth");
}

#[tokio::test]
async fn silence_is_probed_and_then_closed() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    stage.passes(25 * SECOND - TICKS);
    assert_eq!(alice.was_probed(), 0);
    stage.passes(2 * TICKS);
    assert_eq!(alice.was_probed(), 1);
    stage.passes(9 * SECOND);
    assert_eq!(alice.closed(), None);
    stage.passes(SECOND + TICKS);
    assert_eq!(alice.hears(), ["disconnect 4201 1"]);
    assert_eq!(alice.closed(), Some(CloseReason::NoSignOfLife));
    assert_eq!(alice.was_probed(), 0, "once");
}

#[tokio::test]
async fn any_sign_of_life_answers_the_probe() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for round in 0..4 {
        while alice.was_probed() == 0 {
            stage.passes(Wheel::TICK);
        }
        // On a quick network in the very millisecond of the probe.
        if round > 0 {
            stage.passes(SECOND);
        }
        if round % 2 == 0 {
            alice.stirs();
        } else {
            alice.asks("ping", json!({})).await;
        }
        stage.passes(12 * SECOND);
        assert_eq!(alice.closed(), None, "round {round}");
    }
}

#[tokio::test]
async fn who_talks_is_not_probed() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for _ in 0..10 {
        stage.passes(20 * SECOND);
        alice.asks("ping", json!({})).await;
    }
    assert_eq!((alice.was_probed(), alice.closed()), (0, None));
}

#[tokio::test]
async fn heartbeats_come_to_those_who_asked() {
    let stage = Stage::new();
    let mut browser = stage.connect();
    let auth = json!({ "appId": "shop", "token": stage.token("alice"), "heartbeat": true });
    browser.asks("auth", auth).await;
    let mut other = stage.enter("bob").await;
    browser.hears();
    for _ in 0..2 {
        stage.passes(13 * SECOND);
        browser.stirs();
        other.stirs();
        stage.passes(13 * SECOND);
        browser.stirs();
        other.stirs();
        assert_eq!(browser.hears(), ["heartbeat"]);
    }
    assert!(other.hears().is_empty());
}

#[tokio::test]
async fn a_refresh_that_says_nothing_of_heartbeats_leaves_them() {
    let stage = Stage::new();
    let mut browser = stage.connect();
    let auth = json!({ "appId": "shop", "token": stage.token("alice"), "heartbeat": true });
    browser.asks("auth", auth).await;
    browser.auth("shop", &stage.token("alice")).await;
    assert_eq!(browser.hears(), ["200", "200"]);
    stage.passes(13 * SECOND);
    browser.stirs();
    stage.passes(13 * SECOND);
    assert_eq!(browser.hears(), ["heartbeat"]);
}

#[tokio::test]
async fn the_end_of_a_token_is_announced_once() {
    let stage = Stage::new();
    let ends = Stage::BEGIN.after(20 * SECOND);
    let short = stage.token_with("alice", |claims| claims.expires_at = ends);
    let mut alice = stage.enter_with(&short).await;
    stage.passes(15 * SECOND - TICKS);
    assert!(alice.hears().is_empty(), "three quarters of its life");
    stage.passes(8 * SECOND);
    assert_eq!(alice.hears(), [format!("tokenExpiring {}", ends.as_millis())]);
}

#[tokio::test]
async fn a_connection_that_is_gone_is_not_visited() {
    let stage = Stage::new();
    let alice = stage.enter("alice").await;
    let outbound = alice.outbound();
    alice.leaves().await;
    stage.passes(60 * SECOND);
    assert_eq!((outbound.take_probes(), outbound.take().len(), outbound.closed()), (0, 0, None));
}
