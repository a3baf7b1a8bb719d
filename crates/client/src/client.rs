//! The handle.

use std::sync::Arc;

use domain::{ChannelName, Position};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    AskError, Attendance, ClientGone, Clock, Counters, Draft, Options, Receipt, SendError, State,
    StopReason, SubscribeError, Subscription, TokenSource, TokioClock,
    driver::{Driver, Order},
};

/// Orders that wait for the task.
const ORDERS: usize = 64;

/// A client. Clones are handles of the same one; it ends with the last of them.
#[derive(Debug, Clone)]
pub struct Client {
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
    counters: watch::Receiver<Counters>,
}

impl Client {
    /// Starts a client, which connects by itself. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(options: Options, tokens: TokenSource) -> Self {
        Self::start_with(options, tokens, Arc::new(TokioClock::new()))
    }

    /// As [`Self::start`], with a clock.
    #[must_use]
    pub fn start_with(options: Options, tokens: TokenSource, clock: Arc<dyn Clock>) -> Self {
        let (orders, taken) = mpsc::channel(ORDERS);
        let (driver, state, counters) = Driver::new(options, tokens, clock, orders.downgrade());
        tokio::spawn(driver.run(taken));
        Self { orders, state, counters }
    }

    /// Subscribes to a channel, from now on. Returns at once, also without a connection; the events
    /// tell what becomes of it.
    ///
    /// # Errors
    /// There can't be such a subscription.
    pub async fn subscribe(&self, channel: &str) -> Result<Subscription, SubscribeError> {
        self.subscribe_from(channel, None).await
    }

    /// Subscribes to a channel from a place that was kept from before.
    ///
    /// # Errors
    /// There can't be such a subscription.
    pub async fn subscribe_from(
        &self,
        channel: &str,
        from: Option<Position>,
    ) -> Result<Subscription, SubscribeError> {
        self.order(channel, from, None).await
    }

    /// Subscribes to a channel with presence: as a member, or to see who is there. The events tell the
    /// list and how it changes. A channel that the token subscribes to (its claim `channels`) is told
    /// without members.
    ///
    /// # Errors
    /// There can't be such a subscription.
    pub async fn attend(
        &self,
        channel: &str,
        from: Option<Position>,
        attendance: Attendance,
    ) -> Result<Subscription, SubscribeError> {
        self.order(channel, from, Some(attendance)).await
    }

    async fn order(
        &self,
        channel: &str,
        from: Option<Position>,
        attendance: Option<Attendance>,
    ) -> Result<Subscription, SubscribeError> {
        let channel = ChannelName::parse(channel).map_err(SubscribeError::Channel)?;
        let (reply, answer) = oneshot::channel();
        let gone = |_| SubscribeError::Stopped(StopReason::Asked);
        let order = Order::Subscribe { channel, from, attendance, reply };
        self.orders.send(order).await.map_err(|_| gone(()))?;
        answer.await.map_err(|_| gone(()))?
    }

    /// Sends a message; resolves when the server has acknowledged it. Who stops waiting does not
    /// take the send back.
    ///
    /// # Errors
    /// It was refused, or the outcome is unknown.
    pub async fn send(&self, draft: Draft) -> Result<Receipt, SendError> {
        let gone = || SendError::Stopped { why: StopReason::Asked, attempted: false };
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Send { draft, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Asks something else (`history`, `ping`, ...), once, on the present connection, and gives the
    /// data of the reply.
    ///
    /// # Errors
    /// It was refused, or the connection is lost or was not there.
    pub async fn ask(
        &self,
        event: &str,
        payload: &(impl Serialize + ?Sized + Sync),
    ) -> Result<Box<RawValue>, AskError> {
        let payload = serde_json::value::to_raw_value(payload).map_err(|_| AskError::NoJson)?;
        let (reply, answer) = oneshot::channel();
        let order = Order::Ask { event: event.to_owned(), payload, reply };
        self.orders.send(order).await.map_err(|_| AskError::Offline)?;
        answer.await.map_err(|_| AskError::Offline)?
    }

    /// Where the connection stands, as a watch.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Waits until the connection is authenticated.
    ///
    /// # Errors
    /// The client stopped.
    pub async fn online(&self) -> Result<(), StopReason> {
        let mut state = self.state();
        let decided = |state: &State| matches!(state, State::Online { .. } | State::Stopped(_));
        match state.wait_for(decided).await.as_deref() {
            Ok(State::Stopped(why)) => Err(why.clone()),
            Ok(_) => Ok(()),
            Err(_) => Err(StopReason::Asked),
        }
    }

    /// What happened so far, as a watch.
    #[must_use]
    pub fn counters(&self) -> watch::Receiver<Counters> {
        self.counters.clone()
    }

    /// Drops the connection as if the network broke; the client comes back by itself. For tests of
    /// what is built on it.
    ///
    /// # Errors
    /// The client has ended.
    pub async fn interrupt(&self) -> Result<(), ClientGone> {
        self.orders.send(Order::Interrupt).await.map_err(|_| ClientGone)
    }

    /// Says goodbye and stops; resolves when it has stopped. Sends that wait are not sent any more.
    pub async fn stop(&self) {
        // An error: it has ended already.
        drop(self.orders.send(Order::Stop).await);
        let mut state = self.state();
        drop(state.wait_for(|state| matches!(state, State::Stopped(_))).await);
    }
}
