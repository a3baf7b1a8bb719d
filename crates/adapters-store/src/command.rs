//! What the committer is asked for, and how it answers.

use std::sync::{Arc, mpsc};

use application::ports::{BrokerError, Cause, Counted};
use domain::{AppId, ChannelKey, Draft, HistoryPolicy, Position, Receipt};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::{
    deliveries::Delivery,
    error::NotOpen,
    leases::Turn,
    log_reading,
    space::StreamNumber,
    usage::{Recording, Used},
    waiting,
};

/// What the committer is asked for.
pub(crate) enum Command {
    /// Publish a draft.
    Publish { draft: Box<Draft>, answer: Publishing },
    /// Make a stream for the channel, where it has none.
    Begin { channel: ChannelKey, policy: HistoryPolicy, answer: Placing },
    /// Forget the messages of the channel's stream.
    Purge { channel: ChannelKey, policy: HistoryPolicy, answer: Placing },
    /// Tend these streams, expire keys and erase a share of what nobody reads.
    Tend { streams: Vec<Tending>, answer: mpsc::SyncSender<Tended> },
    /// Keep, forget or begin anew what is an app's.
    App { app: AppId, change: AppChange, answer: Settling },
    /// Take what changed of the leases of members.
    Leases(Turn),
    /// Take facts that wait for the event log.
    Notes(log_reading::Turn),
    /// Change how far an endpoint has been told.
    Deliver(Box<Delivery>),
    /// Add to what apps used.
    Usage { counted: Arc<[Counted]>, answer: Recording },
}

/// What is done to an app.
pub(crate) enum AppChange {
    /// Keep its document.
    Put(SecretString),
    /// Forget its document.
    Remove,
    /// Forget all that it has.
    Forget,
}

/// Waits until it is done.
pub(crate) type Settling = oneshot::Sender<Result<(), Cause>>;

/// What is known of a stream that needs care.
#[derive(Debug, Clone)]
pub(crate) struct Tending {
    pub(crate) channel: ChannelKey,
    pub(crate) number: StreamNumber,
    /// Messages before this one are not to be read any more.
    pub(crate) first: u64,
}

/// Whether a sweep has more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tended {
    /// There is more to erase or to expire.
    More,
    /// There is nothing left.
    Done,
    /// The store can't be written.
    Failed,
}

/// Waits for a receipt, with its share of the room that waiting sends have.
pub(crate) struct Publishing {
    pub(crate) to: oneshot::Sender<Result<Receipt, BrokerError>>,
    /// Given back with the answer.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// Waits for a stream's place, with its share of the same room.
pub(crate) struct Placing {
    pub(crate) to: oneshot::Sender<Result<Position, Cause>>,
    /// Given back with the answer.
    pub(crate) _room: OwnedSemaphorePermit,
}

/// An answer that is given once its group is on disk.
pub(crate) enum Answer {
    Receipt(Publishing, Result<Receipt, BrokerError>),
    Place(Placing, Result<Position, Cause>),
    Settled(Settling, Result<(), Cause>),
    Tended(mpsc::SyncSender<Tended>, Tended),
    /// Nothing where it did not happen.
    Delivered(oneshot::Sender<Option<usize>>, Option<usize>),
}

impl Answer {
    /// Gives the answer; who no longer waits does not get it.
    pub(crate) fn give(self) {
        match self {
            Self::Receipt(answer, outcome) => {
                let _ = answer.to.send(outcome);
            }
            Self::Place(answer, place) => {
                let _ = answer.to.send(place);
            }
            Self::Settled(to, outcome) => {
                let _ = to.send(outcome);
            }
            Self::Tended(to, tended) => {
                let _ = to.try_send(tended);
            }
            Self::Delivered(to, gone) => {
                let _ = to.send(gone);
            }
        }
    }

    /// Says instead that the store can't.
    pub(crate) fn refuse(self) {
        match self {
            Self::Receipt(answer, _) => {
                let _ = answer.to.send(Err(BrokerError::Unavailable(NotOpen.into())));
            }
            Self::Place(answer, _) => {
                let _ = answer.to.send(Err(NotOpen.into()));
            }
            Self::Settled(to, _) => {
                let _ = to.send(Err(NotOpen.into()));
            }
            Self::Tended(to, _) => {
                let _ = to.try_send(Tended::Failed);
            }
            Self::Delivered(to, _) => {
                let _ = to.send(None);
            }
        }
    }
}

impl Command {
    /// Says that the store can't.
    pub(crate) fn refuse(self) {
        match self {
            Self::Publish { answer, .. } => {
                let _ = answer.to.send(Err(BrokerError::Unavailable(NotOpen.into())));
            }
            Self::Begin { answer, .. } | Self::Purge { answer, .. } => {
                let _ = answer.to.send(Err(NotOpen.into()));
            }
            Self::Tend { answer, .. } => {
                let _ = answer.try_send(Tended::Failed);
            }
            Self::App { answer, .. } => {
                let _ = answer.send(Err(NotOpen.into()));
            }
            // They wait on.
            Self::Leases(_) | Self::Notes(_) => {}
            Self::Deliver(delivery) => {
                let _ = delivery.answer.send(None);
            }
            Self::Usage { answer, .. } => answer.answer(false),
        }
    }

    /// Bytes that the command brings into a group.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Publish { draft, .. } => draft.data.as_str().len(),
            Self::App { change: AppChange::Put(document), .. } => document.expose_secret().len(),
            Self::App { change: AppChange::Remove | AppChange::Forget, .. } => 0,
            Self::Leases(_) => Turn::BYTES,
            Self::Notes(_) => waiting::BYTES_AT_ONCE,
            Self::Deliver(delivery) => delivery.bytes(),
            Self::Usage { counted, .. } => counted.len() * Used::BYTES,
            Self::Begin { .. } | Self::Purge { .. } | Self::Tend { .. } => 0,
        }
    }
}
