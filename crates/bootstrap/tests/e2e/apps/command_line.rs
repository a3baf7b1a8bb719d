//! Apps from the command line.

use serde_json::{Value, json};

use super::ephemeral;
use crate::{
    api::OPERATOR,
    client::Client,
    server::Server,
    tokens::{Token, secret_of},
};

/// Runs a command against the server; what it printed.
async fn rtmate(server: &Server, args: &[&str]) -> Result<String, String> {
    let url = format!("http://{}", server.address);
    let args = [args, &["--url", &url]].concat();
    let start = crate::server::Start::bare().args(&args).env("RTMATE_OPERATOR_KEY", OPERATOR);
    let output = server.again(start).output().await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

async fn json_of(server: &Server, args: &[&str]) -> Value {
    let printed = rtmate(server, args).await.unwrap_or_else(|error| panic!("{args:?}: {error}"));
    serde_json::from_str(&printed).unwrap()
}

#[tokio::test]
async fn an_app_lives_its_life_on_the_command_line() {
    let server = ephemeral().await;
    server.folder.write("made.json", r#"{"default_grants": {"*": ["subscribe", "send"]}}"#);
    let made = json_of(&server, &["app", "create", "made", "--document", "made.json"]).await;
    assert_eq!((&made["app"], &made["source"]), (&json!("made"), &json!("api")));
    let key = json_of(&server, &["app", "key", "add", "made", "jwt", "k1"]).await;
    let token = Token::of("made", key["secret"].as_str().unwrap(), "alice");
    let mut alice = Client::enter(&server, "made", &token).await;
    alice.say("chat", 1).await;
    let listed = json_of(&server, &["app", "list"]).await;
    let ids: Vec<_> = listed.as_array().unwrap().iter().map(|app| &app["app"]).collect();
    assert_eq!(ids, ["made", "shop"]);
    let patch = r#"{"limits": {"payload": "1KiB"}}"#;
    json_of(&server, &["app", "change", "made", patch]).await;
    let shown = json_of(&server, &["app", "show", "made"]).await;
    assert_eq!(shown["document"]["limits"]["payload"], "1KiB");
    json_of(&server, &["app", "disable", "made"]).await;
    alice.sent_away(4008, "app_disabled").await;
    json_of(&server, &["app", "enable", "made"]).await;
    let api = ["app", "key", "add", "made", "api", "b", "--scope", "read", "--scope", "publish"];
    assert_eq!(json_of(&server, &api).await["secret"].as_str().unwrap().len(), 64);
    json_of(&server, &["app", "key", "remove", "made", "jwt", "k1"]).await;
    let mut late = Client::connect(&server).await;
    assert_ne!(late.auth("made", &token.sign()).await["code"], 200);
    json_of(&server, &["app", "delete", "made"]).await;
    let gone = rtmate(&server, &["app", "show", "made"]).await.unwrap_err();
    assert!(gone.contains("404") && gone.contains("no such app"), "{gone}");
    let file = rtmate(&server, &["app", "disable", "shop"]).await.unwrap_err();
    assert!(file.contains("409") && file.contains("configuration"), "{file}");
    assert!(!file.contains(&secret_of("shop")) && file.lines().count() == 1, "{file}");
}
