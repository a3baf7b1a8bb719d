//! What backends do over HTTP, and what clients see of it.

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, OPERATOR, shop},
    client::Client,
    server::Server,
    tokens::token,
};

/// A channel whose name has everything that an address must encode.
const CHANNEL: &str = "chat:a/b#c";
const ENCODED: &str = "/channels/chat:a%2Fb%23c";

async fn enter(server: &Server, name: &str) -> Client {
    Client::enter(server, "shop", &token("shop", name)).await
}

fn reason(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn what_a_backend_publishes_its_subscribers_hear_at_once() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut alice = enter(&server, "alice").await;
    let first = alice.done("subscribe", json!({"channel": CHANNEL})).await;
    let messages = format!("{ENCODED}/messages");
    let sent = api.done("POST", &messages, r#"{"data": {"n": 1}, "name": "note", "x": 0}"#).await;
    assert_eq!((&sent["channel"], &sent["offset"]), (&json!(CHANNEL), &json!(1)));
    assert_eq!((&sent["epoch"], &sent["repeated"]), (&first["epoch"], &json!(false)));
    let heard = alice.push("message").await;
    assert_eq!((&heard["offset"], &heard["data"]), (&json!(1), &json!({"n": 1})));
    assert_eq!((&heard["name"], &heard["id"]), (&json!("note"), &sent["id"]));
    // The same key once more, in the body or in the head, publishes once.
    let keyed = api.done("POST", &messages, r#"{"data": 2, "key": "k"}"#).await;
    let head = [("Idempotency-Key", "k")];
    let again = api.ask_with("POST", &messages, &head, r#"{"data": 2}"#).await.json();
    assert_eq!((&again["data"]["id"], &again["data"]["repeated"]), (&keyed["id"], &json!(true)));
    let other = api.ask_with("POST", &messages, &head, r#"{"data": 3}"#).await;
    assert_eq!(crate::api::refusal(&other), reason(409, "idempotency_conflict"));
    let differ = api.ask_with("POST", &messages, &head, r#"{"data": 3, "key": "j"}"#).await;
    assert_eq!(crate::api::refusal(&differ), reason(400, "invalid_params"));
    assert_eq!(alice.hears().await, 2);
    alice.hears_nothing().await;
}

#[tokio::test]
async fn one_connection_can_be_left_out() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let (mut alice, mut bob) = (enter(&server, "alice").await, enter(&server, "bob").await);
    alice.subscribe("plain").await;
    bob.subscribe("plain").await;
    let shown = api.done("GET", "/clients/alice", "").await;
    let connection = shown["connections"][0]["connection"].as_str().unwrap();
    let body = json!({"data": "psst", "exclude": connection}).to_string();
    api.done("POST", "/channels/plain/messages", &body).await;
    assert_eq!(bob.hears().await, "psst");
    alice.hears_nothing().await;
}

#[tokio::test]
async fn a_batch_goes_on_past_what_is_refused() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut alice = enter(&server, "alice").await;
    alice.subscribe("chat:x").await;
    alice.subscribe("plain").await;
    let mut messages: Vec<Value> =
        (0..20).map(|n| json!({"channel": "chat:x", "data": n})).collect();
    messages.insert(1, json!({"channel": "not a channel", "data": 0}));
    messages.insert(2, json!(["chat:x", 1]));
    messages.insert(3, json!({"channel": "plain", "data": "x".repeat(65 * 1024)}));
    messages.insert(4, json!({"channel": "plain", "data": "between"}));
    let body = json!({"messages": messages}).to_string();
    let results = api.done("POST", "/messages", &body).await;
    let results = results["results"].as_array().unwrap();
    let reasons: Vec<_> = results.iter().map(|result| result["reason"].as_str()).collect();
    let refused = [Some("invalid_channel"), Some("invalid_params"), Some("payload_too_large")];
    assert_eq!((reasons[0], &reasons[1..4]), (None, &refused[..]));
    assert!(reasons[4..].iter().all(Option::is_none) && results.len() == 24);
    assert_eq!((&results[23]["data"]["offset"], &results[1]["code"]), (&json!(20), &json!(400)));
    let mut heard = Vec::new();
    for _ in 0..21 {
        heard.push(alice.hears().await);
    }
    assert_eq!(heard.iter().filter(|data| **data == json!("between")).count(), 1);
    heard.retain(Value::is_number);
    assert_eq!(heard, (0..20).map(Value::from).collect::<Vec<_>>());
    for bad in [json!({}), json!({"messages": []}), json!({"messages": vec![0; 101]}), json!([])] {
        let refused = api.refused("POST", "/messages", &bad.to_string()).await;
        assert_eq!(refused, reason(400, "invalid_params"), "{bad}");
    }
    let head = [("Idempotency-Key", "k")];
    let refused = api.ask_with("POST", "/messages", &head, &body).await;
    assert_eq!(refused.status, 400, "a batch has no key of its own");
}

#[tokio::test]
async fn channels_are_listed_page_by_page() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    assert_eq!(api.done("GET", "/channels", "").await, json!({"channels": [], "more": false}));
    let (mut alice, mut bob) = (enter(&server, "alice").await, enter(&server, "bob").await);
    for channel in ["chat:1", "chat:2", CHANNEL, "plain"] {
        alice.subscribe(channel).await;
    }
    bob.done("subscribe", json!({"channel": "chat:2", "presence": true})).await;
    let entry = |channel: &str, count: u32| json!({"channel": channel, "subscribers": count});
    let page = api.done("GET", "/channels?prefix=chat:&limit=2", "").await;
    let expected = json!({"channels": [entry("chat:1", 1), entry("chat:2", 2)], "more": true});
    assert_eq!(page, expected);
    let page = api.done("GET", "/channels?prefix=chat:&limit=2&after=chat:2", "").await;
    assert_eq!(page, json!({"channels": [entry(CHANNEL, 1)], "more": false}));
    for bad in ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2"] {
        let answer = api.refused("GET", &format!("/channels?{bad}"), "").await;
        assert_eq!(answer, reason(400, "invalid_params"), "{bad}");
    }
    let shown = api.done("GET", "/channels/chat:2", "").await;
    assert_eq!((&shown["subscribers"], &shown["offset"]), (&json!(2), &json!(0)));
    assert_eq!(shown["members"], 1);
    let plain = api.done("GET", "/channels/nobody", "").await;
    assert_eq!(plain, json!({"channel": "nobody", "subscribers": 0}));
    let present = api.done("GET", "/channels/chat:2/presence", "").await;
    let members = json!([{"client": "bob", "connections": 1}]);
    assert_eq!((&present["members"], &present["count"]), (&members, &json!(1)));
    let refused = api.refused("GET", "/channels/plain/presence", "").await;
    assert_eq!(refused, reason(404, "not_enabled"));
    for (path, why) in [("/channels/a%20b", "invalid_channel"), ("/channels/%ff", "invalid_params")]
    {
        assert_eq!(api.refused("GET", path, "").await, reason(400, why));
    }
}

#[tokio::test]
async fn history_is_read_by_pages_and_purged_in_place() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, OPERATOR);
    let messages = format!("{ENCODED}/messages");
    for n in 1..=5 {
        api.done("POST", &messages, &json!({"data": n}).to_string()).await;
    }
    let offsets = |page: &Value| -> Vec<u64> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages.map(|message| message["offset"].as_u64().unwrap()).collect()
    };
    let page = api.done("GET", &format!("{messages}?limit=2&after=1"), "").await;
    assert_eq!((offsets(&page), &page["more"]), (vec![2, 3], &json!(true)));
    let page = api.done("GET", &format!("{messages}?order=desc&before=3"), "").await;
    assert_eq!((offsets(&page), &page["messages"][0]["data"]), (vec![2, 1], &json!(2)));
    let epoch = page["epoch"].as_str().unwrap().to_owned();
    api.done("GET", &format!("{messages}?epoch={epoch}"), "").await;
    let other = api.refused("GET", &format!("{messages}?epoch=0123456789abcdef"), "").await;
    assert_eq!(other, reason(409, "epoch_changed"));
    for bad in ["epoch=x", "order=up", "after=-1", "limit=0"] {
        let answer = api.refused("GET", &format!("{messages}?{bad}"), "").await;
        assert_eq!(answer, reason(400, "invalid_params"), "{bad}");
    }
    let purged = api.done("DELETE", &messages, "").await;
    assert_eq!((&purged["offset"], &purged["epoch"]), (&json!(5), &json!(epoch)));
    let page = api.done("GET", &messages, "").await;
    assert_eq!((offsets(&page), &page["first"]), (vec![], &json!(6)));
    let sent = api.done("POST", &messages, r#"{"data": 6}"#).await;
    assert_eq!(sent["offset"], 6, "nobody misses what comes behind a purge");
    for (method, path) in [("GET", "/channels/plain/messages"), ("DELETE", "/channels/p/messages")]
    {
        assert_eq!(api.refused(method, path, "").await, reason(404, "not_enabled"));
    }
}

#[tokio::test]
async fn clients_are_told_whether_to_come_back() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let nobody = json!({"client": "a@b|c", "connections": []});
    assert_eq!(api.done("GET", "/clients/a@b%7Cc", "").await, nobody);
    let (mut one, mut two) = (enter(&server, "alice").await, enter(&server, "alice").await);
    let mut bob = enter(&server, "bob").await;
    one.subscribe("chat:1").await;
    one.subscribe("plain").await;
    let shown = api.done("GET", "/clients/alice", "").await;
    let connections = shown["connections"].as_array().unwrap();
    assert_eq!(connections.len(), 2);
    let subscribed: Vec<_> = connections.iter().map(|it| &it["channels"]).collect();
    assert!(subscribed.contains(&&json!(["chat:1", "plain"])), "{shown}");
    assert!(connections[0]["opened_at"].as_u64() <= connections[1]["opened_at"].as_u64());
    assert!(connections[0]["expires_at"].is_number());
    let closed = api.done("DELETE", "/clients/alice?come_back=true", "").await;
    assert_eq!(closed, json!({"client": "alice", "closed": 2}));
    let told = one.sent_away(4202, "reconnect").await;
    assert!(told["retryAfterMs"].is_number(), "{told}");
    two.sent_away(4202, "reconnect").await;
    api.done("DELETE", "/clients/bob", "").await;
    bob.sent_away(4003, "disconnected").await;
    let refused = api.refused("DELETE", "/clients/bob?come_back=perhaps", "").await;
    assert_eq!(refused, reason(400, "invalid_params"));
    assert_eq!(api.refused("GET", "/clients/a%20b", "").await, reason(400, "invalid_params"));
}

#[tokio::test]
async fn what_is_too_large_or_no_message_is_refused() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let path = "/channels/plain/messages";
    let data = |bytes: usize| json!({"data": "x".repeat(bytes)}).to_string();
    api.done("POST", path, &data(64 * 1024 - 2)).await;
    for bytes in [64 * 1024 - 1, 100_000, 200_000] {
        let refused = api.refused("POST", path, &data(bytes)).await;
        assert_eq!(refused, reason(413, "payload_too_large"), "{bytes}");
    }
    for bad in ["", "[1]", "{", r#"{"data": 1, "data": 2}"#, "{}", r#"{"data": 1, "name": 1}"#] {
        let refused = api.refused("POST", path, bad).await;
        assert_eq!(refused, reason(400, "invalid_params"), "{bad}");
    }
    api.done("POST", path, r#"{"data": null}"#).await;
}
