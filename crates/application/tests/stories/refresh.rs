//! A second `auth` on the same connection.

use std::{pin::pin, time::Duration};

use domain::{Action, ChannelName, CloseReason, Grant, GrantPattern};
use futures_util::poll;
use serde_json::json;
use testkit::{Scenery, Stage};

const SECOND: Duration = Duration::from_secs(1);

fn may_subscribe(patterns: &[&str]) -> Option<Vec<Grant>> {
    let grant = |pattern: &&str| Grant {
        pattern: GrantPattern::parse(pattern).unwrap(),
        actions: [Action::Subscribe].into_iter().collect(),
    };
    Some(patterns.iter().map(grant).collect())
}

#[tokio::test]
async fn another_client_or_app_is_a_mismatch() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let auth = |app, token| json!({ "appId": app, "token": token });
    alice.asks_as("1", "auth", auth("shop", stage.token("bob"))).await;
    alice.asks_as("2", "auth", auth("bazaar", stage.token("alice"))).await;
    alice.asks_as("3", "auth", auth("shop", stage.token("alice"))).await;
    assert_eq!(alice.hears(), ["#1 401 auth_mismatch", "#2 401 auth_mismatch", "#3 200"]);
    let told = stage.events.take();
    assert_eq!(told.last().map(String::as_str), Some("refreshed shop/alice"));
}

#[tokio::test]
async fn what_is_no_longer_granted_ends_behind_the_reply() {
    let stage = Stage::new();
    let wide = stage.token_with("alice", |claims| claims.caps = may_subscribe(&["a", "b"]));
    let narrow = stage.token_with("alice", |claims| claims.caps = may_subscribe(&["a"]));
    let mut alice = stage.enter_with(&wide).await;
    alice.subscribes("a").await;
    alice.subscribes("b").await;
    alice.hears();
    alice.auth("shop", &narrow).await;
    stage.announces("a", "1");
    stage.announces("b", "2");
    assert_eq!(alice.hears(), ["200", "unsubscribed b permission_denied", "message a 1"]);
    alice.subscribes("b").await;
    assert_eq!(alice.hears(), ["#b 403 permission_denied"]);
    assert_eq!(stage.fanout.channels(), 1);
}

#[tokio::test]
async fn the_new_token_makes_and_ends_its_own_subscriptions() {
    let stage = Stage::new();
    let token = |names: &[&str]| {
        stage.token_with("alice", |claims| {
            claims.caps = may_subscribe(&["b"]);
            claims.channels = names.iter().map(|name| ChannelName::parse(name).unwrap()).collect();
        })
    };
    let mut alice = stage.enter_with(&token(&["a", "b"])).await;
    alice.auth("shop", &token(&["c"])).await;
    assert_eq!(alice.hears(), ["200", "unsubscribed a permission_denied", "subscribed c"]);
    alice.unsubscribes("b").await;
    assert_eq!(alice.hears(), ["#b 200"], "b is granted, and the client's own from now on");
}

#[tokio::test]
async fn a_failed_refresh_changes_nothing_and_does_not_count() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:lobby").await;
    alice.hears();
    for _ in 0..20 {
        alice.auth("shop", "wrong").await;
    }
    assert_eq!(alice.hears(), ["401 无效的 token"; 20]);
    assert_eq!(alice.closed(), None);
    alice.says("chat:lobby", json!(1)).await;
    assert_eq!(alice.hears(), ["message chat:lobby 1", "200"]);
}

/// Alice, whose token ended 23 s ago: without a refresh her connection ends in 2 s.
async fn nearly_over(stage: &Stage) -> (testkit::Actor, String) {
    let begin = Stage::BEGIN;
    let short = stage.token_with("alice", |claims| claims.expires_at = begin.after(20 * SECOND));
    let mut alice = stage.enter_with(&short).await;
    stage.passes(20 * SECOND);
    alice.stirs();
    stage.passes(20 * SECOND);
    alice.stirs();
    stage.passes(3 * SECOND);
    assert_eq!(alice.hears(), [format!("tokenExpiring {}", begin.as_millis() + 20_000)]);
    (alice, stage.token("alice"))
}

#[tokio::test]
async fn a_refresh_that_came_in_time_is_decided_before_the_expiry() {
    let stage = Stage::new();
    let (mut alice, fresh) = nearly_over(&stage).await;
    let outbound = alice.outbound();
    stage.verifier.hold();
    {
        let mut refreshing = pin!(alice.auth("shop", &fresh));
        assert!(poll!(&mut refreshing).is_pending());
        stage.passes(4 * SECOND);
        assert_eq!(outbound.closed(), None, "2 s past the end");
        stage.verifier.release();
        refreshing.await;
    }
    stage.passes(10 * SECOND);
    assert_eq!((alice.hears(), alice.closed()), (vec!["200".to_owned()], None));
}

#[tokio::test]
async fn a_late_refresh_that_fails_ends_the_connection() {
    let stage = Stage::new();
    let (mut alice, _) = nearly_over(&stage).await;
    stage.verifier.hold();
    {
        let mut refreshing = pin!(alice.auth("shop", "wrong"));
        assert!(poll!(&mut refreshing).is_pending());
        stage.passes(4 * SECOND);
        stage.verifier.release();
        refreshing.await;
    }
    assert_eq!(alice.hears(), ["401 无效的 token"]);
    stage.passes(SECOND);
    assert_eq!(alice.hears(), ["disconnect 4203 1"]);
}

/// A verifier that takes for ever does not keep an expired connection open for ever.
#[tokio::test]
async fn the_expiry_waits_five_seconds_for_a_refresh() {
    let stage = Stage::new();
    let (mut alice, fresh) = nearly_over(&stage).await;
    let outbound = alice.outbound();
    stage.verifier.hold();
    {
        let mut refreshing = pin!(alice.auth("shop", &fresh));
        assert!(poll!(&mut refreshing).is_pending());
        stage.passes(6 * SECOND);
        assert_eq!(outbound.closed(), Some(CloseReason::TokenExpired));
        stage.verifier.release();
        refreshing.await;
    }
    assert_eq!(alice.hears(), ["disconnect 4203 1"], "what was decided too late is not told");
}

/// It came in time also where it has to wait for an earlier answer first.
#[tokio::test]
async fn a_refresh_behind_a_slow_commit_is_in_time_too() {
    let (stage, broker) = Stage::held();
    let (mut alice, fresh) = nearly_over(&stage).await;
    alice.says("chat:lobby", json!(1)).await;
    {
        let mut refreshing = pin!(alice.auth("shop", &fresh));
        assert!(poll!(&mut refreshing).is_pending(), "its answer comes behind the send's");
        stage.passes(4 * SECOND);
        broker.release("1");
        refreshing.await;
    }
    assert_eq!((alice.hears(), alice.closed()), (vec!["200".to_owned(); 2], None));
}

#[tokio::test]
async fn without_a_refresh_the_connection_ends_after_its_grace() {
    let stage = Stage::new();
    let (mut alice, _) = nearly_over(&stage).await;
    stage.passes(SECOND);
    assert_eq!(alice.closed(), None);
    stage.passes(2 * SECOND);
    assert_eq!(alice.hears(), ["disconnect 4203 1"]);
    assert_eq!(alice.closed(), Some(CloseReason::TokenExpired));
}

#[tokio::test]
async fn refreshes_do_not_add_channels_without_end() {
    let stage =
        Stage::with(Scenery::default().with_shop(|app| app.limits.channels_per_connection = 2));
    let named = |names: [&str; 2]| {
        stage.token_with("alice", |claims| {
            claims.channels = names.iter().map(|name| ChannelName::parse(name).unwrap()).collect();
        })
    };
    let mut alice = stage.enter_with(&named(["chat:a", "chat:b"])).await;
    alice.hears();
    // Her grants let her keep the first two as her own.
    alice.auth("shop", &named(["chat:c", "chat:d"])).await;
    assert_eq!(
        alice.hears(),
        [
            "200",
            "unsubscribed chat:c too_many_channels resubscribe",
            "unsubscribed chat:d too_many_channels resubscribe",
        ]
    );
}
