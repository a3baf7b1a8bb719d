//! How many may come in.

use crate::{
    client::Client,
    http::Answer,
    raw::Raw,
    server::{Server, Start},
    soon,
    tokens::Token,
};

/// Whether a new connection gets in: asked until it does, for a place becomes free a moment after
/// its owner is gone.
async fn gets_in(server: &Server) -> Raw {
    soon("a free place", async {
        loop {
            let mut raw = Raw::connect(server).await;
            let head = raw.ask_to_upgrade(server, &crate::http::UPGRADE).await;
            if head.starts_with("HTTP/1.1 101 ") {
                return raw;
            }
        }
    })
    .await
}

/// The answer is the same whether the client has asked already or waits.
async fn turned_away(server: &Server) {
    for asks in [false, true] {
        let mut raw = Raw::connect(server).await;
        // The server may be gone before it has read a byte.
        if asks {
            raw.try_write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        }
        let (answer, _) = raw.rest().await;
        judge(&Answer::parse(std::str::from_utf8(&answer).unwrap()));
    }
}

fn judge(answer: &Answer) {
    assert_eq!(answer.status, 503);
    assert!(answer.has("retry-after: 5") && answer.has("connection: close"), "{answer:?}");
    assert!(answer.has(&format!("content-length: {}", answer.body.len())), "{answer:?}");
    assert_eq!(answer.json()["code"], 503);
}

#[tokio::test]
async fn one_address_has_so_many_that_have_not_authenticated() {
    three_strangers("RTMATE__LIMITS__UNAUTHENTICATED_PER_ADDRESS").await;
}

#[tokio::test]
async fn so_have_all_addresses_together() {
    three_strangers("RTMATE__LIMITS__UNAUTHENTICATED").await;
}

async fn three_strangers(limit: &str) {
    let server = Start::new().env(limit, "3").serve().await;
    let token = Token::demo("alice").sign();
    let first = Raw::open(&server).await;
    let second = Raw::open(&server).await;
    let silent = Raw::connect(&server).await;
    turned_away(&server).await;
    turned_away(&server).await;

    // Who authenticates makes room ...
    let mut first = first.enter("demo-app", &token).await;
    let third = gets_in(&server).await;
    turned_away(&server).await;

    // ... is not concerned itself ...
    first.send(r#"{"event":"ping","id":1}"#).await;
    assert_eq!(first.json().await["code"], 200);

    // ... and so does who leaves, whether it was a WebSocket or not.
    drop((second, silent));
    let fourth = gets_in(&server).await;
    let fifth = gets_in(&server).await;
    turned_away(&server).await;
    drop((third, fourth, fifth));
}

#[tokio::test]
async fn any_number_may_authenticate_one_after_the_other() {
    let start = Start::new().env("RTMATE__LIMITS__UNAUTHENTICATED_PER_ADDRESS", "1");
    let server = start.serve().await;
    let mut clients = Vec::new();
    for number in 0..20 {
        clients.push(Client::demo(&server, &format!("client-{number}")).await);
    }
    for client in &mut clients {
        client.hears_nothing().await;
    }
}

#[tokio::test]
async fn the_server_has_so_many_in_all() {
    let server = Start::new().env("RTMATE__LIMITS__CONNECTIONS", "2").serve().await;
    let first = Client::demo(&server, "alice").await;
    let mut second = Client::demo(&server, "bob").await;
    turned_away(&server).await;
    second.hears_nothing().await;
    first.leave().await;
    gets_in(&server).await;
}

#[tokio::test]
async fn without_file_descriptors_it_waits_and_goes_on() {
    let server = Start::new().files(24).serve().await;
    let mut known = Client::demo(&server, "alice").await;
    let mut waiting = Vec::new();
    for _ in 0..30 {
        waiting.push(Raw::connect(&server).await);
    }
    server.log.expect("can't accept connections; trying again").await;
    known.hears_nothing().await;
    drop(waiting);
    Client::demo(&server, "bob").await;
}
