//! Subscriptions that a backend makes, over real sockets that say nothing meanwhile.

use serde_json::json;

use crate::{
    api::{Api, BACKEND, VIEWER, shop},
    client::Client,
    server::Server,
    tokens::token,
};

const PATH: &str = "/clients/alice/subscriptions";

#[tokio::test]
async fn a_backend_subscribes_and_unsubscribes_a_silent_client() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let nobody = api.refused("POST", PATH, r#"{"channel": "chat:news"}"#).await;
    assert_eq!(nobody, (404, "not_found".to_owned()));
    let token = token("shop", "alice").claim("caps", json!({}));
    let mut alice = Client::enter(&server, "shop", &token).await;
    api.done("POST", "/channels/chat:news/messages", r#"{"data": 1}"#).await;
    let told = api.done("POST", PATH, r#"{"channel": "chat:news"}"#).await;
    assert_eq!((&told["client"], &told["channel"]), (&json!("alice"), &json!("chat:news")));
    assert_eq!(told["connections"][0]["code"], 200);
    assert_eq!(alice.push("subscribed").await["channel"], "chat:news");
    api.done("POST", "/channels/chat:news/messages", r#"{"data": 2}"#).await;
    assert_eq!(alice.hears().await, 2);
    let (code, reason) = alice.refused("unsubscribe", json!({"channel": "chat:news"})).await;
    assert_eq!((code, &*reason), (403, "permission_denied"));
    let shown = api.done("GET", "/clients/alice", "").await;
    assert_eq!(shown["connections"][0]["channels"], json!(["chat:news"]));
    assert_eq!(shown["connections"][0]["connection"], told["connections"][0]["data"]["connection"]);
    let path = format!("{PATH}?channel=chat:news");
    api.done("DELETE", &path, "").await;
    let ended = alice.push("unsubscribed").await;
    assert_eq!((&ended["reason"], &ended["resubscribe"]), (&json!("by_server"), &json!(false)));
    assert_eq!(api.refused("DELETE", &path, "").await, (404, "not_subscribed".to_owned()));
    for (method, path, body, why) in [
        ("POST", PATH, "{}", "invalid_params"),
        ("POST", PATH, r#"{"channel": "a b"}"#, "invalid_channel"),
        ("DELETE", PATH, "", "invalid_params"),
        ("DELETE", "/clients/alice/subscriptions?channel=", "", "invalid_channel"),
    ] {
        assert_eq!(api.refused(method, path, body).await, (400, why.to_owned()), "{path} {body}");
    }
    let viewer = Api::of(&server, VIEWER);
    assert_eq!(viewer.refused("POST", PATH, "{}").await.0, 403);
}
