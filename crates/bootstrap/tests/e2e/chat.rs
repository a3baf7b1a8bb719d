//! Who hears what.

use serde_json::json;

use crate::{
    client::Client,
    server::Server,
    tokens::{ALLOW_ALL, Token, app, token},
};

#[tokio::test]
async fn two_clients_chat() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    let mut bob = Client::demo(&server, "bob").await;
    alice.subscribe("chat:lobby").await;
    bob.subscribe("chat:lobby").await;

    let sent = alice
        .done(
            "messageSend",
            json!({"channel": "chat:lobby", "data": {"text": "你好"}, "name": "greeting"}),
        )
        .await;
    for client in [&mut alice, &mut bob] {
        let message = client.push("message").await;
        assert_eq!(message["channel"], "chat:lobby");
        assert_eq!(message["data"], json!({"text": "你好"}));
        assert_eq!(message["name"], "greeting");
        assert_eq!(message["id"], sent["id"]);
        assert_eq!(message["ts"], sent["ts"]);
        assert_eq!(message["from"]["client"], "alice");
    }
    bob.say("chat:lobby", json!(null)).await;
    assert_eq!(alice.push("message").await["from"]["client"], "bob");
    assert!(bob.hears().await.is_null());

    // After the reply to unsubscribe nothing comes.
    bob.done("unsubscribe", json!({"channel": "chat:lobby"})).await;
    alice.say("chat:lobby", 2).await;
    assert_eq!(alice.hears().await, 2);
    bob.hears_nothing().await;
    let refused = bob.refused("unsubscribe", json!({"channel": "chat:lobby"})).await;
    assert_eq!(refused, (404, "not_subscribed".to_owned()));
}

#[tokio::test]
async fn sending_needs_no_subscription_and_a_second_one_changes_nothing() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    let mut bob = Client::demo(&server, "bob").await;
    bob.subscribe("chat").await;
    bob.subscribe("chat").await;
    let published = alice.done("publish", json!({"channel": "chat", "data": 1})).await;
    assert_eq!(published["channel"], "chat");
    assert_eq!(bob.hears().await, 1);
    bob.hears_nothing().await;
    alice.hears_nothing().await;
}

#[tokio::test]
async fn the_same_channel_of_two_tenants_is_two_channels() {
    let server = Server::with(&[app("shop", ALLOW_ALL), app("game", ALLOW_ALL)].concat()).await;
    let mut shop = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut game = Client::enter(&server, "game", &token("game", "alice")).await;
    shop.subscribe("chat").await;
    game.subscribe("chat").await;
    shop.say("chat", "of the shop").await;
    game.say("chat", "of the game").await;
    assert_eq!(shop.hears().await, "of the shop");
    assert_eq!(game.hears().await, "of the game");
    shop.hears_nothing().await;
    game.hears_nothing().await;
}

#[tokio::test]
async fn without_echo_the_other_tab_still_hears() {
    let server = Server::demo().await;
    let mut here = Client::demo(&server, "alice").await;
    let mut there = Client::demo(&server, "alice").await;
    here.subscribe("chat").await;
    there.subscribe("chat").await;
    let quiet = json!({"channel": "chat", "data": "quiet", "echo": false});
    here.done("messageSend", quiet).await;
    let message = there.push("message").await;
    assert_eq!((&message["data"], &message["from"]["client"]), (&json!("quiet"), &json!("alice")));
    let position = here.push("position").await;
    assert_eq!(position, json!({"channel": "chat", "offset": 1}), "its position moves");
    here.hears_nothing().await;
}

#[tokio::test]
async fn all_hear_the_same_order() {
    let server = Server::demo().await;
    let mut senders = Vec::new();
    for name in ["alice", "bob", "carol"] {
        let mut client = Client::demo(&server, name).await;
        client.subscribe("chat").await;
        senders.push(client);
    }
    for number in 0..30 {
        for (index, sender) in senders.iter_mut().enumerate() {
            let data = json!([index, number]);
            let request = json!({"event": "publish", "payload": {"channel": "chat", "data": data}});
            sender.feed(&request.to_string()).await;
        }
    }
    let mut heard = Vec::new();
    for sender in &mut senders {
        sender.flush().await;
    }
    for sender in &mut senders {
        let (mut orders, mut replies) = (Vec::new(), 0);
        while orders.len() < 90 || replies < 30 {
            let frame: serde_json::Value = serde_json::from_str(&sender.text().await).unwrap();
            match frame["event"].as_str() {
                Some(_) => orders.push(frame["payload"]["data"].clone()),
                None => replies += 1,
            }
        }
        heard.push(orders);
    }
    assert!(heard.windows(2).all(|two| two[0] == two[1]));
    for index in 0..3 {
        let own = heard[0].iter().filter(|data| data[0] == index).map(|data| &data[1]);
        assert!(own.eq((0..30).map(|n| json!(n)).collect::<Vec<_>>().iter()), "in its own order");
    }
}

#[tokio::test]
async fn many_channels_are_subscribed_under_one_reply() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    let wish =
        json!({"channels": [{"channel": "a"}, {"channel": "private-b"}, {"channel": "c d"}]});
    let data = alice.done("subscribe", wish).await;
    let rows: Vec<_> = data["channels"].as_array().unwrap().iter().collect();
    assert_eq!((&rows[0]["code"], &rows[0]["channel"]), (&json!(200), &json!("a")));
    assert_eq!((&rows[1]["code"], &rows[1]["reason"]), (&json!(403), &json!("permission_denied")));
    assert_eq!((&rows[2]["code"], &rows[2]["reason"]), (&json!(400), &json!("invalid_channel")));
    alice.say("a", 1).await;
    assert_eq!(alice.hears().await, 1);
    let many: Vec<_> = (0..101).map(|n| json!({"channel": format!("c{n}")})).collect();
    let refused = alice.refused("subscribe", json!({"channels": many})).await;
    assert_eq!(refused, (400, "invalid_params".to_owned()));
}

#[tokio::test]
async fn a_namespace_says_what_is_seen_of_the_sender() {
    let namespaces = "[[apps.namespaces]]\npattern = \"anonymous:*\"\nsender = \"none\"\n\
         [[apps.namespaces]]\npattern = \"profile:*\"\nsender = \"full\"\n";
    let server = Server::with(&[&app("shop", ALLOW_ALL), namespaces].concat()).await;
    let token = token("shop", "alice").claim("info", json!({"name": "Alice"}));
    let mut alice = Client::enter(&server, "shop", &token).await;
    for (channel, client, info) in [
        ("plain", json!("alice"), json!(null)),
        ("anonymous:x", json!(null), json!(null)),
        ("profile:x", json!("alice"), json!({"name": "Alice"})),
    ] {
        alice.subscribe(channel).await;
        alice.say(channel, 1).await;
        let from = alice.push("message").await["from"].take();
        assert_eq!((&from["client"], &from["info"]), (&client, &info), "{channel}");
    }
}

#[tokio::test]
async fn the_token_subscribes() {
    let server = Server::demo().await;
    let channels = json!(["news", "private-alice", "news"]);
    let token = Token::demo("alice").claim("channels", channels);
    let mut alice = Client::enter(&server, "demo-app", &token).await;
    assert_eq!(alice.push("subscribed").await["channel"], "news");
    // The claim needs no further grant.
    assert_eq!(alice.push("subscribed").await["channel"], "private-alice");
    let mut bob = Client::demo(&server, "bob").await;
    bob.say("news", "extra").await;
    assert_eq!(alice.hears().await, "extra");
    for channel in ["news", "private-alice"] {
        let refused = alice.refused("unsubscribe", json!({"channel": channel})).await;
        assert_eq!(refused, (403, "permission_denied".to_owned()));
    }
    bob.say("news", "more").await;
    assert_eq!(alice.hears().await, "more");
    alice.hears_nothing().await;
}
