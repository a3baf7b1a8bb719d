//! Whom the server believes a request comes from.

use tokio::net::UnixStream;

use crate::{
    http::{self, UPGRADE},
    raw::Raw,
    server::{Server, Start},
    soon,
    surface::ask_over,
    tokens::{ALLOW_ALL, app},
};

/// One unknown connection of each address.
fn start(trusted: &str) -> Start {
    at("127.0.0.1:0", trusted)
}

fn at(address: &str, trusted: &str) -> Start {
    let toml = format!("[server]\ntrusted_proxies = [{trusted}]\n{}", app("shop", ALLOW_ALL));
    Start::bare()
        .args(&["--listen", address, "--ephemeral"])
        .env("RTMATE__LIMITS__UNAUTHENTICATED_PER_ADDRESS", "1")
        .env("RTMATE__LOG__FILTER", "debug")
        .toml(&toml)
}

/// A proxy's connection on which somebody asks for a WebSocket, and the answer's status.
async fn upgrade(server: &Server, forwarded_for: &str) -> (Raw, String) {
    let headers: Vec<_> = UPGRADE.into_iter().chain([("X-Forwarded-For", forwarded_for)]).collect();
    let mut raw = Raw::connect(server).await;
    let head = raw.ask_to_upgrade(server, &headers).await;
    let status = head.split(' ').nth(1).unwrap().to_owned();
    (raw, status)
}

#[tokio::test]
async fn a_trusted_proxy_brings_each_client_under_its_own_address() {
    let server = start("'127.0.0.0/8', '10.0.0.0/8'").serve().await;
    let (_a, status) = upgrade(&server, "192.0.2.1").await;
    assert_eq!(status, "101");
    let (_b, status) = upgrade(&server, "198.51.100.3, 192.0.2.2, 10.0.0.7").await;
    assert_eq!(status, "101");
    server.log.expect("address=192.0.2.1").await;
    server.log.expect("address=192.0.2.2").await;
    // What the client itself wrote before counts for nothing.
    let (mut c, status) = upgrade(&server, "203.0.113.9, 192.0.2.2").await;
    assert_eq!(status, "503");
    assert!(!server.log.text().contains("203.0.113.9"));
    // The proxy's connection stays, for others.
    let headers: Vec<_> = UPGRADE.into_iter().chain([("X-Forwarded-For", "192.0.2.3")]).collect();
    let body = c.bytes(52).await;
    assert!(String::from_utf8(body).unwrap().contains("over capacity"));
    let head = c.ask_to_upgrade(&server, &headers).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
}

#[tokio::test]
async fn one_connection_of_a_proxy_carries_requests_of_many() {
    let server = start("'127.0.0.1'").serve().await;
    let mut raw = Raw::connect(&server).await;
    for client in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        let head = raw.ask_for(&server, "/healthz", &[("X-Forwarded-For", client)]).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        raw.bytes(3).await;
    }
    // While it waits for the next one it is nobody's.
    let (_a, status) = upgrade(&server, "192.0.2.1").await;
    assert_eq!(status, "101");
}

#[tokio::test]
async fn what_a_proxy_garbles_is_the_proxys_own() {
    let server = start("'127.0.0.1'").serve().await;
    let (_a, status) = upgrade(&server, "unknown").await;
    assert_eq!(status, "101");
    server.log.expect("a trusted proxy's X-Forwarded-For can't be read").await;
    server.log.expect("address=127.0.0.1").await;
    let (_b, status) = upgrade(&server, "192.0.2.1, -").await;
    assert_eq!(status, "503");
    assert_eq!(server.log.text().matches("X-Forwarded-For can't be read").count(), 1);
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let server = start("'10.0.0.0/8', 'unix'").serve().await;
    let (a, status) = upgrade(&server, "192.0.2.1").await;
    assert_eq!(status, "101");
    server.log.expect("address=127.0.0.1").await;
    // Turned away before a byte is read, whatever is in it.
    let mut raw = Raw::connect(&server).await;
    raw.try_write(b"GET /ws HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n").await;
    assert!(raw.head().await.starts_with("HTTP/1.1 503 "));
    drop(a);
    assert!(!server.log.text().contains("192.0.2."), "{}", server.log.text());
}

#[tokio::test]
async fn a_proxy_over_a_unix_socket_is_believed_where_that_is_said() {
    for (trusted, status) in [("'unix'", 200), ("", 503)] {
        let server = at("unix:rtmate.sock", trusted).serve().await;
        let path = server.folder.path().join("rtmate.sock");
        let connect = async || soon("connecting", UnixStream::connect(&path)).await.unwrap();
        let silent = connect().await;
        // Behind the first, which counts for the socket where nobody is believed.
        let head = "GET /healthz HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1";
        assert_eq!(ask_over(connect().await, head, "x").await.status, status, "{trusted}");
        drop(silent);
    }
}

#[tokio::test]
async fn the_demo_app_believes_no_proxy() {
    let toml = "[server]\ntrusted_proxies = ['127.0.0.1']\n";
    let server = Server::with(toml).await;
    let forwarded = ("X-Forwarded-For", "127.0.0.1");
    assert_eq!(http::get(&server, "/", &[]).await.status, 200);
    assert_eq!(http::get(&server, "/", &[forwarded]).await.status, 404);
    assert_eq!(http::post(&server, "/demo/token", &[forwarded], "").await.status, 403);
}
