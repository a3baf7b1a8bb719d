//! Keys are rotated: the new one counts before the old one goes.

use serde_json::{Value, json};

use super::{Ops, document, ephemeral};
use crate::{
    api::Api,
    client::Client,
    pusher_client::Pusher,
    tokens::{Token, token},
};

#[tokio::test]
async fn who_came_with_a_key_that_went_stays_and_comes_no_more() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let old = token("made", "alice");
    let mut alice = Client::enter(&server, "made", &old).await;
    let added = ops.done("POST", "/apps/made/keys", json!({ "kind": "jwt", "kid": "k2" })).await;
    let secret = added["secret"].as_str().unwrap();
    assert_eq!((added["key"].as_str(), secret.len()), (Some("k2"), 64));
    drop(Client::enter(&server, "made", &Token::of("made", secret, "bob")).await);
    drop(Client::enter(&server, "made", &old).await);
    ops.done("DELETE", "/apps/made/keys/jwt/k1", Value::Null).await;
    alice.say("chat", 1).await;
    let refresh = alice.auth("made", &old.sign()).await;
    assert_eq!(refresh["reason"], "signature_invalid");
    alice.say("chat", 2).await;
    let refresh = alice.auth("made", &Token::of("made", secret, "alice").sign()).await;
    assert_eq!(refresh["code"], 200, "{refresh}");
    assert!(!ops.show("made").await.to_string().contains(secret));
}

#[tokio::test]
async fn a_key_of_the_server_api_is_shown_once() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let wanted = json!({ "kind": "api", "name": "backend", "scopes": ["read"] });
    let added = ops.done("POST", "/apps/made/keys", wanted.clone()).await;
    let key = added["secret"].as_str().unwrap();
    let api = Api { server: &server, app: "made", key };
    api.done("GET", "/channels", "").await;
    assert_eq!(api.refused("POST", "/messages", "{}").await.0, 403, "a scope it was not given");
    let again = ops.refused("POST", "/apps/made/keys", wanted).await;
    assert_eq!((again.0, &*again.1), (400, "invalid_params"), "the name is taken");
    assert!(!ops.show("made").await.to_string().contains(key));
    ops.done("DELETE", "/apps/made/keys/api/backend", Value::Null).await;
    assert_eq!(api.refused("GET", "/channels", "").await.0, 401);
    let gone = ops.refused("DELETE", "/apps/made/keys/api/backend", Value::Null).await;
    assert_eq!((gone.0, &*gone.1), (404, "not_found"));
}

#[tokio::test]
async fn a_key_of_the_pusher_protocol_is_made_and_taken_away() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let added = ops.done("POST", "/apps/made/keys", json!({ "kind": "pusher" })).await;
    let key = added["key"].as_str().unwrap();
    assert_eq!((key.len(), added["secret"].as_str().map(str::len)), (20, Some(44)));
    let mut guest = Pusher::connect(&server, key).await;
    ops.done("DELETE", &format!("/apps/made/keys/pusher/{key}"), Value::Null).await;
    guest.subscribe("chat").await;
    let (mut late, _) = Client::dial_path(&server, &format!("/app/{key}?protocol=7"), &[]).await;
    assert_eq!(crate::pusher_client::goodbye(&mut late).await.1, Some(4001));
}

#[tokio::test]
async fn a_guest_whose_channel_is_kept_elsewhere_is_asked_to_come_back() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let added = ops.done("POST", "/apps/made/keys", json!({ "kind": "pusher" })).await;
    let key = added["key"].as_str().unwrap();
    let mut there = Pusher::connect(&server, key).await;
    there.subscribe("disk-chat").await;
    let mut elsewhere = Pusher::connect(&server, key).await;
    elsewhere.subscribe("chat").await;
    let namespaces = json!([{ "pattern": "disk-*", "history": { "durability": "durable" } }]);
    ops.done("PATCH", "/apps/made", json!({ "namespaces": namespaces })).await;
    assert_eq!(there.goodbye().await.1, Some(4200), "deaf, and not told");
    elsewhere.subscribe("other").await;
    let mut back = Pusher::connect(&server, key).await;
    back.subscribe("disk-chat").await;
    let mut alice = Client::enter(&server, "made", &token("made", "alice")).await;
    alice.say("disk-chat", "hi").await;
    assert_eq!(back.event("message").await, "hi");
}
