//! What an app's backend asks of its clients' sessions, and how that goes with what they ask.

use std::pin::pin;

use application::{Backend, Obeyed};
use domain::{AppId, ChannelName, ClientId, ErrorCode};
use futures_util::{FutureExt, poll};
use serde_json::json;
use testkit::{Actor, Stage};

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

fn shop() -> AppId {
    AppId::parse("shop").unwrap()
}

fn alice() -> ClientId {
    ClientId::parse("alice").unwrap()
}

fn outcomes(obeyed: Result<Vec<Obeyed>, application::Refusal>) -> Vec<Option<ErrorCode>> {
    let obeyed = obeyed.map_err(|refusal| refusal.code);
    let obeyed = obeyed.unwrap_or_else(|code| panic!("{code:?}"));
    obeyed.into_iter().map(|obeyed| obeyed.outcome.err().map(|refusal| refusal.code)).collect()
}

async fn subscribe(backend: &Backend, actor: &mut Actor, name: &str) {
    let (shop, alice) = (shop(), alice());
    let mut ordering = pin!(backend.subscribe(&shop, &alice, channel(name), None));
    assert!(poll!(&mut ordering).is_pending(), "the session has to come to it");
    actor.obeys().await;
    assert_eq!(outcomes(ordering.await), [None]);
}

#[tokio::test]
async fn a_backend_subscribes_a_client_that_has_no_grant() {
    let stage = Stage::new();
    let (backend, shop, alice) = (stage.hub.backend(), shop(), alice());
    let token = stage.token_with("alice", |claims| claims.caps = Some(Vec::new()));
    let mut actor = stage.enter_with(&token).await;
    actor.reads();
    subscribe(&backend, &mut actor, "news").await;
    assert_eq!(actor.hears(), ["subscribed news"]);
    stage.announces("news", "1");
    assert_eq!(actor.hears(), ["message news 1"]);
    // It is the backend's: neither the client nor a new token ends it.
    actor.unsubscribes("news").await;
    assert_eq!(actor.reads()[0]["code"], 403);
    actor.auth("shop", &token).await;
    actor.reads();
    stage.announces("news", "2");
    assert_eq!(actor.hears(), ["message news 2"]);
    let mut ordering = pin!(backend.unsubscribe(&shop, &alice, channel("news"), None));
    assert!(poll!(&mut ordering).is_pending());
    actor.obeys().await;
    assert_eq!(outcomes(ordering.await), [None]);
    stage.announces("news", "3");
    let heard = actor.reads();
    assert_eq!(heard.len(), 1, "nothing comes behind the end: {heard:?}");
    let told = json!({"channel": "news", "reason": "by_server", "resubscribe": false});
    assert_eq!((&heard[0]["event"], &heard[0]["payload"]), (&json!("unsubscribed"), &told));
}

#[tokio::test]
async fn what_a_client_has_itself_becomes_the_backends() {
    let stage = Stage::new();
    let backend = stage.hub.backend();
    let mut actor = stage.enter("alice").await;
    actor.subscribes("chat:x").await;
    actor.reads();
    subscribe(&backend, &mut actor, "chat:x").await;
    assert_eq!(actor.hears(), [""; 0], "it has it");
    actor.unsubscribes("chat:x").await;
    assert_eq!(actor.reads()[0]["code"], 403);
}

#[tokio::test]
async fn orders_take_effect_in_their_order() {
    let stage = Stage::new();
    let (backend, shop, alice) = (stage.hub.backend(), shop(), alice());
    let mut actor = stage.enter("alice").await;
    actor.reads();
    let mut first = pin!(backend.subscribe(&shop, &alice, channel("a"), None));
    let mut second = pin!(backend.unsubscribe(&shop, &alice, channel("a"), None));
    let mut third = pin!(backend.unsubscribe(&shop, &alice, channel("a"), None));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    assert!(poll!(&mut third).is_pending());
    actor.obeys().await;
    assert_eq!((outcomes(first.await), outcomes(second.await)), (vec![None], vec![None]));
    assert_eq!(third.await.unwrap_err().code, ErrorCode::NotSubscribed);
    assert_eq!(actor.hears(), ["subscribed a", "unsubscribed a by_server"]);
}

#[tokio::test]
async fn who_is_not_there_and_who_goes_are_told_apart_from_a_full_mailbox() {
    let stage = Stage::new();
    let (backend, shop, alice) = (stage.hub.backend(), shop(), alice());
    let order = || backend.subscribe(&shop, &alice, channel("a"), None);
    assert_eq!(order().await.unwrap_err().code, ErrorCode::NotFound);
    let actor = stage.enter("alice").await;
    let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(order())).collect();
    for order in &mut waiting {
        assert!(order.as_mut().now_or_never().is_none());
    }
    let refused = order().await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable);
    assert!(refused.retry_after.is_some());
    actor.leaves().await;
    for order in waiting {
        assert_eq!(order.await.unwrap_err().code, ErrorCode::NotFound, "it went meanwhile");
    }
}

#[tokio::test]
async fn a_backend_makes_no_more_subscriptions_than_a_connection_may_have() {
    let scenery =
        testkit::Scenery::default().with_shop(|app| app.limits.channels_per_connection = 1);
    let stage = Stage::with(scenery);
    let (backend, shop, alice) = (stage.hub.backend(), shop(), alice());
    let (mut one, mut two) = (stage.enter("alice").await, stage.enter("alice").await);
    one.subscribes("chat:x").await;
    let mut ordering = pin!(backend.subscribe(&shop, &alice, channel("a"), None));
    assert!(poll!(&mut ordering).is_pending());
    one.obeys().await;
    two.obeys().await;
    let mut outcomes = outcomes(ordering.await);
    outcomes.sort_by_key(Option::is_some);
    assert_eq!(outcomes, [None, Some(ErrorCode::TooManyChannels)]);
}
