//! Members whose connections are gone, and nobody said so.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    client::Client,
    cut_cable::CutCable,
    server::Start,
    tokens::{ALLOW_ALL, app, token},
};

/// The promised bound: ping interval, time to answer, leave delay.
const BOUND: Duration = Duration::from_millis(1000 + 1000 + 700);

/// Three timers of 100 ms, and a machine that is busy with other tests.
const SLACK: Duration = Duration::from_millis(300 + 2000);

#[tokio::test]
async fn a_member_behind_a_cut_cable_is_gone_within_the_bound() {
    let namespace = "[[apps.namespaces]]\npattern = \"room:*\"\npresence = true\n\
         presence_leave_delay = \"700ms\"\n";
    let limits = "[limits]\nping_interval = \"1s\"\nping_timeout = \"1s\"\n";
    let toml = [limits, &app("shop", ALLOW_ALL), namespace].concat();
    let server = Start::new().toml(&toml).serve().await;
    let mut watcher = Client::enter(&server, "shop", &token("shop", "zoe")).await;
    watcher.done("subscribe", json!({"channel": "room:1", "presence": "watch"})).await;

    let cable = CutCable::to(&server).await;
    let stream = TcpStream::connect(cable.address).await.unwrap();
    let url = format!("ws://{}/ws", cable.address);
    let (mut alice, _) = Client::over(stream, &url, &[]).await;
    alice.auth("shop", &token("shop", "alice").sign()).await;
    alice.done("subscribe", json!({"channel": "room:1", "presence": true})).await;
    assert_eq!(watcher.push("memberJoined").await["client"], "alice");

    let cut = Instant::now();
    cable.cut();
    let left = watcher.push("memberLeft").await;
    let took = cut.elapsed();
    assert_eq!(left["client"], "alice");
    assert!(took <= BOUND + SLACK, "{took:?}, where {BOUND:?} is promised");
    eprintln!("gone after {took:?}, within {BOUND:?}");
    // Her own end heard nothing of it: the connection was open all the time.
    drop(alice);
}
