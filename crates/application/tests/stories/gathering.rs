//! Messages that are gathered and written together.

use std::collections::VecDeque;

use application::ports::Outbound as _;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::{Actor, Scenery, Stage};

const CLIENTS: usize = 4;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A client sends, with or without an echo to itself.
    Sends(usize, bool),
    Subscribes(usize),
    Unsubscribes(usize),
    /// The runtime gets one turn.
    Turn,
    /// The runtime gets all the turns that it needs.
    Settles,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..CLIENTS, any::<bool>()).prop_map(|(client, echo)| Step::Sends(client, echo)),
        3 => (0..CLIENTS).prop_map(Step::Subscribes),
        2 => (0..CLIENTS).prop_map(Step::Unsubscribes),
        2 => Just(Step::Turn),
        1 => Just(Step::Settles),
    ]
}

/// A client, and what it must still hear, by a naive model.
struct Listener {
    actor: Actor,
    subscribed: bool,
    due: VecDeque<u64>,
}

impl Listener {
    /// Takes what came: exactly the next of what is due, in order.
    fn listens(&mut self) {
        for frame in self.actor.reads() {
            if frame["event"] == "message" {
                let heard = frame["payload"]["data"].as_u64();
                assert_eq!(heard, self.due.pop_front(), "the next message that is due");
            }
        }
    }
}

async fn plays(steps: Vec<Step>) {
    let stage = Stage::with(Scenery::default().gathering().with_shop(|app| {
        app.limits.requests_burst = 10_000;
    }));
    let mut all = Vec::new();
    for client in 0..CLIENTS {
        let actor = stage.enter(&format!("c{client}")).await;
        all.push(Listener { actor, subscribed: false, due: VecDeque::new() });
    }
    let mut sent = 0;
    for step in steps {
        match step {
            Step::Sends(client, echo) => {
                sent += 1;
                let payload = json!({"channel": "chat:x", "data": sent, "echo": echo});
                all[client].actor.asks("messageSend", payload).await;
                for (index, listener) in all.iter_mut().enumerate() {
                    if listener.subscribed && (echo || index != client) {
                        listener.due.push_back(sent);
                    }
                }
            }
            Step::Subscribes(client) => {
                all[client].actor.subscribes("chat:x").await;
                all[client].subscribed = true;
            }
            Step::Unsubscribes(client) => {
                let listener = &mut all[client];
                listener.actor.unsubscribes("chat:x").await;
                listener.listens();
                // What was not written yet is not owed any more, and must not come.
                listener.subscribed = false;
                listener.due.clear();
            }
            Step::Turn => tokio::task::yield_now().await,
            Step::Settles => {
                stage.fanout.settled().await;
                all.iter_mut().for_each(Listener::listens);
                assert!(all.iter().all(|listener| listener.due.is_empty()), "nothing is missing");
            }
        }
        all.iter_mut().for_each(Listener::listens);
    }
    stage.fanout.settled().await;
    all.iter_mut().for_each(Listener::listens);
    assert!(all.iter().all(|listener| listener.due.is_empty()), "nothing is missing");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Who joins hears what is sent from then on, who leaves nothing more, a hidden message is seen
    /// by all others: whatever is gathered with whatever.
    #[test]
    fn each_subscriber_hears_its_messages_once_and_in_order(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(plays(steps));
    }
}

/// A channel larger than one piece: those who leave between two pieces move nobody out of the way.
#[tokio::test]
async fn leaving_while_a_large_channel_is_written_costs_nobody_a_message() {
    let stage = Stage::with(Scenery::default().gathering());
    let mut audience = Vec::new();
    for client in 0..400 {
        let mut actor = stage.enter(&format!("c{client}")).await;
        actor.subscribes("chat:x").await;
        actor.hears();
        audience.push(actor);
    }
    stage.announces("chat:x", "1");
    // The turn in which it is gathered, and the first piece.
    while audience[0].outbound().queued() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(audience[399].outbound().queued(), 0, "it is written in pieces");
    for early in audience.iter_mut().take(50) {
        early.unsubscribes("chat:x").await;
    }
    let mut late = stage.enter("late").await;
    late.subscribes("chat:x").await;
    late.hears();
    stage.announces("chat:x", "2");
    stage.fanout.settled().await;
    for (place, actor) in audience.iter_mut().enumerate().skip(50) {
        assert_eq!(data(&actor.reads()), [1, 2], "subscriber {place}");
    }
    assert_eq!(data(&late.reads()), [2]);
}

/// One large channel does not hold up a small one.
#[tokio::test]
async fn a_small_channel_is_served_between_the_pieces_of_a_large_one() {
    let stage = Stage::with(Scenery::default().gathering());
    let mut large = Vec::new();
    for client in 0..400 {
        let mut actor = stage.enter(&format!("c{client}")).await;
        actor.subscribes("chat:large").await;
        actor.hears();
        large.push(actor);
    }
    let mut small = stage.enter("small").await;
    small.subscribes("chat:small").await;
    small.hears();
    stage.announces("chat:large", "1");
    stage.announces("chat:small", "2");
    while small.outbound().queued() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(large[399].outbound().queued(), 0, "the large one is not done yet");
    stage.fanout.settled().await;
    assert_eq!(data(&large[399].reads()), [1]);
}

/// Nor does one that is small and busy: each of its runs is written in one piece.
#[tokio::test]
async fn a_quiet_channel_is_served_between_the_runs_of_a_busy_one() {
    let stage = Stage::with(Scenery::default().gathering());
    let mut busy = stage.enter("busy").await;
    busy.subscribes("chat:busy").await;
    let mut quiet = stage.enter("quiet").await;
    quiet.subscribes("chat:quiet").await;
    quiet.hears();
    // Each as long as a run.
    let long = format!("\"{}\"", "x".repeat(64 * 1024));
    for _ in 0..8 {
        stage.announces("chat:busy", &long);
    }
    stage.announces("chat:quiet", "1");
    busy.hears();
    while quiet.outbound().queued() == 0 {
        tokio::task::yield_now().await;
    }
    let written = busy.outbound().queued();
    assert!((1..8).contains(&written), "{written} of 8 runs are written");
    stage.fanout.settled().await;
    assert_eq!(busy.hears().len(), 8);
}

/// A sender that is faster than the writing waits for it; what it sent is all there.
#[tokio::test]
async fn a_backlog_makes_senders_wait() {
    let stage = Stage::with(Scenery::default().gathering().with_shop(|app| {
        app.limits.queue_bytes = 1 << 30;
        app.limits.requests_burst = 10_000;
    }));
    let mut listener = stage.enter("listener").await;
    listener.subscribes("chat:x").await;
    listener.hears();
    let mut sender = stage.enter("sender").await;
    let large = "x".repeat(60_000);
    for number in 0..100 {
        sender.says("chat:x", json!(format!("{number:03}{large}"))).await;
    }
    // 6 MB were sent; without a pause nothing would be written before this line.
    let written = listener.outbound().queued_bytes();
    assert!(written > 4_000_000, "{written} bytes were written while the sender waited");
    stage.fanout.settled().await;
    let numbers: Vec<usize> = listener
        .reads()
        .iter()
        .filter_map(|frame| frame["payload"]["data"].as_str()?[..3].parse().ok())
        .collect();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

fn data(frames: &[Value]) -> Vec<u64> {
    frames.iter().filter_map(|frame| frame["payload"]["data"].as_u64()).collect()
}
