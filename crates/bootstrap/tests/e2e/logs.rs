//! What the log says, and what it never says.

use serde_json::{Value, json};

use crate::{
    client::Client,
    http,
    server::{DEMO_SECRET, Server, Start},
    tokens::{ALLOW_ALL, Token, app, secret_of, token},
};

/// Text from outside that would begin a line of its own, or colour a terminal.
const FORGED: &str = "x\nFORGED line\r\u{1b}[31mred";

/// Words of payloads, keys, infos: they have no business in a log.
const PRIVATE: [&str; 6] =
    ["canary-data", "canary-name", "canary-key", "canary-info", "canary-junk", "canary-error"];

/// A story with all that can be told of: gives what must not be.
async fn story(server: &Server) -> Vec<String> {
    let mut secret = vec![DEMO_SECRET.to_owned(), secret_of("shop")];
    let token = token("shop", "alice")
        .claim("info", json!({"x": "canary-info"}))
        .claim("channels", json!(["news"]))
        .claim("caps", json!({"chat:*": ["subscribe", "send"]}))
        .sign();
    let forged = Token::of("shop", &"y".repeat(40), "mallory").sign();
    secret.extend([token.clone(), forged.clone()]);
    for signed in [&token, &forged] {
        secret.extend(signed.split('.').map(str::to_owned));
    }
    let headers = [("Host", "evil\tFORGED"), ("Origin", "https://FORGED.example")];
    let (mut alice, _) = Client::dial(server, "?lang=en%0AFORGED", &headers).await;
    for app in ["shop", "nowhere", FORGED] {
        traced(&mut alice, "auth", json!({"appId": app, "token": "canary-junk\nFORGED"})).await;
    }
    // The third refused one closed it; had it not, this would be the end.
    drop(alice);
    let mut lost = Client::connect(server).await;
    lost.hears_nothing().await;
    drop(lost);
    server.log.expect("peer_lost").await;

    let mut alice = Client::connect(server).await;
    traced(&mut alice, "auth", json!({"appId": "shop", "token": forged})).await;
    let welcome = traced(&mut alice, "auth", json!({"appId": "shop", "token": token})).await;
    secret.push(welcome["data"]["session"].as_str().unwrap().to_owned());
    alice.push("subscribed").await;
    alice.subscribe("chat:a").await;
    let message = json!({"channel": "chat:a", "data": "canary-data", "name": "canary-name",
        "key": "canary-key"});
    traced(&mut alice, "messageSend", message).await;
    assert_eq!(alice.hears().await, "canary-data");
    for (event, payload) in [
        ("subscribe", json!({"channel": "private-x"})),
        ("messageSend", json!({"channel": "private-x", "data": "canary-data"})),
        ("subscribe", json!({"channel": FORGED})),
        (
            "messageSend",
            json!({"channel": "chat:a", "data": "canary-data", "echo": "canary-error"}),
        ),
        ("canary-error", json!({"x": FORGED})),
    ] {
        traced(&mut alice, event, payload).await;
    }
    alice.send("{canary-junk").await;
    alice.text().await;
    alice.leave().await;
    server.log.expect("client_left").await;

    let answer = http::post(server, "/demo/token", &[], r#"{"client":"bob"}"#).await.json();
    secret.push(answer["data"]["token"].as_str().unwrap().to_owned());
    http::post(server, "/demo/token", &[("Via", "FORGED")], "canary-junk").await;
    http::get(server, "/FORGED%0A", &[("Host", "evil")]).await;
    secret.extend(PRIVATE.map(str::to_owned));
    secret
}

/// A request with a trace id; a good one, as it must be to get into the log.
async fn traced(client: &mut Client, event: &str, payload: Value) -> Value {
    let request = json!({"event": event, "payload": payload, "id": "i",
        "metadata": {"traceId": "trace-7", "junk": "canary-junk"}});
    client.send(&request.to_string()).await;
    client.reply(&json!("i")).await
}

fn start(format: &str) -> Start {
    Start::new()
        .toml(&format!("[demo]\nenabled = true\n{}", app("shop", ALLOW_ALL)))
        .env("RTMATE__LOG__FORMAT", format)
        .env("RTMATE__LOG__FILTER", "trace")
}

async fn log_of(mut server: Server) -> String {
    server.signal("TERM").await;
    assert!(server.ended().await.success());
    server.log.all().await
}

#[track_caller]
fn keeps_secrets(log: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in\n{log}");
    }
    assert!(!log.contains('\u{1b}'), "{log}");
    assert!(!log.contains("FORGED line"), "{log}");
}

#[tokio::test]
async fn a_text_log_tells_the_life_of_a_connection_and_no_secret() {
    let server = start("text").serve().await;
    let secrets = story(&server).await;
    let log = log_of(server).await;
    keeps_secrets(&log, &secrets);
    for line in log.lines() {
        let mut words = line.split_whitespace();
        assert!(words.next().unwrap().ends_with('Z'), "{line}");
        let level = words.next().unwrap();
        assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level), "{line}");
    }
    let authenticated =
        log.lines().find(|line| line.contains("authenticated connection=")).unwrap();
    let connection = authenticated.split("connection=").nth(1).unwrap();
    let connection = connection.split(' ').next().unwrap();
    let told = |part: &str| {
        let mut lines = log.lines().filter(|line| line.contains(connection));
        assert!(lines.any(|line| line.contains(part)), "{part}: {log}");
    };
    told("connection opened");
    told("auth refused");
    told("reason=\"signature_invalid\"");
    told("app=shop client=alice refreshed=false trace_id=\"trace-7\"");
    told("denied");
    told("channel=private-x");
    told("connection closed");
    told("reason=\"client_left\"");
}

#[tokio::test]
async fn a_json_log_has_its_ids_as_fields() {
    let server = start("json").serve().await;
    let secrets = story(&server).await;
    let log = log_of(server).await;
    keeps_secrets(&log, &secrets);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let find = |message: &str| {
        let found = lines.iter().find(|line| line["message"] == message);
        found.unwrap_or_else(|| panic!("{message}: {log}"))
    };
    let authenticated = find("authenticated");
    assert_eq!(authenticated["app"], "shop");
    assert_eq!(authenticated["client"], "alice");
    assert_eq!(authenticated["trace_id"], "trace-7");
    assert_eq!(authenticated["level"], "INFO");
    let denied = find("denied");
    assert_eq!(denied["connection"], authenticated["connection"]);
    assert_eq!(denied["channel"], "private-x");
    assert_eq!(denied["trace_id"], "trace-7");
    let closed = lines.iter().find(|line| {
        line["message"] == "connection closed" && line["connection"] == authenticated["connection"]
    });
    let closed = closed.unwrap();
    assert_eq!(closed["reason"], "client_left");
    assert!(closed["lived_ms"].is_u64(), "{closed}");
    find("shutting down");
    find("stopped");
}

#[tokio::test]
async fn a_denial_is_told_once_a_minute() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    for _ in 0..5 {
        alice.refused("subscribe", json!({"channel": "private-x"})).await;
    }
    alice.refused("messageSend", json!({"channel": "private-x", "data": 1})).await;
    let log = log_of(server).await;
    assert_eq!(log.lines().filter(|line| line.contains("rtmate: denied")).count(), 2, "{log}");
}
