//! Who is there.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Actor, Scenery, Stage};

const DELAY: Duration = Duration::from_secs(3);
const LOBBY: &str = "chat:lobby";

fn stage() -> Stage {
    Stage::with(Scenery::default().with_presence())
}

/// Subscribes to the lobby with this `presence`; gives the reply.
async fn subscribes(actor: &mut Actor, presence: Value) -> Value {
    actor.hears();
    actor.asks_as("s", "subscribe", json!({ "channel": LOBBY, "presence": presence })).await;
    actor.reads().remove(0)
}

async fn enters(actor: &mut Actor) -> Value {
    let mut reply = subscribes(actor, json!(true)).await;
    assert_eq!(reply["code"], 200, "{reply}");
    reply["data"].take()
}

async fn watches(actor: &mut Actor) -> Value {
    let mut reply = subscribes(actor, json!("watch")).await;
    assert_eq!(reply["code"], 200, "{reply}");
    reply["data"].take()
}

/// The lobby's members with their connections, and the version, as `presence` tells them.
async fn members(actor: &mut Actor) -> (Vec<(String, u64)>, u64) {
    actor.asks_as("p", "presence", json!({ "channel": LOBBY })).await;
    let mut frames = actor.reads();
    let reply = frames.pop().unwrap();
    assert!(frames.is_empty() && reply["id"] == "p", "{frames:?} {reply}");
    let data = &reply["data"];
    let named = listed(data);
    assert_eq!(data["count"], named.len());
    (named, data["version"].as_u64().unwrap())
}

fn listed(data: &Value) -> Vec<(String, u64)> {
    let named = |member: &Value| {
        let client = member["client"].as_str().unwrap().to_owned();
        (client, member["connections"].as_u64().unwrap())
    };
    data["members"].as_array().unwrap().iter().map(named).collect()
}

fn named(members: &[(&str, u64)]) -> Vec<(String, u64)> {
    members.iter().map(|(client, connections)| ((*client).to_owned(), *connections)).collect()
}

#[tokio::test]
async fn three_tabs_are_one_member() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    assert_eq!(watches(&mut bob).await["members"], json!([]));
    let mut tabs = Vec::new();
    for _ in 0..3 {
        let mut tab = stage.enter("alice").await;
        enters(&mut tab).await;
        tabs.push(tab);
    }
    assert_eq!(bob.hears(), ["memberJoined chat:lobby alice 1"]);
    assert_eq!(members(&mut bob).await, (named(&[("alice", 3)]), 1));
    for tab in tabs.drain(1..) {
        tab.leaves().await;
        stage.passes(DELAY * 2);
    }
    assert!(bob.hears().is_empty());
    assert_eq!(members(&mut bob).await, (named(&[("alice", 1)]), 1));
    tabs.remove(0).leaves().await;
    assert!(bob.hears().is_empty());
    stage.passes(DELAY);
    assert_eq!(bob.hears(), ["memberLeft chat:lobby alice 2"]);
    assert_eq!(members(&mut bob).await, (vec![], 2));
}

#[tokio::test]
async fn a_reload_makes_no_noise() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    enters(&mut alice).await;
    enters(&mut bob).await;
    for _ in 0..3 {
        alice.leaves().await;
        stage.passes(DELAY.saturating_sub(Duration::from_millis(100)));
        assert_eq!(members(&mut bob).await.0, named(&[("alice", 0), ("bob", 1)]));
        alice = stage.enter("alice").await;
        let data = enters(&mut alice).await;
        assert_eq!(listed(&data), named(&[("alice", 1), ("bob", 1)]), "in its old place");
    }
    stage.passes(DELAY * 2);
    assert!(bob.hears().is_empty());
    assert!(alice.hears().is_empty());
}

#[tokio::test]
async fn the_delay_is_the_namespaces() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        let presence_leave_delay = Duration::ZERO;
        let namespace =
            domain::Namespace { presence: true, presence_leave_delay, ..Default::default() };
        app.default_namespace = namespace.into();
    }));
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    enters(&mut alice).await;
    watches(&mut bob).await;
    alice.leaves().await;
    assert_eq!(bob.hears(), ["memberLeft chat:lobby alice 2"]);
}

#[tokio::test]
async fn ones_own_entry_is_in_the_reply_and_not_pushed() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    let data = enters(&mut bob).await;
    let expected = json!({
        "channel": LOBBY, "count": 1, "version": 1,
        "members": [{ "client": "bob", "connections": 1 }],
    });
    assert_eq!(data, expected);
    assert_eq!(enters(&mut alice).await["version"], 2);
    assert!(alice.hears().is_empty());
    assert_eq!(bob.hears(), ["memberJoined chat:lobby alice 2"]);
    // Her other tab enters nothing new.
    let mut tab = stage.enter("alice").await;
    assert_eq!(enters(&mut tab).await["version"], 2);
    assert!(alice.hears().is_empty() && bob.hears().is_empty());
}

#[tokio::test]
async fn a_watcher_is_no_member() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    let mut carol = stage.enter("carol").await;
    enters(&mut bob).await;
    assert_eq!(listed(&watches(&mut alice).await), named(&[("bob", 1)]));
    assert!(bob.hears().is_empty());
    carol.subscribes(LOBBY).await;
    assert_eq!(carol.hears(), ["#chat:lobby 200"]);
    alice.leaves().await;
    stage.passes(DELAY * 2);
    stage.enter("dave").await;
    assert!(bob.hears().is_empty() && carol.hears().is_empty());
    assert_eq!(members(&mut carol).await, (named(&[("bob", 1)]), 1), "asked without watching");
}

#[tokio::test]
async fn a_later_subscribe_changes_the_part_one_takes() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    watches(&mut bob).await;
    alice.subscribes(LOBBY).await;
    assert_eq!(watches(&mut alice).await["version"], 0);
    assert_eq!(enters(&mut alice).await["version"], 1);
    assert_eq!(enters(&mut alice).await["version"], 1, "once more changes nothing");
    assert_eq!(bob.hears(), ["memberJoined chat:lobby alice 1"]);
    alice.subscribes(LOBBY).await;
    assert_eq!(members(&mut bob).await.0, named(&[("alice", 1)]), "without a wish it stays");
    watches(&mut alice).await;
    stage.passes(DELAY);
    assert_eq!(bob.hears(), ["memberLeft chat:lobby alice 2"]);
    assert_eq!(alice.hears(), ["memberLeft chat:lobby alice 2"], "she watches on");
}

#[tokio::test]
async fn who_unsubscribes_leaves_and_hears_no_more() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    enters(&mut alice).await;
    enters(&mut bob).await;
    alice.hears();
    alice.unsubscribes(LOBBY).await;
    assert_eq!(members(&mut bob).await.0, named(&[("alice", 0), ("bob", 1)]));
    stage.passes(DELAY);
    assert_eq!(bob.hears(), ["memberLeft chat:lobby alice 3"]);
    stage
        .enter("carol")
        .await
        .asks("subscribe", json!({ "channel": LOBBY, "presence": true }))
        .await;
    assert_eq!(alice.hears(), ["#chat:lobby 200"]);
    bob.leaves().await;
    assert_eq!(stage.fanout.watched(), 0, "nobody watches, nothing is kept");
}

#[tokio::test]
async fn a_session_that_is_cut_off_leaves() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    watches(&mut bob).await;
    enters(&mut alice).await;
    drop(alice);
    stage.passes(DELAY);
    assert_eq!(bob.hears(), ["memberJoined chat:lobby alice 1", "memberLeft chat:lobby alice 2"]);
    drop(bob);
    assert_eq!(stage.fanout.watched(), 0);
}

/// The bound of ghosts: silence, the wait for a sign of life, the delay, and a tick of each timer.
#[tokio::test]
async fn who_falls_silent_is_gone_within_the_bound() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    watches(&mut bob).await;
    enters(&mut alice).await;
    for _ in 0..350 {
        stage.passes(Duration::from_millis(100));
        bob.stirs();
    }
    stage.passes(Duration::from_millis(200));
    assert!(alice.closed().is_some());
    // Its transport ends the session.
    alice.leaves().await;
    stage.passes(DELAY);
    let heard = bob.hears();
    assert_eq!(heard.last().map(String::as_str), Some("memberLeft chat:lobby alice 2"));
}

#[tokio::test]
async fn a_full_channel_takes_nobody_more() {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        let namespace =
            domain::Namespace { presence: true, presence_members: 1, ..Default::default() };
        app.default_namespace = namespace.into();
    }));
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    enters(&mut alice).await;
    let refused = subscribes(&mut bob, json!(true)).await;
    assert_eq!((&refused["code"], &refused["reason"]), (&json!(429), &json!("quota_exceeded")));
    stage.announces(LOBBY, "1");
    assert!(bob.hears().is_empty(), "nothing was subscribed");
    assert_eq!(listed(&watches(&mut bob).await), named(&[("alice", 1)]));
    let refused = subscribes(&mut bob, json!(true)).await;
    assert_eq!(refused["reason"], "quota_exceeded");
    let mut tab = stage.enter("alice").await;
    enters(&mut tab).await;
    tab.leaves().await;
    alice.leaves().await;
    stage.passes(DELAY);
    assert_eq!(bob.hears(), ["memberLeft chat:lobby alice 2"], "it watched on");
    enters(&mut bob).await;
}

#[tokio::test]
async fn presence_needs_a_grant() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    for (id, presence) in [("1", json!(true)), ("2", json!("watch"))] {
        alice.asks_as(id, "subscribe", json!({ "channel": "news", "presence": presence })).await;
    }
    alice.asks_as("3", "presence", json!({ "channel": "news" })).await;
    alice.asks_as("4", "subscribe", json!({ "channel": "news" })).await;
    let refused = ["#1 403 permission_denied", "#2 403 permission_denied"];
    let heard = alice.hears();
    assert_eq!(heard[..2], refused);
    assert_eq!(heard[2..], ["#3 403 permission_denied", "#4 200"]);
}

#[tokio::test]
async fn a_namespace_without_presence_has_none() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    assert_eq!(subscribes(&mut alice, json!(true)).await["reason"], "not_enabled");
    assert_eq!(subscribes(&mut alice, json!("watch")).await["reason"], "not_enabled");
    alice.asks_as("1", "presence", json!({ "channel": LOBBY })).await;
    assert_eq!(alice.hears(), ["#1 404 not_enabled"]);
    assert_eq!(stage.fanout.channels() + stage.fanout.watched(), 0);
}

#[tokio::test]
async fn info_is_that_of_the_newest_connection() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    watches(&mut bob).await;
    let mut tabs = Vec::new();
    for info in [r#"{"name":"A"}"#, r#"{"name":"B"}"#] {
        let info = domain::Payload::parse(info, 100).ok();
        let token = stage.token_with("alice", |claims| claims.info = info);
        let mut tab = stage.enter_with(&token).await;
        enters(&mut tab).await;
        tabs.push(tab);
    }
    let [joined] = &bob.reads()[..] else { panic!("one push") };
    let expected =
        json!({ "channel": LOBBY, "client": "alice", "info": { "name": "A" }, "version": 1 });
    assert_eq!(joined["payload"], expected);
    bob.asks("presence", json!({ "channel": LOBBY })).await;
    let reply = bob.reads().remove(0);
    let expected = json!([{ "client": "alice", "info": { "name": "B" }, "connections": 2 }]);
    assert_eq!(reply["data"]["members"], expected);
}

/// One reply names 1 MiB of members, of however many channels.
#[tokio::test]
async fn one_reply_names_no_more_members_than_it_may() {
    let stage = stage();
    let channels: Vec<_> = (0..6).map(|n| format!("chat:{n}")).collect();
    let wish = |presence: Value| {
        let wish = |name| json!({ "channel": name, "presence": presence });
        json!({ "channels": channels.iter().map(wish).collect::<Vec<_>>() })
    };
    let info = format!("\"{}\"", "x".repeat(1000));
    let mut audience = Vec::new();
    for client in 0..200 {
        let info = domain::Payload::parse(&info, 1024).ok();
        let token = stage.token_with(&format!("c{client:03}"), |claims| claims.info = info);
        let mut actor = stage.enter_with(&token).await;
        actor.asks("subscribe", wish(json!(true))).await;
        audience.push(actor);
    }
    let mut bob = stage.enter("bob").await;
    bob.asks("subscribe", wish(json!("watch"))).await;
    let rows = bob.reads().remove(0)["data"]["channels"].take();
    let rows: Vec<_> = rows.as_array().unwrap().iter().collect();
    assert!(rows.iter().all(|row| row["count"] == 200));
    let named: Vec<_> = rows.iter().map(|row| row["members"].is_array()).collect();
    assert_eq!(named, [true, true, true, true, true, false], "{}", 200 * (4 + 1002 + 32));
    bob.asks("presence", json!({ "channel": "chat:5" })).await;
    assert!(bob.reads()[0]["data"]["members"].is_array(), "asked for alone");
}

/// 256 KiB of members are named, more are not.
#[tokio::test]
async fn a_large_channel_is_counted_only() {
    let stage = stage();
    let mut first = stage.enter("first").await;
    watches(&mut first).await;
    let mut audience = Vec::new();
    for client in 1..=300 {
        let info = format!("\"{}\"", "x".repeat(1000));
        let info = domain::Payload::parse(&info, 1024).ok();
        let token = stage.token_with(&format!("c{client:03}"), |claims| claims.info = info);
        let mut actor = stage.enter_with(&token).await;
        let data = enters(&mut actor).await;
        let named = data["members"].is_array();
        let few = client * (4 + 1002 + 32) <= 256 * 1024;
        assert_eq!((&data["count"], named), (&json!(client), few));
        audience.push(actor);
    }
    let heard = first.hears();
    assert_eq!(heard.last().map(String::as_str), Some("memberJoined chat:lobby c300 300"));
    assert_eq!(heard.len(), 300, "changes are told all the same");
}

#[tokio::test]
async fn a_refresh_without_the_grant_ends_it() {
    use domain::{Action, Grant, GrantPattern};
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    let mut alice = stage.enter("alice").await;
    watches(&mut bob).await;
    enters(&mut alice).await;
    let token = stage.token_with("alice", |claims| {
        let pattern = GrantPattern::parse("chat:*").unwrap();
        let actions = [Action::Subscribe].into_iter().collect();
        claims.caps = Some(vec![Grant { pattern, actions }]);
    });
    alice.auth("shop", &token).await;
    assert_eq!(alice.hears(), ["200", "unsubscribed chat:lobby permission_denied"]);
    stage.passes(DELAY);
    let heard = bob.hears();
    assert_eq!(heard, ["memberJoined chat:lobby alice 1", "memberLeft chat:lobby alice 2"]);
}

#[tokio::test]
async fn many_channels_have_their_own_wishes() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    watches(&mut bob).await;
    let mut alice = stage.enter("alice").await;
    let channels = json!([
        { "channel": LOBBY, "presence": true },
        { "channel": "chat:x", "presence": "watch" },
        { "channel": "chat:y" },
        { "channel": "news", "presence": true },
    ]);
    alice.asks("subscribe", json!({ "channels": channels })).await;
    let rows = alice.reads().remove(0)["data"]["channels"].take();
    assert_eq!(listed(&rows[0]), named(&[("alice", 1)]));
    assert_eq!((&rows[1]["count"], &rows[1]["code"]), (&json!(0), &json!(200)));
    assert_eq!((&rows[2]["count"], &rows[2]["code"]), (&Value::Null, &json!(200)));
    assert_eq!(rows[3]["reason"], "permission_denied");
    assert_eq!(bob.hears(), ["memberJoined chat:lobby alice 1"]);
}
