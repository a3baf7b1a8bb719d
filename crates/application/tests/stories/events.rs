//! What an app is told of.

use std::{sync::Arc, time::Duration};

use application::ports::{AppTable, EventLog};
use domain::{Fact, LiveSet, MessageEvents, Namespace, Revocation, Revoked, Sequence};
use serde_json::{Value, json};
use testkit::{Scenery, Stage};

/// The app `shop` keeps its events; its channels have presence and tell of messages.
fn stage() -> Stage {
    Stage::with(Scenery::default().with_shop(|app| {
        app.events.keep = true;
        app.pusher.subscription_count = true;
        app.default_namespace = Arc::new(Namespace {
            presence: true,
            presence_leave_delay: Duration::from_secs(3),
            events: MessageEvents::Data,
            ..Namespace::default()
        });
    }))
}

async fn events(stage: &Stage) -> Vec<Fact> {
    let shop = domain::AppId::parse("shop").unwrap();
    let page = stage.chronicle.read(&shop, Sequence(0), 1000, usize::MAX).await.unwrap();
    page.events.into_iter().map(|event| event.fact).collect()
}

/// In short: the type and what it is about.
async fn told(stage: &Stage) -> Vec<String> {
    let mut told = Vec::new();
    for fact in events(stage).await {
        let what = match &fact {
            Fact::ConnectionOpened(arrival) => arrival.client.to_string(),
            Fact::ConnectionClosed { client, reason, .. } => format!("{client} {}", reason.name()),
            Fact::MemberJoined { channel, client, .. } | Fact::MemberLeft { channel, client } => {
                format!("{channel} {client}")
            }
            Fact::SubscriptionCount { channel, count } => format!("{channel} {count}"),
            Fact::MessagePublished(it) => format!("{} {}", it.channel, it.message.data.as_str()),
            Fact::ChannelOccupied(channel)
            | Fact::ChannelVacated(channel)
            | Fact::CacheMissed(channel) => channel.to_string(),
            Fact::ClientEvent(event) => format!("{} {}", event.channel, event.name.as_str()),
            Fact::QuotaReached { .. } | Fact::TokenRevoked(_) | Fact::EventsDropped { .. } => {
                String::new()
            }
        };
        told.push(format!("{} {what}", fact.kind()));
    }
    told
}

#[tokio::test]
async fn an_app_is_told_who_comes_and_goes_and_what_is_said() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    let wish = json!({ "channel": "chat:lobby", "presence": true });
    alice.asks("subscribe", wish).await;
    let mut bob = stage.enter("bob").await;
    bob.subscribes("chat:lobby").await;
    stage.passes(Duration::from_millis(100));
    alice.says("chat:lobby", json!({ "n": 1 })).await;
    bob.unsubscribes("chat:lobby").await;
    alice.leaves().await;
    stage.passes(Duration::from_secs(2));
    assert_eq!(
        told(&stage).await,
        [
            "connection.opened alice",
            "channel.occupied chat:lobby",
            "member.joined chat:lobby alice",
            "connection.opened bob",
            "channel.subscription_count chat:lobby 2",
            r#"message.published chat:lobby {"n":1}"#,
            "connection.closed alice client_left",
        ]
    );
    stage.passes(Duration::from_secs(2));
    let told = told(&stage).await;
    let mut last = told[7..].to_vec();
    last.sort();
    assert_eq!(last, ["channel.vacated chat:lobby", "member.left chat:lobby alice"]);
    let mut live = LiveSet::default();
    events(&stage).await.iter().for_each(|fact| live.apply(fact));
    assert_eq!((live.len(), live.connections.len()), (1, 1), "bob is connected");
}

#[tokio::test]
async fn who_is_refused_and_what_is_reserved_is_no_event() {
    let stage = stage();
    let mut nobody = stage.connect();
    nobody.auth("shop", "no token").await;
    nobody.leaves().await;
    let mut other = stage.connect();
    let token = stage.token("alice");
    other.auth("bazaar", &token).await;
    assert_eq!(told(&stage).await, [""; 0]);
}

#[tokio::test]
async fn a_refresh_opens_nothing_and_a_revocation_is_told() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    let token = stage.token("alice");
    alice.auth("shop", &token).await;
    let client = domain::ClientId::parse("alice").unwrap();
    let what = Revoked::Client { client, before: Stage::BEGIN.after(Duration::from_secs(1)) };
    let revocation = Revocation { what: what.clone(), until: None };
    let shop = domain::AppId::parse("shop").unwrap();
    stage.hub.backend().revoke(&shop, revocation, None).await.unwrap();
    drop(alice);
    let told = events(&stage).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[1], Fact::TokenRevoked(what));
    let Fact::ConnectionClosed { reason, .. } = &told[2] else { panic!("{told:?}") };
    assert_eq!(reason.name(), "token_revoked");
}

#[tokio::test]
async fn a_cache_that_has_nothing_is_told_of_until_it_has() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        app.events.keep = true;
        app.default_namespace =
            Arc::new(Namespace { mode: domain::ChannelMode::Cache, ..Namespace::default() });
    }));
    let missed =
        |told: Vec<String>| told.iter().filter(|told| *told == "cache.missed chat:price").count();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:price").await;
    assert_eq!(missed(told(&stage).await), 1);
    alice.says("chat:price", Value::from(7)).await;
    let mut bob = stage.enter("bob").await;
    bob.subscribes("chat:price").await;
    assert_eq!(missed(told(&stage).await), 1);
}

#[tokio::test]
async fn an_app_that_wants_events_later_is_told_what_is_there_and_when_it_goes() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        app.default_namespace = Arc::new(Namespace {
            presence: true,
            presence_leave_delay: Duration::from_secs(3),
            ..Namespace::default()
        });
    }));
    let wish = json!({ "channel": "chat:lobby", "presence": true });
    let mut alice = stage.enter("alice").await;
    alice.asks("subscribe", wish.clone()).await;
    let mut bob = stage.enter("bob").await;
    bob.asks("subscribe", wish).await;
    bob.leaves().await;
    let apps = stage.apps.all();
    let shop = apps.iter().find(|app| app.id.as_str() == "shop").unwrap();
    let mut shop = (**shop).clone();
    shop.events.keep = true;
    for _ in 0..2 {
        // The second change is another one, to an app that is followed already.
        shop.limits.channels_per_connection += 1;
        stage.apps.put(shop.clone());
        assert!(stage.hub.bring_app_changes().await);
        let mut there = told(&stage).await;
        there.sort_unstable();
        // Bob may return: he is a member still.
        assert_eq!(
            there,
            [
                "channel.occupied chat:lobby",
                "connection.opened alice",
                "member.joined chat:lobby alice",
                "member.joined chat:lobby bob",
            ]
        );
    }
    let mut carol = stage.enter("carol").await;
    carol.subscribes("chat:lobby").await;
    for client in [alice, carol] {
        client.leaves().await;
    }
    stage.passes(Duration::from_secs(10));
    let snapshot = stage.chronicle.snapshot(&shop.id).await.unwrap();
    assert_eq!(snapshot.live, LiveSet::default(), "all of it went");
}
