//! The same server over TLS.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::{
    certificate::Certificate,
    client::{Client, Wire},
    http::Answer,
    raw::Raw,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, Token, app, token},
};

async fn demo() -> (Server, Certificate) {
    let certificate = Certificate::new();
    let server = certificate.given_to(Start::new(), "").serve().await;
    (server, certificate)
}

/// A client over this connection who has said who it is.
async fn enter(stream: impl Wire + 'static, server: &Server, app: &str, token: &Token) -> Client {
    let url = format!("wss://localhost:{}/ws", server.address.port());
    let (mut client, _) = Client::over(stream, &url, &[]).await;
    let reply = client.auth(app, &token.sign()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client
}

/// One request, and the answer up to the server's `close_notify`.
async fn ask(certificate: &Certificate, server: &Server, head: &str) -> Answer {
    let mut stream = certificate.connect(server).await;
    let port = server.address.port();
    let request = format!("{head}\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    soon("writing", stream.write_all(request.as_bytes())).await.unwrap();
    let mut text = String::new();
    soon("the answer", stream.read_to_string(&mut text)).await.unwrap();
    Answer::parse(&text)
}

#[tokio::test]
async fn a_conversation_over_both_versions() {
    let (server, certificate) = demo().await;
    for version in [&TLS12, &TLS13] {
        let socket = TcpSocket::new_v4().unwrap();
        let stream = certificate.connect_with(socket, &server, version).await;
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(version.version));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
        let mut alice = enter(stream, &server, "demo-app", &Token::demo("alice")).await;
        alice.subscribe("chat").await;
        alice.say("chat", "hi").await;
        assert_eq!(alice.hears().await, "hi");
        alice.leave().await;
    }
}

#[tokio::test]
async fn plain_requests_are_answered_over_https() {
    let (server, certificate) = demo().await;
    assert_eq!(ask(&certificate, &server, "GET /healthz HTTP/1.1").await.status, 200);
    assert!(server.banner.text().contains("demo page: https://127.0.0.1:"));
    // The demo's own page, and its token for a page that was loaded over https.
    let page = ask(&certificate, &server, "GET / HTTP/1.1").await;
    assert!(page.status == 200 && page.body.contains("</html>"), "{page:?}");
    let port = server.address.port();
    let head = format!("POST /demo/token HTTP/1.1\r\nOrigin: https://localhost:{port}");
    assert_eq!(ask(&certificate, &server, &head).await.status, 200);
    let head = "POST /demo/token HTTP/1.1\r\nOrigin: https://evil.example";
    assert_eq!(ask(&certificate, &server, head).await.status, 403);
}

/// An app whose messages may be large and whose readers may be slow.
fn patient() -> String {
    let limits = "limits = { requests_per_second = 100000, requests_burst = 100000, \
                  payload = \"120KiB\", queue = \"64MiB\" }";
    app("shop", &format!("{ALLOW_ALL}\n{limits}"))
}

#[tokio::test]
async fn a_slow_reader_gets_every_byte_of_large_messages() {
    let certificate = Certificate::new();
    let server = certificate.given_to(Start::new(), &patient()).serve().await;
    let narrow = certificate.connect_narrow(&server).await;
    let mut slow = enter(narrow, &server, "shop", &token("shop", "slow")).await;
    slow.subscribe("chat").await;
    let stream = certificate.connect(&server).await;
    let mut alice = enter(stream, &server, "shop", &token("shop", "alice")).await;
    let data = |number: usize| {
        let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
        json!([number, letter.to_string().repeat(100 * 1024)])
    };
    // Ten megabytes: more than the buffers of the system hold, none of them read yet.
    for number in 0..100 {
        alice.say("chat", data(number)).await;
    }
    for number in 100..2000 {
        alice.say("chat", json!([number])).await;
    }
    for number in 0..2000 {
        let expected = if number < 100 { data(number) } else { json!([number]) };
        assert!(slow.hears().await == expected, "message {number}");
    }
    slow.hears_nothing().await;
    slow.leave().await;
}

#[tokio::test]
async fn who_reads_too_slowly_is_told() {
    let limits = "limits = { requests_per_second = 100000, requests_burst = 100000 }";
    let toml = app("shop", &format!("{ALLOW_ALL}\n{limits}"));
    let certificate = Certificate::new();
    let server = certificate.given_to(Start::new(), &toml).serve().await;
    let narrow = certificate.connect_narrow(&server).await;
    let mut slow = enter(narrow, &server, "shop", &token("shop", "slow")).await;
    slow.subscribe("chat").await;
    let stream = certificate.connect(&server).await;
    let mut alice = enter(stream, &server, "shop", &token("shop", "alice")).await;
    for number in 0..150 {
        alice.say("chat", json!([number, "x".repeat(60_000)])).await;
    }
    let goodbye = slow.goodbye().await;
    let numbers: Vec<_> = goodbye.before.iter().map(|push| &push["payload"]["data"][0]).collect();
    assert!(numbers.iter().enumerate().all(|(at, number)| **number == at), "{numbers:?}");
    assert!(numbers.len() < 150);
    goodbye.is(4101, "too_slow");
}

#[tokio::test]
async fn plain_http_on_the_port_is_dropped() {
    let certificate = Certificate::new();
    let start = Start::new().env("RTMATE__LOG__FILTER", "debug");
    let server = certificate.given_to(start, "").serve().await;
    let mut plain = Raw::connect(&server).await;
    plain.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (answer, _) = plain.rest().await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    server.log.expect("no TLS session").await;
    // Nobody else is concerned.
    assert_eq!(ask(&certificate, &server, "GET /healthz HTTP/1.1").await.status, 200);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_dropped() {
    let certificate = Certificate::new();
    let start = Start::new().env("RTMATE__LIMITS__HEADER_TIMEOUT", "2s");
    let server = certificate.given_to(start, "").serve().await;
    let begun = Instant::now();
    let mut silent = Raw::connect(&server).await;
    let mut half = Raw::connect(&server).await;
    // The head of a record that says there is more.
    half.write(&[22, 3, 1, 2, 0, 1]).await;
    for raw in [&mut silent, &mut half] {
        let (_, ended) = raw.rest().await;
        let took = ended - begun;
        assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(5), "{took:?}");
    }
    // The same for who shakes hands and asks nothing.
    let begun = Instant::now();
    let mut stream = certificate.connect(&server).await;
    drop(soon("the end", stream.read(&mut [0; 64])).await);
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_shutdown_is_told_and_waits_for_no_handshake() {
    let (mut server, certificate) = demo().await;
    let stream = certificate.connect(&server).await;
    let mut alice = enter(stream, &server, "demo-app", &Token::demo("alice")).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    alice.hears_nothing().await;
    let begun = Instant::now();
    server.signal("TERM").await;
    alice.sent_away(4200, "shutting_down").await;
    drop(alice);
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(silent);
}

#[tokio::test]
async fn a_bad_file_is_one_line_with_key_and_file() {
    let (one, other) = (Certificate::new(), Certificate::new());
    for (name, text, line) in [
        ("cert.pem", None, "server.tls.cert = \"cert.pem\": can't be read: "),
        ("key.pem", None, "server.tls.key = \"key.pem\": can't be read: "),
        ("cert.pem", Some("nothing"), "server.tls.cert = \"cert.pem\": holds no certificate"),
        ("key.pem", Some("nothing"), "server.tls.key = \"key.pem\": holds no private key"),
        ("key.pem", Some("other"), "server.tls.key = \"key.pem\": is not the key of the"),
    ] {
        let start = one.given_to(Start::new(), "");
        match text {
            None => std::fs::remove_file(start.folder().path().join(name)).unwrap(),
            Some("other") => start.folder().write(name, &other.key_pem()),
            Some(text) => start.folder().write(name, text),
        }
        let output = start.output().await;
        assert_eq!(output.status.code(), Some(64), "{line}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.starts_with("rtmate: rtmate.toml:") && told.contains(line), "{told}");
    }
}
