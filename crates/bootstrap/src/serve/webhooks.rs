//! Who tells the endpoints of apps what happened.

use std::sync::Arc;

use adapters_webhook::HttpPost;
use application::{
    WebhookPorts, Webhooks,
    ports::{AppRegistry, Clock, Deliveries, EventLog, EventSink, IdSource, WebhookPost},
};
use domain::AppId;
use tokio::task::JoinHandle;

use super::store::Store;

/// Webhooks at work.
pub(super) struct Telling {
    webhooks: Arc<Webhooks>,
    apps: Vec<AppId>,
}

/// What says what happened, and what keeps how far each endpoint has been told.
type Told = (Arc<dyn EventLog>, Arc<dyn Deliveries>);

/// Nothing without a store that writes events.
pub(super) fn told(store: Option<&Store>) -> Option<Told> {
    store.map(|Store { broker, .. }| (Arc::clone(broker) as _, Arc::clone(broker) as _))
}

impl Telling {
    pub(super) fn new(
        (log, deliveries): Told,
        registry: &Arc<dyn AppRegistry>,
        events: Arc<dyn EventSink>,
        (clock, ids): (&Arc<dyn Clock>, &Arc<dyn IdSource>),
        apps: Vec<AppId>,
    ) -> Self {
        let post: Arc<dyn WebhookPost> = Arc::new(HttpPost::new(Arc::clone(clock)));
        #[cfg(feature = "planted")]
        let post = crate::planted::post(post);
        let ports = WebhookPorts {
            log,
            deliveries,
            post,
            registry: Arc::clone(registry),
            events,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
        };
        Self { webhooks: Arc::new(Webhooks::new(ports)), apps }
    }

    pub(super) const fn webhooks(&self) -> &Arc<Webhooks> {
        &self.webhooks
    }

    /// Tells, until [`Self::stop`].
    pub(super) fn start(&self) -> JoinHandle<()> {
        let (webhooks, apps) = (Arc::clone(&self.webhooks), self.apps.clone());
        tokio::spawn(async move { webhooks.run(apps).await })
    }

    /// What is under way is sent again by the next start.
    pub(super) fn stop(&self, running: &JoinHandle<()>) {
        running.abort();
        self.webhooks.stop();
    }
}
