//! The demo app's own backend.

use serde_json::{Value, json};

use super::guest::Guest;
use crate::{
    http,
    server::Server,
    tokens::{ALLOW_ALL, app},
};

const CHANNEL: &str = "/demo/pusher/auth";
const USER: &str = "/demo/pusher/user-auth";

fn inner(answer: &Value, key: &str) -> Value {
    serde_json::from_str(answer[key].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn it_signs_for_pages_of_this_same_machine() {
    let server = Server::demo().await;
    let private = "socket_id=1.2&channel_name=private-a";
    let answer = http::post(&server, CHANNEL, &[], private).await;
    assert!(answer.has("cache-control: no-store"), "{answer:?}");
    let answer = answer.json();
    assert!(answer["auth"].as_str().unwrap().starts_with("demo-key:"), "{answer}");
    assert_eq!(answer["channel_data"], Value::Null);

    let form = "socket_id=1.2&channel_name=presence-a&user_id=alice&user_info=%7B%22n%22%3A+1%7D";
    let answer = http::post(&server, CHANNEL, &[], form).await.json();
    let data = inner(&answer, "channel_data");
    assert_eq!(data, json!({"user_id": "alice", "user_info": {"n": 1}}));
    let body = r#"{"socket_id":"1.2","channel_name":"presence-a"}"#;
    let guest = inner(&http::post(&server, CHANNEL, &[], body).await.json(), "channel_data");
    assert!(guest["user_id"].as_str().unwrap().starts_with("guest-"), "{guest}");
    let answer = http::post(&server, USER, &[], "socket_id=1.2&user_id=alice").await.json();
    assert_eq!(inner(&answer, "user_data"), json!({"id": "alice"}));
}

#[tokio::test]
async fn what_it_signs_lets_in() {
    let server = Server::demo().await;
    let mut guest = Guest::connect(&server).await;
    guest.enter(&server, "private-a", "alice").await;
    let entered = guest.enter(&server, "presence-a", "alice").await;
    let presence = inner(&entered, "data")["presence"].clone();
    assert_eq!((&presence["count"], &presence["ids"]), (&json!(1), &json!(["alice"])));
}

#[tokio::test]
async fn it_signs_for_nobody_else() {
    let server = Server::demo().await;
    let form = "socket_id=1.2&channel_name=private-a";
    for header in
        [("Origin", "https://evil.example"), ("Host", "evil.example"), ("Via", "1.1 proxy")]
    {
        for path in [CHANNEL, USER] {
            let answer = http::post(&server, path, &[header], form).await;
            assert_eq!((answer.status, &answer.json()["reason"]), (403, &json!("origin_denied")));
        }
    }
    let server = Server::with(&app("shop", ALLOW_ALL)).await;
    assert_eq!(http::post(&server, CHANNEL, &[], form).await.status, 404);
}

#[tokio::test]
async fn what_it_does_not_sign_is_told() {
    let server = Server::demo().await;
    let large = "x".repeat(9000);
    for form in [
        "",
        "channel_name=private-a",
        "socket_id=x&channel_name=private-a",
        "socket_id=1.2",
        "socket_id=1.2&channel_name=public",
        "socket_id=1.2&channel_name=presence-a&user_id=*",
        "socket_id=1.2&channel_name=presence-a&user_info=x",
        "socket_id=1.2&socket_id=1.3&channel_name=private-a",
        &large,
    ] {
        assert_eq!(http::post(&server, CHANNEL, &[], form).await.status, 400, "{form}");
    }
    assert_eq!(http::get(&server, CHANNEL, &[]).await.status, 405);
}
