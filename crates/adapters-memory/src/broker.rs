//! The broker of one process.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use application::ports::{Attached, Broker, BrokerError, Clock, DeliverySink, IdSource};
use async_trait::async_trait;
use domain::{ChannelKey, Draft, Receipt};

/// Stamps messages and announces them at once; keeps none.
///
/// It announces every channel: the sink itself knows which have subscribers, so attaching and
/// detaching change nothing.
pub struct MemoryBroker {
    sink: Arc<dyn DeliverySink>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// One is held while a message is stamped and announced: that is the channel's common order.
    /// Channels share them by hash, so their number is fixed.
    order: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl MemoryBroker {
    const LOCKS: usize = 256;

    /// A broker that announces to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn DeliverySink>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        let order = (0..Self::LOCKS).map(|_| Mutex::new(())).collect();
        Self { sink, clock, ids, order, hasher: RandomState::new() }
    }

    fn order_of(&self, channel: &ChannelKey) -> &Mutex<()> {
        let hash = usize::try_from(self.hasher.hash_one(channel) >> 32).unwrap_or(0);
        &self.order[hash % Self::LOCKS]
    }

    fn publish_now(&self, draft: Draft) -> Receipt {
        let _turn = self.order_of(&draft.channel).lock().unwrap_or_else(PoisonError::into_inner);
        let ts = self.clock.now();
        let (publication, receipt) = draft.stamped(self.ids.message(ts), ts, None);
        self.sink.deliver(&publication);
        receipt
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        Ok(self.publish_now(draft))
    }

    async fn attach(&self, _: &ChannelKey) -> Result<Attached, BrokerError> {
        Ok(Attached { position: None })
    }

    async fn detach(&self, _: &ChannelKey) -> Result<(), BrokerError> {
        Ok(())
    }
}
