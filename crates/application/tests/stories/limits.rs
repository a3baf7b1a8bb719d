//! What an app, a client and an address may do, and who else notices.

use std::{sync::Arc, time::Duration};

use application::BackendMessage;
use domain::{
    App, AppId, AppLimits, ChannelName, CloseReason, Durability, ErrorCode, HistoryPolicy,
    Namespace, NamespacePattern, Payload, Rate,
};
use serde_json::json;
use testkit::{Scenery, Stage};

/// A stage whose app `shop` has these limits; `bazaar` beside it has none.
fn stage(change: impl FnOnce(&mut AppLimits)) -> Stage {
    Stage::with(Scenery::default().with_shop(|app| change(&mut app.limits)))
}

const REFUSED: &str = "429 请求过于频繁（messages_per_second）";

#[tokio::test]
async fn an_apps_messages_are_those_of_all_its_clients_and_of_nobody_else() {
    let stage = stage(|limits| limits.messages = Some(Rate::new(2, 4)));
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    let mut other = stage.connect();
    other.auth("bazaar", &stage.token("other")).await;
    for n in 0..2 {
        alice.says("chat:x", json!(n)).await;
        bob.says("chat:y", json!(n)).await;
    }
    alice.asks_as("a", "messageSend", json!({ "channel": "chat:x", "data": 1 })).await;
    let reply = alice.reads().pop().unwrap();
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(429), &json!("rate_limited")));
    assert_eq!(reply["retry_after_ms"], 500, "two a second");
    bob.says("chat:x", json!(1)).await;
    assert_eq!(bob.hears(), ["200", "200", REFUSED]);
    for n in 0..20 {
        other.says("chat:x", json!(n)).await;
    }
    assert_eq!(other.hears(), ["200"; 21], "another app does not notice");
    stage.passes(Duration::from_millis(500));
    bob.says("chat:x", json!(1)).await;
    assert_eq!(bob.hears(), ["200"], "waiting helps");
}

#[tokio::test]
async fn deliveries_are_counted_before_a_message_is_accepted() {
    let stage = stage(|limits| limits.deliveries = Some(Rate::new(10, 6)));
    let mut readers = Vec::new();
    for n in 0..3 {
        let mut reader = stage.enter(&format!("reader-{n}")).await;
        reader.subscribes("chat:x").await;
        reader.hears();
        readers.push(reader);
    }
    let mut alice = stage.enter("alice").await;
    for n in 0..3 {
        alice.says("chat:x", json!(n)).await;
    }
    let refused = "429 请求过于频繁（deliveries_per_second）";
    assert_eq!(alice.hears(), ["200", "200", refused], "six, then three too many");
    alice.says("chat:empty", json!(0)).await;
    assert_eq!(alice.hears(), ["200"], "nobody is there: it costs nothing");
    for reader in &mut readers {
        assert_eq!(reader.hears().len(), 2, "all of what was accepted, none of what was refused");
    }
    stage.passes(Duration::from_millis(300));
    alice.says("chat:x", json!(3)).await;
    assert_eq!(alice.hears(), ["200"]);
}

#[tokio::test]
async fn a_channel_larger_than_the_burst_is_slow_and_not_mute() {
    let stage = stage(|limits| limits.deliveries = Some(Rate::new(1, 1)));
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    for reader in [&mut alice, &mut bob] {
        reader.subscribes("chat:x").await;
        reader.hears();
    }
    alice.asks_as("1", "messageSend", json!({ "channel": "chat:x", "data": 1 })).await;
    alice.asks_as("2", "messageSend", json!({ "channel": "chat:x", "data": 2 })).await;
    let replies = alice.reads();
    let refused = replies.iter().find(|reply| reply["id"] == "2").unwrap();
    assert_eq!(refused["retry_after_ms"], 2000, "until both are paid for");
    stage.passes(Duration::from_secs(2));
    alice.says("chat:x", json!(2)).await;
    assert_eq!(bob.hears().len(), 2);
}

#[tokio::test]
async fn a_client_is_one_on_all_its_connections() {
    let stage = stage(|limits| limits.client_messages = Some(Rate::new(1, 3)));
    let (mut one, mut two) = (stage.enter("alice").await, stage.enter("alice").await);
    let mut bob = stage.enter("bob").await;
    for _ in 0..2 {
        one.says("chat:x", json!(1)).await;
        two.says("chat:x", json!(2)).await;
        bob.says("chat:x", json!(3)).await;
    }
    let refused = "429 请求过于频繁（client_messages_per_second）";
    assert_eq!(one.hears(), ["200", "200"]);
    assert_eq!(two.hears(), ["200", refused]);
    assert_eq!(bob.hears(), ["200", "200"]);
}

#[tokio::test]
async fn what_a_grant_forbids_or_one_limit_refuses_costs_no_other() {
    let stage = stage(|limits| {
        limits.messages = Some(Rate::new(1, 3));
        limits.client_messages = Some(Rate::new(1, 2));
    });
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    for _ in 0..5 {
        alice.says("news", json!(1)).await;
        alice.says("chat:x", json!(1)).await;
    }
    let done = |heard: &[String]| heard.iter().filter(|reply| *reply == "200").count();
    assert_eq!(done(&alice.hears()), 2);
    bob.says("chat:x", json!(1)).await;
    bob.says("chat:x", json!(1)).await;
    assert_eq!(bob.hears(), ["200", REFUSED], "alice spent two of three");
}

#[tokio::test]
async fn connections_come_no_faster_than_the_app_may_have_them() {
    let stage = stage(|limits| limits.new_connections = Some(Rate::new(1, 2)));
    let _here = (stage.enter("a").await, stage.enter("b").await);
    let mut late = stage.connect();
    late.asks_as("x", "auth", json!({ "appId": "shop", "token": stage.token("late") })).await;
    let heard = late.reads();
    assert_eq!((&heard[0]["code"], &heard[0]["reason"]), (&json!(429), &json!("rate_limited")));
    assert_eq!(heard[0]["retry_after_ms"], 1000);
    assert!(heard[1]["payload"]["retryAfterMs"].as_u64().unwrap() >= 1000, "{heard:?}");
    assert_eq!(late.closed(), Some(CloseReason::RateLimited));
    let mut other = stage.connect();
    other.auth("bazaar", &stage.token("other")).await;
    assert_eq!(other.hears(), ["200"]);
    stage.passes(Duration::from_secs(1));
    stage.enter("late").await;
}

#[tokio::test]
async fn an_address_that_nobody_knows_has_a_rate() {
    let mut scenery = Scenery::default();
    scenery.rules.attempts_per_address = Some(Rate::new(1, 4));
    let stage = Stage::with(scenery);
    let from = |last: u8| stage.connect_with(|it| it.peer.address = [10, 0, 0, last].into());
    let mut first = from(1);
    for _ in 0..2 {
        first.auth("shop", "no token").await;
    }
    assert_eq!(first.hears().len(), 2);
    let (_second, _third) = (from(1), from(1));
    let mut fourth = from(1);
    assert_eq!(fourth.closed(), Some(CloseReason::RateLimited));
    assert!(fourth.reads()[0]["payload"]["retryAfterMs"].as_u64().unwrap() >= 1000);
    first.auth("shop", "no token").await;
    assert_eq!(first.hears(), ["429 请求过于频繁（attempts_per_address）"]);
    assert_eq!(first.closed(), None, "nor was it the third refused token");
    assert_eq!(from(2).closed(), None);
    assert_eq!(
        stage.events.take_of("limit"),
        [
            "limit near (address) attempts_per_address +0",
            "limit reached (address) attempts_per_address +0",
        ]
    );
}

#[tokio::test]
async fn a_limit_is_announced_when_it_is_near_and_when_it_is_reached() {
    let stage = stage(|limits| {
        limits.messages = Some(Rate::new(1, 10));
        limits.connections = Some(5);
    });
    let mut alice = stage.enter("alice").await;
    for n in 0..20 {
        alice.says("chat:x", json!(n)).await;
    }
    let told =
        ["limit near shop messages_per_second +0", "limit reached shop messages_per_second +0"];
    assert_eq!(stage.events.take_of("limit"), told);
    for _ in 0..3 {
        stage.passes(Duration::from_secs(20));
        alice.stirs();
    }
    for n in 0..11 {
        alice.says("chat:x", json!(n)).await;
    }
    let again =
        ["limit near shop messages_per_second +0", "limit reached shop messages_per_second +9"];
    assert_eq!(stage.events.take_of("limit"), again);
    let mut others = Vec::new();
    for n in 0..3 {
        others.push(stage.enter(&format!("other-{n}")).await);
    }
    assert_eq!(stage.events.take_of("limit"), ["limit near shop connections +0"]);
    others.push(stage.enter("other-3").await);
    let mut late = stage.connect();
    late.asks_as("x", "auth", json!({ "appId": "shop", "token": stage.token("late") })).await;
    let reply = &late.reads()[0];
    assert_eq!(
        (&reply["reason"], &reply["retry_after_ms"]),
        (&json!("quota_exceeded"), &json!(10_000))
    );
    assert_eq!(late.closed(), Some(CloseReason::ConnectionLimit));
    assert_eq!(stage.events.take_of("limit"), ["limit reached shop connections +0"]);
}

#[tokio::test]
async fn members_of_all_channels_together_are_bounded() {
    let scenery = Scenery::default().with_presence();
    let stage = Stage::with(scenery.with_shop(|app| app.limits.presence_members = Some(2)));
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    let enter = |channel: &str| json!({ "channel": channel, "presence": true });
    alice.asks("subscribe", enter("chat:x")).await;
    alice.asks("subscribe", enter("chat:y")).await;
    bob.asks_as("b", "subscribe", enter("chat:y")).await;
    let reply = &bob.reads()[0];
    let told = (&reply["code"], &reply["reason"], &reply["retry_after_ms"]);
    assert_eq!(told, (&json!(429), &json!("quota_exceeded"), &json!(10_000)));
    bob.asks("subscribe", json!({ "channel": "chat:y", "presence": "watch" })).await;
    assert_eq!(bob.hears(), ["200"], "who only watches is no member");
    alice.unsubscribes("chat:x").await;
    stage.passes(Duration::from_secs(4));
    bob.asks("subscribe", enter("chat:y")).await;
    assert_eq!(bob.hears(), ["200"]);
    assert_eq!(
        stage.events.take_of("limit"),
        ["limit near shop presence_members +0", "limit reached shop presence_members +0",]
    );
}

#[tokio::test]
async fn what_an_app_keeps_is_bounded_and_channels_without_history_go_on() {
    let history = HistoryPolicy {
        size: 100,
        ttl: Duration::from_secs(60),
        bytes: 1 << 20,
        durability: Durability::Memory,
    };
    let kept = Namespace {
        pattern: Some(NamespacePattern::parse("chat:kept*").unwrap()),
        history: Some(history),
        ..Namespace::default()
    };
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        app.namespaces.push(Arc::new(kept));
        app.limits.history_bytes = Some(5 * 129);
    }));
    let mut alice = stage.enter("alice").await;
    for n in 0..3 {
        alice.says("chat:kept-1", json!(n)).await;
        alice.says("chat:kept-2", json!(n)).await;
        alice.says("chat:live", json!(n)).await;
    }
    let heard = alice.hears();
    assert_eq!(heard.iter().filter(|reply| *reply == "200").count(), 8);
    assert_eq!(heard[7], "429 超出配额（history）", "the sixth that is kept");
    // A look lets go what is too old.
    stage.passes(Duration::from_secs(20));
    alice.stirs();
    stage.passes(Duration::from_secs(20));
    alice.stirs();
    stage.passes(Duration::from_secs(20));
    alice.asks("history", json!({ "channel": "chat:kept-1" })).await;
    alice.says("chat:kept-2", json!(3)).await;
    assert_eq!(alice.hears(), ["200 @3 []", "200"]);
    assert_eq!(
        stage.events.take_of("limit"),
        ["limit near shop history +0", "limit reached shop history +0",]
    );
}

#[tokio::test]
async fn a_backend_shares_its_apps_limits() {
    let stage = stage(|_| ());
    let mut app = App::new(AppId::parse("shop").unwrap());
    app.limits.messages = Some(Rate::new(1, 5));
    let (app, backend) = (Arc::new(app), stage.hub.backend());
    let message = |n: u32| BackendMessage {
        channel: ChannelName::parse("chat:x").unwrap(),
        name: None,
        data: Payload::parse(&n.to_string(), 10).unwrap(),
        key: None,
        exclude: None,
    };
    let all: Vec<_> = (0..4).map(message).collect();
    assert!(backend.publish_all(&app, all.clone(), None).await.iter().all(Result::is_ok));
    let refused = backend.admit(&app, all.iter()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited, "all or none");
    assert_eq!(refused.retry_after, Some(Duration::from_secs(3)));
    let mixed = backend.publish_all(&app, all.clone(), None).await;
    assert_eq!(mixed.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    // As it is changed it holds: the rate is the app's, not the limiter's.
    let mut changed = App::clone(&app);
    changed.limits.messages = Some(Rate::new(1, 8));
    let changed = Arc::new(changed);
    assert!(backend.admit(&changed, all[..3].iter()).is_ok());
    assert!(backend.publish(&changed, message(9), None).await.is_err());
}
