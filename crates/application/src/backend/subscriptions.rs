//! Subscriptions that an app's backend makes and ends for its clients.

use std::time::Duration;

use domain::{AppId, ChannelName, ClientId, ConnectionId, ErrorCode, TraceId};
use tokio::{sync::oneshot, time::Instant};

use super::{Backend, SECOND};
use crate::{
    Connection, Refusal,
    orders::{NotOrdered, Order},
};

/// What came of an order, at one connection of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obeyed {
    /// Which.
    pub connection: ConnectionId,
    /// Done, or why not.
    pub outcome: Result<(), Refusal>,
}

/// An order on its way.
enum Step {
    Done(Result<(), Refusal>),
    UnderWay(oneshot::Receiver<Result<(), Refusal>>),
}

impl Backend {
    /// How long an order may take: a connection comes to it between two requests, and not while its
    /// reader is slow.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Subscribes all connections of a client to a channel; `trace` is what the backend calls it. It needs no grant of the client's, and
    /// the client can't end it. It lasts as long as its connection.
    ///
    /// # Errors
    /// `not_found` where the client has no connection, else what each of its connections refused
    /// with: `not_enabled` for guests, `too_many_channels`, `unavailable` (64 orders wait for the
    /// connection, or it did not come to this one within 5 s and may still).
    pub async fn subscribe(
        &self,
        app: &AppId,
        client: &ClientId,
        channel: ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<Vec<Obeyed>, Refusal> {
        self.order(app, client, &Order::Subscribe(channel), trace).await
    }

    /// Ends the subscription of all connections of a client to a channel, whoever made it. The
    /// client may make it again where its grants allow it.
    ///
    /// # Errors
    /// As [`Self::subscribe`], and `not_subscribed`.
    pub async fn unsubscribe(
        &self,
        app: &AppId,
        client: &ClientId,
        channel: ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<Vec<Obeyed>, Refusal> {
        self.order(app, client, &Order::Unsubscribe(channel), trace).await
    }

    async fn order(
        &self,
        app: &AppId,
        client: &ClientId,
        order: &Order,
        trace: Option<&TraceId>,
    ) -> Result<Vec<Obeyed>, Refusal> {
        let connections = self.hub.connections.of_client(app, client);
        let given = |connection: &std::sync::Arc<Connection>| {
            Some((connection.id, give(connection, order.clone(), trace)?))
        };
        let steps: Vec<_> = connections.iter().filter_map(given).collect();
        // Held no longer: a connection that ends takes its orders with it.
        drop(connections);
        let by = Instant::now() + Self::PATIENCE;
        let mut obeyed = Vec::with_capacity(steps.len());
        for (connection, step) in steps {
            if let Some(outcome) = step.end(by).await {
                obeyed.push(Obeyed { connection, outcome });
            }
        }
        judge(obeyed)
    }
}

/// Puts an order into a connection's mailbox; nothing where the connection ends.
fn give(connection: &Connection, order: Order, trace: Option<&TraceId>) -> Option<Step> {
    if connection.identity().client.is_some_and(|client| client.is_guest()) {
        let detail = "clients of the Pusher protocol subscribe by themselves";
        return Some(Step::Done(Err(Refusal::because(ErrorCode::NotEnabled, detail))));
    }
    match connection.order(order, trace.cloned()) {
        Ok(receiver) => Some(Step::UnderWay(receiver)),
        Err(NotOrdered::Full) => {
            Some(Step::Done(Err(Refusal::later(ErrorCode::Unavailable, SECOND))))
        }
        Err(NotOrdered::Over) => None,
    }
}

impl Step {
    /// What came of it; nothing where the connection ended meanwhile.
    async fn end(self, by: Instant) -> Option<Result<(), Refusal>> {
        match self {
            Self::Done(outcome) => Some(outcome),
            Self::UnderWay(receiver) => match tokio::time::timeout_at(by, receiver).await {
                Ok(outcome) => outcome.ok(),
                Err(_) => Some(Err(Refusal::later(ErrorCode::Unavailable, SECOND))),
            },
        }
    }
}

/// One connection that obeyed is a success; where none did the first refusal speaks for all.
fn judge(obeyed: Vec<Obeyed>) -> Result<Vec<Obeyed>, Refusal> {
    if obeyed.iter().any(|obeyed| obeyed.outcome.is_ok()) {
        return Ok(obeyed);
    }
    let refused = obeyed.into_iter().find_map(|obeyed| obeyed.outcome.err());
    let nobody = || Refusal::because(ErrorCode::NotFound, "the client has no connection");
    Err(refused.unwrap_or_else(nobody))
}
