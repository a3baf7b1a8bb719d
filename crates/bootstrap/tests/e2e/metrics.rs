//! The page that a monitor reads, and what is made for it in `ops`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    client::Client,
    http,
    server::{DEMO_SECRET, Server, Start},
    tokens::{ALLOW_ALL, Token, app},
};

const DASHBOARD: &str = include_str!("../../../../ops/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../../../ops/alerts.yml");

async fn page(server: &Server) -> String {
    let answer = http::get(server, "/metrics", &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.has("content-type: text/plain; version=0.0.4; charset=utf-8"), "{answer:?}");
    answer.body
}

/// The value of a sample.
fn value(page: &str, sample: &str) -> Option<f64> {
    let mut samples = page.lines().filter_map(|line| line.rsplit_once(' '));
    samples.find(|(name, _)| *name == sample).map(|(_, value)| value.parse().unwrap())
}

#[track_caller]
fn is(page: &str, sample: &str, wanted: f64) {
    assert_eq!(value(page, sample), Some(wanted), "{sample}\n{page}");
}

/// Alice reads, Bob sends three messages, one request and one token are refused.
async fn some_traffic(server: &Server) -> (Client, Client) {
    let mut alice = Client::demo(server, "alice").await;
    let place = alice.done("subscribe", json!({"channel": "chat"})).await;
    let mut bob = Client::demo(server, "bob").await;
    for number in 1..=3 {
        bob.say("chat", number).await;
        alice.push("message").await;
    }
    let position = json!({"epoch": place["epoch"], "offset": place["offset"]});
    bob.done("subscribe", json!({"channel": "chat", "position": position})).await;
    bob.refused("unsubscribe", json!({"channel": "nowhere"})).await;
    let mut mallory = Client::connect(server).await;
    let token = Token::of("demo-app", "not-the-secret-of-the-demo-app-at-all", "m").sign();
    mallory.refused("auth", json!({"appId": "demo-app", "token": token})).await;
    (alice, bob)
}

fn kept() -> Start {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).env("RTMATE__DEMO__SECRET", DEMO_SECRET)
}

#[tokio::test]
async fn the_page_says_what_happened() {
    let server = kept().serve().await;
    let _open = some_traffic(&server).await;
    let page = page(&server).await;
    let demo = "{app=\"demo-app\"}";
    is(&page, &format!("rtmate_authenticated_connections{demo}"), 2.0);
    is(&page, &format!("rtmate_subscriptions{demo}"), 2.0);
    is(&page, "rtmate_channels", 1.0);
    is(&page, &format!("rtmate_messages_published_total{demo}"), 3.0);
    is(&page, &format!("rtmate_messages_delivered_total{demo}"), 3.0);
    is(&page, "rtmate_recoveries_total{app=\"demo-app\",verdict=\"recovered\"}", 1.0);
    is(&page, "rtmate_auth_total{result=\"accepted\"}", 2.0);
    is(&page, "rtmate_auth_total{result=\"signature_invalid\"}", 1.0);
    is(&page, "rtmate_refusals_total{app=\"demo-app\",reason=\"not_subscribed\"}", 1.0);
    is(&page, "rtmate_refusals_total{app=\"\",reason=\"signature_invalid\"}", 1.0);
    is(&page, "rtmate_command_seconds_count{command=\"send\"}", 3.0);
    is(&page, "rtmate_store_writable", 1.0);
    for positive in [
        "rtmate_delivery_seconds_count",
        "rtmate_store_commit_seconds_count",
        "rtmate_store_commit_commands_sum",
        "rtmate_received_bytes_total",
        "rtmate_reply_bytes_total",
        "process_resident_memory_bytes",
    ] {
        assert!(value(&page, positive) > Some(0.0), "{positive}\n{page}");
    }
    for secret in ["alice", "bob", "chat", DEMO_SECRET] {
        assert!(!page.contains(&format!("\"{secret}\"")), "{secret} is on the page");
    }
}

#[tokio::test]
async fn what_ends_is_no_longer_counted_as_open() {
    let server = kept().serve().await;
    let (alice, bob) = some_traffic(&server).await;
    drop((alice, bob));
    let gone = async {
        loop {
            let page = page(&server).await;
            let lost = value(&page, "rtmate_closes_total{reason=\"peer_lost\"}");
            if lost == Some(3.0) {
                return page;
            }
        }
    };
    let page = crate::soon("three ends", gone).await;
    is(&page, "rtmate_authenticated_connections{app=\"demo-app\"}", 0.0);
    is(&page, "rtmate_subscriptions{app=\"demo-app\"}", 0.0);
    is(&page, "rtmate_connections_opened_total", 3.0);
}

#[tokio::test]
async fn others_than_this_machine_need_a_key() {
    // printf %s the-monitor | sha256sum
    let hash = "0ce61ca44259169ec3de84bcb98847470479b0f0e3728c653c54386617a8f996";
    let keys = format!("[[operator.keys]]\nname = 'm'\nhash = '{hash}'\nscopes = ['read']\n");
    // printf %s the-manager | sha256sum
    let hash = "d82933d22f3a8f445b48fc41c2d80d7409d52bf32bb7963b32170fcc3bee69d5";
    let manager = "[[operator.keys]]\nname = 'n'\nscopes = ['manage']\n";
    let keys = format!("{keys}{manager}hash = '{hash}'\n");
    let server = Server::with(&format!("{keys}{}", app("shop", ALLOW_ALL))).await;
    let forwarded = ("X-Forwarded-For", "192.0.2.1");
    let refused = http::get(&server, "/metrics", &[forwarded]).await;
    assert_eq!(refused.status, 401);
    assert!(refused.has("www-authenticate: Bearer") && !refused.body.contains("rtmate_"));
    let wrong = ("Authorization", "Bearer something-else");
    assert_eq!(http::get(&server, "/metrics", &[forwarded, wrong]).await.status, 401);
    // Told as a key that the server API refuses.
    server.log.expect("key refused").await;
    let other = ("Authorization", "Bearer the-manager");
    let refused = http::get(&server, "/metrics", &[forwarded, other]).await;
    assert_eq!((refused.status, &refused.json()["reason"]), (403, &json!("permission_denied")));
    let right = ("Authorization", "Bearer the-monitor");
    assert_eq!(http::get(&server, "/metrics", &[forwarded, right]).await.status, 200);
}

/// Names of metrics in a text.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("rtmate_") || word.starts_with("process_")).collect()
}

fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let asked = value.as_str().filter(|_| name == "expr" || name == "query");
                found.extend(asked.map(str::to_owned));
                expressions(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A metric of webhooks or limits: there are samples of it only where there are webhooks, or where a
/// limit was met.
fn without_samples(line: &str) -> Option<&str> {
    let name = line.strip_prefix("# TYPE ")?.split(' ').next()?;
    let rare = ["rtmate_webhook_", "rtmate_limit_"];
    rare.iter().any(|prefix| name.starts_with(prefix)).then_some(name)
}

#[tokio::test]
async fn what_dashboard_and_alerts_name_is_there() {
    let server = kept().serve().await;
    let _open = some_traffic(&server).await;
    let page = page(&server).await;
    let samples: BTreeSet<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap_or_default())
        .chain(page.lines().filter_map(without_samples))
        .collect();
    let mut shown = Vec::new();
    expressions(&serde_json::from_str(DASHBOARD).unwrap(), &mut shown);
    let shown = shown.join(" ");
    for (file, text, least) in [("dashboard", &*shown, 25), ("alerts", ALERTS, 12)] {
        let named = named(text);
        assert!(named.len() >= least, "{file} is not understood: {named:?}");
        let missing: Vec<_> = named.difference(&samples).collect();
        assert!(missing.is_empty(), "{file} names what is not there: {missing:?}");
    }
    // What a label is compared with is a value that it has.
    for (label, wanted) in [("reason", "too_slow"), ("verdict", "lost"), ("result", "accepted")] {
        assert!(ALERTS.contains(wanted) && page.contains(&format!("{label}=\"{wanted}\"")));
    }
}
