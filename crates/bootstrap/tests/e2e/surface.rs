//! Everything that is asked without a WebSocket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    client::{Client, Wire},
    http::{self, Answer, UPGRADE},
    raw::Raw,
    server::Server,
    soon,
};

/// One request, and the answer up to the end of the connection, over whatever there is.
pub(crate) async fn ask_over(mut stream: impl Wire, head: &str, host: &str) -> Answer {
    let request = format!("{head}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    // The server may have answered before it has read a byte.
    drop(soon("writing", stream.write_all(request.as_bytes())).await);
    let mut answer = Vec::new();
    drop(soon("the answer", stream.read_to_end(&mut answer)).await);
    Answer::parse(std::str::from_utf8(&answer).unwrap())
}

#[tokio::test]
async fn health_is_told_to_everybody() {
    let server = Server::demo().await;
    for headers in [&[][..], &[("Host", "lb.example"), ("X-Forwarded-For", "10.0.0.1")]] {
        for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = http::get(&server, path, headers).await;
            assert_eq!((answer.status, &*answer.body), (200, body));
        }
    }
}

#[tokio::test]
async fn the_sdk_is_given_to_pages_of_any_origin() {
    let server = Server::demo().await;
    let headers = [("Host", "rt.example"), ("X-Forwarded-For", "10.0.0.1")];
    let answer = http::get(&server, "/sdk/rtmate.js", &headers).await;
    assert_eq!(answer.status, 200);
    assert!(answer.has("content-type: text/javascript; charset=utf-8"), "{}", answer.head);
    assert!(answer.has("x-content-type-options: nosniff"), "{}", answer.head);
    assert!(answer.has("access-control-allow-origin: *"), "{}", answer.head);
    for module in answer.body.lines().filter_map(|line| line.split("from './").nth(1)) {
        let path = format!("/sdk/{}", module.trim_end_matches("';"));
        assert_eq!(http::get(&server, &path, &headers).await.status, 200, "{path}");
    }
    assert_eq!(http::get(&server, "/sdk/package.json", &headers).await.status, 404);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::demo().await;
    for path in ["/nothing", "/ws/", "/debug/echo", "/app/", "/demo/"] {
        assert_eq!(http::get(&server, path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(http::get(&server, "/debug/echo", &UPGRADE).await.status, 404);
}

#[tokio::test]
async fn the_websocket_address_asks_for_an_upgrade() {
    let server = Server::demo().await;
    let answer = http::get(&server, "/ws", &[]).await;
    assert_eq!(answer.status, 426);
    assert!(answer.has("upgrade: websocket") && answer.has("sec-websocket-version: 13"));
    assert_eq!(http::post(&server, "/ws", &UPGRADE, "").await.status, 426);
    for (name, value, status) in [
        ("Connection", "keep-alive", 426),
        ("Upgrade", "h2c", 426),
        ("Sec-WebSocket-Version", "8", 426),
        ("Sec-WebSocket-Key", "short", 400),
        ("Sec-WebSocket-Key", "", 400),
    ] {
        let mut headers: Vec<_> =
            UPGRADE.iter().filter(|(known, _)| *known != name).copied().collect();
        headers.push((name, value));
        let mut raw = Raw::connect(&server).await;
        let head = raw.ask_to_upgrade(&server, &headers).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {value}: {head}");
    }
}

#[tokio::test]
async fn a_handshake_may_be_written_in_many_ways() {
    let server = Server::demo().await;
    let mut raw = Raw::connect(&server).await;
    let head = raw
        .ask_for(
            &server,
            "/ws?lang=en&lang2=x&app=demo-app",
            &[
                ("connection", "keep-alive, UPGRADE"),
                ("upgrade", "WebSocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ("sec-websocket-extensions", "permessage-deflate"),
            ],
        )
        .await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    // RFC 6455, 1.3.
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "{head}");
}

#[tokio::test]
async fn frames_right_behind_the_handshake_are_not_lost() {
    let server = Server::demo().await;
    let mut raw = Raw::connect(&server).await;
    let mut request = format!("GET /ws HTTP/1.1\r\nHost: {}\r\n", server.address).into_bytes();
    for (name, value) in UPGRADE {
        request.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    request.extend(b"\r\n");
    request.extend(crate::raw::frame(0x81, br#"{"event":"ping","id":1}"#));
    request.extend(&crate::raw::frame(0x81, br#"{"event":"ping","id":2}"#)[..9]);
    raw.write(&request).await;
    raw.head().await;
    assert_eq!(raw.json().await["id"], 1);
    raw.write(&crate::raw::frame(0x81, br#"{"event":"ping","id":2}"#)[9..]).await;
    assert_eq!(raw.json().await["id"], 2);
}

#[tokio::test]
async fn what_is_no_http_hurts_nobody() {
    let server = Server::demo().await;
    let huge = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &vec![b'x'; 100_000], b"\r\n\r\n"].concat();
    for garbage in [b"\0\x01\x02\r\n\r\n".as_slice(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &huge] {
        let mut raw = Raw::connect(&server).await;
        raw.try_write(garbage).await;
        let (answer, _) = raw.rest().await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    Client::demo(&server, "alice").await;
}
