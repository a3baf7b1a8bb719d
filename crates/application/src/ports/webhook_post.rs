//! The port that brings requests to the receivers of events.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{App, AppId, Epoch, Event, Sequence, Timestamp, Webhook, WebhookFormat, WebhookName};

use super::Cause;

/// What one request tells.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// The tenant.
    pub app: &'a AppId,
    /// The endpoint.
    pub endpoint: &'a WebhookName,
    /// The request's number at its endpoint; 0 for one that is no part of the events' order.
    pub number: u64,
    /// The life of the log that the places in it are of.
    pub epoch: Epoch,
    /// What it tells.
    pub content: Content<'a>,
}

/// What is in a request.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Events, in their order.
    Events(&'a [Event]),
    /// That some are missing here.
    Missed(Missed),
    /// A try, made at this time.
    Test(Timestamp),
}

/// Events that can't be told any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The first of them; where the log is another one, the place behind the last that was told.
    pub first: Sequence,
    /// The last of them; where the log is another one, its last.
    pub last: Sequence,
    /// Why.
    pub why: WhyMissed,
    /// When it was seen.
    pub at: Timestamp,
}

/// Why events can't be told any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyMissed {
    /// They were older, or more, than the app's log keeps.
    Expired,
    /// The log is another one: nobody knows what there was behind the last that was told.
    AnotherLog,
}

/// A request on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number at its endpoint.
    pub number: u64,
    /// What is sent.
    pub body: Arc<str>,
}

/// Why an endpoint did not take a request. Nothing of its answer but the status is in it.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It is gone for good (410).
    #[error("the receiver answered 410: it is gone")]
    Gone,
    /// Another status than 2xx; elsewhere is not gone to.
    #[error("the receiver answered {status}")]
    Status {
        /// Of the answer.
        status: u16,
        /// When it wants to be asked again, if it said so.
        retry_after: Option<Duration>,
    },
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It could not be reached, or broke off.
    #[error("the request failed")]
    Failed(#[source] Cause),
}

/// Brings requests to the receivers of events, in the words that each wants.
///
/// Guarantees of every adapter:
///
/// 1. A parcel has the same body to the byte each time, and one that tells something else has
///    another.
/// 2. The receiver sees the same id for a body and number of an endpoint each time, and no other
///    one has it.
/// 3. A request ends within [`POST_TIMEOUT`], whatever its receiver does.
/// 4. Only an answer of 2xx is a success, and 410 is told from all others.
#[async_trait]
pub trait WebhookPost: Send + Sync {
    /// The body of a request.
    fn body(&self, format: WebhookFormat, parcel: &Parcel<'_>) -> Arc<str>;

    /// Sends a request once.
    ///
    /// # Errors
    /// The endpoint did not take it.
    async fn post(&self, app: &App, webhook: &Webhook, request: &Outgoing)
    -> Result<(), PostError>;
}

/// How long a receiver has, from the first look for its address to the end of its answer's head.
pub const POST_TIMEOUT: Duration = Duration::from_secs(10);
