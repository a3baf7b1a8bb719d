//! A receiver that is down, slow or wrong at random, and a sender that is killed at random.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use adapters_webhook::HttpPost;
use application::{
    GIVE_UP,
    ports::{Deliveries as _, Outgoing, POST_TIMEOUT, Parcel, PostError, WebhookPost},
};
use async_trait::async_trait;
use domain::{App, Webhook, WebhookFormat};

use crate::{
    receiver::endpoint,
    stage::{Stage, key},
};

/// Takes requests as a seed says.
struct Moody {
    http: HttpPost,
    dice: AtomicU64,
    /// Of a hundred requests so many are taken and answered so.
    good: u64,
    taken: Mutex<Vec<Outgoing>>,
}

impl Moody {
    fn new(stage: &Stage, seed: u64, good: u64) -> Arc<Self> {
        let http = HttpPost::new(Arc::clone(&stage.clock));
        Arc::new(Self { http, dice: AtomicU64::new(seed), good, taken: Mutex::default() })
    }

    /// SplitMix64.
    fn roll(&self, bound: u64) -> u64 {
        let mut z = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn take(&self, request: &Outgoing) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    }

    /// What a receiver has that knows each number once: message ids in the order in which it first
    /// saw them. What came again is what it was.
    fn seen(&self) -> Vec<String> {
        let mut seen: Vec<Outgoing> = Vec::new();
        for request in self.taken.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            match seen.iter().find(|known| known.number == request.number) {
                Some(known) => assert_eq!(known, request, "a number means one request"),
                None => seen.push(request.clone()),
            }
        }
        let bodies =
            seen.iter().map(|it| serde_json::from_str::<serde_json::Value>(&it.body).unwrap());
        let events = bodies.flat_map(|body| body["events"].as_array().unwrap().clone());
        events.filter_map(|event| event["message"]["id"].as_str().map(str::to_owned)).collect()
    }
}

#[async_trait]
impl WebhookPost for Moody {
    fn body(&self, format: WebhookFormat, parcel: &Parcel<'_>) -> Arc<str> {
        self.http.body(format, parcel)
    }

    async fn post(&self, _: &App, _: &Webhook, request: &Outgoing) -> Result<(), PostError> {
        tokio::time::sleep(Duration::from_millis(self.roll(200))).await;
        if self.roll(100) < self.good {
            self.take(request);
            return Ok(());
        }
        match self.roll(4) {
            0 => Err(PostError::Failed("nobody listens".into())),
            1 => {
                let retry_after = Some(Duration::from_secs(self.roll(20_000)));
                Err(PostError::Status { status: 503, retry_after })
            }
            // It has it, and its answer is lost or too late.
            2 => {
                self.take(request);
                tokio::time::sleep(POST_TIMEOUT).await;
                Err(PostError::TimedOut(POST_TIMEOUT))
            }
            _ => {
                self.take(request);
                Err(PostError::Status { status: 500, retry_after: None })
            }
        }
    }
}

async fn all_events_come_in_order(seed: u64) {
    let stage = Stage { look: Duration::from_secs(20), ..Stage::new() };
    stage.configure(vec![endpoint("crm", "http://127.0.0.1:1/")]);
    let receiver = Moody::new(&stage, seed, 40);
    let mut sending = stage.send(Arc::clone(&receiver) as _);
    stage.ready("crm").await;
    let mut sent = Vec::new();
    for number in 0..150 {
        let id = format!("m{number}");
        stage.publish(["chat", "news"][number % 2], &id);
        sent.push(id);
        if receiver.roll(3) == 0 {
            tokio::time::sleep(Duration::from_millis(receiver.roll(3_000))).await;
        }
        if receiver.roll(15) == 0 {
            drop(sending);
            tokio::task::yield_now().await;
            sending = stage.send(Arc::clone(&receiver) as _);
        }
    }
    sending.told(&stage).await;
    assert_eq!(receiver.seen(), sent, "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn every_event_comes_in_its_order_whatever_the_receiver_does() {
    for seed in 1..=20 {
        all_events_come_in_order(seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_never_taken_becomes_a_dead_letter_and_others_follow() {
    let stage = Stage { look: Duration::from_secs(20), ..Stage::new() };
    stage.configure(vec![endpoint("crm", "http://127.0.0.1:1/")]);
    let receiver = Moody::new(&stage, 1, 0);
    let sending = stage.send(Arc::clone(&receiver) as _);
    stage.ready("crm").await;
    stage.publish("chat", "poison");
    let began = stage.clock.moment();
    sending.told(&stage).await;
    let took = stage.clock.moment().since(began);
    assert!(took >= GIVE_UP && took < GIVE_UP * 2, "{took:?}");
    let letters = stage.deliveries.letters(&key("crm"), 0, 10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.number).collect::<Vec<_>>(), [1]);
    assert!(letters[0].body.contains("poison") && letters[0].attempts > 20, "{letters:?}");
    let lines = stage.events.take_of("webhook crm given up");
    assert_eq!(lines, ["webhook crm given up 1 -0"]);
}
