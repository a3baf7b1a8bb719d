//! History and recovery, as clients see them.

use std::time::Duration;

use domain::{ChannelMode, Durability, HistoryPolicy, Namespace, NamespacePattern};
use serde_json::{Value, json};
use testkit::{Actor, Scenery, Stage};

fn policy(size: u32) -> HistoryPolicy {
    let ttl = Duration::from_secs(3600);
    HistoryPolicy { size, ttl, bytes: 1 << 20, durability: Durability::Memory }
}

fn namespace(pattern: &str, history: Option<HistoryPolicy>, mode: ChannelMode) -> Namespace {
    let pattern = NamespacePattern::parse(pattern);
    Namespace { pattern, history, mode, ..Namespace::default() }
}

/// `chat:*` keeps ten messages, `chat:last` is a cache, `chat:plain` keeps none.
fn scenery() -> Scenery<'static> {
    Scenery::default().with_shop(|app| {
        app.namespaces = [
            namespace("chat:*", Some(policy(10)), ChannelMode::Stream),
            namespace("chat:last", None, ChannelMode::Cache),
            namespace("chat:plain", None, ChannelMode::Stream),
        ]
        .map(std::sync::Arc::new)
        .into();
    })
}

fn stage() -> Stage {
    Stage::with(scenery())
}

/// Subscribes with these options; what the reply says.
async fn subscribed(actor: &mut Actor, channel: &str, options: Value) -> Value {
    let mut payload = json!({ "channel": channel });
    let options = options.as_object().unwrap().clone();
    payload.as_object_mut().unwrap().extend(options);
    actor.asks_as("s", "subscribe", payload).await;
    let frames = actor.reads();
    let reply = frames.iter().find(|frame| frame["id"] == "s").unwrap();
    assert_eq!(reply["code"], 200, "{reply}");
    reply["data"].clone()
}

fn place(reply: &Value) -> Value {
    json!({ "epoch": reply["epoch"], "offset": reply["offset"] })
}

fn said(reply: &Value) -> Vec<&Value> {
    reply["messages"].as_array().unwrap().iter().map(|message| &message["data"]).collect()
}

#[tokio::test]
async fn who_comes_back_is_given_what_it_missed() {
    let stage = stage();
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    let first = subscribed(&mut bob, "chat:a", json!({})).await;
    assert_eq!((&first["offset"], said(&first).len()), (&json!(0), 0));
    assert_eq!(first["epoch"].as_str().unwrap().len(), 16);
    alice.says("chat:a", json!(1)).await;
    assert_eq!(bob.reads()[0]["payload"]["offset"], 1);
    bob.leaves().await;
    for n in 2..=4 {
        alice.says("chat:a", json!(n)).await;
    }
    let mut bob = stage.enter("bob").await;
    let known = json!({ "position": { "epoch": first["epoch"], "offset": 1 } });
    let again = subscribed(&mut bob, "chat:a", known).await;
    assert_eq!((&again["recovered"], &again["offset"]), (&json!(true), &json!(4)));
    assert_eq!(said(&again), [2, 3, 4]);
    assert_eq!(again["messages"][0]["from"]["client"], "alice");
    alice.says("chat:a", json!(5)).await;
    assert_eq!(bob.hears(), ["message chat:a 5"]);
}

#[tokio::test]
async fn what_cannot_be_made_up_for_is_said_and_nothing_is_replayed() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    for n in 1..=12 {
        alice.says("chat:a", json!(n)).await;
    }
    let mut bob = stage.enter("bob").await;
    let present = place(&subscribed(&mut bob, "chat:a", json!({})).await);
    let epoch = &present["epoch"];
    for (epoch, offset, recovered, given) in [
        (epoch.clone(), 12, true, 0),
        (epoch.clone(), 2, true, 10),
        (epoch.clone(), 1, false, 0),
        (epoch.clone(), 13, false, 0),
        (json!("0123456789abcdef"), 12, false, 0),
    ] {
        let mut bob = stage.enter("bob").await;
        let known = json!({ "position": { "epoch": epoch, "offset": offset } });
        let reply = subscribed(&mut bob, "chat:a", known).await;
        assert_eq!((&reply["recovered"], said(&reply).len()), (&json!(recovered), given));
        assert_eq!(place(&reply), present, "a position beyond the top changes nothing");
    }
}

#[tokio::test]
async fn more_than_may_be_replayed_at_once_is_not_recovered() {
    let scenery = scenery().with_shop(|app| app.limits.replay_messages = 3);
    let stage = Stage::with(scenery);
    let mut alice = stage.enter("alice").await;
    for channel in ["chat:a", "chat:b"] {
        for n in 1..=4 {
            alice.says(channel, json!(n)).await;
        }
    }
    let mut bob = stage.enter("bob").await;
    let a = place(&subscribed(&mut bob, "chat:a", json!({})).await)["epoch"].clone();
    let b = place(&subscribed(&mut bob, "chat:b", json!({})).await)["epoch"].clone();
    let ask = |a_from: u64, b_from: u64| {
        json!({ "channels": [
            { "channel": "chat:a", "position": { "epoch": a, "offset": a_from } },
            { "channel": "chat:b", "position": { "epoch": b, "offset": b_from } },
        ]})
    };
    for (from, recovered) in
        [((0, 4), (false, true)), ((1, 4), (true, true)), ((2, 2), (true, false))]
    {
        let mut bob = stage.enter("bob").await;
        bob.asks_as("s", "subscribe", ask(from.0, from.1)).await;
        let reply = bob.reads().remove(0);
        let told = [0, 1].map(|n| reply["data"]["channels"][n]["recovered"].clone());
        assert_eq!(told, [json!(recovered.0), json!(recovered.1)], "{from:?}");
    }
}

#[tokio::test]
async fn what_a_client_hid_from_itself_stays_hidden_and_moves_its_position() {
    let stage = stage();
    let (mut tab, mut other) = (stage.connect(), stage.enter("alice").await);
    tab.auth("shop", &stage.token("alice")).await;
    let session = tab.reads()[0]["data"]["session"].clone();
    let first = subscribed(&mut tab, "chat:a", json!({})).await;
    subscribed(&mut other, "chat:a", json!({})).await;
    let quiet = json!({ "channel": "chat:a", "data": "mine", "echo": false });
    tab.asks_as("q", "messageSend", quiet.clone()).await;
    assert_eq!(tab.hears(), ["position chat:a @1", "#q 200"], "its position moves");
    assert_eq!(other.hears(), ["message chat:a \"mine\""], "its other tab sees it");
    tab.asks_as("q", "messageSend", quiet).await;
    tab.leaves().await;
    other.says("chat:a", json!("theirs")).await;
    let known = json!({ "position": place(&first) });

    let mut back = stage.connect();
    let auth = json!({ "appId": "shop", "token": stage.token("alice"), "session": session });
    back.asks("auth", auth.clone()).await;
    assert_eq!(back.reads()[0]["data"]["session"], session, "one session goes on");
    let reply = subscribed(&mut back, "chat:a", known.clone()).await;
    assert_eq!((&reply["recovered"], &reply["offset"]), (&json!(true), &json!(3)));
    assert_eq!(said(&reply), ["theirs"]);

    let mut newcomer = stage.enter("alice").await;
    let reply = subscribed(&mut newcomer, "chat:a", known.clone()).await;
    assert_eq!(said(&reply), ["mine", "mine", "theirs"], "without the session nothing is hidden");

    let mut thief = stage.connect();
    let auth = json!({ "appId": "shop", "token": stage.token("bob"), "session": session });
    thief.asks("auth", auth).await;
    let reply = subscribed(&mut thief, "chat:a", known).await;
    assert_eq!(said(&reply), ["mine", "mine", "theirs"], "the session is alice's");
}

#[tokio::test]
async fn a_rewind_gives_the_last_messages() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    for n in 1..=12 {
        alice.says("chat:a", json!(n)).await;
    }
    let mut bob = stage.enter("bob").await;
    let reply = subscribed(&mut bob, "chat:a", json!({ "rewind": 3 })).await;
    assert_eq!(said(&reply), [10, 11, 12]);
    assert_eq!((&reply["offset"], reply.get("recovered")), (&json!(12), None));
    let mut carol = stage.enter("carol").await;
    let both = json!({ "channel": "chat:a", "rewind": 3, "position": place(&reply) });
    carol.asks_as("s", "subscribe", both).await;
    assert_eq!(carol.hears(), ["#s 400 invalid_params"]);
}

#[tokio::test]
async fn a_cache_gives_its_latest_message() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    let mut early = stage.enter("bob").await;
    let reply = subscribed(&mut early, "chat:last", json!({})).await;
    assert_eq!(said(&reply).len(), 0);
    alice.says("chat:last", json!("a")).await;
    alice.says("chat:last", json!("b")).await;
    assert_eq!(early.hears(), ["message chat:last \"a\"", "message chat:last \"b\""]);
    let mut late = stage.enter("carol").await;
    let reply = subscribed(&mut late, "chat:last", json!({})).await;
    assert_eq!(said(&reply), ["b"]);
    let mut back = stage.enter("carol").await;
    let known = json!({ "position": place(&reply) });
    let reply = subscribed(&mut back, "chat:last", known).await;
    assert_eq!((said(&reply).len(), &reply["recovered"]), (0, &json!(true)), "it has it");
    stage.passes(Namespace::CACHE_TTL);
    let mut later = stage.enter("dave").await;
    let reply = subscribed(&mut later, "chat:last", json!({})).await;
    assert_eq!(said(&reply).len(), 0, "after half an hour it is gone");
}

#[tokio::test]
async fn history_pages_both_ways() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    for n in 1..=12 {
        alice.says("chat:a", json!(n)).await;
    }
    alice.hears();
    let mut page = async |wish: Value| {
        let mut payload = json!({ "channel": "chat:a" });
        payload.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
        alice.asks_as("h", "history", payload).await;
        alice.reads().remove(0)
    };
    let up = page(json!({ "limit": 4 })).await["data"].clone();
    assert_eq!(said(&up), [3, 4, 5, 6]);
    assert_eq!((&up["first"], &up["offset"], &up["more"]), (&json!(3), &json!(12), &json!(true)));
    let next = page(json!({ "after": 6, "epoch": up["epoch"] })).await["data"].clone();
    assert_eq!(
        (said(&next), &next["more"]),
        (vec![&json!(7), &json!(8), &json!(9), &json!(10), &json!(11), &json!(12)], &json!(false))
    );
    let down = page(json!({ "order": "desc", "before": 5, "limit": 1 })).await["data"].clone();
    assert_eq!((said(&down), &down["more"]), (vec![&json!(4)], &json!(true)));
    let other = page(json!({ "epoch": "0123456789abcdef" })).await;
    assert_eq!(other["reason"], "epoch_changed");
    for wrong in [
        json!({ "limit": 0 }),
        json!({ "limit": 1001 }),
        json!({ "order": "up" }),
        json!({ "epoch": "" }),
    ] {
        assert_eq!(page(wrong).await["reason"], "invalid_params");
    }
}

#[tokio::test]
async fn reading_earlier_messages_needs_a_grant() {
    let stage = Stage::with(scenery().with_shop(|app| {
        app.namespaces.push(namespace("news", Some(policy(5)), ChannelMode::Stream).into());
    }));
    // `news` grants subscribing only.
    let mut bob = stage.enter("bob").await;
    bob.asks_as("h", "history", json!({ "channel": "news" })).await;
    bob.asks_as("r", "subscribe", json!({ "channel": "news", "rewind": 1 })).await;
    bob.asks_as("n", "history", json!({ "channel": "chat:plain" })).await;
    assert_eq!(
        bob.hears(),
        ["#h 403 permission_denied", "#r 403 permission_denied", "#n 404 not_enabled"]
    );
    let reply = subscribed(&mut bob, "news", json!({})).await;
    assert_eq!(reply, json!({ "channel": "news" }), "nor is it told its place");
    stage.announces("news", "1");
    assert_eq!(bob.hears(), ["message news 1"]);
}

#[tokio::test]
async fn a_second_subscribe_tells_the_present_place() {
    let stage = stage();
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    let first = subscribed(&mut bob, "chat:a", json!({})).await;
    alice.says("chat:a", json!(1)).await;
    alice.says("chat:a", json!(2)).await;
    bob.hears();
    let again = subscribed(&mut bob, "chat:a", json!({ "position": place(&first) })).await;
    assert_eq!((&again["offset"], &again["recovered"]), (&json!(2), &json!(false)));
    alice.says("chat:a", json!(3)).await;
    assert_eq!(bob.hears(), ["message chat:a 3"], "nothing twice, nothing lost");
}

#[tokio::test]
async fn a_channel_twice_in_one_request_is_told_its_place_once() {
    let stage = stage();
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    alice.says("chat:a", json!(1)).await;
    let twice =
        json!({ "channels": [{ "channel": "chat:a", "rewind": 5 }, { "channel": "chat:a" }] });
    bob.asks_as("s", "subscribe", twice).await;
    let reply = bob.reads().remove(0)["data"]["channels"].clone();
    assert_eq!((said(&reply[0]), &reply[0]["offset"]), (vec![&json!(1)], &json!(1)));
    assert_eq!((reply[1].get("offset"), &reply[1]["code"]), (None, &json!(200)));
    alice.says("chat:a", json!(2)).await;
    assert_eq!(bob.hears(), ["message chat:a 2"]);
}

#[tokio::test]
async fn a_repeated_key_is_answered_and_not_said_again() {
    let stage = stage();
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    bob.subscribes("chat:a").await;
    bob.hears();
    let keyed = |data: &str| json!({ "channel": "chat:a", "data": data, "key": "k" });
    alice.asks_as("1", "messageSend", keyed("hi")).await;
    alice.asks_as("2", "messageSend", keyed("hi")).await;
    alice.asks_as("3", "messageSend", keyed("ho")).await;
    let replies = alice.reads();
    assert_eq!(replies[0]["data"]["id"], replies[1]["data"]["id"]);
    assert_eq!(replies[1]["data"]["repeated"], true);
    assert_eq!(
        (&replies[2]["code"], &replies[2]["reason"]),
        (&json!(409), &json!("idempotency_conflict"))
    );
    assert_eq!(bob.hears(), ["message chat:a \"hi\""]);
}

#[tokio::test]
async fn positions_in_auth_recover_the_channels_of_the_token() {
    let stage = stage();
    let mut alice = stage.enter("alice").await;
    let first = subscribed(&mut alice, "chat:a", json!({})).await;
    alice.says("chat:a", json!(1)).await;
    let channels = vec![domain::ChannelName::parse("chat:a").unwrap()];
    let token = stage.token_with("bob", |claims| claims.channels = channels);
    let mut bob = stage.connect();
    let positions = json!({ "chat:a": place(&first) });
    bob.asks("auth", json!({ "appId": "shop", "token": token, "positions": positions })).await;
    let push = bob.reads().remove(1);
    assert_eq!(push["event"], "subscribed");
    assert_eq!(
        (&push["payload"]["recovered"], said(&push["payload"])),
        (&json!(true), vec![&json!(1)])
    );
}
