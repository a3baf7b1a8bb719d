//! What a user of the client sees.

use client::{
    ChannelEvent, Client, Draft, Limits, Message, Options, Recovery, State, StopReason,
    SubscribeError, Subscription, TokenSource,
};
use serde_json::json;

use crate::{
    fake::{EPOCH, Fake, joined, message, welcome},
    soon,
};

async fn next(subscription: &mut Subscription) -> ChannelEvent {
    soon("an event", subscription.next()).await.unwrap()
}

async fn hears(subscription: &mut Subscription) -> Message {
    let event = next(subscription).await;
    let ChannelEvent::Message(message) = event else { panic!("no message: {event:?}") };
    message
}

async fn joins(subscription: &mut Subscription) -> Recovery {
    let event = next(subscription).await;
    let ChannelEvent::Subscribed { recovery, .. } = event else { panic!("{event:?}") };
    recovery
}

async fn stops(client: &Client) -> StopReason {
    let mut state = client.state();
    let stopped = state.wait_for(|state| matches!(state, State::Stopped(_)));
    let state = soon("the end", stopped).await.unwrap().clone();
    let State::Stopped(why) = state else { panic!("{state:?}") };
    why
}

#[tokio::test]
async fn a_reader_misses_nothing_over_a_broken_connection() {
    let fake = Fake::new().await;
    let client = fake.client();
    let mut reader = client.subscribe("a").await.unwrap();
    let mut peer = fake.welcome().await;
    peer.subscribed(0).await;
    assert_eq!(joins(&mut reader).await, Recovery::Fresh);
    peer.message(1).await;
    let first = hears(&mut reader).await;
    assert_eq!((first.id.as_str(), first.data.get()), ("m1", "{\"n\":1}"));
    drop(peer);

    let mut peer = fake.accept().await;
    let auth = peer.asked("auth").await;
    assert_eq!(auth["payload"]["session"], "s");
    peer.succeed(&auth, welcome()).await;
    let request = peer.asked("subscribe").await;
    let wish = json!({"channel": "a", "position": {"epoch": EPOCH, "offset": 1}});
    assert_eq!(request["payload"]["channels"], json!([wish]));
    let mut reply = joined(2);
    reply["recovered"] = json!(true);
    reply["messages"] = json!([message(2)]);
    peer.succeed(&request, json!({"channels": [reply]})).await;
    peer.message(3).await;
    assert_eq!(joins(&mut reader).await, Recovery::Complete);
    assert_eq!(hears(&mut reader).await.id, "m2");
    assert_eq!(hears(&mut reader).await.id, "m3");
    assert_eq!(client.counters().borrow().connections, 2);
}

#[tokio::test]
async fn a_send_survives_its_connection() {
    let fake = Fake::new().await;
    let client = fake.client();
    let sending = tokio::spawn({
        let client = client.clone();
        async move { client.send(Draft::new("a", &json!({"text": "hello"})).unwrap()).await }
    });
    let mut peer = fake.welcome().await;
    let first = peer.asked("messageSend").await;
    drop(peer);
    let mut peer = fake.welcome().await;
    let again = peer.asked("messageSend").await;
    assert_eq!(again["payload"], first["payload"], "the key too");
    let data =
        json!({"channel": "a", "id": "m1", "ts": 5, "epoch": EPOCH, "offset": 1, "repeated": true});
    peer.succeed(&again, data).await;
    let receipt = soon("the receipt", sending).await.unwrap().unwrap();
    assert_eq!((receipt.id.as_str(), receipt.ts, receipt.repeated), ("m1", 5, true));
    assert_eq!(receipt.position.unwrap().offset.0, 1);
    assert_eq!(first["payload"]["key"], receipt.key);
}

#[tokio::test]
async fn a_full_server_is_waited_for_and_a_final_close_obeyed() {
    let fake = Fake::new().await;
    let client = fake.client();
    let mut reader = client.subscribe("a").await.unwrap();
    fake.refuse("HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n")
        .await;
    fake.welcome().await.close(1012).await;
    let mut peer = fake.welcome().await;
    let gone = json!({"code": 4203, "reason": "token_expired", "retryAfterMs": 1});
    peer.push("disconnect", gone).await;
    peer.close(4203).await;
    fake.welcome().await.close(4005).await;
    assert!(matches!(stops(&client).await, StopReason::Closed(left) if left.code == 4005));
    let last = next(&mut reader).await;
    assert!(matches!(last, ChannelEvent::Unsubscribed { resubscribes: false, .. }), "{last:?}");
    assert!(reader.next().await.is_none());
    assert!(matches!(client.subscribe("b").await, Err(SubscribeError::Stopped(_))));
}

#[tokio::test]
async fn a_refused_upgrade_and_a_bad_address_stop() {
    let fake = Fake::new().await;
    let client = fake.client();
    fake.refuse("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(stops(&client).await, StopReason::UpgradeRefused(403));
    let options = Options { url: "http://127.0.0.1:1/ws".into(), ..fake.options() };
    let client = Client::start(options, TokenSource::fixed("token"));
    let why = stops(&client).await;
    assert!(matches!(why, StopReason::BadAddress(_)), "{why:?}");
}

#[tokio::test]
async fn a_reader_that_is_behind_costs_no_more_than_its_bound() {
    let fake = Fake::new().await;
    let limits = Limits { events: 2, ..Limits::default() };
    let client = Client::start(Options { limits, ..fake.options() }, TokenSource::fixed("token"));
    let mut reader = client.subscribe("a").await.unwrap();
    let mut peer = fake.welcome().await;
    peer.subscribed(0).await;
    for offset in 1..=20 {
        peer.message(offset).await;
    }
    // `Subscribed` and 1 fit, 2 waits, the rest is not kept.
    let leave = peer.asked("unsubscribe").await;
    peer.succeed(&leave, json!({"channel": "a"})).await;
    assert_eq!(joins(&mut reader).await, Recovery::Fresh);
    assert_eq!(hears(&mut reader).await.id, "m1");
    assert_eq!(hears(&mut reader).await.id, "m2");
    let request = peer.asked("subscribe").await;
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 2);
    let mut reply = joined(20);
    reply["recovered"] = json!(true);
    reply["messages"] = (3..=20).map(message).collect();
    peer.succeed(&request, json!({"channels": [reply]})).await;
    // The replay does not fit either: it waits as a whole, and the channel is left once more.
    let leave = peer.asked("unsubscribe").await;
    peer.succeed(&leave, json!({"channel": "a"})).await;
    assert_eq!(joins(&mut reader).await, Recovery::Complete);
    for offset in 3..=20 {
        assert_eq!(hears(&mut reader).await.id, format!("m{offset}"));
    }
    let request = peer.asked("subscribe").await;
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 20);
}

#[tokio::test]
async fn a_dropped_reader_unsubscribes_and_the_channel_is_free_again() {
    let fake = Fake::new().await;
    let client = fake.client();
    let reader = client.subscribe("a").await.unwrap();
    let mut peer = fake.welcome().await;
    peer.subscribed(0).await;
    assert!(matches!(client.subscribe("a").await, Err(SubscribeError::Already)));
    drop(reader);
    let leave = peer.asked("unsubscribe").await;
    peer.succeed(&leave, json!({"channel": "a"})).await;
    let mut reader = client.subscribe("a").await.unwrap();
    peer.subscribed(3).await;
    assert_eq!(joins(&mut reader).await, Recovery::Fresh);
}

#[tokio::test]
async fn the_token_is_refreshed_in_place() {
    let fake = Fake::new().await;
    let (count, counted) = std::sync::mpsc::channel();
    let source = TokenSource::new(move || {
        let count = count.clone();
        async move {
            count.send(()).unwrap();
            Ok("token".to_owned())
        }
    });
    let client = Client::start(fake.options(), source);
    let mut peer = fake.welcome().await;
    peer.push("tokenExpiring", json!({"expiresAt": 1})).await;
    let refresh = peer.asked("auth").await;
    peer.succeed(&refresh, welcome()).await;
    assert_eq!(counted.try_iter().count(), 2);
    client.stop().await;
    assert_eq!(peer.goodbye().await, 1005, "it says goodbye");
}

#[tokio::test]
async fn a_client_ends_with_its_last_handle() {
    let fake = Fake::new().await;
    let client = fake.client();
    let mut reader = client.subscribe("a").await.unwrap();
    let mut peer = fake.welcome().await;
    peer.subscribed(0).await;
    joins(&mut reader).await;
    drop(client);
    let last = next(&mut reader).await;
    assert!(matches!(last, ChannelEvent::Unsubscribed { resubscribes: false, .. }), "{last:?}");
    assert_eq!(peer.goodbye().await, 1005);
}
