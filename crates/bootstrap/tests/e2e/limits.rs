//! What apps, clients and addresses may do, at every door; others do not notice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, hash},
    client::Client,
    http,
    pusher_client::{Pusher, goodbye},
    server::{Server, Start},
    tokens::{ALLOW_ALL, app, token},
};

/// The app `shop` with these limits, keys for both kinds of backends, and history in `kept:*`;
/// beside it `game` without any limit.
fn shop(limits: &str) -> String {
    let busy = "requests_per_second = 100000\nrequests_burst = 100000\n";
    [
        &app("shop", ALLOW_ALL),
        "[apps.limits]\n",
        busy,
        limits,
        "\n[[apps.pusher_keys]]\nkey = \"shop-key\"\nsecret = \"0123456789abcdef0123\"\n",
        &format!("[[apps.api_keys]]\nname = \"b\"\nhash = \"{}\"\n", hash(BACKEND)),
        "scopes = [\"read\", \"publish\", \"manage\"]\n",
        "[[apps.namespaces]]\npattern = \"kept:*\"\nhistory = { durability = \"memory\" }\n",
        "[[apps.namespaces]]\npattern = \"stored:*\"\nhistory = {}\n",
        &app("game", ALLOW_ALL),
        "[apps.limits]\n",
        busy,
    ]
    .concat()
}

async fn enter(server: &Server, app: &str, client: &str) -> Client {
    Client::enter(server, app, &token(app, client)).await
}

fn message(channel: &str) -> Value {
    json!({"channel": channel, "data": "x"})
}

/// What a refused message is answered: the reason, the limit that the detail names, the wait.
async fn refusal(client: &mut Client, channel: &str) -> (String, String, u64) {
    let reply = client.ask("messageSend", message(channel)).await;
    assert_eq!(reply["code"], 429, "{reply}");
    let text = reply["message"].as_str().unwrap();
    let detail = text.split(['（', '）']).nth(1).unwrap_or_default().to_owned();
    (
        reply["reason"].as_str().unwrap().to_owned(),
        detail,
        reply["retry_after_ms"].as_u64().unwrap(),
    )
}

fn rate_limited(refusal: &(String, String, u64), limit: &str) {
    assert_eq!((&*refusal.0, &*refusal.1), ("rate_limited", limit));
    assert!(refusal.2 > 0, "{refusal:?}");
}

async fn metric(server: &Server, sample: &str) -> u64 {
    let page = http::get(server, "/metrics", &[]).await.body;
    let value = page.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
    value.unwrap_or(0)
}

#[tokio::test]
async fn one_app_floods_and_is_refused_and_the_other_goes_on() {
    let server = Server::with(&shop("messages_per_second = 1\nmessages_burst = 50\n")).await;
    let (mut mallory, mut alice) =
        (enter(&server, "shop", "mallory").await, enter(&server, "game", "alice").await);
    let mut bob = enter(&server, "game", "bob").await;
    bob.subscribe("room").await;
    let flood = async {
        let mut refused = 0u64;
        for n in 0..1_000 {
            let reply = mallory.ask("messageSend", message("room")).await;
            assert_eq!(reply["code"] == 200, n < 50 || reply["code"] == 200, "{reply}");
            refused += u64::from(reply["code"] == 429);
        }
        rate_limited(&refusal(&mut mallory, "room").await, "messages_per_second");
        refused + 1
    };
    let others = async {
        for n in 0..500 {
            alice.say("room", n).await;
            assert_eq!(bob.hears().await, n);
        }
    };
    let (refused, ()) = tokio::join!(flood, others);
    assert!(refused >= 900, "{refused}");
    let limit = "{app=\"shop\",limit=\"messages_per_second\"}";
    assert_eq!(metric(&server, &format!("rtmate_limit_refusals_total{limit}")).await, refused);
    assert_eq!(metric(&server, &format!("rtmate_limit_warnings_total{limit}")).await, 1);
    let reason = "rtmate_refusals_total{app=\"shop\",reason=\"rate_limited\"}";
    assert_eq!(metric(&server, reason).await, refused);
    server.log.expect("limit near app=shop limit=\"messages_per_second\" suppressed=0").await;
    server.log.expect("limit reached app=shop limit=\"messages_per_second\" suppressed=0").await;
    let told = server.log.text().lines().filter(|line| line.contains("limit reached")).count();
    assert_eq!(told, 1, "once a minute");
    assert!(!server.log.text().contains("app=game limit"), "{}", server.log.text());
}

#[tokio::test]
async fn waiting_as_long_as_told_helps() {
    let server = Server::with(&shop("messages_per_second = 5\nmessages_burst = 1\n")).await;
    let mut alice = enter(&server, "shop", "alice").await;
    alice.say("room", 1).await;
    let refused = refusal(&mut alice, "room").await;
    rate_limited(&refused, "messages_per_second");
    assert!(refused.2 <= 200, "{refused:?}");
    tokio::time::sleep(Duration::from_millis(refused.2)).await;
    alice.say("room", 2).await;
}

#[tokio::test]
async fn a_message_to_more_than_may_be_is_refused_and_nobody_gets_it() {
    let server = Server::with(&shop("deliveries_per_second = 1\ndeliveries_burst = 5\n")).await;
    let mut alice = enter(&server, "shop", "alice").await;
    let mut readers = [enter(&server, "shop", "r1").await, enter(&server, "shop", "r2").await];
    for reader in &mut readers {
        reader.subscribe("room").await;
    }
    alice.say("room", 1).await;
    alice.say("room", 2).await;
    rate_limited(&refusal(&mut alice, "room").await, "deliveries_per_second");
    // Nobody is there: nothing is delivered, and nothing is charged.
    alice.say("empty", 3).await;
    for reader in &mut readers {
        assert_eq!((reader.hears().await, reader.hears().await), (json!(1), json!(2)));
        reader.hears_nothing().await;
    }
}

#[tokio::test]
async fn a_client_is_one_over_two_connections() {
    let limits = "client_messages_per_second = 1\nclient_messages_burst = 4\n";
    let server = Server::with(&shop(limits)).await;
    let (mut one, mut two) =
        (enter(&server, "shop", "alice").await, enter(&server, "shop", "alice").await);
    let mut bob = enter(&server, "shop", "bob").await;
    for n in 0..2 {
        one.say("room", n).await;
        two.say("room", n).await;
    }
    rate_limited(&refusal(&mut one, "room").await, "client_messages_per_second");
    rate_limited(&refusal(&mut two, "room").await, "client_messages_per_second");
    bob.say("room", 1).await;
}

#[tokio::test]
async fn connections_come_no_faster_than_an_app_may_have_them() {
    let limits = "new_connections_per_second = 1\nnew_connections_burst = 3\n";
    let server = Server::with(&shop(limits)).await;
    let mut here = Vec::new();
    for n in 0..2 {
        here.push(enter(&server, "shop", &format!("c{n}")).await);
    }
    // Guests count among them.
    let _guest = Pusher::connect(&server, "shop-key").await;
    let mut late = Client::connect(&server).await;
    let reply = late.auth("shop", &token("shop", "late").sign()).await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(429), &json!("rate_limited")));
    assert!((1..=1000).contains(&reply["retry_after_ms"].as_u64().unwrap()), "{reply}");
    let disconnect = late.goodbye().await.is(4102, "rate_limited");
    assert!(disconnect["retryAfterMs"].as_u64().unwrap() > 0, "{disconnect}");
    let path = "/app/shop-key?protocol=7";
    let (errors, code) = goodbye(&mut Client::dial_path(&server, path, &[]).await.0).await;
    assert_eq!(code, Some(4102), "{errors:?}");
    enter(&server, "game", "alice").await;
}

#[tokio::test]
async fn an_address_may_try_so_often_before_it_is_known() {
    let server = Start::new()
        .toml(&shop(""))
        .env("RTMATE__LIMITS__ATTEMPTS_PER_ADDRESS", "1")
        .env("RTMATE__LIMITS__ATTEMPTS_BURST", "3")
        .serve()
        .await;
    // The two attempts of a guesser, and a good client.
    let mut guesser = Client::connect(&server).await;
    for _ in 0..2 {
        assert_eq!(guesser.auth("shop", "a.b.c").await["code"], 401);
    }
    let mut alice = enter(&server, "shop", "alice").await;
    let reply = guesser.auth("shop", "a.b.c").await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(429), &json!("rate_limited")));
    let goodbye = Client::connect(&server).await.goodbye().await;
    let disconnect = goodbye.is(4102, "rate_limited");
    assert!(disconnect["retryAfterMs"].as_u64().unwrap() > 0, "{disconnect}");
    server.log.expect("limit reached address=127.0.0.1 limit=\"attempts_per_address\"").await;
    // Who is known is not concerned, however often it asks.
    for n in 0..20 {
        alice.say("room", n).await;
        let again = alice.auth("shop", &token("shop", "alice").sign()).await;
        assert_eq!(again["code"], 200, "{again}");
    }
}

/// So many messages of the same size fit, and then not even a small one.
async fn fills(alice: &mut Client, channel: &str, limit: &str, fit: usize) {
    for _ in 0..fit {
        alice.say(channel, "x".repeat(1_000)).await;
    }
    let refused = refusal(alice, channel).await;
    assert_eq!((&*refused.0, &*refused.1, refused.2), ("quota_exceeded", limit, 10_000));
}

#[tokio::test]
async fn an_app_keeps_no_more_bytes_than_it_may() {
    let limits = "history = \"10KiB\"\nstorage = \"4600B\"\n";
    let start = Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&shop(limits));
    let server = start.serve().await;
    let mut alice = enter(&server, "shop", "alice").await;
    alice.subscribe("live").await;
    fills(&mut alice, "kept:a", "history", 9).await;
    fills(&mut alice, "stored:a", "storage", 4).await;
    assert_eq!(refusal(&mut alice, "kept:b").await.0, "quota_exceeded", "in all channels");
    alice.say("live", "what is not kept goes on").await;
    assert_eq!(alice.hears().await, "what is not kept goes on");
    let api = Api::of(&server, BACKEND);
    let answer = api.ask("POST", "/channels/stored:b/messages", "{\"data\": 1}").await;
    assert_eq!(crate::api::refusal(&answer), (429, "quota_exceeded".to_owned()));
    assert!(answer.has("retry-after: 10"), "{answer:?}");
    // Room is made by forgetting, and over a restart it is known what is kept.
    api.done("DELETE", "/channels/kept:a/messages", "").await;
    fills(&mut alice, "kept:b", "history", 9).await;
    api.done("DELETE", "/channels/stored:a/messages", "").await;
    fills(&mut alice, "stored:b", "storage", 4).await;
    server.log.expect("limit near app=shop limit=\"storage\"").await;
    server.log.expect("limit reached app=shop limit=\"history\"").await;
}

#[tokio::test]
async fn backends_of_both_kinds_are_told_429_and_when_to_come_again() {
    let limits = "messages_per_second = 1\nmessages_burst = 5\n";
    let server = Server::with(&shop(limits)).await;
    let mut alice = enter(&server, "shop", "alice").await;
    alice.subscribe("room").await;
    let api = Api::of(&server, BACKEND);
    let pusher = crate::pusher_http::Backend {
        server: &server,
        app: "shop",
        key: "shop-key",
        secret: "0123456789abcdef0123",
    };
    let batch = |count: usize| {
        let messages = vec![message("room"); count];
        json!({ "messages": messages }).to_string()
    };
    let results = api.done("POST", "/messages", &batch(3)).await;
    assert!(results["results"].as_array().unwrap().iter().all(|it| it["code"] == 200));
    // An event for three channels does not fit where two are left: none of it is sent.
    let event = json!({"name": "e", "data": "x", "channels": ["room", "b", "c"]});
    let answer = pusher.post("/events", &event).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.has("retry-after: 1"), "{answer:?}");
    assert!(answer.body.contains("messages_per_second"), "{answer:?}");
    let results = api.done("POST", "/messages", &batch(4)).await;
    let codes: Vec<_> =
        results["results"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes[..3], [200, 200, 429], "each by itself: {codes:?}");
    let answer = api.ask("POST", "/channels/room/messages", "{\"data\": 1}").await;
    assert_eq!(crate::api::refusal(&answer), (429, "rate_limited".to_owned()));
    assert!(answer.has("retry-after: 1"), "{answer:?}");
    let wait = answer.json()["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&wait), "{answer:?}");
    for _ in 0..5 {
        assert_eq!(alice.hears().await, "x");
    }
    alice.hears_nothing().await;
}

#[tokio::test]
async fn client_events_share_the_limit_and_are_told_so() {
    let limits = "messages_per_second = 1\nmessages_burst = 2\n";
    let server = Server::with(&shop(limits)).await;
    let mut alice = enter(&server, "shop", "alice").await;
    alice.say("room", 1).await;
    alice.say("room", 2).await;
    let mut guest = Pusher::connect(&server, "shop-key").await;
    let key = domain::PusherKey {
        key: "shop-key".into(),
        secret: "0123456789abcdef0123".to_owned().into(),
    };
    let channel = domain::ChannelName::parse("private-room").unwrap();
    let auth = protocol_pusher::authorize_channel(&key, guest.socket, &channel, None);
    let subscribe = json!({"channel": "private-room", "auth": auth});
    guest.send(json!({"event": "pusher:subscribe", "data": subscribe})).await;
    guest.event("pusher_internal:subscription_succeeded").await;
    guest.send(json!({"event": "client-a", "channel": "private-room", "data": {}})).await;
    assert_eq!(guest.event("pusher:error").await["code"], 4301);
}
