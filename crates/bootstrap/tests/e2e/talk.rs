//! `rtmate publish` and `rtmate tail` against a server of the same folder.

use serde_json::{Value, json};

use crate::server::{Begun, Server, Start};

/// With a data directory, where the commands find the demo app's secrets.
async fn kept() -> Server {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await
}

fn url(server: &Server) -> String {
    format!("ws://{}/ws", server.address)
}

/// Publishes; the receipt.
async fn publish(server: &Server, data: &str, more: &[&str]) -> Value {
    let url = url(server);
    let args = [&["publish", "chat", data, "--url", &url], more].concat();
    let output = server.run(&args).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn tail(server: &Server, more: &[&str]) -> Begun {
    let url = url(server);
    let tail = server.begin(&[&["tail", "chat", "--url", &url], more].concat());
    tail.err.expect("rtmate: subscribed").await;
    tail
}

async fn line(tail: &Begun, part: &str) -> Value {
    serde_json::from_str(&tail.out.expect(part).await).unwrap()
}

#[tokio::test]
async fn what_is_published_is_tailed_until_an_interrupt() {
    let server = kept().await;
    let mut tail = tail(&server, &[]).await;
    let receipt = publish(&server, "{\"n\": 1.50}", &["--name", "changed"]).await;
    let seen = line(&tail, "1.50").await;
    for field in ["id", "ts", "epoch", "offset"] {
        assert!(!receipt[field].is_null() && seen[field] == receipt[field], "{field}: {seen}");
    }
    assert_eq!((&seen["name"], &seen["from"]["client"]), (&json!("changed"), &json!("rtmate-cli")));
    tail.signal("INT").await;
    assert_eq!(tail.ended().await.code(), Some(0));
    assert_eq!(tail.out.text().lines().count(), 1, "one line for each message");
}

#[tokio::test]
async fn a_key_publishes_once() {
    let server = kept().await;
    let first = publish(&server, "1", &["--key", "k"]).await;
    let again = publish(&server, "1", &["--key", "k"]).await;
    assert_eq!((&first["id"], &again["repeated"]), (&again["id"], &json!(true)));
}

#[tokio::test]
async fn a_tail_begins_earlier_and_goes_on_over_a_restart() {
    let mut server = kept().await;
    for n in ["10", "11", "12"] {
        publish(&server, n, &[]).await;
    }
    let mut tail = tail(&server, &["--rewind", "2"]).await;
    publish(&server, "13", &[]).await;
    line(&tail, "\"data\":13").await;
    let address = server.address.to_string();
    server.signal("KILL").await;
    server.ended().await;
    let server = server.again(Start::bare().args(&["--listen", &address])).serve().await;
    publish(&server, "14", &[]).await;
    line(&tail, "\"data\":14").await;
    tail.signal("INT").await;
    assert_eq!(tail.ended().await.code(), Some(0));
    let data = |line: &str| serde_json::from_str::<Value>(line).unwrap()["data"].clone();
    let all: Vec<Value> = tail.out.text().lines().map(data).collect();
    assert_eq!(all, [11, 12, 13, 14], "each once and in order");
}

#[tokio::test]
async fn mistakes_are_one_line() {
    let server = kept().await;
    let url = url(&server);
    for (args, code, words) in [
        (&["publish", "chat", "hello"][..], 64, "a text needs its quotes"),
        (&["publish", "#meta", "1", "--app", "nobody"], 64, "no such app"),
        (&["tail", "chat", "--token", "nonsense", "--url", &url], 1, "refused to authenticate"),
        (&["publish", "chat", "1", "--key", ""], 64, "--key"),
    ] {
        let output = server.run(args).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(code), 1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
