//! Who am I: the first `auth`.

use std::{pin::pin, time::Duration};

use application::{Entry, ports::TokenError};
use domain::{AppId, CloseReason};
use futures_util::poll;
use serde_json::json;
use testkit::Stage;

#[tokio::test]
async fn a_good_token_is_welcomed() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    alice.auth("shop", &stage.token("alice")).await;
    let [welcome] = &alice.reads()[..] else { panic!("one reply") };
    assert_eq!((&welcome["code"], &welcome["message"]), (&json!(200), &json!("success")));
    let data = &welcome["data"];
    assert_eq!((&data["state"], &data["client_id"]), (&json!(true), &json!("alice")));
    assert_eq!(data["expires_at"], Stage::BEGIN.as_millis() + 3_600_000);
    assert_eq!(data["ping_interval_ms"], 25_000);
    assert_eq!(data["limits"]["channels"], 128);
    assert_eq!(data["ts"], Stage::BEGIN.as_millis());
    assert_eq!(data["session"].as_str().map(str::len), Some(32));
    assert_eq!(stage.events.take_of("auth"), ["authenticated shop/alice"]);
}

#[tokio::test]
async fn every_refusal_has_its_reason_and_its_cause_in_the_log() {
    let stage = Stage::new();
    let second = Duration::from_secs(1);
    stage.verifier.refuses("expired", || TokenError::Expired);
    stage.verifier.refuses("forged", || TokenError::SignatureInvalid { why: "no key" });
    stage.verifier.refuses("foreign", || TokenError::AppMismatch);
    stage.verifier.refuses("revoked", || TokenError::Revoked);
    stage.verifier.refuses("busy", move || TokenError::Busy { retry_after: second });
    let good = stage.token("alice");
    let cases = [
        ("shop", "expired", "401 token_expired", "the token has expired"),
        (
            "shop",
            "forged",
            "401 signature_invalid",
            "no key of the app made this signature: no key",
        ),
        ("shop", "foreign", "401 auth_mismatch", "the token is not for this app"),
        ("shop", "revoked", "401 token_revoked", "the token was revoked"),
        ("shop", "busy", "503 unavailable", "too many verifications are waiting"),
        ("shop", "unheard of", "401 invalid_token", "invalid token: not a token of this test"),
        ("nowhere", &good, "400 app_not_found", "no app has this id"),
        ("no app's name!", &good, "400 app_not_found", "no app has this id"),
    ];
    for (app, token, told, cause) in cases {
        let mut mallory = stage.connect();
        mallory.asks_as("1", "auth", json!({ "appId": app, "token": token })).await;
        assert_eq!(mallory.hears(), [format!("#1 {told}")], "{token}");
        let (_, reason) = told.split_once(' ').unwrap();
        assert_eq!(stage.events.take_of("auth"), [format!("auth-refused {reason}: {cause}")]);
        assert_eq!(mallory.closed(), None, "a refused auth leaves the connection open");
    }
}

#[tokio::test]
async fn the_demo_app_answers_this_same_machine_only() {
    let stage = Stage::new();
    let token = stage.token("alice");
    let mut near = stage.connect();
    near.auth("demo-app", &token).await;
    assert_eq!(near.hears(), ["200"]);
    let mut far = stage.connect_with(|opening| opening.peer.address = [10, 0, 0, 7].into());
    far.asks_as("1", "auth", json!({ "appId": "demo-app", "token": token })).await;
    assert_eq!(far.hears(), ["#1 403 origin_denied"]);
}

#[tokio::test]
async fn the_app_of_the_address_must_be_the_app_of_the_auth() {
    let stage = Stage::new();
    let token = stage.token("alice");
    let mut alice =
        stage.connect_with(|opening| opening.entry = Entry::Token(AppId::parse("bazaar").ok()));
    alice.asks_as("1", "auth", json!({ "appId": "shop", "token": token })).await;
    alice.asks_as("2", "auth", json!({ "appId": "bazaar", "token": token })).await;
    assert_eq!(alice.hears(), ["#1 401 auth_mismatch", "#2 200"]);
}

#[tokio::test]
async fn the_third_refusal_ends_the_connection() {
    let stage = Stage::new();
    let mut mallory = stage.connect();
    mallory.auth("shop", "wrong").await;
    mallory.auth("shop", "wrong").await;
    assert_eq!(mallory.hears(), ["401 无效的 token", "401 无效的 token"]);
    mallory.auth("shop", "wrong").await;
    assert_eq!(mallory.hears(), ["401 无效的 token", "disconnect 4001"]);
    assert_eq!(mallory.closed(), Some(CloseReason::NotAuthenticated));
    mallory.auth("shop", &stage.token("mallory")).await;
    assert!(mallory.hears().is_empty(), "nothing is heard after a close");
}

#[tokio::test]
async fn the_third_attempt_may_still_succeed() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    alice.auth("shop", "wrong").await;
    alice.auth("shop", "wrong").await;
    alice.auth("shop", &stage.token("alice")).await;
    assert_eq!(alice.hears()[2..], ["200"]);
}

/// 4001 means "do not come back": a client whose token nobody could judge is not told that.
#[tokio::test]
async fn a_server_that_cannot_judge_tokens_refuses_nobody_for_good() {
    let stage = Stage::new();
    let second = Duration::from_secs(1);
    stage.verifier.refuses("good", move || TokenError::Busy { retry_after: second });
    let mut alice = stage.connect();
    for _ in 0..5 {
        alice.auth("shop", "good").await;
    }
    assert_eq!(alice.hears(), ["503 服务暂不可用"; 5]);
    alice.auth("shop", &stage.token("alice")).await;
    assert_eq!(alice.hears(), ["200"]);
}

#[tokio::test]
async fn before_auth_everything_else_is_unauthenticated() {
    let stage = Stage::new();
    let mut nobody = stage.connect();
    let channel = json!({ "channel": "chat:lobby" });
    for event in ["subscribe", "unsubscribe", "messageSend", "publish", "history", "presence"] {
        nobody.asks_as("1", event, channel.clone()).await;
        nobody.asks_as("2", event, json!({})).await;
    }
    nobody.asks_as("3", "subscribe", json!({ "channels": [channel] })).await;
    nobody.asks_as("4", "no such event", json!({})).await;
    let heard = nobody.hears();
    assert_eq!(heard.len(), 14);
    assert!(heard.iter().all(|reply| reply.ends_with(" 401 unauthenticated")), "{heard:?}");
    assert_eq!(nobody.closed(), None, "more than ten, but none of them a bad request");
    nobody.asks("ping", json!({})).await;
    nobody.sends_text("not JSON").await;
    let heard = nobody.hears();
    assert_eq!(heard[0], "200");
    assert!(heard[1].starts_with("400 参数错误"), "{heard:?}");
    assert_eq!(stage.fanout.channels(), 0);
}

#[tokio::test]
async fn what_follows_an_auth_waits_for_its_decision() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    let token = stage.token("alice");
    stage.verifier.hold();
    {
        let mut deciding = pin!(alice.auth("shop", &token));
        assert!(poll!(&mut deciding).is_pending(), "no next frame is read meanwhile");
        stage.verifier.release();
        deciding.await;
    }
    alice.subscribes("chat:lobby").await;
    assert_eq!(alice.hears(), ["200", "#chat:lobby 200"]);
}

#[tokio::test]
async fn a_connection_that_closed_meanwhile_is_not_admitted() {
    let stage = Stage::new();
    let mut alice = stage.connect();
    let outbound = alice.outbound();
    let token = stage.token("alice");
    stage.verifier.hold();
    {
        let mut deciding = pin!(alice.auth("shop", &token));
        assert!(poll!(&mut deciding).is_pending());
        stage.passes(Duration::from_secs(11));
        assert_eq!(outbound.closed(), Some(CloseReason::AuthTimeout));
        stage.verifier.release();
        deciding.await;
    }
    assert_eq!(alice.hears(), ["disconnect 4104"]);
    assert!(stage.events.take_of("authenticated").is_empty());
}
