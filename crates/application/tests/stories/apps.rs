//! An app changes while its clients are connected.

use std::{sync::Arc, time::Duration};

use application::{Entry, ports::AppTable};
use domain::{
    Action, Actions, App, AppId, AppStatus, CloseReason, Durability, Grant, GrantPattern,
    HistoryPolicy, Namespace, NamespacePattern,
};
use serde_json::json;
use testkit::{Actor, Scenery, Stage};

fn shop(stage: &Stage) -> App {
    let apps = stage.apps.all();
    let shop = apps.iter().find(|app| app.id.as_str() == "shop");
    (**shop.expect("the scenery has a shop")).clone()
}

/// Changes the shop, as an operator does, and lets its clients learn of it.
async fn change(stage: &Stage, change: impl FnOnce(&mut App)) {
    let mut app = shop(stage);
    change(&mut app);
    stage.apps.put(app);
    assert!(stage.hub.bring_app_changes().await);
}

fn grants(pattern: &str) -> Arc<[Grant]> {
    let pattern = GrantPattern::parse(pattern).unwrap();
    vec![Grant { pattern, actions: Actions::all() }].into()
}

async fn enter(stage: &Stage, client: &str, channels: &[&str]) -> Actor {
    let mut actor = stage.enter(client).await;
    for channel in channels {
        actor.subscribes(channel).await;
    }
    actor.reads();
    actor
}

#[tokio::test]
async fn limits_and_default_grants_reach_who_is_connected() {
    let stage = Stage::new();
    let mut alice = enter(&stage, "alice", &["chat:a", "news"]).await;
    change(&stage, |app| {
        app.default_grants = grants("chat:*");
        app.limits.channels_per_connection = 1;
    })
    .await;
    assert!(alice.hears().is_empty(), "not between two frames yet");
    alice.obeys().await;
    assert_eq!(alice.hears(), ["unsubscribed news permission_denied"]);
    alice.subscribes("chat:b").await;
    assert_eq!(alice.hears(), ["#chat:b 429 too_many_channels"]);
    stage.announces("chat:a", "1");
    stage.announces("news", "2");
    assert_eq!(alice.hears(), ["message chat:a 1"]);
    assert_eq!(alice.closed(), None);
}

#[tokio::test]
async fn what_a_token_grants_stays() {
    let stage = Stage::new();
    let caps = vec![Grant {
        pattern: GrantPattern::parse("news").unwrap(),
        actions: [Action::Subscribe].into_iter().collect(),
    }];
    let token = stage.token_with("alice", |claims| claims.caps = Some(caps));
    let mut alice = stage.enter_with(&token).await;
    alice.subscribes("news").await;
    alice.reads();
    change(&stage, |app| app.default_grants = grants("other")).await;
    alice.obeys().await;
    stage.announces("news", "1");
    assert_eq!(alice.hears(), ["message news 1"]);
}

#[tokio::test]
async fn a_smaller_payload_limit_and_another_rate_count_from_the_next_request_on() {
    let stage = Stage::new();
    let mut alice = enter(&stage, "alice", &[]).await;
    change(&stage, |app| {
        app.limits.payload_bytes = 4;
        (app.limits.requests_burst, app.limits.requests_per_second) = (2, 1);
    })
    .await;
    alice.obeys().await;
    alice.says("chat:a", json!("too long")).await;
    alice.says("chat:a", json!(1)).await;
    alice.says("chat:a", json!(2)).await;
    let codes: Vec<_> = alice.reads().iter().map(|reply| reply["code"].clone()).collect();
    assert_eq!(codes, [413, 200, 429]);
}

#[tokio::test]
async fn a_disabled_or_deleted_app_closes_its_connections_and_no_others() {
    let stage = Stage::new();
    let (alice, bob) = (enter(&stage, "alice", &["chat:a"]).await, stage.connect());
    let mut other = stage.connect();
    other.auth("bazaar", &stage.token("carol")).await;
    other.reads();
    change(&stage, |app| app.status = AppStatus::Disabled).await;
    assert_eq!(alice.closed(), Some(CloseReason::DisabledApp));
    assert_eq!(bob.closed(), None, "who has not said who it is has no app");
    change(&stage, |app| app.status = AppStatus::Active).await;
    let mut dave = enter(&stage, "dave", &["chat:a"]).await;
    assert!(stage.apps.remove(&AppId::parse("shop").unwrap()));
    stage.hub.bring_app_changes().await;
    dave.obeys().await;
    assert_eq!(dave.closed(), Some(CloseReason::UnknownApp));
    other.obeys().await;
    other.subscribes("chat:a").await;
    assert_eq!((other.hears(), other.closed()), (vec!["#chat:a 200".to_owned()], None));
}

/// The registry gave the app before it changed, and the change was brought to all who were known
/// then: the one that becomes known behind it is found by a second look.
#[tokio::test]
async fn who_comes_in_while_the_app_changes_learns_of_it_too() {
    let stage = Stage::new();
    let before = Arc::new(shop(&stage));
    change(&stage, |app| app.status = AppStatus::Disabled).await;
    // A guest is let in by what a transport looked up a moment ago.
    let guest = stage.connect_with(|opening| opening.entry = Entry::Guest(before));
    assert_eq!(guest.closed(), None);
    stage.hub.bring_app_changes().await;
    assert_eq!(guest.closed(), Some(CloseReason::DisabledApp));
}

#[tokio::test]
async fn of_many_changes_a_session_takes_the_last() {
    let stage = Stage::new();
    let mut alice = enter(&stage, "alice", &[]).await;
    for most in [5, 3, 0] {
        change(&stage, |app| app.limits.channels_per_connection = most).await;
    }
    alice.obeys().await;
    alice.subscribes("chat:a").await;
    assert_eq!(alice.hears(), ["#chat:a 429 too_many_channels"]);
}

#[tokio::test]
async fn an_app_that_is_given_a_limit_counts_who_is_in_and_puts_nobody_out() {
    let stage = Stage::new();
    let mut inside = [enter(&stage, "a", &[]).await, enter(&stage, "b", &[]).await];
    change(&stage, |app| app.limits.connections = Some(1)).await;
    for actor in &mut inside {
        actor.obeys().await;
        assert_eq!(actor.closed(), None);
    }
    let refused = async |client: &str| {
        let mut actor = stage.connect();
        actor.auth("shop", &stage.token(client)).await;
        actor.closed()
    };
    assert_eq!(refused("c").await, Some(CloseReason::ConnectionLimit));
    let [a, b] = inside;
    a.leaves().await;
    assert_eq!(refused("d").await, Some(CloseReason::ConnectionLimit), "one is in still");
    b.leaves().await;
    assert_eq!(refused("e").await, None);
}

#[tokio::test]
async fn where_messages_are_kept_elsewhere_subscribers_begin_anew() {
    let stage = Stage::with(Scenery::default());
    let mut alice = enter(&stage, "alice", &["chat:a", "chat:b"]).await;
    let mut bob = enter(&stage, "bob", &["chat:a"]).await;
    change(&stage, |app| {
        let durability = Durability::Durable;
        let ttl = Duration::from_secs(60);
        let policy = HistoryPolicy { size: 9, ttl, bytes: 1 << 20, durability };
        let pattern = NamespacePattern::parse("chat:a");
        let namespace = Namespace { pattern, history: Some(policy), ..Namespace::default() };
        app.namespaces = vec![Arc::new(namespace)];
    })
    .await;
    alice.obeys().await;
    assert_eq!(alice.hears(), ["unsubscribed chat:a gap resubscribe"]);
    assert_eq!(bob.hears(), ["unsubscribed chat:a gap resubscribe"]);
    alice.subscribes("chat:a").await;
    bob.obeys().await;
    bob.subscribes("chat:a").await;
    assert_eq!(
        (alice.reads()[0]["code"].clone(), bob.reads()[0]["code"].clone()),
        (json!(200), json!(200))
    );
    stage.announces("chat:a", "1");
    assert_eq!(bob.hears(), ["message chat:a 1"]);
    assert_eq!(alice.hears(), ["message chat:a 1"], "bob's late start ended nothing of hers");
}
