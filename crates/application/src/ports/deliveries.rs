//! The port that keeps how far each endpoint has been told.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{AppId, Epoch, Sequence, Timestamp, WebhookName};

use super::Cause;

/// Dead letters of an endpoint that are kept; with one more the oldest goes.
pub const DEAD_LETTERS: usize = 1000;

/// The most bytes of a dead letter's body.
pub const DEAD_LETTER_BYTES: usize = 4 << 20;

/// An endpoint of an app.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointKey {
    /// The tenant.
    pub app: AppId,
    /// The endpoint's name there.
    pub name: WebhookName,
}

/// How far an endpoint has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last event of the app's log that needs no telling any more: told, not wanted, or a dead
    /// letter.
    pub cursor: Sequence,
    /// Requests that were made of the events up to there. The next one has the next number, and has
    /// it again after a restart, so a receiver knows what it has had.
    pub number: u64,
    /// The life of the log that these places are of: in another one they may name other events.
    pub epoch: Epoch,
    /// Where the next request ends, if that was settled before it was sent: it ends there after a
    /// restart, too. Not behind `cursor` where nothing is settled.
    pub sealed: Sequence,
}

/// A request that an endpoint did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number at its endpoint.
    pub number: u64,
    /// The first of its events.
    pub first: Sequence,
    /// The last of them.
    pub last: Sequence,
    /// When it was given up.
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong last, in words for the operator: no more than 500 bytes.
    pub failure: Box<str>,
    /// What is to be sent: the app's log may no longer have the events.
    pub body: Arc<str>,
}

/// Why a delivery's state was not kept or read.
#[derive(Debug, thiserror::Error)]
pub enum DeliveriesError {
    /// A dead letter with more bytes than [`DEAD_LETTER_BYTES`]; nothing was kept.
    #[error("the dead letter is too large")]
    TooLarge,
    /// It can't right now. Of a change: whether it happened is unknown, and it may be made again.
    #[error("the state of deliveries is unavailable")]
    Unavailable(#[source] Cause),
}

/// Keeps how far each endpoint has been told, and what it did not take.
///
/// Guarantees of every adapter:
///
/// 1. What was advanced to is what is given, after a restart too. An endpoint that was never
///    advanced has no progress: it is new, and begins wherever the caller says.
/// 2. An advance and its dead letter happen together or not at all. Making the same advance again
///    changes nothing.
/// 3. Dead letters are listed by number, from the oldest. Of an endpoint no more than
///    [`DEAD_LETTERS`] are kept, the newest; the advance says how many went for that.
/// 4. A dead letter that was taken away is gone. Taking it away again is nothing.
/// 5. Endpoints are apart, and one that was forgotten has neither progress nor letters.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// How far an endpoint has been told; nothing where it is new.
    ///
    /// # Errors
    /// It can't be read.
    async fn progress(&self, endpoint: &EndpointKey) -> Result<Option<Progress>, DeliveriesError>;

    /// The endpoint has been told up to there; what it did not take becomes a dead letter. On disk
    /// when it returns. Says how many letters went to make room.
    ///
    /// # Errors
    /// It can't be written, or the letter is too large.
    async fn advance(
        &self,
        endpoint: &EndpointKey,
        progress: Progress,
        letter: Option<DeadLetter>,
    ) -> Result<usize, DeliveriesError>;

    /// Dead letters with greater numbers than `after`, at most so many.
    ///
    /// # Errors
    /// They can't be read.
    async fn letters(
        &self,
        endpoint: &EndpointKey,
        after: u64,
        most: usize,
    ) -> Result<Vec<DeadLetter>, DeliveriesError>;

    /// Takes a dead letter away: it was delivered after all, or nobody wants it. Says whether it was
    /// there.
    ///
    /// # Errors
    /// It can't be written.
    async fn take_away(&self, endpoint: &EndpointKey, number: u64)
    -> Result<bool, DeliveriesError>;

    /// The endpoints that have progress, of all apps: those that are no longer configured can be
    /// forgotten.
    ///
    /// # Errors
    /// They can't be read.
    async fn endpoints(&self) -> Result<Vec<EndpointKey>, DeliveriesError>;

    /// The endpoint is no more.
    ///
    /// # Errors
    /// It can't be written.
    async fn forget(&self, endpoint: &EndpointKey) -> Result<(), DeliveriesError>;
}
