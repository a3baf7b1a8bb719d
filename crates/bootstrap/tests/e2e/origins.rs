//! Which web pages may connect.

use crate::{
    client::Client,
    http,
    server::Server,
    tokens::{ALLOW_ALL, app, token},
};

const RULES: &str = "origins = [\"https://app.example.com\", \"https://*.example.org\", \
     \"http://localhost:*\"]";

/// Whether a page of this origin gets in: at `auth`, and at the upgrade where the address names
/// the app. Both must say the same.
async fn gets_in(server: &Server, origin: Option<&str>) -> bool {
    let headers: Vec<_> = origin.map(|origin| ("Origin", origin)).into_iter().collect();
    let (mut client, _) = Client::dial(server, "", &headers).await;
    let reply = client.auth("shop", &token("shop", "alice").sign()).await;
    let at_auth = match reply["reason"].as_str() {
        None => true,
        Some("origin_denied") if reply["code"] == 403 => false,
        Some(_) => panic!("{reply}"),
    };
    let mut raw = crate::raw::Raw::connect(server).await;
    let asked: Vec<_> = http::UPGRADE.iter().chain(&headers).copied().collect();
    let head = raw.ask_for(server, "/ws?app=shop", &asked).await;
    let at_upgrade = match head.split(' ').nth(1) {
        Some("101") => true,
        Some("403") => false,
        _ => panic!("{head}"),
    };
    assert_eq!(at_auth, at_upgrade, "{origin:?}");
    at_auth
}

#[tokio::test]
async fn rules_name_origins_labels_and_ports() {
    let server = Server::with(&app("shop", &format!("{ALLOW_ALL}\n{RULES}"))).await;
    for origin in [
        None,
        Some("https://app.example.com"),
        Some("https://app.example.com:443"),
        Some("HTTPS://APP.EXAMPLE.COM"),
        Some("https://a.example.org"),
        Some("https://a.b.example.org"),
        Some("http://localhost"),
        Some("http://localhost:5173"),
    ] {
        assert!(gets_in(&server, origin).await, "{origin:?}");
    }
    for origin in [
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "https://example.org",
        "https://evilexample.org",
        "https://a.example.org:444",
        "https://localhost:5173",
        "http://localhost.evil.com:5173",
        "null",
        "",
        "garbage",
    ] {
        assert!(!gets_in(&server, Some(origin)).await, "{origin}");
    }
    let denied = http::refused_upgrade(
        &server,
        "/ws?app=shop&lang=en",
        &[("Origin", "https://evil.example")],
    );
    let denied = denied.await.json();
    assert_eq!(denied["reason"], "origin_denied");
    assert_eq!(denied["message"], "origin denied");
}

#[tokio::test]
async fn without_rules_every_page_gets_in() {
    let server = Server::with(&app("shop", ALLOW_ALL)).await;
    for origin in [None, Some("https://evil.example"), Some("null")] {
        assert!(gets_in(&server, origin).await, "{origin:?}");
    }
}

#[tokio::test]
async fn an_origin_may_be_required() {
    let rules = format!("{ALLOW_ALL}\n{RULES}\norigin_required = true");
    let server = Server::with(&app("shop", &rules)).await;
    assert!(!gets_in(&server, None).await);
    assert!(gets_in(&server, Some("https://app.example.com")).await);
}

#[tokio::test]
async fn two_origins_are_none_of_them() {
    let server = Server::with(&app("shop", &format!("{ALLOW_ALL}\n{RULES}"))).await;
    let twice = [("Origin", "https://app.example.com"), ("Origin", "https://evil.example")];
    let answer = http::refused_upgrade(&server, "/ws?app=shop", &twice).await;
    assert_eq!(answer.status, 403);
}
