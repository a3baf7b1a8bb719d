//! The frames of the founding document, which never change, and what goes with them.

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{Server, Start},
    tokens::Token,
};

/// The founding request, to the letter.
fn auth(token: &str) -> String {
    format!(r#"{{"event":"auth","payload":{{"appId":"demo-app","token":"{token}"}}}}"#)
}

#[tokio::test]
async fn a_good_token_gets_the_founding_reply() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    client.send(&auth(&Token::demo("alice").sign())).await;
    let text = client.text().await;
    let founding = r#"{"code":200,"message":"success","data":{"state":true,"client_id":"alice""#;
    assert!(text.starts_with(founding), "{text}");
    let reply: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(reply.as_object().unwrap().len(), 3, "{text}");
    let data = &reply["data"];
    for key in ["connection_id", "session", "expires_at", "ping_interval_ms", "limits", "ts"] {
        assert!(!data[key].is_null(), "{key}: {text}");
    }
    assert_eq!(data["protocol"], 1);
    assert_eq!(data["server"], concat!("rtmate/", env!("CARGO_PKG_VERSION")));
    assert_eq!(data["limits"]["channels"], 128);
    assert_eq!(data["limits"]["payload_bytes"], 65_536);
    assert_eq!(data["limits"]["frame_bytes"], 131_072);
}

#[tokio::test]
async fn an_expired_token_gets_the_founding_refusal() {
    let server = Server::demo().await;
    let expired = auth(&Token::demo("alice").ends_in(-60).sign());
    for (query, text) in [
        ("", r#"{"code":401,"message":"token 已过期","data":null}"#),
        ("?lang=zh", r#"{"code":401,"message":"token 已过期","data":null}"#),
        ("?lang=fr", r#"{"code":401,"message":"token 已过期","data":null}"#),
        ("?lang=en", r#"{"code":401,"message":"token expired","data":null}"#),
        ("?lang=en-GB", r#"{"code":401,"message":"token expired","data":null}"#),
    ] {
        let (mut client, _) = Client::dial(&server, query, &[]).await;
        client.send(&expired).await;
        assert_eq!(client.text().await, text, "{query}");
        // The connection stays: the next token may be good.
        client.send(&auth(&Token::demo("alice").sign())).await;
        assert!(client.text().await.starts_with(r#"{"code":200,"#));
    }
}

#[tokio::test]
async fn the_configuration_chooses_the_language_of_those_who_do_not() {
    let server = Start::new().env("RTMATE__SERVER__LANGUAGE", "en").serve().await;
    let expired = auth(&Token::demo("alice").ends_in(-60).sign());
    for (query, message) in [("", "token expired"), ("?lang=zh", "token 已过期")] {
        let (mut client, _) = Client::dial(&server, query, &[]).await;
        client.send(&expired).await;
        let text = client.text().await;
        assert_eq!(text, format!(r#"{{"code":401,"message":"{message}","data":null}}"#));
    }
}

#[tokio::test]
async fn the_subprotocol_is_agreed_to_where_it_is_offered() {
    let server = Server::demo().await;
    let offer = |offer: &'static str| [("Sec-WebSocket-Protocol", offer)];
    for offered in ["rtmate.v1.json", "rtmate.v1.json, other", "other,rtmate.v1.json"] {
        let (mut client, response) = Client::dial(&server, "", &offer(offered)).await;
        assert_eq!(response.headers()["sec-websocket-protocol"], "rtmate.v1.json", "{offered}");
        client.done("ping", json!({})).await;
    }
    let (_, response) = Client::dial(&server, "", &[]).await;
    assert_eq!(response.headers().get("sec-websocket-protocol"), None);
    let foreign = crate::http::UPGRADE.iter().chain(&[("Sec-WebSocket-Protocol", "other")]);
    let foreign: Vec<_> = foreign.copied().collect();
    let answer = crate::raw::Raw::connect(&server).await.ask_to_upgrade(&server, &foreign).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(!answer.to_lowercase().contains("sec-websocket-protocol"), "{answer}");
}

#[tokio::test]
async fn an_id_comes_back_as_it_was() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    let longest = "x".repeat(64);
    for id in [json!("7"), json!(7), json!(-1), json!(""), json!("ü"), json!(longest)] {
        client.send(&json!({"event": "ping", "id": id}).to_string()).await;
        let reply = client.reply(&id).await;
        assert_eq!(reply["code"], 200);
        assert!(reply["data"]["ts"].is_u64(), "{reply}");
        let keys: Vec<_> = reply.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 4, "{reply}");
    }
}

#[tokio::test]
async fn a_refusal_with_an_id_has_a_reason_and_one_without_has_three_keys() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    client.send(r#"{"event":"subscribe","payload":{"channel":"chat"},"id":"a"}"#).await;
    assert_eq!(
        client.text().await,
        r#"{"code":401,"message":"未认证","data":null,"id":"a","reason":"unauthenticated"}"#
    );
    client.send(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    assert_eq!(client.text().await, r#"{"code":401,"message":"未认证","data":null}"#);
}

#[tokio::test]
async fn an_id_that_is_none_is_not_sent_back() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    let long = "x".repeat(65);
    for id in [json!(long), json!(1.5), json!([1]), json!({}), json!(true)] {
        client.send(&json!({"event": "ping", "payload": {}, "id": id}).to_string()).await;
        let reply: Value = serde_json::from_str(&client.text().await).unwrap();
        assert_eq!(reply["code"], 400, "{id}");
        assert_eq!(reply.as_object().unwrap().len(), 3, "{reply}");
    }
}

#[tokio::test]
async fn before_auth_only_auth_and_ping_are_answered() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    let channel = json!({"channel": "chat"});
    let message = json!({"channel": "chat", "data": 1});
    for (event, payload) in [
        ("subscribe", &channel),
        ("unsubscribe", &channel),
        ("history", &channel),
        ("presence", &channel),
        ("messageSend", &message),
        ("publish", &message),
    ] {
        let refused = client.refused(event, payload.clone()).await;
        assert_eq!(refused, (401, "unauthenticated".to_owned()), "{event}");
    }
    client.done("ping", json!({})).await;
    client.auth("demo-app", &Token::demo("alice").sign()).await;
    for event in ["history", "presence"] {
        client.done(event, channel.clone()).await;
    }
}

#[tokio::test]
async fn unknown_keys_are_ignored() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    client
        .send(
            r#"{"v":2,"event":"subscribe","x":[],"payload":{"channel":"chat","y":1},"id":1,
            "metadata":{"traceId":"t","z":{}}}"#,
        )
        .await;
    assert_eq!(client.reply(&json!(1)).await["code"], 200);
}
