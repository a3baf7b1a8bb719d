//! What can be seen of an endpoint at work.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Sequence, Timestamp, WebhookName};

/// How an endpoint stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointState {
    /// Its name.
    pub name: WebhookName,
    /// The last event that needs no telling any more.
    pub cursor: Sequence,
    /// Requests that were made of the events up to there.
    pub number: u64,
    /// Events in the log behind `cursor`, wanted or not; nothing where the log can't be asked.
    pub lag: Option<u64>,
    /// When the oldest event happened that is on its way; nothing where none is.
    pub waiting_since: Option<Timestamp>,
    /// Since when requests fail; nothing where the last one was taken.
    pub failing_since: Option<Timestamp>,
    /// How often the present request was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt: Option<Timestamp>,
    /// What went wrong last, in words, and when: still there when all is well again.
    pub last_failure: Option<(Timestamp, Box<str>)>,
    /// Whether it answered that it is gone, and is asked no more.
    pub switched_off: bool,
}

/// What a courier writes and others read.
pub(super) struct Standing(Mutex<EndpointState>);

impl Standing {
    pub(super) const fn new(name: WebhookName) -> Self {
        Self(Mutex::new(EndpointState {
            name,
            cursor: Sequence(0),
            number: 0,
            lag: None,
            waiting_since: None,
            failing_since: None,
            attempts: 0,
            next_attempt: None,
            last_failure: None,
            switched_off: false,
        }))
    }

    /// Short lock.
    pub(super) fn write(&self) -> MutexGuard<'_, EndpointState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> EndpointState {
        self.write().clone()
    }

    /// How long the oldest event on its way has waited.
    pub(super) fn lag(&self, now: Timestamp) -> Duration {
        self.write().waiting_since.map_or(Duration::ZERO, |since| now.since(since))
    }
}
