//! What a backend does with one user.

use serde_json::json;

use super::{backend::Backend, guest::Guest};
use crate::server::Server;

#[tokio::test]
async fn a_user_is_reached_on_all_connections() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let mut tabs = [Guest::connect(&server).await, Guest::connect(&server).await];
    for tab in &mut tabs {
        tab.sign_in(&server, "alice").await;
    }
    let mut other = Guest::connect(&server).await;
    other.sign_in(&server, "bob").await;
    let event = json!({"name": "for-you", "data": "x", "channels": ["#server-to-user-alice"]});
    backend.done("/events", event).await;
    for tab in &mut tabs {
        assert_eq!(tab.hears("for-you").await["channel"], "#server-to-user-alice");
    }
    other.hears_nothing().await;
    // The list is of channels that clients know.
    assert_eq!(backend.sees("/channels", &[]).await, json!({"channels": {}}));
}

#[tokio::test]
async fn a_user_is_sent_away() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let mut alice = Guest::connect(&server).await;
    alice.sign_in(&server, "b@c").await;
    let mut bob = Guest::connect(&server).await;
    bob.sign_in(&server, "bob").await;
    let gone = backend.done("/users/b%40c/terminate_connections", json!({})).await;
    assert_eq!(gone, json!({}));
    let goodbye = alice.goodbye().await;
    assert_eq!(goodbye.code, Some(4009), "{goodbye:?}");
    assert_eq!(goodbye.before[0]["data"]["code"], 4009, "{goodbye:?}");
    bob.hears_nothing().await;
    // Nobody is there any more, and a request without a body is one, too.
    let again = backend.ask("POST", "/users/b%40c/terminate_connections", "");
    assert_eq!(backend.send(again).await.status, 200);
    backend.refused("/users/a%20b/terminate_connections", json!({}), 400, "user's id").await;
}
