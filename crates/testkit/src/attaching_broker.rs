//! A broker that takes attaching seriously.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use application::ports::{Broker, BrokerError, Clock, DeliverySink, IdSource};
use async_trait::async_trait;
use domain::{AppId, ChannelKey, Draft, Receipt};
use tokio::task::yield_now;

/// Announces only what is attached, and takes its time to attach and detach, as one across a
/// network would: a message that is published while the node is wrongly detached is lost here.
pub struct AttachingBroker {
    sink: Arc<dyn DeliverySink>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// Also the order of all announcements: held while one is made.
    attached: Mutex<HashSet<ChannelKey>>,
}

impl AttachingBroker {
    /// A broker that announces to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn DeliverySink>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { sink, clock, ids, attached: Mutex::default() }
    }

    fn attached(&self) -> MutexGuard<'_, HashSet<ChannelKey>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many channels are attached.
    pub fn channels(&self) -> usize {
        self.attached().len()
    }
}

#[async_trait]
impl Broker for AttachingBroker {
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        let attached = self.attached();
        let ts = self.clock.now();
        let (publication, receipt) = draft.stamped(self.ids.message(ts), ts, None);
        if attached.contains(&publication.channel) {
            self.sink.deliver(&publication);
        }
        Ok(receipt)
    }

    async fn attach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        yield_now().await;
        self.attached().insert(channel.clone());
        yield_now().await;
        Ok(())
    }

    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        yield_now().await;
        yield_now().await;
        self.attached().remove(channel);
        yield_now().await;
        Ok(())
    }

    /// It keeps nothing.
    async fn forget(&self, _: &AppId) -> Result<(), BrokerError> {
        Ok(())
    }
}
