//! What others ask of a session, from outside of its connection.

use std::collections::VecDeque;

use domain::ChannelName;
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

/// The orders that wait for one session, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Orders(VecDeque<Ordered>);

impl Orders {
    /// Orders that may wait for one session.
    pub(crate) const MOST: usize = 64;

    pub(crate) fn push(&mut self, ordered: Ordered) -> Result<(), NotOrdered> {
        if self.0.len() >= Self::MOST {
            return Err(NotOrdered::Full);
        }
        self.0.push_back(ordered);
        Ok(())
    }

    pub(crate) fn pop(&mut self) -> Option<Ordered> {
        self.0.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
