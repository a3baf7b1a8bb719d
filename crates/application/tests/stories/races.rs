//! The first who comes against the last who goes.

use std::sync::Arc;

use serde_json::json;
use testkit::{Actor, AttachingBroker, Scenery, Stage};

const CLIENTS: usize = 6;
const ROUNDS: usize = 60;

/// Comes, must hear itself, and goes: over and over.
async fn comes_and_goes(mut actor: Actor, who: usize) {
    for round in 0..ROUNDS {
        actor.subscribes("chat:lobby").await;
        let mine = json!([who, round]);
        actor.says("chat:lobby", mine.clone()).await;
        let heard = actor.hears();
        let own = format!("message chat:lobby {mine}");
        assert!(heard.contains(&own), "client {who}, round {round}: lost; heard {heard:?}");
        actor.unsubscribes("chat:lobby").await;
        // A while alone or not: the others decide, so that the room closes now and then.
        for _ in 0..(who + round) % 5 {
            tokio::task::yield_now().await;
        }
    }
    actor.leaves().await;
}

/// A broker that announces only what is attached loses what is published while a late detach of
/// the old room has undone the attach of the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_subscribes_while_the_room_closes_is_never_lost() {
    let mut attaching = None;
    let scenery = Scenery::default()
        .with_broker(|sink, clock, ids| {
            let broker = Arc::new(AttachingBroker::new(sink, clock, ids));
            attaching = Some(Arc::clone(&broker));
            broker
        })
        .with_shop(|app| {
            app.limits.requests_burst = 1_000_000;
            app.limits.queue_bytes = 64 << 20;
        });
    let stage = Stage::with(scenery);
    let broker = attaching.unwrap();
    let mut clients = Vec::new();
    for who in 0..CLIENTS {
        let actor = stage.enter("alice").await;
        clients.push(tokio::spawn(comes_and_goes(actor, who)));
    }
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(stage.fanout.channels(), 0, "no room is left");
    assert_eq!(broker.channels(), 0, "no channel is left attached");
}
