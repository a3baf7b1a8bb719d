//! What a backend sees of channels.

use serde_json::json;

use super::{backend::Backend, guest::Guest};
use crate::{client::Client, server::Server};

const COUNTS: (&str, &str) = ("info", "user_count,subscription_count");
const PRESENCE: (&str, &str) = ("filter_by_prefix", "presence-");

#[tokio::test]
async fn channels_are_exact_at_once() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    assert_eq!(backend.sees("/channels", &[]).await, json!({"channels": {}}));
    let mut alice = Guest::connect(&server).await;
    alice.enter(&server, "presence-room", "alice").await;
    let one = json!({"user_count": 1, "subscription_count": 1});
    assert_eq!(
        backend.sees("/channels", &[PRESENCE, COUNTS]).await,
        json!({"channels": {"presence-room": one}})
    );
    let mut tab = Guest::connect(&server).await;
    tab.enter(&server, "presence-room", "alice").await;
    tab.subscribe("news").await;
    let mut bob = Client::demo(&server, "bob").await;
    bob.subscribe("news").await;
    let all = backend.sees("/channels", &[("info", "subscription_count")]).await;
    let expected = json!({"news": {"subscription_count": 2},
        "presence-room": {"subscription_count": 2}});
    assert_eq!(all, json!({"channels": expected}));
    assert_eq!(
        backend.sees("/channels/presence-room", &[COUNTS]).await,
        json!({"occupied": true, "user_count": 1, "subscription_count": 2})
    );
    let users = backend.sees("/channels/presence-room/users", &[]).await;
    assert_eq!(users, json!({"users": [{"id": "alice"}]}));

    tab.says("pusher:unsubscribe", json!({"channel": "news"})).await;
    tab.hears_nothing().await;
    let news = backend.sees("/channels/news", &[("info", "subscription_count")]).await;
    assert_eq!(news, json!({"occupied": true, "subscription_count": 1}));
    tab.leave().await;
    alice.leave().await;
    assert_eq!(backend.sees("/channels", &[PRESENCE]).await, json!({"channels": {}}));
    assert_eq!(
        backend.sees("/channels/presence-room", &[COUNTS]).await,
        json!({"occupied": false, "user_count": 0, "subscription_count": 0})
    );
    let users = backend.sees("/channels/presence-room/users", &[]).await;
    assert_eq!(users, json!({"users": []}));
    let unknown = backend.sees("/channels/nobody-was-here", &[]).await;
    assert_eq!(unknown, json!({"occupied": false}));
}

#[tokio::test]
async fn what_can_not_be_told_is_refused() {
    let server = Server::demo().await;
    let backend = Backend::demo(&server);
    let users = ("info", "user_count");
    for (path, parameters) in [
        ("/channels", &[users][..]),
        ("/channels", &[users, ("filter_by_prefix", "private-")]),
        ("/channels/room", &[users]),
        ("/channels/room/users", &[]),
        ("/channels/a%20b", &[]),
        ("/channels/presence-a%20b/users", &[]),
    ] {
        let answer = backend.get(path, parameters).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
    }
}
