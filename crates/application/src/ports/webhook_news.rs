//! What can be said of a webhook's deliveries.

use std::{fmt, time::Duration};

use domain::Sequence;

/// What happened with the requests to an endpoint.
pub enum WebhookNews<'a> {
    /// It took one.
    Sent {
        /// Events in it.
        events: usize,
        /// How long the request took.
        took: Duration,
    },
    /// It did not take one, which is tried again.
    Failed {
        /// Of the request.
        number: u64,
        /// How often it was tried.
        attempts: u32,
        /// How long it waits for the next time.
        wait: Duration,
        /// What went wrong.
        cause: &'a dyn fmt::Display,
    },
    /// It answered that it is gone, and is asked no more.
    SwitchedOff,
    /// A request was given up, and can be replayed.
    GivenUp {
        /// Of the request.
        number: u64,
        /// How often it was tried.
        attempts: u32,
        /// Older dead letters that went to make room.
        gone: usize,
    },
    /// A request was given up and is too large for a dead letter.
    Lost {
        /// Of the request.
        number: u64,
        /// Bytes of its body.
        bytes: usize,
    },
    /// The log no longer has events that were not told.
    Missed {
        /// The first of them.
        first: Sequence,
        /// The last of them.
        last: Sequence,
    },
    /// The log, or what keeps the progress, can't be had. Told once, until it can.
    Stalled {
        /// What went wrong.
        cause: &'a dyn fmt::Display,
    },
}
