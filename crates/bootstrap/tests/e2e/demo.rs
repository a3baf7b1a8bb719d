//! The demo app, which answers this same machine only.

use serde_json::{Value, json};

use crate::{
    client::Client,
    http,
    raw::Raw,
    server::{Server, Start},
    tokens::{ALLOW_ALL, Token, app, now},
};

/// Whether the demo answers a request with these headers: its page, its scripts, its token and
/// its app. All must say the same.
async fn answers(server: &Server, headers: &[(&str, &str)]) -> bool {
    let token = http::post(server, "/demo/token", headers, "").await;
    let answered = match token.status {
        200 => true,
        403 if token.json()["reason"] == "origin_denied" => false,
        _ => panic!("{token:?}"),
    };
    for path in ["/", "/demo/demo.js"] {
        let page = http::get(server, path, headers).await;
        assert_eq!(page.status, if answered { 200 } else { 404 }, "{path} {headers:?}");
    }
    let (mut client, _) = Client::dial(server, "", headers).await;
    let reply = client.auth("demo-app", &Token::demo("alice").sign()).await;
    let (code, reason) = if answered { (200, json!(null)) } else { (403, json!("origin_denied")) };
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(code), &reason), "{headers:?}");
    if !answered {
        let upgrade = http::refused_upgrade(server, "/ws?app=demo-app", headers).await;
        assert_eq!(upgrade.status, 403, "{headers:?}");
    }
    answered
}

#[tokio::test]
async fn it_answers_its_own_names_only() {
    let server = Server::demo().await;
    let port = server.address.port();
    let other = if port == 9 { 10 } else { 9 };
    for host in ["localhost", "127.0.0.1", "[::1]", "LocalHost"] {
        assert!(answers(&server, &[("Host", &format!("{host}:{port}"))]).await, "{host}");
        let origin = format!("http://{host}:{port}");
        assert!(answers(&server, &[("Origin", &origin)]).await, "{origin}");
        let origin = format!("http://{host}:{other}");
        assert!(!answers(&server, &[("Origin", &origin)]).await, "{origin}");
    }
    for evil in
        ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "10.0.0.1"]
    {
        let host = format!("{evil}:{port}");
        assert!(!answers(&server, &[("Host", &host)]).await, "{host}");
        let origin = format!("http://{host}");
        assert!(!answers(&server, &[("Origin", &origin)]).await, "{origin}");
    }
    for origin in ["null", "", "file://", "http://localhost", "garbage"] {
        assert!(!answers(&server, &[("Origin", origin)]).await, "{origin}");
    }
}

#[tokio::test]
async fn it_answers_nothing_that_was_forwarded() {
    let server = Server::demo().await;
    for (name, value) in [
        ("Forwarded", "for=10.0.0.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Proto", "https"),
        ("x-forwarded-whatever", ""),
        ("X-Real-IP", "127.0.0.1"),
        ("Via", "1.1 proxy"),
    ] {
        assert!(!answers(&server, &[(name, value)]).await, "{name}");
    }
    assert!(answers(&server, &[("X-Other", "x")]).await);
}

#[tokio::test]
async fn its_token_opens_it_for_a_quarter_of_an_hour() {
    let server = Server::demo().await;
    let answer = http::post(&server, "/demo/token", &[], r#"{"client":"alice"}"#).await;
    assert!(answer.has("cache-control: no-store"), "{answer:?}");
    let answer = answer.json();
    assert_eq!((&answer["code"], &answer["message"]), (&json!(200), &json!("success")));
    let data = &answer["data"];
    assert_eq!(data["client_id"], "alice");
    let life = data["expires_at"].as_i64().unwrap() / 1000 - now();
    assert!((890..=900).contains(&life), "{life} s");
    let mut client = Client::connect(&server).await;
    let reply = client.auth("demo-app", data["token"].as_str().unwrap()).await;
    assert_eq!(reply["data"]["client_id"], "alice");

    let one = http::post(&server, "/demo/token", &[], "").await.json();
    let other = http::post(&server, "/demo/token", &[], "{}").await.json();
    assert_ne!(one["data"]["client_id"], other["data"]["client_id"], "guests have own names");
}

#[tokio::test]
async fn a_bad_request_for_its_token_is_told() {
    let server = Server::demo().await;
    let long = format!("{{\"client\":\"{}\"}}", "x".repeat(2000));
    for body in [r#"{"client":"*"}"#, r#"{"client":""}"#, r#"{"client":7}"#, "garbage", &long] {
        let answer = http::post(&server, "/demo/token", &[], body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["reason"], "invalid_params");
    }
    assert_eq!(http::get(&server, "/demo/token", &[]).await.status, 405);
}

#[tokio::test]
async fn a_request_for_its_token_that_does_not_come_is_given_up() {
    let server = Server::demo().await;
    let mut raw = Raw::connect(&server).await;
    let head = format!("POST /demo/token HTTP/1.1\r\nHost: {}\r\n", server.address);
    raw.write(format!("{head}Content-Length: 20\r\n\r\n{{").as_bytes()).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = Server::demo().await;
    let page = http::get(&server, "/", &[]).await;
    assert!(page.body.contains("<!doctype html>") || page.body.contains("<!DOCTYPE html>"));
    assert!(page.has("content-type: text/html; charset=utf-8"), "{}", page.head);
    assert!(page.has("x-content-type-options: nosniff"), "{}", page.head);
    assert!(page.head.contains("default-src 'self'"), "{}", page.head);
    for part in page.body.split(['"', '\'']).filter(|part| part.starts_with("/demo/")) {
        assert_eq!(http::get(&server, part, &[]).await.status, 200, "{part}");
    }
    assert_eq!(http::get(&server, "/demo/..%2f..%2fCargo.toml", &[]).await.status, 404);
}

#[tokio::test]
async fn an_app_of_ones_own_switches_it_off() {
    let shop = app("shop", ALLOW_ALL);
    let server = Server::with(&shop).await;
    let answer = http::post(&server, "/demo/token?lang=en", &[], "").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["reason"], "not_enabled");
    let reply = Client::connect(&server).await.auth("demo-app", &Token::demo("a").sign()).await;
    assert_eq!(reply["reason"], "app_not_found");
    assert!(!server.banner.text().contains("demo"), "{}", server.banner.text());

    let server = Server::with(&format!("[demo]\nenabled = true\n{shop}")).await;
    assert!(answers(&server, &[]).await);
    assert!(server.banner.text().contains("demo-app is active"));
}

fn secret_of(server: &Server) -> Value {
    let text = server.folder.read("rtmate-data/demo.toml");
    text.lines().find(|line| line.starts_with("jwt_secret")).unwrap().into()
}

#[tokio::test]
async fn its_secrets_are_random_and_kept() {
    let start = || Start::bare().args(&["--listen", "127.0.0.1:0"]);
    let (mut one, other) = (start().serve().await, start().serve().await);
    assert_ne!(secret_of(&one), secret_of(&other), "no secret is in the source");
    one.banner.expect("data directory: ./rtmate-data").await;
    let answer = http::post(&one, "/demo/token", &[], r#"{"client":"alice"}"#).await.json();
    let token = answer["data"]["token"].as_str().unwrap();
    let reply = Client::connect(&other).await.auth("demo-app", token).await;
    assert_eq!(reply["reason"], "signature_invalid");

    one.signal("TERM").await;
    assert!(one.ended().await.success());
    let again = one.again(start()).serve().await;
    let reply = Client::connect(&again).await.auth("demo-app", token).await;
    assert_eq!(reply["code"], 200, "the same secrets after a restart");
}

#[cfg(unix)]
#[tokio::test]
async fn its_secrets_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    for (path, mode) in [("rtmate-data", 0o700), ("rtmate-data/demo.toml", 0o600)] {
        let metadata = std::fs::metadata(server.folder.path().join(path)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path}");
    }
    assert_eq!(server.folder.read("rtmate-data/.gitignore"), "*\n");
}

#[tokio::test]
async fn an_ephemeral_server_keeps_nothing() {
    let start = Start::bare().args(&["--listen", "127.0.0.1:0", "--ephemeral"]);
    let server = start.serve().await;
    server.banner.expect("nothing is kept on disk").await;
    assert!(answers_page(&server).await);
    assert!(std::fs::read_dir(server.folder.path()).unwrap().next().is_none());
}

async fn answers_page(server: &Server) -> bool {
    http::get(server, "/", &[]).await.status == 200
}
