//! What a message costs in allocations, however many subscribers there are.

use std::{future::ready, sync::Arc};

use allocation_counter::measure;
use application::{
    Session,
    ports::{Bounds, Codec, Outbound, QueueFull},
};
use bytes::Bytes;
use domain::{App, CloseReason, Rate};
use futures_util::future::BoxFuture;
use testkit::{Scenery, Stage};
use tokio::runtime::Builder;

/// A socket that takes everything at once.
struct Accepting;

impl Outbound for Accepting {
    fn push(&self, _: &Bytes) -> Result<(), QueueFull> {
        Ok(())
    }

    fn reply(&self, _: Bytes) {}

    fn probe(&self) {}

    fn nudge(&self) {}

    fn close(&self, _: Bytes, _: CloseReason) {}

    fn queued_bytes(&self) -> usize {
        0
    }

    fn drained(&self, _: usize) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn set_queue_limit(&self, _: usize) {}
}

const SUBSCRIBERS: usize = 10_000;
/// From the decoded command to the last write, the reply included.
const BUDGET: u64 = 8;

async fn enter(stage: &Stage, client: &str) -> Session {
    let actor = stage.connect_with(|opening| opening.outbound = Arc::new(Accepting));
    let mut session = actor.into_session();
    let token = stage.token(client);
    let auth = format!(r#"{{"event":"auth","payload":{{"appId":"shop","token":"{token}"}}}}"#);
    session.receive(auth.as_bytes()).await;
    session
}

/// With every limit: a decision costs no memory.
fn limited(app: &mut App) {
    let plenty = Some(Rate::new(1_000_000, 1_000_000));
    app.limits.messages = plenty;
    app.limits.deliveries = plenty;
    app.limits.client_messages = plenty;
    app.limits.monthly.messages = Some(1_000_000);
}

#[test]
fn a_message_to_ten_thousand_costs_eight_allocations() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let (stage, subscribers, mut sender) = runtime.block_on(async {
        let stage = Stage::with(Scenery::default().gathering().with_shop(limited));
        let mut subscribers = Vec::new();
        for n in 0..SUBSCRIBERS {
            let mut session = enter(&stage, &format!("client-{n}")).await;
            let frame = br#"{"event":"subscribe","payload":{"channel":"chat:a"}}"#;
            session.receive(frame).await;
            subscribers.push(session);
        }
        let sender = enter(&stage, "sender").await;
        (stage, subscribers, sender)
    });
    let frame =
        br#"{"event":"messageSend","payload":{"channel":"chat:a","data":{"text":"hello"}}}"#;
    let mut send = || {
        runtime.block_on(async {
            sender.receive(frame).await;
            stage.fanout.settled().await;
        });
    };
    // What grows once and stays is there.
    send();
    send();
    let all = measure(&mut send).count_total;
    let mut codec: Option<Arc<dyn Codec>> = None;
    drop(stage.connect_with(|opening| codec = Some(Arc::clone(&opening.codec))));
    let codec = codec.unwrap();
    let bounds = Bounds { payload_bytes: 1024 };
    let decoding = measure(|| drop(codec.decode(frame, bounds).unwrap())).count_total;
    let settling = measure(|| runtime.block_on(stage.fanout.settled())).count_total;
    let spent = all - decoding - settling;
    assert!(spent <= BUDGET, "{spent} allocations ({all} in all)");
    drop(subscribers);
}
