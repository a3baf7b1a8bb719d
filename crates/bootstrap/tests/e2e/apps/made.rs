//! Apps are made and deleted, and outlive the process.

use serde_json::{Value, json};

use super::{Ops, document, ephemeral, kept};
use crate::{
    client::Client,
    server::Server,
    tokens::{secret_of, token},
};

async fn killed(mut server: Server) -> Server {
    server.signal("KILL").await;
    server.ended().await;
    let again = server.again(kept());
    drop(server);
    again.serve().await
}

#[tokio::test]
async fn an_app_is_served_from_the_answer_on_and_shows_no_secret() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    let made = ops.done("POST", "/apps", document("made")).await;
    assert_eq!((&made["app"], &made["status"]), (&json!("made"), &json!("active")), "{made}");
    assert_eq!(made["source"], "api");
    let mut alice = Client::enter(&server, "made", &token("made", "alice")).await;
    alice.subscribe("chat").await;
    let shown = ops.show("made").await;
    assert_eq!(shown, made);
    let document = &shown["document"];
    assert_eq!(document["jwt_keys"][0]["secret"], "***");
    assert_eq!(document["limits"]["channels_per_connection"], 128, "defaults are shown");
    assert!(!shown.to_string().contains(&secret_of("made")));
    let of_the_file = ops.show("shop").await;
    assert_eq!(of_the_file["source"], "configuration");
    assert!(!of_the_file.to_string().contains(&secret_of("shop")));
}

#[tokio::test]
async fn apps_are_listed_page_by_page() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    for id in ["m1", "m3", "m2"] {
        ops.done("POST", "/apps", document(id)).await;
    }
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = ops.done("GET", &format!("/apps?limit=2{after}"), Value::Null).await;
        let apps = page["apps"].as_array().unwrap();
        assert!(apps.len() <= 2);
        ids.extend(apps.iter().map(|app| app["app"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(ids, ["m1", "m2", "m3", "shop"]);
}

/// Killed right behind each answer: what was answered is so.
#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let server = kept().serve().await;
    Ops::of(&server).done("POST", "/apps", document("made")).await;
    let server = killed(server).await;
    let ops = Ops::of(&server);
    drop(Client::enter(&server, "made", &token("made", "alice")).await);
    let key = json!({ "kind": "jwt", "kid": "k2" });
    let secret = ops.done("POST", "/apps/made/keys", key).await["secret"].clone();
    let server = killed(server).await;
    let ops = Ops::of(&server);
    let other = crate::tokens::Token::of("made", secret.as_str().unwrap(), "bob");
    drop(Client::enter(&server, "made", &other).await);
    ops.done("PATCH", "/apps/made", json!({ "status": "disabled" })).await;
    let server = killed(server).await;
    let ops = Ops::of(&server);
    assert_eq!(ops.show("made").await["status"], "disabled");
    ops.done("DELETE", "/apps/made", Value::Null).await;
    let server = killed(server).await;
    let refused = Ops::of(&server).refused("GET", "/apps/made", Value::Null).await;
    assert_eq!((refused.0, &*refused.1), (404, "not_found"));
}

#[tokio::test]
async fn a_later_app_of_the_same_id_has_nothing_of_the_deleted_one() {
    let server = kept().serve().await;
    let ops = Ops::of(&server);
    let mut with_history = document("made");
    with_history["namespaces"] = json!([
        { "pattern": "disk:*", "history": { "durability": "durable" }, "presence": true },
        { "pattern": "memory:*", "history": { "durability": "memory" } },
    ]);
    let made = async || {
        ops.done("POST", "/apps", with_history.clone()).await;
        Client::enter(&server, "made", &token("made", "alice")).await
    };
    let mut alice = made().await;
    for channel in ["disk:a", "memory:a"] {
        alice.say(channel, 1).await;
    }
    ops.done("DELETE", "/apps/made", Value::Null).await;
    alice.sent_away(4007, "app_not_found").await;
    let mut bob = made().await;
    for channel in ["disk:a", "memory:a"] {
        let page = bob.done("history", json!({ "channel": channel })).await;
        assert_eq!((&page["messages"], &page["offset"]), (&json!([]), &json!(0)), "{page}");
    }
}

#[tokio::test]
async fn a_server_that_keeps_nothing_forgets_its_apps() {
    let mut server = ephemeral().await;
    Ops::of(&server).done("POST", "/apps", document("made")).await;
    server.signal("TERM").await;
    server.ended().await;
    let again = server.again(crate::server::Start::new()).serve().await;
    assert_eq!(Ops::of(&again).refused("GET", "/apps/made", Value::Null).await.0, 404);
}
