//! Subscriptions that the token makes.

use domain::{ChannelName, Grant};
use serde_json::json;
use testkit::Stage;

fn channels(names: &[&str]) -> Vec<ChannelName> {
    names.iter().map(|name| ChannelName::parse(name).unwrap()).collect()
}

/// A token that allows nothing but subscribes to these.
fn token(stage: &Stage, names: &[&str]) -> String {
    stage.token_with("alice", |claims| {
        claims.caps = Some(Vec::<Grant>::new());
        claims.channels = channels(names);
    })
}

#[tokio::test]
async fn the_token_subscribes_behind_the_reply() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    alice.auth("shop", &token(&stage, &["private-alice", "inbox"])).await;
    assert_eq!(alice.hears(), ["200", "subscribed private-alice", "subscribed inbox"]);
    stage.announces("inbox", "1");
    assert_eq!(alice.hears(), ["message inbox 1"]);
}

#[tokio::test]
async fn the_client_cannot_end_what_the_token_made() {
    let stage = Stage::new();
    let mut alice = stage.enter_with(&token(&stage, &["inbox"])).await;
    alice.unsubscribes("inbox").await;
    stage.announces("inbox", "1");
    assert_eq!(alice.hears(), ["#inbox 403 permission_denied", "message inbox 1"]);
    let denied = stage.events.take_of("denied");
    assert_eq!(denied, ["denied alice inbox +0: the token's channels made this subscription"]);
}

/// It needs no further grant, so a second subscribe is like any other second subscribe.
#[tokio::test]
async fn subscribing_to_what_the_token_made_changes_nothing() {
    let stage = Stage::new();
    let mut alice = stage.enter_with(&token(&stage, &["inbox"])).await;
    alice.subscribes("inbox").await;
    stage.announces("inbox", "1");
    assert_eq!(alice.hears(), ["#inbox 200", "message inbox 1"]);
    alice.unsubscribes("inbox").await;
    assert_eq!(alice.hears(), ["#inbox 403 permission_denied"], "it is still the token's");
}

#[tokio::test]
async fn a_position_for_it_is_answered_as_not_recovered() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    let position = json!({ "epoch": "0000000000000001", "offset": 7 });
    let token = token(&stage, &["inbox"]);
    let auth = json!({ "appId": "shop", "token": token, "positions": { "inbox": position } });
    alice.asks("auth", auth).await;
    let frames = alice.reads();
    assert_eq!(frames[1]["payload"], json!({ "channel": "inbox", "recovered": false }));
}
