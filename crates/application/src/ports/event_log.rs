//! The port that reads what happened.

use async_trait::async_trait;
use domain::{AppId, Epoch, Event, LiveSet, Sequence};

use super::Cause;

/// Things in a snapshot beyond which there is none: it is one answer, of one moment.
pub const SNAPSHOT_THINGS: usize = 1_000_000;

/// Why events were not read.
#[derive(Debug, thiserror::Error)]
pub enum EventLogError {
    /// Nothing is written down for the app.
    #[error("the app keeps no events")]
    NotKept,
    /// More is there than a snapshot may have.
    #[error("more is there than a snapshot may have")]
    TooMuch,
    /// It can't right now.
    #[error("the event log is unavailable")]
    Unavailable(#[source] Cause),
}

/// Some events, and what the log has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// In their order.
    pub events: Vec<Event>,
    /// The log's life: another one where it can't be proved that the log has what it had. Sequences
    /// of before may then name other events.
    pub epoch: Epoch,
    /// The oldest event that is kept; the next one to come where none is. Who asked for what is
    /// behind a place before it has missed those between.
    pub first: Sequence,
    /// The last event; [`Sequence::default`] where there never was one.
    pub last: Sequence,
    /// Up to where this page goes, which is where to go on behind. A place before it that has no event
    /// here can't be read, not now and not later.
    pub through: Sequence,
}

/// What is there at one place of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The log's life.
    pub epoch: Epoch,
    /// The last event that is part of it: go on behind this one.
    pub cursor: Sequence,
    /// What is there.
    pub live: LiveSet,
}

/// Reads the events of apps, one log for each: bounded by the app's
/// [`EventOptions`](domain::EventOptions), the oldest go first.
///
/// Guarantees of every adapter:
///
/// 1. Sequences of an app begin with 1 and grow by one; none is given twice, not even over a
///    restart.
/// 2. A page has the oldest events behind a place, in order, no more than asked for; bytes are
///    theirs on disk, roughly, and one event is always given where there is one.
/// 3. A snapshot with the events behind its cursor is what is there: both are of one moment.
/// 4. No more is kept than the app says, and a reader is told what the oldest is.
/// 5. Who waits for news goes on when there is an event behind the place.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The events behind a place.
    ///
    /// # Errors
    /// The app keeps none, or the log can't be read.
    async fn read(
        &self,
        app: &AppId,
        after: Sequence,
        most: usize,
        bytes: usize,
    ) -> Result<EventPage, EventLogError>;

    /// What is there, and the place up to which events are part of it.
    ///
    /// # Errors
    /// The app keeps no events, too much is there ([`SNAPSHOT_THINGS`]), or it can't be read.
    async fn snapshot(&self, app: &AppId) -> Result<Snapshot, EventLogError>;

    /// Resolves when there is an event behind the place; never for an app that keeps none.
    async fn news(&self, app: &AppId, after: Sequence);
}
