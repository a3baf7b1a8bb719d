//! How much a client may ask, and how little it may read.

use std::time::Duration;

use application::Rules;
use domain::CloseReason;
use serde_json::{Value, json};
use testkit::{Scenery, Stage};

#[tokio::test]
async fn requests_have_a_burst_and_a_rate() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        (app.limits.requests_burst, app.limits.requests_per_second) = (5, 2);
    }));
    let mut alice = stage.enter("alice").await;
    let ping = json!({ "event": "ping", "id": 1 });
    for _ in 0..6 {
        alice.sends(ping.clone()).await;
    }
    let replies = alice.reads();
    assert!(replies[..5].iter().all(|reply| reply["code"] == 200));
    assert_eq!((&replies[5]["code"], &replies[5]["reason"]), (&json!(429), &json!("rate_limited")));
    assert_eq!(replies[5]["retry_after_ms"], 500, "two a second");
    stage.passes(Duration::from_millis(500));
    alice.sends(ping.clone()).await;
    alice.sends(ping).await;
    assert_eq!(alice.hears(), ["#1 200", "#1 429 rate_limited"]);
}

#[tokio::test]
async fn many_channels_under_one_request_count_as_more_than_one() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        (app.limits.requests_burst, app.limits.requests_per_second) = (5, 2);
    }));
    let many = |channels: usize| {
        let each: Vec<_> = (0..channels).map(|n| json!({ "channel": format!("c{n}") })).collect();
        json!({ "event": "subscribe", "id": 1, "payload": { "channels": each } })
    };
    let codes = |replies: &[Value]| -> Vec<_> {
        replies.iter().map(|reply| reply["code"].as_u64().unwrap()).collect()
    };
    let mut alice = stage.enter("alice").await;
    alice.sends(many(21)).await;
    alice.sends(many(20)).await;
    alice.sends(many(1)).await;
    assert_eq!(codes(&alice.reads()), [200, 200, 429], "3 and 2 of 5");
    // However many they are, a connection that was silent long enough may ask for them.
    stage.passes(Duration::from_millis(2500));
    alice.sends(many(100)).await;
    assert_eq!(codes(&alice.reads()), [200]);
}

#[tokio::test]
async fn who_goes_on_too_fast_is_closed() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.requests_burst = 5));
    let mut alice = stage.enter("alice").await;
    for _ in 0..10 {
        alice.asks("ping", json!({})).await;
    }
    assert_eq!(alice.closed(), None, "as many again are only refused");
    assert_eq!(alice.hears()[5..], ["429 请求过于频繁"; 5]);
    alice.asks("ping", json!({})).await;
    assert_eq!(alice.hears(), ["disconnect 4102"]);
    assert_eq!(alice.closed(), Some(CloseReason::RateLimited));
}

#[tokio::test]
async fn frames_without_a_message_have_a_rate_too() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.session().spend_overhead(Rules::OVERHEAD_BURST);
    assert_eq!(alice.closed(), None);
    stage.passes(Duration::from_secs(1));
    alice.session().spend_overhead(Rules::OVERHEAD_PER_SECOND);
    assert_eq!(alice.closed(), None);
    alice.session().spend_overhead(1);
    assert_eq!(alice.hears(), ["disconnect 4102"]);
}

#[tokio::test]
async fn too_fast_is_refused_before_it_is_read_as_bad() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.requests_burst = 1));
    let mut alice = stage.enter("alice").await;
    alice.asks("ping", json!({})).await;
    alice.sends_text("{}").await;
    assert_eq!(alice.hears(), ["200", "429 请求过于频繁"]);
}

#[tokio::test]
async fn the_eleventh_bad_request_closes() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for n in 0..10 {
        match n % 3 {
            0 => alice.sends_text("no frame").await,
            1 => alice.says("forbidden", json!(n)).await,
            _ => alice.unsubscribes("chat:never").await,
        }
    }
    assert_eq!(alice.hears().len(), 10);
    assert_eq!(alice.closed(), None);
    alice.sends_text("no frame").await;
    let heard = alice.hears();
    assert!(heard[0].starts_with("400 "), "answered all the same: {heard:?}");
    assert_eq!(heard[1..], ["disconnect 4005"]);
}

#[tokio::test]
async fn one_bad_request_is_forgiven_every_ten_seconds() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for _ in 0..10 {
        alice.unsubscribes("chat:never").await;
    }
    stage.passes(Duration::from_secs(10));
    alice.unsubscribes("chat:never").await;
    assert_eq!(alice.closed(), None);
    alice.unsubscribes("chat:never").await;
    assert_eq!(alice.closed(), Some(CloseReason::BadRequests));
}

/// A client that comes back to many channels after its grants changed is not an attacker.
#[tokio::test]
async fn many_refused_channels_are_one_bad_request() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    let bad: Vec<_> = (0..20).map(|_| json!({ "channel": "elsewhere" })).collect();
    for _ in 0..10 {
        alice.asks("subscribe", json!({ "channels": bad })).await;
    }
    assert_eq!(alice.closed(), None);
    alice.asks("subscribe", json!({ "channels": [{ "channel": "not a channel" }] })).await;
    assert_eq!(alice.hears().last().map(String::as_str), Some("disconnect 4005"));
}

#[tokio::test]
async fn too_many_channels_is_no_bad_request() {
    let stage =
        Stage::with(Scenery::default().with_shop(|app| app.limits.channels_per_connection = 2));
    let mut alice = stage.enter("alice").await;
    for channel in ["chat:a", "chat:b", "chat:c", "chat:a"] {
        alice.subscribes(channel).await;
    }
    let expected = ["#chat:a 200", "#chat:b 200", "#chat:c 429 too_many_channels", "#chat:a 200"];
    assert_eq!(alice.hears(), expected, "the second subscribe to chat:a needs no more room");
    for _ in 0..20 {
        alice.subscribes("chat:c").await;
    }
    assert_eq!(alice.closed(), None);
    alice.hears();
    alice.unsubscribes("chat:a").await;
    alice.subscribes("chat:c").await;
    assert_eq!(alice.hears(), ["#chat:a 200", "#chat:c 200"]);
}

#[tokio::test]
async fn a_payload_over_the_apps_limit_is_refused() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.payload_bytes = 10));
    let mut alice = stage.enter("alice").await;
    let send = |data: &str| json!({ "channel": "chat:a", "data": data });
    alice.asks_as("1", "messageSend", send("12345678")).await;
    alice.asks_as("2", "messageSend", send("123456789")).await;
    assert_eq!(alice.hears(), ["#1 200", "#2 413 payload_too_large"]);
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_delays_nobody() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.queue_bytes = 4096));
    let mut slow = stage.enter("slow").await;
    let mut quick = stage.enter("quick").await;
    let mut writer = stage.enter("writer").await;
    for reader in [&mut slow, &mut quick] {
        reader.subscribes("chat:lobby").await;
        reader.hears();
    }
    for n in 0..100 {
        writer.says("chat:lobby", json!(n)).await;
        assert_eq!(quick.hears(), [format!("message chat:lobby {n}")]);
    }
    assert_eq!(writer.hears(), ["200"; 100]);
    assert_eq!(slow.hears(), ["disconnect 4101"], "what waited is dropped for the farewell");
    assert_eq!(quick.closed(), None);
}

#[tokio::test]
async fn replies_never_make_a_slow_reader() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.queue_bytes = 4096));
    let mut alice = stage.enter("alice").await;
    for _ in 0..200 {
        alice.asks("ping", json!({})).await;
    }
    assert_eq!(alice.closed(), None);
    assert_eq!(alice.hears(), ["200"; 200]);
}

#[tokio::test]
async fn an_app_has_as_many_connections_as_it_may() {
    let stage = Stage::with(Scenery::default().with_shop(|app| app.limits.connections = Some(1)));
    let alice = stage.enter("alice").await;
    let mut bob = stage.connect();
    bob.asks_as("1", "auth", json!({ "appId": "shop", "token": stage.token("bob") })).await;
    assert_eq!(bob.hears(), ["#1 429 quota_exceeded", "disconnect 4103"]);
    let mut elsewhere = stage.connect();
    elsewhere.auth("bazaar", &stage.token("bob")).await;
    assert_eq!(elsewhere.hears(), ["200"], "another app is not concerned");
    bob.leaves().await;
    alice.leaves().await;
    let carol = stage.enter("carol").await;
    drop(carol);
    stage.enter("dave").await;
}

#[tokio::test]
async fn frames_that_say_nothing_have_a_budget() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for _ in 0..10 {
        alice.session().spend_overhead(1000);
        stage.passes(Duration::from_secs(1));
        alice.stirs();
    }
    assert_eq!(alice.closed(), None, "a thousand a second for ever");
    alice.session().spend_overhead(2001);
    assert_eq!(alice.hears(), ["disconnect 4102"]);
}
