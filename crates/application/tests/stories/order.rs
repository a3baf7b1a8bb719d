//! P1 under real concurrency.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use testkit::{Actor, Scenery, Stage};

const WRITERS: u64 = 3;
/// Of each writer; together fewer than a gate holds, so that none overflows, however long a thread
/// is kept from running.
const MESSAGES: u64 = 80;

/// A xorshift generator: what a seed makes the actors do is the same in every run.
struct Whim(u64);

impl Whim {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    async fn dawdle(&mut self) {
        for _ in 0..self.below(8) {
            tokio::task::yield_now().await;
        }
    }
}

async fn write(mut actor: Actor, writer: u64, mut whim: Whim) {
    for n in 0..MESSAGES {
        actor.says("chat:lobby", json!([writer, n])).await;
        whim.dawdle().await;
    }
}

/// Comes and goes for as long as something is said.
async fn wander(mut actor: Actor, mut whim: Whim, over: Arc<AtomicBool>) -> Vec<Value> {
    while !over.load(Ordering::SeqCst) {
        actor.subscribes("chat:lobby").await;
        whim.dawdle().await;
        actor.unsubscribes("chat:lobby").await;
        whim.dawdle().await;
    }
    actor.reads()
}

/// The messages between each reply to `subscribe` and the next reply to `unsubscribe`; one
/// elsewhere breaks P1.
fn stays(frames: &[Value]) -> Vec<Vec<Value>> {
    let mut stays = Vec::new();
    let mut here: Option<Vec<Value>> = None;
    for frame in frames {
        match (frame["event"].as_str(), &mut here) {
            (Some("message"), Some(here)) => here.push(frame["payload"]["data"].clone()),
            (Some("message"), None) => panic!("a push outside of a subscription: {frame}"),
            (None, Some(_)) => stays.extend(here.take()),
            (None, None) => here = Some(Vec::new()),
            (Some(other), _) => panic!("{other}"),
        }
    }
    assert!(here.is_none());
    stays
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn p1_holds_while_others_come_and_go_and_write() {
    for seed in 1..=10 {
        tell(seed).await;
    }
}

async fn tell(seed: u64) {
    let stage = Stage::with(Scenery::default().with_shop(|app| {
        app.limits.requests_burst = 1_000_000;
        app.limits.queue_bytes = 64 << 20;
    }));
    let mut listeners = [stage.enter("one").await, stage.enter("two").await];
    for listener in &mut listeners {
        listener.subscribes("chat:lobby").await;
        assert_eq!(listener.hears().len(), 1);
    }
    let over = Arc::new(AtomicBool::new(false));
    let mut wanderers = Vec::new();
    for n in 0..2 {
        let actor = stage.enter("wanderer").await;
        wanderers.push(tokio::spawn(wander(actor, Whim(seed * 100 + n), Arc::clone(&over))));
    }
    let mut writers = Vec::new();
    for n in 0..WRITERS {
        let actor = stage.enter("writer").await;
        writers.push(tokio::spawn(write(actor, n, Whim(seed * 1000 + n))));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    let [common, other] = listeners.each_mut().map(|listener| -> Vec<Value> {
        listener.reads().iter().map(|frame| frame["payload"]["data"].clone()).collect()
    });
    assert_eq!(common.len() as u64, WRITERS * MESSAGES, "seed {seed}");
    assert_eq!(common, other, "seed {seed}: one common order");
    for wanderer in wanderers {
        for stay in stays(&wanderer.await.unwrap()).iter().filter(|stay| !stay.is_empty()) {
            let from = common.iter().position(|data| *data == stay[0]).unwrap();
            let part = common.get(from..from + stay.len());
            assert_eq!(part, Some(&stay[..]), "seed {seed}: a part of the order, without gaps");
        }
    }
}
