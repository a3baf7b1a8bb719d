//! More connections, and more that waits for them, than the server may have.

use serde_json::{Value, json};

use crate::{
    client::Client,
    http,
    raw::Raw,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, app, token},
};

/// Readers that read nothing, each of a channel of its own.
const READERS: usize = 16;
/// What is sent to each of them: a dozen MiB, of which the system takes a few itself.
const MESSAGES: usize = 120;
const BYTES: usize = 100 * 1024;
/// What may wait, and what the whole process may take: a server in a debug build, and more than twice
/// what may wait. Without the bound it is beyond 150 MiB.
const MAY_WAIT: &str = "16MiB";
const MAY_TAKE: usize = 96 * 1024 * 1024;

/// The app's own limit would let each of the readers have it all.
fn patient() -> String {
    let limits = "limits = { requests_per_second = 100000, requests_burst = 100000, \
                  payload = \"120KiB\", queue = \"64MiB\" }";
    app("shop", &format!("{ALLOW_ALL}\n{limits}"))
}

/// The most memory that the process ever had, in bytes.
fn most_memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}

async fn slow_reader(server: &Server, number: usize) -> Raw {
    let raw = Raw::connect_narrow(server).await.upgrade(server).await;
    let mut raw = raw.enter("shop", &token("shop", &format!("reader-{number}")).sign()).await;
    let channel = json!({"channel": format!("c{number}")});
    raw.send(&json!({"event": "subscribe", "payload": channel}).to_string()).await;
    let reply: Value = raw.json().await;
    assert_eq!(reply["code"], 200, "{reply}");
    raw
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_slowest_are_let_go() {
    let start = Start::new().env("RTMATE__LIMITS__QUEUES", MAY_WAIT).toml(&patient());
    let server = start.env("RTMATE__LIMITS__CONNECTIONS", "24").serve().await;
    let mut readers = Vec::new();
    for number in 0..READERS {
        readers.push(slow_reader(&server, number).await);
    }
    let mut sender = Client::connect(&server).await;
    let reply = sender.auth("shop", &token("shop", "sender").sign()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    let data = "x".repeat(BYTES);
    for _ in 0..MESSAGES {
        for number in 0..READERS {
            sender.say(&format!("c{number}"), data.as_str()).await;
        }
    }
    // More connections than may be: those beyond are told so.
    let mut more = Vec::new();
    let mut refused = 0;
    for _ in 0..60 {
        let mut raw = Raw::connect(&server).await;
        if raw.try_write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await {
            let head = raw.try_head().await.unwrap_or_default();
            refused += usize::from(head.starts_with("HTTP/1.1 503 "));
        }
        more.push(raw);
    }
    assert!(refused >= 36, "{refused}");
    drop(more);
    let most = most_memory(&server);
    assert!(most < MAY_TAKE, "{most} bytes");
    server.log.expect("too much waited; the slowest readers were closed").await;
    server.log.expect("reason=\"too_slow\"").await;
    // Nothing else happened to it.
    sender.say("c0", "still here").await;
    let ready = async { while http::get(&server, "/readyz", &[]).await.status != 200 {} };
    soon("room", ready).await;
}
