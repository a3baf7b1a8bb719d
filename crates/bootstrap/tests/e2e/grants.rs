//! Who may do what.

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::Server,
    tokens::{ALLOW_ALL, Token, app, token},
};

/// Whether each of these is allowed, subscribe and send.
async fn allowed(client: &mut Client, channel: &str) -> (bool, bool) {
    let subscribed = client.ask("subscribe", json!({"channel": channel})).await;
    let wish = json!({"channel": channel, "data": 1, "echo": false});
    let sent = client.ask("messageSend", wish).await;
    let yes = |reply: &Value| match reply["code"].as_u64() {
        Some(200) => true,
        Some(403) => false,
        _ => panic!("{reply}"),
    };
    (yes(&subscribed), yes(&sent))
}

#[tokio::test]
async fn the_demo_app_allows_all_but_what_must_be_named_and_says_why_not() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    assert_eq!(allowed(&mut alice, "chat:lobby").await, (true, true));
    for channel in ["private-chat", "presence-chat", "#server"] {
        assert_eq!(allowed(&mut alice, channel).await, (false, false), "{channel}");
    }
    let reply = alice.ask("subscribe", json!({"channel": "private-chat"})).await;
    assert_eq!(
        reply["message"],
        "权限不足（private-chat: subscribe: no pattern of the app's default_grants names this \
         channel）"
    );
    let line = server.log.expect("denied").await;
    assert!(line.contains("no pattern of the app's default_grants"), "{line}");
}

#[tokio::test]
async fn a_configured_app_allows_nothing_and_does_not_say_why() {
    let server = Server::with(&app("shop", "")).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    assert_eq!(allowed(&mut alice, "chat").await, (false, false));
    let reply = alice.ask("subscribe", json!({"channel": "chat"})).await;
    assert_eq!((&reply["message"], &reply["code"]), (&json!("权限不足"), &json!(403)));
    server.log.expect("no pattern of the app's default_grants names this channel").await;
}

#[tokio::test]
async fn caps_replace_the_apps_grants_and_add_up() {
    let server = Server::with(&app("shop", ALLOW_ALL)).await;
    let caps = json!({
        "chat:*": ["subscribe"],
        "chat:lobby": ["send"],
        "private-*": ["subscribe", "send"],
        "user:{client}": ["subscribe", "send"],
    });
    let token = token("shop", "alice").claim("caps", caps);
    let mut alice = Client::enter(&server, "shop", &token).await;
    for (channel, expected) in [
        ("chat:lobby", (true, true)),
        ("chat:other", (true, false)),
        ("news", (false, false)),
        ("private-x", (true, true)),
        ("presence-x", (false, false)),
        ("user:alice", (true, true)),
        ("user:bob", (false, false)),
    ] {
        assert_eq!(allowed(&mut alice, channel).await, expected, "{channel}");
    }
}

#[tokio::test]
async fn no_caps_and_empty_caps_are_two_things() {
    let server = Server::with(&app("shop", ALLOW_ALL)).await;
    let token = token("shop", "alice");
    let mut default = Client::enter(&server, "shop", &token).await;
    assert_eq!(allowed(&mut default, "chat").await, (true, true));
    let nothing = token.claim("caps", json!({}));
    let mut nothing = Client::enter(&server, "shop", &nothing).await;
    assert_eq!(allowed(&mut nothing, "chat").await, (false, false));
}

#[tokio::test]
async fn default_grants_know_the_client() {
    let grants = "default_grants = { \"private-{client}\" = [\"subscribe\"], \"*\" = [\"send\"] }";
    let server = Server::with(&app("shop", grants)).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    assert_eq!(allowed(&mut alice, "private-alice").await, (true, false));
    assert_eq!(allowed(&mut alice, "private-bob").await, (false, false));
    assert_eq!(allowed(&mut alice, "chat").await, (false, true));
}

#[tokio::test]
async fn what_is_the_servers_is_granted_by_nothing() {
    let server = Server::with(&app("shop", ALLOW_ALL)).await;
    let token = token("shop", "alice");
    for caps in [json!({"*": ["subscribe", "send"]}), json!({"#*": ["subscribe", "send"]})] {
        let mut client = Client::connect(&server).await;
        let reply = client.auth("shop", &token.clone().claim("caps", caps).sign()).await;
        if reply["code"] == 200 {
            assert_eq!(allowed(&mut client, "#news").await, (false, false));
        } else {
            assert_eq!(reply["reason"], "invalid_token");
        }
    }
}

#[tokio::test]
async fn a_client_has_so_many_channels() {
    let server = Server::demo().await;
    let channels: Vec<_> = (0..3).map(|n| format!("of-the-token-{n}")).collect();
    let token = Token::demo("alice").claim("channels", json!(channels));
    let mut alice = Client::enter(&server, "demo-app", &token).await;
    for _ in 0..3 {
        alice.push("subscribed").await;
    }
    let list = |range: std::ops::Range<u32>| {
        let channels: Vec<_> = range.map(|n| json!({"channel": format!("c{n}")})).collect();
        json!({"channels": channels})
    };
    for range in [0..100, 100..125] {
        let data = alice.done("subscribe", list(range)).await;
        let codes = data["channels"].as_array().unwrap().iter().map(|row| &row["code"]);
        assert!(codes.into_iter().all(|code| code == 200));
    }
    let refused = alice.refused("subscribe", json!({"channel": "the-129th"})).await;
    assert_eq!(refused, (429, "too_many_channels".to_owned()));
    alice.subscribe("c7").await;
    alice.done("unsubscribe", json!({"channel": "c7"})).await;
    alice.subscribe("the-129th").await;
}
