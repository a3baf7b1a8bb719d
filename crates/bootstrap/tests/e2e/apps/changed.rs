//! A change of an app reaches who is connected, and closes nothing that need not end.

use serde_json::{Value, json};

use super::{Ops, document, ephemeral};
use crate::{client::Client, tokens::token};

#[tokio::test]
async fn limits_and_grants_change_under_who_is_connected() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let mut alice = Client::enter(&server, "made", &token("made", "alice")).await;
    let mut other = Client::enter(&server, "shop", &token("shop", "carol")).await;
    alice.subscribe("chat").await;
    alice.subscribe("news").await;
    let patch = json!({
        "default_grants": { "*": null, "chat": ["subscribe", "send"] },
        "limits": { "payload": "1KiB" },
    });
    let changed = ops.done("PATCH", "/apps/made", patch).await;
    assert_eq!(changed["document"]["limits"]["payload"], "1KiB");
    let told = alice.push("unsubscribed").await;
    assert_eq!((&told["channel"], &told["reason"]), (&json!("news"), &json!("permission_denied")));
    let large = json!({ "channel": "chat", "data": "x".repeat(2000) });
    assert_eq!(alice.refused("messageSend", large).await, (413, "payload_too_large".to_owned()));
    alice.say("chat", 1).await;
    other.hears_nothing().await;
    other.subscribe("chat").await;
}

#[tokio::test]
async fn a_disabled_app_lets_nobody_stay_and_an_enabled_one_lets_them_in() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let mut alice = Client::enter(&server, "made", &token("made", "alice")).await;
    let mut other = Client::enter(&server, "shop", &token("shop", "carol")).await;
    ops.done("PATCH", "/apps/made", json!({ "status": "disabled" })).await;
    alice.sent_away(4008, "app_disabled").await;
    let mut late = Client::connect(&server).await;
    let refused = late.auth("made", &token("made", "bob").sign()).await;
    assert_eq!(refused["reason"], "app_disabled");
    ops.done("PATCH", "/apps/made", json!({ "status": "active" })).await;
    drop(Client::enter(&server, "made", &token("made", "bob")).await);
    ops.done("DELETE", "/apps/made", Value::Null).await;
    other.hears_nothing().await;
}
