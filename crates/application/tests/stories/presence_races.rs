//! Lists and changes that come at the same time.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use application::{
    Fanout,
    ports::{Outbound, PresenceSink as _, QueueFull},
};
use bytes::Bytes;
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, Movement, Namespace, PresenceChange,
    PresenceVersion,
};
use futures_util::{future::BoxFuture, poll};
use serde_json::{Value, json};
use testkit::{Actor, HeldBroker, RecordingOutbound, Scenery, Stage};

const LOBBY: &str = "chat:lobby";

fn wish(presence: Value) -> Value {
    json!({ "channel": LOBBY, "presence": presence })
}

/// What a client knows of who is there, by the rules of the protocol.
#[derive(Default)]
struct Knowledge {
    members: BTreeSet<String>,
    version: u64,
}

impl Knowledge {
    fn reads(&mut self, frames: &[Value]) {
        for frame in frames {
            match frame["event"].as_str() {
                None if frame["data"]["members"].is_array() => self.begins(&frame["data"]),
                None => {}
                Some(event) => self.changes(event, &frame["payload"]),
            }
        }
    }

    fn begins(&mut self, data: &Value) {
        let members = data["members"].as_array().unwrap().iter();
        self.members = members.map(|member| text(&member["client"])).collect();
        self.version = data["version"].as_u64().unwrap();
    }

    fn changes(&mut self, event: &str, payload: &Value) {
        assert_eq!(payload["version"], self.version + 1, "neither a hole nor a repeat");
        self.version += 1;
        let client = text(&payload["client"]);
        let right = match event {
            "memberJoined" => self.members.insert(client),
            "memberLeft" => self.members.remove(&client),
            other => panic!("{other}"),
        };
        assert!(right, "joined twice, or left without having been there: {payload}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Without a delay, and with a rate and a queue that no test reaches.
fn busy(scenery: Scenery<'_>) -> Scenery<'_> {
    scenery.with_shop(|app| {
        app.limits.requests_burst = 1_000_000;
        app.limits.queue_bytes = 64 << 20;
        let presence_leave_delay = Duration::ZERO;
        let namespace = Namespace { presence: true, presence_leave_delay, ..Default::default() };
        app.default_namespace = namespace.into();
    })
}

/// Comes and goes, as a member or a watcher, and asks now and then; what it reads has no hole.
async fn comes_and_goes(mut actor: Actor, who: usize) {
    for round in 0..40 {
        let presence = if (who + round).is_multiple_of(3) { json!("watch") } else { json!(true) };
        actor.asks("subscribe", wish(presence)).await;
        let mut knowledge = Knowledge::default();
        for turn in 0..(who + round) % 7 {
            tokio::task::yield_now().await;
            if turn == 3 {
                actor.asks("presence", json!({ "channel": LOBBY })).await;
            }
            knowledge.reads(&actor.reads());
        }
        actor.asks("unsubscribe", json!({ "channel": LOBBY })).await;
        knowledge.reads(&actor.reads());
        tokio::task::yield_now().await;
        assert!(actor.reads().is_empty(), "nothing comes behind the reply");
    }
    actor.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lists_and_changes_join_without_a_hole() {
    for scenery in [Scenery::default().gathering(), Scenery::default()] {
        let stage = Stage::with(busy(scenery));
        let mut bob = stage.enter("bob").await;
        bob.asks("subscribe", wish(json!("watch"))).await;
        let mut clients = Vec::new();
        for who in 0..8 {
            // Two tabs each.
            let actor = stage.enter(&format!("c{}", who / 2)).await;
            clients.push(tokio::spawn(comes_and_goes(actor, who)));
        }
        for client in clients {
            client.await.unwrap();
        }
        stage.fanout.settled().await;
        let mut knowledge = Knowledge::default();
        knowledge.reads(&bob.reads());
        assert!(knowledge.members.is_empty() && knowledge.version > 0);
        bob.asks("presence", json!({ "channel": LOBBY })).await;
        assert_eq!(bob.reads()[0]["data"]["version"], knowledge.version);
        bob.leaves().await;
        assert_eq!(stage.fanout.watched() + stage.fanout.channels(), 0, "nothing is left");
    }
}

/// A stage whose broker waits for its test.
fn held() -> (Stage, Arc<HeldBroker>) {
    let mut held = None;
    let scenery = busy(Scenery::default()).around_broker(|inner| {
        let broker = HeldBroker::new(inner);
        held = Some(Arc::clone(&broker));
        broker
    });
    let stage = Stage::with(scenery);
    (stage, held.unwrap())
}

/// While one of many channels is still being attached, the others' changes wait for the reply.
#[tokio::test]
async fn the_list_comes_before_the_first_change() {
    let (stage, broker) = held();
    broker.hold_attach("chat:b");
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    let outbound = alice.outbound();
    let channels = json!([{ "channel": LOBBY, "presence": true }, { "channel": "chat:b" }]);
    {
        let mut subscribing = pin!(alice.asks("subscribe", json!({ "channels": channels })));
        assert!(poll!(&mut subscribing).is_pending());
        bob.asks("subscribe", wish(json!(true))).await;
        bob.asks("unsubscribe", json!({ "channel": LOBBY })).await;
        assert!(outbound.take().is_empty(), "the changes wait");
        broker.release("chat:b");
        subscribing.await;
    }
    let frames = alice.reads();
    assert_eq!(frames[0]["data"]["channels"][0]["version"], 1);
    let heard: Vec<_> = frames[1..].iter().map(testkit::gist).collect();
    assert_eq!(heard, ["memberJoined chat:lobby bob 2", "memberLeft chat:lobby bob 3"]);
}

/// More changes than are held before the reply could go end the subscription, as messages do.
#[tokio::test]
async fn too_many_changes_before_the_list_end_the_subscription() {
    let (stage, broker) = held();
    broker.hold_attach("chat:b");
    let mut alice = stage.enter("alice").await;
    let mut bob = stage.enter("bob").await;
    let channels = json!([{ "channel": LOBBY, "presence": true }, { "channel": "chat:b" }]);
    {
        let mut subscribing = pin!(alice.asks("subscribe", json!({ "channels": channels })));
        assert!(poll!(&mut subscribing).is_pending());
        for _ in 0..129 {
            bob.asks("subscribe", wish(json!(true))).await;
            bob.asks("unsubscribe", json!({ "channel": LOBBY })).await;
        }
        broker.release("chat:b");
        subscribing.await;
    }
    let heard = alice.hears();
    assert_eq!(heard[1..], ["unsubscribed chat:lobby overflow resubscribe"]);
    assert_eq!(stage.fanout.watched(), 0);
    bob.hears();
    bob.asks("presence", json!({ "channel": LOBBY })).await;
    assert_eq!(bob.reads()[0]["data"]["count"], 0, "alice left with it");
}

/// Announces a change whenever its connection is answered: the earliest moment at which no push of a
/// channel may come that was unsubscribed from.
struct Gossip {
    inner: Arc<RecordingOutbound>,
    fanout: Arc<Fanout>,
    version: AtomicU64,
}

impl Outbound for Gossip {
    fn push(&self, frame: &Bytes) -> Result<(), QueueFull> {
        self.inner.push(frame)
    }

    fn reply(&self, frame: Bytes) {
        self.inner.reply(frame);
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        self.fanout.announce(&change("gossip", version));
    }

    fn probe(&self) {
        self.inner.probe();
    }

    fn nudge(&self) {
        self.inner.nudge();
    }

    fn close(&self, farewell: Bytes, reason: CloseReason) {
        self.inner.close(farewell, reason);
    }

    fn queued_bytes(&self) -> usize {
        self.inner.queued_bytes()
    }

    fn drained(&self, bytes: usize) -> BoxFuture<'_, ()> {
        self.inner.drained(bytes)
    }

    fn set_queue_limit(&self, bytes: usize) {
        self.inner.set_queue_limit(bytes);
    }
}

#[tokio::test]
async fn after_the_reply_to_unsubscribe_no_change_is_told() {
    let stage = Stage::with(busy(Scenery::default()));
    let recorded = RecordingOutbound::new(1 << 20);
    let gossip = Gossip {
        inner: Arc::clone(&recorded),
        fanout: Arc::clone(&stage.fanout),
        version: AtomicU64::default(),
    };
    let mut alice = stage.connect_with(|opening| opening.outbound = Arc::new(gossip));
    alice.auth("shop", &stage.token("alice")).await;
    alice.asks("subscribe", wish(json!("watch"))).await;
    assert_eq!(recorded.take().len(), 3, "two replies, and what came behind the second one");
    alice.asks("unsubscribe", json!({ "channel": LOBBY })).await;
    assert_eq!(recorded.take().len(), 1, "the reply");
}

/// Changes that nobody has written yet are bounded: whoever wants to enter waits for the writing.
#[tokio::test]
async fn who_enters_waits_for_a_channel_that_is_behind() {
    let stage = Stage::with(busy(Scenery::default()).gathering());
    let mut bob = stage.enter("bob").await;
    bob.asks("subscribe", wish(json!("watch"))).await;
    let mut alice = stage.enter("alice").await;
    for version in 1..=1025 {
        stage.fanout.announce(&change("gossip", version));
    }
    {
        let mut entering = pin!(alice.asks("subscribe", wish(json!(true))));
        assert!(poll!(&mut entering).is_pending());
        entering.await;
    }
    stage.fanout.settled().await;
    let heard = alice.hears();
    let first = heard.first().map(String::as_str);
    assert_eq!((first, heard.len()), (Some("200"), 1), "what she need not hold ends nothing");
    assert_eq!(bob.hears().len(), 1 + 1025 + 1, "the reply, all of that, and alice");
}

/// Of a large channel only how many there are is told, when it is time; what comes behind is told one
/// by one again.
#[tokio::test]
async fn of_a_large_channel_the_count_is_told() {
    let stage = Stage::with(busy(Scenery::default()));
    let mut bob = stage.enter("bob").await;
    bob.asks_as("1", "subscribe", wish(json!("watch"))).await;
    let announce = |version, count| {
        stage.fanout.announce(&PresenceChange { count, ..change("gossip", version) });
    };
    announce(1, 1000);
    for version in 2..=500 {
        announce(version, 1001);
    }
    assert_eq!(bob.hears(), ["#1 200", "memberJoined chat:lobby gossip 1"]);
    stage.hub.turn_timers();
    assert_eq!(bob.hears(), ["presence chat:lobby 1001 500"]);
    stage.hub.turn_timers();
    announce(501, 1001);
    announce(502, 1000);
    stage.hub.turn_timers();
    let again = ["presence chat:lobby 1001 501", "memberJoined chat:lobby gossip 502"];
    assert_eq!(bob.hears(), again, "only where it changed, in the order of the versions");
}

fn change(client: &str, version: u64) -> PresenceChange {
    let channel = ChannelKey {
        app: AppId::parse("shop").unwrap(),
        channel: ChannelName::parse(LOBBY).unwrap(),
    };
    let (client, version) = (ClientId::parse(client).unwrap(), PresenceVersion(version));
    PresenceChange { channel, client, info: None, movement: Movement::Joined, version, count: 7 }
}

/// What is refused for another reason changes no part in presence, and makes no hole.
#[tokio::test]
async fn a_refused_subscribe_leaves_a_watcher_as_it_was() {
    let stage = Stage::with(busy(Scenery::default()));
    let mut alice = stage.enter("alice").await;
    alice.asks_as("1", "subscribe", wish(json!("watch"))).await;
    let position = json!({ "epoch": "0000000000000001", "offset": 0 });
    let bad = json!({ "channel": LOBBY, "presence": true, "position": position });
    alice.asks_as("2", "subscribe", bad).await;
    let own = ["memberJoined chat:lobby alice 1", "memberLeft chat:lobby alice 2"];
    assert_eq!(alice.hears(), ["#1 200", "#2 404 not_enabled", own[0], own[1]]);
    stage.enter("bob").await.asks("subscribe", wish(json!(true))).await;
    assert_eq!(alice.hears()[0], "memberJoined chat:lobby bob 3");
}
