//! The sending side on fakes in memory, which outlive it as a disk does.

use std::{collections::HashMap, sync::Arc, time::Duration};

use adapters_memory::{MemoryAppRegistry, MemoryChronicle, MemoryDeliveries};
use application::{
    WebhookPorts, Webhooks,
    ports::{
        AppRegistry as _, AppTable as _, Chronicle, Clock, Deliveries as _, EndpointKey,
        WebhookPost,
    },
};
use domain::{
    App, AppId, ChannelName, Epoch, Fact, Message, MessageId, Payload, Published, Timestamp,
    Webhook, WebhookName,
};
use testkit::{RecordingEvents, SequenceIds};

/// Goes with tokio's clock, which a test can stop.
pub(crate) struct TokioClock(pub(crate) tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000).after(self.0.elapsed())
    }

    fn moment(&self) -> domain::Moment {
        domain::Moment::from_millis(0).after(self.0.elapsed())
    }
}

pub(crate) struct Stage {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chronicle: Arc<MemoryChronicle>,
    pub(crate) deliveries: Arc<MemoryDeliveries>,
    pub(crate) registry: Arc<MemoryAppRegistry>,
    pub(crate) events: Arc<RecordingEvents>,
    pub(crate) ids: Arc<SequenceIds>,
    /// How often a wait looks.
    pub(crate) look: Duration,
}

/// A sender at work; dropping it is `kill -9`.
pub(crate) struct Sending {
    pub(crate) webhooks: Arc<Webhooks>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.task.abort();
        self.webhooks.stop();
    }
}

pub(crate) fn shop() -> AppId {
    AppId::parse("shop").unwrap()
}

pub(crate) fn key(name: &str) -> EndpointKey {
    EndpointKey { app: shop(), name: WebhookName::parse(name).unwrap() }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock(tokio::time::Instant::now()));
        let epoch = Epoch::from_random(7);
        Self {
            chronicle: Arc::new(MemoryChronicle::new(Arc::clone(&clock), epoch)),
            deliveries: Arc::default(),
            registry: Arc::new(MemoryAppRegistry::new([])),
            events: Arc::default(),
            ids: Arc::default(),
            look: Duration::from_millis(10),
            clock,
        }
    }

    /// The app has these endpoints from now on.
    pub(crate) fn configure(&self, webhooks: Vec<Webhook>) {
        self.configure_app(|app| app.webhooks = webhooks);
    }

    pub(crate) fn configure_app(&self, change: impl FnOnce(&mut App)) {
        let mut app = App::new(shop());
        change(&mut app);
        self.chronicle.follow(&app);
        self.registry.put(app);
    }

    pub(crate) fn ports(&self, post: Arc<dyn WebhookPost>) -> WebhookPorts {
        WebhookPorts {
            log: Arc::clone(&self.chronicle) as _,
            deliveries: Arc::clone(&self.deliveries) as _,
            post,
            registry: Arc::clone(&self.registry) as _,
            events: Arc::clone(&self.events) as _,
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids) as _,
        }
    }

    pub(crate) fn send(&self, post: Arc<dyn WebhookPost>) -> Sending {
        let webhooks = Arc::new(Webhooks::new(self.ports(post)));
        let running = Arc::clone(&webhooks);
        let task = tokio::spawn(async move { running.run([shop()]).await });
        Sending { webhooks, task }
    }

    /// Waits until an endpoint is at work and has found its place.
    pub(crate) async fn ready(&self, name: &str) {
        while self.deliveries.progress(&key(name)).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A message, which is an event.
    pub(crate) fn publish(&self, channel: &str, id: &str) {
        let message = Message {
            id: MessageId::new(id),
            ts: self.clock.now(),
            offset: None,
            name: None,
            data: Payload::parse("1", 10).unwrap(),
            from: None,
        };
        let channel = ChannelName::parse(channel).unwrap();
        let published = Published { channel, message, with_data: true };
        self.chronicle.note(&shop(), Fact::MessagePublished(Box::new(published)));
    }
}

impl Sending {
    /// Waits until the app's endpoints stand so.
    pub(crate) async fn until(&self, stage: &Stage, mut is: impl FnMut(&States) -> bool) {
        let wait = async {
            loop {
                let app = stage.registry.find(&shop()).await.unwrap().unwrap();
                let states = self.webhooks.states(&app).await;
                let states = states.into_iter().map(|state| (state.name.to_string(), state));
                if is(&states.collect()) {
                    return;
                }
                tokio::time::sleep(stage.look).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60 * 60 * 24 * 3), wait).await;
        assert!(waited.is_ok(), "it never came to be");
    }

    /// Waits until endpoints that were ready have nothing left to tell.
    pub(crate) async fn told(&self, stage: &Stage) {
        self.until(stage, |states| states.values().all(|state| state.lag == Some(0))).await;
    }
}

pub(crate) type States = HashMap<String, application::EndpointState>;
