//! The client of this repository against the real binary.

use client::{
    ChannelEvent, Client, Draft, Gap, GapCause, Message, Options, Recovery, SendError, State,
    StopReason, Subscription, TokenSource,
};
use domain::AppId;
use serde_json::{Value, json};

use crate::{
    certificate::Certificate,
    server::{DEMO_SECRET, Server, Start},
    soon,
    tokens::Token,
};

fn options(server: &Server) -> Options {
    let url = format!("ws://{}/ws", server.address);
    let mut options = Options::new(url, AppId::parse("demo-app").unwrap());
    options.backoff.base = std::time::Duration::from_millis(20);
    options
}

/// A client of the demo app, with tokens that live so many seconds.
fn tokens(name: &str, seconds: i64) -> TokenSource {
    let name = name.to_owned();
    TokenSource::new(move || std::future::ready(Ok(Token::demo(&name).ends_in(seconds).sign())))
}

fn enter(server: &Server, name: &str) -> Client {
    Client::start(options(server), tokens(name, 3600))
}

async fn next(subscription: &mut Subscription) -> ChannelEvent {
    soon("an event", subscription.next()).await.unwrap()
}

async fn hears(subscription: &mut Subscription) -> Message {
    let event = next(subscription).await;
    let ChannelEvent::Message(message) = event else { panic!("no message: {event:?}") };
    message
}

async fn joins(subscription: &mut Subscription) -> Recovery {
    let event = next(subscription).await;
    let ChannelEvent::Subscribed { recovery, .. } = event else { panic!("{event:?}") };
    recovery
}

async fn say(client: &Client, data: &Value) {
    let draft = Draft::new("chat:lobby", data).unwrap();
    soon("the receipt", client.send(draft)).await.unwrap();
}

#[tokio::test]
async fn two_clients_chat() {
    let server = Server::demo().await;
    let (alice, bob) = (enter(&server, "alice"), enter(&server, "bob"));
    let mut lobby = bob.subscribe("chat:lobby").await.unwrap();
    assert_eq!(joins(&mut lobby).await, Recovery::Fresh);
    let draft = Draft::new("chat:lobby", &json!({"text": "hello"})).unwrap().named("line").unwrap();
    let receipt = soon("the receipt", alice.send(draft)).await.unwrap();
    let message = hears(&mut lobby).await;
    assert_eq!((&message.id, message.ts), (&receipt.id, receipt.ts));
    assert_eq!(message.name.as_deref(), Some("line"));
    assert_eq!(message.data.get(), "{\"text\":\"hello\"}");
    assert_eq!(message.from.unwrap().client, "alice");
    alice.stop().await;
    assert!(matches!(
        alice.send(Draft::new("chat:lobby", &1).unwrap()).await,
        Err(SendError::Stopped { attempted: false, .. })
    ));
}

#[tokio::test]
async fn what_the_server_refuses_is_told() {
    let server = Server::demo().await;
    let alice = enter(&server, "alice");
    let mut secret = alice.subscribe("private-x").await.unwrap();
    let event = next(&mut secret).await;
    let ChannelEvent::Unsubscribed { reason, resubscribes, .. } = event else {
        panic!("{event:?}")
    };
    assert_eq!((reason.as_str(), resubscribes), ("permission_denied", false));
    assert!(soon("the end", secret.next()).await.is_none());
    let refused = alice.send(Draft::new("private-x", &1).unwrap()).await;
    assert!(matches!(refused, Err(SendError::Refused(why)) if why.reason == "permission_denied"));
    let data = soon("the pong", alice.ask("ping", &json!({}))).await.unwrap();
    assert!(data.get().contains("ts"));
}

/// Its secret is given, so that tokens outlive it; it comes back where it was.
fn reborn(server: &Server) -> Start {
    let address = server.address.to_string();
    let start = Start::bare()
        .args(&["--listen", &address, "--ephemeral"])
        .env("RTMATE__DEMO__SECRET", DEMO_SECRET);
    server.again(start)
}

#[tokio::test]
async fn a_killed_server_is_found_again() {
    let mut server = Server::demo().await;
    let (alice, bob) = (enter(&server, "alice"), enter(&server, "bob"));
    let mut lobby = bob.subscribe("chat:lobby").await.unwrap();
    joins(&mut lobby).await;
    say(&alice, &json!(1)).await;
    assert_eq!(hears(&mut lobby).await.data.get(), "1");

    server.signal("KILL").await;
    server.ended().await;
    let mut state = alice.state();
    let waiting = state.wait_for(|state| !matches!(state, State::Online { .. }));
    drop(soon("the loss", waiting).await.unwrap());
    let sending = tokio::spawn({
        let alice = alice.clone();
        async move { say(&alice, &json!(2)).await }
    });
    let server = reborn(&server).serve().await;
    soon("the send", sending).await.unwrap();

    // Whether bob was back before the message is a matter of luck; what he missed he is told of.
    // The server keeps nothing: its streams began anew.
    let gap = next(&mut lobby).await;
    let ChannelEvent::Gap(Gap { cause, .. }) = gap else { panic!("{gap:?}") };
    assert_eq!(cause, GapCause::NotRecovered);
    assert_eq!(joins(&mut lobby).await, Recovery::Broken);
    say(&alice, &json!(3)).await;
    while hears(&mut lobby).await.data.get() != "3" {}
    assert_eq!(bob.counters().borrow().connections, 2);
    drop(server);
}

#[tokio::test]
async fn a_short_token_is_refreshed_before_its_end() {
    let server = Server::demo().await;
    let alice = Client::start(options(&server), tokens("alice", 4));
    soon("online", alice.online()).await.unwrap();
    let mut counters = alice.counters();
    let refreshed = counters.wait_for(|counters| counters.refreshes > 0);
    drop(soon("the refresh", refreshed).await.unwrap());
    assert_eq!(alice.counters().borrow().connections, 1, "in place");
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_app_stop() {
    let server = Server::demo().await;
    let wrong =
        TokenSource::fixed(Token::of("demo-app", "another-secret-of-32-bytes-......", "a").sign());
    let client = Client::start(options(&server), wrong);
    let why = soon("the end", client.online()).await.unwrap_err();
    assert!(matches!(why, StopReason::AuthRefused(why) if why.reason == "signature_invalid"));
    let nobody = Options { app: AppId::parse("nobody").unwrap(), ..options(&server) };
    let client = Client::start(nobody, tokens("alice", 60));
    let why = soon("the end", client.online()).await.unwrap_err();
    assert_eq!(why, StopReason::UpgradeRefused(400));
}

#[tokio::test]
async fn tls_is_spoken() {
    let certificate = Certificate::new();
    let server = certificate.given_to(Start::new(), "").serve().await;
    let url = format!("wss://localhost:{}/ws", server.address.port());
    let tls = Some(certificate.trusted());
    let alice = Client::start(Options { url, tls, ..options(&server) }, tokens("alice", 60));
    soon("online", alice.online()).await.unwrap();
}
