//! A broker that waits for its test.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use application::ports::{Broker, BrokerError};
use async_trait::async_trait;
use domain::{AppId, ChannelKey, Draft, Receipt};
use tokio::sync::oneshot;

/// Hands everything to the broker inside, but only when the test lets it: each publish waits under
/// the text of its `data`, an attach of a held channel under the channel's name.
pub struct HeldBroker {
    inner: Arc<dyn Broker>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held_attaches: HashSet<String>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    what: String,
    verdict: oneshot::Sender<Result<(), BrokerError>>,
}

impl HeldBroker {
    /// Holds what goes to `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Broker>) -> Arc<Self> {
        Arc::new(Self { inner, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next attach of this channel waits, too.
    pub fn hold_attach(&self, channel: &str) {
        self.state().held_attaches.insert(channel.to_owned());
    }

    /// What waits, in the order it came.
    pub fn waiting(&self) -> Vec<String> {
        self.state().waiting.iter().map(|waiting| waiting.what.clone()).collect()
    }

    /// Lets the first that waits under `what` go on.
    ///
    /// # Panics
    /// Nothing waits under it.
    #[track_caller]
    pub fn release(&self, what: &str) {
        self.decide(what, Ok(()));
    }

    /// Makes the first that waits under `what` fail.
    ///
    /// # Panics
    /// Nothing waits under it.
    #[track_caller]
    pub fn fail(&self, what: &str) {
        self.decide(what, Err(BrokerError::Unavailable("made to fail".into())));
    }

    #[track_caller]
    fn decide(&self, what: &str, verdict: Result<(), BrokerError>) {
        let mut state = self.state();
        let place = state.waiting.iter().position(|waiting| waiting.what == what);
        let waiting = state.waiting.remove(place.unwrap_or_else(|| panic!("{what} is not held")));
        // Who waited may be gone: a session that ended.
        drop(waiting.verdict.send(verdict));
    }

    async fn wait(&self, what: &str) -> Result<(), BrokerError> {
        let (verdict, decided) = oneshot::channel();
        self.state().waiting.push(Waiting { what: what.to_owned(), verdict });
        decided.await.unwrap_or(Ok(()))
    }
}

#[async_trait]
impl Broker for HeldBroker {
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        self.wait(draft.data.as_str()).await?;
        self.inner.publish(draft).await
    }

    async fn attach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        let held = self.state().held_attaches.remove(channel.channel.as_str());
        if held {
            self.wait(channel.channel.as_str()).await?;
        }
        self.inner.attach(channel).await
    }

    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        self.inner.detach(channel).await
    }

    async fn forget(&self, app: &AppId) -> Result<(), BrokerError> {
        self.inner.forget(app).await
    }
}
