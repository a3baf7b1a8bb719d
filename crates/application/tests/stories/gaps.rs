//! Streams that begin anew under their subscribers.

use std::{pin::pin, time::Duration};

use application::ports::DeliverySink;
use domain::{AppId, ChannelKey, ChannelName};
use futures_util::poll;
use serde_json::json;
use testkit::{Scenery, Stage};

const LOBBY: &str = "chat:lobby";
const TOLD: &str = "unsubscribed chat:lobby gap resubscribe";

fn lobby() -> ChannelKey {
    let (app, channel) = (AppId::parse("shop").unwrap(), ChannelName::parse(LOBBY).unwrap());
    ChannelKey { app, channel }
}

#[tokio::test]
async fn who_was_told_of_a_gap_hears_nothing_until_it_subscribes_anew() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    alice.subscribes(LOBBY).await;
    alice.subscribes("chat:other").await;
    bob.subscribes(LOBBY).await;
    alice.hears();
    bob.hears();
    stage.announces(LOBBY, "1");
    stage.fanout.gap(&lobby());
    stage.announces(LOBBY, "2");
    stage.announces("chat:other", "3");
    assert_eq!(alice.hears(), ["message chat:lobby 1", TOLD, "message chat:other 3"]);
    alice.subscribes(LOBBY).await;
    stage.announces(LOBBY, "4");
    assert_eq!(alice.hears(), ["#chat:lobby 200", "message chat:lobby 4"]);
    assert_eq!(bob.hears(), ["message chat:lobby 1", TOLD]);
    bob.unsubscribes(LOBBY).await;
    bob.unsubscribes(LOBBY).await;
    assert_eq!(bob.hears(), ["#chat:lobby 200", "#chat:lobby 404 not_subscribed"]);
    stage.announces(LOBBY, "5");
    assert_eq!(alice.hears(), ["message chat:lobby 5"], "what bob let go was not hers");
    alice.leaves().await;
    bob.leaves().await;
    assert_eq!(stage.fanout.channels(), 0, "the room is closed");
}

/// The reply may tell a place of before: it goes first, as it does before messages.
#[tokio::test]
async fn a_gap_before_the_reply_is_told_behind_it() {
    let (stage, broker) = Stage::held();
    broker.hold_attach("chat:b");
    let mut alice = stage.enter("alice").await;
    let channels = json!([{ "channel": LOBBY }, { "channel": "chat:b" }]);
    {
        let mut subscribing =
            pin!(alice.asks_as("m", "subscribe", json!({ "channels": channels })));
        assert!(poll!(&mut subscribing).is_pending());
        stage.announces(LOBBY, "1");
        stage.fanout.gap(&lobby());
        stage.announces(LOBBY, "2");
        broker.release("chat:b");
        subscribing.await;
    }
    assert_eq!(alice.hears(), ["#m 200 [200 chat:lobby, 200 chat:b]", TOLD]);
    stage.announces(LOBBY, "3");
    assert!(alice.hears().is_empty());
    assert_eq!(stage.fanout.channels(), 1);
}

/// A stream that is lost says nothing of who is there.
#[tokio::test]
async fn nobody_is_seen_to_leave_by_a_gap() {
    let stage = Stage::with(Scenery::default().with_presence());
    let attends = json!({ "channel": LOBBY, "presence": true });
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    alice.asks_as("s", "subscribe", attends.clone()).await;
    bob.asks_as("s", "subscribe", attends.clone()).await;
    alice.hears();
    bob.hears();
    stage.fanout.gap(&lobby());
    let mut carol = stage.enter("carol").await;
    carol.asks_as("s", "subscribe", attends.clone()).await;
    assert_eq!(alice.hears(), [TOLD], "carol's coming is no longer hers to hear");
    alice.asks_as("s", "subscribe", attends).await;
    let reply = alice.reads().remove(0);
    assert_eq!(reply["data"]["count"], 3, "bob is there without a subscription: {reply}");
    stage.passes(Duration::from_secs(5));
    assert!(alice.hears().is_empty() && carol.hears().len() == 1, "nobody left");
    bob.leaves().await;
    stage.passes(Duration::from_secs(5));
    assert_eq!(alice.hears().len(), 1, "but now");
}
