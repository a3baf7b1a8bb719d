//! What is refused, and in which words.

use serde_json::{Value, json};

use super::{Ops, document, ephemeral, kept};
use crate::{
    api::{BACKEND, shop},
    http,
    server::{DEMO_SECRET, Server, Start},
};

#[tokio::test]
async fn apps_of_the_file_and_the_demo_app_are_not_changed_here() {
    let server =
        Start::new().toml(&format!("{}[demo]\nenabled = true\n", super::operated())).serve().await;
    let ops = Ops::of(&server);
    for (app, words) in [("shop", "configuration"), ("demo-app", "demo")] {
        for (method, path, body) in [
            ("PATCH", format!("/apps/{app}"), json!({ "status": "disabled" })),
            ("DELETE", format!("/apps/{app}"), Value::Null),
            ("POST", format!("/apps/{app}/keys"), json!({ "kind": "jwt", "kid": "k" })),
            ("DELETE", format!("/apps/{app}/keys/jwt/k"), Value::Null),
        ] {
            let (status, reason, message) = ops.refused(method, &path, body).await;
            assert_eq!((status, &*reason), (409, "conflict"), "{method} {path}");
            assert!(message.contains(words), "{message}");
        }
        assert_eq!(ops.refused("POST", "/apps", document(app)).await.0, 409);
    }
}

#[tokio::test]
async fn a_key_that_is_there_twice_is_not_half_heard() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let twice = r#"{"id":"other","limits":{"payload":1024,"payload":2048}}"#;
    for (method, path, body) in [
        ("POST", "/v1/apps", twice),
        ("POST", "/v1/apps", r#"{"id":"other","id":"another"}"#),
        ("PATCH", "/v1/apps/made", r#"{"status":"disabled","status":"active"}"#),
        ("POST", "/v1/apps/made/keys", r#"{"kind":"jwt","kid":"k","kid":"l"}"#),
    ] {
        let bearer = format!("Bearer {}", ops.key);
        let answer = http::ask(&server, method, path, &[("Authorization", &*bearer)], body).await;
        let words = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(answer.status == 400, "{body}: {words}");
    }
    assert_eq!(ops.ask("GET", "/apps/other", &Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_bad_document_is_named_by_its_place_and_changes_nothing() {
    let server = ephemeral().await;
    let ops = Ops::of(&server);
    ops.done("POST", "/apps", document("made")).await;
    let before = ops.show("made").await;
    let with = |change: Value| {
        let mut document = document("other");
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        document
    };
    for (change, place) in [
        (json!({ "id": "a b" }), "id"),
        (json!({ "id": ".." }), "in an address"),
        (json!({ "id": "demo-app" }), "demo"),
        (json!({ "limts": {} }), "limts: unknown key; did you mean \"limits\"?"),
        (json!({ "limits": { "payload": "1TiB" } }), "limits.payload"),
        (json!({ "limits": { "payload": [] } }), "limits.payload"),
        (json!({ "jwt_keys": [{ "alg": "HS256", "secret": "short" }] }), "jwt_keys[0].secret"),
        (json!({ "jwt_keys": [{ "alg": "HS256", "secret_file": "/etc/passwd" }] }), "secret_file"),
        (json!({ "namespaces": [{ "pattern": "a**" }] }), "namespaces[0].pattern"),
    ] {
        let (status, _, message) = ops.refused("POST", "/apps", with(change.clone())).await;
        assert_eq!(status, 400, "{change}: {message}");
        assert!(message.contains(place) && !message.contains("short"), "{message}");
        if change.get("id").is_none() {
            let (status, _, message) = ops.refused("PATCH", "/apps/made", change).await;
            assert!(status == 400 && message.contains(place), "{message}");
        }
    }
    let (status, _, message) = ops.refused("PATCH", "/apps/made", json!({ "id": "new" })).await;
    assert!(status == 400 && message.contains("keeps its id"), "{message}");
    assert_eq!(ops.refused("POST", "/apps", document("made")).await.0, 409);
    let pusher = json!({ "kind": "pusher", "key": "mine" });
    ops.done("POST", "/apps/made/keys", pusher.clone()).await;
    ops.done("POST", "/apps", document("other")).await;
    let (status, _, message) = ops.refused("POST", "/apps/other/keys", pusher).await;
    assert!(status == 400 && message.contains("another app has it"), "{message}");
    assert_eq!(ops.show("made").await["document"]["limits"], before["document"]["limits"]);
}

#[tokio::test]
async fn only_an_operator_s_key_is_taken() {
    let server = Server::with(&shop()).await;
    for key in [BACKEND, "guess"] {
        let ops = Ops { server: &server, key };
        let refused = ops.refused("GET", "/apps", Value::Null).await;
        assert_eq!((refused.0, &*refused.1), (401, "invalid_token"));
        assert_eq!(ops.refused("POST", "/apps", document("made")).await.0, 401);
    }
}

/// The demo app's key is an operator's on this same machine.
#[tokio::test]
async fn whoever_tries_the_demo_app_is_its_operator() {
    let server = Server::demo().await;
    let ops = Ops { server: &server, key: DEMO_SECRET };
    ops.done("POST", "/apps", document("made")).await;
    let key = format!("Bearer {DEMO_SECRET}");
    let elsewhere = [("Authorization", &*key), ("X-Forwarded-For", "192.0.2.1")];
    let answer = crate::http::ask(&server, "GET", "/v1/apps", &elsewhere, "").await;
    assert_eq!(answer.status, 401, "{}", answer.body);
}

#[tokio::test]
async fn an_app_that_is_in_the_file_too_stops_the_start() {
    let mut server = kept().serve().await;
    Ops::of(&server).done("POST", "/apps", document("made")).await;
    server.signal("TERM").await;
    server.ended().await;
    let both = super::operated() + &crate::tokens::app("made", "");
    let output = server.again(kept()).toml(&both).output().await;
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{line}");
    assert!(line.contains("made") && line.contains("rtmate app delete"), "{line}");
}
