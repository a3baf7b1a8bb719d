//! The reader's end of a channel.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use domain::ChannelName;
use futures_util::Stream;
use tokio::sync::mpsc;

use crate::{ChannelEvent, driver::Order};

/// A channel's events. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    channel: ChannelName,
    number: u64,
    events: mpsc::Receiver<ChannelEvent>,
    orders: mpsc::WeakSender<Order>,
}

impl Subscription {
    pub(crate) const fn new(
        channel: ChannelName,
        number: u64,
        events: mpsc::Receiver<ChannelEvent>,
        orders: mpsc::WeakSender<Order>,
    ) -> Self {
        Self { channel, number, events, orders }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &str {
        self.channel.as_str()
    }

    /// The next event; nothing after the last one.
    pub async fn next(&mut self) -> Option<ChannelEvent> {
        self.events.recv().await
    }
}

impl Stream for Subscription {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        self.events.poll_recv(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // Where the task is too busy to take it, it notices at the next event of the channel.
        if let Some(orders) = self.orders.upgrade() {
            let order = Order::Unsubscribe { channel: self.channel.clone(), number: self.number };
            drop(orders.try_send(order));
        }
    }
}
