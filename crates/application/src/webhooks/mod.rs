//! Tells the endpoints of apps what happened: events of the log become numbered requests.
//!
//! * [`Webhooks`] has a task for each endpoint, and follows the apps as they change (`roster`).
//! * `courier` is one endpoint at work: `gathering` makes requests of events, `schedule` says when
//!   one that failed is tried again, `lanes` bound how many are under way.
//! * `standing` is what can be seen of it, `letters` is what an operator does with dead letters.

mod courier;
mod gathering;
mod lanes;
mod letters;
mod roster;
mod schedule;
mod standing;

use std::sync::Arc;

use domain::{AppId, WebhookName};

use crate::ports::{
    AppRegistry, Clock, Deliveries, DomainEvent, EventLog, EventSink, IdSource, WebhookNews,
    WebhookPost,
};

pub use letters::{Replayed, WebhookError};
pub use roster::Webhooks;
pub use schedule::{GIVE_UP, LONGEST_WAIT, MOST_RETRY_AFTER};
pub use standing::EndpointState;

/// What webhooks need of the world.
#[derive(Clone)]
pub struct WebhookPorts {
    /// What happened.
    pub log: Arc<dyn EventLog>,
    /// How far each endpoint has been told.
    pub deliveries: Arc<dyn Deliveries>,
    /// Brings requests to receivers.
    pub post: Arc<dyn WebhookPost>,
    /// The apps.
    pub registry: Arc<dyn AppRegistry>,
    /// Is told what happens.
    pub events: Arc<dyn EventSink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub ids: Arc<dyn IdSource>,
}

impl WebhookPorts {
    fn tell(&self, app: &AppId, endpoint: &WebhookName, news: WebhookNews<'_>) {
        self.events.record(&DomainEvent::Webhook { app, endpoint, news });
    }
}
