//! The store against the broker in memory: the same commands, the same answers.

mod common;

use std::{sync::Arc, time::Duration};

use adapters_memory::{MemoryBroker, RandomIds};
use adapters_store::DurableBroker;
use application::ports::{Broker, BrokerError, HistoryStore, Order, Page, Query};
use common::{POLICY, Store, channel, draft};
use domain::{Draft, HistoryPolicy, MessageKey, Namespace, Offset, Receipt};
use testkit::RecordingSink;

/// A small generator: the same seed is the same run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn maybe(&mut self, one_in: u64, bound: u64) -> Option<u64> {
        (self.below(one_in) == 0).then(|| self.below(bound))
    }
}

fn policy(channel: u64) -> HistoryPolicy {
    let ttl = Duration::from_secs([60, 100_000, 100_000][channel as usize]);
    let size = [1000, 7, 1000][channel as usize];
    let bytes = [1 << 20, 1 << 20, 1500][channel as usize];
    HistoryPolicy { size, ttl, bytes, ..POLICY }
}

fn random_draft(dice: &mut Dice) -> Draft {
    let at = dice.below(3);
    let key = dice.maybe(3, 5).map(|key| MessageKey::parse(&format!("k{key}")).expect("a key"));
    let text = format!("\"{}\"", "x".repeat(dice.below(200) as usize));
    let data = if key.is_some() { dice.below(2).to_string() } else { text };
    let history = Some(policy(at));
    let namespace = Arc::new(Namespace { history, ..Namespace::default() });
    Draft { key, namespace, ..draft(&channel(&format!("c{at}")), &data) }
}

fn random_query(dice: &mut Dice) -> Query {
    let order = if dice.below(2) == 0 { Order::Ascending } else { Order::Descending };
    Query {
        after: dice.maybe(2, 60).map(Offset),
        before: dice.maybe(2, 60).map(Offset),
        order,
        limit: 1 + dice.below(20) as usize,
        bytes: dice.maybe(3, 2000).unwrap_or(u64::MAX),
    }
}

/// What two stores with other ids and epochs have in common.
fn outcome(sent: Result<Receipt, BrokerError>) -> Result<(Option<Offset>, bool), String> {
    let sent = sent.map_err(|error| error.to_string())?;
    Ok((sent.position.map(|position| position.offset), sent.repeated))
}

fn gist(page: &Page) -> (Offset, Offset, Vec<(Option<Offset>, String)>, bool) {
    let message = |record: &Arc<domain::Record>| {
        (record.message.offset, record.message.data.as_str().to_owned())
    };
    let messages = page.messages.iter().map(message).collect();
    (page.position.offset, page.first, messages, page.more)
}

async fn run(seed: u64) {
    let store = Store::new();
    let sink = Arc::new(RecordingSink::default());
    let memory = MemoryBroker::new(sink, Arc::clone(&store.clock) as _, Arc::new(RandomIds));
    let mut durable = Some(store.open());
    let mut dice = Dice(seed);
    for step in 0..400 {
        let open: &DurableBroker = durable.as_ref().expect("open");
        let at = dice.below(3);
        let (lobby, policy) = (channel(&format!("c{at}")), policy(at));
        match dice.below(20) {
            0 => store.clock.advance(Duration::from_secs(dice.below(100))),
            1 => {
                memory.sweep();
                open.sweep();
            }
            2 => {
                drop(durable.take());
                durable = Some(store.open());
            }
            3 if dice.below(4) == 0 => {
                let one = memory.purge(&lobby, &policy).await.expect("purged").offset;
                let other = open.purge(&lobby, &policy).await.expect("purged").offset;
                assert_eq!(one, other, "seed {seed}, step {step}");
            }
            4..9 => {
                let query = random_query(&mut dice);
                let one = memory.read(&lobby, &policy, &query).await.expect("read");
                let other = open.read(&lobby, &policy, &query).await.expect("read");
                assert_eq!(gist(&one), gist(&other), "seed {seed}, step {step}, {query:?}");
            }
            _ => {
                let draft = random_draft(&mut dice);
                let one = outcome(memory.publish(draft.clone()).await);
                let other = outcome(open.publish(draft).await);
                assert_eq!(one, other, "seed {seed}, step {step}");
            }
        }
    }
    let contents = durable.as_ref().expect("open").check().expect("checked");
    assert_eq!((contents.damaged, contents.orphans), (0, 0), "seed {seed}");
}

#[tokio::test]
async fn the_store_answers_as_memory_does() {
    for seed in 1..=8 {
        run(seed * 0x0123_4567_89ab_cdef).await;
    }
}
