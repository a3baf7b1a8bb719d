//! Who may use the server API.

use serde_json::json;

use crate::{
    api::{Api, BACKEND, OPERATOR, VIEWER, refusal, shop},
    http,
    server::{DEMO_SECRET, Server},
    tokens,
};

const PUBLISH: (&str, &str, &str) = ("POST", "/channels/plain/messages", r#"{"data": 1}"#);

async fn publish(api: Api<'_>) -> (u16, String) {
    let answer = api.ask(PUBLISH.0, PUBLISH.1, PUBLISH.2).await;
    refusal_or_success(&answer)
}

fn refusal_or_success(answer: &http::Answer) -> (u16, String) {
    if answer.status == 200 { (200, String::new()) } else { refusal(answer) }
}

fn said(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn a_key_opens_its_app_within_its_scopes() {
    let server = Server::with(&shop()).await;
    let at = |app, key| Api { server: &server, app, key };
    assert_eq!(publish(at("shop", BACKEND)).await, said(200, ""));
    assert_eq!(publish(at("shop", OPERATOR)).await, said(200, ""));
    assert_eq!(publish(at("bazaar", OPERATOR)).await, said(200, ""));
    assert_eq!(publish(at("shop", VIEWER)).await, said(403, "permission_denied"));
    assert_eq!(publish(at("bazaar", BACKEND)).await, said(401, "invalid_token"));
    assert_eq!(publish(at("shop", "guess")).await, said(401, "invalid_token"));
    assert_eq!(publish(at("nobody", "guess")).await, said(401, "invalid_token"));
    assert_eq!(publish(at("nobody", OPERATOR)).await, said(404, "not_found"));
    assert_eq!(publish(at("%20", OPERATOR)).await, said(404, "not_found"));
    let viewer = at("shop", VIEWER);
    viewer.done("GET", "/channels", "").await;
    viewer.done("GET", "/clients/alice", "").await;
    for (method, path) in [
        ("POST", "/messages"),
        ("DELETE", "/channels/chat:x/messages"),
        ("DELETE", "/clients/alice"),
    ] {
        let refused = viewer.refused(method, path, "{}").await;
        assert_eq!(refused, said(403, "permission_denied"), "{method} {path}");
    }
    let answer = http::get(&server, "/v1/apps/shop/channels", &[]).await;
    assert_eq!(refusal(&answer), said(401, "unauthenticated"));
    assert!(answer.has("www-authenticate: Bearer"), "{}", answer.head);
    assert!(answer.json()["message"].as_str().unwrap().starts_with("未认证"));
}

fn at<'a>(server: &'a Server, app: &'a str, key: &'a str) -> Api<'a> {
    Api { server, app, key }
}

#[tokio::test]
async fn a_token_of_the_app_opens_what_it_names() {
    let server = Server::with(&shop()).await;
    let token = |app: &str, api: serde_json::Value| {
        tokens::token(app, "billing").claim("jti", json!("t-1")).claim("api", api).sign()
    };
    let reader = token("shop", json!(["read"]));
    at(&server, "shop", &reader).done("GET", "/channels", "").await;
    assert_eq!(publish(at(&server, "shop", &reader)).await, said(403, "permission_denied"));
    assert_eq!(
        publish(at(&server, "shop", &token("shop", json!(["publish"])))).await,
        said(200, "")
    );
    let clients = tokens::token("shop", "alice").sign();
    assert_eq!(publish(at(&server, "shop", &clients)).await, said(403, "permission_denied"));
    for (app, key, reason) in [
        ("bazaar", reader.clone(), "signature_invalid"),
        (
            "shop",
            tokens::token("shop", "x").claim("app_id", json!("bazaar")).sign(),
            "auth_mismatch",
        ),
        ("nobody", reader.clone(), "invalid_token"),
        ("shop", token("shop", json!(["everything"])), "invalid_token"),
        ("shop", format!("{reader}x"), "signature_invalid"),
        ("shop", tokens::token("shop", "billing").ends_in(-60).sign(), "token_expired"),
    ] {
        assert_eq!(publish(at(&server, app, &key)).await, said(401, reason), "{reason}");
    }
    at(&server, "shop", BACKEND).done("POST", "/tokens/revoke", r#"{"token": "t-1"}"#).await;
    assert_eq!(publish(at(&server, "shop", &reader)).await, said(401, "token_revoked"));
}

#[tokio::test]
async fn a_disabled_app_and_a_wrong_address_say_so() {
    let disabled = shop().replace("id = \"bazaar\"", "id = \"bazaar\"\nstatus = \"disabled\"");
    let server = Server::with(&disabled).await;
    let bazaar = Api { server: &server, app: "bazaar", key: OPERATOR };
    assert_eq!(publish(bazaar).await, said(403, "app_disabled"));
    let api = Api::of(&server, OPERATOR);
    assert_eq!(api.refused("GET", "/nothing", "").await, said(404, "not_found"));
    assert_eq!(api.refused("PUT", "/channels", "").await, said(405, "method_not_allowed"));
    let answer = http::get(&server, "/v1/none", &[]).await;
    assert_eq!(refusal(&answer), said(404, "not_found"));
}

#[tokio::test]
async fn who_guesses_is_told_to_wait_and_others_are_not() {
    let mut server = Server::with(&shop()).await;
    let guess = Api::of(&server, "guess");
    let answers = async {
        loop {
            let answer = guess.ask("GET", "/channels", "").await;
            if answer.status != 401 {
                return answer;
            }
        }
    };
    let answer = crate::soon("the limit", answers).await;
    assert_eq!(refusal(&answer), said(429, "rate_limited"));
    assert!(answer.has("retry-after: 1"), "{}", answer.head);
    assert!(answer.json()["retry_after_ms"].as_u64().unwrap() <= 1000);
    // A good key is not kept out by what others at the same address did.
    Api::of(&server, VIEWER).done("GET", "/channels", "").await;
    let line = server.log.expect("key refused").await;
    assert!(line.contains("invalid_token") && line.contains("127.0.0.1"), "{line}");
    server.signal("TERM").await;
    server.ended().await;
    let log = server.log.all().await;
    assert_eq!(log.matches("key refused").count(), 1, "once a minute: {log}");
    assert!(!log.contains("guess"), "{log}");
}

#[tokio::test]
async fn the_demo_app_has_an_operator_on_this_machine() {
    let server = Server::demo().await;
    let demo = Api { server: &server, app: "demo-app", key: DEMO_SECRET };
    demo.done("POST", "/channels/chat:lobby/messages", r#"{"data": "hi"}"#).await;
    let shown = demo.done("GET", "/channels/chat:lobby", "").await;
    assert_eq!(shown["offset"], json!(1));
    let forwarded = [("X-Forwarded-For", "203.0.113.9")];
    let answer = demo.ask_with("GET", "/channels", &forwarded, "").await;
    assert_eq!(refusal(&answer), said(403, "origin_denied"));
}

#[tokio::test]
async fn the_document_is_open_here_and_needs_a_key_from_elsewhere() {
    let server = Server::with(&shop()).await;
    let kept = include_str!("../../../../docs/openapi.json");
    assert_eq!(http::get(&server, "/v1/openapi.json", &[]).await.body, kept);
    let page = http::get(&server, "/docs", &[]).await;
    assert!(page.status == 200 && page.body.contains("docs.js"), "{}", page.head);
    assert!(page.head.contains("default-src 'none'; script-src 'self'"), "{}", page.head);
    for file in ["/docs/docs.js", "/docs/docs.css"] {
        assert_eq!(http::get(&server, file, &[]).await.status, 200, "{file}");
    }
    assert_eq!(http::get(&server, "/docs/nothing", &[]).await.status, 404);
    let elsewhere = ("Host", "rt.example.com");
    let answer = http::get(&server, "/docs", &[elsewhere]).await;
    assert_eq!(refusal(&answer), said(401, "unauthenticated"));
    assert!(answer.has("www-authenticate: Basic realm=\"rtmate\", Bearer"), "{}", answer.head);
    use base64::{Engine, engine::general_purpose::STANDARD};
    let basic = format!("Basic {}", STANDARD.encode(format!("shop:{VIEWER}")));
    let bearer = format!("Bearer {OPERATOR}");
    for authorization in [&basic, &bearer] {
        let headers = [elsewhere, ("Authorization", &**authorization)];
        assert_eq!(http::get(&server, "/docs", &headers).await.status, 200);
    }
}
