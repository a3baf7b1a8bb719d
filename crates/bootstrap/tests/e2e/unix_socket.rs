//! Clients over a Unix socket.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use tokio::net::UnixStream;

use crate::{
    client::Client,
    server::{Server, Start},
    soon,
    surface::ask_over,
    tokens::{ALLOW_ALL, Token, app, token},
};

fn start() -> Start {
    let toml = app("shop", ALLOW_ALL);
    Start::bare().args(&["--listen", "unix:rtmate.sock", "--ephemeral"]).toml(&toml)
}

fn socket(server: &Server) -> PathBuf {
    server.folder.path().join("rtmate.sock")
}

async fn connect(server: &Server) -> UnixStream {
    soon("connecting", UnixStream::connect(socket(server))).await.unwrap()
}

async fn client(server: &Server, token: &Token) -> Client {
    let stream = connect(server).await;
    let (mut client, _) = Client::over(stream, "ws://localhost/ws", &[]).await;
    let reply = client.auth("shop", &token.sign()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client
}

#[tokio::test]
async fn a_conversation_over_a_unix_socket() {
    let mut server = start().serve().await;
    assert!(server.banner.text().contains("serves ws+unix:rtmate.sock:/ws\n"));
    let mode = std::fs::metadata(socket(&server)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut alice = client(&server, &token("shop", "alice")).await;
    alice.subscribe("chat").await;
    alice.say("chat", "hi").await;
    assert_eq!(alice.hears().await, "hi");
    // Behind the socket may be a proxy, whatever it says of the host: a key is needed.
    let stream = connect(&server).await;
    assert_eq!(ask_over(stream, "GET /metrics HTTP/1.1", "localhost").await.status, 401);
    server.signal("TERM").await;
    alice.sent_away(4200, "shutting_down").await;
    drop(alice);
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(!socket(&server).exists());
}

#[tokio::test]
async fn a_live_socket_is_taken_and_a_dead_one_is_replaced() {
    let mut server = start().serve().await;
    let output = server.again(start()).output().await;
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("unix:rtmate.sock is in use by another process"), "{told}");
    // Which did not hurt the one that has it.
    client(&server, &token("shop", "alice")).await;
    server.signal("KILL").await;
    server.ended().await;
    assert!(socket(&server).exists());
    let next = server.again(start()).serve().await;
    client(&next, &token("shop", "alice")).await;
}

#[tokio::test]
async fn a_file_that_is_no_socket_stays() {
    let start = start();
    start.folder().write("rtmate.sock", "precious");
    let output = start.output().await;
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("can't listen on unix:rtmate.sock: there is a file that is no"),
        "{told}"
    );
    assert_eq!(start.folder().read("rtmate.sock"), "precious");
}

#[tokio::test]
async fn the_demo_app_answers_nobody_there() {
    let toml = format!("[demo]\nenabled = true\n{}", app("shop", ALLOW_ALL));
    let start = start().env("RTMATE__DEMO__SECRET", crate::server::DEMO_SECRET).toml(&toml);
    let server = start.serve().await;
    let (mut client, _) = Client::over(connect(&server).await, "ws://localhost/ws", &[]).await;
    let reply = client.auth("demo-app", &Token::demo("alice").sign()).await;
    assert_eq!(reply["reason"], "origin_denied", "{reply}");
    let stream = connect(&server).await;
    assert_eq!(ask_over(stream, "GET / HTTP/1.1", "localhost").await.status, 404);
}

#[tokio::test]
async fn the_internal_address_may_be_one_too() {
    let start = Start::new().env("RTMATE__SERVER__INTERNAL_LISTEN", "unix:rtmate.sock");
    let server = start.serve().await;
    server.banner.expect("internal: unix:rtmate.sock").await;
    let answer = ask_over(connect(&server).await, "GET /metrics HTTP/1.1", "").await;
    assert!(answer.body.contains("rtmate_build_info"), "{answer:?}");
    crate::client::Client::demo(&server, "alice").await;
}
