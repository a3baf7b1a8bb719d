//! Orders from outside: what the app's backend asks of a client's session.

use domain::{ChannelName, ErrorCode, TraceId};
use futures_util::future::BoxFuture;

use super::{Already, Session, subscribe::Joined};
use crate::{
    Push, Refusal, Subscribe, answers,
    channels::Channels,
    orders::{Due, Order},
    ports::{DomainEvent, Ender, Kind, Maker, OrderKind},
    recovery::Budget,
};

impl Session {
    /// Whether orders wait to be carried out: asked when the transport was nudged, and cheap.
    #[must_use]
    pub fn has_orders(&self) -> bool {
        self.connection.has_orders()
    }

    /// Carries out what others ordered, in the order in which they did. The transport waits for it
    /// as it waits for [`Self::receive`], between two frames.
    pub fn carry_out_orders(&mut self) -> BoxFuture<'_, ()> {
        if !self.has_orders() {
            return Box::pin(Already);
        }
        Box::pin(async move {
            while let Some(next) = self.connection.next_order() {
                match next {
                    Due::App(app) if self.takes_orders() => self.change_app(app).await,
                    Due::App(_) => {}
                    Due::Order(ordered) => {
                        let outcome = self.obey(ordered.order, ordered.trace.as_ref()).await;
                        // Who ordered may have stopped waiting.
                        drop(ordered.done.send(outcome));
                    }
                }
            }
        })
    }

    fn takes_orders(&self) -> bool {
        self.connection.closed().is_none() && !self.hub.connections.is_draining()
    }

    async fn obey(&mut self, order: Order, trace: Option<&TraceId>) -> Result<(), Refusal> {
        if !self.takes_orders() {
            return Err(Refusal::later(ErrorCode::Unavailable, super::SECOND));
        }
        let (kind, told, channel) = match &order {
            Order::Subscribe(channel) => (Kind::Subscribe, OrderKind::Subscribe, channel.clone()),
            Order::Unsubscribe(channel) => {
                (Kind::Unsubscribe, OrderKind::Unsubscribe, channel.clone())
            }
        };
        self.note_order(told, &channel, trace);
        let outcome = match order {
            Order::Subscribe(channel) => self.be_subscribed(channel, trace).await,
            Order::Unsubscribe(channel) => self.be_unsubscribed(channel, trace).await,
        };
        if let Err(refusal) = &outcome {
            self.note_refused(kind, Some(&channel), refusal.code, trace);
        }
        outcome
    }

    fn note_order(&self, order: OrderKind, channel: &ChannelName, trace: Option<&TraceId>) {
        let Some(app) = self.app() else { return };
        let (connection, channel) = (self.connection.id, Some(channel));
        let event = DomainEvent::Ordered { connection, app, order, channel, trace };
        self.hub.events.record(&event);
    }

    /// The server makes a subscription: told by a push, unless the client has it already.
    async fn be_subscribed(
        &mut self,
        channel: ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        let Some(client) = self.client.clone() else {
            return Err(Refusal::plain(ErrorCode::Unauthenticated));
        };
        self.its_turn(&of_channel(&channel)).await;
        if let Some(known) = self.subscriptions.get_mut(&channel) {
            known.maker = Maker::Server;
            return Ok(());
        }
        let wish = Subscribe { channel, position: None, rewind: None, presence: None, pass: None };
        let mut budget = Budget::of(&client.app.limits);
        let subscribed = self.join(&client, wish, Maker::Server, &mut budget, trace).await?;
        let frame = self.connection.codec.push(&Push::Subscribed(&subscribed));
        self.connection.reply(frame);
        self.open(&[Joined::of(&subscribed)]).await;
        Ok(())
    }

    async fn be_unsubscribed(
        &mut self,
        channel: ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        self.its_turn(&of_channel(&channel)).await;
        let Some(subscription) = self.subscriptions.remove(&channel) else {
            return Err(Refusal::plain(ErrorCode::NotSubscribed));
        };
        // Left before the push is queued, so that nothing of the channel comes behind it.
        Channels::leave(&subscription.membership, &self.connection);
        self.connection.push(&Push::Unsubscribed {
            channel: &channel,
            reason: BY_SERVER,
            resubscribe: false,
            retry_after: None,
        });
        self.drop_subscription(subscription, Ender::Server, trace).await;
        Ok(())
    }
}

/// Why a subscription ended that the app's backend ended.
const BY_SERVER: &str = "by_server";

/// Answers about the channel that are still due go first.
fn of_channel(channel: &ChannelName) -> answers::Order {
    answers::Order { in_sequence: false, channel: Some(channel.clone()) }
}
