//! What is measured, and the page that shows it.

use std::sync::Arc;

use adapters_http::MakePage;
use adapters_memory::MemoryPresence;
use adapters_metrics::{Levels, Metrics};
use application::{Fanout, Hub, Webhooks, ports::Clock};

/// Metrics that go by this clock.
pub(super) fn metrics(clock: &Arc<dyn Clock>) -> Arc<Metrics> {
    let clock = Arc::clone(clock);
    Arc::new(Metrics::new(move || clock.now()))
}

/// What is looked at when a page is made.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) metrics: Arc<Metrics>,
    pub(super) hub: Arc<Hub>,
    pub(super) fanout: Arc<Fanout>,
    pub(super) presence: Arc<MemoryPresence>,
    /// Says whether the store takes writes, where there is one.
    pub(super) writable: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Who tells apps what happened, where there is a log of it.
    pub(super) webhooks: Option<Arc<Webhooks>>,
    /// Connections that may be open.
    pub(super) connections_limit: u32,
}

impl Watched {
    /// Makes the page of the moment.
    pub(super) fn pages(self) -> MakePage {
        Arc::new(move || {
            let watched = self.clone();
            Box::pin(async move { watched.metrics.page(&watched.levels().await) })
        })
    }

    async fn levels(&self) -> Levels {
        let connections = self.hub.connections();
        Levels {
            version: env!("CARGO_PKG_VERSION"),
            connections: connections.count(),
            connections_limit: self.connections_limit,
            channels: self.fanout.channels(),
            watched: self.fanout.watched(),
            members: self.presence.members(),
            queue_bytes: connections.queued_bytes().await,
            queue_bytes_limit: self.hub.waiting().limit(),
            draining: connections.is_draining(),
            writable: (self.writable)(),
            webhook_lags: self.webhooks.as_ref().map(|it| it.lags()).unwrap_or_default(),
        }
    }
}
