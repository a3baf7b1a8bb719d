//! Who is not let in, and what it is told.

use serde_json::json;

use crate::{
    client::Client,
    http,
    server::{DEMO_SECRET, Server},
    tokens::{ALLOW_ALL, Token, app, token},
};

#[tokio::test]
async fn each_wrong_token_has_its_own_reason() {
    let server = Server::demo().await;
    let forged = Token::of("demo-app", "another secret of at least 32 bytes", "alice");
    let good = Token::demo("alice");
    let (message, _) = good.sign().rsplit_once('.').map(|(m, s)| (m.to_owned(), s.len())).unwrap();
    let unsigned = format!("{message}.");
    let long = "x".repeat(9000);
    for (token, reason) in [
        (forged.sign(), "signature_invalid"),
        (unsigned, "signature_invalid"),
        (good.clone().ends_in(-60).sign(), "token_expired"),
        (good.clone().claim("exp", json!(null)).sign(), "invalid_token"),
        (good.clone().claim("nbf", json!(4_000_000_000_u64)).sign(), "invalid_token"),
        (good.clone().claim("app_id", json!("other")).sign(), "auth_mismatch"),
        (good.clone().claim("app_id", json!(null)).sign(), "auth_mismatch"),
        (good.clone().claim("client_id", json!(null)).sign(), "invalid_token"),
        (good.clone().claim("client_id", json!("*")).sign(), "invalid_token"),
        (good.clone().claim("client_id", json!("a b")).sign(), "invalid_token"),
        (good.clone().claim("caps", json!(["chat"])).sign(), "invalid_token"),
        (good.clone().claim("channels", json!(["#server"])).sign(), "invalid_token"),
        (String::new(), "invalid_token"),
        ("a.b.c".to_owned(), "invalid_token"),
        ("not a token".to_owned(), "invalid_token"),
        (long, "invalid_token"),
    ] {
        let mut client = Client::connect(&server).await;
        let reply = client.auth("demo-app", &token).await;
        assert_eq!((&reply["code"], &reply["reason"]), (&json!(401), &json!(reason)), "{token}");
        let reply = client.auth("demo-app", &good.sign()).await;
        assert_eq!(reply["code"], 200, "the connection stays");
    }
}

#[tokio::test]
async fn the_algorithm_of_the_token_is_not_believed() {
    let server = Server::demo().await;
    // {"alg":"none"}
    let none =
        format!("eyJhbGciOiJub25lIn0.{}.", Token::demo("alice").sign().split('.').nth(1).unwrap());
    let mut client = Client::connect(&server).await;
    assert_eq!(client.auth("demo-app", &none).await["reason"], "invalid_token");
    let other = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS384);
    let key = jsonwebtoken::EncodingKey::from_secret(DEMO_SECRET.as_bytes());
    let other = Token::signed("demo-app", other, key, "alice");
    assert_eq!(client.auth("demo-app", &other.sign()).await["reason"], "signature_invalid");
}

#[tokio::test]
async fn an_app_must_be_known_on_and_the_tokens_own() {
    let toml =
        [app("shop", ALLOW_ALL), app("game", ALLOW_ALL), app("old", "status = \"disabled\"")];
    let server = Server::with(&toml.concat()).await;
    for (named, token, code, reason) in [
        ("nowhere", token("shop", "alice"), 400, "app_not_found"),
        ("no app id!", token("shop", "alice"), 400, "app_not_found"),
        ("demo-app", Token::demo("alice"), 400, "app_not_found"),
        ("old", token("old", "alice"), 403, "app_disabled"),
        // Made with the game's secret, whatever it says.
        ("shop", token("game", "alice"), 401, "signature_invalid"),
        ("shop", token("game", "alice").claim("app_id", json!("shop")), 401, "signature_invalid"),
        ("shop", token("shop", "alice").claim("app_id", json!("game")), 401, "auth_mismatch"),
    ] {
        let mut client = Client::connect(&server).await;
        let reply = client.auth(named, &token.sign()).await;
        assert_eq!((&reply["code"], &reply["reason"]), (&json!(code), &json!(reason)), "{named}");
    }
}

#[tokio::test]
async fn the_app_of_the_address_must_be_the_one_of_auth() {
    let server = Server::with(&[app("shop", ALLOW_ALL), app("game", ALLOW_ALL)].concat()).await;
    let (mut client, _) = Client::dial(&server, "?app=shop", &[]).await;
    let reply = client.auth("game", &token("game", "alice").sign()).await;
    assert_eq!(reply["reason"], "auth_mismatch");
    let reply = client.auth("shop", &token("shop", "alice").sign()).await;
    assert_eq!(reply["code"], 200);
    for app in ["nowhere", "no%20app", ""] {
        let answer = http::refused_upgrade(&server, &format!("/ws?app={app}&lang=en"), &[]).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.json()["reason"], "app_not_found");
        assert_eq!(answer.json()["message"], "app_id not found");
    }
}

#[tokio::test]
async fn the_third_refused_auth_is_the_last() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    for _ in 0..2 {
        assert_eq!(client.auth("demo-app", "x").await["code"], 401);
    }
    // The third one may still be good ...
    let good = client.auth("demo-app", &Token::demo("alice").sign()).await;
    assert_eq!(good["code"], 200);

    // ... or the end, after its own answer.
    let mut client = Client::connect(&server).await;
    for app in ["demo-app", "nowhere", "demo-app"] {
        let code = client.auth(app, "x").await["code"].as_u64().unwrap();
        assert!(matches!(code, 400 | 401), "{code}");
    }
    let disconnect = client.sent_away(4001, "not_authenticated").await;
    assert!(disconnect["retryAfterMs"].is_null(), "{disconnect}");
}

#[tokio::test]
async fn requests_behind_an_auth_wait_for_it() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    let token = Token::demo("alice").sign();
    let auth = json!({"event": "auth", "payload": {"appId": "demo-app", "token": token}});
    client.feed(&auth.to_string()).await;
    client.feed(r#"{"event":"subscribe","payload":{"channel":"chat"}}"#).await;
    client.feed(r#"{"event":"messageSend","payload":{"channel":"chat","data":"hi"}}"#).await;
    client.flush().await;
    for key in ["client_id", "channel"] {
        let reply = client.text().await;
        assert!(reply.starts_with(r#"{"code":200,"#) && reply.contains(key), "{reply}");
    }
    let (one, other) = (client.text().await, client.text().await);
    let push = if one.contains("\"code\"") { other } else { one };
    assert!(push.starts_with(r#"{"event":"message","payload":{"channel":"chat","data":"hi""#));
}

#[tokio::test]
async fn an_auth_without_its_fields_is_a_bad_request() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    for payload in [
        json!({}),
        json!({"appId": "demo-app"}),
        json!({"token": "x"}),
        json!({"appId": 1, "token": "x"}),
        json!({"appId": "demo-app", "token": ["x"]}),
        json!({"appId": "demo-app", "token": "x", "heartbeat": "yes"}),
        json!({"appId": "demo-app", "token": "x", "positions": {"chat": {}}}),
    ] {
        let refused = client.refused("auth", payload.clone()).await;
        assert_eq!(refused, (400, "invalid_params".to_owned()), "{payload}");
    }
}

#[tokio::test]
async fn an_app_has_as_many_connections_as_it_may() {
    let limits = format!("{ALLOW_ALL}\nlimits = {{ connections = 1 }}");
    let server = Server::with(&app("shop", &limits)).await;
    let alice = token("shop", "alice");
    let mut first = Client::enter(&server, "shop", &alice).await;
    let mut second = Client::connect(&server).await;
    let reply = second.auth("shop", &alice.sign()).await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(429), &json!("quota_exceeded")));
    second.sent_away(4103, "connection_limit").await;
    first.hears_nothing().await;
    first.leave().await;
    server.log.expect("client_left").await;
    Client::enter(&server, "shop", &alice).await;
}
