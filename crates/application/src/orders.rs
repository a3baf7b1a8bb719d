//! What others ask of a session, from outside of its connection.

use std::{collections::VecDeque, sync::Arc};

use domain::{App, ChannelName, TraceId};
use tokio::sync::oneshot;

use crate::Refusal;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Subscribe to a channel, without a grant of the client's.
    Subscribe(ChannelName),
    /// End a subscription, whoever made it.
    Unsubscribe(ChannelName),
}

/// An order, and who waits for what came of it. Where the session ends first nobody answers.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) order: Order,
    /// What who ordered calls it.
    pub(crate) trace: Option<TraceId>,
    pub(crate) done: oneshot::Sender<Result<(), Refusal>>,
}

/// Why an order was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOrdered {
    /// As many wait as may.
    Full,
    /// The connection ends.
    Over,
}

/// What a session comes to next.
#[derive(Debug)]
pub(crate) enum Due {
    /// Its app is another now.
    App(Arc<App>),
    /// Something was ordered.
    Order(Ordered),
}

/// What waits for one session: the latest value of its app, where that changed, then the orders, the
/// oldest first.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    app: Option<Arc<App>>,
    orders: VecDeque<Ordered>,
}

impl Orders {
    /// Orders that may wait for one session.
    pub(crate) const MOST: usize = 64;

    pub(crate) fn push(&mut self, ordered: Ordered) -> Result<(), NotOrdered> {
        if self.orders.len() >= Self::MOST {
            return Err(NotOrdered::Full);
        }
        self.orders.push_back(ordered);
        Ok(())
    }

    /// The latest value counts, so there is always room for it.
    pub(crate) fn change_app(&mut self, app: Arc<App>) {
        self.app = Some(app);
    }

    pub(crate) fn pop(&mut self) -> Option<Due> {
        self.app.take().map(Due::App).or_else(|| self.orders.pop_front().map(Due::Order))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.app.is_none() && self.orders.is_empty()
    }
}
