//! Who is there, over real sockets.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::Server,
    tokens::{ALLOW_ALL, app, token},
};

const DELAY: Duration = Duration::from_millis(700);

async fn server() -> Server {
    let namespace = "[[apps.namespaces]]\npattern = \"room:*\"\npresence = true\n\
         presence_leave_delay = \"700ms\"\npresence_members = 2\n";
    Server::with(&[&app("shop", ALLOW_ALL), namespace].concat()).await
}

async fn enter(server: &Server, name: &str) -> Client {
    let token = token("shop", name).claim("info", json!({"name": name}));
    Client::enter(server, "shop", &token).await
}

async fn subscribe(client: &mut Client, presence: impl Into<Value>) -> Value {
    let presence: Value = presence.into();
    client.done("subscribe", json!({"channel": "room:1", "presence": presence})).await
}

#[tokio::test]
async fn members_come_and_go() {
    let server = server().await;
    let mut bob = enter(&server, "bob").await;
    let nobody = json!({"channel": "room:1", "members": [], "count": 0, "version": 0});
    assert_eq!(subscribe(&mut bob, "watch").await, nobody);
    let mut alice = enter(&server, "alice").await;
    let entry = json!({"client": "alice", "info": {"name": "alice"}, "connections": 1});
    assert_eq!(subscribe(&mut alice, true).await["members"], json!([entry]));
    let expected =
        json!({"channel": "room:1", "client": "alice", "info": {"name": "alice"}, "version": 1});
    assert_eq!(bob.push("memberJoined").await, expected);
    // A reload: she goes without a goodbye, and returns.
    drop(alice);
    let mut alice = enter(&server, "alice").await;
    subscribe(&mut alice, true).await;
    let mut tab = enter(&server, "alice").await;
    assert_eq!(subscribe(&mut tab, true).await["count"], 1);
    tokio::time::sleep(DELAY * 2).await;
    bob.hears_nothing().await;
    let shown = bob.done("presence", json!({"channel": "room:1"})).await;
    assert_eq!((&shown["members"][0]["connections"], &shown["version"]), (&json!(2), &json!(1)));
    // A third member is one too many.
    let mut carol = enter(&server, "carol").await;
    subscribe(&mut carol, true).await;
    bob.push("memberJoined").await;
    let wish = json!({"channel": "room:1", "presence": true});
    let refused = bob.refused("subscribe", wish).await;
    assert_eq!(refused, (429, "quota_exceeded".to_owned()));
    // The last tab takes her away.
    alice.leave().await;
    let gone = Instant::now();
    tab.leave().await;
    let left = bob.push("memberLeft").await;
    assert_eq!((&left["client"], &left["version"]), (&json!("alice"), &json!(3)));
    assert!(gone.elapsed() >= DELAY, "{:?}", gone.elapsed());
    assert_eq!(carol.push("memberLeft").await, left);
}

#[tokio::test]
async fn other_channels_have_no_presence() {
    let server = server().await;
    let mut alice = enter(&server, "alice").await;
    let refused = alice.refused("subscribe", json!({"channel": "news", "presence": true})).await;
    assert_eq!(refused, (404, "not_enabled".to_owned()));
    let refused = alice.refused("presence", json!({"channel": "news"})).await;
    assert_eq!(refused, (404, "not_enabled".to_owned()));
}
