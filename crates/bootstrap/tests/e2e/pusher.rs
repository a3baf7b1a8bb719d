//! Clients of the Pusher protocol, among themselves and beside native ones.

use serde_json::{Value, json};

use crate::{
    api::{Api, VIEWER, hash},
    client::Client,
    pusher_client::{Pusher, goodbye},
    server::Server,
    tokens::{ALLOW_ALL, Token, app},
};

/// An app with a Pusher key, without presence or history of its own.
fn shop(more: &str) -> String {
    let key = "[[apps.pusher_keys]]\nkey = \"shop-key\"\nsecret = \"0123456789abcdef0123\"\n";
    [&app("shop", ALLOW_ALL), key, more].concat()
}

#[tokio::test]
async fn both_protocols_meet_in_one_presence_channel() {
    let server = Server::demo().await;
    let mut echo = Pusher::demo(&server).await;
    let first = echo.enter("presence-room", "17").await;
    assert_eq!(first, json!({"count": 1, "ids": ["17"], "hash": {"17": {"name": "17"}}}));
    let caps = json!({"presence-*": ["subscribe", "send", "presence"]});
    let token = Token::demo("bob").claim("caps", caps);
    let mut bob = Client::enter(&server, "demo-app", &token).await;
    let data = bob.done("subscribe", json!({"channel": "presence-room", "presence": true})).await;
    let members: Vec<_> = data["members"].as_array().unwrap().iter().collect();
    assert_eq!(members[0]["client"], "17");
    assert_eq!(members[0]["info"], json!({"name": "17"}));
    assert_eq!(echo.event("pusher_internal:member_added").await, json!({"user_id": "bob"}));
    bob.done("messageSend", json!({"channel": "presence-room", "data": {"text": "hi"}})).await;
    let frame = echo.frame().await;
    assert_eq!(
        frame,
        json!({"event": "message", "channel": "presence-room", "data": "{\"text\":\"hi\"}", "user_id": "bob"})
    );
    assert_eq!(bob.hears().await, json!({"text": "hi"}));
    echo.send(json!({"event": "client-typing", "channel": "presence-room", "data": {"on": true}}))
        .await;
    let push = bob.push("message").await;
    assert_eq!((&push["name"], &push["data"]), (&json!("client-typing"), &json!({"on": true})));
    assert_eq!(push["from"]["client"], "17");
    echo.hears_nothing().await;
    echo.leave().await;
    let left = bob.push("memberLeft").await;
    assert_eq!((&left["client"], &left["info"]), (&json!("17"), &json!({"name": "17"})));
}

#[tokio::test]
async fn two_tabs_of_a_user_are_one_member() {
    let server = Server::demo().await;
    let mut watching = Pusher::demo(&server).await;
    watching.enter("presence-room", "watcher").await;
    let mut one = Pusher::demo(&server).await;
    one.enter("presence-room", "alice").await;
    let joined = watching.event("pusher_internal:member_added").await;
    assert_eq!(joined, json!({"user_id": "alice", "user_info": {"name": "alice"}}));
    let mut two = Pusher::demo(&server).await;
    assert_eq!(two.enter("presence-room", "alice").await["count"], 2);
    one.leave().await;
    watching.hears_nothing().await;
    two.leave().await;
    assert_eq!(watching.event("pusher_internal:member_removed").await, json!({"user_id": "alice"}));
}

#[tokio::test]
async fn client_events_go_to_the_others_where_they_may() {
    let server = Server::demo().await;
    let (mut one, mut two) = (Pusher::demo(&server).await, Pusher::demo(&server).await);
    let event =
        |channel: &str, data: Value| json!({"event": "client-a", "channel": channel, "data": data});
    one.subscribe("private-room").await;
    two.subscribe("private-room").await;
    one.send(event("private-room", json!("{ \"as\": \"it was\" }"))).await;
    assert_eq!(two.frame().await["data"], "{ \"as\": \"it was\" }");
    one.hears_nothing().await;
    one.subscribe("news").await;
    for channel in ["news", "private-other"] {
        one.send(event(channel, json!(1))).await;
        let error = one.event("pusher:error").await;
        assert!(error["message"].as_str().unwrap().starts_with("Client event rejected"), "{error}");
    }
    one.send(json!({"event": "pusher:unsubscribe", "data": {"channel": "private-room"}})).await;
    one.hears_nothing().await;
    one.send(event("private-room", json!(1))).await;
    one.event("pusher:error").await;
    two.hears_nothing().await;
}

#[tokio::test]
async fn client_events_have_a_rate_and_a_switch() {
    let limits = "[apps.limits]\nrequests_per_second = 1\nrequests_burst = 3\n";
    let server = Server::with(&shop(limits)).await;
    let mut pusher = Pusher::connect(&server, "shop-key").await;
    for _ in 0..3 {
        pusher.send(json!({"event": "pusher:ping"})).await;
        pusher.event("pusher:pong").await;
    }
    pusher.send(json!({"event": "client-a", "channel": "private-room", "data": 1})).await;
    assert_eq!(pusher.event("pusher:error").await["code"], 4301);
}

#[tokio::test]
async fn forged_signatures_are_refused_and_bounded() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    let forged = "0".repeat(64);
    let ask = |channel: &str, auth: &str| json!({"event": "pusher:subscribe", "data": {"channel": channel, "auth": auth}});
    for auth in [&format!("demo-key:{forged}"), &format!("other-key:{forged}"), "demo-key", ""] {
        pusher.send(ask("private-room", auth)).await;
        let frame = pusher.frame().await;
        assert_eq!(frame["event"], "pusher:subscription_error", "{frame}");
        assert_eq!(
            (&frame["channel"], &frame["data"]["status"]),
            (&json!("private-room"), &json!(401))
        );
    }
    pusher.send(json!({"event": "pusher:subscribe", "data": {"channel": "private-room"}})).await;
    assert_eq!(pusher.frame().await["data"]["type"], "AuthError");
    let user = json!({"auth": format!("demo-key:{forged}"), "user_data": "{\"id\":\"1\"}"});
    pusher.send(json!({"event": "pusher:signin", "data": user})).await;
    assert_eq!(pusher.event("pusher:error").await["code"], 4009);
    for _ in 0..6 {
        pusher.send(ask("private-room", "demo-key:0")).await;
    }
    let (_, code) = pusher.goodbye().await;
    assert_eq!(code, Some(4010), "guessing ends the connection");
}

/// What libraries do unasked, and pages that do not know their app's options.
#[tokio::test]
async fn leaving_where_one_is_not_and_typing_where_one_may_not_ends_nothing() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    for n in 0..20 {
        let channel = json!({"channel": format!("never-{n}")});
        pusher.send(json!({"event": "pusher:unsubscribe", "data": channel})).await;
        pusher.send(json!({"event": "client-typing", "channel": "private-a", "data": {}})).await;
        pusher.event("pusher:error").await;
    }
    pusher.subscribe("news").await;
}

#[tokio::test]
async fn who_may_not_come_in_is_told_in_the_protocol() {
    let server = Server::with(&shop("")).await;
    for (path, code) in [("/app/no-such-key", 4001), ("/app/shop-key?protocol=99", 4007)] {
        let mut client = Client::dial_path(&server, path, &[]).await.0;
        let (errors, closed) = goodbye(&mut client).await;
        assert_eq!(closed, Some(code), "{path}");
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(
            (&errors[0]["event"], &errors[0]["data"]["code"]),
            (&json!("pusher:error"), &json!(code))
        );
    }
    let demo = Server::demo().await;
    let mut proxied =
        Client::dial_path(&demo, "/app/demo-key", &[("X-Forwarded-For", "10.0.0.1")]).await.0;
    assert_eq!(goodbye(&mut proxied).await.1, Some(4009), "the demo app is for this machine");
}

#[tokio::test]
async fn a_cache_channel_gives_its_latest_message() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    pusher.subscribe("cache-price").await;
    let frame = pusher.frame().await;
    assert_eq!(frame, json!({"event": "pusher:cache_miss", "channel": "cache-price"}));
    let mut bob = Client::demo(&server, "bob").await;
    for price in [1, 2] {
        bob.done("messageSend", json!({"channel": "cache-price", "name": "set", "data": price}))
            .await;
        assert_eq!(pusher.event("set").await, price);
    }
    let mut late = Pusher::demo(&server).await;
    late.subscribe("cache-price").await;
    assert_eq!(late.event("set").await, 2);
    late.hears_nothing().await;
}

/// The key is public, and an app has so many streams only: strangers who subscribe to ever new names
/// must not use them up.
#[tokio::test]
async fn who_only_has_the_key_begins_no_stream() {
    let key = format!(
        "[[apps.api_keys]]\nname = \"viewer\"\nhash = \"{}\"\nscopes = [\"read\", \"publish\"]\n",
        hash(VIEWER)
    );
    let server = Server::with(&shop(&key)).await;
    let api = Api::of(&server, VIEWER);
    let mut stranger = Pusher::connect(&server, "shop-key").await;
    stranger.subscribe("cache-price").await;
    assert_eq!(stranger.frame().await["event"], "pusher:cache_miss");
    for _ in 0..2 {
        let state = api.done("GET", "/channels/cache-price", "").await;
        assert_eq!(
            state,
            json!({"channel": "cache-price", "subscribers": 1}),
            "to look makes none"
        );
    }
    api.done("POST", "/channels/cache-price/messages", r#"{"name": "set", "data": 7}"#).await;
    assert_eq!(stranger.event("set").await, 7, "what comes reaches who waits");
    assert_eq!(api.done("GET", "/channels/cache-price", "").await["offset"], 1);
    let mut late = Pusher::connect(&server, "shop-key").await;
    late.subscribe("cache-price").await;
    assert_eq!(late.event("set").await, 7);
}

#[tokio::test]
async fn an_app_may_tell_its_subscribers_how_many_they_are() {
    let server = Server::with(&shop("[apps.pusher]\nsubscription_count = true\n")).await;
    let mut one = Pusher::connect(&server, "shop-key").await;
    let count = |n: u64| json!({"subscription_count": n});
    one.subscribe("news").await;
    assert_eq!(one.event("pusher_internal:subscription_count").await, count(1));
    let mut two = Pusher::connect(&server, "shop-key").await;
    two.subscribe("news").await;
    assert_eq!(one.event("pusher_internal:subscription_count").await, count(2));
    assert_eq!(two.event("pusher_internal:subscription_count").await, count(2));
    two.leave().await;
    assert_eq!(one.event("pusher_internal:subscription_count").await, count(1));
}

#[tokio::test]
async fn a_signed_in_user_has_a_channel_of_its_own() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    let own = json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-17"}});
    pusher.send(own.clone()).await;
    assert_eq!(pusher.frame().await["event"], "pusher:subscription_error");
    assert_eq!(
        pusher.sign_in("17").await,
        json!({"user_data": "{\"id\":\"17\",\"user_info\":{\"name\":\"Al\"}}"})
    );
    pusher.send(own).await;
    pusher.succeeded("#server-to-user-17").await;
    let other = json!({"event": "pusher:subscribe", "data": {"channel": "#server-to-user-18"}});
    pusher.send(other).await;
    assert_eq!(pusher.frame().await["event"], "pusher:subscription_error");
}

#[tokio::test]
async fn who_signed_in_is_a_member_by_that_name() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    pusher.ask("presence-room", None).await;
    assert_eq!(
        pusher.frame().await["event"],
        "pusher:subscription_error",
        "nobody knows who it is"
    );
    pusher.sign_in("17").await;
    pusher.ask("presence-room", None).await;
    let joined = pusher.succeeded("presence-room").await;
    let seventeen = json!({"count": 1, "ids": ["17"], "hash": {"17": {"name": "Al"}}});
    assert_eq!(joined["presence"], seventeen);
    assert_eq!(pusher.enter("presence-other", "other").await["ids"], json!(["other"]));
}

#[tokio::test]
async fn bad_frames_get_an_error_and_the_connection_stays() {
    let server = Server::demo().await;
    let mut pusher = Pusher::demo(&server).await;
    for frame in [
        json!({"event": "pusher:subscribe", "data": {"channel": "a b"}}),
        json!({"event": "pusher:nonsense"}),
        json!({"event": "pusher:unsubscribe"}),
        json!([]),
    ] {
        pusher.send(frame).await;
        assert!(pusher.event("pusher:error").await["code"].is_null());
    }
    pusher.subscribe("news").await;
    pusher.send(json!({"event": "pusher:subscribe", "data": {"channel": "news"}})).await;
    let error = pusher.event("pusher:error").await;
    assert_eq!(error["message"], "Existing subscription to channel news");
}
