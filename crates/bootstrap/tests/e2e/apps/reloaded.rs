//! The configuration is read anew while clients are connected.

use serde_json::{Value, json};

use super::{Ops, document, operated};
use crate::{
    api::OPERATOR,
    client::Client,
    server::{Server, Start},
    tokens::{ALLOW_ALL, app, token},
};

fn changes(answer: &Value) -> Vec<(String, String, String)> {
    let text = |change: &Value, field: &str| change[field].as_str().unwrap().to_owned();
    let changes = answer["changes"].as_array().unwrap().iter();
    changes.map(|it| (text(it, "setting"), text(it, "change"), text(it, "effect"))).collect()
}

fn change(setting: &str, change: &str, effect: &str) -> (String, String, String) {
    (setting.to_owned(), change.to_owned(), effect.to_owned())
}

/// The file with another limit, another app, and something that needs a restart.
fn next() -> String {
    let shop = format!("{ALLOW_ALL}\nlimits = {{ payload = \"1KiB\" }}");
    operated().split("[[apps]]").next().unwrap().to_owned()
        + "[limits]\nauth_timeout = \"7s\"\n"
        + &app("shop", &shop)
        + &app("market", ALLOW_ALL)
}

#[tokio::test]
async fn what_can_count_at_once_does_and_nobody_is_put_out() {
    let server = Server::with(&operated()).await;
    let ops = Ops::of(&server);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    alice.subscribe("chat").await;
    server.folder.write("rtmate.toml", &next());
    let large = json!({ "channel": "chat", "data": "x".repeat(2000) });
    let dry = ops.done("POST", "/reload?dry_run=true", Value::Null).await;
    let found = changes(&dry);
    for wanted in [
        change("apps[shop].limits.payload", "changed", "live"),
        change("apps[market].id", "added", "live"),
        change("limits.auth_timeout", "changed", "restart"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    assert!(!dry.to_string().contains("the-secret-of"), "{dry}");
    alice.done("messageSend", large.clone()).await;
    assert_eq!(ops.refused("GET", "/apps/market", Value::Null).await.0, 404, "a dry run");
    alice.push("message").await;

    let done = ops.done("POST", "/reload", Value::Null).await;
    assert_eq!(changes(&done), found);
    assert_eq!(alice.refused("messageSend", large).await, (413, "payload_too_large".to_owned()));
    drop(Client::enter(&server, "market", &token("market", "bob")).await);
    let left = changes(&ops.done("POST", "/reload", Value::Null).await);
    assert_eq!(left, [change("limits.auth_timeout", "changed", "restart")], "still to be done");
    alice.say("chat", 1).await;
}

#[tokio::test]
async fn a_signal_reloads_and_an_app_that_is_gone_ends() {
    let server = Server::with(&next()).await;
    let mut bob = Client::enter(&server, "market", &token("market", "bob")).await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    server.folder.write("rtmate.toml", &operated());
    server.signal("HUP").await;
    let line = server.log.expect("the configuration was read anew").await;
    assert!(line.contains("apps[market].id") && line.contains("limits.auth_timeout"), "{line}");
    bob.sent_away(4007, "app_not_found").await;
    alice.say("chat", 1).await;
}

#[tokio::test]
async fn a_broken_file_changes_nothing_and_says_why() {
    let server = Server::with(&operated()).await;
    let ops = Ops::of(&server);
    let broken = next().replace("1KiB", "1TiB");
    server.folder.write("rtmate.toml", &broken);
    let (status, reason, message) = ops.refused("POST", "/reload", Value::Null).await;
    assert_eq!((status, &*reason), (409, "conflict"));
    assert!(message.contains("apps[0].limits.payload"), "{message}");
    server.signal("HUP").await;
    server.log.expect("nothing changed").await;
    assert_eq!(ops.refused("GET", "/apps/market", Value::Null).await.0, 404);
    // An app that was made while the server ran is not taken over.
    ops.done("POST", "/apps", document("market")).await;
    server.folder.write("rtmate.toml", &next());
    let (status, _, message) = ops.refused("POST", "/reload", Value::Null).await;
    assert!(status == 409 && message.contains("market"), "{message}");
}

/// The place in the file is the same, and what it names is not.
#[tokio::test]
async fn a_secret_in_a_file_is_read_anew() {
    let toml = operated().split("[[apps]]").next().unwrap().to_owned()
        + "[[apps]]\nid = \"shop\"\n[[apps.jwt_keys]]\nalg = \"HS256\"\nsecret_file = \"key\"\n";
    let start = Start::new().toml(&toml);
    start.folder().write("key", "an-old-secret-of-more-than-32-bytes");
    let server = start.serve().await;
    server.folder.write("key", "a-new-secret-of-more-than-32-bytes!");
    let url = format!("http://{}", server.address);
    let reload = async |more: &[&str]| {
        let args = [&["reload", "--url", &url], more].concat();
        let start = Start::bare().args(&args).env("RTMATE_OPERATOR_KEY", OPERATOR);
        let output = server.again(start).output().await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(reload(&["--dry-run"]).await, "apps[shop] changed: at once\n");
    assert_eq!(reload(&[]).await, "apps[shop] changed: at once\n");
    assert_eq!(reload(&[]).await, "nothing differs\n");
    let new = crate::tokens::Token::of("shop", "a-new-secret-of-more-than-32-bytes!", "alice");
    drop(Client::enter(&server, "shop", &new).await);
}
