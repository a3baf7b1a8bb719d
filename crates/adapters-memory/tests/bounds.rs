//! What an app may have, and what it costs to ask for more.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{sync::Arc, time::Duration};

use adapters_memory::{MemoryBroker, RandomIds};
use application::ports::{Broker, HistoryStore, Order, Query, STREAMS_PER_APP};
use domain::{AppId, ChannelKey, ChannelName, Durability, HistoryPolicy, Timestamp};
use testkit::{ManualClock, RecordingSink};

fn channel(n: usize) -> ChannelKey {
    let (app, name) = (AppId::parse("shop").unwrap(), format!("cache-{n}"));
    ChannelKey { app, channel: ChannelName::parse(&name).unwrap() }
}

/// Looking for idle streams looks at all of them: who asks for one new channel after the other must
/// not have that done each time.
#[tokio::test]
async fn a_full_app_is_looked_through_once_a_second() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1)));
    let sink = Arc::new(RecordingSink::default());
    let broker = MemoryBroker::new(sink, Arc::clone(&clock) as _, Arc::new(RandomIds));
    let (ttl, durability) = (Duration::from_secs(1800), Durability::Memory);
    let policy = HistoryPolicy { size: 1, ttl, bytes: 1024, durability };
    let query = Query { after: None, before: None, order: Order::Descending, limit: 1, bytes: 1 };
    for n in 0..STREAMS_PER_APP {
        broker.attach(&channel(n)).await.unwrap();
        broker.read(&channel(n), &policy, &query).await.unwrap();
    }
    let one_more = channel(STREAMS_PER_APP);
    assert!(broker.read(&one_more, &policy, &query).await.is_err(), "all are in use");
    broker.detach(&channel(0)).await.unwrap();
    assert!(broker.read(&one_more, &policy, &query).await.is_err(), "it does not look again yet");
    clock.advance(Duration::from_secs(1));
    assert!(broker.read(&one_more, &policy, &query).await.is_ok());
}
