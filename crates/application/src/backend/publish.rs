//! Messages of an app's backend.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use domain::{
    App, Author, ChannelKey, ChannelName, ConnectionId, Draft, Durability, ErrorCode, Hidden,
    Message, MessageKey, MessageName, Payload, Receipt, Source, TraceId,
};
use futures_util::future::{join_all, poll_fn};

use super::{Backend, SECOND};
use crate::{Refusal, keepers::durability, ports::BrokerError, publish::Sending};

/// A message of a backend.
#[derive(Debug, Clone)]
pub struct BackendMessage {
    /// Where to; also a channel that is reserved to the server.
    pub channel: ChannelName,
    /// What kind of message.
    pub name: Option<MessageName>,
    /// The content.
    pub data: Payload,
    /// The idempotency key, in the scope of the app's backend.
    pub key: Option<MessageKey>,
    /// The connection that shall not see it. One that is not open (here) excludes nobody.
    pub exclude: Option<ConnectionId>,
}

/// What a message came to, or its commit that is under way.
enum Step<F> {
    Done(Result<Receipt, Refusal>),
    UnderWay(Pin<Box<F>>),
}

impl Backend {
    /// Publishes a message; resolves when it is stamped and kept. `trace` is what the backend calls
    /// its request.
    ///
    /// # Errors
    /// `unavailable`: the outcome is unknown, or the server shuts down; `idempotency_conflict`;
    /// `rate_limited`, `quota_exceeded`: the app is at a limit, and nothing was published.
    pub async fn publish(
        &self,
        app: &Arc<App>,
        message: BackendMessage,
        trace: Option<&TraceId>,
    ) -> Result<Receipt, Refusal> {
        self.admit(app, std::iter::once(&message))?;
        self.publish_admitted(app, message, trace).await
    }

    /// Whether the app's limits let these messages through, all of them or none. It counts them:
    /// each is then to be given to [`Self::publish_admitted`], once.
    ///
    /// # Errors
    /// `rate_limited`, `quota_exceeded`.
    pub fn admit<'a>(
        &self,
        app: &App,
        messages: impl Iterator<Item = &'a BackendMessage> + Clone,
    ) -> Result<(), Refusal> {
        let mut costs = [0u64; 2];
        for message in messages.clone() {
            let namespace = app.namespace(&message.channel);
            // With those before it.
            let cost = &mut costs[usize::from(durability(namespace) == Durability::Durable)];
            *cost = cost.saturating_add(Message::cost_of(message.name.as_ref(), &message.data));
            let kept = self.hub.limits.keep(app, namespace, &self.hub.keepers, *cost);
            kept.inspect_err(|refusal| self.hub.limits.note_backend(app, refusal))?;
        }
        let subscribers = |message: &BackendMessage| {
            let (app, channel) = (app.id.clone(), message.channel.clone());
            self.hub.channels.fanout().size(&ChannelKey { app, channel })
        };
        let count = messages.clone().count();
        self.hub.limits.publish(app, count, || messages.map(subscribers).sum())
    }

    /// [`Self::publish`] for a message that was admitted.
    ///
    /// # Errors
    /// As [`Self::publish`], limits aside.
    pub async fn publish_admitted(
        &self,
        app: &Arc<App>,
        message: BackendMessage,
        trace: Option<&TraceId>,
    ) -> Result<Receipt, Refusal> {
        let draft = self.draft(app, message).await?;
        self.commit(app, draft, trace).await
    }

    /// Publishes messages in their order, each by itself: what became of each comes in the same
    /// order. Commits go on beside each other, so that many share one sync of a disk.
    pub async fn publish_all(
        &self,
        app: &Arc<App>,
        messages: Vec<BackendMessage>,
        trace: Option<&TraceId>,
    ) -> Vec<Result<Receipt, Refusal>> {
        let mut steps = Vec::with_capacity(messages.len());
        for message in messages {
            let draft = match self.admit(app, std::iter::once(&message)) {
                Ok(()) => self.draft(app, message).await,
                Err(refusal) => Err(refusal),
            };
            steps.push(match draft {
                Err(refusal) => Step::Done(Err(refusal)),
                Ok(draft) => {
                    // Polled once before the next one: that is what gives a channel its order.
                    let mut commit = Box::pin(self.commit(app, draft, trace));
                    match poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await {
                        Poll::Ready(outcome) => Step::Done(outcome),
                        Poll::Pending => Step::UnderWay(commit),
                    }
                }
            });
        }
        let ends = steps.into_iter().map(|step| async {
            match step {
                Step::Done(outcome) => outcome,
                Step::UnderWay(commit) => commit.await,
            }
        });
        pin!(join_all(ends)).await
    }

    /// Waits until the channel's subscribers have been written what came before.
    async fn draft(&self, app: &App, message: BackendMessage) -> Result<Draft, Refusal> {
        let BackendMessage { channel, name, data, key, exclude } = message;
        let namespace = Arc::clone(app.namespace(&channel));
        let channel = ChannelKey { app: app.id.clone(), channel };
        self.hub.channels.room_to_send(&channel).await;
        if self.hub.connections.is_draining() {
            // Behind the last messages of a shutdown nothing is written any more.
            return Err(Refusal::later(ErrorCode::Unavailable, SECOND));
        }
        let hidden_from = exclude.and_then(|connection| self.hidden_from(app, connection));
        let source = Source { author: Author::Backend, hidden_from };
        Ok(Draft { channel, name, data, key, from: None, source, namespace })
    }

    async fn commit(
        &self,
        app: &App,
        draft: Draft,
        trace: Option<&TraceId>,
    ) -> Result<Receipt, Refusal> {
        let sending = Sending { connection: None, trace };
        self.hub.publish.run(draft, sending).await.map_err(|error| match error {
            BrokerError::Conflict => Refusal::plain(ErrorCode::IdempotencyConflict),
            BrokerError::Unavailable(_) | BrokerError::KeysFull => {
                self.failed_in(&app.id, "publish", &error, trace)
            }
        })
    }

    fn hidden_from(&self, app: &App, connection: ConnectionId) -> Option<Hidden> {
        let identity = self.hub.connections.find(connection)?.identity();
        let client = identity.client.filter(|client| client.app.id == app.id)?;
        Some(Hidden { connection, client: client.id.clone(), session: identity.session })
    }
}
